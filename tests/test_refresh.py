"""새로고침: the sheet 프로그램매매, written through xlwings' Office.js engine and applied to a real file."""

from __future__ import annotations

import dataclasses

import officejs
import pytest
import xlwings as xw
from making import row
from officejs import Excel, at, cell
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI

from xlwings_kis import excel, ribbon, runtime
from xlwings_kis.live import places, writer
from xlwings_kis.live.texts import text
from xlwings_kis.simulator import Fault

NAME = "프로그램매매"


class Desk:
    """A user with a workbook: presses 새로고침, looks at cells, types into others."""

    def __init__(self, clock, feed, monkeypatch, *sheets):
        self.clock, self.excel = clock, Excel(*sheets)
        monkeypatch.setattr(runtime, "feed", lambda: feed)
        monkeypatch.setattr(runtime, "clock", clock)

    def refresh(self, seconds=31):
        """What the macro says; the actions are kept and applied."""
        self.clock.move(seconds)
        book = self.excel.book()
        said = ribbon.refresh(book)
        self.actions = book.json()["actions"]
        self.excel.apply(self.actions)
        return said

    @property
    def sheet(self):
        return self.excel.file[NAME]

    def __getitem__(self, address):
        return self.sheet[address].value

    def __setitem__(self, address, value):
        self.sheet[address].value = value

    def figures(self, row, columns="BCDEFGHIJ"):
        return [self[f"{column}{row}"] for column in columns]


@pytest.fixture
def desk(clock, feed, monkeypatch):
    return Desk(clock, feed, monkeypatch)


def wires(*measures):
    return [
        f"{band}_{side}_{m}" for band in ("all", "arbt", "nabt") for m in measures for side in ("seln", "shnu", "ntby")
    ]


def truth(kis, code="9100", exchange="J", market="1"):
    (found,) = [each for each in kis.truth(exchange, market) if each["invr_cls_code"] == code]
    return {wire: int(value) for wire, value in found.items() if wire.endswith(("qty", "amt"))}


def test_the_first_refresh_makes_a_sheet_with_the_gateways_figures(desk, kis):
    said = desk.refresh()
    assert said == "조회했습니다: KRX 코스피, KRX 코스닥 · 11:21:02."
    assert desk["A1"] == "프로그램매매 투자자별 동향"
    assert desk["L1"] == "정상 · KRX 정규장 · 조회 11/20 11:21:02 · 값 변동 11:21:02"
    assert [desk[f"{c}2"] for c in "ABCDEFGHIJ"] == [
        "구분", "금액", "보기", "누적", "단위", "백만원", "비교", "10분", "기준금액", 1000,
    ]  # fmt: skip
    assert (desk["A4"], desk["B4"]) == ("표", "KRX 코스피, KRX 코스닥")
    assert (desk["A5"], desk["A23"], desk["L5"]) == ("KRX 코스피", "KRX 코스닥", "(단위: 백만원)")
    assert [desk[f"{c}6"] for c in "BEHK"] == ["전체", "차익", "비차익", "10분 대비"]
    assert [desk[f"{c}7"] for c in "ABCDKL"] == ["투자자", "매도", "매수", "순매수", "전체", "비차익"]
    labels = [desk[f"A{row}"] for row in range(8, 20)]
    assert labels == [
        "개인", "외국인", "기관계", "금융투자", "보험", "투신", "사모", "은행", "기타금융", "연기금등", "기타법인", "합계 ✓",
    ]  # fmt: skip
    for block, market in ((5, "1"), (23, "4")):
        assert desk.figures(block + 4) == [truth(kis, market=market)[wire] for wire in wires("amt")]
    assert desk["A21"].endswith("검산 이상 없음 · 비교할 저장값 없음(10분)")


def test_the_fetch_time_is_a_real_date_time_and_every_block_has_its_names(desk):
    desk.refresh()
    assert desk["B5"] == pytest.approx(46346 + (11 * 3600 + 21 * 60 + 2) / 86400)
    assert desk.sheet["B5"].number_format == "hh:mm:ss"
    names = {name: defined.attr_text for name, defined in desk.excel.file.defined_names.items()}
    assert names == {
        "KIS_KRX_KOSPI": "'프로그램매매'!$A$7:$L$19",
        "KIS_KRX_KOSPI_조회시각": "'프로그램매매'!$B$5",
        "KIS_KRX_KOSDAQ": "'프로그램매매'!$A$25:$L$37",
        "KIS_KRX_KOSDAQ_조회시각": "'프로그램매매'!$B$23",
    }


def test_a_second_refresh_writes_values_alone_and_at_most_ten_times(desk):
    desk.refresh()
    desk.refresh(0)
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert 0 < len(desk.actions) <= 10


def test_even_when_settings_unit_and_notes_change_it_is_ten_writes_at_most(desk):
    desk.refresh()
    desk["F2"], desk["D2"], desk["H2"] = "억원", "증감", "30분"
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert len(desk.actions) <= 10


def test_nothing_is_written_where_nothing_changed(desk, kis):
    desk.refresh()
    desk.refresh(0)  # data younger than two seconds is not fetched again
    assert desk.actions == []


def test_the_sheet_is_recognised_by_its_names_after_it_was_renamed(desk):
    desk.refresh()
    desk.excel.rename(NAME, "내 화면")
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert desk.excel.file.sheetnames == ["Sheet1", "내 화면"]


def test_an_empty_sheet_of_that_name_is_taken_and_one_with_other_things_is_not(clock, feed, monkeypatch):
    empty = Desk(clock, feed, monkeypatch, officejs.sheet("프로그램매매"))
    empty.refresh()
    assert "addSheet" not in {action["func"] for action in empty.actions}
    assert empty["A5"] == "KRX 코스피"
    taken = Desk(clock, feed, monkeypatch, officejs.sheet("program TRADING", [["내 메모", 3]]))
    assert taken.refresh() == (
        "'program TRADING' 시트에 다른 내용이 있어 쓰지 않았습니다. 그 시트의 이름을 바꾼 뒤 새로고침하세요."
    )
    assert taken.actions == []


@pytest.mark.parametrize("change", ["insert_rows", "insert_cols"])
def test_a_sheet_whose_rows_or_columns_were_moved_is_left_alone(desk, change):
    desk.refresh()
    getattr(desk.sheet, change)(3)
    assert desk.refresh() == text("moved", sheet=NAME)
    assert desk.actions == []


@pytest.mark.parametrize("between", [20, 24])
def test_a_row_put_between_or_into_blocks_is_noticed(desk, between):
    desk.refresh()
    desk.sheet.insert_rows(between)
    assert desk.refresh() == text("moved", sheet=NAME)


def test_what_a_user_put_elsewhere_is_never_written_to(desk):
    desk.refresh()
    own = ["I4", "K4", "H4", "D5", "L2", "F1", "M8", "N40", "A41", "Z3", "E4", "C21"]
    for address in own:
        desk[address] = f"own {address}"
    desk.refresh()
    written = [at(action) for action in desk.actions]
    for address in own:
        r, c = cell(address)
        assert not any(top <= r <= bottom and left <= c <= right for top, left, bottom, right in written), address
        assert desk[address] == f"own {address}"


def test_a_change_of_structure_stays_within_our_rows_and_leaves_settings_and_own_cells(desk):
    desk.refresh()
    for address in ("I4", "K4", "L2", "A42", "A100", "Z60"):
        desk[address] = f"own {address}"
    desk["B2"], desk["J2"] = "모두", 77
    desk.refresh()
    assert desk["B2"] == "모두"
    assert desk["J2"] == 77
    assert all(desk[address] == f"own {address}" for address in ("I4", "K4", "L2", "A42", "A100", "Z60"))
    assert all(action["row_count"] is None or at(action)[2] <= 40 for action in desk.actions)


def test_both_measures_stand_side_by_side_and_go_again(desk, kis):
    desk.refresh()
    desk["B2"] = "모두"
    desk.refresh()
    assert [desk.sheet.cell(7, column).value for column in range(2, 8)] == [
        "매도금액", "매수금액", "순매수금액", "매도수량", "매수수량", "순매수수량",
    ]  # fmt: skip
    assert [desk.sheet.cell(9, column).value for column in range(2, 20)] == [
        truth(kis)[wire] for wire in wires("amt", "qty")
    ]
    assert desk["U5"] == "(금액: 백만원, 수량: 천주)"
    assert desk["U1"].startswith("정상")
    assert desk["L1"] is None
    assert desk.excel.file.defined_names["KIS_KRX_KOSPI"].attr_text == "'프로그램매매'!$A$7:$U$19"
    desk["B2"] = "금액"
    desk.refresh()
    assert [desk.sheet.cell(row, column).value for row in range(5, 42) for column in range(13, 22)] == [None] * 333
    assert desk["U1"] is None
    assert desk["L1"].startswith("정상")


def test_quantities_need_no_new_look(desk, kis):
    desk.refresh()
    desk["B2"] = "수량"
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert desk.figures(9) == [truth(kis)[wire] for wire in wires("qty")]
    assert desk["L5"] == "(단위: 천주)"


def test_hundred_millions_are_rounded_one_by_one_and_the_note_says_so(desk, kis):
    desk.refresh()
    desk["F2"] = "억"
    desk.refresh()
    shown = [int(abs(truth(kis)[wire]) / 100 + 0.5) * (1 if truth(kis)[wire] >= 0 else -1) for wire in wires("amt")]
    assert desk.figures(9) == shown
    assert desk["L5"] == "(단위: 억원)"
    assert "억원은 칸마다 반올림한 값" in desk["A21"]


def test_other_pairs_come_in_their_order_and_names_of_gone_ones_go(desk, kis):
    desk.refresh()
    desk["B4"] = "nxt 코스피; 코스피"
    desk.refresh()
    assert (desk["A5"], desk["A23"]) == ("NXT 코스피", "KRX 코스피")
    assert desk.figures(9) == [truth(kis, exchange="NX")[wire] for wire in wires("amt")]
    names = {name: defined.attr_text for name, defined in desk.excel.file.defined_names.items()}
    assert names["KIS_KRX_KOSPI"] == "'프로그램매매'!$A$25:$L$37"
    assert not any("KOSDAQ" in name for name in names)
    desk["B4"] = "KRX 코스피"
    desk.refresh()
    assert [desk.sheet.cell(row, column).value for row in range(22, 42) for column in range(1, 13)] == [None] * 240
    assert desk["B4"] == "KRX 코스피"


def test_a_word_nobody_knows_costs_a_sentence_and_no_figure(desk):
    desk.refresh()
    desk["D2"], desk["J2"], desk["B4"] = "누저", "많이", "KRX 코스피, KOSPI200"
    said = desk.refresh()
    assert 'D2의 "누저" 대신 누적 기준으로 표시했습니다. 쓸 수 있는 값: 누적, 증감.' in said
    assert 'J2의 값("많이")이 숫자가 아니어서' in said
    assert 'B4의 "KOSPI200" 대신 KRX 코스피 기준으로' in said
    assert desk["D2"] == "누저"
    assert desk["A23"] is None


def look_back(desk, kis, *moments):
    """Somebody looks at both tables at some moments; what the market's foreigners had done by then."""
    known = {}
    for moment in moments:
        desk.clock.set(moment)
        for pair in (KRX_KOSPI, KRX_KOSDAQ):
            runtime.feed().reading(pair)
        known[moment] = truth(kis)
    return known


def nets(now, then):
    return [now[wire] - then[wire] for wire in ("all_ntby_amt", "nabt_ntby_amt")]


def test_changes_are_against_the_table_that_stood_then(desk, kis):
    (before,) = look_back(desk, kis, "2026-11-20 11:10:31").values()
    desk.refresh(600)
    assert desk.figures(9, "KL") == nets(truth(kis), before)
    assert any(desk.figures(9, "KL"))
    assert "비교할 저장값 없음" not in desk["A21"]
    desk["D2"] = "증감"
    desk.refresh(0)
    assert desk["B6"] == "전체 (10분 증감)"
    assert desk.figures(9) == [truth(kis)[wire] - before[wire] for wire in wires("amt")]


@pytest.mark.parametrize(
    ("word", "moment", "head"),
    [
        ("5분", "2026-11-20 11:15:31", "5분 대비"),
        (10, "2026-11-20 11:09:31", "10분 대비"),
        (30 / 24 / 60, "2026-11-20 10:49:00", "30분 대비"),
        ("시초", "2026-11-20 09:06:10", "시초 대비"),
        ("전일", "2026-11-19 11:19:00", "전일 같은 시각 대비"),
        ("직전", "2026-11-20 10:40:00", "직전 대비"),
    ],
)
def test_a_window_looks_at_its_own_moment(desk, kis, word, moment, head):
    looked = look_back(
        desk, kis, "2026-11-19 11:19:00", "2026-11-19 15:31:00", *sorted({"2026-11-20 09:06:10", moment})[-2:]
    )
    desk.clock.set("2026-11-20 11:20:31")
    desk.refresh(0)
    desk["H2"] = word
    desk.refresh(0)
    assert desk["K6"] == head
    assert desk.figures(9, "KL") == nets(truth(kis), looked[moment])


@pytest.mark.parametrize("word", ["5분", "10분", "30분", "시초", "전일"])
def test_where_nobody_was_looking_then_the_change_is_blank(desk, kis, word):
    look_back(desk, kis, "2026-11-19 10:30:00", "2026-11-20 09:20:00", "2026-11-20 10:40:00")  # 50 minutes apart
    desk.clock.set("2026-11-20 11:20:31")
    desk.refresh(0)
    desk["H2"] = word
    desk.refresh(0)
    assert desk.figures(9, "KL") == [None, None]
    assert f"비교할 저장값 없음({word}" in desk["A21"]


def test_a_feed_that_never_moves_is_said_on_the_sheet_and_at_its_table(desk, kis):
    desk.refresh()
    desk["B4"] = "KRX 코스피"
    kis.fault = Fault.FROZEN
    desk.refresh()
    desk.refresh(301)
    assert desk["L1"].endswith("5분째 값이 같습니다")
    assert desk["C5"].endswith("5분째 값이 같습니다")


def test_a_store_that_cannot_be_asked_in_time_leaves_the_changes_blank(desk, kis, feed, monkeypatch):
    look_back(desk, kis, "2026-11-20 11:10:31")
    monkeypatch.setattr(feed, "known", lambda question, seconds, otherwise: otherwise)
    desk.refresh(600)
    assert desk.figures(9, "KL") == [None, None]


def test_old_figures_stay_and_are_marked_when_the_gateway_fails(desk, kis):
    desk.refresh()
    before = desk.figures(9)
    kis.fault = Fault.IP_NOT_ALLOWED
    said = desk.refresh()
    assert said == "KRX 코스피, KRX 코스닥: 허용되지 않은 IP(EGW00207). KIS Developers의 접속 허용 IP를 확인하세요."
    assert desk["L1"].startswith("지연 · 마지막 조회 11:21:02 · 허용되지 않은 IP(EGW00207)")
    assert desk["C5"].startswith("지연 · 허용되지 않은 IP(EGW00207)")
    assert desk["A3"].startswith("지연: ")
    assert desk.figures(9) == before
    assert {action["func"] for action in desk.actions} == {"setValues"}
    kis.fault = None
    desk.refresh(90)
    assert desk["L1"].startswith("정상")
    assert desk["C5"].startswith("조회 · KRX 정규장")


def test_grey_amber_and_violet_are_conditions_that_read_the_sheets_own_cells(desk):
    desk.refresh()
    rules = {
        (str(known.sqref), *rule.formula)
        for known in desk.sheet.conditional_formatting
        for rule in known.rules
        if rule.formula
    }
    assert ("B8:L20", 'LEFT($C$5,2)="지연"') in rules
    assert ("B26:L38", 'LEFT($C$23,2)="지연"') in rules
    assert ("A1:L1", 'LEFT($L$1,2)="예시"') in rules
    assert ("E1:L1", 'LEFT($L$1,2)="지연"') in rules
    assert ("E1:L1", 'LEFT($L$1,5)="자료 없음"') in rules
    late = next(k for k in desk.sheet.conditional_formatting if str(k.sqref) == "B8:L20").rules[0]
    others = [
        rule.priority
        for known in desk.sheet.conditional_formatting
        for rule in known.rules
        if str(known.sqref) == "D8:D20"
    ]
    assert all(late.priority < other for other in others)


def test_large_nets_are_told_by_a_condition_on_the_cell(desk):
    desk.refresh()
    places_ = {
        str(known.sqref): rule.formula
        for known in desk.sheet.conditional_formatting
        for rule in known.rules
        if any("$J$2" in formula for formula in rule.formula)
    }
    assert set(places_) == {f"{column}{first}:{column}{first + 12}" for column in "DGJ" for first in (8, 26)}
    assert all("$B$2" in formula and "$F$2" in formula for formula in places_["D8:D20"])


def test_bars_stand_in_the_nets_of_the_whole_alone(desk):
    desk.refresh()
    bars = [str(k.sqref) for k in desk.sheet.conditional_formatting for rule in k.rules if rule.type == "dataBar"]
    assert sorted(bars) == ["D26:D36", "D8:D18"]


def test_a_pair_never_seen_today_has_blank_cells_and_the_sentence(desk, kis):
    kis.fault = Fault.IP_NOT_ALLOWED
    desk.refresh()
    assert desk["C5"].startswith("#KIS! 허용되지 않은 IP(EGW00207).")
    assert desk["L1"].startswith("자료 없음 · KRX 정규장")
    assert desk["B5"] is None
    assert desk["A19"] == "합계"
    assert {desk.sheet.cell(row, column).value for row in range(8, 21) for column in range(2, 13)} == {None}


def test_figures_of_today_stay_even_if_this_process_has_never_seen_them(
    desk, kis, new_feed, environment, monkeypatch, tmp_path
):
    desk.refresh()
    before, asof = desk.figures(9), desk["B5"]
    environment(XLWINGS_KIS_HOME=str(tmp_path / "other"))
    later = Desk(desk.clock, new_feed(), monkeypatch)
    later.excel = desk.excel
    kis.fault = Fault.IP_NOT_ALLOWED
    later.refresh()
    assert (later.figures(9), later["B5"]) == (before, asof)
    assert later["C5"] == "지연 · 허용되지 않은 IP(EGW00207)"
    assert later["L1"].startswith("지연 · ")
    later["B2"] = "모두"  # a new look without figures would lose the old ones
    later.refresh()
    assert later.figures(9) == before
    assert later["C5"].startswith("지연")
    later["B2"] = "금액"
    later.clock.set("2026-11-23 11:00:00")
    later.refresh()
    assert later.figures(9) == [None] * 9  # those of another day would lie under this one
    assert later["C5"].startswith("#KIS! ")


def test_a_demo_is_called_one(clock, new_feed, monkeypatch):
    desk = Desk(clock, new_feed(demo=True), monkeypatch)
    desk.refresh()
    assert desk["L1"].startswith("예시(모의 자료) · ")
    assert desk["A3"].startswith("예시: ")
    assert desk["C5"].startswith("예시(모의 자료)")


def test_english_throughout_and_back(clock, new_feed, monkeypatch):
    desk = Desk(clock, new_feed(lang="en"), monkeypatch)
    assert desk.refresh() == "Refreshed: KRX KOSPI, KRX KOSDAQ · 11:21:02."
    sheet = desk.excel.file["Program trading"]
    shown = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    korean = [value for value in shown if any("가" <= letter <= "힣" for letter in value) and "국내주식" not in value]
    assert korean == []
    sheet["D2"] = "change"
    desk.refresh()
    assert sheet["B6"].value == "All (10 min change)"
    again = Desk(clock, new_feed(), monkeypatch)
    again.excel = desk.excel
    again.refresh()
    assert [sheet[a].value for a in ("A2", "D2", "A5", "A7")] == ["구분", "change", "KRX 코스피", "투자자"]


def test_a_row_of_state_and_local_bodies_takes_the_free_place(desk, kis):
    desk.refresh()
    assert desk["A20"] is None
    kis.fault = Fault.STATE_AND_LOCAL
    desk.refresh()
    assert desk["A20"] == "국가·지자체"
    assert desk["B20"] is not None
    assert {action["func"] for action in desk.actions} == {"setValues"}


def several(feed, monkeypatch, codes):
    """Let the feed read tables with more rows than the known ones."""
    real = feed.refresh

    def refresh(pairs, seconds):
        made = {}
        for pair, reading in real(pairs, seconds).items():
            extra = tuple(row(code, f"=1+{code}") for code in codes) if pair == KRX_KOSPI else ()
            changed = dataclasses.replace(reading.snapshot, rows=(*reading.snapshot.rows, *extra))
            made[pair] = dataclasses.replace(reading, snapshot=changed)
        return made

    monkeypatch.setattr(feed, "refresh", refresh)


def test_rows_without_a_place_stand_below_the_last_block_and_none_is_lost(desk, feed, monkeypatch):
    desk.refresh()
    several(feed, monkeypatch, ("9300", "9400", "9500"))
    desk.refresh()
    assert desk["A20"] == "1+9300 (코드 9300)"
    assert desk["A41"] == "그 밖의 투자자"
    assert [desk[f"A{row}"] for row in (42, 43, 44)] == [
        "KRX 코스피 · 1+9400 (코드 9400)", "KRX 코스피 · 1+9500 (코드 9500)", None,
    ]  # fmt: skip
    assert desk["D42"] == 5 * 4 * 27
    looks = len(desk.actions)
    desk.refresh()
    assert len(desk.actions) < looks
    assert {action["func"] for action in desk.actions} == {"setValues"}


def test_the_number_of_calls_does_not_depend_on_rows(clock, feed, monkeypatch):
    counts = set()
    for more in (2, 20):
        with monkeypatch.context() as patch:
            desk = Desk(clock, feed, patch)
            several(feed, patch, [str(9300 + number) for number in range(more)])
            desk.refresh(61)
            first = len(desk.actions)
            desk.refresh(61)
            counts.add((first, len(desk.actions)))
            assert desk.sheet.cell(41 + more - 1, 4).value is not None
    assert len(counts) == 1


def test_rows_without_a_place_never_go_over_what_a_user_put_below(desk, feed, monkeypatch):
    desk.refresh()
    desk["A43"], desk["B45"] = "내 메모", 7
    several(feed, monkeypatch, ("9300", "9400", "9500", "9600"))
    said = desk.refresh()
    assert said.endswith(
        "'프로그램매매' 시트의 표 아래에 다른 내용이 있어 그 밖의 투자자 2행을 쓰지 않았습니다. 그 내용을 옮긴 뒤 새로고침하세요."
    )
    assert [desk[f"A{row}"] for row in (41, 42, 43, 44)] == [
        "그 밖의 투자자", "KRX 코스피 · 1+9400 (코드 9400)", "내 메모", None,
    ]  # fmt: skip
    assert desk["B45"] == 7
    assert desk["A21"].endswith("그 밖의 투자자 2행은 자리가 없어 빠짐")
    desk.refresh()
    assert desk["A43"] == "내 메모"
    desk["A43"] = desk["B45"] = None
    assert "쓰지 않았습니다" not in desk.refresh()
    assert desk["A44"] == "KRX 코스피 · 1+9600 (코드 9600)"
    assert "자리가 없어" not in desk["A21"]


def test_what_a_user_put_right_below_such_rows_is_not_taken_for_one_of_them(desk, feed, monkeypatch):
    with monkeypatch.context() as patch:
        several(feed, patch, ("9300", "9400"))
        desk.refresh()
    desk["A43"], desk["C43"] = "합계", 5
    with monkeypatch.context() as patch:
        several(feed, patch, ("9300", "9400", "9500"))
        desk.refresh()
        assert [desk["A42"], desk["A43"], desk["C43"]] == ["KRX 코스피 · 1+9400 (코드 9400)", "합계", 5]
    desk.refresh()  # no table has such rows any more: ours go, and the user's stays
    assert [desk["A41"], desk["A42"], desk["A43"], desk["C43"]] == [None, None, "합계", 5]


def test_where_even_the_heading_has_no_room_none_of_such_rows_is_written(desk, feed, monkeypatch):
    desk.refresh()
    desk["L41"] = "내 메모"
    several(feed, monkeypatch, ("9300", "9400"))
    assert "그 밖의 투자자 1행을 쓰지 않았습니다" in desk.refresh()
    assert [desk["A41"], desk["L41"], desk["A42"]] == [None, "내 메모", None]


def test_rows_without_a_place_look_like_the_table_after_it_became_wider(desk, feed, monkeypatch):
    several(feed, monkeypatch, ("9300", "9400"))
    desk.refresh()
    desk["B2"] = "모두"
    desk.refresh()
    assert desk["A42"] == "KRX 코스피 · 1+9400 (코드 9400)"
    assert desk.sheet["G42"].number_format == desk.sheet["G20"].number_format != "General"


def test_rows_below_go_when_no_table_has_them_any_more(desk, feed, monkeypatch):
    with monkeypatch.context() as patch:
        several(feed, patch, ("9300", "9400", "9500"))
        desk.refresh()
    several(feed, monkeypatch, ("9300",))
    desk.refresh()
    assert [desk[f"A{row}"] for row in (41, 42, 43)] == [None] * 3


def test_no_text_of_the_gateway_becomes_a_formula(desk, kis):
    kis.fault = Fault.FORMULA_TEXT
    desk.refresh()
    texts = [
        v for a in desk.actions if a["func"] == "setValues" for line in a["values"] for v in line if isinstance(v, str)
    ]
    assert texts
    assert not [value for value in texts if value.startswith(("=", "+", "-", "@", "'"))]
    assert "setFormula" not in {action["func"] for action in desk.actions}


def test_no_cell_holds_spaces_for_looks_or_a_number_as_text(desk):
    desk.refresh()
    for line in desk.sheet.iter_rows():
        for each in line:
            if isinstance(each.value, str):
                assert each.value == each.value.strip()
                assert not each.value.replace(",", "").lstrip("+-").replace(".", "").isdigit()
    assert not desk.sheet.merged_cells.ranges
    assert desk.sheet["A11"].number_format == '"   "@'


def test_a_failed_check_stands_at_the_total_and_in_the_note(desk, kis):
    kis.fault = Fault.BROKEN_SUM
    desk.refresh()
    assert desk["A19"] == "합계 !"
    assert "검산 확인 필요: " in desk["A21"]


def test_a_missing_row_is_blank_and_never_zero(desk, kis):
    kis.fault = Fault.MISSING_INVESTOR
    desk.refresh()
    assert desk["A17"] == "연기금등"
    assert desk.figures(17) == [None] * 9


def test_charts_are_made_once_and_never_again(desk):
    desk.refresh()
    assert desk.excel.charts[NAME] == ["KIS_1", "KIS_2"]
    assert [desk["X5"], desk["Y5"], desk["W6"], desk["W9"]] == ["차익", "비차익", "개인", "기타법인"]
    desk.excel.charts[NAME].clear()  # the user does not want them
    desk.sheet._charts.clear()
    desk.refresh()
    desk["B2"] = "모두"
    desk.refresh()
    assert desk.excel.charts[NAME] == []


def test_charts_move_out_of_the_way_of_a_wider_table(desk):
    desk.refresh()
    desk["B2"] = "모두"
    desk.refresh()
    moved = [action for action in desk.actions if action["func"] == "setChartPosition"]
    assert len(moved) == 2
    assert {chart.anchor for chart in desk.sheet._charts} == {"AA5", "AA23"}


def test_pairs_that_formulas_use_are_fetched_along(desk, feed, kis):
    feed.read(NXT_KOSPI)
    before = kis.count("program-trade")
    desk.refresh()
    assert kis.count("program-trade") - before == 3


def test_panes_are_frozen_below_the_settings_and_the_tables_are_what_is_printed(desk):
    desk.refresh()
    assert desk.sheet.freeze_panes == "B5"
    assert desk.sheet.print_area == "'프로그램매매'!$A$1:$L$39"
    assert desk.sheet.sheet_view.showGridLines is False


def test_settings_offer_their_words(desk):
    desk.refresh()
    offered = {str(rule.sqref): rule.formula1 for rule in desk.sheet.data_validations.dataValidation}
    assert offered["B2"] == '"금액,수량,모두"'
    assert offered["H2"] == '"직전,5분,10분,30분,시초,전일"'


def test_without_a_workbook_there_is_a_sentence():
    assert ribbon.refresh() == "통합 문서를 찾지 못했습니다. 통합 문서를 연 뒤 새로고침하세요."


def test_the_callers_book_is_taken_where_none_is_given(desk, monkeypatch):
    book = desk.excel.book()
    monkeypatch.setattr(xw.Book, "caller", classmethod(lambda cls: book))
    assert ribbon.refresh().startswith("조회했습니다")
    assert book.json()["actions"]


def test_a_failure_of_our_own_is_a_sentence(desk, monkeypatch):
    monkeypatch.setattr(writer, "write", lambda *args: 1 / 0)
    assert desk.refresh() == "프로그램 오류. xlwings-kis를 최신판으로 올리고, 계속되면 알려 주세요(ZeroDivisionError)."


@pytest.mark.parametrize("why", ["protected", "filtered", "hidden", "shared", "window", "structure"])
def test_where_something_speaks_against_it_nothing_is_asked_and_nothing_written(desk, kis, monkeypatch, why):
    desk.refresh()
    asked = kis.count("program-trade")
    areas = []
    monkeypatch.setattr(excel, "obstacle", lambda book, sheet, area: (areas.append(area), why)[1])
    assert desk.refresh() == text(why)
    assert (desk.actions, kis.count("program-trade")) == ([], asked)
    assert areas == ["A1:L40"]


def test_settings_that_are_missing_are_a_sentence(desk, environment, new_feed, monkeypatch):
    monkeypatch.delenv("KIS_APP_KEY")
    monkeypatch.delenv("KIS_APP_SECRET")
    without = Desk(desk.clock, new_feed(), monkeypatch)
    assert without.refresh() == (
        "KRX 코스피, KRX 코스닥: 앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."
    )


def test_a_gateway_that_hangs_keeps_nobody_longer_than_the_deadline(kis, new_feed, clock, monkeypatch):
    desk = Desk(clock, new_feed(deadline=0.3), monkeypatch)
    waits = []
    real = runtime.feed().refresh
    monkeypatch.setattr(
        runtime.feed(), "refresh", lambda pairs, seconds: (waits.append(seconds), real(pairs, seconds))[1]
    )
    kis.fault = Fault.HANG
    assert "응답 지연" in desk.refresh()
    assert waits == [0.3]
    kis.fault = None


def test_the_blocks_of_all_six_pairs_fit(desk):
    desk.refresh()
    desk["B4"] = "KRX 코스피, KRX 코스닥, NXT 코스피, NXT 코스닥, 통합 코스피, 통합 코스닥"
    desk.refresh()
    assert [desk[f"A{places.block_row(slot)}"] for slot in range(6)] == [
        "KRX 코스피", "KRX 코스닥", "NXT 코스피", "NXT 코스닥", "통합 코스피", "통합 코스닥",
    ]  # fmt: skip
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}


@pytest.mark.parametrize("choice", ["금액", "모두"])
def test_the_simulators_figures_never_stay_as_if_they_were_real(desk, kis, new_feed, monkeypatch, choice):
    real = runtime.feed()
    demo = new_feed(demo=True)
    monkeypatch.setattr(runtime, "feed", lambda: demo)
    desk.refresh()
    assert desk["D9"] is not None
    assert desk["L1"].startswith("예시")
    monkeypatch.setattr(runtime, "feed", lambda: real)
    desk["B2"] = choice
    kis.fault = Fault.HTML_503
    desk.refresh()
    assert not any(isinstance(desk[f"{column}{row}"], int | float) for column in "BCDEFGHIJ" for row in range(8, 20))


def test_tables_do_not_grow_over_what_a_user_put_below_them(desk):
    desk.refresh()
    desk["A42"], desk["B45"] = "내 메모", 7
    desk["B4"] = "KRX 코스피, KRX 코스닥, 통합 코스피"
    assert desk.refresh() == (
        "표가 늘어날 자리에 다른 내용이 있어 쓰지 않았습니다. "
        "'프로그램매매' 시트의 표 아래와 오른쪽 내용을 옮긴 뒤 새로고침하세요."
    )
    assert (desk.actions, desk["A42"], desk["B45"]) == ([], "내 메모", 7)
    desk["A42"] = desk["B45"] = None
    assert desk.refresh().startswith("조회했습니다")
    assert desk["A41"] == "통합 코스피"


@pytest.mark.parametrize("address", ["M9", "U1", "P30"])
def test_tables_do_not_grow_over_what_a_user_put_beside_them(desk, address):
    desk.refresh()
    desk[address] = "내 메모"
    desk["B2"] = "모두"
    assert "표 아래와 오른쪽 내용을 옮긴 뒤" in desk.refresh()
    assert (desk.actions, desk[address]) == ([], "내 메모")
    desk[address] = None
    assert desk.refresh().startswith("조회했습니다")
    assert desk["U5"] == "(금액: 백만원, 수량: 천주)"


def test_a_sheet_whose_name_has_apostrophes_is_found_written_and_named_again(desk):
    desk.refresh()
    renamed = "O'Neil's 화면"
    desk.excel.rename(NAME, renamed)
    sheet = desk.excel.file[renamed]
    sheet["B2"], sheet["B4"] = "모두", "NXT 코스피, KRX 코스피"
    assert desk.refresh().startswith("조회했습니다: NXT 코스피, KRX 코스피")
    assert desk.excel.file.sheetnames == ["Sheet1", renamed]
    assert sheet["U5"].value == "(금액: 백만원, 수량: 천주)"
    names = {name: list(defined.destinations) for name, defined in desk.excel.file.defined_names.items()}
    assert names["KIS_NXT_KOSPI"] == [("O''Neil''s 화면", "$A$7:$U$19")]
    assert names["KIS_KRX_KOSPI"] == [("O''Neil''s 화면", "$A$25:$U$37")]
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    sheet.insert_rows(3)
    assert desk.refresh() == text("moved", sheet=renamed)
