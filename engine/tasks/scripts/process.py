"""Running a script: its folder, its environment, the fence around it, and what it leaves behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.fence import Command, Finished, Limits, fence_for
from engine.tasks.props import Props
from engine.tasks.registry import Outputs
from engine.tasks.results import Effect
from engine.tasks.scripts.protocol import Printed
from engine.tasks.unread import no_effect, refused
from engine.tasks.workfiles import inside, keep_outputs, localised, place_inputs, place_namespace_files

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

LIBRARY = Path(__file__).parent / "pylib"
UNREAD = {
    "runner": no_effect("scripts run as processes of this machine", "PROCESS"),
    "docker": no_effect("scripts run as processes of this machine, in no container"),
    "targetOS": refused("scripts run on this machine's Linux", "AUTO", "LINUX"),
}
_SHELL = ("/bin/sh", "-c")
_SHELLS = ("sh", "bash", "dash", "zsh")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LONGEST_ARGUMENT = 120_000


@dataclass(frozen=True, slots=True)
class Script:
    """What to run in the shell, after ``beforeCommands``; extra environment and folders it needs."""

    lines: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    python_path: tuple[Path, ...] = ()


Build = Callable[[Props, Path], Script]


def run_script(task: RunContext, build: Build) -> Outputs:
    """Run a script task: ``vars``, ``exitCode`` and ``outputFiles``, kept also when it fails.

    ``build`` gives the script once the folder is filled, and may write files of its own there.
    """
    folder = task.working_dir
    output_folder = folder / "outputs" if Props(task).flag("outputDirectory") else folder / ".outputs"
    props = Props(task, extra={"workingDir": str(folder), "outputDir": str(output_folder)})
    fence = fence_for(task.settings)
    fence.admit(
        written_by_model=bool(task.settings.get("scripts.written_by_model")),
        allow_unfenced=bool(task.settings.get("fence.allow_unfenced")),
    )
    output_folder.mkdir(exist_ok=True)
    place_namespace_files(task, props, folder)
    place_inputs(task, props.value("inputFiles"), folder)
    script = build(props, folder)
    _note_ignored(task, props, fence.level)
    printed = Printed(task)
    finished = fence.run(
        _command(task, props, script, folder, output_folder), on_line=printed.line, cancelled=task.cancelled
    )
    outputs: dict[str, Any] = {
        "vars": printed.outputs,
        "exitCode": finished.exit_code,
        "outputFiles": _kept(task, props, folder, output_folder),
    }
    _check(task, finished, outputs)
    if props.flag("warningOnStdErr") and printed.errors:
        return Effect(outputs=outputs, warning=True)
    return outputs


def _command(task: RunContext, props: Props, script: Script, folder: Path, output_folder: Path) -> Command:
    lines = [*(["set -e"] if props.flag("failFast", True) else []), *props.strings("beforeCommands"), *script.lines]
    interpreter = props.strings("interpreter") or list(_SHELL)
    if task.settings.get("clock.accelerated") and Path(interpreter[0]).name in _SHELLS:
        lines.insert(0, "sleep() { :; }")
    text = localised(task, "\n".join(lines), folder)
    if len(text.encode()) > _LONGEST_ARGUMENT:
        path = inside(folder, ".kestra/commands.sh")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        text = f'. "{path}"'
    return Command(
        argv=(*interpreter, text),
        cwd=folder,
        env=_environment(task, props, script, folder, output_folder),
        readable=(*interpreter_folders(), LIBRARY, *script.readable),
        network=bool(task.settings.get("fence.network")),
        limits=limits_of(task.settings),
        timeout=task.timeout_seconds,
    )


def _environment(task: RunContext, props: Props, script: Script, folder: Path, output_folder: Path) -> dict[str, str]:
    """All that the script sees: nothing of the engine's own environment but the language."""
    path = f"{Path(sys.prefix, 'bin')}:{_SYSTEM_PATH}"
    accelerated = (LIBRARY / "prelude",) if task.settings.get("clock.accelerated") else ()
    python_path = ":".join(map(str, (*script.python_path, *accelerated, LIBRARY)))
    return {
        "PATH": path,
        "HOME": str(folder),
        "USER": "flow",
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "TMPDIR": "/tmp",
        "PYTHONPATH": python_path,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "WORKING_DIR": str(folder),
        "OUTPUT_DIR": str(output_folder),
        **({"FLOWWRIGHT_NO_WAITING": "1"} if task.settings.get("clock.accelerated") else {}),
        **script.env,
        **{key: localised(task, value, folder) for key, value in props.texts("env").items()},
    }


def interpreter_folders() -> tuple[Path, ...]:
    """The folders of this Python and its packages, as far as they lie outside the system's own."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    return tuple(sorted(path for path in found if path != Path("/") and not path.is_relative_to("/usr")))


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """Ceilings from settings such as ``fence.memory_bytes``; unset ones keep their defaults."""
    given = {item.name: settings.get(f"fence.{item.name}") for item in fields(Limits)}
    return replace(Limits(), **{name: int(value) for name, value in given.items() if value is not None})


def _note_ignored(task: RunContext, props: Props, level: str) -> None:
    runner = str(props.within("taskRunner").raw("type") or "")
    image = props.text("containerImage")
    if image or runner.endswith("Docker"):
        what = f"the image {image} is" if image else "the container of the task runner is"
        task.log("DEBUG", f"Runs as a local process (fence: {level}); {what} not used here")


def _kept(task: RunContext, props: Props, folder: Path, output_folder: Path) -> dict[str, str]:
    kept = keep_outputs(task, props.strings("outputFiles"), folder)
    return kept | keep_outputs(task, ["**"], output_folder)


def _check(task: RunContext, finished: Finished, outputs: dict[str, Any]) -> None:
    if finished.timed_out or finished.cancelled:
        raise TaskFailed(
            f"{task.task_id} was stopped after {task.timeout_seconds:g} seconds"
            if finished.timed_out
            else f"{task.task_id} was stopped before it finished",
            code="timeout" if finished.timed_out else "stopped",
            outputs=outputs,
        )
    if finished.flooded:
        raise TaskFailed("the script printed more than is kept", code="too-much-output", outputs=outputs)
    if finished.exit_code:
        raise TaskFailed(
            f"Command failed with exit code {finished.exit_code}",
            code="exit-code",
            hint=_exit_hint(finished, task),
            outputs=outputs,
        )


def _exit_hint(finished: Finished, task: RunContext) -> str:
    hints = {
        126: "the program is there but may not be executed",
        127: "a command was not found: programs of the named image are not here, only those of this machine",
        137: "killed: out of memory or of CPU time (fence.memory_bytes, fence.cpu_seconds)",
    }
    hint = hints.get(finished.exit_code, "see the log of the task run")
    if finished.fence == "bwrap" and not task.settings.get("fence.network"):
        hint += "; scripts have no network here unless fence.network is on"
    return hint
