"""No property is silently left out: each that Kestra knows is read by the code that runs the type, or declared unread.

What code reads is found in the code itself: the texts held by the function that runs the type and by all it calls.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import TaskFailed
from engine.flow.catalog import Property, catalog
from engine.tasks import registry
from engine.tasks.props import Props
from engine.tasks.registry import Runnable

_CANONICAL = sorted(name for name in registry.types() if (found := catalog().get(name)) and found.type == name)
# Outputs that no code of ours names, with the reason.
_OUTPUTS_ELSEWHERE = {
    "io.kestra.plugin.jdbc.duckdb.Query": {"row", "rows"},  # written by the worker process
    "io.kestra.plugin.core.http.Request": {"encryptedBody"},  # encryptBody is refused
    "io.kestra.plugin.core.execution.PurgeExecutions": {"taskOutputsCount"},  # outputs are part of an execution
    "io.kestra.plugin.core.log.PurgeLogs": {"executionLogsCount", "nonExecutionLogsCount"},  # one count of all
    "io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles": {"uris"},  # files go without being listed
}


def entry_of(type_name: str) -> Runnable:
    entry = registry.find(type_name)
    assert entry is not None
    return entry


def texts_in(thing: Any, seen: set[int]) -> Iterator[str]:
    """Every text that a value holds, or that the code of a function and of all it calls holds."""
    if isinstance(thing, str):
        yield thing
        return
    if id(thing) in seen:
        return
    seen.add(id(thing))
    for inner in _inside(thing):
        yield from texts_in(inner, seen)


def _inside(thing: Any) -> Iterator[Any]:
    if isinstance(thing, types.FunctionType) and thing.__module__.startswith("engine."):
        yield from (cell.cell_contents for cell in thing.__closure__ or ())
        yield from (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values())
        yield from _of_code(thing.__code__, thing.__globals__)
    elif isinstance(thing, type) and thing.__module__.startswith("engine.tasks") and thing is not Props:
        yield from vars(thing).values()
    elif isinstance(thing, staticmethod | classmethod):
        yield thing.__func__
    elif isinstance(thing, dict):
        yield from (*thing, *thing.values())
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from thing
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        yield from (getattr(thing, one.name) for one in dataclasses.fields(thing))


def _of_code(code: types.CodeType, known: dict[str, Any]) -> Iterator[Any]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _of_code(constant, known)
        else:
            yield constant
    yield from (known[name] for name in code.co_names if not isinstance(known.get(name), types.ModuleType | None))


def texts_of(type_name: str) -> set[str]:
    return set(texts_in(inspect.unwrap(entry_of(type_name).run), set()))


def paths(properties: Any, prefix: str = "") -> Iterator[tuple[str, Property]]:
    for name, known in properties.items():
        if name != "*" and not known.hidden:
            yield prefix + name, known
            yield from paths(known.fields or {}, f"{prefix}{name}.")


@pytest.mark.parametrize("type_name", _CANONICAL)
def test_each_property_is_read_or_declared_unread(type_name: str) -> None:
    definition, unread, texts = catalog().get(type_name), entry_of(type_name).unread, texts_of(type_name)
    assert definition is not None
    declared = {path for path, _known in paths(definition.properties) if any(_below(path, name) for name in unread)}
    silent = {
        path
        for path, _known in paths(definition.properties)
        if path not in declared and path.rpartition(".")[2] not in texts
    }
    assert silent == set(), "read them, or declare them with unread={...} and a reason"


@pytest.mark.parametrize("type_name", _CANONICAL)
def test_what_is_declared_unread_is_known_has_a_reason_and_is_really_not_read(type_name: str) -> None:
    definition, unread, texts = catalog().get(type_name), entry_of(type_name).unread, texts_of(type_name)
    assert definition is not None
    known = {path for path, _known in paths(definition.properties)}
    for path, why in unread.items():
        assert path in known, f"{path} is no property of {type_name}"
        assert len(why.reason) > 10 and why.level in ("", "DEBUG", "WARN")
        if "." not in path:
            assert path not in texts, f"{path} is read after all"


@pytest.mark.parametrize("type_name", _CANONICAL)
def test_each_output_is_given(type_name: str) -> None:
    definition = catalog().get(type_name)
    assert definition is not None
    assert set(definition.outputs) - texts_of(type_name) - _OUTPUTS_ELSEWHERE.get(type_name, set()) == set()


def _below(path: str, declared: str) -> bool:
    return path == declared or path.startswith(f"{declared}.")


def test_a_task_is_told_of_a_property_without_effect(make_task: Any) -> None:
    task = make_task("jdbc.sqlite.Query", url="jdbc:sqlite:", sql="SELECT 1 AS a", fetchType="FETCH", fetchSize=5)
    assert task.outputs()["rows"] == [{"a": 1}]
    assert task.messages("DEBUG") == ["fetchSize has no effect here: rows are fetched as they are needed"]


def test_a_task_is_warned_where_the_result_may_differ(make_task: Any) -> None:
    task = make_task("scripts.python.Script", script="pass", pythonVersion="2.7")
    task.result()
    assert "pythonVersion has no effect here" in task.messages("WARN")[0]


def test_a_task_is_refused_what_cannot_be_honoured(make_task: Any) -> None:
    task = make_task("scripts.shell.Commands", commands=["true"], targetOS="{{ inputs.os }}")
    task.variables["inputs"] = {"os": "WINDOWS"}
    with pytest.raises(TaskFailed, match="targetOS cannot be honoured here: scripts run on this machine's Linux") as no:
        task.result()
    assert no.value.code == "unsupported-property" and "under_test" in no.value.hint


@pytest.mark.parametrize("asked", ["AUTO", "linux", "{{ inputs.os }}"])
def test_what_asks_for_nothing_else_is_passed_over(make_task: Any, asked: str) -> None:
    task = make_task("scripts.shell.Commands", commands=["true"], targetOS=asked)
    task.variables["inputs"] = {"os": "LINUX"}
    assert task.outputs()["exitCode"] == 0
    assert task.messages("DEBUG") == []


def test_nested_properties_are_told_of_by_their_path(make_task: Any, web: Any) -> None:
    options = {"connectionPoolIdleTimeout": "PT1S", "logLevel": None}
    task = make_task("core.http.Request", uri=web.url("/a"), options=options)
    task.result()
    assert [line for line in task.messages("DEBUG") if "no effect" in line] == [
        "options.connectionPoolIdleTimeout has no effect here: every call has a connection of its own"
    ]
