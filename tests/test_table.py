"""The table people see: its corner is always a status, its shape never changes."""

from __future__ import annotations

import pytest
from clocks import kst
from making import ELEVEN, FIGURE_NAMES, figures, reading, row, snapshot

from xlwings_kis import words
from xlwings_kis.errors import Problem
from xlwings_kis.snapshot import Standing
from xlwings_kis.table import Missing, corner, places, refused, table

NA, BLANK = Missing.NOT_AVAILABLE, Missing.NOT_SENT
PLACES = ("개인", "외국인", "기관계", "금융투자", "보험", "투신", "사모", "은행", "기타금융", "연기금등", "기타법인")
WRONG_MARKET = Problem("unknown_market", facts={"word": "KOSPI200"})


def all_eleven(at="2026-11-20 15:31:05", **more):
    return snapshot(at, *map(row, ELEVEN), **more)


def column(made, label):
    """The cells of one column, by its label."""
    at = made.labels.index(label)
    return [cells[at] for cells in made.rows]


def test_the_whole_table_has_a_header_eleven_rows_and_twenty_columns():
    made = table(reading(all_eleven()))
    cells = made.cells()
    assert [len(cells), *{len(row) for row in cells}] == [12, 20]
    assert cells[0] == ("11/20 15:31:05", *made.labels[1:])
    assert cells[0][1] == "전체매도수량"
    assert cells[0][-2:] == ("비차익순매수대금", "투자자코드")
    assert tuple(column(made, "투자자")) == PLACES
    assert tuple(column(made, "투자자코드")) == ELEVEN


def test_figures_stand_under_their_labels():
    values = dict(zip(FIGURE_NAMES, range(100, 118), strict=True))
    made = table(reading(snapshot("2026-11-20 15:31:05", row("8000", **values))))
    assert made.rows[0] == ("개인", *range(100, 118), "8000")


def test_without_a_header_only_the_rows_remain():
    made = table(reading(all_eleven()))
    assert made.cells(header=False) == list(made.rows)
    assert len(made.cells(header=False)) == 11


@pytest.mark.parametrize("received", [("9100",), ("8000", "7100"), ()])
def test_a_place_keeps_its_row_whether_kis_sent_it_or_not(received):
    made = table(reading(snapshot("2026-11-20 15:31:05", *map(row, (*received, "9300")))))
    assert tuple(column(made, "투자자"))[:11] == PLACES
    for name, code, net in zip(
        *(column(made, label) for label in ("투자자", "투자자코드", "전체순매수대금")), strict=True
    ):
        assert net == (540 if code in (*received, "9300") else BLANK), name


def test_a_missing_figure_is_blank_and_a_zero_is_a_zero():
    made = table(reading(snapshot("2026-11-20 15:31:05", row("8000", all_seln_qty=None, all_seln_amt=0))))
    assert column(made, "전체매도수량")[0] is BLANK
    assert column(made, "전체매도대금")[0] == 0


def test_other_codes_follow_in_the_order_first_seen_that_day_and_new_ones_at_the_end():
    now = snapshot("2026-11-20 15:31:05", row("8000"), row("9400", "나"), row("7000"), row("9300", "가"))
    known = reading(now, order=("9300", "7000"))
    assert places(known) == (*ELEVEN, "9300", "7000", "9400")
    assert column(table(known), "투자자")[11:] == ["가 (코드 9300)", "국가·지자체", "나 (코드 9400)"]


def test_a_code_seen_this_morning_keeps_its_row_when_it_is_gone():
    made = table(reading(snapshot("2026-11-20 15:31:05", row("8000"), row("9400")), order=("9300", "9400")))
    assert column(made, "투자자코드")[11:] == ["9300", "9400"]
    assert column(made, "전체순매수대금")[11:] == [BLANK, 540]


def test_a_selection_keeps_its_columns_and_the_investor_first():
    made = table(reading(all_eleven()), words.selection("순매수 대금 코드"))
    assert made.labels == ("투자자", "전체순매수대금", "차익순매수대금", "비차익순매수대금", "투자자코드")
    assert made.rows[0] == ("개인", 540, 108, 432, "8000")
    assert figures()["nabt_ntby_amt"] == 432


def test_no_data_is_the_same_shape_with_every_figure_not_available():
    nothing = table(reading(problem=Problem("no_answer"), order=("9300",)))
    full = table(reading(snapshot("2026-11-20 15:31:05", *map(row, (*ELEVEN, "9300"))), order=("9300",)))
    assert nothing.labels == full.labels
    assert [len(row) for row in nothing.rows] == [len(row) for row in full.rows]
    assert column(nothing, "투자자코드") == column(full, "투자자코드")
    assert tuple(column(nothing, "투자자"))[:11] == PLACES
    assert all(cell is NA for row in nothing.rows for cell in row[1:-1])
    assert nothing.corner == "#KIS! 서버 응답 없음. 잠시 뒤 자동으로 다시 조회합니다."


def test_nothing_known_at_all_is_told_as_no_data_yet():
    assert corner(reading()) == "#KIS! 자료 없음. KIS가 아직 값을 보내지 않았습니다. 잠시 뒤 자동으로 다시 조회합니다."


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "11/20 15:31:05"),
        ({"stale": True}, "지연 11/20 15:31:05"),
        ({"demo": True}, "예시 11/20 15:31:05"),
        ({"demo": True, "stale": True}, "예시 11/20 15:31:05"),
        ({"standing": Standing.UNCONFIRMED}, "확인 중 11/20 15:31:05"),
        ({"standing": Standing.UNCONFIRMED, "stale": True}, "지연 11/20 15:31:05"),
    ],
)
def test_the_corner_is_a_status_with_the_time_of_the_fetch(more, expected):
    assert corner(reading(all_eleven(**more))) == expected


def test_on_a_day_without_trading_the_corner_tells_the_moment_the_figures_belong_to():
    held = all_eleven("2026-11-22 10:00:00", standing=Standing.HOLIDAY, of=kst("2026-11-20 20:00:10"))
    assert corner(reading(held)) == "휴장(추정) 11/20 20:00:10"


def test_where_only_the_day_is_known_our_own_fetch_time_stands_beside_it():
    held = all_eleven("2026-11-22 10:00:00", standing=Standing.HOLIDAY, of=kst("2026-11-20 00:00:00"))
    assert corner(reading(held)) == "휴장(추정) 11/20 (조회 11/22 10:00:00)"


def test_figures_are_shown_with_an_old_body_even_where_the_reading_has_a_problem():
    old = reading(all_eleven("2026-11-20 14:02:10", stale=True), problem=Problem("no_answer"))
    assert corner(old) == "지연 11/20 14:02:10"
    assert column(table(old), "전체순매수대금") == [540] * 11


def test_arguments_nobody_understands_give_the_usual_shape_and_say_what_is_accepted():
    made = refused(WRONG_MARKET)
    assert made.corner == '#KIS! 시장을 알 수 없음: "KOSPI200". 코스피(1) 또는 코스닥(4)을 넣으세요.'
    assert made.labels == table(reading(all_eleven())).labels
    assert tuple(column(made, "투자자")) == PLACES
    assert tuple(column(made, "투자자코드")) == ELEVEN
    assert all(cell is NA for row in made.rows for cell in row[1:-1])


def test_refused_arguments_keep_the_columns_that_were_understood():
    assert refused(WRONG_MARKET, words.selection("비차익")).rows[0] == ("개인", *([NA] * 6))


def test_the_marker_begins_every_corner_without_data_and_none_with_data():
    assert corner(reading(problem=Problem("paper_key", "EGW02004"))) == (
        "#KIS! 모의투자 앱키(EGW02004). 이 조회는 실전투자 앱키로만 됩니다."
    )
    assert not corner(reading(all_eleven())).startswith("#")


def test_the_table_speaks_english_where_the_reading_does():
    made = table(reading(all_eleven(stale=True), lang="en"), words.selection("nabt_ntby_amt"))
    assert made.cells()[0] == ("delayed 11/20 15:31:05", "Non-arbitrage net buy value")
    assert made.rows[0] == ("Individuals", 432)
    assert refused(WRONG_MARKET, lang="en").corner == '#KIS! Unknown market: "KOSPI200". Use KOSPI (1) or KOSDAQ (4).'


def test_a_table_is_frozen_and_rendering_twice_gives_equal_values():
    known = reading(all_eleven())
    assert table(known) == table(known)
    assert hash(table(known).rows) == hash(table(known).rows)
