"""Findings about what is not there: unknown types and properties, missing ones, and things of other versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.flow.catalog import Property
from engine.flow.changes import renamed, replacement
from engine.flow.context import Checked, Typed
from engine.flow.findings import Edit, Path
from engine.flow.layout import block_end, shift
from engine.flow.names import nearest

# A single guess this likely, and this far ahead of the next, may be applied without asking.
SURE, AHEAD = 0.62, 0.05
# A name this alike is the same one, written another way.
PLAIN = 0.83


def unknown_type(ctx: Checked, typed: Typed, kinds: tuple[str, ...]) -> None:
    """A type that the catalog does not hold: a mistake, or a plugin nobody recorded."""
    if ctx.full:
        return
    name = typed.type
    path = (*typed.path, "type")
    near = [(t, s) for t, s in ctx.catalog.near_scored(name, 12, ctx.target) if ctx.catalog.kind(t) in kinds]
    unrecorded = _may_be_unrecorded(ctx, name, near)
    near = _by_fit(ctx, typed, near)
    if unrecorded:
        message = f"nothing is known of {name}, so its properties cannot be checked"
        hint = "Check the name against the plugin's own documentation."
        ctx.report("unknown_plugin", path, message, hint, severity="warning")
        return
    names = [t for t, _ in near[:3]]
    hint = f"Did you mean {' or '.join(names)}?" if names else "Find the type with: flowwright catalog search WORDS."
    edit = None
    if near and near[0][1] >= 0.8 and (len(near) == 1 or near[0][1] - near[1][1] >= 0.03):
        edit = ctx.replacing(ctx.source.at(path), names[0])
        hint = f"Did you mean {names[0]}?"
    ctx.report("unknown_type", path, f"there is no type {name}", hint, edit=edit)


def _by_fit(ctx: Checked, typed: Typed, near: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Likely types again in order, those first that have the properties written here."""
    written = {k for k in typed.value if k not in ("id", "type", "description")}
    scored = []
    for name, score in near:
        definition = ctx.catalog.get(name)
        if definition is None:
            continue
        known = definition.properties.keys() | ctx.catalog.models["task"].fields.keys()
        fit = (len(written & known) - 0.5 * len(set(definition.required) - written)) / max(len(written), 1)
        scored.append((name, min(0.99, score + 0.1 * fit - 0.1)))
    return sorted(scored, key=lambda s: -s[1])


def _may_be_unrecorded(ctx: Checked, name: str, near: list[tuple[str, float]]) -> bool:
    parts = name.split(".")
    if not name.startswith("io.kestra.plugin."):
        looks_foreign = len(parts) > 2 and not name.startswith("io.kestra.")
        return looks_foreign and not (near and near[0][1] > 0.85)
    family = parts[3] if len(parts) > 3 else ""
    if "ee" in parts[4:-1]:
        # the closed part of an open family: its types are in no public source
        return not (near and near[0][1] > 0.86 and ".ee." in near[0][0])
    if family in ctx.catalog.partly_known:
        return not (near and near[0][1] > 0.86)
    if family in ctx.catalog.families or family in ctx.catalog.package_words:
        return False
    return not nearest(family, ctx.catalog.families | ctx.catalog.package_words, 1, 0.75)


def unknown_property(
    ctx: Checked,
    value: dict[str, Any],
    path: Path,
    names: Iterable[str],
    owner: Typed | None,
    typed: Typed | None,
) -> None:
    """A key that does not exist here: misspelt, at the wrong level, or invented."""
    if ctx.full:
        return
    key = str(path[-1])
    where = typed.short if typed else next((str(s) for s in reversed(path[:-1]) if isinstance(s, str)), "a flow")
    names = tuple(names)
    near = _likely(ctx, key, value, [n for n in names if n not in value], typed)
    near = near or _left_over(ctx, key, value, names, typed)
    # a name that is all but written is misspelt, wherever it stands
    if not (near and near[0][1] >= PLAIN) and _slipped(ctx, value, path, owner, typed):
        return
    partial = typed is not None and typed.definition is not None and typed.definition.partial
    if partial and not (near and near[0][1] >= SURE):
        message = f"{where} is only partly known; {key} could not be checked"
        ctx.report("unknown_property", path, message, "Check it against the plugin.", severity="hint", key=True)
        return
    required = set(typed.definition.required) if typed and typed.definition else set()
    edit = None
    if near and near[0][1] >= SURE and (len(near) == 1 or near[0][1] - near[1][1] >= AHEAD or near[0][0] in required):
        edit = ctx.replacing(ctx.source.key_at(path), near[0][0])
        if typed is not None and near[0][0] in required:
            ctx.excused.add((typed.path, near[0][0]))
    hint = f"Did you mean {' or '.join(n for n, _ in near[:3])}?" if near else _allowed(names)
    severity = "warning" if partial else "error"
    message = f"{where} has no property {key}"
    ctx.report("unknown_property", path, message, hint, severity=severity, key=True, edit=edit)


def _likely(
    ctx: Checked, key: str, value: dict[str, Any], names: list[str], typed: Typed | None
) -> list[tuple[str, float]]:
    """Names a wrong key may mean: those more that must be given, or whose values the one written here is among."""
    properties = typed.definition.properties if typed is not None and typed.definition is not None else {}
    scored = []
    for name, score in nearest(key, names, 12, 0.3):
        prop = properties.get(name)
        if prop is not None:
            score += 0.08 if prop.required else 0
            score += 0.25 if str(value[key]).upper() in prop.enum else 0
        if score >= 0.55:
            scored.append((name, min(score, 0.99)))
    return sorted(scored, key=lambda s: -s[1])[:3]


def _left_over(
    ctx: Checked, key: str, value: dict[str, Any], names: tuple[str, ...], typed: Typed | None
) -> list[tuple[str, float]]:
    """The one property that must be given and is not, where this is the one name nobody knows and its value fits."""
    if typed is not None:
        fields = typed.definition.properties if typed.definition is not None else {}
        given = ctx.given_by_default(typed.type)
    elif value is ctx.flow:
        fields, given = ctx.catalog.models["flow"].fields, set()
    else:
        return []
    lacking = [n for n, p in fields.items() if p.required and n not in value and n not in given and n not in _ALWAYS]
    if len(lacking) != 1 or any(k not in names and k not in fields and k != key for k in value):
        return []
    prop = fields[lacking[0]]
    if not _could_be(value[key], prop):
        return []
    return [(lacking[0], PLAIN if _holds_tasks(value[key]) else SURE)]


_ALWAYS = ("id", "type", "namespace")


def _could_be(value: Any, prop: Property) -> bool:
    """Whether a value has the shape of a property."""
    if isinstance(value, list):
        wants_tasks = prop.kind == "tasks" or (prop.items is not None and "task" in (prop.items.fields or {}))
        return wants_tasks == _holds_tasks(value) and (wants_tasks or prop.kind == "array")
    if isinstance(value, dict):
        return prop.kind in ("map", "object")
    # a word or two may be meant for anything
    return isinstance(value, str) and "\n" in value.strip() and prop.kind in ("string", "any")


def _holds_tasks(value: Any) -> bool:
    entries = value if isinstance(value, list) else []
    return bool(entries) and all(isinstance(e, dict) and ("type" in e or "task" in e) for e in entries)


def _allowed(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = " ..." if len(shown) > 15 else ""
    return f"It takes: {', '.join(shown[:15])}{more}." if shown else "Remove it."


def _slipped(ctx: Checked, value: dict[str, Any], path: Path, owner: Typed | None, typed: Typed | None) -> bool:
    """Whether the key is right but stands at the wrong level; reports it then."""
    key = str(path[-1])
    before = list(value)[: list(value).index(key)]
    previous = before[-1] if before else ""
    if previous and value[previous] is None and _takes_children(ctx, previous, typed):
        message = f"{key} stands beside {previous}, which is empty: it belongs inside"
        hint = f"Indent {key} by two more spaces, so that it is part of {previous}."
        ctx.report("indentation", path, message, hint, key=True, edit=_moved(ctx, path, 2))
        return True
    if previous and not _holds_tasks(value[key]) and _fell_out(ctx, key, value[previous], previous, typed):
        message = f"{key} stands beside {previous} and is no property here: it belongs inside"
        hint = f"Indent {key} by two more spaces, so that it is part of {previous}."
        ctx.report("indentation", path, message, hint, key=True, edit=_moved(ctx, path, 2))
        return True
    if (
        previous
        and isinstance(value[previous], dict)
        and key in _part_names(ctx, typed, previous) - set(value[previous])
    ):
        message = f"{key} belongs to {previous} above and stands outside of it"
        hint = f"Indent {key} by two more spaces, so that it is part of {previous}."
        ctx.report("indentation", path, message, hint, key=True, edit=_moved(ctx, path, 2))
        return True
    inner = _last_typed(ctx, (*path[:-1], previous)) if previous else None
    if inner is not None and _lacks(inner, key):
        message = f"{key} belongs to {inner.short} above and stands outside of it"
        hint = f"Indent {key} like the other properties of {inner.short}."
        by = ctx.source.key_at((*inner.path, "type")).column - ctx.source.key_at(path).column
        ctx.report("indentation", path, message, hint, key=True, edit=_moved(ctx, path, by))
        ctx.excused.add((inner.path, key))
        return True
    outer = owner if typed is None else typed.parent
    inside_of_a_part = typed is None or typed.kind not in (*_STANDING, "other")
    if inside_of_a_part and outer is not None and _lacks(outer, key):
        message = f"{key} belongs to {outer.short} and stands inside of {path[-2]}"
        hint = f"Indent {key} like the other properties of {outer.short}."
        by = ctx.source.key_at((*outer.path, "type")).column - ctx.source.key_at(path).column
        edit = _moved(ctx, path, by) if list(value)[-1] == key else None
        ctx.report("indentation", path, message, hint, key=True, edit=edit)
        ctx.excused.add((outer.path, key))
        return True
    if typed is not None and typed.parent is None and isinstance(value[key], _FLOW_ONLY.get(key, ())):
        if key in ctx.flow:
            return False
        message = f"{key} belongs to the flow and stands inside of a task"
        ctx.report("indentation", path, message, f"Write {key} at the left margin.", key=True)
        return True
    return False


def _moved(ctx: Checked, path: Path, by: int) -> Edit | None:
    """The lines of an entry moved right or left; None where the entry does not begin its line."""
    place = ctx.source.key_at(path)
    if ctx.source.line_text(place.line)[: place.column - 1].strip() or by == 0:
        return None
    return shift(ctx.source, place.line, block_end(ctx.source, place.line), by)


# What only a flow has, with the shape it has there.
_FLOW_ONLY: dict[str, type] = {
    "triggers": list,
    "inputs": list,
    "variables": dict,
    "pluginDefaults": list,
    "concurrency": dict,
    "afterExecution": list,
    "namespace": str,
}
# Kinds that stand for themselves, and are no part of what holds them.
_STANDING = ("task", "flowable", "trigger")
_NESTING = frozenset(("object", "map", "array", "tasks", "task", "any"))


def _takes_children(ctx: Checked, key: str, typed: Typed | None) -> bool:
    if typed is None or typed.definition is None:
        known = [model.fields[key] for model in ctx.catalog.models.values() if key in model.fields]
        prop = ctx.catalog.models["flow"].fields.get(key) or (known[0] if known else None)
    else:
        prop = typed.definition.properties.get(key) or ctx.catalog.models["task"].fields.get(key)
    if prop is None:
        return False
    return prop.kind in _NESTING or prop.kind.startswith("plugin:") or any(a.kind in _NESTING for a in prop.accepts)


def _part_names(ctx: Checked, typed: Typed | None, key: str) -> set[str]:
    """Names that the map at a property may hold: those of its own fields, or of the part of the language it is."""
    own = typed.definition.properties if typed is not None and typed.definition is not None else {}
    base = ctx.catalog.models["flow" if typed is None else "trigger" if typed.kind == "trigger" else "task"].fields
    prop = own.get(key) or base.get(key)
    if prop is None:
        return set()
    model = ctx.catalog.models.get(prop.ref)
    parts = [prop.fields or {}, *(prop.variants or {}).values()]
    if model is not None:
        parts += [model.fields, *(model.variants or {}).values()]
    return {name for fields in parts for name in fields}


def _fell_out(ctx: Checked, key: str, value: Any, before: str, typed: Typed | None) -> bool:
    """Whether a key was an entry of the free map right above it: it is written like those, and like no property."""
    if not isinstance(value, dict) or not value:
        return False
    if typed is None or typed.definition is None:
        return before in ("values", "variables")
    prop = typed.definition.properties.get(before)
    free = prop is not None and (prop.kind == "map" or any(a.kind == "map" for a in prop.accepts))
    return free and not _PROPERTY_LIKE.match(key) and any(not _PROPERTY_LIKE.match(k) for k in value)


_PROPERTY_LIKE = re.compile(r"[a-z][a-zA-Z0-9]*$")


def _lacks(typed: Typed, key: str) -> bool:
    """Whether the type has this property, or may have as not all of it is known, and it is not written."""
    definition = typed.definition
    known = definition is not None and not definition.partial
    return key not in typed.value and (not known or (definition is not None and key in definition.properties))


def _last_typed(ctx: Checked, branch: Path) -> Typed | None:
    """The last typed place below a branch of the document."""
    size = len(branch)
    inside = [t for t in ctx.typed if t.path[:size] == branch and len(t.path) > size]
    return inside[-1] if inside else None


def missing(
    ctx: Checked, value: dict[str, Any], path: Path, name: str, where: str, typed: Typed | None, key: str | None
) -> None:
    """A property that must be there and is not."""
    shown = key if key and key in value else "type" if "type" in value else next(iter(value), None)
    place = (*path, shown) if shown is not None and path else path
    if typed is not None and typed.path == path and (path, name) in ctx.excused:
        return
    message = f"{where} needs {name}"
    ctx.report("missing_required", place, message, _how_to_add(ctx, name, typed, place), key=place != path)


def _how_to_add(ctx: Checked, name: str, typed: Typed | None, place: Path) -> str:
    """What to write for a property that lacks, and where."""
    definition = typed.definition if typed is not None else None
    prop = definition.properties.get(name) if definition is not None else ctx.catalog.models["flow"].fields.get(name)
    beside = f"beside {place[-1]}" if place and isinstance(place[-1], str) else "at this level"
    if prop is not None and prop.enum:
        return f"Add {name}: {beside}, with one of {', '.join(prop.enum[:6])}."
    example = _EXAMPLES.get(name) or (_EXAMPLES.get(prop.kind, "a value") if prop is not None else "a value")
    return f"Add {name}: {beside}, with {example}."


_EXAMPLES = {
    "cron": 'a schedule such as "0 9 * * *"',
    "message": "the text to show",
    "script": "| and the script on the lines below",
    "commands": "one command a line, each starting with a dash",
    "condition": 'an expression such as "{{ inputs.x == 1 }}"',
    "values": "a list such as [a, b]",
    "uri": "the address as text",
    "url": "the address as text",
    "sql": "the statement as text",
    "tasks": "one task or more below it, each starting with a dash",
    "array": "one entry a line, each starting with a dash",
    "map": "key: value, one a line, indented",
    "object": "its own entries on the lines below, indented",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "duration": "a duration such as PT5M",
}


def not_in_version(ctx: Checked, path: Path, what: str, since: str, removed: str, where: str) -> None:
    """Something that exists in another version of Kestra than the target."""
    owner = f" of {where}" if where and where != what else ""
    if removed and not ctx.there("", removed):
        hint = replacement(where, what) or f"Write it another way, or target a version before {removed}."
        new = renamed(where, what)
        edit = ctx.replacing(ctx.source.key_at(path), new) if new else None
        ctx.report("version_removed", path, f"{what}{owner} was removed in {removed}", hint, key=True, edit=edit)
    else:
        hint = f"Target {since} or later, or leave it out."
        ctx.report("version_added", path, f"{what}{owner} came with {since}, after {ctx.target}", hint, key=True)
