"""The key-value store: types, expiry, overwriting, inheritance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NotFound, Refused
from engine.storage.database import Database
from engine.storage.kv import KvStore, KvValueError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture
def kv(database, clock) -> KvStore:
    return KvStore(database, clock)


@given(JSON)
def test_every_json_value_comes_back_as_it_went_in(value):
    kv = KvStore(Database(":memory:"), lambda: datetime(2024, 1, 1, tzinfo=UTC))
    kv.put("a", "k", value)
    found = kv.get("a", "k")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "kind", "stored"),
    [
        ("text", "STRING", "text"),
        ("P", "STRING", "P"),
        ("PT5M", "DURATION", "PT5M"),
        ("P1DT2H", "DURATION", "P1DT2H"),
        (5, "NUMBER", 5),
        (5.5, "NUMBER", 5.5),
        (True, "BOOLEAN", True),
        ([1, {"a": None}], "JSON", [1, {"a": None}]),
        (None, "JSON", None),
        (date(2024, 5, 31), "DATE", "2024-05-31"),
        (datetime(2024, 5, 31, tzinfo=UTC), "DATETIME", "2024-05-31T00:00:00+00:00"),
        (timedelta(hours=1, seconds=1), "DURATION", "PT1H1S"),
    ],
)
def test_a_value_has_its_own_type(kv, value, kind, stored):
    kv.put("a", "k", value)
    entry = kv.entry("a", "k")
    assert (entry.type, entry.value) == (kind, stored)


@pytest.mark.parametrize(
    ("text", "kind", "stored"),
    [
        ("5", "NUMBER", 5),
        ("5.5", "NUMBER", 5.5),
        ("TRUE", "BOOLEAN", True),
        ("no", "BOOLEAN", False),
        ("5", "STRING", "5"),
        ('{"a": [1]}', "JSON", {"a": [1]}),
        ("2024-05-31", "DATE", "2024-05-31"),
        ("2024-05-31T10:00:00Z", "DATETIME", "2024-05-31T10:00:00Z"),
        ("PT1H", "DURATION", "PT1H"),
    ],
)
def test_a_wanted_type_converts_text(kv, text, kind, stored):
    kv.put("a", "k", text, type=kind)
    entry = kv.entry("a", "k")
    assert (entry.type, entry.value) == (kind, stored)


@pytest.mark.parametrize(("value", "natural"), [({"a": 1}, "JSON"), (5, "NUMBER"), (True, "BOOLEAN")])
def test_a_value_that_is_not_text_keeps_its_type_whatever_is_wanted(kv, value, natural):
    kv.put("a", "k", value, type="STRING")
    entry = kv.entry("a", "k")
    assert (entry.type, entry.value) == (natural, value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("x", "NUMBER"), ("{", "JSON"), ("31.5.2024", "DATE"), ("noon", "DATETIME"), ("1h", "DURATION")],
)
def test_text_that_is_not_of_the_wanted_type_is_refused_and_nothing_is_stored(kv, text, kind):
    with pytest.raises(KvValueError) as refusal:
        kv.put("a", "k", text, type=kind)
    assert refusal.value.code == "bad-kv-value" and refusal.value.hint
    assert kv.keys("a") == []


def test_a_key_expires_when_its_time_has_passed(kv, clock):
    kv.put("a", "short", 1, ttl=10)
    kv.put("a", "long", 2)
    assert kv.entry("a", "short").expires == clock.now + timedelta(seconds=10)
    clock.forward(9.9)
    assert kv.get("a", "short") == 1
    clock.forward(0.1)
    with pytest.raises(NotFound):
        kv.get("a", "short")
    assert kv.keys("a") == ["long"]
    assert kv.delete("a", "short") is False


def test_an_expired_key_can_be_set_again_without_overwriting(kv, clock):
    kv.put("a", "k", 1, ttl=1)
    clock.forward(2)
    kv.put("a", "k", 2, overwrite=False)
    assert kv.get("a", "k") == 2
    assert kv.entry("a", "k").created == clock.now


def test_without_overwrite_an_existing_key_keeps_its_value(kv):
    kv.put("a", "k", 1, description="first")
    with pytest.raises(Refused, match="`overwrite` is set to `false`"):
        kv.put("a", "k", 2, overwrite=False)
    assert kv.get("a", "k") == 1


def test_overwriting_keeps_when_the_key_was_created(kv, clock):
    born = clock.now
    kv.put("a", "k", 1, ttl=5, description="old")
    clock.forward(1)
    kv.put("a", "k", 2)
    entry = kv.entry("a", "k")
    assert (entry.created, entry.updated) == (born, clock.now)
    assert (entry.expires, entry.description) == (None, None)


def test_a_missing_key_says_which_and_where(kv):
    with pytest.raises(NotFound, match="The key 'k' does not exist in the namespace 'a'"):
        kv.get("a", "k")


def test_a_key_is_inherited_from_the_nearest_parent_namespace(kv):
    kv.put("company", "k", "far")
    kv.put("company.team", "k", "near")
    assert kv.get_inherited("company.team.data", "k") == "near"
    assert kv.get_inherited("company.other", "k") == "far"
    with pytest.raises(NotFound, match=r"namespace 'company\.team\.data'"):
        kv.get_inherited("company.team.data", "absent")
    with pytest.raises(NotFound):
        kv.get("company.team.data", "k")


def test_an_inherited_null_is_a_value(kv):
    kv.put("company", "k", "parent")
    kv.put("company.team", "k", None)
    assert kv.get_inherited("company.team", "k") is None


@pytest.mark.parametrize("key", ["", " a", "a b", "../x", "-a", "a/b"])
def test_a_bad_key_is_refused(kv, key):
    with pytest.raises(Refused):
        kv.put("a", key, 1)


def test_keys_are_listed_by_prefix_and_purged_when_expired(kv, clock):
    for key in ("b.2", "a", "b.1"):
        kv.put("n", key, key)
    kv.put("m", "z", 1, ttl=1)
    assert kv.keys("n") == ["a", "b.1", "b.2"]
    assert kv.keys("n", "b.") == ["b.1", "b.2"]
    assert kv.namespaces() == ["m", "n"]
    clock.forward(2)
    assert kv.purge_expired() == 1
    assert kv.namespaces() == ["n"]


def test_values_survive_closing_and_opening_again(tmp_path, clock):
    path = tmp_path / "kv.db"
    first = Database(path)
    KvStore(first, clock).put("a", "k", {"x": 1})
    first.close()
    assert KvStore(Database(path), clock).get("a", "k") == {"x": 1}
