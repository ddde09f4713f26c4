"""Chat and alerting services that take a message by an HTTP POST: one table, one line a service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.http.client import Call, answer
from engine.tasks.notifications.summary import Summary, summary_of
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, Run, runnable
from engine.tasks.waiting import interruptible

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Payload = Callable[[Props, Summary], Mapping[str, Any]]
_TELEGRAM = "https://api.telegram.org"


def _text(props: Props, said: Summary) -> Mapping[str, Any]:
    return {"text": props.text("text") or props.text("messageText") or said.text}


def _slack(props: Props, said: Summary) -> Mapping[str, Any]:
    named = {"channel": "channel", "username": "username", "icon_url": "iconUrl", "icon_emoji": "iconEmoji"}
    return {**_text(props, said), **{key: props.text(name) for key, name in named.items() if props.has(name)}}


def _discord(props: Props, said: Summary) -> Mapping[str, Any]:
    payload: dict[str, Any] = {"content": props.text("content") or said.text}
    if props.has("username"):
        payload["username"] = props.text("username")
    if props.has("avatarUrl"):
        payload["avatar_url"] = props.text("avatarUrl")
    if embeds := [_embed(entry) for entry in props.items("embedList") if isinstance(entry, Mapping)]:
        payload["embeds"] = embeds
    return payload


def _embed(entry: Mapping[str, Any]) -> dict[str, Any]:
    embed = {"title": entry.get("title"), "url": entry.get("websiteUrl"), "description": entry.get("content")}
    color = entry.get("color")
    if isinstance(color, list) and len(color) == 3:
        red, green, blue = (int(part) for part in color)
        embed["color"] = red * 65536 + green * 256 + blue
    return {key: value for key, value in embed.items() if value is not None}


def _teams(props: Props, said: Summary) -> Mapping[str, Any]:
    section = {
        "activityTitle": props.text("activityTitle") or said.title,
        "activitySubtitle": props.text("activitySubtitle"),
        "facts": [{"name": key, "value": value} for key, value in said.fields.items()],
        "text": said.text,
    }
    return {
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "themeColor": props.text("themeColor", "0076D7"),
        "summary": said.title,
        "sections": [section],
    }


def _opsgenie(props: Props, said: Summary) -> Mapping[str, Any]:
    payload: dict[str, Any] = {"message": props.text("message") or said.title, "description": said.text}
    payload |= {name: props.text(name) for name in ("alias", "priority") if props.has(name)}
    return payload | ({"tags": props.strings("tags")} if props.has("tags") else {})


def _pagerduty(props: Props, said: Summary) -> Mapping[str, Any]:
    details = {"summary": props.text("payloadSummary") or said.title, "source": said.title, "severity": "error"}
    return {
        "routing_key": props.text("routingKey"),
        "dedup_key": props.text("deduplicationKey"),
        "event_action": props.text("eventAction", "trigger"),
        "payload": {**details, "custom_details": said.fields},
    }


def _message(props: Props, said: Summary) -> Mapping[str, Any]:
    return {"message": props.text("message") or said.title, "description": said.text, "summary": props.text("summary")}


# name before 1.0 below notifications, name since, ending of the types that take a payload, payload of ...Execution
_SERVICES: tuple[tuple[str, str, str, Payload], ...] = (
    ("slack.Slack", "slack.notifications.Slack", "IncomingWebhook", _slack),
    ("slack.Slack", "slack.Slack", "IncomingWebhook", _slack),
    ("discord.Discord", "discord.Discord", "IncomingWebhook", _discord),
    ("teams.Teams", "microsoft365.teams.Teams", "IncomingWebhook", _teams),
    ("google.GoogleChat", "googleworkspace.chat.GoogleChat", "IncomingWebhook", _text),
    ("zulip.Zulip", "zulip.Zulip", "IncomingWebhook", _text),
    ("opsgenie.Opsgenie", "opsgenie.Opsgenie", "Alert", _opsgenie),
    ("pagerduty.PagerDuty", "pagerduty.PagerDuty", "Alert", _pagerduty),
    ("squadcast.Squadcast", "squadcast.Squadcast", "IncomingWebhook", _message),
    ("zenduty.Zenduty", "zenduty.Zenduty", "Alert", _message),
    ("whatsapp.WhatsApp", "meta.whatsapp.WhatsApp", "IncomingWebhook", _text),
)


def _post(task: RunContext, props: Props, url: str, content: str, headers: Mapping[str, str] | None = None) -> None:
    try:
        json.loads(content)
    except ValueError as error:
        task.log("WARN", f"The payload is not JSON and most services refuse it: {error}")
    options = props.within("options")
    call = Call(
        method="POST",
        url=url,
        headers={"Content-Type": "application/json", **(headers or {}), **options.texts("headers")},
        params=(),
        content=content.encode(),
        connect_seconds=options.seconds("connectTimeout") or 30.0,
        read_seconds=options.seconds("readTimeout") or 60.0,
    )

    def work() -> None:
        with answer(call) as response:
            response.read()
            task.log("DEBUG", f"Sent, answered {response.status_code}")

    interruptible(task, work)


def _token(props: Props) -> dict[str, str]:
    token = props.text("authorizationToken")
    return {"Authorization": f"GenieKey {token}"} if token else {}


def _by_webhook(task: RunContext) -> Outputs:
    """Sends ``payload`` (or ``messageText``) to ``url``."""
    props = Props(task)
    payload = props.text("payload")
    if not payload and props.has("messageText"):
        payload = json.dumps({"text": props.text("messageText")})
    if not payload:
        raise TaskFailed("there is nothing to send", code="missing-property", hint="give payload, as JSON text")
    _post(task, props, props.required("url"), payload, _token(props))
    return None


def _on_execution(make: Payload) -> Run:
    def run(task: RunContext) -> Outputs:
        """Sends a summary of the execution to ``url``."""
        props = Props(task)
        payload = props.text("payload") or json.dumps(make(props, summary_of(task, props)))
        _post(task, props, props.required("url"), payload, _token(props))
        return None

    return run


for _old, _new, _ending, _make in _SERVICES:
    _names = (_new,) if _new == "slack.Slack" else (_new, f"notifications.{_old}")
    runnable(*(f"io.kestra.plugin.{name}{_ending}" for name in _names), effects="network")(_by_webhook)
    runnable(*(f"io.kestra.plugin.{name}Execution" for name in _names), effects="network")(_on_execution(_make))


@runnable(
    "io.kestra.plugin.telegram.TelegramSend", "io.kestra.plugin.notifications.telegram.TelegramSend", effects="network"
)
def telegram_send(task: RunContext) -> Outputs:
    """Sends ``payload`` (text, or JSON with a ``text``) to ``channel`` as the bot of ``token``."""
    props = Props(task)
    _telegram(task, props, _text_of(props.required("payload")))
    return None


@runnable(
    "io.kestra.plugin.telegram.TelegramExecution",
    "io.kestra.plugin.notifications.telegram.TelegramExecution",
    effects="network",
)
def telegram_execution(task: RunContext) -> Outputs:
    """Sends a summary of the execution to ``channel`` as the bot of ``token``."""
    props = Props(task)
    _telegram(task, props, _text_of(props.text("payload")) or summary_of(task, props).text)
    return None


def _text_of(payload: str) -> str:
    try:
        parsed = json.loads(payload)
    except ValueError:
        return payload
    return as_text(parsed.get("text", payload)) if isinstance(parsed, Mapping) else payload


def _telegram(task: RunContext, props: Props, text: str) -> None:
    base = props.text("endpointOverride", _TELEGRAM).rstrip("/")
    message = {"chat_id": props.required("channel"), "text": text}
    if props.has("parseMode"):
        message["parse_mode"] = props.text("parseMode")
    _post(task, props, f"{base}/bot{props.required('token')}/sendMessage", json.dumps(message))


@runnable("io.kestra.plugin.line.LineExecution", "io.kestra.plugin.notifications.line.LineExecution", effects="network")
def line_execution(task: RunContext) -> Outputs:
    """Sends a summary of the execution to all followers of a LINE channel."""
    props = Props(task)
    text = props.text("textBody") or summary_of(task, props).text
    url = props.text("url", "https://api.line.me/v2/bot/message/broadcast")
    headers = {"Authorization": f"Bearer {props.required('channelAccessToken')}"}
    _post(task, props, url, json.dumps({"messages": [{"type": "text", "text": text}]}), headers)
    return None
