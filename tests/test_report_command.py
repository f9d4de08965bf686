"""`xlwings-kis report`: by hand and by a scheduler. Exit status, sentences, the line in the log."""

from __future__ import annotations

import email
import email.policy
import errno
import os
import re
import shlex
from pathlib import Path

import pytest
from strict_reader import StrictBook

from xlwings_kis import runtime
from xlwings_kis.cli import commands, main, parser
from xlwings_kis.clock import KST
from xlwings_kis.log import NAME as NAME_OF_LOG
from xlwings_kis.log import last
from xlwings_kis.simulator import Fault

ROOT = Path(__file__).parent.parent
NAME = "프로그램매매_20261120_1545.xlsx"


@pytest.fixture(autouse=True)
def _clock_and_folder(monkeypatch, clock, tmp_path, environment):
    clock.set("2026-11-20 15:45:12")
    monkeypatch.setattr(runtime, "clock", clock)
    folder = tmp_path / "작업 폴더"
    folder.mkdir()
    monkeypatch.chdir(folder)


def run(capsys, *words):
    """Exit status, stdout, stderr."""
    status = main(["report", *words])
    out, err = capsys.readouterr()
    return status, out, err


def log():
    """The runs in the log: moment and what happened, without who wrote it."""
    lines = last(Path(os.environ["XLWINGS_KIS_HOME"]) / NAME_OF_LOG, 1000)
    return [" ".join(line.split()[:-2]) for line in lines if " KST report " in line]


def test_a_report_is_saved_told_and_logged(capsys):
    status, out, err = run(capsys, "-o", "보고서.xlsx")
    assert (status, out, err) == (0, "", "저장했습니다: 보고서.xlsx\n")
    assert list(StrictBook(Path("보고서.xlsx").read_bytes()).sheets) == ["요약", "KRX 코스피", "KRX 코스닥", "자료"]
    assert log() == ["2026-11-20 15:45:12 KST report 0 보고서.xlsx"]


def test_without_a_name_it_has_its_own(capsys):
    assert run(capsys)[0] == 0
    assert Path(NAME).exists()


def test_exchanges_and_markets_may_be_listed_or_repeated(capsys):
    assert (
        run(capsys, "-o", "a.xlsx", "--exchange", "KRX,넥스트레이드", "--exchange", "통합", "--market", "코스피")[0]
        == 0
    )
    sheets = list(StrictBook(Path("a.xlsx").read_bytes()).sheets)
    assert sheets == ["요약", "KRX 코스피", "NXT 코스피", "통합 코스피", "자료"]


def test_the_same_twice_is_the_same_file(capsys):
    run(capsys, "-o", "a.xlsx")
    run(capsys, "-o", "b.xlsx")
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()


def test_quiet_says_nothing_when_all_is_well_and_everything_that_matters_when_not(capsys, kis):
    assert run(capsys, "--quiet") == (0, "", "")
    kis.serve("NX", "4", [])
    status, _, err = run(capsys, "--quiet", "--exchange", "NXT")
    assert status == 0
    assert err.startswith("NXT 코스닥 없음: 자료 없음.")


def test_old_data_goes_out_marked_and_said(capsys, kis, clock):
    run(capsys, "-o", "a.xlsx")
    kis.fault = Fault.HTML_503
    clock.set("2026-11-20 15:52:00")
    status, _, err = run(capsys, "-o", "a.xlsx")
    assert status == 0
    assert "지연: KRX 코스피·코스닥 (조회 11/20 15:45:12)" in err


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.IP_NOT_ALLOWED, 4), (Fault.TOKEN_WRONG_KEY, 3), (Fault.HTML_503, 5), (None, 7)],
)
def test_without_any_table_nothing_is_written_and_the_status_says_why(capsys, kis, fault, status):
    kis.fault = fault
    if fault is None:
        kis.serve("J", "1", [])
        kis.serve("J", "4", [])
    got, _, err = run(capsys, "-o", "a.xlsx")
    assert got == status
    assert len(err.splitlines()) == 1
    assert not Path("a.xlsx").exists()
    assert log() == [f"2026-11-20 15:45:12 KST report {status} {err.strip()}"]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("-o", "보고서.pdf"), 2, "보고서 파일 이름은 .xlsx로 끝나야 합니다"),
        (("--exchange", "KOSPI"), 2, '거래소를 알 수 없음: "KOSPI"'),
        (("--market", "KOSPI200"), 2, '시장을 알 수 없음: "KOSPI200"'),
        (("--at", "언젠가"), 2, '시각을 알 수 없음: "언젠가"'),
        (("--at", "10:30"), 7, "저장된 자료 없음"),
        (("-o", "없는 폴더/a.xlsx"), 6, "폴더가 없거나"),
        (("-o", "폴더.xlsx"), 6, "그 이름의 폴더나 장치가 있습니다"),
        (("-o", "가" * 300 + ".xlsx"), 6, "파일 이름이 너무 깁니다"),
    ],
)
def test_bad_input_is_one_sentence_and_the_right_status(capsys, words, status, told):
    Path("폴더.xlsx").mkdir()
    got, out, err = run(capsys, *words)
    assert (got, out) == (status, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_why_figures_are_old_is_told_to_who_made_the_report_and_not_to_who_gets_it(capsys, kis):
    run(capsys, "-o", "a.xlsx")
    kis.fault = Fault.WRONG_KEY
    runtime.clock.move(31)
    status, _, err = run(capsys, "-o", "a.xlsx", "--quiet")
    assert (status, err.splitlines()[-1]) == (
        0, "앱키 또는 시크릿 오류(EGW00103). KIS Developers에서 확인한 뒤 xlwings-kis login 으로 다시 저장하세요.",
    )  # fmt: skip
    book = StrictBook(Path("a.xlsx").read_bytes())
    assert not any("EGW00103" in part.decode("utf-8", "ignore") for part in book.parts.values())


def test_a_full_disk_leaves_the_old_report(capsys, monkeypatch):
    run(capsys, "-o", "a.xlsx")
    old = Path("a.xlsx").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    runtime.clock.move(31)
    status, _, err = run(capsys, "-o", "a.xlsx")
    assert (status, "디스크가 가득 찼습니다." in err) == (6, True)
    assert Path("a.xlsx").read_bytes() == old


def test_a_file_that_is_not_ours_is_kept_and_the_sentence_names_the_sibling(capsys):
    Path("a.xlsx").write_bytes(b"<DOCUMENT SAFER>")
    status, _, err = run(capsys, "-o", "a.xlsx")
    assert (status, err) == (
        0,
        "암호화되었거나 이 프로그램이 만든 그대로가 아닌 파일이 있어 'a_2.xlsx'로 저장했습니다.\n",
    )
    assert log()[-1].endswith("report 0 a_2.xlsx")


@pytest.mark.parametrize(
    ("trouble", "status", "line"),
    [(KeyboardInterrupt, 130, "interrupted"), (ZeroDivisionError, 1, "ZeroDivisionError")],
)
def test_however_a_run_ends_its_line_has_the_status_of_the_command(capsys, monkeypatch, trouble, status, line):
    def end(*_):
        raise trouble

    monkeypatch.setattr("xlwings_kis.report.make", end)
    assert run(capsys)[0] == status
    assert log() == [f"2026-11-20 15:45:12 KST report {status} {line}"]


def test_a_usage_error_is_logged_as_one(capsys):
    assert run(capsys, "-o", "a.pdf")[0] == 2
    assert log() == ["2026-11-20 15:45:12 KST report 2 보고서 파일 이름은 .xlsx로 끝나야 합니다"]


class TestIfSession:
    """A scheduler that knows no holidays."""

    @pytest.mark.parametrize("day", ["2026-11-21", "2026-12-25"])
    def test_on_a_day_without_trading_nothing_is_made_and_one_line_logged(self, capsys, kis, clock, day):
        clock.set(f"{day} 15:45:12")
        status, _, err = run(capsys, "--if-session")
        assert (status, err) == (0, "거래가 없는 날이라 보고서를 만들지 않았습니다.\n")
        assert list(Path.cwd().iterdir()) == []
        assert kis.calls == []
        assert log() == [f"{day} 15:45:12 KST report 0 거래가 없는 날이라 보고서를 만들지 않았습니다."]

    def test_quietly(self, capsys, clock):
        clock.set("2026-11-21 15:45:12")
        assert run(capsys, "--if-session", "--quiet") == (0, "", "")

    def test_a_holiday_no_calendar_knew_is_one_too(self, capsys, kis, clock):
        run(capsys, "-o", "a.xlsx")
        clock.set("2026-11-20 20:05:00")
        run(capsys, "-o", "a.xlsx")
        kis.fault = Fault.YESTERDAY
        clock.set("2026-11-23 15:45:12")
        kept = sorted(Path.cwd().iterdir())
        status, _, err = run(capsys, "--if-session")
        assert (status, err) == (0, "거래가 없는 날이라 보고서를 만들지 않았습니다.\n")
        assert sorted(Path.cwd().iterdir()) == kept

    def test_on_a_trading_day_it_changes_nothing(self, capsys):
        assert run(capsys, "--if-session")[0] == 0
        assert Path(NAME).exists()

    def test_without_it_a_weekends_report_carries_fridays_date(self, capsys, clock):
        clock.set("2026-11-21 15:45:12")
        status, _, err = run(capsys, "-o", "a.xlsx")
        assert status == 0
        assert "휴장(추정): 11/20의 값입니다. 오늘 값이 아닙니다." in err


def test_the_closing_report_made_late_is_the_close(capsys, clock):
    clock.set("2026-11-20 15:38:00")
    run(capsys, "-o", "a.xlsx")
    clock.set("2026-11-20 17:10:00")
    assert run(capsys, "--at", "마감", "-o", "close.xlsx")[0] == 0
    rows = StrictBook(Path("close.xlsx").read_bytes()).rows("요약")
    assert rows[1] == ["2026-11-20(금) 정규장 마감 · 조회 15:38:00"]


def test_the_demo_needs_no_account_and_leaves_no_line(capsys, monkeypatch):
    monkeypatch.delenv("KIS_APP_KEY")
    status, _, err = run(capsys, "--demo", "-o", "a.xlsx")
    assert status == 0
    assert "예시(모의 자료)입니다." in err
    assert log() == []


def test_english_speaks_throughout(capsys):
    status, _, err = run(capsys, "--lang", "en", "--quiet")
    assert (status, err) == (0, "")
    assert next(iter(StrictBook(Path("program_trade_20261120_1545.xlsx").read_bytes()).sheets)) == "Summary"


def test_the_log_speaks_in_seouls_time(capsys, clock):
    assert clock.now.tzinfo is KST
    run(capsys, "-o", "a.xlsx")
    assert log()[0].startswith("2026-11-20 15:45:12 KST ")


def test_every_command_of_the_page_on_automation_works_as_written(capsys, clock, monkeypatch):
    page = (ROOT / "docs" / "automation.md").read_text(encoding="utf-8")
    commands = {line for block in re.findall(r"```sh\n(.*?)```", page, re.S) for line in block.splitlines()}
    assert len(commands) >= 3
    for command in sorted(commands):
        assert command.startswith("xlwings-kis report "), command
        assert main(shlex.split(command)[1:]) == 0, command


def test_the_schedulers_lines_hold_commands_that_parse():
    page = (ROOT / "docs" / "automation.md").read_text(encoding="utf-8")
    lines = re.findall(r"xlwings-kis(?:\.exe)?\"? (report [^\"\n`]*)", page)
    assert len(lines) >= 7
    for line in lines:
        parsed = parser.build("ko", commands.COMMANDS).parse_args(shlex.split(line))
        assert parsed.if_session, line
        assert parsed.quiet, line


def test_an_empty_moment_is_no_wish_for_now(capsys):
    status, _, err = run(capsys, "--at", "")
    assert status == 2
    assert err


@pytest.mark.parametrize(("at", "day"), [("2026-11-22 10:00:00", "11/22"), ("2026-02-17 03:00:00", "02/17")])
def test_the_demo_makes_its_report_on_any_day_and_calls_it_one(capsys, clock, at, day):
    clock.set(at)
    status, _, err = run(capsys, "--demo", "-o", "예시.xlsx", "--mail-to", "a@b.kr", "--dry-run")
    assert status == 0
    assert err.startswith("예시(모의 자료)입니다. 실제 시세가 아닙니다.\n")
    assert "휴장" not in err
    cover = StrictBook(Path("예시.xlsx").read_bytes()).sheets["요약"]
    assert cover["A3"].value == "예시(모의 자료)입니다. 실제 시세가 아닙니다."
    assert cover["A2"].value.startswith(at[:10])
    assert any(isinstance(cell.value, float) for cell in cover.values())
    subject = email.message_from_bytes(Path("예시.eml").read_bytes(), policy=email.policy.default)["Subject"]
    assert subject.startswith(f"[예시] {day} ")
    assert run(capsys, "--demo", "-o", "예시.xlsx", "--if-session")[:2] == (0, "")
