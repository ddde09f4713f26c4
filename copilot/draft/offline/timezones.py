"""Time zones as people name them: a zone's own name, the city in it, an abbreviation, a country with one zone."""

from __future__ import annotations

import re
from functools import lru_cache

_ABBREVIATIONS = {
    "utc": "UTC", "gmt": "GMT", "zulu": "UTC", "cet": "Europe/Paris", "cest": "Europe/Paris", "est": "America/New_York",
    "edt": "America/New_York", "et": "America/New_York", "eastern": "America/New_York", "cst": "America/Chicago",
    "ct": "America/Chicago", "central": "America/Chicago", "mst": "America/Denver", "mountain": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles", "bst": "Europe/London", "ist": "Asia/Kolkata", "jst": "Asia/Tokyo",
    "uk": "Europe/London", "germany": "Europe/Berlin", "german": "Europe/Berlin", "france": "Europe/Paris",
    "french": "Europe/Paris", "spain": "Europe/Madrid", "italy": "Europe/Rome", "japan": "Asia/Tokyo",
    "india": "Asia/Kolkata", "indian": "Asia/Kolkata", "switzerland": "Europe/Zurich", "austria": "Europe/Vienna",
    "poland": "Europe/Warsaw", "netherlands": "Europe/Amsterdam", "sweden": "Europe/Stockholm",
    "portugal": "Europe/Lisbon", "singapore": "Asia/Singapore", "ireland": "Europe/Dublin",
    "munich": "Europe/Berlin", "münchen": "Europe/Berlin", "hamburg": "Europe/Berlin", "frankfurt": "Europe/Berlin",
    "san francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles", "boston": "America/New_York",
    "washington": "America/New_York", "miami": "America/New_York", "dallas": "America/Chicago",
    "austin": "America/Chicago", "houston": "America/Chicago", "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata", "beijing": "Asia/Shanghai", "milan": "Europe/Rome", "rom": "Europe/Rome",
    "lyon": "Europe/Paris", "barcelona": "Europe/Madrid", "geneva": "Europe/Zurich", "wien": "Europe/Vienna",
    "zürich": "Europe/Zurich", "new-york": "America/New_York", "nyc": "America/New_York", "la": "America/Los_Angeles",
    "rio": "America/Sao_Paulo", "brasilia": "America/Sao_Paulo", "tel aviv": "Asia/Jerusalem", "kyiv": "Europe/Kyiv",
    "lisboa": "Europe/Lisbon", "londres": "Europe/London", "parís": "Europe/Paris", "lissabon": "Europe/Lisbon",
    "warschau": "Europe/Warsaw", "prag": "Europe/Prague",
}  # fmt: skip
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    from zoneinfo import available_timezones

    names = sorted(n for n in available_timezones() if n.split("/")[0] in _REGIONS)
    cities = {name.rsplit("/", 1)[-1].replace("_", " ").lower(): name for name in names if "/" in name}
    return {**cities, **_ABBREVIATIONS}


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    place = "|".join(re.escape(p) for p in sorted(_places(), key=len, reverse=True))
    iana = rf"\b(?:{'|'.join(_REGIONS)})/[a-z_]+(?:/[a-z_]+)?\b"
    before = (
        rf"\b(?:in|hora(?:rio)? de|heure de|time (?:in|of)|zone|uhrzeit|um .{{1,8}} uhr)\s+(?P<a>{place})\b(?!\s*-)"
    )
    after = rf"\b(?P<b>{place})(?:er)?\s*(?:time\b|zeit\b|local\b|timezone\b|tz\b|hours?\b)"
    bare = (
        r"(?:\d|am|pm|uhr|noon|midnight)\s*\(?(?P<c>utc|gmt|cet|cest|est|edt|cst|mst|pst|pdt|et|pt|bst"
        rf"|ist|jst|{place})\b"
    )
    return re.compile(iana, re.I), re.compile(f"{before}|{after}", re.I), re.compile(bare, re.I)


def find_zone(text: str) -> tuple[str, int, int] | None:
    """(zone, start, end) of the first time zone named in the text, or None."""
    from zoneinfo import available_timezones

    iana, phrase, bare = _patterns()
    for match in iana.finditer(text):
        for name in available_timezones():
            if name.lower() == match.group().lower():
                return name, match.start(), match.end()
    match_ = phrase.search(text) or bare.search(text)
    if match_ is None:
        return None
    group, word = next((g, w) for g, w in match_.groupdict().items() if w)
    start = match_.start(group) if group == "c" else match_.start()
    return _places()[word.lower()], start, match_.end()
