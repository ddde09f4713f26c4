"""Everybody can use the page: axe-core finds nothing serious in any view, in both colour schemes and on a telephone;
it is used without a mouse; motion is left out for those who ask for that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HELLO, draft, run, write

AXE = Path(__file__).resolve().parents[2] / "copilot" / "web" / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = [
    *({"color_scheme": scheme, "viewport": {"width": 1440, "height": 900}} for scheme in ("light", "dark")),
    {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
]
FAILS = """id: fails
namespace: company.team
tasks:
  - id: stop_it
    type: io.kestra.plugin.core.execution.Fail
"""


def seriously_wrong(page: Page) -> list[str]:
    """What axe-core finds serious or critical: the rule, and where."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, { preload: false, resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.fixture(params=VIEWS, ids=["light", "dark", "telephone"])
def shown(request: pytest.FixtureRequest, open_page: Callable[..., Page], service: str) -> Page:
    context: dict[str, Any] = request.param
    return open_page(service, **context)


def test_the_empty_page(shown: Page) -> None:
    expect(shown.get_by_text("drafts:")).to_be_visible()
    assert seriously_wrong(shown) == []


def test_every_tab_after_a_draft(shown: Page) -> None:
    draft(shown, "Every day at 7 download https://example.com/a.csv and log its uri")
    expect(shown.locator(".outcome")).to_be_visible()
    for tab in shown.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert seriously_wrong(shown) == [], tab.text_content()


def test_findings_dialogs_and_executions(shown: Page) -> None:
    write(shown, HELLO.replace("message:", "mesage:"))
    expect(shown.locator(".bar .state")).to_contain_text("error")
    shown.get_by_role("tab", name="Findings").click()
    shown.get_by_role("button", name="Fix it").click()
    expect(shown.locator(".diff")).to_be_visible()
    assert seriously_wrong(shown) == []
    write(shown, HELLO)
    shown.get_by_role("button", name="Run here").click()
    assert seriously_wrong(shown) == []
    shown.keyboard.press("Escape")
    shown.get_by_role("button", name="Or start from an example flow").click()
    expect(shown.locator(".gallery li").first).to_be_visible()
    assert seriously_wrong(shown) == []
    shown.keyboard.press("Escape")
    run(shown, FAILS)
    expect(shown.get_by_role("button", name="Fix it")).to_be_visible()
    assert seriously_wrong(shown) == []
    shown.get_by_role("button", name="All executions").click()
    expect(shown.get_by_role("table", name="Executions")).to_be_visible()
    assert seriously_wrong(shown) == []


def test_the_focus_goes_from_words_to_flow_to_proof(page: Page) -> None:
    write(page, HELLO)
    expect(page.locator(".bar .state")).to_have_text("no errors")
    expect(page.locator(".box.task")).to_be_visible()
    order: list[str] = []
    page.get_by_label("Kestra version").focus()
    for _ in range(40):
        page.keyboard.press("Escape")  # Escape, then Tab, leaves the editor
        page.keyboard.press("Tab")
        place = page.evaluate("document.activeElement.closest('section')?.className ?? ''")
        if place and (not order or order[-1] != place):
            order.append(place)
        if place == "proof":
            break
    assert order == ["words", "text", "proof"]


def test_a_flow_is_run_without_a_mouse(page: Page) -> None:
    page.get_by_role("textbox", name="Flow as YAML").focus()
    page.keyboard.insert_text(HELLO)
    expect(page.locator(".bar .state")).to_have_text("no errors")
    page.get_by_role("button", name="Run here").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("who")).to_be_focused()
    page.keyboard.type("keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("hello keys")


def test_a_closed_dialog_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Or start from an example flow")
    opener.click()
    expect(page.get_by_label("Look for")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_who_wants_no_motion_gets_none(open_page: Callable[..., Page], service: str) -> None:
    page = open_page(service, reduced_motion="reduce")
    write(page, HELLO)
    box = page.locator(".box.task")
    expect(box).to_be_visible()
    moving = "document.getAnimations().filter((a) => a.playState === 'running').length"
    assert page.evaluate(moving) == 0
    assert box.evaluate("(e) => getComputedStyle(e).transitionDuration") == "0s"
