"""What README and ARCHITECTURE say of commands, settings, targets, files and figures is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from copilot.cli.app import app
from copilot.errors import EXIT
from copilot.settings import Settings
from engine.flow.catalog import catalog

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")}
COMMANDS: set[str] = set(vars(typer.main.get_command(app))["commands"])


def _table_commands() -> set[str]:
    """The commands in the first column of README's table, without their arguments."""
    rows = re.findall(r"^\| (`.+?) \|", README, re.M)
    return {name for row in rows for name in re.findall(r"`([a-z]+)[^`]*`", row)}


def test_the_table_of_commands_names_each_command_and_no_other() -> None:
    assert _table_commands() == COMMANDS


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", PAGES[page])) | set(
        re.findall(r"^    make ([a-z-]+)", PAGES[page], re.M)
    )
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_folder_named_is_there(page: str) -> None:
    roots = ("engine", "rag", "copilot", "docs", "docs_corpus", "scripts", "tests", ".ci")
    named = set(re.findall(r"`([\w./-]+)`", PAGES[page]))
    paths = {n for n in named if n.split("/")[0] in roots and "<" not in n}
    assert {p for p in paths if not (ROOT / p).exists() and p != "copilot/ui"} == set()


def test_every_setting_named_is_one() -> None:
    known = {f"FLOWWRIGHT_{name.upper()}" for name in Settings.model_fields} | {"FLOWWRIGHT_CATALOG"}
    assert set(re.findall(r"\bFLOWWRIGHT_[A-Z_]+\b", README)) <= known


def test_the_number_of_types_is_the_catalogs() -> None:
    (said,) = re.findall(r"Kestra's ([\d,]+) types", README)
    assert int(said.replace(",", "")) == len(list(catalog().all()))


def test_the_exit_codes_are_those_of_the_program() -> None:
    (text,) = re.findall(r"Exit codes: (.+?)\. Every error", README, re.S)
    said = {int(code) for code in re.findall(r"(?:^|[;\s])(\d) ", text)}
    assert said == {0, *EXIT.values()}
