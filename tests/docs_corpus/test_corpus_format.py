"""Guides, release notes and blueprints have the form their README promises."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

from docs_corpus import ROOT
from engine.flow.catalog import catalog

_SECTION_RANGE = re.compile(r'\A(?:\s*<!-- (?:(?:since|removed): "[\d.]+"(?:; )?)+ -->\s*)?')
_TYPE_NAME = re.compile(r"`(io\.kestra\.[A-Za-z0-9_.]*[A-Za-z0-9])`")


def test_there_is_enough_of_everything(guides, releases, blueprints, flows) -> None:
    assert len(guides) >= 40
    assert len(blueprints) >= 60
    assert len(releases) == 10
    assert sum(flow.runs for flow in flows) >= 60


def test_every_page_names_itself_its_title_and_its_topics(guides, releases) -> None:
    pages = [*guides, *releases]
    assert [p.path.name for p in pages if p.front.get("id") != p.path.stem] == []
    assert [p.path.name for p in pages if not p.front.get("title") or not p.front.get("topics")] == []
    assert [p.path.name for p in pages if not isinstance(p.front.get("types"), list)] == []


def test_ids_of_pages_and_of_blueprint_flows_are_unique(guides, releases, blueprints) -> None:
    pages = Counter(str(p.front["id"]) for p in [*guides, *releases])
    flows = Counter(yaml.safe_load(b.text)["id"] for b in blueprints)
    assert [name for name, n in (pages + flows).items() if n > 1 and name not in flows] == []
    assert max(flows.values()) == 1
    assert [b.path.name for b in blueprints if yaml.safe_load(b.text)["id"] != b.path.stem] == []


def test_versions_are_known_ones(guides, blueprints, manifest: dict[str, Any]) -> None:
    known = set(manifest["versions"])
    named = {
        (p.path.name, str(p.front[key])) for p in guides for key in ("since", "removed") if p.front.get(key) is not None
    } | {(b.path.name, b.header[key]) for b in blueprints for key in ("since", "removed") if key in b.header}
    assert {place for place, version in named if version not in known} == set()


def test_each_section_answers_in_a_few_sentences(guides) -> None:
    odd = {
        (guide.path.name, title)
        for guide in guides
        for title, text in guide.sections
        if not 20 <= len(_SECTION_RANGE.sub("", text).split()) <= 220
    }
    assert odd == set()


def test_every_guide_has_a_section_and_a_summary(guides) -> None:
    assert [g.path.name for g in guides if len(g.sections) < 2] == []
    assert [g.path.name for g in guides if not g.prose.split("## ", 1)[0].strip()] == []


def test_blueprints_say_what_they_are_for(blueprints) -> None:
    keys = {"title", "description", "topics", "since", "runs"}
    assert [b.path.name for b in blueprints if keys - b.header.keys()] == []
    assert [b.path.name for b in blueprints if b.header["runs"] not in ("yes", "no")] == []
    assert [b.path.name for b in blueprints if len(b.header["description"].split()) < 5] == []


def test_types_named_in_front_matter_are_in_the_catalog(guides, releases) -> None:
    known = catalog()
    assert [(p.path.name, t) for p in [*guides, *releases] for t in p.front["types"] if known.get(t) is None] == []


def test_full_type_names_in_prose_are_types_or_families_of_the_catalog(guides, releases) -> None:
    known = catalog()
    # Old families that only release notes and the page of renames speak of.
    gone = (
        "io.kestra.plugin.langchain4j",
        "io.kestra.core.tasks",
        "io.kestra.core.models",
        "io.kestra.plugin.core.condition.",
    )
    unknown = {
        (p.path.name, name)
        for p in [*guides, *releases]
        for name in _TYPE_NAME.findall(p.body)
        if known.get(name) is None and not any(t.startswith(name) for t in known.types()) and not name.startswith(gone)
    }
    assert unknown == set()


def test_fences_that_are_not_checked_at_least_parse(guides) -> None:
    for guide in guides:
        for language, info, text in guide.fences:
            if language == "yaml" and "broken" not in info:
                assert yaml.safe_load(text) is not None, guide.path.name


def test_no_credential_stands_in_clear_text(flows) -> None:
    secret_keys = re.compile(
        r"^\s*(?:password|apiKey|token|secretKeyId|accessKeyId|oauthToken|privateKey): (.+)$", re.M
    )
    clear = {
        (flow.place, value)
        for flow in flows
        for value in secret_keys.findall(flow.text)
        if "secret(" not in value and "kv(" not in value
    }
    assert clear == set()


def test_the_manifest_names_the_target_among_its_versions(manifest: dict[str, Any]) -> None:
    assert manifest["target"] in manifest["versions"]


def test_nothing_speaks_of_a_language_that_the_readme_does_not_know(guides) -> None:
    promised = (ROOT / "README.md").read_text()
    words = {word for guide in guides for language, info, _ in guide.fences if language == "yaml" for word in info}
    assert {word for word in words if word.split("=")[0] not in promised} == set()
