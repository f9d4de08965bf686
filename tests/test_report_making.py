"""A report from what is known: tables, stored moments beside them, the day so far. And the day of scenario 7."""

from __future__ import annotations

import pytest
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis import moments, press
from xlwings_kis import report as reports
from xlwings_kis.errors import NetworkError, NoDataError, RefusedError
from xlwings_kis.markets import ALL_PAIRS, Exchange, Market
from xlwings_kis.report.summary import summary
from xlwings_kis.simulator import Fault
from xlwings_kis.store.base import StoreTrouble

USUAL = reports.Request()
CLOSE = reports.Request(at=moments.when("마감"))


@pytest.fixture
def look(kis, feed, clock):
    """Let somebody fetch both markets at Korean moments."""
    kis.calls_per_second = 1000

    def fetch(*when: str) -> None:
        for moment in when:
            clock.set(moment if " " in moment else f"2026-11-20 {moment}")
            feed.readings(USUAL.pairs)

    return fetch


def figures(report, pair=KRX_KOSPI):
    return report.snapshots[pair].rows


def test_by_default_both_markets_of_krx_are_told(feed):
    made = reports.make(feed, USUAL)
    assert made.pairs == (KRX_KOSPI, KRX_KOSDAQ)
    assert list(made.snapshots) == [KRX_KOSPI, KRX_KOSDAQ]


def test_all_six_are_fetched_at_once_and_each_once(kis, feed):
    kis.latency = 0.2
    made = reports.make(feed, reports.Request(tuple(Exchange)))
    assert set(made.snapshots) == set(ALL_PAIRS)
    assert kis.count("program-trade") == 6


def test_what_is_fresh_is_not_fetched_again(kis, feed):
    reports.make(feed, USUAL)
    reports.make(feed, USUAL)
    assert kis.count("program-trade") == 2


def test_without_any_table_there_is_no_report_but_the_reason(kis, feed):
    kis.fault = Fault.IP_NOT_ALLOWED
    with pytest.raises(RefusedError, match="EGW00207"):
        reports.make(feed, USUAL)


def test_a_gateway_that_is_away_is_a_network_error(kis, feed):
    kis.fault = Fault.HTML_503
    with pytest.raises(NetworkError):
        reports.make(feed, USUAL)


def test_one_table_that_does_not_come_is_told_and_the_other_goes_out(kis, feed, clock):
    kis.serve("J", "4", [])
    made = reports.make(feed, USUAL)
    assert made.partial
    assert list(made.snapshots) == [KRX_KOSPI]
    assert made.missing[KRX_KOSDAQ].key == "empty"


class TestComparisons:
    """Against stored tables, never against an earlier report."""

    def test_after_the_close_with_half_past_three_and_the_day_before(self, feed, look, clock):
        look("2026-11-19 15:35:00", "15:29:40", "15:45:12")
        made = reports.make(feed, USUAL)
        assert [earlier.label for earlier in made.earlier] == ["15:30", "전일 마감"]
        then, before = (earlier.snapshots[KRX_KOSPI] for earlier in made.earlier)
        assert f"{then.asof:%m/%d %H:%M:%S}" == "11/20 15:29:40"
        assert f"{before.asof:%m/%d %H:%M:%S}" == "11/19 15:35:00"

    def test_while_the_market_is_open_with_ten_minutes_before(self, feed, look):
        look("11:08:00", "11:20:31")
        made = reports.make(feed, USUAL)
        assert [earlier.label for earlier in made.earlier] == ["10분", "전일 마감"]
        row = summary(made).grids[KRX_KOSPI].rows[-2]
        then = made.earlier[0].snapshots[KRX_KOSPI]
        assert row.label == "10분 대비"
        million = press.nets(made.snapshots[KRX_KOSPI]).total - press.nets(then).total
        assert row.figures[2] == press.eok(million)

    def test_what_stood_too_long_ago_is_no_comparison(self, feed, look):
        look("10:40:00", "11:20:31")
        made = reports.make(feed, USUAL)
        assert made.earlier[0].snapshots[KRX_KOSPI] is None

    def test_nothing_stored_is_told_as_nothing(self, feed, clock):
        clock.set("2026-11-20 15:45:12")
        made = reports.make(feed, USUAL)
        assert [dict(earlier.snapshots) for earlier in made.earlier] == [{KRX_KOSPI: None, KRX_KOSDAQ: None}] * 2

    def test_a_store_that_cannot_be_read_costs_the_comparison_not_the_report(self, feed, monkeypatch):
        def trouble(*_):
            raise StoreTrouble("gone")

        monkeypatch.setattr("xlwings_kis.report.making._beside", trouble)
        made = reports.make(feed, USUAL)
        assert made.snapshots
        assert made.earlier == ()


class TestCourse:
    """The day every ten minutes, as far as somebody looked."""

    def test_each_step_is_what_stood_then(self, kis, feed, look):
        look("09:58:00", "10:08:00", "10:18:00", "10:20:31")
        steps = {f"{step.moment:%H:%M}": step for step in reports.make(feed, USUAL).course[KRX_KOSPI]}
        truth = {line["invr_cls_code"]: line for line in kis.truth("J", "1")}
        assert steps["10:20"].foreigners.non_arbitrage is not None
        assert steps["10:20"].moment.minute == 20
        assert list(steps)[-1] == "10:20"
        assert abs(steps["10:20"].foreigners.non_arbitrage - int(truth["9100"]["nabt_ntby_amt"])) < 10**6

    def test_where_nobody_looked_there_is_nothing(self, feed, look):
        look("10:09:00", "11:09:00", "11:10:31")
        steps = {f"{step.moment:%H:%M}": step for step in reports.make(feed, USUAL).course[KRX_KOSPI]}
        assert steps["10:10"].market.total is not None
        assert {steps[at].market.total for at in ("10:20", "10:40", "11:00")} == {None}

    def test_one_moment_is_no_course(self, feed, clock):
        assert reports.make(feed, USUAL).course == {}


class TestScenarioSeven:
    """15:45 was missed: the closing report is made at 17:10, and again later."""

    @pytest.fixture(autouse=True)
    def _day(self, look, clock):
        look("2026-11-19 15:35:00", "15:29:40", "15:39:00", "16:20:00", "17:09:50")
        clock.set("2026-11-20 17:10:00")

    def test_its_figures_are_the_last_before_twenty_to_four_although_the_feed_differs(self, kis, feed):
        kis.reset_calls()
        made = reports.make(feed, CLOSE)
        now = reports.make(feed, USUAL)
        assert f"{made.asof:%H:%M:%S}" <= "15:40:00"
        assert made.session_label == "정규장 마감"
        assert made.closing
        assert figures(made) != figures(now)
        truth = {line["invr_cls_code"]: line for line in kis.truth("J", "1", made.asof)}
        assert press.nets(made.snapshots[KRX_KOSPI], "9100").total == int(truth["9100"]["all_ntby_amt"])

    def test_no_gateway_is_asked(self, kis, feed):
        kis.reset_calls()
        reports.make(feed, CLOSE)
        assert kis.calls == []

    def test_it_says_that_later_trading_may_change_it(self, feed):
        assert any("애프터마켓 거래로 바뀔 수 있습니다" in note for note in summary(reports.make(feed, CLOSE)).notes)

    def test_the_second_run_makes_the_same_bytes_whatever_has_come_since(self, feed, look, clock, new_feed):
        first = reports.render(reports.make(feed, CLOSE))
        look("17:20:00", "18:30:00")
        clock.set("2026-11-20 20:10:00")
        assert reports.render(reports.make(new_feed(), CLOSE)) == first

    def test_next_morning_it_is_the_last_close_of_the_day_before(self, feed, clock, kis):
        made = reports.make(feed, CLOSE)
        clock.set("2026-11-23 07:30:00")
        later = reports.make(feed, reports.Request(at=moments.when("전일마감")))
        assert figures(later) == figures(made)


class TestTheCloseWithoutARecorder:
    """A PC that runs nothing but the scheduler: what comes at 15:45 is the close, for until 16:00 nothing moves."""

    def test_at_a_quarter_to_four_kis_may_still_be_asked_for_it(self, kis, feed, clock):
        clock.set("2026-11-20 15:45:12")
        made = reports.make(feed, CLOSE)
        assert (f"{made.asof:%H:%M:%S}", made.session_label) == ("15:45:12", "정규장 마감")
        assert kis.count("program-trade") == 2

    def test_later_it_is_taken_from_the_store_and_makes_the_same_bytes(self, kis, feed, clock):
        clock.set("2026-11-20 15:45:12")
        first = reports.render(reports.make(feed, CLOSE))
        clock.set("2026-11-20 17:10:00")
        kis.reset_calls()
        assert reports.render(reports.make(feed, CLOSE)) == first
        assert kis.calls == []

    def test_once_the_after_market_has_begun_it_is_too_late(self, kis, feed, clock):
        clock.set("2026-11-20 16:00:01")
        with pytest.raises(NoDataError):
            reports.make(feed, CLOSE)
        assert kis.count("program-trade") == 0

    def test_nxt_moves_again_from_twenty_to_four(self, feed, clock):
        clock.set("2026-11-20 15:45:12")
        with pytest.raises(NoDataError):
            reports.make(feed, reports.Request((Exchange.NXT,), at=moments.when("마감")))

    def test_figures_of_the_afternoon_are_not_the_close(self, kis, feed, clock, look):
        look("14:30:00")
        clock.set("2026-11-20 15:45:12")
        assert f"{reports.make(feed, CLOSE).asof:%H:%M:%S}" == "15:45:12"

    def test_before_the_close_there_is_none_yet(self, feed, clock):
        clock.set("2026-11-20 15:10:00")
        with pytest.raises(NoDataError, match="아직 오지 않은 시각"):
            reports.make(feed, CLOSE)


def test_a_moment_nobody_has_stored_is_no_data(feed, clock):
    with pytest.raises(NoDataError, match="저장된 자료 없음"):
        reports.make(feed, reports.Request(markets=(Market.KOSPI,), at=moments.when("10:30")))


def test_a_stored_moment_is_told_in_the_language_asked_for(kis, environment, new_feed, clock):
    environment(XLWINGS_KIS_LANG="en")
    feed = new_feed()
    clock.set("2026-11-20 15:35:00")
    feed.readings(USUAL.pairs)
    made = reports.make(feed, CLOSE)
    assert made.lang == "en"
    assert {reading.lang for reading in made.readings.values()} == {"en"}
