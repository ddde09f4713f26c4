"""Release notes as GitHub's releases API gives them: a saved JSON file, or the API itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import InvalidSource, SourceNotFound
from rag.model import Document
from rag.sources.web import Fetcher

_TAG = re.compile(r"v?(\d+\.\d+)(?:\.\d+)?(?P<pre>[-.]?(?:rc|beta|alpha|m)\S*)?$", re.IGNORECASE)


class ReleasesSource:
    """``place``: a JSON file, or ``owner/repository`` on GitHub. Drafts and pre-releases are left out."""

    def __init__(self, place: str, fetcher: Fetcher | None = None, api: str = "https://api.github.com") -> None:
        self._place = place
        self._fetcher = fetcher
        self._api = api
        self.key = f"releases:{place}"

    def documents(self) -> Iterator[Document]:
        for entry in self._entries():
            document = release_document(entry)
            if document is not None:
                yield document

    def _entries(self) -> Iterator[Mapping[str, Any]]:
        if Path(self._place).suffix == ".json":
            try:
                yield from _listed(Path(self._place).read_text(encoding="utf-8"), self._place)
            except FileNotFoundError:
                raise SourceNotFound(f"there is no file {self._place}") from None
            return
        fetcher = self._fetcher or Fetcher()
        for page in range(1, 11):
            url = f"{self._api}/repos/{self._place}/releases?per_page=100&page={page}"
            entries = _listed(fetcher.get(url, robots=False), url)
            yield from entries
            if len(entries) < 100:
                return


def _listed(text: str, origin: str) -> list[Mapping[str, Any]]:
    try:
        loaded = json.loads(text)
    except ValueError as error:
        raise InvalidSource(f"{origin} is not JSON: {error}") from error
    if not isinstance(loaded, list) or not all(isinstance(e, Mapping) for e in loaded):
        raise InvalidSource(f"{origin} is not a list of releases", hint="save the answer of GitHub's releases API")
    return loaded


def release_document(entry: Mapping[str, Any]) -> Document | None:
    """One release; None for a draft, a pre-release or a tag that is no version."""
    tag = _TAG.match(str(entry.get("tag_name", "")).strip())
    if not tag or tag["pre"] or entry.get("draft") or entry.get("prerelease"):
        return None
    version = tag[1]
    return Document(
        id=f"release/{entry['tag_name']}",
        kind="prose",
        title=str(entry.get("name") or f"Kestra {version} release notes"),
        body=str(entry.get("body") or ""),
        origin=str(entry.get("html_url") or f"release/{entry['tag_name']}"),
        topics=("release notes", f"release notes {version}"),
        keywords=f"release notes changes what is new version {version} {entry['tag_name']}",
        weight=0.9,
    )
