"""What can go wrong in an expression, each with the place in its text and the name that was missing."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.errors import EngineError

_SHOWN = 300
_MASK = "******"


class ExpressionError(EngineError):
    """An expression that cannot be rendered.

    ``expression`` is the whole template, ``line`` and ``column`` count from 1 within it (0 when unknown),
    ``offset`` counts characters from 0 (-1 when unknown).
    """

    kind = "invalid"
    code = "expression-failed"

    def __init__(self, message: str, *, hint: str = "", expression: str = "", offset: int = -1) -> None:
        super().__init__(message, hint=hint)
        self.expression = expression
        self.offset = offset
        self.line, self.column = place(expression, offset) if offset >= 0 else (0, 0)

    def located(self, expression: str, offset: int) -> ExpressionError:
        """The same error, now knowing its place; the innermost place stays."""
        if self.offset < 0:
            self.expression = expression
            self.offset = offset
            self.line, self.column = place(expression, offset)
        return self

    def masked(self, secrets: Iterable[str]) -> None:
        """Take the secrets out of what the error says."""
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            self.message = self.message.replace(secret, _MASK)
            self.hint = self.hint.replace(secret, _MASK)
        self.args = (self.message,)

    def __str__(self) -> str:
        where = ""
        if self.offset >= 0:
            shown = self.expression if len(self.expression) <= _SHOWN else self.expression[:_SHOWN] + "..."
            where = f" in '{shown}' at line {self.line}, column {self.column}"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message}{where}{hint}"


class ExpressionSyntax(ExpressionError):
    """Text that is not an expression of the language."""

    code = "expression-syntax"


class MissingVariable(ExpressionError):
    """A variable or a key that does not exist; the one error that ``??`` and ``is defined`` look past."""

    code = "expression-missing-variable"

    def __init__(self, message: str, *, name: str, hint: str = "", expression: str = "", offset: int = -1) -> None:
        super().__init__(message, hint=hint, expression=expression, offset=offset)
        self.name = name
        self.known: Iterable[object] = ()

    def explained(self) -> MissingVariable:
        """The same error with a hint. Near names are only looked for when the error is to be shown."""
        if not self.hint and self.known:
            names = sorted({str(k) for k in self.known})
            self.hint = near(self.name, names) or "there is: " + ", ".join(names[:20])
        return self


class UnknownName(ExpressionError):
    """A filter, function, test or tag that does not exist."""

    code = "expression-unknown-name"

    def __init__(self, message: str, *, name: str, hint: str = "", expression: str = "", offset: int = -1) -> None:
        super().__init__(message, hint=hint, expression=expression, offset=offset)
        self.name = name


class LimitExceeded(ExpressionError):
    """Too many steps, too deep, too large, or a pattern that takes too long."""

    code = "expression-limit"


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def near(name: str, known: Iterable[object]) -> str:
    """A hint that names what was probably meant, or ''."""
    names = [k for k in known if isinstance(k, str)][:2000]
    found = get_close_matches(name, names, n=1, cutoff=0.7)
    if not found:
        lowered = {n.lower(): n for n in names}
        found = [lowered[name.lower()]] if name.lower() in lowered else []
    return f"did you mean '{found[0]}'?" if found else ""
