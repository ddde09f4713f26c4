"""Messages sent to a real web server and a real mail server."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from engine.errors import TaskFailed

RUN = {"flow": {"namespace": "company.team", "id": "orders"}, "execution": {"id": "e1", "state": "FAILED"}}


@pytest.mark.parametrize(
    "name",
    [
        "slack.notifications.SlackIncomingWebhook",
        "notifications.slack.SlackIncomingWebhook",
        "discord.DiscordIncomingWebhook",
        "notifications.teams.TeamsIncomingWebhook",
        "microsoft365.teams.TeamsIncomingWebhook",
        "googleworkspace.chat.GoogleChatIncomingWebhook",
        "pagerduty.PagerDutyAlert",
    ],
)
def test_a_payload_is_posted_as_json(make_task: Any, web: Any, name: str) -> None:
    payload = '{"text": "{{ flow.id }} failed"}'
    make_task(name, VARIABLES=RUN, url=web.url("/hook"), payload=payload).result()
    method, path, headers, body = web.seen[0]
    assert (method, path, headers["Content-Type"]) == ("POST", "/hook", "application/json")
    assert json.loads(body) == {"text": "orders failed"}


def test_slack_takes_a_plain_message_too(make_task: Any, web: Any) -> None:
    make_task("slack.notifications.SlackIncomingWebhook", url=web.url("/hook"), messageText='say "hi"').result()
    assert json.loads(web.seen[0][3]) == {"text": 'say "hi"'}


def test_a_payload_that_is_not_json_is_warned_about(make_task: Any, web: Any) -> None:
    task = make_task("slack.notifications.SlackIncomingWebhook", url=web.url("/hook"), payload='{"text": oops}')
    task.result()
    assert "not JSON" in task.messages("WARN")[0]


def test_a_refusal_by_the_service_fails_the_task_without_the_address_key(make_task: Any, web: Any) -> None:
    web.answers["/hook"] = (400, {}, b"invalid_payload")
    with pytest.raises(TaskFailed, match="answered 400: invalid_payload"):
        make_task("discord.DiscordIncomingWebhook", url=web.url("/hook"), payload="{}").result()
    with pytest.raises(TaskFailed, match="nothing to send"):
        make_task("discord.DiscordIncomingWebhook", url=web.url("/hook")).result()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("slack.notifications.SlackExecution", ("text",)),
        ("notifications.slack.SlackExecution", ("text",)),
        ("discord.DiscordExecution", ("content",)),
        ("notifications.teams.TeamsExecution", ("sections", 0, "text")),
        ("googleworkspace.chat.GoogleChatExecution", ("text",)),
        ("opsgenie.OpsgenieExecution", ("description",)),
        ("zenduty.ZendutyExecution", ("summary",)),
    ],
)
def test_an_execution_is_summed_up(make_task: Any, web: Any, name: str, where: tuple[Any, ...]) -> None:
    more = {"customMessage": "look here", "customFields": {"team": "data"}}
    make_task(name, VARIABLES=RUN, url=web.url("/hook"), executionId="{{ execution.id }}", **more).result()
    found = json.loads(web.seen[0][3])
    for key in where:
        found = found[key]
    assert found == "company.team.orders execution e1 is FAILED\nlook here\nteam: data"


def test_discord_embeds_and_opsgenie_tokens_are_sent(make_task: Any, web: Any) -> None:
    embeds = [{"title": "T", "color": [1, 2, 3]}]
    make_task("discord.DiscordExecution", VARIABLES=RUN, url=web.url("/d"), embedList=embeds, username="bot").result()
    sent = json.loads(web.seen[0][3])
    assert sent["embeds"] == [{"title": "T", "color": 66051}] and sent["username"] == "bot"
    make_task("opsgenie.OpsgenieAlert", url=web.url("/o"), payload="{}", authorizationToken="t").result()
    assert web.seen[1][2]["Authorization"] == "GenieKey t"


def test_telegram_posts_to_the_bot_of_its_token(make_task: Any, web: Any) -> None:
    how = {"token": "T", "channel": "42", "endpointOverride": web.url("")}
    make_task("telegram.TelegramSend", payload='{"text": "hi"}', **how).result()
    make_task("telegram.TelegramSend", payload="plain", parseMode="HTML", **how).result()
    assert [(path, json.loads(body)) for _, path, _, body in web.seen] == [
        ("/botT/sendMessage", {"chat_id": "42", "text": "hi"}),
        ("/botT/sendMessage", {"chat_id": "42", "text": "plain", "parse_mode": "HTML"}),
    ]


class _Mail(socketserver.StreamRequestHandler):
    """The least of SMTP: takes any message."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part)
                self.server.messages.append(b"".join(lines))  # type: ignore[attr-defined]
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail_server() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail) as server:
        server.messages = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_mail_has_text_html_images_and_attachments(make_task: Any, mail_server: Any) -> None:
    task = make_task(
        "email.MailSend",
        host="127.0.0.1",
        port=mail_server.server_address[1],
        transportStrategy="SMTP",
        to="a@example.com;b@example.com",
        subject="Orders\nBcc: evil@example.com",
        htmlTextContent="<b>hi</b>",
        plainTextContent="hi",
        **{"from": "me@example.com"},
    )
    uri = task.store("report.csv", "x,y")
    task.properties = {**task.properties, "attachments": [{"name": "r.csv", "uri": uri, "contentType": "text/csv"}]}
    task.result()
    message = message_from_bytes(mail_server.messages[0], policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "a@example.com, b@example.com" or message["To"] == "a@example.com,b@example.com"
    assert message["Subject"] == "Orders Bcc: evil@example.com" and message["Bcc"] is None
    assert message.get_body(("plain",)).get_content().strip() == "hi"  # type: ignore[union-attr]
    assert "<b>hi</b>" in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert [part.get_filename() for part in message.iter_attachments()] == ["r.csv"]


def test_mail_on_an_execution_has_a_subject_and_summary(make_task: Any, mail_server: Any) -> None:
    make_task(
        "notifications.mail.MailExecution",
        VARIABLES=RUN,
        host="127.0.0.1",
        port=mail_server.server_address[1],
        transportStrategy="SMTP",
        to="a@example.com",
        executionId="{{ execution.id }}",
        **{"from": "me@example.com"},
    ).result()
    message = message_from_bytes(mail_server.messages[0], policy=policy.default)
    assert message["Subject"] == "company.team.orders execution e1 is FAILED"


def test_a_mail_server_that_is_not_there_is_told(make_task: Any) -> None:
    how = {
        "host": "127.0.0.1",
        "port": 9,
        "transportStrategy": "SMTP",
        "to": "a@b.c",
        "password": "hush",
        "username": "u",
    }
    with pytest.raises(TaskFailed, match="mail was not sent by") as failure:
        make_task("email.MailSend", **how, **{"from": "a@b.c"}).result()
    assert "hush" not in str(failure.value)


def sent(make_task: Any, web: Any, name: str, **properties: Any) -> Any:
    """What an Execution type posts, as JSON."""
    how = {"executionId": "{{ execution.id }}", "url": web.url("/hook"), **properties}
    make_task(name, VARIABLES=RUN, **how).result()
    return json.loads(web.seen[-1][3])


def test_whatsapp_names_its_contacts_and_the_sender(make_task: Any, web: Any) -> None:
    how = {"profileName": "Ops", "whatsAppIds": ["1", "2"], "from": "9", "messageId": "m", "textBody": "look"}
    assert sent(make_task, web, "meta.whatsapp.WhatsAppExecution", **how) == {
        "contacts": [{"profile": {"name": "Ops"}, "wa_id": "1"}, {"profile": {"name": "Ops"}, "wa_id": "2"}],
        "messages": [{"from": "9", "id": "m", "text": {"body": "look"}, "type": "text"}],
    }


def test_alerts_carry_what_the_task_says_of_them(make_task: Any, web: Any) -> None:
    alert = sent(make_task, web, "opsgenie.OpsgenieExecution", responders={"r1": "team"}, visibleTo={"u1": "user"})
    assert alert["responders"] == [{"id": "r1", "type": "team"}]
    assert alert["visibleTo"] == [{"id": "u1", "type": "user"}]
    how = {"message": "m", "priority": "P1", "eventId": "e", "status": "trigger", "tags": {"env": "prod"}}
    alert = sent(make_task, web, "notifications.squadcast.SquadcastExecution", **how)
    assert {key: alert[key] for key in ("message", "priority", "event_id", "status", "tags")} == {
        "message": "m", "priority": "P1", "event_id": "e", "status": "trigger", "tags": {"env": "prod"}
    }  # fmt: skip
    alert = sent(make_task, web, "zenduty.ZendutyExecution", urls=["http://a.example"])
    assert (alert["alert_type"], alert["entity_id"], alert["urls"]) == ("error", "e1", ["http://a.example"])
    alert = sent(make_task, web, "zenduty.ZendutyExecution", alertType="CRITICAL", entityId="x")
    assert (alert["alert_type"], alert["entity_id"]) == ("critical", "x")
    alert = sent(make_task, web, "zulip.ZulipExecution", channel="ops", username="bot")
    assert (alert["channel"], alert["username"]) == ("ops", "bot")


def test_mail_by_oauth_is_refused_at_once(make_task: Any) -> None:
    with pytest.raises(TaskFailed, match="accessToken cannot be honoured here"):
        make_task("email.MailSend", host="127.0.0.1", accessToken="t").result()
