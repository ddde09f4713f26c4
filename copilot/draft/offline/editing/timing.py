"""When a flow starts: another time, zone or rhythm for a schedule; an interval for a trigger that polls."""

from __future__ import annotations

import re

from copilot.draft.offline import features
from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import group, plural, rank
from copilot.draft.offline.schedule import Schedule, find_schedules
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.timezones import find_zone

_NOT_SCHEDULE = re.compile(r"\b(?:retry|retries|attempts|tries|timeout|sleep|give\s+up|backoff|in\s+between)\b")
_OLD = re.compile(
    r"\b(?:instead\s+of|rather\s+than|not)\s+(?:at\s+)?(?:\d[\d:.]*\s*(?:am|pm)?|daily|hourly|weekly|monthly|nightly|every\s+\w+)"
)
_BARE = re.compile(r"(?<!every )(?<!each )\b(?:half\s+an\s+hour|an\s+hour)\b")
_VERSION = re.compile(r"\b(?!(?:at|by|from|until|to|and|um)\b)[a-z]+\s+v?\d+\.\d+\b(?!\s*(?:am|pm))")
_RHYTHM = r"(?:nightly|daily|hourly|weekly|monthly)"
_HYPHENATED = re.compile(rf"\b(?:\w+-)*{_RHYTHM}(?:-\w+)+\b|\b(?:\w+-)+{_RHYTHM}\b")
_ONLY_DAYS = re.compile(
    r"\b(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\s+only\b|\bonly\s+(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\b"
)
_NO_WEEKENDS = re.compile(r"\b(?:not|no|nobody|never|except|without|don'?t|doesn'?t|skip|but)\b[^.;]*\bweekends?\b")
_MORE = re.compile(r"\b(?:also|too|as\s+well|additionally|in\s+addition)\b")
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}


def reschedule(c: Change) -> bool:
    """Another time, zone or rhythm; a schedule where there is none."""
    plain = _words_of_time(c)
    if _NOT_SCHEDULE.search(plain):
        return False
    crons = [t for t in c.doc.items("triggers") if "cron" in t.values]
    if not crons and (beat := _beat(plain)) and (polling := _polling(c)) is not None:
        c.doc.set(polling.path, "interval", beat)
        c.focus_on(polling)
        return True
    schedules, days = find_schedules(plain), _ONLY_DAYS.search(plain) or _NO_WEEKENDS.search(plain)
    if _NO_WEEKENDS.search(plain):
        schedules = find_schedules(_blank(r"\bweekends?\b", plain))
    zone = _zone(plain, bool(crons))
    if not crons:
        return bool(schedules) and _first_schedule(c, schedules[0])
    if not (schedules or days or zone):
        return False
    meant = group(crons, c.low) if plural(c.low) and rank(crons, c.low) else []
    meant = meant or (crons if re.search(r"\bboth\b|\ball\b", plain) else [_the_one(c, crons)])
    if schedules and _MORE.search(plain):
        return _one_more(c, meant[0], schedules[0], plain)
    before = c.doc.text
    minute = re.search(
        r"\b(?:at\s+)?minute\s+(?P<n>[0-5]?\d)\b|\b(?P<m>[0-5]?\d)\s+(?:minutes?\s+)?past\s+(?:the|every|each)\s+(?:full\s+)?hour",
        plain,
    )
    for trigger in meant:
        old = str(trigger.values["cron"])
        if minute and len(old.split()) == 5 and old.split()[1] == "*":
            c.doc.set(trigger.path, "cron", " ".join([minute["n"] or minute["m"], *old.split()[1:]]))
        elif schedules:
            c.doc.set(trigger.path, "cron", _merged(old, schedules[0].cron, schedules[0].note, plain))
        elif days:
            fields = _NICKNAMES.get(old.strip(), old).split()
            c.doc.set(trigger.path, "cron", " ".join([*fields[:4], "1-5"]) if len(fields) == 5 else "0 9 * * 1-5")
        if zone and not (zone == "UTC" and str(trigger.values.get("timezone", "")) in ("Etc/UTC", "UTC")):
            c.doc.set(trigger.path, "timezone", zone)
        c.focus_on(trigger)
    if c.doc.text == before:
        c.answered_by("It runs then already; nothing was changed.")
    return True


def _words_of_time(c: Change) -> str:
    """The words without what only sounds like a time: ids such as ``quarter_hourly``, 'instead of daily', 'half an hour'."""
    low = re.sub(r"\bthree\s+quarters\s+of\s+an\s+hour\b", "45 minutes", c.low)
    low = re.sub(r"\b(?:a\s+)?quarter\s+of\s+an\s+hour\b|\bquarter\s+hour\b", "15 minutes", low)
    for trigger in c.doc.items("triggers"):
        if re.search(r"[_-]", trigger.id):
            low = _blank(rf"\b{re.sub('[_-]', '[_ -]', re.escape(trigger.id.lower()).replace(chr(92), ''))}\b", low)
    low = _blank(
        r"\bat\s+(?:most\s+|least\s+)?\d+\s+(?!am\b|pm\b|o'?clock|in\b|on\b|every|each|daily|utc|gmt|sharp|and\b|or\b|instead|please|the\b|for\b|uhr|but\b|with\b|a\b|local|[a-z]+\s+time\b)[a-z]+s\b",
        low,
    )
    low = _blank(_VERSION.pattern, _blank(_HYPHENATED.pattern, low))
    return _blank(_BARE.pattern, _blank(_OLD.pattern, low))


def _blank(pattern: str, words: str) -> str:
    return re.sub(pattern, lambda m: " " * len(m.group()), words)


def _the_one(c: Change, crons: list[Item]) -> Item:
    """The schedule that is named, or was spoken of before; the first otherwise."""
    found = rank(crons, c.low)
    return found[0].item if found else next((t for t in crons if t.id in c.focus), crons[0])


def _beat(words: str) -> str:
    """ISO 8601 of 'every 5 minutes', 'each hour'; '' when there is none."""
    every = re.search(rf"\b(?:every|each)\s+{features.DURATION}", words)
    if every:
        return features.duration(every["amount"], every["unit"])
    unit = re.search(r"\b(?:every|each|once\s+an?|once\s+per)\s+(?P<unit>second|minute|hour|day)\b", words)
    return features.duration("1", unit["unit"]) if unit else ""


def _polling(c: Change) -> Item | None:
    """The trigger that looks at intervals."""
    pool = []
    for trigger in c.doc.items("triggers"):
        definition = c.types.get(trigger.type)
        if "interval" in trigger.values or (definition is not None and "interval" in definition.properties):
            pool.append(trigger)
    found = rank(pool, c.low)
    return found[0].item if found else pool[0] if pool else None


def _zone(words: str, scheduled: bool) -> str:
    """The time zone that is said, '' without one."""
    found = find_zone(words)
    if found is None and re.search(r"\btime\s?zone\b", words):
        to = re.search(r"\b(?:to|is|be)\s+(?P<place>[a-z_/ ]+)$", words)
        found = find_zone(f"in {to['place']}") if to else None
    if found is None and scheduled and re.search(r"\d\s*(?:am|pm|:\d\d)?\s+[a-z]+$", words):
        found = find_zone("in " + words.split()[-1])
    return found[0] if found else ""


_RECURS = re.compile(
    r"\b(?:every|each|daily|hourly|weekly|monthly|nightly|yearly|quarterly|once\s+an?|twice\s+a|at\s+\d|\d\s*(?:am|pm)|\d:\d\d|noon|midnight|mornings?|evenings?|nights?|schedule|cron|weekdays?|workdays?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|uhr)\b"
)


def _first_schedule(c: Change, said: Schedule) -> bool:
    if not _RECURS.search(c.low):
        return False
    trigger = {"id": c.doc.new_id("schedule"), "type": PREFIX + "core.trigger.Schedule", "cron": said.cron}
    c.doc.add_section("triggers", [trigger | ({"timezone": said.timezone} if said.timezone else {})])
    return True


def _one_more(c: Change, trigger: Item, said: Schedule, words: str) -> bool:
    """'also on Saturdays': one more day or hour in the cron, a trigger of its own where both differ."""
    old = str(trigger.values["cron"])
    new = _merged(old, said.cron, said.note, words)
    before, after = old.split(), new.split()
    differ = [i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b]
    if not differ:
        c.answered_by("It runs then already; nothing was changed.")
    elif len(differ) == 1 and "*" not in (before[differ[0]], after[differ[0]]) and "L" not in before[differ[0]]:
        before[differ[0]] += "," + after[differ[0]]
        c.doc.set(trigger.path, "cron", " ".join(before))
    else:
        more = {k: v for k, v in trigger.values.items() if k not in ("id", "cron")}
        name = c.doc.new_id(trigger.id + "_too")
        zone = {"timezone": said.timezone} if said.timezone else {}
        c.doc.insert_items([{"id": name, "type": trigger.type, "cron": new, **more, **zone}], after=trigger.path)
    return True


def _merged(old: str, new: str, note: str, words: str) -> str:
    """A cron with the days of the new one and the time of the old where the words name no time, and the reverse."""
    before, after = _NICKNAMES.get(old.strip(), old).split(), new.split()
    if len(before) != 5 or len(after) != 5:
        return new
    if note and after[1] not in ("*",) and "/" not in after[1]:
        after[:2] = before[:2] if before[0].isdigit() and before[1].isdigit() else after[:2]
    days_named = re.search(
        r"\b(?:every|each|daily|day|week\w*|month\w*|hourly|minute|hour|mon|tue|wed|thu|fri|sat|sun)\w*\b", words
    )
    if not days_named and after[2:] == ["*", "*", "*"]:
        after[2:] = before[2:]
    return " ".join(after)
