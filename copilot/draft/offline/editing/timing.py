"""When a flow starts: another time, zone or rhythm for a schedule; an interval for a trigger that polls."""

from __future__ import annotations

import re

from copilot.draft.offline import features
from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.targets import mentioned, trigger_meant
from copilot.draft.offline.schedule import find_schedules
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
    every = re.search(rf"\bevery\s+{features.DURATION}", plain)
    if not crons and polling is not None and every and ("interval" in polling.values or _has_interval(c, polling.type)):
        c.doc.set(polling.path, "interval", features.duration(every["amount"], every["unit"]))
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
    if schedules:
        c.doc.set(
            trigger_.path, "cron", _merged(str(trigger_.values["cron"]), schedules[0].cron, schedules[0].note, plain)
        )
    elif only_days:
        c.doc.set(trigger_.path, "cron", _merged(str(trigger_.values["cron"]), "0 9 * * 1-5", "assumed", plain))
    found = find_zone(plain)
    if found:
        c.doc.set(trigger_.path, "timezone", found[0])
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
