"""Takes credentials out of a reader's words before anything else sees them.

Each becomes ``{{ secret('NAME') }}``, which is what the flow needs in its place; the reader is told which
names to set. What is not recognised as a credential stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class _Kind:
    """``pattern`` captures the credential as group ``value``; ``name`` is the secret that takes its place.

    ``guessed`` when only a word such as *password* stands before it, so that a plain word is none.
    """

    name: str
    pattern: re.Pattern[str]
    guessed: bool = False


def _kind(name: str, pattern: str, flags: int = 0) -> _Kind:
    return _Kind(name, re.compile(pattern, flags))


_WORDS = {
    "AWS_SECRET_ACCESS_KEY": r"secret(?:[ _-]access)?[ _-]key|secret[ _-]access[ _-]key",
    "API_KEY": r"api[ _-]?(?:key|token|schlüssel)",
    "ACCESS_KEY": r"access[ _-]?key",
    "PASSWORD": r"password|passwort|passwd|pwd|pw|passphrase",
    "TOKEN": r"(?:bearer|auth|access|personal)?[ _-]?token",
}
_LINK = r"\s*(?:is|ist|=|:|as|of)?\s*[\"'`]?"
_VALUE = r"(?P<value>(?!\{\{)[^\s\"'`,;—]{6,})"

_KINDS = (
    _kind(
        "PRIVATE_KEY", r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))", re.S
    ),
    _kind("SLACK_WEBHOOK_URL", r"(?P<value>https://hooks\.slack[\w.-]*/\S*?)(?=[\s\"'`)]|$)"),
    _kind("DISCORD_WEBHOOK_URL", r"(?P<value>https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/[^\s\"'`)]+)"),
    _kind("TEAMS_WEBHOOK_URL", r"(?P<value>https://[\w.-]+\.(?:webhook\.office|logic\.azure)\.com[^\s\"'`)]+)"),
    _kind("PASSWORD", r"\w+://[^\s:/@]+:(?P<value>(?!\{\{)[^\s:/@]+)@"),
    _kind("AWS_ACCESS_KEY_ID", r"\b(?P<value>(?:AKIA|ASIA)[A-Z0-9]{12,})\b"),
    _kind("ANTHROPIC_API_KEY", r"\b(?P<value>sk-ant-[\w-]{8,})"),
    _kind("OPENAI_API_KEY", r"\b(?P<value>sk-[\w-]{8,})"),
    _kind("GITHUB_TOKEN", r"\b(?P<value>(?:gh[opsur]_|github_pat_)\w{8,})"),
    _kind("GITLAB_TOKEN", r"\b(?P<value>glpat-[\w-]{8,})"),
    _kind("SLACK_TOKEN", r"\b(?P<value>xox[abprs]-[\w-]{8,})"),
    _kind("GOOGLE_API_KEY", r"\b(?P<value>AIza[\w-]{20,})"),
    _kind("SENDGRID_API_KEY", r"\b(?P<value>SG\.[\w-]{6,}\.[\w-]{6,})"),
    _kind("STRIPE_KEY", r"\b(?P<value>[rs]k_(?:live|test)_\w{8,})"),
    _kind("TELEGRAM_TOKEN", r"\b(?P<value>\d{8,10}:[A-Za-z0-9_-]{18,})"),
    _kind("HUGGINGFACE_TOKEN", r"\b(?P<value>hf_[A-Za-z0-9]{12,})"),
    _kind("TOKEN", r"\b[Bb]earer\s+(?=\S*(?:\d|[._~+/=]|[a-z][A-Z]))(?P<value>(?!\{\{)[\w.~+/=-]{12,})"),
    _kind("TOKEN", r"\b(?P<value>eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)"),
    *(
        _Kind(name, re.compile(rf"\b(?:{words})\b{_LINK}{_VALUE}", re.IGNORECASE), guessed=True)
        for name, words in _WORDS.items()
    ),
)


def redact(words: str) -> tuple[str, Sequence[str]]:
    """The words with every recognised credential replaced, and a note for each."""
    names: dict[str, str] = {}
    for kind in _KINDS:
        words = kind.pattern.sub(partial(_replaced, kind, names), words)
    notes = [
        f"A credential in the request was replaced by {{{{ secret('{name}') }}}}; set the secret {name} before running."
        for name in names.values()
    ]
    return words, notes


def _replaced(kind: _Kind, names: dict[str, str], match: re.Match[str]) -> str:
    value = match["value"].rstrip(".)")
    if not _looks_secret(value, kind):
        return match[0]
    if value not in names:
        taken = set(names.values())
        names[value] = next(
            name for n in range(1, len(names) + 2) if (name := kind.name if n == 1 else f"{kind.name}_{n}") not in taken
        )
    return match[0].replace(value, f"{{{{ secret('{names[value]}') }}}}")


def _looks_secret(value: str, kind: _Kind) -> bool:
    """After a word such as *password* anything may follow; a name or a plain word is not a credential."""
    if not kind.guessed:
        return True
    if re.fullmatch(r"[A-Z][A-Z0-9_]*|[A-Za-z]+|\w+\.\w+(?:\.\w+)*\(?.*\)?", value):
        return False
    return bool(re.search(r"\d|[^\w.-]", value))
