"""Every test starts without keys and settings from the environment it happens to run in."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# A test never fails because a machine is slow or because of the day's random numbers; `make fuzz` looks further.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

for name in [n for n in os.environ if n.startswith("FLOWWRIGHT_")] + ["GEMINI_API_KEY", "GOOGLE_API_KEY"]:
    os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executions and indexes of a test live in a folder of its own."""
    monkeypatch.setenv("FLOWWRIGHT_HOME", str(tmp_path_factory.getbasetemp() / "home"))
