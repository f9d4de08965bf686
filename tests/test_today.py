"""Today is decided, not assumed: the answer carries no date."""

from __future__ import annotations

import pytest
from clocks import kst
from making import row, snapshot
from samples import KRX_KOSPI, NXT_KOSPI, UN_KOSPI

from xlwings_kis.markets import Exchange
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Standing
from xlwings_kis.today import Memory, judge, why_not

YESTERDAY = row(all_ntby_amt=-1012)
TODAY = row(all_ntby_amt=87)
NOTHING = Memory()


def came(at, *rows, pair=KRX_KOSPI, **more):
    return snapshot(f"2026-11-20 {at}", *(rows or (TODAY,)), pair=pair, **more)


def last_close(*rows, at="2026-11-19 20:00:10", **more):
    """What was stored of the last trading day, when its figures were final."""
    return Memory(earlier=snapshot(at, *(rows or (YESTERDAY,)), **more))


def standing(body, memory=NOTHING, **more):
    return judge(body, memory, **more).standing


@pytest.mark.parametrize(
    ("pair", "before", "opened"),
    [(KRX_KOSPI, "08:59:59", "09:00:00"), (NXT_KOSPI, "07:59:59", "08:00:00"), (UN_KOSPI, "07:59:59", "08:00:00")],
)
def test_a_body_counts_only_if_it_was_received_after_its_exchanges_first_session_began(pair, before, opened):
    memory = last_close(pair=pair)
    assert standing(came(before, pair=pair), memory) is Standing.PREVIOUS
    assert standing(came(opened, pair=pair), memory) is Standing.TODAY


def test_before_the_open_even_new_figures_are_not_todays():
    assert standing(came("08:59:59", TODAY), last_close(YESTERDAY)) is Standing.PREVIOUS
    assert standing(came("08:59:59", TODAY), NOTHING) is Standing.PREVIOUS


@pytest.mark.parametrize("at", ["09:00:00", "09:04:59", "09:05:00", "13:00:00"])
def test_figures_equal_to_the_last_ones_of_an_earlier_day_are_not_todays_however_late(at):
    assert standing(came(at, YESTERDAY), last_close(YESTERDAY)) is Standing.PREVIOUS


def test_figures_that_differ_from_the_last_ones_of_an_earlier_day_are_todays_at_once():
    assert judge(came("09:00:00"), last_close()) == (Standing.TODAY, None)


def test_the_earlier_day_may_lie_before_a_weekend():
    friday = Memory(earlier=snapshot("2026-11-20 20:00:00", YESTERDAY))
    assert standing(snapshot("2026-11-23 09:00:00", YESTERDAY), friday) is Standing.PREVIOUS
    assert standing(snapshot("2026-11-23 09:00:00", TODAY), friday) is Standing.TODAY


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("09:00:00", Standing.UNCONFIRMED),
        ("09:04:59", Standing.UNCONFIRMED),
        ("09:05:00", Standing.TODAY),
        ("15:31:05", Standing.TODAY),
    ],
)
def test_with_nothing_stored_to_compare_the_first_five_minutes_are_unsure(at, expected):
    assert standing(came(at)) is expected


@pytest.mark.parametrize("at", ["09:00:00", "09:05:00", "15:31:05", "20:30:00"])
def test_where_the_store_could_not_be_looked_into_figures_are_unsure_at_any_hour_until_they_move(at):
    assert standing(came(at), Memory(unsure=True)) is Standing.UNCONFIRMED
    rested = came("09:00:00", standing=Standing.UNCONFIRMED)
    assert standing(came(at), Memory(unsure=True, seen=rested)) is Standing.UNCONFIRMED
    moved = came("09:00:00", YESTERDAY, standing=Standing.UNCONFIRMED)
    assert standing(came(at), Memory(unsure=True, seen=moved)) is Standing.TODAY


def test_figures_that_moved_once_stay_todays_when_they_rest_again():
    assert standing(came("15:31:05"), Memory(unsure=True, seen=came("15:30:00"))) is Standing.TODAY


def test_a_comparable_witness_counts_though_the_store_could_not_be_looked_into():
    assert standing(came("09:00:00"), last_close()._replace(unsure=True)) is Standing.TODAY
    assert standing(came("12:00:00", YESTERDAY), last_close()._replace(unsure=True)) is Standing.PREVIOUS


@pytest.mark.parametrize(("pair", "at"), [(NXT_KOSPI, "08:04:59"), (UN_KOSPI, "08:04:59")])
def test_the_five_minutes_count_from_the_exchanges_own_open(pair, at):
    assert standing(came(at, pair=pair)) is Standing.UNCONFIRMED
    assert standing(came("08:05:00", pair=pair)) is Standing.TODAY


def test_figures_of_the_middle_of_an_earlier_day_prove_nothing_for_the_close_differs_from_them_too():
    midday = last_close(at="2026-11-19 13:00:00")
    assert standing(came("09:02:00"), midday) is Standing.UNCONFIRMED
    assert standing(came("09:05:00"), midday) is Standing.TODAY
    day_before = last_close(at="2026-11-18 20:00:10")
    assert standing(came("09:02:00"), day_before) is Standing.UNCONFIRMED


def test_what_came_this_morning_and_did_not_count_is_a_witness():
    morning = Memory(waiting=came("08:30:00", YESTERDAY))
    assert standing(came("09:01:00", YESTERDAY), morning) is Standing.PREVIOUS
    assert standing(came("09:30:00", YESTERDAY), morning) is Standing.PREVIOUS
    assert standing(came("09:01:00", TODAY), morning) is Standing.TODAY


def test_figures_seen_on_a_day_without_trading_are_the_last_days_and_a_witness():
    sunday = Memory(earlier=snapshot("2026-11-22 21:00:00", YESTERDAY, standing=Standing.HOLIDAY))
    assert standing(snapshot("2026-11-23 09:01:00", YESTERDAY), sunday) is Standing.PREVIOUS
    assert standing(snapshot("2026-11-23 09:01:00", TODAY), sunday) is Standing.TODAY


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("at", ["08:00:00", "09:00:00", "12:00:00"])
def test_nothing_but_zeros_is_no_data_yet_at_any_time(at, trust):
    assert standing(came(at, Row("8000", "", (0,) * 18)), trust=trust) is Standing.EMPTY
    assert standing(came(at, Row("8000", "", (None,) * 18)), last_close(), trust=trust) is Standing.EMPTY


def test_on_a_day_without_trading_nothing_but_zeros_is_no_data_either():
    assert standing(snapshot("2026-11-21 10:00:00", Row("8000", "", (0,) * 18))) is Standing.EMPTY


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-22", "2026-12-31", "2026-10-05"])
@pytest.mark.parametrize("at", ["03:00:00", "10:00:00", "23:00:00"])
def test_on_a_day_without_trading_a_body_is_served_as_the_last_days(day, at):
    assert standing(snapshot(f"{day} {at}", TODAY)) is Standing.HOLIDAY


def test_on_a_day_without_trading_equal_stored_figures_tell_the_moment_they_belong_to():
    friday = Memory(earlier=snapshot("2026-11-20 20:00:10", YESTERDAY))
    assert judge(snapshot("2026-11-21 10:00:00", YESTERDAY), friday).of == kst("2026-11-20 20:00:10")


def test_the_moment_is_handed_on_through_a_long_weekend():
    saturday = snapshot("2026-11-21 10:00:00", YESTERDAY, standing=Standing.HOLIDAY, of=kst("2026-11-20 20:00:10"))
    assert judge(snapshot("2026-11-22 10:00:00", YESTERDAY), Memory(earlier=saturday)).of == kst("2026-11-20 20:00:10")


@pytest.mark.parametrize("memory", [NOTHING, Memory(earlier=snapshot("2026-11-20 11:00:00", YESTERDAY))])
def test_without_equal_figures_only_the_last_trading_day_is_known(memory):
    assert judge(snapshot("2026-11-22 10:00:00", TODAY), memory).of == kst("2026-11-20 00:00:00")


def test_the_last_trading_day_lies_before_a_holiday():
    assert judge(snapshot("2026-10-05 10:00:00", TODAY), NOTHING).of == kst("2026-10-02 00:00:00")


@pytest.mark.parametrize("at", ["2026-11-20 03:00:00", "2026-11-20 09:00:00", "2026-11-21 10:00:00"])
def test_trust_takes_whatever_comes_as_todays(at):
    body = snapshot(at, YESTERDAY)
    assert judge(body, last_close(YESTERDAY), trust=True) == (Standing.TODAY, None)


def test_an_answer_belongs_to_the_korean_day_of_its_arrival():
    late, early = snapshot("2026-11-20 23:59:59", TODAY), snapshot("2026-11-21 00:00:00", TODAY)
    assert standing(late) is Standing.TODAY
    assert standing(early) is Standing.HOLIDAY


@pytest.mark.parametrize(
    ("exchange", "sentence"),
    [
        (Exchange.KRX, "장 시작 전. KRX는 09:00부터 표시됩니다. "),
        (Exchange.NXT, "장 시작 전. NXT는 08:00부터 표시됩니다. "),
        (Exchange.UN, "장 시작 전. 통합은 08:00부터 표시됩니다. "),
    ],
)
def test_before_the_open_the_sentence_says_from_when_figures_show(exchange, sentence):
    problem = why_not(Standing.PREVIOUS, exchange, kst("2026-11-20 07:59:59"))
    assert problem.sentence() == sentence + '전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").'


def test_after_the_open_the_sentence_says_that_the_last_days_figures_still_come():
    problem = why_not(Standing.PREVIOUS, Exchange.KRX, kst("2026-11-20 09:00:00"))
    assert problem.sentence().startswith("장 시작 전. 아직 전일 값이 옵니다.")


def test_nothing_but_zeros_is_told_as_no_data():
    assert why_not(Standing.EMPTY, Exchange.KRX, kst("2026-11-20 10:00:00")).cause() == "자료 없음"
