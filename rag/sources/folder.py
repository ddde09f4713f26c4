"""A folder or git checkout of Markdown and MDX pages, or a single page."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import InvalidSource, SourceNotFound, SourceRefused
from rag.markdown import front_matter, plain
from rag.model import Document

log = logging.getLogger(__name__)

MAX_BYTES = 2_000_000
"""A longer page is no page but a dump or a mistake."""
MAX_PAGES = 20_000

_SUFFIXES = (".md", ".mdx", ".markdown")
_SKIPPED = {".git", ".github", "node_modules", ".venv", "__pycache__", "dist", "build"}
_OLD_PATH = re.compile(r"(?<![\w.])v?0\.(?:x|\d+)(?![\w])", re.IGNORECASE)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_TYPE = re.compile(r"\bio\.kestra\.(?:[a-z_]\w*\.)+[A-Z]\w*")
_OLD_TYPE = re.compile(r"\bio\.kestra\.(?:core\.(?:tasks|models\.(?:triggers|conditions))|task)\.")
_HANDLEBARS = re.compile(r"\{\{\s*(?:outputs|inputs)\.[\w.]*\[|```handlebars", re.IGNORECASE)

FIRST_OF_TODAY = "0.18"
"""Before this version types had other packages (io.kestra.core.tasks, io.kestra.task)."""


class FolderSource:
    """``key`` is ``folder:`` and the absolute path. Ids are paths below the folder, so a moved page is a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser().resolve()
        self.key = f"folder:{self._path}"

    def documents(self) -> Iterator[Document]:
        if self._path.is_file():
            yield page(self._path, self._path.parent)
            return
        if not self._path.is_dir():
            raise SourceNotFound(f"there is no folder or page {self._path}")
        found = 0
        for path in sorted(self._path.rglob("*")):
            if path.suffix.lower() not in _SUFFIXES or not path.is_file():
                continue
            if _SKIPPED & set(path.relative_to(self._path).parts) or _escapes(path, self._path):
                continue
            found += 1
            if found > MAX_PAGES:
                raise SourceRefused(f"{self._path} holds more than {MAX_PAGES} pages", hint="name a smaller folder")
            if path.stat().st_size > MAX_BYTES:
                log.warning("%s is longer than %d bytes and is left out", path, MAX_BYTES)
                continue
            yield page(path, self._path)
        if not found:
            raise InvalidSource(f"{self._path} holds no Markdown pages", hint=f"pages end in {', '.join(_SUFFIXES)}")


def page(path: Path, root: Path) -> Document:
    """One page of a folder. InvalidSource when it is not text in UTF-8."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidSource(f"{path} is not text in UTF-8", hint="convert or remove it") from error
    relative = path.relative_to(root)
    return page_document(text, ident=f"{_tag(root)}/{relative.as_posix()}", origin=str(path), name=_name(relative))


def page_document(text: str, *, ident: str, origin: str, name: str) -> Document:
    """A page as a document, with the versions its front matter, its path or its contents tell."""
    facts, body = front_matter(text)
    heading = _HEADING.search(body)
    title = str(facts.get("title") or (plain(heading[1]) if heading else "") or name)
    summary = str(facts.get("description") or facts.get("summary") or "").strip()
    since, removed = _versions(facts, body, origin)
    types = tuple(dict.fromkeys(_TYPE.findall(body)))
    return Document(
        id=ident,
        kind="prose",
        title=title,
        body=f"{summary}\n\n{body}" if summary else body,
        origin=origin,
        since=since,
        removed=removed,
        topics=_topics(facts),
        types=types[:20],
        keywords=" ".join(_topics(facts)),
        weight=0.95,
    )


def _versions(facts: Mapping[str, Any], body: str, origin: str) -> tuple[str | None, str | None]:
    """Kestra's own front matter says ``version: >= 0.20``; pages of the 0.x time are known by path or contents."""
    since = facts.get("since")
    removed = facts.get("removed")
    told = re.match(r"\s*(>=?)?\s*v?(\d+\.\d+)", str(facts.get("version", "")))
    if since is None and told:
        since = told[2]
    old = _OLD_PATH.search(origin.replace("-", " ")) or _OLD_TYPE.search(body) or _HANDLEBARS.search(body)
    if removed is None and since is None and old:
        removed = FIRST_OF_TODAY
    return (str(since) if since is not None else None, str(removed) if removed is not None else None)


def _topics(facts: Mapping[str, Any]) -> tuple[str, ...]:
    value = facts.get("topics") or facts.get("tags") or ()
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else (str(value),)


def _name(relative: Path) -> str:
    """A page without a title is called by its file, an index page by its folder."""
    stem = relative.stem
    if stem.lower() in {"readme", "index", "_index"} and len(relative.parts) > 1:
        stem = relative.parts[-2]
    return re.sub(r"[-_]+", " ", re.sub(r"^\d+[.-]", "", stem)).strip()


def _tag(root: Path) -> str:
    """The folder's name, and enough of a hash to tell two folders of one name apart."""
    return f"{root.name}-{hashlib.sha256(str(root).encode()).hexdigest()[:6]}"


def _escapes(path: Path, root: Path) -> bool:
    """A symbolic link out of the folder is not part of it."""
    return path.is_symlink() and not path.resolve().is_relative_to(root)
