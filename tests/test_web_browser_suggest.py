"""Suggestions below the search box, in a real browser."""

import re

from playwright.sync_api import expect
from test_web_browser import Visit, browser, engine, site, visit  # noqa: F401  # fixtures


def test_arrow_keys_choose_and_enter_follows(visit: Visit):  # noqa: F811  # a fixture
    with visit("/") as page:
        box, options = page.get_by_role("combobox"), page.get_by_role("option")
        expect(box).to_have_attribute("aria-expanded", "false")
        box.press_sequentially("minsk prot")
        expect(options.first).to_contain_text("minsk protocols")
        expect(box).to_have_attribute("aria-expanded", "true")
        expect(page.get_by_role("listbox")).to_have_accessible_name("Suggestions")
        assert page.locator('[aria-selected="true"]').count() == 0
        page.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        expect(box).to_have_attribute("aria-activedescendant", "suggested-0")
        expect(box).to_have_value("minsk protocols")
        page.keyboard.press("ArrowUp")
        expect(box).to_have_value("minsk prot")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=minsk\+protocols$"))


def test_enter_is_for_what_was_typed(visit: Visit):  # noqa: F811
    with visit("/") as page:
        page.get_by_role("combobox").press_sequentially("minsk prot")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=minsk\+prot$"))


def test_escape_closes_and_keeps_what_was_typed(visit: Visit):  # noqa: F811
    with visit("/") as page:
        page.get_by_role("combobox").press_sequentially("lav")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        expect(page.get_by_role("listbox")).to_be_hidden()
        expect(page.get_by_role("combobox")).to_have_value("lav")


def test_a_click_follows_a_title_to_its_document(visit: Visit):  # noqa: F811
    with visit("/documents") as page:
        title = page.locator(".documents h2").first.inner_text()
        page.get_by_role("combobox").fill(title.rsplit(" ", 2)[0])
        page.get_by_role("option").filter(has_text="title").first.click()
        expect(page).to_have_url(re.compile(r"/documents/[^/]+$"))


def test_without_script_the_box_is_a_box(visit: Visit):  # noqa: F811
    with visit("/", java_script_enabled=False) as page:
        expect(page.get_by_role("searchbox")).to_have_count(1)
        assert not page.locator("#suggested").is_visible()
