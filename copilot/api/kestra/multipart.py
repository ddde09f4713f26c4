"""Multipart bodies: fields and files, within limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from copilot.api.kestra.errors import BadRequest

_MOST_PARTS = 1_000
_LARGEST_FIELD = 8_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; ``filename`` None for a plain field."""

    name: str
    filename: str | None
    content: bytes

    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


@asynccontextmanager
async def uploads(request: Request) -> AsyncIterator[list[Part]]:
    """The parts of a form in order; none when the body is not a form. BadRequest for a broken one."""
    media = request.headers.get("content-type", "")
    if not media.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        yield []
        return
    try:
        form = await request.form(max_files=_MOST_PARTS, max_fields=_MOST_PARTS, max_part_size=_LARGEST_FIELD)
    except MultiPartException as error:
        raise BadRequest(f"the form cannot be read: {error.message}", hint="send multipart/form-data") from None
    except ValueError as error:
        raise BadRequest(f"the form cannot be read: {error}", hint="send multipart/form-data") from None
    try:
        yield [
            Part(name, PurePosixPath(value.filename or name).name, await value.read())
            if isinstance(value, UploadFile)
            else Part(name, None, value.encode())
            for name, value in form.multi_items()
        ]
    finally:
        await form.close()
