"""Checks the shape of a flow: every typed place against the definition of its own type, compiled once.

Dispatching by ``type`` keeps a check in microseconds and its messages exact; one schema that joins a
thousand types can offer neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from engine.flow.catalog import Catalog, Property, in_version, version_key
from engine.flow.context import Checked, Typed
from engine.flow.findings import Edit, Path
from engine.flow.kinds import DOCUMENTS, Test, holds_expression, say, scalar_test
from engine.flow.meant import listed, meant_value
from engine.flow.unknown import missing, not_in_version, unknown_property, unknown_type

Check = Callable[[Checked, Any, Path, Typed | None], None]
TASK_KINDS = ("task", "flowable")
# In what a model fills in at run time, required properties are left out on purpose.
_NO_COLON = re.compile(r"([A-Za-z_][\w-]*:)(?!//)\S|([A-Za-z_][\w-]*) [^\s:=(]")
_FILLED_LATER = frozenset(("tool",))
_CHILD_LISTS = ("tasks", "then", "else", "errors", "finally", "defaults")


@dataclass(frozen=True, slots=True)
class Fields:
    """Compiled properties: those of the version with their checks, those of other versions, and what is required."""

    checks: Mapping[str, tuple[Check | None, Property]]
    elsewhere: Mapping[str, Property]
    required: tuple[str, ...]
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names that may be written, hidden ones left out."""
        return tuple(name for name, (_, p) in self.checks.items() if not p.hidden)


class Compiler:
    """Compiles definitions of one catalog for one version; keeps what it compiled."""

    def __init__(self, catalog: Catalog, version: str) -> None:
        self.catalog, self.version = catalog, version
        self._typed: dict[str, Fields | None] = {}
        self._models: dict[str, Check] = {}
        self._fields: dict[str, Fields] = {}

    def is_required(self, prop: Property) -> bool:
        """Whether a property must be written in this version."""
        if not prop.required or prop.has_default:
            return False
        if prop.required_before and not in_version("", prop.required_before, self.version):
            return False
        return in_version(prop.required_since, "", self.version)

    def fields(self, properties: Mapping[str, Property]) -> Fields:
        """Compile a map of properties."""
        checks: dict[str, tuple[Check | None, Property]] = {}
        elsewhere: dict[str, Property] = {}
        for name, prop in properties.items():
            if in_version(prop.since, prop.removed, self.version):
                checks[name] = (self.check(prop, name), prop)
            else:
                elsewhere[name] = prop
        required = tuple(name for name, (_, prop) in checks.items() if self.is_required(prop))
        return Fields(checks, elsewhere, required, open="*" in properties)

    def typed(self, type_name: str) -> Fields | None:
        """The properties of a type together with those every task or trigger has."""
        name = self.catalog.canonical(type_name)
        if name not in self._typed:
            definition = self.catalog.get(name)
            self._typed[name] = self._compile(definition.kind, definition.properties) if definition else None
        return self._typed[name]

    def _compile(self, kind: str, own: Mapping[str, Property]) -> Fields:
        base: Mapping[str, Property] = {"type": Property("string", required=True)}
        if kind in (*TASK_KINDS, "trigger"):
            base = self.catalog.models["trigger" if kind == "trigger" else "task"].fields
        return self.fields({**base, **own})

    def model_fields(self, name: str) -> Fields:
        """The fields of a part of the flow language that has no variants."""
        if name not in self._fields:
            self._fields[name] = self.fields(self.catalog.models[name].fields)
        return self._fields[name]

    def model(self, name: str) -> Check:
        """The check of a part of the flow language: retry, input, sla ..."""
        if name not in self._models:
            # in place before compiling, for models that hold themselves
            self._models[name] = lambda ctx, value, path, owner: self._models[name](ctx, value, path, owner)
            model = self.catalog.models[name]
            shared = dict(model.fields)
            if model.variants:
                self._models[name] = self.variants(model.variant_key, model.variants, shared, model.variant_versions)
            else:
                self._models[name] = self.object(shared)
        return self._models[name]

    # one method a shape

    def check(self, prop: Property, name: str = "") -> Check | None:
        """The check of one property; None when anything goes."""
        if prop.accepts:
            return self.one_of(prop, name)
        if prop.ref and prop.kind == "object":
            return lambda ctx, value, path, owner: self.model(prop.ref)(ctx, value, path, owner)
        if prop.kind in ("any",):
            return None
        if prop.kind == "tasks":
            return self.list_of(Property("task"), prop, name)
        if prop.kind == "task":
            return self.nested(TASK_KINDS)
        if prop.kind.startswith("plugin:"):
            return self.nested((prop.kind.removeprefix("plugin:"),))
        if prop.kind == "array":
            return self.list_of(prop.items or Property("any"), prop, name)
        if prop.kind == "map":
            return self.map_of(prop.items or Property("any"), name)
        if prop.kind == "object":
            if prop.variants:
                return self.variants(prop.variant_key, prop.variants, dict(prop.fields or {}), {})
            return self.object(prop.fields, prop.lenient or prop.kind in DOCUMENTS)
        test = scalar_test(prop, self.version, name)
        return _scalar(test, prop) if test else None

    def list_of(self, items: Property, prop: Property, name: str) -> Check:
        each = self.check(items, name)
        noun = "tasks" if items.kind == "task" else "values"

        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            if isinstance(value, list):
                if each is not None:
                    for i, item in enumerate(value):
                        if item is not None or items.kind == "task":
                            each(ctx, item, (*path, i), owner)
            elif holds_expression(value) or (isinstance(value, str) and value.lstrip().startswith("[")):
                return
            else:
                hint = "Write one entry a line, each starting with a dash."
                _wrong(
                    ctx, path, f"a list of {noun} is needed, not {say(value)}", hint, listed(ctx.source, path, value)
                )

        return check

    def map_of(self, items: Property, name: str) -> Check:
        each = self.check(items, name)

        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            if isinstance(value, dict):
                if each is not None:
                    for key, item in value.items():
                        if item is not None:
                            each(ctx, item, (*path, key), owner)
            elif _no_colon(ctx, path, value):
                return
            elif not (holds_expression(value) or (isinstance(value, str) and value.lstrip().startswith("{"))):
                _wrong(ctx, path, f"a map is needed, not {say(value)}", "Write key: value, one a line, indented.")

        return check

    def object(self, fields: Mapping[str, Property] | None, lenient: bool = False) -> Check:
        compiled: list[Fields] = []

        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            if _no_colon(ctx, path, value) or holds_expression(value) or (lenient and not isinstance(value, dict)):
                return
            if not isinstance(value, dict):
                if not (isinstance(value, str) and value.lstrip().startswith("{")):
                    _wrong(ctx, path, f"a map is needed, not {say(value)}", "Write key: value, one a line, indented.")
                return
            if fields is None or lenient:
                return
            if not compiled:
                compiled.append(self.fields(fields))
            check_fields(ctx, value, path, compiled[0], owner, None)

        return check

    def variants(
        self,
        key: str,
        variants: Mapping[str, Mapping[str, Property]],
        shared: dict[str, Property],
        versions: Mapping[str, Mapping[str, str]],
    ) -> Check:
        kind = Property("enum", enum=tuple(variants), required=True)
        shared = {key: kind} | shared
        merged = {k: replace(p, required=False) for fields in variants.values() for k, p in fields.items()}
        compiled: dict[str, Fields] = {}

        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            if holds_expression(value):
                return
            if not isinstance(value, dict):
                _wrong(ctx, path, f"a map is needed, not {say(value)}", "Write key: value, one a line, indented.")
                return
            chosen = str(value.get(key, "")).strip()
            name = next((v for v in variants if v.upper() == chosen.upper()), "")
            dates = versions.get(name, {})
            if name and not in_version(dates.get("since", ""), dates.get("removed", ""), self.version):
                not_in_version(ctx, (*path, key), name, dates.get("since", ""), dates.get("removed", ""), "input")
            if name not in compiled:
                compiled[name] = self.fields({**shared, **(variants[name] if name else merged)})
            check_fields(ctx, value, path, compiled[name], owner, None)

        return check

    def one_of(self, prop: Property, name: str) -> Check | None:
        own = replace(prop, accepts=())
        shapes = [own if shape.kind == own.kind and shape == Property(shape.kind) else shape for shape in prop.accepts]
        if any(shape.kind == "any" for shape in shapes):
            return None
        by_shape: dict[type, Check | None] = {}
        for shape in shapes:
            for python in _PYTHON.get(shape.kind, (dict,)):
                by_shape.setdefault(python, self.check(shape, name))
        wanted = " or ".join(dict.fromkeys(_NOUN.get(s.kind, "a map") for s in shapes))

        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            python = list if isinstance(value, list) else dict if isinstance(value, dict) else str
            if str not in by_shape and _no_colon(ctx, path, value):
                return
            if holds_expression(value):
                return
            if python not in by_shape:
                _wrong(ctx, path, f"{wanted} is needed, not {say(value)}", f"Write {wanted}.")
                return
            test = by_shape[python]
            if test is not None:
                test(ctx, value, path, owner)

        return check

    def nested(self, kinds: tuple[str, ...]) -> Check:
        def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
            if not _no_colon(ctx, path, value) and not holds_expression(value):
                self.place(ctx, value, path, owner, kinds)

        return check

    def place(self, ctx: Checked, value: Any, path: Path, parent: Typed | None, kinds: tuple[str, ...]) -> None:
        """Check one typed place and remember it for the rules that come after."""
        noun = kinds[0].replace("_", " ")
        if not isinstance(value, dict):
            _wrong(ctx, path, f"a {noun} is needed, not {say(value)}", "Write a map with a type.")
            return
        type_name = value.get("type")
        if not isinstance(type_name, str) or not type_name.strip():
            missing(ctx, value, path, "type", f"this {noun}", parent, key=None)
            return
        definition = self.catalog.get(type_name)
        kind = definition.kind if definition else kinds[0]
        branch = path[:-1] if path and isinstance(path[-1], int) else path
        slot = next((str(s) for s in reversed(path) if isinstance(s, str) and s not in ("task",)), "")
        typed = Typed(path, value, kind, type_name, definition, parent, slot, branch)
        ctx.typed.append(typed)
        fields = self.typed(type_name)
        if definition is None or fields is None:
            unknown_type(ctx, typed, kinds)
            self.children(ctx, typed)
            return
        if definition.kind not in kinds and not _may_stand(definition.kind, kinds):
            what = f"{typed.short} is a {definition.kind.replace('_', ' ')}, not a {noun}"
            ctx.report("misplaced_type", (*path, "type"), what, f"Use a {noun} type here.")
        check_fields(ctx, value, path, fields, typed, typed)

    def children(self, ctx: Checked, typed: Typed) -> None:
        """The tasks below a place of unknown type, so that one unknown does not hide the rest."""
        for slot in _CHILD_LISTS:
            for i, child in enumerate(_list(typed.value.get(slot))):
                if isinstance(child, dict) and isinstance(child.get("type"), str):
                    self.place(ctx, child, (*typed.path, slot, i), typed, TASK_KINDS)


_PYTHON: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "tasks": (list,),
    "map": (dict,),
    "object": (dict,),
    **dict.fromkeys(("string", "enum", "duration", "integer", "number", "boolean"), (str,)),
}
_NOUN = {
    "array": "a list",
    "tasks": "a list of tasks",
    "map": "a map",
    "string": "text",
    "enum": "text",
    "duration": "a duration",
    "integer": "a number",
    "number": "a number",
    "boolean": "true or false",
}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _may_stand(kind: str, kinds: tuple[str, ...]) -> bool:
    """Kinds the catalog could not tell apart stand where it says so."""
    return "other" in (kind, *kinds) or (kind in TASK_KINDS and "tool" in kinds)


def _no_colon(ctx: Checked, path: Path, value: Any) -> bool:
    """Whether a text stands for a map because a colon, or the space behind it, is missing; reports it then."""
    if not isinstance(value, str) or ctx.source.scalar_style(path) != "plain":
        return False
    match = _NO_COLON.match(value)
    span = ctx.source.at(path)
    if match is None or ctx.source.key_at(path).line == span.line:
        return False
    key = match[1] or match[2]
    column = span.column + len(key)
    edit = Edit(span.line, column, span.line, column, " " if match[1] else ":")
    what = "no space follows the colon" if match[1] else "the colon is missing"
    name = key.rstrip(":")
    ctx.report(
        "bad_yaml", path, f"{name} is not read as a key: {what}", f"Write {name}: and then its value.", edit=edit
    )
    return True


def _wrong(ctx: Checked, path: Path, message: str, hint: str, edit: Edit | None = None) -> None:
    name = next((s for s in reversed(path) if isinstance(s, str)), "")
    ctx.report("wrong_kind", path, f"{name}: {message}" if name else message, hint, edit=edit)


def _scalar(test: Test, prop: Property) -> Check:
    def check(ctx: Checked, value: Any, path: Path, owner: Typed | None) -> None:
        problem = test(value)
        if problem:
            name = next((s for s in reversed(path) if isinstance(s, str)), "")
            meant = meant_value(problem[0], value, prop)
            edit = ctx.replacing(ctx.source.at(path), meant) if meant else None
            ctx.report(problem[0], path, f"{name}: {problem[1]}", problem[2], edit=edit)

    return check


def check_fields(
    ctx: Checked, value: dict[str, Any], path: Path, fields: Fields, owner: Typed | None, typed: Typed | None
) -> None:
    """Check the entries of one map; ``typed`` when the map is itself a typed place."""
    checks = fields.checks
    for key, item in value.items():
        found = checks.get(key)
        if found is None:
            _unlisted(ctx, value, (*path, key), fields, owner, typed)
            continue
        check, prop = found
        if prop.deprecated:
            _deprecated(ctx, (*path, key), prop)
        if check is not None and item is not None:
            check(ctx, item, (*path, key), owner)
    for name in fields.required:
        if value.get(name) is None:
            _missing(ctx, value, path, name, owner, typed)


def _unlisted(
    ctx: Checked, value: dict[str, Any], path: Path, fields: Fields, owner: Typed | None, typed: Typed | None
) -> None:
    key = str(path[-1])
    if key in fields.elsewhere:
        prop = fields.elsewhere[key]
        if not prop.unsure:
            not_in_version(ctx, path, key, prop.since, prop.removed, typed.short if typed else "")
    elif not fields.open:
        unknown_property(ctx, value, path, fields.names, owner, typed)


def _missing(
    ctx: Checked, value: dict[str, Any], path: Path, name: str, owner: Typed | None, typed: Typed | None
) -> None:
    if owner is not None and any(t.kind in _FILLED_LATER for t in (owner, *owner.ancestors())):
        return
    if typed is not None:
        if name == "id" and typed.parent is not None and typed.parent.kind != "flowable":
            return
        if name in ctx.given_by_default(typed.type):
            return
        missing(ctx, value, path, name, typed.short, typed, key="type")
    else:
        if name == "id" and value.get("name") is not None and "name" in ctx.catalog.models["input"].fields:
            # inputs of old flows are named by ``name``
            return
        missing(ctx, value, path, name, _named(path), owner, key=None)


def _named(path: Path) -> str:
    """A map without a type, for messages: ``retry``, ``inputs 2``; counted from 1."""
    if not path:
        return "the flow"
    if isinstance(path[-1], int):
        return f"{path[-2]} {path[-1] + 1}" if len(path) > 1 else str(path[-1])
    return str(path[-1])


def _deprecated(ctx: Checked, path: Path, prop: Property) -> None:
    until = f"; it is gone in {prop.removed}" if prop.removed else ""
    ctx.report(
        "deprecated",
        path,
        f"{path[-1]} is deprecated{until}",
        "See the type's reference page for what replaces it.",
        severity="hint",
        key=True,
    )


@cache
def compiler(catalog: Catalog, version: str) -> Compiler:
    """The compiled definitions of one catalog for one version."""
    if version not in catalog.versions:
        version = min(catalog.versions, key=lambda v: (version_key(v) < version_key(version), version_key(v)))
    return Compiler(catalog, version)
