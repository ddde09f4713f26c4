"""Cloning a repository with the git program, inside the fence."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.errors import EnvironmentMissing, TaskFailed
from engine.fence import Command, fence_for
from engine.tasks.jdbc.places import allowed_path
from engine.tasks.props import Props, as_text
from engine.tasks.registry import Outputs, runnable
from engine.tasks.scripts.process import limits_of
from engine.tasks.unread import no_effect
from engine.tasks.waiting import stopped
from engine.tasks.workfiles import inside

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_SHOWN_LINES = 5


@runnable(
    "io.kestra.plugin.git.Clone",
    effects="network",
    unread={
        "kestraUrl": no_effect("cloning asks nothing of a Kestra server"),
        "auth": no_effect("cloning asks nothing of a Kestra server"),
        "passphrase": no_effect("it opens a private key, and cloning by SSH key is not available here"),
        "noProxy": no_effect("no proxy is ever used"),
        "connectTimeout": no_effect("git itself decides how long it tries to connect; the task's timeout bounds it"),
    },
)
def clone(task: RunContext) -> Outputs:
    """Clones ``url`` into the working folder, or ``directory`` below it; the ``directory``."""
    if shutil.which("git") is None:
        raise EnvironmentMissing("git is not installed here", code="no-program", hint="install git")
    props = Props(task)
    if props.has("privateKey"):
        raise TaskFailed("cloning by SSH key is not available here", code="no-ssh", hint="use https with a token")
    url = props.required("url")
    target = inside(task.working_dir, props.text("directory")) if props.has("directory") else task.working_dir
    aside = task.working_dir / ".kestra" / "clone"
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(exist_ok=True)
    local = (allowed_path(task, urlsplit(url).path),) if url.startswith("file://") else ()
    if props.has("trustedCaPemPath"):
        local = (*local, allowed_path(task, props.required("trustedCaPemPath")))
    _git(task, props, ("clone", "--quiet", *_options(props), "--", url, str(aside)), local)
    if props.has("commit"):
        _git(task, props, ("-C", str(aside), "checkout", "--quiet", props.required("commit")), local)
    _move(aside, target)
    return {"directory": str(target)}


def _options(props: Props) -> Iterator[str]:
    depth = props.integer("depth", 1)
    if depth > 0 and not props.has("commit"):
        yield from ("--depth", str(depth))
    if branch := props.optional("branch") or props.optional("tag"):
        yield from ("--branch", branch)
    yield "--no-single-branch" if props.flag("cloneAllBranches", True) else "--single-branch"
    if props.flag("cloneSubmodules"):
        yield "--recurse-submodules"
    if props.flag("noTags"):
        yield "--no-tags"


def _git(task: RunContext, props: Props, arguments: tuple[str, ...], readable: tuple[Path, ...]) -> None:
    said: list[str] = []
    home = task.working_dir / ".kestra" / "home"
    home.mkdir(exist_ok=True)
    # Repositories of other users are read from here: git takes this setting from a user's own file only.
    (home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    finished = fence_for(task.settings).run(
        Command(
            argv=("git", *arguments),
            cwd=task.working_dir,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), **_environment(task, props)},
            readable=readable,
            network=True,
            limits=limits_of(task.settings),
            timeout=task.timeout_seconds,
        ),
        on_line=lambda stream, line: said.append(line),
        cancelled=task.cancelled,
    )
    if finished.cancelled or finished.timed_out:
        raise stopped(task)
    if finished.exit_code:
        raise TaskFailed(
            f"git ended with code {finished.exit_code}: {' '.join(said[-_SHOWN_LINES:])}",
            code="git-failed",
            hint="are url, branch and credentials right?",
        )


def _environment(task: RunContext, props: Props) -> dict[str, str]:
    """Credentials and settings by the environment, where other users of the machine cannot see them."""
    settings = {
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": str(max(1, props.integer("readTimeout", 60_000) // 1000)),
    }
    if props.has("trustedCaPemPath"):
        settings["http.sslCAInfo"] = str(allowed_path(task, props.required("trustedCaPemPath")))
    settings |= {key: as_text(value) for key, value in props.mapping("gitConfig").items()}
    user, password = props.text("username"), props.text("password")
    if user or password:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        settings["http.extraHeader"] = f"Authorization: Basic {token}"
    environment = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return environment


def _move(source: Path, target: Path) -> None:
    """Into a folder that may hold files already, as git itself would refuse to."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        place = target / entry.name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        shutil.move(entry, place)
    source.rmdir()
