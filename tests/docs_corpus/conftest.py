"""The corpus as the tests see it: pages with their sections and flows, blueprints with their headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs_corpus import BLUEPRINTS, GUIDES, RELEASES, ROOT

_PAGE = re.compile(r"---\n(.*?)\n---\n(.*)", re.S)
_FENCE = re.compile(r"```(\w*)([^\n]*)\n(.*?)```", re.S)


@dataclass(frozen=True)
class Flow:
    """A whole flow of the corpus with where it stands and for which version it is meant."""

    place: str
    text: str
    target: str
    runs: bool


@dataclass(frozen=True)
class Page:
    path: Path
    front: dict[str, Any]
    body: str

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.body)

    @property
    def sections(self) -> list[tuple[str, str]]:
        parts = re.split(r"^## ", self.prose, flags=re.M)[1:]
        return [tuple(part.split("\n", 1)) for part in parts]  # type: ignore[misc]

    @property
    def fences(self) -> list[tuple[str, list[str], str]]:
        return [(language, info.split(), text) for language, info, text in _FENCE.findall(self.body)]


@dataclass(frozen=True)
class Blueprint:
    path: Path
    header: dict[str, str]
    text: str


def page(path: Path) -> Page:
    found = _PAGE.fullmatch(path.read_text())
    assert found, f"{path.name} has no front matter"
    return Page(path, yaml.safe_load(found[1]), found[2])


def blueprint(path: Path) -> Blueprint:
    text = path.read_text()
    head = re.match(r"(#[^\n]*\n)+", text)
    assert head, f"{path.name} has no header"
    return Blueprint(path, dict(re.findall(r"^# (\w+): (.*)$", head[0], re.M)), text)


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((ROOT / "manifest.toml").read_text())


@pytest.fixture(scope="session")
def guides() -> list[Page]:
    return [page(path) for path in sorted(GUIDES.glob("*.md"))]


@pytest.fixture(scope="session")
def releases() -> list[Page]:
    return [page(path) for path in sorted(RELEASES.glob("*.md"))]


@pytest.fixture(scope="session")
def blueprints() -> list[Blueprint]:
    return [blueprint(path) for path in sorted(BLUEPRINTS.glob("*.yaml"))]


@pytest.fixture(scope="session")
def flows(guides: list[Page], blueprints: list[Blueprint], manifest: dict[str, Any]) -> list[Flow]:
    """Every whole flow of guides and blueprints, each with the version it is checked for."""
    versions: list[str] = manifest["versions"]
    default: str = manifest["target"]

    def at_least(since: object) -> str:
        return max(str(since or default), default, key=versions.index)

    found = []
    for guide in guides:
        for language, info, text in guide.fences:
            if language != "yaml" or {"fragment", "broken"} & set(info):
                continue
            named = [word.removeprefix("target=") for word in info if word.startswith("target=")]
            target = named[0] if named else at_least(guide.front.get("since"))
            found.append(Flow(guide.path.name, text, target, "runnable" in info))
    for one in blueprints:
        target = at_least(one.header.get("since"))
        found.append(Flow(one.path.name, one.text, target, one.header.get("runs") == "yes"))
    return found
