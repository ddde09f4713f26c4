"""The Gemini provider against a local stand-in, through the real SDK."""

from __future__ import annotations

import pytest

from copilot.draft.gemini import Gemini
from copilot.errors import (
    ProviderBlocked,
    ProviderCut,
    ProviderEmpty,
    ProviderError,
    ProviderKeyInvalid,
    ProviderKeyMissing,
    ProviderQuota,
    ProviderTimeout,
    ProviderUnavailable,
)
from copilot.settings import Settings

QUOTA = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "limit",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}],
    }
}
BAD_KEY = {
    "error": {
        "code": 400,
        "status": "INVALID_ARGUMENT",
        "message": "API key not valid",
        "details": [{"reason": "API_KEY_INVALID"}],
    }
}


def ask(settings, **kwargs):
    return Gemini(settings, sleep=kwargs.pop("sleep", lambda _: None)).generate_text("rules", "words", **kwargs)


def test_an_answer_comes_with_its_tokens_and_carries_the_key_in_a_header(gemini_api, gemini_settings):
    gemini_api.says("id: a")
    reply = ask(gemini_settings())
    assert (reply.text, reply.prompt_tokens, reply.output_tokens) == ("id: a", 11, 7)
    assert gemini_api.keys == ["stand-in-key-0123456789"]
    assert gemini_api.system(0) == "rules"
    assert gemini_api.requests[0]["generationConfig"]["temperature"] == 0.2
    assert "gemini-3.8-flash" in gemini_api.paths[0]


def test_thinking_is_billed_and_left_out_of_the_text(gemini_api, gemini_settings, scripted, response):
    body = response("flow")
    body["candidates"][0]["content"]["parts"].insert(0, {"text": "hmm", "thought": True})
    body["usageMetadata"]["thoughtsTokenCount"] = 5
    gemini_api.replies = [scripted(body)]
    reply = ask(gemini_settings())
    assert (reply.text, reply.output_tokens) == ("flow", 12)


def test_a_streamed_answer_arrives_in_pieces_and_whole(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(chunks=[response("id: ", finish=None), response("a")])]
    pieces: list[str] = []
    assert ask(gemini_settings(), on_text=pieces.append).text == "id: a"
    assert pieces == ["id: ", "a"]


def test_a_stream_cut_before_its_end_is_not_taken_for_an_answer(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(chunks=[response("id: ", finish=None)])]
    with pytest.raises(ProviderCut):
        ask(gemini_settings(gemini_retries=2), on_text=lambda _: None)
    assert len(gemini_api.requests) == 2


def test_a_limit_waits_as_long_as_the_service_asks_and_then_succeeds(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(QUOTA, 429), scripted(QUOTA, 429), scripted(response("ok"))]
    pauses: list[float] = []
    assert ask(gemini_settings(), sleep=pauses.append).text == "ok"
    assert pauses == [7.0, 7.0]


def test_a_limit_that_stays_names_the_delay(gemini_api, gemini_settings, scripted):
    gemini_api.replies = [scripted(QUOTA, 429)]
    with pytest.raises(ProviderQuota) as raised:
        ask(gemini_settings(gemini_retries=3))
    assert raised.value.retry_after == 7.0
    assert len(gemini_api.requests) == 3


def test_server_errors_are_retried_with_growing_pauses(gemini_api, gemini_settings, scripted):
    gemini_api.replies = [scripted({"error": {"code": 500, "status": "INTERNAL"}}, 500)]
    pauses: list[float] = []
    with pytest.raises(ProviderUnavailable):
        ask(gemini_settings(gemini_retries=4, gemini_backoff=1.0), sleep=pauses.append)
    assert pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("finish", ["SAFETY", "PROHIBITED_CONTENT", "RECITATION"])
def test_a_withheld_answer_is_blocked_not_empty(gemini_api, gemini_settings, scripted, response, finish):
    gemini_api.replies = [scripted(response(None, finish=finish))]
    with pytest.raises(ProviderBlocked):
        ask(gemini_settings())
    assert len(gemini_api.requests) == 1


def test_a_blocked_prompt_is_blocked(gemini_api, gemini_settings, scripted):
    gemini_api.replies = [scripted({"promptFeedback": {"blockReason": "SAFETY"}})]
    with pytest.raises(ProviderBlocked):
        ask(gemini_settings())


def test_an_empty_answer_is_empty(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(response(None))]
    with pytest.raises(ProviderEmpty):
        ask(gemini_settings())


def test_an_answer_over_the_output_limit_is_not_used(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(response("id: a\ntasks:", finish="MAX_TOKENS"))]
    with pytest.raises(ProviderEmpty) as raised:
        ask(gemini_settings())
    assert "MAX_OUTPUT_TOKENS" in raised.value.hint


@pytest.mark.parametrize(("status", "body"), [(400, BAD_KEY), (403, {"error": {"code": 403}})])
def test_a_bad_key_is_named_as_such_and_never_repeated_in_the_error(
    gemini_api, gemini_settings, scripted, status, body
):
    gemini_api.replies = [scripted(body, status)]
    with pytest.raises(ProviderKeyInvalid) as raised:
        ask(gemini_settings())
    assert "stand-in-key" not in f"{raised.value.message} {raised.value.hint}"
    assert len(gemini_api.requests) == 1


def test_a_slow_answer_is_a_time_out(gemini_api, gemini_settings, scripted, response):
    gemini_api.replies = [scripted(response("late"), delay=1.5)]
    with pytest.raises(ProviderTimeout):
        ask(gemini_settings(gemini_timeout=0.3, gemini_retries=1))


def test_a_broken_connection_is_a_cut(gemini_api, gemini_settings, scripted):
    gemini_api.replies = [scripted(cut=True)]
    with pytest.raises((ProviderCut, ProviderUnavailable)):
        ask(gemini_settings(gemini_retries=1))


def test_nobody_listening_is_unavailable(gemini_settings):
    with pytest.raises(ProviderUnavailable):
        ask(gemini_settings(gemini_base_url="http://127.0.0.1:9", gemini_retries=1))


def test_something_that_is_not_json_is_an_error_about_the_address(gemini_api, gemini_settings, scripted):
    gemini_api.replies = [scripted(b"<html>hello</html>")]
    with pytest.raises(ProviderError) as raised:
        ask(gemini_settings(gemini_retries=1))
    assert "base URL" in raised.value.hint


def test_a_function_call_nobody_offered_counts_as_an_empty_answer(gemini_api, gemini_settings, scripted, response):
    body = response(None)
    body["candidates"][0]["content"]["parts"] = [{"functionCall": {"id": "1", "name": "run", "args": {}}}]
    gemini_api.replies = [scripted(body)]
    with pytest.raises(ProviderEmpty):
        ask(gemini_settings())


def test_without_a_key_the_error_points_at_the_keyless_way():
    with pytest.raises(ProviderKeyMissing) as raised:
        Gemini(Settings(gemini_api_key=None))
    assert "offline" in raised.value.hint
