"""A Kestra server gives its types, flows and blueprints as documents."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rag.errors import InvalidSource, SourceRefused, SourceUnreachable
from rag.sources.kestra import KestraSource

FLOW = "id: nightly\nnamespace: shop\ntasks:\n  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: x\n"
ANSWERS: dict[str, Any] = {
    "/api/v1/configs": {"version": "1.1.3"},
    "/api/v1/plugins": [{"title": "core", "tasks": [{"cls": "io.kestra.plugin.core.log.Log"}], "triggers": []}],
    "/api/v1/plugins/io.kestra.plugin.core.log.Log": {
        "schema": {
            "properties": {
                "properties": {"message": {"type": "string"}, "level": {"type": "string", "enum": ["INFO"]}},
                "required": ["message"],
            },
            "outputs": {"properties": {"uri": {"type": "string"}}},
        }
    },
    "/api/v1/main/flows/search": {"results": [{"namespace": "shop", "id": "nightly"}], "total": 1},
    "/api/v1/main/flows/shop/nightly": {"source": FLOW},
    "/api/v1/main/blueprints/community/flow": {"results": [{"id": "b1"}]},
}


def _source(answer: Any) -> KestraSource:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return KestraSource("http://kestra.test/", client=client)


def _server(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/source"):
        return httpx.Response(200, text=FLOW.replace("nightly", "blueprint"))
    found = ANSWERS.get(request.url.path)
    return httpx.Response(200, json=found) if found is not None else httpx.Response(404)


def test_types_flows_and_blueprints_are_taken_in() -> None:
    documents = {d.id: d for d in _source(_server).documents()}
    assert set(documents) == {"type/io.kestra.plugin.core.log.Log", "flow/shop/nightly", "flow/shop/blueprint"}
    reference = documents["type/io.kestra.plugin.core.log.Log"]
    assert "Required: message." in reference.body
    assert "level (enum INFO)" in reference.body
    assert documents["flow/shop/nightly"].origin == "http://kestra.test nightly"


@pytest.mark.parametrize(("status", "error"), [(401, SourceRefused), (500, SourceUnreachable), (404, InvalidSource)])
def test_a_server_that_refuses_fails_or_is_none_is_told(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(_source(lambda request: httpx.Response(status)).documents())


def test_a_server_that_is_off_is_told() -> None:
    def off(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(SourceUnreachable, match=r"kestra\.test"):
        list(_source(off).documents())
