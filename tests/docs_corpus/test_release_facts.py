"""Release notes say all that the catalog knows to have come or gone with a version."""

from __future__ import annotations

import re

import pytest

from engine.flow.catalog import catalog


@pytest.mark.parametrize("version", ["0.22", "0.23", "0.24", "1.0", "1.1", "1.2", "1.3", "2.0"])
def test_types_that_came_or_went_are_named(version: str, releases) -> None:
    (notes,) = [p for p in releases if str(p.front["version"]) == version]
    came_or_went = {known.type for known in catalog().all() if version in (known.since, known.removed)}
    assert {name for name in came_or_went if f"`{name}`" not in notes.body} == set()


def test_notes_have_only_their_four_headings_and_one_fact_an_item(releases) -> None:
    for notes in releases:
        headings = [title for title, _ in notes.sections]
        assert set(headings) <= {"Added", "Renamed", "Removed", "Changed"}, notes.path.name
        for _, text in notes.sections:
            items = [line for line in text.splitlines() if line.strip()]
            assert items, notes.path.name
            assert [i for i in items if not i.startswith(f"- {notes.front['version']} ")] == []
            assert [i for i in items if not re.search(r"\.$", i)] == []
