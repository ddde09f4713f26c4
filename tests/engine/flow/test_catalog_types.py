"""The catalog: every type under every name, by version, with what it is likely confused with."""

from __future__ import annotations

import pytest

from engine.flow.catalog import Catalog, catalog, in_version


@pytest.fixture(scope="module")
def types() -> Catalog:
    return catalog()


def test_a_type_is_found_under_its_former_names(types: Catalog) -> None:
    log = types.get("io.kestra.plugin.core.log.Log")
    assert log is not None and log is types.get("io.kestra.core.tasks.log.Log")
    assert types.canonical("io.kestra.core.tasks.log.Log") == log.type
    assert types.get("io.kestra.plugin.core.log.Nothing") is None


def test_a_type_says_what_it_takes_and_gives(types: Catalog) -> None:
    download = types.get("io.kestra.plugin.core.http.Download")
    assert download is not None
    assert download.required == ("uri",)
    assert download.properties["uri"].dynamic
    assert set(download.outputs) == {"uri", "code", "length", "headers"}
    options = download.properties["options"].fields
    assert options is not None and options["followRedirects"].default is True


def test_a_type_shows_only_what_its_version_has(types: Catalog) -> None:
    download = types.get("io.kestra.plugin.core.http.Download")
    assert download is not None
    assert "saveAs" in download.for_version("1.2").properties
    assert "saveAs" not in download.for_version("1.1").properties


@pytest.mark.parametrize(
    ("since", "removed", "version", "there"),
    [
        ("", "", "1.1", True),
        ("1.1", "", "1.1", True),
        ("1.2", "", "1.1", False),
        ("", "2.0", "1.3", True),
        ("", "2.0", "2.0", False),
        ("0.9", "", "0.21", True),
    ],
)
def test_versions_compare_as_numbers(since: str, removed: str, version: str, there: bool) -> None:
    assert in_version(since, removed, version) is there


def test_types_are_listed_by_kind_and_version(types: Catalog) -> None:
    assert len(types.types()) == len(list(types.all())) > 1300
    assert "io.kestra.plugin.core.flow.Loop" in types.types("flowable", "2.0")
    assert "io.kestra.plugin.core.flow.Loop" not in types.types("flowable", "1.3")
    assert "io.kestra.plugin.core.flow.ForEach" not in types.types("flowable", "2.0")


def test_search_finds_types_by_the_words_of_their_names(types: Catalog) -> None:
    assert types.search("postgres copy")[0].startswith("io.kestra.plugin.jdbc.postgresql.Copy")
    assert types.search("zzzz") == ()


def test_likely_types_depend_on_the_version(types: Catalog) -> None:
    wrong = "io.kestra.plugin.core.flow.Loops"
    assert types.near(wrong, 1, "2.0") == ("io.kestra.plugin.core.flow.Loop",)
    assert types.near(wrong, 1, "1.1") != ("io.kestra.plugin.core.flow.Loop",)


def test_the_flow_language_is_part_of_it(types: Catalog) -> None:
    assert {"flow", "task", "trigger", "input", "retry", "sla"} <= types.models.keys()
    assert "FAILED" in types.states and types.versions[-1] == "2.0"
