"""``python -m engine.conformance CASES.yaml [--json] [--only ID]``: replay cases and say which hold."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.conformance.results import CaseResult


def run(path: Path, only: str | None = None) -> list[CaseResult]:
    """The results of a file of flow cases or of expression cases."""
    cases: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if any("template" in case for case in cases):
        from engine.conformance.expressions import run_file

        return [result for result in run_file(path) if only is None or result.id == only]
    from engine.conformance.flows import run_cases

    return run_cases(cases, path.parent, only)


def report(results: Sequence[CaseResult]) -> dict[str, Any]:
    """The JSON answer."""
    counts = {name: sum(1 for r in results if r.result == name) for name in ("passed", "failed", "skipped")}
    return {**counts, "cases": [result.as_dict() for result in results]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when nothing failed, 1 when something did, 2 when the file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m engine.conformance", description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--only", metavar="ID", help="run one case")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.CRITICAL)
    try:
        results = run(options.cases, options.only)
    except (OSError, yaml.YAMLError) as error:
        sys.stderr.write(f"cannot read {options.cases}: {error}\n")
        return 2
    answer = report(results)
    if options.json:
        sys.stdout.write(json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    else:
        for result in results:
            if result.result != "passed":
                sys.stdout.write(f"{result.result:8}{result.id}: {result.why}\n")
        sys.stdout.write(f"{answer['passed']} passed, {answer['failed']} failed, {answer['skipped']} skipped\n")
    return 1 if answer["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
