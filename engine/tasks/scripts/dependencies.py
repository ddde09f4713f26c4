"""Python packages a script asks for: those installed here, else from uv's own store, else a clear refusal."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import TaskFailed

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_INSTALL_SECONDS = 600
_OURS = "kestra"


def folder_with(task: RunContext, wanted: list[str]) -> Path | None:
    """A folder with the packages that are not installed here, or None when all are.

    Packages come from the local store only, unless the setting ``scripts.install_packages`` is on. TaskFailed with
    code ``packages-missing`` when they cannot be had.
    """
    missing = sorted(text for text in wanted if text.strip() and not _installed(text))
    if not missing:
        return None
    name = hashlib.sha256("\n".join([sys.version, *missing]).encode()).hexdigest()[:24]
    root = task.settings.get("scripts.packages_dir") or Path(tempfile.gettempdir(), "flowwright-packages")
    target = Path(root, name)
    if not target.is_dir():
        _install(missing, target, online=bool(task.settings.get("scripts.install_packages")))
        task.log("DEBUG", f"Installed for this script: {', '.join(missing)}")
    return target


def _installed(text: str) -> bool:
    from importlib import metadata

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(text)
    except InvalidRequirement as error:
        raise TaskFailed(f"'{text}' is not a Python package requirement: {error}", code="wrong-kind") from None
    if wanted.name.lower() == _OURS or (wanted.marker is not None and not wanted.marker.evaluate()):
        return True
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return False
    return wanted.url is None and wanted.specifier.contains(version, prereleases=True)


def _install(missing: list[str], target: Path, *, online: bool) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.prefix, 'bin')}") or shutil.which("uv")
    if uv is None:
        raise _unavailable(missing, "uv is not installed")
    aside = target.with_name(target.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    store = [] if online else ["--offline"]
    argv = [uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", sys.executable, *store]
    argv += ["--target", str(aside), "--", *missing]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode:
        shutil.rmtree(aside, ignore_errors=True)
        raise _unavailable(missing, _reason(done.stderr or done.stdout))
    aside.rename(target)


def _reason(said: str) -> str:
    """The first lines of what uv says, on one line."""
    return " ".join(said.replace("\u2570\u2500\u25b6", "").replace("\u00d7", "").split())[:200]


def _unavailable(missing: list[str], why: str) -> TaskFailed:
    return TaskFailed(
        f"the script needs Python packages that are not here: {', '.join(missing)} ({why})",
        code="packages-missing",
        hint="install them beside flowwright, or set scripts.install_packages to let it fetch them",
    )
