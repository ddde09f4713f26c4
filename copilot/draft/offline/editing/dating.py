"""A month that is said: 'july 2019' where the flow holds a year and a month."""

from __future__ import annotations

import re
from collections.abc import Iterator

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.slots import Slot, slots

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SAID = re.compile(
    rf"\b(?P<month>(?:{'|'.join(_MONTHS)})[a-z]*)\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b|\b(?P<year2>(?:19|20)\d\d)-(?P<month2>0[1-9]|1[0-2])\b(?!-)"
)


def dated(c: Change) -> bool:
    """Year and month go where the flow keeps them, written as they were."""
    said = _SAID.search(c.low)
    if said is None:
        return False
    number = int(said["month2"]) if said["month2"] else _MONTHS.index(said["month"][:3]) + 1
    year = said["year"] or said["year2"]
    done = False
    for name, value in (("year", int(year)), ("month", number)):
        for slot in _named(c, name):
            width = len(str(slot.value))
            c.doc.set_path(slot.path, value if isinstance(slot.value, int) else str(value).zfill(width))
            done = True
    return done


def _named(c: Change, name: str) -> Iterator[Slot]:
    """Variables and inputs that hold a year or a month."""
    for slot in slots(c.doc, c.types):
        if not slot.present or not re.fullmatch(r"\d{1,4}", str(slot.value)):
            continue
        own = slot.path[0] == "variables" and slot.name == name
        given = (
            slot.item is not None and slot.item.section == "inputs" and slot.item.id == name and slot.name == "defaults"
        )
        if own or given:
            yield slot
