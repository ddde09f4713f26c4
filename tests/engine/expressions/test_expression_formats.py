"""What is written as JSON, YAML or Ion reads back as the same value."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions import render

_TEXT = st.text(
    alphabet=st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\t'\"\\:#-{}[] "), max_size=12
)
_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
)


def _nested(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    )


@settings(max_examples=300, deadline=None)
@given(_nested(_SCALARS, _TEXT))
def test_json_reads_back(value: Any) -> None:
    assert render("{{ fromJson(v | toJson) == v }}", {"v": value}) == "true"


@settings(max_examples=300, deadline=None)
@given(_nested(_SCALARS, _TEXT))
def test_ion_reads_back(value: Any) -> None:
    assert render("{{ fromIon(v | toIon) == v }}", {"v": value}) == "true"


def _stays_text(text: str) -> bool:
    """Kestra writes a text that looks like a number without quotes, so that one does not read back as text."""
    try:
        return isinstance(yaml.safe_load(f"[{text}]"), list) and not isinstance(
            yaml.safe_load(f"[{text}]")[0], (int, float)
        )
    except (yaml.YAMLError, IndexError, ValueError):
        return True


_YAML_TEXT = _TEXT.filter(_stays_text).filter(lambda text: text not in ("~", "=", "<<", "NULL"))
_YAML_SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | _YAML_TEXT


@settings(max_examples=300, deadline=None)
@given(_nested(_YAML_SCALARS, _YAML_TEXT))
def test_yaml_reads_back(value: Any) -> None:
    written = render("{{ v | yaml }}", {"v": value})
    assert render("{{ yaml(t) == v }}", {"v": value, "t": written}) == "true", written
