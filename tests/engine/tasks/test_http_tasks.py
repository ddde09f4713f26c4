"""HTTP tasks against a real web server."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from engine.errors import TaskFailed


def test_request_gives_code_headers_and_body_as_text(make_task: Any, web: Any) -> None:
    web.answers["/a"] = (201, {"X-Kind": "test"}, '{"é": 1}'.encode())
    outputs = make_task("core.http.Request", uri=web.url("/a")).outputs()
    assert (outputs["code"], outputs["body"], outputs["uri"]) == (201, '{"é": 1}', web.url("/a"))
    assert outputs["headers"]["X-Kind"] == ["test"]


def test_request_sends_method_headers_params_and_rendered_body(make_task: Any, web: Any) -> None:
    make_task(
        "core.http.Request",
        VARIABLES={"inputs": {"n": {"a": 1}}},
        uri=web.url("/a?x=1"),
        method="PUT",
        headers={"X-Key": "{{ 'k' }}"},
        params={"q": ["b c", "d"]},
        body="{{ inputs.n }}",
    ).result()
    method, path, headers, body = web.seen[0]
    assert (method, path) == ("PUT", "/a?x=1&q=b+c&q=d")
    assert (headers["X-Key"], headers["Content-Type"]) == ("k", "application/json")
    assert json.loads(body) == {"a": 1}


def test_request_sends_a_form_and_files_as_multipart(make_task: Any, web: Any) -> None:
    make_task("core.http.Request", uri=web.url("/form"), method="POST", formData={"a": "1 2"}).result()
    assert web.seen[0][3] == b"a=1+2"
    task = make_task("core.http.Request", uri=web.url("/form"), method="POST", contentType="multipart/form-data")
    uri = task.store("data.csv", "x,y")
    task.properties = {**task.properties, "formData": {"name": "n", "file": {"name": "my.csv", "content": uri}}}
    task.result()
    headers, body = web.seen[1][2], web.seen[1][3]
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="my.csv"' in body and b"x,y" in body and b'name="name"\r\n' in body


def test_request_fails_on_an_error_status_unless_it_is_allowed(make_task: Any, web: Any) -> None:
    web.answers["/gone"] = (404, {}, b"not here")
    with pytest.raises(TaskFailed, match="answered 404: not here"):
        make_task("core.http.Request", uri=web.url("/gone")).result()
    assert make_task("core.http.Request", uri=web.url("/gone"), options={"allowFailed": True}).outputs()["code"] == 404
    options = {"allowedResponseCodes": [404]}
    assert make_task("core.http.Request", uri=web.url("/gone"), options=options).outputs()["code"] == 404
    with pytest.raises(TaskFailed, match="answered 200"):
        make_task("core.http.Request", uri=web.url("/fine"), options=options).result()


def test_request_authenticates_as_told(make_task: Any, web: Any) -> None:
    auth = {"type": "BASIC", "username": "u", "password": "p"}
    make_task("core.http.Request", uri=web.url("/a"), options={"auth": auth}).result()
    make_task("core.http.Request", uri=web.url("/a"), options={"auth": {"type": "BEARER", "token": "t"}}).result()
    assert [seen[2]["Authorization"] for seen in web.seen] == ["Basic dTpw", "Bearer t"]


def test_request_follows_redirects_unless_told_not_to(make_task: Any, web: Any) -> None:
    web.answers["/old"] = (302, {"Location": "/new"}, b"")
    web.answers["/new"] = (200, {}, b"moved")
    assert make_task("core.http.Request", uri=web.url("/old")).outputs()["body"] == "moved"
    stay = make_task("core.http.Request", uri=web.url("/old"), options={"followRedirects": False})
    assert stay.outputs()["code"] == 302


def test_request_says_which_address_does_not_answer_without_its_query(make_task: Any) -> None:
    with pytest.raises(TaskFailed) as failure:
        make_task("core.http.Request", uri="http://127.0.0.1:9/x?token=hush").result()
    assert failure.value.code == "no-answer"
    assert "127.0.0.1:9/x" in failure.value.message and "hush" not in str(failure.value)


def test_request_refuses_what_is_no_web_address(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="not an http or https address"):
        make_task("core.http.Request", uri="file:///etc/passwd").result()


def test_request_refuses_bodies_that_are_not_text_or_too_long(make_task: Any, web: Any) -> None:
    web.answers["/bin"] = (200, {}, b"\xff\xfe\x00")
    with pytest.raises(TaskFailed, match="not text"):
        make_task("core.http.Request", uri=web.url("/bin")).result()
    web.answers["/long"] = (200, {}, b"x" * 2000)
    with pytest.raises(TaskFailed, match="longer than 1024"):
        make_task("core.http.Request", uri=web.url("/long"), options={"maxContentLength": 1024}).result()


def test_download_stores_the_file_under_the_name_it_is_given(make_task: Any, web: Any) -> None:
    web.answers["/files/orders.csv"] = (200, {}, b"a,b\n1,2\n")
    task = make_task("core.http.Download", uri=web.url("/files/orders.csv?x=1"))
    outputs = task.outputs()
    assert (outputs["code"], outputs["length"]) == (200, 8)
    assert outputs["uri"].startswith("kestra:///company/team/flow/") and outputs["uri"].endswith("/orders.csv")
    assert task.read(outputs["uri"]) == "a,b\n1,2\n"
    web.answers["/get"] = (200, {"Content-Disposition": 'attachment; filename="../../rép.txt"'}, b"x")
    assert make_task("core.http.Download", uri=web.url("/get")).outputs()["uri"].endswith(".txt")


def test_download_fails_on_nothing_unless_told_otherwise(make_task: Any, web: Any) -> None:
    web.answers["/empty"] = (200, {}, b"")
    with pytest.raises(TaskFailed, match="empty"):
        make_task("core.http.Download", uri=web.url("/empty")).result()
    task = make_task("core.http.Download", uri=web.url("/empty"), failOnEmptyResponse=False)
    assert task.outputs()["length"] == 0
    assert task.messages("WARN")


def test_download_fails_on_an_error_status(make_task: Any, web: Any) -> None:
    web.answers["/gone"] = (503, {}, b"busy")
    with pytest.raises(TaskFailed, match="answered 503"):
        make_task("core.http.Download", uri=web.url("/gone")).result()


def test_a_body_without_a_charset_is_read_in_the_one_of_the_task(make_task: Any, web: Any) -> None:
    web.answers["/a"] = (200, {"Content-Type": "text/plain"}, "é".encode("latin-1"))
    options = {"defaultCharset": "ISO-8859-1"}
    assert make_task("core.http.Request", uri=web.url("/a"), options=options).outputs()["body"] == "é"


@pytest.mark.parametrize("newer", [True, False])
def test_a_proxy_is_asked_with_its_user_and_password(make_task: Any, web: Any, newer: bool) -> None:
    where = {"type": "HTTP", "address": "127.0.0.1", "port": web.server_port, "username": "u@x", "password": "p:q"}
    options: dict[str, Any] = {"proxy": where}
    if not newer:
        options = {f"proxy{name.capitalize()}": value for name, value in where.items()}
    make_task("core.http.Request", uri="http://far.example/a", options=options).result()
    _method, path, headers, _body = web.seen[0]
    assert path == "http://far.example/a"
    assert b64decode(headers["Proxy-Authorization"].removeprefix("Basic ")) == b"u@x:p:q"


EVENTS = b""": hello

id: 1
event: word
data: {"text": "one"}

data: {"text": "two",
data: "more": 2}

data: plain

data: cut off"""


def test_events_of_a_stream_come_as_they_were_sent(make_task: Any, web: Any) -> None:
    web.answers["/events"] = (200, {"Content-Type": "text/event-stream"}, EVENTS)
    outputs = make_task("core.http.SseRequest", uri=web.url("/events")).outputs()
    assert outputs["size"] == 3
    assert outputs["events"] == [
        {"data": {"text": "one"}, "id": "1", "name": "word"},
        {"data": {"text": "two", "more": 2}},
        {"data": "plain"},
    ]
    assert "result" not in outputs


def test_what_is_found_in_each_event_is_joined(make_task: Any, web: Any) -> None:
    web.answers["/events"] = (200, {}, b'data: {"n": 1}\n\ndata: {"n": "b"}\n\ndata: {"n": true}\n\n')
    outputs = make_task("core.http.SseRequest", uri=web.url("/events"), concatJqExpression=".data.n").outputs()
    assert outputs == {"uri": web.url("/events"), "size": 3, "result": "1btrue"}


def test_an_event_without_what_is_looked_for_fails_or_is_left_out(make_task: Any, web: Any) -> None:
    web.answers["/events"] = (200, {}, b'data: {"n": "a"}\n\ndata: {}\n\n')
    given = {"uri": web.url("/events"), "concatJqExpression": ".data.n"}
    with pytest.raises(TaskFailed, match="finds nothing in"):
        make_task("core.http.SseRequest", **given).result()
    assert make_task("core.http.SseRequest", **given, failedOnMissingJq=False).outputs()["result"] == "a"


def test_more_events_than_wanted_are_refused(make_task: Any, web: Any) -> None:
    web.answers["/events"] = (200, {}, b"data: " + b"x" * 100 + b"\n\n")
    with pytest.raises(TaskFailed, match="longer than 50 bytes"):
        make_task("core.http.SseRequest", uri=web.url("/events"), options={"maxContentLength": 50}).result()
