"""Verbs and small words, in classes: what is done to data, and what begins a clause."""

from __future__ import annotations

import re

from copilot.draft.offline.tables import table

READ = (
    "descárga\\w*|read|fetch|get|gets|grab|pull|pulls|download|downloads|query|select|export|exports"
    "|extract|extracts|dump|look\\s+up|lookup|look\\s+for|search|find|list|"
    "consume|receive|scan|retrieve|collect|crawl|poll|take|lies|lade|hole|herunterladen|descarga|lee"
    "|leer|télécharge|lis|check|monitor|ask"
)
WRITE = (
    "súbel[oa]s?|cárgal[oa]s?|guárdal[oa]s?|cópial[oa]s?|reload|refill|write|writes|store|stores"
    "|save|saves|load|loads|insert|inserts|upload|uploads|put|puts|push|pushes|upsert|upserts"
    "|upserted|merge|index|publish|produce|append|"
    "copy|copies|import|add|ingest|send|post|create|fill|dump\\s+into|persist|move|keep|schreib"
    "|schreibe|speicher|speichere|guarda|carga|sube|écris|charge|bulk\\s+load|batch\\s+load|backup"
    "|back\\s+up"
)
RUN = (
    "run|runs|execute|start|starts|trigger|triggers|kick\\s+off|launch|invoke|call|calls|sync|submit"
    "|build|builds|deploy|refresh|orchestrate|schedule|spin\\s+up|starte|führe|"
    "ejecuta|lance|restart|stop"
)
CHANGE = (
    "convert|transform|turn|filter|keep|drop|aggregate|sum|total|count|compute|calculate|join|group"
    "|sort|deduplicate|dedupe|rename|clean|parse|unzip|unpack|decompress|"
    "compress|zip|encrypt|decrypt|split|summari[sz]e|classify|translate|render|generate|make|score"
    "|forecast|explain|analyse|analyze|validate|reduce|remove|delete|purge|clean|split|"
    "enrich|map|replace|format|average|find|filtere|summiere|zähle|berechne|konvertiere|convierte|calcula|convertis"
)
TELL = (
    "avísame|notifícame|mándame|envíame|log|logs|comment|print|show|tell|notify|alert|message|ping"
    "|mail|mails|email|emails|inform|warn|report|announce|page|post|display|say|echo|output|return"
    "|give|answer|slack|"
    "escribe|muestra|affiche|melde|benachrichtige|logge|schreibe?|telegram|discord|respond"
)
WAIT = (
    "wait|waits|sleep|sleeps|pause|pauses|retry|retries|try|repeat|loop|iterate|process|handle|use|clone"
    "|approve|block|set|tag|label|mark|fail|stop|abort|cancel|roll\\s*back|patch|snapshot|test|verify"
    "|scan|sign|open|close|move|change|let|do|does|don't|may|hand|take|work|works|have|need"
)
_NOUNS = frozenset(
    [
        "all",
        "batch",
        "bulk",
        "index",
        "snapshot",
        "status",
        "runs",
        "similarity",
        "signal",
        "topic",
        "downloads",
        "uploads",
    ]
)
OF_TYPES = "|".join(w for w in table("verbs")["means"] if w not in _NOUNS)
CHANGE += "|pseudonymi[sz]e|anonymi[sz]e|mask|redact|hash|normali[sz]e"
ALL = "|".join((READ, WRITE, RUN, CHANGE, TELL, WAIT, OF_TYPES, table("verbs")["more"]["verbs"]))
_FILLERS = (
    r"(?:(?:please|also|just|only|always|simply|finally|first|second(?:ly)?|i\s+(?:want|need)\s+(?:to"
    r"|it\s+to|you\s+to)|it\s+(?:should|must)|you\s+(?:should|must)|should|must|to|we|it|they|i|that"
    r"|which|the\s+(?:next|last|first|second)\s+task|the\s+rest|will|can|then|so)\s+){0,3}"
)
_CONDITIONS = (
    r"(?:if|when|whenever|unless|once|as\s+soon\s+as|while|otherwise|else|in\s+(?:every|any|each|that"
    r"|both|all)\s+cases?|(?:whatever\s+happens|no\s+matter\s+what)(?=\s*,?\s+\w)|on\s+(?:error"
    r"|failure|success|every\s+failure)|only\s+(?:if|when|then)|"
    r"for\s+(?:each|every|all)|wenn|sonst|falls|bei\s+(?:fehler|erfolg)|si\b|sino|sinon|after|before"
    r"|retry|in\s+parallel|at\s+the\s+(?:end|same)|no\s+docker|everything\s+else|even\s+(?:if|when)"
    r"|not\s+more|max|output|inputs?\b|the\s+(?:next|last|second|first)\s+task|slack|mail|teams\b"
    r"|discord|alert|one\b|(?:above|below|over|under|at\s+least|at\s+most|more\s+than|less\s+than"
    r"|from|between)\s+-?\d+(?:\.\d+)?(?:\s+(?:to|and)\s+-?\d+)?(?=\s*[:,])|(?:above|below|over|under"
    r"|at\s+least|at\s+most|more\s+than|less\s+than)\s+-?\d|\w+\s+(?:must|has\s+to"
    r"|have\s+to)\s+(?:approve|confirm|sign))"
)
STARTS_CLAUSE = re.compile(rf"{_FILLERS}(?:{ALL}|{_CONDITIONS})\b")
VERB = {
    name: re.compile(rf"\b(?:{words})(?:s|ed|ing)?\b")
    for name, words in (("read", READ), ("write", WRITE), ("run", RUN), ("change", CHANGE), ("tell", TELL))
}


def verb_before(text: str) -> str:
    """The class of the last verb in a stretch: read, write, run, change, tell or ''."""
    best = (-1, "")
    for name, pattern in VERB.items():
        for match in pattern.finditer(text):
            best = max(best, (match.start(), name))
    return best[1]


def first_verb(text: str) -> str:
    """The class of the first verb in a stretch, or ''."""
    found = [(m.start(), name) for name, pattern in VERB.items() if (m := pattern.search(text))]
    return min(found)[1] if found else ""
