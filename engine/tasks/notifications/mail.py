"""E-mail by SMTP."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.errors import TaskFailed
from engine.tasks.notifications.summary import SUMMARY, summary_of
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import refused
from engine.tasks.waiting import interruptible

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage

    from engine.tasks.context import RunContext

_STRATEGIES = ("SMTP", "SMTPS", "SMTP_TLS", "SMTP_OAUTH2")
_NO_OAUTH = {"accessToken": refused("mail by OAuth2 is not available, use SMTPS with a password")}
_PORTS = {"SMTP": 25, "SMTPS": 465, "SMTP_TLS": 587}


@runnable("io.kestra.plugin.notifications.mail.MailSend", effects="network")
@runnable("io.kestra.plugin.email.MailSend", effects="network", unread=_NO_OAUTH)
def mail_send(task: RunContext) -> Outputs:
    """Sends one message; text, HTML or both, with attachments and embedded images from storage."""
    props = Props(task)
    _send(task, props, _message(task, props, props.text("plainTextContent"), props.text("htmlTextContent")))
    return None


@runnable("io.kestra.plugin.notifications.mail.MailExecution", effects="network", unread=SUMMARY)
@runnable("io.kestra.plugin.email.MailExecution", effects="network", unread={**SUMMARY, **_NO_OAUTH})
def mail_execution(task: RunContext) -> Outputs:
    """Sends a summary of the execution."""
    props = Props(task)
    said = summary_of(task, props)
    message = _message(task, props, props.text("plainTextContent") or said.text, props.text("htmlTextContent"))
    if not message["Subject"]:
        del message["Subject"]
        message["Subject"] = said.title
    _send(task, props, message)
    return None


def _message(task: RunContext, props: Props, text: str, html: str) -> EmailMessage:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = _one_line(props.required("from"))
    message["To"] = _one_line(props.required("to").replace(";", ","))
    if props.has("cc"):
        message["Cc"] = _one_line(props.text("cc").replace(";", ","))
    message["Subject"] = _one_line(props.text("subject"))
    message.set_content(text or ("" if html else " "))
    if html:
        message.add_alternative(html, subtype="html")
        body = message.get_body(("html",))
        for name, content, (main, sub) in _files(task, props, "embeddedImages"):
            if isinstance(body, EmailMessage):
                body.add_related(content, maintype=main, subtype=sub, cid=f"<{name}>", filename=name)
    for name, content, (main, sub) in _files(task, props, "attachments"):
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _files(task: RunContext, props: Props, prop: str) -> Iterator[tuple[str, bytes, tuple[str, str]]]:
    for entry in props.items(prop):
        if not isinstance(entry, Mapping) or "uri" not in entry:
            raise TaskFailed(f"each of {prop} is a map with uri and name", code="wrong-kind")
        path = task.files.open(as_text(entry["uri"]))
        name = as_text(entry.get("name")) or path.name
        kind = as_text(entry.get("contentType")) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        yield name, path.read_bytes(), (main, sub or "octet-stream")


def _send(task: RunContext, props: Props, message: EmailMessage) -> None:
    import smtplib

    strategy = props.choice("transportStrategy", "SMTPS", _STRATEGIES)
    if strategy == "SMTP_OAUTH2":
        raise TaskFailed("OAuth2 for mail is not available here", code="no-oauth", hint="use SMTPS with a password")
    host, port = props.required("host"), props.integer("port", _PORTS[strategy])
    seconds = props.integer("sessionTimeout", 10_000) / 1000
    username, password = props.text("username"), props.text("password")
    secure = _tls(props, host)

    def work() -> None:
        try:
            server = (
                smtplib.SMTP_SSL(host, port, timeout=seconds, context=secure)
                if strategy == "SMTPS"
                else smtplib.SMTP(host, port, timeout=seconds)
            )
            with server:
                if strategy == "SMTP_TLS":
                    server.starttls(context=secure)
                if username:
                    server.login(username, password)
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise TaskFailed(
                f"mail was not sent by {host}:{port}: {error}",
                code="mail-not-sent",
                hint="are host, port, transportStrategy, username and password right?",
            ) from error

    interruptible(task, work)


def _tls(props: Props, host: str) -> ssl.SSLContext:
    """Certificates are checked unless the task says otherwise, or names this host among ``trustedHosts``."""
    import ssl

    context = ssl.create_default_context()
    if not props.flag("verifyServerIdentity", True) or host in props.strings("trustedHosts"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
