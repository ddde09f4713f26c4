"""A tree to closures: tags and text. Compiled once, kept, and run many times."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.expressions import nodes as n
from engine.expressions.compile_expressions import ExpressionCompiler
from engine.expressions.errors import ExpressionError, ExpressionSyntax, LimitExceeded
from engine.expressions.numbers import is_number, kind_of
from engine.expressions.parser import parse
from engine.expressions.runtime import Frame, Run, Scope
from engine.expressions.values import condition


class Compiled:
    """A template ready to run. ``lone``: its one printed expression, when there is nothing else in it."""

    __slots__ = ("blocks", "has_raw", "lone", "macros", "run", "source")

    def __init__(self, template: n.Template) -> None:
        compiler = _Compiler(template.source)
        self.source = template.source
        self.run = compiler.body(template.body)
        self.macros = compiler.macros
        self.blocks = compiler.blocks
        self.has_raw = compiler.has_raw
        only = template.body[0] if len(template.body) == 1 else None
        self.lone: Run | None = compiler.expression(only.value) if isinstance(only, n.Print) else None


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Compiled:
    """ExpressionSyntax, UnknownName (a tag) or LimitExceeded when the text cannot be read."""
    try:
        return Compiled(parse(source))
    except RecursionError:
        raise LimitExceeded("The expression is nested too deeply", expression=source, offset=0) from None


class _Compiler(ExpressionCompiler):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.macros: dict[str, Any] = {}
        self.blocks: dict[str, Run] = {}
        self.has_raw = False

    def body(self, nodes: tuple[n.Node, ...]) -> Run:
        runs = [self._node(node) for node in nodes]
        if len(runs) == 1:
            return runs[0]

        def run(frame: Frame) -> None:
            for each in runs:
                each(frame)

        return run

    def _node(self, node: n.Node) -> Run:
        match node:
            case n.Text():
                text = node.text
                return lambda frame: frame.out.text(text)
            case n.Raw():
                return self._raw(node)
            case n.Print():
                return self._print(node)
            case n.If():
                return self._if(node)
            case n.For():
                return self._for(node)
            case n.Set():
                name, value = node.name, self.expression(node.value)
                return lambda frame: frame.assign(name, value(frame))
            case n.Macro():
                if node.name in self.macros:
                    message = f"More than one macro can not share the same name: {node.name}"
                    raise ExpressionSyntax(message, expression=self.source, offset=node.offset)
                self.macros[node.name] = self._macro(node)
                return lambda frame: None
            case n.Block():
                body = self.body(node.body)
                self.blocks[node.name] = body
                return body
            case n.FilterTag():
                return self._filter_tag(node)
        raise AssertionError(f"no meaning for {type(node).__name__}")

    def _raw(self, node: n.Raw) -> Run:
        self.has_raw = True
        inner, whole = node.text, self.source[node.offset : node.end]
        return lambda frame: frame.out.text(whole if frame.keep_raw else inner)

    def _print(self, node: n.Print) -> Run:
        value = self.expression(node.value)
        return self.located(lambda frame: frame.out.value(value(frame)), node.offset)

    def _if(self, node: n.If) -> Run:
        branches = [(self.expression(test), self.body(body), test.offset) for test, body in node.branches]
        other = self.body(node.other)
        source = self.source

        def run(frame: Frame) -> None:
            for test, body, offset in branches:
                value = test(frame)
                if value is None:
                    message = "null value given to if statement"
                    raise ExpressionError(
                        message, hint="use ?? to say what null means", expression=source, offset=offset
                    )
                if not isinstance(value, (bool, str)) and not is_number(value):
                    message = f"Unsupported value in an if statement: {kind_of(value)}"
                    raise ExpressionError(message, expression=source, offset=offset)
                if condition(value):
                    body(frame)
                    return
            other(frame)

        return run

    def _for(self, node: n.For) -> Run:
        items, body, other = self.expression(node.items), self.body(node.body), self.body(node.other)
        variable, source, offset = node.variable, self.source, node.items.offset

        def run(frame: Frame) -> None:
            values = items(frame)
            if values is None:
                return
            if isinstance(values, dict):
                values = [{"key": key, "value": value} for key, value in values.items()]
            elif not isinstance(values, list):
                message = f"Not an iterable object: {kind_of(values)}"
                raise ExpressionError(message, expression=source, offset=offset)
            if not values:
                other(frame)
                return
            outer, length, budget = frame.scope, len(values), frame.budget
            try:
                scope: dict[str, Any] = {}
                frame.scope = Scope(scope, outer)
                for index, value in enumerate(values):
                    budget.step()
                    scope["loop"] = {
                        "first": index == 0,
                        "last": index == length - 1,
                        "length": length,
                        "index": index,
                        "revindex": length - index - 1,
                    }
                    scope[variable] = value
                    body(frame)
            finally:
                frame.scope = outer

        return run

    def _macro(self, node: n.Macro) -> Any:
        defaults = [(name, self.expression(value) if value else None) for name, value in node.parameters]
        body, macro = self.body(node.body), node.name

        def call(frame: Frame, positional: list[Any], named: dict[str, Any]) -> str:
            names = [name for name, _ in defaults]
            if len(positional) > len(names):
                raise ExpressionError(f"Macro [{macro}] takes {len(names)} arguments, {len(positional)} given")
            for name in named:
                if name not in names:
                    raise ExpressionError(f"Macro [{macro}] has no argument '{name}'")
            values: dict[str, Any] = {name: default(frame) if default else None for name, default in defaults}
            values |= dict(zip(names, positional, strict=False)) | named
            values["_context"] = frame.visible()
            outer = frame.scope
            frame.budget.enter()
            frame.scope = Scope(values, None)
            try:
                return frame.captured(body)
            finally:
                frame.scope = outer
                frame.budget.leave()

        return call

    def _filter_tag(self, node: n.FilterTag) -> Run:
        body = self.body(node.body)
        run: Run = lambda frame: frame.captured(body)  # noqa: E731
        for name, arguments, offset in node.filters:
            run = self._applied(self.filtering(name, arguments, offset), run, offset)
        return lambda frame: frame.out.value(run(frame))

    def _applied(self, apply: Any, target: Run, offset: int) -> Run:
        return self.located(lambda frame: apply(frame, target), offset)
