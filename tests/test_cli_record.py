"""`record`: a day in seconds. The main thread's sleep moves the clock; the gateway is the simulator on that clock."""

from __future__ import annotations

import csv
import io
import itertools
import os
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from clocks import DayClock, kst
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis import desk, gateway, runtime, settings, udfs
from xlwings_kis.cli import csv_folder, ending, main
from xlwings_kis.cli.console import CLOSE, LOGOFF, SHUTDOWN, WindowsConsole
from xlwings_kis.fields import COLUMNS
from xlwings_kis.markets import ALL_PAIRS, Exchange
from xlwings_kis.record import recorder
from xlwings_kis.simulator import Fault
from xlwings_kis.store.guarded import GuardedStore

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def clock() -> DayClock:
    return DayClock("2026-11-20 11:20:31")


@pytest.fixture(autouse=True)
def _an_earlier_day(monkeypatch, clock, tmp_path, environment, kis, capsys):
    """The figures of Thursday's close are stored, so that Friday's count at once. KIS counts calls by real seconds."""
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(GuardedStore.__init__.__kwdefaults__, "patience", 20.0)  # a busy machine is no failure
    kis.calls_per_second = 10_000
    now, clock.now = clock.now, kst("2026-11-19 20:05:00")
    for pair in ALL_PAIRS:
        main(["table", pair.exchange.name, pair.market.name, "--format", "csv"])
    capsys.readouterr()
    clock.now = now
    kis.reset_calls()


@pytest.fixture
def long_naps(monkeypatch):
    """Half a second is a short step through a weekend."""
    monkeypatch.setattr(recorder, "NAP", 20.0)


def run(capsys, *words):
    status = main(["record", *words])
    out, err = capsys.readouterr()
    assert out == ""
    return status, err.splitlines()


def stored(pair=KRX_KOSPI, day=FRIDAY):
    with closing(desk.open_archive(settings.load())) as archive:
        return archive.tables(day, pair)


def read(path: str) -> list[dict[str, str]]:
    data = Path(path).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def different_bodies(kis, begin: str, end: str, pair=KRX_KOSPI) -> int:
    """How many bodies the simulated market has had between two moments."""
    moment, last, bodies = kst(begin), kst(end), []
    while moment <= last:
        body = kis.truth(pair.exchange.value.wire, pair.market.value.wire, moment)
        if not bodies or bodies[-1] != body:
            bodies.append(body)
        moment += timedelta(seconds=30)
    return len(bodies)


# --- what is recorded ---


def test_every_body_of_two_hours_is_stored_once_and_an_end_that_was_wished_is_no_error(capsys, kis, clock):
    clock.set("2026-11-20 13:30:00")
    status, said = run(capsys, "--until", "15:29:59")
    assert status == 0
    assert len(stored()) == different_bodies(kis, "2026-11-20 13:30:00", "2026-11-20 15:29:59") == 80
    assert len(stored(KRX_KOSDAQ)) == 80
    assert 2 * 238 <= kis.count("program-trade") <= 2 * 240  # every 30 seconds, and not more often
    assert kis.count("token") == 0  # Thursday's still holds
    assert said == [
        "11/20 13:30:00 KRX 코스피, KRX 코스닥: 30초마다 조회해 기록합니다. Ctrl+C로 끝냅니다.",
        "11/20 13:30:00 기록 중: KRX 코스피, KRX 코스닥",
        "11/20 15:29:59 끝냈습니다. 새 표 160개.",
    ]


def test_it_sleeps_outside_the_sessions_through_the_weekend_to_the_next_opening(capsys, kis, clock, long_naps):
    clock.set("2026-11-20 19:58:00")
    status, said = run(capsys, "--pairs", "KRX 코스피", "--until", "2026-11-23 09:05")
    assert status == 0
    assert [line[15:] for line in said[1:-1]] == [
        "기록 중: KRX 코스피",
        "쉽니다. 11/23 08:59:00에 다시 조회합니다.",
        "기록 중: KRX 코스피",
    ]
    assert kis.count("program-trade") <= 2 * 4 + 2 * 6 + 2
    assert [table.standing.value for table in stored(day=date(2026, 11, 23))][:2] == ["previous", "today"]


def test_always_records_on_a_saturday_too(capsys, kis, clock):
    clock.set("2026-11-21 11:00:00")
    assert run(capsys, "--pairs", "KRX 코스피", "--always", "--until", "11:05")[0] == 0
    assert kis.count("program-trade") == 10
    assert [table.standing.value for table in stored(day=date(2026, 11, 21))] == ["holiday"]


def test_where_no_session_comes_before_the_end_it_ends_at_once(capsys, kis, clock):
    clock.set("2026-11-21 07:00:00")
    status, said = run(capsys, "--until", "15:45")
    assert status == 0
    assert clock.now == kst("2026-11-21 07:00:00")
    assert said[-2].endswith("11/21 15:45까지 조회할 장이 없습니다.")
    assert kis.calls == []


def test_until_the_close_means_the_end_of_krx_regular_session(capsys, clock):
    clock.set("2026-11-20 15:38:00")
    assert run(capsys, "--until", "마감")[0] == 0
    assert clock.now == kst("2026-11-20 15:40:00")


def test_three_days_cost_one_token_a_day(capsys, kis, clock, environment, long_naps):
    environment(XLWINGS_KIS_TTL="600")
    clock.set("2026-11-23 08:00:00")
    assert run(capsys, "--pairs", "KRX 코스피", "--until", "2026-11-25 20:05")[0] == 0
    assert kis.count("token") == 3
    assert all(len(stored(day=date(2026, 11, day))) > 60 for day in (23, 24, 25))


def test_an_outage_leaves_a_gap_and_recording_resumes_by_itself(capsys, kis, clock, monkeypatch):
    """Scenario 6: 14:02 to 14:20, EGW00201 and then HTML with 503."""
    monkeypatch.setattr(gateway, "PAUSES", {remedy: (0.0,) * len(pauses) for remedy, pauses in gateway.PAUSES.items()})
    clock.set("2026-11-20 13:55:00")
    clock.at("2026-11-20 14:02:20", lambda: setattr(kis, "fault", Fault.TOO_MANY_CALLS))
    clock.at("2026-11-20 14:10:00", lambda: setattr(kis, "fault", Fault.HTML_503))
    clock.at("2026-11-20 14:20:00", kis.clear_faults)
    status, said = run(capsys, "--pairs", "KRX 코스피", "--until", "14:30", "--csv", "표")
    assert status == 0
    tables = stored()
    gaps = [(a.asof, b.changed) for a, b in itertools.pairwise(tables)]
    gap = max(gaps, key=lambda pair: pair[1] - pair[0])
    assert gap[0] < kst("2026-11-20 14:02:20")
    assert kst("2026-11-20 14:20:00") <= gap[1] < kst("2026-11-20 14:20:40")
    assert sum(b - a > timedelta(seconds=120) for a, b in gaps) == 1
    assert [line[6:] for line in said[2:-1]] == [
        "14:02:30 KRX 코스피: 조회 한도 초과(EGW00201). 잠시 뒤 자동으로 다시 조회합니다."
        " 같은 앱키를 쓰는 다른 프로그램을 확인하세요.",
        "14:10:00 KRX 코스피: 알 수 없는 응답. KIS 대신 다른 페이지가 왔습니다. 잠시 뒤 자동으로 다시 조회합니다.",
        "14:20:00 KRX 코스피: 다시 기록합니다. 14:02:00 뒤의 값은 없습니다.",
    ]


def test_the_machine_sleeps_eight_hours_and_the_recorder_goes_on(capsys, kis, clock):
    clock.set("2026-11-20 09:55:00")
    clock.at("2026-11-20 10:00:10", lambda: clock.move(8 * 3600))
    status, said = run(capsys, "--pairs", "KRX 코스피", "--until", "18:10")
    assert status == 0
    assert said[2].endswith("11/20 10:00:09부터 지금까지 조회하지 못했습니다(절전 또는 시계 변경).")
    moments = [table.changed for table in stored()]
    assert not [at for at in moments if kst("2026-11-20 10:00:30") < at < kst("2026-11-20 18:00:10")]
    assert len([at for at in moments if at >= kst("2026-11-20 18:00:10")]) >= 6


def test_a_machine_that_sleeps_at_night_is_not_worth_a_line(capsys, clock, long_naps):
    clock.set("2026-11-20 20:01:00")
    clock.at("2026-11-21 01:00:00", lambda: clock.move(30 * 3600))
    _, said = run(capsys, "--pairs", "KRX 코스피", "--until", "2026-11-23 09:02")
    assert not [line for line in said if "절전" in line]


def test_a_clock_that_is_set_back_an_hour_stops_nothing(capsys, kis, clock):
    clock.set("2026-11-20 12:00:00")
    clock.at("2026-11-20 12:10:00", lambda: (clock.move(-3600), clock.at("2026-11-20 11:20:00", _interrupt)))
    run(capsys, "--pairs", "KRX 코스피")
    assert kis.count("program-trade") >= 40


def test_figures_that_stand_still_are_told_once_and_when_they_move_again(capsys, kis, clock):
    clock.set("2026-11-20 13:00:00")
    clock.at("2026-11-20 13:05:10", lambda: setattr(kis, "fault", Fault.FROZEN))
    clock.at("2026-11-20 13:20:00", kis.clear_faults)
    _, said = run(capsys, "--until", "13:25", "--csv", "표")
    assert [line[6:] for line in said[2:-1]] == [
        "13:09:30 KRX 코스피, KRX 코스닥: 13:04:30 뒤로 값이 같습니다.",
        "13:20:02 KRX 코스피, KRX 코스닥: 값이 다시 바뀝니다.",
    ]


def test_it_says_once_that_nothing_can_be_stored_and_when_it_can_again(capsys, kis, clock, monkeypatch):
    path = settings.load().store_path
    blocker = sqlite3.connect(path, isolation_level=None)
    monkeypatch.setitem(GuardedStore.__init__.__kwdefaults__, "patience", 0.3)
    monkeypatch.setattr("xlwings_kis.store.guarded.AGAIN", 0.0)
    clock.set("2026-11-20 13:00:00")
    clock.at("2026-11-20 13:02:10", lambda: blocker.execute("BEGIN EXCLUSIVE"))
    clock.at("2026-11-20 13:03:10", lambda: blocker.rollback())
    _, said = run(capsys, "--pairs", "KRX 코스피", "--until", "13:05")
    blocker.close()
    assert [line[15:].partition(".")[0] for line in said[2:-1]] == [
        "저장 파일을 쓸 수 없어 기록이 남지 않습니다",
        "다시 저장합니다",
    ]


def test_the_next_morning_the_close_of_the_day_is_there_without_a_call(capsys, kis, clock, long_naps):
    """Scenario 9, of a day that was recorded: 07:30, the close, its command and its formula."""
    clock.set("2026-11-20 15:20:00")
    run(capsys, "--pairs", "모두", "--until", "15:41")
    close = kis.truth("UN", "1", kst("2026-11-20 15:40:00"))
    kis.reset_calls()
    clock.set("2026-11-23 07:30:00")
    words = ["table", "UN", "KOSPI", "--at", "전일마감", "--format", "csv", "-o", "x.csv"]
    assert main(words) == 0
    rows = read("x.csv")
    assert {row["투자자코드"]: row["전체순매수대금"] for row in rows} == {
        row["invr_cls_code"]: row["all_ntby_amt"] for row in close
    }
    at = udfs.KIS_PROGRAM_AT("통합", "코스피", "전일마감")
    assert [[f"{cell:.0f}" if isinstance(cell, float) else cell for cell in row] for row in at[1:]] == [
        list(row.values()) for row in rows
    ]
    assert kis.calls == []


# --- what is refused, and how it ends ---


@pytest.mark.parametrize("every", ["29", "0", "-5", "nan", "inf", "3601"])
def test_it_does_not_look_more_often_than_the_ttl_nor_hardly_ever(capsys, every):
    status, said = run(capsys, "--every", every)
    assert status == 2
    assert "--every 에 30(설정 XLWINGS_KIS_TTL)에서 3600 사이의 초를 주세요" in said[0]


def test_a_longer_ttl_is_the_usual_pace_and_a_shorter_one_allows_more(capsys, kis, environment, clock):
    environment(XLWINGS_KIS_TTL="120")
    clock.set("2026-11-20 13:00:00")
    run(capsys, "--pairs", "KRX 코스피", "--until", "13:10")
    assert kis.count("program-trade") == 5
    environment(XLWINGS_KIS_TTL="10")
    kis.reset_calls()
    run(capsys, "--pairs", "KRX 코스피", "--every", "10", "--until", "13:20")
    assert 55 <= kis.count("program-trade") <= 60


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["모두"], {pair.key for pair in ALL_PAIRS}),
        (["all"], {pair.key for pair in ALL_PAIRS}),
        (["KRX", "코스피,", "통합", "코스닥"], {"KRX_KOSPI", "UN_KOSDAQ"}),
        (["NXT 코스피", "NXT 코스닥"], {"NXT_KOSPI", "NXT_KOSDAQ"}),
        (["코스닥"], {"KRX_KOSDAQ"}),
    ],
)
def test_pairs_are_named_in_the_users_words(capsys, clock, words, keys):
    assert run(capsys, "--pairs", *words, "--until", "11:21", "--csv", "표")[0] == 0
    assert {path.stem for path in Path("표").iterdir()} == keys


def test_a_pair_nobody_knows_is_named(capsys):
    status, said = run(capsys, "--pairs", "KRX 코스피, NYSE")
    assert status == 2
    assert "NYSE" in said[0]


def test_without_a_key_it_ends_at_once_and_says_what_to_do(capsys, monkeypatch):
    monkeypatch.delenv("KIS_APP_KEY")
    monkeypatch.delenv("KIS_APP_SECRET")
    status, said = run(capsys)
    assert status == 3
    assert said == ["앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."]


def test_what_only_the_user_can_mend_ends_it_at_the_start(capsys, kis):
    kis.fault = Fault.WRONG_KEY
    status, said = run(capsys)
    assert status == 3
    assert "EGW00103" in said[-1]


def test_later_it_waits_for_the_user_to_mend_it(capsys, kis, clock):
    clock.set("2026-11-20 13:00:00")
    clock.at("2026-11-20 13:05:10", lambda: setattr(kis, "fault", Fault.IP_NOT_ALLOWED))
    clock.at("2026-11-20 13:08:00", kis.clear_faults)
    status, said = run(capsys, "--pairs", "KRX 코스피", "--until", "13:10")
    assert status == 0
    assert "다시 기록합니다" in said[-2]


def test_nothing_recorded_at_all_is_no_success(capsys, kis, clock):
    kis.fault = Fault.HTML_503
    status, said = run(capsys, "--until", "11:30")
    assert status == 5
    assert said[-1].startswith("알 수 없는 응답.")
    assert kis.count("program-trade") <= 2 * 20  # twice a minute and table


def test_a_store_that_was_never_there_is_no_success_either(capsys, clock, environment, tmp_path):
    environment(XLWINGS_KIS_STORE=str(tmp_path))  # a folder
    status, said = run(capsys, "--until", "11:25")
    assert status == 6
    assert "저장 파일을 쓸 수 없어 기록이 남지 않습니다." in said[-3]
    assert said[-1].startswith("기록 저장 실패.")


def test_what_the_last_look_brought_is_in_the_file(capsys, kis, clock):
    """Ctrl+C, or the time given, may come with the answer."""
    answer = kis.now

    def end_while_answering():
        if clock.now >= kst("2026-11-20 11:21:00"):
            clock.now = kst("2026-11-20 11:25:00")
        return answer()

    kis.now = end_while_answering
    run(capsys, "--csv", "표", "--until", "11:24")
    assert read("표/KRX_KOSPI.csv")[0]["조회시각"] == "2026-11-20 11:25:00"


def test_the_demo_keeps_nothing_but_its_files_may_be_tried(capsys, clock, environment):
    environment(XLWINGS_KIS_DEMO="1")
    assert run(capsys)[0] == 7
    clock.set("2026-11-21 03:00:00")
    assert run(capsys, "--csv", "표", "--until", "03:02")[0] == 0
    assert all(row["상태"].startswith("예시(모의 자료)") for row in read("표/KRX_KOSPI.csv"))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_between_two_steps_with_a_last_line(capsys, clock, name):
    import signal

    clock.at("2026-11-20 11:25:00", lambda: signal.raise_signal(getattr(signal, name)))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    status, said = run(capsys)
    assert status == (130 if name == "SIGINT" else 0)
    assert said[-1].startswith("11/20 11:25:00 " + ("멈췄습니다." if name == "SIGINT" else "시스템이 끝내라고"))
    assert {number: signal.getsignal(number) for number in before} == before


def test_what_nohup_ignores_stays_ignored(capsys, clock):
    import signal

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        clock.at("2026-11-20 11:25:00", lambda: signal.raise_signal(signal.SIGHUP))
        status, said = run(capsys, "--until", "11:27")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (status, said[-1][:14]) == (0, "11/20 11:27:00")


def test_whoever_waits_for_kis_is_let_go_at_once(capsys, kis, clock):
    import signal

    kis.latency = 30.0
    threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT)).start()
    assert run(capsys)[0] == 130


# --- the console of Windows ---


class Kernel32:
    """Windows' console: keeps the routines it was given, and calls them on a thread of its own."""

    def __init__(self) -> None:
        self.routines: list[object] = []

    def SetConsoleCtrlHandler(self, routine, add):  # noqa: N802 - Windows' own name
        self.routines.append(routine) if add else self.routines.remove(routine)

    def send(self, event: int) -> threading.Thread:
        thread = threading.Thread(target=lambda: self.answers.append([r(event) for r in list(self.routines)]))
        self.answers: list[list[bool]] = []
        thread.start()
        return thread


@pytest.mark.parametrize("event", [CLOSE, LOGOFF, SHUTDOWN])
def test_a_closed_window_waits_for_the_last_line(capsys, clock, monkeypatch, event):
    kernel32, threads, last = Kernel32(), [], []
    monkeypatch.setattr(ending, "console_of_this_process", lambda: WindowsConsole(kernel32, lambda routine: routine))
    clock.at("2026-11-20 11:25:00", lambda: threads.append(kernel32.send(event)))
    say = ending.Ending.__exit__
    monkeypatch.setattr(
        ending.Ending, "__exit__", lambda *a: (last.append((sys.stderr.getvalue(), kernel32.answers[:])), say(*a))[1]
    )
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["record"]) == 0
    threads[0].join(5)
    said, answers = last[0]
    assert "시스템이 끝내라고 해서 끝냈습니다." in said
    assert answers == []  # Windows was not told that we are done before the last line was said
    assert kernel32.answers == [[True]]
    assert kernel32.routines == []


def test_ctrl_c_is_left_to_python(capsys):
    kernel32 = Kernel32()
    WindowsConsole(kernel32, lambda routine: routine).on_close(lambda: pytest.fail("that was no closing"))
    kernel32.send(0).join(5)
    assert kernel32.answers == [[False]]


# --- the live line ---


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_one_line_that_changes_in_place(monkeypatch, clock):
    from rich.cells import cell_len

    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", screen)
    assert main(["record", "--until", "11:23"]) == 0
    text = screen.getvalue()
    assert "\x1b" not in text
    shown = [part.rstrip() for line in text.split("\n") for part in line.split("\r")]
    assert max(cell_len(part) for part in shown if "기록 중 ·" in part) <= 59
    assert "11:22:00 기록 중 · 새 표 4개 · 11:22:01에 조회" in shown  # the next part has no room, and none is cut short
    assert not [part for part, again in itertools.pairwise(shown) if part == again != ""]
    assert text.endswith("끝냈습니다. 새 표 6개.\n")
    assert text.encode("cp949")
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]  # as they remain on the screen
    assert [line[15:20] for line in lines[:-1]] == ["KRX 코", "기록 중:", "끝냈습니다"]


def test_a_very_narrow_terminal_cuts_what_is_left(monkeypatch, clock):
    from rich.cells import cell_len

    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setattr(sys, "stderr", screen)
    assert main(["record", "--until", "11:21"]) == 0
    shown = [part for part in screen.getvalue().split("\r") if part.startswith("11:20:31 기")]
    assert shown
    assert all(cell_len(part) <= 11 for part in shown)


def test_without_a_console_nothing_is_said_and_everything_works(monkeypatch, clock):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["record", "--until", "11:23"]) == 0
    assert len(stored()) == 3


# --- CSV ---


def test_csv_files_have_the_columns_of_the_table_and_say_how_old_they_are(capsys, clock):
    assert run(capsys, "--csv", "표", "--until", "11:24")[0] == 0
    rows = read("표/KRX_KOSPI.csv")
    assert list(rows[0])[:20] == [field.ko for field in COLUMNS]
    assert list(rows[0])[20:] == ["조회시각", "값변동시각", "구분", "상태"]
    main(["table", "KRX", "코스피", "--format", "csv", "-o", "한번.csv"])
    assert [dict(list(row.items())[:20]) for row in rows] == read("한번.csv")
    assert {row["조회시각"] for row in rows} == {"2026-11-20 11:23:31"}
    assert {row["구분"] for row in rows} == {"당일"}
    assert rows[0]["상태"] == "정상 · KRX 정규장 · 조회 11/20 11:23:31 · 값 변동 11:22:31"


def test_they_say_so_when_nothing_new_comes_or_figures_stand_still(capsys, kis, clock):
    """A halted feed, then a gateway that is away: the file changes all the same."""
    seen = {}

    def note(name):
        seen[name] = read("표/KRX_KOSPI.csv")[0]

    clock.set("2026-11-20 13:00:00")
    clock.at("2026-11-20 13:05:10", lambda: setattr(kis, "fault", Fault.FROZEN))
    clock.at("2026-11-20 13:12:10", lambda: note("halted"))
    clock.at("2026-11-20 13:12:20", lambda: setattr(kis, "fault", Fault.HTML_503))
    clock.at("2026-11-20 13:15:10", lambda: note("away"))
    run(capsys, "--csv", "표", "--until", "13:16")
    assert seen["halted"]["조회시각"] == "2026-11-20 13:12:01"
    assert seen["halted"]["상태"].endswith("7분째 값이 같습니다")
    assert seen["away"]["조회시각"] == seen["halted"]["조회시각"]
    assert seen["away"]["상태"].startswith("지연 · 마지막 조회 13:12:01 · 알 수 없는 응답(")
    assert seen["away"]["전체순매수대금"] == seen["halted"]["전체순매수대금"]


def test_yesterdays_figures_never_stand_as_todays(capsys, kis, clock, long_naps):
    seen = {}

    def note(name):
        seen[name] = read("표/KRX_KOSPI.csv")[1]

    clock.set("2026-11-20 19:59:00")
    clock.at("2026-11-20 23:00:00", lambda: note("evening"))
    clock.at("2026-11-21 12:00:00", lambda: note("saturday"))
    clock.at("2026-11-23 07:30:00", lambda: note("monday"))
    clock.at("2026-11-23 09:00:10", lambda: note("open"))
    clock.at("2026-11-23 09:02:00", lambda: note("moved"))
    run(capsys, "--csv", "표", "--until", "2026-11-23 09:03")
    assert seen["evening"]["상태"].startswith("정상 · KRX 장 종료 · 조회 11/20 20:01:30")
    assert seen["saturday"]["구분"] == "휴장(추정)"
    assert seen["saturday"]["상태"].startswith("전일 자료 11/20 20:01 · KRX 휴장(추정) · ")
    assert seen["saturday"]["전체순매수대금"] == seen["evening"]["전체순매수대금"]
    for moment in ("monday", "open"):
        assert seen[moment]["전체순매수대금"] == "#N/A"
        assert seen[moment]["조회시각"] == ""
        assert seen[moment]["구분"] == "자료 없음"
    assert seen["monday"]["상태"].startswith("자료 없음 · KRX 장 시작 전 · 장 시작 전. KRX는 09:00부터 표시됩니다.")
    assert int(seen["moved"]["전체순매수대금"])
    assert seen["moved"]["구분"] == "당일"


def test_a_recorder_that_starts_in_the_evening_or_on_saturday_writes_what_is_stored(capsys, kis, clock):
    clock.set("2026-11-20 20:00:00")
    run(capsys, "--pairs", "KRX 코스피", "--until", "20:01")
    kis.reset_calls()
    clock.set("2026-11-20 23:00:00")
    clock.at("2026-11-20 23:01:00", _interrupt)
    run(capsys, "--pairs", "KRX 코스피", "--csv", "표")
    assert read("표/KRX_KOSPI.csv")[1]["조회시각"] == "2026-11-20 20:00:30"
    clock.set("2026-11-21 13:00:00")
    clock.at("2026-11-21 13:01:00", _interrupt)
    run(capsys, "--pairs", "KRX 코스피", "--csv", "표")
    row = read("표/KRX_KOSPI.csv")[1]
    assert (row["조회시각"], row["구분"]) == ("2026-11-20 20:00:30", "휴장(추정)")
    assert kis.calls == []


def _interrupt():
    import signal

    signal.raise_signal(signal.SIGINT)


def test_a_file_that_a_reader_holds_open_is_skipped_told_once_and_written_later(capsys, clock, monkeypatch):
    """Windows does not replace what another program holds: a double refuses for three minutes."""
    real, held = csv_folder.replace_file, ["KRX_KOSDAQ.csv"]

    def replace(path, data):
        if path.name in held:
            raise PermissionError(13, "in use")
        real(path, data)

    monkeypatch.setattr(csv_folder, "replace_file", replace)
    clock.at("2026-11-20 11:24:00", held.clear)
    other = []
    clock.at("2026-11-20 11:23:50", lambda: other.append(read("표/KRX_KOSPI.csv")[0]["조회시각"]))
    clock.at("2026-11-20 11:24:10", lambda: other.append(read("표/KRX_KOSDAQ.csv")[0]["조회시각"]))
    status, said = run(capsys, "--csv", "표", "--until", "11:26")
    assert status == 0
    assert [line[15:] if "쉽" in line else line for line in said if "KOSDAQ" in line] == [
        "KRX_KOSDAQ.csv: 다른 프로그램이 열고 있거나 쓸 수 없습니다. 다시 시도합니다."
    ]
    assert other == ["2026-11-20 11:23:31", "2026-11-20 11:24:01"]
    assert sorted(path.name for path in Path("표").iterdir()) == ["KRX_KOSDAQ.csv", "KRX_KOSPI.csv"]


def test_a_folder_that_cannot_be_written_is_told_at_the_start(capsys, kis):
    Path("표").write_text("a file", encoding="utf-8")
    status, said = run(capsys, "--csv", "표")
    assert status == 6
    assert said[0].startswith("파일 쓰기 실패. 표: ")
    assert kis.calls == []


def test_what_a_killed_recorder_left_half_written_is_swept_away(capsys, clock):
    Path("표").mkdir()
    torn = Path("표/.KRX_KOSPI-0123456789ab.tmp")
    torn.write_bytes(b"half")
    os.utime(torn, (1e9, 1e9))
    Path("표/메모.txt").write_text("the user's", encoding="utf-8")
    run(capsys, "--csv", "표", "--until", "11:21")
    assert sorted(path.name for path in Path("표").iterdir()) == ["KRX_KOSDAQ.csv", "KRX_KOSPI.csv", "메모.txt"]


def test_six_files_stay_current_for_an_hour_and_no_reader_ever_sees_half_of_one(capsys, kis, clock):
    """Scenario 10. A reader reads all the time; every read is a whole table of one moment."""
    reads, wrong, over = [0], [], threading.Event()

    def keep_reading():
        while not over.is_set():
            for path in Path("표").glob("*.csv"):
                try:
                    rows = read(str(path))
                    whole = len(rows) == 11 and all(None not in row.values() for row in rows)
                    if not whole or len({row["조회시각"] for row in rows}) != 1:
                        wrong.append(path.name)
                except Exception as error:  # noqa: BLE001 - whatever a reader meets
                    wrong.append(repr(error))
                reads[0] += 1

    clock.set("2026-11-20 10:00:00")
    stale = []

    def check():
        ages = [clock.now - kst(read(str(path))[0]["조회시각"]) for path in Path("표").glob("*.csv")]
        if len(ages) != 6 or max(ages) > timedelta(seconds=31):
            stale.append((clock.now, ages))

    for minute in range(1, 60):
        clock.at(f"2026-11-20 10:{minute:02}:15", check)
    reader = threading.Thread(target=keep_reading)
    reader.start()
    try:
        status, _ = run(capsys, "--pairs", "모두", "--csv", "표", "--until", "11:00")
    finally:
        over.set()
        reader.join()
    assert status == 0
    assert stale == []
    assert wrong == []
    assert reads[0] > 200
    assert sorted(path.stem for path in Path("표").iterdir()) == sorted(pair.key for pair in ALL_PAIRS)


def test_a_name_that_looks_like_a_formula_is_text_in_the_file(capsys, kis, clock):
    kis.fault = Fault.FORMULA_TEXT
    run(capsys, "--csv", "표", "--until", "11:21")
    assert not [row for row in read("표/KRX_KOSPI.csv") for cell in row.values() if cell[:1] in ("=", "@", "+")]


def test_the_language_of_the_command_is_that_of_the_file(capsys, clock):
    assert main(["record", "--lang", "en", "--csv", "out", "--until", "11:21"]) == 0
    row = read("out/KRX_KOSPI.csv")[0]
    assert list(row)[-4:] == ["Fetched (KST)", "Changed (KST)", "Counts as", "Status"]
    assert row["Status"].startswith("fine · KRX regular session")
    assert "Done. New tables: 2." in capsys.readouterr().err


def test_every_exchange_of_the_wish_has_its_own_hours(capsys, kis, clock):
    clock.set("2026-11-20 07:50:00")
    run(capsys, "--pairs", "NXT 코스피, KRX 코스피", "--until", "09:10")
    by_exchange = {exchange: [c for c in kis.calls if c.exchange == exchange.value.wire] for exchange in Exchange}
    assert len(by_exchange[Exchange.KRX]) in (22, 23)
    assert 120 <= len(by_exchange[Exchange.NXT]) <= 128
    assert not by_exchange[Exchange.UN]
