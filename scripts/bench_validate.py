"""How many flows a second are checked, against plain jsonschema with one union over all types.

    python scripts/bench_validate.py [--flows 300] [--lines 60] [--target 1.1]

Prints how many flows (of about LINES lines, every one different) are checked in a second of processor time, the time
for one file from a cold start, and the time by size up to 5,000 tasks. The comparison validates the same flows with
jsonschema against a schema in which a task is ``anyOf`` all task types, as a plain JSON Schema of Kestra has it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.flow.catalog import catalog
from engine.flow.check import check_flow
from engine.flow.schema import schema_for_editors
from engine.flow.source import parse

COMPARED = 3
SIZES = (500, 1000, 2000, 5000)
TASKS = [
    """  - id: download_{n}
    type: io.kestra.plugin.core.http.Download
    uri: "https://example.org/{n}/{{{{ inputs.day }}}}.csv"
    timeout: PT5M
    retry:
      type: constant
      interval: PT30S
      maxAttempts: 3
""",
    """  - id: load_{n}
    type: io.kestra.plugin.jdbc.duckdb.Queries
    inputFiles:
      data.csv: "{{{{ outputs.download_{n}.uri }}}}"
    sql: |
      CREATE TABLE t{n} AS SELECT * FROM read_csv_auto('data.csv');
      SELECT count(*) AS n FROM t{n};
    fetchType: FETCH
""",
    """  - id: each_{n}
    type: io.kestra.plugin.core.flow.ForEach
    values: ["a{n}", "b", "c"]
    concurrencyLimit: 2
    tasks:
      - id: say_{n}
        type: io.kestra.plugin.core.log.Log
        message: "{{{{ taskrun.value | upper }}}} on {{{{ inputs.day }}}}, run {n}"
""",
]
HEAD = """id: bench_{n}
namespace: company.bench
inputs:
  - id: day
    type: STRING
    defaults: "2030-01-{n}"
triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 3 * * *"
tasks:
"""


def flow_of_lines(number: int, lines: int) -> str:
    """A valid flow of about so many lines, different for every number."""
    text = HEAD.format(n=number)
    task = 0
    while text.count("\n") < lines:
        text += TASKS[task % len(TASKS)].format(n=f"{number}_{task // len(TASKS)}")
        task += 1
    return text


def flow_of_tasks(tasks: int) -> str:
    return HEAD.format(n=0) + "".join(TASKS[i % len(TASKS)].format(n=f"0_{i // len(TASKS)}") for i in range(tasks))


def union_schema(target: str) -> dict[str, Any]:
    """The editor schema with every dispatch by type replaced by a plain union."""
    schema = schema_for_editors(target)
    for name, definition in schema["definitions"].items():
        if name.startswith("any.") and "allOf" in definition:
            members = []
            for branch in definition["allOf"]:
                constant = branch["if"]["properties"]["type"]
                members.append({"allOf": [{"properties": {"type": constant}, "required": ["type"]}, branch["then"]]})
            schema["definitions"][name] = {"anyOf": members}
    return schema


def seconds_for_union(texts: list[str], target: str) -> float:
    import jsonschema

    validator = jsonschema.Draft7Validator(union_schema(target))
    values = [parse(text).value for text in texts]
    started = time.process_time()
    for value in values:
        assert validator.is_valid(value)
    return (time.process_time() - started) / len(values)


def cold_start(text: str, target: str) -> float:
    """Seconds for a new Python process to check one file, best of five."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flow.yaml"
        file.write_text(text)
        code = (
            "import sys, pathlib; from engine.flow.check import check_flow;"
            "from engine.flow.runs_here import runs_here;"
            f"text = pathlib.Path({str(file)!r}).read_text(); runs_here(text);"
            f"sys.exit(len(check_flow(text, {target!r})))"
        )
        best = 10.0
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[1])
            best = min(best, time.perf_counter() - started)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flows", type=int, default=300)
    parser.add_argument("--lines", type=int, default=60)
    parser.add_argument("--target", default="1.1")
    args = parser.parse_args()
    texts = [flow_of_lines(10 + n, args.lines) for n in range(args.flows)]
    check_flow(texts[0], args.target)
    started = time.process_time()
    found = sum(len(check_flow(text, args.target)) for text in texts)
    ours = (time.process_time() - started) / len(texts)
    print(f"flows of {args.lines} lines: {1 / ours:,.0f} a second ({ours * 1000:.2f} ms each, {found} findings)")
    union = seconds_for_union(texts[:COMPARED], args.target)
    types = len(catalog().types())
    print(f"jsonschema with one union of {types} types: {1 / union:,.1f} a second ({union / ours:,.0f} times slower)")
    print(f"one file from a cold start: {cold_start(texts[0], args.target):.2f} s")
    for size in SIZES:
        text = flow_of_tasks(size)
        started = time.process_time()
        check_flow(text, args.target)
        seconds = time.process_time() - started
        print(f"{size:>6} tasks: {seconds:.2f} s, {seconds / size * 1e6:.0f} µs a task")
    return 0


if __name__ == "__main__":
    sys.exit(main())
