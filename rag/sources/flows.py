"""The user's own flows: how *we* do it. Every YAML file with an id, a namespace and tasks is an example."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from rag.errors import InvalidSource, SourceNotFound
from rag.markdown import visible
from rag.model import Document
from rag.sources.folder import MAX_BYTES
from rag.words import purpose, short_name

log = logging.getLogger(__name__)

_TYPE = re.compile(r"^\s*-?\s*type:\s*[\"']?(io\.kestra\.[\w.]+)", re.MULTILINE)
_SECRET_KEYS = re.compile(
    r"(?i)^(\s*-?\s*[\w-]*(?:password|token|secret|api[_-]?key|private[_-]?key)[\w-]*:\s*)(\S.*)$"
)


class FlowsSource:
    """``key`` is ``flows:`` and the absolute path. A file that is not a flow is left out with a warning."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser().resolve()
        self.key = f"flows:{self._path}"

    def documents(self) -> Iterator[Document]:
        if not self._path.is_dir():
            raise SourceNotFound(f"there is no folder {self._path}")
        found = False
        for path in sorted(p for p in self._path.rglob("*") if p.suffix in {".yaml", ".yml"} and p.is_file()):
            if path.stat().st_size > MAX_BYTES:
                continue
            document = flow_document(path.read_text(encoding="utf-8", errors="replace"), origin=str(path))
            if document is None:
                log.info("%s is not a flow and is left out", path)
                continue
            found = True
            yield document
        if not found:
            raise InvalidSource(
                f"{self._path} holds no flows", hint="a flow is a YAML file with id, namespace and tasks"
            )


def flow_document(text: str, *, origin: str) -> Document | None:
    """A flow as an example; None when the text is not one. Credentials in clear text are blotted out."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    if not isinstance(loaded, Mapping) or not all(loaded.get(k) for k in ("id", "namespace", "tasks")):
        return None
    flow = "\n".join(_blot(line) for line in visible(text).strip().split("\n"))
    types = tuple(dict.fromkeys(_TYPE.findall(text)))
    lead = _described(loaded) or "; ".join(purpose(t).split(":")[0] for t in types[:6])
    return Document(
        id=f"flow/{loaded['namespace']}/{loaded['id']}",
        kind="example",
        title=f"{loaded['id']} ({loaded['namespace']})",
        body=f"{lead}\n\n```yaml\n{flow}\n```\n",
        origin=origin,
        types=types,
        keywords=" ".join([*re.split(r"[\W_]+", str(loaded["id"])), *(short_name(t) for t in types)]),
    )


def _described(flow: Mapping[str, Any]) -> str:
    return " ".join(str(flow.get("description") or "").split())[:400]


def _blot(line: str) -> str:
    found = _SECRET_KEYS.match(line)
    if not found or "{{" in found[2] or found[2].strip() in {"|", ">", "|-", ">-"}:
        return line
    return f"{found[1]}'***'"
