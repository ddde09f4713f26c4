"""Where a flow's text comes from besides words, and that no text a person wrote is lost."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import HELLO, draft, write

ELSEWHERE = """id: cloud
namespace: company.team
tasks:
  - id: job
    type: io.kestra.plugin.dbt.cloud.TriggerRun
    accountId: "1"
    jobId: "2"
    token: "{{ secret('DBT_TOKEN') }}"
"""
DROP = """([section, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "application/yaml" }));
  section.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Flow as YAML")


def test_an_example_is_found_by_words_and_taken(page: Page) -> None:
    page.get_by_role("button", name="Or start from an example flow").click()
    page.get_by_label("Look for").fill("hello input")
    page.get_by_role("dialog").get_by_role("button", name="Hello world with an input").click()
    expect(editor(page)).to_contain_text("id: hello_world")
    expect(page.locator(".bar .state")).to_have_text("no errors")


def test_examples_that_a_version_does_not_have_are_not_offered(page: Page) -> None:
    page.get_by_role("button", name="Or start from an example flow").click()
    page.get_by_label("Look for").fill("airbyte")
    expect(page.locator(".gallery li")).not_to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_label("Kestra version").select_option("2.0")
    page.get_by_role("button", name="Or start from an example flow").click()
    page.get_by_label("Look for").fill("working days holidays")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("0 of")


def test_a_file_is_opened_and_what_was_there_comes_back(page: Page, tmp_path: Path) -> None:
    write(page, HELLO)
    flow = tmp_path / "mine.yaml"
    flow.write_text(HELLO.replace("id: hello\n", "id: mine\n", 1).replace("\n", "\r\n"))
    page.get_by_label("A flow's YAML file").set_input_files(flow)
    expect(editor(page)).to_contain_text("id: mine")
    page.get_by_role("button", name="Before").click()
    expect(editor(page)).to_contain_text("id: hello")
    page.get_by_role("button", name="Before").click()
    expect(editor(page)).to_contain_text("id: mine")


def test_a_file_that_is_no_flow_is_refused_with_a_hint(page: Page, tmp_path: Path) -> None:
    write(page, HELLO)
    picture = tmp_path / "picture.yaml"
    picture.write_bytes(b"\x89PNG\x00\xff")
    page.get_by_label("A flow's YAML file").set_input_files(picture)
    expect(page.get_by_role("alert")).to_contain_text("Open the YAML file of a flow.")
    expect(editor(page)).to_contain_text("id: hello")


def test_a_file_is_dropped_on_the_editor(page: Page) -> None:
    place = page.locator("section.text .cm-content").element_handle()
    page.evaluate(DROP, [place, "dropped.yaml", HELLO.replace("id: hello\n", "id: dropped\n", 1)])
    expect(editor(page)).to_contain_text("id: dropped")
    assert (editor(page).text_content() or "").count("id: dropped") == 1


def test_a_draft_takes_nothing_away(page: Page) -> None:
    write(page, HELLO)
    draft(page, "log good night every hour")
    expect(editor(page)).to_contain_text("good night")
    page.reload()
    page.get_by_role("button", name="Before").click()
    expect(editor(page)).to_contain_text("hello {{ inputs.who }}")


def test_an_earlier_text_is_chosen_from_several(page: Page) -> None:
    write(page, HELLO)
    for words in ("log one every hour", "log two every hour"):
        draft(page, words)
        expect(editor(page)).to_contain_text(words.split()[1])
        expect(page.get_by_role("button", name="Draft the flow")).to_be_enabled()
    page.get_by_label("Earlier texts").select_option(index=2)
    expect(editor(page)).to_contain_text("hello {{ inputs.who }}")


def test_what_was_drafted_is_told_from_what_was_changed_since(page: Page) -> None:
    draft(page, "log hello every hour")
    expect(page.get_by_text("The flow is checked and tried.")).to_be_visible()
    expect(page.get_by_text("The text was changed since")).to_have_count(0)
    write(page, HELLO)
    expect(page.get_by_text("The text was changed since")).to_be_visible()


def test_a_flow_that_cannot_run_here_says_where_it_runs(page: Page) -> None:
    write(page, ELSEWHERE)
    page.get_by_role("button", name="Where it runs").click()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("io.kestra.plugin.dbt.cloud.TriggerRun")
    expect(panel.get_by_label("Command")).to_contain_text("flowwright deploy cloud.yaml --to")
