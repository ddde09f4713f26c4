"""Secrets: where they come from, how they are kept, and that they never show."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EnvironmentMissing, NotFound
from engine.storage.encryption import CannotDecrypt, decrypt, encrypt, is_sealed, new_key, seal, unseal
from engine.storage.masking import MASK, Masker
from engine.storage.secrets import Secrets


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_secret_is_the_decoded_variable_whatever_the_case():
    secrets = Secrets({"SECRET_MY_KEY": encoded("hüsh"), "OTHER": "x"})
    assert secrets.get("MY_KEY") == secrets.get("my_key") == "hüsh"
    assert secrets.names() == ["MY_KEY"]


def test_line_breaks_within_the_encoded_text_do_not_matter():
    text = encoded("a long secret value")
    assert Secrets({"SECRET_X": f"{text[:8]}\r\n{text[8:]}\n"}).get("x") == "a long secret value"


def test_a_missing_secret_names_the_variable_to_set():
    with pytest.raises(NotFound) as missing:
        Secrets({}).get("api_key")
    assert "SECRET_API_KEY" in missing.value.hint


def test_a_variable_that_is_not_base64_is_refused_without_showing_it():
    with pytest.raises(EnvironmentMissing) as bad:
        Secrets({"SECRET_X": "plain-text!"}).get("x")
    assert "plain-text" not in str(bad.value)
    assert bad.value.__cause__ is None


def test_a_field_of_a_json_secret_can_be_read():
    secrets = Secrets.of({"db": '{"user": "u", "port": 5432}'})
    assert secrets.get("db", "user") == "u"
    assert secrets.get("db", "port") == "5432"
    with pytest.raises(NotFound):
        secrets.get("db", "password")
    with pytest.raises(NotFound):
        Secrets.of({"x": "text"}).get("x", "field")


def test_all_values_are_known_for_masking_even_badly_encoded_ones():
    assert sorted(Secrets({"SECRET_A": encoded("one1"), "SECRET_B": "oops!"}).values()) == ["one1", "oops!"]


@given(st.text())
def test_what_is_encrypted_comes_back_with_the_same_key(text):
    key = new_key()
    hidden = encrypt(key, text)
    assert decrypt(key, hidden) == text
    assert len(base64.b64decode(hidden)) == 12 + len(text.encode()) + 16


def test_the_same_text_is_never_encrypted_the_same_way_twice():
    key = new_key()
    assert encrypt(key, "x") != encrypt(key, "x")


def test_another_key_or_a_changed_text_does_not_decrypt():
    key = new_key()
    hidden = encrypt(key, "secret")
    for wrong_key, text in [(new_key(), hidden), (key, hidden[:-4] + "AAA="), (key, "??"), (key, "")]:
        with pytest.raises(CannotDecrypt):
            decrypt(wrong_key, text)


@pytest.mark.parametrize("key", ["", "short", encoded("fifteen bytes!!"), "not base64 at all"])
def test_an_unusable_key_is_told_as_such(key):
    with pytest.raises(EnvironmentMissing) as bad:
        encrypt(key, "x")
    assert bad.value.code == "encryption-key-bad"
    assert not key or key not in str(bad.value)


def test_sealed_values_are_opened_wherever_they_lie_and_reported_for_masking():
    key = new_key()
    seen: list[str] = []
    value = {"a": [seal(key, "one"), 2], "b": seal(key, "two"), "c": {"type": "x", "value": "y"}}
    assert is_sealed(value["b"]) and not is_sealed(value["c"])
    assert unseal(key, value, seen.append) == {"a": ["one", 2], "b": "two", "c": {"type": "x", "value": "y"}}
    assert seen == ["one", "two"]
    assert unseal(None, {"plain": 1}) == {"plain": 1}
    with pytest.raises(EnvironmentMissing):
        unseal(None, value)


def test_a_masked_text_shows_neither_the_value_nor_its_length():
    masker = Masker(["password", "a-much-longer-password"])
    assert masker.mask("it is password.") == f"it is {MASK}."
    assert masker.mask("or a-much-longer-password") == f"or {MASK}"


def test_encoded_forms_are_masked_too():
    value = 'p@ss "wörd"/+'
    masker = Masker([value])
    for form in (encoded(value), "p%40ss%20%22w%C3%B6rd%22%2F%2B", "p%40ss+%22w%C3%B6rd%22%2F%2B", 'p@ss \\"wörd\\"/+'):
        assert masker.mask(f"<{form}>") == f"<{MASK}>"


def test_each_line_of_a_secret_of_many_lines_is_masked():
    masker = Masker(["-----BEGIN-----\nMIIEvQIBADAN\n-----END-----\n"])
    assert masker.mask("read MIIEvQIBADAN ok") == f"read {MASK} ok"


def test_very_short_values_do_not_blank_out_ordinary_text():
    masker = Masker(["a", "", "  ", "ab"])
    assert masker.mask("a cab ab") == "a cab ab"
    assert masker.values == ()


def test_masking_reaches_into_maps_and_lists():
    masker = Masker(["hidden"])
    assert masker.mask_all({"hidden": ["x hidden", 5, None], "n": {"m": "ok"}}) == {
        MASK: [f"x {MASK}", 5, None],
        "n": {"m": "ok"},
    }


def test_values_learnt_later_are_masked_from_then_on():
    masker = Masker()
    assert masker.mask("token-1") == "token-1"
    masker.add("token-1")
    assert masker.mask("token-1") == MASK


@given(st.text(min_size=3).filter(lambda s: len(s.strip()) >= 3 and s.strip() not in MASK), st.text(), st.text())
def test_no_known_value_survives_masking(secret, before, after):
    assert secret not in Masker([secret]).mask(before + secret + after).replace(MASK, "\0")
