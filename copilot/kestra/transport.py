"""Requests to a Kestra server: credentials, retries, and errors that say what to do."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from copilot.errors import Usage
from copilot.kestra.errors import (
    Conflict,
    KestraError,
    Missing,
    NotKestra,
    Rejected,
    ServerFailed,
    ServerUnreachable,
    TenantMissing,
    Unauthorized,
)

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)
_BUSY = (429, 502, 503, 504)
_LONGEST_PAUSE = 60.0
_LONGEST_MESSAGE = 600


@dataclass(frozen=True, slots=True)
class Login:
    """Basic with ``user`` and ``password``, else ``token`` as bearer, else nothing."""

    user: str | None = None
    password: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """``tries`` of one request in all; the pause after the first is ``backoff`` seconds and doubles, with some chance
    in it; ``timeout`` seconds for one answer. ``sleep`` and ``chance`` come in from outside."""

    tries: int = 4
    backoff: float = 0.5
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Transport:
    """One server. ``url`` is its address without path. Close it after use."""

    def __init__(self, url: str, login: Login, patience: Patience) -> None:
        import httpx

        if not url.startswith(("http://", "https://")) or "@" in urlsplit(url).netloc:
            hint = "http://host:port; credentials go into FLOWWRIGHT_KESTRA_USER and FLOWWRIGHT_KESTRA_PASSWORD"
            raise Usage(f"'{url.rpartition('@')[2]}' cannot be the address of a Kestra server", hint=hint)
        self.url = url.rstrip("/")
        self.patience = patience
        auth = (login.user, login.password or "") if login.user else None
        headers = {"Accept": "application/json"}
        if login.token and auth is None:
            headers["Authorization"] = f"Bearer {login.token}"
        self._http = httpx.Client(
            base_url=self.url, auth=auth, headers=headers, timeout=patience.timeout, follow_redirects=True
        )

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, *, again: bool | None = None, **request: Any) -> httpx.Response:
        """The answer to a request when it is good; a KestraError otherwise.

        What did not arrive, and what the server was too busy for, is sent again; with ``again`` (by default all but
        POST) also what may have arrived.
        """
        import httpx

        repeatable = method != "POST" if again is None else again
        answer: httpx.Response | None = None
        problem: Exception | None = None
        for attempt in range(1, self.patience.tries + 1):
            try:
                answer, problem = self._http.request(method, path, **request), None
                if answer.status_code not in _BUSY and not (answer.status_code >= 500 and repeatable):
                    break
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                answer, problem = None, error
            except httpx.TransportError as error:
                answer, problem = None, error
                if not repeatable:
                    break
            if attempt < self.patience.tries:
                self._pause(attempt, answer)
        if answer is None:
            raise self._unreachable(problem)
        return self._good(answer)

    @contextmanager
    def stream(self, path: str) -> Iterator[Iterator[str]]:
        """The lines of an endless answer. KestraError; what breaks on the way is ServerUnreachable."""
        import httpx

        accept = {"Accept": "text/event-stream"}
        try:
            with self._http.stream("GET", path, headers=accept) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    self._good(answer)
                yield answer.iter_lines()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _pause(self, attempt: int, answer: httpx.Response | None) -> None:
        seconds = self.patience.backoff * 2 ** (attempt - 1) * (0.5 + self.patience.chance())
        told = answer.headers.get("retry-after", "") if answer is not None else ""
        if told.isdecimal():
            seconds = float(told)
        reason = "no answer" if answer is None else f"HTTP {answer.status_code}"
        _log.info("%s: %s, trying again in %.1f s", self.url, reason, seconds)
        self.patience.sleep(min(seconds, _LONGEST_PAUSE))

    def _unreachable(self, problem: Exception | None) -> ServerUnreachable:
        return ServerUnreachable(
            f"no Kestra server answers at {self.url}: {problem or 'no answer'}",
            hint="start it, or name another address with --to or FLOWWRIGHT_KESTRA_URL",
        )

    def _good(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code < 400:
            return answer
        raise error_of(answer.status_code, *_said(answer), self.url)


def _said(answer: httpx.Response) -> tuple[str, tuple[str, ...]]:
    """(message, violations) of an error as Kestra writes it, or the plain text."""
    try:
        body = answer.json()
    except ValueError:
        return answer.text[:_LONGEST_MESSAGE].strip() or answer.reason_phrase, ()
    if not isinstance(body, Mapping):
        return str(body)[:_LONGEST_MESSAGE], ()
    embedded = body.get("_embedded")
    errors = embedded.get("errors") if isinstance(embedded, Mapping) else None
    listed = errors if isinstance(errors, list) else []
    violations = tuple(
        f"{e['path']}: {e.get('message', '')}" if e.get("path") else str(e.get("message", ""))
        for e in listed
        if isinstance(e, Mapping)
    )
    return str(body.get("message") or answer.reason_phrase)[:_LONGEST_MESSAGE], violations


def error_of(status: int, message: str, violations: tuple[str, ...], url: str) -> KestraError:
    """The error for a status of 400 and above."""
    if status == 401:
        hint = "set FLOWWRIGHT_KESTRA_USER and FLOWWRIGHT_KESTRA_PASSWORD, or FLOWWRIGHT_KESTRA_TOKEN"
        return Unauthorized(f"{url} wants other credentials: {message}", hint=hint)
    if status == 403:
        return Unauthorized(f"{url} does not allow that: {message}", hint="use a user who may", code="kestra-forbidden")
    if "tenant" in message.lower() and status in (400, 404):
        hint = "set FLOWWRIGHT_KESTRA_TENANT; it is main in the open-source edition"
        return TenantMissing(f"{url}: {message}", hint=hint)
    if status == 404:
        return Missing(message, hint="check namespace, id and address")
    if status == 409:
        return Conflict(message, hint="look at its state first")
    if status in (400, 422):
        return Rejected(message, hint="correct what the server names", violations=violations)
    if status >= 500 or status == 429:
        hint = "look at the server's log, and try again"
        return ServerFailed(f"{url} failed with HTTP {status}: {message}", hint=hint)
    return NotKestra(f"{url} answers with HTTP {status}: {message}", hint="is this the address of a Kestra server?")
