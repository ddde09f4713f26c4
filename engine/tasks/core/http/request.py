"""An HTTP request whose answer becomes an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.core.http.client import UNREAD, Call, answer, call_of, headers_of, log_call
from engine.tasks.props import Props, bytes_of
from engine.tasks.registry import Outputs, runnable
from engine.tasks.waiting import interruptible

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

_MAX_BODY = 10 * 1024 * 1024


@runnable(
    "io.kestra.plugin.core.http.Request",
    effects="network",
    aliases=("io.kestra.plugin.fs.http.Request",),
    unread=UNREAD,
)
def request(task: RunContext) -> Outputs:
    """``code``, ``headers``, ``uri`` and the ``body`` as text (10 MB at most, or ``options.maxContentLength``)."""
    props = Props(task)
    if props.flag("encryptBody"):
        raise TaskFailed(
            "encryptBody needs an encryption key, which this engine does not keep",
            code="no-encryption-key",
            hint="leave encryptBody out, or run the flow on a Kestra server",
        )
    call = call_of(task)
    options = props.within("options")
    limit = bytes_of(options.text("maxContentLength", str(_MAX_BODY)))
    charset = options.text("defaultCharset", "UTF-8")
    return interruptible(task, lambda: _send(task, call, limit, charset))


def _send(task: RunContext, call: Call, limit: int, charset: str) -> dict[str, Any]:
    with answer(call) as response:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > limit:
                raise TaskFailed(
                    f"the body of the answer is longer than {limit} bytes",
                    code="body-too-long",
                    hint="use core.http.Download, which stores it as a file",
                )
        try:
            body = content.decode(response.charset_encoding or charset)
        except (UnicodeDecodeError, LookupError):
            raise TaskFailed(
                "the body of the answer is not text", code="body-not-text", hint="use core.http.Download for files"
            ) from None
        log_call(task, call, response, body)
        return {"uri": str(response.url), "code": response.status_code, "headers": headers_of(response), "body": body}
