"""Cloning real repositories."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, TaskFailed

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    git("init")
    (folder / "main.py").write_text("print('on main')")
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    (folder / "main.py").write_text("print('on other')")
    git("commit", "-am", "two")
    git("checkout", "main")
    return folder


def test_a_repository_is_cloned_into_the_working_folder_beside_what_is_there(make_task: Any, repository: Path) -> None:
    task = make_task("git.Clone", SETTINGS={"files.allowed_roots": [repository]}, url=f"file://{repository}")
    (task.working_dir / "kept.txt").write_text("x")
    assert task.outputs() == {"directory": str(task.working_dir)}
    assert (task.working_dir / "main.py").read_text() == "print('on main')"
    assert (task.working_dir / "kept.txt").exists() and (task.working_dir / ".git").is_dir()


def test_a_branch_is_cloned_into_a_folder_of_its_own(make_task: Any, repository: Path) -> None:
    how = {"url": f"file://{repository}", "branch": "other", "directory": "code", "depth": 1}
    task = make_task("git.Clone", SETTINGS={"files.allowed_roots": [repository]}, **how)
    assert task.outputs()["directory"] == str(task.working_dir / "code")
    assert (task.working_dir / "code/main.py").read_text() == "print('on other')"


def test_what_cannot_be_cloned_is_told_without_the_password(make_task: Any, repository: Path) -> None:
    task = make_task(
        "git.Clone", SETTINGS={"files.allowed_roots": [repository]}, url=f"file://{repository}", branch="no"
    )
    with pytest.raises(TaskFailed, match="git ended with code"):
        task.result()
    task = make_task("git.Clone", url="http://127.0.0.1:9/x.git", username="u", password="hush")
    with pytest.raises(TaskFailed) as failure:
        task.result()
    assert "hush" not in str(failure.value)


def test_a_local_repository_outside_the_allowed_folders_is_refused(make_task: Any, repository: Path) -> None:
    with pytest.raises(EngineError) as failure:
        make_task("git.Clone", url=f"file://{repository}").result()
    assert failure.value.code == "path-not-allowed"


def test_an_option_in_place_of_a_url_is_no_option(make_task: Any, tmp_path: Path) -> None:
    with pytest.raises(TaskFailed):
        make_task("git.Clone", url=f"--upload-pack=touch {tmp_path}/pwned").result()
    assert not (tmp_path / "pwned").exists()


def branches(folder: Path) -> list[str]:
    argv = ["git", "-c", "safe.directory=*", "branch", "-r"]
    listed = subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[0] for line in listed.splitlines() if "->" not in line)


def test_all_branches_come_along_unless_only_one_is_wanted(make_task: Any, repository: Path) -> None:
    allowed = {"files.allowed_roots": [repository]}
    task = make_task("git.Clone", SETTINGS=allowed, url=f"file://{repository}")
    task.result()
    assert branches(task.working_dir) == ["origin/main", "origin/other"]
    task = make_task("git.Clone", SETTINGS=allowed, url=f"file://{repository}", cloneAllBranches=False)
    task.result()
    assert branches(task.working_dir) == ["origin/main"]


def test_a_certificate_outside_the_allowed_folders_is_refused(make_task: Any, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as failure:
        make_task("git.Clone", url="https://127.0.0.1:9/x.git", trustedCaPemPath="/etc/ssl/ca.pem").result()
    assert failure.value.code == "path-not-allowed"
