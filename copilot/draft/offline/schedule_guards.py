"""What cron cannot say, in words: hours of a day, ranges of dates, days left out."""

from __future__ import annotations

import re

from copilot.draft.offline.schedule_words import DAY, DAYS, MONTH, MONTHS, Guard, day_number

_RANGE = r"(?:between|from|von|zwischen|entre|de)\s+"


_TIMES = re.compile(
    r"\b(?:(?:(?:but\s+)?only\s+)?(?:in|during|within)\s+)?(?:the\s+)?(?:office|business|working"
    rf"|bürozeiten|work)\s*(?:hours?)?\s*\(?\s*(?:{_RANGE})?(?P<a>\d{{1,2}})(?::(?P<am>\d\d))?\s*(?P<ap>am"
    rf"|pm)?\s*(?:-|–|to|and|bis|y|et)\s*(?P<b>\d{{1,2}})(?::(?P<bm>\d\d))?\s*(?P<bp>am|pm)?\b\)?"
    rf"|\b(?:only\s+)?{_RANGE}(?P<a2>\d{{1,2}})(?::(?P<am2>\d\d))?\s*(?P<ap2>am|pm|uhr|h)?\s*(?:-|–|to"
    rf"|and|till|until|bis|und|y|et|a|à)\s*(?P<b2>\d{{1,2}})(?::(?P<bm2>\d\d))?\s*(?P<bp2>am|pm|uhr"
    rf"|h)?\b(?!\s*(?:{MONTH}|seconds|minutes|rows|attempts|and))"
)


_OFFICE = re.compile(r"\b(?:only\s+)?(?:in|during|within)\s+(?:office|business|working)\s+hours\b")


_DATE = (
    rf"(?:(?P<d{{0}}>\d{{{{1,2}}}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<mo{{0}}>{MONTH})"
    rf"|(?P<mo{{0}}x>{MONTH})\s+(?P<d{{0}}x>\d{{{{1,2}}}})(?:st|nd|rd|th)?),?\s+(?P<y{{0}}>\d{{{{4}}}})"
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
    rf"|sauf)\s+(?:for\s+)?(?:on\s+)?(?P<days>(?:{DAY}|week-?ends?|(?:public\s+"
    rf"|bank\s+)?holidays?)(?:(?:\s*,\s*|\s+and\s+|\s+or\s+|\s+und\s+)(?:on\s+)?(?:{DAY}|week-?ends?"
    r"|(?:public\s+)?holidays?))*)\b"
)


def find_guards(text: str) -> tuple[tuple[Guard, ...], list[tuple[int, int]]]:
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
        names = tuple(DAYS[day_number(m.group()) - 1] for m in re.finditer(rf"\b(?:{DAY})\b", match["days"]))
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
    month = MONTHS.index((match["mo" + n] or match["mo" + n + "x"])[:3]) + 1
    return f"{match['y' + n]}-{month:02d}-{int(match['d' + n] or match['d' + n + 'x']):02d}"
