"""Kestra's paths as curl sends to them: forms, files, events, webhooks, statuses, and what is refused."""

from __future__ import annotations

import io
import json
import threading
import zipfile

import httpx
import pytest

YAML = {"Content-Type": "application/x-yaml"}
WEBHOOK = """id: {id}
namespace: company.team
tasks:
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ trigger.body.order ?? trigger.parameters.order[0] }}}}"
outputs:
  - id: order
    type: STRING
    value: "{{{{ outputs.give.value }}}}"
triggers:
  - id: hook
    type: io.kestra.plugin.core.trigger.Webhook
    key: a-long-secret-key
    {more}
"""
FILE = """id: takes_file
namespace: company.team
inputs:
  - id: doc
    type: FILE
tasks:
  - id: copy
    type: io.kestra.plugin.core.storage.Write
    content: "{{ read(inputs.doc) | upper }}"
"""


def events_of(response: httpx.Response) -> list[tuple[str, dict]]:
    """(id, document) of each event of a stream."""
    text = "".join(response.iter_text())
    blocks = [b.split("\n") for b in text.split("\n\n") if b.startswith("id: ")]
    return [(b[0].removeprefix("id: "), json.loads(b[1].removeprefix("data: "))) for b in blocks]


# -- errors --------------------------------------------------------------------------------------------------


def test_an_invalid_flow_is_422_with_every_violation_in_kestras_shape(served, log_flow):
    wrong = log_flow("wrong").replace("message", "mesage").replace("format", "fromat")
    answer = served.http.post("/flows", content=wrong, headers=YAML)
    assert answer.status_code == 422
    body = answer.json()
    assert body["message"].startswith("Invalid entity: tasks[0].mesage")
    assert body["_links"]["self"][0]["href"].endswith("/api/v1/main/flows")
    assert [e["path"] for e in body["_embedded"]["errors"]] == ["tasks[0].mesage", "tasks[1].fromat"]


def test_a_flow_is_created_once_and_keeps_its_name(served, deployed, log_flow):
    deployed(log_flow("once"))
    again = served.http.post("/flows", content=log_flow("once"), headers=YAML)
    renamed = served.http.put("/flows/company.team/once", content=log_flow("twice"), headers=YAML)
    unknown = served.http.put("/flows/company.team/never", content=log_flow("never"), headers=YAML)
    assert (again.status_code, renamed.status_code, unknown.status_code) == (422, 422, 404)
    assert "Flow id already exists" in again.json()["message"]
    assert renamed.json()["_embedded"]["errors"] == [{"message": "Illegal flow id update", "path": "flow.id"}]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/flows/company.team/nothing", 404),
        ("DELETE", "/flows/company.team/nothing", 404),
        ("GET", "/executions/nothing", 404),
        ("GET", "/logs/nothing", 404),
        ("POST", "/executions/company.team/nothing", 404),
        ("GET", "/namespaces/company.team/kv/nothing", 404),
        ("GET", "/no-such-controller", 404),
        ("GET", "/executions/search?page=0", 400),
        ("GET", "/executions/search?filters[state][LIKES]=x", 400),
        ("GET", "/executions/search?filters[colour][EQUALS]=x", 400),
        ("GET", "/executions/search?startDate=yesterday", 400),
    ],
)
def test_every_error_is_told_in_kestras_shape(served, deployed, log_flow, method, path, status):
    if served.service.engine.find_flow("company.team", "some") is None:
        deployed(log_flow("some"))
        served.http.post("/executions/company.team/some?wait=true")
    answer = served.http.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]
    assert answer.json()["_links"]["self"][0]["href"]


def test_flows_are_imported_exported_switched_off_and_on_and_deleted_together(served, log_flow):
    texts = [log_flow(f"many_{n}") for n in range(3)]
    wrong = log_flow("many_wrong").replace("message", "mesage")
    sent = {"fileUpload": ("flows.yaml", "\n---\n".join([*texts[:2], wrong]).encode())}
    assert served.http.post("/flows/import", files=sent).json() == ["2"]
    assert served.http.post("/flows/import?failOnError=true", files=sent).status_code == 422
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.yaml", texts[2])
        archive.writestr("b.yaml", wrong)
    zipped = {"fileUpload": ("flows.zip", packed.getvalue())}
    assert served.http.post("/flows/import", files=zipped).json() == ["b.yaml"]
    query = "q=many_"
    with zipfile.ZipFile(io.BytesIO(served.http.get(f"/flows/export/by-query?{query}").content)) as archive:
        assert [archive.read(name).decode().strip() for name in sorted(archive.namelist())] == [
            text.strip() for text in texts
        ]
    ids = [{"namespace": "company.team", "id": f"many_{n}"} for n in range(2)]
    assert served.http.post("/flows/disable/by-ids", json=ids).json() == {"count": 2}
    off = served.http.get("/flows/company.team/many_0?source=true").json()
    assert (off["disabled"], off["revision"]) == (True, 2)
    assert served.http.post("/executions/company.team/many_0").status_code == 409
    assert served.http.post(f"/flows/enable/by-query?{query}").json() == {"count": 3}
    assert served.http.get("/flows/company.team/many_0?source=true").json()["source"].strip() == texts[0].strip()
    assert served.http.post("/flows/disable/by-query").status_code == 400
    lacking = [*ids, {"namespace": "company.team", "id": "nothing"}]
    assert served.http.request("DELETE", "/flows/delete/by-ids", json=lacking).status_code == 404
    assert served.http.request("DELETE", "/flows/delete/by-ids", json=ids).json() == {"count": 2}
    assert served.http.get(f"/flows/search?{query}").json()["total"] == 1


def test_the_tenant_may_be_left_out_and_no_other_exists(served, deployed, log_flow):
    deployed(log_flow("tenantless"))
    without = httpx.get(f"{served.url}/api/v1/flows/company.team/tenantless?source=true")
    other = httpx.get(f"{served.url}/api/v1/acme/flows/company.team/tenantless")
    assert without.json()["source"] == log_flow("tenantless")
    assert (other.status_code, other.json()["message"]) == (400, "Bad Request: Tenant must be 'main' for OSS version")


def test_our_own_paths_keep_our_own_shape(served):
    answer = httpx.get(f"{served.url}/api/v1/runs/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")


# -- executions ----------------------------------------------------------------------------------------------


def test_files_come_as_a_form_and_are_downloaded_again(served, deployed):
    deployed(FILE)
    started = served.http.post(
        "/executions/company.team/takes_file?wait=true", files={"doc": ("words.txt", b"hello there")}
    ).json()
    assert started["state"]["current"] == "SUCCESS"
    assert started["inputs"]["doc"].endswith("words.txt")
    uri = started["taskRunList"][0]["outputs"]["uri"]
    here = f"/executions/{started['id']}/file"
    assert served.http.get(here, params={"path": uri}).content == b"HELLO THERE"
    assert served.http.get(f"{here}/metas", params={"path": uri}).json() == {"size": 11}
    older = served.http.post(
        "/executions/company.team/takes_file?wait=true", files={"files": ("doc", b"the older way")}
    ).json()
    elsewhere = served.http.get(f"/executions/{older['id']}/file", params={"path": uri}, follow_redirects=True)
    assert elsewhere.content == b"HELLO THERE"


@pytest.mark.parametrize(
    "path",
    [
        "kestra:///../../../../etc/passwd",
        "kestra:///company/team/../../../store.sqlite",
        "kestra:///%2e%2e/%2e%2e/store.sqlite",
        "kestra:///company/team/_files/secret.txt",
        "file:///etc/passwd",
        "/etc/passwd",
        "kestra://host/company/team",
    ],
)
def test_only_files_of_executions_are_given_out(served, deployed, log_flow, path):
    if served.service.engine.find_flow("company.team", "owner") is None:
        deployed(log_flow("owner"))
    execution = served.http.post("/executions/company.team/owner?wait=true").json()["id"]
    answer = served.http.get(f"/executions/{execution}/file", params={"path": path})
    assert answer.status_code == 422, answer.text


def test_inputs_that_do_not_fit_are_422_by_name_and_start_nothing(served, deployed):
    deployed("id: typed\nnamespace: company.team\ninputs:\n  - id: n\n    type: INT\ntasks:\n  - id: t\n"
             "    type: io.kestra.plugin.core.log.Log\n    message: '{{ inputs.n }}'\n")  # fmt: skip
    answer = served.http.post("/executions/company.team/typed", data={"n": "many"})
    assert answer.status_code == 422
    assert [e["path"] for e in answer.json()["_embedded"]["errors"]] == ["n"]
    assert served.http.get("/executions/search?flowId=typed").json() == {"results": [], "total": 0}
    checked = served.http.post("/executions/company.team/typed/validate", data={"n": "7"}).json()
    assert [(i["value"], i["enabled"]) for i in checked["inputs"]] == [(7, True)]
    assert served.http.post("/executions/company.team/typed?labels=system.x:y", data={"n": "1"}).status_code == 422


def test_an_execution_is_replayed_with_other_inputs(served, deployed, log_flow):
    deployed(log_flow("anew"))
    first = served.http.post("/executions/company.team/anew?wait=true", data={"name": "Ada"}).json()
    made = served.http.post(f"/executions/{first['id']}/replay-with-inputs", data={"name": "Grace"}).json()
    assert (made["id"] != first["id"], made["originalId"], made["inputs"]) == (True, first["id"], {"name": "Grace"})
    assert {"key": "system.replay", "value": "true"} in made["labels"]
    old = served.http.get(f"/executions/{first['id']}").json()
    assert {"key": "system.replayed", "value": "true"} in old["labels"]


def test_a_disabled_flow_is_a_conflict(served, deployed, log_flow):
    deployed(log_flow("resting") + "disabled: true\n")
    answer = served.http.post("/executions/company.team/resting")
    assert (answer.status_code, answer.json()["message"][:13]) == (409, "Illegal state")


def test_an_execution_is_followed_from_its_start_to_its_end(served, deployed, paused_flow, reached):
    deployed(paused_flow("followed"))
    execution = served.http.post("/executions/company.team/followed").json()["id"]
    reached(execution, "PAUSED")
    with served.http.stream("GET", f"/executions/{execution}/follow") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert served.http.post(f"/executions/{execution}/resume").status_code == 204
        events = events_of(response)
    assert [events[0], events[-1][0]] == [("start", {"id": execution}), "end"]
    assert events[-1][1]["state"]["current"] == "SUCCESS"
    with served.http.stream("GET", f"/logs/{execution}/follow") as response:
        lines = [document.get("message") for _, document in events_of(response)]
    assert "on we go" in lines


def test_logs_are_listed_searched_filtered_and_downloaded(served, deployed, log_flow):
    deployed(log_flow("logged"))
    execution = served.http.post("/executions/company.team/logged?wait=true", data={"name": "Lovelace"}).json()["id"]
    lines = served.http.get(f"/logs/{execution}", params={"taskId": "say"}).json()
    assert [(x["message"], x["level"], x["flowId"]) for x in lines] == [("hi Lovelace", "INFO", "logged")]
    assert served.http.get(f"/logs/{execution}?minLevel=ERROR").json() == []
    page = served.http.get("/logs/search", params={"q": "HI lovelace", "flowId": "logged", "size": 1}).json()
    assert (page["total"], page["results"][0]["executionId"]) == (1, execution)
    assert "INFO hi Lovelace\n" in served.http.get(f"/logs/{execution}/download").text


def test_executions_are_found_by_label_state_and_namespace_newest_first(served, deployed, log_flow):
    deployed(log_flow("found"))
    ids = [served.http.post(f"/executions/company.team/found?wait=true&labels=nth:{n}").json()["id"] for n in range(3)]

    def found(**params):
        page = served.http.get("/executions/search", params={"flowId": "found", "size": 2, **params}).json()
        return [e["id"] for e in page["results"]], page["total"]

    assert found() == ([ids[2], ids[1]], 3)
    assert found(page=2) == ([ids[0]], 3)
    assert found(sort="state.startDate:asc") == ([ids[0], ids[1]], 3)
    assert found(labels="nth:1") == ([ids[1]], 1)
    assert found(state="FAILED") == ([], 0)
    assert found(**{"filters[labels][NOT_EQUALS][nth]": "1"}) == ([ids[2], ids[0]], 2)
    assert found(**{"filters[namespace][REGEX]": "^comp.*team$"})[1] == 3
    assert found(timeRange="PT1H")[1] == 3


# -- webhooks ------------------------------------------------------------------------------------------------


def test_a_webhook_starts_its_flow_with_body_or_parameters(served, deployed, reached):
    deployed(WEBHOOK.format(id="hooked", more=""))
    address = "/executions/webhook/company.team/hooked/a-long-secret-key"
    posted = served.http.post(address, json={"order": "4711"})
    assert posted.status_code == 200
    assert posted.json()["trigger"]["id"] == "hook"
    assert reached(posted.json()["id"], "SUCCESS")["outputs"] == {"order": "4711"}
    got = served.http.get(address, params={"order": "42"}).json()
    assert reached(got["id"], "SUCCESS")["outputs"] == {"order": "42"}


def test_a_webhook_with_a_wrong_key_or_of_no_flow_is_not_found(served, deployed):
    deployed(WEBHOOK.format(id="locked", more=""))
    for path in ("company.team/locked/wrong", "company.team/nothing/a-long-secret-key", "company.team/locked/a-long"):
        assert served.http.post(f"/executions/webhook/{path}").status_code == 404


def test_a_webhook_answers_with_outputs_at_the_end_when_its_trigger_says_so(served, deployed):
    deployed(WEBHOOK.format(id="waits", more="wait: true\n    returnOutputs: true"))
    answer = served.http.post("/executions/webhook/company.team/waits/a-long-secret-key", json={"order": "1"})
    assert answer.json() == {"order": "1"}


def test_a_webhook_whose_conditions_say_no_is_204(served, deployed):
    condition = "conditions:\n      - type: io.kestra.plugin.core.condition.Expression\n        expression: \"{{ trigger.body.order == 'yes' }}\""  # noqa: E501
    deployed(WEBHOOK.format(id="picky", more=condition))
    address = "/executions/webhook/company.team/picky/a-long-secret-key"
    assert served.http.post(address, json={"order": "no"}).status_code == 204
    assert served.http.post(address, json={"order": "yes"}).status_code == 200


def test_the_services_own_token_is_not_handed_to_flows(serve):
    guarded = serve(token="open-sesame-123")
    own = {"Authorization": "Bearer open-sesame-123"}
    guarded.http.post("/flows", content=WEBHOOK.format(id="shy", more="wait: true"), headers={**YAML, **own})
    address = "/executions/webhook/company.team/shy/a-long-secret-key"
    answer = guarded.http.post(address, json={"order": "1"}, headers={**own, "X-Order": "7"})
    assert answer.json()["trigger"]["variables"]["headers"]["x-order"] == ["7"]
    assert "open-sesame" not in guarded.http.get(f"/executions/{answer.json()['id']}", headers=own).text


def test_more_may_wait_for_an_end_than_there_are_threads(served, deployed, paused_flow, reached):
    """Whoever waits or follows holds no thread, so that the call which ends the waiting still gets through."""
    from concurrent.futures import ThreadPoolExecutor

    deployed(paused_flow("crowd"))
    with ThreadPoolExecutor(60) as callers:
        waiting = [callers.submit(served.http.post, "/executions/company.team/crowd?wait=true") for _ in range(50)]
        pause = threading.Event()
        while served.http.get("/executions/search?flowId=crowd&state=PAUSED&size=1").json()["total"] < 50:
            pause.wait(0.1)
        resumed = served.http.post("/executions/resume/by-query?flowId=crowd&state=PAUSED")
        assert resumed.json() == {"count": 50}
        assert {one.result().json()["state"]["current"] for one in waiting} == {"SUCCESS"}


# -- keys, files, plugins ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        ('"Hello World"', "STRING", "Hello World"),
        ("5.5", "NUMBER", 5.5),
        ("true", "BOOLEAN", True),
        ('{"a": [1]}', "JSON", {"a": [1]}),
        ('"PT5M"', "DURATION", "PT5M"),
        ("word", "STRING", "word"),
    ],
)
def test_values_keep_their_type(served, body, kind, value):
    put = served.http.put("/namespaces/company.kv/kv/one", content=body)
    assert (put.status_code, put.content) == (200, b"")
    assert served.http.get("/namespaces/company.kv/kv/one").json() == {"type": kind, "value": value}


def test_a_key_has_a_description_an_end_and_parents(served):
    headers = {"ttl": "PT1H", "description": "how many"}
    served.http.put("/namespaces/company.kv.below/kv/limit", content="1", headers=headers)
    (entry,) = served.http.get("/namespaces/company.kv.below/kv").json()
    assert (entry["description"], "expirationDate" in entry, "value" in entry) == ("how many", True, False)
    served.http.put("/namespaces/company/kv/top", content="2")
    found = served.http.get("/namespaces/company.kv.below/kv/inheritance").json()
    assert [(e["namespace"], e["key"]) for e in found if e["key"] != "one"] == [
        ("company.kv.below", "limit"),
        ("company", "top"),
    ]
    assert served.http.put("/namespaces/company.kv/kv/bad", content="{not json").status_code == 422
    assert served.http.put("/namespaces/company.kv/kv/bad%20key", content="1").status_code == 422
    assert served.http.put("/namespaces/company.kv/kv/bad", content="1", headers={"ttl": "soon"}).status_code == 400


def test_namespace_files_are_written_listed_moved_packed_and_deleted(served):
    files = "/namespaces/company.files/files"
    for path in ("/scripts/a.py", "/scripts/deep/b.py"):
        sent = served.http.post(files, params={"path": path}, files={"fileContent": ("x", b"print(1)")})
        assert sent.status_code == 200
    assert served.http.get(files, params={"path": "/scripts/a.py"}).content == b"print(1)"
    listed = served.http.get(f"{files}/directory", params={"path": "/scripts"}).json()
    assert [(f["fileName"], f["type"]) for f in listed] == [("a.py", "File"), ("deep", "Directory")]
    assert served.http.get(f"{files}/search", params={"q": "deep"}).json() == ["/scripts/deep/b.py"]
    assert served.http.get(f"{files}/stats", params={"path": "/scripts/a.py"}).json()["size"] == 8
    assert served.http.put(files, params={"from": "/scripts", "to": "/code"}).status_code == 200
    with zipfile.ZipFile(io.BytesIO(served.http.get(f"{files}/export").content)) as archive:
        assert sorted(archive.namelist()) == ["code/a.py", "code/deep/b.py"]
    assert served.http.delete(files, params={"path": "/code"}).status_code == 200
    assert served.http.get(files, params={"path": "/code/a.py"}).status_code == 404
    assert served.http.delete(files, params={"path": "/code"}).status_code == 404


@pytest.mark.parametrize("path", ["/../../escape.txt", "/a/../../escape.txt", "/a\\..\\b", "/a\u0000b"])
def test_no_path_leads_out_of_a_namespace(served, path):
    files = "/namespaces/company.files/files"
    sent = served.http.post(files, params={"path": path}, files={"fileContent": ("x", b"x")})
    assert sent.status_code == 422
    assert served.http.get(files, params={"path": path}).status_code == 422
    assert served.http.get("/namespaces/..%2f..%2f/files", params={"path": "/a"}).status_code in (404, 422)


def test_an_archive_that_leads_out_is_refused_as_a_whole(served):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("fine.txt", "a")
        archive.writestr("../escape.txt", "b")
    sent = served.http.post(
        "/namespaces/company.zip/files",
        params={"path": "/x.zip"},
        files={"fileContent": ("x.zip", packed.getvalue())},
    )
    assert sent.status_code == 422
    assert served.http.get("/namespaces/company.zip/files/search?q=").json() == []


def test_the_schema_of_flows_and_of_types_is_served(served, log_flow):
    import jsonschema
    import yaml

    schema = served.http.get("/plugins/schemas/flow").json()
    good = yaml.safe_load(log_flow("checked"))
    jsonschema.validate(good, schema)
    good["tasks"][0]["mesage"] = good["tasks"][0].pop("message")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good, schema)
    assert served.http.get("/plugins/schemas/banana").status_code == 404
    one = served.http.get("/plugins/io.kestra.plugin.core.log.Log").json()
    assert "message" in json.dumps(one["schema"])
    assert "io.kestra.plugin.core.log.Log" in json.dumps(served.http.get("/plugins").json())
    assert served.http.get("/configs").json()["version"] == "1.1.0"


def test_words_become_yaml_and_what_is_no_flow_is_422(served):
    answer = served.http.post("/ai/generate/flow", json={"userPrompt": "log hello every hour", "conversationId": "c"})
    assert answer.headers["content-type"].startswith("application/yaml")
    assert "io.kestra.plugin.core.log.Log" in answer.text
    assert served.http.post("/ai/generate/flow", json={"userPrompt": "what is love?"}).status_code == 422


# -- who may call --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_page_of_another_place_may_not_start_anything(served, deployed, log_flow, headers):
    if served.service.engine.find_flow("company.team", "guarded") is None:
        deployed(log_flow("guarded"))
    answer = served.http.post("/executions/company.team/guarded", data={"name": "x"}, headers=headers)
    assert answer.status_code == 403
    assert served.http.get("/executions/search?flowId=guarded").json()["total"] == 0


@pytest.mark.parametrize("path", ["/flows/company.team/configs", "/executions/company.team/health", "/configs"])
def test_no_ending_of_an_address_opens_it(serve, path):
    guarded = serve(token="open-sesame-123")
    assert guarded.http.get(path).status_code == 401
    assert guarded.http.post(path).status_code == 401


def test_forms_with_files_have_a_limit_of_their_own(serve):
    small = serve(max_upload=9_000_000)
    files = "/namespaces/company.team/files?path=/big.bin"
    assert small.http.post(files, files={"fileContent": ("b", b"0" * 8_500_000)}).status_code == 200
    assert small.http.post(files, files={"fileContent": ("b", b"0" * 9_100_000)}).status_code == 413
    assert small.http.post("/flows", content=b"0" * 8_500_000).status_code == 413


def test_secret_inputs_are_sealed_with_the_key_of_the_settings(serve):
    import base64

    flow = """id: sealed
namespace: company.team
inputs:
  - id: pin
    type: SECRET
  - id: doc
    type: FILE
tasks:
  - id: use
    type: io.kestra.plugin.core.debug.Return
    format: "{{ inputs.pin | length }} {{ read(inputs.doc) }} {{ inputs.pin }}"
"""
    mine = serve(encryption_key=base64.b64encode(b"k" * 32).decode())
    mine.http.post("/flows", content=flow, headers=YAML)
    form = {"data": {"pin": "open-sesame-99"}, "files": {"doc": ("a.txt", b"text")}}
    checked = mine.http.post("/executions/company.team/sealed/validate", **form).json()
    assert [("errors" in one, one["value"] is not None) for one in checked["inputs"]] == [(False, True)] * 2
    run = mine.http.post("/executions/company.team/sealed?wait=true", **form)
    assert run.json()["taskRunList"][0]["outputs"]["value"].startswith("14 text")
    shown = [run.text, json.dumps(checked), mine.http.get(f"/executions/{run.json()['id']}").text]
    assert not [text for text in shown if "open-sesame" in text]


def test_secrets_are_named_and_never_shown(serve, monkeypatch):
    monkeypatch.setenv("SECRET_DOOR", "aHVudGVyMi1pcy1sb25n")
    mine = serve()
    flow = """id: leaky
namespace: company.team
tasks:
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "{{ secret('DOOR') }}"
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.give.value }}"
"""
    mine.http.post("/flows", content=flow, headers=YAML)
    execution = mine.http.post("/executions/company.team/leaky?wait=true").json()
    assert execution["state"]["current"] == "SUCCESS"
    shown = [
        json.dumps(execution),
        mine.http.get(f"/executions/{execution['id']}").text,
        mine.http.get("/executions/search").text,
        mine.http.get(f"/logs/{execution['id']}").text,
        mine.http.get(f"/logs/{execution['id']}/download").text,
        mine.http.get(f"/executions/{execution['id']}/follow").text,
        mine.http.get("/namespaces/company.team/secrets").text,
    ]
    assert not [text for text in shown if "hunter2" in text]
    names = mine.http.get("/namespaces/company.team/secrets").json()
    assert (names["readOnly"], [s["key"] for s in names["results"]]) == (True, ["DOOR"])
