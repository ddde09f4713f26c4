"""Running the task of a polling trigger, outside of any execution."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.execution.attempts import attempt
from engine.execution.context import TaskContext
from engine.execution.variables import of_flow
from engine.flow.model import Flow, Task, Trigger
from engine.storage.files import ExecutionRef
from engine.storage.masking import Masker

if TYPE_CHECKING:
    from engine.execution.executor import Executor

_log = logging.getLogger(__name__)


def ask(
    executor: Executor, flow: Flow, trigger: Trigger, type_name: str, properties: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The outputs of the task; None when it failed, with the reason in the engine's own log."""

    def log(level: str, message: str) -> None:
        number = logging.getLevelNamesMapping().get({"TRACE": "DEBUG", "WARN": "WARNING"}.get(level, level), 20)
        _log.log(number, "trigger %s of %s.%s: %s", trigger.id, flow.namespace, flow.id, message)

    run_id = executor.new_id()
    ref = ExecutionRef(flow.namespace, flow.id, run_id)
    context = TaskContext(
        task=Task(trigger.id, type_name, properties),
        run_id=run_id,
        variables={
            **executor.base,
            "flow": of_flow(flow, executor.dialect),
            "vars": dict(flow.variables),
            "labels": dict(flow.labels),
            "trigger": {"id": trigger.id, "type": trigger.type},
        },
        namespace=flow.namespace,
        files=lambda place: executor.stores.files.execution(ref, task_id=trigger.id, working_dir=place),
        kv=executor.stores.kv,
        services=executor.plain_services(),
        cancelled=executor.clock.event(),
        timeout_seconds=None,
        settings=executor.settings,
        log=log,
        masker=Masker(executor.stores.secrets.values()),
    )
    outcome = attempt(context, executor.run_task, executor.stores.task_cache, flow.id, None)
    return outcome.outputs or {} if outcome.state in ("SUCCESS", "WARNING") else None
