"""Files that go into a working folder before a task, and those kept from it afterwards.

Only what really lies in the folder is kept: a link that leads out of it is refused, since the engine may read
more than the code that made the link.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.errors import TaskFailed
from engine.tasks.props import Props, as_text

if TYPE_CHECKING:
    from engine.tasks.context import RunContext

STORED = re.compile(r"(?:kestra|nsfile)://[-\w%.+~#=/@]*")
OWN_FOLDER = ".kestra"
_OWN_NAMES = (OWN_FOLDER, ".tmp", ".outputs", ".script.", "__pycache__")


def inside(folder: Path, name: str) -> Path:
    """The path of ``name`` in this folder. TaskFailed where it would lie outside."""
    relative = PurePosixPath(name.strip())
    path = folder / relative
    if relative.is_absolute() and path.is_relative_to(folder):
        return path
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise TaskFailed(f"file name '{name}' leads out of the working folder", code="outside-folder")
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise TaskFailed(f"file name '{name}' leads out of the working folder by a link", code="outside-folder")
    return path


def place_inputs(task: RunContext, given: Any, folder: Path) -> list[Path]:
    """Write ``inputFiles``: a map of name to stored file or text (or JSON text of one), or a list of stored files."""
    return [_place(task, name, content, folder) for name, content in _pairs(given)]


def _pairs(given: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else {}
        except ValueError:
            raise TaskFailed("inputFiles is neither a map nor JSON text of one", code="wrong-kind") from None
    if isinstance(given, Mapping):
        return [(as_text(name), content) for name, content in given.items()]
    if isinstance(given, list):
        return [(PurePosixPath(as_text(uri)).name, uri) for uri in given]
    if given is None:
        return []
    raise TaskFailed("inputFiles must be a map of file names", code="wrong-kind")


def _place(task: RunContext, name: str, content: Any, folder: Path) -> Path:
    target = inside(folder, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = as_text(content)
    if STORED.fullmatch(text.strip()) or text.startswith("file://"):
        shutil.copyfile(task.files.open(text.strip()), target)
    else:
        target.write_text(text)
    return target


def place_namespace_files(task: RunContext, props: Props, folder: Path) -> list[Path]:
    """Copy namespace files as ``namespaceFiles`` asks: ``enabled``, ``include``, ``exclude``, ``namespaces``."""
    wanted = props.within("namespaceFiles")
    if not props.has("namespaceFiles") or not wanted.flag("enabled", True):
        return []
    include, exclude = wanted.strings("include"), wanted.strings("exclude")
    policy = wanted.choice("ifExists", "OVERWRITE", ("OVERWRITE", "FAIL", "WARN", "IGNORE"))
    placed: list[Path] = []
    for namespace in wanted.strings("namespaces") or [task.namespace]:
        base = folder / namespace if wanted.flag("folderPerNamespace") else folder
        for path in task.files.namespace_list(namespace):
            if _wanted(path, include, exclude):
                placed += _copy(task, task.files.namespace_get(namespace, path), inside(base, path.lstrip("/")), policy)
    return placed


def _wanted(path: str, include: list[str], exclude: list[str]) -> bool:
    return (not include or matches(path, include)) and not matches(path, exclude)


def _copy(task: RunContext, source: Path, target: Path, policy: str) -> list[Path]:
    if target.exists() and policy != "OVERWRITE":
        if policy == "FAIL":
            raise TaskFailed(f"namespace file {target.name} exists in the working folder already", code="file-exists")
        if policy == "WARN":
            task.log("WARN", f"Namespace file {target.name} exists in the working folder already and is left as it is")
        return []
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return [target]


def localised(task: RunContext, text: str, folder: Path) -> str:
    """The text with every URI of a stored file replaced by the path of a copy in the working folder."""
    paths: dict[str, str] = {}

    def local(match: re.Match[str]) -> str:
        uri = match[0].rstrip(".")
        if uri not in paths:
            source = task.files.open(uri)
            target = folder / OWN_FOLDER / str(len(paths)) / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            paths[uri] = str(target)
        return paths[uri] + match[0][len(uri) :]

    return STORED.sub(local, text)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a relative path fits one of some glob patterns (``**`` crosses folders, ``*`` does not)."""
    path = path.lstrip("/")
    return any(_pattern(pattern).fullmatch(path) for pattern in patterns)


def _pattern(pattern: str) -> re.Pattern[str]:
    pattern = pattern.removeprefix("glob:").removeprefix("./").lstrip("/")
    parts: list[str] = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\{[^}]*\}|\[[^\]]*\])", pattern):
        if piece == "**/":
            parts.append("(?:.*/)?")
        elif piece == "**":
            parts.append(".*")
        elif piece == "*":
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        elif piece.startswith("{"):
            parts.append("(?:" + "|".join(map(_inner, piece[1:-1].split(","))) + ")")
        elif piece.startswith("["):
            parts.append(fnmatch.translate(piece)[4:-3])
        else:
            parts.append(re.escape(piece))
    return re.compile("".join(parts), re.DOTALL)


def _inner(piece: str) -> str:
    return _pattern(piece).pattern


def keep_outputs(task: RunContext, patterns: Iterable[str], folder: Path) -> dict[str, str]:
    """Store the files that fit these patterns; name relative to the folder -> URI."""
    root = folder.resolve()
    wanted = [pattern.removeprefix(f"{folder}/") for pattern in patterns]
    kept: dict[str, str] = {}
    if not wanted:
        return kept
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not matches(name, wanted) or name.startswith(_OWN_NAMES):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise TaskFailed(
                f"output file {name} is a link that leads out of the working folder", code="outside-folder"
            )
        if path.is_file() and path.resolve().is_relative_to(root):
            kept[name] = task.files.put(path.resolve(), path.name)
    return kept
