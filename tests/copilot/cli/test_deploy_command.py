"""`flowwright deploy` and `flowwright run --on kestra` against a server with Kestra's paths, over real sockets."""

from __future__ import annotations

import json

import pytest

from copilot.settings import Settings

FLOW = """id: {id}
namespace: {namespace}
inputs:
  - id: name
    type: STRING
    defaults: Ada
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: hi {{{{ inputs.name }}}}
outputs:
  - id: who
    type: STRING
    value: "{{{{ inputs.name }}}}"
"""
FAILING = "id: fails\nnamespace: company.team\ntasks:\n  - id: stop\n    type: io.kestra.plugin.core.execution.Fail\n"


@pytest.fixture
def server(serving, tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_BACKOFF", "0")
    with serving(Settings(home=tmp_path / "server")) as one:
        yield one


@pytest.fixture
def flow(tmp_path):
    def write(name="hello", namespace="company.team", **change):
        text = FLOW.format(id=name, namespace=namespace)
        for old, new in change.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return path

    return write


def deployed(server):
    return {f"{flow['namespace']}.{flow['id']}" for flow in server.http.get("/flows/search?size=100").json()["results"]}


def test_a_flow_is_created_then_unchanged_then_updated_with_its_diff(flowwright, server, flow):
    path = flow()
    first = flowwright("deploy", path, "--to", server.url, "--json")
    assert first.code == 0, first.out
    assert first.json["server"] == {"url": server.url, "version": "1.1.0", "target": "1.1"}
    assert [(f["action"], f["revision"]) for f in first.json["flows"]] == [("create", 1)]
    again = flowwright("deploy", path, "--to", server.url, "--json")
    assert [(f["action"], f["revision"], f["diff"]) for f in again.json["flows"]] == [("unchanged", 1, "")]
    path.write_text(f"{path.read_text()}revision: 7\n\n")
    assert flowwright("deploy", path, "--to", server.url, "--json").json["flows"][0]["action"] == "unchanged"
    third = flowwright("deploy", flow(hi="hello"), "--to", server.url, "--json")
    (changed,) = third.json["flows"]
    assert (changed["action"], changed["revision"]) == ("update", 2)
    assert "-    message: hi {{ inputs.name }}\n+    message: hello {{ inputs.name }}\n" in changed["diff"]


def test_a_dry_run_shows_and_sends_nothing(flowwright, server, flow):
    ran = flowwright("deploy", flow(), "--to", server.url, "--dry-run")
    assert ran.code == 0
    assert "would create company.team.hello" in ran.out
    assert "+id: hello" in ran.out
    assert deployed(server) == set()


def test_one_wrong_flow_keeps_all_from_being_sent(flowwright, server, flow):
    ran = flowwright("deploy", flow(), flow("wrong", message="mesage"), "--to", server.url, "--json")
    assert (ran.code, ran.json["deployed"]) == (1, False)
    assert [f["code"] for f in ran.json["flows"][1]["findings"] if f["severity"] == "error"] == ["unknown_property"]
    assert deployed(server) == set()


def test_flows_are_checked_for_the_version_of_the_server(flowwright, serving, server, tmp_path):
    path = tmp_path / "loop.yaml"
    path.write_text(
        "id: loop\nnamespace: company.team\ntasks:\n  - id: each\n    type: io.kestra.plugin.core.flow.EachSequential\n"
        "    value: '[1]'\n    tasks:\n      - id: t\n        type: io.kestra.plugin.core.log.Log\n"
        "        message: hi\n"
    )
    assert flowwright("deploy", path, "--to", server.url).code == 0
    with serving(Settings(home=tmp_path / "new", target="2.0")) as new:
        ran = flowwright("deploy", path, "--to", new.url, "--json")
    assert (ran.code, ran.json["server"]["target"]) == (1, "2.0")
    assert "version_removed" in [finding["code"] for finding in ran.json["flows"][0]["findings"]]


def test_what_only_the_server_finds_wrong_is_told_in_its_words(flowwright, told, flow):
    told.says("GET", "/api/v1/main/flows/search", {"results": [], "total": 0})
    told.says("GET", "/api/v1/configs", {"version": "1.1.2"})
    verdict = [{"index": 0, "constraints": "tasks[0].type: plugin not installed"}]
    told.says("POST", "/api/v1/main/flows/validate", verdict)
    ran = flowwright("deploy", flow(), "--to", told.url)
    assert ran.code == 1
    assert "the server says: tasks[0].type: plugin not installed" in ran.out
    assert told.count("POST", "/api/v1/main/flows") == 0


def test_only_prune_deletes_and_only_in_the_namespaces_named(flowwright, server, flow):
    for path in (flow("old"), flow("elsewhere", "company.other")):
        assert flowwright("deploy", path, "--to", server.url).code == 0
    kept = flowwright("deploy", flow("new"), "--to", server.url)
    assert deployed(server) == {"company.team.old", "company.team.new", "company.other.elsewhere"}
    pruned = flowwright("deploy", flow("new"), "--to", server.url, "--prune", "--json")
    assert (kept.code, pruned.code) == (0, 0)
    assert [(f["id"], f["action"]) for f in pruned.json["flows"]] == [("new", "unchanged"), ("old", "delete")]
    assert deployed(server) == {"company.team.new", "company.other.elsewhere"}


def test_flows_can_be_moved_to_another_namespace(flowwright, server, flow):
    ran = flowwright("deploy", flow(), "--to", server.url, "--namespace", "company.staging")
    assert ran.code == 0
    assert deployed(server) == {"company.staging.hello"}


def test_deploy_and_run_shows_how_it_ended(flowwright, server, flow, tmp_path):
    ran = flowwright("deploy", flow(), "--to", server.url, "--run", "--input", "name=Grace", "--json")
    assert (ran.code, ran.json["run"]["state"], ran.json["run"]["outputs"]) == (0, "SUCCESS", {"who": "Grace"})
    failing = tmp_path / "fails.yaml"
    failing.write_text(FAILING)
    failed = flowwright("deploy", failing, "--to", server.url, "--run", "--json")
    assert (failed.code, failed.json["run"]["state"]) == (1, "FAILED")
    assert flowwright("deploy", flow(), failing, "--to", server.url, "--run").code == 2


def shape(value):
    """The names and kinds within a document, its values left out."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__ if value is not None else "null"


def test_a_run_on_kestra_prints_the_document_of_a_local_run(flowwright, server, flow, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_URL", server.url)
    path = flow()
    here = flowwright("run", path, "--input", "name=Grace", "--json")
    there = flowwright("run", path, "--on", "kestra", "--input", "name=Grace", "--json")
    assert (here.code, there.code) == (0, 0), there.out
    # a log line of the execution itself belongs to no task, which Kestra leaves out and we call null
    assert shape({**there.json, "logs": []}) == shape({**here.json, "logs": []})
    assert {k: there.json[k] for k in ("state", "outputs", "inputs")} == {
        k: here.json[k] for k in ("state", "outputs", "inputs")
    }
    messages = [line["message"] for line in there.json["logs"]]
    assert "hi Grace" in messages
    assert set(there.json["logs"][0]) == set(here.json["logs"][0])
    assert "    say SUCCESS" in there.err


def test_what_ran_on_kestra_is_listed_and_its_log_shown(flowwright, server, flow):
    ran = flowwright("run", flow(), "--on", server.url, "--json").json
    (row,) = flowwright("executions", "--on", server.url, "--json").json["executions"]
    assert (row["id"], row["state"], row["flow_id"]) == (ran["id"], "SUCCESS", "hello")
    assert "hi Ada" in flowwright("logs", ran["id"], "--on", server.url).out
    missing = flowwright("logs", "nothing", "--on", server.url, "--json")
    assert (missing.code, missing.json["error"]["code"]) == (1, "kestra-not-found")


def test_a_run_on_kestra_takes_files(flowwright, server, tmp_path):
    path, doc = tmp_path / "f.yaml", tmp_path / "doc.txt"
    doc.write_text("forty two")
    path.write_text(
        "id: reads\nnamespace: company.team\ninputs:\n  - id: doc\n    type: FILE\ntasks:\n  - id: show\n"
        "    type: io.kestra.plugin.core.debug.Return\n    format: '{{ read(inputs.doc) }}'\n"
    )
    ran = flowwright("run", path, "--on", server.url, "--input", f"doc=@{doc}", "--json")
    assert ran.json["task_runs"][0]["outputs"] == {"value": "forty two"}


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["deploy", "{flow}"], 2, "usage"),
        (["deploy", "{flow}", "--to", "http://127.0.0.1:9"], 3, "kestra-unreachable"),
        (["deploy", "{flow}", "--to", "not an address"], 2, "usage"),
        (["deploy", "missing.yaml", "--to", "http://127.0.0.1:9"], 2, "no-such-file"),
        (["run", "{flow}", "--on", "mars"], 2, "usage"),
        (["run", "{flow}", "--on", "kestra"], 2, "usage"),
        (["run", "{flow}", "--on", "http://127.0.0.1:9"], 3, "kestra-unreachable"),
    ],
)
def test_every_failure_is_typed_with_a_hint(flowwright, monkeypatch, flow, arguments, code, error):
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_BACKOFF", "0")
    path = str(flow())
    ran = flowwright(*[argument.replace("{flow}", path) for argument in arguments], "--json")
    assert (ran.code, json.loads(ran.out)["error"]["code"]) == (code, error)
    assert json.loads(ran.out)["error"]["hint"]


SEARCH = "/api/v1/main/flows/search"


@pytest.mark.parametrize(
    ("status", "body", "error", "code", "asked"),
    [
        (401, {"message": "Unauthorized"}, "kestra-unauthorized", 3, 1),
        (404, {"message": "Not Found: tenant main"}, "kestra-tenant", 3, 1),
        (503, {"message": "busy"}, "kestra-failed", 3, 3),
        (500, {"message": "boom"}, "kestra-failed", 3, 3),
    ],
)
def test_a_server_that_cannot_serve_us_is_told_after_all_tries(
    flowwright, told, flow, monkeypatch, status, body, error, code, asked
):
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_BACKOFF", "0")
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_TRIES", "3")
    told.says("GET", SEARCH, body, status=status)
    ran = flowwright("deploy", flow(), "--to", told.url, "--json")
    assert (ran.code, ran.json["error"]["code"], told.count("GET", SEARCH)) == (code, error, asked)


def test_what_the_server_rejects_when_it_is_sent_comes_with_every_violation(flowwright, told, flow):
    told.says("GET", SEARCH, {"results": [], "total": 0})
    told.says("GET", "/api/v1/configs", {"version": "1.1.2"})
    told.says("POST", "/api/v1/main/flows/validate", [{"index": 0}])
    errors = [{"path": "tasks[0].id", "message": "reserved"}, {"path": "flow.id", "message": "too long"}]
    rejected = {"message": "Invalid entity: two things", "_embedded": {"errors": errors}}
    told.says("POST", "/api/v1/main/flows", rejected, status=422)
    ran = flowwright("deploy", flow(), "--to", told.url, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (1, "kestra-rejected")
    assert ran.json["error"]["violations"] == ["tasks[0].id: reserved", "flow.id: too long"]
    assert "  - flow.id: too long" in flowwright("deploy", flow(), "--to", told.url).err


def test_credentials_reach_the_server_and_nothing_else(flowwright, told, flow, monkeypatch):
    monkeypatch.setenv("FLOWWRIGHT_KESTRA_PASSWORD", "hunter2-long")
    told.says("GET", SEARCH, {"message": "Unauthorized"}, status=401)
    ran = flowwright("deploy", flow(), "--to", told.url, "--user", "me", "--json")
    assert told.asked[0][2]["Authorization"] == "Basic bWU6aHVudGVyMi1sb25n"
    assert "hunter2" not in ran.out + ran.err
    assert "hunter2" not in flowwright("doctor", "--json").out
