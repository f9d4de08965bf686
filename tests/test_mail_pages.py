"""The mail's page in a real browser: on a telephone and on a desk, by day and by night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest
from chromium import COLOURS, ENOUGH_CONTRAST, contrast, luminance
from mailing import kosdaq, kospi, report, who
from making import snapshot

from xlwings_kis.mail import html, template
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.template import Texts
from xlwings_kis.report.content import Report

LARGE = snapshot(
    "2026-11-20 11:20:31",
    who("8000", -12_345, -123_456),
    who("9100", -12_345, 123_456),
    who("8888", -112_345, 123_456),
    who("7100", 1, 2),
    who("9300", 1, 2, "이름이아주길고띄어쓰기도없는투자자집단"),
)
REPORTS = {
    "close": report(),
    "late": report(kospi(stale=True), kosdaq()),
    "demo": report(kospi(demo=True), kosdaq(demo=True)),
    "english": report(lang="en"),
    "large": report(LARGE),
}
OWN = Texts("제목", "https://intranet.company.kr/" + "long" * 60 + "\n\n$table\n\n$remarks")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.launched() as made:
        yield made


@pytest.fixture
def shown(browser: Any) -> Iterator[Callable[..., Any]]:
    pages = []

    def show(of: Report, width: int, scheme: str = "light", texts: Texts | None = None) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
        pages.append(page)
        page.route("**/*", lambda route: pytest.fail(f"the page asks for {route.request.url}"))
        page.set_content(html.render(Letter(of), texts or template.default(of.lang), "제목"))
        return page

    yield show
    for page in pages:
        page.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [360, 1000])
def test_no_screen_scrolls_sideways(shown, name, width):
    assert shown(REPORTS[name], width).evaluate("document.documentElement.scrollWidth") == width


def test_nor_with_a_long_address_in_a_users_own_text(shown):
    assert shown(REPORTS["late"], 360, texts=OWN).evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_stands_out_from_what_lies_behind_it(shown, name, width, scheme):
    seen = shown(REPORTS[name], width, scheme).evaluate(COLOURS)
    assert len(seen) > 40
    weak = [(text, colour, behind) for text, colour, behind in seen if contrast(colour, behind) < ENOUGH_CONTRAST]
    assert weak == []


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_the_night_is_dark_and_the_day_is_not(shown, scheme, light):
    page = shown(REPORTS["close"], 360, scheme)
    behind = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(behind) > 0.5) == light


def test_a_first_telephone_screen_holds_the_sentences_and_the_first_table(shown):
    page = shown(REPORTS["close"], 360)
    total = page.get_by_role("cell", name="-1,012", exact=True).bounding_box()
    assert total["y"] + total["height"] < 640


def test_figures_stand_on_the_right_under_their_heads(shown):
    page = shown(REPORTS["close"], 360)
    edges = page.evaluate("""() => [...document.querySelectorAll("table table tr")].slice(0, 6).map(
        row => [...row.cells].slice(1).map(cell => Math.round(cell.getBoundingClientRect().right)))""")
    assert len({tuple(row) for row in edges}) == 1
    alignment = "[...document.querySelectorAll('table table td + td')].map(cell => getComputedStyle(cell).textAlign)"
    assert set(page.evaluate(alignment)) == {"right"}


def test_the_contrast_is_that_of_the_standard():
    assert round(contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)"), 1) == 21.0
    assert round(contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)"), 2) == 4.48
