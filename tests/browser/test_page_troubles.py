"""What a person sees when something is wrong: no service for a while, slow or broken answers, wrong or long flows."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from copilot.settings import Settings
from tests.browser.conftest import HELLO, draft, run, serving, write

PAUSES = """id: pauses
namespace: company.team
tasks:
  - id: gate
    type: io.kestra.plugin.core.flow.Pause
  - id: after
    type: io.kestra.plugin.core.log.Log
    message: on we go
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_service_that_comes_back_is_used_again(open_page: Callable[..., Page], tmp_path: Path) -> None:
    settings, port = Settings(home=tmp_path), free_port()
    with serving(settings, port) as address:
        page = open_page(address)
        write(page, HELLO)
        expect(page.locator(".bar .state")).to_have_text("no errors")
        run(page, PAUSES)
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
    write(page, HELLO.replace("message:", "mesage:"))
    expect(page.get_by_text("The service does not answer.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("mesage")
    with serving(settings, port):
        expect(page.get_by_text("The service does not answer.")).to_have_count(0)
        expect(page.locator(".bar .state")).to_contain_text("error")
        page.close()


def test_a_draft_is_stopped_and_the_words_are_kept(page: Page) -> None:
    page.route("**/api/v1/generate", lambda route: None)  # an answer that never comes
    write(page, HELLO)
    draft(page, "log hello every hour")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Draft the flow")).to_be_enabled()
    expect(page.get_by_label("Say what you need")).to_have_value("log hello every hour")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("id: hello")


def test_an_answer_that_breaks_off_is_said(page: Page) -> None:
    body = "event: retrieve\ndata: {}\n\nevent: draft\nda"
    page.route("**/api/v1/generate", lambda r: r.fulfill(status=200, content_type="text/event-stream", body=body))
    draft(page, "log hello every hour")
    expect(page.get_by_role("alert")).to_contain_text("broke off")
    expect(page.locator(".stages .done")).to_have_text(["retrieve"])


def test_a_refusal_is_shown_with_its_hint(page: Page) -> None:
    error = {"code": "invalid-inputs", "message": "who is no number", "hint": "give a number"}
    page.route("**/api/v1/runs", lambda r: r.fulfill(status=422, json={"error": error}))
    run(page, HELLO)
    expect(page.get_by_role("alert")).to_contain_text("who is no number")
    expect(page.get_by_role("alert")).to_contain_text("give a number")


def test_what_is_typed_while_an_answer_is_slow_is_checked_and_kept(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/v1/validate", lambda route: held.append(route))
    write(page, HELLO.replace("message:", "mesage:"))
    while not held:
        page.wait_for_timeout(20)
    write(page, HELLO)
    page.unroute("**/api/v1/validate")
    page.get_by_role("textbox", name="Flow as YAML").press("Control+End")
    page.keyboard.type("# end")
    expect(page.locator(".bar .state")).to_have_text("no errors")
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("# end")


def test_text_that_is_no_yaml_is_marked_and_loses_nothing(page: Page) -> None:
    write(page, "id: a\nnamespace: b\ntasks: [\n  {id: x\n")
    expect(page.locator(".bar .state")).to_contain_text("error")
    expect(page.get_by_text("The diagram appears as soon as")).to_be_visible()
    expect(page.get_by_role("button", name="Run here")).to_be_disabled()
    write(page, HELLO)
    expect(page.locator(".box.task")).to_be_visible()


def test_a_flow_of_two_thousand_tasks_can_be_worked_with(page: Page, tmp_path: Path) -> None:
    task = "  - id: t{n}\n    type: io.kestra.plugin.core.log.Log\n    message: number {n}\n"
    flow = tmp_path / "long.yaml"
    flow.write_text("id: long\nnamespace: company.team\ntasks:\n" + "".join(task.format(n=n) for n in range(2000)))
    page.get_by_label("A flow's YAML file").set_input_files(flow)
    expect(page.get_by_text("With 2000 tasks and triggers this flow is too large to draw")).to_be_visible()
    expect(page.locator(".bar .state")).to_have_text("no errors")
    page.get_by_role("textbox", name="Flow as YAML").press("Control+End")
    page.keyboard.type("# typed at the end")
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("# typed at the end")
    page.get_by_role("button", name="Run here").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("tabpanel").locator(".badge").first).to_have_text("SUCCESS")
    expect(page.get_by_role("log")).to_contain_text("number 1999")
    expect(page.get_by_text("and 1800 more task runs")).to_be_visible()


def test_a_spoilt_memory_of_the_browser_does_no_harm(page: Page) -> None:
    page.evaluate("localStorage.setItem('flowwright.versions', '{')")
    page.reload()
    write(page, HELLO)
    draft(page, "log good night every hour")
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("good night")
    assert json.loads(page.evaluate("localStorage.getItem('flowwright.versions')"))[0]["text"].startswith("id: hello")
