"""The comparison with other engines: its arithmetic, its report and the page it is kept on."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bench_peers import environments
from scripts.bench_peers.engine_bench import chain, fan_out
from scripts.bench_peers.environments import PeerMissing, ensure, python_of
from scripts.bench_peers.figures import Result, Round, put_section, report, seconds, stat, times_as_fast
from scripts.bench_peers.shapes import TASKS, measure

FULL = "SQLite WAL, synchronous FULL"


def result(peer: str, took: float, durability: str = FULL, commits: int | None = None) -> Result:
    counted = {} if commits is None else dict.fromkeys(TASKS, commits)
    return Result(peer, "1.2", durability, dict.fromkeys(TASKS, took), counted)


def rounds_of(*pairs: tuple[float, float]) -> list[Round]:
    return [{"ours-full": result("flowwright", ours), "dbos": result("dbos", peer)} for ours, peer in pairs]


def row(text: str, label: str) -> list[str]:
    """The cells of the first table row that begins with the label."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {label}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_figure_is_the_median_with_its_range_as_spread() -> None:
    figure = stat([4.0, 1.0, 2.0, 2.5, 1.5])
    assert figure is not None
    assert (figure.median, figure.low, figure.high, figure.n) == (2.0, 1.0, 4.0, 5)
    assert figure.spread == 1.5


def test_no_values_give_no_figure() -> None:
    assert stat([]) is None
    assert seconds([{}], "dbos", "sequential_200") is None


def test_a_ratio_is_taken_within_each_round_and_not_between_medians() -> None:
    rounds = rounds_of((1.0, 2.0), (10.0, 30.0), (2.0, 8.0))
    ratio = times_as_fast(rounds, "ours-full", "dbos", "sequential_200")
    assert ratio is not None
    assert (ratio.median, ratio.low, ratio.high) == (3.0, 2.0, 4.0)


def test_a_round_without_one_of_the_two_gives_no_ratio() -> None:
    alone: Round = {"ours-full": result("flowwright", 0.001)}
    ratio = times_as_fast([alone, *rounds_of((1.0, 2.0))], "ours-full", "dbos", "fanout_200_c8")
    assert ratio is not None
    assert (ratio.n, ratio.median) == (1, 2.0)


def test_the_report_gives_every_participant_its_durability_rate_and_ratio() -> None:
    text = report(rounds_of((0.5, 1.0), (0.5, 1.5), (0.5, 2.0)), ["processor: P"], "python x.py --rounds 3")
    assert row(text, "flowwright") == ["flowwright", "1.2", FULL, "0.500", "400", "0%", ""]
    assert row(text, "DBOS") == ["DBOS as shipped", "1.2", FULL, "1.500", "133", "67%", "3 (2 to 4)"]
    assert "- processor: P" in text
    assert "`python x.py --rounds 3`, paired rounds: 3" in text
    assert text.count("\n### ") == len(TASKS)


def test_the_report_gives_a_column_for_each_durability_of_ours() -> None:
    only: Round = {
        "ours-full": result("flowwright", 1.0),
        "ours-normal": result("flowwright", 0.1, "SQLite WAL, synchronous NORMAL"),
        "floor-full": result("floor", 0.5, commits=1201),
    }
    text = report([only], [], "x")
    assert row(text, "bare floor")[0] == "bare floor, 1,201 commits"
    assert row(text, "bare floor")[-2:] == ["0.5 (0.5 to 0.5)", "5 (5 to 5)"]
    assert row(text, "flowwright")[-2:] == ["", "10 (10 to 10)"]


def test_small_and_large_ratios_stay_readable() -> None:
    assert row(report(rounds_of((1.0, 0.00512)), [], "x"), "DBOS")[-1].startswith("0.00512 ")
    assert row(report(rounds_of((0.001, 1.2344)), [], "x"), "DBOS")[-1].startswith("1234 ")


def test_what_is_missing_is_said_and_has_no_row() -> None:
    text = report(rounds_of((1.0, 2.0)), [], "x", ["prefect cannot be installed: no network; left out"])
    assert "**prefect cannot be installed: no network; left out**" in text
    assert "| Prefect" not in text


def test_writing_again_replaces_only_the_own_section_of_the_page() -> None:
    first = put_section("# Benchmarks\n\nOther figures.\n", "## Old\n")
    again = put_section(first + "\n## After\n", "## New\n")
    assert again == first.replace("## Old", "## New") + "\n## After\n"
    assert again.startswith("# Benchmarks\n\nOther figures.\n\n")


def test_a_new_page_gets_a_title() -> None:
    assert put_section("", "## New").startswith("# Benchmarks\n\n<!--")


def test_every_shape_is_measured_and_counted_after_its_clock_stopped() -> None:
    seen: list[str] = []
    took = measure({shape: lambda shape=shape: seen.append(shape) for shape in TASKS}, after=lambda s: seen.append(s))
    assert took.keys() == TASKS.keys()
    assert seen == [shape for shape in TASKS for _ in range(2)]


def test_a_participant_that_leaves_a_shape_out_is_refused() -> None:
    with pytest.raises(ValueError, match="shapes are"):
        measure({"sequential_200": lambda: None})


def test_the_flows_measured_are_valid_and_of_the_size_told() -> None:
    from engine import check_flow
    from engine.flow.load import load_flow

    for text in (chain(200), fan_out(200, 8)):
        assert not [finding for finding in check_flow(text) if finding.severity == "error"]
    assert len(load_flow(chain(200)).tasks) == 200
    assert load_flow(fan_out(200, 8)).tasks[0].properties["concurrencyLimit"] == 8


def test_an_environment_that_has_its_peer_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = python_of("dbos", tmp_path)
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setitem(environments.REQUIREMENTS, "dbos", "dbos>=2")
    (tmp_path / "dbos" / "requirement.txt").write_text("dbos>=2\n")
    assert ensure("dbos", tmp_path) == python


def test_a_peer_that_cannot_be_installed_is_named_with_the_reason(tmp_path: Path) -> None:
    python = python_of("prefect", tmp_path)
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'WARNING: slow' >&2\necho 'ERROR: no such version' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(PeerMissing, match="prefect cannot be installed: ERROR: no such version"):
        ensure("prefect", tmp_path)
    assert not (tmp_path / "prefect" / "requirement.txt").exists()
