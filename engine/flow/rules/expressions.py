"""Expressions: that they can be read, and that the filters, functions and tests in them exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.flow.catalog import in_version
from engine.flow.context import Checked
from engine.flow.findings import Edit, Finding, Path, Severity
from engine.flow.names import nearest
from engine.flow.rules import rule
from engine.flow.source import Span
from engine.flow.templates import Template, hyphened

if TYPE_CHECKING:
    from engine.expressions.inspection import Problem, Use

_ROOTS = "outputs|inputs|vars|trigger|taskrun|execution|flow|labels"
_DOLLAR = re.compile(r"\$\{\s*((?:" + _ROOTS + r")\.[\w.\-]+(?:\[[^\]{}]*\][\w.\-]*)*|(?:secret|kv)\([^(){}]*\))\s*\}")
_ONE_BRACE = re.compile(r"(?<!\{)\{\s{0,9}((?:" + _ROOTS + r")\.[^{}]{1,200}?)\s{0,9}\}\}(?!\})")
# Where code of other languages stands, which has its own use for ${...}.
_CODE = frozenset(
    ("script", "commands", "beforeCommands", "inputFiles", "content", "sql", "code", "query", "interpreter")
)
_NEEDS_TEXT = ("secret", "kv")
_VARIADIC = frozenset(("values",))
_SUCCESSORS = {("filter", "json"): "toJson", ("function", "json"): "fromJson"}
# What other template languages call it.
_ELSEWHERE = {
    "strftime": "date", "formatdate": "date", "dateformat": "date", "format_date": "date", "datetime": "date",
    "uppercase": "upper", "touppercase": "upper", "upcase": "upper", "ucase": "upper",
    "lowercase": "lower", "tolowercase": "lower", "downcase": "lower", "lcase": "lower",
    "count": "length", "size": "length", "len": "length",
    "int": "number", "float": "number", "to_int": "number", "tonumber": "number", "parseint": "number",
    "substring": "slice", "substr": "slice", "stringify": "toJson", "json_encode": "toJson", "tojson": "toJson",
    "json_decode": "fromJson", "parsejson": "fromJson", "b64encode": "base64encode", "b64decode": "base64decode",
    "strip": "trim", "truncate": "abbreviate", "titlecase": "title", "unique": "distinct", "uniq": "distinct",
    "env": "envs", "getsecret": "secret", "get_secret": "secret", "today": "now", "currentdate": "now",
    "current_timestamp": "now", "readfile": "read", "random": "randomInt",
}  # fmt: skip


@rule
def readable(ctx: Checked) -> Iterator[Finding]:
    """Every expression can be read."""
    for template in ctx.templates:
        if not template.found.readable and list(_unread_hyphens(ctx, template)):
            continue
        for problem in template.found.problems:
            if problem.code == "hyphen":
                continue
            start = _opening(template.text, problem.offset)
            span = ctx.source.inside(template.path, start, min(len(template.text), max(problem.end, start + 2)))
            message = f"the expression cannot be read: {problem.message}"
            edit = _close(ctx, template, problem)
            hint = problem.hint or "Check its brackets, quotes and closing }}."
            hint = f"Add the missing {edit.text.strip()} here." if edit else hint
            # delimiters within delimiters may be meant for a second rendering
            nested = template.text.rfind("{{", 0, start) > template.text.rfind("}}", 0, start)
            severity: Severity = "warning" if nested and not edit else "error"
            yield ctx.finding("bad_expression", template.path, message, hint, severity=severity, span=span, edit=edit)


def _opening(text: str, offset: int) -> int:
    """Where the expression that holds an offset begins."""
    start = max(text.rfind("{{", 0, offset + 1), text.rfind("{%", 0, offset + 1))
    return start if start >= 0 else max(0, min(offset, len(text) - 1))


def _close(ctx: Checked, template: Template, problem: Problem) -> Edit | None:
    """The one character more that makes an expression readable: a brace, bracket or quote forgotten at its end."""
    from engine.flow.templates import read

    start = _opening(template.text, problem.offset)
    for at, closing in _closings(template.text, start):
        if read(template.text[:at] + closing + template.text[at:]).readable:
            span = ctx.source.inside(template.path, at - 1)
            return Edit(span.line, span.column + 1, span.line, span.column + 1, closing)
    return None


def _closings(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Where something may have been forgotten in the expression that begins at ``start``, and what."""
    rest = text[start:]
    match = re.match(r"\{\{[^{}\n]*\}(?!\})", rest) or re.match(r"\{\{[^{}\n]*$", rest)
    if match:
        yield start + match.end(), "}" if match.group().endswith("}") else "}}" if match.group()[-1] == " " else " }}"
    inside = rest[:end] if (end := rest.find("}}")) > 0 else ""
    for bracket, closing in (("(", ")"), ("[", "]")):
        opened = inside.rfind(bracket)
        if opened > 0 and closing not in inside[opened:] and _SIMPLE.fullmatch(inside[opened + 1 :]):
            yield start + len(inside.rstrip()), closing
    for quoted in _HALF_QUOTED.finditer(inside):
        yield start + quoted.end() - 1, quoted[1]


# What can stand in the brackets of a call without saying where they were to end.
_SIMPLE = re.compile(r"(?:(?! and | or )[^(){}\[\]|?~])*")
_HALF_QUOTED = re.compile(r"""[(\[]\s*(['"])[\w./ -]+[)\]]""")


@rule
def names_that_exist(ctx: Checked) -> Iterator[Finding]:
    """Filters, functions and tests exist, in the target version, and take these arguments."""
    for template in ctx.templates:
        for use in template.found.uses:
            problem = _misfit(ctx, use) if use.known else None
            if use.known and problem is None:
                continue
            span = ctx.source.inside(template.path, use.offset, use.offset + len(use.name))
            if problem is None:
                yield _unknown(ctx, template, use, span)
            else:
                code, message, hint = problem
                new = _SUCCESSORS.get((use.role, use.name)) if code == "version_removed" else None
                edit = ctx.replacing(span, new) if new else None
                yield ctx.finding(code, template.path, message, hint, span=span, edit=edit)


def _unknown(ctx: Checked, template: Template, use: Use, span: Span) -> Finding:
    """A name nobody knows: an error when it is a misspelt one of ours, else it may be an extension's own."""
    from engine.expressions.registry import FILTERS, FUNCTIONS, TESTS

    table = {"filter": FILTERS, "function": FUNCTIONS, "test": TESTS}[use.role]
    table = {name: info for name, info in table.items() if in_version(info.since, info.removed, ctx.target)}
    near = nearest(use.name, table, 3, 0.6)
    misspelt = near and near[0][1] >= 0.75 and (len(near) == 1 or near[0][1] - near[1][1] >= 0.05)
    elsewhere = _ELSEWHERE.get(use.name.lower(), "")
    if not misspelt and elsewhere in table:
        near = [(elsewhere, 1.0)]
    is_function = use.role == "filter" and use.name in FUNCTIONS
    names = [] if is_function else [name for name, _ in near[: 1 if misspelt else 3]]
    otherwise = f"It is a function: write {use.name}(value)." if is_function else use.hint or _EXISTING[use.role]
    hint = f"Did you mean {' or '.join(names)}?" if names else otherwise
    edit = ctx.replacing(span, names[0]) if len(names) == 1 else None
    severity: Severity = "error" if misspelt else "warning"
    message = f"there is no {use.role} {use.name}"
    return ctx.finding("bad_expression", template.path, message, hint, severity=severity, span=span, edit=edit)


_EXISTING = {
    "filter": "Use a filter that exists, such as upper, trim, date, jq, toJson, first, default or replace.",
    "function": "Use a function that exists, such as now, secret, kv, read, render, fromJson or range.",
    "test": "Use a test that exists: defined, null, empty, even, odd, map, iterable, json or equalTo.",
}


def _misfit(ctx: Checked, use: Use) -> tuple[str, str, str] | None:
    from engine.expressions.registry import FILTERS, FUNCTIONS, TESTS

    info = {"filter": FILTERS, "function": FUNCTIONS, "test": TESTS}[use.role][use.name]
    if not in_version("", info.removed, ctx.target):
        new = _SUCCESSORS.get((use.role, use.name))
        hint = f"Use {new}." if new else "Write it another way."
        return "version_removed", f"the {use.role} {use.name} was removed in {info.removed}", hint
    if not in_version(info.since, "", ctx.target):
        return (
            "version_added",
            f"{use.name} came with {info.since}, after {ctx.target}",
            f"Target {info.since} or later.",
        )
    given = {*info.arguments[: use.arguments], *use.named}
    lacking = [name for name in info.required if name not in given]
    if lacking:
        takes = ", ".join(info.arguments)
        return "bad_expression", f"{use.name} needs {' and '.join(lacking)}", f"Its arguments: {takes}."
    odd = [name for name in use.named if name not in info.arguments]
    variadic = bool(_VARIADIC & set(info.arguments))
    if odd and not variadic:
        return "bad_expression", f"{use.name} has no argument {odd[0]}", f"Its arguments: {', '.join(info.arguments)}."
    if use.arguments > len(info.arguments) and not variadic:
        takes = ", ".join(info.arguments) or "none"
        return "bad_expression", f"{use.name} is given too many arguments", f"Its arguments: {takes}."
    return None


@rule
def names_in_quotes(ctx: Checked) -> Iterator[Finding]:
    """secret() and kv() are given their name as text; without quotes it is a variable."""
    for template in ctx.templates:
        starts = {reference.offset: reference for reference in template.found.references}
        for use in template.found.uses:
            if use.role != "function" or use.name not in _NEEDS_TEXT or use.first is not None:
                continue
            opened = template.text.find("(", use.offset) + 1
            at = opened + len(template.text[opened:]) - len(template.text[opened:].lstrip())
            reference = starts.get(at)
            if reference is None or len(reference.steps) > 1 or ctx.is_root(str(reference.steps[0].key)):
                continue
            name = str(reference.steps[0].key)
            span = ctx.source.inside(template.path, reference.offset, reference.end)
            quote = "'" if ctx.source.scalar_style(template.path) != "'" else '"'
            edit = ctx.replacing(span, f"{quote}{name}{quote}")
            message = f"{use.name}({name}) reads a variable {name}; the name must be quoted"
            hint = f"Write {use.name}('{name}')."
            yield ctx.finding("bad_expression", template.path, message, hint, span=span, edit=edit)


@rule
def foreign_delimiters(ctx: Checked) -> Iterator[Finding]:
    """Kestra's delimiters are {{ and }}: what stands in ${...} or in one brace is sent as it is."""
    for path, text in ctx.strings:
        if "{" not in text or path[0] in ("description", "extend"):
            continue
        for match in (*(_DOLLAR.finditer(text) if "${" in text else ()), *_ONE_BRACE.finditer(text)):
            if _is_code(path) and not (text[match.start()] == "$" and _reads_ours(ctx, path, match[1])):
                continue
            span = ctx.source.inside(path, match.start(), match.end())
            written = "{{ " + match[1].strip() + " }}"
            message = f"{match.group()} is not an expression; the text would be used as it stands"
            edit = ctx.replacing(span, written) if "\n" not in match.group() else None
            hint = f"Write {written}."
            yield ctx.finding("bad_expression", path, message, hint, severity="warning", span=span, edit=edit)


def _is_code(path: Path) -> bool:
    return any(step in _CODE for step in path)


def _reads_ours(ctx: Checked, path: Path, inner: str) -> bool:
    """Whether ${...} in code names something of this flow, in a language that gives those words no sense of its own."""
    root, _, rest = inner.partition(".")
    name = re.match(r"[\w-]+", rest)
    if root not in ctx.named or name is None or name[0] not in ctx.named[root]:
        return False
    owner = ctx.owner(path)
    own_dollar = owner is None or any(f".{word}." in owner.type for word in _DOLLAR_LANGUAGES)
    return not own_dollar and not str(path[-1]).endswith((".js", ".ts", ".mjs", ".groovy", ".tf", ".kts"))


# Languages, by the names of their plugins, that replace ${...} by values of objects.
_DOLLAR_LANGUAGES = ("node", "deno", "bun", "graalvm", "groovy", "terraform", "jvm", "scripts.jython")


@rule
def hyphens(ctx: Checked) -> Iterator[Finding]:
    """A dash behind a dot is read as minus: ids with a dash need brackets."""
    for template in ctx.templates:
        for before, name, start, end in (*hyphened(template), *_unread_hyphens(ctx, template)):
            if not _is_named(ctx, before, name):
                continue
            quote = '"' if ctx.source.scalar_style(template.path) == "'" else "'"
            written = f"{before}[{quote}{name}{quote}]"
            span = ctx.source.inside(template.path, start, end)
            message = f"{before}.{name} is read as a subtraction"
            hint = f"Write {before}['{name}']."
            edit = ctx.replacing(span, written)
            yield ctx.finding("hyphen_access", template.path, message, hint, span=span, edit=edit)


_DASHED = re.compile(r"\b(outputs|inputs|vars)\.(\w+(?:-\w+)+)")


def _unread_hyphens(ctx: Checked, template: Template) -> Iterator[tuple[str, str, int, int]]:
    """Names with dashes that no reading shows: numbers behind the dash, or a word of the language between dashes."""
    if "-" not in template.text:
        return
    from engine.flow.templates import read

    shown = {start for _, _, start, _ in hyphened(template)}
    found = [m for m in _DASHED.finditer(template.text) if m[2] in ctx.named[m[1]] and m.start() not in shown]
    found = [m for m in found if m[2].partition("-")[0] not in ctx.named[m[1]]]
    if found and read(_DASHED.sub(lambda m: f"{m[1]}['{m[2]}']", template.text)).readable:
        yield from ((m[1], m[2], m.start(), m.end()) for m in found)


def _is_named(ctx: Checked, before: str, name: str) -> bool:
    """Whether a name with a dash is meant: it exists as such, or what stands before its dash does not."""
    root = before.split(".")[0].split("[")[0]
    first, _, rest = name.partition("-")
    if root not in ctx.named:
        return ctx.is_root(root) and not rest[0].isdigit()
    if before != root:
        return not rest[0].isdigit()
    names = ctx.named[root]
    return name in names or (first not in names and not rest[0].isdigit())
