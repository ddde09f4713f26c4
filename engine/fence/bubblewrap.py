"""Fencing with bubblewrap: own namespaces, a read-only system, one writable folder, limits set inside.

The process limit is set inside because outside it would count every other process of the same user.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.fence.command import Command, Limits
from engine.fence.owner import Owner

Wrap = Callable[[Command, Owner], tuple[Command, tuple[int, ...]]]

_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "pki",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
ETC_NETWORK = ("gai.conf", "host.conf", "hosts", "nsswitch.conf", "protocols", "resolv.conf", "services")


@dataclass(frozen=True, slots=True)
class Way:
    """One manner of fencing; ``drops`` when it changes to an owner of its own."""

    wrap: Wrap
    drops: bool


def ways() -> list[Way]:
    """The manners to try, best first.

    Root keeps its rights until the mounts are made and drops them inside, so that it can bind folders that the
    dropped user could not reach. Where root may not mount (a container), a user namespace is the second best.
    """
    bwrap, prlimit, setpriv = shutil.which("bwrap"), shutil.which("prlimit"), shutil.which("setpriv")
    if bwrap is None or prlimit is None:
        return []
    as_user = Way(lambda command, owner: _wrapped(command, (bwrap, "--unshare-all"), (prlimit,), owner), drops=False)
    if os.geteuid() != 0 or setpriv is None:
        return [as_user]
    spaces = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    as_root = Way(
        lambda command, owner: _wrapped(command, (bwrap, *spaces), (*_drop(setpriv, owner), prlimit), owner), drops=True
    )
    return [as_root, as_user]


def _drop(setpriv: str, owner: Owner) -> tuple[str, ...]:
    return (
        setpriv,
        f"--reuid={owner.uid}",
        f"--regid={owner.uid}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
    )


def _wrapped(
    command: Command, outside: tuple[str, ...], inside: tuple[str, ...], owner: Owner
) -> tuple[Command, tuple[int, ...]]:
    users = _users_file(owner)
    argv = (
        *outside,
        *(("--share-net",) if command.network and "--unshare-all" in outside else ()),
        "--die-with-parent",
        "--new-session",
        *_mounts(command, users),
        "--chdir",
        str(command.cwd),
        "--",
        *inside,
        *_limits(command.limits),
        "--",
        *command.argv,
    )
    if command.network:
        argv = tuple(part for part in argv[: argv.index("--")] if part != "--unshare-net") + argv[argv.index("--") :]
    return replace(command, argv=argv), (users,)


def _mounts(command: Command, users: int) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for parent in ("/etc", "/etc/ssl"):
        yield from ("--perms", "0755", "--dir", parent)
    for name in (*ETC, *(ETC_NETWORK if command.network else ("nsswitch.conf",))):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--ro-bind-data", str(users), "/etc/passwd")
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--size", str(command.limits.tmp_bytes), "--perms", "1777", "--tmpfs", "/tmp")
    for parent in _parents((*command.readable, command.cwd)):
        yield from ("--perms", "0755", "--dir", parent)
    for path in command.readable:
        yield from ("--ro-bind-try", str(path), str(path))
    yield from ("--bind", str(command.cwd), str(command.cwd))


def _parents(paths: tuple[Path, ...]) -> list[str]:
    """The folders on the way, outermost first. Made by hand: bubblewrap would close them to others wherever the
    folder at their end is closed to others."""
    ways = {str(parent) for path in paths for parent in path.parents}
    return sorted(ways - {"/", "/tmp", "/usr"})


def _users_file(owner: Owner) -> int:
    """A user list with just the fenced user in it, as an open file for bubblewrap to copy."""
    uid = os.geteuid() if owner.uid is None else owner.uid
    lines = f"flow:x:{uid}:{uid}:flow:/tmp:/bin/sh\n"
    file = os.memfd_create("passwd")
    os.write(file, lines.encode())
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _limits(limits: Limits) -> tuple[str, ...]:
    return (
        f"--as={limits.memory_bytes}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        f"--cpu={limits.cpu_seconds}",
        "--core=0",
    )
