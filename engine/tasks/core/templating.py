"""A task whose definition is made by an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, find, runnable

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_COMMON = frozenset(("id", "type", "description", "retry", "timeout", "disabled", "allowFailure", "logLevel", "runIf"))


class _Inner:
    """The same task run with another type and other properties."""

    def __init__(self, task: RunContext, type_name: str, properties: Mapping[str, Any]) -> None:
        self._task = task
        self.type = type_name
        self.properties = properties

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)


@runnable(
    "io.kestra.plugin.core.templating.TemplatedTask",
    effects="process",
    aliases=("io.kestra.core.tasks.templating.TemplatedTask",),
)
def templated(task: RunContext) -> Outputs:
    """Runs the task that ``spec`` describes in YAML once rendered; its outputs are this task's own."""
    import yaml

    try:
        spec = yaml.safe_load(Props(task).required("spec"))
    except yaml.YAMLError as error:
        raise TaskFailed(f"spec is not YAML once rendered: {error}", code="wrong-kind") from error
    if not isinstance(spec, Mapping) or not isinstance(spec.get("type"), str):
        raise TaskFailed("spec must describe one task, with a type", code="wrong-kind")
    if spec["type"] == task.type:
        raise TaskFailed("a templated task cannot be another templated task", code="wrong-kind")
    entry = find(spec["type"])
    if entry is None:
        raise TaskFailed(f"spec's type {spec['type']} does not run here", code="type-not-runnable")
    properties = {key: value for key, value in spec.items() if key not in _COMMON}
    inner: Any = _Inner(task, spec["type"], properties)
    return entry.run(inner)
