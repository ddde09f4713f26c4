"""Check many damaged flows: nothing may crash, hang, or point outside of the file.

    python scripts/fuzz_validate.py [--count 3000] [--seed 0] [FLOW.yaml ...]

Takes the blueprints when no flow is named. Exits 1 and prints the text of the first few that went wrong.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from docs_corpus import BLUEPRINTS
from engine.flow.check import check_flow
from engine.flow.edits import fix
from engine.flow.findings import Finding
from engine.flow.source import Source

SLOW_SECONDS = 1.0
SHOWN = 5
PIECES = [
    *("{{", "}}", "{%", "%}", "[", "]", "{", "}", ": ", "- ", "&a ", "*a", "<<: ", "!!int ", "'", '"', "|\n", ">-\n"),
    *("\t", "#", "\r\n", "\u2028", "\ufeff", "\x00", "😀", "null", "~", "0x", "-", "outputs.", "type: ", "tasks:\n"),
    *("\n---\n", "? ", "%YAML 1.1\n"),
]


class _Trouble(logging.Handler):
    """Notes that a rule failed: checking goes on then, but it must not happen."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += 1


def cut(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.randrange(1, 30) :]


def insert(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(PIECES) + text[at:]


def replace(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x3000)))) + text[at + 1 :]


def move_line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def repeat_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    piece = lines[start : start + rng.randrange(1, 8)]
    at = rng.randrange(len(lines) + 1)
    return "\n".join(lines[:at] + piece * rng.randrange(1, 3) + lines[at:])


def indent(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    for i in range(start, min(len(lines), start + rng.randrange(1, 6))):
        by = rng.choice((-2, -1, 1, 2, 4))
        lines[i] = " " * by + lines[i] if by > 0 else lines[i][-by:] if lines[i].startswith(" " * -by) else lines[i]
    return "\n".join(lines)


def swap_words(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    a, b = rng.randrange(len(words)), rng.randrange(len(words))
    words[a], words[b] = words[b], words[a]
    return " ".join(words)


MUTATIONS: list[Callable[[random.Random, str], str]] = [
    cut, insert, replace, move_line, repeat_lines, indent, swap_words,
]  # fmt: skip


def within(source: Source, line: int, column: int) -> bool:
    """Whether a place is in the text; the end of a line counts."""
    return 1 <= line <= source.lines and 1 <= column <= len(source.line_text(line)) + 3


def misplaced(text: str, findings: list[Finding]) -> str:
    """What points outside of the text; empty when nothing does."""
    source = Source(text)
    for finding in findings:
        if not within(source, finding.line, finding.column):
            return f"{finding.code} at {finding.line}:{finding.column}"
        if finding.end_line and not within(source, finding.end_line, finding.end_column):
            return f"{finding.code} ends at {finding.end_line}:{finding.end_column}"
        edit = finding.edit
        if edit and not (within(source, edit.line, edit.column) and within(source, edit.end_line, edit.end_column)):
            return f"the edit of {finding.code}"
        if finding.severity == "error" and not finding.hint:
            return f"{finding.code} has no hint"
    return ""


def attempt(text: str, trouble: _Trouble) -> str:
    """What went wrong with one text; empty when nothing did."""
    before, started = trouble.seen, time.process_time()
    try:
        findings = check_flow(text)
        fix(text, findings)
    except Exception as error:  # noqa: BLE001 - the point is to see anything that escapes
        return f"raised {type(error).__name__}: {error}"
    seconds = time.process_time() - started
    if seconds > SLOW_SECONDS:
        return f"took {seconds:.1f} s"
    return "a rule failed" if trouble.seen > before else misplaced(text, findings)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flows", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    files = args.flows or sorted(BLUEPRINTS.rglob("*.yaml"))
    texts = [file.read_text() for file in files]
    trouble = _Trouble()
    logging.getLogger("engine.flow").addHandler(trouble)
    started, failed = time.perf_counter(), 0
    for number in range(args.count):
        text = rng.choice(texts)
        for _ in range(rng.randrange(1, 5)):
            text = rng.choice(MUTATIONS)(rng, text) or "x"
        why = attempt(text, trouble)
        if why:
            failed += 1
            if failed <= SHOWN:
                print(f"--- {number}: {why}\n{text}", file=sys.stderr)
    seconds = time.perf_counter() - started
    print(f"{args.count} damaged flows from {len(texts)} in {seconds:.1f} s, {failed} went wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
