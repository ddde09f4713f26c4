"""Schedules in words to cron, time zone and guards.

A sentence is read as recurrence atoms ("every weekday", "the 1st of each month") and time atoms ("at 7", "18:30");
each recurrence takes the times next to it. What cron cannot say (last day of the month, office hours, a range of
dates, all days but one) becomes a guard on the trigger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from copilot.draft.offline.timezones import find_zone

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
class _Every:
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


_Make = Callable[[re.Match[str]], _Every | None]


_NUMBERS = {w: i for i, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])} | {
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45, "a": 1, "an": 1, "other": 2, "second": 2, "eins": 1,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "fünfzehn": 15, "dreißig": 30, "dos": 2, "tres": 3, "cinco": 5, "diez": 10, "quince": 15, "cinq": 5, "dix": 10,
    "quinze": 15, "third": 3, "deux": 2, "trois": 3, "quatre": 4, "huit": 8, "douze": 12, "vingt": 20, "trente": 30,
    "cuatro": 4, "seis": 6, "ocho": 8, "doce": 12, "veinte": 20, "treinta": 30, "zwölf": 12, "zwanzig": 20,
}  # fmt: skip
_N = r"(?P<n>\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_DAY_WORDS = (
    ("monday", "mon", "montags?", "lunes", "lundis?"), ("tuesday", "tues?", "dienstags?", "martes", "mardis?"),
    ("wednesday", "wed", "mittwochs?", "miércoles", "mercredis?"),
    ("thursday", "thu(?:rs?)?", "donnerstags?", "jueves", "jeudis?"),
    ("friday", "fri", "freitags?", "viernes", "vendredis?"),
    ("saturday", "sat", "samstags?", "sábados?", "samedis?"), ("sunday", "sun", "sonntags?", "domingos?", "dimanches?"),
)  # fmt: skip
_DAY = "|".join(f"(?:{'|'.join(w + ('s?' if w.endswith('day') else '') for w in words)})" for words in _DAY_WORDS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
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


def _day_number(word: str) -> int:
    for number, words in enumerate(_DAY_WORDS, start=1):
        if re.fullmatch("|".join(w + ("s?" if w.endswith("day") else "") for w in words), word.strip()):
            return number
    return 0


def _cron_day(number: int) -> str:
    return str(number % 7)


def _count(word: str) -> float:
    return float(_NUMBERS[word]) if word in _NUMBERS else float(word)


def _interval(match: re.Match[str]) -> _Every | None:
    n = _count(match["n"]) if match["n"] else 1.0
    unit, (start, end) = match["unit"], match.span()
    if unit.startswith(("milli", "ms")) or n <= 0:
        return None
    if unit.startswith(("sec", "sek", "seg")):
        return _Every(start, end, second="*" if n == 1 else f"*/{int(n)}", minute="*", hour="*")
    if unit.startswith("min"):
        if n >= 60 and n % 60 == 0:
            return _hours(int(n // 60), start, end)
        return _Every(start, end, minute="*" if n == 1 else f"*/{int(n)}", hour="*")
    if unit.startswith(("h", "st")):
        return _Every(start, end, minute="*/30", hour="*") if n == 0.5 else _hours(int(n), start, end)
    if unit.startswith(("d", "t", "j")):
        return _Every(start, end, dom="*" if n == 1 else f"*/{int(n)}")
    if unit.startswith(("w", "s")):
        return _Every(start, end, dow="1", default_hour=9)
    if unit.startswith("quart"):
        return _Every(start, end, dom="1", month="1,4,7,10", default_hour=9)
    if unit.startswith(("y", "a")):
        return _Every(start, end, dom="1", month="1", default_hour=9)
    return _Every(start, end, dom="1", month="*" if n == 1 else f"*/{int(n)}", default_hour=9)


def _past_the_hour(match: re.Match[str]) -> _Every:
    return _Every(match.start(), match.end(), minute=str(int(match["minute"]) % 60), hour="*")


def _month_days(match: re.Match[str]) -> _Every:
    """'the first of january, april and july'."""
    months = sorted({_MONTHS.index(m[:3]) + 1 for m in re.findall(_MONTH, match["months"])})
    day = _ORDINALS.get(match["day"]) or int(re.sub(r"\D", "", match["day"]))
    return _Every(match.start(), match.end(), dom=str(day), month=",".join(map(str, months)), default_hour=9)


def _hours(n: int, start: int, end: int) -> _Every:
    return _Every(start, end, minute="0", hour="*" if n <= 1 else f"*/{n}")


def _days(match: re.Match[str]) -> _Every:
    numbers: list[int] = []
    for part in re.finditer(rf"\b({_DAY})\b(?:\s*(?:-|–|to|through|till|bis|au|a|à)\s*({_DAY})\b)?", match.group()):
        first = _day_number(part[1])
        last = _day_number(part[2]) if part[2] else first
        numbers += [(n - 1) % 7 + 1 for n in range(first, last + 1 + (7 if last < first else 0))]
    unique = sorted(set(numbers))
    run = unique == list(range(unique[0], unique[-1] + 1)) and len(unique) > 2
    dow = f"{unique[0]}-{unique[-1]}" if run and unique[-1] < 7 else ",".join(sorted(_cron_day(n) for n in unique))
    return _Every(match.start(), match.end(), dow=dow, default_hour=9)


def _of_month(match: re.Match[str]) -> _Every | None:
    word = match["ord"].rstrip(".")
    last = word.startswith(("last", "letzt", "últ", "ult", "dern"))
    start, end = match.span()
    if match.groupdict().get("working"):
        guard = Guard("last_working_day") if last else Guard("nth_day", ("FIRST", "MONDAY"))
        return _Every(start, end, dom="28-31" if last else "1", guards=(guard,), default_hour=9)
    if match.groupdict().get("day_name"):
        number = -1 if last else _ordinal(word)
        name = DAYS[_day_number(match["day_name"]) - 1]
        which = {1: "FIRST", 2: "SECOND", 3: "THIRD", 4: "FOURTH", -1: "LAST"}.get(number)
        if which is None:
            return None
        return _Every(
            start, end, dow=_cron_day(DAYS.index(name) + 1), guards=(Guard("nth_day", (which, name)),), default_hour=9
        )
    if last:
        return _Every(start, end, dom="28-31", guards=(Guard("last_day"),), default_hour=9)
    number = _ordinal(word)
    return _Every(start, end, dom=str(number), default_hour=9) if 1 <= number <= 31 else None


_DAY_NUMBER = r"(?:\d{1,2}(?:st|nd|rd|th|\.)?|first|second|third|fourth)"


def _days_of_month(match: re.Match[str]) -> _Every:
    """'the first and 15th of the month'."""
    numbers = sorted({_ordinal(w.rstrip(".")) for w in re.findall(_DAY_NUMBER, match["list"])})
    return _Every(match.start(), match.end(), dom=",".join(map(str, numbers)), default_hour=9)


def _ordinal(word: str) -> int:
    if word in _ORDINALS:
        return _ORDINALS[word]
    digits = re.match(r"\d+", word)
    return int(digits.group()) if digits else 1


def _quarter(match: re.Match[str]) -> _Every:
    return _Every(match.start(), match.end(), dom="1", month="1,4,7,10", default_hour=9)


def _year_day(match: re.Match[str]) -> _Every:
    month = _MONTHS.index(match["month"][:3]) + 1
    return _Every(match.start(), match.end(), dom=str(int(match["day"])), month=str(month), default_hour=9)


def _fixed(
    *, minute: str = "", hour: str = "", dom: str = "*", month: str = "*", dow: str = "*", default_hour: int = 0
) -> _Make:
    def make(match: re.Match[str]) -> _Every:
        return _Every(match.start(), match.end(), minute, hour, dom, month, dow, default_hour=default_hour)

    return make


_UNIT = (
    "(?P<unit>milliseconds?|ms|seconds?|secs?|sekunden?|segundos?|minutes?|mins?|minuten?|minutos?"
    "|hours?|hrs?|h|stunden?|horas?|heures?"
    "|days?|tage?|días?|jours?|weeks?|wochen?|semanas?|semaines?|months?|monate?|mes(?:es)?|mois"
    r"|quarters?|quartale?|years?|jahre?|años?|ans?)\b"
)
_ATOMS: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"\b(?:{_EACH}\s+hour\s+)?(?:at|on)\s+the\s+half\s+hour\b|\bhalf\s+past\s+{_EACH}\s+hour\b", _fixed(minute="30", hour="*")),
        (rf"\b(?:{_EACH}|on)?\s*(?:the\s+)?{_ORD}\s+(?P<working>(?:working|business)\s+day){_OF_MONTH}", _of_month),
        ((rf"\b(?:(?:{_EACH}|on|the|am|cada|le)\s+)*{_ORD}\s+(?P<day_name>{_DAY})(?:{_OF_MONTH}"
            r"|\s+(?:monthly|each month))"), _of_month),
        ((rf"\b(?:(?:{_EACH}|on|the|am|el|le|den)\s+)*(?P<list>{_DAY_NUMBER}(?:\s*,\s*(?:the\s+)?{_DAY_NUMBER})*\s*,?\s*(?:and"
            rf"|und|y|et|&)\s+(?:the\s+)?{_DAY_NUMBER}){_OF_MONTH}"), _days_of_month),
        (rf"\b(?:(?:{_EACH}|on|the|am|el|le|den)\s+)*{_ORD}{_OF_MONTH}", _of_month),
        ((rf"\b(?:monthly\s+)?on\s+the\s+{_ORD}(?:\s+day)?\b(?!\s+(?:of\s+)?{_MONTH})(?!\s*(?:attempt"
            "|try|task))"), _of_month),
        (r"\bquarterly\b|\b(?:first|1st) day of (?:the|each|every|a) quarter", _quarter),
        ((rf"\b(?:{_EACH}\s+(?:year\s+on\s+)?|on\s+)(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd"
            rf"|th)?(?!\s*,?\s*\d{{4}})\b"), _year_day),
        ((rf"\b(?:{_EACH}\s+(?:year\s+on\s+)?|(?:yearly\s+)?on\s+"
            rf"|yearly\s+)(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th"
            rf"|\.)?\s+(?:of\s+)?(?P<month>{_MONTH})(?!\s*,?\s*\d{{4}})\b"), _year_day),
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
            rf"|\.)?)\s+(?:of\s+)?(?P<months>{_MONTH}(?:\s*,\s*{_MONTH})*\s*,?\s*(?:and|und"
            rf"|&)\s+{_MONTH})\b"), _month_days),
        (rf"\bquarter\s+past\s+{_EACH}\s+hour\b", _fixed(minute="15", hour="*")),
        ((rf"\b(?:at\s+)?(?P<minute>\d{{1,2}})\s+(?:minutes?\s+)?(?:past|after)\s+(?:{_EACH}"
            r"|the)\s+hour\b"), _past_the_hour),
        (rf"\b{_EACH}\s+(?:{_N}[\s-]+)?{_UNIT}", _interval),
        (rf"(?<![\w:.])(?:alle|once\s+(?:an?|per|every))\s+(?:{_N}\s+)?{_UNIT}(?!\s+at\s+most)", _interval),
        ((rf"\b(?:{_EACH}\s+)?(?:on\s+|am\s+|los\s+|les\s+|du\s+"
            rf"|de\s+)?(?:{_DAY})\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+und\s+|\s+y\s+|\s+et\s+|\s+au\s+"
            r"|\s+a\s+|\s*&\s*|\s*[-–]\s*|\s+to\s+|\s+through\s+|\s+bis\s+)(?:(?:on"
            rf"|every)\s+)?(?:{_DAY})\b)*"), _days),
        (r"\b(?:top\s+of\s+(?:every|the|each)\s+hour|hourly|stündlich|toutes les heures)\b", _fixed(minute="0", hour="*")),
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

_HOUR_WORDS = "|".join(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
)
_PART = (
    r"(?:\s*(?:in\s+the\s+|at\s+|de\s+la\s+|du\s+)?(?P<part>a\.?m\.?|p\.?m\.?|morning|afternoon|evening"
    r"|night|mañana|tarde|noche|matin|soir|früh)\b)?"
)
_CLOCK = rf"(?P<h>\d{{1,2}}|{_HOUR_WORDS})(?:[:.h](?P<m>\d{{2}}))?(?:\s*(?P<uhr>uhr|o'?clock|h|hrs|hours)\b)?{_PART}"
_TIME = re.compile(
    rf"(?<![\w:./\-*$=€£+])(?P<at>(?:at|@|um|a\s+las?|à|gegen|by)\s+)?(?:{_CLOCK}|(?P<word>noon"
    r"|midnight|midday|mittags?|mitternacht|medianoche|minuit|midi))(?![\w%*/=])(?![:.]\d)"
)


@dataclass(frozen=True, slots=True)
class _At:
    start: int
    end: int
    hour: int
    minute: int
    sure: bool


_PART_OF_HOUR = re.compile(
    rf"\b(?:at\s+)?(?P<part>half|quarter)\s+(?P<side>past|to)\s+(?P<h>\d{{1,2}}"
    rf"|{_HOUR_WORDS})\b(?:\s*(?P<pm>p\.?m\.?|in\s+the\s+(?:evening|afternoon)))?"
)


def _parts_of_hours(text: str) -> list[_At]:
    """'half past ten', 'quarter to six pm'."""
    out = []
    for match in _PART_OF_HOUR.finditer(text):
        hour = _NUMBERS[match["h"]] if match["h"] in _NUMBERS else int(match["h"])
        hour += 12 if match["pm"] and hour < 12 else 0
        minutes = (hour * 60 + (30 if match["part"] == "half" else 15) * (1 if match["side"] == "past" else -1)) % 1440
        out.append(_At(match.start(), match.end(), minutes // 60, minutes % 60, True))
    return out


def _times(text: str) -> list[_At]:
    found = _parts_of_hours(text)
    text = _blank(text, [(t.start, t.end) for t in found])
    for match in _TIME.finditer(text):
        if match["word"]:
            hour = 0 if match["word"].startswith(("midn", "mittern", "median", "minu")) else 12
            found.append(_At(match.start(), match.end(), hour, 0, True))
            continue
        raw = match["h"]
        hour = _NUMBERS[raw] if raw in _NUMBERS else int(raw)
        minute = int(match["m"] or 0)
        part = (match["part"] or "").replace(".", "")
        if hour > 23 or minute > 59 or (hour > 12 and part == "am"):
            continue
        if (part in ("pm", "afternoon", "evening", "tarde", "soir", "noche") and hour < 12) or (
            part == "night" and 5 < hour < 12
        ):
            hour += 12
        elif part in ("am", "morning") and hour == 12:
            hour = 0
        if match["uhr"] in ("h", "hrs", "hours") and not match["at"]:
            continue
        marked = bool(match["m"] or part or match["uhr"])
        if raw in _NUMBERS and not (match["at"] or marked):
            continue
        found.append(_At(match.start(), match.end(), hour, minute, marked or bool(match["at"])))
    return found


_OFTEN = re.compile(r"(?:\bonce|\btwice|\btimes|\d\s*x|\bruns?|\bit|^|[.;,])\s*$")


def _everies(text: str) -> list[_Every]:
    found: list[_Every] = []
    for pattern, make in _ATOMS:
        for match in pattern.finditer(text):
            if any(match.start() < e.end and e.start < match.end() for e in found):
                continue
            if re.match(r"\s*per\s", match.group()) and not _OFTEN.search(text[: match.start()]):
                continue
            if make is _days and not _really_a_day(text, match):
                continue
            atom = make(match)
            if atom is not None:
                stripped = len(match.group()) - len(match.group().lstrip())
                found.append(replace(atom, start=match.start() + stripped))
    return sorted(found, key=lambda e: e.start)


_EXCEPT = re.compile(r"\b(?:except|but\s+not|excluding|other\s+than|not\s+on|außer|excepto|sauf)\b[\w\s]*$")


def _really_a_day(text: str, match: re.Match[str]) -> bool:
    if _EXCEPT.search(text[: match.start()]):
        return False
    short = re.fullmatch(r"(?:sun|sat|mon|wed|fri|thu|tue|martes)", match.group().strip())
    before = text[max(0, match.start() - 12) : match.start()]
    return not short and not re.search(r"\b(?:last|next|since|until|yesterday|previous)\s+$", before)


_ON_DATES = re.compile(
    r"(?<!until )(?<!since )(?<!after )(?<!before )\bon\s+(?P<dates>\d{4}-\d\d-\d\d(?:\s*(?:,|and|und"
    r"|&)\s*(?:on\s+)?\d{4}-\d\d-\d\d)*)"
)


def find_dates(text: str) -> tuple[list[str], str, list[tuple[int, int]]]:
    """(single dates the text names, time of day as HH:MM, their places): 'on 2026-12-01 and on 2027-03-15, 10:00'."""
    found = list(_ON_DATES.finditer(text))
    dates = [d for m in found for d in re.findall(r"\d{4}-\d\d-\d\d", m["dates"])]
    spans = [m.span() for m in found]
    times = [t for t in _times(_blank(text, spans)) if t.sure] if dates else []
    clock = f"{times[0].hour:02d}:{times[0].minute:02d}" if times else "00:00"
    return dates, clock, spans + [(t.start, t.end) for t in times[:1]]


def find_schedules(text: str) -> list[Schedule]:
    """Every schedule the (masked, lower-case) text names, in order; empty when it names none."""
    zone = find_zone(text)
    guards, guard_spans = _guards(text)
    hidden = _blank(text, [*guard_spans, *find_dates(text)[2]])
    everies, times = _everies(hidden), [t for t in _times(hidden) if not _not_a_time(hidden, t)]
    times = [t for t in times if not any(e.start <= t.start < e.end for e in everies)]
    groups = _group(hidden, everies, times)
    out = [_schedule(hidden, e, ts, zone, guards, guard_spans) for e, ts in groups]
    if not out and guards and any(g.kind in ("time_between", "date_between") for g in guards):
        return []
    return [_within_hours(text, s) for s in out]


def _within_hours(text: str, schedule: Schedule) -> Schedule:
    """'every two hours from 8 to 18' is said by cron itself; 'hourly, but only in office hours' keeps its guard."""
    span = next((g for g in schedule.guards if g.kind == "time_between"), None)
    minute, hour, *rest = schedule.cron.split()
    whole = span is not None and all(v.endswith(":00") for v in span.values)
    if span is None or not whole or minute != "0" or not re.fullmatch(r"\*(?:/\d+)?", hour) or schedule.with_seconds:
        return schedule
    if re.search(r"\b(?:only|but|office|business|working)\b", text):
        return schedule
    first, last = (int(v[:2]) for v in span.values)
    hours = f"{first}-{last}{hour[1:]}"
    guards = tuple(g for g in schedule.guards if g is not span)
    return replace(schedule, cron=" ".join([minute, hours, *rest]), guards=guards)


def _not_a_time(text: str, at: _At) -> bool:
    after = text[at.end : at.end + 14]
    before = text[max(0, at.start - 14) : at.start]
    unit = re.match(
        (
            r"\s*(?:%|x\b|times|attempts|tries|rows|lines|items|files|seconds?|secs?|minutes?|mins?|days?"
            r"|percent|gb|mb|kb|st\b|nd\b|rd\b|th\b|websites|[a-z]+s\b)"
        ),
        after,
    )
    counted = re.search(
        r"(?:limit|top|first|last|port|over|above|under|below|than|after|level|version|most|least|max|of)\s+$", before
    )
    return bool((unit and not at.sure) or (counted and not at.sure))


def _group(text: str, everies: list[_Every], times: list[_At]) -> list[tuple[_Every, list[_At]]]:
    groups: list[tuple[_Every, list[_At]]] = [(e, []) for e in everies]
    free: list[_At] = []
    for at in times:
        owner = _owner(text, everies, at)
        if owner is None:
            free.append(at)
        else:
            groups[owner][1].append(at)
    sure = [t for t in free if t.sure]
    groups = _shared_times(text, _merge(text, groups))
    if not groups:
        return [(_Every(ts[0].start, ts[-1].end), ts) for ts in _together(text, sure)]
    last = groups[-1][0]
    if not (last.minute and last.hour):
        groups += [(replace(last, start=t.start, end=t.end), [t]) for t in sure]
    return [(every, part) for every, ts in groups for part in (_together(text, ts) or [[]])]


def _shared_times(text: str, groups: list[tuple[_Every, list[_At]]]) -> list[tuple[_Every, list[_At]]]:
    """'at noon on the 15th and on the last day': the time before an 'and' holds for what follows it too."""
    out: list[tuple[_Every, list[_At]]] = []
    for every, times in groups:
        if out and not times and not every.hour and out[-1][1]:
            before, had = out[-1]
            gap = text[before.end : every.start]
            if had[-1].end <= before.start and re.fullmatch(
                r"\s*(?:,|and|und|y|et|&)\s*(?:also\s+)?(?:on\s+|am\s+)?(?:the\s+)?", gap
            ):
                times = had
        out.append((every, times))
    return out


def _together(text: str, times: list[_At]) -> list[list[_At]]:
    """'at 8, 12 and 16' is one cron; times with words between them, or other minutes, are schedules of their own."""
    out: list[list[_At]] = []
    for at in times:
        if out:
            before = out[-1][-1]
            joined = re.fullmatch(
                r"[\s,;&/]*(?:and|or|und|y|et)?[\s,]*(?:at|um|again)?\s*", text[before.end : at.start]
            )
            if joined and before.minute == at.minute:
                out[-1].append(at)
                continue
        out.append([at])
    return out


def _owner(text: str, everies: list[_Every], at: _At) -> int | None:
    """The recurrence this time belongs to: the nearest with only small words between."""
    best: tuple[int, int] | None = None
    for index, every in enumerate(everies):
        gap = text[every.end : at.start] if every.end <= at.start else text[at.end : every.start]
        if re.search(r"[.;!?]\s", gap) or len(gap) > 45 or (not at.sure and re.search(r"[a-z]{4,}", gap)):
            continue
        if every.minute and every.hour and not at.sure:
            continue
        if (
            every.minute
            and every.hour
            and not re.fullmatch(r"\W*(?:at|from|starting(?:\s+(?:at|from))?|beginning\s+at|,)?\W*", gap)
        ):
            continue
        if best is None or len(gap) < best[0]:
            best = (len(gap), index)
    return best[1] if best else None


def _merge(text: str, groups: list[tuple[_Every, list[_At]]]) -> list[tuple[_Every, list[_At]]]:
    """'daily on weekdays', '9 in the morning, first of the month': several atoms of one schedule become one."""
    out: list[tuple[_Every, list[_At]]] = []
    for every, times in groups:
        if out:
            before, had = out[-1]
            gap = text[before.end : every.start]
            close = len(gap) <= 30 and not re.search(r"\bwith\b|\band\b.*\bwith\b|[.;]\s", gap)
            both = _joined(before, every) if close else None
            if both is not None:
                out[-1] = (both, had + times)
                continue
        out.append((every, times))
    return out


def _joined(a: _Every, b: _Every) -> _Every | None:
    merged: dict[str, str] = {}
    for name in ("second", "minute", "hour", "dom", "month", "dow"):
        one, two = getattr(a, name), getattr(b, name)
        free = ("", "*")
        if one not in free and two not in free and one != two:
            return None
        merged[name] = two if one in free and two != "" else one
    if a.hour == "*" or b.hour == "*":
        merged["hour"] = "*"
    hour = a.default_hour if a.default_hour not in (0, 9) else (b.default_hour or a.default_hour)
    return _Every(
        min(a.start, b.start),
        max(a.end, b.end),
        minute=merged["minute"],
        hour=merged["hour"],
        dom=merged["dom"],
        month=merged["month"],
        dow=merged["dow"],
        second=merged["second"],
        guards=a.guards + b.guards,
        default_hour=hour,
    )


def _schedule(
    text: str,
    every: _Every,
    times: list[_At],
    zone: tuple[str, int, int] | None,
    guards: tuple[Guard, ...],
    guard_spans: list[tuple[int, int]],
) -> Schedule:
    note = ""
    spans = [(every.start, every.end), *((t.start, t.end) for t in times), *guard_spans]
    step = re.fullmatch(r"\*/(\d+)", every.hour)
    if step and len(times) == 1:
        n, first = int(step[1]), times[0].hour % int(step[1])
        minute, hour = str(times[0].minute), ",".join(str(h) for h in range(first, 24, n))
    elif every.hour and every.minute and not times:
        minute, hour = every.minute, every.hour
    elif times:
        minute = str(times[0].minute)
        hour = ",".join(str(h) for h in sorted({t.hour for t in times}))
    else:
        part = re.match(r"\s*(morning|afternoon|evening|night)\b", text[every.end :])
        if part:
            every = replace(every, default_hour={"morning": 8, "afternoon": 15, "evening": 20, "night": 22}[part[1]])
        minute, hour = "0", str(every.default_hour)
        note = f"No time of day was named; {every.default_hour:02d}:00 was taken."
    fields = [minute, hour, every.dom, every.month, every.dow]
    if every.second:
        fields.insert(0, every.second)
    if zone:
        spans.append((zone[1], zone[2]))
    return Schedule(
        " ".join(fields), zone[0] if zone else None, every.guards + guards, (), bool(every.second), tuple(spans), note
    )


_RANGE = r"(?:between|from|von|zwischen|entre|de)\s+"
_TIMES = re.compile(
    r"\b(?:(?:(?:but\s+)?only\s+)?(?:in|during|within)\s+)?(?:the\s+)?(?:office|business|working"
    rf"|bürozeiten|work)\s*(?:hours?)?\s*\(?\s*(?:{_RANGE})?(?P<a>\d{{1,2}})(?::(?P<am>\d\d))?\s*(?P<ap>am"
    rf"|pm)?\s*(?:-|–|to|and|bis|y|et)\s*(?P<b>\d{{1,2}})(?::(?P<bm>\d\d))?\s*(?P<bp>am|pm)?\b\)?"
    rf"|\b(?:only\s+)?{_RANGE}(?P<a2>\d{{1,2}})(?::(?P<am2>\d\d))?\s*(?P<ap2>am|pm|uhr|h)?\s*(?:-|–|to"
    rf"|and|till|until|bis|und|y|et|a|à)\s*(?P<b2>\d{{1,2}})(?::(?P<bm2>\d\d))?\s*(?P<bp2>am|pm|uhr"
    rf"|h)?\b(?!\s*(?:{_MONTH}|seconds|minutes|rows|attempts|and))"
)
_OFFICE = re.compile(r"\b(?:only\s+)?(?:in|during|within)\s+(?:office|business|working)\s+hours\b")
_DATE = (
    rf"(?:(?P<d{{0}}>\d{{{{1,2}}}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<mo{{0}}>{_MONTH})"
    rf"|(?P<mo{{0}}x>{_MONTH})\s+(?P<d{{0}}x>\d{{{{1,2}}}})(?:st|nd|rd|th)?),?\s+(?P<y{{0}}>\d{{{{4}}}})"
    rf"|(?P<iso{{0}}>\d{{{{4}}}}-\d\d-\d\d)"
)
_DATES = re.compile(
    rf"\b(?:but\s+)?(?:only\s+)?(?:between|from|zwischen|von)\s+(?:{_DATE.format(1)})\s*(?:and|to"
    rf"|until|till|-|–|und|bis)\s*(?:{_DATE.format(2)})"
)
_SINGLE_DATE = re.compile(
    rf"\b(?P<word>until|till|before|after|since|starting(?:\s+from)?|from)\s+(?:{_DATE.format(1)})"
)
_NOT_DAYS = re.compile(
    r"\b(?:except|but\s+not|excluding|other\s+than|not\s+on|außer|excepto"
    rf"|sauf)\s+(?:for\s+)?(?:on\s+)?(?P<days>(?:{_DAY}|week-?ends?|(?:public\s+"
    rf"|bank\s+)?holidays?)(?:(?:\s*,\s*|\s+and\s+|\s+or\s+|\s+und\s+)(?:on\s+)?(?:{_DAY}|week-?ends?"
    r"|(?:public\s+)?holidays?))*)\b"
)


def _guards(text: str) -> tuple[tuple[Guard, ...], list[tuple[int, int]]]:
    guards: list[Guard] = []
    spans: list[tuple[int, int]] = []
    for match in _DATES.finditer(text):
        guards.append(Guard("date_between", (_iso(match, "1"), _iso(match, "2"))))
        spans.append(match.span())
    if not guards:
        for match in _SINGLE_DATE.finditer(text):
            value = _iso(match, "1")
            guards.append(
                Guard("date_between", ("", value) if match["word"] in ("until", "till", "before") else (value, ""))
            )
            spans.append(match.span())
    for match in _TIMES.finditer(text):
        values = _time_range(match)
        if values:
            guards.append(Guard("time_between", values))
            spans.append(match.span())
    if not any(g.kind == "time_between" for g in guards) and (match_ := _OFFICE.search(text)):
        guards.append(Guard("time_between", ("09:00", "17:00")))
        spans.append(match_.span())
    for match in _NOT_DAYS.finditer(text):
        names = tuple(DAYS[_day_number(m.group()) - 1] for m in re.finditer(rf"\b(?:{_DAY})\b", match["days"]))
        if "week" in match["days"]:
            names += ("SATURDAY", "SUNDAY")
        if names:
            guards.append(Guard("not_days", names))
        if "holiday" in match["days"]:
            guards.append(Guard("holiday"))
        spans.append(match.span())
    return tuple(guards), spans


def _time_range(match: re.Match[str]) -> tuple[str, str] | None:
    s = "" if match["a"] else "2"
    a, b = int(match["a" + s]), int(match["b" + s])
    a_part, b_part = match["ap" + s], match["bp" + s]
    if b_part == "pm" and b < 12:
        b += 12
    if a_part == "pm" and a < 12:
        a += 12
    if b <= a and not b_part and b < 12:
        b += 12
    if a > 23 or b > 24:
        return None
    return f"{a:02d}:{match['am' + s] or '00'}", f"{b % 24:02d}:{match['bm' + s] or '00'}"


def _iso(match: re.Match[str], n: str) -> str:
    if match["iso" + n]:
        return match["iso" + n]
    month = _MONTHS.index((match["mo" + n] or match["mo" + n + "x"])[:3]) + 1
    return f"{match['y' + n]}-{month:02d}-{int(match['d' + n] or match['d' + n + 'x']):02d}"


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\ue00f" * (end - start) + text[end:]
    return text
