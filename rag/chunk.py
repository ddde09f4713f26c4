"""Cuts documents into chunks that the embedding model reads whole.

A chunk never crosses a heading. Code stays with the sentence that leads to it; a whole flow becomes a chunk of its own
kind (``example``), so that it can be asked for. What is too long is cut between sentences, list items or the steps of
a flow, never inside them unless a single one is longer than the limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.markdown import Block, Section, pieces, sections
from rag.model import Chunk, Document, Kind

VERSION = 2
"""Raised whenever chunks of the same document come out otherwise: an index of another version is refused."""

LIMIT = 250
"""Tokens of a chunk with its breadcrumb, for models that read more; a smaller model's own limit less 4 wins."""

_SPECIAL = 4
"""More tokens than any model puts around a text of its own accord."""

_TYPE_NAME = re.compile(r"\bio\.kestra\.(?:[a-z_][\w]*\.)+[A-Z]\w*")
_FLOW = re.compile(r"^id:\s", re.MULTILINE)
_SLUG = re.compile(r"[^a-z0-9]+")
_STEP = re.compile(r"^(\s*- id:|[a-zA-Z]\w*:\s*(#.*)?$)")

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunker:
    """``count``: tokens of a text by the model's own tokenizer, special tokens included. ``limit``: the model's."""

    count: Count
    limit: int = LIMIT
    breadcrumb: bool = True

    @classmethod
    def of(cls, count: Count, model_limit: int, *, breadcrumb: bool = True) -> Chunker:
        return cls(count, min(LIMIT, model_limit - 4), breadcrumb)

    def cut(self, document: Document) -> list[Chunk]:
        """The chunks of a document in reading order, with ids that stay the same while their section does."""
        chunks: list[Chunk] = []
        seen: dict[str, int] = {}
        for section in sections(document.body):
            path = tuple(x for x in section.path if x != document.title)
            for kind, text in self._parts(document, section, path):
                slug = _SLUG.sub("-", " ".join(path[-1:]).lower()).strip("-")[:60]
                seen[slug] = seen.get(slug, 0) + 1
                ident = "#".join([document.id, *([slug] if slug else [])])
                number = f"~{seen[slug]}" if seen[slug] > 1 else ""
                chunks.append(self._chunk(document, section, path, kind, text, f"{ident}{number}"))
        return chunks

    def _chunk(
        self, document: Document, section: Section, path: tuple[str, ...], kind: Kind, text: str, ident: str
    ) -> Chunk:
        crumb = " > ".join([document.title, *path])
        spoken = document.types if document.kind != "reference" else ()
        named = [t for t in spoken if re.search(rf"\b{t.rsplit('.', 1)[-1]}\b", text)]
        mentions = dict.fromkeys([*_TYPE_NAME.findall(text), *named])
        return Chunk(
            id=ident,
            document=document.id,
            kind=kind,
            title=path[-1] if path else document.title,
            path=(document.title, *path),
            text=text,
            embedded=f"{crumb}\n{text}" if self.breadcrumb else text,
            origin=document.origin,
            since=section.since or document.since,
            removed=section.removed or document.removed,
            topics=document.topics,
            types=document.types,
            mentions=tuple(mentions),
            aliases=document.aliases,
            keywords=document.keywords,
            weight=document.weight,
        )

    def _parts(self, document: Document, section: Section, path: tuple[str, ...]) -> Iterator[tuple[Kind, str]]:
        # The id line of the tokenizer and the newline after the crumb are counted with the crumb.
        crumb = self.count(" > ".join([document.title, *path]) + "\n") if self.breadcrumb else 2
        room = max(48, self.limit - crumb)
        prose: list[Block] = []
        examples: list[tuple[str, Block]] = []
        for block in section.blocks:
            if document.kind == "prose" and block.kind == "code" and _FLOW.search(block.code):
                examples.append((_lead(prose), block))
            else:
                prose.append(block)
        for text in self._pack(prose, room):
            yield document.kind, text
        for lead, block in examples:
            for text in self._code(lead, block, room):
                yield "example", text

    def _pack(self, blocks: Sequence[Block], room: int) -> Iterator[str]:
        """Blocks joined up to the room; a code block drags its lead sentence into its chunk."""
        held: list[str] = []
        if len(blocks) > 1 and self._fits([block.text for block in blocks], room):
            # Most sections fit whole: one count instead of one for each block.
            yield "\n\n".join(block.text for block in blocks)
            return
        for block in blocks:
            if self._fits([*held, block.text], room):
                held.append(block.text)
                continue
            if block.kind == "code":
                lead = _last_sentence(held[-1]) if held else ""
                if held and held != [lead]:
                    yield "\n\n".join(held)
                held = []
                yield from self._code(lead, block, room)
                continue
            for piece in self._small(block.text, room):
                if held and not self._fits([*held, piece], room):
                    yield "\n\n".join(held)
                    held = []
                held.append(piece)
        if held:
            yield "\n\n".join(held)

    def _small(self, text: str, room: int) -> Iterator[str]:
        """A paragraph as runs of whole sentences or items that fit; a longer single one is cut by words."""
        glue = "\n" if "\n" in text else " "
        held: list[str] = []
        for piece in pieces(text):
            if self._fits([glue.join([*held, piece])], room):
                held.append(piece)
                continue
            if held:
                yield glue.join(held)
            held = []
            if self._fits([piece], room):
                held = [piece]
            else:
                yield from self._words(piece, room)
        if held:
            yield glue.join(held)

    def _words(self, text: str, room: int) -> Iterator[str]:
        held = ""
        for word in re.findall(r"\S{1,160}\s*", text):
            if held and self.count(held + word) > room:
                yield held.rstrip()
                held = ""
            held += word
        if held.strip():
            yield held.rstrip()

    def _code(self, lead: str, block: Block, room: int) -> Iterator[str]:
        """A code block with its lead; cut before steps and top-level keys when it is too long, fenced again."""
        whole = f"{lead}\n\n{block.text}".strip() if lead else block.text
        if self.count(whole) <= room:
            yield whole
            return
        fence = block.text.split("\n", 1)[0]
        closing = block.text.rsplit("\n", 1)[-1]
        lead = lead if self.count(lead) <= room // 3 else ""
        for index, part in enumerate(self._steps(block.code, room - self.count(f"{lead}\n{fence}\n{closing}") - 4)):
            head = lead if index == 0 else ""
            yield f"{head}\n\n{fence}\n{part}\n{closing}".strip()

    def _steps(self, code: str, room: int) -> Iterator[str]:
        groups: list[str] = []
        for line in code.split("\n"):
            if groups and not _STEP.match(line) and line.strip():
                groups[-1] += "\n" + line
            else:
                groups.append(line)
        held = ""
        for group in groups:
            joined = f"{held}\n{group}" if held else group
            if self.count(joined) <= room:
                held = joined
                continue
            if held.strip():
                yield held.strip("\n")
            held = ""
            if self.count(group) <= room:
                held = group
                continue
            for line in group.split("\n"):
                joined = f"{held}\n{line}" if held else line
                if held and self.count(joined) > room:
                    yield held
                    held = ""
                    joined = line
                held = joined
            *full, held = list(self._words(held, room)) if self.count(held) > room else [held]
            yield from full
        if held.strip():
            yield held.strip("\n")

    def _fits(self, parts: Sequence[str], room: int) -> bool:
        text = "\n\n".join(parts)
        # Counting is what cutting costs. No token of plain ASCII is shorter than a character.
        return (text.isascii() and len(text) + _SPECIAL <= room) or self.count(text) <= room


def _lead(blocks: Sequence[Block]) -> str:
    """The last sentence before a code block."""
    return _last_sentence(blocks[-1].text) if blocks and blocks[-1].kind == "text" else ""


def _last_sentence(text: str) -> str:
    if text.rstrip().endswith("```"):
        return ""
    return pieces(text)[-1].strip() if pieces(text) else ""
