"""How far the composer carries beyond the words it was built with: shares over rows in other people's words.

The rows are in fresh/*.jsonl in the form that `flowwright eval` reads. A floor here is a little below what is reached;
raise it with the composer, never lower it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from copilot.draft.offline import OfflineDrafter
from copilot.draft.offline.editing import apply_instruction
from copilot.evaluate import edit, generate, refuse
from copilot.evaluate.run_expect import EngineStage

FRESH = Path(__file__).with_name("fresh")


def _rows(kind: str, server: str = "") -> list[dict[str, Any]]:
    text = (FRESH / f"{kind}.jsonl").read_text("utf-8")
    return [json.loads(line.replace("http://localhost:18000", server)) for line in text.splitlines()]


class _Handler(SimpleHTTPRequestHandler):
    """Serves fresh/files, answers with a status, fails the first calls of a key, and echoes."""

    calls: ClassVar[dict[str, int]] = {}
    seen: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, directory=str(FRESH / "files"), **more)

    def _answer(self, value: Any, code: int = 200) -> None:
        raw = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _handle(self) -> None:
        url = urlsplit(self.path)
        head, _, rest = url.path.strip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if head == "flaky":
            self.calls[rest] = self.calls.get(rest, 0) + 1
            bad = self.calls[rest] <= int(parse_qs(url.query)["fail"][0])
            return self._answer({"ok": not bad}, 503 if bad else 200)
        if head == "status":
            return self._answer({"code": int(rest)}, int(rest))
        if head == "echo":
            self.seen.append({"method": self.command, "headers": dict(self.headers), "body": body})
            return self._answer(self.seen[-1])
        if head == "seen":
            return self._answer(self.seen)
        if head == "reset":
            self.calls.clear()
            self.seen.clear()
            return self._answer({})
        return super().do_GET()

    do_GET = do_POST = do_PUT = _handle

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://localhost:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def test_requests_become_flows_that_meet_them_and_run(drafter: OfflineDrafter, tmp_path: Path, server: str) -> None:
    stage = EngineStage(tmp_path, server=server, seconds=20)
    report = generate.evaluate(_rows("generate", server), drafter.draft, run=True, stage=stage)
    assert report.scores["valid"] == 1.0
    assert report.scores["no_invention"] == 1.0
    assert report.scores["wrong"] <= 0.05, report.failures
    assert report.scores["meets_all"] >= 0.94, report.failures
    assert report.scores["runs_as_expected"] >= 0.93, report.failures


@dataclass(frozen=True)
class _Edited:
    flow: str | None


def test_edits_do_what_is_said_and_leave_the_rest() -> None:
    report = edit.evaluate(
        _rows("edit"), lambda flow, words, target: _Edited(apply_instruction(flow, words, target).text)
    )
    assert report.scores["untouched_identical"] == 1.0, report.failures
    assert report.scores["right"] >= 0.95, report.failures


def test_what_must_not_simply_be_drafted_is_not(drafter: OfflineDrafter) -> None:
    report = refuse.evaluate(_rows("refuse"), drafter.draft)
    assert report.scores["injections_obeyed"] == 0
    assert report.scores["as_expected"] >= 0.95, report.failures
