"""The flowable tasks: what each evaluates when it opens, and how its children follow each other.

One class a type; ``FLOWABLES`` is the table. A flowable never does anything itself: ``open`` turns its
expressions into values (journaled as the task run's outputs and detail), ``shape`` says which lists of
children it has and in which manner they run. ``advance`` does the rest for all of them alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from engine.errors import EngineError, InvalidFlow, NotFound, TaskFailed
from engine.execution.durations import seconds_or_none
from engine.expressions.values import java_class, truthy
from engine.flow.model import Task

PREFIX = "io.kestra.plugin.core.flow."
RenderText = Callable[[Any], str]
Mode = Literal["sequential", "parallel", "dag", "lanes"]


@dataclass(frozen=True, slots=True)
class Opened:
    """What evaluating a flowable gave. ``state`` ends it at once (Pause asks for PAUSED, with ``due``); ``warning`` is
    for the log."""

    outputs: Mapping[str, Any] | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    wait: float | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A child that has a lane of its own."""

    task: Task
    value: str | None = None
    iteration: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """Lists of children without the disabled ones, and how the main one runs.

    - sequential: ``tasks`` one after the other
    - parallel: ``entries``, each a lane of its own, at most ``limit`` at once (0: no limit)
    - dag: like parallel, an entry waits for those its ``needs`` name by index
    - lanes: for each of ``values`` the ``tasks`` in sequence, at most ``limit`` values at once
    """

    mode: Mode
    tasks: tuple[Task, ...] = ()
    errors: tuple[Task, ...] = ()
    finally_: tuple[Task, ...] = ()
    entries: tuple[Entry, ...] = ()
    values: Sequence[str] = ()
    limit: int = 0
    needs: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def enabled(tasks: Any) -> tuple[Task, ...]:
    """A list of child tasks as the loader left it, without the disabled ones."""
    return tuple(task for task in tasks or () if not task.disabled)


class Flowable:
    """A task that starts other tasks. Without more, its children run in sequence."""

    transparent: ClassVar[bool] = False
    """Whether a child that failed makes it WARNING instead of FAILED."""

    def open(self, task: Task, render: RenderText) -> Opened:
        """Evaluate what is to be evaluated. Any EngineError makes the task run FAILED."""
        return Opened()

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        return self._lists(task, "sequential", tasks=enabled(task.properties.get("tasks")))

    @staticmethod
    def _lists(task: Task, mode: Mode, **more: Any) -> Shape:
        errors, last = task.properties.get("errors"), task.properties.get("finally")
        return Shape(mode, errors=enabled(errors), finally_=enabled(last), **more)


class Sequential(Flowable):
    """Children one after the other."""


class WorkingDirectory(Flowable):
    """Children one after the other in one directory, which the runner makes and removes."""


class AllowFailure(Flowable):
    """Children one after the other; a failure among them ends in WARNING."""

    transparent = True


class Parallel(Flowable):
    """All children at once, or ``concurrent`` of them."""

    def open(self, task: Task, render: RenderText) -> Opened:
        return Opened(detail=_rendered_limit(task, "concurrent", render))

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        entries = tuple(Entry(child) for child in enabled(task.properties.get("tasks")))
        return self._lists(task, "parallel", entries=entries, limit=_limit(task, detail, "concurrent", 0))


class Dag(Parallel):
    """Each child once those it depends on have ended."""

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        listed = [item for item in task.properties.get("tasks") or () if not item["task"].disabled]
        place = {item["task"].id: n for n, item in enumerate(listed)}
        needs = {
            n: tuple(place[name] for name in item.get("dependsOn") or () if name in place)
            for n, item in enumerate(listed)
        }
        entries = tuple(Entry(item["task"]) for item in listed)
        return self._lists(task, "dag", entries=entries, needs=needs, limit=_limit(task, detail, "concurrent", 0))


class ForEach(Flowable):
    """The children in sequence for each value, ``concurrencyLimit`` values at once."""

    values_property: ClassVar[str] = "values"
    limit_property: ClassVar[str] = "concurrencyLimit"

    def open(self, task: Task, render: RenderText) -> Opened:
        values = each_values(task.properties.get(self.values_property), render)
        return Opened(detail={"values": values, **_rendered_limit(task, self.limit_property, render)})

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        tasks = enabled(task.properties.get("tasks"))
        values = detail.get("values", ()) if tasks else ()
        return self._lists(task, "lanes", tasks=tasks, values=values, limit=self.limit(task, detail))

    def limit(self, task: Task, detail: Mapping[str, Any]) -> int:
        return _limit(task, detail, self.limit_property, 1)


class EachSequential(ForEach):
    """The older name of a ForEach that takes one value at a time."""

    values_property = "value"

    def limit(self, task: Task, detail: Mapping[str, Any]) -> int:
        return 1


class EachParallel(ForEach):
    """Every child for every value, all at once or ``concurrent`` of them."""

    values_property = "value"
    limit_property = "concurrent"

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        tasks = enabled(task.properties.get("tasks"))
        entries = tuple(Entry(t, value, n) for n, value in enumerate(detail.get("values", ())) for t in tasks)
        return self._lists(task, "parallel", entries=entries, limit=_limit(task, detail, "concurrent", 0))


class If(Flowable):
    """``then`` or ``else``; the condition is evaluated once."""

    def open(self, task: Task, render: RenderText) -> Opened:
        result = truthy(render(task.properties.get("condition")))
        return Opened({"evaluationResult": result}, {"branch": "then" if result else "else"})

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        return self._lists(task, "sequential", tasks=enabled(task.properties.get(detail.get("branch", "then"))))


class Switch(Flowable):
    """The case that equals the value, else ``defaults``; no case and no defaults is a failure."""

    def open(self, task: Task, render: RenderText) -> Opened:
        value = render(task.properties.get("value"))
        matched = value in (task.properties.get("cases") or {})
        if not matched and not task.properties.get("defaults"):
            return Opened({"value": value, "defaults": True}, {"case": None}, state="FAILED")
        return Opened({"value": value, "defaults": not matched}, {"case": value if matched else None})

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        case = detail.get("case")
        chosen = task.properties.get("defaults") if case is None else task.properties["cases"].get(case)
        return self._lists(task, "sequential", tasks=enabled(chosen))


class LoopUntil(Flowable):
    """The children in sequence, again and again, until the condition holds after a round."""

    def open(self, task: Task, render: RenderText) -> Opened:
        return Opened({"iterationCount": 1}, {"rounds": 1})

    @staticmethod
    def check(task: Task, render: RenderText, outputs: Mapping[str, Any], started: float, now: float) -> Opened:
        """After a round: end it (``state``), or begin another after ``wait`` seconds."""
        frequency = task.properties.get("checkFrequency") or {}
        count = int(outputs.get("iterationCount", 1))
        if truthy(render(task.properties.get("condition"))):
            return Opened(outputs, state="SUCCESS")
        following = {**outputs, "iterationCount": count + 1}
        most = render(frequency.get("maxIterations"))
        longest = seconds_or_none(render(frequency.get("maxDuration")))
        if most and count >= int(most):
            reached = "Max iterations reached"
        elif longest is not None and now >= started + longest:
            reached = "Max duration reached"
        else:
            reached = ""
        if reached:
            fail = truthy(render(task.properties.get("failOnMaxReached", False)))
            return Opened(following, state="FAILED" if fail else "SUCCESS", warning=reached)
        wait = seconds_or_none(render(frequency.get("interval")))
        return Opened(following, wait=1.0 if wait is None else wait)


class Pause(Flowable):
    """Waits: for somebody to resume it, for ``pauseDuration`` (older: ``delay``), or until ``timeout`` fails it."""

    def open(self, task: Task, render: RenderText) -> Opened:
        length = seconds_or_none(render(task.properties.get("pauseDuration") or task.properties.get("delay")))
        behavior = render(task.properties.get("behavior") or "RESUME").upper()
        if length is None:
            length, behavior = seconds_or_none(render(task.timeout)), "FAIL"
        return Opened(None, {"behavior": behavior}, state="PAUSED", wait=length)


class Approval(Flowable):
    """``onWait``, then a pause until somebody decides or ``timeout`` has passed, then the tasks of the decision."""

    url: ClassVar[str] = (
        "{{ kestra.url ?? '' }}/ui/{{ flow.tenantId }}/executions/{{ flow.namespace }}/{{ flow.id }}/{{ execution.id }}"
    )

    def open(self, task: Task, render: RenderText) -> Opened:
        behaviors = {
            decision: render(task.properties.get(name) or default).upper()
            for decision, (name, default) in _APPROVAL_BEHAVIORS.items()
        }
        detail: dict[str, Any] = {
            "behaviors": behaviors,
            "commented": render(task.properties.get("commentRequired") or "NEVER"),
            "wait": seconds_or_none(render(task.timeout)),
        }
        outputs: dict[str, Any] = {"url": render(self.url)}
        if truthy(render(task.properties.get("autoApprove", False))):
            detail |= {"decision": "APPROVED", "auto": True}
            outputs |= {"decision": "APPROVED", "auto": True}
        return Opened(outputs, detail)

    def shape(self, task: Task, detail: Mapping[str, Any]) -> Shape:
        waiting = () if detail.get("auto") else enabled(task.properties.get("onWait"))
        branch = _APPROVAL_BRANCHES.get(str(detail.get("decision")))
        return self._lists(task, "sequential", tasks=(*waiting, *enabled(task.properties.get(branch or ""))))


DECISIONS = ("APPROVED", "DENIED", "EXPIRED")
"""What may become of an Approval."""
_APPROVAL_BEHAVIORS = {
    "APPROVED": ("approveBehavior", "CONTINUE"),
    "DENIED": ("denyBehavior", "CANCEL"),
    "EXPIRED": ("expireBehavior", "CANCEL"),
}
_APPROVAL_BRANCHES = {"APPROVED": "onApprove", "DENIED": "onDeny"}


class ForEachItem(Flowable):
    """Split a file, run a flow for each batch, merge what they gave: three task runs made by the loader."""


class Template(Flowable):
    """Tasks of a template, in sequence; they see its ``args`` as outputs of their parent."""

    def open(self, task: Task, render: RenderText) -> Opened:
        if task.properties.get("missing"):
            name = f"{task.properties.get('namespace')}.{task.properties.get('templateId')}"
            raise NotFound(f"Can't find flow template '{name}'", hint="register the template first")
        args = {str(name): render(value) for name, value in (task.properties.get("args") or {}).items()}
        return Opened({"args": args} if args else None, {"open": True})


FLOWABLES: dict[str, Flowable] = {
    PREFIX + cls.__name__: cls()
    for cls in (
        Sequential,
        Parallel,
        Dag,
        ForEach,
        EachSequential,
        EachParallel,
        If,
        Switch,
        AllowFailure,
        WorkingDirectory,
        LoopUntil,
        Pause,
        Approval,
        ForEachItem,
        Template,
    )
}

EXECUTABLES = frozenset({PREFIX + "Subflow", PREFIX + "Loop", PREFIX + "ForEachItem$Items"})
"""Tasks that start executions; the runner runs them, so they are neither flowables nor found in the registry."""


def types() -> frozenset[str]:
    """Every type that runs here and is not an ordinary runnable."""
    return frozenset(t for t in FLOWABLES) | frozenset(t for t in EXECUTABLES if "$" not in t)


def each_values(given: Any, render: RenderText) -> list[str]:
    """Loop values as Kestra makes them: text, each once, in order; numbers, maps and lists become JSON text."""
    if isinstance(given, str):
        try:
            values = json.loads(render(given))
        except json.JSONDecodeError as cause:
            raise InvalidFlow(f"the values are not a list: {cause}", hint="give a list or JSON text of one") from cause
    elif isinstance(given, list | tuple):
        values = [_element(item, render) for item in given]
    else:
        raise InvalidFlow(f"Unknown value type: {java_class(given)}", hint="give a list or JSON text of one")
    if not isinstance(values, list):
        raise InvalidFlow("the values are not a list", hint="give a list or JSON text of one")
    nulls = 1 if any(value is None for value in values) else 0
    if nulls:
        shown = ", ".join(java_text(value) for value in values)
        raise TaskFailed(f"Found '{nulls}' null values on Each, with values=[{shown}]", hint="leave empty items out")
    return list(dict.fromkeys(value if isinstance(value, str) else compact(value) for value in values))


def _element(item: Any, render: RenderText) -> Any:
    """An element of a list that stands in the flow: text, a whole number or a map; Kestra takes no others."""
    if item is None or (isinstance(item, str | int | Mapping) and not isinstance(item, bool)):
        return _rendered(item, render)
    hint = "put it in quotes, or give the whole list as JSON text"
    raise InvalidFlow(f"Unknown value element type: {java_class(item)}", hint=hint)


def _rendered(item: Any, render: RenderText) -> Any:
    if isinstance(item, Mapping):
        return {render(key): _rendered(value, render) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [_rendered(value, render) for value in item]
    return render(item) if isinstance(item, str) else item


def compact(value: Any) -> str:
    """JSON without spaces, as Kestra writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def java_text(value: Any) -> str:
    """How Java prints a value inside a message: maps as {a=b}, null, true."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(java_text(item) for item in value) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _rendered_limit(task: Task, name: str, render: RenderText) -> dict[str, Any]:
    """How many at once, where an expression says it."""
    value = task.properties.get(name)
    return {"limit": whole(task, name, render(value), 0)} if isinstance(value, str) else {}


def _limit(task: Task, detail: Mapping[str, Any], name: str, default: int) -> int:
    if "limit" in detail:
        return int(detail["limit"])
    return whole(task, name, task.properties.get(name), default)


def whole(task: Task, name: str, value: Any, default: int) -> int:
    """A limit as a number of 0 or more; EngineError (``bad-number``) for anything else."""
    if value is None or value == "":
        return default
    try:
        number = int(value)
    except (TypeError, ValueError) as cause:
        raise EngineError(f"{task.id}: '{name}' is not a whole number: {value}", code="bad-number") from cause
    if number < 0:
        raise EngineError(f"{task.id}: '{name}' is below 0: {value}", code="bad-number")
    return number
