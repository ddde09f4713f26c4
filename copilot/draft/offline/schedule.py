"""Schedules in words to cron, time zone and guards.

A sentence is read as recurrence atoms ("every weekday", "the 1st of each month") and time atoms ("at 7", "18:30");
each recurrence takes the times next to it. What cron cannot say (last day of the month, office hours, a range of
dates, all days but one) becomes a guard on the trigger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from copilot.draft.offline.schedule_guards import find_guards
from copilot.draft.offline.schedule_words import (
    ATOMS,
    DAY,
    HOUR_WORDS,
    MONTH,
    MONTHS,
    NUMBERS,
    TIME,
    Every,
    Guard,
    Schedule,
    days,
)
from copilot.draft.offline.timezones import find_zone


@dataclass(frozen=True, slots=True)
class _At:
    start: int
    end: int
    hour: int
    minute: int
    sure: bool


_PART_OF_HOUR = re.compile(
    rf"\b(?:at\s+)?(?P<part>half|quarter)\s+(?P<side>past|to)\s+(?P<h>\d{{1,2}}"
    rf"|{HOUR_WORDS})\b(?:\s*(?P<pm>p\.?m\.?|in\s+the\s+(?:evening|afternoon)))?"
)


def _parts_of_hours(text: str) -> list[_At]:
    """'half past ten', 'quarter to six pm'."""
    out = []
    for match in _PART_OF_HOUR.finditer(text):
        hour = NUMBERS[match["h"]] if match["h"] in NUMBERS else int(match["h"])
        hour += 12 if match["pm"] and hour < 12 else 0
        minutes = (hour * 60 + (30 if match["part"] == "half" else 15) * (1 if match["side"] == "past" else -1)) % 1440
        out.append(_At(match.start(), match.end(), minutes // 60, minutes % 60, True))
    return out


def _times(text: str) -> list[_At]:
    found = _parts_of_hours(text)
    text = _blank(text, [(t.start, t.end) for t in found])
    for match in TIME.finditer(text):
        if match["word"]:
            hour = 0 if match["word"].startswith(("midn", "mittern", "median", "minu")) else 12
            found.append(_At(match.start(), match.end(), hour, 0, True))
            continue
        raw = match["h"]
        hour = NUMBERS[raw] if raw in NUMBERS else int(raw)
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
        after_day = re.search(rf"(?:{DAY})\s*$", text[: match.start()])
        if match["uhr"] in ("h", "hrs", "hours") and not match["at"] and not after_day:
            continue
        marked = bool(match["m"] or part or match["uhr"])
        if raw in NUMBERS and not (match["at"] or marked):
            continue
        found.append(_At(match.start(), match.end(), hour, minute, marked or bool(match["at"])))
    return found


_OFTEN = re.compile(r"(?:\bonce|\btwice|\btimes|\d\s*x|\bruns?|\bit|^|[.;,])\s*$")


def _everies(text: str) -> list[Every]:
    found: list[Every] = []
    for pattern, make in ATOMS:
        for match in pattern.finditer(text):
            if any(match.start() < e.end and e.start < match.end() for e in found):
                continue
            if re.match(r"\s*per\s", match.group()) and not _OFTEN.search(text[: match.start()]):
                continue
            if make is days and not _really_a_day(text, match):
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


_ONE_DATE = r"\d{4}-\d\d-\d\d(?:\s+(?:at\s+)?\d{1,2}:\d\d)?"
_ON_DATES = re.compile(
    rf"(?<!until )(?<!since )(?<!after )(?<!before )\bon\s+(?P<dates>{_ONE_DATE}(?:\s*(?:,|and|und|&)\s*(?:on\s+)?{_ONE_DATE})*)"
)


_WRITTEN = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{MONTH})\s+(?P<year>\d{{4}})\b")


def _with_iso_dates(text: str) -> str:
    """'24 dec 2026' as 2026-12-24 at the same place; shorter spellings are left alone, so that offsets stay."""

    def iso(match: re.Match[str]) -> str:
        month = MONTHS.index(match["month"][:3]) + 1
        shown = f"{match['year']}-{month:02d}-{int(match['day']):02d}"
        return shown.ljust(len(match.group())) if len(shown) <= len(match.group()) else match.group()

    return _WRITTEN.sub(iso, text)


def find_dates(text: str) -> tuple[list[str], str, list[tuple[int, int]]]:
    """(single dates the text names, some with their own time, the time of day of the others as HH:MM, their places):
    'on 2026-12-01 and on 2027-03-15, 10:00'."""
    text = _with_iso_dates(text)
    found = list(_ON_DATES.finditer(text))
    dates = [re.sub(r"\s+(?:at\s+)?", "T", d) for m in found for d in re.findall(_ONE_DATE, m["dates"])]
    spans = [m.span() for m in found]
    times = [t for t in _times(_blank(text, spans)) if t.sure] if dates else []
    clock = f"{times[0].hour:02d}:{times[0].minute:02d}" if times else "00:00"
    return dates, clock, spans + [(t.start, t.end) for t in times[:1]]


def find_schedules(text: str) -> list[Schedule]:
    """Every schedule the (masked, lower-case) text names, in order; empty when it names none."""
    zone = find_zone(text)
    guards, guard_spans = find_guards(text)
    paths = [m.span() for m in _PATH.finditer(text)]
    hidden = _blank(text, [*guard_spans, *find_dates(text)[2], *paths])
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


_MEASURED = re.compile(r"\s*(?:%|seconds?\b|secs?\b|minutes?\b|mins?\b|percent\b|[gmk]b\b|rows?\b|tries\b|times\b)")
"""What a number is an amount of, even after 'at': 'starting at 10 seconds'."""
_PATH = re.compile(r"(?<!\S)(?:/\S+|\S+/)(?=\s|$)")
"""A folder called 'daily/' says nothing of when."""


def _not_a_time(text: str, at: _At) -> bool:
    if _MEASURED.match(text, at.end):
        return True
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


def _group(text: str, everies: list[Every], times: list[_At]) -> list[tuple[Every, list[_At]]]:
    groups: list[tuple[Every, list[_At]]] = [(e, []) for e in everies]
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
        return [(Every(ts[0].start, ts[-1].end), ts) for ts in _together(text, sure)]
    last = groups[-1][0]
    if not (last.minute and last.hour):
        groups += [(replace(last, start=t.start, end=t.end), [t]) for t in sure]
    return [(every, part) for every, ts in groups for part in (_together(text, ts) or [[]])]


def _shared_times(text: str, groups: list[tuple[Every, list[_At]]]) -> list[tuple[Every, list[_At]]]:
    """'at noon on the 15th and on the last day': the time before an 'and' holds for what follows it too."""
    out: list[tuple[Every, list[_At]]] = []
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


def _owner(text: str, everies: list[Every], at: _At) -> int | None:
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


def _merge(text: str, groups: list[tuple[Every, list[_At]]]) -> list[tuple[Every, list[_At]]]:
    """'daily on weekdays', '9 in the morning, first of the month': several atoms of one schedule become one."""
    out: list[tuple[Every, list[_At]]] = []
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


def _joined(a: Every, b: Every) -> Every | None:
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
    return Every(
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
    every: Every,
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


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\ue00f" * (end - start) + text[end:]
    return text


__all__ = ["Guard", "Schedule", "find_dates", "find_schedules"]
