"""What expressions may ask of the engine: files, keys, secrets, logs, time. One object for each task run."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, NotFound, Refused
from engine.expressions.errors import MissingVariable
from engine.expressions.services import PureServices

if TYPE_CHECKING:
    from engine.storage.files import ExecutionFiles
    from engine.storage.kv import KvStore
    from engine.storage.masking import Masker
    from engine.storage.secrets import Secrets


class MissingKey(MissingVariable):
    """A key that the key-value store does not have; like any missing value, ``??`` looks past it."""

    code = "kv-missing"


class EngineServices:
    """Implements ``engine.expressions.services.Services`` on the engine's storage."""

    def __init__(
        self,
        *,
        namespace: str,
        now: Callable[[], float],
        files: Callable[[], ExecutionFiles],
        kv: KvStore,
        secrets: Secrets,
        masker: Masker,
        error_logs: Callable[[], Sequence[Mapping[str, Any]]],
        settings: Mapping[str, Any],
    ) -> None:
        self._namespace = namespace
        self._now = now
        self._open_files = files
        self._kv = kv
        self._secrets = secrets
        self._masker = masker
        self._error_logs = error_logs
        self._settings = settings

    @cached_property
    def _files(self) -> ExecutionFiles:
        """Made when an expression first asks for a file; most never do."""
        return self._open_files()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def read_file(self, uri: str) -> bytes:
        return self._files.open(self._absolute(uri)).read_bytes()

    def file_size(self, uri: str) -> int:
        return self._files.open(self._absolute(uri)).stat().st_size

    def may_read(self, uri: str) -> bool:
        return self._files.may_read(uri)

    def file_exists(self, uri: str) -> bool:
        return self._files.exists(self._absolute(uri))

    def _absolute(self, uri: str) -> str:
        """A bare path means a file of the namespace."""
        return uri if "://" in uri else f"nsfile:///{uri.lstrip('/')}"

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        try:
            if namespace is None or namespace == self._namespace:
                return self._kv.get_inherited(self._namespace, key)
            return self._kv.get(namespace, key)
        except NotFound as error:
            if error_on_missing:
                raise MissingKey(error.message, name=key, hint=error.hint) from error
            return None

    def secret(self, name: str, namespace: str | None, subkey: str | None) -> str:
        value = self._secrets.get(name, subkey)
        self._masker.add(value)
        return value

    def error_logs(self) -> Sequence[Mapping[str, Any]]:
        return self._error_logs()

    def encrypt(self, key: str, text: str) -> str:
        from engine.storage.encryption import encrypt

        return encrypt(key, text)

    def decrypt(self, key: str, text: str) -> str:
        from engine.storage.encryption import decrypt

        return decrypt(key, text)

    def http(self, request: Mapping[str, Any]) -> Any:
        if not self._settings.get("expressions.http"):
            raise Refused(
                "expressions may not reach the network",
                hint="use an http.Request task, or turn the setting expressions.http on",
                code="expression-network",
            )
        return fetch(request)

    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


def fetch(request: Mapping[str, Any]) -> Any:
    """One HTTP call for an expression: the JSON or the text of the answer."""
    import httpx

    try:
        answer = httpx.request(
            str(request.get("method") or "GET"),
            str(request["uri"]),
            headers=request.get("headers"),
            params=request.get("query"),
            json=request.get("body"),
            timeout=30,
        )
        answer.raise_for_status()
    except httpx.HTTPError as cause:
        raise EngineError(f"the call to {request.get('uri')} failed: {cause}", code="expression-http") from cause
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


class TriggerServices(PureServices):
    """For expressions of a trigger: time, secrets and keys."""

    def __init__(self, now: Callable[[], float], kv: KvStore, secrets: Secrets) -> None:
        super().__init__(clock=lambda: datetime.fromtimestamp(now(), UTC))
        self._kv = kv
        self._secrets = secrets

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        try:
            return self._kv.get(namespace or "", key)
        except NotFound:
            if error_on_missing:
                raise
            return None

    def secret(self, name: str, namespace: str | None, subkey: str | None) -> str:
        return self._secrets.get(name, subkey)
