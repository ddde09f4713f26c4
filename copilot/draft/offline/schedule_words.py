"""The words of schedules: recurrence atoms ("every weekday") with the cron fields each fixes, and times of day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


GuardKind = Literal["last_day", "time_between", "date_between", "not_days", "nth_day", "holiday", "last_working_day"]


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition beside the cron. ``values`` by kind: times 'HH:MM', ISO dates, day names, or (n-th, day)."""

    kind: GuardKind
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule. ``spans`` are the offsets of the words it came from; ``note`` says what was assumed."""

    cron: str
    timezone: str | None = None
    guards: tuple[Guard, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    with_seconds: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """A recurrence atom: the cron fields it fixes; '' where a time decides."""

    start: int
    end: int
    minute: str = ""
    hour: str = ""
    dom: str = "*"
    month: str = "*"
    dow: str = "*"
    second: str = ""
    guards: tuple[Guard, ...] = ()
    default_hour: int = 0


_Make = Callable[[re.Match[str]], Every | None]


NUMBERS = {w: i for i, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])} | {
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45, "a": 1, "an": 1, "other": 2, "second": 2, "eins": 1,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "fünfzehn": 15, "dreißig": 30, "dos": 2, "tres": 3, "cinco": 5, "diez": 10, "quince": 15, "cinq": 5, "dix": 10,
    "quinze": 15, "third": 3, "deux": 2, "trois": 3, "quatre": 4, "huit": 8, "douze": 12, "vingt": 20, "trente": 30,
    "cuatro": 4, "seis": 6, "ocho": 8, "doce": 12, "veinte": 20, "treinta": 30, "zwölf": 12, "zwanzig": 20,
}  # fmt: skip


_N = r"(?P<n>\d+(?:\.\d+)?|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"


_DAY_WORDS = (
    ("monday", "mon", "montags?", "lunes", "lundis?"), ("tuesday", "tues?", "dienstags?", "martes", "mardis?"),
    ("wednesday", "wed", "mittwochs?", "miércoles", "mercredis?"),
    ("thursday", "thu(?:rs?)?", "donnerstags?", "jueves", "jeudis?"),
    ("friday", "fri", "freitags?", "viernes", "vendredis?"),
    ("saturday", "sat", "samstags?", "sábados?", "samedis?"), ("sunday", "sun", "sonntags?", "domingos?", "dimanches?"),
)  # fmt: skip


DAY = "|".join(f"(?:{'|'.join(w + ('s?' if w.endswith('day') else '') for w in words)})" for words in _DAY_WORDS)


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)


_EACH = r"(?:every|each|per|jede[nrsm]?|alle|cada|todos los|todas las|chaque|tous les|toutes les)"


_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}


_ORD = (
    r"(?P<ord>\d{1,2}(?:st|nd|rd|th|\.)?|first|second|third|fourth|last|erste[nrsm]?|letzte[nrsm]?|primer"
    "|último|ultimo|premier|dernier)"
)


_OF_MONTH = (
    r"(?:\s+(?:day|tag|día|jour))?\s+(?:of|in|im|des|del|du)\s+(?:(?:the|each|every|a|jede[nsm]?|cada"
    r"|chaque)\s+)?(?:month|monats?|mes|mois)"
)


def day_number(word: str) -> int:
    for number, words in enumerate(_DAY_WORDS, start=1):
        if re.fullmatch("|".join(w + ("s?" if w.endswith("day") else "") for w in words), word.strip()):
            return number
    return 0


def _cron_day(number: int) -> str:
    return str(number % 7)


def _count(word: str) -> float:
    return float(NUMBERS[word]) if word in NUMBERS else float(word)


def _interval(match: re.Match[str]) -> Every | None:
    n = _count(match["n"]) if match["n"] else 1.0
    unit, (start, end) = match["unit"], match.span()
    if unit.startswith(("milli", "ms")) or n <= 0:
        return None
    if unit.startswith(("sec", "sek", "seg")):
        return Every(start, end, second="*" if n == 1 else f"*/{int(n)}", minute="*", hour="*")
    if unit.startswith("min"):
        if n >= 60 and n % 60 == 0:
            return _hours(int(n // 60), start, end)
        return Every(start, end, minute="*" if n == 1 else f"*/{int(n)}", hour="*")
    if unit.startswith(("h", "st")):
        return Every(start, end, minute="*/30", hour="*") if n == 0.5 else _hours(int(n), start, end)
    if unit.startswith(("d", "t", "j")):
        return Every(start, end, dom="*" if n == 1 else f"*/{int(n)}")
    if unit.startswith(("w", "s")):
        return Every(start, end, dow="1", default_hour=9)
    if unit.startswith("quart"):
        return Every(start, end, dom="1", month="1,4,7,10", default_hour=9)
    if unit.startswith(("y", "a")):
        return Every(start, end, dom="1", month="1", default_hour=9)
    return Every(start, end, dom="1", month="*" if n == 1 else f"*/{int(n)}", default_hour=9)


def _past_the_hour(match: re.Match[str]) -> Every:
    return Every(match.start(), match.end(), minute=str(int(match["minute"]) % 60), hour="*")


def _month_days(match: re.Match[str]) -> Every:
    """'the first of january, april and july'."""
    months = sorted({MONTHS.index(m[:3]) + 1 for m in re.findall(MONTH, match["months"])})
    day = _ORDINALS.get(match["day"]) or int(re.sub(r"\D", "", match["day"]))
    return Every(match.start(), match.end(), dom=str(day), month=",".join(map(str, months)), default_hour=9)


def _hours(n: int, start: int, end: int) -> Every:
    return Every(start, end, minute="0", hour="*" if n <= 1 else f"*/{n}")


def days(match: re.Match[str]) -> Every:
    numbers: list[int] = []
    for part in re.finditer(rf"\b({DAY})\b(?:\s*(?:-|–|to|through|till|bis|au|a|à)\s*({DAY})\b)?", match.group()):
        first = day_number(part[1])
        last = day_number(part[2]) if part[2] else first
        numbers += [(n - 1) % 7 + 1 for n in range(first, last + 1 + (7 if last < first else 0))]
    unique = sorted(set(numbers))
    run = unique == list(range(unique[0], unique[-1] + 1)) and len(unique) > 2
    dow = f"{unique[0]}-{unique[-1]}" if run and unique[-1] < 7 else ",".join(sorted(_cron_day(n) for n in unique))
    return Every(match.start(), match.end(), dow=dow, default_hour=9)


def _of_month(match: re.Match[str]) -> Every | None:
    word = match["ord"].rstrip(".")
    last = word.startswith(("last", "letzt", "últ", "ult", "dern"))
    start, end = match.span()
    if match.groupdict().get("working"):
        guard = Guard("last_working_day") if last else Guard("nth_day", ("FIRST", "MONDAY"))
        return Every(start, end, dom="28-31" if last else "1", guards=(guard,), default_hour=9)
    if match.groupdict().get("day_name"):
        number = -1 if last else _ordinal(word)
        name = DAYS[day_number(match["day_name"]) - 1]
        which = {1: "FIRST", 2: "SECOND", 3: "THIRD", 4: "FOURTH", -1: "LAST"}.get(number)
        if which is None:
            return None
        return Every(
            start, end, dow=_cron_day(DAYS.index(name) + 1), guards=(Guard("nth_day", (which, name)),), default_hour=9
        )
    if last:
        return Every(start, end, dom="28-31", guards=(Guard("last_day"),), default_hour=9)
    number = _ordinal(word)
    return Every(start, end, dom=str(number), default_hour=9) if 1 <= number <= 31 else None


_DAY_NUMBER = r"(?:\d{1,2}(?:st|nd|rd|th|\.)?|first|second|third|fourth)"


def _days_of_month(match: re.Match[str]) -> Every:
    """'the first and 15th of the month'."""
    numbers = sorted({_ordinal(w.rstrip(".")) for w in re.findall(_DAY_NUMBER, match["list"])})
    return Every(match.start(), match.end(), dom=",".join(map(str, numbers)), default_hour=9)


def _ordinal(word: str) -> int:
    if word in _ORDINALS:
        return _ORDINALS[word]
    digits = re.match(r"\d+", word)
    return int(digits.group()) if digits else 1


def _quarter(match: re.Match[str]) -> Every:
    return Every(match.start(), match.end(), dom="1", month="1,4,7,10", default_hour=9)


def _year_day(match: re.Match[str]) -> Every:
    month = MONTHS.index(match["month"][:3]) + 1
    return Every(match.start(), match.end(), dom=str(int(match["day"])), month=str(month), default_hour=9)


def _fixed(
    *, minute: str = "", hour: str = "", dom: str = "*", month: str = "*", dow: str = "*", default_hour: int = 0
) -> _Make:
    def make(match: re.Match[str]) -> Every:
        return Every(match.start(), match.end(), minute, hour, dom, month, dow, default_hour=default_hour)

    return make


_UNIT = (
    "(?P<unit>milliseconds?|ms|seconds?|secs?|sekunden?|segundos?|minutes?|mins?|minuten?|minutos?"
    "|hours?|hrs?|h|stunden?|horas?|heures?"
    "|days?|tage?|días?|jours?|weeks?|wochen?|semanas?|semaines?|months?|monate?|mes(?:es)?|mois"
    r"|quarters?|quartale?|years?|jahre?|años?|ans?)\b"
)


ATOMS: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"\b(?:{_EACH}\s+hour\s+)?(?:at|on)\s+the\s+half\s+hour\b|\bhalf\s+past\s+{_EACH}\s+hour\b", _fixed(minute="30", hour="*")),
        (rf"\b(?:{_EACH}|on)?\s*(?:the\s+)?{_ORD}\s+(?P<working>(?:working|business)\s+day){_OF_MONTH}", _of_month),
        ((rf"\b(?:(?:{_EACH}|on|the|am|cada|le)\s+)*{_ORD}\s+(?P<day_name>{DAY})(?:{_OF_MONTH}"
            r"|\s+(?:monthly|each month))"), _of_month),
        ((rf"\b(?:(?:{_EACH}|on|the|am|el|le|den)\s+)*(?P<list>{_DAY_NUMBER}(?:\s*,\s*(?:the\s+)?{_DAY_NUMBER})*\s*,?\s*(?:and"
            rf"|und|y|et|&)\s+(?:the\s+)?{_DAY_NUMBER}){_OF_MONTH}"), _days_of_month),
        (rf"\b(?:(?:{_EACH}|on|the|am|el|le|den)\s+)*{_ORD}{_OF_MONTH}", _of_month),
        ((rf"\b(?:monthly\s+)?on\s+the\s+{_ORD}(?:\s+day)?\b(?!\s+(?:of\s+)?{MONTH})(?!\s*(?:attempt"
            "|try|task))"), _of_month),
        (r"\bquarterly\b|\b(?:first|1st) day of (?:the|each|every|a) quarter", _quarter),
        ((rf"\b(?:{_EACH}\s+(?:year\s+on\s+)?|on\s+)(?P<month>{MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd"
            rf"|th)?(?!\s*,?\s*\d{{4}})\b"), _year_day),
        ((rf"\b(?:{_EACH}\s+(?:year\s+on\s+)?|(?:yearly\s+)?on\s+"
            rf"|yearly\s+)(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th"
            rf"|\.)?\s+(?:of\s+)?(?P<month>{MONTH})(?!\s*,?\s*\d{{4}})\b"), _year_day),
        (r"\bmo(?:n)?\s*[-–]\s*fr(?:i)?\b", _fixed(dow="1-5", default_hour=9)),
        (r"\btwice\s+(?:a|per)\s+day(?=\W*(?:at|um|a\s+las)?\s*\d)", _fixed()),
        (r"\btwice\s+(?:a|per)\s+day\b", _fixed(minute="0", hour="0,12")),
        (rf"\b(?:{_EACH}\s+)?half(?:\s+an?)?[\s-]hour(?:ly)?\b", _fixed(minute="*/30", hour="*")),
        (rf"\b{_EACH}\s+quarter(?:\s+of\s+an)?\s+hour\b", _fixed(minute="*/15", hour="*")),
        ((rf"\b(?:{_EACH}|on)?\s*(?:weekdays?|business\s+days?|working\s+days?|work\s?days?|werktags?"
            r"|werktäglich|trading\s+days?|día\s+laborable|jours?\s+ouvrés?)\b(?!\s+(?:names?|of\s+(?:it"
            r"|that|the)))(?:\s*\((?:mon|monday)\s*[-–]\s*(?:fri|friday)\))?"), _fixed(dow="1-5", default_hour=9)),
        (rf"\b(?:{_EACH}|on|at)?\s*(?:the\s+)?week-?ends?\b", _fixed(dow="0,6", default_hour=9)),
        ((rf"\b(?:on\s+)?(?:the\s+)?(?P<day>first|1st|\d{{1,2}}(?:st|nd|rd|th"
            rf"|\.)?)\s+(?:of\s+)?(?P<months>{MONTH}(?:\s*,\s*{MONTH})*\s*,?\s*(?:and|und"
            rf"|&)\s+{MONTH})\b"), _month_days),
        (rf"\bquarter\s+past\s+{_EACH}\s+hour\b", _fixed(minute="15", hour="*")),
        ((rf"\b(?:at\s+)?(?P<minute>\d{{1,2}})\s+(?:minutes?\s+)?(?:past|after)\s+(?:{_EACH}"
            r"|the)\s+hour\b"), _past_the_hour),
        (rf"\b{_EACH}\s+(?:{_N}[\s-]+)?{_UNIT}", _interval),
        (rf"(?<![\w:.])(?:alle|once\s+(?:an?|per|every))\s+(?:{_N}\s+)?{_UNIT}(?!\s+at\s+most)", _interval),
        ((rf"\b(?:{_EACH}\s+)?(?:on\s+|am\s+|los\s+|les\s+|du\s+"
            rf"|de\s+)?(?:{DAY})\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+und\s+|\s+y\s+|\s+et\s+|\s+au\s+"
            r"|\s+a\s+|\s*&\s*|\s*[-–]\s*|\s+to\s+|\s+through\s+|\s+bis\s+)(?:(?:on"
            rf"|every)\s+)?(?:{DAY})\b)*"), days),
        (r"\b(?:top\s+of\s+(?:every|the|each)\s+hour|hourly|stündlich|toutes les heures)\b", _fixed(minute="0", hour="*")),
        (r"\b(?:hourly|every\s+hour|each\s+hour)\s+at\s+minute\s+(?P<minute>\d{1,2})\b", _past_the_hour),
        (r"\bminutely\b", _fixed(minute="*", hour="*")),
        (rf"\b(?:nightly|nachts|{_EACH}\s+(?:night|nacht|noche|nuit)|at\s+night|in\s+the\s+night)\b", _fixed(default_hour=2)),
        (rf"\b(?:{_EACH}\s+(?:morning|morgen|mañana|matin)|morgens)\b", _fixed(default_hour=8)),
        (rf"\b(?:{_EACH}\s+(?:evening|abend|tarde|soir)|abends)\b", _fixed(default_hour=20)),
        (rf"\b{_EACH}\s+afternoon\b", _fixed(default_hour=15)),
        (r"\b(?:daily|täglich|diario|diariamente|quotidien(?:nement)?|once\s+a\s+day(?!\s+at\s+most))\b", _fixed()),
        (r"\b(?:weekly|wöchentlich|once\s+a\s+week)\b", _fixed(dow="1", default_hour=9)),
        (r"\b(?:monthly|monatlich|mensual(?:mente)?)\b", _fixed(dom="1", default_hour=9)),
        (r"\b(?:yearly|annually|jährlich)\b", _fixed(dom="1", month="1", default_hour=9)),
    )
)  # fmt: skip


HOUR_WORDS = "|".join(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
)


_PART = (
    r"(?:\s*(?:in\s+the\s+|at\s+|de\s+la\s+|du\s+)?(?P<part>a\.?m\.?|p\.?m\.?|morning|afternoon|evening"
    r"|night|mañana|tarde|noche|matin|soir|früh)\b)?"
)


_CLOCK = rf"(?P<h>\d{{1,2}}|{HOUR_WORDS})(?:[:.h](?P<m>\d{{2}}))?(?:\s*(?P<uhr>uhr|o'?clock|h|hrs|hours)\b)?{_PART}"


TIME = re.compile(
    rf"(?<![\w:./\-*$=€£+])(?P<at>(?:at|@|um|a\s+las?|à|gegen|by)\s+)?(?:{_CLOCK}|(?P<word>noon"
    r"|midnight|midday|mittags?|mitternacht|medianoche|minuit|midi))(?![\w%*/=])(?![:.]\d)"
)
