"""`flowwright run`: results, failures, and an execution that survives the death of its process."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

FLOW = """id: three
namespace: company.team
inputs:
  - id: name
    type: STRING
    defaults: Ada
tasks:
  - id: first
    type: io.kestra.plugin.core.http.Request
    uri: {url}/first
  - id: wait
    type: io.kestra.plugin.core.flow.Sleep
    duration: PT2S
  - id: last
    type: io.kestra.plugin.core.debug.Return
    format: "done, {{{{ inputs.name }}}}"
outputs:
  - id: said
    type: STRING
    value: "{{{{ outputs.last.value }}}}"
"""
SIMPLE = "id: a\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.{type}\n"


def test_a_run_shows_state_outputs_task_runs_and_logs(flowwright, tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(
        "id: a\nnamespace: b\ninputs:\n  - id: name\n    type: STRING\ntasks:\n"
        "  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi {{ inputs.name }}\n"
        "outputs:\n  - id: who\n    type: STRING\n    value: '{{ inputs.name }}'\n"
    )
    ran = flowwright("run", file, "--input", "name=Grace", "--json")
    assert ran.code == 0
    assert (ran.json["state"], ran.json["outputs"]) == ("SUCCESS", {"who": "Grace"})
    assert [(t["task_id"], t["state"]) for t in ran.json["task_runs"]] == [("t", "SUCCESS")]
    assert "hi Grace" in [line["message"] for line in ran.json["logs"]]
    listed = flowwright("executions", "--json").json["executions"]
    assert ran.json["id"] in [row["id"] for row in listed]
    assert "hi Grace" in flowwright("logs", ran.json["id"]).out


def test_a_failed_run_ends_with_one(flowwright, tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(SIMPLE.format(type="execution.Fail"))
    ran = flowwright("run", file, "--json")
    assert (ran.code, ran.json["state"]) == (1, "FAILED")


def test_bad_inputs_bad_flows_and_unknown_executions_are_clear(flowwright, tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(SIMPLE.format(type="log.Log"))
    invalid = flowwright("run", file, "--json")
    no_pair = flowwright("run", file, "--input", "name", "--json")
    nothing = flowwright("run", "--json")
    unknown = flowwright("logs", "no-such-id", "--json")
    assert (invalid.code, invalid.json["error"]["code"]) == (1, "invalid-flow")
    assert (no_pair.code, nothing.code) == (2, 2)
    assert (unknown.code, unknown.json["error"]["code"]) == (1, "not-found")


@pytest.fixture
def counting_server():
    """A real HTTP server that remembers the paths asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    asked: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_after_kill_minus_nine_resume_finishes_and_repeats_nothing(tmp_path, counting_server):
    url, asked = counting_server
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW.format(url=url))
    environment = os.environ | {"FLOWWRIGHT_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", "from copilot.cli import main; main()", "run"]
    first = subprocess.Popen([*command, str(file)], env=environment, stderr=subprocess.PIPE, text=True)
    seen = ""
    while "wait RUNNING" not in seen:
        line = first.stderr.readline()
        assert line, f"the run ended early: {seen}"
        seen += line
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stderr.close()
    execution = re.search(r"execution (\S+) ", seen)
    assert execution
    resumed = subprocess.run(
        [*command, "--resume", execution[1], "--json"], env=environment, capture_output=True, text=True, check=True
    )
    answer = json.loads(resumed.stdout)
    assert (answer["id"], answer["state"], answer["outputs"]) == (execution[1], "SUCCESS", {"said": "done, Ada"})
    assert asked == ["/first"]
