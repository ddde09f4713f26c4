"""Filters that encode, decode and digest text."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from engine.expressions.errors import ExpressionError
from engine.expressions.filters.text import as_text, only_text
from engine.expressions.registry import filter_
from engine.expressions.runtime import Frame


def _digest(frame: Frame, value: Any, name: str) -> Any:
    return None if value is None else hashlib.new(name, as_text(frame, value).encode()).hexdigest()


@filter_("md5")
def md5(frame: Frame, value: Any) -> Any:
    """The MD5 digest, in hexadecimal."""
    return _digest(frame, value, "md5")


@filter_("sha1")
def sha1(frame: Frame, value: Any) -> Any:
    """The SHA-1 digest, in hexadecimal."""
    return _digest(frame, value, "sha1")


@filter_("sha256")
def sha256(frame: Frame, value: Any) -> Any:
    """The SHA-256 digest of a text, in hexadecimal."""
    return None if value is None else _digest(frame, only_text("sha256", value), "sha256")


@filter_("sha512")
def sha512(frame: Frame, value: Any) -> Any:
    """The SHA-512 digest, in hexadecimal."""
    return _digest(frame, value, "sha512")


@filter_("base64encode")
def base64encode(frame: Frame, value: Any) -> Any:
    """Base64 of the text in UTF-8."""
    return None if value is None else base64.b64encode(as_text(frame, value).encode()).decode()


@filter_("base64decode")
def base64decode(frame: Frame, value: Any) -> Any:
    """The text behind base64."""
    if value is None:
        return None
    try:
        return base64.b64decode(as_text(frame, value).encode(), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError) as error:
        raise ExpressionError("The text is not base64") from error


@filter_("urlencode")
def urlencode(frame: Frame, value: Any) -> Any:
    """Safe within a URL's query; a space becomes a plus sign."""
    return None if value is None else quote_plus(as_text(frame, value), safe="*-._").replace("~", "%7E")


@filter_("urldecode")
def urldecode(frame: Frame, value: Any) -> Any:
    """Back from ``urlencode``."""
    return None if value is None else unquote_plus(as_text(frame, value))
