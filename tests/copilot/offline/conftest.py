from __future__ import annotations

import pytest

from copilot.draft.offline import OfflineDrafter


@pytest.fixture(scope="session")
def drafter() -> OfflineDrafter:
    return OfflineDrafter()
