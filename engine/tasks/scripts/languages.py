"""Other script languages, each as far as its interpreter is installed on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from engine.tasks.props import Props
from engine.tasks.registry import Outputs, Run, runnable
from engine.tasks.scripts.process import UNREAD, Script, run_script
from engine.tasks.scripts.shell import shell_commands
from engine.tasks.workfiles import localised

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

# plugin name -> program, how a script file is run, ending of its file
LANGUAGES = {
    "bun": ("bun", "bun run", ".js"),
    "deno": ("deno", "deno run", ".ts"),
    "go": ("go", "go run", ".go"),
    "groovy": ("groovy", "groovy", ".groovy"),
    "julia": ("julia", "julia", ".jl"),
    "lua": ("lua", "lua", ".lua"),
    "node": ("node", "node", ".js"),
    "perl": ("perl", "perl", ".pl"),
    "php": ("php", "php", ".php"),
    "powershell": ("pwsh", "pwsh -File", ".ps1"),
    "r": ("Rscript", "Rscript", ".R"),
    "ruby": ("ruby", "ruby", ".rb"),
}


def _script(command: str, ending: str) -> Run:
    def run(task: RunContext) -> Outputs:
        def build(props: Props, folder: Path) -> Script:
            name = f".script{ending}"
            Path(folder, name).write_text(localised(task, props.required("script"), folder))
            return Script((f"{command} {name}",))

        return run_script(task, build)

    return run


def _commands(task: RunContext) -> Outputs:
    return run_script(task, shell_commands)


for _plugin, (_program, _command, _ending) in LANGUAGES.items():
    if shutil.which(_program):
        _named = f"io.kestra.plugin.scripts.{_plugin}"
        runnable(f"{_named}.Script", effects="process", unread=UNREAD)(_script(_command, _ending))
        runnable(f"{_named}.Commands", effects="process", unread=UNREAD)(_commands)
