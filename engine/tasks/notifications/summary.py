"""What the ``...Execution`` tasks say of an execution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.tasks.props import Props, as_text
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

SUMMARY = {"templateRenderMap": no_effect("the message is filled with what is known of the execution, as in Kestra")}


@dataclass(frozen=True, slots=True)
class Summary:
    """One execution in words."""

    title: str
    text: str
    state: str
    fields: dict[str, str]
    execution: str


def summary_of(task: RunContext, props: Props) -> Summary:
    """This execution's summary, with the custom message and fields of the task."""
    flow: dict[str, Any] = task.variables.get("flow") or {}
    execution: dict[str, Any] = task.variables.get("execution") or {}
    execution_id = props.text("executionId") or as_text(execution.get("id"))
    own = execution_id == as_text(execution.get("id"))
    state = as_text(execution.get("state")) if own else ""
    name = f"{as_text(flow.get('namespace'))}.{as_text(flow.get('id'))}" if own else ""
    title = " ".join(part for part in (name, f"execution {execution_id}", f"is {state}" if state else "") if part)
    fields = props.texts("customFields")
    lines = [title, props.text("customMessage"), *(f"{key}: {value}" for key, value in fields.items())]
    return Summary(title, "\n".join(line for line in lines if line), state, fields, execution_id)
