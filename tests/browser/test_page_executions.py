"""Executions on the page: what ran, what can be done to it, what it gave, and how a failure is mended."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import HELLO, draft, run, write

WRITES = """id: writes
namespace: company.team
tasks:
  - id: table
    type: io.kestra.plugin.core.storage.Write
    content: "country,amount"
    extension: .csv
"""
PAUSES = """id: pauses
namespace: company.team
tasks:
  - id: before
    type: io.kestra.plugin.core.log.Log
    message: come and look
  - id: gate
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - id: reason
        type: STRING
  - id: after
    type: io.kestra.plugin.core.log.Log
    level: WARN
    message: "because {{ outputs.gate.onResume.reason }}"
"""
FAILS = """id: fails
namespace: company.team
tasks:
  - id: stop_it
    type: io.kestra.plugin.core.execution.Fail
    errorMessage: not today
"""


def test_what_ran_is_listed_and_opened(page: Page) -> None:
    run(page, HELLO.replace("id: hello\n", "id: listed\n", 1))
    expect(page.get_by_role("log")).to_contain_text("hello world")
    page.get_by_role("button", name="All executions").click()
    first = page.get_by_role("table", name="Executions").get_by_role("row").nth(1)
    expect(first).to_contain_text("listed")
    expect(first).to_contain_text("SUCCESS")
    first.get_by_role("button", name="listed").click()
    expect(page.get_by_role("log")).to_contain_text("hello world")


def test_a_paused_execution_goes_on_with_what_it_asks_for(page: Page) -> None:
    run(page, PAUSES)
    page.get_by_label("reason").fill("it is Friday")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("log")).to_contain_text("because it is Friday")
    expect(page.get_by_role("tabpanel")).to_contain_text("SUCCESS")


def test_an_execution_is_stopped_and_run_again(page: Page) -> None:
    run(page, PAUSES)
    page.get_by_role("tabpanel").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("tabpanel").locator(".badge")).to_have_text("KILLED")
    before = page.get_by_role("tabpanel").locator("code").first.text_content()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert page.get_by_role("tabpanel").locator("code").first.text_content() != before
    page.get_by_role("tabpanel").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("tabpanel").locator(".badge")).to_have_text("KILLED")


def test_the_log_is_narrowed_to_a_level_and_a_task(page: Page) -> None:
    run(page, PAUSES)
    page.get_by_label("reason").fill("x")
    page.get_by_role("button", name="Resume").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("because x")
    expect(log).to_contain_text("come and look")
    page.get_by_label("Least level").select_option("WARN")
    expect(log).not_to_contain_text("come and look")
    expect(log).to_contain_text("because x")
    page.get_by_label("Task of the lines").select_option("before")
    expect(log).to_contain_text("no line of this kind")


def test_a_stored_file_is_looked_into_and_saved(page: Page) -> None:
    run(page, WRITES)
    page.get_by_role("button", name="Look table.uri").click()
    expect(page.get_by_label("Beginning of")).to_have_text("country,amount")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save table.uri").click()
    assert saved.value.path().read_text() == "country,amount"


def test_a_failure_is_said_and_a_fix_can_be_asked_for(page: Page) -> None:
    run(page, FAILS)
    expect(page.get_by_role("log")).to_contain_text("not today")
    expect(page.get_by_role("button", name="Restart what failed")).to_be_visible()
    with page.expect_request("**/api/v1/fix") as asked:
        page.get_by_role("button", name="Fix it").click()
    assert asked.value.post_data_json["execution"] in (page.get_by_role("tabpanel").text_content() or "")
    expect(page.locator(".proposal")).to_be_visible()


def test_a_fix_is_shown_before_it_is_taken_and_can_be_taken_back(page: Page) -> None:
    wrong = HELLO.replace("message:", "mesage:")
    write(page, wrong)
    page.get_by_role("tab", name="Findings").click()
    page.get_by_role("button", name="Fix it").click()
    expect(page.locator(".diff .plus").last).to_contain_text("message: hello")
    editor = page.get_by_role("textbox", name="Flow as YAML")
    expect(editor).to_contain_text("mesage")
    page.get_by_role("button", name="Take it").click()
    expect(editor).not_to_contain_text("mesage")
    expect(page.locator(".bar .state")).to_have_text("no errors")
    page.get_by_role("button", name="Before").click()
    expect(editor).to_contain_text("mesage")


def test_a_trial_takes_inputs(page: Page) -> None:
    write(page, HELLO)
    page.get_by_role("button", name="Try with stand-ins").click()
    page.get_by_label("who").fill("reader")
    with page.expect_request("**/api/v1/trial") as asked:
        page.get_by_role("button", name="Try", exact=True).click()
    assert asked.value.post_data_json["inputs"] == {"who": "reader"}
    expect(page.get_by_role("tabpanel")).to_contain_text("passed")
    write(page, HELLO.replace("hello {{", "bye {{"))
    expect(page.get_by_role("tabpanel")).to_contain_text("of an earlier text")


def test_a_source_of_a_draft_shows_its_text(page: Page) -> None:
    draft(page, "log hello every hour")
    expect(page.get_by_text("The flow is checked and tried.")).to_be_visible()
    page.get_by_role("tab", name="Evidence").click()
    source = page.locator(".evidence button").first
    source.click()
    expect(page.get_by_label("Text of the source")).to_contain_text("io.kestra.plugin.core")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(source).to_be_focused()
