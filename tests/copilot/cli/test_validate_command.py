"""`flowwright validate`: every fault at once, each with its place and a hint; light to start."""

from __future__ import annotations

import json
import subprocess
import sys

FAULTY = """id: faulty
namespace: company.team
tasks:
  - id: download
    type: io.kestra.plugin.core.http.Download
  - id: shout
    type: io.kestra.plugin.core.log.Shout
    message: hello
  - id: hello
    type: io.kestra.plugin.core.log.Log
    mesage: hello
    message: "{{ outputs.nowhere.value }}"
  - id: hello
    type: io.kestra.plugin.core.log.Log
    message: "{{ inputs. | upper }}"
  - id: parallel
    type: io.kestra.plugin.core.flow.Parallel
    concurrent: many
    tasks:
      - id: inner
        type: io.kestra.plugin.core.debug.Return
        format: x
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "61 25 * * *"
"""
EXPECTED = {
    "missing_required": 5,
    "unknown_type": 7,
    "unknown_property": 11,
    "unknown_output_ref": 12,
    "duplicate_id": 13,
    "bad_expression": 15,
    "wrong_kind": 18,
    "bad_cron": 26,
}
HEAVY = {
    "chromadb",
    "torch",
    "sentence_transformers",
    "google.genai",
    "fastapi",
    "duckdb",
    "psycopg",
    "numpy",
}


def test_all_eight_faults_are_reported_each_with_line_column_and_hint(flowwright, tmp_path):
    file = tmp_path / "faulty.yaml"
    file.write_text(FAULTY)
    ran = flowwright("validate", file, "--json")
    findings = [f for f in ran.json["flows"][0]["findings"] if f["severity"] == "error"]
    assert ran.code == 1
    assert {f["code"]: f["line"] for f in findings} == EXPECTED
    assert all(f["column"] >= 1 and f["hint"] for f in findings)
    people = flowwright("validate", file)
    assert f"{file}:26:" in people.out
    assert people.out.count("hint:") >= 8


def test_a_valid_flow_is_valid_and_says_whether_it_runs_here(flowwright, tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text(
        "id: a\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
    )
    ran = flowwright("validate", file, "--json")
    assert ran.code == 0
    assert ran.json["flows"][0] | {"findings": []} == {
        "file": str(file), "valid": True, "runs_here": True, "cannot_run": [], "findings": [],
    }  # fmt: skip


def test_a_missing_file_is_wrong_usage_and_a_binary_file_an_invalid_flow(flowwright, tmp_path):
    missing = flowwright("validate", tmp_path / "none.yaml", "--json")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    unreadable = flowwright("validate", binary, "--json")
    assert (missing.code, missing.json["error"]["code"]) == (2, "no-such-file")
    assert (unreadable.code, unreadable.json["flows"][0]["findings"][0]["code"]) == (1, "bad_yaml")


def test_safe_corrections_are_applied_in_place_and_nothing_else_changes(flowwright, tmp_path):
    file = tmp_path / "flow.yaml"
    file.write_text(
        "id: a  # keep me\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    mesage: hi\n"
    )
    assert flowwright("validate", file, "--fix").code == 0
    assert file.read_text() == (
        "id: a  # keep me\nnamespace: b\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
    )


def test_editors_and_code_hosts_get_their_own_shapes(flowwright, tmp_path):
    file = tmp_path / "faulty.yaml"
    file.write_text(FAULTY)
    sarif = flowwright("validate", file, "--format", "sarif").json
    lsp = flowwright("validate", file, "--format", "lsp").json
    assert {r["ruleId"] for r in sarif["runs"][0]["results"]} >= set(EXPECTED)
    assert {d["range"]["start"]["line"] + 1 for d in lsp[str(file)] if d["severity"] == 1} == set(EXPECTED.values())
    assert flowwright("validate", file, "--format", "xml").code == 2


def test_validating_imports_nothing_heavy(tmp_path):
    file = tmp_path / "faulty.yaml"
    file.write_text(FAULTY)
    probe = (
        "import json, sys\n"
        "sys.argv = ['flowwright', 'validate', sys.argv[1], '--json']\n"
        "from copilot.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('MODULES ' + json.dumps(sorted(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", probe, str(file)], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(out[out.index("MODULES ") + 8 :]))
    assert "engine.flow.check" in loaded
    assert sorted(HEAVY & loaded) == []


def test_an_upgrade_shows_the_difference_and_leaves_the_file(flowwright, tmp_path):
    file = tmp_path / "flow.yaml"
    text = (
        "id: a\nnamespace: b\ntasks:\n"
        "  - id: each\n    type: io.kestra.plugin.core.flow.ForEach\n    values: [1, 2]\n"
        "    tasks:\n      - id: t\n        type: io.kestra.plugin.core.log.Log\n"
        "        message: '{{ taskrun.value }}'\n"
    )
    file.write_text(text)
    ran = flowwright("upgrade", file, "--target", "2.0", "--json")
    assert (ran.code, ran.json["valid"]) == (0, True)
    assert "io.kestra.plugin.core.flow.Loop" in ran.json["flow"]
    assert "-    type: io.kestra.plugin.core.flow.ForEach" in ran.json["diff"]
    assert file.read_text() == text
    assert flowwright("upgrade", file, "--target", "7").code == 2


def test_another_catalog_can_be_pulled_and_checked_against(flowwright, tmp_path):
    schema = {
        "definitions": {
            "com.acme.Hello": {
                "type": "object",
                "properties": {
                    "type": {"const": "com.acme.Hello"},
                    "id": {"type": "string"},
                    "who": {"type": "string"},
                },
                "required": ["id", "type", "who"],
            },
            "flow": {"properties": {"tasks": {"items": {"anyOf": [{"$ref": "#/definitions/com.acme.Hello"}]}}}},
        }
    }
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    folder = tmp_path / "catalog"
    assert flowwright("catalog", "pull", "--from", tmp_path / "schema.json", "--out", folder).code == 0
    file = tmp_path / "flow.yaml"
    file.write_text("id: a\nnamespace: b\ntasks:\n  - id: t\n    type: com.acme.Hello\n    colour: x\n")
    own = flowwright("validate", file, "--catalog", folder, "--json").json["flows"][0]
    assert {f["code"] for f in own["findings"]} >= {"unknown_property", "missing_required"}
    bundled = flowwright("validate", file, "--json").json["flows"][0]
    assert "unknown_property" not in {f["code"] for f in bundled["findings"]}
    assert flowwright("validate", file, "--catalog", tmp_path, "--json").code == 2


def test_types_are_shown_searched_and_compared(flowwright):
    shown = flowwright("catalog", "show", "io.kestra.plugin.core.http.Download", "--json").json
    assert shown["properties"]["uri"] == {"kind": "string", "required": True, "dynamic": True}
    assert shown["outputs"]["uri"] == "string"
    unknown = flowwright("catalog", "show", "io.kestra.plugin.core.http.Donwload", "--json")
    assert (unknown.code, "io.kestra.plugin.core.http.Download" in unknown.json["error"]["hint"]) == (1, True)
    assert (
        "io.kestra.plugin.gcp.bigquery.Load" in flowwright("catalog", "search", "bigquery load", "--json").json["types"]
    )
    changes = flowwright("catalog", "diff", "1.3", "2.0", "--json").json
    assert "io.kestra.plugin.core.flow.Loop" in changes["added"]
    assert any(name.startswith("io.kestra.plugin.core.flow.ForEach") for name in changes["removed"])
