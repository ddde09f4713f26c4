"""Functions that ask the services: keys, secrets, logs, encryption, the network, other flows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.durations import format_duration, parse_duration
from engine.errors import EnvironmentMissing, Refused
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import kind_of
from engine.expressions.registry import function
from engine.expressions.runtime import Frame
from engine.expressions.services import SubflowServices
from engine.expressions.values import is_empty

_SUBFLOW_MAX = timedelta(minutes=5)


def _text(function_name: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"The '{function_name}' function expects a text as '{name}', not {kind_of(value)}")
    return value


def _optional(value: Any) -> str | None:
    return value if isinstance(value, str) else None


@function("kv")
def kv(frame: Frame, key: Any, namespace: Any = None, errorOnMissing: Any = True) -> Any:
    """A value of the key-value store."""
    return frame.services.kv(_text("kv", "key", key), _optional(namespace), errorOnMissing is not False)


@function("secret")
def secret(frame: Frame, key: Any, namespace: Any = None, subkey: Any = None) -> str:
    """A secret."""
    value = frame.services.secret(_text("secret", "key", key), _optional(namespace), _optional(subkey))
    frame.budget.secrets.append(value)
    return value


@function("errorLogs", since="0.20")
def error_logs(frame: Frame) -> list[Any]:
    """The error logs of this execution."""
    return list(frame.services.error_logs())


@function("encrypt")
def encrypt(frame: Frame, key: Any, plaintext: Any) -> str:
    """A text sealed with a key."""
    return frame.services.encrypt(_text("encrypt", "key", key), _text("encrypt", "plaintext", plaintext))


@function("decrypt")
def decrypt(frame: Frame, key: Any, encrypted: Any) -> str:
    """The text behind a sealed one."""
    return frame.services.decrypt(_text("decrypt", "key", key), _text("decrypt", "encrypted", encrypted))


@function("env", since="2.0")
def env(frame: Frame, name: Any, default: Any = None) -> Any:
    """An environment variable that Kestra passes on (``envs``), or another value."""
    envs = frame.find("envs")
    wanted = _text("env", "name", name)
    known = envs if isinstance(envs, dict) else {}
    value = known.get(wanted, known.get(wanted.lower()))
    if not is_empty(value):
        return value
    if default is None:
        raise ExpressionError(f"The environment variable '{wanted}' is not set", hint="give a default")
    return default


@function("http", since="0.24")
def http(
    frame: Frame,
    uri: Any,
    method: Any = "GET",
    query: Any = None,
    body: Any = None,
    contentType: Any = None,
    headers: Any = None,
    options: Any = None,
    accept: Any = None,
) -> Any:
    """The body of an HTTP answer."""
    request = {
        "uri": _text("http", "uri", uri),
        "method": str(method).upper(),
        "query": query or {},
        "body": body,
        "contentType": contentType or "application/json",
        "headers": headers or {},
        "options": options or {},
        "accept": accept or "application/json",
    }
    return frame.services.http(request)


@function("subflow", since="2.0")
def subflow(
    frame: Frame,
    namespace: Any = None,
    id_: Any = None,
    inputs: Any = None,
    revision: Any = None,
    labels: Any = None,
    timeout: Any = None,
) -> Any:
    """Another flow run to its end: ``id``, ``state``, ``outputs`` and ``labels``; for the values of inputs only."""
    if namespace is None or id_ is None:
        raise ExpressionError("The 'subflow' function expects the arguments 'namespace' and 'id'")
    if frame.find("taskrun") is not None or frame.find("trigger") is not None:
        message = "The 'subflow' function cannot be used within a task or trigger, only for the values of an input"
        raise ExpressionError(message, hint="use a Subflow task")
    if not isinstance(frame.find("flow"), dict):
        raise ExpressionError("The 'subflow' function needs a flow context")
    _check_subflow_labels(labels)
    _check_subflow_timeout(timeout)
    services = frame.services
    if not isinstance(services, SubflowServices):
        raise EnvironmentMissing("No flows can be run from this expression", hint="use a Subflow task")
    request = {"inputs": inputs or {}, "revision": revision, "labels": labels or {}, "timeout": timeout}
    return services.subflow(_text("subflow", "namespace", namespace), _text("subflow", "id", id_), request)


def _check_subflow_labels(labels: Any) -> None:
    given = labels if isinstance(labels, dict) else {}
    reserved = [name for name in map(str, given) if name.startswith("system.") and name != "system.correlationId"]
    if reserved:
        raise ExpressionError(f"The 'subflow' function cannot set the system label '{reserved[0][:100]}'")


def _check_subflow_timeout(timeout: Any) -> None:
    if timeout is None:
        return
    try:
        asked = timeout if isinstance(timeout, timedelta) else parse_duration(_text("subflow", "timeout", timeout))
    except ValueError as error:
        raise ExpressionError(f"The 'subflow' function needs a duration as 'timeout': {error}") from error
    if asked > _SUBFLOW_MAX:
        message = f"The 'timeout' of the 'subflow' function exceeds the maximum of {format_duration(_SUBFLOW_MAX)}"
        raise ExpressionError(message)


@function("appLink", "credential")
def enterprise(frame: Frame, id_: Any = None) -> Any:
    """Only in the Enterprise Edition."""
    raise Refused("This function exists only in Kestra's Enterprise Edition")
