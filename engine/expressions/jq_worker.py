"""Runs jq programs from standard input to standard output, one JSON line each. Knows nothing of the engine."""

from __future__ import annotations

import itertools
import json
import resource
import sys

_MEMORY = 1 << 30
_MAX_RESULTS = 1_000_000
_MAX_ANSWER = 50_000_000


def _answer(program: str, value: str) -> str:
    import jq

    results = list(itertools.islice(jq.compile(program).input(text=value), _MAX_RESULTS + 1))
    if len(results) > _MAX_RESULTS:
        raise ValueError(f"more than {_MAX_RESULTS} results")
    text = json.dumps(results)
    if len(text) > _MAX_ANSWER:
        raise ValueError(f"more than {_MAX_ANSWER} characters of results")
    return "ok " + text


def main() -> None:
    import jq  # loaded before the limits close in

    assert jq
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    write = sys.stdout.write
    write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        program, value = json.loads(line)
        try:
            text = _answer(program, value)
        except (ValueError, MemoryError, RecursionError, StopIteration) as error:
            text = "error " + json.dumps(str(error) or type(error).__name__)
        write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
