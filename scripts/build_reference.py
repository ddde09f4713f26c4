"""Write docs/reference from the catalog: one page for each plugin family, and an index.

    python scripts/build_reference.py [--out docs/reference] [--check]

``--check`` writes nothing and exits 1 when a page differs from what the catalog says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.flow.catalog import DEFAULT_TARGET, Catalog, Property, TypeDef, catalog
from engine.flow.examples import example

LONGEST_DEFAULT = 40
MOST_ENUM = 14
DEEPEST = 2
Pages = dict[str, str]


class _Plain(yaml.SafeDumper):
    """YAML the way people write it: lists indented, no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def family_of(type_name: str) -> str:
    """The page a type belongs to: core packages apart, other plugins by family."""
    parts = type_name.split(".")
    if not type_name.startswith("io.kestra.plugin."):
        return "other"
    return f"core.{parts[4]}" if parts[3] == "core" else parts[3]


def example_for(definition: TypeDef) -> str:
    """YAML of the smallest example, in the place where the type stands."""
    target = definition.since or DEFAULT_TARGET
    value = example(definition.type, target)
    if definition.kind in ("task", "flowable"):
        value = {"tasks": [value]}
    elif definition.kind == "trigger":
        value = {"triggers": [value]}
    text = yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return f"```yaml\n{text}```"


def kind_of(prop: Property) -> str:
    if prop.kind == "array" and prop.items is not None and prop.items.kind not in ("any", "object"):
        return f"array of {prop.items.kind}"
    if prop.kind == "any" and prop.accepts:
        return " or ".join(dict.fromkeys(p.kind for p in prop.accepts))
    return prop.kind.replace("plugin:", "")


def notes_of(prop: Property) -> str:
    notes = []
    if prop.required and not prop.has_default:
        notes.append("**required**" + (f" since {prop.required_since}" if prop.required_since else ""))
    if prop.has_default and prop.default not in (None, {}, []):
        text = json.dumps(prop.default, ensure_ascii=False)
        notes.append(f"default `{text}`" if len(text) <= LONGEST_DEFAULT else "has a default")
    if prop.enum:
        shown = ", ".join(f"`{v}`" for v in prop.enum[:MOST_ENUM])
        notes.append(shown + (" ..." if len(prop.enum) > MOST_ENUM else ""))
    if prop.secret:
        notes.append("secret")
    if prop.deprecated:
        notes.append("deprecated")
    if prop.since:
        notes.append(f"since {prop.since}")
    if prop.removed:
        notes.append(f"until {prop.removed}")
    return "; ".join(notes).replace("|", "\\|").replace("\n", " ")


def rows(properties: Mapping[str, Property], prefix: str = "", depth: int = 0) -> Iterator[str]:
    for name, prop in sorted(properties.items(), key=lambda item: (not item[1].required, item[0])):
        if prop.hidden:
            continue
        dynamic = "yes" if prop.dynamic else ""
        yield f"| `{prefix}{name}` | {kind_of(prop)} | {dynamic} | {notes_of(prop)} |"
        inner = prop.fields if prop.fields else prop.items.fields if prop.items is not None else None
        if inner and depth + 1 < DEEPEST and not prop.deprecated:
            yield from rows(inner, f"{prefix}{name}.", depth + 1)


def versions_of(definition: TypeDef) -> str:
    parts = []
    if definition.since:
        parts.append(f"Since Kestra {definition.since}.")
    if definition.removed:
        parts.append(f"Removed in {definition.removed}.")
    if definition.replaced_by:
        parts.append(f"Its successor is `{definition.replaced_by}`.")
    if definition.deprecated:
        parts.append("Deprecated.")
    if definition.ee:
        parts.append("Enterprise Edition.")
    if definition.aliases:
        parts.append("Former names: " + ", ".join(f"`{a}`" for a in definition.aliases) + ".")
    if definition.partial:
        parts.append("Not everything about it is known.")
    return " ".join(parts) or "In every version from 0.21 on."


def section(definition: TypeDef) -> str:
    """Everything known of one type."""
    lines = [
        f"## {definition.type}",
        "",
        f"{definition.kind.replace('_', ' ').capitalize()}. {versions_of(definition)}",
        "",
    ]
    lines += [example_for(definition), ""]
    if definition.properties:
        lines += ["| Property | Kind | Expressions | |", "|---|---|---|---|", *rows(definition.properties), ""]
    if definition.outputs:
        lines += ["Outputs: " + ", ".join(f"`{name}` ({kind})" for name, kind in definition.outputs.items()) + ".", ""]
    return "\n".join(lines)


def base_page(known: Catalog) -> str:
    """What every flow, task and trigger has."""
    lines = ["# The flow language", "", "Written from the catalog by `scripts/build_reference.py`.", ""]
    for name, model in known.models.items():
        lines += [f"## {name}", "", "| Property | Kind | Expressions | |", "|---|---|---|---|", *rows(model.fields), ""]
        for value, fields in model.variants.items():
            shown = ", ".join(f"`{field}`" for field in fields)
            if shown:
                lines += [f"With {model.variant_key} `{value}` also {shown}.", ""]
    return "\n".join(lines)


def pages(known: Catalog) -> Pages:
    """Text by file name."""
    families: dict[str, list[TypeDef]] = defaultdict(list)
    for definition in known.all():
        families[family_of(definition.type)].append(definition)
    out = {"flow.md": base_page(known)}
    index = ["# Reference", "", "Every known type of Kestra, by plugin. Written from the catalog; do not edit.", ""]
    index += ["- [The flow language](flow.md): flow, task, trigger, inputs, retry ...", ""]
    for family, definitions in sorted(families.items()):
        title = f"# {family}\n\nWritten from the catalog by `scripts/build_reference.py`.\n\n"
        out[f"{family}.md"] = title + "\n".join(section(d) for d in definitions)
        kinds = sorted({d.kind.replace("_", " ") for d in definitions})
        index.append(f"- [{family}]({family}.md): {len(definitions)} ({', '.join(kinds)})")
    out["README.md"] = "\n".join(index) + "\n"
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "reference")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    written = pages(catalog())
    there = {file.name: file.read_text() for file in args.out.glob("*.md")}
    if args.check:
        wrong = sorted({n for n, text in written.items() if there.get(n) != text} | (there.keys() - written.keys()))
        print(f"{len(wrong)} pages are not what the catalog says: {', '.join(wrong[:8])}" if wrong else "all pages fit")
        return 1 if wrong else 0
    args.out.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - written.keys():
        (args.out / name).unlink()
    for name, text in written.items():
        (args.out / name).write_text(text)
    size = sum(len(text.encode()) for text in written.values())
    print(f"{len(written)} pages, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
