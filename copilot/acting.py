"""Acting on an execution that exists: kill, pause, resume, restart, replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from copilot.executions import document
from copilot.kestra.client import ENDED
from copilot.ownership import Presence, must_be_alone
from copilot.places import server_for
from copilot.wiring import Workbench

if TYPE_CHECKING:
    from copilot.kestra.client import Kestra
    from engine import Engine

Action = Literal["kill", "pause", "resume", "restart", "replay"]
OnEvent = Callable[[Mapping[str, Any]], None]
_GOES_ON = ("resume", "restart", "replay")


@dataclass(frozen=True, slots=True)
class Wish:
    """``inputs`` for resume, ``task_run`` for replay, ``revision`` for restart and replay."""

    action: Action
    execution: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    task_run: str | None = None
    revision: int | None = None


def act(
    wish: Wish, bench: Workbench, *, on: str | None = None, wait: bool = True, on_event: OnEvent = lambda e: None
) -> dict[str, Any]:
    """Do it where the execution is; the document of the execution afterwards, of the new one after a replay.

    ``wait``: until it has ended, when it goes on (and after kill). NotFound, Refused (its state forbids it), Busy
    (another process may be running it), KestraError.
    """
    server = server_for(bench.settings, on)
    if server is not None:
        with server:
            return _there(server, wish, wait, on_event)

    def unless_run_elsewhere(engine: Engine, presence: Presence) -> None:
        if engine.execution(wish.execution).finished is None:
            must_be_alone(presence, wish.execution)

    with bench.engine(claim=unless_run_elsewhere) as engine:
        return document(engine, _here(engine, wish))


def _here(engine: Engine, wish: Wish) -> str:
    """The id of the execution that went on; waits for its end, as nothing else would run it."""
    execution = wish.execution
    if wish.action == "pause":
        engine.pause(execution)
        return execution
    if wish.action == "kill":
        engine.kill(execution)
    elif wish.action == "resume":
        engine.resume(execution, wish.inputs)
    elif wish.action == "restart":
        execution = engine.restart(execution, revision=wish.revision).id
    else:
        execution = engine.replay(execution, wish.task_run, revision=wish.revision).id
    engine.wait(execution)
    return execution


def _there(server: Kestra, wish: Wish, wait: bool, on_event: OnEvent) -> dict[str, Any]:
    from copilot.kestra.deploy import followed
    from copilot.kestra.document import document as as_document

    params = {"revision": wish.revision, "taskRunId": wish.task_run}
    answer = server.act(wish.execution, wish.action, form=wish.inputs, **params)
    execution = str(answer.get("id") or wish.execution)
    if wait and wish.action in (*_GOES_ON, "kill"):
        return followed(server, execution, on_event)
    if wish.action == "pause":
        # a server takes the wish first and pauses then
        found = next(e for e in server.follow(execution) if e["state"]["current"] in ("PAUSED", *ENDED))
        return as_document(found, server.logs(execution))
    return as_document(server.execution(execution), server.logs(execution))
