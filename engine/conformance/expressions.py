"""Replays expression cases: a template and a context in, the expected text, value or error out.

A case has ``template`` (text, or a map or list whose texts are rendered), ``context``, and one of ``expect``,
``expect_contains`` with or without ``expect_matches``, or ``error``. ``types`` says how to build context values
that YAML cannot hold, ``now`` fixes the clock, ``setup`` fills storage, namespace files, logs, secrets, keys
and settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from engine.conformance.results import CaseResult, Result
from engine.durations import parse_duration
from engine.errors import EngineError, NotFound, Refused
from engine.expressions import PureServices, Settings, render, render_value
from engine.expressions.functions.files import namespace_uri
from engine.expressions.java_dates import read_iso
from engine.expressions.numbers import Float32, Long, is_number
from engine.expressions.values import equal

Case = Mapping[str, Any]
_SUPPORTED_NEEDS = frozenset(
    (
        "clock",
        "file",
        "holiday-calendar",
        "java-class-names",
        "kv",
        "local-files",
        "logs",
        "namespace-files",
        "secret",
        "secrets",
        "setting:recursive-rendering",
        "structure",
        "typed",
        "encryption",
    )
)
_PATH = re.compile(r"([^.\[\]]+)|\[(\d+)(:)?\]")


class CaseServices(PureServices):
    """Services out of a case's ``setup``."""

    def __init__(self, setup: Mapping[str, Any], now: datetime | None, namespace: str) -> None:
        super().__init__(clock=(lambda: now) if now else lambda: datetime.now(UTC))
        self._namespace = namespace
        self._files = {item["uri"]: str(item["content"]).encode() for item in setup.get("storage") or ()}
        for item in setup.get("namespace_files") or ():
            self._files[namespace_uri(item["path"], item["namespace"])] = str(item["content"]).encode()
        self._secrets = {str(k).upper(): str(v) for k, v in (setup.get("secrets") or {}).items()}
        self._kv = setup.get("kv") or {}
        self._logs = setup.get("logs") or []

    def read_file(self, uri: str) -> bytes:
        if uri.startswith("file:"):
            raise Refused(f"Unable to read the file {uri}: local files are not allowed")
        if uri not in self._files:
            raise NotFound(f"No file at {uri}")
        return self._files[uri]

    def file_size(self, uri: str) -> int:
        return len(self.read_file(uri))

    def file_exists(self, uri: str) -> bool:
        try:
            return self.read_file(uri) is not None
        except NotFound:
            return False

    def kv(self, key: str, namespace: str | None, error_on_missing: bool) -> Any:
        if key not in self._kv and error_on_missing:
            raise NotFound(f"The key '{key}' does not exist in the namespace '{namespace or self._namespace}'")
        return self._kv.get(key)

    def secret(self, name: str, namespace: str | None, subkey: str | None) -> str:
        if name.upper() not in self._secrets:
            raise NotFound(f"Cannot find secret for key '{name}'")
        text = self._secrets[name.upper()]
        if not subkey:
            return text
        keys = json.loads(text)
        if subkey not in keys:
            raise NotFound(f"Cannot find secret sub-key '{subkey}' in secret '{name}'")
        return str(keys[subkey])

    def error_logs(self) -> Sequence[Mapping[str, Any]]:
        return [dict(log) for log in self._logs if log.get("level") == "ERROR"]


def load(path: Path) -> list[Case]:
    """The cases of a file."""
    import yaml

    cases = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return list(cases)


def run_file(path: Path) -> list[CaseResult]:
    """Every case of a file, in order."""
    results = []
    for case in load(path):
        result, why = run_case(case)
        results.append(CaseResult(str(case["id"]), result, why))
    return results


def run_case(case: Case) -> tuple[Result, str]:
    """passed, failed or skipped, and why."""
    unsupported = sorted(set(case.get("needs") or ()) - _SUPPORTED_NEEDS)
    if unsupported:
        return "skipped", "needs " + ", ".join(unsupported)
    setup = case.get("setup") or {}
    options = setup.get("settings") or {}
    settings = Settings(
        recursive=bool(options.get("recursive-rendering", False)),
        typed_parts={"0.21": "add", "2.0": "read"}.get(str(case.get("version")), "join"),
    )
    context = build_context(case.get("context") or {}, case.get("types") or {})
    flow = context.get("flow")
    namespace = str(flow.get("namespace") or "") if isinstance(flow, dict) else ""
    now = _moment(case["now"]) if case.get("now") else None
    services = CaseServices(setup, now, namespace)
    template = case["template"]
    try:
        if isinstance(template, str) and not case.get("typed"):
            actual: Any = render(template, context, services, settings)
        else:
            actual = render_value(template, context, services, settings)
    except EngineError as error:
        return _judge_error(case, error)
    return _judge(case, actual)


def _judge_error(case: Case, error: EngineError) -> tuple[Result, str]:
    expected = case.get("error")
    if not expected:
        return "failed", f"unexpected error: {error}"
    if isinstance(expected, str) and expected.lower() not in str(error).lower():
        return "failed", f"the error is {str(error)!r}, expected to contain {expected!r}"
    return "passed", ""


def _judge(case: Case, actual: Any) -> tuple[Result, str]:
    if case.get("error"):
        return "failed", f"an error was expected, got {actual!r}"
    if "expect" in case and not _same(actual, case["expect"]):
        return "failed", f"got {actual!r}, expected {case['expect']!r}"
    for part in case.get("expect_contains") or ():
        if part not in str(actual):
            return "failed", f"got {actual!r}, expected to contain {part!r}"
    pattern = case.get("expect_matches")
    if pattern and not re.search(pattern, str(actual)):
        return "failed", f"got {actual!r}, expected to match {pattern!r}"
    return "passed", ""


def _same(actual: Any, expected: Any) -> bool:
    if is_number(actual) and is_number(expected):
        return isinstance(actual, float) == isinstance(expected, float) and actual == expected
    return equal(actual, expected)


def build_context(context: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The context with the values at the paths of ``types`` made what they are called."""
    built = _copied(context)
    for path, kind in types.items():
        _convert_at(built, [_key(match) for match in _PATH.finditer(path)], kind)
    return dict(built)


def _key(match: re.Match[str]) -> Any:
    """A map key, or a place in a list with whether all places from there on are meant."""
    return match.group(1) if match.group(1) is not None else (int(match.group(2)), match.group(3) is not None)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _convert_at(holder: Any, keys: list[Any], kind: str) -> None:
    key, rest = keys[0], keys[1:]
    places = [key]
    if isinstance(key, tuple):
        start, open_ended = key
        places = list(range(start, len(holder))) if open_ended else [start]
    for place in places:
        if isinstance(holder, dict) and place not in holder:
            continue
        if rest:
            _convert_at(holder[place], rest, kind)
        else:
            holder[place] = _converted(holder[place], kind)


def _converted(value: Any, kind: str) -> Any:
    word = kind.split("(")[0].strip().lower()
    match word:
        case "float32" | "float":
            return Float32(value)
        case "long" | "int64":
            return Long(value)
        case "instant" | "java date":
            return _moment(value).astimezone(UTC)
        case "zoned datetime" | "offset datetime" | "local datetime":
            return _moment(value)
        case "local date" | "date":
            return date.fromisoformat(str(value))
        case "local time" | "time":
            return time.fromisoformat(str(value))
        case "duration":
            return parse_duration(str(value))
        case _:
            return value


def _moment(value: Any) -> datetime:
    found = read_iso(str(value)) if not isinstance(value, (datetime, date)) else value
    return found if isinstance(found, datetime) else datetime.combine(found, time())
