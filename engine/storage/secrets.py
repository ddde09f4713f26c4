"""Secrets from ``SECRET_NAME`` variables of a given environment, base64 as Kestra's open-source edition wants them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from engine.errors import EnvironmentMissing, NotFound

_PREFIX = "SECRET_"


class Secrets:
    """Names are case-insensitive; line breaks inside the base64 text are ignored. Values never reach an error."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._encoded = {
            name.upper().removeprefix(_PREFIX): text
            for name, text in environment.items()
            if name.upper().startswith(_PREFIX)
        }

    @classmethod
    def of(cls, plain: Mapping[str, str]) -> Secrets:
        """Secrets given as plain values, for trials and tests."""
        return cls({_PREFIX + name: base64.b64encode(value.encode()).decode() for name, value in plain.items()})

    def names(self) -> list[str]:
        """Upper case, sorted."""
        return sorted(self._encoded)

    def get(self, name: str, subkey: str | None = None) -> str:
        """The value, or one field of a value that is a JSON object. NotFound; EnvironmentMissing when unreadable."""
        encoded = self._encoded.get(name.upper())
        if encoded is None:
            raise NotFound(
                f"Cannot find secret for key '{name}'.",
                hint=f"set the environment variable {_PREFIX}{name.upper()} to the value in base64",
                code="secret-missing",
            )
        value = _decode(name, encoded)
        return value if subkey is None else _field(name, value, subkey)

    def values(self) -> list[str]:
        """Every readable value, for masking."""
        found = []
        for name, encoded in self._encoded.items():
            try:
                found.append(_decode(name, encoded))
            except EnvironmentMissing:
                found.append(encoded)
        return found


def _decode(name: str, encoded: str) -> str:
    try:
        return base64.b64decode("".join(encoded.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise EnvironmentMissing(
            f"the secret '{name}' is not text in base64",
            hint=f"set {_PREFIX}{name.upper()} to the output of `printf %s VALUE | base64`",
            code="secret-not-base64",
        ) from None


def _field(name: str, value: str, subkey: str) -> str:
    try:
        fields = json.loads(value)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or subkey not in fields:
        raise NotFound(
            f"Cannot find secret sub-key '{subkey}' in secret '{name}'.",
            hint="the secret must be a JSON object that has this field",
            code="secret-missing",
        )
    field = fields[subkey]
    return field if isinstance(field, str) else json.dumps(field)
