"""What a flow reads of each task's outputs: the shape its stand-in must have so that the rest can be tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.flow.model import Flow
from engine.trial.texts import Place, own_text, places, texts_of

ANY = "*"
"""A key for every item of a list."""

_STEP = r"(?:\.\w+|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\])"
_PATH = rf"(?:outputs|trigger){_STEP}+"
_ROOT = re.compile(r"outputs|trigger")
_PLAIN = re.compile(rf"(?<![\w.'\"]){_PATH}")
_PARSED = re.compile(rf"(?:fromJson|json)\(\s*(?P<path>{_PATH})\s*\)(?P<rest>{_STEP}*)")
_JQ = re.compile(rf"(?P<path>{_PATH})\s*\|\s*jq\(\s*(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\")")
_LOOP = re.compile(
    rf"\{{%-?\s*for\s+(?:\w+\s*,\s*)?(?P<name>\w+)\s+in\s+(?:(?:fromJson|json)\(\s*(?P<parsed>{_PATH})\s*\)(?P<rest>{_STEP}*)"
    rf"|(?P<path>{_PATH}))"
)
_VALUES = re.compile(
    rf"^\s*\{{\{{-?\s*(?:(?:fromJson|json)\(\s*(?P<parsed>{_PATH})\s*\)(?P<rest>{_STEP}*)|(?P<path>{_PATH}))"
)
_ITEM = r"(?:parents?(?:\[\d+\])?\.)?(?:taskrun\.value|item\.value|item)"
_ITEM_USE = re.compile(rf"(?:(?:fromJson|json)\(\s*{_ITEM}\s*\)|(?<![\w.]){_ITEM})(?P<rest>{_STEP}+)")
_ONE_STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<inner>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]")
_JQ_STEP = re.compile(r"\.?\[(\d*)\]|\.\[?\"?([A-Za-z_][\w-]*)\"?\]?")


@dataclass
class Need:
    """What is read below one value: keys (``*`` for any item), or keys of the JSON its text holds.

    ``dynamic`` keys are expressions, known only when the stand-in is made.
    """

    keys: dict[str, Need] = field(default_factory=dict)
    dynamic: dict[str, Need] = field(default_factory=dict)
    json: Need | None = None

    def below(self, steps: Iterator[str] | list[str]) -> Need:
        """The need at the end of some steps, made on the way."""
        here = self
        for step in steps:
            table = here.dynamic if step.startswith("=") else here.keys
            here = table.setdefault(step.removeprefix("="), Need())
        return here

    def parsed(self) -> Need:
        """The need of the JSON in a text."""
        if self.json is None:
            self.json = Need()
        return self.json

    @property
    def is_list(self) -> bool:
        return bool(self.keys) and all(key == ANY or key.isdigit() for key in self.keys)


@dataclass(frozen=True, slots=True)
class Needs:
    """What all expressions of a flow read: of each task's outputs, by task id, and of the trigger's values."""

    outputs: dict[str, Need]
    trigger: Need


def needs_of(flow: Flow) -> Needs:
    """What the expressions of a flow read of what only running it could give."""
    root = Need(keys={"outputs": Need(), "trigger": Need()})
    for text in texts_of([flow.variables, list(flow.outputs)]):
        _read(root, text)
    found = places(flow)
    for place in found:
        _read(root, own_text(place.task))
    for place in found:
        _read_items(root, place, found)
    return Needs(root.keys["outputs"].keys, root.keys["trigger"])


def _read(root: Need, text: str) -> None:
    for match in _PLAIN.finditer(text):
        root.below(_steps(match[0]))
    for match in _PARSED.finditer(text):
        root.below(_steps(match["path"])).parsed().below(_steps(match["rest"]))
    for match in _JQ.finditer(text):
        root.below(_steps(match["path"])).parsed().below(_jq_steps(match["one"] or match["two"] or ""))
    for match in _LOOP.finditer(text):
        items = _collection(root, match).below([ANY])
        for use in re.finditer(rf"(?<![\w.]){re.escape(match['name'])}(?P<rest>{_STEP}+)", text):
            items.below(_steps(use["rest"]))


def _collection(root: Need, match: re.Match[str]) -> Need:
    if match["path"]:
        return root.below(_steps(match["path"]))
    return root.below(_steps(match["parsed"])).parsed().below(_steps(match["rest"] or ""))


def _read_items(root: Need, place: Place, found: list[Place]) -> None:
    """What the tasks below a loop read of its items is read of the outputs it loops over."""
    values = place.task.properties.get("values")
    match = _VALUES.match(values) if isinstance(values, str) else None
    if match is None:
        return
    items = _collection(root, match).below([ANY])
    for inner in found:
        if place.task not in inner.above:
            continue
        for use in _ITEM_USE.finditer(own_text(inner.task)):
            items.below(_steps(use["rest"]))


def _steps(path: str) -> list[str]:
    """The keys of a path; one that starts with ``=`` is an expression."""
    root = _ROOT.match(path)
    steps = [root[0]] if root else []
    for match in _ONE_STEP.finditer(path):
        inner = (match["inner"] or "").strip()
        if match["name"]:
            steps.append(match["name"])
        elif len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'\"":
            steps.append(inner[1:-1])
        elif inner.isdigit():
            steps.append(inner)
        elif inner:
            steps.append("=" + inner)
    return steps


def _jq_steps(program: str) -> list[str]:
    """The keys of the plain path that a jq program begins with."""
    steps: list[str] = []
    at = 0
    program = program.strip()
    while match := _JQ_STEP.match(program, at):
        steps.append(match[2] or match[1] or ANY)
        at = match.end()
    return steps


def merged(node: Need) -> Need:
    """All that is read of any item of a list, as the need of one item."""
    one = Need()
    for item in node.keys.values():
        _join(one, item)
    return one


def _join(into: Need, other: Need) -> None:
    for table, others in ((into.keys, other.keys), (into.dynamic, other.dynamic)):
        for key, need in others.items():
            _join(table.setdefault(key, Need()), need)
    if other.json is not None:
        _join(into.parsed(), other.json)
