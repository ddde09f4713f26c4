"""What a person does on the page, from words to an execution."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from copilot.settings import Settings
from tests.browser.conftest import HELLO, draft, serving, write


def test_words_become_a_flow_with_evidence_and_a_trial(page: Page) -> None:
    draft(page, "log hello every hour")
    expect(page.get_by_text("The flow is checked and tried.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("io.kestra.plugin.core.log.Log")
    expect(page.locator(".stages .done")).to_have_text(["retrieve", "draft", "check", "trial", "answer"])
    page.get_by_role("tab", name="Evidence").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("io.kestra.plugin.core.log.Log")
    page.get_by_role("tab", name="Trial").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("passed")


def test_a_question_is_asked_and_its_answer_goes_on(page: Page) -> None:
    draft(page, "load the file into the table")
    expect(page.get_by_text("A few questions first.")).to_be_visible()
    fields = page.locator(".outcome input")
    assert fields.count() >= 1
    fields.first.fill("https://example.com/a.csv")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".stages .done").last).to_have_text("answer")


def test_a_wrong_property_is_marked_at_its_line_while_typing(page: Page) -> None:
    write(page, HELLO.replace("message:", "mesage:"))
    expect(page.locator(".bar .state")).to_have_text(re.compile("error"))
    page.get_by_role("tab", name="Findings").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("mesage")
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    expect(page.get_by_role("button", name="Run here")).to_be_disabled()


def test_a_flow_runs_with_inputs_and_shows_its_log(page: Page) -> None:
    write(page, HELLO)
    page.get_by_role("button", name="Run here").click()
    page.get_by_label(re.compile("^who")).fill("reader")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("tabpanel")).to_contain_text("SUCCESS")
    expect(page.get_by_role("log")).to_contain_text("hello reader")
    page.get_by_role("tab", name="Diagram").click()
    expect(page.locator(".box.success")).to_contain_text("say")


def test_the_diagram_follows_the_text_and_leads_back_to_it(page: Page) -> None:
    write(page, HELLO)
    page.locator(".box.task").click()
    expect(page.locator(".cm-activeLine")).to_contain_text("- id: say")


def test_a_change_by_words_is_shown_before_it_is_taken(page: Page) -> None:
    write(page, HELLO)
    page.get_by_role("tab", name="Change").click()
    page.get_by_label("What should be different?").fill("set the message of say to goodbye")
    page.get_by_role("button", name="Show the change").click()
    expect(page.locator(".diff .plus").last).to_contain_text("goodbye")
    expect(page.get_by_role("textbox", name="Flow as YAML")).not_to_contain_text("goodbye")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("goodbye")


def test_what_was_typed_survives_a_reload(page: Page) -> None:
    page.get_by_label("Say what you need").fill("copy a table")
    write(page, HELLO)
    page.reload()
    expect(page.get_by_label("Say what you need")).to_have_value("copy a table")
    expect(page.get_by_role("textbox", name="Flow as YAML")).to_contain_text("id: hello")


def test_the_documentation_answers_with_quotes(page: Page) -> None:
    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("Your question about Kestra").fill("How do I retry a task?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("blockquote").first).to_be_visible()


def test_types_and_their_properties_are_completed(page: Page) -> None:
    write(page, "id: a\nnamespace: b\ntasks:\n  - id: d\n    type: core.http.Down")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("io.kestra.plugin.core.http.Download")
    page.locator(".cm-tooltip-autocomplete li", has_text="core.http.Download").first.click()
    page.keyboard.insert_text("\n    ur")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("uri")


def test_tabs_are_reached_with_the_keyboard(page: Page) -> None:
    page.get_by_role("tab", name="Diagram").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Findings")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Findings")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_it_without_scrolling_sideways(open_page: Any, service: str, scheme: str) -> None:
    page = open_page(service, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    write(page, HELLO)
    expect(page.locator(".box.task")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_service_with_a_token_asks_for_it_once(open_page: Any, home: Any) -> None:
    with serving(Settings(home=home / "locked", token="secret-token-for-the-page")) as address:
        page = open_page(address)
        draft(page, "log hello")
        page.get_by_label("Token of this service").fill("secret-token-for-the-page")
        page.get_by_role("button", name="Use it").click()
        write(page, HELLO)
        expect(page.locator(".bar .state")).to_have_text("no errors")
