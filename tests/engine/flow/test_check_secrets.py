"""Credentials in clear text are found; samples, placeholders and expressions are not cried about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.flow.check import check_flow
from engine.flow.findings import Finding
from engine.flow.rules.secrets import holds_secret

Flow = Callable[..., str]
Only = Callable[..., Finding]


def request(header: str) -> str:
    return f"- id: a\n  type: io.kestra.plugin.core.http.Request\n  uri: https://example.org\n  headers:\n    {header}"


@pytest.mark.parametrize(
    "header",
    [
        'Authorization: "Bearer abcdefgh12345678"',
        "Authorization: Basic dXNlcjpwYXNzd29yZDE=",
        "X-Api-Key: 8f2a9c1d4e5b6a7f",
        "password: Tr0ub4dor",
        "X: AKIAABCDEFGHIJKLMNOP",
        "X: ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "X: xoxb-123456789012-abcdefghij",
        "X: https://hooks.slack.com/services/T00/B00/abcdef",
        "X: postgres://app:Tr0ub4dor@db:5432/x",
        "X: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_a_credential_is_found_at_its_line(header: str, flow: Flow, only: Only) -> None:
    found = only(flow(request(header)), "secret_inline")
    assert (found.severity, found.line) == ("warning", 8)
    assert "secret('" in found.hint


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: \"Bearer {{ secret('TOKEN') }}\"",
        "password: \"{{ secret('PASSWORD') }}\"",
        "X-Api-Key: <your key>",
        "token: $TOKEN",
        "password: your_password_here",
        "X-Token-Type: refresh",
        "max_tokens: '4000'",
        "secretName: my-k8s-secret",
        "credentials: /etc/keys/account.json",
        "X: https://user:{{ secret('P') }}@example.org",
    ],
)
def test_what_is_no_credential_is_left_alone(header: str, flow: Flow) -> None:
    assert [f for f in check_flow(flow(request(header))) if f.code == "secret_inline"] == []


@pytest.mark.parametrize("word", ["postgres", "root", "kestra", "changeme", "password123"])
def test_a_sample_password_is_a_hint_only(word: str, flow: Flow, only: Only) -> None:
    assert only(flow(request(f"password: {word}")), "secret_inline").severity == "hint"


def test_a_password_equal_to_its_user_protects_nothing(flow: Flow, only: Only) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.jdbc.postgresql.Query
      url: jdbc:postgresql://db/x
      username: warehouse1
      password: warehouse1
      sql: SELECT 1
    """
    assert only(flow(tasks), "secret_inline").severity == "hint"


def test_a_password_in_a_longer_text_is_found_on_its_own_line(flow: Flow, only: Only) -> None:
    tasks = """
    - id: a
      type: io.kestra.plugin.scripts.shell.Commands
      inputFiles:
        profiles.yml: |
          prod:
            user: app
            password: "Tr0ub4dor!9"
      commands: [ls]
    """
    found = only(flow(tasks), "secret_inline")
    assert (found.severity, found.line) == ("warning", 10)


def test_the_edit_is_never_applied_unasked(flow: Flow, only: Only) -> None:
    found = only(flow(request("password: Tr0ub4dor")), "secret_inline")
    assert found.edit is not None and not found.edit.safe
    assert "Tr0ub4dor" not in found.message + found.hint


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("apiKey", True),
        ("AWS_SECRET_KEY_ID", True),
        ("db_password", True),
        ("tokenUri", False),
        ("key", False),
        ("maxToken", False),
    ],
)
def test_names_that_hold_secrets(name: str, holds: bool) -> None:
    assert holds_secret(name) is holds
