"""What stood before: the table at a moment, its change since another, the course of a day. No call to KIS, ever."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from clocks import kst
from making import LABELS, row
from making import snapshot as made
from samples import KRX_KOSPI

from xlwings_kis import history, sessions, udfs
from xlwings_kis.desk import Desk
from xlwings_kis.feed import Feed
from xlwings_kis.markets import Exchange
from xlwings_kis.moments import when
from xlwings_kis.simulator import Fault
from xlwings_kis.snapshot import Standing
from xlwings_kis.store.base import Sight, StoreTrouble

KRX, UN = Exchange.KRX, Exchange.UN
NET = "비차익순매수대금"
FOREIGNERS = ("9100", "nabt_ntby_amt")


@pytest.fixture(autouse=True)
def _feed(formulas_on, feed):
    formulas_on(feed)


@pytest.fixture
def seen(kis, clock):
    """Let a formula look at KRX 코스피 at Korean moments; gives what it saw, then forgets the calls."""

    def look(*moments: str) -> list[list[list]]:
        tables = []
        for moment in moments:
            clock.set(moment if " " in moment else f"2026-11-20 {moment}")
            tables.append(udfs.KIS_PROGRAM_TRADE("KRX", "코스피"))
        kis.reset_calls()
        return tables

    return look


def body(table):
    return [line[1:] for line in table[1:]]


def at(when, *more):
    return udfs.KIS_PROGRAM_AT("KRX", "코스피", when, *more)


def course(*more):
    return udfs.KIS_PROGRAM_HISTORY("KRX", "코스피", "외국인", "비차익", *more)


def figure_of(kis, code, wire):
    return float(next(line for line in kis.truth("J", "1") if line["invr_cls_code"] == code)[wire])


# --- at ---


def test_the_table_at_a_moment_is_the_one_seen_then(kis, seen):
    early, late = seen("10:29:45", "11:20:31")
    assert body(early) != body(late)
    assert body(at("10:30")) == body(early)
    assert at("10:30")[0] == early[0]
    assert body(at("11:20:31")) == body(late)
    assert kis.kinds == []


def test_a_moment_may_be_an_excel_date_time_or_a_fraction_of_a_day(seen):
    (early, _) = seen("10:29:45", "11:20:31")
    for moment in (10.5 / 24, 46346 + 10.5 / 24, datetime(2026, 11, 20, 10, 30), "2026-11-20 10:30", [["11/20 10:30"]]):  # noqa: DTZ001
        assert body(at(moment)) == body(early)


def test_fields_and_header_narrow_the_table_like_the_others(seen):
    seen("10:29:45")
    table = at("10:29:45", "순매수 대금")
    assert table[0] == ["11/20 10:29:45", "전체순매수대금", "차익순매수대금", "비차익순매수대금"]
    assert at("10:29:45", "순매수 대금", False) == table[1:]


def test_the_close_is_the_last_table_of_the_regular_session(seen):
    before, close, _ = seen("15:29:00", "15:39:30", "17:10:00")
    assert body(at("마감")) == body(close) != body(before)
    assert at("마감")[0][0] == "11/20 15:39:30"


def test_a_table_seen_at_twenty_to_four_sharp_is_the_close(seen):
    _, close, _ = seen("15:31:00", "15:40:00", "15:40:01")
    assert body(at("마감")) == body(close)


def test_a_close_nobody_saw_is_old_and_says_of_when(seen):
    seen("15:10:00", "17:10:00")
    assert at("마감")[0][0] == "지연 11/20 15:10:00"


def test_before_the_close_there_is_no_close(seen):
    seen("14:59:00")
    table = at("마감")
    assert table[0][0] == "#KIS! 아직 오지 않은 시각. 11/20 15:30 이후에 다시 조회하세요."
    assert {cell for line in body(table) for cell in line[:-1]} == {"#N/A"}


def test_what_is_still_to_come_is_not_made_of_what_is_there(seen):
    seen("10:00:00")
    assert at("10:30")[0][0].startswith("#KIS! 아직 오지 않은 시각.")
    assert at("10:00")[0][0] == "11/20 10:00:00"


def test_a_gap_shows_the_last_sight_as_old(seen):
    seen("10:00:00", "10:20:00")
    assert at("10:05:00")[0][0] == "11/20 10:00:00"
    assert at("10:05:01")[0][0] == "지연 11/20 10:00:00"
    assert at("10:20:00")[0][0] == "11/20 10:20:00"


def test_after_the_last_session_the_last_table_stands_however_late_it_is(seen, clock):
    seen("19:59:30")
    clock.set("2026-11-20 23:00:00")
    assert at("23:00")[0][0] == "11/20 19:59:30"


def test_yesterdays_close_is_that_of_the_last_trading_day(kis, seen, clock):
    close, _ = seen("2026-11-20 15:35:00", "2026-11-20 19:00:00")
    for now in ("2026-11-21 12:00:00", "2026-11-22 12:00:00", "2026-11-23 07:30:00", "2026-11-23 12:00:00"):
        clock.set(now)
        assert body(at("전일마감")) == body(close)
        assert at("전일마감")[0][0] == "11/20 15:35:00"
    assert kis.kinds == []


def test_on_a_day_without_trading_a_time_means_the_last_trading_day(seen, clock):
    early, close = seen("10:29:45", "15:35:00")
    clock.set("2026-11-21 09:00:00")
    assert body(at("10:30")) == body(early)
    assert body(at("마감")) == body(close)


def test_before_the_open_a_time_means_today(seen, clock):
    seen("10:29:45")
    clock.set("2026-11-23 08:00:00")
    assert at("10:30")[0][0].startswith("#KIS! 아직 오지 않은 시각. 11/23 10:30 이후에")


def test_a_day_never_recorded_has_no_figure_and_a_sentence(kis, seen):
    seen("10:00:00")
    table = at("2026-11-19 10:30")
    assert table[0][0] == (
        "#KIS! 저장된 자료 없음. 이 PC에 11/19 10:30의 값이 없습니다. 장중에 Excel이나 xlwings-kis record 로 저장해 두세요."
    )
    assert [line[0] for line in table[1:]] == LABELS
    assert {cell for line in body(table) for cell in line[:-1]} == {"#N/A"}
    assert kis.kinds == []


def test_a_day_without_a_year_is_the_last_one(seen, clock):
    close = seen("15:35:00")[0]
    clock.set("2027-03-02 10:00:00")
    assert body(at("11/20 마감")) == body(close)


def test_the_figures_of_a_day_without_trading_carry_the_day_they_belong_to(seen):
    seen("2026-11-20 20:00:00", "2026-11-21 10:00:00")
    assert at("2026-11-21 10:00")[0][0] == "휴장(추정) 11/20 20:00:00"


def test_a_word_nobody_knows_gives_the_error_table(kis):
    table = at("곧")
    assert table[0][0] == '#KIS! 시각을 알 수 없음: "곧". 10:30, 2026-11-20 10:30, 마감 또는 전일마감처럼 넣으세요.'
    assert [line[0] for line in table[1:]] == LABELS
    assert kis.calls == []


def test_rows_beyond_the_fixed_places_stand_behind_them(kis, seen):
    kis.fault = Fault.UNKNOWN_INVESTOR
    (table,) = seen("10:00:00")
    assert len(table) > 12
    assert at("10:00:00") == table


# --- change ---


def change(minutes, *more):
    return udfs.KIS_PROGRAM_CHANGE("KRX", "코스피", minutes, *more)


def test_a_change_is_the_table_now_less_the_table_then(kis, seen):
    then, now = seen("11:10:31", "11:20:31")
    expected = [
        [a - b for a, b in zip(x[:-1], y[:-1], strict=True)] for x, y in zip(body(now), body(then), strict=True)
    ]
    assert [line[:-1] for line in body(change(10, "대금 수량 코드"))] == expected
    assert kis.kinds == []


def test_a_change_is_by_default_that_of_the_bands_net_amounts_and_tells_both_moments(seen):
    seen("11:10:31", "11:20:31")
    table = change(10.0)
    assert table[0] == ["11/20 11:20:31 (대비 11:10:31)", "전체순매수대금", "차익순매수대금", "비차익순매수대금"]
    assert [line[0] for line in table[1:]] == LABELS
    assert all(isinstance(cell, float) for line in table[1:] for cell in line[1:])


def test_without_a_table_from_around_then_there_is_no_change(seen):
    seen("11:00:00", "11:20:31")
    table = change(10)
    assert table[0][0].startswith("#KIS! 비교할 자료 없음. 이 PC에 11/20 11:10:31 무렵의 값이 없습니다.")
    assert {cell for line in body(table) for cell in line} == {"#N/A"}
    assert change(16)[0][0] == "11/20 11:20:31 (대비 11:00:00)"


def test_a_change_reaches_back_no_further_than_the_day(seen):
    seen("2026-11-19 20:00:00", "2026-11-20 09:02:00", "2026-11-20 09:03:00")
    assert change(720)[0][0].startswith("#KIS! 비교할 자료 없음.")


def test_old_figures_change_under_the_mark_of_old_figures(seen, clock):
    seen("11:10:31", "11:20:31")
    clock.set("2026-11-20 11:30:31")
    assert change(10)[0][0] == "지연 11/20 11:20:31 (대비 11:10:31)"


@pytest.mark.parametrize(
    ("now", "corner"),
    [
        ("2026-11-23 08:30:00", "#KIS! 장 시작 전. KRX는 09:00부터"),
        ("2026-11-23 09:30:00", "#KIS! 자료 없음. 새로고침을 누르세요."),
        ("2026-11-22 09:30:00", "#KIS! 휴장일(추정). 오늘 자료가 없습니다."),
    ],
)
def test_without_a_table_of_today_nothing_changes(seen, clock, now, corner):
    seen("11:10:31", "11:20:31")
    clock.set(now)
    assert change(10)[0][0].startswith(corner)


def test_a_figure_that_either_table_lacks_has_no_change():
    then, now = (
        made("2026-11-20 11:10:00", row("8000", all_ntby_amt=None)),
        made("2026-11-20 11:20:00", row("8000"), row("9100")),
    )
    less = history.less_than(now, then)
    assert less.by_code["8000"]["all_ntby_amt"] is None
    assert less.by_code["8000"]["arbt_ntby_amt"] == 0
    assert set(less.by_code["9100"].figures) == {None}


@pytest.mark.parametrize("minutes", [None, 0, "열", 721])
def test_minutes_nobody_understands_give_the_error_table(minutes):
    table = change(minutes)
    assert table[0][0].startswith("#KIS! 간격을 알 수 없음:")
    assert table[0][1:] == ["전체순매수대금", "차익순매수대금", "비차익순매수대금"]


# --- the course of a day ---


def test_the_course_of_a_day_has_a_time_and_a_figure_in_every_row(kis, seen, clock):
    figures = {}
    for moment in ("09:10:00", "09:20:00", "09:30:00"):
        seen(moment)
        figures[datetime.fromisoformat(f"2026-11-20 {moment}")] = figure_of(kis, *FOREIGNERS)
    head, *rows = course()
    assert head == ["11/20 09:30:00", f"외국인 {NET}"]
    assert [time for time, _ in rows[:3]] == [datetime(2026, 11, 20, 9, minute) for minute in (0, 10, 20)]  # noqa: DTZ001
    assert rows[-1][0] == datetime(2026, 11, 20, 20)  # noqa: DTZ001
    assert {time: figure for time, figure in rows if figure != "#N/A"} == figures
    assert kis.kinds == []


def test_the_shape_of_a_course_is_the_same_before_during_and_after_the_day(seen, clock):
    seen("09:30:00")
    shapes = set()
    for now in ("08:00:00", "09:30:00", "15:00:00", "23:59:00"):
        clock.set(f"2026-11-20 {now}")
        shapes.add(tuple(line[0] for line in course(None, 30)[1:]))
    assert len(shapes) == 1
    assert len(shapes.pop()) == 23


def test_a_gap_stays_a_gap(seen):
    seen("10:00:00", "10:01:00", "10:31:00", "10:40:00")
    shown = {f"{time:%H:%M}": figure for time, figure in course(None, 5)[1:]}
    assert [time for time, figure in shown.items() if figure != "#N/A"] == ["10:00", "10:05", "10:35", "10:40"]


def test_the_total_of_a_course_is_the_sum_of_the_disjoint_groups(kis, seen):
    seen("10:00:00")
    groups = sum(figure_of(kis, code, "all_ntby_amt") for code in ("8888", "9100", "8000", "7100"))
    rows = udfs.KIS_PROGRAM_HISTORY("KRX", "코스피", "합계", "전체", None, 60)
    assert rows[0][1] == "합계 전체순매수대금"
    assert rows[2] == [datetime(2026, 11, 20, 10), groups]  # noqa: DTZ001


def test_the_course_of_another_day_is_that_days(seen, clock):
    seen("2026-11-19 10:00:00", "2026-11-19 20:00:00", "2026-11-20 10:00:00")
    for day in ("2026-11-19", "11/19", "전일", 46345.0):
        head, *rows = course(day, 60)
        assert head[0] == "11/19 20:00:00"
        assert [f"{time:%m/%d %H:%M}" for time, figure in rows if figure != "#N/A"] == ["11/19 10:00", "11/19 20:00"]


def test_on_a_day_without_trading_the_course_is_the_last_trading_days(seen, clock):
    seen("10:00:00", "19:59:30", "2026-11-21 10:00:00")
    assert course()[0][0] == "11/20 19:59:30"
    assert course("2026-11-21")[0][0].startswith("#KIS! 저장된 자료 없음. 이 PC에 11/21의 값이 없습니다.")


def test_a_course_that_stopped_is_old(seen, clock):
    seen("10:00:00")
    clock.set("2026-11-20 10:06:00")
    assert course()[0][0] == "지연 11/20 10:00:00"


@pytest.mark.parametrize(
    ("arguments", "corner", "rows"),
    [
        (("나스닥", "코스피", "외국인", "차익"), "#KIS! 거래소를 알 수 없음:", 67),
        (("KRX", "코스피", "외굴인", "차익", None, 60), "#KIS! 투자자를 알 수 없음:", 12),
        (("KRX", "코스피", "외국인", "등락률"), "#KIS! 항목을 알 수 없음:", 67),
        (("KRX", "코스피", "외국인", "차익", "내일"), "#KIS! 날짜를 알 수 없음:", 67),
        (("KRX", "코스피", "외국인", "차익", None, -1), "#KIS! 간격을 알 수 없음:", 67),
        (("통합", "코스피", "외굴인", "차익"), "#KIS! 투자자를 알 수 없음:", 73),
    ],
)
def test_a_word_nobody_knows_gives_a_course_without_figures(kis, arguments, corner, rows):
    head, *lines = udfs.KIS_PROGRAM_HISTORY(*arguments)
    assert head[0].startswith(corner)
    assert len(lines) == rows
    assert {figure for _, figure in lines} == {"#N/A"}
    assert kis.calls == []


def test_figures_stand_along_a_days_times_only_as_long_as_they_cannot_have_moved():
    def sight(first: str, last: str, figure: int) -> Sight:
        return Sight(*(kst(f"2026-11-20 {text}").timestamp() for text in (first, last)), (figure,))

    sights = (sight("15:00:00", "15:29:00", 1), sight("15:31:00", "15:32:00", 2), sight("19:58:00", "19:59:00", 3))
    times = [
        kst(f"2026-11-20 {text}")
        for text in ("14:59", "15:20", "15:30", "15:40", "16:00", "16:05", "16:06", "20:00", "23:00")
    ]
    figures = history.along(KRX, sights, tuple(times), kst("2026-11-20 23:30:00"))
    assert figures == (None, 1, 1, 2, 2, 2, None, 3, 3)
    assert history.along(KRX, sights, tuple(times), kst("2026-11-20 15:25:00")) == (None, 1, *[None] * 7)


@pytest.mark.parametrize(
    ("exchange", "day", "minutes", "first", "last", "number"),
    [
        (KRX, "2026-11-20", 10, "09:00", "20:00", 67),
        (KRX, "2026-09-11", 30, "09:00", "16:00", 15),
        (UN, "2026-11-20", 7, "08:00", "20:00", 104),
    ],
)
def test_the_times_of_a_day_are_those_of_its_sessions(exchange, day, minutes, first, last, number):
    times = history.grid(exchange, kst(f"{day} 00:00:00").date(), minutes)
    assert (f"{times[0]:%H:%M}", f"{times[-1]:%H:%M}", len(times)) == (first, last, number)


# --- never in Excel's way ---

CALLS = {"at": lambda: at("10:00"), "change": lambda: change(10), "course": lambda: course()}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_store_that_cannot_be_read_is_told_and_is_no_gap(seen, monkeypatch, call):
    seen("09:50:00", "10:00:00")

    def away(*arguments):
        raise StoreTrouble("away")

    monkeypatch.setattr(history, "now_of", away)
    monkeypatch.setattr("xlwings_kis.store.guarded.GuardedStore.at", away)
    assert call()[0][0] == "#KIS! 저장소 읽기 실패. 잠시 뒤 다시 시도하세요."


class Slow:
    """A desk that opens when a test lets it."""

    def __init__(self, open_it) -> None:
        self.gate = threading.Event()
        self.open_it = open_it

    def __call__(self) -> Desk:
        self.gate.wait(20)
        return self.open_it()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_formula_waits_no_longer_than_the_deadline_and_says_so(environment, clock, formulas_on, call):
    from xlwings_kis import desk, settings

    slow = Slow(lambda: desk.open_desk(settings.load(), clock))
    feed = Feed(slow, clock, deadline=0.05)
    formulas_on(feed)
    shape = [len(line) for line in call()]
    try:
        assert call()[0][0].startswith("#KIS! 응답 지연. 0.05초 안에")
    finally:
        slow.gate.set()
    feed.patience.deadline = 20
    feed.patience.landed()
    assert [len(line) for line in call()] == shape
    feed.close()


def test_what_was_answered_today_is_served_to_whoever_cannot_wait(seen, feed, clock, monkeypatch):
    (table,) = seen("10:00:00")
    shown = at("10:00")
    gate = threading.Event()
    monkeypatch.setattr(feed._era, "_ready_desk", lambda: gate.wait(20) and None)
    feed.patience.deadline = 0.05
    assert at("10:00") == shown
    assert body(shown) == body(table)
    clock.set("2026-11-21 10:00:00")
    assert at("10:00")[0][0].startswith("#KIS! 응답 지연.")
    gate.set()


def test_nothing_of_another_key_is_ever_shown(kis, seen, environment):
    seen("09:50:00", "10:00:00")
    assert at("10:00")[0][0] == "11/20 10:00:00"
    environment(KIS_APP_KEY="B" * 36)
    for call in CALLS.values():
        assert call()[0][0].startswith("#KIS! ")


def test_our_own_error_is_a_sentence_in_the_usual_shape(monkeypatch):
    from xlwings_kis import runtime

    monkeypatch.setattr(runtime, "feed", lambda: 1 / 0)
    for call in CALLS.values():
        table = call()
        assert table[0][0].startswith("#KIS! 프로그램 오류. ")
        assert len({len(line) for line in table}) == 1


def test_the_calendar_is_never_loaded_on_excels_thread(seen, monkeypatch):
    seen("10:00:00")
    loads = []
    real = sessions.load
    monkeypatch.setattr(sessions, "_closures", {})
    monkeypatch.setattr(sessions, "load", lambda year: (loads.append(threading.current_thread().name), real(year)))
    at("전일마감")
    assert loads
    assert threading.main_thread().name not in loads


# --- meaning ---

MEANT = [
    ("10:30", "2026-11-20 11:00:00", "2026-11-20 10:30", "2026-11-20 10:30"),
    ("10:30", "2026-11-22 11:00:00", "2026-11-20 10:30", "2026-11-20 10:30"),
    ("전일 10:30", "2026-11-20 11:00:00", "2026-11-19 10:30", "2026-11-19 10:30"),
    ("전일 10:30", "2026-11-22 11:00:00", "2026-11-20 10:30", "2026-11-20 10:30"),
    ("마감", "2026-11-20 17:00:00", "2026-11-20 15:30", "2026-11-20 15:40"),
    ("전일마감", "2026-11-23 07:00:00", "2026-11-20 15:30", "2026-11-20 15:40"),
    ("전일마감", "2026-10-12 07:00:00", "2026-10-08 15:30", "2026-10-08 15:40"),
    ("2026-11-18", "2026-11-20 17:00:00", "2026-11-18 15:30", "2026-11-18 15:40"),
    ("12/30 마감", "2027-01-04 17:00:00", "2026-12-30 15:30", "2026-12-30 15:40"),
    ("2/29 마감", "2026-01-04 17:00:00", "2024-02-29 15:30", "2024-02-29 15:40"),
]


@pytest.mark.parametrize(("word", "now", "since", "until"), MEANT)
def test_a_wish_means_a_moment_of_a_trading_day(word, now, since, until):
    assert history.meant(when(word), kst(now)) == (kst(since), kst(until))


def test_a_table_of_a_day_without_trading_stands_all_day():
    holiday = made("2026-11-21 08:00:00", standing=Standing.HOLIDAY, pair=KRX_KOSPI)
    assert history.stands(holiday, kst("2026-11-21 20:00:00"))
