"""The directory of a WorkingDirectory: made before its first child, with files and cache, emptied after its last."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, TaskFailed
from engine.execution import advance as core
from engine.execution import steps
from engine.execution.attempts import said
from engine.execution.context import TaskContext
from engine.execution.durations import seconds_or_none
from engine.execution.flowables import Opened
from engine.execution.live import Live, Token
from engine.execution.state import TaskRun

if TYPE_CHECKING:
    from engine.execution.executor import Executor


class WorkingDirectories:
    """Opens and closes the directories on workers, since copying files takes time."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def open(self, live: Live, run: TaskRun) -> None:
        """Make the directory and fill it; the task run is open once it is there."""
        live.busy.add(run.id)
        place = Path(tempfile.mkdtemp(prefix="flowwright-wd-"))
        live.dirs[run.id] = place
        context = self._context(live, run, place)

        def opened() -> None:
            here = live.execution.runs[run.id]
            opened = Opened(detail={"open": True})
            self.executor.record(live, *steps.opened(live.plan, live.execution, here, opened, self.executor.now()))

        self._in_background(live, run, lambda: self._fill(live, context), opened)

    def close(self, live: Live, run: TaskRun, state: str) -> None:
        """Keep what is to be kept, remove the directory, end the task run."""
        if run.id in live.busy:
            return
        live.busy.add(run.id)
        place = live.dirs[run.id]
        context = self._context(live, run, place)
        outputs: dict[str, Any] = {}

        def work() -> None:
            try:
                outputs.update(self._keep(live, context))
            finally:
                shutil.rmtree(place, ignore_errors=True)

        def closed() -> None:
            live.dirs.pop(run.id, None)
            event = {"e": "run", "id": run.id, "s": state, "at": self.executor.now()}
            self.executor.record(live, event | ({"out": outputs} if outputs else {}))

        self._in_background(live, run, work, closed)

    def _in_background(self, live: Live, run: TaskRun, work: Callable[[], None], then: Callable[[], None]) -> None:
        failure: list[EngineError] = []

        def finish() -> None:
            live.busy.discard(run.id)
            if failure:
                place = live.dirs.pop(run.id, None)
                if place is not None:
                    shutil.rmtree(place, ignore_errors=True)
                self.executor.log(live, live.execution.runs[run.id], "ERROR", said(failure[0]))
                state = core.forgiven(live.plan.task(run), "FAILED")
                return self.executor.record(live, {"e": "run", "id": run.id, "s": state, "at": self.executor.now()})
            then()

        def job() -> None:
            try:
                work()
            except EngineError as error:
                failure.append(error)
            except (OSError, zipfile.BadZipFile) as error:
                failure.append(TaskFailed(f"the working directory cannot be prepared: {error}", code="working-dir"))
            self.executor.runner.post(finish)

        self.executor.runner.start_job(job)

    def _context(self, live: Live, run: TaskRun, place: Path) -> TaskContext:
        token = Token(self.executor.clock.event())
        task = live.plan.task(run)
        context = self.executor.context(live, run, task, token, self.executor.variables(live, run), None, None)
        context.use_dir(place)
        return context

    def _fill(self, live: Live, context: TaskContext) -> None:
        from engine.tasks.props import Props
        from engine.tasks.workfiles import place_inputs, place_namespace_files

        self._restore_cache(live, context, _cache_id(context))
        place_namespace_files(context, Props(context), context.working_dir)
        inputs = context.render(context.properties.get("inputFiles"))
        if inputs:
            place_inputs(context, inputs, context.working_dir)

    def _keep(self, live: Live, context: TaskContext) -> Mapping[str, Any]:
        from engine.tasks.workfiles import keep_outputs

        self._store_cache(live, context, _cache_id(context))
        wanted = context.render(context.properties.get("outputFiles"))
        return {"outputFiles": keep_outputs(context, wanted, context.working_dir)} if wanted else {}

    def _restore_cache(self, live: Live, context: TaskContext, cache_id: str) -> None:
        cache = context.properties.get("cache")
        if not cache:
            return
        store = self.executor.stores.files
        found = store.get_cache(live.flow.namespace, live.flow.id, cache_id)
        if found is None:
            return
        archive, stored = found
        ttl = seconds_or_none(context.render_text(cache.get("ttl")))
        if ttl is not None and self.executor.now() - stored.timestamp() > ttl:
            store.delete_cache(live.flow.namespace, live.flow.id, cache_id)
            return
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(context.working_dir)

    def _store_cache(self, live: Live, context: TaskContext, cache_id: str) -> None:
        from engine.tasks.workfiles import matches

        cache = context.properties.get("cache") or {}
        if not cache.get("patterns"):
            return
        patterns = [context.render_text(p) for p in cache["patterns"]]
        root = context.working_dir
        files = [f for f in sorted(root.rglob("*")) if f.is_file() and not f.is_symlink()]
        chosen = [f for f in files if matches(f.relative_to(root).as_posix(), patterns)]
        if not chosen:
            return
        with tempfile.TemporaryDirectory(prefix="flowwright-cache-") as folder:
            archive = Path(folder) / "cache.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
                for file in chosen:
                    packed.write(file, file.relative_to(root).as_posix())
            self.executor.stores.files.put_cache(live.flow.namespace, live.flow.id, cache_id, archive)


def _cache_id(context: TaskContext) -> str:
    """One cache for each value of a loop around the task."""
    value = context.variables.get("taskrun", {}).get("value")
    return context.task_id if value is None else f"{context.task_id}-{sha256(str(value).encode()).hexdigest()[:16]}"
