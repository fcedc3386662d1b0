"""The page in a real browser, with script and without."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from chromium import launch
from conftest import SEEDS
from fake_engine import FakeEngine
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from wsgi_client import Client

from index.build import build
from search import urls
from search.engine import Engine
from search.local import Local
from web.app import create_app
from web.settings import Settings

MOSCOW = "000_61440020126a1a1e.txt"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None: ...


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("index")
    build(folder, [SEEDS])
    return Local(folder)


@pytest.fixture(scope="module")
def site(engine: Engine) -> Iterator[str]:
    app = create_app(engine, Settings(results=5))
    with make_server("127.0.0.1", 0, app, Server, Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser here: {error}")
        yield chromium
        chromium.close()


Visit = Callable[..., Any]


@pytest.fixture
def visit(browser: Browser, site: str) -> Visit:
    """Open a page of the site; whatever goes wrong in it, the test fails.

    A page may not ask for anything of another host, break its Content Security Policy, or write
    an error into the console.
    """

    @contextmanager
    def visit(address: str, **options: Any) -> Iterator[Page]:
        wrong: list[str] = []
        context = browser.new_context(base_url=site, **options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        page.on(
            "request",
            lambda request: request.url.startswith(site) or wrong.append(request.url),
        )
        page.goto(address)
        yield page
        context.close()
        assert wrong == []

    return visit


def current(page: Page) -> str:
    """The id of the current paragraph."""
    return str(page.locator(".row[aria-current]").get_attribute("id"))


def in_view(page: Page, selector: str) -> bool:
    """Whether the beginning of an element is on the screen, below the bar that sticks there."""
    return bool(
        page.locator(selector).first.evaluate(
            """element => {
                const top = element.getBoundingClientRect().top;
                const bar = document.querySelector(".hitbar")?.getBoundingClientRect().bottom ?? 0;
                return top >= Math.min(bar, 60) - 1 && top < innerHeight;
            }"""
        )
    )


def test_a_search_leads_to_the_paragraph(visit: Visit):
    with visit("/") as page:
        expect(page.get_by_role("combobox", name="Search in all paragraphs")).to_be_focused()
        page.keyboard.type("lavrov")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=lavrov$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("paragraph")
        expect(page.locator(".hit mark").first).to_have_text(re.compile("lavrov", re.IGNORECASE))
        words = page.locator(".hit .snippet").first.inner_text()
        page.locator(".hit h2 a").first.click()
        expect(page).to_have_url(re.compile(r"/documents/[^/]+/p\d+-[0-9a-f]{8}\?q=lavrov#p\d+$"))
        expect(page.locator(".row[aria-current] p.text")).to_have_text(words)
        assert in_view(page, ".row[aria-current]")
        expect(page.locator(".row[aria-current]")).to_be_focused()
        page.get_by_role("link", name="Results").click()
        expect(page).to_have_url(re.compile(r"/\?q=lavrov$"))


def test_pages_of_results(visit: Visit):
    with visit("/?q=defence") as page:
        first = page.locator(".snippet").all_inner_texts()
        page.get_by_role("link", name="Next").click()
        expect(page.locator(".paging")).to_contain_text("Page 2 of")
        assert page.locator(".snippet").all_inner_texts() != first
        page.get_by_role("link", name="Previous").click()
        expect(page.locator(".paging")).to_contain_text("Page 1 of")
        assert page.locator(".snippet").all_inner_texts() == first


@pytest.mark.parametrize("javascript", [True, False])
def test_neighbours_on_demand(visit: Visit, javascript: bool):
    with visit("/?q=lavrov", java_script_enabled=javascript) as page:
        hit = page.locator(".hit").first
        assert [each.is_visible() for each in hit.locator(".neighbour").all()] == [False] * 4
        hit.locator("summary").click()
        assert [each.is_visible() for each in hit.locator(".neighbour").all()] == [True] * 4
        tops = [each.bounding_box()["y"] for each in hit.locator(".neighbour, .snippet").all()]
        assert tops == sorted(tops)
        hit.locator("summary").click()
        assert not hit.locator(".after").is_visible()


def test_n_and_p_step_through_the_matches(visit: Visit):
    with visit(f"/documents/{MOSCOW}?q=wallace") as page:
        rows = [str(row.get_attribute("id")) for row in page.locator(".match").all()]
        assert len(rows) > 2
        status = page.get_by_role("status")
        expect(status).to_have_text(f"{len(rows)} matches")
        for place, row in enumerate(rows, 1):
            page.keyboard.press("n")
            assert current(page) == row
            expect(status).to_have_text(f"{place} of {len(rows)}")
            expect(page.locator(f"#{row}")).to_be_focused()
            assert in_view(page, f"#{row} mark")
            expect(page).to_have_url(re.compile(rf"/{row}-[0-9a-f]{{8}}\?q=wallace#{row}$"))
        page.keyboard.press("n")
        assert current(page) == rows[0]
        page.keyboard.press("p")
        assert current(page) == rows[-1]
        page.get_by_role("button", name="Previous").click()
        assert current(page) == rows[-2]
        page.get_by_role("button", name="Next").click()
        assert current(page) == rows[-1]
        page.reload()
        assert current(page) == rows[-1]
        expect(status).to_have_text(f"{len(rows)} of {len(rows)}")


def test_stepping_begins_at_the_paragraph_that_is_open(visit: Visit):
    with visit(f"/documents/{MOSCOW}?q=wallace") as page:
        rows = [int(str(row.get_attribute("id"))[1:]) for row in page.locator(".match").all()]
        between = next(n for n in range(rows[0], rows[-1]) if n not in rows)
        for key, expected in (
            ("n", min(n for n in rows if n > between)),
            ("p", max(n for n in rows if n < between)),
        ):
            page.locator(f"#p{between} .number").click()
            expect(page).to_have_url(re.compile(rf"/p{between}-\w+\?q=wallace#p{between}$"))
            assert current(page) == f"p{between}"
            page.keyboard.press(key)
            assert current(page) == f"p{expected}"


def test_slash_goes_to_the_search_box_but_not_while_typing(visit: Visit):
    with visit(f"/documents/{MOSCOW}?q=wallace") as page:
        page.keyboard.press("/")
        box = page.get_by_role("combobox", name="Search in all paragraphs")
        expect(box).to_be_focused()
        expect(box).to_have_value("wallace")
        page.keyboard.type("n/p")
        expect(box).to_have_value("n/p")
        assert page.locator(".row[aria-current]").count() == 0
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=n%2Fp$"))


def test_keys_with_modifiers_are_the_browsers(visit: Visit):
    with visit(f"/documents/{MOSCOW}?q=wallace") as page:
        for key in ("Control+n", "Alt+n", "Control+/"):
            page.keyboard.press(key)
        assert page.locator(".row[aria-current]").count() == 0
        expect(page.get_by_role("combobox", name="Search in all paragraphs")).not_to_be_focused()


def test_without_script_links_lead_from_match_to_match(visit: Visit):
    with visit("/", java_script_enabled=False) as page:
        page.get_by_role("searchbox").fill("lavrov")
        page.get_by_role("button", name="Search").click()
        page.locator(".hit h2 a").first.click()
        opened = current(page)
        assert in_view(page, f"#{opened}")
        assert not page.get_by_role("button", name="Next").is_visible()
        page.locator(f"#{opened} .ring a", has_text="next").click()
        expect(page).to_have_url(re.compile(r"#p\d+$"))
        target = page.url.rpartition("#")[2]
        assert target != opened
        assert in_view(page, f"#{target}")
        backgrounds = [
            page.locator(f"#{row}").evaluate("row => getComputedStyle(row).backgroundColor")
            for row in (opened, target)
        ]
        assert backgrounds[0] != backgrounds[1]
        page.locator(f"#{target} .ring a", has_text="previous").click()
        expect(page).to_have_url(re.compile(f"#{opened}$"))


@pytest.mark.parametrize("javascript", [True, False])
def test_a_permalink_without_its_fragment_opens_at_its_paragraph(visit: Visit, javascript: bool):
    with visit(f"/documents/{MOSCOW}", java_script_enabled=javascript) as page:
        address = str(page.locator(".row:last-child .number").get_attribute("href"))
        page.goto("/help")
        page.goto(address.partition("#")[0])
        assert in_view(page, ".row:last-child")


def test_the_skip_link_leads_to_the_content(visit: Visit):
    with visit("/help") as page:
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Skip to the content")
        expect(link).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


ADDRESSES = (
    "/",
    "/?q=moscow",
    "/?q=zebra",
    "/?q=" + "x" * 300,
    "/documents",
    f"/documents/{MOSCOW}?q=moscow",
    f"/documents/{MOSCOW}/p7-00000000?q=zebra",
    "/help",
)


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_wider_than_the_screen(visit: Visit, address: str, width: int):
    with visit(address, viewport={"width": width, "height": 800}) as page:
        for details in page.locator("summary").all():
            details.click()
        widest = page.evaluate(
            """Math.max(...[...document.querySelectorAll("body *:not(.hidden, .hidden *)")]
                .map(element => element.getBoundingClientRect().right))"""
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert widest <= width


LONG = "w" * 160
TITLE = "A title that is rather longer than the screen of a phone is wide"
TALKS = "The talks were held"


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_long_titles_and_words_are_broken(browser: Browser, width: int):
    fake = FakeEngine({"a": [TITLE, TALKS, f"{LONG} {LONG}"], "b": [TITLE, TALKS]})
    view = fake.paragraph("a:1")
    assert view
    page = browser.new_page(viewport={"width": width, "height": 800})
    client = Client(create_app(fake, Settings()))
    page.route(
        "http://site/**",
        lambda route: route.fulfill(
            body=(found := client.get(route.request.url.removeprefix("http://site"))).body,
            content_type=found.headers["Content-Type"],
        ),
    )
    for address in (urls.similar(view.paragraph), urls.concordance(LONG)):
        page.goto(f"http://site{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


CONTRAST = """() => {
    const channels = text => text.match(/[\\d.]+/g).map(Number);
    const luminance = text => channels(text).slice(0, 3)
        .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (; element; element = element.parentElement) {
            const color = getComputedStyle(element).backgroundColor;
            if (!color.startsWith("rgba(0, 0, 0, 0")) return color;
        }
    };
    const texts = [...document.querySelectorAll("body *")].filter(element =>
        element.checkVisibility() && [...element.childNodes].some(
            node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
    return texts.map(element => {
        const pair = [getComputedStyle(element).color, ground(element)].map(luminance);
        return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), element.outerHTML];
    }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_text_has_contrast_enough(visit: Visit, address: str, scheme: str):
    """WCAG 2.2, 1.4.3: a ratio of 4.5 at least."""
    with visit(address, color_scheme=scheme) as page:
        page.keyboard.press("n")
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_control_has_a_name_and_every_page_its_landmarks(visit: Visit, address: str):
    with visit(address) as page:
        for role in ("banner", "main", "search"):
            expect(page.get_by_role(role)).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("combobox", name="Search in all paragraphs")).to_have_count(1)
        for control in page.locator("a:visible, button:visible, summary:visible").all():
            expect(control).to_have_accessible_name(re.compile(r"\w"))
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
        assert len(ids) == len(set(ids))
