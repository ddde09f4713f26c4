"""Every flow that the corpus shows is valid for its version, and those marked as running do run."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import Engine
from engine.flow.check import check_flow
from engine.flow.findings import errors


def test_every_flow_is_valid_for_its_version(flows) -> None:
    wrong = {
        (flow.place, finding.line, finding.message)
        for flow in flows
        for finding in errors(check_flow(flow.text, flow.target))
    }
    assert wrong == set()


def test_no_flow_shows_what_its_version_warns_about(flows) -> None:
    warned = {
        (flow.place, finding.line, finding.message)
        for flow in flows
        for finding in check_flow(flow.text, flow.target)
        if finding.severity == "warning"
    }
    assert warned == set()


def test_blueprints_are_valid_from_since_until_removed(blueprints, manifest) -> None:
    versions = manifest["versions"][1:]  # the catalog begins with the second
    for one in blueprints:
        first = versions.index(one.header["since"])
        last = versions.index(one.header["removed"]) if "removed" in one.header else len(versions)
        valid = [v for v in versions if not errors(check_flow(one.text, v))]
        assert valid == versions[first:last] or versions[first:last] == valid[-(last - first) :], one.path.name


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):
    with Engine(tmp_path_factory.mktemp("corpus"), durability="normal") as running:
        yield running


def test_runnable_flows_run(flows, engine: Engine) -> None:
    failed = {}
    for flow in (flow for flow in flows if flow.runs):
        execution = engine.run(flow.text)
        if execution.state not in ("SUCCESS", "WARNING"):
            failed[flow.place] = [line.message for line in engine.logs(execution.id)]
    assert failed == {}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dependency_graph", "margin from sales-costs"),
        ("parallel_then_join", "worth 48"),
        ("revenue_per_product", "desk leads with 150"),
        ("line_per_region", "coast: 15"),
        ("count_events", "buy=2"),
        ("run_counter", "this is run 1"),
        ("message_by_result", "it worked"),
        ("resource_request", "vm: 2 cores, - GB, urgent false"),
    ],
)
def test_blueprints_do_what_they_say(name: str, message: str, blueprints, tmp_path: Path) -> None:
    (flow,) = [b.text for b in blueprints if b.path.stem == name]
    with Engine(tmp_path, durability="normal") as running:
        execution = running.run(flow)
        assert any(message in line.message for line in running.logs(execution.id))


def test_blueprints_give_the_outputs_they_promise(blueprints, tmp_path: Path) -> None:
    texts = {b.path.stem: b.text for b in blueprints}
    with Engine(tmp_path, durability="normal") as running:
        assert running.run(texts["double_a_number"]).outputs == {"doubled": 8}
        assert running.run(texts["double_a_number"], {"x": 21}).outputs == {"doubled": 42}
        assert running.run(texts["deploy_by_environment"], {"target": "prod"}).outputs == {"plan": "the full fleet"}
        assert running.run(texts["year_and_month"], {"day": "2025-12-01"}).outputs == {"month": "2025-12"}
