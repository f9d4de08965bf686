"""The feed: one fetch serves everybody."""

from __future__ import annotations

from samples import KRX_KOSPI

from xlwings_kis.simulator import Fault


def test_the_first_reading_costs_one_token_and_one_call(kis, feed):
    assert feed.read(KRX_KOSPI).snapshot.rows
    assert kis.kinds == ["token", "program-trade"]


def test_a_rejected_token_is_replaced_once_and_the_user_never_notices(kis, feed, clock):
    feed.read(KRX_KOSPI)
    kis.reset_calls()
    clock.move(31)
    kis.fail_next(Fault.TOKEN_EXPIRED)
    reading = feed.read(KRX_KOSPI)
    assert reading.snapshot.rows
    assert not reading.snapshot.stale
    assert kis.kinds == ["program-trade", "token", "program-trade"]
