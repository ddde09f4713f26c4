"""Storing what an HTTP address serves as a file of the execution."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from engine.errors import TaskFailed
from engine.tasks.core.http.client import UNREAD, Call, answer, call_of, headers_of, log_call
from engine.tasks.props import Props
from engine.tasks.registry import Outputs, runnable
from engine.tasks.unread import no_effect
from engine.tasks.waiting import interruptible, stopped
from engine.tasks.workfiles import OWN_FOLDER

if TYPE_CHECKING:
    import httpx

    from engine.tasks.context import RunContext


@runnable(
    "io.kestra.plugin.core.http.Download",
    effects="network",
    aliases=("io.kestra.plugin.fs.http.Download",),
    unread={
        **UNREAD,
        "options.defaultCharset": no_effect("a file is stored byte for byte"),
        "options.maxContentLength": no_effect("a file is stored whatever its length"),
    },
)
def download(task: RunContext) -> Outputs:
    """``uri`` of the stored file, ``code``, ``length`` in bytes and ``headers``; an empty file fails by default."""
    props = Props(task)
    call = call_of(task)
    refuse_empty = props.flag("failOnEmptyResponse", True) and not call.allow_failed
    save_as = props.optional("saveAs")
    return interruptible(task, lambda: _fetch(task, call, refuse_empty, save_as))


def _fetch(task: RunContext, call: Call, refuse_empty: bool, save_as: str | None) -> dict[str, Any]:
    target = task.working_dir / OWN_FOLDER / "download"
    target.parent.mkdir(exist_ok=True)
    with answer(call) as response:
        length = _write(task, response, target)
        if length == 0 and refuse_empty:
            raise TaskFailed(
                f"nothing came from {call.url}: the file is empty",
                code="empty-response",
                hint="set failOnEmptyResponse to false where an empty file is fine",
            )
        if length == 0:
            task.log("WARN", f"File '{call.url}' is empty")
        log_call(task, call, response)
        task.metric("response.length", "counter", length)
        uri = task.files.put(target, save_as or _name(response, call.url))
        target.unlink(missing_ok=True)
        return {"uri": uri, "code": response.status_code, "length": length, "headers": headers_of(response)}


def _write(task: RunContext, response: httpx.Response, target: Path) -> int:
    length = 0
    with target.open("wb") as sink:
        for part in response.iter_bytes():
            if task.cancelled.is_set():
                raise stopped(task)
            sink.write(part)
            length += len(part)
    return length


def _name(response: httpx.Response, url: str) -> str:
    """The file name the server gives, else the last segment of the URL; never more than a plain name."""
    from email.message import Message

    header = Message()
    header["Content-Disposition"] = response.headers.get("content-disposition", "")
    given = header.get_filename() or unquote(urlsplit(url).path)
    name = PurePosixPath(given.replace("\\", "/")).name
    return name if name not in ("", ".", "..") else "download"
