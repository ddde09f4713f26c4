"""Rewrite a flow for another version of Kestra: what changed its name or its shape, and nothing else.

Each step below proposes edits for one kind of change; steps are applied one after the other, each on the text
the one before left, so that comments and layout stay as they are wherever nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.flow.catalog import in_version
from engine.flow.check import check_flow, examine
from engine.flow.conditions import as_depends_on, as_when, as_window, several_flows
from engine.flow.context import Checked, Typed
from engine.flow.edits import apply, fix_all
from engine.flow.findings import Edit, Finding, Path
from engine.flow.layout import indent_of
from engine.flow.source import parse

Step = Callable[[Checked], Iterator[Edit]]
_FLOW = "io.kestra.plugin.core.flow."
_EACH = ("ForEach", "EachSequential", "EachParallel")
_RUNNERS = {
    "PROCESS": "io.kestra.plugin.core.runner.Process",
    "DOCKER": "io.kestra.plugin.scripts.runner.docker.Docker",
}
_TIMEOUTS = {"connectTimeout": "connectTimeout", "readTimeout": "readIdleTimeout", "readIdleTimeout": "readIdleTimeout"}
_BASIC = {"basicAuthUser": "username", "basicAuthPassword": "password"}
_INPUT_TYPES = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}


def upgrade(text: str, target: str) -> tuple[str, list[Finding]]:
    """The flow rewritten for ``target``, and what its author still has to change by hand.

    A text that cannot be read comes back as it was, with its findings.
    """
    source = parse(text)
    if not isinstance(source.value, dict) or source.findings:
        return text, check_flow(text, target)
    return fix_all(rewritten(text, target), target)


def rewritten(text: str, target: str) -> str:
    """The flow with what changed its shape up to ``target``; as it was where it cannot be read."""
    for step, since in _STEPS:
        if not in_version(since, "", target):
            continue
        source = parse(text)
        if not isinstance(source.value, dict) or source.findings:
            break
        changed = apply(text, step(examine(source, target)))
        # a step that would leave no flow behind is left out
        text = changed if isinstance(parse(changed).value, dict) else text
    return text


# --- lines of entries


def _lines(ctx: Checked, path: Path) -> tuple[int, int]:
    """First and last line of an entry, its key included."""
    return ctx.source.key_at(path).line, max(ctx.source.at(path).end_line, ctx.source.key_at(path).line)


def _replace_entry(ctx: Checked, path: Path, lines: list[str]) -> Edit:
    """Put other lines, indented like the entry, in its place; no lines to remove it."""
    first, last = _lines(ctx, path)
    pad = " " * (ctx.source.key_at(path).column - 1)
    begins_item = ctx.source.line_text(first)[: len(pad)].strip() == "-"
    text = ctx.source.line_break.join(pad + line for line in lines)
    if not lines:
        return Edit(first, 1, min(last + 1, ctx.source.lines), 1 if last < ctx.source.lines else 10**6, "")
    start = len(pad) + 1 if begins_item else 1
    return Edit(first, start, last, len(ctx.source.line_text(last)) + 1, text[len(pad) :] if begins_item else text)


def _insert_after(ctx: Checked, path: Path, lines: list[str]) -> Edit:
    """Add lines, indented like the entry, below it."""
    _, last = _lines(ctx, path)
    pad = " " * (ctx.source.key_at(path).column - 1)
    column = len(ctx.source.line_text(last)) + 1
    return Edit(last, column, last, column, "".join(ctx.source.line_break + pad + line for line in lines))


def _scalar(ctx: Checked, path: Path, text: str) -> Edit:
    return ctx.replacing(ctx.source.at(path), text)


# --- steps


def _type_names(ctx: Checked) -> Iterator[Edit]:
    """Former names of types become those of today."""
    for typed in ctx.typed:
        definition = typed.definition
        if definition is None:
            continue
        new = definition.replaced_by if in_version("1.2", "", ctx.target) else ""
        if new and ctx.catalog.get(new) is None:
            new = ""
        name = new or definition.type
        if name != typed.type:
            yield _scalar(ctx, (*typed.path, "type"), name)


def _inputs(ctx: Checked) -> Iterator[Edit]:
    """BOOLEAN is BOOL, ENUM is SELECT, and inputs have an id."""
    listed = ctx.flow.get("inputs")
    for i, entry in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(entry, dict):
            continue
        new = _INPUT_TYPES.get(str(entry.get("type")).upper())
        if new:
            yield _scalar(ctx, ("inputs", i, "type"), new)
        if "name" in entry and "id" not in entry:
            yield ctx.replacing(ctx.source.key_at(("inputs", i, "name")), "id")


def _listeners(ctx: Checked) -> Iterator[Edit]:
    """Listeners for what failed become errors; tasks that stand right below listeners are meant as such."""
    listeners = ctx.flow.get("listeners")
    if not isinstance(listeners, list) or not listeners or "errors" in ctx.flow:
        return
    if all(isinstance(e, dict) and "type" in e and "tasks" not in e for e in listeners):
        yield ctx.replacing(ctx.source.key_at(("listeners",)), "errors")
    elif all(_hears_failures(entry) for entry in listeners):
        lines = ["errors:"]
        for i in range(len(listeners)):
            lines += _lines_of(ctx, ("listeners", i, "tasks"))[1:]
        yield _replace_entry(ctx, ("listeners",), lines)


def _hears_failures(listener: Any) -> bool:
    """Whether a listener has tasks in block style, and only hears of executions that failed."""
    if not isinstance(listener, dict) or set(listener) - {"conditions", "tasks", "description"}:
        return False
    conditions = listener.get("conditions")
    heard = [c.get("in") for c in conditions if isinstance(c, dict)] if isinstance(conditions, list) else []
    types = [str(c.get("type", "")) for c in conditions if isinstance(c, dict)] if isinstance(conditions, list) else []
    status = len(types) == 1 and types[0].rpartition(".")[2].removesuffix("Condition") == "ExecutionStatus"
    return status and heard == [["FAILED"]] and isinstance(listener.get("tasks"), list)


def _script_runners(ctx: Checked) -> Iterator[Edit]:
    """``runner`` and ``docker`` of scripts become taskRunner and containerImage."""
    for task in ctx.tasks:
        runner = _RUNNERS.get(str(task.value.get("runner")).upper())
        if runner and "taskRunner" not in task.value:
            yield _replace_entry(ctx, (*task.path, "runner"), ["taskRunner:", f"  type: {runner}"])
        docker = task.value.get("docker")
        if isinstance(docker, dict) and set(docker) == {"image"} and "containerImage" not in task.value:
            image = ctx.source.raw((*task.path, "docker", "image"))
            yield _replace_entry(ctx, (*task.path, "docker"), [f"containerImage: {image}"])


def _http_options(ctx: Checked) -> Iterator[Edit]:
    """Time-outs and basic credentials of HTTP options stand in maps of their own."""
    for typed in ctx.typed:
        options = typed.value.get("options")
        prop = typed.definition.properties.get("options") if typed.definition is not None else None
        if not isinstance(options, dict) or prop is None or "auth" not in (prop.fields or {}):
            continue
        path = (*typed.path, "options")
        yield from _grouped(ctx, path, options, "timeout", _TIMEOUTS, [])
        yield from _grouped(ctx, path, options, "auth", _BASIC, ["  type: BASIC"])


def _grouped(
    ctx: Checked, path: Path, options: dict[str, Any], group: str, names: dict[str, str], head: list[str]
) -> Iterator[Edit]:
    """Entries that become parts of one map, which takes the place of the first of them."""
    written = [name for name in options if name in names]
    if not written or group in options:
        return
    lines = [f"{group}:", *head]
    for name in written:
        lines.append(f"  {names[name]}: {ctx.source.raw((*path, name))}")
    yield _replace_entry(ctx, (*path, written[0]), lines)
    for name in written[1:]:
        yield _replace_entry(ctx, (*path, name), [])


def _loops(ctx: Checked) -> Iterator[Edit]:
    """ForEach and its older kin become Loop; outputs inside of a loop are read without its value."""
    for task in ctx.tasks:
        if task.short not in _EACH or not ctx.catalog.canonical(task.type).startswith(_FLOW):
            continue
        yield _scalar(ctx, (*task.path, "type"), _FLOW + "Loop")
        if "value" in task.value and "values" not in task.value:
            yield ctx.replacing(ctx.source.key_at((*task.path, "value")), "values")
        if "concurrent" in task.value:
            yield ctx.replacing(ctx.source.key_at((*task.path, "concurrent")), "concurrencyLimit")
        elif task.short == "EachParallel":
            yield _insert_after(ctx, (*task.path, "type"), ["concurrencyLimit: 0"])
    yield from _outputs_in_loops(ctx)


def _outputs_in_loops(ctx: Checked) -> Iterator[Edit]:
    by_id = {task.id: task for task in ctx.tasks}
    for template, reference in ctx.references:
        reader = template.task
        path = reference.path
        if path[0] != "outputs" or len(path) < 3 or path[2] is not None or reader is None:
            continue
        read = by_id.get(str(path[1]))
        if read is None or _loop_of(read) is None or _loop_of(read) is not _loop_of(reader):
            continue
        opened = template.text.rfind("[", 0, reference.steps[2].offset + 1)
        closed = template.text.find("]", reference.steps[2].offset)
        if template.text[opened + 1 : closed].strip() == "taskrun.value":
            span = ctx.source.inside(template.path, opened, closed + 1)
            yield ctx.replacing(span, "")


def _loop_of(task: Typed) -> Typed | None:
    return next((above for above in task.ancestors() if above.short in (*_EACH, "Loop")), None)


def _conditions(ctx: Checked) -> Iterator[Edit]:
    """Conditions of triggers become ``when``, or ``dependsOn`` where they name flows; preconditions too."""
    for trigger in ctx.triggers:
        for name in ("conditions", "scheduleConditions"):
            conditions = trigger.value.get(name)
            if not isinstance(conditions, list) or not conditions or "when" in trigger.value:
                continue
            path = (*trigger.path, name)
            several = several_flows(conditions[0]) if len(conditions) == 1 else None
            flows = as_depends_on(conditions) if "dependsOn" not in trigger.value else None
            when = None if flows or several else as_when(conditions)
            if several and "dependsOn" not in trigger.value:
                yield _replace_entry(ctx, path, _depends_on(*several))
            elif flows:
                yield _replace_entry(ctx, path, _depends_on(flows))
            elif when:
                yield _replace_entry(ctx, path, [f"when: {_quoted(when)}"])
        awaited = _awaited(trigger)
        if awaited:
            yield _replace_entry(ctx, (*trigger.path, "preconditions"), _depends_on(*awaited))


def _awaited(trigger: Typed) -> tuple[list[dict[str, Any]], list[tuple[str, Any]]] | None:
    """The flows and the window of preconditions that say nothing else; None when there are none."""
    before = trigger.value.get("preconditions")
    known = {"id", "flows", "timeWindow"}
    flows = before.get("flows") if isinstance(before, dict) and set(before) <= known else None
    if not isinstance(flows, list) or "dependsOn" in trigger.value or not all(isinstance(f, dict) for f in flows):
        return None
    window = before.get("timeWindow") if isinstance(before, dict) else None
    times = as_window(window) if isinstance(window, dict) else []
    # what was left out meant these two states until 1.3, and means every state since
    return None if times is None else ([{"states": ["SUCCESS", "WARNING"]} | f for f in flows], times)


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"


def _depends_on(flows: list[dict[str, Any]], window: Iterable[tuple[str, Any]] = ()) -> list[str]:
    lines = ["dependsOn:"]
    for flow in flows:
        for i, (key, value) in enumerate(sorted(flow.items(), key=lambda entry: entry[0] == "states")):
            lines.append(("  - " if i == 0 else "    ") + f"{key}: {_shown(value)}")
    times = [f"  {name}: {_shown(value)}" for name, value in window]
    return [*lines, "window:", *times] if times else lines


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.replace(".", "").isidentifier() else json.dumps(value)


def _defaults_inline(ctx: Checked) -> Iterator[Edit]:
    """pluginDefaults are written into what they reach, as they stand, and go."""
    entries = ctx.flow.get("pluginDefaults")
    if not isinstance(entries, list) or not all(_is_plain(entry) for entry in entries):
        return
    for typed in ctx.typed:
        added: dict[str, Path] = {}
        fields = typed.definition.properties.keys() if typed.definition is not None else None
        for i, entry in enumerate(entries):
            if not typed.type.startswith(entry["type"]):
                continue
            for key in entry["values"]:
                wanted = fields is None or key in fields or key in ctx.catalog.models["task"].fields
                if key not in typed.value and wanted:
                    added[key] = ("pluginDefaults", i, "values", key)
        if added:
            lines = [line for path in added.values() for line in _lines_of(ctx, path)]
            yield _insert_after(ctx, (*typed.path, "type"), lines)
    yield _replace_entry(ctx, ("pluginDefaults",), [])


def _is_plain(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("type"), str)
        and isinstance(entry.get("values"), dict)
        and entry.get("forced") is not True
    )


def _lines_of(ctx: Checked, path: Path) -> list[str]:
    """The lines of an entry with its own indentation taken off."""
    first, last = _lines(ctx, path)
    column = ctx.source.key_at(path).column - 1
    head = ctx.source.line_text(first)[column:]
    return [head, *(t[min(column, indent_of(t)) :] for t in map(ctx.source.line_text, range(first + 1, last + 1)))]


# In this order: names first, so that the later steps meet only today's.
_STEPS: tuple[tuple[Step, str], ...] = (
    (_type_names, "0.21"),
    (_listeners, "1.0"),
    (_inputs, "2.0"),
    (_script_runners, "2.0"),
    (_http_options, "2.0"),
    (_loops, "2.0"),
    (_conditions, "2.0"),
    (_defaults_inline, "2.0"),
)
