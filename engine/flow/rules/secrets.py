"""Credentials written in clear text, where ``secret()`` belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from engine.flow.context import Checked
from engine.flow.findings import Finding, Path, Severity
from engine.flow.names import words_of
from engine.flow.rules import rule

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,})")),
    ("a GitLab token", re.compile(r"\bglpat-[0-9A-Za-z_-]{16,}")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[0-9A-Za-z-]{10,}")),
    ("a Slack webhook address", re.compile(r"https?://hooks\.slack\.[a-z.]+/(?:services|workflows)/\w+/\w+/\w+")),
    ("a Discord webhook address", re.compile(r"https?://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{16,}")),
    ("a Teams webhook address", re.compile(r"https?://[\w.-]*webhook\.office\.com/\S{20,}")),
    ("an API key", re.compile(r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[0-9A-Za-z_-]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{30,}")),
    ("a bearer token", re.compile(r"\b[Bb]earer\s+(?!\{\{|\$)[0-9A-Za-z._~+/=-]{8,}")),
    ("basic credentials", re.compile(r"^Basic\s+[0-9A-Za-z+/]{8,}={0,2}$")),
    ("a signed token", re.compile(r"\beyJ[0-9A-Za-z_-]{8,2000}\.[0-9A-Za-z_-]{4,2000}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@{}]{1,200}:(?P<word>[^\s@/{}$<]{3,200})@"),
    ),
    (
        "a password",
        re.compile(
            r"""^[ \t]+["']?(?:password|passwd|pwd)["']?[ \t]*:[ \t]*"""
            r"""(?P<q>["']?)(?P<word>[^\s"'{}$<>()]{4,})(?P=q)[ \t]*$""",
            re.MULTILINE,
        ),
    ),
    ("a password in an address", re.compile(r"[?&;](?:password|pwd)=(?P<word>[^&;\s{}$<]{3,})", re.IGNORECASE)),
)
# One search that every text with such a shape passes, so that the others need none of the exact ones.
_ANY_SHAPE = re.compile(
    r"AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|://|[spr]k[-_]|AIza|earer\s|Basic\s|eyJ|PRIVATE KEY|"
    r"password|pwd|passwd",
    re.IGNORECASE,
)
_LONGEST = 20_000
_SECRET_WORDS = frozenset(
    ("password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "pwd")
)
_SECRET_PAIRS = frozenset(
    (
        ("api", "key"),
        ("access", "key"),
        ("private", "key"),
        ("secret", "key"),
        ("auth", "key"),
        ("shared", "key"),
        ("account", "key"),
        ("encryption", "key"),
        ("signing", "key"),
        ("license", "key"),
    )
)
# Names that speak about a secret without holding one.
_ABOUT = frozenset(
    (
        "name",
        "names",
        "uri",
        "url",
        "type",
        "path",
        "file",
        "id",
        "max",
        "limit",
        "count",
        "expiration",
        "ttl",
        "property",
        "field",
        "header",
        "provider",
        "tokens",
        "timeout",
        "policy",
        "arn",
        "prefix",
        "version",
        "mode",
        "audience",
        "usage",
    )
)
_SAMPLES = re.compile(
    r"(?:admin|changeme|changeit|demo|elastic|example|foo|bar|guest|k3str4|kestra|minio|minioadmin|my_password|mypassword|mysecret|mysql|neo4j|none|null|oracle|pass|passwd|password|postgres|pwd|rabbitmq|redis|root|sa|sample|secret|string|test|testing|token|user|xxx|xxxx|your_password|yourpassword)\d{0,3}!?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"<.*>|\$\{?\w+\}?|\*+|x{3,}|\.{3,}|(?:your|my|insert|replace|enter)[-_ ].*|.*[-_ ]here|TODO", re.IGNORECASE
)

_PATH = re.compile(r"(?:[/~.]|\w+://)?[\w./-]+\.(?:json|ya?ml|pem|key|crt|txt|p12|jks)$|/[\w./-]+$|(?:ns)?file:")


@rule
def secrets_in_clear_text(ctx: Checked) -> Iterator[Finding]:
    """Passwords, tokens and keys come from secret(), not from the flow's text."""
    for path, text in ctx.strings:
        if len(text) < 3 or not path or path[-1] in ("type", "id", "description", "namespace") or path[0] == "extend":
            continue
        found = _credential(path, text)
        if found is None:
            continue
        sample = _is_sample(ctx, path, found.word)
        name = secret_name(ctx, path)
        span = ctx.source.at(path) if "\n" not in text else ctx.source.inside(path, found.start, found.end)
        edit = ctx.replacing(span, f"\"{{{{ secret('{name}') }}}}\"", safe=False) if found.whole else None
        message = f"{path[-1]} holds a sample credential" if sample else found.what
        severity: Severity = "hint" if sample else "warning"
        hint = f"Use {{{{ secret('{name}') }}}} and store the value as a secret."
        message = f"{message} in clear text"
        yield ctx.finding("secret_inline", path, message, hint, severity=severity, span=span, edit=edit)


@dataclass(frozen=True, slots=True)
class _Credential:
    """What was found, the secret part of it, where in the text, and whether it is the whole text."""

    what: str
    word: str
    start: int
    end: int
    whole: bool = False


def _credential(path: Path, text: str) -> _Credential | None:
    # nobody hides a credential far inside of a long text, and long texts must not take long
    text = text[:_LONGEST]
    for what, shape in _SHAPES if _ANY_SHAPE.search(text) else ():
        found = shape.search(text)
        if found and "{{" not in found.group():
            word = found.groupdict().get("word") or found.group()
            if not _PLACEHOLDER.fullmatch(word):
                return _Credential(what, word, found.start(), found.end())
    if "{{" in text or "{%" in text or len(text) > 4000 or "\n" in text.strip():
        return None
    key = next((s for s in reversed(path) if isinstance(s, str)), "")
    if (
        holds_secret(key)
        and not _PATH.match(text)
        and not _PLACEHOLDER.fullmatch(text.strip())
        and " " not in text.strip()
    ):
        return _Credential(f"the value of {key}", text, 0, len(text), whole=True)
    return None


@lru_cache(maxsize=4096)
def holds_secret(key: str) -> bool:
    """Whether a property or variable of this name holds a credential."""
    words = words_of(key)
    if any(pair == ("secret", "key") for pair in pairwise(words)):
        return True
    if not words or words[-1] in _ABOUT or words[0] in ("max", "min", "is", "use", "no"):
        return False
    if any(word in _SECRET_WORDS for word in words):
        return True
    return any(pair in _SECRET_PAIRS for pair in pairwise(words))


def _is_sample(ctx: Checked, path: Path, word: str) -> bool:
    """Fixed words of examples, and passwords that only repeat the user's name, protect nothing."""
    if _SAMPLES.fullmatch(word.strip()):
        return True
    beside: Any = ctx.flow
    for step in path[:-1]:
        beside = beside[step]
    if isinstance(beside, dict):
        return any(words_of(str(k))[-1:] in (("username",), ("user",)) and v == word for k, v in beside.items())
    return False


def secret_name(ctx: Checked, path: Path) -> str:
    """A name for the secret that belongs at this place: POSTGRES_PASSWORD."""
    key = next((s for s in reversed(path) if isinstance(s, str)), "SECRET")
    best = ctx.owner(path)
    family = best.type.split(".")[-2] if best is not None and best.type.count(".") > 1 else ""
    words = dict.fromkeys((*words_of(family), *words_of(key)))
    return "_".join(words).upper() or "SECRET"
