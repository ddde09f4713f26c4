"""What is run inside a fence, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Level = Literal["bwrap", "landlock", "limits", "none"]
LEVELS: tuple[Level, ...] = ("bwrap", "landlock", "limits", "none")


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one command. Memory, CPU time and files are per process, the rest for all of it together."""

    memory_bytes: int = 4 * 1024**3
    processes: int = 128
    file_bytes: int = 1024**3
    open_files: int = 1024
    cpu_seconds: int = 3600
    tmp_bytes: int = 512 * 1024**2
    output_bytes: int = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run with ``cwd`` as the one folder it may write to.

    ``env`` is all of its environment. ``readable`` are further files and folders it may read. ``network`` opens the
    network, this machine's own loopback included. ``timeout`` is in seconds.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    network: bool = False
    limits: Limits = field(default_factory=Limits)
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended. ``exit_code`` is 128 + the signal where one ended it."""

    exit_code: int
    fence: Level
    timed_out: bool = False
    cancelled: bool = False
    flooded: bool = False
