"""How much one rendering may cost. A template cannot run longer, nest deeper or grow larger than this."""

from __future__ import annotations

from dataclasses import dataclass

from engine.expressions.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """``steps``: calls and loop rounds; ``output``, ``value``: characters, list items or map entries;
    ``depth``: of nested values and of calls; ``regex_seconds``: for one pattern; ``jq_seconds``: for one program."""

    steps: int = 500_000
    output: int = 10_000_000
    value: int = 10_000_000
    items: int = 1_000_000
    depth: int = 100
    passes: int = 100
    regex_seconds: float = 1.0
    jq_seconds: float = 5.0


DEFAULT_LIMITS = Limits()
_FREE_CHARACTERS = 1_000
_CHARACTERS_A_STEP = 250
_ITEMS_A_STEP = 50
_STEPS_A_SECOND = 100_000


class Budget:
    """What one rendering, with all renderings inside it, has used; ``secrets`` are those it has seen."""

    __slots__ = ("depth", "limits", "secrets", "steps")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.steps = limits.steps
        self.depth = 0
        self.secrets: list[str] = []

    def step(self, count: int = 1) -> None:
        """Use ``count`` steps. LimitExceeded when none are left."""
        self.steps -= count
        if self.steps < 0:
            raise LimitExceeded(
                f"The expression took more than {self.limits.steps} steps", hint="move the work into a task"
            )

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise LimitExceeded(f"The expression calls itself more than {self.limits.depth} levels deep")

    def leave(self) -> None:
        self.depth -= 1

    def length(self, count: int) -> None:
        """A text about to be ``count`` characters long; long texts cost steps, so that memory is bounded too."""
        if count > self.limits.value:
            raise LimitExceeded(f"The expression would make a text of more than {self.limits.value} characters")
        if count > _FREE_CHARACTERS:
            self.step(count // _CHARACTERS_A_STEP)

    def elapsed(self, seconds: float) -> None:
        """Time spent in a library that counts no steps."""
        self.step(int(seconds * _STEPS_A_SECOND))

    def items(self, count: int) -> None:
        """A list or map about to hold, or be searched through, ``count`` items."""
        if count > self.limits.items:
            raise LimitExceeded(
                f"The expression cannot produce more than {self.limits.items} items ({count} asked for)"
            )
        self.step(1 + count // _ITEMS_A_STEP)

    def checked(self, value: object) -> object:
        """The value, if it is not too large."""
        if isinstance(value, str):
            if len(value) > _FREE_CHARACTERS:
                self.length(len(value))
        elif isinstance(value, (list, dict)) and len(value) > _ITEMS_A_STEP:
            self.items(len(value))
        return value
