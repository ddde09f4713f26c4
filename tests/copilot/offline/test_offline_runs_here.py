"""Composed flows run: on the real engine, with a real file server, DuckDB and SQLite."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from copilot.draft.contract import Request
from copilot.draft.offline import OfflineDrafter
from engine import Engine

FILES = {
    "sales.csv": "order_id,country,amount\n1,DE,150\n2,DE,90\n3,FR,200.5\n4,DE,300\n",
    "items.json": '{"items": [{"title": "cup", "price": 3}, {"title": "sofa", "price": 700}]}',
    "log.jsonl": '{"action": "buy"}\n{"action": "look"}\n{"action": "buy"}\n',
    "conf.yaml": "owner: ops\nstage: prod\n",
    "list.txt": "".join(f"{n}\n" for n in range(10)),
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def _run(drafter: OfflineDrafter, tmp_path: Path, words: str, **inputs: Any) -> tuple[Any, list[str]]:
    draft = drafter.draft(Request(words, namespace="tests"))
    assert draft.flow is not None, draft
    with Engine(tmp_path / "home", durability="process") as engine:
        execution = engine.run(draft.flow, inputs)
        return execution, [line.message for line in engine.logs(execution.id)]


def test_download_filter_total_and_store(drafter: OfflineDrafter, tmp_path: Path, server: str) -> None:
    execution, _ = _run(
        drafter,
        tmp_path,
        f"Every weekday at 7 in New York, download the sales CSV from {server}/sales.csv, keep the orders over 100, "
        "total them per country with DuckDB and store the result in a SQLite table; retry the download twice; "
        "tell me in the log if anything fails",
    )
    assert execution.state == "SUCCESS"
    outputs = {run.task_id: run.outputs for run in execution.runs.values()}
    assert outputs["duckdb_query"]["rows"] == [{"country": "DE", "total": 450.0}, {"country": "FR", "total": 200.5}]
    stored = outputs["store_in_result"]["outputs"][-1]["rows"]
    assert [(row["country"], row["total"]) for row in stored] == [("DE", 450.0), ("FR", 200.5)]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("log the title of the most expensive item in {server}/items.json after downloading it", "sofa"),
        ("download {server}/log.jsonl; how many have action buy? log it like 'bought: <n>'", "bought: 2"),
        ("get {server}/conf.yaml and log the owner that's in it", "ops"),
        ("download {server}/sales.csv and log how many rows have country DE", "3"),
        ("for each of north, south log the name in upper case", "NORTH"),
        ("save the value green under the kv key `colour`, then read it back and log it", "green"),
    ],
)
def test_the_log_says_what_was_asked_for(
    drafter: OfflineDrafter, tmp_path: Path, server: str, words: str, line: str
) -> None:
    execution, lines = _run(drafter, tmp_path, words.format(server=server))
    assert execution.state == "SUCCESS", lines
    assert line in lines


def test_inputs_are_added_up(drafter: OfflineDrafter, tmp_path: Path) -> None:
    execution, _ = _run(drafter, tmp_path, "two integer inputs a and b, output `sum`", a=2, b=40)
    assert execution.outputs == {"sum": 42}


@pytest.mark.parametrize(("age", "state"), [(17, "FAILED"), (18, "SUCCESS")])
def test_a_guard_fails_the_run(drafter: OfflineDrafter, tmp_path: Path, age: int, state: str) -> None:
    execution, _ = _run(drafter, tmp_path, "fail if the input `age` is below 18, else log 'welcome'", age=age)
    assert execution.state == state
