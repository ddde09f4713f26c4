"""Chat and alerting services that take a message by an HTTP POST: one table, one line a service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.http.client import Call, answer
from engine.tasks.notifications.summary import SUMMARY, Summary, summary_of
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, Run, runnable
from engine.tasks.unread import no_effect
from engine.tasks.waiting import interruptible

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

Payload = Callable[[Props, Summary], Mapping[str, Any]]
_ONE_CALL = {
    "options.readIdleTimeout": no_effect("options.readTimeout bounds the wait for the answer"),
    "options.connectionPoolIdleTimeout": no_effect("every call has a connection of its own"),
    "options.maxContentLength": no_effect("the body of the answer is not kept"),
    "options.defaultCharset": no_effect("messages are sent as UTF-8"),
}
_SUMMARY = {
    **_ONE_CALL,
    **SUMMARY,
}
_TELEGRAM = "https://api.telegram.org"


def _google(props: Props, said: Summary) -> Mapping[str, Any]:
    return {"text": props.text("text") or said.text}


def _sender(props: Props) -> dict[str, str]:
    named = {"channel": "channel", "username": "username", "icon_url": "iconUrl", "icon_emoji": "iconEmoji"}
    return {key: props.text(name) for key, name in named.items() if props.has(name)}


def _slack(props: Props, said: Summary) -> Mapping[str, Any]:
    return {"text": props.text("messageText") or said.text, **_sender(props)}


def _zulip(props: Props, said: Summary) -> Mapping[str, Any]:
    return {"text": said.text, **_sender(props)}


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
    for name in ("responders", "visibleTo"):
        if props.has(name):
            payload[name] = [{"id": key, "type": kind} for key, kind in props.texts(name).items()]
    return payload | ({"tags": props.strings("tags")} if props.has("tags") else {})


def _pagerduty(props: Props, said: Summary) -> Mapping[str, Any]:
    details = {"summary": props.text("payloadSummary") or said.title, "source": said.title, "severity": "error"}
    return {
        "routing_key": props.text("routingKey"),
        "dedup_key": props.text("deduplicationKey"),
        "event_action": props.text("eventAction", "trigger"),
        "payload": {**details, "custom_details": said.fields},
    }


def _squadcast(props: Props, said: Summary) -> Mapping[str, Any]:
    named = {"priority": "priority", "event_id": "eventId", "status": "status"}
    payload: dict[str, Any] = {key: props.text(name) for key, name in named.items() if props.has(name)}
    payload |= {"tags": props.mapping("tags")} if props.has("tags") else {}
    return {"message": props.text("message") or said.title, "description": said.text, **payload}


def _whatsapp(props: Props, said: Summary) -> Mapping[str, Any]:
    named = {"from": "from", "id": "messageId", "recipient_id": "recipientId"}
    message = {key: props.text(name) for key, name in named.items() if props.has(name)}
    name = props.text("profileName")
    return {
        "contacts": [{"profile": {"name": name}, "wa_id": contact} for contact in props.strings("whatsAppIds")],
        "messages": [{**message, "text": {"body": props.text("textBody") or said.text}, "type": "text"}],
    }


def _zenduty(props: Props, said: Summary) -> Mapping[str, Any]:
    return {
        "message": props.text("message") or said.title,
        "summary": props.text("summary") or said.text,
        "alert_type": props.text("alertType", "resolved" if said.state == "SUCCESS" else "error").lower(),
        "entity_id": props.text("entityId") or said.execution,
        **({"urls": props.strings("urls")} if props.has("urls") else {}),
    }


@dataclass(frozen=True, slots=True)
class Service:
    """Where its types are (``name``, and ``old`` below notifications), the ending of the one that takes a payload,
    and what the one that sums up an execution sends. ``message`` names a property with plain text instead of a
    payload; ``token`` says that an authorization token is sent along."""

    name: str
    old: str
    ending: str
    on_execution: Payload
    message: str = ""
    token: bool = False

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(
            f"io.kestra.plugin.{name}" for name in (self.name, self.old and f"notifications.{self.old}") if name
        )


_SERVICES = (
    Service("slack.notifications.Slack", "slack.Slack", "IncomingWebhook", _slack, message="messageText"),
    Service("slack.Slack", "", "IncomingWebhook", _slack, message="messageText"),
    Service("discord.Discord", "discord.Discord", "IncomingWebhook", _discord),
    Service("microsoft365.teams.Teams", "teams.Teams", "IncomingWebhook", _teams),
    Service("googleworkspace.chat.GoogleChat", "google.GoogleChat", "IncomingWebhook", _google),
    Service("zulip.Zulip", "zulip.Zulip", "IncomingWebhook", _zulip),
    Service("meta.whatsapp.WhatsApp", "whatsapp.WhatsApp", "IncomingWebhook", _whatsapp),
    Service("opsgenie.Opsgenie", "opsgenie.Opsgenie", "Alert", _opsgenie, token=True),
    Service("pagerduty.PagerDuty", "pagerduty.PagerDuty", "Alert", _pagerduty),
    Service("notifications.squadcast.Squadcast", "", "IncomingWebhook", _squadcast),
    Service("zenduty.Zenduty", "zenduty.Zenduty", "Alert", _zenduty),
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


def _token(service: Service, props: Props) -> dict[str, str]:
    token = props.text("authorizationToken") if service.token else ""
    return {"Authorization": f"GenieKey {token}"} if token else {}


def _by_payload(service: Service) -> Run:
    def run(task: RunContext) -> Outputs:
        """Sends ``payload``, or a plain message where the service takes one, to ``url``."""
        props = Props(task)
        payload = props.text("payload")
        if not payload and service.message and props.has(service.message):
            payload = json.dumps({"text": props.text(service.message)})
        if not payload:
            raise TaskFailed("there is nothing to send", code="missing-property", hint="give payload, as JSON text")
        _post(task, props, props.required("url"), payload, _token(service, props))
        return None

    return run


def _on_execution(service: Service) -> Run:
    def run(task: RunContext) -> Outputs:
        """Sends a summary of the execution, or ``payload``, to ``url``."""
        props = Props(task)
        payload = props.text("payload") or json.dumps(service.on_execution(props, summary_of(task, props)))
        _post(task, props, props.required("url"), payload, _token(service, props))
        return None

    return run


for _service in _SERVICES:
    _names = [prefix + _service.ending for prefix in _service.prefixes]
    runnable(*_names, effects="network", unread=_ONE_CALL)(_by_payload(_service))
    _summing_up = runnable(*(prefix + "Execution" for prefix in _service.prefixes), effects="network", unread=_SUMMARY)
    _summing_up(_on_execution(_service))


@runnable(
    "io.kestra.plugin.telegram.TelegramSend",
    "io.kestra.plugin.notifications.telegram.TelegramSend",
    effects="network",
    unread=_ONE_CALL,
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
    unread=_SUMMARY,
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


@runnable(
    "io.kestra.plugin.line.LineExecution",
    "io.kestra.plugin.notifications.line.LineExecution",
    effects="network",
    unread=_SUMMARY,
)
def line_execution(task: RunContext) -> Outputs:
    """Sends a summary of the execution to all followers of a LINE channel."""
    props = Props(task)
    text = props.text("textBody") or summary_of(task, props).text
    url = props.text("url", "https://api.line.me/v2/bot/message/broadcast")
    headers = {"Authorization": f"Bearer {props.required('channelAccessToken')}"}
    _post(task, props, url, json.dumps({"messages": [{"type": "text", "text": text}]}), headers)
    return None
