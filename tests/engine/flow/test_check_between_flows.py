"""A folder of flows: what they call and wait for is there; many files are checked alike in one or more processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.flow.folder import FileReport, check_file, check_folder, flow_files

CHILD = """\
id: child
namespace: company.team
inputs:
  - {id: day, type: STRING}
  - {id: region, type: STRING, defaults: all}
outputs:
  - {id: count, type: INT, value: "{{ outputs.c.value }}"}
tasks:
  - {id: c, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.day }} {{ inputs.region }}"}
"""
PARENT = """\
id: parent
namespace: company.team
tasks:
  - id: call
    type: io.kestra.plugin.core.flow.Subflow
    namespace: "{{ flow.namespace }}"
    flowId: child
    inputs:
      day: today
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.call.outputs.count }}"
triggers:
  - id: after
    type: io.kestra.plugin.core.trigger.Flow
    preconditions:
      id: p
      flows:
        - {namespace: company.team, flowId: child}
"""

Pair = Callable[..., list[FileReport]]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Reports on the two flows, the parent's text changed."""

    def check(old: str = "", new: str = "") -> list[FileReport]:
        (tmp_path / "child.yaml").write_text(CHILD)
        (tmp_path / "parent.yml").write_text(PARENT.replace(old, new) if old else PARENT)
        return list(check_folder([tmp_path]))

    return check


def codes(reports: list[FileReport]) -> list[tuple[str, int]]:
    return [(f.code, f.line) for report in reports for f in report.findings]


def test_flows_that_fit_together_have_no_findings(pair: Pair) -> None:
    assert codes(pair()) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("flowId: child\n", "flowId: chidl\n", ("unknown_flow", 7)),
        ("day: today", "dya: today", ("unknown_input", 9)),
        ("    inputs:\n      day: today\n", "", ("missing_input", 5)),
        ("outputs.count", "outputs.total", ("unknown_output_ref", 12)),
        ("team, flowId: child", "team, flowId: kid", ("unknown_flow", 19)),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_warning(pair: Pair, old: str, new: str, found: tuple[str, int]) -> None:
    assert found in codes(pair(old, new))


def test_flows_of_other_namespaces_may_live_elsewhere(pair: Pair) -> None:
    assert codes(pair('namespace: "{{ flow.namespace }}"', "namespace: other.team")) == []


def test_a_folder_is_searched_and_order_kept(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/two.yml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text(CHILD)
    assert [f.name for f in flow_files([tmp_path])] == ["a.yaml", "two.yml"]


def test_more_processes_find_the_same(tmp_path: Path) -> None:
    for n in range(70):
        text = CHILD.replace("id: child", f"id: child_{n}")
        (tmp_path / f"{n:02}.yaml").write_text(text if n % 7 else text.replace("format", "frmat"))
    alone = list(check_folder([tmp_path], workers=1))
    together = list(check_folder([tmp_path], workers=2))
    assert alone == together
    assert sum(not report.valid for report in alone) == 10


def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large.yaml").write_bytes(b"#" * 6_000_000)
    found = {
        name: [f.code for f in check_file(tmp_path / name).findings]
        for name in ("binary.yaml", "large.yaml", "none.yaml")
    }
    assert found == {"binary.yaml": ["bad_yaml"], "large.yaml": ["too_large"], "none.yaml": ["unreadable"]}


def test_a_report_says_both_verdicts(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(CHILD)
    report = check_file(file).as_dict()
    assert (report["valid"], report["runs_here"], report["cannot_run"], report["findings"]) == (True, True, [], [])
