"""What a template refers to and calls, found without rendering it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from engine.expressions import nodes as n
from engine.expressions.compile_expressions import hyphenated
from engine.expressions.errors import ExpressionError, LimitExceeded, near
from engine.expressions.parser import parse
from engine.expressions.registry import FILTERS, FUNCTIONS, TESTS, Info, elsewhere

Written = Literal["name", "dot", "bracket"]
_GUARDING_OPERATORS = ("??", "???")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path. ``key`` is None where it is computed (``outputs[x]``); ``offset`` as in the template."""

    key: str | int | None
    written: Written
    offset: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable read, with as many steps as are written: ``outputs.a['value']``.

    ``guarded``: a missing value does no harm here (left of ``??``, before ``| default``, before ``is defined``).
    """

    steps: tuple[Step, ...]
    offset: int
    end: int
    guarded: bool = False

    @property
    def path(self) -> tuple[str | int | None, ...]:
        return tuple(step.key for step in self.steps)


@dataclass(frozen=True, slots=True)
class Use:
    """A filter, function or test that is used. ``first`` is the first argument where it is a literal text."""

    name: str
    role: Literal["filter", "function", "test"]
    offset: int
    known: bool
    first: str | None = None
    hint: str = ""
    arguments: int = 0
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a template from being read, or what it most likely does not mean.

    ``code``: ``syntax``, ``unknown_tag``, ``limit``, ``hyphen`` (a name with a hyphen read as a subtraction).
    """

    code: Literal["syntax", "unknown_tag", "limit", "hyphen"]
    message: str
    hint: str
    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """``problems`` first: with a ``syntax`` problem the other lists are empty."""

    problems: tuple[Problem, ...] = ()
    references: tuple[Reference, ...] = ()
    uses: tuple[Use, ...] = ()
    bound: frozenset[str] = frozenset()

    @property
    def readable(self) -> bool:
        return not any(problem.code != "hyphen" for problem in self.problems)

    @property
    def unknown(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if not use.known)


def inspect(template: str) -> Inspection:
    """What the template refers to and calls; never raises for a template that is wrong."""
    if "{" not in template:
        return Inspection()
    try:
        found = _Inspector(template)
        found.nodes(parse(template).body, frozenset())
        return found.result()
    except RecursionError:
        message = "The expression is nested too deeply"
        return Inspection((Problem("limit", message, "", 0, len(template)),))
    except ExpressionError as error:
        code: Literal["limit", "unknown_tag", "syntax"] = "syntax"
        if isinstance(error, LimitExceeded):
            code = "limit"
        elif error.code == "expression-unknown-name":
            code = "unknown_tag"
        offset = max(0, error.offset)
        return Inspection((Problem(code, error.message, error.hint, offset, min(len(template), offset + 1)),))


@dataclass
class _Inspector:
    source: str
    problems: list[Problem] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    macros: set[str] = field(default_factory=set)

    def result(self) -> Inspection:
        uses = tuple(sorted(self.uses, key=lambda use: use.offset))
        references = tuple(sorted(self.references, key=lambda ref: ref.offset))
        return Inspection(tuple(self.problems), references, uses, frozenset(self.bound))

    def nodes(self, body: tuple[n.Node, ...], local: frozenset[str]) -> None:
        """The nodes of one scope; ``local`` are the names it was given."""
        self.macros |= {macro.name for macro in _macros(body)}
        for node in body:
            if isinstance(node, n.Set):
                self._expression(node.value, local, False)
                self.bound.add(node.name)
                local = local | {node.name}
            else:
                self._node(node, local)

    def _node(self, node: n.Node, local: frozenset[str]) -> None:
        match node:
            case n.Print():
                self._expression(node.value, local, False)
            case n.If():
                for test, body in node.branches:
                    self._expression(test, local, False)
                    self.nodes(body, local | _assigned(node.branches[0][1]))
                self.nodes(node.other, local)
            case n.For():
                self._expression(node.items, local, False)
                self.bound |= {node.variable, "loop"}
                self.nodes(node.body, local | {node.variable, "loop"} | _assigned(node.body))
                self.nodes(node.other, local)
            case n.Macro():
                names = frozenset(name for name, _ in node.parameters)
                for _, default in node.parameters:
                    if default is not None:
                        self._expression(default, local, False)
                self.bound |= names
                self.nodes(node.body, names | {"_context"})
            case n.Block():
                self.nodes(node.body, local)
            case n.FilterTag():
                for name, arguments, offset in node.filters:
                    self._use("filter", name, offset, arguments, local, FILTERS)
                self.nodes(node.body, local)

    def _expression(self, node: n.Node, local: frozenset[str], guarded: bool) -> None:
        match node:
            case n.Name() | n.Attribute():
                self._reference(node, local, guarded)
            case n.Binary():
                self._binary(node, local, guarded)
            case n.Unary():
                self._expression(node.operand, local, guarded)
            case n.Ternary():
                self._expression(node.condition, local, guarded)
                safe = _tested(node.condition)
                self._expression(node.then, local, guarded or safe is True)
                self._expression(node.other, local, guarded or safe is False)
            case n.Filter():
                info = FILTERS.get(node.name)
                self._expression(node.target, local, guarded or (info is not None and info.reads_missing))
                self._use("filter", node.name, node.name_offset, node.arguments, local, FILTERS)
            case n.Test():
                info = TESTS.get(node.name)
                self._expression(node.target, local, guarded or (info is not None and info.reads_missing))
                self._use("test", node.name, node.name_offset, node.arguments, local, TESTS)
            case n.Call():
                self._use("function", node.name, node.offset, node.arguments, local, FUNCTIONS, guarded)
            case n.ListNode():
                for item in node.items:
                    self._expression(item, local, guarded)
            case n.MapNode():
                for key, value in node.items:
                    self._expression(key, local, guarded)
                    self._expression(value, local, guarded)

    def _binary(self, node: n.Binary, local: frozenset[str], guarded: bool) -> None:
        if node.operator == "-" and (halves := hyphenated(node)):
            name = f"{halves[0]}-{halves[1]}"
            message = f"'{name}' is read as '{halves[0]}' minus '{halves[1]}'"
            hint = f"write ['{name}'] for a name with a hyphen, or spaces around a minus sign"
            self.problems.append(Problem("hyphen", message, hint, node.offset, node.end))
        self._expression(node.left, local, guarded or node.operator in _GUARDING_OPERATORS)
        self._expression(node.right, local, guarded)

    def _reference(self, node: n.Node, local: frozenset[str], guarded: bool) -> None:
        steps: list[Step] = []
        end = node.end
        while isinstance(node, n.Attribute):
            if node.call is not None:
                for argument in node.call.nodes():
                    self._expression(argument, local, guarded)
                steps, end = [], node.target.end
            else:
                steps.append(self._step(node, local, guarded))
            node = node.target
        if not isinstance(node, n.Name):
            self._expression(node, local, guarded)
        elif node.name not in local:
            path = (Step(node.name, "name", node.offset), *reversed(steps))
            self.references.append(Reference(path, node.offset, end, guarded))

    def _step(self, node: n.Attribute, local: frozenset[str], guarded: bool) -> Step:
        written: Written = "dot" if node.dotted else "bracket"
        if isinstance(node.key, n.Literal) and isinstance(node.key.value, (str, int)):
            value = node.key.value
            return Step(value if isinstance(value, str) else int(value), written, node.key.offset)
        self._expression(node.key, local, guarded)
        return Step(None, written, node.key.offset)

    def _use(
        self,
        role: Literal["filter", "function", "test"],
        name: str,
        offset: int,
        arguments: n.Arguments,
        local: frozenset[str],
        table: dict[str, Info],
        guarded: bool = False,
    ) -> None:
        for argument in arguments.nodes():
            self._expression(argument, local, guarded)
        if role == "function" and name in self.macros and name not in table:
            return
        first = arguments.positional[0] if arguments.positional else None
        if first is None:
            first = next((value for key, value in arguments.named if key in ("key", "name")), None)
        literal = first.value if isinstance(first, n.Literal) and isinstance(first.value, str) else None
        known = name in table
        hint = "" if known else near(name, [*table, *self.macros] if role == "function" else table) or elsewhere(name)
        named = tuple(key for key, _ in arguments.named)
        self.uses.append(Use(name, role, offset, known, literal, hint, len(arguments.positional), named))


def _macros(body: tuple[n.Node, ...]) -> Iterator[n.Macro]:
    for node in body:
        if isinstance(node, n.Macro):
            yield node
        for inner in _bodies(node):
            yield from _macros(inner)


def _bodies(node: n.Node) -> tuple[tuple[n.Node, ...], ...]:
    match node:
        case n.If():
            return (*(body for _, body in node.branches), node.other)
        case n.For():
            return node.body, node.other
        case n.Macro() | n.Block() | n.FilterTag():
            return (node.body,)
    return ()


def _assigned(body: tuple[n.Node, ...]) -> frozenset[str]:
    """Names a loop's body sets: from its second round on they are known from its beginning."""
    found = {node.name for node in body if isinstance(node, n.Set)}
    for node in body:
        for inner in _bodies(node):
            found |= _assigned(inner)
    return frozenset(found)


def _tested(condition: n.Node) -> bool | None:
    """Which side of a ternary a test of definedness protects: True the first, False the second, None neither."""
    if isinstance(condition, n.Test) and condition.name == "defined":
        return not condition.negated
    return None
