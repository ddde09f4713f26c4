"""Which type of a plugin does what the words say: names of types are read as a verb and its objects.

``zendesk.tickets.Create`` is "create" of "tickets"; tables/verbs.toml says how people speak of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from copilot.draft.offline.services import Service
from copilot.draft.offline.tables import table
from copilot.draft.offline.types import Types, words_of

_SMALL = frozenset(
    ["from", "to", "of", "by", "in", "for", "and", "on", "app", "core", "execution", "incoming", "webhook", "task"]
)
_ROLES: dict[str, tuple[str, ...]] = {
    "read": ("get", "list", "read", "query", "search", "download", "fetch", "find", "retrieve", "export"),
    "create": ("create", "add", "insert", "post", "put", "send", "upsert", "publish"),
    "write": (
        "create",
        "upload",
        "load",
        "put",
        "insert",
        "send",
        "post",
        "upsert",
        "index",
        "add",
        "publish",
        "update",
    ),
    "update": ("update", "upsert", "set", "patch"),
    "delete": ("delete", "remove", "purge"),
    "run": (
        "run",
        "sync",
        "trigger",
        "start",
        "submit",
        "execute",
        "invoke",
        "launch",
        "send",
        "query",
        "request",
        "create",
    ),
    "status": ("status", "get", "check"),
    "notify": ("send", "create"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A type with how well it fits: ``objects`` of its name that were said, whether its verb was, and whether by its very
    word."""

    type: str
    score: float
    verb: bool
    objects: int
    exact: bool = False


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """A word or phrase in any of its usual forms."""
    parts = word.split()
    head = parts[0].removesuffix("e") if len(parts[0]) > 3 else parts[0]
    head = re.escape(head[:-1] if head.endswith("y") and len(head) > 3 else head)
    rest = "".join(rf"\s+{re.escape(p)}" for p in parts[1:])
    return re.compile(rf"\b{head}(?:e|y|i)?(?:s|es|d|ed|ing|er|[a-z]ing|[a-z]ed)?{rest}s?\b")


def said(word: str, words: str) -> bool:
    """Whether a word or phrase is in the words, in some form."""
    return _pattern(word).search(words) is not None


def _object_said(word: str, words: str) -> bool:
    """Whether a noun of a type's name is spoken of; a place ("in the bucket") is not what something is done to."""
    facts = table("verbs")
    known = (*facts["words"].get(word, ()), word.removesuffix("s") if len(word) > 3 else word)
    if word.removesuffix("s") in facts["plain"]["places"]:
        return any(not _LIES_IN.search(words[: m.start()]) for k in known for m in _pattern(k).finditer(words))
    return any(said(k, words) for k in known)


_LIES_IN = re.compile(r"\b(?:in|into|to|from|on|at|of|inside|within|for|with)\s+(?:[\w-]+\s+){0,3}$")


@dataclass(slots=True)
class _Tally:
    """What was found so far of one type's name in the words of a clause."""

    words: str
    first: str
    score: float = 0.0
    verb: bool = False
    exact: bool = False
    objects: int = 0

    def weigh_verb(self, word: str, role: str) -> None:
        """The verb of the name: said by its own word, by one that means it, or not at all."""
        facts = table("verbs")
        heard = [m for m in facts["means"][word] if said(m, self.words)]
        if said(word, self.words):
            own = word not in facts["plain"]["verbs"]
            self.score, self.verb = self.score + 3.0 + 1.5 * own, True
            self.exact |= own or word == self.first == "list"
        elif heard:
            self.score, self.verb = self.score + 2.0 + (self.first in heard), True
            self.exact |= any(m[:7] == word[:7] for m in heard)
        elif _object_said(word, self.words):
            self.score, self.objects = self.score + 2.0, self.objects + _telling(word)
        else:
            self.score -= 3.0 if word in facts["plain"]["destroys"] else 1.5
        if word in _ROLES.get(role, ()):
            self.score += 1.2 - 0.1 * _ROLES[role].index(word)

    def weigh_object(self, word: str, missing: float, *, of_package: bool = False) -> None:
        """A noun of the name; ``missing`` is what it costs when nobody says it."""
        if not _object_said(word, self.words):
            self.score -= missing
        elif word in table("verbs")["means"] and not of_package:
            self.score += 0.5
        else:
            self.score, self.objects = self.score + 2.0, self.objects + _telling(word)


def _telling(word: str) -> int:
    return int(word not in table("verbs")["plain"]["words"])


def judge(name: str, words: str, role: str, skip: frozenset[str]) -> Choice:
    """How well the name of one type fits the words; words in ``skip`` (the plugin's own name) say nothing."""
    package, _, last = name.rpartition(".")
    tally = _Tally(words, _first_word(words))
    own = [w for w in words_of(last) if w not in _SMALL and w not in skip]
    its_verb = _verb_of(own)
    for word in own:
        if word == its_verb:
            tally.weigh_verb(word, role)
        else:
            tally.weigh_object(word, 0.75)
    for word in package.split("."):
        if word not in skip and word not in _SMALL:
            had = tally.objects
            tally.weigh_object(word, 0.4, of_package=True)
            if word == tally.first and _object_said(word, words):
                tally.score, tally.verb = tally.score + 1.0, True
                tally.objects = max(tally.objects, had + 1)
    verb = tally.verb or (tally.objects > 0 and not its_verb)
    return Choice(name, tally.score - 0.01 * len(name.split(".")), verb, tally.objects, tally.exact)


def _verb_of(own: Sequence[str]) -> str:
    """The verb in the words of a class name: "pop" of ListPop, "list" of ListVms."""
    verbs = [w for w in own if w in table("verbs")["means"]]
    return verbs[1] if len(verbs) > 1 and verbs[0] == "list" else next(iter(verbs), "")


def _first_word(words: str) -> str:
    """The first word of a clause that says something."""
    found = re.search(r"\b(?!(?:then|and|please|the|a|an|to|our|also|first|next)\b)[a-z]+", words)
    return found.group() if found else ""


def choose(
    names: Iterable[str], words: str, role: str, types: Types, skip: frozenset[str], preferred: Sequence[str] = ()
) -> Choice | None:
    """The best fitting task; ``preferred`` are types a search found for the words, best first."""
    best: Choice | None = None
    for name in names:
        if types.catalog.kind("io.kestra.plugin." + name) != "task":
            continue
        one = judge(name, words, role, skip)
        score = one.score + (0.9 / (1 + preferred.index(name)) if name in preferred else 0.0)
        score -= _needs_an_id(name, words, types)
        one = replace(one, score=score + (0.0 if one.verb else _usual(name)))
        if best is None or (one.score, one.objects, -len(name)) > (best.score, best.objects, -len(best.type)):
            best = one
    return best


def _usual(name: str) -> float:
    """Where the words name no verb ("-> trello card"), things are made, sent or run before they are moved or deleted."""
    order = table("verbs")["plain"]["usual"]
    verbs = [w for w in words_of(name.rpartition(".")[2]) if w in order]
    return 0.8 - 0.1 * min(order.index(w) for w in verbs) if verbs else 0.0


def _needs_an_id(name: str, words: str, types: Types) -> float:
    """'List all', 'every contact', 'the customers' is no single look-up."""
    if not name.endswith(".Get"):
        return 0.0
    definition = types.get(name)
    lists = any(
        n.startswith(name.rpartition(".")[0] + ".") and n.endswith(("List", "Search"))
        for n in types.below(name.split(".")[0])
    )
    if definition is None or not definition.required or not lists:
        return 0.0
    objects = [w for w in name.split(".")[1:-1] if said(w.removesuffix("s") + "s", words)]
    plural = any(re.search(rf"\b{re.escape(w.removesuffix('s'))}s\b", words) for w in objects)
    return 4.0 if re.search(r"\b(?:all|list|every|each)\b", words) else 1.5 if plural else 0.0


def own_words(service: Service, package: str) -> frozenset[str]:
    """The words that only name the service."""
    return frozenset([*package.split("."), service.key, *service.key.split("_")])


def packages(service: Service, types: Types) -> tuple[str, ...]:
    """The packages that hold what a service can do."""
    if service.package or not service.roles:
        return (service.package or service.key,)
    names = [
        n for role in service.roles.values() for n in role if not n.startswith(("notifications.", "core.", "scripts."))
    ]
    parts = [n.split(".")[:-1] for n in names if types.get(n) is not None]
    shared = [same[0] for same in zip(*parts, strict=False) if len(set(same)) == 1]
    telling = [p for p in shared if p not in table("plugins")["containers"]]
    return (".".join(shared),) if telling else ()


def for_service(service: Service, words: str, role: str, types: Types, preferred: Sequence[str] = ()) -> Choice | None:
    """The best fitting task of a service's plugin."""
    best: Choice | None = None
    for package in packages(service, types):
        one = choose(types.below(package), words, role, types, own_words(service, package), preferred)
        if one and (best is None or one.score > best.score):
            best = one
    return best


def more_fitting(service: Service, words: str, role: str, usual: str | None, types: Types) -> str | None:
    """A task of the service that the words name much more exactly than the usual one for the role."""
    one = for_service(service, words, role, types)
    if one is None or not (one.exact or one.objects) or one.type == usual:
        return None
    if not one.verb:  # "-> slack canvas": a noun alone is what is to be made
        alone = len(words.split()) <= 3 and one.type.endswith((".Create", ".Send", ".Run"))
        return one.type if alone and one.score >= 0.9 else None
    against = -9.0
    for package in packages(service, types):
        if usual and usual.startswith(package + "."):
            against = judge(usual, words, role, own_words(service, package)).score
    return one.type if one.score >= max(2.9, against + 1.5) else None
