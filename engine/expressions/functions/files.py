"""Functions over files of the execution and of namespaces.

A file may be read when it belongs to this execution, to the execution that triggered it, or to a namespace, or
when the services say so.
"""

from __future__ import annotations

import re
from typing import Any

from engine.errors import Refused
from engine.expressions.errors import ExpressionError
from engine.expressions.numbers import kind_of
from engine.expressions.registry import function
from engine.expressions.runtime import Frame
from engine.expressions.services import SharedFiles

_KESTRA = "kestra:///"
_NAMESPACE_FILE = re.compile(r"nsfile://([^/]*)/(.*)", re.DOTALL)
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")


def _resolve(frame: Frame, path: Any, namespace: Any) -> str:
    """The URI of a path, if it may be read, else ExpressionError; a file:// URI is the services' to allow."""
    if not isinstance(path, str):
        raise ExpressionError(f"Unable to read the file: its path is {kind_of(path)}")
    own_namespace = _text(frame, "flow", "namespace")
    wanted = namespace if isinstance(namespace, str) else None
    if path.startswith(_KESTRA):
        _check(frame, path)
        return path
    if path.startswith("file:"):
        return path
    if found := _NAMESPACE_FILE.fullmatch(path):
        authority, inner = found.groups()
        if authority and wanted:
            raise ExpressionError("A namespace cannot be set both as an argument and inside the URI")
        return namespace_uri(inner, wanted or authority or own_namespace)
    if _URI.match(path):
        raise ExpressionError(f"Cannot process the URI {path[:200]}: scheme not supported")
    return namespace_uri(path, wanted or own_namespace)


def namespace_uri(path: str, namespace: str | None) -> str:
    """A namespace file's URI is made here and not asked for, so that a missing file can be asked about."""
    if ".." in path.replace("\\", "/").split("/"):
        raise ExpressionError("Path must not contain '../'")
    if namespace is None:
        raise ExpressionError(f"The file '{path[:200]}' belongs to no namespace")
    return f"{_KESTRA}{namespace.replace('.', '/')}/_files/{path.lstrip('/')}"


def _text(frame: Frame, variable: str, key: str) -> str | None:
    holder = frame.find(variable)
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def _check(frame: Frame, uri: str) -> None:
    segments = uri[len(_KESTRA) :].split("/")
    if ".." in segments or "." in segments:
        raise ExpressionError("Path must not contain '../'")
    owners = (
        (_text(frame, "flow", "namespace"), _text(frame, "flow", "id"), _text(frame, "execution", "id")),
        tuple(_text(frame, "trigger", key) for key in ("namespace", "flowId", "executionId")),
    )
    for namespace, flow, execution in owners:
        if namespace is None:
            continue
        base = _KESTRA + namespace.replace(".", "/")
        if uri.startswith(f"{base}/_files/"):
            return
        flow_segment, _, rest = uri.removeprefix(f"{base}/").partition("/")
        if flow and execution and _slug(flow_segment) == _slug(flow) and rest.startswith(f"executions/{execution}/"):
            return
    if isinstance(frame.services, SharedFiles) and frame.services.may_read(uri):
        return
    raise ExpressionError(f"Unable to read the file '{uri}' as it didn't belong to the current execution")


def _slug(flow: str) -> str:
    return re.sub(r"-+", "-", re.sub(r"[^A-Za-z0-9_-]", "", flow).replace("_", "-")).strip("-").lower()


@function("read")
def read(frame: Frame, path: Any, namespace: Any = None, version: Any = None) -> str:
    """The text of a file, in its present version: older versions of namespace files are not kept here."""
    if version is not None:
        raise Refused("Older versions of namespace files are not kept here", hint="leave 'version' out of read()")
    uri = _resolve(frame, path, namespace)
    size = frame.services.file_size(uri)
    frame.budget.length(size)
    return frame.services.read_file(uri).decode(errors="replace")


@function("fileSize")
def file_size(frame: Frame, path: Any, namespace: Any = None) -> int:
    """The size of a file in bytes."""
    return frame.services.file_size(_resolve(frame, path, namespace))


@function("fileExists", since="0.22")
def file_exists(frame: Frame, path: Any, namespace: Any = None) -> bool:
    """Whether a file exists."""
    return frame.services.file_exists(_resolve(frame, path, namespace))


@function("isFileEmpty", since="0.22")
def is_file_empty(frame: Frame, path: Any, namespace: Any = None) -> bool:
    """Whether a file has no content."""
    return frame.services.file_size(_resolve(frame, path, namespace)) == 0


@function("fileURI")
def file_uri(frame: Frame, path: Any, namespace: Any = None) -> str:
    """The URI of a namespace file."""
    if not isinstance(path, str):
        raise ExpressionError(f"The 'fileURI' function expects a path, not {kind_of(path)}")
    wanted = namespace if isinstance(namespace, str) else None
    return namespace_uri(path, wanted or _text(frame, "flow", "namespace"))
