"""Running a process to its end: lines as they come, time limit, kill of the whole group."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO

from engine.errors import EnvironmentMissing
from engine.fence.command import Command, Finished, Level

OnLine = Callable[[str, str], None]
_LONGEST_LINE = 1024 * 1024
_CHECK_SECONDS = 0.05
_DRAIN_SECONDS = 1.0


def run_process(
    command: Command,
    level: Level,
    *,
    on_line: OnLine,
    cancelled: threading.Event | None,
    passed: tuple[int, ...] = (),
) -> Finished:
    """Start the command in a session of its own and follow it; ``passed`` are open files it inherits."""
    process = _start(command, passed)
    lines: queue.Queue[tuple[str, str] | None] = queue.Queue(maxsize=1000)
    budget = _Budget(command.limits.output_bytes)
    readers = [
        threading.Thread(target=_read, args=(pipe, name, lines, budget), name=f"fence-{name}", daemon=True)
        for pipe, name in ((process.stdout, "stdout"), (process.stderr, "stderr"))
        if pipe is not None
    ]
    for reader in readers:
        reader.start()
    try:
        ended = _follow(process, command, lines, readers, budget, on_line, cancelled)
    finally:
        _kill_group(process)
    code = process.wait()
    return Finished(code if code >= 0 else 128 - code, level, **ended)


def _start(command: Command, passed: tuple[int, ...]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=passed,
        )
    except OSError as error:
        raise EnvironmentMissing(
            f"cannot start {command.argv[0]}: {error.strerror}", code="no-program", hint="is it installed here?"
        ) from error
    finally:
        for file in passed:
            os.close(file)


class _Budget:
    """How many bytes of output are still allowed, for both streams together."""

    def __init__(self, allowed: int) -> None:
        self._left = allowed
        self._lock = threading.Lock()

    def spend(self, count: int) -> None:
        with self._lock:
            self._left -= count

    @property
    def spent(self) -> bool:
        return self._left < 0


def _read(pipe: IO[bytes], name: str, lines: queue.Queue[tuple[str, str] | None], budget: _Budget) -> None:
    """Put lines in the queue until the pipe closes; None then. A line past the longest comes in pieces."""
    with contextlib.suppress(ValueError, OSError):
        while piece := pipe.readline(_LONGEST_LINE):
            budget.spend(len(piece))
            if budget.spent:
                break
            lines.put((name, piece.decode(errors="replace").rstrip("\r\n")))
    lines.put(None)


def _follow(
    process: subprocess.Popen[bytes],
    command: Command,
    lines: queue.Queue[tuple[str, str] | None],
    readers: list[threading.Thread],
    budget: _Budget,
    on_line: OnLine,
    cancelled: threading.Event | None,
) -> dict[str, bool]:
    """Hand lines on until the process has ended and its output is read; says what cut it short."""
    deadline = None if command.timeout is None else time.monotonic() + command.timeout
    open_streams = len(readers)
    drained: float | None = None
    while open_streams:
        try:
            line = lines.get(timeout=_CHECK_SECONDS)
        except queue.Empty:
            line = ("", "")
        if line is None:
            open_streams -= 1
        elif line[0]:
            on_line(*line)
        if budget.spent:
            return {"flooded": True}
        if cancelled is not None and cancelled.is_set():
            return {"cancelled": True}
        if deadline is not None and time.monotonic() > deadline:
            return {"timed_out": True}
        # A child left behind in the background may hold the pipes open after the command itself has ended.
        if process.poll() is not None and (line is None or not line[0]):
            drained = drained or time.monotonic() + _DRAIN_SECONDS
            if time.monotonic() > drained:
                break
    while process.poll() is None:
        if cancelled is not None and cancelled.is_set():
            return {"cancelled": True}
        if deadline is not None and time.monotonic() > deadline:
            return {"timed_out": True}
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_CHECK_SECONDS)
    return {}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the session, the process itself and its children alike."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
