"""What expressions may ask of the world. Everything else is computed from the variables alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from engine.errors import EnvironmentMissing, Refused


class Services(Protocol):
    """The functions of the expression language that need more than their arguments. All may raise EngineError."""

    def now(self) -> datetime:
        """The current time, with the zone that dates without one are in."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """The one source of randomness (uuid, ksuid, nanoId, randomInt, ...)."""
        ...

    def read_file(self, uri: str) -> bytes:
        """The content of a kestra:// or file:// URI.

        That a kestra:// URI belongs to this execution, its trigger's or a namespace has been checked; whether a
        local file may be read has not. NotFound, Refused.
        """
        ...

    def file_size(self, uri: str) -> int:
        """In bytes; as ``read_file``."""
        ...

    def file_exists(self, uri: str) -> bool:
        """Whether ``read_file`` would find it. Refused as there."""
        ...

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        """The value; None when missing and ``error_on_missing`` is false, else NotFound."""
        ...

    def secret(self, name: str, namespace: str | None, subkey: str | None) -> str: ...
    def error_logs(self) -> Sequence[Mapping[str, Any]]: ...
    def encrypt(self, key: str, text: str) -> str: ...
    def decrypt(self, key: str, text: str) -> str: ...
    def http(self, request: Mapping[str, Any]) -> Any:
        """Refused unless the engine's settings allow expressions to reach the network."""
        ...

    def free_port(self) -> int: ...


@runtime_checkable
class SharedFiles(Protocol):
    """What lets expressions read files of other executions than their own; a service may leave it out."""

    def may_read(self, uri: str) -> bool:
        """Whether a kestra:// URI of another execution may be read (a subflow's outputs, say)."""
        ...


@runtime_checkable
class SubflowServices(Protocol):
    """What the ``subflow`` function needs beyond ``Services``; a service may leave it out."""

    def subflow(self, namespace: str, flow_id: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a flow to its end; gives ``id``, ``state``, ``outputs``, ``labels``.

        ``request`` holds ``inputs``, ``revision``, ``labels``, ``timeout`` (an ISO duration or None).
        """
        ...


def _system_now() -> datetime:
    return datetime.now(UTC)


class PureServices:
    """No storage, no keys, no secrets, no network: only a clock and a source of randomness, both replaceable.

    Everything else raises EngineError, saying what is not there.
    """

    def __init__(
        self, clock: Callable[[], datetime] = _system_now, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._clock = clock
        self._random = random

    def now(self) -> datetime:
        return self._clock()

    def random_bytes(self, count: int) -> bytes:
        return self._random(count)

    def read_file(self, uri: str) -> bytes:
        raise _absent("storage")

    def file_size(self, uri: str) -> int:
        raise _absent("storage")

    def file_exists(self, uri: str) -> bool:
        raise _absent("storage")

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        raise _absent("key-value store")

    def secret(self, name: str, namespace: str | None, subkey: str | None) -> str:
        raise _absent("secret store")

    def error_logs(self) -> Sequence[Mapping[str, Any]]:
        raise _absent("log store")

    def encrypt(self, key: str, text: str) -> str:
        from engine.expressions.sealing import seal

        return seal(key, text, self._random(12))

    def decrypt(self, key: str, text: str) -> str:
        from engine.expressions.sealing import unseal

        return unseal(key, text)

    def http(self, request: Mapping[str, Any]) -> Any:
        raise Refused("Expressions may not reach the network here", hint="use an http.Request task")

    def free_port(self) -> int:
        raise _absent("network")


def _absent(what: str) -> EnvironmentMissing:
    return EnvironmentMissing(f"No {what} is available to this expression", hint="run it within an execution")
