"""Fencing without bubblewrap: a small launcher sets Landlock rules and limits on itself, then becomes the command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path

from engine.fence import confine
from engine.fence.bubblewrap import ETC, ETC_NETWORK, Way
from engine.fence.command import Command
from engine.fence.owner import Owner

_READABLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_READABLE_ETC = tuple(f"/etc/{name}" for name in (*ETC, *ETC_NETWORK, "passwd"))
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def ways(*, landlock: bool) -> list[Way]:
    """The manners to try. Root changes to another user where that user can still reach the launcher's own files."""
    if landlock and not confine.landlock_abi():
        return []
    keeps = Way(_wrap(landlock), drops=False)
    return [Way(_wrap(landlock), drops=True), keeps] if os.geteuid() == 0 and _reachable() else [keeps]


def _reachable() -> bool:
    """Whether somebody else than root can read and enter the way to our interpreter."""
    return all(
        open_to_all(path) for path in (Path(sys.executable), Path(sys.executable).resolve(), Path(confine.__file__))
    )


def open_to_all(path: Path) -> bool:
    """Whether anybody can enter the folders on the way to a path."""
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


def _wrap(landlock: bool) -> Callable[[Command, Owner], tuple[Command, tuple[int, ...]]]:
    def wrap(command: Command, owner: Owner) -> tuple[Command, tuple[int, ...]]:
        limits = asdict(command.limits)
        if owner.uid is None:
            limits["processes"] += _own_processes()
        spec = {
            "limits": limits,
            "uid": owner.uid,
            "landlock": landlock,
            "network": command.network,
            "readable": [
                *_existing(_READABLE),
                *_existing(f"/etc/{name}" for name in _READABLE_ETC),
                *_existing(map(str, command.readable)),
            ],
            "writable": [str(command.cwd), *_existing(_DEVICES)],
            "folder": str(command.cwd),
            "argv": command.argv,
        }
        temporary = command.cwd / ".tmp"
        temporary.mkdir(exist_ok=True)
        if owner.uid is not None:
            os.chown(temporary, owner.uid, owner.uid)
        argv = (sys.executable, "-I", "-S", confine.__file__, json.dumps(spec))
        return replace(command, argv=argv, env={**command.env, "TMPDIR": str(temporary)}), ()

    return wrap


def _existing(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if Path(path).exists()]


def _own_processes() -> int:
    """Threads and processes of this user now: without a namespace the process limit counts them all."""
    uid = os.geteuid()
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == uid:
                count += len(list((entry / "task").iterdir()))
        except OSError:
            continue
    return count
