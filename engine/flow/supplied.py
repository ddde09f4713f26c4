"""What a property that lacks is to be, where the rest of the flow leaves one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.flow.context import Checked, Typed
from engine.flow.findings import Edit, Finding
from engine.flow.order import loops, order

# Properties that say where something is or who asks, which tasks of one plugin share.
_CONNECTION = frozenset(
    (
        "url", "uri", "host", "hostname", "port", "server", "serverUrl", "baseUrl", "endpoint", "connectionString",
        "connection", "database", "databaseName", "schema", "warehouse", "username", "user", "password", "token",
        "apiKey", "apiToken", "accessToken", "bucket", "region", "location", "projectId", "project", "dataset",
        "accountName", "containerName", "container", "domain", "spreadsheetId", "channel", "bootstrapServers",
    )
)  # fmt: skip


def supply(ctx: Checked) -> None:
    """Give findings about a property that lacks the value it can only have, as their edit and hint."""
    for i, finding in enumerate(ctx.findings):
        if finding.code == "missing_required" and finding.edit is None:
            ctx.findings[i] = _supplied(ctx, finding)


def _supplied(ctx: Checked, finding: Finding) -> Finding:
    name = finding.message.rpartition(" needs ")[2]
    task = ctx.owner(finding.path)
    if task is None or finding.path != (*task.path, "type") or task.definition is None:
        return finding
    values = list(dict.fromkeys(_values(ctx, task, name)))
    if len(values) != 1:
        return finding
    place = ctx.source.key_at(finding.path)
    line = ctx.source.line_text(place.line)
    pad = ctx.source.line_break + " " * (place.column - 1)
    edit = Edit(place.line, len(line) + 1, place.line, len(line) + 1, f"{pad}{name}: {values[0]}")
    return replace(finding, edit=edit, hint=f"Add {name}: {values[0]}")


def _values(ctx: Checked, task: Typed, name: str) -> Iterator[str]:
    """What the property may be, as YAML; the first kind of answer that there is counts."""
    if name == "namespace" and task.type.startswith("io.kestra.plugin.core."):
        yield '"{{ flow.namespace }}"'
        return
    found = [*_of_inputs(ctx, name), *(_of_neighbours(ctx, task, name) if name in _CONNECTION else ())]
    prop = task.definition.properties.get(name) if task.definition is not None else None
    if not found and prop is not None and (prop.file or (name == "from" and prop.kind == "any")):
        found = list(_of_files(ctx, task))
    yield from found


def _of_inputs(ctx: Checked, name: str) -> Iterator[str]:
    """An input of the same name that nothing reads."""
    read = {str(keys[0]) for _, _, keys in ctx.reads("inputs") if keys}
    for given in sorted(ctx.named["inputs"] - read):
        if _plain(given) == _plain(name) and given.isidentifier():
            yield f'"{{{{ inputs.{given} }}}}"'


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _of_neighbours(ctx: Checked, task: Typed, name: str) -> Iterator[str]:
    """What the other tasks of the same plugin write, on one line."""
    package = task.type.rpartition(".")[0]
    for other in ctx.tasks:
        if other is not task and other.type.rpartition(".")[0] == package and name in other.value:
            raw = ctx.source.raw((*other.path, name))
            if raw and "\n" not in raw and raw[0] not in "|>&*":
                yield raw


def _of_files(ctx: Checked, task: Typed) -> Iterator[str]:
    """The file of an earlier task that nothing reads."""
    read = {str(keys[0]) for _, _, keys in ctx.reads("outputs") if keys}
    for other in ctx.tasks:
        gives = other.definition is not None and "uri" in other.definition.outputs
        if gives and other.id and other.id not in read and not loops(other) and order(task, other) == "before":
            access = f".{other.id}" if other.id.isidentifier() else f"['{other.id}']"
            yield f'"{{{{ outputs{access}.uri }}}}"'
