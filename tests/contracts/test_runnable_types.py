"""What every task type that runs here must keep to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.flow.catalog import catalog
from engine.tasks import registry

HEAVY = ("duckdb", "psycopg", "httpx", "openpyxl", "fastavro", "amazon", "numpy", "yaml", "sqlalchemy", "chromadb")
FIRST_FLOOR = """
core.log.Log core.debug.Return core.output.OutputValues core.execution.Fail core.execution.Labels core.flow.Sleep
core.http.Download core.http.Request core.kv.Set core.kv.Get scripts.shell.Commands scripts.python.Script
jdbc.duckdb.Query jdbc.duckdb.Queries jdbc.sqlite.Query jdbc.sqlite.Queries jdbc.postgresql.Query
jdbc.postgresql.Queries jdbc.postgresql.CopyIn serdes.csv.CsvToIon serdes.csv.IonToCsv serdes.json.IonToJson
serdes.json.JsonToIon
"""


@pytest.mark.parametrize("type_name", sorted(registry.types()))
def test_the_catalog_knows_every_type_that_runs_here(type_name: str) -> None:
    definition = catalog().get(type_name)
    assert definition is not None, f"no facts about {type_name}"
    assert definition.kind == "task"


@pytest.mark.parametrize("type_name", sorted(registry.types()))
def test_a_type_and_its_current_name_run_alike(type_name: str) -> None:
    entry, current = registry.find(type_name), registry.find(catalog().canonical(type_name))
    assert entry is not None and current is not None
    assert entry.effects == current.effects


@pytest.mark.parametrize("type_name", sorted(registry.types()))
def test_former_names_of_a_type_run_here_too(type_name: str) -> None:
    for alias in catalog().former_names.get(type_name, ()):
        assert registry.find(alias) is not None or registry.find(catalog().canonical(alias)) is not None


@pytest.mark.parametrize("name", FIRST_FLOOR.split())
def test_the_first_floor_is_there(name: str) -> None:
    entry = registry.find(f"io.kestra.plugin.{name}")
    assert entry is not None and entry.run.__doc__


def test_knowing_what_runs_here_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom engine.tasks import registry\nregistry.types()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
