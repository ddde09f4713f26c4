"""Credentials in a request never reach a drafter; names of secrets and plain words stay."""

from __future__ import annotations

import pytest

from copilot.redact import redact


@pytest.mark.parametrize(
    ("words", "value", "name"),
    [
        ("connect as admin password Tr0ub4dor&3 please", "Tr0ub4dor&3", "PASSWORD"),
        ("password: 'hunter2000' in the yaml", "hunter2000", "PASSWORD"),
        ("use AKIAZZZZTESTTESTTEST for s3", "AKIAZZZZTESTTESTTEST", "AWS_ACCESS_KEY_ID"),
        ("secret key abCDef/123+xyz", "abCDef/123+xyz", "AWS_SECRET_ACCESS_KEY"),
        ("chat with sk-test-99887766aa", "sk-test-99887766aa", "OPENAI_API_KEY"),
        ("push with ghp_0123456789abcdef", "ghp_0123456789abcdef", "GITHUB_TOKEN"),
        ("post to https://hooks.slack.com/services/T1/B2/zzz9 when done", "T1/B2/zzz9", "SLACK_WEBHOOK_URL"),
        ("read postgresql://me:s3cr3t@db:5432/x", "s3cr3t", "PASSWORD"),
        ("api key is k3y-0123456", "k3y-0123456", "API_KEY"),
        ("header Authorization: Bearer q8Zt5Lw0Xy2Rn7Vb", "q8Zt5Lw0Xy2Rn7Vb", "TOKEN"),
    ],
)
def test_a_credential_becomes_a_secret_and_a_note(words, value, name):
    cleaned, notes = redact(words)
    assert value not in cleaned
    assert f"secret('{name}')" in cleaned
    assert len(notes) == 1
    assert name in notes[0]
    assert value not in notes[0]


@pytest.mark.parametrize(
    "words",
    [
        "the password is in the secret PG_PASSWORD",
        "password from secret('DB_PASSWORD')",
        "API key is in KV as GEMINI_API_KEY",
        "ask for a password input",
        "count tokens per customer",
        "the token comes from inputs.token",
        "send it with a bearer authorization header",
        "download https://example.org/data-2024.csv",
    ],
)
def test_names_of_secrets_and_plain_words_stay(words):
    assert redact(words) == (words, [])


def test_the_same_credential_twice_is_one_secret_and_two_are_two():
    cleaned, notes = redact("password Abc123!x and again password Abc123!x, then password Zyx987!w")
    assert cleaned.count("secret('PASSWORD')") == 2
    assert cleaned.count("secret('PASSWORD_2')") == 1
    assert len(notes) == 2
