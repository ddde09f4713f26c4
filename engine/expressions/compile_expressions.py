"""Expression nodes to closures. Each closure takes the frame and gives a value of the language's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import EngineError
from engine.expressions import nodes as n
from engine.expressions.errors import ExpressionError, MissingVariable, UnknownName, near, with_place
from engine.expressions.methods import attribute, call_method
from engine.expressions.numbers import arithmetic
from engine.expressions.operators import add, contains, is_in, number_range, same, subtract
from engine.expressions.registry import FILTERS, FUNCTIONS, TESTS, Info, binding, elsewhere
from engine.expressions.runtime import Frame, Run, missing
from engine.expressions.values import compare, condition, decided, java_text, key_text, own

Caller = Callable[[Frame, tuple[Any, ...]], Any]
_BRACKETS = "a name with a hyphen is read as a subtraction; write ['{left}-{right}']"


class ExpressionCompiler:
    """``source`` gives errors their place."""

    def __init__(self, source: str) -> None:
        self.source = source

    def expression(self, node: n.Node) -> Run:
        match node:
            case n.Literal():
                value = node.value
                return lambda frame: value
            case n.Name():
                return self._name(node)
            case n.Attribute():
                return self._attribute(node)
            case n.Binary():
                return self._binary(node)
            case n.Filter():
                return self._filter(node)
            case n.Call():
                return self._call(node)
            case n.Ternary():
                return self._ternary(node)
            case n.Test():
                return self._test(node)
            case n.Unary():
                return self._unary(node)
            case n.ListNode():
                return self._list(node)
            case n.MapNode():
                return self._map(node)
        raise AssertionError(f"no meaning for {type(node).__name__}")

    def located(self, run: Run, offset: int) -> Run:
        """Errors raised by ``run`` learn their place, unless they know it."""
        source = self.source

        def placed(frame: Frame) -> Any:
            try:
                return run(frame)
            except ExpressionError as error:
                raise error.located(source, offset) from error.__cause__
            except EngineError as error:
                raise with_place(error, source, offset) from error.__cause__

        return placed

    def _name(self, node: n.Name) -> Run:
        name, source, offset = node.name, self.source, node.offset

        def run(frame: Frame) -> Any:
            scope = frame.scope
            while True:
                if name in scope.values:
                    return own(scope.values[name])
                if scope.parent is None:
                    if name == "_context":
                        return frame.visible()
                    raise missing(frame, name).located(source, offset)
                scope = scope.parent

        return run

    def _attribute(self, node: n.Attribute) -> Run:
        target = self.expression(node.target)
        source, offset = self.source, node.key.offset
        root = _path(node.target)
        if node.call is not None:
            assert isinstance(node.key, n.Literal)
            name = node.key.value
            arguments = [self.expression(a) for a in node.call.positional]

            def method(frame: Frame) -> Any:
                frame.budget.step()
                return own(call_method(frame, target(frame), name, [a(frame) for a in arguments]))

            return self.located(method, offset)
        if isinstance(node.key, n.Literal):
            key = node.key.value

            def fixed(frame: Frame) -> Any:
                holder = target(frame)
                if type(holder) is dict and key in holder:
                    return own(holder[key])
                try:
                    return own(attribute(holder, key, root))
                except ExpressionError as error:
                    raise error.located(source, offset) from error.__cause__

            return fixed
        index = self.expression(node.key)

        def run(frame: Frame) -> Any:
            holder = target(frame)
            return own(attribute(holder, index(frame), root))

        return self.located(run, offset)

    def _ternary(self, node: n.Ternary) -> Run:
        test, then, other = (self.expression(part) for part in (node.condition, node.then, node.other))
        run: Run = lambda frame: then(frame) if condition(test(frame)) else other(frame)  # noqa: E731
        return self.located(run, node.offset)

    def _list(self, node: n.ListNode) -> Run:
        items = [self.expression(item) for item in node.items]
        return lambda frame: [item(frame) for item in items]

    def _map(self, node: n.MapNode) -> Run:
        items = [(self.expression(key), self.expression(value)) for key, value in node.items]

        def run(frame: Frame) -> Any:
            out: dict[Any, Any] = {}
            for key, value in items:
                name = key(frame)
                out[name if isinstance(name, (str, int)) else key_text(name)] = value(frame)
            return out

        return self.located(run, node.offset)

    def _unary(self, node: n.Unary) -> Run:
        operand = self.expression(node.operand)
        run: Run
        match node.operator:
            case "not":
                run = lambda frame: not decided("not", operand(frame))  # noqa: E731
            case "-":
                run = lambda frame: arithmetic("*", -1, operand(frame))  # noqa: E731
            case _:
                run = lambda frame: arithmetic("*", 1, operand(frame))  # noqa: E731
        return self.located(run, node.offset)

    def _binary(self, node: n.Binary) -> Run:
        left, right = self.expression(node.left), self.expression(node.right)
        run = _operation(node.operator, left, right)
        if node.operator == "-" and (names := hyphenated(node)):
            run = _with_hint(run, _BRACKETS.format(left=names[0], right=names[1]))
        return self.located(run, node.offset)

    def _arguments(self, arguments: n.Arguments) -> tuple[list[Run], list[str]]:
        named = [name for name, _ in arguments.named]
        return [self.expression(node) for node in arguments.nodes()], named

    def bound(self, info: Info, arguments: n.Arguments) -> Callable[[Frame], dict[str, Any]] | ExpressionError:
        """What gives the keyword arguments of a call, or the error that it always fails with."""
        runs, named = self._arguments(arguments)
        if info.variadic:
            if named:
                return ExpressionError(f"The '{info.name}' {info.role} takes no named arguments")
            word = info.arguments[0]
            return lambda frame: {word: [run(frame) for run in runs]}
        try:
            names = binding(info, len(arguments.positional), named)
        except ExpressionError as error:
            return error
        words = _python_names(info)
        pairs = [(words[name], run) for name, run in zip(names, runs, strict=True)]
        return lambda frame: {name: run(frame) for name, run in pairs}

    def filtering(self, name: str, arguments: n.Arguments, offset: int) -> Callable[[Frame, Run], Any]:
        """Applies a filter to what a closure gives."""
        info = FILTERS.get(name)
        if info is None:
            return self._unknown("Filter", name, FILTERS, offset)
        call, bound, reads_missing = info.call, self.bound(info, arguments), info.reads_missing

        def apply(frame: Frame, target: Run) -> Any:
            if isinstance(bound, ExpressionError):
                raise type(bound)(bound.message, hint=bound.hint)
            frame.budget.step()
            given = bound(frame)
            try:
                value = target(frame)
            except MissingVariable:
                if not reads_missing:
                    raise
                value = None
            return own(frame.budget.checked(call(frame, value, **given)))

        return apply

    def _unknown(self, what: str, name: str, known: dict[str, Info], offset: int) -> Callable[..., Any]:
        """An unknown name is an error when it is reached, as it is in Kestra."""
        source, hint = self.source, near(name, known) or elsewhere(name)

        def fail(*_: Any) -> Any:
            raise UnknownName(f"{what} [{name}] does not exist", name=name, hint=hint, expression=source, offset=offset)

        return fail

    def _filter(self, node: n.Filter) -> Run:
        target = self.expression(node.target)
        apply = self.filtering(node.name, node.arguments, node.name_offset)
        return self.located(lambda frame: apply(frame, target), node.name_offset)

    def _test(self, node: n.Test) -> Run:
        info = TESTS.get(node.name)
        target, negated = self.expression(node.target), node.negated
        if info is None:
            return self._unknown("Test", node.name, TESTS, node.name_offset)
        call, bound, reads_missing = info.call, self.bound(info, node.arguments), info.reads_missing

        def run(frame: Frame) -> Any:
            if isinstance(bound, ExpressionError):
                raise type(bound)(bound.message, hint=bound.hint)
            try:
                value = target(frame)
            except MissingVariable:
                if not reads_missing:
                    raise
                value = None
            return call(frame, value, **bound(frame)) is not negated

        return self.located(run, node.name_offset)

    def _call(self, node: n.Call) -> Run:
        if node.name == "block":
            return self.located(self._block_call(node), node.offset)
        info = FUNCTIONS.get(node.name)
        if info is None:
            return self._macro_call(node)
        call, bound, name = info.call, self.bound(info, node.arguments), node.name

        def run(frame: Frame) -> Any:
            if isinstance(bound, ExpressionError):
                raise type(bound)(bound.message, hint=bound.hint)
            if frame.settings.recursive and name in ("render", "renderOnce"):
                raise UnknownName(f"Function or Macro [{name}] does not exist", name=name)
            frame.budget.step()
            return own(frame.budget.checked(call(frame, **bound(frame))))

        return self.located(run, node.offset)

    def _block_call(self, node: n.Call) -> Run:
        arguments = [self.expression(a) for a in node.arguments.nodes()]

        def run(frame: Frame) -> Any:
            name = arguments[0](frame) if arguments else None
            body = frame.blocks.get(name) if isinstance(name, str) else None
            if body is None:
                raise UnknownName(f"Block [{name}] does not exist", name=str(name), hint=near(str(name), frame.blocks))
            frame.budget.step()
            frame.budget.enter()
            try:
                return frame.captured(body)
            finally:
                frame.budget.leave()

        return run

    def _macro_call(self, node: n.Call) -> Run:
        runs, named = self._arguments(node.arguments)
        name, positional = node.name, len(node.arguments.positional)

        def run(frame: Frame) -> Any:
            macro = frame.macros.get(name)
            if macro is None:
                hint = elsewhere(name) or near(name, [*FUNCTIONS, *frame.macros])
                raise UnknownName(f"Function or Macro [{name}] does not exist", name=name, hint=hint)
            frame.budget.step()
            values = [r(frame) for r in runs]
            return macro(frame, values[:positional], dict(zip(named, values[positional:], strict=True)))

        return self.located(run, node.offset)


def _python_names(info: Info) -> dict[str, str]:
    """Kestra's argument names to the parameters' own, which end in '_' where Python keeps the word."""
    import inspect

    parameters = list(inspect.signature(info.call).parameters)
    return {name.rstrip("_"): name for name in parameters}


def hyphenated(node: n.Binary) -> tuple[str, str] | None:
    """The two halves, when a subtraction is likely a name with a hyphen: ``outputs.my-task``."""
    left, right = node.left, node.right
    while isinstance(right, (n.Attribute, n.Filter, n.Binary)):
        right = right.left if isinstance(right, n.Binary) else right.target
    if not isinstance(right, n.Name) or right.offset != node.left.end + 1:
        return None
    if isinstance(left, n.Binary) and left.operator == "-" and (halves := hyphenated(left)):
        return f"{halves[0]}-{halves[1]}", right.name
    if isinstance(left, n.Attribute) and left.dotted and isinstance(left.key, n.Literal):
        return str(left.key.value), right.name
    return (left.name, right.name) if isinstance(left, n.Name) else None


def _path(node: n.Node) -> str | None:
    """How the text names a value: ``outputs.first``; None for anything but names and fixed keys."""
    if isinstance(node, n.Name):
        return node.name
    if not isinstance(node, n.Attribute) or node.call is not None or not isinstance(node.key, n.Literal):
        return None
    holder, key = _path(node.target), node.key.value
    if holder is None:
        return None
    return f"{holder}.{key}" if node.dotted else f"{holder}['{key}']" if isinstance(key, str) else f"{holder}[{key}]"


def _with_hint(run: Run, hint: str) -> Run:
    def hinted(frame: Frame) -> Any:
        try:
            return run(frame)
        except ExpressionError as error:
            error.hint = hint
            raise

    return hinted


def _coalesce(left: Run, right: Run, *, nulls: bool) -> Run:
    def run(frame: Frame) -> Any:
        try:
            value = left(frame)
        except MissingVariable:
            return right(frame)
        return right(frame) if nulls and value is None else value

    return run


def _joined(left: Run, right: Run) -> Run:
    def run(frame: Frame) -> Any:
        one, two = left(frame), right(frame)
        budget = frame.budget
        one = "" if one is None else java_text(one, budget)
        two = "" if two is None else java_text(two, budget)
        budget.length(len(one) + len(two))
        return one + two

    return run


def _operation(operator: str, left: Run, right: Run) -> Run:
    match operator:
        case "??" | "???":
            return _coalesce(left, right, nulls=operator == "??")
        case "~":
            return _joined(left, right)
        case "and":
            return lambda frame: decided("and", left(frame)) and decided("and", right(frame))
        case "or":
            return lambda frame: decided("or", left(frame)) or decided("or", right(frame))
        case "==" | "equals":
            return lambda frame: same(frame, left(frame), right(frame))
        case "!=":
            return lambda frame: not same(frame, left(frame), right(frame))
        case ">" | ">=" | "<" | "<=":
            return lambda frame: compare(operator, left(frame), right(frame))
        case "contains":
            return lambda frame: contains(frame, left(frame), right)
        case "isIn" | "in":
            return lambda frame: is_in(frame, left(frame), right(frame))
        case "not in":
            return lambda frame: not is_in(frame, left(frame), right(frame))
        case "..":
            return lambda frame: number_range(frame, left(frame), right(frame), 1)
        case "+":
            return lambda frame: add(frame, left(frame), right(frame))
        case "-":
            return lambda frame: subtract(frame, left(frame), right(frame))
        case _:
            return lambda frame: arithmetic(operator, left(frame), right(frame))
