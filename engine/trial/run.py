"""Running a flow on trial: the real core in a throwaway home, on a clock that does not wait."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.engine import Engine
from engine.errors import EngineError
from engine.execution.clock import VirtualClock
from engine.execution.inputs import FileUpload
from engine.execution.state import Execution
from engine.flow.model import Flow
from engine.trial import given
from engine.trial.certificate import TaskVerdict, Trial, Verdict
from engine.trial.needs import needs_of
from engine.trial.rewrite import fit_for_trial
from engine.trial.tasks import Tasks
from engine.trial.texts import places

_LONGEST = 120.0
_WORST = ("FAILED", "KILLED", "WARNING", "CANCELLED", "RUNNING", "PAUSED", "CREATED", "SUCCESS", "SKIPPED")


def trial(
    flow: Flow,
    inputs: Mapping[str, Any] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    longest_seconds: float = _LONGEST,
    now: float | None = None,
) -> Trial:
    """Try a flow. Missing inputs, secrets and keys are sampled; nothing outside a temporary folder is touched.

    ``settings`` are the engine's (``fence.*`` above all); ``longest_seconds`` is real time for all of it; ``now`` is
    when the trial's clock starts, in seconds since the epoch.
    """
    chosen, contents, sampled = given.inputs(flow, inputs or {})
    fit = fit_for_trial(flow)
    with tempfile.TemporaryDirectory(prefix="flowwright-trial-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        tasks = Tasks(flow, sampled, settings or {})
        engine = Engine(
            home / "engine",
            clock=VirtualClock(time.time() if now is None else now),
            durability="process",
            settings=_settings(home, flow, settings or {}),
            run_task=tasks.run,
        )
        with engine:
            for (namespace, key), value in given.keys(flow).items():
                engine.stores.kv.put(namespace, key, value)
            try:
                execution = engine.run(
                    fit,
                    chosen,
                    files=_files(home, contents),
                    trigger=given.trigger(flow, needs_of(flow).trigger),
                    wait=False,
                )
            except EngineError as error:
                return Trial("failed", (), f"the flow did not start: {error}")
            execution = engine.wait(execution.id, longest_seconds)
            return _certificate(flow, fit, engine, execution, tasks, longest_seconds)


def _settings(home: Path, flow: Flow, settings: Mapping[str, Any]) -> dict[str, Any]:
    databases, sandbox = home / "databases", home / "sandbox"
    return {
        **settings,
        "environment": given.secrets(flow.source),
        "workers": 4,
        "fence.network": False,
        "clock.accelerated": True,
        "scripts.written_by_model": True,
        "scripts.install_packages": False,
        "files.allowed_roots": (),
        "files.sandbox": sandbox,
        "jdbc.databases_dir": databases,
    }


def _files(home: Path, contents: Mapping[str, bytes]) -> dict[str, Path | FileUpload]:
    files: dict[str, Path | FileUpload] = {}
    for name, content in contents.items():
        path = home / f"input-{len(files)}"
        path.write_bytes(content)
        files[name] = FileUpload(f"{name}.csv" if b"," in content[:200] else name, path)
    return files


def _certificate(flow: Flow, fit: Flow, engine: Engine, execution: Execution, tasks: Tasks, longest: float) -> Trial:
    lines: dict[str, list[str]] = {}
    for line in engine.logs(execution.id, min_level="ERROR"):
        lines.setdefault(line.task or "", []).append(line.message)
    for run in execution.runs.values():
        if run.state == "FAILED" and lines.get(run.task_id):
            tasks.explain(run.task_id, lines[run.task_id])
    verdicts = [_of_task(place.task.id, execution, tasks) for place in places(fit)]
    real = [item for item in verdicts if tasks.is_fault(item.id)]
    if not execution.terminal and not real:
        return Trial("partly", tuple(verdicts), f"it did not end within {longest:g} seconds")
    why = ""
    verdict: Verdict = "passed"
    if real:
        verdict = "failed"
    elif execution.state == "FAILED" and not tasks.explains_failure():
        verdict, why = "failed", "; ".join(lines.get("", ())) or "the execution failed"
    elif any(tasks.is_doubtful(item.id) or item.how == "not_executable" for item in verdicts):
        verdict = "partly"
    return Trial(verdict, tuple(verdicts), why)


def _of_task(task_id: str, execution: Execution, tasks: Tasks) -> TaskVerdict:
    states = [run.state for run in execution.runs.values() if run.task_id == task_id]
    state = min(states, key=_WORST.index) if states else None
    note = tasks.notes.get(task_id)
    if note is not None:
        return TaskVerdict(task_id, note.how, note.state or state, note.why)
    if state is None:
        return TaskVerdict(task_id, "stood_in", None, "not reached in this run")
    return TaskVerdict(task_id, "ran", state)
