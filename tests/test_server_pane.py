"""The add-in in Excel, as far as one can see it without Excel: served unchanged, in Chromium, with office.js alone a fake."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest
from chromium import COLOURS, ENOUGH_CONTRAST, contrast
from loopback import free_port
from office_web import Pane, served, token
from serving import Served

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" and not os.environ.get("CI"), reason="the server is ended by a signal Windows does not know"
)

LANGUAGES = ("ko-KR", "en-US")
TABLE = '=KIS_PROGRAM_TRADE("KRX","KOSPI")'
OUR_SHEET = "프로그램매매"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.launched() as made:
        yield made


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("home"), "--demo") as server:
        yield server


@pytest.fixture
def pane(browser: Any, desk: Served) -> Iterator[Callable[..., Pane]]:
    """Panes that ask for nothing outside, complain of nothing, and show nobody else's error box."""
    opened: list[Pane] = []

    def show(**facts: Any) -> Pane:
        opened.append(Pane(browser, desk, **facts))
        return opened[-1].open()

    yield show
    for each in opened:
        outside, errors, boxes = each.outside, each.errors, each.page.locator("#global-error-alert").is_visible()
        each.close()
        assert (outside, errors, boxes) == ([], [], False)


# What is shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pane_scrolls_sideways(pane, language):
    page = pane(language=language).page
    for width in (300, 320, 350, 900):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_letter_stands_out_from_what_lies_behind_it(pane, scheme):
    page = pane(scheme=scheme).page
    page.evaluate("""() => {
        document.getElementById("said").className = "bad";
        document.getElementById("said").textContent = "말";
        for (const each of document.querySelectorAll("[hidden]")) each.hidden = false;
        document.getElementById("asked").textContent = "물음";
    }""")
    for state in ("fine", "late", "demo", "checking", "holiday"):
        page.evaluate("state => { document.getElementById('today').dataset.state = state; }", state)
        seen = page.evaluate(COLOURS)
        assert len(seen) > 60
        assert [each for each in seen if contrast(*each[1:]) < ENOUGH_CONTRAST] == []


def test_excels_own_theme_wins_over_the_systems(pane):
    behind = "getComputedStyle(document.body).backgroundColor"
    night = pane(scheme="light", dark=True).page.evaluate(behind)
    day = pane(scheme="dark", dark=False).page.evaluate(behind)
    assert (night, day) == ("rgb(31, 31, 31)", "rgb(255, 255, 255)")


@pytest.mark.parametrize(
    ("language", "title", "first"), [("ko-KR", "KRX 코스피", "외국인"), ("en-US", "KRX KOSPI", "Foreigners")]
)
def test_the_table_of_the_day_is_shown_in_the_language_of_excel(pane, language, title, first):
    page = pane(language=language).page
    assert page.locator("#table-title").inner_text() == title
    assert page.locator("#table tbody th").first.inner_text() == first
    assert page.evaluate("document.documentElement.lang") == language[:2]


def test_figures_have_signs_and_the_colours_of_the_sheet(pane):
    page = pane().page
    cells = page.locator("#table td").all()
    assert len(cells) == 36
    for cell in cells:
        text, colour = cell.inner_text(), cell.evaluate("cell => getComputedStyle(cell).color")
        assert re.fullmatch(r"[+-][1-9][\d,]*|0", text)
        assert colour == {"+": "rgb(208, 0, 0)", "-": "rgb(0, 80, 200)"}.get(text[0], "rgb(34, 34, 34)")


def test_the_language_can_be_switched_and_stays(pane):
    shown = pane(language="ko-KR")
    shown.page.get_by_role("button", name="English").click()
    shown.page.wait_for_function("document.querySelector('#table-title').textContent === 'KRX KOSPI'")
    assert shown.page.get_by_role("button", name="Refresh", exact=True).is_visible()
    shown.page.reload()
    shown.page.wait_for_function("document.querySelector('#table-title').textContent === 'KRX KOSPI'")


def test_another_pair_is_shown_when_it_is_chosen_with_the_keyboard(pane):
    page = pane().page
    page.locator("input[value=KRX]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#table-title').textContent === 'NXT 코스닥'")


def test_everything_can_be_reached_with_the_keyboard(pane):
    page = pane().page
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
        if reached[-1] == "download":
            break
    assert reached == ["language", "refresh", "auto", "every", "KRX", "KOSPI", "insert", "sheet", "report", "download"]


def test_the_focus_stays_where_the_keyboard_was(pane):
    shown = pane(sheets={"Sheet1": {"D5": "내 값"}})
    shown.page.locator("#refresh").focus()
    shown.page.keyboard.press("Enter")
    assert shown.said().startswith("조회했습니다: ")
    assert shown.page.evaluate("document.activeElement.id") == "refresh"
    shown.page.locator("#insert").focus()
    shown.page.keyboard.press("Enter")
    shown.page.get_by_role("alertdialog").wait_for()
    assert shown.page.evaluate("document.activeElement.id") == "no", "what deletes nothing comes first"
    shown.page.keyboard.press("Enter")
    assert shown.said() == "넣지 않았습니다."
    assert shown.page.evaluate("document.activeElement.id") == "insert"


def test_sentences_are_read_aloud(pane):
    said = pane().page.locator("#said")
    assert (said.get_attribute("role"), said.get_attribute("aria-live")) == ("status", "polite")


def test_text_from_the_gateway_is_never_markup(browser, desk):
    shown = Pane(browser, desk)
    wicked = "<img src=x onerror=fake.journal.shown=99><b>b</b>"

    def instead(route):
        answer = route.fetch()
        told = answer.json()
        told["rows"][0]["name"] = told["title"] = told["asof"] = told["line"] = told["unit"] = wicked
        told["rows"][0]["figures"][0] = wicked
        route.fulfill(response=answer, json=told)

    shown.page.route("**/kis/table?**", instead)
    try:
        page = shown.open().page
        assert page.locator("#table tbody th").first.inner_text() == wicked
        assert page.locator("#kis img, #table b").count() == 0
        assert shown.workbook("journal.shown") == 0
    finally:
        shown.close()


# Formulas


def test_excel_is_told_of_every_formula_and_what_its_lists_offer(pane):
    shown = pane()
    meta = shown.page.evaluate("fetch('/xlwings/custom-functions-meta.json').then(answer => answer.json())")
    assert sorted(shown.workbook("functions && Object.keys(fake.functions)")) == sorted(
        each["id"] for each in meta["functions"]
    )
    words = {each["id"]: [value["stringValue"] for value in each["values"]] for each in meta["enums"]}
    trade = next(each for each in meta["functions"] if each["id"] == "KIS_PROGRAM_TRADE")
    exchange, market = (words[each["customEnumId"]] for each in trade["parameters"][:2])
    assert exchange == ["KRX", "NXT", "통합"]
    assert market == ["코스피", "코스닥"]


def test_a_formula_in_a_cell_spills_its_table(pane):
    shown = pane()
    shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
    shown.said()
    values = shown.workbook("values('Sheet1', 'B2:U13')")
    assert values[0][0].startswith("예시 ")
    assert values[0][1] == "전체매도수량"
    assert [row[0] for row in values[1:4]] == ["개인", "외국인", "기관계"]
    assert all(isinstance(figure, int | float) for row in values[1:] for figure in row[1:19])


def test_a_figure_that_is_missing_is_a_true_error_and_a_wrong_word_a_sentence(pane):
    shown = pane()
    shown.workbook("""put('Sheet1', 'A1', '=KIS_PROGRAM_CHANGE("KRX","KOSPI",10)')""")
    shown.workbook("""put('Sheet1', 'A30', '=KIS_PROGRAM_TRADE("KRX","KOSPI200")')""")
    shown.said()
    assert "#N/A" in [value for row in shown.workbook("values('Sheet1', 'B2:D12')") for value in row]
    assert shown.workbook("value('Sheet1', 'A30')").startswith('#KIS! 시장을 알 수 없음: "KOSPI200"')


def test_without_data_the_table_is_errors_and_the_pane_says_why(browser, tmp_path):
    gateway = {"KIS_BASE_URL": f"http://127.0.0.1:{free_port()}", "KIS_APP_KEY": "P" * 36, "KIS_APP_SECRET": "s" * 180}
    with served(tmp_path, environment=gateway) as server:
        shown = Pane(browser, server).open()
        try:
            assert shown.page.locator("#asof").inner_text().startswith("#KIS! 서버 연결 실패.")
            assert shown.page.locator("#table").is_hidden()
            assert shown.page.evaluate("document.documentElement.scrollWidth") == 350
            assert "서버 연결 실패" in shown.press("새로고침")
            assert shown.page.locator("#said.bad").count() == 1
            shown.workbook(f"put('Sheet1', 'A1', {TABLE!r})")
            shown.said()
            assert shown.workbook("value('Sheet1', 'A1')").startswith("#KIS! 서버 연결 실패.")
            figures = shown.workbook("values('Sheet1', 'B2:S12')")
            assert {value for row in figures for value in row} == {"#N/A"}
            assert shown.errors == []
        finally:
            shown.close()


# Buttons


def test_refresh_without_our_sheet_writes_nothing_and_calculates_our_formulas_alone(pane):
    shown = pane()
    shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
    shown.workbook("put('Sheet1', 'A40', '=LOWER(\"A\")')")
    shown.workbook('put(\'Sheet1\', \'A41\', \'=SUM(KIS_PROGRAM_VALUE("KRX","KOSPI","개인","비차익"),1)\')')
    shown.said()
    shown.workbook("journal.calculated.splice(0), fake.journal.writes.splice(0)")
    assert re.fullmatch(r"조회했습니다: KRX 코스피 · 예시 [\d/]+ [\d:]{8}", shown.press("새로고침"))
    assert sorted(shown.workbook("journal.calculated")) == ["Sheet1!A41", "Sheet1!B2"]
    assert shown.workbook("journal.writes") == []
    assert shown.workbook("book.sheets.length") == 1


def test_make_sheet_writes_our_sheet_and_refresh_writes_it_again(pane):
    shown = pane()
    assert re.fullmatch(r"조회했습니다: KRX 코스피, KRX 코스닥 · [\d:]{8}\.", shown.press("시트 만들기"))
    assert shown.workbook("book.sheets.map(sheet => sheet.name)") == ["Sheet1", OUR_SHEET]
    assert shown.workbook(f"value('{OUR_SHEET}', 'A1')") == "프로그램매매 투자자별 동향"
    names = [row[0] for row in shown.workbook(f"values('{OUR_SHEET}', 'A8:A10')")]
    assert names == ["개인", "외국인", "기관계"]
    assert "KIS_KRX_KOSPI" in shown.workbook("book.names.map(each => each.name)")
    shown.workbook("book.sheets[1].cells.set('B8', {...fake.book.sheets[1].cells.get('B8'), value: 'gone'})")
    shown.pass_seconds(3)  # data younger than two seconds is not asked for again
    assert shown.press("새로고침").startswith("조회했습니다: ")
    assert shown.workbook("book.sheets.length") == 2
    assert isinstance(shown.workbook(f"value('{OUR_SHEET}', 'B8')"), int | float)


def test_only_the_values_of_our_sheets_leave_the_workbook(pane):
    shown = pane(sheets={"비밀": {"A1": "인사 평가"}, "Sheet1": {}})
    shown.press("시트 만들기")
    shown.press("새로고침")
    first, second = (each.post_data_json for each in shown.sent if "custom-scripts-call" in each.url)
    assert [(sheet["name"], sheet["values"]) for sheet in first["sheets"]] == [("비밀", [[]]), ("Sheet1", [[]])]
    assert [sheet["name"] for sheet in second["sheets"] if sheet["values"] != [[]]] == [OUR_SHEET]
    assert not any("인사 평가" in (each.post_data or "") for each in shown.sent)


def test_a_sheet_of_ours_is_found_by_its_names_after_it_was_renamed(pane):
    shown = pane()
    shown.press("시트 만들기")
    shown.workbook("""book.sheets[1].name = "it's mine" """)
    shown.workbook(
        """book.names.forEach(each => { each.formula = each.formula.replace("'프로그램매매'", "'it''s mine'"); })"""
    )
    shown.press("새로고침")
    last = [each.post_data_json for each in shown.sent if "custom-scripts-call" in each.url][-1]
    assert [sheet["name"] for sheet in last["sheets"] if sheet["values"] != [[]]] == ["it's mine"]
    assert shown.workbook("book.sheets.length") == 2


def test_a_report_comes_as_a_new_sheet(pane):
    shown = pane()
    name = re.fullmatch(r"보고서를 새 시트 '(.+)'에 적었습니다\.", shown.press("보고서 시트"))[1]
    assert shown.workbook("book.sheets.map(sheet => sheet.name)") == ["Sheet1", name]
    column = [row[0] for row in shown.workbook(f"values({name!r}, 'A1:A10')")]
    assert column[0] == "프로그램매매 투자자별 동향"
    assert {"KRX 코스피", "개인", "외국인"} < set(column)


def test_a_report_comes_as_a_file(pane, tmp_path):
    shown = pane()
    with shown.page.expect_download() as started:
        shown.page.get_by_role("button", name="보고서 내려받기").click()
    started.value.save_as(tmp_path / "report.xlsx")
    assert re.fullmatch(r"프로그램매매_\d{8}_\d{4}.*\.xlsx", started.value.suggested_filename)
    assert shown.said() == f"내려받았습니다: {started.value.suggested_filename}"
    assert "xl/workbook.xml" in zipfile.ZipFile(tmp_path / "report.xlsx").namelist()


def test_a_table_is_put_at_the_selected_cell_as_people_read_it(pane):
    shown = pane(sheets={"Sheet1": {"A1": "제목"}})
    shown.workbook("select('Sheet1', 'B3')")
    shown.page.get_by_text("코스닥", exact=True).click()
    assert shown.press("표 넣기") == "B3에 수식을 넣었습니다."
    assert shown.workbook("book.sheets[0].cells.get('B3').formula") == '=KIS_PROGRAM_TRADE("KRX","KOSDAQ")'
    formats = [shown.workbook(f"book.sheets[0].cells.get('{cell}').format") for cell in ("B3", "C4", "E4", "U4")]
    assert formats == ["General", "#,##0", "[Red]+#,##0;[Blue]-#,##0;0", "General"]
    assert isinstance(shown.workbook("value('Sheet1', 'C4')"), int | float)


@pytest.mark.parametrize("way", ["취소", "Escape"])
def test_values_in_the_way_of_a_table_are_asked_about_and_kept(pane, way):
    shown = pane(sheets={"Sheet1": {"D5": "내 값"}})
    shown.page.get_by_role("button", name="표 넣기").click()
    question = shown.page.get_by_role("alertdialog")
    question.wait_for()
    assert shown.page.locator("#asked").inner_text() == "A1:T15에 값이 있습니다. 그 값을 지우고 표를 넣을까요?"
    question.get_by_role("button", name=way).click() if way == "취소" else shown.page.keyboard.press(way)
    assert shown.said() == "넣지 않았습니다."
    assert shown.workbook("value('Sheet1', 'D5')") == "내 값"
    assert shown.workbook("journal.writes") == []


def test_values_in_the_way_are_deleted_when_that_is_wanted(pane):
    shown = pane(language="en-US", sheets={"Sheet1": {"D5": "mine", "A40": "far away"}})
    shown.page.get_by_role("button", name="Insert table").click()
    shown.page.get_by_role("button", name="Delete and insert").click()
    assert shown.said() == "The formula is in A1."
    assert isinstance(shown.workbook("value('Sheet1', 'D5')"), int | float)
    assert shown.workbook("value('Sheet1', 'A40')") == "far away"


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        ("select('Sheet1', 'XFA1')", "표가 들어갈 자리가 없습니다."),
        ("book.sheets[0].tables.push({ name: '표1' })", "표가 들어갈 자리가 없습니다."),
        ("book.sheets[0].guarded = true", "시트가 보호되어 있어 쓰지 않았습니다."),
        ("journal.editing = true", "셀을 편집하고 있어 기다립니다."),
    ],
)
def test_where_a_table_cannot_go_one_sentence_says_why(pane, happens, sentence):
    shown = pane()
    shown.workbook(happens)
    assert shown.press("표 넣기").startswith(sentence)
    assert shown.workbook("journal.writes") == []


# Automatic refresh


def test_automatic_refresh_calculates_our_formulas_at_its_interval_and_writes_nothing(pane):
    shown = pane()
    shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
    shown.workbook("put('Sheet1', 'A40', '=LOWER(\"A\")')")
    shown.said()
    shown.workbook("journal.calculated.splice(0), fake.journal.writes.splice(0)")
    shown.page.get_by_role("switch").check()
    assert shown.said() == "자동 새로고침을 켰습니다(30초마다, 장중에만)."
    shown.pass_seconds(25)
    assert shown.workbook("journal.calculated") == []
    shown.pass_seconds(10)
    shown.page.wait_for_function("fake.journal.calculated.length === 1")
    assert shown.workbook("journal.calculated") == ["Sheet1!B2"]
    assert shown.workbook("journal.writes") == []
    shown.page.get_by_role("switch").uncheck()
    assert shown.said() == "자동 새로고침을 껐습니다."


def test_a_protected_sheet_is_calculated_too(pane):
    shown = pane()
    shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
    shown.said()
    shown.workbook("journal.calculated.splice(0), fake.book.sheets[0].guarded = true")
    shown.press("새로고침")
    assert shown.workbook("journal.calculated") == ["Sheet1!B2"]


def test_automatic_refresh_waits_in_silence_while_a_cell_is_edited(pane):
    shown = pane()
    shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
    shown.page.get_by_role("switch").check()
    told = shown.said()
    shown.workbook("journal.calculated.splice(0), fake.journal.editing = true")
    with shown.page.expect_response("**/kis/status?**"):
        shown.pass_seconds(33)
    assert (shown.said(), shown.workbook("journal.calculated")) == (told, [])
    shown.workbook("journal.editing = false")
    shown.pass_seconds(33)
    shown.page.wait_for_function("fake.journal.calculated.length === 1")


def test_automatic_refresh_rests_when_nobody_trades(browser, desk):
    shown = Pane(browser, desk)

    def closed(route):
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "pairs": [{**each, "open": False} for each in told["pairs"]]})

    shown.page.route("**/kis/status?**", closed)
    try:
        shown.open()
        shown.workbook(f"put('Sheet1', 'B2', {TABLE!r})")
        shown.said()
        shown.workbook("journal.calculated.splice(0)")
        shown.page.get_by_role("switch").check()
        with shown.page.expect_response("**/kis/status?**"):
            shown.pass_seconds(33)
        assert shown.said()
        assert shown.workbook("journal.calculated") == []
    finally:
        shown.close()


# The ribbon


def test_the_ribbons_buttons_do_what_the_panes_do_and_always_come_back(pane):
    shown = pane()
    assert shown.command("kis-insert-un-kosdaq") == "A1에 수식을 넣었습니다."
    assert shown.workbook("book.sheets[0].cells.get('A1').formula") == '=KIS_PROGRAM_TRADE("UN","KOSDAQ")'
    assert shown.command("kis-sheet").startswith("조회했습니다: ")
    assert shown.command("kis-refresh").startswith("조회했습니다: ")
    assert shown.command("kis-auto").startswith("자동 새로고침을 켰습니다")
    assert shown.command("kis-auto") == "자동 새로고침을 껐습니다."
    assert shown.workbook("journal.shown") == 0
    shown.workbook("select('Sheet1', 'A1'), fake.book.sheets[0].guarded = true")
    assert shown.command("kis-insert-krx-kospi").startswith("시트가 보호되어 있어")
    assert shown.workbook("journal.shown") == 1, "with the pane closed nobody would see the sentence"


def test_a_strict_policy_of_contents_is_kept(browser, tmp_path):
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
    headers = f'{{"Content-Security-Policy": "{policy}"}}'
    with served(tmp_path, "--demo", environment={"XLWINGS_CUSTOM_HEADERS": headers}) as server:
        shown = Pane(browser, server).open()
        try:
            assert shown.page.locator("#table tbody tr").count() == 12
            assert shown.press("새로고침").startswith("조회했습니다: ")
            assert shown.errors == []
        finally:
            shown.close()


# Credentials, and a server that is away


def test_a_token_is_asked_for_once_and_never_stands_in_an_address(browser, tmp_path):
    tokens = tmp_path / "tokens.txt"
    ours = token("김 대리", tokens)
    with served(tmp_path, "--demo", "--tokens", str(tokens)) as server:
        shown = Pane(browser, server, partition="p1|").open()
        try:
            assert shown.said() == "접속 토큰이 없습니다. 관리자가 준 토큰을 아래에 붙여 넣으세요."
            assert shown.page.evaluate("document.activeElement.id") == "token"
            enter(shown, "내 토큰")
            assert shown.said().startswith("접속 토큰이 맞지 않습니다.")
            assert shown.page.evaluate("localStorage.length") == 1, "the number xlwings gives each client"
            enter(shown, "wrong")
            shown.page.wait_for_function("document.querySelector('#said').textContent.includes('맞지 않습니다')")
            assert shown.said() == "접속 토큰이 맞지 않습니다. 관리자가 준 토큰을 아래에 다시 붙여 넣으세요."
            enter(shown, ours)
            shown.page.wait_for_selector("#table tbody tr")
            assert shown.said() == "접속 토큰을 이 브라우저에 저장했습니다."
            assert shown.press("시트 만들기").startswith("조회했습니다: ")
            shown.workbook(f"put('Sheet1', 'A1', {TABLE!r})")
            shown.said()
            assert shown.workbook("value('Sheet1', 'A1')").startswith("예시 ")
            assert not any(ours in each.url or ours in (each.post_data or "") for each in shown.sent)
            assert ours not in shown.page.content()
            assert shown.page.evaluate("localStorage.getItem('p1|kis-token')") == ours
            shown.page.locator("summary").click()
            assert shown.press("지우기") == "접속 토큰을 지웠습니다."
            assert shown.press("새로고침").startswith("접속 토큰이 없습니다.")
            assert all("401" in error for error in shown.errors), "the browser's own lines about refused calls"
        finally:
            shown.close()


def enter(shown: Pane, typed: str) -> None:
    shown.page.locator("#token").fill(typed)
    shown.page.get_by_role("button", name="저장").click()


def test_a_server_that_is_away_is_told_of_in_one_sentence_and_found_again(browser, tmp_path):
    words = (tmp_path, "--demo", "--port", str(free_port()))
    sentences = {
        "ko-KR": "서버 연결 실패. 10초마다 다시 연결해 봅니다. 계속되면 관리자에게 알리세요.",
        "en-US": "The server is away. It is tried again every 10 s. Tell your administrator if it stays.",
    }
    with served(*words) as server:
        panes = {language: Pane(browser, server, language=language).open() for language in sentences}
    try:
        for language, shown in panes.items():
            shown.page.locator("#refresh").click()
            assert shown.said() == sentences[language]
            shown.pass_seconds(11)
            assert shown.said() == sentences[language]
        with served(*words):
            for shown in panes.values():
                shown.pass_seconds(11)
                shown.page.wait_for_function("document.querySelector('#said').textContent === ''")
        for shown in panes.values():
            assert shown.page.locator("#table tbody tr").count() == 12
            assert all("ERR_CONNECTION" in error for error in shown.errors), "the browser's own lines"
    finally:
        for shown in panes.values():
            shown.close()
