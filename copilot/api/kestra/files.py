"""Namespace files: read, write, move, delete, list, pack."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from copilot.api.kestra.context import engine_of
from copilot.api.kestra.errors import BadRequest
from copilot.api.kestra.multipart import Part, uploads
from copilot.api.kestra.unpacking import unpacked
from copilot.errors import NotFound

if TYPE_CHECKING:
    from engine.storage.namespaces import NamespaceFiles

router = APIRouter(prefix="/namespaces", tags=["Kestra: namespace files"])


def _files(request: Request) -> NamespaceFiles:
    return engine_of(request).stores.files.namespaces


def _path(request: Request, name: str = "path") -> str:
    text = request.query_params.get(name)
    if not text or not text.strip("/"):
        raise BadRequest(f"{name} is needed", hint="the path of a file, for example /scripts/main.py")
    return text


def _attributes(files: NamespaceFiles, namespace: str, path: str) -> dict[str, Any]:
    """What is known of a file or of a directory. NotFound."""
    if files.exists(namespace, path):
        about = files.get(namespace, path).stat()
        kind, size, at = "File", about.st_size, int(about.st_mtime * 1000)
    elif _below(files, namespace, path):
        kind, size, at = "Directory", 0, 0
    else:
        raise NotFound(f"File not found: {path}", code="file-not-found")
    name = PurePosixPath(path).name
    return {"fileName": name, "type": kind, "size": size, "lastModifiedTime": at, "creationTime": at}


def _below(files: NamespaceFiles, namespace: str, path: str) -> list[str]:
    """Every file below a directory, by its path from the namespace's root."""
    top = PurePosixPath(path.strip("/"))
    return [name for name in files.list(namespace) if top in PurePosixPath(name).parents]


@router.get("/{namespace}/files/search", summary="Paths that hold some text")
def search_files(namespace: str, request: Request) -> list[str]:
    words = request.query_params.get("q", "")
    return [f"/{name}" for name in _files(request).list(namespace) if words in f"/{name}"]


@router.get("/{namespace}/files/stats", summary="What is known of a file or directory")
def file_stats(namespace: str, request: Request) -> dict[str, Any]:
    path = request.query_params.get("path") or "/"
    if path.strip("/") == "":
        return {"fileName": "", "type": "Directory", "size": 0, "lastModifiedTime": 0, "creationTime": 0}
    return _attributes(_files(request), namespace, path)


@router.get("/{namespace}/files/directory", summary="What a directory holds")
def list_directory(namespace: str, request: Request) -> list[dict[str, Any]]:
    """Its files and directories, one level deep. 404 when there is none; the root is always there."""
    files, path = _files(request), request.query_params.get("path") or "/"
    top = PurePosixPath(path.strip("/"))
    names = _below(files, namespace, path)
    if not names and path.strip("/"):
        raise NotFound(f"Directory not found: {path}", code="file-not-found")
    children = dict.fromkeys(top / PurePosixPath(name).relative_to(top).parts[0] for name in names)
    return [_attributes(files, namespace, child.as_posix()) for child in children]


@router.get("/{namespace}/files/export", summary="All files as a ZIP")
def export_files(namespace: str, request: Request) -> Response:
    files, content = _files(request), io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files.list(namespace):
            archive.write(files.get(namespace, name), name)
    headers = {"Content-Disposition": f'attachment; filename="{namespace}_files.zip"', "Cache-Control": "no-cache"}
    return Response(content.getvalue(), media_type="application/octet-stream", headers=headers)


@router.get("/{namespace}/files", summary="The content of a file")
def get_file(namespace: str, request: Request) -> FileResponse:
    """`path` from the namespace's root. 404."""
    found = _files(request).get(namespace, _path(request))
    return FileResponse(found, media_type="application/octet-stream", headers={"Cache-Control": "no-cache"})


@router.post("/{namespace}/files", summary="Write a file")
async def create_file(namespace: str, request: Request) -> None:
    """A form with the file as `fileContent`; a ZIP is unpacked from the namespace's root."""
    async with uploads(request) as parts:
        sent = next((part for part in parts if part.name == "fileContent"), None)
    if sent is None:
        raise BadRequest("the part fileContent is missing", hint="send it as multipart/form-data")
    await run_in_threadpool(_store, request, namespace, sent)


def _store(request: Request, namespace: str, sent: Part) -> None:
    files = _files(request)
    if not (sent.filename or "").lower().endswith(".zip"):
        files.put(namespace, _path(request), sent.content)
        return
    contents = unpacked(sent.content, "fileContent")
    for name, _ in contents:
        files.location(namespace, name)  # every path is looked at before the first file is written
    for name, content in contents:
        files.put(namespace, name, content)


@router.post("/{namespace}/files/directory", summary="Make a directory")
def create_directory(namespace: str, request: Request) -> None:
    """Directories are there as long as they hold files; the path is checked, nothing more is needed."""
    _files(request).location(namespace, _path(request))


@router.put("/{namespace}/files", summary="Move a file or directory")
def move_file(namespace: str, request: Request) -> None:
    """From the path `from` to the path `to`. 404."""
    files, source, target = _files(request), _path(request, "from"), _path(request, "to")
    if files.exists(namespace, source):
        files.move(namespace, source, target)
        return
    names = _below(files, namespace, source)
    if not names:
        raise NotFound(f"File not found: {source}", code="file-not-found")
    old, new = PurePosixPath(source.strip("/")), PurePosixPath(target.strip("/"))
    for name in names:
        files.move(namespace, name, (new / PurePosixPath(name).relative_to(old)).as_posix())


@router.delete("/{namespace}/files", summary="Delete a file or directory")
def delete_file(namespace: str, request: Request) -> None:
    """404 when there is none."""
    if not _files(request).delete(namespace, _path(request)):
        raise NotFound(f"File not found: {_path(request)}", code="file-not-found")
