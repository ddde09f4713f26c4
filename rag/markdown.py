"""Markdown and MDX as front matter, headed sections and blocks. Code fences are kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([^`]*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_RANGE = re.compile(r"<!--\s*(?:since|removed)\s*:.*?-->")
_RANGE_PART = re.compile(r'(since|removed)\s*:\s*"?([\d.]+)"?')
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMPORT = re.compile(r"^(?:import\s.+?from\s+['\"].+['\"];?|export\s+(?:const|default)\b.*)$")
_ADMONITION = re.compile(r"^:{2,}\s*(alert|note|tip|info|warning|danger|caution|badge)\b(?:\{([^}]*)\})?\s*(.*)$", re.I)
_COMPONENT = re.compile(r"^:{2,}\s*([A-Za-z][\w-]*)?(?:\{([^}]*)\})?\s*$")
_LABEL = re.compile(r"""(?:title|label|value|name|type)\s*=\s*["']([^"']+)["']""")
_TAG = re.compile(r"</?[A-Za-z][\w.-]*(?:\s+[^<>]*?)?/?>")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """``kind``: ``text`` (a paragraph, list or table) or ``code``. Code keeps its fence, ``info`` its words."""

    kind: str
    text: str
    info: str = ""

    @property
    def code(self) -> str:
        """The code inside the fence."""
        return "\n".join(self.text.split("\n")[1:-1])


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next one. ``path`` holds the headings from the outermost."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]
    since: str | None = None
    removed: str | None = None


@dataclass(slots=True)
class _Open:
    path: tuple[str, ...]
    blocks: list[Block] = field(default_factory=list)
    since: str | None = None
    removed: str | None = None

    def close(self) -> Section:
        return Section(self.path, tuple(self.blocks), self.since, self.removed)


def visible(text: str) -> str:
    """The text without characters a reader cannot see, which could carry instructions past him."""
    return _INVISIBLE.sub("", text)


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """(front matter, rest). Broken front matter counts as none: a page is not lost over it."""
    found = _FRONT.match(text)
    if not found:
        return {}, text
    try:
        loaded = yaml.safe_load(found[1])
    except yaml.YAMLError:
        loaded = None
    return (loaded if isinstance(loaded, dict) else {}), text[found.end() :]


def sections(body: str) -> Iterator[Section]:
    """The sections of a page in order; the text before the first heading has an empty path."""
    open_section = _Open(())
    titles: list[tuple[int, str]] = []
    for block in _blocks(body):
        heading = _HEADING.match(block.text) if block.kind == "heading" else None
        if heading is None:
            found = dict(_RANGE_PART.findall(block.text)) if block.kind == "range" else {}
            if found:
                open_section.since = found.get("since", open_section.since)
                open_section.removed = found.get("removed", open_section.removed)
            else:
                open_section.blocks.append(block)
            continue
        if open_section.blocks:
            yield open_section.close()
        level = len(heading[1])
        titles = [(n, t) for n, t in titles if n < level] + [(level, plain(heading[2]))]
        open_section = _Open(tuple(t for _, t in titles))
    if open_section.blocks:
        yield open_section.close()


def plain(text: str) -> str:
    """A line without links, images, tags and emphasis marks."""
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    return re.sub(r"\{#[\w-]+\}\s*$", "", _TAG.sub("", text)).replace("**", "").strip().strip("`")


def _blocks(body: str) -> Iterator[Block]:
    """Headings, version ranges, fences and paragraphs, in order."""
    paragraph: list[str] = []
    lines = iter(visible(body).replace("\r\n", "\n").split("\n"))
    for line in lines:
        fence = _FENCE.match(line)
        if fence:
            yield from _text(paragraph)
            paragraph = []
            yield _fence(line, fence, lines)
        elif _HEADING.match(line):
            yield from _text(paragraph)
            paragraph = []
            yield Block("heading", line)
        elif _RANGE.search(line):
            yield from _text(paragraph)
            paragraph = []
            yield Block("range", line)
        elif line.strip():
            paragraph.append(line)
        else:
            yield from _text(paragraph)
            paragraph = []
    yield from _text(paragraph)


def _fence(opening: str, fence: re.Match[str], lines: Iterator[str]) -> Block:
    """The fence up to its end, taken out of a list's indentation; one that never ends takes the rest."""
    indent, marks, info = len(fence[1]), fence[2], fence[3].strip()
    body = []
    for line in lines:
        if line.strip().startswith(marks) and not line.strip().strip(marks[0]):
            break
        body.append(line[indent:] if not line[:indent].strip() else line.lstrip())
    return Block("code", "\n".join([f"{marks}{info}", *body, marks]), info)


def _text(paragraph: list[str]) -> Iterator[Block]:
    """A paragraph as readable text: components become their words, links their captions."""
    text = _COMMENT.sub("", "\n".join(paragraph))
    lines = [cleaned for line in text.split("\n") if (cleaned := _readable(line)) is not None]
    joined = "\n".join(lines).strip()
    if joined and joined != "[[toc]]":
        yield Block("text", joined)


def _readable(line: str) -> str | None:
    stripped = line.strip()
    if not stripped or _IMPORT.match(stripped):
        return None
    if found := _ADMONITION.match(stripped):
        label = _label(found[2]) or found[1]
        return f"{label.capitalize()}: {found[3]}".rstrip()
    if found := _COMPONENT.match(stripped):
        label = _label(found[2])
        return f"{label}:" if label else None
    if stripped.startswith("<") and (label := _label(stripped)) and not stripped.startswith(("<img", "<iframe", "<a ")):
        rest = _TAG.sub("", stripped).strip()
        return f"{label}: {rest}".rstrip() if rest else f"{label}:"
    cleaned = _LINK.sub(r"\1", _IMAGE.sub("", _TAG.sub("", line))).rstrip()
    return cleaned if cleaned.strip() else None


def _label(attributes: str | None) -> str:
    found = _LABEL.search(attributes or "")
    return found[1] if found else ""


def pieces(text: str) -> list[str]:
    """A paragraph as the smallest parts worth keeping whole: list items, table rows, else sentences."""
    lines = text.split("\n")
    if len(lines) > 1 and (any(_ITEM.match(x) for x in lines) or all(x.lstrip().startswith("|") for x in lines)):
        grouped: list[str] = []
        for line in lines:
            if grouped and not _ITEM.match(line) and not line.lstrip().startswith("|"):
                grouped[-1] += "\n" + line
            else:
                grouped.append(line)
        return grouped
    return [p for p in re.split(r"(?<=[.!?])\s+(?=[\w`'\"({*])", text) if p.strip()]
