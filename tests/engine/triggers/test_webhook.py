"""Webhooks: the key decides, the request becomes variables."""

from __future__ import annotations

import pytest

from engine.errors import NotFound
from engine.flow.model import Flow, Trigger
from engine.triggers.webhook import WebhookRequest, body_of, receive


def flow(*triggers, **more):
    return Flow("f", "a", (), triggers=tuple(triggers), **more)


def webhook(key="secret", trigger_id="w", conditions=(), disabled=False, **properties):
    kind = "io.kestra.plugin.core.trigger.Webhook"
    return Trigger(trigger_id, kind, {"key": key, **properties}, tuple(conditions), disabled=disabled)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", None),
        (b'{"a": 1}', {"a": 1}),
        (b'[{"a": true}]', [{"a": True}]),
        (b"bla", "bla"),
        (b"123", "123"),
        (b'"text"', '"text"'),
        (b'{"a": ', '{"a": '),
        (b"\xff", "�"),
    ],
)
def test_a_body_is_a_map_a_list_or_text(body, value):
    assert body_of(body) == value


def test_a_request_becomes_variables_inputs_and_labels(render):
    trigger = webhook(inputs={"who": "{{ trigger.body.name }}"}, labels={"from": "{{ vars.x }}"})
    request = WebhookRequest("POST", "secret", {"X-A": ["1", "2"]}, {"age": ["12", "13"]}, b'{"name": "john"}')
    fire = receive(flow(trigger), request, render, {"vars": {"x": "web"}})
    assert fire.variables == {
        "body": {"name": "john"},
        "headers": {"X-A": ["1", "2"]},
        "parameters": {"age": ["12", "13"]},
    }
    assert (fire.inputs, fire.labels) == ({"who": "john"}, {"from": "web"})


def test_the_key_picks_the_trigger_and_may_be_an_expression(render):
    two = flow(webhook("one", "w1"), webhook("{{ vars.k }}", "w2"))
    assert receive(two, WebhookRequest("GET", "two"), render, {"vars": {"k": "two"}}).trigger.id == "w2"


@pytest.mark.parametrize("key", ["", "Secret", "secret ", "secre", "sécret"])
def test_a_wrong_key_finds_nothing_and_learns_nothing(render, key):
    with pytest.raises(NotFound) as refusal:
        receive(flow(webhook()), WebhookRequest("POST", key), render, {})
    assert refusal.value.code == "webhook-not-found"
    assert "secret" not in str(refusal.value)


def test_an_empty_key_opens_nothing(render):
    for empty in ("", None):
        with pytest.raises(NotFound):
            receive(flow(webhook(empty)), WebhookRequest("POST", ""), render, {})


def test_disabled_triggers_and_flows_do_not_answer(render):
    for quiet in (flow(webhook(disabled=True)), flow(webhook(), disabled=True), flow()):
        with pytest.raises(NotFound):
            receive(quiet, WebhookRequest("POST", "secret"), render, {})


def test_a_request_that_does_not_meet_the_conditions_starts_nothing(render):
    only_go = {"type": "io.kestra.plugin.core.condition.Expression", "expression": "{{ trigger.body.do == 'go' }}"}
    for trigger in (webhook(conditions=[only_go]), webhook(when="{{ trigger.body.do == 'go' }}")):
        assert receive(flow(trigger), WebhookRequest("POST", "secret", body=b'{"do": "stay"}'), render, {}) is None
        assert receive(flow(trigger), WebhookRequest("POST", "secret", body=b'{"do": "go"}'), render, {}) is not None
