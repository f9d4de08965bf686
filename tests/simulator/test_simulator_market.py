"""The data of the simulator: realistic, repeatable, and rounded as KIS rounds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xlwings_kis.simulator import market
from xlwings_kis.simulator.sessions import LAST_STEP, Moment, moment_served

SEOUL = timezone(timedelta(hours=9))
PAIRS = [(exchange, code) for exchange in ("J", "NX", "UN") for code in ("1", "4")]
# Spelled from the document, not taken from the code under test.
FIGURES = {
    f"{band}_{side}_{measure}"
    for band in ("all", "arbt", "nabt")
    for side in ("seln", "shnu", "ntby")
    for measure in ("qty", "amt")
}
DISJOINT = ("8888", "9100", "8000", "7100")
PARTS = ("1000", "2000", "3000", "3100", "4000", "5000", "6000")

moments = st.builds(
    Moment, st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(min_value=0, max_value=LAST_STEP)
)
pairs = st.sampled_from(PAIRS)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """November 2026: the 16th is a Monday, the 20th a Friday."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SEOUL)


def table(rows: list[dict[str, str]]) -> dict[str, dict[str, int]]:
    return {row["invr_cls_code"]: {name: int(row[name]) for name in FIGURES} for row in rows}


@pytest.mark.parametrize(("exchange", "code"), PAIRS)
def test_a_table_is_eleven_investors_of_twenty_texts(exchange: str, code: str) -> None:
    rows = market.rows_at(at(20, 13), exchange, code)
    assert sorted(row["invr_cls_code"] for row in rows) == sorted((*PARTS, *DISJOINT))
    for row in rows:
        assert set(row) == FIGURES | {"invr_cls_code", "invr_cls_name"}
        assert all(isinstance(text, str) and text for text in row.values())


def test_rows_do_not_come_in_the_order_of_their_codes() -> None:
    codes = [row["invr_cls_code"] for row in market.rows_at(at(20, 13), "J", "1")]
    assert codes != sorted(codes)
    assert codes == [row["invr_cls_code"] for row in market.rows_at(at(19, 10), "NX", "4")]


def test_names_are_padded_inside() -> None:
    names = {row["invr_cls_code"]: row["invr_cls_name"] for row in market.rows_at(at(20, 13), "J", "1")}
    assert {code: names[code] for code in ("7100", "8888", "2000", "6000")} == {
        "7100": "기 타",
        "8888": "기 관",
        "2000": "보 험",
        "6000": "연 기 금",
    }


def test_the_same_moment_always_gives_the_same_table() -> None:
    before = market.rows_at(at(20, 13), "UN", "1")
    market._table.cache_clear()
    market.day_flows.cache_clear()
    assert market.rows_at(at(20, 13), "UN", "1") == before
    assert market.rows_at(at(20, 13), "UN", "1", seed=1) != before


def test_a_caller_may_change_the_rows_it_got() -> None:
    market.rows_at(at(20, 13), "J", "1")[0]["all_seln_amt"] = "spoilt"
    assert market.rows_at(at(20, 13), "J", "1")[0]["all_seln_amt"] != "spoilt"


@settings(max_examples=60, deadline=None)
@given(moments, pairs)
def test_figures_disagree_by_rounding_only(moment: Moment, pair: tuple[str, str]) -> None:
    rows = table(market.rows_of(moment, *pair))
    for row in rows.values():
        for measure in ("qty", "amt"):
            for band in ("all", "arbt", "nabt"):
                sell, buy, net = (row[f"{band}_{side}_{measure}"] for side in ("seln", "shnu", "ntby"))
                assert abs(buy - sell - net) <= 1
            for side in ("seln", "shnu", "ntby"):
                whole, arbitrage, rest = (row[f"{band}_{side}_{measure}"] for band in ("all", "arbt", "nabt"))
                assert abs(arbitrage + rest - whole) <= 2
    for name in FIGURES:
        assert abs(sum(rows[code][name] for code in PARTS) - rows["8888"][name]) <= len(PARTS)


def test_rounding_does_show_somewhere() -> None:
    rows = table(market.rows_at(at(20, 13), "J", "1")).values()
    assert any(row["all_shnu_amt"] - row["all_seln_amt"] != row["all_ntby_amt"] for row in rows)


@pytest.mark.parametrize(
    ("value", "rounded"), [(1_499_999, 1), (1_500_000, 2), (-1_500_000, -2), (-499_999, 0), (0, 0)]
)
def test_halves_round_away_from_zero(value: int, rounded: int) -> None:
    assert market.rounded(value, 1_000_000) == rounded


@settings(max_examples=40, deadline=None)
@given(moments, st.sampled_from(["1", "4"]))
def test_unified_is_krx_and_nxt_together_within_rounding(moment: Moment, code: str) -> None:
    krx, nxt, unified = (table(market.rows_of(moment, exchange, code)) for exchange in ("J", "NX", "UN"))
    for investor, row in unified.items():
        for name, value in row.items():
            assert abs(krx[investor][name] + nxt[investor][name] - value) <= 1


@settings(max_examples=40, deadline=None)
@given(moments, pairs)
def test_sold_and_bought_never_shrink_within_a_day(moment: Moment, pair: tuple[str, str]) -> None:
    later = Moment(moment.day, min(LAST_STEP, moment.step + 7))
    before, after = (table(market.rows_of(each, *pair)) for each in (moment, later))
    for investor, row in before.items():
        for name in FIGURES:
            if "ntby" not in name:
                assert row[name] <= after[investor][name]


@settings(max_examples=30, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_a_day_of_kospi_is_a_trillion_or_three(day: date) -> None:
    krx, nxt = (table(market.rows_of(Moment(day, LAST_STEP), exchange, "1")) for exchange in ("J", "NX"))
    for side in ("seln", "shnu"):
        total = sum(krx[code][f"all_{side}_amt"] for code in DISJOINT)
        assert 1_000_000 <= total <= 3_000_000  # million won
        assert 0.04 < sum(nxt[code][f"all_{side}_amt"] for code in DISJOINT) / total < 0.25
    assert 50_000 <= abs(krx["9100"]["all_ntby_amt"]) <= 400_000
    assert 20_000 < krx["9100"]["all_seln_amt"] * 1000 / krx["9100"]["all_seln_qty"] < 36_000  # won a share
    assert krx["9100"]["all_seln_amt"] > krx["8888"]["all_seln_amt"] > krx["8000"]["all_seln_amt"]


@pytest.mark.parametrize(("exchange", "code"), PAIRS)
def test_individuals_do_no_arbitrage(exchange: str, code: str) -> None:
    row = table(market.rows_at(at(20, 18), exchange, code))["8000"]
    assert {row[name] for name in FIGURES if name.startswith("arbt")} == {0}


def test_arbitrage_on_kosdaq_is_small() -> None:
    row = table(market.rows_at(at(20, 18), "J", "4"))["9100"]
    assert row["arbt_seln_amt"] < row["all_seln_amt"] / 50


# --- the clock ---


def test_figures_change_every_ninety_seconds() -> None:
    first = market.rows_at(at(20, 13, 0, 0), "J", "1")
    assert market.rows_at(at(20, 13, 1, 29), "J", "1") == first
    assert market.rows_at(at(20, 13, 1, 30), "J", "1") != first


@pytest.mark.parametrize(
    ("exchange", "before", "first"),
    [
        ("J", at(20, 8, 59, 59), at(20, 9)),
        ("NX", at(20, 7, 59, 59), at(20, 8)),
        ("UN", at(20, 7, 59, 59), at(20, 8)),
    ],
)
def test_before_the_open_the_previous_days_final_table_is_served(
    exchange: str, before: datetime, first: datetime
) -> None:
    assert market.rows_at(before, exchange, "1") == market.rows_at(at(19, 20), exchange, "1")
    opening = table(market.rows_at(first, exchange, "1"))
    assert {value for row in opening.values() for value in row.values()} == {0}


def test_at_a_weekend_and_before_mondays_open_fridays_final_table_is_served() -> None:
    final = market.rows_at(at(13, 20), "J", "1")
    for when in (at(13, 23), at(14, 11), at(15, 11), at(16, 8, 30)):
        assert market.rows_at(when, "J", "1") == final


def test_krx_rests_between_its_sessions_and_goes_on_in_the_after_market() -> None:
    close = market.rows_at(at(20, 15, 30), "J", "1")
    assert market.rows_at(at(20, 15, 59), "J", "1") == close
    after = table(market.rows_at(at(20, 20), "J", "1"))["9100"]["all_seln_amt"]
    regular = table(close)["9100"]["all_seln_amt"]
    assert regular < after < regular * 1.05


def test_the_clock_may_run_in_any_zone_but_must_say_which() -> None:
    utc = at(20, 13).astimezone(timezone(timedelta(hours=-5)))
    assert moment_served(utc, "J") == moment_served(at(20, 13), "J")
    with pytest.raises(ValueError, match="aware"):
        moment_served(at(20, 13).replace(tzinfo=None), "J")


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=365 * 24 * 3600), pairs)
def test_a_looping_session_is_never_empty_and_always_moves(seconds: int, pair: tuple[str, str]) -> None:
    when = datetime(2026, 1, 1, tzinfo=SEOUL) + timedelta(seconds=seconds)
    # Past 15:20 of a real session NXT is closed: there the truth is that nothing moves.
    assume(not (pair[0] == "NX" and time(15, 18) <= when.time() < time(15, 30)))
    rows = table(market.rows_at(when, *pair, loop_session=True))
    assert rows["9100"]["all_seln_amt"] > 0
    later = when + timedelta(seconds=90)
    assert market.rows_at(later, *pair, loop_session=True) != market.rows_at(when, *pair, loop_session=True)


def test_a_looping_session_is_the_real_one_during_the_real_one() -> None:
    assert market.rows_at(at(20, 13), "J", "1", loop_session=True) == market.rows_at(at(20, 13), "J", "1")


def test_a_looping_session_does_not_jump_at_midnight() -> None:
    before = moment_served(at(21, 23, 59, 59), "J", loop_session=True)
    after = moment_served(at(22, 0, 0, 30), "J", loop_session=True)
    assert (after.day, after.step - before.step) in {(before.day, 0), (before.day, 1)}
