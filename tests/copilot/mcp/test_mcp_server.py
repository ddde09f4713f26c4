"""A real client of the official SDK talks to `flowwright mcp` over the standard streams of a real process."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

HELLO = """id: hello
namespace: company.team
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: hello from here
"""
Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def talk(tmp_path: Path) -> Callable[..., Any]:
    """Runs a conversation with a fresh server, whose flags are given."""

    def run(conversation: Talk, *flags: str) -> Any:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "FLOWWRIGHT_HOME": os.environ["FLOWWRIGHT_HOME"],
        }
        server = StdioServerParameters(
            command=sys.executable,
            args=["-c", "from copilot.cli.app import app; app()", "mcp", *flags],
            env=environment,
            cwd=str(tmp_path),
        )

        async def whole() -> Any:
            async with Client(server) as client:
                return await conversation(client)

        return anyio.run(whole)

    return run


def _text(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content if isinstance(part, TextContent))


def test_nothing_can_be_run_unless_the_server_was_started_so(talk: Any) -> None:
    async def names(client: Client) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    assert talk(names) == {
        "draft_flow", "edit_flow", "validate_flow", "try_flow",
        "search_documentation", "ask_documentation", "describe_type",
    }  # fmt: skip
    assert {"run_flow", "show_execution"} <= talk(names, "--allow-run")


def test_words_become_a_flow_and_each_stage_is_told(talk: Any) -> None:
    stages: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        stages.append(message)

    async def draft(client: Client) -> CallToolResult:
        return await client.call_tool("draft_flow", {"words": "log hello every hour"}, progress_callback=heard)

    result = talk(draft)
    assert not result.is_error
    assert result.structured_content["status"] == "ok"
    assert "io.kestra.plugin.core.log.Log" in result.structured_content["flow"]
    assert result.structured_content["trial"]["verdict"] == "passed"
    assert stages == ["retrieve", "draft", "check", "trial", "answer"]


def test_a_wrong_flow_gets_findings_with_line_and_hint(talk: Any) -> None:
    async def check(client: Client) -> CallToolResult:
        return await client.call_tool("validate_flow", {"flow": HELLO.replace("message", "mesage")})

    content = talk(check).structured_content
    assert not content["valid"]
    assert [(f["line"], "message" in f["hint"] + f["message"]) for f in content["findings"] if f["severity"] == "error"]


def test_a_type_is_described_and_an_unknown_one_gets_near_names(talk: Any) -> None:
    async def describe(client: Client) -> tuple[CallToolResult, CallToolResult]:
        known = await client.call_tool("describe_type", {"type": "io.kestra.plugin.core.log.Log"})
        return known, await client.call_tool("describe_type", {"type": "io.kestra.plugin.core.log.Lgo"})

    known, unknown = talk(describe)
    assert "message" in known.structured_content["properties"]
    assert unknown.is_error
    assert "io.kestra.plugin.core.log.Log" in _text(unknown)


def test_an_allowed_run_runs_and_can_be_looked_at(talk: Any) -> None:
    async def run(client: Client) -> tuple[CallToolResult, CallToolResult]:
        ran = await client.call_tool("run_flow", {"flow": HELLO})
        assert ran.structured_content is not None
        return ran, await client.call_tool("show_execution", {"execution": ran.structured_content["id"]})

    ran, shown = talk(run, "--allow-run")
    assert ran.structured_content["state"] == "SUCCESS"
    assert shown.structured_content["logs"][0]["message"] == "hello from here"


def test_bad_arguments_are_answered_and_the_server_goes_on(talk: Any) -> None:
    async def both(client: Client) -> tuple[CallToolResult, CallToolResult]:
        bad = await client.call_tool("validate_flow", {"flow": HELLO, "target": "9.9"})
        return bad, await client.call_tool("validate_flow", {"flow": HELLO})

    bad, good = talk(both)
    assert bad.is_error
    assert "9.9" in _text(bad)
    assert good.structured_content["valid"]


def test_documentation_comes_with_its_origin_and_silence_is_an_answer(talk: Any) -> None:
    async def look(client: Client) -> tuple[CallToolResult, CallToolResult]:
        found = await client.call_tool("search_documentation", {"query": "retry a task with exponential back-off"})
        return found, await client.call_tool("ask_documentation", {"question": "who won the football cup in 1998?"})

    found, silent = talk(look)
    assert all(hit["origin"] for hit in found.structured_content["hits"])
    assert not silent.structured_content["confident"]
