"""The log: a line for each request, nothing secret in it, shared by processes, and never in anybody's way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import filelock
import pytest
from clocks import WallClock
from samples import KRX_KOSPI

from xlwings_kis import log as module
from xlwings_kis import runtime, udfs
from xlwings_kis.cli import main
from xlwings_kis.log import Log, add, follow, last, older, role
from xlwings_kis.protocol import Answer, Request
from xlwings_kis.simulator import Fault

LINE = re.compile(
    r"2026-11-20 11:20:31 KST (token|(?:KRX|NXT|UN)_(?:KOSPI|KOSDAQ)) (\d{3}|-) ([A-Za-z0-9_.?-]+) \d+ms (\w+) \d+"
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch, clock):
    monkeypatch.setattr(runtime, "clock", clock)


@pytest.fixture
def path():
    return Path(os.environ["XLWINGS_KIS_HOME"]) / "xlwings-kis.log"


def told(path):
    """The lines, each as (table, status, code, who)."""
    return [LINE.fullmatch(line).groups() for line in path.read_text(encoding="utf-8").splitlines()]


def run(capsys, *words):
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


# --- what is written ---


def test_each_request_leaves_a_line_with_table_status_code_duration_and_who_asked(capsys, environment, path):
    assert run(capsys, "table", "NXT", "코스닥")[0] == 0
    assert told(path) == [("token", "200", "-", "table"), ("NXT_KOSDAQ", "200", "MCA00000", "table")]


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        (Fault.TOKEN_WRONG_KEY, [("token", "403", "EGW00103", "table")]),
        (Fault.IP_NOT_ALLOWED, [("token", "200", "-", "table"), ("KRX_KOSPI", "403", "EGW00207", "table")]),
        (Fault.HTML_503, [("token", "200", "-", "table"), ("KRX_KOSPI", "503", "html", "table")]),
        (Fault.EMPTY_BODY, [("token", "200", "-", "table"), ("KRX_KOSPI", "500", "empty", "table")]),
    ],
)
def test_what_kis_refused_is_in_the_line(capsys, environment, kis, path, fault, lines):
    kis.fault = fault
    run(capsys, "table", "KRX", "코스피")
    shown = [(table, code, who) for table, _, code, who in told(path)]
    assert shown == [(table, code, who) for table, _, code, who in lines]


def test_a_request_that_reached_nobody_says_why(capsys, environment, path):
    environment(KIS_BASE_URL="http://127.0.0.1:9")
    run(capsys, "table", "KRX", "코스피")
    assert set(told(path)) == {("token", "-", "unreachable", "table")}


def test_every_repeated_request_has_its_own_line(capsys, environment, kis, path):
    kis.fail_next(Fault.TOO_MANY_CALLS)
    run(capsys, "table", "KRX", "코스피")
    assert [code for table, _, code, _ in told(path) if table != "token"] == ["EGW00201", "MCA00000"]


SILENT = (Fault.HANG, Fault.HANG_IN_BODY, Fault.SLOW_DRIP, Fault.TOKEN_HANG)
"""Faults of which nothing comes that could be written."""


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in SILENT])
def test_no_key_secret_token_or_path_is_in_the_log(new_feed, environment, kis, path, fault):
    kis.fault = fault
    feed = new_feed()
    feed.reading(KRX_KOSPI)
    feed.close()
    text = path.read_text(encoding="utf-8")
    for secret in (kis.app_key, kis.app_secret, *kis.issued_tokens, str(path.parent), os.environ["HOME"]):
        assert secret not in text
        assert secret[:8] not in text
    assert all(LINE.fullmatch(line) for line in text.splitlines())


def test_a_code_that_echoes_a_secret_or_is_no_code_is_not_written(path):
    request = Request("data", "/", {"appkey": "PSabcdefghijklmnopqrstuvwxyz01234567"}, {})
    for body in (b'{"msg_cd": "PSabcdefghij"}', b'{"msg_cd": "a b\\nc"}', '{"msg_cd": "한글"}'.encode()):
        log = Log(path.parent, WallClock(), "python")
        log.exchange(request, 0.1, Answer(500, {}, body))
        log.close()
    assert [line.split()[5] for line in path.read_text(encoding="utf-8").splitlines()] == ["?"] * 3


def test_the_log_is_the_users_alone(capsys, environment, path):
    run(capsys, "table", "KRX", "코스피")
    assert path.stat().st_mode & 0o077 == 0


def test_demo_writes_nothing(capsys, path):
    assert run(capsys, "table", "KRX", "코스피", "--demo")[0] == 0
    assert not path.parent.exists()


def test_the_log_can_be_switched_off(capsys, environment, path):
    environment(XLWINGS_KIS_LOG="0")
    assert run(capsys, "table", "KRX", "코스피")[0] == 0
    assert not path.exists()
    _, _, err = run(capsys, "log")
    assert "기록이 꺼져 있습니다(XLWINGS_KIS_LOG)." in err


def test_a_process_that_excel_started_is_told_by_how_xlwings_starts_it():
    started = ["pythonw.exe", "-B", "-c", "import sys, os;import xlwings; xlwings.serve('{5C6F…}')"]
    assert role(started) == "excel"
    assert role(["python", "-m", "ipykernel_launcher"]) == "python"


def test_a_formula_in_a_process_of_excel_is_told_as_such(environment, monkeypatch, path):
    monkeypatch.setattr(sys, "orig_argv", ["pythonw", "-B", "-c", "import xlwings; xlwings.serve('x')"])
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    runtime.close()
    assert {who for *_, who in told(path)} == {"excel"}


# --- what may go wrong ---


def test_a_log_that_cannot_be_written_costs_no_figure(capsys, environment, path):
    path.mkdir(parents=True)  # a folder has its name
    assert run(capsys, "table", "KRX", "코스피")[0] == 0


def test_a_log_whose_lock_somebody_keeps_costs_its_lines_and_no_figure(capsys, environment, path, monkeypatch):
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.01)
    path.parent.mkdir()
    with filelock.FileLock(f"{path}.lock"):
        assert run(capsys, "table", "KRX", "코스피")[0] == 0
    assert not path.exists()
    assert run(capsys, "table", "KRX", "코스닥")[0] == 0
    assert told(path) == [("KRX_KOSDAQ", "200", "MCA00000", "table")]


def test_lines_are_dropped_rather_than_piled_up_behind_a_disk_that_hangs(path, monkeypatch):
    import threading

    free, written = threading.Event(), []
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    monkeypatch.setattr(module, "add", lambda path, line: (free.wait(20), written.append(line)))
    log = Log(path.parent, WallClock(), "python")
    for number in range(50):
        log.note(str(number))
    free.set()
    log._worker.submit(lambda: None).wait(20)
    assert [line.split()[3] for line in written] == ["0", "1", "2"]
    log.note("again")
    log.close()
    assert written[-1].split()[3] == "again"


# --- one file for all processes ---


def test_a_full_log_is_turned_over_and_one_older_file_stays(path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100)
    for number in range(30):
        add(path, f"line {number:02} of thirty")
    names = {file.name for file in path.parent.iterdir()}
    assert names - {"xlwings-kis.log.lock"} == {"xlwings-kis.log", "xlwings-kis.log.1"}
    assert path.stat().st_size <= 100
    assert older(path).stat().st_size <= 100
    assert last(path, 6) == [f"line {number:02} of thirty" for number in range(24, 30)]


def test_a_reader_that_holds_the_file_on_windows_does_not_cost_a_line(path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100)

    def held(_self, _target):
        raise PermissionError(13, "in use")

    for number in range(4):
        add(path, f"line {number:02} of thirty")
    with monkeypatch.context() as windows:
        windows.setattr(Path, "replace", held)
        add(path, "line 04 of thirty")
    add(path, "line 05 of thirty")
    assert last(path, 3) == ["line 03 of thirty", "line 04 of thirty", "line 05 of thirty"]
    assert path.read_text(encoding="utf-8") == "line 05 of thirty\n", (
        "and it is turned over as soon as that is possible"
    )


def test_processes_that_write_at_once_lose_and_mix_no_line(path, tmp_path):
    job = (
        "import sys; from pathlib import Path; from xlwings_kis import log\n"
        "log.LARGEST, log.LOCK_SECONDS = 4000, 30\n"
        "for n in range(60): log.add(Path(sys.argv[1]), f'{sys.argv[2]} {n:03} ' + 'x' * 20)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", job, str(path), name]) for name in ("anna", "bora", "chul")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    lines = last(path, 1000)
    assert all(re.fullmatch(r"(anna|bora|chul) \d{3} x{20}", line) for line in lines)
    for name in ("anna", "bora", "chul"):
        numbers = [int(line.split()[1]) for line in lines if line.startswith(name)]
        assert numbers == list(range(60))[-len(numbers) :], "in order, and only the oldest are gone"
    assert len(lines) > 100


# --- the command ---


def test_the_command_shows_where_the_log_is_without_naming_the_user_and_its_last_lines(capsys, environment, path):
    for market in ("코스피", "코스닥"):
        run(capsys, "table", "KRX", market)
    status, out, err = run(capsys, "log", "-n", "2")
    assert (status, err) == (0, "기록: $XLWINGS_KIS_HOME/xlwings-kis.log\n")
    assert [line.split()[3] for line in out.splitlines()] == ["KRX_KOSPI", "KRX_KOSDAQ"]
    assert run(capsys, "log", "-n", "0")[1] == ""


def test_the_command_says_when_nothing_was_logged_yet(capsys):
    status, out, err = run(capsys, "log")
    assert (status, out) == (0, "")
    assert "아직 기록이 없습니다." in err


def test_the_command_needs_no_keyring(capsys, vault):
    run(capsys, "log")
    assert vault.asked == 0


def test_following_goes_on_through_a_turn_of_the_file_until_ctrl_c(capsys, path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 60)
    add(path, "before we came")
    moments = iter(
        (
            lambda: add(path, "first line of ours"),
            lambda: None,
            lambda: [add(path, f"line {number} of more lines") for number in range(3)],
            lambda: add(path, "the last line"),
        )
    )

    class Clock(WallClock):
        def sleep(self, seconds):
            happens = next(moments, None)
            if happens is None:
                raise KeyboardInterrupt
            happens()

    monkeypatch.setattr(runtime, "clock", Clock())
    status, out, err = run(capsys, "log", "-f")
    assert status == 130
    assert out.splitlines() == [
        "before we came", "first line of ours",
        "line 0 of more lines", "line 1 of more lines", "line 2 of more lines", "the last line",
    ]  # fmt: skip
    assert err.endswith("멈췄습니다.\n")


def test_a_log_that_appears_or_is_cleared_while_it_is_followed_is_followed_on(path):
    def clear():
        path.unlink()

    moments = iter((lambda: None, lambda: add(path, "one"), clear, lambda: add(path, "two")))
    lines = follow(path, lambda seconds: next(moments)())
    assert [next(lines), next(lines)] == ["one", "two"]
