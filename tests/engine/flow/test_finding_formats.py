"""Findings in the shapes that editors and code hosts read."""

from __future__ import annotations

from collections.abc import Callable

from engine.flow.check import check_flow
from engine.flow.formats import lsp, sarif

Flow = Callable[..., str]


def test_lsp_counts_from_nought_and_in_utf_16(flow: Flow) -> None:
    text = flow('- id: a\n  type: io.kestra.plugin.core.log.Log\n  message: "😀 {{ execution.id | uper }}"')
    (diagnostic,) = lsp(check_flow(text), text)
    assert diagnostic["range"]["start"] == {"line": 5, "character": 35}
    assert diagnostic["range"]["end"] == {"line": 5, "character": 39}
    assert (diagnostic["severity"], diagnostic["code"], diagnostic["source"]) == (1, "bad_expression", "flowwright")
    assert diagnostic["data"]["edit"]["newText"] == "upper"


def test_sarif_names_rules_places_and_fixes(flow: Flow) -> None:
    text = flow("- id: a\n  type: io.kestra.plugin.core.log.Log\n  mesage: hi")
    log = sarif({"flows/a.yaml": check_flow(text), "flows/b.yaml": []}, "1.2.3")
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["version"]) == ("2.1.0", "1.2.3")
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "flows/a.yaml"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (6, 5)
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "unknown_property"
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "message"


def test_severities_map_to_levels(flow: Flow) -> None:
    text = flow('- id: a\n  type: io.kestra.core.tasks.log.Log\n  message: "{{ nothing_like_it }}"')
    levels = [r["level"] for r in sarif({"f": check_flow(text)})["runs"][0]["results"]]
    assert levels == ["note", "warning"]
