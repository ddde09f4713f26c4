"""What is not simply drafted: off-topic and harmful requests, invented plugins, instructions hidden in the words.

Each function looks at one thing; ``screen`` puts them together. Nothing here knows single requests: it goes by
what kind of thing is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from copilot.draft.offline.text import JDBC, URL, Text
from copilot.draft.offline.types import Types, full

_WORKFLOW_WORDS = re.compile(
    r"\b(?:flows?|workflow|pipeline|kestra|schedule|trigger|cron|task|execution|every\s+(?:day|hour|minute|week|month|morning|night|\d+)|daily|hourly|nightly|weekly|monthly|webhook|csv|json|parquet|"
    r"excel|database|table|sql|query|bucket|queue|topic|api|http|url|script|python|shell|bash|docker|log|notify|alert|email|mail|slack|file|download|upload|sync|load|export|import|backup|kv|secret|input|output|retry|parallel|subflow)\b"
)
_CREATIVE = re.compile(
    r"\b(?:schreib\w*|erzähl\w*|dichte|escribe|escríbeme|cuéntame|écris|raconte)\b(?:[- ]moi)?\s+(?:mir\s+|uns\s+|me\s+)?(?:ein\w*\s+|una?\s+|une?\s+)?(?:\w+\s+)?(?:gedicht|lied|witz|geschichte|märchen|poema|canción|chiste|cuento|poème|chanson|blague|histoire)\w*|\b(?:write|compose|tell|sing|draw|paint|make\s+up|give)\s+(?:me\s+|us\s+)?(?:an?\s+|the\s+|some\s+)?(?:\w+\s+){0,2}(?:poem|song|joke|story|limerick|haiku|essay|novel|lyrics|recipe|speech|rap|picture|cover\s+letter|riddle)\b"
)
_ADVICE = re.compile(
    r"\b(?:should\s+i\s+(?:buy|sell|invest|marry|eat|take|wear)|who\s+(?:is|was|won|will\s+win)|what\s+is\s+the\s+(?:capital|meaning|weather)|how\s+do\s+i\s+(?:improve|cook|fix|repair|clean|grow|lose|learn|make)\s+(?!a\s+flow|my\s+flow|the\s+flow|our\s+flow)|recommend\s+(?:a|me)|translate\s+(?!this\s+to\s+a\s+flow)|what\s+do\s+you\s+think|how\s+are\s+you|capital\s+of)\b"
)
_OTHER_TOOL = re.compile(
    r"\b(?:(?:don'?t|do\s+not|not)\s+(?:use|using|need|want)\s+kestra|no\s+kestra(?:\s+needed)?|without\s+kestra|not\s+(?:for|in)\s+kestra)\b"
)
_CODE = re.compile(
    r"\b(?:write|generate|create|implement|code|give)\s+(?:me\s+|us\s+)?(?:an?\s+|the\s+)?(?:full\s+|simple\s+|\w+\s+){0,2}(?:class|function|method|algorithm|regex|component|website|web\s+app|dockerfile|unit\s+tests?|stylesheet|game|sql\s+query|terraform\s+module|react\s+\w+|makefile)\b"
)
_ARTIFACT = re.compile(
    r"\b(?:write|generate|create|give|make|show|need|want)\s+(?:me\s+|us\s+)?(?:an?\s+|the\s+|some\s+)?(?:[\w-]+\s+){0,3}?"
    r"(?:(?:kubernetes|k8s|helm|docker[\s-]?compose|nginx|apache|systemd|github\s+actions?|gitlab[\s-]ci|jenkins|ansible|terraform|cloudformation|webpack|eslint)\s+(?:\w+\s+){0,2}?(?:ya?ml|manifest|chart|config(?:uration)?|file|playbook|pipeline|unit|workflow|template)|excel\s+formula|html\s+page|css|latex|powerpoint|slide\s*deck|resume|cv)\b"
    r"|\bwhich\s+(?:excel|sheets?)\s+formula\b|^\W*(?:please\s+|can\s+you\s+)?(?:fix|debug|review|refactor|optimi[sz]e)\s+(?:this|my|the)\s+(?:\w+\s+){0,2}?(?:code|errors?|bugs?|function|exception|stack\s?trace)\b"
)
_WORKFLOW_PART = re.compile(
    r"\b(?:every|each|daily|hourly|schedule\w*|flow|kestra|then|webhook|lambda|upload|slack|log|trigger\w*|run\s+it|cloud\s+function|aws)\b|->|→"
)
_INJECTION = re.compile(
    r"(?:\b(?:ignore|disregard|forget|override|ignoriere|vergiss|olvida|oublie)\s+(?:all\s+|alle\s+|any\s+|the\s+|your\s+|deine\s+)*(?:previous\s+|prior\s+|above\s+|earlier\s+|vorherigen\s+)?(?:instructions?|rules?|regeln|anweisungen|prompts?|instrucciones)[^.;]*[.;]?"
    r"|\b(?:print|show|reveal|output|repeat|gib|zeige?)\s+(?:me\s+)?(?:your|the|deinen?|den)\s+(?:system\s+)?(?:prompt|instructions|api[- ]?(?:key|schlüssel)\w*)[^.;]*[.;]?"
    r"|<!--.*?-->|(?:^|(?<=[.!?\n]))\s*(?:assistant|system|ai)\s*:\s*[^\n]*|\(?\bnote\s+(?:for|to)\s+(?:ai|the\s+(?:ai|assistant|model)|agents?)[^)]*\)?|\bsystem\s+note\b[^.]*\.?|\bas\s+(?:an?\s+)?(?:ai|assistant|language\s+model)\s+you\s+(?:must|should)[^.;]*[.;]?|\byou\s+are\s+now\b[^.;]*[.;]?)",
    re.I,
)
_ADDRESSED = re.compile(
    r"\(?[^.;()\n]*\b(?:assistants?|(?:language\s+)?models?|llms?|ai\s+(?:agents?|tools?|systems?)|ais?|agents?|copilots?|bots?)\s*(?:reading\s+this\s+)?(?:,\s*)?(?:must|should|shall|have\s+to|has\s+to|need\s+to|are\s+required\s+to|always)\b[^;()\n]*\)?"
    r"|\(?\bthe\s+(?:readme|page|doc(?:ument(?:ation)?)?|comment|issue|ticket|e?-?mail|file|note|description|website)\s+(?:says|states|tells\s+(?:you|us)|demands|instructs)\s*(?::|that\s+(?:you|we)\s+(?:must|should))[^()\n]*\)?",
    re.I,
)
"""What a text that was pasted in demands of whoever reads it; an own wish never speaks of assistants."""
_DECODE = re.compile(
    r"\b(?:decode|base64|rot13|unscramble)\b[^.;]*\b(?:do|execute|follow|run|obey)\s+(?:what\s+)?(?:it|that|them)\b(?:\s+says)?",
    re.I,
)
_PLUGIN = re.compile(r"\b(?:type:\s*)?(io\.kestra\.(?:plugin|core)\.[\w.]*\w)")
_CALLED_PLUGIN = re.compile(
    r"\b(?:the\s+|its\s+|their\s+|a\s+)?(?:kestra(?:'s)?\s+)?(?P<name>[A-Za-z][\w-]*)?\s*(?:kestra\s+)?(?P<noun>plugin|task\s+type)\b|\b(?:kestra\s+)(?P<camel>[A-Z][a-z0-9]+[A-Z]\w*)\s+task\b|\bthe\s+(?P<camel2>[A-Z][a-z0-9]+[A-Z]\w*)\s+task\b"
)
_DESTROY = re.compile(
    r"\brm\s+-\w*[rf]\w*\s+(?:-\w+\s+)*/(?:\s|$|\*)|\bmkfs\b|\bdd\s+if=\S+\s+of=/dev/|:\(\)\s*\{|\bformat\s+(?:the\s+)?(?:disk|drive)\b|\bwipe\s+(?:the\s+)?(?:disk|server|worker|machine)",
    re.I,
)
_FOREVER = re.compile(
    r"\b(?:starts?|calls?|triggers?|runs?)\s+itself\b[^.;]*\b(?:forever|endless\w*|infinit\w*|again\s+and\s+again|two\s+times|twice|over\s+and\s+over)|\b(?:infinite|endless)\s+(?:loop|recursion)|\bfork\s?bomb|\bforever\b[^.;]*\bitself\b",
    re.I,
)
_LOSS = (
    (re.compile(r"\b(?:purge|delete|remove|drop|erase|wipe|empty)\b[^.;]*\b(?:all|every|everything|whole|entire|older\s+than\s+0|0\s+days)\b|\bempty\s+and\s+delete\b|\bdrop\s+(?:the\s+)?(?:database|table|schema)\b|\btruncate\s+all\b"), "deletes data for good"),
    (re.compile(r"\bdelet\w+\s+(?:the\s+)?(?:\w+\s+)?(?:bucket|database|cluster|namespace|table|backups?)\b(?!.*\b(?:cluster)\b.*\bjob\b)"), "deletes it for good"),
)  # fmt: skip
_SECRETS_OPEN = re.compile(
    r"\b(?:print|log|dump|show|send|post|export|mail|publish|output)\w*\s+(?:out\s+)?(?:all\s+|the\s+|every\s+|our\s+)*(?:environment\s+variables|env\s*vars?|(?:whole|entire|full|process)\s+environment|environment(?!\s+(?:in|of|that|from|it|name|value|key|is|field)\b)(?=\s*(?:$|[.;,]|to\b|into\b|on\b))|credentials|passwords)\b|\b(?:copy|move|put|write|store|export|print|log|dump|show|send|publish)\b[^.;]*\b(?:all\s+)?(?:our|the|my|every|all)?\s*secrets?\b[^.;]*\b(?:kv|key-value|log|everyone|slack|public|file|see)\b"
)
_MILLI = re.compile(
    r"\bevery\s+(?:\d+(?:\.\d+)?\s*|few\s+|)(?:ms|milliseconds?|microseconds?|nanoseconds?)\b|\bevery\s+0?\.\d+\s+seconds?"
)
_VERSION = re.compile(r"\bkestra\s+(?:version\s+)?v?(\d+)(?:\.\d+)?\b", re.I)


@dataclass(frozen=True, slots=True)
class Screening:
    """``refuse`` or ``ask`` end the drafting; ``notes`` go with whatever is drafted; ``words`` are what is left."""

    words: str
    refuse: str = ""
    ask: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gate: bool = False
    ignored: tuple[str, ...] = ()


def screen(words: str, types: Types) -> Screening:
    """Look at the request before it is read for what it asks."""
    clean, ignored = _without_instructions(words)
    low = clean.lower()
    reason = _off_topic(low) or _harmful(low)
    if reason:
        return Screening(clean, refuse=reason, ignored=ignored)
    if (
        not clean.strip(" .\"'“”:;,")
        or (ignored and len(re.findall(r"[a-zA-Z]{3,}", clean)) < 2)
        or (ignored and re.fullmatch(r"\W*translate\s+this\s+to\s+a\s+flow\W*", low))
    ):
        return Screening(
            clean,
            refuse="The request holds instructions for an assistant and nothing to build a flow from.",
            ignored=ignored,
        )
    notes, ask = [], []
    if _SECRETS_OPEN.search(low):
        return Screening(
            clean,
            refuse="Secrets stay secrets: copying them to a place that others can read would reveal them. Read them with secret() where they are needed.",
            notes=("Secrets were not copied.",),
        )
    if _MILLI.search(low):
        return Screening(
            clean,
            ask=(
                "A schedule's smallest interval is one second (withSeconds). Should it run every second, or on each event with a realtime trigger?",
            ),
        )
    unknown = _unknown_plugins(clean, types)
    for name in unknown:
        ask.append(
            f"There is no `{name}` in Kestra {types.target}. Which other way is there: an HTTP API with an address, or a script?"
        )
    if _NO_TIME.search(low):
        ask.append("There is no such time: minutes go to 59, hours to 23, days to 31. When should it run?")
    if _LATER.search(low):
        notes.append("What is not known yet stands in the flow as an input or a secret; set it before the first run.")
    version = _VERSION.search(clean)
    if version and int(version[1]) > 2:
        ask.append(f"Kestra {version[1]} is not known here. Should the flow be for {types.target}?")
    for pattern, what in _LOSS:
        if pattern.search(low) and not re.search(r"expired|of\s+(?:this|the)\s+execution|own\s+files", low):
            notes.append(f"This flow {what}; a Pause asks for approval first.")
    return Screening(
        clean,
        ask=tuple(ask),
        notes=tuple(dict.fromkeys(notes)),
        gate=any("for good" in n for n in notes),
        ignored=ignored,
    )


def _without_instructions(words: str) -> tuple[str, tuple[str, ...]]:
    """The words without what is addressed to a model; quoted text inside a translation counts as such too."""
    ignored: list[str] = []
    for pattern in (_ADDRESSED, _INJECTION, _DECODE):
        ignored += [m.group().strip() for m in pattern.finditer(words)]
        words = pattern.sub(" ", words)
    return words, tuple(ignored)


def _off_topic(low: str) -> str:
    if _OTHER_TOOL.search(low):
        return "This is about another tool; here only Kestra flows are made."
    if _CREATIVE.search(low) and not re.search(
        r"\b(?:every|each|daily|openai|gemini|gpt|flow|schedule|slack|mail|save|store|wordpress)\b", low
    ):
        return "This is not about a Kestra flow."
    if (_CODE.search(low) or _ARTIFACT.search(low)) and not _WORKFLOW_PART.search(low):
        return (
            "This asks for code of its own; here only Kestra flows are made. A flow can run such code once it exists."
        )
    if _ADVICE.search(low) and not re.search(
        r"\b(?:kestra|schedule|trigger|execution|namespace|yaml|every\s+(?:day|hour|morning)|csv|slack)\b", low
    ):
        return "This is not about a Kestra flow."
    return ""


_ATTACK = re.compile(
    r"\b(?:ddos|dos\s+attack|denial[\s-]of[\s-]service|(?:take|bring|knock)\s+(?:their|a\s+competitor'?s?|the\s+competitor'?s?|our\s+competitor'?s?|somebody'?s|someone'?s)\s+(?:\w+\s+){0,2}(?:down|offline)|flood\s+(?:the|their|a)\s+(?:server|site|website|api|inbox|phone)|overload\s+(?:the|their)\s+\w+"
    r"|brute[\s-]?forc\w+|crack\s+(?:the\s+|their\s+)?passwords?|hack\s+into|phish\w*|keylog\w*|malware|ransomware|botnet|spam\s+(?:thousands|everyone|all)|exfiltrat\w*|steal\s+(?:the\s+|their\s+)?(?:data|passwords?|credentials|cookies|keys))\b"
    r"|\b(?:fake|forged|spoofed)\s+(?:\w+\s+){0,2}(?:login|bank\w*|page|website|invoices?|identity)\b|\b(?:hide|cover|remove|erase)\s+(?:the\s+|our\s+|all\s+)?(?:traces|tracks)\b|\bnobody\s+(?:should|must|may|will|can)\s+(?:see|notice|know|find\s+out)|\bask\s+for\s+(?:a\s+)?(?:bitcoins?|ransom)|\b(?:annoy|harass|stalk|blackmail)\w*\b"
    r"|\b(?:disable|turn\s+off|switch\s+off|bypass)\s+(?:the\s+|all\s+)?(?:anti-?virus|firewall|security|malware\s+protection)\b|\b\d{4,}\s+(?:e-?mails|mails|messages|sms)\s+to\s+(?:every\w+|all|random|strangers)"
    r"|\b(?:\d{4,}|thousands?\s+of|a\s+million)\s+(?:times|requests?|calls?)\s+(?:per|a|every|each)\s+(?:second|minute)"
)
_NO_TIME = re.compile(
    r"\bminute\s+(?:[6-9]\d|\d{3,})\b|\bat\s+(?:2[5-9]|[3-9]\d):\d\d\b|\bat\s+\d{1,2}:[6-9]\d\b|\b(?:3[2-9]|[4-9]\d)(?:st|nd|rd|th)\s+(?:of|day)|\bhour\s+(?:2[4-9]|[3-9]\d)\b|\bday\s+(?:3[2-9]|[4-9]\d)\s+of\s+(?:the|each|every)\s+month"
)
_LATER = re.compile(
    r"\b(?:(?:is|are)\s+not\s+known\s+yet|not\s+known\s+yet|don'?t\s+(?:have|know)\s+(?:\w+\s+){0,3}yet|(?:will\s+)?follows?\b(?!\s+(?:the|redirects?))|will\s+(?:come|follow|be\s+(?:known|there|created))|(?:i|we)(?:\s+will|'?ll)\s+(?:create|get|give|send|add|know|tell)|when\s+(?:i|we)\s+(?:have|get|know)\b|tbd|to\s+be\s+(?:defined|decided|determined)|comes?\s+(?:later|when|next)|next\s+week|when\s+\w+\s+answers?)\b"
)
_MINING = re.compile(
    r"\b(?:monero|bitcoin|ethereum|crypto(?:currency|coins?)?|xmr|coin)\s*[\s-]?min(?:er|ers|ing)\b|\bmin(?:e|ing)\s+(?:for\s+)?(?:monero|bitcoin|ethereum|crypto\w*|coins?)\b|\bxmrig\b"
)


def _harmful(low: str) -> str:
    if _ATTACK.search(low):
        return "This would attack a system of somebody else, or overwhelm it."
    if _MINING.search(low):
        return "Workers are not for mining coins."
    if _DESTROY.search(low):
        return "This would destroy the machine it runs on."
    if _FOREVER.search(low):
        return (
            "A flow that starts itself without end would fill every worker; Kestra refuses flows that call themselves."
        )
    return ""


def _unknown_plugins(words: str, types: Types) -> list[str]:
    out: list[str] = []
    for match in _PLUGIN.finditer(words):
        if types.get(full(match[1])) is None:
            out.append(match[1])
    if re.search(r"\bkestra\b", words, re.I):
        known = {n.rsplit(".", 1)[-1] for n in types.catalog.types()}
        out += [
            m[1]
            for m in re.finditer(r"\b([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)\s+(?:task|trigger)\b", words)
            if m[1] not in known
        ]
    families = {p.lower() for p in types.catalog.families} | set(types.families)
    for match in _CALLED_PLUGIN.finditer(words):
        name = match["name"] or match["camel"] or match["camel2"]
        if not name or name.lower() in (
            "the",
            "its",
            "kestra",
            "a",
            "this",
            "that",
            "right",
            "any",
            "same",
            "existing",
            "official",
            "new",
            "no",
            "your",
            "which",
            "http",
            "core",
            "their",
            "last",
            "next",
            "second",
            "first",
        ):
            before = re.findall(r"[A-Za-z]+", words[: match.start()])
            if (
                match["noun"] != "plugin"
                or not before
                or not re.search(r"(?i)\b(?:its|their|the)\s+(?:kestra\s+)?plugin", match.group())
            ):
                continue
            name = next((b for b in reversed(before) if b[0].isupper() and b.lower() != "kestra"), "") or ""
            if not name:
                continue
        if (
            name.lower() not in families
            and not any(name.lower() == n.rsplit(".", 1)[-1].lower() for n in types.catalog.types())
            and name.lower() not in _service_words()
        ):
            out.append(name)
    return list(dict.fromkeys(out))


def _service_words() -> frozenset[str]:
    from copilot.draft.offline.services import SERVICES

    return frozenset(s.key for s in SERVICES)


_POINTING = (
    ("api", re.compile(r"\b(?:the|that|this|their)\s+(?:rest\s+)?apis?\b(?!\s+(?:key|token|of|at|for|https?))"), "Which API: what is its address?"),
    ("database", re.compile(r"\b(?:the|that|this)\s+(?:database|db)\b(?!\s+[a-z]+_)"), "Which database, and which table in it?"),
    ("it", re.compile(r"^\W*(?:please\s+)?(?:run|start|execute|do|send|move|load|copy|upload|process|import)\s+(?:it|this|them|those)\b"), "What is meant: which step, file or data?"),
    ("that", re.compile(r"\b(?:that|those|the\s+other)\s+(?:csv|json|excel|spreadsheet|sheet|table|report|dataset)s?\b"), "Which one, and where is it?"),
    ("files", re.compile(r"\b(?:those|these|that|the\s+other)\s+files?\b"), "Which files, and where do they arrive?"),
    ("flow", re.compile(r"\b(?:the\s+other|that|those|the\s+second)\s+(?:flows?|workflows?)\b"), "Which flow: what are its namespace and id?"),
    ("server", re.compile(r"\b(?:that|the\s+other|those)\s+(?:servers?|machines?|hosts?|box)\b"), "Which server?"),
    ("script", re.compile(r"\b(?:that|the\s+other|those)\s+(?:scripts?|jobs?|quer(?:y|ies))\b"), "Which one is meant, and what does it hold?"),
)  # fmt: skip


def pointing_questions(text: Text) -> tuple[str, ...]:
    """Questions that go with a draft, where words point at things as if they were known: 'those files', 'the api'."""
    if any(one.kind in (URL, JDBC) for one in text.literals):
        return ()
    return tuple(question for _, pattern, question in _POINTING if pattern.search(text.masked))


def vague_questions(text: Text, has_source: bool, has_service: bool) -> tuple[str, ...]:
    """Questions where the words point at things that were never named: 'load the file into the table'."""
    low = text.masked
    questions: list[str] = []
    if (
        re.search(r"\bsame\s+as\s+(?:last|before)|\blast\s+time\b|\blike\s+before\b|\bthe\s+usual\b", low)
        and not text.literals
    ):
        questions.append("What did the earlier flow do? It is not known here.")
    names = {
        "file": r"\bthe\s+(?:csv\s+|json\s+|excel\s+)?(?:file|csv|spreadsheet|document|excel)s?\b",
        "table": r"\b(?:the|a|into|that)\s+table\b",
        "report": r"\bthe\s+report\b",
        "bucket": r"\b(?:that|the\s+other|the)\s+(?:bucket|one)\b",
    }
    said = {name for name, pattern in names.items() if re.search(pattern, low)}
    concrete = (
        bool(re.search(r"\b[\w-]+\.(?:txt|csv|json|xml|xlsx|parquet|md|log|py|sh|sql|ya?ml)\b", low))
        or bool(text.within(0, len(low), URL))
        or bool(re.search(r"[\ue001\ue002\ue004]", low))
        or has_source
    )
    if "table" in said and not concrete and not re.search(r"\btable\s+[a-z]+_[a-z]+", low):
        questions.append("Which table, and in which database?")
    if "file" in said and not concrete:
        questions.append("Which file, and where does it come from?")
    if (
        "report" in said
        and not concrete
        and not re.search(r"\b(?:generate|build|make|create|compute|query|sql)\b", low)
    ):
        questions.append("Which report, and where does it come from?")
    if "bucket" in said and re.search(r"\bthat\s+bucket|\bthe\s+other\s+(?:one|bucket)", low) and not concrete:
        questions.append("Which buckets, and in which cloud: from where to where?")
    return tuple(questions)
