"""Runs probes in the fence, as the user of the tests and, when that is root, as an ordinary user too."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.fence import Command, Fence, Finished, Limits, fence_for
from engine.fence import fence as fence_module

PYTHON = "/usr/bin/python3"
SMALL = Limits(
    memory_bytes=896 * 1024**2,
    processes=64,
    file_bytes=64 * 1024**2,
    open_files=256,
    cpu_seconds=20,
    tmp_bytes=16 * 1024**2,
    output_bytes=1024**2,
)


@dataclass
class Probe:
    """Runs Python source in a fence; gives what it printed and how it ended."""

    fence: Fence
    folder: Path

    def run(
        self, source: str, *, network: bool = False, timeout: float = 30.0, limits: Limits = SMALL
    ) -> tuple[list[str], Finished]:
        lines: list[str] = []
        command = Command(
            argv=(PYTHON, "-c", source),
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "GIVEN": "yes"},
            network=network,
            limits=limits,
            timeout=timeout,
        )
        finished = self.fence.run(command, on_line=lambda stream, line: lines.append(line))
        return lines, finished


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    return place


@pytest.fixture(params=["bwrap", "landlock", "limits"])
def probe(request: pytest.FixtureRequest, folder: Path) -> Probe:
    """A probe in each fence that works here."""
    fence = fence_module._working(request.param)
    if fence is None:
        pytest.skip(f"{request.param} does not work on this machine")
    return Probe(fence, folder)


@pytest.fixture
def strong(folder: Path) -> Probe:
    """A probe in the strongest fence, which must be bubblewrap for the tests that ask for it."""
    fence = fence_for({})
    if fence.level != "bwrap":
        pytest.skip("bubblewrap does not work on this machine")
    return Probe(fence, folder)


AsUser = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def as_user() -> Iterator[AsUser]:
    """Runs test code in a process of an ordinary user (the tests may well run as root)."""
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    import tempfile

    root = Path(__file__).parents[3]
    with tempfile.TemporaryDirectory(prefix="flowwright-user-") as name:
        home = Path(name)
        home.chmod(0o755)
        subprocess.run(["cp", "-r", str(root / "engine"), name], check=True)
        (home / "docs_corpus").mkdir()
        work = home / "work"
        work.mkdir()
        os.chown(work, 65534, 65534)

        def run(source: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [PYTHON, "-c", source, str(work)],
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": name, "HOME": str(work), "TMPDIR": str(work)},
                user=65534,
                group=65534,
                extra_groups=[],
                capture_output=True,
                text=True,
                timeout=120,
                cwd=work,
            )

        yield run
