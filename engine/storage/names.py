"""Names that become parts of paths and URIs, checked in one place."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from engine.errors import Refused

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")


def namespace_path(namespace: str) -> str:
    """``company.team`` as ``company/team``; Refused when it could not be a namespace."""
    if not _NAMESPACE.fullmatch(namespace) or ".." in namespace or namespace.endswith("."):
        raise Refused(
            f"'{namespace}' cannot be a namespace",
            hint="a namespace is made of letters, digits, '-' and '_', joined by single dots",
            code="bad-namespace",
        )
    return namespace.replace(".", "/")


def slug(text: str) -> str:
    """A name as one path segment: lower case, dashes for what is neither letter, digit nor underscore."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower()).strip("-") or "x"


def safe_relative(path: str) -> PurePosixPath:
    """A relative path that stays below where it is put; Refused for absolute, upward, empty or odd ones."""
    parts = PurePosixPath(path.lstrip("/")).parts
    bad = not parts or any(part in ("..", ".") or len(part.encode("utf-8", "replace")) > 255 for part in parts)
    if bad or "\\" in path or any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        raise Refused(
            f"'{path}' cannot be the path of a stored file",
            hint="use a relative path of plain names, without '..' or control characters",
            code="bad-path",
        )
    return PurePosixPath(*parts)


def to_uri(path: str) -> str:
    """A storage path below the root as a ``kestra://`` URI."""
    return "kestra:///" + quote(path, safe="/._-~!$&'()*+,;=:@")


def from_uri(uri: str, scheme: str) -> PurePosixPath:
    """The storage path a URI of this scheme names; Refused when it has a host, query or unsafe path."""
    rest = uri.removeprefix(f"{scheme}://")
    if rest == uri or not rest.startswith("/") or "?" in rest or "#" in rest:
        raise Refused(
            f"'{uri}' is not a {scheme}:/// address of a stored file",
            hint="pass on the address exactly as the task that stored the file gave it",
            code="bad-uri",
        )
    return safe_relative(unquote(rest))
