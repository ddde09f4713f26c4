"""Whether a flow is valid for one version of Kestra: everything that is wrong with it, in order of place.

This says nothing about what runs on this machine; ``runs_here`` does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from engine.flow.catalog import DEFAULT_TARGET, Catalog, catalog
from engine.flow.context import MAX_FINDINGS, Checked
from engine.flow.edits import apply
from engine.flow.findings import Edit, Finding, errors
from engine.flow.layout import indent_of, reindents
from engine.flow.rules import Rule, rules
from engine.flow.shapes import check_fields, compiler
from engine.flow.source import Source, parse
from engine.flow.supplied import supply

_log = logging.getLogger(__name__)
_FAILS_WHEN_REACHED = frozenset(
    (
        "bad_expression",
        "unknown_input_ref",
        "unknown_output_ref",
        "unknown_trigger_ref",
        "unknown_var_ref",
        "unknown_variable",
    )
)
# Above this many characters no moves of lines are tried.
_LARGE = 60_000


def check_flow(
    text: str,
    target: str = DEFAULT_TARGET,
    *,
    siblings: Mapping[str, dict[str, Any]] | None = None,
    known: Catalog | None = None,
) -> list[Finding]:
    """All findings on one flow, by line and column; never raises on bad input.

    ``siblings`` are the flows of the same folder by ``namespace.id``, to check references between flows;
    ``known`` is another catalog than the bundled one.
    """
    source = parse(text)
    if isinstance(source.value, dict):
        return check_source(source, target, siblings=siblings, known=known)
    if not source.findings:
        return [_not_a_flow(source)]
    return [_with_layout(source, finding, target) for finding in source.findings]


def _with_layout(source: Source, finding: Finding, target: str) -> Finding:
    """A finding about indentation, with the move that leaves a flow without errors; the shortest, if there is one."""
    if finding.code != "indentation" or finding.edit is not None or len(source.text) > _LARGE:
        return finding
    good: list[tuple[int, Edit]] = []
    for distance, edit in reindents(source, finding.line):
        if good and distance > good[0][0]:
            break
        moved = apply(source.text, [edit])
        if not errors(_plain(moved, target)) and edit.text not in (e.text for _, e in good):
            good.append((distance, edit))
    return _moved(finding, source, good[0][1]) if len(good) == 1 else finding


def _moved(finding: Finding, source: Source, edit: Edit) -> Finding:
    """The finding with its edit, on the line that the edit moves."""
    if edit.line == finding.line:
        return replace(finding, edit=edit)
    before, after = indent_of(source.line_text(edit.line)), indent_of(edit.text)
    message = f"the indentation of {before} does not fit what stands around this line"
    hint = f"Indent this line by {after} spaces, like its siblings."
    return replace(finding, line=edit.line, column=before + 1, message=message, hint=hint, edit=edit)


def _plain(text: str, target: str) -> list[Finding]:
    source = parse(text)
    return check_source(source, target) if isinstance(source.value, dict) else list(source.findings)


def must_mend(findings: Iterable[Finding]) -> list[Finding]:
    """What keeps a flow from being saved, and what makes it fail once it is reached.

    A flow whose author wants it to fail may hold the latter, so they are warnings where no misspelling is plain;
    whoever drafts a flow for others mends both.
    """
    return [f for f in findings if f.severity == "error" or (f.severity == "warning" and f.code in _FAILS_WHEN_REACHED)]


def check_source(
    source: Source,
    target: str = DEFAULT_TARGET,
    *,
    siblings: Mapping[str, dict[str, Any]] | None = None,
    known: Catalog | None = None,
) -> list[Finding]:
    """As ``check_flow``, on a text that is already read and is a map."""
    ctx = examine(source, target, siblings=siblings, known=known)
    for rule in rules():
        _apply(rule, ctx)
    supply(ctx)
    return _in_order(ctx)


def examine(
    source: Source,
    target: str = DEFAULT_TARGET,
    *,
    siblings: Mapping[str, dict[str, Any]] | None = None,
    known: Catalog | None = None,
) -> Checked:
    """A flow with its typed places known and its shape checked, before any other rule."""
    ctx = Checked(source, source.value, target, known or catalog(), dict(siblings or {}))
    ctx.findings.extend(source.findings)
    _apply(_shape, ctx)
    return ctx


def _shape(ctx: Checked) -> Iterator[Finding]:
    """The shape of everything; leaves its findings in the context, and the typed places for the rules after it."""
    check_fields(ctx, ctx.flow, (), compiler(ctx.catalog, ctx.target).model_fields("flow"), None, None)
    yield from ()


def _apply(rule: Rule, ctx: Checked) -> None:
    try:
        ctx.findings.extend(islice(rule(ctx), MAX_FINDINGS + 1))
    except Exception:  # noqa: BLE001 - one rule that trips over a strange flow must not hide what the others found
        _log.exception("the rule %s failed", rule.__name__)


def _not_a_flow(source: Source) -> Finding:
    place = source.at(())
    message = "a flow is a map with id, namespace and tasks"
    return Finding("not_a_flow", "error", (), place.line, place.column, message, "Start the file with id: my_flow.")


def _in_order(ctx: Checked) -> list[Finding]:
    kept: dict[tuple[str, int, int, str], Finding] = {}
    for finding in ctx.findings:
        if finding.code == "missing_required" and _excused(ctx, finding):
            continue
        kept.setdefault((finding.code, finding.line, finding.column, finding.message), finding)
    found = sorted(kept.values(), key=lambda f: (f.line, f.column, f.code))
    return found if len(found) <= MAX_FINDINGS else _first(found)


def _first(found: list[Finding]) -> list[Finding]:
    """The errors before all else, in order of place, up to the most that is shown, and that there are more."""
    chosen = sorted(found, key=lambda f: f.severity != "error")[:MAX_FINDINGS]
    shown = sorted(chosen, key=lambda f: (f.line, f.column, f.code))
    last = shown[-1]
    message = f"{len(found) - MAX_FINDINGS} more findings are not shown"
    return [*shown, Finding("more_findings", "hint", (), last.line, last.column, message, "Mend these first.")]


def _excused(ctx: Checked, finding: Finding) -> bool:
    """Whether what is missing was found under a wrong name or at a wrong level."""
    return (finding.path[:-1], finding.message.rpartition(" needs ")[2]) in ctx.excused
