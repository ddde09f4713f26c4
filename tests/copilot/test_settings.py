"""Settings: what does not fit is refused at the edge, with the setting's name."""

from __future__ import annotations

import pytest

from copilot.errors import Usage
from copilot.settings import load_settings


@pytest.mark.parametrize("key", ["short", "bm90IDMyIGJ5dGVz", "???"])
def test_an_encryption_key_is_32_bytes_in_base64_and_is_not_shown(monkeypatch, key):
    monkeypatch.setenv("FLOWWRIGHT_ENCRYPTION_KEY", key)
    with pytest.raises(Usage, match="encryption_key") as raised:
        load_settings()
    assert key not in str(raised.value)
