"""The worker process that runs jq programs: started when first needed, one program at a time."""

from __future__ import annotations

import atexit
import json
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path

_WORKER = Path(__file__).with_name("jq_worker.py")
_START_SECONDS = 30.0
_lock = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


class JqFailed(Exception):
    """A program that is wrong, failed, or took too long."""


def evaluate(program: str, value: str, seconds: float) -> str:
    """The JSON list of a program's results over a JSON value. JqFailed with jq's own words."""
    request = json.dumps([program, value]).encode() + b"\n"
    with _lock:
        process = _running()
        try:
            answer = _exchange(process, request, seconds)
        except (OSError, ValueError, JqFailed):
            _end()
            raise
    kind, _, text = answer.decode().partition(" ")
    if kind != "ok":
        raise JqFailed(json.loads(text))
    return text


def _running() -> subprocess.Popen[bytes]:
    global _process
    if _process is None or _process.poll() is not None:
        _end()
        _process = subprocess.Popen(
            [sys.executable, "-I", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            bufsize=0,
        )
        if _read_line(_process, _START_SECONDS) != b"ready":
            _end()
            raise JqFailed("jq could not be started")
    return _process


def _exchange(process: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
    assert process.stdin is not None
    try:
        process.stdin.write(request)
    except BrokenPipeError as error:
        raise JqFailed("the program ended jq") from error
    return _read_line(process, seconds)


def _read_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not received.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise JqFailed(f"the program took longer than {seconds:g} s")
            part = process.stdout.read(1 << 16)
            if not part:
                raise JqFailed("the program needs too much memory or ended jq")
            received += part
    return bytes(received[:-1])


def _end() -> None:
    global _process
    if _process is not None:
        _process.kill()
        _process.wait()
        for stream in (_process.stdin, _process.stdout):
            if stream is not None:
                stream.close()
        _process = None


atexit.register(_end)
