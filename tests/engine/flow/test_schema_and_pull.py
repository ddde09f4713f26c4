"""The catalog as a JSON Schema for editors, and a catalog out of the schema of a Kestra server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from docs_corpus import BLUEPRINTS
from engine.errors import InvalidFlow
from engine.flow.catalog import Catalog
from engine.flow.check import check_flow
from engine.flow.pull import pull, write_pulled
from engine.flow.schema import schema_for_editors
from engine.flow.source import parse

Flow = Callable[..., str]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = schema_for_editors("1.1")
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_a_good_flow_meets_the_schema(validator: jsonschema.Draft7Validator, flow: Flow) -> None:
    assert list(validator.iter_errors(parse(flow()).value)) == []


def test_what_checking_accepts_the_schema_accepts(validator: jsonschema.Draft7Validator) -> None:
    texts = [file.read_text() for file in sorted(BLUEPRINTS.rglob("*.yaml"))]
    valid = [text for text in texts if not [f for f in check_flow(text) if f.severity == "error"]]
    assert len(valid) > 20
    assert [text.splitlines()[0] for text in valid if not validator.is_valid(parse(text).value)] == []


@pytest.mark.parametrize(
    "task",
    [
        "- id: a\n  type: io.kestra.plugin.core.log.Log\n  mesage: hi",
        "- id: a\n  type: io.kestra.plugin.core.http.Request\n  uri: x\n  timeout: soon",
        "- id: a\n  type: io.kestra.plugin.core.flow.Sequential\n  tasks: {id: b}",
        "- id: a\n  message: hi",
        "- type: io.kestra.plugin.core.log.Log",
    ],
)
def test_the_schema_refuses_what_checking_refuses(task: str, validator: jsonschema.Draft7Validator, flow: Flow) -> None:
    assert not validator.is_valid(parse(flow(task)).value)


def test_former_names_are_taken_like_those_of_today(validator: jsonschema.Draft7Validator, flow: Flow) -> None:
    task = "- id: a\n  type: io.kestra.core.tasks.log.Log\n  mesage: hi"
    assert not validator.is_valid(parse(flow(task)).value)


def reference(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/definitions/{name}"} for name in names]}


EXPRESSION = {"type": "string", "pattern": ".*{{.*}}.*"}
DOCUMENT: dict[str, Any] = {
    "definitions": {
        "io.kestra.core.models.flows.Flow": {
            "type": "object",
            "properties": {
                "tasks": {"type": "array", "items": reference("com.acme.Deploy-1", "com.acme.Group")},
                "triggers": {"type": "array", "items": reference("com.acme.Watch")},
            },
        },
        "com.acme.Deploy-1": {
            "type": "object",
            "required": ["id", "type", "stage"],
            "properties": {
                "id": {"type": "string"},
                "type": {"const": "com.acme.Deploy"},
                "timeout": {"type": "string", "format": "duration"},
                "stage": {"type": "string", "enum": ["TEST", "LIVE"], "$dynamic": True},
                "copies": {"anyOf": [{"type": "integer"}, EXPRESSION], "$dynamic": True, "default": 1},
                "wait": {"type": "string", "format": "duration"},
                "old": {"type": "boolean", "$deprecated": True},
                "target": {"$ref": "#/definitions/com.acme.Target"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "taskRunner": reference("com.acme.Runner"),
            },
        },
        "com.acme.Group": {
            "properties": {
                "type": {"const": "com.acme.Group"},
                "tasks": {"type": "array", "items": reference("com.acme.Deploy-1", "com.acme.Group")},
            },
            "required": ["tasks"],
        },
        "com.acme.Watch": {
            "properties": {
                "type": {"const": "com.acme.Watch"},
                "interval": {"format": "duration", "type": "string"},
            }
        },
        "com.acme.Runner": {"properties": {"type": {"const": "com.acme.Runner"}, "image": {"type": "string"}}},
        "com.acme.Target": {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]},
    }
}


def test_types_are_read_from_a_server_s_schema() -> None:
    types = {entry["type"]: entry for entry in pull(DOCUMENT)}
    assert {name: entry["kind"] for name, entry in types.items()} == {
        "com.acme.Deploy": "task",
        "com.acme.Group": "task",
        "com.acme.Watch": "trigger",
        "com.acme.Runner": "task_runner",
    }
    assert types["com.acme.Deploy"]["properties"] == {
        "stage": {"is": "enum", "enum": ["TEST", "LIVE"], "dynamic": True, "required": True},
        "copies": {"is": "integer", "dynamic": True, "default": 1},
        "wait": "duration",
        "old": {"is": "boolean", "deprecated": True},
        "target": {"is": "object", "fields": {"host": {"is": "string", "required": True}}},
        "labels": {"is": "map", "items": "string"},
        "taskRunner": "plugin:task_runner",
    }
    assert types["com.acme.Group"]["properties"] == {"tasks": {"is": "tasks", "required": True}}


def test_a_pulled_catalog_checks_a_users_own_plugins(tmp_path: Path, flow: Flow) -> None:
    assert write_pulled(json.loads(json.dumps(DOCUMENT)), tmp_path) == 4
    known = Catalog(tmp_path)
    tasks = """
    - id: all
      type: com.acme.Group
      tasks:
        - id: one
          type: com.acme.Deploy
          stage: LIVE
          copies: "{{ inputs.n ?? 1 }}"
          target: {hst: x}
          wait: soon
    """
    found = [(f.code, f.line) for f in check_flow(flow(tasks), known=known)]
    assert found == [("missing_required", 11), ("unknown_property", 11), ("bad_duration", 12)]


def test_outputs_that_a_schema_does_not_tell_are_not_missed(tmp_path: Path, flow: Flow) -> None:
    write_pulled(DOCUMENT, tmp_path)
    tasks = """
    - {id: a, type: com.acme.Deploy, stage: TEST}
    - {id: b, type: com.acme.Deploy, stage: "{{ outputs.a.what }}"}
    """
    assert check_flow(flow(tasks), known=Catalog(tmp_path)) == []


@pytest.mark.parametrize("document", [{}, {"definitions": {}}, {"definitions": {"a": {"type": "object"}}}])
def test_what_is_no_schema_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidFlow) as refused:
        pull(document)
    assert refused.value.code == "not-a-schema" and refused.value.hint


def test_a_subtype_takes_over_what_it_only_refers_to(tmp_path: Path, flow: Flow) -> None:
    subtypes = {
        "definitions": {
            "com.acme.A-1": {
                "allOf": [{"$ref": "#/definitions/com.acme.A-2"}, {"properties": {"type": {"const": "com.acme.A"}}}]
            },
            "com.acme.A-2": {"properties": {"stage": {"type": "string"}}, "required": ["stage"]},
            "flow": {"properties": {"tasks": {"items": {"anyOf": [{"$ref": "#/definitions/com.acme.A-1"}]}}}},
        }
    }
    assert pull(subtypes)[0]["properties"] == {"stage": {"is": "string", "required": True}}


def test_variants_of_one_object_are_taken_with_the_fields_of_any() -> None:
    retry = {
        "oneOf": [
            {"properties": {"type": {"const": "a"}, "x": {"type": "integer"}}, "required": ["x"]},
            {"properties": {"type": {"const": "b"}, "y": {"type": "integer"}}, "required": ["y"]},
        ]
    }
    document = {"definitions": {"com.acme.A": {"properties": {"type": {"const": "com.acme.A"}, "again": retry}}}}
    again = pull(document)[0]["properties"]["again"]
    assert again == {"is": "object", "fields": {"type": "any", "x": {"is": "integer"}, "y": {"is": "integer"}}}


def test_what_every_task_has_is_a_property_of_its_own_elsewhere() -> None:
    definitions = {
        "com.acme.Tool": {"properties": {"type": {"const": "com.acme.Tool"}, "description": {"type": "string"}}},
        "com.acme.Agent": {
            "properties": {
                "type": {"const": "com.acme.Agent"},
                "description": {"type": "string"},
                "tools": {"type": "array", "items": {"anyOf": [{"$ref": "#/definitions/com.acme.Tool"}]}},
            }
        },
        "flow": {"properties": {"tasks": {"items": {"anyOf": [{"$ref": "#/definitions/com.acme.Agent"}]}}}},
    }
    types = {entry["type"]: set(entry["properties"]) for entry in pull({"definitions": definitions})}
    assert types == {"com.acme.Tool": {"description"}, "com.acme.Agent": {"tools"}}
