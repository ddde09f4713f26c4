"""Sources by the name a user gives them."""

from __future__ import annotations

from pathlib import Path

from rag.errors import SourceNotFound
from rag.sources import Source
from rag.sources.corpus import CorpusSource
from rag.sources.flows import FlowsSource
from rag.sources.folder import FolderSource
from rag.sources.kestra import KestraSource
from rag.sources.releases import ReleasesSource
from rag.sources.web import DumpSource, Fetcher, PageSource


def open_source(name: str, fetcher: Fetcher | None = None) -> Source:
    """``corpus``, ``flows:FOLDER``, ``releases:OWNER/REPO`` or ``releases:FILE.json``, ``kestra:URL``, a URL, a
    dump (``llms-full.txt``, as file or URL), or a folder or page of Markdown. SourceNotFound for anything else.
    """
    kind, _, rest = name.partition(":")
    if name == "corpus":
        from docs_corpus import ROOT

        return CorpusSource(ROOT)
    if kind == "flows":
        return FlowsSource(Path(rest))
    if kind == "releases":
        return ReleasesSource(rest, fetcher)
    if kind == "kestra":
        return KestraSource(rest)
    if name.startswith(("http://", "https://")):
        return DumpSource(name, fetcher) if name.endswith(".txt") else PageSource(name, fetcher)
    path = Path(name).expanduser()
    if path.suffix == ".txt" and path.is_file():
        return DumpSource(str(path.resolve()))
    if path.exists():
        return FolderSource(path)
    raise SourceNotFound(
        f"there is no source {name!r}",
        hint="a folder or page of Markdown, a URL, corpus, flows:FOLDER, releases:OWNER/REPO or kestra:URL",
    )
