"""When a flow starts: another time, zone or rhythm for a schedule; an interval for a trigger that polls."""

from __future__ import annotations

import re

from copilot.draft.offline import features
from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, trigger_meant
from copilot.draft.offline.schedule import Schedule, find_schedules
from copilot.draft.offline.services import PREFIX
from copilot.draft.offline.timezones import find_zone

_NOT_SCHEDULE = re.compile(r"\b(?:retry|retries|attempts|tries|timeout|sleep|give\s+up|backoff|in\s+between)\b")


def reschedule(c: Change) -> bool:
    """Another time, zone or rhythm for a schedule; an interval for a trigger that polls; a schedule where there is none."""
    plain = re.sub(
        r"\b(?:instead\s+of|rather\s+than|not)\s+(?:at\s+)?(?:\d[\d:.]*\s*(?:am|pm)?|daily|hourly|weekly|monthly|every\s+\w+)",
        lambda m: " " * len(m.group()),
        c.low,
    )
    schedules = find_schedules(plain)
    only_days = re.search(
        r"\b(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\s+only\b|\bonly\s+(?:on\s+)?(?:weekdays?|working\s+days?|business\s+days?)\b",
        plain,
    )
    zone = re.search(r"\btime\s?zone\b", plain)
    if (not schedules and not only_days and not zone) or _NOT_SCHEDULE.search(plain):
        return False
    crons = [t for t in c.doc.items("triggers") if "cron" in t.values]
    polling = trigger_meant(c.doc, c.low, "trigger")
    every = re.search(rf"\b(?:every|each)\s+{features.DURATION}", plain)
    unit = re.search(r"\b(?:every|each|once\s+an?|once\s+per)\s+(?P<unit>second|minute|hour|day)\b", plain)
    beat = (
        features.duration(every["amount"], every["unit"])
        if every
        else features.duration("1", unit["unit"])
        if unit
        else ""
    )
    if not crons and polling is not None and beat and ("interval" in polling.values or _has_interval(c, polling.type)):
        c.doc.set(polling.path, "interval", beat)
        return True
    meant = (mentioned(crons, c.low) or crons[:1]) if crons else []
    if not meant:
        if not schedules:
            return False
        first = schedules[0]
        trigger = {"id": c.doc.new_id("schedule"), "type": PREFIX + "core.trigger.Schedule", "cron": first.cron}
        c.doc.add_section("triggers", [trigger | ({"timezone": first.timezone} if first.timezone else {})])
        return True
    trigger_ = meant[0]
    if schedules and re.search(r"\b(?:also|too|as\s+well|additionally|in\s+addition)\b", plain):
        return _one_more(c, trigger_, schedules[0], plain)
    if schedules:
        c.doc.set(
            trigger_.path, "cron", _merged(str(trigger_.values["cron"]), schedules[0].cron, schedules[0].note, plain)
        )
    elif only_days:
        c.doc.set(trigger_.path, "cron", _merged(str(trigger_.values["cron"]), "0 9 * * 1-5", "assumed", plain))
    to = re.search(r"\b(?:to|is|be)\s+(?P<place>[a-z_/ ]+)$", plain)
    found = find_zone(plain) or (find_zone(f"in {to['place']}") if zone and to else None)
    if not (schedules or only_days or found):
        return False
    if found:
        c.doc.set(trigger_.path, "timezone", found[0])
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


def _has_interval(c: Change, type_name: str) -> bool:
    definition = c.types.get(type_name)
    return bool(definition and "interval" in definition.properties)


def _merged(old: str, new: str, note: str, words: str) -> str:
    """A cron with the days of the new one and the time of the old where the words name no time, and the reverse."""
    named = {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
    }
    before, after = named.get(old.strip(), old).split(), new.split()
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
