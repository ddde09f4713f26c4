"""HTML pages as Markdown: headings, paragraphs, lists and code; navigation, scripts and styles are left out."""

from __future__ import annotations

from html.parser import HTMLParser

_SKIPPED = {"script", "style", "nav", "header", "footer", "aside", "noscript", "svg", "button", "form", "template"}
_BLOCKS = {"p", "div", "section", "article", "main", "table", "ul", "ol", "blockquote", "dl", "dt", "dd", "figure"}


def to_markdown(html: str) -> str:
    """The readable text of a page; of ``<main>`` or ``<article>`` alone when the page marks it."""
    whole = _Reader()
    whole.feed(html)
    whole.close()
    return "\n".join(whole.main or whole.lines).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.main: list[str] = []
        self._text = ""
        self._skip = 0
        self._main = 0
        self._pre = False
        self._prefix = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skip += 1
        elif tag in {"main", "article"}:
            self._end()
            self._main += 1
        elif tag == "pre":
            self._end()
            self._pre = True
        elif tag == "li":
            self._end()
            self._prefix = "- "
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self._end()
            self._prefix = "#" * int(tag[1]) + " "
        elif tag in _BLOCKS or tag in {"br", "tr"}:
            self._end()
        elif tag in {"td", "th"} and self._text:
            self._text += " | "

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skip = max(0, self._skip - 1)
        elif tag == "pre":
            self._put(f"```\n{self._text.strip(chr(10))}\n```")
            self._text, self._pre = "", False
        elif tag in {"main", "article"}:
            self._end()
            self._main = max(0, self._main - 1)
        elif tag in _BLOCKS or tag in {"li", "tr"} or (len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._skip:
            return
        self._text += data if self._pre else " ".join(data.split()) + (" " if data[-1:].isspace() else "")

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        if self._pre:
            return
        text = self._text.strip()
        if text:
            self._put(f"{self._prefix}{text}")
        self._text, self._prefix = "", ""

    def _put(self, block: str) -> None:
        self.lines += [block, ""]
        if self._main:
            self.main += [block, ""]
