"""Write docs/conformance.md: how many conformance cases hold, by feature, and each one that does not, with its reason.

    python scripts/write_conformance.py "Kestra's flow tests=PATH" "Kestra's expression tests=PATH" [--check]

The cases in tests/engine are always included. ``--check`` writes nothing and fails when the page says something else
about the sets it is given.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.conformance.__main__ import run
from engine.conformance.results import CaseResult

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "conformance.md"
OWN = "Our own cases"
OWN_CASES = ROOT / "tests" / "engine"


def sets(given: Iterable[str]) -> dict[str, list[Path]]:
    """The case files by the name of their set."""
    found = {name: [Path(path)] for name, _, path in (item.partition("=") for item in given)}
    own = [
        path for room in ("execution", "expressions") for path in sorted((OWN_CASES / room / "cases").glob("*.yaml"))
    ]
    return {**found, OWN: own}


def document(results: dict[str, list[tuple[dict[str, Any], CaseResult]]]) -> str:
    """The page."""
    lines = [
        "# Conformance",
        "",
        "Written by `scripts/write_conformance.py`. A case is a flow or an expression with the result Kestra gives;",
        "`python -m engine.conformance CASES.yaml` replays a file of them.",
        "",
        "| set | cases | hold | fail | skipped |",
        "|---|---|---|---|---|",
    ]
    for name, rows in results.items():
        lines.append(row(name, [result for _, result in rows]))
    lines += ["", "## Cases that do not hold", ""]
    open_cases = [(name, r) for name, rows in results.items() for _, r in rows if r.result != "passed"]
    lines += [open_case(name, result) for name, result in open_cases] or ["None."]
    for name, rows in results.items():
        lines += by_feature(name, rows)
    return "\n".join(lines) + "\n"


def row(name: str, results: Sequence[CaseResult]) -> str:
    """A set's line in the table."""
    counts = [sum(1 for r in results if r.result == kind) for kind in ("passed", "failed", "skipped")]
    return f"| {name} | {len(results)} | {counts[0]} | {counts[1]} | {counts[2]} |"


def open_case(name: str, result: CaseResult) -> str:
    """The line of a case that does not hold."""
    return f"- `{result.id}` ({name}, {result.result}): {result.why}"


def said(results: dict[str, list[tuple[dict[str, Any], CaseResult]]]) -> list[str]:
    """The lines that the page must have for these sets."""
    lines = [row(name, [result for _, result in rows]) for name, rows in results.items()]
    lines += [open_case(name, r) for name, rows in results.items() for _, r in rows if r.result != "passed"]
    return lines


def by_feature(name: str, rows: Sequence[tuple[dict[str, Any], CaseResult]]) -> list[str]:
    """How the cases that need a feature come out; nothing for a set whose cases do not name any."""
    features: dict[str, list[str]] = defaultdict(list)
    for case, result in rows:
        for feature in case.get("needs") or ():
            features[feature].append(result.result)
    if not features:
        return []
    lines = ["", f"## {name}, by feature", "", "| feature | cases | hold |", "|---|---|---|"]
    for feature in sorted(features):
        outcomes = features[feature]
        lines.append(f"| {feature} | {len(outcomes)} | {outcomes.count('passed')} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="NAME=PATH")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    results: dict[str, list[tuple[dict[str, Any], CaseResult]]] = {}
    for name, paths in sets(options.sets).items():
        rows: list[tuple[dict[str, Any], CaseResult]] = []
        for path in paths:
            cases = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            rows += list(zip(cases, run(path), strict=True))
        results[name] = rows
    if options.check:
        page = TARGET.read_text(encoding="utf-8").splitlines() if TARGET.exists() else []
        missing = [line for line in said(results) if line not in page]
        print("\n".join(["docs/conformance.md lacks:", *missing]) if missing else "docs/conformance.md is up to date")
        return 1 if missing else 0
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(document(results), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
