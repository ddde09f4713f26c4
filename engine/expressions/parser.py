"""Tokens to a tree: the tags. What stands inside the delimiters is read by ``parser_expressions``."""

from __future__ import annotations

from engine.expressions.errors import ExpressionSyntax, UnknownName, near
from engine.expressions.lexer import tokenize
from engine.expressions.nodes import (
    Block,
    FilterTag,
    For,
    If,
    Literal,
    Macro,
    Node,
    Print,
    Raw,
    Set,
    Template,
    Text,
)
from engine.expressions.parser_expressions import ExpressionParser

TAGS = ("if", "for", "set", "macro", "block", "filter", "verbatim", "raw")
REMOVED_TAGS = ("autoescape", "extends", "embed", "flush", "import", "include", "parallel", "cache", "from")
_CLOSING = ("elseif", "else", "endif", "endfor", "endmacro", "endblock", "endfilter", "endraw", "endverbatim")
_MAX_NESTED_TAGS = 40


class _Parser(ExpressionParser):
    def __init__(self, source: str) -> None:
        super().__init__(source, tokenize(source))
        self.nested_tags = 0

    def template(self) -> Template:
        body, stopped = self.body(())
        assert stopped == ""
        return Template(self.source, body)

    def body(self, stops: tuple[str, ...]) -> tuple[tuple[Node, ...], str]:
        """Nodes up to one of the ``stops`` tags, whose name is taken; the name, or '' at the end of the text."""
        nodes: list[Node] = []
        while True:
            token = self.take()
            match token.kind:
                case "text":
                    nodes.append(Text(token.offset, token.end, token.value))
                case "raw":
                    nodes.append(Raw(token.offset, token.end, token.value))
                case "print":
                    value = self.expression()
                    end = self.expect("print_end", "}}")
                    nodes.append(Print(token.offset, end.end, value))
                case "execute":
                    name = self.expect("name", "a tag")
                    if name.value in stops:
                        return tuple(nodes), name.value
                    nodes.append(self._tag(name.value, name.offset))
                case _:
                    if stops:
                        raise self.fail(f"Unclosed tag: {' or '.join(stops)} expected", token.offset)
                    return tuple(nodes), ""

    def _tag(self, name: str, offset: int) -> Node:
        readers = {
            "if": self._if,
            "for": self._for,
            "set": self._set,
            "macro": self._macro,
            "block": self._block,
            "filter": self._filter,
        }
        if name not in readers:
            raise self._unknown_tag(name, offset)
        self.nested_tags += 1
        if self.nested_tags > _MAX_NESTED_TAGS:
            raise self.fail("Tags are nested too deeply", offset)
        node = readers[name](offset)
        self.nested_tags -= 1
        return node

    def _unknown_tag(self, name: str, offset: int) -> ExpressionSyntax | UnknownName:
        if name in _CLOSING:
            return self.fail(f"Unexpected tag [{name}]: nothing is open that it could close", offset)
        hint = "Kestra has removed this Pebble tag" if name in REMOVED_TAGS else near(name, TAGS)
        return UnknownName(f"Unexpected tag name [{name}]", name=name, hint=hint, expression=self.source, offset=offset)

    def _close(self) -> int:
        return self.expect("execute_end", "%}").end

    def _if(self, offset: int) -> Node:
        branches = []
        condition = self.expression()
        self._close()
        while True:
            body, stop = self.body(("elseif", "else", "endif"))
            branches.append((condition, body))
            if stop != "elseif":
                break
            condition = self.expression()
            self._close()
        other: tuple[Node, ...] = ()
        if stop == "else":
            self._close()
            other, _ = self.body(("endif",))
        return If(offset, self._close(), tuple(branches), other)

    def _for(self, offset: int) -> Node:
        variable = self.new_name()
        token = self.take()
        if token.value != "in":
            raise self.fail(f"Unexpected '{token.value}', 'in' expected", token.offset)
        items = self.expression()
        self._close()
        body, stop = self.body(("else", "endfor"))
        other: tuple[Node, ...] = ()
        if stop == "else":
            self._close()
            other, _ = self.body(("endfor",))
        return For(offset, self._close(), variable, items, body, other)

    def _set(self, offset: int) -> Node:
        name = self.new_name()
        self.expect_sign("=")
        value = self.expression()
        return Set(offset, self._close(), name, value)

    def _macro(self, offset: int) -> Node:
        name = self.expect("name", "a macro name").value
        parameters = self.parameters()
        self._close()
        body, _ = self.body(("endmacro",))
        return Macro(offset, self._close(), name, parameters, body)

    def _block(self, offset: int) -> Node:
        token = self.take()
        if token.kind not in ("name", "string"):
            raise self.fail("A block needs a name", token.offset)
        self._close()
        body, _ = self.body(("endblock",))
        if self.current.kind in ("name", "string"):
            self.take()
        return Block(offset, self._close(), token.value, body)

    def _filter(self, offset: int) -> Node:
        filters = [self.filter_call()]
        while self.current.kind == "op" and self.current.value == "|":
            self.take()
            filters.append(self.filter_call())
        self._close()
        body, _ = self.body(("endfilter",))
        return FilterTag(offset, self._close(), tuple(filters), body)


def parse(source: str) -> Template:
    """The tree of a template. ExpressionSyntax or UnknownName (a tag) with the place."""
    return _Parser(source).template()


def literal_text(node: Node) -> str | None:
    """The text of a node that is a literal text, else None."""
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None
