"""The tree of a template. Nodes are values: what they mean is said in ``compiler`` and ``inspection``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """``offset`` and ``end``: where in the template, counted from 0, the end not included."""

    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """Values by place, then by name."""

    positional: tuple[Node, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()

    def nodes(self) -> tuple[Node, ...]:
        return self.positional + tuple(node for _, node in self.named)


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """``target.key`` (``dotted``) or ``target[key]``; ``call`` holds the arguments of ``target.key(...)``."""

    target: Node
    key: Node
    dotted: bool
    call: Arguments | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Filter(Node):
    target: Node
    name: str
    arguments: Arguments
    name_offset: int


@dataclass(frozen=True, slots=True)
class Test(Node):
    target: Node
    name: str
    arguments: Arguments
    negated: bool
    name_offset: int


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    condition: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode(Node):
    items: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Raw(Node):
    """Text of a raw tag: not read, and kept as such through repeated rendering."""

    text: str


@dataclass(frozen=True, slots=True)
class Print(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    branches: tuple[tuple[Node, tuple[Node, ...]], ...]
    other: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class For(Node):
    variable: str
    items: Node
    body: tuple[Node, ...]
    other: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Set(Node):
    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Macro(Node):
    name: str
    parameters: tuple[tuple[str, Node | None], ...]
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Block(Node):
    name: str
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FilterTag(Node):
    """The body's text through filters, given as (name, arguments, offset)."""

    filters: tuple[tuple[str, Arguments, int], ...]
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Template:
    source: str
    body: tuple[Node, ...]
