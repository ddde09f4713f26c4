"""`GET /api/v1/metrics`: what the service did, in figures."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from copilot.api.metrics import Metrics


@pytest.fixture
def figures(served):
    """Reads a figure: its name and labels, 0 when it is not there."""

    def read(name, **labels):
        text = httpx.get(f"{served.url}/api/v1/metrics").text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return 0

    return read


def test_executions_and_task_attempts_are_counted(served, deployed, log_flow, paused_flow, reached, figures):
    deployed(log_flow("counted"))
    deployed(paused_flow("held"))
    failing = "id: bad\nnamespace: n\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.http.Request\n    uri: http://127.0.0.1:9\n"
    deployed(failing)
    for path in ("company.team/counted", "company.team/counted", "n/bad"):
        served.http.post(f"/executions/{path}?wait=true")
    held = served.http.post("/executions/company.team/held").json()["id"]
    reached(held, "PAUSED")
    assert figures("flowwright_executions", state="SUCCESS") == 2
    assert figures("flowwright_executions", state="FAILED") == 1
    assert figures("flowwright_executions", state="PAUSED") == 1
    assert figures("flowwright_executions_live") == 1
    assert figures("flowwright_executions_waiting") == 0
    kind = "io.kestra.plugin.core.{}"
    assert figures("flowwright_task_attempts_total", type=kind.format("log.Log"), end="success") == 2
    assert figures("flowwright_task_attempts_total", type=kind.format("http.Request"), end="failed") == 1
    assert figures("flowwright_task_seconds_count") == 5


def test_words_are_counted_with_what_they_cost(served, figures):
    own = f"{served.url}/api/v1"
    httpx.post(f"{own}/generate", json={"prompt": "log hello every hour"}, timeout=120)
    httpx.post(f"{own}/search", json={"query": "retry"}, timeout=120)
    assert figures("flowwright_answers_total", what="generate", status="ok") == 1
    assert figures("flowwright_answer_seconds_count", what="generate") == 1
    assert figures("flowwright_retrieval_seconds_count", what="generate") == 1
    assert figures("flowwright_retrieval_seconds_count", what="search") == 1
    assert figures("flowwright_model_calls_total", provider="offline") == 0


def test_model_calls_and_tokens_come_from_receipts():
    metrics = Metrics()
    with metrics.answering("generate") as heard:
        heard.told(
            {
                "status": "ok",
                "receipt": {"provider": "gemini", "model_calls": 2, "prompt_tokens": 300, "output_tokens": 40},
            }
        )
    with pytest.raises(RuntimeError), metrics.answering("ask"):
        raise RuntimeError
    found = {
        (name, *sorted(sample["labels"].items())): sample["value"]
        for name, samples in metrics.as_dict().items()
        for sample in samples
    }
    assert found["flowwright_model_calls_total", ("provider", "gemini")] == 2
    assert found["flowwright_model_tokens_total", ("kind", "prompt"), ("provider", "gemini")] == 300
    assert found["flowwright_model_tokens_total", ("kind", "output"), ("provider", "gemini")] == 40
    assert found["flowwright_answers_total", ("status", "error"), ("what", "ask")] == 1


def test_requests_are_counted_by_the_path_as_declared(served, figures):
    for name in ("one", "two"):
        served.http.get(f"/executions/{name}")
    path = "/api/v1/main/executions/{execution}"
    assert figures("flowwright_http_requests_total", method="GET", path=path, status="404") == 2
    assert httpx.get(f"{served.url}/api/v1/no/such/thing").status_code == 404
    assert figures("flowwright_http_requests_total", method="GET", path="(none)", status="404") == 1


def test_the_same_figures_come_as_json(served):
    found = httpx.get(f"{served.url}/api/v1/metrics?format=json").json()
    assert {"flowwright_executions_live", "flowwright_task_seconds_count"} <= set(found)


def test_figures_need_the_token_where_one_is_set(serve):
    guarded = serve(token="open-sesame-123")
    assert httpx.get(f"{guarded.url}/api/v1/metrics").status_code == 401
    allowed = httpx.get(f"{guarded.url}/api/v1/metrics", headers={"Authorization": "Bearer open-sesame-123"})
    assert allowed.headers["content-type"].startswith("text/plain")
