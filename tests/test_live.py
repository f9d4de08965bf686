"""The sheet's pure parts: settings from cells, what stands on a sheet, the sentence over the tables."""

from __future__ import annotations

import pytest
from clocks import kst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import reading, row, snapshot
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI, UN_KOSPI

from xlwings_kis.block import Comparison, block
from xlwings_kis.errors import Problem
from xlwings_kis.fields import Measure
from xlwings_kis.live.choices import AmountUnit, Choices, Shown, View, Window, parse
from xlwings_kis.live.found import Found, Kind, look
from xlwings_kis.live.places import Rect, chart_column, letters
from xlwings_kis.live.plan import plan
from xlwings_kis.live.steps import Write
from xlwings_kis.live.summary import rounded, sentence
from xlwings_kis.status import remark, still_line
from xlwings_kis.words import pairs_in

NOW = kst("2026-11-20 11:20:43")
GROUPS = ("8000", "9100", "8888", "7100")


def market(net=0, arbitrage=0, foreign=0, *, pair=KRX_KOSPI, **more):
    """A market whose nets (million won) come from one group each."""
    rows = [row(code, all_ntby_amt=0, arbt_ntby_amt=0, nabt_ntby_amt=0) for code in GROUPS]
    rows[0] = row("8000", all_ntby_amt=net, arbt_ntby_amt=arbitrage, nabt_ntby_amt=net - arbitrage - foreign)
    rows[1] = row("9100", all_ntby_amt=0, arbt_ntby_amt=0, nabt_ntby_amt=foreign)
    return reading(snapshot("2026-11-20 11:20:31", *rows, pair=pair, **more))


def test_blank_cells_mean_the_defaults_and_are_no_mistake():
    assert parse({}) == parse({"B2": "", "D2": None, "H2": "  ", "J2": None, "B4": ""}) == Choices()


@pytest.mark.parametrize(
    ("address", "value", "meant"),
    [
        ("B2", " 대금 ", Shown.AMOUNT), ("B2", "수량", Shown.QUANTITY), ("B2", "Both", Shown.BOTH),
        ("D2", "증감", View.CHANGE), ("F2", "억", AmountUnit.EOK), ("F2", "million won", AmountUnit.MILLION),
        ("H2", "5 분", Window.MINUTES_5), ("H2", 30, Window.MINUTES_30), ("H2", 30.0, Window.MINUTES_30),
        ("H2", 10 / 1440, Window.MINUTES_10), ("H2", "30 min", Window.MINUTES_30), ("H2", "시초", Window.OPEN),
        ("H2", "전일", Window.YESTERDAY), ("H2", "직전", Window.LAST),
    ],
)  # fmt: skip
def test_a_setting_is_read_as_people_write_it(address, value, meant):
    made = parse({address: value})
    assert meant in (made.shown, made.view, made.unit, made.window)
    assert made.remarks == ()


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("B2", "가격"),
        ("D2", 3),
        ("F2", "조원"),
        ("H2", 7),
        ("H2", True),
        ("H2", "내일"),
        ("J2", "1,000억"),
        ("J2", True),
    ],
)
def test_a_setting_nobody_can_read_keeps_its_default_and_names_its_cell(address, value):
    made = parse({address: value})
    assert (made.shown, made.view, made.unit, made.window) == (
        Shown.AMOUNT,
        View.CUMULATIVE,
        AmountUnit.MILLION,
        Window.MINUTES_10,
    )
    (remark_,) = made.remarks
    assert remark_.startswith(address)
    (english,) = parse({address: value}, "en").remarks
    assert english.startswith(f"{address} holds")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # its table of letters is made once
@given(
    st.dictionaries(
        st.sampled_from(["B2", "D2", "F2", "H2", "J2", "B4"]), st.text() | st.floats() | st.booleans() | st.integers()
    )
)
def test_no_cell_can_make_the_settings_fail(cells):
    made = parse(cells)
    assert made.pairs
    assert all("\n" not in remark_ for remark_ in made.remarks)


def test_pairs_are_read_from_a_list_in_one_cell_each_once():
    assert pairs_in("KRX코스피, 통합 코스피；nxt kospi\n코스피, 코스피200") == (
        (KRX_KOSPI, UN_KOSPI, NXT_KOSPI),
        ("코스피200",),
    )
    assert pairs_in(None) == ((), ())


def test_an_empty_sheet_is_empty_and_a_strangers_is_foreign():
    assert look([[None, ""], [""]]).kind is Kind.EMPTY
    assert look([["구분", "금액"], ["보기"]]).kind is Kind.FOREIGN
    assert look([[1]]).settings == {}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(
            st.none() | st.text() | st.floats() | st.sampled_from(["구분", "보기", "단위", "투자자", "KRX 코스피"])
        )
    )
)
def test_whatever_stands_on_a_sheet_can_be_looked_at(cells):
    assert look(cells).kind in Kind


def cells_of(steps, rows=140, columns=30):
    made = [[None] * columns for _ in range(rows)]
    for step in steps:
        if isinstance(step, Write):
            for down, line in enumerate(step.cells):
                for right, value in enumerate(line):
                    made[step.rect.row - 1 + down][step.rect.column - 1 + right] = value
    return made


def planned(choices=None, found=None, lang="ko", **earlier):
    choices = choices or Choices()
    readings = {pair: market(5, pair=pair) for pair in choices.pairs}
    return plan(readings, choices, earlier, found or Found(), NOW, lang)


@pytest.mark.parametrize("shown", list(Shown))
def test_a_sheet_that_was_planned_is_found_as_it_was(shown):
    made = look(cells_of(planned(Choices(shown=shown, pairs=(KRX_KOSDAQ, UN_KOSPI)))))
    assert (made.kind, made.lang, made.pairs) == (Kind.OURS, "ko", (KRX_KOSDAQ, UN_KOSPI))
    assert made.width == (21 if shown is Shown.BOTH else 12)
    assert made.day(KRX_KOSDAQ) == NOW.date()
    assert made.day(KRX_KOSPI) is None


@pytest.mark.parametrize("value", ["2026-11-20T11:20:31.000Z", kst("2026-11-20 11:20:31"), 46346.47])
def test_a_fetch_time_is_read_however_an_engine_gives_it(value):
    cells = cells_of(planned())
    cells[4][1] = value
    assert look(cells).day(KRX_KOSPI) == NOW.date()
    cells[4][1] = "어제"
    assert look(cells).day(KRX_KOSPI) is None


def test_planning_again_what_stands_there_is_nothing_to_do():
    assert planned(found=look(cells_of(planned()))) == ()


def test_numbers_that_come_back_whole_are_the_same_numbers():
    cells = cells_of(planned())
    assert (
        planned(found=look([[int(v) if isinstance(v, float) and v.is_integer() else v for v in r] for r in cells]))
        == ()
    )
    cells[9][1] = True
    assert planned(found=look(cells)) != ()


def test_a_sheet_whose_blocks_were_cleared_gets_them_again_but_not_its_head():
    cells = cells_of(planned())
    cells[4:] = [[None] * 30 for _ in cells[4:]]
    cells[1][1] = "수량"
    steps = planned(Choices(shown=Shown.QUANTITY), look(cells))
    written = [step.rect for step in steps if isinstance(step, Write)]
    assert not [rect for rect in written if rect.row in (2, 4)]
    assert Rect(5, 1) in written


def test_the_sentence_of_one_market_is_that_of_the_layout():
    made = market(-101_200, 21_500, -140_500)
    assert sentence([made], Choices()) == (
        "전체 101,200백만원 매도 우위 — 차익 21,500 순매수, 비차익 122,700 순매도 (외국인 비차익 140,500 순매도)"
    )
    assert sentence([made], Choices(unit=AmountUnit.EOK)) == (
        "전체 1,012억원 매도 우위 — 차익 215 순매수, 비차익 1,227 순매도 (외국인 비차익 1,405 순매도)"
    )


def test_two_markets_share_a_line_and_more_do_not_fit():
    both = [market(-101_200, 21_500, -140_500), market(8_700, -300, 70, pair=KRX_KOSDAQ)]
    line = (
        "코스피 1,012억원 매도 우위 (차익 +215, 비차익 -1,227, 외국인 비차익 -1,405)"
        " · 코스닥 87억원 매수 우위 (차익 -3, 비차익 +90, 외국인 비차익 +1)"
    )
    assert sentence(both, Choices(unit=AmountUnit.EOK)) == line
    assert sentence([*both, market(1, pair=NXT_KOSPI)], Choices(unit=AmountUnit.EOK)) == line


def test_markets_of_two_exchanges_are_called_by_their_whole_names():
    line = sentence([market(100), market(-100, pair=NXT_KOSPI)], Choices())
    assert line.startswith("KRX 코스피 100백만원 매수 우위 (")
    assert " · NXT 코스피 100백만원 매도 우위 (" in line


def test_an_even_market_leads_nowhere_and_unknown_figures_are_dashes():
    assert sentence([market(0)], Choices()).startswith("전체 매수·매도 균형 — 차익 0, 비차익 0")
    alone = reading(snapshot("2026-11-20 11:20:31", row("8000")))
    assert sentence([alone], Choices()) == "전체 – — 차익 –, 비차익 – (외국인 비차익 –)"
    assert sentence([reading()], Choices()) == ""


def test_old_figures_are_called_so_once_where_all_are_and_one_by_one_else():
    late = market(100, stale=True)
    both = [late, market(100, stale=True, pair=KRX_KOSDAQ)]
    assert sentence(both, Choices()).count("지연") == 1
    mixed = sentence([market(100), market(100, stale=True, pair=KRX_KOSDAQ)], Choices())
    assert " · 지연: 코스닥 " in mixed


@pytest.mark.parametrize(("figure", "whole"), [(149, 1), (150, 2), (-149, -1), (-150, -2), (49, 0), (-49, 0), (0, 0)])
def test_hundred_millions_round_half_away_from_zero_as_sheets_do(figure, whole):
    assert rounded(figure, 100) == whole


def test_a_block_tells_changes_and_differences_against_an_earlier_table():
    now, then = market(100), market(70).snapshot
    changes = block(now, against=Comparison("10분", then))
    assert changes.change == "10분 대비"
    assert changes.change_bands == ("전체", "비차익")
    assert changes.lines[0].changes == (30, 30)
    assert changes.lines[0].figures[2] == 100
    differences = block(now, against=Comparison("10분", then, differences=True))
    assert differences.lines[0].figures[2] == 30
    assert differences.lines[11].figures[2] == 30  # the total's difference
    assert differences.bands[0] == "전체 (10분 증감)"
    nothing = block(now, against=Comparison("10분", None, differences=True))
    assert {figure for line in nothing.lines for figure in (*line.figures, *line.changes)} == {None}


def test_a_block_of_both_measures_names_them_at_every_side():
    made = block(market(1), Measure.AMOUNT, Measure.QUANTITY)
    assert made.sides[:6] == ("매도금액", "매수금액", "순매수금액", "매도수량", "매수수량", "순매수수량")
    assert made.unit == "(금액: 백만원, 수량: 천주)"
    assert len(made.columns) == len(made.sides) == 18


def test_the_status_of_a_page_that_does_not_move_has_dates_and_no_ages():
    made = reading(snapshot("2026-11-20 11:20:31", changed=kst("2026-11-20 11:19:02")))
    assert still_line(made, NOW) == "정상 · KRX 정규장 · 조회 11/20 11:20:31 · 값 변동 11:19:02"
    assert remark(made, NOW) == "KRX 정규장 · 값 변동 11:19:02"
    assert remark(reading(problem=Problem("paper_key")), NOW).startswith("#KIS! 모의투자 앱키")


def test_rectangles_have_addresses():
    assert Rect(5, 1, 17, 12).address == "A5:L21"
    assert Rect(5, 27).address == "AA5"
    assert Rect(5, 2).absolute == "$B$5"
    assert Rect(7, 1, 13, 21).absolute == "$A$7:$U$19"
    assert [letters(column) for column in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert (letters(chart_column(12)), letters(chart_column(21))) == ("N", "AA")
