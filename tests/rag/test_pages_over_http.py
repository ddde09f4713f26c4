"""Pages are fetched politely from a real server: robots, sizes, hosts, and nothing sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InvalidSource, SourceNotFound, SourceRefused, SourceUnreachable
from rag.sources.html import to_markdown
from rag.sources.releases import ReleasesSource
from rag.sources.web import DumpSource, Fetcher, PageSource

PAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /private\n"),
    "/page.md": (200, {"Content-Type": "text/markdown", "ETag": '"one"'}, b"# A page\n\nIts text.\n"),
    "/page.html": (
        200,
        {"Content-Type": "text/html"},
        b"<!DOCTYPE html><html><nav>Menu</nav><main><h1>Title</h1><p>Some <b>text</b>.</p>"
        b"<ul><li>one</li></ul><pre>id: a\n</pre><script>x()</script></main><footer>End</footer></html>",
    ),
    "/private/x.md": (200, {}, b"# Private\n"),
    "/image": (200, {"Content-Type": "image/png"}, b"\x89PNG"),
    "/long.txt": (200, {"Content-Type": "text/plain"}, b"# Long\n" + b"x" * 5000),
    "/moved": (302, {"Location": "/page.md"}, b""),
    "/away": (302, {"Location": "http://elsewhere.invalid/page.md"}, b""),
    "/round": (302, {"Location": "/round"}, b""),
    "/broken": (500, {}, b"oops"),
    "/repos/kestra-io/kestra/releases": (200, {"Content-Type": "application/json"}, b'[{"tag_name": "v1.1.0"}]'),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, headers, body = PAGES.get(self.path.split("?")[0], (404, {}, b""))
        asked = self.server.asked  # type: ignore[attr-defined]
        asked.append((self.path, self.headers.get("If-None-Match")))
        if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    own = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    own.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=own.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{own.server_port}", own.asked  # type: ignore[attr-defined]
    own.shutdown()
    own.server_close()


def test_a_page_is_taken_in_with_its_address_as_origin(server: Any) -> None:
    (document,) = PageSource(f"{server[0]}/page.md").documents()
    assert (document.title, document.origin) == ("A page", f"{server[0]}/page.md")


def test_html_becomes_markdown_of_its_main_part(server: Any) -> None:
    (document,) = PageSource(f"{server[0]}/page.html").documents()
    assert document.title == "Title"
    assert document.body.strip() == "# Title\n\nSome text.\n\n- one\n\n```\nid: a\n```"


def test_html_without_a_main_part_is_read_whole_but_for_its_furniture() -> None:
    assert to_markdown("<html><nav>Menu</nav><h2>A</h2><p>b &amp; c</p></html>") == "## A\n\nb & c\n"


def test_an_unchanged_page_is_not_sent_again(server: Any, tmp_path: Path) -> None:
    fetcher = Fetcher(cache=tmp_path)
    first = fetcher.get(f"{server[0]}/page.md")
    assert fetcher.get(f"{server[0]}/page.md") == first
    assert [tag for path, tag in server[1] if path == "/page.md"] == [None, '"one"']


def test_a_damaged_entry_of_the_page_cache_is_fetched_anew(server: Any, tmp_path: Path) -> None:
    fetcher = Fetcher(cache=tmp_path)
    fetcher.get(f"{server[0]}/page.md")
    for entry in tmp_path.iterdir():
        entry.write_text("{half")
    assert fetcher.get(f"{server[0]}/page.md").startswith("# A page")


def test_what_the_robots_file_forbids_is_refused(server: Any) -> None:
    with pytest.raises(SourceRefused, match="robots"):
        Fetcher().get(f"{server[0]}/private/x.md")
    assert "/private/x.md" not in [path for path, _ in server[1]]


def test_a_page_longer_than_the_limit_is_refused(server: Any) -> None:
    with pytest.raises(SourceRefused, match="longer than 1000 bytes"):
        Fetcher(max_bytes=1000).get(f"{server[0]}/long.txt")


def test_a_redirect_is_followed_on_its_host_and_refused_to_another(server: Any) -> None:
    assert Fetcher().get(f"{server[0]}/moved").startswith("# A page")
    with pytest.raises(SourceRefused, match=r"elsewhere\.invalid"):
        Fetcher().get(f"{server[0]}/away")


@pytest.mark.parametrize(
    ("path", "error"),
    [("/nothing", SourceNotFound), ("/broken", SourceUnreachable), ("/round", SourceUnreachable),
     ("/image", InvalidSource)],
)  # fmt: skip
def test_answers_that_are_no_page_are_told_apart(server: Any, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Fetcher().get(server[0] + path)


def test_an_address_that_is_none_and_a_server_that_is_off_are_told() -> None:
    with pytest.raises(InvalidSource):
        Fetcher().get("file:///etc/passwd")
    with pytest.raises(SourceUnreachable):
        Fetcher().get("http://127.0.0.1:1/x")


def test_a_dump_by_its_address_comes_apart_too(server: Any) -> None:
    (document,) = DumpSource(f"{server[0]}/long.txt").documents()
    assert document.title == "Long"


def test_releases_come_from_the_api(server: Any) -> None:
    (document,) = ReleasesSource("kestra-io/kestra", Fetcher(), api=server[0]).documents()
    assert document.topics[-1] == "release notes 1.1"
