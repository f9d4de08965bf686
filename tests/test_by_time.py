"""The sheet 시간대별 beside 프로그램매매: the real feed and store, xlwings' Office.js engine, a real file."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from types import SimpleNamespace

import officejs
import pytest
from clocks import kst
from making import row, snapshot
from officejs import at
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI
from test_refresh import Desk, truth

from xlwings_kis import excel, runtime
from xlwings_kis.live.by_time import places
from xlwings_kis.live.by_time.found import look, minute_of
from xlwings_kis.live.found import Kind
from xlwings_kis.live.texts import text
from xlwings_kis.simulator import Fault
from xlwings_kis.store.guarded import GuardedStore

NAME, MAIN = "시간대별", "프로그램매매"
BOTH = (KRX_KOSPI, KRX_KOSDAQ)


def table(moment: datetime, pair, net: int):
    """A table whose nets of the three groups tell each other and the bands apart."""

    def who(code, times):
        return row(code, arbt_ntby_amt=net, nabt_ntby_amt=100 * net * times, all_ntby_amt=net + 100 * net * times)

    return snapshot(f"{moment:%Y-%m-%d %H:%M:%S}", who("8000", 3), who("9100", 1), who("8888", 2), who("7100", 4),
                    pair=pair, sha256="00")  # fmt: skip


def remember(feed, *moments: str, pairs=BOTH, day="2026-11-20"):
    """Let the store have seen tables at some moments; the figures grow with the minutes since nine."""
    for moment in moments:
        when = kst(f"{day} {moment}")
        minutes = when.hour * 60 + when.minute - 540
        for pair in pairs:
            made = table(when, pair, minutes)
            feed.ask(lambda desk, made=made: desk.store.land(made, "test", made.asof.timestamp(), 0.0), 10)


MORNING = [f"{9 + minute // 60:02}:{minute % 60:02}:00" for minute in range(10, 140, 5)]


class ByTime(Desk):
    """A user who looks at the sheet 시간대별."""

    @property
    def course(self):
        return self.excel.file[NAME]

    def cell(self, address):
        return self.course[address].value

    def on(self, name=NAME):
        """What was done to a sheet."""
        position = self.excel.file.sheetnames.index(name)
        return [action for action in self.actions if action["sheet_position"] == position]

    def row(self, moment, column=1, width=9, first=6):
        """The figures beside a time."""
        hour, minute = (int(part) for part in moment.split(":"))
        wanted = hour * 60 + minute
        found = next(r for r in range(first, first + 73) if minute_of(self.course.cell(r, 1).value) == wanted)
        return [self.course.cell(found, column + 1 + at).value for at in range(width)]

    def charted(self, moment):
        (found,) = [r for r in range(5, 80) if self.course.cell(r, 23).value == moment]
        return self.course.cell(found, 24).value


@pytest.fixture
def desk(clock, feed, monkeypatch):
    remember(feed, *MORNING)
    return ByTime(clock, feed, monkeypatch)


def test_it_comes_with_its_sister_once_the_day_has_a_course(desk):
    assert desk.refresh().startswith("조회했습니다: ")
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN, NAME]
    assert desk.cell("A1") == "시간대별 순매수"
    assert desk.cell("J1").startswith("정상 · KRX 정규장 · 조회 11/20 11:21:02")
    assert (desk.cell("A2"), desk.cell("B2")) == ("간격", "10분")
    assert [desk.cell(f"{c}3") for c in "BEH"] == ["외국인", "기관계", "개인"]
    assert [desk.cell(f"{c}4") for c in "ABCDEFG"] == ["시각", "차익", "비차익", "전체", "차익", "비차익", "전체"]
    assert (desk.cell("A5"), desk.cell("J5"), desk.cell("A74")) == (
        "KRX 코스피 · 11/20(금)", "(단위: 백만원)", "KRX 코스닥 · 11/20(금)",
    )  # fmt: skip
    assert minute_of(desk.cell("A6")) == 540
    assert desk.course["A6"].number_format == "hh:mm"


def test_the_sheet_the_user_looks_at_stays_in_front(clock, feed, monkeypatch):
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh()
    remember(feed, "11:24:00", "11:30:00", "11:40:00")
    clock.set("2026-11-20 11:42:00")
    desk.refresh(0)
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN, NAME]
    assert desk.excel.file.active.title == "Sheet1"


def test_rows_hold_what_stood_then_in_the_sisters_unit(desk):
    desk.refresh()
    net = 100  # a hundred minutes after nine
    expected = [v for times in (1, 2, 3) for v in (net, 100 * net * times, net + 100 * net * times)]
    assert desk.row("10:40") == expected
    assert desk.row("09:00") == [None] * 9
    assert desk.row("11:30") == [None] * 9
    desk["F2"] = "억원"
    desk.refresh()
    assert desk.row("10:40") == [1, 100, 101, 1, 200, 201, 1, 300, 301]
    assert desk.cell("J5") == "(단위: 억원)"
    assert "억원은 칸마다 반올림한 값" in desk.cell("D2")
    desk["B2"] = "수량"
    desk.refresh()
    assert desk.cell("J5") == "(단위: 천주)"
    assert desk.row("10:40")[2] == 20


def test_the_row_of_now_is_the_gateways(desk, kis):
    desk.clock.set("2026-11-20 11:20:00")
    desk.refresh(0)
    figures = truth(kis)
    assert desk.row("11:20")[:3] == [figures[f"{band}_ntby_amt"] for band in ("arbt", "nabt", "all")]


def test_the_chart_is_a_line_of_foreigners_outside_arbitrage_in_hundred_millions(desk):
    desk.refresh()
    (first, second) = desk.course._charts
    assert type(first).__name__ == "LineChart"
    assert first.title.tx.rich.p[0].r[0].t == "KRX 코스피 외국인 비차익 순매수 추이(억원)"
    assert (first.anchor, second.anchor) == ("L13", "L82")
    assert desk.cell("X5") == "외국인 비차익"
    assert desk.charted("10:40") == 100
    assert desk.charted("20:00") is None
    assert first.series[0].val.numRef.f == "'시간대별'!$X$6:$X$72"
    assert first.series[0].cat.numRef.f == "'시간대별'!$W$6:$W$72"


def test_a_second_refresh_writes_values_alone_and_few(desk):
    desk.refresh()
    desk.refresh()
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert 0 < len(desk.on()) <= 3, "the status and each pair's totals of today"
    assert len(desk.on(MAIN)) <= 10
    remember(runtime.feed(), "11:24:00", "11:30:00")
    desk.clock.set("2026-11-20 11:31:00")
    desk.refresh(0)
    assert {action["func"] for action in desk.actions} == {"setValues"}
    assert len(desk.on()) <= 1 + 3 * len(BOTH)
    assert len(desk.on(MAIN)) <= 10


def test_nothing_is_written_where_nothing_changed(desk):
    desk.refresh()
    desk.refresh(0)
    assert desk.actions == []


def test_the_number_of_writes_does_not_depend_on_rows(clock, feed, monkeypatch):
    remember(feed, *MORNING)
    counts = []
    for every in ("10분", "30분"):
        desk = ByTime(clock, feed, monkeypatch)
        desk.refresh(0)
        desk.course["B2"] = every
        desk.refresh(0)
        desk.refresh(120)
        counts.append(len(desk.on()))
    assert counts[0] == counts[1] == 3


def test_one_moment_is_no_course(clock, feed, monkeypatch):
    remember(feed, "11:20:00")
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh()
    assert NAME not in desk.excel.file.sheetnames


def test_a_sheet_the_user_deleted_does_not_come_back(desk):
    desk.refresh()
    desk.excel.delete(NAME)
    desk.refresh()
    desk.refresh(600)
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN]
    assert {action["func"] for action in desk.actions} == {"setValues"}


def test_it_does_with_a_blank_sheet_of_that_name_or_with_its_sister(desk):
    desk.refresh()
    desk.excel.delete(NAME)
    desk.excel.file.create_sheet(NAME)
    desk.excel.charts[NAME] = []
    desk.refresh()
    assert desk.cell("A5") == "KRX 코스피 · 11/20(금)"
    assert desk.excel.file.defined_names[places.MARK].attr_text == "'시간대별'!$A$3:$J$4"
    desk.excel.delete(NAME)
    desk.excel.delete(MAIN)
    desk.refresh()
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN, NAME]


def test_a_renamed_sheet_is_found_again(desk):
    desk.refresh()
    desk.excel.rename(NAME, "내 흐름")
    desk.refresh()
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN, "내 흐름"]
    assert {action["func"] for action in desk.on("내 흐름")} == {"setValues"}


def test_a_strangers_sheet_of_that_name_is_left_alone(clock, feed, monkeypatch):
    remember(feed, *MORNING)
    desk = ByTime(clock, feed, monkeypatch, officejs.sheet(NAME, [["내 메모", 3]]))
    assert desk.refresh() == "조회했습니다: KRX 코스피, KRX 코스닥 · 11:21:02."
    assert desk.on() == []


@pytest.mark.parametrize(
    ("change", "where"),
    [("insert_rows", 3), ("insert_rows", 20), ("insert_rows", 74), ("insert_cols", 1), ("insert_cols", 2)],
)
def test_a_sheet_whose_rows_or_columns_were_moved_is_left_alone_and_said_so(desk, change, where):
    desk.refresh()
    getattr(desk.course, change)(where)
    assert desk.refresh().endswith(text("moved", sheet=NAME))
    assert desk.on() == []
    assert desk.on(MAIN) != []


def test_what_a_user_put_elsewhere_is_never_written_to(desk):
    desk.refresh()
    own = ["K7", "S5", "L30", "T100", "A145", "Z3", "C2", "N2"]
    for address in own:
        desk.course[address] = f"own {address}"
    desk.refresh()
    desk.course["B2"] = "30분"
    desk.refresh()
    assert [desk.cell(address) for address in own] == [f"own {address}" for address in own]


def test_half_hours_are_the_same_figures_on_fewer_rows(desk):
    desk.refresh()
    desk.course["B2"] = 30
    desk.refresh()
    assert [minute_of(desk.cell(f"A{row}")) for row in (6, 7, 8)] == [540, 570, 600]
    assert desk.row("10:30", first=6)[0] == 90
    assert desk.cell("A31") == "KRX 코스닥 · 11/20(금)"
    assert desk.cell("B2") == 30
    assert [chart.anchor for chart in desk.course._charts] == ["L13", "L39"]
    assert desk.course._charts[1].series[0].val.numRef.f == "'시간대별'!$X$32:$X$54"
    assert desk.cell("A74") is None
    desk.refresh()
    assert {action["func"] for action in desk.on()} == {"setValues"}


def test_an_interval_nobody_offers_is_ten_minutes(desk):
    desk.refresh()
    desk.course["B2"] = "7분"
    desk.refresh()
    assert minute_of(desk.cell("A7")) == 550


def test_charts_a_user_removed_stay_away(desk):
    desk.refresh()
    desk.excel.charts[NAME].clear()
    desk.course._charts.clear()
    desk.course["B2"] = "30분"
    desk.refresh()
    assert desk.excel.charts[NAME] == []


def test_other_pairs_come_and_go_with_their_charts(desk, feed):
    remember(feed, *MORNING, pairs=[NXT_KOSPI])
    desk.refresh()
    desk["B4"] = "NXT 코스피"
    desk.refresh()
    assert desk.cell("A5") == "NXT 코스피 · 11/20(금)"
    assert minute_of(desk.cell("A6")) == 480
    assert [desk.course.cell(r, c).value for r in range(80, 145) for c in range(1, 25)] == [None] * 65 * 24
    assert len(desk.course._charts) == 1
    desk["B4"] = "NXT 코스피, 코스피"
    desk.refresh()
    assert desk.cell("A80") == "KRX 코스피 · 11/20(금)"
    assert len(desk.course._charts) == 2


def test_totals_count_the_days_that_are_stored(clock, feed, monkeypatch, kis):
    for day in ("2026-11-10", "2026-11-13", "2026-11-18", "2026-11-19"):
        remember(feed, "15:31:00", day=day)
    remember(feed, "11:10:00", "11:20:00")
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh()
    assert [desk.cell(f"{c}5") for c in "LMOQ"] == ["누적", "당일", "5일", "20일"]
    assert [desk.cell(f"{c}6") for c in "LMNOP"] == ["투자자", "전체", "비차익", "전체", "비차익"]
    assert [desk.cell(f"L{r}") for r in (7, 8, 9)] == ["외국인", "기관계", "개인"]
    assert (desk.cell("O10"), desk.cell("Q10")) == ("5일 중 3일 저장", "20일 중 5일 저장")
    now, close = truth(kis), 391
    whole, other = now["all_ntby_amt"], now["nabt_ntby_amt"]
    assert [desk.cell(f"{c}7") for c in "MNOPQR"] == [
        whole, other, whole + 2 * 101 * close, other + 2 * 100 * close, whole + 4 * 101 * close, other + 4 * 100 * close,
    ]  # fmt: skip


def test_where_no_close_is_stored_only_today_counts(desk):
    desk.refresh()
    assert (desk.cell("O10"), desk.cell("Q10")) == ("5일 중 1일 저장", "20일 중 1일 저장")
    assert desk.cell("O7") == desk.cell("M7") == desk.cell("Q7")


class TestTheGatewayFailsForAWhile:
    """Scenario 6. 14:02-14:20: EGW00201, then HTML with 503: a gap, not a flat line; the chart's cells say #N/A."""

    @pytest.fixture
    def after(self, clock, new_feed, monkeypatch, kis):
        desk = ByTime(
            clock, new_feed(deadline=3.0), monkeypatch
        )  # what is refused is asked again for as long as there is time
        for moment, fault in (
            ("13:40:00", None), ("13:50:00", None), ("13:59:50", None), ("14:02:10", None),
            ("14:05:00", Fault.TOO_MANY_CALLS), ("14:12:00", Fault.HTML_503), ("14:20:20", Fault.HTML_503),
            ("14:21:00", None), ("14:30:10", None),
        ):  # fmt: skip
            clock.set(f"2026-11-20 {moment}")
            kis.fault = fault
            said = desk.refresh(0)
            assert ("조회했습니다" in said) is (fault is None)
        return desk

    def test_rows_at_which_nobody_had_figures_are_blank(self, after):
        assert [any(after.row(moment)) for moment in ("13:40", "13:50", "14:00")] == [True] * 3
        assert after.row("14:10") == after.row("14:20") == [None] * 9

    def test_the_line_breaks_there(self, after):
        assert after.charted("14:10") == after.charted("14:20") == "#N/A"
        assert isinstance(after.charted("14:00"), int | float)
        assert after.charted("14:40") is None, "still to come"
        cells = [row for row in range(6, 73) if after.course.cell(row, 24).value == "#N/A"]
        assert {after.course.cell(row, 24).data_type for row in cells} == {"e"}

    def test_afterwards_everything_goes_on(self, after):
        assert after.cell("J1").startswith("정상 · KRX 정규장 · 조회 11/20 14:30:10")
        after.clock.set("2026-11-20 14:33:00")
        after.refresh(0)
        after.clock.set("2026-11-20 14:40:00")
        after.refresh(0)
        assert isinstance(after.charted("14:40"), int | float)


def test_figures_that_rest_between_the_sessions_are_no_gap(clock, feed, monkeypatch):
    remember(feed, "15:10:00", "15:20:00", "15:28:00")
    clock.set("2026-11-20 15:55:00")
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh(0)
    assert desk.row("15:30") == desk.row("15:50")
    assert any(desk.row("15:50"))


def test_the_next_morning_a_block_keeps_its_day_until_there_is_a_new_one(desk, kis):
    desk.clock.set("2026-11-20 20:01:00")
    desk.refresh(0)
    before = desk.row("10:40")
    desk.clock.set("2026-11-23 08:55:00")
    desk.refresh(0)
    assert desk.cell("A5") == "KRX 코스피 · 11/20(금)"
    assert desk.row("10:40") == before
    assert desk.cell("J1").startswith("자료 없음 · ")
    desk.clock.set("2026-11-23 09:10:00")
    desk.refresh(0)
    assert desk.cell("A5") == "KRX 코스피 · 11/23(월)"
    assert desk.row("10:40") == [None] * 9
    assert any(desk.row("09:10"))


def test_a_new_interval_without_any_figure_waits_until_there_are_some(desk, kis):
    desk.refresh()
    desk.clock.set("2026-11-23 08:55:00")
    desk.course["B2"] = "30분"
    desk.refresh(0)
    assert desk.on() == []
    assert any(desk.row("10:40"))


def test_a_halted_feed_is_said_here_too(desk, kis):
    desk.refresh()
    kis.fault = Fault.FROZEN
    desk.refresh()
    desk.refresh(420)
    assert desk.cell("J1").endswith("7분째 값이 같습니다")


def test_a_demo_is_called_one(clock, new_feed, monkeypatch):
    feed = new_feed(demo=True)
    desk = ByTime(clock, feed, monkeypatch)
    for _ in range(5):
        desk.refresh(300)
    assert desk.cell("J1").startswith("예시(모의 자료) · ")


def test_english_throughout_and_back(clock, new_feed, monkeypatch):
    feed = new_feed(lang="en")
    remember(feed, *MORNING)
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh()
    sheet = desk.excel.file["By time"]
    shown = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [value for value in shown if any("가" <= letter <= "힣" for letter in value)]
    assert (sheet["B2"].value, sheet["A5"].value) == ("10 min", "KRX KOSPI · 11/20 (Fri)")
    assert sheet["O10"].value == "1 of 5 days stored"
    again = ByTime(clock, new_feed(), monkeypatch)
    again.excel = desk.excel
    again.refresh()
    assert [sheet[a].value for a in ("A2", "B2", "A4", "A5")] == ["간격", "10 min", "시각", "KRX 코스피 · 11/20(금)"]


@pytest.mark.parametrize("why", ["protected", "filtered", "hidden"])
def test_where_something_speaks_against_it_only_its_sister_is_written(desk, monkeypatch, why):
    desk.refresh()
    real = {MAIN: "", NAME: why}
    monkeypatch.setattr(excel, "obstacle", lambda book, sheet, area: real[sheet.name])
    assert desk.refresh().endswith(f"'시간대별': {text(why)}")
    assert desk.on() == []
    assert desk.on(MAIN) != []


def test_a_workbook_whose_structure_is_protected_gets_no_sheet_and_no_word(clock, feed, monkeypatch):
    desk = ByTime(clock, feed, monkeypatch)
    desk.refresh()
    remember(feed, "11:24:00", "11:30:00", "11:40:00")
    clock.set("2026-11-20 11:42:00")
    monkeypatch.setattr(excel, "obstacle", lambda book, sheet, area: "" if sheet else "structure")
    assert desk.refresh(0) == "조회했습니다: KRX 코스피, KRX 코스닥 · 11:42:00."


def test_a_store_that_does_not_answer_in_time_costs_the_figures_only(desk, monkeypatch):
    waits = []
    real = runtime.feed().ask
    monkeypatch.setattr(runtime.feed(), "ask", lambda question, seconds: (waits.append(seconds), 1 / 0)[1])
    desk.refresh()
    assert desk.excel.file.sheetnames == ["Sheet1", MAIN]
    assert len(waits) == 2
    assert all(0 <= seconds <= runtime.feed().patience.deadline for seconds in waits)
    monkeypatch.setattr(runtime.feed(), "ask", real)
    desk.refresh()
    assert NAME in desk.excel.file.sheetnames


def test_a_store_out_of_reach_blanks_out_nothing(desk, monkeypatch):
    desk.refresh()
    before = desk.row("10:40")
    monkeypatch.setattr(GuardedStore, "sharing", False)
    desk.refresh(120)
    assert "공유 꺼짐" in desk.cell("J1")
    assert desk.row("10:40") == before
    assert len(desk.on()) == 1


def test_no_text_of_ours_is_a_formula_or_has_spaces_for_looks(desk):
    desk.refresh()
    for line in desk.course.iter_rows():
        for each in line:
            if isinstance(each.value, str):
                assert each.value == each.value.strip()
                assert not each.value.startswith(("=", "+", "-", "@", "'"))
    assert not desk.course.merged_cells.ranges
    assert desk.course.freeze_panes == "B5"


def test_everything_read_from_the_sheet_is_read_at_once_and_reaches_the_last_block(desk):
    desk.refresh()
    desk["B4"] = "KRX 코스피, KRX 코스닥, NXT 코스피, NXT 코스닥, 통합 코스피, 통합 코스닥"
    desk.refresh()
    assert max(at(action)[2] for action in desk.on() if action["row_count"]) <= places.READ_ROWS
    desk.refresh()
    assert {action["func"] for action in desk.on()} == {"setValues"}


@pytest.mark.parametrize(
    ("value", "minute"),
    [
        (10.5 / 24, 630), (0, 0), (time(10, 30), 630), (datetime(1899, 12, 30, 10, 30), 630),  # noqa: DTZ001 - as COM has it
        ("10:30", 630), ("1899-12-30T10:30:00.000Z", 630), ("1030", None), (46346.4, None), (True, None), (None, None),
        ("열시", None),
    ],
)  # fmt: skip
def test_a_time_is_read_however_an_engine_gives_it(value, minute):
    assert minute_of(value) == minute


def test_an_empty_sheet_is_empty_and_a_strangers_foreign():
    assert look([["", None]]).kind is Kind.EMPTY
    assert look([["간격", "10분"]]).kind is Kind.FOREIGN


@pytest.mark.parametrize(("build", "gap"), [(4266, ""), (5071, ""), (10325, "#N/A"), (18129, "#N/A")])
def test_an_excel_that_would_draw_over_a_gap_gets_nothing_instead(build, gap):
    application = SimpleNamespace(api=SimpleNamespace(Build=build))
    assert excel.gap(SimpleNamespace(api=SimpleNamespace(), app=application)) == gap


def test_a_gap_that_comes_back_as_excels_error_number_is_written_once(desk, kis):
    desk.clock.set("2026-11-20 12:00:30")
    desk.refresh(0)
    for line in desk.course.iter_rows():
        for each in line:
            if each.value == "#N/A":
                each.value = -2146826246
    desk.refresh(0)
    assert desk.actions == []


def test_times_are_told_apart_to_the_minute_over_a_whole_day():
    start = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no time zones
    for minute in range(0, 1440, 10):
        assert minute_of(minute / 1440) == minute_of(start + timedelta(minutes=minute)) == minute


@pytest.mark.parametrize(
    ("address", "change", "value"),
    [
        ("A145", "B4", "KRX 코스피, KRX 코스닥, 통합 코스피"),
        ("M33", "B2", "30분"),
        ("X200", "B4", "통합 코스피, 코스피, 코스닥"),
    ],
)
def test_its_blocks_do_not_come_to_stand_on_what_a_user_put_there(desk, address, change, value):
    desk.refresh()
    desk.course[address].value = "내 메모"
    (desk.course if change == "B2" else desk.sheet)[change].value = value
    assert desk.refresh().endswith(
        "표가 늘어날 자리에 다른 내용이 있어 쓰지 않았습니다. '시간대별' 시트의 표 아래와 오른쪽 내용을 옮긴 뒤 새로고침하세요."
    )
    assert (desk.on(), desk.cell(address)) == ([], "내 메모")
    desk.course[address].value = None
    assert "쓰지 않았습니다" not in desk.refresh()
    assert desk.on()
