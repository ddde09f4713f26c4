"""A virtual environment for each peer, made once and kept.

    python scripts/bench_peers/environments.py [--folder .flowwright/bench] [dbos] [prefect]

Peers pin libraries that we use in other versions, so none is ever installed beside ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = {"dbos": "dbos>=2.31,<3", "prefect": "prefect>=3.9,<4"}
FOLDER = Path(".flowwright/bench")
INSTALL_SECONDS = 1200


class PeerMissing(Exception):
    """A peer cannot be installed here; the text says why."""


def python_of(peer: str, folder: Path = FOLDER) -> Path:
    """Where the interpreter of a peer is, whether or not it is there yet."""
    place = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return folder / peer / place


def ensure(peer: str, folder: Path = FOLDER) -> Path:
    """The interpreter that has the peer, installing it the first time. PeerMissing."""
    requirement = REQUIREMENTS[peer]
    python = python_of(peer, folder)
    stamp = folder / peer / "requirement.txt"
    if python.exists() and stamp.exists() and stamp.read_text().strip() == requirement:
        return python
    if not python.exists():
        _run(peer, [sys.executable, "-m", "venv", str(folder / peer)])
    _run(peer, [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q", requirement])
    stamp.write_text(requirement + "\n")
    return python


def _run(peer: str, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise PeerMissing(f"{peer} cannot be installed: {cause}") from cause
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "WARNING" not in line] or ["no reason given"]
        raise PeerMissing(f"{peer} cannot be installed: {errors[-1].strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="peer", help="dbos, prefect; all by default")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    unknown = [peer for peer in options.peers if peer not in REQUIREMENTS]
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}")
    missing = 0
    for peer in options.peers or REQUIREMENTS:
        try:
            print(ensure(peer, options.folder))
        except PeerMissing as cause:
            print(cause, file=sys.stderr)
            missing += 1
    return 3 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
