"""What can go wrong in an expression, each with the place in its text and the name that was missing."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.errors import EngineError

_SHOWN = 300
_MASK = "******"
_MARK = " the expression `"


class ExpressionError(EngineError):
    """An expression that cannot be rendered.

    ``expression`` is the whole template, ``line`` and ``column`` count from 1 within it (0 when unknown),
    ``offset`` counts characters from 0 (-1 when unknown).
    """

    kind = "invalid"
    code = "expression-failed"
    _joint = "in"

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
        where = _where(self._joint, self.expression, self.offset) if self.offset >= 0 else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message}{where}{hint}"


class ExpressionSyntax(ExpressionError):
    """Text that is not an expression of the language."""

    code = "expression-syntax"


class MissingVariable(ExpressionError):
    """A variable or a key that does not exist; the one error that ``??`` and ``is defined`` look past."""

    code = "expression-missing-variable"
    _joint = "used in"

    def __init__(self, message: str, *, name: str, hint: str = "", expression: str = "", offset: int = -1) -> None:
        super().__init__(message, hint=hint, expression=expression, offset=offset)
        self.name = name
        self.known: Iterable[object] = ()
        self.holder = ""

    def explained(self) -> MissingVariable:
        """The same error with a hint. Near names are only looked for when the error is to be shown."""
        if not self.hint and self.known:
            names = sorted({str(k) for k in self.known})
            has = f"`{self.holder}` has: " if self.holder else "there is: "
            self.hint = near(self.name, names) or has + ", ".join(names[:20])
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


def with_place(error: EngineError, expression: str, offset: int) -> EngineError:
    """An error that a service raised, its message now naming the expression that asked; once only."""
    if _MARK not in error.message:
        error.message += _where("in", expression, offset)
        error.args = (error.message,)
    return error


def _where(joint: str, expression: str, offset: int) -> str:
    line, column = place(expression, offset)
    shown = expression if len(expression) <= _SHOWN else expression[:_SHOWN] + "..."
    return f" {joint}{_MARK}{shown}` at line {line}, column {column}"


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
