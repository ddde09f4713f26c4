"""What runs on this machine is a verdict of its own, apart from what is valid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from engine.flow.check import check_flow
from engine.flow.runs_here import runs_here

Flow = Callable[..., str]


def test_a_flow_of_core_tasks_runs_here(flow: Flow) -> None:
    before = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Schedule, cron: '@daily'}\n"
    assert runs_here(flow(before=before)) == (True, [])


def test_a_valid_flow_may_not_run_here(flow: Flow) -> None:
    tasks = """
    - id: seq
      type: io.kestra.plugin.core.flow.Sequential
      tasks:
        - id: q
          type: io.kestra.plugin.jdbc.snowflake.Query
          url: jdbc:snowflake://x
          sql: SELECT 1
    - id: say
      type: io.kestra.plugin.core.log.Log
      message: hi
    """
    text = flow(tasks)
    assert [f for f in check_flow(text) if f.severity == "error"] == []
    assert runs_here(text) == (False, ["io.kestra.plugin.jdbc.snowflake.Query"])


def test_former_names_run_like_those_of_today(flow: Flow) -> None:
    assert runs_here(flow("- id: a\n  type: io.kestra.core.tasks.log.Log\n  message: hi")) == (True, [])


def test_types_of_inputs_and_retries_are_no_tasks(flow: Flow) -> None:
    before = "inputs:\n  - {id: a, type: STRING}\nretry: {type: constant, interval: PT1S}\n"
    assert runs_here(flow(before=before)) == (True, [])


def test_what_is_no_flow_runs_nowhere() -> None:
    assert runs_here("id: [") == (False, [])
    assert runs_here("a: b") == (False, [])


HEAVY = ("chromadb", "torch", "sentence_transformers", "google.genai", "duckdb", "psycopg", "fastapi", "jq", "babel",
         "numpy", "croniter", "httpx", "jsonschema", "pydantic", "rapidfuzz")  # fmt: skip


def test_both_verdicts_load_nothing_heavy(flow: Flow) -> None:
    code = (
        "import sys; from engine.flow.check import check_flow; from engine.flow.runs_here import runs_here;"
        f"text = {flow()!r}; runs_here(text); assert check_flow(text) == [];"
        f"print(','.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
