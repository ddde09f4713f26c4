"""Shell scripts and commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.scripts.process import UNREAD, Script, run_script

if TYPE_CHECKING:
    from engine.tasks.context import RunContext


@runnable("io.kestra.plugin.scripts.shell.Script", effects="process", unread=UNREAD)
def script(task: RunContext) -> Outputs:
    """Runs ``script`` in the shell."""
    return run_script(task, lambda props, folder: Script((props.required("script"),)))


@runnable("io.kestra.plugin.scripts.shell.Commands", effects="process", unread=UNREAD)
def commands(task: RunContext) -> Outputs:
    """Runs ``commands`` one after the other in one shell."""
    return run_script(task, shell_commands)


def shell_commands(props: Props, folder: Path) -> Script:
    """The ``commands`` of a task, as every ``Commands`` type has them."""
    return Script(tuple(props.strings("commands")))
