"""What the rules see while one flow is checked, and where they leave what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.flow.catalog import Catalog, TypeDef, in_version
from engine.flow.findings import Edit, Finding, Path, Severity
from engine.flow.source import Source, Span, strings_of
from engine.flow.templates import Template, references, templates

if TYPE_CHECKING:
    from engine.expressions.inspection import Reference

# More than this nobody reads, and a damaged file can have any number.
MAX_FINDINGS = 1000
Value = dict[str, Any]
Keys = tuple[str | int | None, ...]
"""Steps of a reference after its first name; None where one is computed."""
ROOTS = frozenset(
    (
        "flow", "execution", "task", "taskrun", "tasks", "parent", "parents", "inputs", "outputs", "vars", "labels",
        "trigger", "envs", "globals", "kestra", "namespace", "workingDir", "outputDir", "error", "files", "schedule",
        "addFiles", "_context", "loop", "secrets",
    )
)  # fmt: skip


@dataclass(eq=False, slots=True)
class Typed:
    """A place in the flow that has a ``type``: a task, trigger, condition, task runner ...

    ``slot`` names the property of ``parent`` (or of the flow) that holds it, ``branch`` is the path of the list or map
    entry it stands in, ``definition`` is None when the type is unknown.
    """

    path: Path
    value: Value
    kind: str
    type: str
    definition: TypeDef | None
    parent: Typed | None
    slot: str
    branch: Path

    @property
    def id(self) -> str:
        """Its id as text; empty when it has none."""
        name = self.value.get("id")
        return str(name) if isinstance(name, str | int | float) and not isinstance(name, bool) else ""

    @property
    def short(self) -> str:
        """The last part of its type, for messages."""
        return self.type.rpartition(".")[2] or "task"

    def ancestors(self) -> Iterator[Typed]:
        """Its parents, nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


@dataclass(eq=False)
class Checked:
    """One flow under check. Rules read it and ``report``."""

    source: Source
    flow: Value
    target: str
    catalog: Catalog
    siblings: Mapping[str, Value] = field(default_factory=dict)
    comparisons: int = 200_000
    findings: list[Finding] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    excused: set[tuple[Path, str]] = field(default_factory=set)

    def finding(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str,
        *,
        severity: Severity = "error",
        key: bool = False,
        span: Span | None = None,
        edit: Edit | None = None,
    ) -> Finding:
        """A finding at the value of ``path``, at its key, or at ``span``."""
        if span is None:
            span = self.source.key_at(path) if key else self.source.at(path)
        place = (span.line, span.column, message, hint, span.end_line, span.end_column)
        return Finding(code, severity, path, *place, edit)

    @property
    def full(self) -> bool:
        """Whether more has been found than is shown, so that nothing needs to be explained any more."""
        return len(self.findings) > MAX_FINDINGS

    def may_compare(self, names: int) -> bool:
        """Whether a wrong name may still be compared with so many others: guesses are help, and may not take long."""
        self.comparisons -= names
        return self.comparisons >= 0

    def report(self, code: str, path: Path, message: str, hint: str, **more: Any) -> None:
        """Leave a finding; takes what ``finding`` takes. Nothing is added beyond what can be shown."""
        if not self.full:
            self.findings.append(self.finding(code, path, message, hint, **more))

    def replacing(self, span: Span, text: str, *, safe: bool = True) -> Edit:
        """An edit that puts ``text`` in the place of ``span``."""
        return Edit(span.line, span.column, span.end_line, span.end_column, text, safe)

    def there(self, since: str, removed: str) -> bool:
        """Whether something with these versions is there in the target version."""
        return in_version(since, removed, self.target)

    @cached_property
    def _by_path(self) -> dict[Path, Typed]:
        return {typed.path: typed for typed in self.typed}

    def owner(self, path: Path) -> Typed | None:
        """The innermost typed place that holds a path."""
        return next((t for n in range(len(path), 0, -1) if (t := self._by_path.get(path[:n])) is not None), None)

    @cached_property
    def tasks(self) -> list[Typed]:
        """Tasks of every kind and depth, in document order."""
        return [t for t in self.typed if t.kind in ("task", "flowable")]

    @cached_property
    def triggers(self) -> list[Typed]:
        """The flow's triggers."""
        return [t for t in self.typed if t.kind == "trigger"]

    @cached_property
    def strings(self) -> list[tuple[Path, str]]:
        """Every text of the flow with its path."""
        return strings_of(self.flow)

    @cached_property
    def references(self) -> list[tuple[Template, Reference]]:
        """Every reference, but those inside of a name with a hyphen, which have a finding of their own."""
        return list(references(self.templates))

    @cached_property
    def _reads(self) -> dict[str, list[tuple[Template, Reference, Keys]]]:
        out: dict[str, list[tuple[Template, Reference, Keys]]] = {}
        for template, reference in self.references:
            steps = reference.steps
            out.setdefault(str(steps[0].key), []).append((template, reference, tuple(step.key for step in steps[1:])))
        return out

    def reads(self, root: str) -> list[tuple[Template, Reference, Keys]]:
        """References that start with ``root``, each with the steps after it."""
        return self._reads.get(root, [])

    @cached_property
    def templates(self) -> list[Template]:
        """Texts with expressions, in document order."""
        return templates(self)

    @cached_property
    def named(self) -> dict[str, set[str]]:
        """What the flow itself names: ids of tasks, inputs and variables, by the root they are read from."""
        variables = self.flow.get("variables")
        return {
            "outputs": {task.id for task in self.tasks},
            "inputs": set(_ids(self.flow.get("inputs"))),
            "vars": {str(name) for name in variables} if isinstance(variables, dict) else set(),
        }

    @cached_property
    def open_inputs(self) -> bool:
        """Whether inputs come from elsewhere too, so that none can be called unknown."""
        listed = self.flow.get("inputs")
        kinds = (
            {str(entry.get("type")).upper() for entry in listed if isinstance(entry, dict)}
            if isinstance(listed, list)
            else set()
        )
        return bool(kinds & {"REUSABLE_INPUTS", "FORM"})

    @cached_property
    def roots(self) -> frozenset[str]:
        """Names that expressions can start with."""
        return ROOTS | ({"item"} if self.there("2.0", "") else set())

    def is_root(self, name: str) -> bool:
        """Whether Kestra gives a variable of this name."""
        return name in self.roots

    @cached_property
    def defaults(self) -> list[tuple[str, Mapping[str, Any]]]:
        """pluginDefaults as (type or prefix, values)."""
        out = []
        for name in ("pluginDefaults", "taskDefaults"):
            entries = self.flow.get(name)
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict) and isinstance(entry.get("values"), dict):
                    out.append((str(entry.get("type", "")), entry["values"]))
        return out

    def given_by_default(self, type_name: str) -> set[str]:
        """Properties that pluginDefaults fill for a type."""
        return {
            key
            for prefix, values in self.defaults
            if type_name == prefix or type_name.startswith(prefix + ".") or (prefix and type_name.startswith(prefix))
            for key in values
        }


def _ids(entries: object) -> Iterator[str]:
    """Ids (and names, as old flows call them) of a list of maps."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield from (str(entry[key]) for key in ("id", "name") if entry.get(key) is not None)
