"""Pages by URL, and Kestra's published text dump. Polite: robots files, size and host limits, conditional requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

from rag.errors import InvalidSource, SourceNotFound, SourceRefused, SourceUnreachable
from rag.model import Document
from rag.sources.folder import page_document

if TYPE_CHECKING:
    import httpx

AGENT = "flowwright-ingest"
MAX_BYTES = 30_000_000
"""The whole dump of Kestra's documentation is some megabytes; more is not a text to index."""
_REDIRECTS = 5
_PAGE = re.compile(r"^(?:#\s+(?P<title>.+)|(?:URL|Source|url|source):\s*(?P<url>\S+))\s*$", re.MULTILINE)
_TEXT = ("text/", "application/json", "application/xhtml", "application/yaml", "application/x-yaml")


class Fetcher:
    """Gets texts. ``hosts``: the only ones allowed, redirects included; none means the host of each first URL.

    ``cache``: a folder that keeps answers with their ETag, so that an unchanged page is not sent again.
    """

    def __init__(
        self,
        client: httpx.Client | None = None,
        *,
        cache: Path | None = None,
        hosts: frozenset[str] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._client = client
        self._cache = cache
        self._hosts = hosts
        self._max_bytes = max_bytes
        self._robots: dict[str, RobotFileParser] = {}

    def get(self, url: str, *, robots: bool = True) -> str:
        """The text at a URL. SourceRefused, SourceNotFound or SourceUnreachable when it may not or cannot be had."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidSource(f"{url!r} is not a web address", hint="it begins with https://")
        hosts = self._hosts or frozenset({parts.hostname})
        for _ in range(_REDIRECTS + 1):
            host = urlsplit(url).hostname
            if host not in hosts:
                raise SourceRefused(f"{url} is not on {', '.join(sorted(hosts))}", hint="allow its host to be read")
            if robots and not self._allowed(url):
                raise SourceRefused(f"the robots file of {host} keeps {urlsplit(url).path} from being read")
            text, url = self._once(url)
            if text is not None:
                return text
        raise SourceUnreachable(f"{url} is redirected too often")

    def _once(self, url: str) -> tuple[str | None, str]:
        """(text, url), or (None, where it has moved)."""
        import httpx

        stored = self._stored(url)
        headers = {"User-Agent": AGENT, "Accept": "text/markdown, text/plain, text/html;q=0.8, application/json;q=0.8"}
        headers |= {"If-None-Match": stored["etag"]} if stored.get("etag") else {}
        headers |= {"If-Modified-Since": stored["modified"]} if stored.get("modified") else {}
        try:
            with self._opened().stream("GET", url, headers=headers) as answer:
                if answer.status_code == 304 and "text" in stored:
                    return stored["text"], url
                if answer.is_redirect:
                    return None, str(answer.url.join(answer.headers["location"]))
                text = self._body(answer, url)
                self._store(url, text, answer.headers)
                return text, url
        except httpx.HTTPError as error:
            raise SourceUnreachable(f"{url} cannot be read: {error}", hint="check address and network") from error

    def _body(self, answer: httpx.Response, url: str) -> str:
        if answer.status_code in {404, 410}:
            raise SourceNotFound(f"there is nothing at {url}")
        if answer.status_code >= 400:
            raise SourceUnreachable(f"{url} answers with status {answer.status_code}")
        kind = answer.headers.get("content-type", "text/plain").lower()
        if not kind.startswith(_TEXT):
            raise InvalidSource(f"{url} is {kind}, not a text")
        held = bytearray()
        for part in answer.iter_bytes():
            held += part
            if len(held) > self._max_bytes:
                raise SourceRefused(f"{url} is longer than {self._max_bytes} bytes")
        return held.decode(answer.charset_encoding or "utf-8", errors="replace")

    def _allowed(self, url: str) -> bool:
        import httpx

        parts = urlsplit(url)
        site = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        if site not in self._robots:
            rules = RobotFileParser()
            try:
                answer = self._opened().get(f"{site}/robots.txt", headers={"User-Agent": AGENT})
            except httpx.HTTPError as error:
                raise SourceUnreachable(f"{site} cannot be reached: {error}", hint="check the network") from error
            # No robots file forbids nothing; a server that refuses to show it forbids everything.
            if answer.status_code in {401, 403}:
                rules.parse(["User-agent: *", "Disallow: /"])
            else:
                rules.parse(answer.text.splitlines() if answer.status_code == 200 else [])
            self._robots[site] = rules
        return self._robots[site].can_fetch(AGENT, url)

    def _opened(self) -> httpx.Client:
        if self._client is None:
            import httpx

            self._client = httpx.Client(timeout=30.0, follow_redirects=False)
        return self._client

    def _stored(self, url: str) -> Mapping[str, str]:
        path = self._place(url)
        if path is None or not path.is_file():
            return {}
        try:
            loaded: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))
            return loaded if loaded.get("url") == url else {}
        except ValueError:
            return {}

    def _store(self, url: str, text: str, headers: httpx.Headers) -> None:
        path = self._place(url)
        if path is None or not (headers.get("etag") or headers.get("last-modified")):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"url": url, "etag": headers.get("etag"), "modified": headers.get("last-modified"), "text": text}
        scratch = path.with_suffix(".part")
        scratch.write_text(json.dumps(entry), encoding="utf-8")
        scratch.replace(path)

    def _place(self, url: str) -> Path | None:
        import hashlib

        return self._cache / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json" if self._cache else None


class PageSource:
    """One page by its URL: Markdown as it is, HTML as its text."""

    def __init__(self, url: str, fetcher: Fetcher | None = None) -> None:
        self._url = url
        self._fetcher = fetcher or Fetcher()
        self.key = f"page:{url}"

    def documents(self) -> Iterator[Document]:
        text = self._fetcher.get(self._url)
        if re.match(r"\s*(?:<!doctype html|<html)", text, re.IGNORECASE):
            from rag.sources.html import to_markdown

            text = to_markdown(text)
        name = urlsplit(self._url).path.rstrip("/").rsplit("/", 1)[-1] or self._url
        yield page_document(text, ident=self._url, origin=self._url, name=name.replace("-", " "))


class DumpSource:
    """A text dump of a whole site (``llms-full.txt``), from a file or a URL, taken apart into its pages again."""

    def __init__(self, place: str, fetcher: Fetcher | None = None) -> None:
        self._place = place
        self._fetcher = fetcher
        self.key = f"dump:{place}"

    def documents(self) -> Iterator[Document]:
        if self._place.startswith(("http://", "https://")):
            text = (self._fetcher or Fetcher()).get(self._place)
        else:
            try:
                text = Path(self._place).read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                raise SourceNotFound(f"there is no file {self._place}") from None
        pages = list(_split_dump(text))
        if not pages:
            raise InvalidSource(f"{self._place} holds no pages", hint="a page begins with a heading")
        seen: dict[str, int] = {}
        for title, url, body in pages:
            ident = url or f"{self._place}#{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}"
            seen[ident] = seen.get(ident, 0) + 1
            unique = ident if seen[ident] == 1 else f"{ident}~{seen[ident]}"
            yield page_document(f"# {title}\n\n{body}", ident=unique, origin=url or self._place, name=title)


def _split_dump(text: str) -> Iterator[tuple[str, str, str]]:
    """(title, url, body) of each page: a page begins at a heading of the first level outside a code fence."""
    title, url, fenced = "", "", False
    body: list[str] = []
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        marker = None if fenced else _PAGE.match(line)
        if marker and marker["title"]:
            if title and any(x.strip() for x in body):
                yield title, url, "\n".join(body).strip()
            title, url, body = marker["title"].strip(), "", []
        elif marker and title and not any(x.strip() for x in body):
            url = marker["url"]
        else:
            body.append(line)
    if title and any(x.strip() for x in body):
        yield title, url, "\n".join(body).strip()
