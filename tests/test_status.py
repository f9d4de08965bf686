"""One line of text: how the data stands."""

from __future__ import annotations

import dataclasses

import pytest
from clocks import kst
from making import reading, snapshot
from samples import NXT_KOSPI, UN_KOSPI

from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange
from xlwings_kis.snapshot import Standing
from xlwings_kis.status import line, session, still_line
from xlwings_kis.store.base import Counters

NOW = kst("2026-11-20 11:20:43")
CHANGED = kst("2026-11-20 11:19:02")


def fine(**more):
    return snapshot("2026-11-20 11:20:31", changed=more.pop("changed", CHANGED), **more)


def told(made=None, now=NOW, **more):
    more.setdefault("counters", Counters(842, 1))
    return line(reading(made, **more), now)


def test_the_usual_line_is_letter_by_letter_that_of_the_wording():
    assert told(fine()) == (
        "정상 · KRX 정규장 · 조회 11:20:31(12초 전) · 값 변동 11:19:02 · 오늘 조회 842회 · 토큰 1회"
    )


def test_the_late_line_is_letter_by_letter_that_of_the_wording():
    old = dataclasses.replace(fine(), asof=kst("2026-11-20 11:02:10"), stale=True)
    until = kst("2026-11-20 11:25:00").timestamp()
    assert told(old, problem=Problem("no_answer"), failures=3, rest_until=until) == (
        "지연 · 마지막 조회 11:02:10 · 서버 응답 없음(3회) · 11:25에 다시 시도"
    )


def test_a_late_line_tells_the_code_and_the_second_of_the_next_try():
    old = fine(stale=True)
    until = kst("2026-11-20 11:21:13").timestamp()
    waiting = Problem("token_wait", "EGW00133", {"time": "11:21:13"}, until=until)
    assert told(old, problem=waiting, failures=1) == (
        "지연 · 마지막 조회 11:20:31 · 토큰 발급 대기(EGW00133)(1회) · 11:21:13에 다시 시도"
    )


def test_a_late_line_without_a_known_cause_or_next_try_tells_the_last_fetch():
    assert told(fine(stale=True)) == "지연 · 마지막 조회 11:20:31"


def test_of_two_rests_the_longer_one_is_told():
    rest, until = (kst(f"2026-11-20 {time}").timestamp() for time in ("11:21:00", "11:22:30"))
    problem = Problem("no_answer", until=until)
    assert told(fine(stale=True), problem=problem, rest_until=rest).endswith(" · 11:22:30에 다시 시도")


def test_unknown_counters_are_dashes_and_never_zero():
    assert told(fine(), counters=Counters()).endswith(" · 오늘 조회 –회 · 토큰 –회")
    assert told(fine(), counters=Counters(0, 0)).endswith(" · 오늘 조회 0회 · 토큰 0회")


def test_without_data_the_line_says_why_and_what_to_do():
    assert told(problem=Problem("paper_key", "EGW02004")) == (
        "자료 없음 · KRX 정규장 · 모의투자 앱키(EGW02004). 이 조회는 실전투자 앱키로만 됩니다."
    )
    assert told().startswith("자료 없음 · KRX 정규장 · KIS가 아직 값을 보내지 않았습니다.")


def test_a_demo_is_called_one_first():
    assert told(fine(demo=True)).startswith("예시(모의 자료) · KRX 정규장 · 조회 11:20:31(12초 전)")


def test_unconfirmed_figures_are_told():
    assert told(fine(standing=Standing.UNCONFIRMED)).startswith("확인 중 · KRX 정규장 · ")


@pytest.mark.parametrize(
    ("of", "word"), [("2026-11-19 15:31:00", "전일 자료 11/19 15:31"), ("2026-11-19 00:00:00", "전일 자료 11/19")]
)
def test_on_a_day_without_trading_the_line_tells_whose_figures_they_are(of, word):
    held = snapshot("2026-11-21 10:00:00", standing=Standing.HOLIDAY, of=kst(of))
    assert told(held, kst("2026-11-21 10:00:05")) == (
        f"{word} · KRX 휴장(추정) · 조회 10:00:00(5초 전) · 오늘 조회 842회 · 토큰 1회"
    )


@pytest.mark.parametrize(
    ("changed", "told_minutes"),
    [("11:15:44", None), ("11:15:43", "5분째 값이 같습니다"), ("11:09:00", "11분째 값이 같습니다")],
)
def test_after_five_minutes_without_a_change_the_line_says_so(changed, told_minutes):
    text = told(fine(changed=kst(f"2026-11-20 {changed}")))
    if told_minutes:
        assert f" · 값 변동 {changed} · {told_minutes} · " in text
    else:
        assert "값이 같습니다" not in text


def test_minutes_in_which_nobody_trades_do_not_count():
    evening = dataclasses.replace(fine(changed=kst("2026-11-20 15:29:30")), asof=kst("2026-11-20 16:03:00"))
    assert "값이 같습니다" not in told(evening, kst("2026-11-20 16:03:00"))
    assert "5분째 값이 같습니다" in told(evening, kst("2026-11-20 16:05:00"))


def test_after_the_close_nobody_wonders_that_nothing_moves():
    night = dataclasses.replace(fine(), asof=kst("2026-11-20 21:00:00"))
    assert "값이 같습니다" not in told(night, kst("2026-11-20 21:00:00"))


def test_failed_checks_are_told_and_the_rest_stays():
    assert " · 검산 확인 필요 · 오늘 조회 842회" in told(fine(notes=("x",)))
    assert "검산" not in told(fine())


def test_without_sharing_the_line_says_so_whatever_the_figures_are():
    assert told(fine(), sharing=False).endswith(" · 토큰 1회 · 공유 꺼짐")
    assert told(fine(stale=True), sharing=False).endswith(" · 공유 꺼짐")
    assert told(sharing=False).endswith(" · 공유 꺼짐")
    assert "공유" not in told(fine())


@pytest.mark.parametrize(
    ("skew", "word"),
    [(300.0, "PC 시계가 5분 느림(서버 시각으로 보정)"), (-120.0, "PC 시계가 2분 빠름(서버 시각으로 보정)")],
)
def test_a_wrong_pc_clock_is_told_with_its_direction(skew, word):
    assert told(fine(), skew=skew).endswith(f" · {word}")


def test_the_next_try_is_told_by_the_corrected_clock():
    until = kst("2026-11-20 11:20:00").timestamp()
    text = told(fine(stale=True), problem=Problem("no_answer"), rest_until=until, skew=300.0)
    assert " · 11:25에 다시 시도 · PC 시계가 5분 느림" in text


def test_a_warning_stands_at_the_end():
    assert told(fine(), warning=Problem("state_folder")).endswith(" · 상태 폴더 쓰기 실패")


def test_an_age_is_never_negative():
    assert "조회 11:20:31(0초 전)" in told(fine(), kst("2026-11-20 11:20:29"))


def test_the_session_names_its_exchange_once():
    assert session(Exchange.NXT, kst("2026-11-20 08:10:00")) == "NXT 프리마켓"
    assert session(Exchange.NXT, kst("2026-11-20 11:00:00")) == "NXT 정규장"
    assert session(Exchange.UN, kst("2026-11-20 11:00:00")) == "통합 정규장"
    assert session(Exchange.KRX, kst("2026-11-20 15:45:00")) == "KRX 시간외 종가"


def test_the_line_speaks_of_its_own_exchange():
    assert " · NXT 정규장 · " in told(fine(pair=NXT_KOSPI))
    assert " · 통합 정규장 · " in told(fine(pair=UN_KOSPI))


def test_the_line_is_english_where_the_reading_is():
    assert told(fine(), lang="en") == (
        "fine · KRX regular session · fetched 11:20:31 (12 s ago) · changed 11:19:02 · 842 calls today · 1 tokens"
    )
    late = told(fine(stale=True), lang="en", problem=Problem("no_answer"), failures=3, sharing=False, skew=120.0)
    assert (
        late
        == "delayed · last fetched 11:20:31 · No answer from KIS (3×) · not shared · PC clock 2 min slow (corrected)"
    )


def test_no_status_says_reference_time_or_provisional():
    lines = (told(fine()), told(fine(stale=True), problem=Problem("no_answer")), told(), told(fine(demo=True)))
    assert not any(word in text for text in lines for word in ("기준시각", "잠정"))


def test_a_line_of_a_file_that_nobody_renews_promises_no_next_try():
    busy = Problem("gateway_busy", "EGW00202")
    late = reading(fine(stale=True), problem=busy, failures=3, rest_until=kst("2026-11-20 14:10:00").timestamp())
    assert still_line(late, NOW).endswith("KIS 서버 혼잡(EGW00202)(3회) · 14:10에 다시 시도")
    assert still_line(late, NOW, once=True).endswith("KIS 서버 혼잡(EGW00202)(3회)")
    assert still_line(reading(problem=busy), NOW, once=True).endswith(
        "KIS 서버 혼잡(EGW00202). 잠시 뒤 다시 시도하세요."
    )
