"""Days in the users' lives, as far as formulas live them. Times are Seoul's; the gateway is the simulator.

Scenarios 1, 2, 3 and 6. At a spreadsheet: test_scenarios_excel (1, 4) and test_calc (3); the sheet 시간대별 of 6: test_by_time.
Reports and readers: test_scenarios_report (7, 8, 9). Companies: test_scenarios_company (5, 10).
"""

from __future__ import annotations

import itertools

import pytest

from xlwings_kis import buttons, udfs, words
from xlwings_kis.simulator import Fault

EXCHANGES = ("KRX", "NXT", "통합")
MARKETS = ("코스피", "코스닥")
SIX = tuple(itertools.product(EXCHANGES, MARKETS))


def corner(exchange="KRX", market="코스피"):
    return udfs.KIS_PROGRAM_TRADE(exchange, market)[0][0]


def figures(table):
    return [cell for row in table[1:] for cell in row[1:-1]]


@pytest.fixture
def friday(kis, new_feed, formulas_on, clock):
    """A workbook whose formulas were last calculated on Friday after the close."""
    clock.set("2026-11-20 20:05:00")
    formulas_on(new_feed())
    return {pair: udfs.KIS_PROGRAM_TRADE(*pair) for pair in SIX}


class TestMondayBeforeTheOpen:
    """Scenario 1. 08:55, Monday: a trader opens Friday's workbook; KIS still serves Friday's final body."""

    @pytest.fixture(autouse=True)
    def _monday(self, friday, clock, new_feed, formulas_on):
        clock.set("2026-11-23 08:55:00")
        formulas_on(new_feed())

    def test_fridays_figures_carry_fridays_date(self, friday):
        assert {table[0][0] for table in friday.values()} == {"11/20 20:05:00"}

    def test_krx_shows_no_figure_and_says_when_it_will(self):
        table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert table[0][0] == (
            '#KIS! 장 시작 전. KRX는 09:00부터 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").'
        )
        assert set(figures(table)) == {"#N/A"}

    @pytest.mark.parametrize("exchange", ["NXT", "통합"])
    def test_nxt_and_both_show_what_came_since_eight(self, exchange):
        table = udfs.KIS_PROGRAM_TRADE(exchange, "코스피")
        assert table[0][0] == "11/23 08:55:00"
        assert all(isinstance(cell, float) for cell in figures(table))

    def test_between_the_pre_market_and_nine_the_label_is_before_the_open(self):
        assert "NXT 장 시작 전" in udfs.KIS_PROGRAM_STATUS("NXT", "코스피")

    def test_in_the_pre_market_the_label_says_so_once(self, clock):
        clock.set("2026-11-23 08:20:00")
        assert " · NXT 프리마켓 · " in udfs.KIS_PROGRAM_STATUS("NXT", "코스피")

    def test_after_nine_the_same_old_body_still_is_no_figure_of_today(self, kis, clock):
        corner()
        kis.fault = Fault.YESTERDAY
        clock.set("2026-11-23 09:00:40")
        assert corner().startswith("#KIS! 장 시작 전. 아직 전일 값이 옵니다.")

    def test_the_first_different_body_shows_figures_without_a_click(self, kis, clock):
        corner()
        clock.set("2026-11-23 09:01:40")
        assert corner() == "11/23 09:01:40"

    def test_whoever_trusts_the_gateway_sees_what_comes(self, environment, new_feed, formulas_on):
        environment(XLWINGS_KIS_PRE_OPEN="trust")
        formulas_on(new_feed())
        assert corner("KRX", "코스닥") == "11/23 08:55:00"


class TestNothingStoredToCompare:
    """A new machine at 09:01: nothing could unmask yesterday's figures."""

    @pytest.fixture(autouse=True)
    def _new_machine(self, kis, new_feed, formulas_on, clock):
        clock.set("2026-11-23 09:03:10")
        formulas_on(new_feed())

    def test_for_five_minutes_figures_stand_under_a_doubt(self):
        table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert table[0][0] == "확인 중 11/23 09:03:10"
        assert any(isinstance(cell, float) for cell in figures(table))

    def test_after_five_minutes_they_count(self, clock):
        corner()
        clock.set("2026-11-23 09:05:01")
        assert corner() == "11/23 09:05:01"


class TestWeekend:
    """No trading today: the body is served under the day it belongs to."""

    def test_saturday_shows_fridays_figures_under_fridays_date(self, friday, clock):
        clock.set("2026-11-21 11:00:00")
        assert corner() == "휴장(추정) 11/20 20:05:00"

    def test_sunday_still_knows_that_they_are_fridays(self, friday, clock):
        for day in (21, 22):
            clock.set(f"2026-11-{day} 11:00:00")
            shown = corner()
        assert shown == "휴장(추정) 11/20 20:05:00"

    def test_a_machine_that_was_off_on_friday_knows_the_day_alone(self, kis, new_feed, formulas_on, clock):
        clock.set("2026-11-22 11:00:00")
        formulas_on(new_feed())
        assert corner() == "휴장(추정) 11/20 (조회 11/22 11:00:00)"


class TestGatewayHangsAtTheOpen:
    """Scenario 2. 09:00:05: sixty formulas over six pairs, a cold store, a gateway that answers after nine seconds."""

    def test_all_sixty_return_within_one_deadline_and_everything_lands_later(self, kis, new_feed, formulas_on, clock):
        clock.set("2026-11-23 09:06:05")
        kis.latency = 1.2  # longer than the deadline, as nine seconds are longer than three
        feed = new_feed(deadline=0.3)
        formulas_on(feed)
        tables = [udfs.KIS_PROGRAM_TRADE(*SIX[at % 6]) for at in range(60)]
        assert {(len(table), len(table[0])) for table in tables} == {(12, 20)}
        assert {table[0][0] for table in tables} == {
            "#KIS! 응답 지연. 0.3초 안에 답이 없어 기다리지 않았습니다. 새로고침을 누르면 도착한 값이 표시됩니다."
        }
        assert buttons.late() == "1", "the add-in looks twice more, 3 and 15 seconds later"
        for pair in SIX:
            feed.reading(words.pair(*pair))
        assert {udfs.KIS_PROGRAM_TRADE(*pair)[0][0] for pair in SIX} == {"11/23 09:06:05"}
        assert {len(udfs.KIS_PROGRAM_TRADE(*SIX[at % 6])) for at in range(60)} == {12}
        assert (kis.count("program-trade"), kis.count("token")) == (6, 1)
        assert buttons.late() == "", "nothing is late any more"
        assert int(buttons.beat()) <= 30, "the next beat finds everything fresh"


class TestGatewayFailsForAWhile:
    """Scenario 6. 14:02–14:20: EGW00201, then HTML with 503; at 14:21 back to normal by itself."""

    def test_figures_stay_marked_and_come_back_without_a_click(self, kis, new_feed, formulas_on, clock):
        clock.set("2026-11-20 14:02:10")
        formulas_on(new_feed())
        before = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert before[0][0] == "11/20 14:02:10"

        kis.fault = Fault.TOO_MANY_CALLS
        clock.set("2026-11-20 14:05:00")
        during = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert during[0][0] == "지연 11/20 14:02:10"
        assert during[1:] == before[1:]
        assert udfs.KIS_PROGRAM_STATUS("KRX", "코스피") == (
            "지연 · 마지막 조회 14:02:10 · 조회 한도 초과(EGW00201)(1회) · 14:05:05에 다시 시도"
        )

        kis.fault = Fault.HTML_503
        clock.set("2026-11-20 14:15:00")
        assert corner() == "지연 11/20 14:02:10"
        value = udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "비차익")
        foreigners = next(row for row in before if row[0] == "외국인")
        assert value == foreigners[before[0].index("비차익순매수대금")]

        kis.fault = None
        clock.set("2026-11-20 14:21:00")
        after = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert after[0][0] == "11/20 14:21:00"
        assert after[1:] != before[1:]


class TestTheDesksOwnFormulas:
    """Scenario 3, the part that Python decides: figures keep their places. A spreadsheet calculates it in test_calc."""

    @pytest.mark.parametrize("pair", SIX)
    def test_the_nineteenth_column_of_every_table_is_the_one_desks_look_up(self, pair, new_feed, formulas_on):
        formulas_on(new_feed())
        table = udfs.KIS_PROGRAM_TRADE(*pair)
        assert (len(table), table[0].index("비차익순매수대금") + 1) == (12, 19)
        for row in table[1:]:
            assert row[18] == udfs.KIS_PROGRAM_VALUE(*pair, row[0], "비차익")

    @pytest.mark.parametrize("fault", [Fault.STATE_AND_LOCAL, Fault.UNKNOWN_INVESTOR, Fault.MISSING_INVESTOR])
    def test_places_hold_in_every_process_and_after_the_feed_is_whole_again(
        self, fault, kis, new_feed, formulas_on, clock
    ):
        formulas_on(new_feed())
        before = [(row[0], row[-1]) for row in udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1:]]
        clock.move(31)
        kis.fail_next(fault)
        during = [(row[0], row[-1]) for row in udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1:]]
        assert during[:11] == before
        clock.move(31)
        formulas_on(new_feed())  # another workbook's process, which never saw the other answer
        after = [row[-1] for row in udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1:]]
        assert after == [code for _, code in during]

    def test_a_new_investor_moves_nobody(self, kis, new_feed, formulas_on, clock):
        formulas_on(new_feed())
        before = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        clock.move(31)
        kis.fail_next(Fault.STATE_AND_LOCAL)
        after = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
        assert [row[0] for row in after[1:12]] == [row[0] for row in before[1:]]
        assert after[12][0] == "국가·지자체"
