"""Blocks that tell people: chat, mail, on-call."""

from __future__ import annotations

import re
from typing import Any

from copilot.draft.offline.blocks import block
from copilot.draft.offline.ir import Step
from copilot.draft.offline.messages import message_for
from copilot.draft.offline.services import Service
from copilot.draft.offline.types import short
from copilot.draft.offline.writer import Task, Writer


@block("notify")
def notify(w: Writer, step: Step) -> list[Task]:
    service: Service = step.args["service"]
    event = next((e for e in w.plan.events if e.kind == "flow"), None)
    about_execution = event is not None and not w.data
    candidates = service.roles["execution" if about_execution else "notify"]
    name = w.types.pick(candidates) or w.types.pick(service.roles["notify"])
    if name is None:
        raise LookupError(service.key)
    message = message_for(w, step)
    if service.key in ("mail", "sendgrid", "resend", "outlook"):
        return [*_mail(w, step, service, name, message)]
    extra: dict[str, Any] = {"executionId": "{{ trigger.executionId }}"} if about_execution else {}
    return [
        w.task(
            f"{'alert' if w.where == 'errors' else 'notify'}_{service.key}",
            [short(name)],
            **_address(w, service),
            **_text(name, message),
            **extra,
        )
    ]


def _address(w: Writer, service: Service) -> dict[str, Any]:
    key = service.key.upper()
    special: dict[str, dict[str, Any]] = {
        "telegram": {"token": w.secret("TELEGRAM_TOKEN"), "channel": w.secret("TELEGRAM_CHANNEL")} if service.key == "telegram" else {},
        "pagerduty": {"url": "https://events.pagerduty.com/v2/enqueue", "routingKey": w.secret("PAGERDUTY_ROUTING_KEY"), "eventAction": "trigger"} if service.key == "pagerduty" else {},
        "opsgenie": {"url": "https://api.opsgenie.com/v2/alerts", "authorizationToken": w.secret("OPSGENIE_TOKEN")} if service.key == "opsgenie" else {},
        "sentry": {"dsn": w.secret("SENTRY_DSN")} if service.key == "sentry" else {},
        "twilio": {"accountSID": w.secret("TWILIO_ACCOUNT_SID"), "authToken": w.secret("TWILIO_AUTH_TOKEN"), "url": "https://api.twilio.com"} if service.key == "twilio" else {},
    }  # fmt: skip
    return special.get(service.key) or {"url": w.secret(f"{key}_WEBHOOK_URL")}


def _text(name: str, message: str) -> dict[str, Any]:
    low = name.lower()
    if "execution" in low.rsplit(".", 1)[-1]:
        return {"customMessage": message if "errorLogs" not in message else None}
    if "pagerduty" in low:
        return {"payload": _payload({"summary": message, "source": "kestra", "severity": "error"}, event=True)}
    if "teams" in low or "discord" in low or "zulip" in low or "googlechat" in low or "whatsapp" in low:
        key = {"discord": "content"}.get(next((k for k in ("discord",) if k in low), ""), "text")
        return {"payload": _payload({key: message}), "content": message if "discord" in low else None}
    if "telegram" in low:
        return {"payload": message, "parseMode": None}
    if "opsgenie" in low:
        return {"payload": _payload({"message": message})}
    return {"messageText": message, "body": message, "message": message}


def _payload(fields: dict[str, str], event: bool = False) -> str:
    """A JSON object as one expression, so that quotes in the values cannot break it."""
    inner = ", ".join(f"'{k}': {_literal(v)}" for k, v in fields.items())
    return f"{{{{ {{{inner}}} | toJson }}}}"


def _literal(text: str) -> str:
    """'Done: {{ x }}' as a Pebble expression: pieces joined with ~."""
    parts: list[str] = []
    for piece in re.split(r"(\{\{.*?\}\})", text):
        if piece.startswith("{{"):
            parts.append(f"({piece[2:-2].strip()})")
        elif piece:
            escaped = piece.replace("'", "’").replace("\n", " ")
            parts.append(f"'{escaped}'")
    return " ~ ".join(parts) or "''"


def _mail(w: Writer, step: Step, service: Service, name: str, message: str) -> list[Task]:
    low = w.text.masked
    to = w.email or _recipient(w, step)
    tasks: list[Task] = []
    attachments = None
    file = w.last_of("file")
    if (
        file
        and w.where != "errors"
        and re.search(r"\battach|\bas\s+(?:a\s+)?csv|\bcsv\b|\breport\b|\bexcel\b|\bpdf\b", low)
    ):
        if file.format == "ion":
            from copilot.draft.offline.blocks.convert import as_format

            tasks, uri = as_format(w, "csv")
            file = w.last_of("file") or file
        else:
            uri = f"{{{{ {file.expression} }}}}"
        attachments = [{"name": f"report.{'xlsx' if file.format == 'excel' else file.format}", "uri": uri}]
        message = "The report of {{ flow.id }} is attached." if "outputs" in message else message
    common: dict[str, Any] = {"subject": "{{ flow.id }} failed" if w.where == "errors" else "{{ flow.id }}: result"}
    if service.key == "sendgrid":
        common |= {
            "sendgridApiKey": w.secret("SENDGRID_API_KEY"),
            "from": w.ask("mail_from", "EMAIL", note="sender address"),
            "to": [to],
            "textContent": message,
        }
    elif service.key in ("outlook", "resend"):
        common |= {
            "to": [to],
            "body": message,
            "html": message,
            "from": w.ask("mail_from", "EMAIL", note="sender address"),
        }
    else:
        common |= {
            "host": w.secret("SMTP_HOST"),
            "port": 587,
            "username": w.secret("SMTP_USERNAME"),
            "password": w.secret("SMTP_PASSWORD"),
            "from": w.secret("SMTP_FROM"),
            "to": to,
            "htmlTextContent": message,
            "attachments": attachments,
        }
    if "Execution" in name:
        common.pop("htmlTextContent", None)
        common["executionId"] = "{{ trigger.executionId }}"
    return [*tasks, w.task("alert_by_mail" if w.where == "errors" else "send_mail", [short(name)], **common)]


def _recipient(w: Writer, step: Step) -> str:
    for known, spec in w.inputs.items():
        if spec.type == "EMAIL" or re.search(r"mail|recipient", known):
            return f"{{{{ inputs.{known} }}}}"
    who = re.search(
        r"\b(?:mail|e-?mail|inform|notify)\w*\s+(?:it\s+|this\s+|them\s+)?(?:to\s+)?(?:the\s+|our\s+)?([a-z]+)\b",
        step.words.lower(),
    )
    name = (
        who[1]
        if who
        and who[1]
        in (
            "reviewer",
            "buyer",
            "manager",
            "boss",
            "finance",
            "customer",
            "team",
            "ops",
            "owner",
            "admin",
            "sales",
            "support",
            "marketing",
            "accounting",
        )
        else "recipient"
    )
    return w.ask(f"{name}_email", "EMAIL", note=f"e-mail address of the {name}; it was not named")
