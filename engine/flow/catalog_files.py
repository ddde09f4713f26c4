"""Write a catalog folder: the types, an index of byte ranges into them, and the flow language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_catalog(
    types: Iterable[Mapping[str, Any]], base: Mapping[str, Any], out: Path, partly_known: Iterable[str] = ()
) -> int:
    """Write ``types.jsonl``, ``index.json`` and ``base.json`` into a folder; the number of types.

    The same types give the same bytes, whatever order they come in.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines: list[bytes] = []
    index: dict[str, list[Any]] = {}
    aliases: dict[str, str] = {}
    offset = 0
    for entry in sorted(types, key=lambda t: str(t["type"])):
        line = (_dump(entry) + "\n").encode()
        versions = (entry.get("since", ""), entry.get("removed", ""))
        index[entry["type"]] = [offset, len(line), entry["kind"], *versions]
        aliases |= dict.fromkeys(entry.get("aliases", []), entry["type"])
        lines.append(line)
        offset += len(line)
    (out / "types.jsonl").write_bytes(b"".join(lines))
    document = {
        "versions": base["versions"],
        "partly_known": sorted(partly_known),
        "types": index,
        "aliases": {alias: name for alias, name in sorted(aliases.items()) if alias not in index},
    }
    (out / "index.json").write_text(_dump(document) + "\n")
    (out / "base.json").write_text(_dump(base) + "\n")
    return len(lines)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
