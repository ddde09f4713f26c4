"""Confines the process it runs in and becomes another program.

Run as a script by the launcher, with the plan as JSON in its one argument; standard library only, since the
interpreter is started isolated and without its packages.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVS, _DEATH_SIGNAL, _KILL = 38, 1, 9
_READ = 0b1101
_ON_FILES = 0b1100000000000111


def _kernel() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def landlock_abi() -> int:
    """The Landlock version of this kernel, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_kernel().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def apply_landlock(readable: list[str], writable: list[str], *, network: bool) -> None:
    """From now on read only ``readable``, write only ``writable``, and use TCP only with ``network``. OSError."""
    abi = landlock_abi()
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1
    tcp = 0 if network or abi < 4 else 0b11
    scope = 0b11 if abi >= 6 else 0
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    attributes = (ctypes.c_uint64 * 3)(files, tcp, scope)
    kernel = _kernel()
    rules = kernel.syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for paths, access in ((readable, _READ), (writable, files)):
        for path in paths:
            _allow(kernel, rules, path, access & files)
    if kernel.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or kernel.syscall(_RESTRICT, rules, ctypes.c_uint32(0)):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(rules)


def _allow(kernel: Any, rules: int, path: str, access: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):  # noqa: PTH112 - no pathlib here: its import costs more than all the rest
        access &= _ON_FILES
    rule = access.to_bytes(8, sys.byteorder) + opened.to_bytes(4, sys.byteorder)
    if kernel.syscall(_ADD, rules, 1, rule, ctypes.c_uint32(0)):
        raise OSError(ctypes.get_errno(), f"landlock_add_rule {path}")
    os.close(opened)


def apply_limits(limits: dict[str, int]) -> None:
    """Set the ceilings of ``command.Limits`` on this process and its children."""
    for kind, key in (
        (resource.RLIMIT_AS, "memory_bytes"),
        (resource.RLIMIT_NPROC, "processes"),
        (resource.RLIMIT_FSIZE, "file_bytes"),
        (resource.RLIMIT_NOFILE, "open_files"),
        (resource.RLIMIT_CPU, "cpu_seconds"),
    ):
        hard = resource.getrlimit(kind)[1]
        value = limits[key] if hard == resource.RLIM_INFINITY else min(limits[key], hard)
        resource.setrlimit(kind, (value, value))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def become(plan: dict[str, Any]) -> None:
    """Apply a plan and replace this process by its command."""
    os.chdir(plan["folder"])
    if plan["uid"] is not None:
        os.setgroups([])
        os.setresgid(plan["uid"], plan["uid"], plan["uid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    if sys.platform.startswith("linux"):
        _kernel().prctl(_DEATH_SIGNAL, _KILL, 0, 0, 0)
    if plan["landlock"]:
        apply_landlock(plan["readable"], plan["writable"], network=plan["network"])
    apply_limits(plan["limits"])
    try:
        os.execvpe(plan["argv"][0], plan["argv"], os.environ)
    except OSError as error:
        os.write(2, f"{plan['argv'][0]}: {error.strerror}\n".encode())
        os._exit(127 if error.errno == 2 else 126)


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
