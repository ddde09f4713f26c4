"""Commands about Kestra's types: catalog show, search, diff, pull; schema for editors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copilot.catalog import described_type, type_names
from copilot.cli.options import AsJson, Target
from copilot.cli.output import boundary, emit, finish, say
from copilot.errors import Usage
from copilot.versions import DEFAULT_TARGET, known_version

if TYPE_CHECKING:
    from engine.flow.catalog import TypeDef

group = typer.Typer(no_args_is_help=True, help="Look at Kestra's types by version; take in those of a server.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="catalog")
    app.command("schema")(schema)


@group.command("show")
def show(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="A type or a former name of it.")],
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Show a type: properties, outputs, versions."""
    with boundary(as_json):
        document = described_type(type_name, known_version(target or DEFAULT_TARGET))
        if as_json:
            emit(document)
        else:
            _show_type(document)


@group.command("search")
def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="Words of a type's name.")],
    limit: Annotated[int, typer.Option("--limit", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Find types by words."""
    with boundary(as_json):
        found = type_names(words, limit)
        if as_json:
            emit({"words": words, "types": list(found)})
        for type_name in [] if as_json else found:
            say(type_name)
        finish(bool(found))


@group.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="FROM", help="A version.")],
    new: Annotated[str, typer.Argument(metavar="TO", help="A later version.")],
    as_json: AsJson = False,
) -> None:
    """Say which types and properties came and went between two versions."""
    with boundary(as_json):
        changes = _changes(known_version(old), known_version(new))
        if as_json:
            emit(changes)
            return
        for kind in ("added", "removed", "properties_added", "properties_removed"):
            say(f"{kind.replace('_', ' ')}: {len(changes[kind])}")
            for name in changes[kind]:
                say(f"  {name}")


@group.command("pull")
def pull(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="A Kestra server, or a saved schema file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the catalog is written.")],
    as_json: AsJson = False,
) -> None:
    """Take in the types of a Kestra server, its own plugins included; use it with FLOWWRIGHT_CATALOG=FOLDER."""
    with boundary(as_json):
        from engine.flow.pull import write_pulled

        count = write_pulled(_schema_document(source), out)
        if as_json:
            emit({"types": count, "folder": str(out)})
        else:
            say(f"{count} types written to {out}")


def schema(target: Target = None) -> None:
    """Print a JSON Schema of flows for editors (yaml-language-server)."""
    with boundary():
        from engine.flow.schema import schema_for_editors

        say(json.dumps(schema_for_editors(known_version(target or DEFAULT_TARGET)), separators=(",", ":")))


def _show_type(document: Mapping[str, Any]) -> None:
    say(f"{document['type']} ({document['kind']})")
    for name in ("since", "removed", "replaced_by", "deprecated", "aliases"):
        if name in document:
            say(f"  {name.replace('_', ' ')}: {document[name]}")
    say("properties:")
    for name, prop in document["properties"].items():
        marks = [prop["kind"], *(mark for mark in ("required", "dynamic", "deprecated") if prop.get(mark))]
        default = f", default {prop['default']}" if prop.get("default") is not None else ""
        values = f", one of {', '.join(prop['enum'])}" if prop.get("enum") else ""
        say(f"  {name}: {', '.join(marks)}{default}{values}")
    say("outputs:" if document["outputs"] else "outputs: none known")
    for name, kind in document["outputs"].items():
        say(f"  {name}: {kind}")


def _changes(old: str, new: str) -> dict[str, list[str]]:
    from engine.flow.catalog import catalog, in_version

    changes: dict[str, list[str]] = {
        "added": [], "removed": [], "properties_added": [], "properties_removed": [],
    }  # fmt: skip
    for found in catalog().all():
        before, after = (in_version(found.since, found.removed, version) for version in (old, new))
        if before != after:
            moved = f" (now {found.replaced_by})" if before and found.replaced_by else ""
            changes["added" if after else "removed"].append(f"{found.type}{moved}")
        elif before:
            for name, added in _property_changes(found, old, new):
                changes["properties_added" if added else "properties_removed"].append(f"{found.type}.{name}")
    return changes


def _property_changes(found: TypeDef, old: str, new: str) -> Iterator[tuple[str, bool]]:
    from engine.flow.catalog import in_version

    for name, prop in found.properties.items():
        before, after = (in_version(prop.since, prop.removed, version) for version in (old, new))
        if before != after:
            yield name, after


def _schema_document(source: str) -> Mapping[str, Any]:
    """The schema of a server (its address, with or without the path) or of a file."""
    import httpx

    shown = re.sub(r"//[^/@]*@", "//", source)
    try:
        if source.startswith(("http://", "https://")):
            document = _fetched(source)
        else:
            document = json.loads(Path(source).read_text("utf-8"))
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        asks = "put user:password@ before the host" if status in (401, 403) else "a Kestra address or a saved JSON"
        raise Usage(f"no schema can be read from {shown}: it answers {status}", hint=asks) from None
    except ValueError:
        raise Usage(
            f"no schema can be read from {shown}: it is no JSON", hint="the answer of /plugins/schemas/flow"
        ) from None
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        why = re.sub(r"//[^/@\s]*@", "//", str(error)) or type(error).__name__
        raise Usage(f"no schema can be read from {shown}: {why}", hint="a Kestra address or a saved JSON") from None
    if not isinstance(document, Mapping):
        raise Usage(f"{shown} holds no JSON object", hint="the answer of /plugins/schemas/flow")
    return document


def _fetched(address: str) -> Any:
    """The schema at an address; Kestra has had it with and without the tenant in its path."""
    import httpx

    base = address.rstrip("/")
    paths = ("",) if "/plugins/schemas/" in address else tuple(f"{at}/plugins/schemas/flow" for at in _PREFIXES)
    for path in paths[:-1]:
        answer = httpx.get(base + path, timeout=60, follow_redirects=True)
        if answer.status_code != 404:
            return answer.raise_for_status().json()
    return httpx.get(base + paths[-1], timeout=60, follow_redirects=True).raise_for_status().json()


_PREFIXES = ("/api/v1", "/api/v1/main")
