"""Whether a failure is the flow's own fault, or only shows that sample data is not the real thing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.errors import EngineError, TaskFailed
from engine.expressions.errors import ExpressionSyntax, UnknownName
from engine.flow.model import Flow, Task
from engine.trial.texts import expanded, outputs_read, own_text, places

_CERTAIN = re.compile(
    r"SyntaxError(?!: f-string)|IndentationError|TabError|NameError: name|Parser Error|syntax error|Syntax error"
    r"|unexpected EOF|Unexpected token|ReferenceError|No such column-list"
)
_NETWORK = re.compile(
    r"https?://|\bcurl\b|\bwget\b|pip3? install|apt(?:-get)? |npm (?:install|i|ci)\b|git clone|\brequests\b"
    r"|/dev/tcp|\b(?:nc|ping|ssh|scp|telnet|dig|nslookup)\b|urllib|httpx|aiohttp|boto3|google\.cloud|\bsocket\b|smtplib|psycopg|sqlalchemy|pymysql|dlt\b|kaggle|\bfetch\("
)
_MISSING_PACKAGE = re.compile(r"ModuleNotFoundError|Cannot find (?:module|package)|there is no package called")
_LOOP_VALUE = re.compile(r"\b(?:taskrun\.(?:value|items|iteration)|item\b|parents?\b)")
_SAMPLED = re.compile(r"\b(?:secret|kv)\(|\bread\(\s*['\"](?!\{)|\btrigger\.")
_ELSEWHERE = frozenset(("packages-missing", "no-program", "path-not-allowed", "no-motherduck", "unfenced-script"))
_UNKNOWN_NAME = re.compile(r"(?:Filter|Function or Macro|Function|Test|Tag|Macro) \[\w+\] does not exist")
_FAILING_ON_PURPOSE = ("core.execution.Fail", "core.execution.Assert", "core.execution.Exit")


def depends_on(flow: Flow, stood_in: Iterable[str], sampled_inputs: Iterable[str]) -> set[str]:
    """Ids of the tasks whose work depends on a stand-in: on its outputs, on a loop over them, on files beside it."""
    made_up = set(stood_in)
    inputs = (
        re.compile(r"\binputs\.(?:" + "|".join(map(re.escape, sampled_inputs)) + r")\b") if sampled_inputs else None
    )
    found = places(flow)
    texts = {place.task.id: expanded(own_text(place.task), flow) for place in found}
    while True:
        more = set()
        for place in found:
            text = texts[place.task.id]
            direct = (
                outputs_read(text) & made_up or _SAMPLED.search(text) or (inputs is not None and inputs.search(text))
            )
            by_loop = _LOOP_VALUE.search(text) and any(above.id in made_up for above in place.above)
            if direct or by_loop or _beside(place.task, place.above, made_up) or _namespace_files(place.task):
                more.add(place.task.id)
        if more <= made_up:
            return made_up
        made_up |= more


def _beside(task: Task, above: tuple[Task, ...], made_up: set[str]) -> bool:
    """Whether a task shares its working folder with a made-up one."""
    shared = next((flowable for flowable in above if flowable.type.endswith("flow.WorkingDirectory")), None)
    if shared is None:
        return False
    return any(child.id in made_up and child.id != task.id for child in shared.properties.get("tasks") or ())


def _namespace_files(task: Task) -> bool:
    given = task.properties.get("namespaceFiles")
    return isinstance(given, dict) and str(given.get("enabled", True)).lower() != "false"


def runs_elsewhere(error: EngineError) -> bool:
    """Whether the task only lacks something of this machine."""
    return error.kind == "environment" or error.code in _ELSEWHERE


def certain(error: EngineError, said: Iterable[str]) -> bool:
    """Whether an error is one whatever the data: what does not parse, or names what cannot exist."""
    if isinstance(error, ExpressionSyntax | UnknownName):
        return True
    if error.code in ("missing-property", "wrong-url", "no-compression", "no-archive"):
        return True
    return bool(_CERTAIN.search(error.message)) or any(_CERTAIN.search(line) for line in said)


def never_right(message: str) -> bool:
    """Whether a message of the core tells of something that is wrong whatever the data."""
    return bool(_CERTAIN.search(message) or _UNKNOWN_NAME.search(message))


def lacks_package(said: Iterable[str]) -> bool:
    """Whether a script missed a package that the image it names may well have."""
    return any(_MISSING_PACKAGE.search(line) for line in said)


def wants_network(task: Task, flow: Flow) -> bool:
    """Whether a script looks as if it needed the network, which a trial does not give."""
    return bool(_NETWORK.search(expanded(own_text(task), flow)))


def fails_on_purpose(task: Task, error: EngineError) -> bool:
    """Whether failing is what the task is for: a failing type, or a script that says ``exit N`` and did so."""
    if task.type.endswith(_FAILING_ON_PURPOSE):
        return True
    code = error.outputs.get("exitCode") if isinstance(error, TaskFailed) else None
    written = re.search(r"^\s*exit\s+([1-9]\d*)\s*;?\s*$", own_text(task), re.MULTILINE)
    return written is not None and str(code) == written[1]
