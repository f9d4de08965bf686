"""A snapshot is told in the words of the press: 억원, rounded once, signs always."""

from __future__ import annotations

import dataclasses

import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st
from making import row, snapshot

from xlwings_kis import press


@pytest.mark.parametrize(
    ("million", "told"),
    [(None, "-"), (0, "0"), (49, "0"), (50, "+1"), (-50, "-1"), (-140_500, "-1,405"), (2_500, "+25"), (-149, "-1")],
)
def test_an_amount_is_told_in_eok_with_its_sign_and_halves_away_from_zero(million, told):
    assert press.signed(million) == told


@given(st.integers(-(10**12), 10**12))
def test_a_balance_says_who_was_stronger(million):
    words = press.tilt(million)
    assert ("매수 우위" in words) == (press.eok(million) > 0)
    assert ("매도 우위" in words) == (press.eok(million) < 0)


def market(foreign: int, others: int, arbitrage: int = 0):
    """A market in million won of non-arbitrage: what foreigners and individuals bought net."""

    def who(code, non, arb=0):
        return row(code, "", arbt_ntby_amt=arb, nabt_ntby_amt=non, all_ntby_amt=arb + non)

    return snapshot(
        "2026-11-20 11:20:31", who("8000", others), who("9100", foreign, arbitrage), who("8888", 0), who("7100", 0)
    )


def test_the_headline_says_who_was_stronger_by_how_much_and_through_which_trades():
    told = press.headline(market(foreign=-140_500, others=17_800, arbitrage=21_500))
    assert told == "코스피 1,012억원 매도 우위 — 차익 +215, 비차익 -1,227 (외국인 비차익 -1,405)"


def test_foreigners_are_named_only_where_they_made_most_of_the_balance():
    assert "외국인" not in press.headline(market(foreign=100, others=9_000))
    assert "외국인" not in press.headline(market(foreign=-100, others=9_000))
    assert "외국인" not in press.headline(market(foreign=0, others=0))


def test_a_letter_tells_the_balance_in_whole_sentences_and_marks_what_counts():
    told = press.balance(market(foreign=-140_500, others=17_800, arbitrage=21_500))
    assert told.strong == "1,012억원 매도 우위"
    assert str(told) == (
        "코스피 프로그램은 1,012억원 매도 우위입니다. 차익 215억원 순매수, 비차익 1,227억원 순매도이며, "
        "비차익은 외국인이 1,405억원 순매도했습니다."
    )


def test_a_letter_names_foreigners_only_where_they_led_and_the_market_as_it_is_told_to():
    told = press.balance(market(foreign=100, others=8_900, arbitrage=-300), name="NXT 코스닥")
    assert str(told) == "NXT 코스닥 프로그램은 87억원 매수 우위입니다. 차익 3억원 순매도, 비차익 90억원 순매수입니다."


@pytest.mark.parametrize(("lang", "words"), [("ko", "값 없음"), ("en", "no figure")])
def test_a_letter_says_so_where_a_figure_is_missing(lang, words):
    assert press.balance(snapshot(), lang).strong == words
    assert str(press.balance(snapshot(), lang)).endswith(".")


def test_a_messengers_fifth_line_says_how_much_came_since_an_earlier_table():
    now = market(foreign=-140_500, others=17_800, arbitrage=21_500)
    then = dataclasses.replace(
        market(foreign=-128_500, others=17_800, arbitrage=21_500), asof=kst("2026-11-20 11:10:31")
    )
    assert press.messenger(now, then).splitlines()[4] == "10분 대비 전체 -120 · 조회 11:20:31"
    assert press.messenger(now).splitlines()[4] == "조회 11:20:31"


def test_a_change_that_cannot_be_told_is_left_out_and_none_is_told_as_zero():
    now = market(foreign=-140_500, others=17_800)
    then = dataclasses.replace(now, asof=kst("2026-11-20 11:15:31"))
    assert press.messenger(now, then).splitlines()[4] == "5분 대비 전체 0 · 조회 11:20:31"
    assert press.messenger(now, snapshot("2026-11-20 11:10:31")).splitlines()[4] == "조회 11:20:31"
