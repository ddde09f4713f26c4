"""A Pratt parser for what stands between the delimiters; binding powers are Pebble's own."""

from __future__ import annotations

from engine.expressions.errors import ExpressionSyntax
from engine.expressions.lexer import Kind, Token
from engine.expressions.nodes import (
    Arguments,
    Attribute,
    Binary,
    Call,
    Filter,
    ListNode,
    Literal,
    MapNode,
    Name,
    Node,
    Ternary,
    Test,
    Unary,
)
from engine.expressions.numbers import Long

BINARY = {
    "or": 10, "and": 15, "is": 20, "is not": 20, "contains": 20, "==": 30, "equals": 30, "!=": 30, ">": 30, "<": 30,
    ">=": 30, "<=": 30, "isIn": 30, "in": 30, "not in": 30, "+": 40, "-": 40, "*": 60, "/": 60, "%": 60, "|": 100,
    "~": 110, "..": 120, "??": 120, "???": 120,
}  # fmt: skip
_UNARY = ("not", "+", "-")
_UNARY_POWER = 500
_CONSTANTS = {"true": True, "TRUE": True, "false": False, "FALSE": False}
_NULLS = ("null", "NULL", "none", "NONE")
_RESERVED = ("true", "false", "null", "none")
_MAX_DEPTH = 60
_MAX_CHAIN = 150


class ExpressionParser:
    """Reads one expression at a time from ``tokens``; the tag parser builds on it."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    @property
    def current(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.tokens[self.index]
        if token.kind != "eof":
            self.index += 1
        return token

    def fail(self, message: str, offset: int, hint: str = "") -> ExpressionSyntax:
        return ExpressionSyntax(message, hint=hint, expression=self.source, offset=offset)

    def expect(self, kind: Kind, wanted: str) -> Token:
        token = self.take()
        if token.kind != kind:
            raise self._unexpected(token, wanted)
        return token

    def _unexpected(self, token: Token, wanted: str) -> ExpressionSyntax:
        found = {"eof": "the end", "text": "the end"}.get(token.kind, f"'{token.value}'")
        hint = ""
        if token.kind == "string" or token.kind == "name":
            hint = "is an operator, a comma or a quote missing before it?"
        return self.fail(f"Unexpected {found}, {wanted} expected", token.offset, hint)

    def expect_sign(self, sign: str) -> Token:
        token = self.take()
        if token.kind != "punct" or token.value != sign:
            raise self._unexpected(token, f"'{sign}'")
        return token

    def _at(self, sign: str) -> bool:
        return self.current.kind == "punct" and self.current.value == sign

    def new_name(self) -> str:
        token = self.expect("name", "a name")
        if token.value in _RESERVED:
            raise self.fail(f"Can not assign a value to {token.value}", token.offset)
        return token.value

    def expression(self, power: int = 0) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.fail("The expression is nested too deeply", self.current.offset)
        left = self._prefix()
        chain = 0
        while self.current.kind == "op" and BINARY.get(self.current.value, -1) >= power:
            left = self._infix(left, self.take())
            chain += 1
            if chain > _MAX_CHAIN:
                raise self.fail("The expression has too many operators in a row", self.current.offset)
        if power == 0 and self._at("?"):
            self.take()
            then = self.expression()
            self.expect_sign(":")
            other = self.expression()
            left = Ternary(left.offset, other.end, left, then, other)
        self.depth -= 1
        return left

    def _infix(self, left: Node, token: Token) -> Node:
        operator = token.value
        if operator == "|":
            name, arguments, offset = self.filter_call()
            return Filter(left.offset, self._last_end(), left, name, arguments, offset)
        if operator in ("is", "is not"):
            name_token = self.expect("name", "a test")
            arguments = self.arguments() if self._at("(") else Arguments()
            negated = operator == "is not"
            return Test(left.offset, self._last_end(), left, name_token.value, arguments, negated, name_token.offset)
        right = self.expression(BINARY[operator] + 1)
        return Binary(left.offset, right.end, operator, left, right)

    def _last_end(self) -> int:
        return self.tokens[self.index - 1].end

    def filter_call(self) -> tuple[str, Arguments, int]:
        token = self.expect("name", "a filter")
        arguments = self.arguments() if self._at("(") else Arguments()
        return token.value, arguments, token.offset

    def _prefix(self) -> Node:
        token = self.current
        if token.kind == "op" and token.value in _UNARY:
            self.take()
            operand = self.expression(_UNARY_POWER)
            return Unary(token.offset, operand.end, token.value, operand)
        if self._at("("):
            self.take()
            inner = self.expression()
            self.expect_sign(")")
            return self._postfix(inner)
        if self._at("["):
            return self._list()
        if self._at("{"):
            return self._map()
        return self._postfix(self._primary())

    def _primary(self) -> Node:
        token = self.take()
        match token.kind:
            case "name":
                return self._word(token)
            case "long":
                return Literal(token.offset, token.end, Long(token.value))
            case "number":
                value = float(token.value) if "." in token.value else Long(token.value)
                return Literal(token.offset, token.end, value)
            case "string" | "hash_open":
                return self._text(token)
            case _:
                raise self._unexpected(token, "a value")

    def _word(self, token: Token) -> Node:
        if token.value in _CONSTANTS:
            return Literal(token.offset, token.end, _CONSTANTS[token.value])
        if token.value in _NULLS:
            return Literal(token.offset, token.end, None)
        if self._at("("):
            arguments = self.arguments()
            return Call(token.offset, self._last_end(), token.value, arguments)
        return Name(token.offset, token.end, token.value)

    def _text(self, token: Token) -> Node:
        """A text, or the parts of a text with ``#{...}`` joined."""
        node = self._text_part(token)
        previous = token.kind
        while True:
            if self.current.kind == "hash_open" or (self.current.kind == "string" and previous == "hash_open"):
                previous = self.current.kind
                part = self._text_part(self.take())
                node = Binary(node.offset, part.end, "~", node, part)
            else:
                return node

    def _text_part(self, token: Token) -> Node:
        if token.kind == "string":
            return Literal(token.offset, token.end, token.value)
        inner = self.expression()
        self.expect("hash_close", "}")
        return inner

    def _postfix(self, node: Node) -> Node:
        chain = 0
        while True:
            if self._at("."):
                self.take()
                key = self.expect("name", "a name")
                call = self.arguments() if self._at("(") else None
                if call and call.named:
                    raise self.fail("Can not use named arguments when calling a method", key.offset)
                literal = Literal(key.offset, key.end, key.value)
                node = Attribute(node.offset, self._last_end(), node, literal, True, call)
            elif self._at("["):
                self.take()
                index = self.expression()
                self.expect_sign("]")
                node = Attribute(node.offset, self._last_end(), node, index, False)
            else:
                return node
            chain += 1
            if chain > _MAX_CHAIN:
                raise self.fail("The expression has too many steps in a row", self.current.offset)

    def arguments(self) -> Arguments:
        """``( value, name=value )``"""
        self.expect_sign("(")
        positional: list[Node] = []
        named: list[tuple[str, Node]] = []
        while not self._at(")"):
            if positional or named:
                self.expect_sign(",")
            following = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
            if following.kind == "punct" and following.value == "=":
                name = self.new_name()
                self.take()
                named.append((name, self.expression()))
            elif named:
                raise self.fail("Positional arguments must be declared before any named arguments", self.current.offset)
            else:
                positional.append(self.expression())
        self.take()
        return Arguments(tuple(positional), tuple(named))

    def parameters(self) -> tuple[tuple[str, Node | None], ...]:
        """Of a macro: ``( name, name=default )``"""
        self.expect_sign("(")
        out: list[tuple[str, Node | None]] = []
        while not self._at(")"):
            if out:
                self.expect_sign(",")
            name = self.new_name()
            default = None
            if self._at("="):
                self.take()
                default = self.expression()
            out.append((name, default))
        self.take()
        return tuple(out)

    def _list(self) -> Node:
        begin = self.take()
        items: list[Node] = []
        while not self._at("]"):
            if items:
                self.expect_sign(",")
            items.append(self.expression())
        return ListNode(begin.offset, self.take().end, tuple(items))

    def _map(self) -> Node:
        begin = self.take()
        items: list[tuple[Node, Node]] = []
        while not self._at("}"):
            if items:
                self.expect_sign(",")
            key = self.expression()
            self.expect_sign(":")
            items.append((key, self.expression()))
        return MapNode(begin.offset, self.take().end, tuple(items))
