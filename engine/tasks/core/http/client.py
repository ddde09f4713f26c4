"""Building one HTTP call from the properties that Download and Request share."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.errors import TaskFailed
from engine.tasks.props import Props, as_text
from engine.tasks.unread import no_effect

if TYPE_CHECKING:
    import httpx

    from engine.tasks.context import RunContext

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
_CONNECT_SECONDS = 60.0
_READ_SECONDS = 300.0
_SHOWN_BODY = 500
UNREAD = {
    "options.logLevel": no_effect("options.logs says what of a call is logged"),
    "options.connectionPoolIdleTimeout": no_effect("every call has a connection of its own"),
    "options.enabledTcpExtendedKeepAlive": no_effect("every call has a connection of its own", True),
}
_STORED = ("kestra://", "nsfile://", "file://")


@dataclass(frozen=True, slots=True)
class Call:
    """What to send, and which answers are failures."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: tuple[tuple[str, str], ...]
    content: bytes | None = None
    form: Mapping[str, Any] | None = None
    files: tuple[tuple[str, Path, str], ...] = ()
    multipart: bool = False
    follow_redirects: bool = True
    verify: bool = True
    connect_seconds: float = _CONNECT_SECONDS
    read_seconds: float = _READ_SECONDS
    proxy: str | None = None
    auth: tuple[str, str, str] | None = None
    allow_failed: bool = False
    allowed_codes: frozenset[int] = field(default_factory=frozenset)
    logs: frozenset[str] = field(default_factory=frozenset)

    def refuses(self, code: int) -> bool:
        """Whether an answer with this status fails the task."""
        if self.allowed_codes:
            return code not in self.allowed_codes
        return code >= 400 and not self.allow_failed


def call_of(task: RunContext) -> Call:
    """The call a task describes, all rendered."""
    props = Props(task)
    options = props.within("options")
    timeout = options.within("timeout")
    headers = {key: value for key, value in props.texts("headers").items() if value}
    content_type = props.text("contentType", "application/json")
    form, files = _form(task, props) if props.has("formData") else (None, ())
    content = props.text("body").encode() if props.has("body") and form is None else None
    if content is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    auth = _auth(options)
    if auth is not None and auth[0] == "BEARER":
        headers["Authorization"] = f"Bearer {auth[2]}"
    return Call(
        method=props.choice("method", "GET", METHODS),
        url=_http_url(props.required("uri")),
        headers=headers,
        params=tuple(_params(props.mapping("params"))),
        content=content,
        form=form,
        files=files,
        multipart=content_type.lower().startswith("multipart/") or bool(files),
        follow_redirects=options.flag("followRedirects", True),
        verify=not (_trusts_all(options.within("ssl")) or _trusts_all(props.within("sslOptions"))),
        connect_seconds=timeout.seconds("connectTimeout", options.seconds("connectTimeout")) or _CONNECT_SECONDS,
        read_seconds=timeout.seconds("readIdleTimeout", options.seconds("readTimeout")) or _READ_SECONDS,
        proxy=_proxy(options),
        auth=auth,
        allow_failed=options.flag("allowFailed", props.flag("allowFailed")),
        allowed_codes=frozenset(int(as_text(code)) for code in options.items("allowedResponseCodes")),
        logs=frozenset(options.strings("logs")),
    )


def _http_url(url: str) -> str:
    url = url.strip()
    if not url.lower().startswith(("http://", "https://")):
        raise TaskFailed(
            f"'{url[:120]}' is not an http or https address",
            code="not-a-url",
            hint="a URL starts with http:// or https://",
        )
    return url.replace(" ", "%20")


def _params(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        for item in value if isinstance(value, list) else [value]:
            yield name, as_text(item)


def _form(task: RunContext, props: Props) -> tuple[dict[str, Any], tuple[tuple[str, Path, str], ...]]:
    """Fields and files of a form: a stored file's URI is sent as the file, ``{name, content}`` names it."""
    fields: dict[str, Any] = {}
    files: list[tuple[str, Path, str]] = []
    for key, value in props.mapping("formData").items():
        if isinstance(value, Mapping) and "content" in value:
            content, name = as_text(value["content"]), as_text(value.get("name")) or key
        else:
            content, name = as_text(value), ""
        if content.startswith(_STORED):
            path = task.files.open(content)
            files.append((key, path, name or path.name))
        else:
            fields[key] = [as_text(item) for item in value] if isinstance(value, list) else content
    return fields, tuple(files)


def _auth(options: Props) -> tuple[str, str, str] | None:
    """Kind, user and password or token."""
    auth = options.within("auth")
    if options.has("auth"):
        kind = auth.choice("type", "BASIC", ("BASIC", "BEARER", "DIGEST"))
        return kind, auth.text("username"), auth.text("token" if kind == "BEARER" else "password")
    if options.has("basicAuthUser"):
        return "BASIC", options.text("basicAuthUser"), options.text("basicAuthPassword")
    return None


def _trusts_all(ssl: Props) -> bool:
    return ssl.flag("insecureTrustAllCertificates")


def _proxy(options: Props) -> str | None:
    proxy = options.within("proxy")
    address = proxy.text("address") or options.text("proxyAddress")
    kind = proxy.text("type") or options.text("proxyType", "DIRECT")
    if not address or kind == "DIRECT":
        return None
    scheme = "socks5" if kind == "SOCKS" else "http"
    user = proxy.text("username") or options.text("proxyUsername")
    password = proxy.text("password") or options.text("proxyPassword")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return f"{scheme}://{login}{address}:{proxy.text('port') or options.text('proxyPort', '8080')}"


@contextmanager
def answer(call: Call) -> Iterator[httpx.Response]:
    """The answer to a call, its body not read yet. TaskFailed when there is none or its status is a failure."""
    import httpx

    auth: httpx.Auth | None = None
    if call.auth is not None and call.auth[0] != "BEARER":
        auth = (httpx.DigestAuth if call.auth[0] == "DIGEST" else httpx.BasicAuth)(call.auth[1], call.auth[2])
    timeout = httpx.Timeout(call.read_seconds, connect=call.connect_seconds)
    with ExitStack() as stack:
        try:
            client = stack.enter_context(
                httpx.Client(
                    timeout=timeout,
                    verify=call.verify,
                    follow_redirects=call.follow_redirects,
                    proxy=call.proxy,
                    auth=auth,
                    trust_env=False,
                )
            )
            response = stack.enter_context(client.stream(call.method, call.url, **_arguments(call, stack)))
            if call.refuses(response.status_code):
                raise _refused(call, response)
            yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise TaskFailed(
                f"{call.method} {_shown(call.url)} got no answer: {reason}",
                code="no-answer",
                hint="is the address right and the server up?",
            ) from error


def _arguments(call: Call, stack: ExitStack) -> dict[str, Any]:
    arguments: dict[str, Any] = {"headers": dict(call.headers), "content": call.content}
    if call.params:
        arguments["params"] = _merged_params(call)
    if call.form is None:
        return arguments
    if not call.multipart:
        return {**arguments, "data": dict(call.form)}
    arguments["headers"].pop("Content-Type", None)
    parts: list[tuple[str, Any]] = [
        (key, (None, item.encode()))
        for key, value in call.form.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    for key, path, name in call.files:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        parts.append((key, (name, stack.enter_context(path.open("rb")), kind)))
    return {**arguments, "files": parts}


def _merged_params(call: Call) -> Any:
    """httpx drops the query of the URL when it is given params, so both are joined here."""
    import httpx

    params = httpx.URL(call.url).params
    for name, value in call.params:
        params = params.add(name, value)
    return params


def _refused(call: Call, response: httpx.Response) -> TaskFailed:
    body = response.read()[:_SHOWN_BODY].decode(errors="replace").strip()
    return TaskFailed(
        f"{call.method} {_shown(call.url)} answered {response.status_code}" + (f": {body}" if body else ""),
        code="http-status",
        hint="set options.allowFailed or options.allowedResponseCodes where this status is expected",
        outputs={"code": response.status_code},
    )


def _shown(url: str) -> str:
    """A URL without the user and the query, where keys and passwords live."""
    import httpx

    parsed = httpx.URL(url)
    return str(parsed.copy_with(query=None, userinfo=b""))


def headers_of(response: httpx.Response) -> dict[str, list[str]]:
    """Headers as sent, each with the list of its values."""
    found: dict[str, list[str]] = {}
    for name, value in response.headers.raw:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def log_call(task: RunContext, call: Call, response: httpx.Response, body: str | None = None) -> None:
    """Logs the parts that ``options.logs`` asks for."""
    parts = {
        "REQUEST_HEADERS": json.dumps(dict(call.headers)),
        "REQUEST_BODY": (call.content or b"").decode(errors="replace"),
        "RESPONSE_HEADERS": json.dumps(headers_of(response)),
        "RESPONSE_BODY": body or "",
    }
    for name, text in parts.items():
        if name in call.logs:
            task.log("INFO", f"{name}: {text}")
