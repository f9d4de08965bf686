"""What the add-in's buttons get from Python: one sentence or a short word, at once, whatever happens."""

from __future__ import annotations

import re
import sys

import pytest
from samples import KRX_KOSPI, NXT_KOSPI

from xlwings_kis import buttons, clipboard, desktop
from xlwings_kis.errors import FileError
from xlwings_kis.simulator import Fault


@pytest.fixture
def at_work(formulas_on, feed):
    """The process that Excel runs: its formulas and buttons share one feed."""
    formulas_on(feed)
    return feed


def test_a_beat_starts_the_fetch_of_what_formulas_use_and_tells_when_it_has_landed(at_work, kis, clock):
    at_work.read(KRX_KOSPI)
    clock.move(31)
    assert buttons.beat() == "0"
    while not buttons.landed():
        pass
    calls = len(kis.calls)
    assert at_work.read(KRX_KOSPI).problem is None
    assert len(kis.calls) == calls == 3, "a token, and two fetches: the cells themselves asked nobody"


def test_a_beat_too_early_says_for_how_long_everything_is_fresh(at_work, kis, clock):
    at_work.read(KRX_KOSPI)
    clock.move(20)
    assert buttons.beat() == "10"
    assert [call.kind for call in kis.calls] == ["token", "program-trade"]


def test_without_formulas_a_beat_asks_nobody(at_work, kis):
    assert buttons.beat() == ""
    assert kis.calls == []


@pytest.mark.parametrize(("now", "beats"), [("2026-11-20 20:03:00", True), ("2026-11-20 20:10:00", False)])
def test_outside_the_sessions_nothing_beats_but_last_figures_are_still_fetched(at_work, clock, now, beats):
    at_work.read(KRX_KOSPI)
    clock.set(now)
    assert bool(buttons.beat()) is beats


def test_each_table_beats_in_the_sessions_of_its_own_exchange(at_work, kis, clock):
    at_work.read(KRX_KOSPI)
    at_work.read(NXT_KOSPI)
    clock.set("2026-11-20 17:00:00")
    at_work.read(KRX_KOSPI)
    at_work.read(NXT_KOSPI)
    clock.move(31)
    before = len(kis.calls)
    assert buttons.beat() == "0"
    while not buttons.landed():
        pass
    assert len(kis.calls) - before == 2, "KRX has its after-market until 20:00, too"


def test_late_answers_are_told_once(at_work, kis):
    kis.fail_next(Fault.HTML_503)
    at_work.read(KRX_KOSPI)
    assert buttons.late() == "1"
    assert buttons.late() == ""


def test_answers_in_time_are_not_late(at_work):
    at_work.read(KRX_KOSPI)
    assert buttons.late() == ""


def test_the_status_has_a_line_for_each_table_in_use(at_work):
    at_work.read(KRX_KOSPI)
    at_work.read(NXT_KOSPI)
    first, second = buttons.status().splitlines()
    assert first.startswith("KRX 코스피: 정상 · KRX 정규장 · 조회 11:20:31")
    assert second.startswith("NXT 코스피: 정상 · NXT ")


def test_fetch_asks_again_whatever_the_ttl_says_and_answers_with_the_status(at_work, kis, clock):
    at_work.read(KRX_KOSPI)
    clock.move(3)
    assert buttons.fetch().startswith("정상 · KRX 정규장 · 조회 11:20:34")
    assert [call.kind for call in kis.calls].count("program-trade") == 2


def test_after_an_update_the_user_is_told_to_install_the_add_in_again(at_work):
    assert buttons.fetch("0.0.1") == (
        "새 판이 설치됨. xlwings-kis가 0.1.0 판입니다. xlwings-kis addin install 을 다시 실행하세요."
    )


def test_the_formulas_after_a_refresh_that_waited_in_vain_do_not_wait_again(kis, new_feed, formulas_on, clock):
    feed = new_feed(deadline=0.3)
    formulas_on(feed)
    feed.read(KRX_KOSPI)
    clock.move(31)
    kis.fault = Fault.HANG
    buttons.fetch()
    waited = []

    class Fetch:
        def wait(self, seconds):
            waited.append(seconds)
            return False

    feed.patience.wait(Fetch())
    assert waited == [0]


def test_what_only_windows_has_is_a_sentence_elsewhere():
    for opens in (buttons.open_doctor, buttons.open_log):
        assert opens() == "Windows 전용. 이 단추는 Windows의 Excel에서 누르세요."
    with pytest.raises(FileError):
        desktop.open_console("doctor")


def test_a_console_is_opened_with_the_interpreter_that_has_one(monkeypatch, tmp_path):
    (tmp_path / "python.exe").touch()
    started = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "pythonw.exe"))
    monkeypatch.setattr("subprocess.Popen", lambda command, **how: started.append((command, how["creationflags"])))
    assert buttons.open_doctor() == ""
    assert started == [(["cmd.exe", "/k", str(tmp_path / "python.exe"), "-m", "xlwings_kis", "doctor"], 0x10)]


def test_our_own_fault_is_a_sentence_too_and_a_quiet_one_stays_quiet(monkeypatch, at_work):
    monkeypatch.setattr(at_work, "in_use", lambda: 1 / 0)
    assert buttons.beat() == buttons.landed() == ""
    assert buttons.status().startswith("프로그램 오류. ")


def test_a_copied_text_tells_what_came_within_ten_minutes_where_somebody_looked_then(at_work, clock, monkeypatch):
    copied = []
    monkeypatch.setattr(clipboard, "put_text", copied.append)
    for _ in range(3):
        at_work.reading(KRX_KOSPI)
        clock.move(300)
    at_work.read(KRX_KOSPI)
    at_work.read(NXT_KOSPI)
    assert buttons.copy_text()
    (told,) = copied
    first, second = told.split("\n\n")
    assert re.fullmatch(r"10분 대비 전체 ([+-][\d,]+|0) · 조회 11:35:31", first.splitlines()[4])
    assert second.splitlines()[4] == "조회 11:35:31"
