"""Python scripts and commands, with the interpreter and packages that the engine itself has."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.scripts.dependencies import folder_with
from engine.tasks.scripts.process import LIBRARY, UNREAD, Script, run_script
from engine.tasks.scripts.shell import shell_commands
from engine.tasks.unread import no_effect, unlike
from engine.tasks.workfiles import localised

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_UNREAD = {
    **UNREAD,
    "pythonVersion": unlike(f"scripts run with the engine's own Python {_VERSION}", _VERSION),
    "dependencyCacheEnabled": no_effect("packages that were fetched once are always kept"),
    "packageManager": no_effect("packages come from those installed here or from uv's own store", "UV"),
    "uvAutoInstallEnabled": no_effect("nothing is installed for a script but its packages"),
    "uvInstallerVersion": no_effect("nothing is installed for a script but its packages"),
    "uvInstallerSha256": no_effect("nothing is installed for a script but its packages"),
}


@runnable("io.kestra.plugin.scripts.python.Script", effects="process", unread=_UNREAD)
def script(task: RunContext) -> Outputs:
    """Runs ``script`` as a Python file in the working folder."""

    def build(props: Props, folder: Path) -> Script:
        path = folder / ".script.py"
        path.write_text(localised(task, props.required("script"), folder))
        path.chmod(0o644)
        return _with_dependencies(task, props, Script(("python .script.py",), python_path=(LIBRARY / "prelude",)))

    return run_script(task, build)


@runnable("io.kestra.plugin.scripts.python.Commands", effects="process", unread=_UNREAD)
def commands(task: RunContext) -> Outputs:
    """Runs ``commands`` in the shell, ``python`` being the engine's own."""
    return run_script(task, lambda props, folder: _with_dependencies(task, props, shell_commands(props, folder)))


def _with_dependencies(task: RunContext, props: Props, script: Script) -> Script:
    extra = folder_with(task, props.strings("dependencies"))
    if extra is None:
        return script
    return replace(script, readable=(*script.readable, extra), python_path=(*script.python_path, extra))
