"""Credentials from secrets: the keys of a cloud, a trigger's key, a token in a header."""

from __future__ import annotations

import re

from copilot.draft.offline.editing.alerts import channels
from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned
from copilot.draft.offline.writer import named_secrets


def secrets_for(c: Change) -> bool:
    """Credentials from secrets: the keys of a cloud, a trigger's key, a token."""
    names = named_secrets(c.text)
    if not names or (channels(c) and re.search(r"\b(?:add|send|also|alert)\b", c.low)):
        return False
    done = False
    pool = [*c.doc.items("triggers"), *c.doc.tasks()]
    for name in names:
        before = c.doc.text
        done |= _place_secret(c, name, pool)
        if re.search(r"\beverywhere\b|\ball\s+places\b|\beach\s+place\b", c.low):
            _everywhere(c, before, name)
        pool = [*c.doc.items("triggers"), *c.doc.tasks()]
    region = re.search(r"\bregion\s+`?([a-z]{2}-[a-z]+-\d)\b", c.low)
    if region:
        for item in c.doc.tasks():
            definition = c.types.get(item.type)
            if definition and "region" in definition.properties:
                c.doc.set(item.path, "region", region[1])
                done = True
                break
    return done


def _everywhere(c: Change, before: str, name: str) -> None:
    """The secret that gave way in one place gives way in all."""
    called = r"secret\(['\"](\w+)['\"]\)"
    left = re.findall(called, c.doc.text)
    gone = {
        n for n in re.findall(called, before) if left.count(n) < len(re.findall(rf"secret\(['\"]{n}['\"]\)", before))
    }
    for old in gone:
        c.doc.write(re.sub(rf"(secret\(['\"]){old}(?=['\"]\))", rf"\g<1>{name}", c.doc.text))


_PLACES = (
    ("ACCESS_KEY_ID", "accessKeyId"),
    ("SECRET_ACCESS_KEY", "secretKeyId"),
    ("SECRET_KEY", "secretKeyId"),
    ("WEBHOOK_KEY", "key"),
    ("PASSWORD", "password"),
    ("USER", "username"),
    ("TOKEN", "token"),
    ("API_KEY", "apiKey"),
    ("WEBHOOK", "url"),
    ("HOOK", "url"),
    ("URL", "url"),
)


def _place_secret(c: Change, name: str, pool: list[Item]) -> bool:
    call = f"{{{{ secret('{name}') }}}}"
    key = next((k for part, k in _PLACES if part in name), "")
    meant = mentioned(pool, c.low)
    for item in meant + [i for i in pool if i not in meant]:
        definition = c.types.get(item.type)
        if (
            key
            and definition
            and key in definition.properties
            and (key in item.values or key in ("accessKeyId", "secretKeyId"))
        ):
            c.doc.set(item.path, key, call)
            return True
    return _in_header(c, name, call)


def _in_header(c: Change, name: str, call: str) -> bool:
    """A token that stands in a header or a value of a map."""
    words = [w for w in name.lower().split("_") if len(w) > 2]
    for item in c.doc.tasks():
        for field in ("headers", "env", "options"):
            mapping = item.values.get(field)
            if not isinstance(mapping, dict):
                continue
            for key in mapping:
                if any(w in str(key).lower() for w in words) or "authorization" in str(key).lower():
                    old = str(mapping[key])
                    c.doc.set((*item.path, field), key, f"Bearer {call}" if old.startswith("Bearer ") else call)
                    return True
    return False
