"""The schemas of the types, apart from the rules."""

from __future__ import annotations

import pytest

from docs_corpus import BLUEPRINTS
from engine.flow.check import check_flow
from engine.flow.findings import errors
from engine.flow.second_look import second_look

FLOW = """id: a
namespace: b
tasks:
  - id: get
    type: io.kestra.plugin.core.http.Request
    uri: https://example.org
    options:
      followRedirects: {value}
"""


def test_a_value_that_does_not_fit_its_schema_is_found_at_its_place():
    (found,) = second_look(FLOW.format(value="[1, 2]"))
    assert (found.code, found.severity, found.line) == ("schema", "error", 8)
    assert found.path == ("tasks", 0, "options", "followRedirects")
    assert "io.kestra.plugin.core.http.Request" in found.hint


def test_what_the_rules_accept_the_schemas_accept_too():
    assert second_look(FLOW.format(value="true")) == []
    assert second_look(FLOW.format(value='"{{ inputs.follow }}"')) == []


@pytest.mark.parametrize("text", ["", "- a", "a: [", "id: 1\ntasks: 3"])
def test_a_text_that_is_no_flow_has_no_second_look(text):
    assert second_look(text) == []


def test_both_looks_agree_on_every_valid_blueprint():
    flows = {file.name: file.read_text() for file in sorted(BLUEPRINTS.glob("*.yaml"))[::4]}
    valid = {name: text for name, text in flows.items() if not errors(check_flow(text, "1.1"))}
    assert len(valid) > 10
    assert {name: second_look(text, "1.1") for name, text in valid.items()} == {name: [] for name in valid}
