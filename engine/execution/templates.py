"""Templates of old flows: lists of tasks kept under a name, put into a flow where a Template task stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.errors import InvalidFlow
from engine.execution.flowables import PREFIX
from engine.flow.load import build_flow
from engine.flow.model import Flow, Task
from engine.flow.source import parse
from engine.storage.database import Database

TEMPLATE = PREFIX + "Template"
_LISTS = ("tasks", "then", "else", "defaults", "errors", "finally")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS templates (
    namespace TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (namespace, id)
) WITHOUT ROWID
"""


class Templates:
    """Templates by namespace and id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_SCHEMA)

    def put(self, source: str) -> None:
        """Keep a template: a text with id, namespace and tasks. InvalidFlow."""
        template = _read(source)
        self._database.change(
            "INSERT OR REPLACE INTO templates VALUES (?, ?, ?)", (template.namespace, template.id, source)
        )

    def find(self, namespace: str, template_id: str) -> Flow | None:
        """A template as a flow of its tasks, or None."""
        row = self._database.one(
            "SELECT source FROM templates WHERE namespace = ? AND id = ?", (namespace, template_id)
        )
        return None if row is None else _read(row["source"])

    def expand(self, flow: Flow) -> Flow:
        """The flow with the tasks of each template in place. One that does not exist fails when its turn comes."""
        return replace(
            flow,
            tasks=self._all(flow.tasks),
            errors=self._all(flow.errors),
            finally_=self._all(flow.finally_),
            after_execution=self._all(flow.after_execution),
        )

    def _all(self, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
        return tuple(self._one(task) for task in tasks)

    def _one(self, task: Task) -> Task:
        if task.type == TEMPLATE:
            found = self.find(str(task.properties.get("namespace")), str(task.properties.get("templateId")))
            inside = {"tasks": found.tasks, "errors": found.errors} if found else {"missing": True}
            return replace(task, properties={**task.properties, **inside})
        return replace(task, properties=self._within(task.properties))

    def _within(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(properties)
        for name in _LISTS:
            items = found.get(name)
            if isinstance(items, tuple) and items and isinstance(items[0], Task):
                found[name] = self._all(items)
            elif isinstance(items, tuple) and items and isinstance(items[0], Mapping):
                found[name] = tuple({**item, "task": self._one(item["task"])} for item in items)
        if isinstance(found.get("cases"), Mapping):
            found["cases"] = {case: self._all(tasks) for case, tasks in found["cases"].items()}
        return found


def _read(source: str) -> Flow:
    data = parse(source).value
    if not isinstance(data, Mapping):
        raise InvalidFlow("a template is a map with id, namespace and tasks", hint="start the text with `id:`")
    return build_flow(data, source=source)
