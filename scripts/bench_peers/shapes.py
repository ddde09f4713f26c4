"""What every participant runs, and the one line of JSON it answers with. Standard library only: peers import it too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

SEQUENTIAL = 200
FAN_OUT = 200
CONCURRENCY = 8
EXECUTIONS = 100
TASKS_EACH = 3

TASKS = {
    "sequential_200": SEQUENTIAL,
    "fanout_200_c8": FAN_OUT,
    "executions_100x3": EXECUTIONS * TASKS_EACH,
}
"""Tasks by shape. The executions of the last shape run one after another."""


def measure(
    runs: Mapping[str, Callable[[], Any]], after: Callable[[str], Any] = lambda shape: None
) -> dict[str, float]:
    """Seconds by shape, each run once; ``after`` is called once the clock of a shape has stopped."""
    if runs.keys() != TASKS.keys():
        raise ValueError(f"shapes are {sorted(TASKS)}, not {sorted(runs)}")
    seconds = {}
    for shape, run in runs.items():
        start = time.perf_counter()
        run()
        seconds[shape] = time.perf_counter() - start
        after(shape)
    return seconds


def answer(peer: str, version: str, durability: str, seconds: Mapping[str, float], **more: Any) -> None:
    """Print the result of one round."""
    line = {"peer": peer, "version": version, "durability": durability, "shapes": dict(seconds), **more}
    print(json.dumps(line), flush=True)
