"""``encrypt`` and ``decrypt``: AES-GCM with the vector before the text, in base64, as Kestra seals values."""

from __future__ import annotations

import base64
import binascii

from engine.expressions.errors import ExpressionError

VECTOR_BYTES = 12


def _cipher(key: str):  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error) as error:
        raise ExpressionError(
            "The encryption key cannot be used", hint="a key is base64 of 16, 24 or 32 bytes"
        ) from error


def seal(key: str, text: str, vector: bytes) -> str:
    """Text to sealed text. ``vector``: 12 random bytes, used once."""
    sealed: bytes = _cipher(key).encrypt(vector, text.encode(), None)
    return base64.b64encode(vector + sealed).decode()


def unseal(key: str, sealed: str) -> str:
    """Sealed text back to text. ExpressionError when the key is another or the text was changed."""
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)
    try:
        raw = base64.b64decode(sealed, validate=True)
        opened: bytes = cipher.decrypt(raw[:VECTOR_BYTES], raw[VECTOR_BYTES:], None)
        return opened.decode()
    except (ValueError, binascii.Error, InvalidTag) as error:
        raise ExpressionError("The text cannot be decrypted with this key") from error
