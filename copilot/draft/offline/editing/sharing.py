"""What concerns many tasks: values in one place, another runner, another version of Kestra; and questions about a flow."""

from __future__ import annotations

import re
from collections.abc import Mapping

from copilot.draft.offline.editing.change import Change
from copilot.draft.offline.editing.document import Item
from copilot.draft.offline.editing.targets import mentioned, rank
from copilot.draft.offline.services import PREFIX
from engine.flow.upgrade import upgrade

_NOTHING = re.compile(
    r"\bnothing\s+to\s+change\b|\bdon'?t\s+change\s+anything|\b(?:just|only)\s+(?:explain|tell\s+me|describe)\b|\bno\s+changes?\b(?!\s+to\s+the)|^\W*(?:what|why|how|is|are|does|do|did|has)\b[^.]*\?\s*$|\bexplain\s+(?:what|how|why)\b|^\W*(?:please\s+|can\s+you\s+|could\s+you\s+)?(?:explain|summari[sz]e|walk\s+me\s+through|describe\s+(?:this|the\s+(?:flow|workflow)|what|how|it)\b(?!.*[\ue001\ue002]))"
)


_IMPOSSIBLE = re.compile(r"\bif\s+(?:that\s+is\s+|it\s+is\s+|it's\s+)?not\s+possible\s+(?:leave|keep)")


def explain(c: Change) -> bool:
    """Nothing is to change."""
    if _NOTHING.search(c.low):
        c.answered = True
        c.notes.append("Nothing was changed; the flow is as it was.")
    elif _IMPOSSIBLE.search(c.low) and re.search(r"\bwarning", c.low) and c.doc.flow.get("errors"):
        c.answered = True
        c.notes.append(
            "`errors` runs only when the execution fails, so a warning cannot start it; the flow was left as it is. An afterExecution task or a second flow with a Flow trigger on WARNING would do it."
        )
    return c.answered


def migrate(c: Change) -> bool:
    """To another version of Kestra."""
    version = re.search(
        r"\b(?:migrat\w*|upgrad\w*|mov\w+|adapt\w*|convert|port|update|switch\w*)\b[^.;]*?\b(?:kestra\s*)?v?(\d\.\d)\b",
        c.low,
    )
    if not version:
        return _modern(c)
    text, left = upgrade(c.doc.text, version[1])
    changed = text != c.doc.text
    c.doc.write(text)
    c.target = version[1]
    c.notes += [f"Line {f.line}: {f.message} {f.hint}" for f in left if f.severity == "error"]
    if not changed:
        c.answered = True
        c.notes.append(f"Nothing has to change for Kestra {version[1]}.")
    return True


_SUCCESSORS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "EachSequential": ("core.flow.ForEach", {"value": "values"}),
    "EachParallel": ("core.flow.ForEach", {"value": "values", "concurrent": "concurrencyLimit"}),
    "Echo": ("core.log.Log", {"format": "message"}),
}
"""What took the place of deprecated tasks, with the properties that are called otherwise."""


def _modern(c: Change) -> bool:
    """'EachSequential is deprecated, modernise it': what the version at hand has newer names for."""
    if not re.search(r"\b(?:moderni[sz]\w*|deprecated|outdated|obsolete)\b", c.low):
        return False
    before = c.doc.text
    meant = [f.item for f in rank(c.doc.tasks(), c.low) if f.score >= 1.5][:1]
    if not meant:
        c.doc.write(upgrade(before, c.types.target)[0])
    for item in meant or c.doc.tasks():
        name = item.type.rsplit(".", 1)[-1]
        newer, keys = _SUCCESSORS.get(name, ("", {}))
        for old, new in keys.items() if newer else ():
            if old in item.values:
                c.doc.rename_key((*item.path, old), new)
        if newer:
            c.doc.set(item.path, "type", PREFIX + newer)
        if name == "EachParallel" and "concurrent" not in item.values:
            c.doc.set(item.path, "concurrencyLimit", 0)
    return c.doc.text != before


def runner(c: Change) -> bool:
    """Docker or not, and which image."""
    done = False
    image = re.search(r"\bimage\s+(?:to\s+|is\s+|=\s*)?`?([\w./-]+:[\w.-]+)", c.words) or re.search(
        r"^\W*(?:use|with|run\s+(?:it\s+)?(?:in|on|with))\s+`?([a-z][\w./-]*:\d[\w.-]*)`?$", c.words
    )
    scripts = [t for t in c.doc.tasks() if "scripts." in t.short_type or "containerImage" in t.values]
    if image and scripts:
        item = (mentioned(scripts, c.low) or scripts)[0]
        c.doc.set(item.path, "containerImage", image[1])
        done = True
    named = re.search(
        r"\b(?:docker|container)\s+(?:with|using|on|image|and)\s+(?:image\s+)?`?([a-z][\w./-]*(?::[\w.-]+)?)", c.low
    )
    if named and scripts and not image:
        c.doc.set((mentioned(scripts, c.low) or scripts)[0].path, "containerImage", named[1])
        scripts = [t for t in c.doc.tasks() if "scripts." in t.short_type or "containerImage" in t.values]
        done = True
    language = re.search(
        r"\b(?P<name>python|node|ruby|julia|php|perl)\s+v?(?P<version>\d+(?:\.\d+)*)(?=\s+image|\s*$)", c.low
    )
    for item in scripts if language else ():
        now = str(item.values.get("containerImage", ""))
        if (
            language
            and f"scripts.{language['name']}" in item.short_type
            and (not now or now.startswith(language["name"]))
        ):
            slim = "-slim" if not now or "slim" in now else ""
            c.doc.set(item.path, "containerImage", f"{language['name']}:{language['version']}{slim}")
            done = True
    without = re.search(
        r"\b(?:without|no|not\s+in|(?:don'?t|do\s+not)\s+(?:use|need|want|have)|not\s+use)\s+docker\b|\bprocess\s+runner\b|\bas\s+a\s+(?:local\s+)?process\b|\b(?:run|runs|running)\b.*\blocally\b",
        c.low,
    )
    inside = re.search(r"\b(?:in|with|inside)\s+(?:a\s+)?(?:docker|container)\b", c.low)
    if (without or inside) and scripts:
        name = PREFIX + ("core.runner.Process" if without else "scripts.runner.docker.Docker")
        for item in mentioned(scripts, c.low)[:1] or scripts[:1]:
            if (item.values.get("taskRunner") or {}).get("type") == name:
                c.answered_by(f"`{item.id}` has that runner already.")
                continue
            if isinstance(item.values.get("taskRunner"), dict):
                c.doc.set((*item.path, "taskRunner"), "type", name)
            else:
                c.doc.set(item.path, "taskRunner", {"type": name})
            if without and "containerImage" in item.values:
                c.doc.remove_key(item.path, "containerImage")
        done = True
    return done


def plugin_defaults(c: Change) -> bool:
    """What several tasks repeat goes to one place."""
    if not re.search(
        r"\bplugin\s?defaults?\b|\b(?:in|to)\s+one\s+place\b|\bonly\s+once\b|\brepeated\b|\bwritten\s+(?:\w+\s+)?times\b|\bduplicat",
        c.low,
    ):
        return False
    groups: dict[str, list[Item]] = {}
    for item in c.doc.tasks():
        groups.setdefault(item.type.rsplit(".", 1)[0], []).append(item)
    best: tuple[int, str, dict[str, object]] | None = None
    for prefix, items in groups.items():
        if len(items) < 2:
            continue
        first = items[0].values
        shared = {
            k: v
            for k, v in first.items()
            if k not in ("id", "type", "sql", "description") and all(i.values.get(k) == v for i in items)
        }
        if shared and (best is None or len(items) * len(shared) > best[0]):
            best = (len(items) * len(shared), prefix, shared)
    if best is None:
        return False
    _, prefix, shared = best
    for key in shared:
        for item in c.doc.tasks():
            if item.type.startswith(prefix + ".") and key in item.values:
                c.doc.remove_key(item.path, key)
    c.doc.add_section("pluginDefaults", [{"type": prefix, "values": shared}])
    return True
