"""The bundled corpus: catalog, guides, release notes and blueprints of one folder."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rag.errors import InvalidSource, SourceNotFound
from rag.markdown import front_matter, visible
from rag.model import Document
from rag.sources.catalog import read_catalog
from rag.words import DESCRIBING, WORDS

_HEADER = re.compile(r"^#\s*(\w+):\s*(.*)$")
_TYPE = re.compile(r"^\s*-?\s*type:\s*[\"']?(io\.kestra\.[\w.]+)", re.MULTILINE)


CORPUS = "corpus"
_PARTS = ("catalog", "guides", "releases", "blueprints", "manifest.toml")


def corpus_digest(folder: Path) -> str:
    """A hash of all that documents are made of, our words for types among it; another corpus gives another one."""
    digest = hashlib.blake2b(digest_size=16)
    for part in _PARTS:
        place = folder / part
        for path in sorted(place.glob("*")) if place.is_dir() else [place]:
            if path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    for name in DESCRIBING:
        digest.update((WORDS / f"{name}.toml").read_bytes())
    return digest.hexdigest()


class CorpusSource:
    """A folder laid out as ``docs_corpus`` is. ``key`` is ``corpus``: there is one corpus in an index."""

    def __init__(self, folder: Path) -> None:
        self.key = CORPUS
        self._folder = folder

    def documents(self) -> Iterator[Document]:
        if not self._folder.is_dir():
            raise SourceNotFound(f"there is no corpus at {self._folder}")
        synonyms = _topics(self._folder / "manifest.toml")
        yield from read_catalog(self._folder / "catalog")
        for path in sorted((self._folder / "guides").glob("*.md")):
            yield guide(path, f"guides/{path.stem}", synonyms)
        for path in sorted((self._folder / "releases").glob("*.md")):
            yield release(path, f"releases/{path.stem}")
        for path in sorted((self._folder / "blueprints").glob("*.y*ml")):
            yield blueprint(path, f"blueprints/{path.stem}")


def guide(path: Path, ident: str, synonyms: dict[str, list[str]]) -> Document:
    """A guide, with the other words of its topics as keywords."""
    facts, body = front_matter(path.read_text(encoding="utf-8"))
    topics = _words(facts.get("topics"))
    words = [w for topic in topics for w in [topic, *synonyms.get(topic, [])]]
    return Document(
        id=ident,
        kind="prose",
        title=str(facts.get("title") or path.stem.replace("_", " ")),
        body=body,
        origin=ident,
        since=_version(facts.get("since")),
        removed=_version(facts.get("removed")),
        topics=topics,
        types=_words(facts.get("types")),
        keywords=" ".join(words),
    )


def release(path: Path, ident: str) -> Document:
    """Release notes: they speak of one version but help whoever targets any."""
    facts, body = front_matter(path.read_text(encoding="utf-8"))
    version = str(facts.get("version") or path.stem)
    topics = dict.fromkeys(["release notes", f"release notes {version}", *_words(facts.get("topics"))])
    return Document(
        id=ident,
        kind="prose",
        title=str(facts.get("title") or f"Kestra {version} release notes"),
        body=body,
        origin=ident,
        topics=tuple(topics),
        types=_words(facts.get("types")),
        keywords=f"release notes changes what is new upgrade migration version {version}",
    )


def blueprint(path: Path, ident: str) -> Document:
    """A whole flow, with what it is for as its lead sentence."""
    text = visible(path.read_text(encoding="utf-8"))
    facts: dict[str, str] = {}
    lines = text.split("\n")
    while lines and (found := _HEADER.match(lines[0])):
        facts[found[1]] = found[2].strip()
        lines.pop(0)
    topics = _words(yaml.safe_load(facts["topics"])) if facts.get("topics") else ()
    flow = "\n".join(lines).strip()
    title = facts.get("title") or path.stem.replace("_", " ")
    return Document(
        id=ident,
        kind="example",
        title=title,
        body=f"{facts.get('description') or title}\n\n```yaml\n{flow}\n```\n",
        origin=ident,
        since=_version(facts.get("since")),
        removed=_version(facts.get("removed")),
        topics=topics,
        types=tuple(dict.fromkeys(_TYPE.findall(flow))),
        keywords=" ".join(topics),
    )


def _topics(manifest: Path) -> dict[str, list[str]]:
    if not manifest.is_file():
        return {}
    try:
        loaded = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSource(f"{manifest} is not TOML: {error}") from error
    return {str(k): [str(x) for x in v] for k, v in loaded.get("topics", {}).items()}


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(v) for v in value) if isinstance(value, list) else ()


def _version(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None
