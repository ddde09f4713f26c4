"""What is generated from the catalog is what the catalog says, and its examples are valid."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from docs_corpus import CATALOG
from engine.flow.catalog import TypeDef, catalog
from engine.flow.catalog_files import write_catalog
from engine.flow.check import check_flow
from engine.flow.examples import example

ROOT = Path(__file__).resolve().parents[2]


def test_every_type_is_where_the_index_says() -> None:
    index = json.loads((CATALOG / "index.json").read_bytes())
    data = (CATALOG / "types.jsonl").read_bytes()
    for name, (offset, length, kind, since, removed) in index["types"].items():
        entry = json.loads(data[offset : offset + length])
        assert (entry["type"], entry["kind"]) == (name, kind)
        assert (entry.get("since", ""), entry.get("removed", "")) == (since, removed)
    assert sum(length for _, length, *_ in index["types"].values()) == len(data)


def test_aliases_lead_to_types_and_hide_none() -> None:
    index = json.loads((CATALOG / "index.json").read_bytes())
    assert set(index["aliases"].values()) <= index["types"].keys()
    assert not index["aliases"].keys() & index["types"].keys()


def test_writing_a_catalog_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    lines = (CATALOG / "types.jsonl").read_text().splitlines()
    types = [json.loads(line) for line in reversed(lines)]
    base = json.loads((CATALOG / "base.json").read_text())
    known = json.loads((CATALOG / "index.json").read_bytes())["partly_known"]
    assert write_catalog(types, base, tmp_path, known) == len(lines)
    for name in ("types.jsonl", "index.json", "base.json"):
        assert (tmp_path / name).read_bytes() == (CATALOG / name).read_bytes()


def _flow(definition: TypeDef, target: str) -> str:
    value = example(definition.type, target)
    flow = {
        "id": "demo",
        "namespace": "company.team",
        "inputs": [{"id": name, "type": "STRING"} for name in ("file", "wanted", "value")],
        "tasks": [{"id": "first", "type": "io.kestra.plugin.core.log.Log", "message": "hi"}],
    }
    if definition.kind == "trigger":
        flow["triggers"] = [value]
    else:
        flow["tasks"].append(value)
    return yaml.safe_dump(flow, sort_keys=False)


def test_the_example_of_every_task_and_trigger_is_valid() -> None:
    invalid = {}
    for definition in catalog().all():
        if definition.kind not in ("task", "flowable", "trigger"):
            continue
        target = definition.since or "1.1"
        errors = [f for f in check_flow(_flow(definition, target), target) if f.severity == "error"]
        if errors:
            invalid[definition.type] = errors[0].message
    assert invalid == {}


def test_the_reference_pages_are_those_of_the_catalog() -> None:
    script = ROOT / "scripts" / "build_reference.py"
    done = subprocess.run([sys.executable, script, "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_type_page_shows_properties_outputs_versions_and_an_example() -> None:
    page = (ROOT / "docs" / "reference" / "core.flow.md").read_text()
    section = page.split("## io.kestra.plugin.core.flow.Loop\n")[1].split("\n## ")[0]
    assert "Since Kestra 2.0." in section
    assert "| `values` |" in section and "**required**" in section
    assert "type: io.kestra.plugin.core.flow.Loop" in section
    assert "Outputs: `iterationCount` (integer)" in section
