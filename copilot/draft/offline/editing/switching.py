"""On and off: tasks and triggers that are disabled or enabled, failures that are allowed or not."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.slots import properties_of
from copilot.draft.offline.editing.targets import group, rank, stem
from copilot.draft.offline.types import words_of

_ON = re.compile(
    r"\b(?:turn|switch)\s+(?:[\w-]+\s+){0,4}?(?:back\s+)?on\b|\b(?:re-?)?(?:enable|activate)\b|\bis\s+(?:active|enabled|on)\s+again\b|\bno\s+longer\s+disabled\b"
)
_OFF = re.compile(
    r"\b(?:turn|switch)\s+(?:[\w-]+\s+){0,4}?off\b|\b(?:disable|deactivate|suspend|mute|skip)\b|\bpause\s+(?:the\s+)?(?:\w+\s+)?(?:schedule|trigger)s?\b|\bcomment\s+(?:\w+\s+){0,4}?out\b"
    r"|\b(?:don'?t|do\s+not|should\s+not|shouldn'?t|must\s+not|no\s+longer)\s+(?:run|execute|start|fire|trigger)\b|\bstop\s+(?:running|the\s+(?:\w+\s+)?(?:schedule|trigger))\b|\b(?:should|must)\s+be\s+(?:disabled|inactive|off)\b"
)
_TRIGGER = re.compile(r"\b(?:schedules?|triggers?|cron|webhook|timer|automatic\w*)\b")


def switch(c: Change) -> bool:
    """Switch triggers or tasks on or off."""
    on, off = _ON.search(c.low), _OFF.search(c.low)
    if not (on or off) or re.search(r"\b(?:instead\s+of|rather\s+than|if|when|unless)\b", c.low):
        return False
    words = (on or off).string  # type: ignore[union-attr]
    pool = c.doc.items("triggers") if _TRIGGER.search(words) else [*c.doc.tasks(), *c.doc.items("triggers")]
    found = rank(pool, words)
    meant = group(pool, words) if found and found[0].score >= 1 else []
    if not meant and re.search(r"\b(?:it|that|this)\b", words):
        disabled = [i for i in pool if i.values.get("disabled") is True]
        meant = [i for i in pool if i.id in c.focus] or (disabled if on and len(disabled) == 1 else [])
    if not meant and _TRIGGER.search(words):
        meant = pool if len(pool) == 1 or re.search(r"\b(?:all|every|both|triggers)\b", words) else []
    if not meant and len(pool) > 1 and _TRIGGER.search(words):
        c.ask(f"Which trigger: {', '.join(f'`{t.id}`' for t in pool)}?")
        return True
    if not meant and re.search(r"\b(?:the|this|whole)\s+(?:\w+\s+)?(?:flow|workflow)\b", words):
        if off:
            c.doc.add_section("disabled", True)
        elif c.doc.flow.get("disabled") is True:
            c.doc.remove_key((), "disabled")
        return True
    return _apply(c, meant, bool(off))


def _apply(c: Change, meant: list[Item], off: bool) -> bool:
    done = False
    for item in meant:
        if off and item.values.get("disabled") is not True:
            c.doc.set(item.path, "disabled", True)
            done = True
        elif not off and "disabled" in item.values:
            c.doc.remove_key(item.path, "disabled")
            done = True
        c.focus_on(item)
    if meant and not done:
        c.answered_by(f"`{meant[0].id}` is {'off' if off else 'on'} already; nothing was changed.")
        return True
    return done


_DONT = re.compile(
    r"\b(?:don'?t|do\s+not|never|no\s+longer|stop)\s+(?P<verb>(?!run|wait|fail|need|want|use|let|change|touch|stop|forget|retry|be\b|have|do\b)[a-z]+)(?P<rest>[^,;]*)"
)


def leave_undone(c: Change) -> bool:
    """'don't purge the files': the task whose very name is that verb is switched off."""
    said = _DONT.search(c.low)
    if said is None:
        return False
    verb = stem(said["verb"])
    meant = [
        t
        for t in c.doc.tasks()
        if verb in {stem(p.lower()) for p in re.split(r"[_-]", t.id)} | {stem(w) for w in words_of(t.type)}
    ]
    found = rank(meant, said.group()) if len(meant) > 1 else []
    item = found[0].item if found else meant[0] if len(meant) == 1 else None
    if (
        item is None
        or "disabled" in item.values
        or any(n.lower() == said["verb"] for n in properties_of(item, c.types))
    ):
        return False
    c.doc.set(item.path, "disabled", True)
    c.notes.append(f"`{item.id}` is switched off.")
    return True


_MAY_FAIL = re.compile(
    r"\blet\s+(?:the\s+)?[\w-]+\s+fail\b|\b(?:may|can|could|is\s+allowed\s+to|are\s+allowed\s+to|is\s+ok(?:ay)?\s+to|might)\s+fail\b|\bcontinue\s+(?:anyway|even|with\s+the|if|when)|\b(?:ignore|tolerate|swallow)\b[^.;]*\b(?:errors?|failures?)|\ballow\w*\s+(?:\w+\s+){0,3}?(?:to\s+fail|failures?)|\bfails?\b[^.;]*\b(?:go\s+on|continue|carry\s+on|keep\s+going|proceed)|\b(?:don'?t|do\s+not|should\s+not|must\s+not|shouldn'?t)\s+(?:fail|stop|break|abort)\s+(?:the\s+)?(?:whole\s+|entire\s+)?(?:flow|run|execution|everything|pipeline)\b[^.;]*\b(?:if|when)\b|\b(?:flow|run|execution)\s+(?:should|must)\s+(?:not|n't)\s+(?:fail|stop|break)\s+(?:if|when)\b|\b(?:shouldn'?t|should\s+not|must\s+not|mustn'?t)\s+(?:stop|break|abort|fail|kill|block)\s+(?:the\s+)?(?:others?|rest|whole|remaining|run|flow|execution)|\b(?:fail\w*|cannot|can'?t|errors?|down|broken)\b.*\b(?:not\s+a\s+problem|no\s+problem|doesn'?t\s+matter|does\s+not\s+matter|(?:is|that'?s)\s+(?:fine|ok|okay)|never\s+mind|not\s+(?:so\s+)?important)\b|\b(?:shouldn'?t|should\s+not)\s+(?:make|let)\s+(?:\w+\s+){1,4}fail\b"
)
_MAY_NOT_FAIL = re.compile(
    r"\b(?:not|never|no\s+longer|n't)\s+(?:\w+\s+){0,2}?(?:allowed?\s+to\s+fail|allow\s+failures?)|\b(?:remove|drop|without)\s+(?:the\s+)?allow\s?failure"
)


def failures(c: Change) -> bool:
    """A step that may fail without failing the run, or no longer may."""
    if _MAY_NOT_FAIL.search(c.low):
        pool = [t for t in c.doc.tasks() if "allowFailure" in t.values]
        found = [f.item for f in rank(pool, c.low)] or (pool if len(pool) == 1 else [])
        for item in found[:1]:
            c.doc.remove_key(item.path, "allowFailure")
        return bool(found)
    if not _MAY_FAIL.search(c.low):
        return False
    pool = c.doc.tasks()
    found_ = rank(pool, c.low)
    meant = group(pool, c.low) if found_ else pool if len(pool) == 1 else [i for i in pool if i.id in c.focus]
    if not meant:
        loops = [
            t
            for t in pool
            if t.short_type.endswith(("foreach", "parallel", "flow.loop", "eachparallel", "eachsequential"))
        ]
        if len(loops) == 1:
            inside = [
                t
                for t in pool
                if t.path[: len(loops[0].path)] == loops[0].path and len(t.path) == len(loops[0].path) + 2
            ]
            meant = inside
    elif len(meant) > 1 and not re.search(r"\b(?:all|every|each|both|any)\b", c.low):
        meant = meant[:1]
    for item in meant:
        c.doc.set(item.path, "allowFailure", True)
        c.focus_on(item)
    return bool(meant)
