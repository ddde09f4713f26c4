"""Secret values at rest: AES-GCM, in the form Kestra uses (base64 of 12 bytes nonce, then cipher text and tag)."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import EngineError, EnvironmentMissing

ENCRYPTED_TYPE = "io.kestra.datatype:aes_encrypted"
"""The ``type`` of the map that stands for an encrypted value in inputs and outputs."""
_NONCE = 12


class CannotDecrypt(EngineError):
    """The key is not the one the text was encrypted with, or the text is damaged."""

    kind = "invalid"
    code = "cannot-decrypt"


def new_key() -> str:
    """A fresh key for the setting, base64 of 32 random bytes."""
    return base64.b64encode(os.urandom(32)).decode()


def encrypt(key: str, text: str, *, random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """Cipher text in base64. ``key`` is base64 of 16, 24 or 32 bytes; EnvironmentMissing when it is not."""
    nonce = random_bytes(_NONCE)
    return base64.b64encode(nonce + _cipher(key).encrypt(nonce, text.encode(), None)).decode()


def decrypt(key: str, text: str) -> str:
    """The plain text; CannotDecrypt, EnvironmentMissing."""
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)
    try:
        raw = base64.b64decode(text, validate=True)
        return str(cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None).decode())
    except (InvalidTag, binascii.Error, ValueError):
        raise CannotDecrypt("the text cannot be decrypted", hint="it needs the key it was encrypted with") from None


def seal(key: str, text: str) -> dict[str, str]:
    """The map that stands for an encrypted value in inputs and outputs."""
    return {"type": ENCRYPTED_TYPE, "value": encrypt(key, text)}


def is_sealed(value: Any) -> bool:
    """Whether a value stands for an encrypted one."""
    return isinstance(value, Mapping) and value.get("type") == ENCRYPTED_TYPE and isinstance(value.get("value"), str)


def unseal(key: str | None, value: Any, seen: Callable[[str], None] = lambda _: None) -> Any:
    """``value`` with every sealed value inside replaced by its text; each text is told to ``seen`` (for masking).

    EnvironmentMissing when something is sealed and there is no key.
    """
    if is_sealed(value):
        if key is None:
            raise no_key()
        text = decrypt(key, value["value"])
        seen(text)
        return text
    if isinstance(value, Mapping):
        return {name: unseal(key, item, seen) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [unseal(key, item, seen) for item in value]
    return value


def no_key() -> EnvironmentMissing:
    """What to raise when a secret value is to be kept and there is no key to encrypt it with."""
    return EnvironmentMissing(
        "Unable to use a `SECRET` input/output as encryption is not configured",
        hint="set an encryption key (base64 of 32 random bytes) in the engine's settings",
        code="encryption-key-missing",
    )


def _cipher(key: str) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        raise EnvironmentMissing(
            "the encryption key is not usable",
            hint="it must be base64 of 16, 24 or 32 bytes, for example from `openssl rand -base64 32`",
            code="encryption-key-bad",
        ) from None
