"""The bundled blueprints as starting points: what each is for, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from copilot.errors import NotFound
from docs_corpus import BLUEPRINTS


@dataclass(frozen=True, slots=True)
class Blueprint:
    """``since`` and ``removed`` are Kestra versions; ``removed`` is empty where it still holds. ``flow`` is YAML."""

    id: str
    title: str
    description: str
    topics: tuple[str, ...]
    since: str
    removed: str
    runs_here: bool
    flow: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "topics": list(self.topics),
            "since": self.since,
            "removed": self.removed,
            "runs_here": self.runs_here,
        }


@cache
def blueprints() -> Mapping[str, Blueprint]:
    """By their ids, those that run here first, then by title."""
    found = [_read(path.stem, path.read_text("utf-8")) for path in BLUEPRINTS.glob("*.yaml")]
    return {one.id: one for one in sorted(found, key=lambda one: (not one.runs_here, one.title.casefold()))}


def blueprint(name: str) -> Blueprint:
    """The blueprint of this id. NotFound."""
    try:
        return blueprints()[name]
    except KeyError:
        raise NotFound(f"there is no blueprint {name}", hint="GET /api/v1/blueprints lists them") from None


def _read(name: str, text: str) -> Blueprint:
    """The comment lines at the top say what it is for; the flow follows them."""
    from engine.flow.runs_here import runs_here

    lines = text.splitlines(keepends=True)
    end = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    facts = {key.strip(): value.strip() for key, _, value in (line[1:].partition(":") for line in lines[:end])}
    flow = "".join(lines[end:]).lstrip("\n")
    return Blueprint(
        id=name,
        title=facts.get("title", name),
        description=facts.get("description", ""),
        topics=tuple(topic.strip() for topic in facts.get("topics", "").strip("[]").split(",")),
        since=facts.get("since", ""),
        removed=facts.get("removed", ""),
        runs_here=runs_here(flow)[0],
        flow=flow,
    )
