"""Properties that a task type has in Kestra and does not read here: each with the reason, none silently.

A type names them when it registers: ``@runnable(..., unread={"fetchSize": no_effect("...")})``, a nested one by its
path (``options.readIdleTimeout``). A task that gives one is told in its log, or refused where going on without it
would do something else than was asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import TaskFailed
from engine.tasks.props import as_text

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a property is not read; ``level`` of the log line that says so, '' where the task is refused.

    A value among ``unless`` asks for nothing else than what is done anyway.
    """

    reason: str
    level: str = "DEBUG"
    unless: tuple[Any, ...] = ()


def no_effect(reason: str, *unless: Any) -> Unread:
    """What the task gives is the same with it and without."""
    return Unread(reason, "DEBUG", unless)


def unlike(reason: str, *unless: Any) -> Unread:
    """What the task gives may differ from what Kestra would give: worth a warning."""
    return Unread(reason, "WARN", unless)


def refused(reason: str, *unless: Any) -> Unread:
    """Going on without it would be wrong."""
    return Unread(reason, "", unless)


def telling(run: Callable[[RunContext], Result], unread: Mapping[str, Unread]) -> Callable[[RunContext], Result]:
    """The run, after what is not read here was told. TaskFailed (``unsupported-property``) for what is refused."""
    if not unread:
        return run

    @functools.wraps(run)
    def told(task: RunContext) -> Result:
        for path, why in unread.items():
            found = _given(task.properties, path.split("."))
            if found is None or _same(task, found, why.unless):
                continue
            if not why.level:
                raise TaskFailed(
                    f"{path} cannot be honoured here: {why.reason}",
                    code="unsupported-property",
                    hint=f"leave '{path}' out of task {task.task_id}",
                )
            task.log(why.level, f"{path} has no effect here: {why.reason}")
        return run(task)

    return told


def _given(properties: Mapping[str, Any], path: list[str]) -> Any:
    """The value at a path of nested maps, or None."""
    found = properties.get(path[0])
    if len(path) == 1:
        return found
    return _given(found, path[1:]) if isinstance(found, Mapping) else None


def _same(task: RunContext, found: Any, unless: tuple[Any, ...]) -> bool:
    if not unless:
        return False
    if found in unless:
        return True
    text = as_text(task.render(found)).strip().upper()
    return text in {as_text(one).upper() for one in unless}
