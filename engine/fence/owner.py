"""Who a fenced command runs as. Root is exempt from process limits, so a root engine gives each command its own uid."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

# The range that systemd hands out as short-lived service users; no file of anybody's belongs to it.
_FIRST, _COUNT = 61184, 4000
_numbers = itertools.count(os.getpid())


@dataclass(frozen=True, slots=True)
class Owner:
    """A uid and gid to change to, or None to stay who we are."""

    uid: int | None = None


def new_owner() -> Owner:
    """A uid of its own for one command, so that its process limit counts nobody else."""
    return Owner(_FIRST + next(_numbers) % _COUNT)


def hand_over(folder: Path, owner: Owner) -> None:
    """Give a working folder and all in it to this owner, following no link."""
    assert owner.uid is not None
    os.chown(folder, owner.uid, owner.uid, follow_symlinks=False)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent, name), owner.uid, owner.uid, follow_symlinks=False)
