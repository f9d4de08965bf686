"""The command line: results on stdout, the rest on stderr, and an exit status that says whose side it was."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from xlwings_kis import runtime
from xlwings_kis.cli import main
from xlwings_kis.cli.parser import EXAMPLES
from xlwings_kis.simulator import Fault


@pytest.fixture(autouse=True)
def _clock_and_folder(monkeypatch, clock, tmp_path):
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)


def run(capsys, *words):
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


def test_demo_shows_the_table_and_writes_a_workbook_without_account_or_network(capsys):
    status, out, err = run(capsys, "demo")
    assert status == 0
    assert "KRX 코스피" in out
    assert "합계 ✓" in out
    book = openpyxl.load_workbook("프로그램매매_예시.xlsx")
    assert book.sheetnames == ["KRX 코스피", "KRX 코스닥", "NXT 코스피", "NXT 코스닥", "통합 코스피", "통합 코스닥"]
    assert "예시 자료입니다" in err
    assert "xlwings-kis login" in err
    assert not Path(os.environ["XLWINGS_KIS_HOME"]).exists()


@pytest.mark.parametrize(
    "moment", ["2026-11-22 03:00:00", "2026-11-20 08:59:00", "2026-12-31 23:59:59", "2026-02-17 12:00:00"]
)
def test_demo_has_figures_at_any_hour_of_any_day(capsys, clock, moment):
    clock.set(moment)
    status, out, _ = run(capsys, "table", "KRX", "코스피", "--demo", "--format", "json")
    assert status == 0
    assert all(row["all_seln_amt"] for row in json.loads(out)["rows"])


def test_table_as_json_is_the_contracts_object(capsys, environment, kis):
    status, out, err = run(capsys, "table", "UN", "KOSDAQ", "--format", "json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    assert {key: shown[key] for key in ("exchange", "market", "asof", "stale", "demo")} == {
        "exchange": "UN",
        "market": "KOSDAQ",
        "asof": "2026-11-20T11:20:31+09:00",
        "stale": False,
        "demo": False,
    }
    truth = {row["invr_cls_code"]: row for row in kis.truth("UN", "4")}
    assert len(shown["rows"]) == 11
    for row in shown["rows"]:
        assert set(row) == set(truth[row["invr_cls_code"]])
        assert row["nabt_ntby_amt"] == int(truth[row["invr_cls_code"]]["nabt_ntby_amt"])


def test_table_as_csv_has_the_documents_headers_and_a_byte_order_mark_in_files(capsys, environment, kis):
    status, out, err = run(capsys, "table", "KRX", "코스피", "-o", "표.csv")
    assert (status, out) == (0, "")
    assert "저장했습니다: 표.csv" in err
    data = Path("표.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    truth = {row["invr_cls_code"]: row for row in kis.truth("J", "1")}
    assert [row["투자자"] for row in rows[:3]] == ["개인", "외국인", "기관계"]
    assert all(int(row["차익순매수대금"]) == int(truth[row["투자자코드"]]["arbt_ntby_amt"]) for row in rows)


def test_a_name_that_looks_like_a_formula_is_harmless_in_a_csv(capsys, environment, kis):
    kis.fault = Fault.FORMULA_TEXT
    run(capsys, "table", "KRX", "코스피", "-o", "표.csv")
    name = list(csv.reader(io.StringIO(Path("표.csv").read_text(encoding="utf-8-sig"))))[-1][0]
    assert not name.startswith(("=", "+", "-", "@"))


def test_table_as_text_is_five_lines_for_a_messenger(capsys, environment, kis):
    _, out, _ = run(capsys, "table", "KRX", "코스피", "--format", "text")
    lines = out.splitlines()
    assert lines[0] == "[프로그램 11:20] KRX 코스피 (억원)"
    assert lines[1].startswith("전체 ")
    assert lines[2].startswith("외국인 ")
    assert lines[4] == "조회 11:20:31"


def test_a_workbook_holds_the_figures_as_numbers_and_the_text_as_text(capsys, environment, kis):
    kis.fault = Fault.FORMULA_TEXT
    assert run(capsys, "table", "KRX", "코스피", "-o", "표.xlsx")[0] == 0
    sheet = openpyxl.load_workbook("표.xlsx")["KRX 코스피"]
    cells = {cell.value: cell for row in sheet for cell in row if isinstance(cell.value, str)}
    foreigners = sheet[cells["외국인"].row]
    truth = next(row for row in kis.truth("J", "1") if row["invr_cls_code"] == "9100")
    shown = ["all_seln_amt", "all_shnu_amt", "all_ntby_amt", "arbt_seln_amt", "arbt_shnu_amt", "arbt_ntby_amt"]
    assert [cell.value for cell in foreigners[1:7]] == [int(truth[wire]) for wire in shown]
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    assert foreigners[3].number_format == "[Red]+#,##0;[Blue]-#,##0;0"


def test_old_data_of_today_is_shown_with_status_zero_and_told_on_stderr(capsys, environment, kis, clock):
    run(capsys, "table", "KRX", "코스피")
    kis.fault = Fault.HTML_503
    clock.move(40)
    status, out, err = run(capsys, "table", "KRX", "코스피", "--format", "json")
    assert status == 0
    assert json.loads(out)["stale"] is True
    assert err.startswith("지연: 11/20 11:20:31 자료입니다. 알 수 없는 응답.")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.TOKEN_WRONG_KEY, 3),
        (Fault.PAPER_KEY, 3),
        (Fault.IP_NOT_ALLOWED, 4),
        (Fault.TOKEN_TOO_SOON, 4),
        (Fault.UNKNOWN_CODE, 4),
        (Fault.HTML_503, 5),
        (Fault.RESET, 5),
        (Fault.WRONG_SHAPE, 1),
        (Fault.NO_ROWS, 7),
    ],
)
def test_the_exit_status_says_whose_side_it_was(capsys, environment, kis, fault, status):
    kis.fault = fault
    shown = run(capsys, "table", "KRX", "코스피")
    assert shown[:2] == (status, "")
    assert shown[2].count("\n") == 1


def test_a_gateway_nobody_listens_at_is_a_network_error_that_names_host_and_port(capsys, environment):
    environment(KIS_BASE_URL="http://127.0.0.1:9")
    assert run(capsys, "table", "KRX", "코스피") == (
        5,
        "",
        "서버 연결 실패. 127.0.0.1:9 접속이 막혔는지 전산팀에 문의하세요(진단 참고).\n",
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"KIS_APP_KEY": ""}, "앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."),
        ({"KIS_BASE_URL": "http://example.com"}, "암호화되지 않은 주소. KIS_BASE_URL"),
        ({"KIS_BASE_URL": "https://openapivts.koreainvestment.com:29443"}, "모의투자 주소. KIS_BASE_URL을 지우세요."),
        ({"XLWINGS_KIS_TTL": "빨리"}, "설정값 오류. XLWINGS_KIS_TTL 값을 확인하세요"),
        ({"KIS_CUSTTYPE": "B"}, "법인 설정 누락. 다음 값을 넣으세요: KIS_PERSONALSECKEY"),
    ],
)
def test_a_setting_that_is_wrong_or_missing_is_named(capsys, environment, settings, sentence):
    environment(**settings)
    status, out, err = run(capsys, "table", "KRX", "코스피")
    assert (status, out) == (3, "")
    assert err.startswith(sentence)


def test_swapped_keys_are_noticed_before_anything_is_sent(capsys, environment, kis):
    environment(KIS_APP_KEY=kis.app_secret, KIS_APP_SECRET=kis.app_key)
    status, _, err = run(capsys, "table", "KRX", "코스피")
    assert status == 3
    assert err.startswith("앱키·시크릿 뒤바뀜.")
    assert kis.calls == []


def test_no_secret_is_in_any_output(capsys, environment, kis, monkeypatch):
    secrets = [kis.app_key, kis.app_secret]
    for fault in (None, Fault.TOKEN_WRONG_KEY, Fault.UNKNOWN_CODE, Fault.HTML_200):
        kis.fault = fault
        _, out, err = run(capsys, "table", "NXT", "코스피", "--format", "json")
        assert not any(secret in out + err for secret in secrets + kis.issued_tokens)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("table",),
        ("table", "KRX"),
        ("tabel", "KRX", "코스피"),
        ("table", "KRX", "코스피", "-o", "x.pdf"),
        ("table", "KRX", "코스피", "--format", "json", "-o", "x.csv"),
    ],
)
def test_words_that_do_not_fit_are_a_usage_error_in_one_sentence(capsys, words):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert err.startswith("사용법이 맞지 않습니다: ")
    assert err.count("\n") == 1


def test_an_unknown_market_is_a_usage_error_naming_the_accepted_words(capsys):
    assert run(capsys, "table", "KRX", "KOSPI200") == (
        2,
        "",
        '시장을 알 수 없음: "KOSPI200". 코스피(1) 또는 코스닥(4)을 넣으세요.\n',
    )


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_lost(capsys, environment, tmp_path):
    (tmp_path / "표.csv").mkdir()
    status, _, err = run(capsys, "table", "KRX", "코스피", "-o", "표.csv")
    assert status == 6
    assert err.startswith("파일 쓰기 실패. 표.csv: ")
    assert run(capsys, "table", "KRX", "코스피", "-o", "없는 폴더/표.xlsx")[0] == 6
    assert sorted(path.name for path in tmp_path.iterdir() if "tmp" in path.name) == []


def test_a_full_disk_is_told_and_leaves_the_old_file(capsys, environment, monkeypatch):
    import errno

    Path("표.csv").write_text("old", encoding="utf-8")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    status, _, err = run(capsys, "table", "KRX", "코스피", "--demo", "-o", "표.csv")
    assert status == 6
    assert "디스크가 가득 찼습니다." in err
    assert Path("표.csv").read_text(encoding="utf-8") == "old"


def test_our_own_error_is_one_sentence_and_status_one(capsys, monkeypatch):
    monkeypatch.setattr(runtime, "feed", lambda: 1 / 0)
    status, out, err = run(capsys, "table", "KRX", "코스피")
    assert (status, out) == (1, "")
    assert err.startswith("프로그램 오류. ")
    assert "Traceback" not in err


def test_ctrl_c_ends_with_130(capsys, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(runtime, "feed", interrupted)
    assert run(capsys, "table", "KRX", "코스피")[0] == 130


def test_english_speaks_everywhere(capsys):
    _, out, err = run(capsys, "demo", "--lang", "en")
    assert "KRX KOSPI" in out
    assert "Foreigners" in out
    assert "Simulated data" in err
    assert not any("가" <= letter <= "힣" for letter in err.replace("프로그램매매_예시.xlsx", ""))


@pytest.mark.parametrize("command", [command for command in EXAMPLES if command])
def test_every_command_has_a_help_with_examples(capsys, command):
    with pytest.raises(SystemExit) as left:
        main([*command.split(), "--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert "사용법: xlwings-kis" in out
    assert all(example in out for example in EXAMPLES[command])


def test_the_table_command_works_on_a_korean_windows_console(environment, tmp_path):
    shown = subprocess.run(
        [sys.executable, "-m", "xlwings_kis", "table", "KRX", "코스피", "--demo"],
        capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": "cp949"}, cwd=tmp_path,
    )  # fmt: skip
    out = shown.stdout.decode("cp949")
    assert "외국인" in out
    assert "합계 v" in out


def test_simulate_answers_until_ctrl_c(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "xlwings_kis", "simulate"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    settings = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
    shown = subprocess.run(
        [sys.executable, "-m", "xlwings_kis", "table", "KRX", "코스피", "--format", "json"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | settings | {"XLWINGS_KIS_PRE_OPEN": "trust"},
    )  # fmt: skip
    assert json.loads(shown.stdout)["demo"] is False
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_simulate_names_the_faults_it_knows(capsys):
    status, _, err = run(capsys, "simulate", "--fault", "html503")
    assert status == 2
    assert "html-503" in err


def test_simulate_says_when_its_port_is_taken(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, err = run(capsys, "simulate", "--port", str(port))
    assert status == 2
    assert f"포트 {port}을(를) 쓸 수 없습니다" in err


class Terminal(io.StringIO):
    """A terminal of so many columns."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("columns", "sides"), [(80, 1), (100, 3), (140, 3)])
def test_no_figure_is_cut_short_however_narrow_the_terminal(monkeypatch, capsys, columns, sides):
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", screen)
    assert main(["table", "KRX", "코스피", "--demo"]) == 0
    shown = screen.getvalue()
    assert "…" not in shown
    assert shown.count("순매수") == 3
    assert shown.count("매도") == (3 if sides == 3 else 0)
    assert ("창이 좁아" in capsys.readouterr().err) == (sides == 1)


def test_figures_of_a_day_without_trading_are_never_told_as_todays(capsys, environment, kis, clock):
    run(capsys, "table", "KRX", "코스피")
    clock.set("2026-11-20 20:05:00")
    run(capsys, "table", "KRX", "코스피")
    clock.set("2026-11-21 11:00:00")
    status, out, err = run(capsys, "table", "KRX", "코스피", "--format", "text")
    assert status == 0
    assert out.startswith("[휴장(추정) 프로그램 11/20] KRX 코스피")
    assert "조회 11/21 11:00:00" in out
    assert err == "휴장(추정): 11/20의 값입니다. 오늘 값이 아닙니다.\n"


def test_figures_nobody_could_compare_are_told_as_such(capsys, environment, kis, clock):
    clock.set("2026-11-23 09:03:10")
    _, out, err = run(capsys, "table", "KRX", "코스피", "--format", "text")
    assert out.startswith("[확인 중 프로그램 09:03]")
    assert err.startswith("확인 중: ")


def test_a_folder_or_device_of_that_name_is_never_replaced(capsys, environment, tmp_path):
    os.mkfifo(tmp_path / "표.csv")
    status, _, err = run(capsys, "table", "KRX", "코스피", "-o", "표.csv")
    assert status == 6
    assert "그 이름의 폴더나 장치가 있습니다." in err
    assert not (tmp_path / "표.csv").is_file()


def test_a_link_stays_a_link_and_its_file_is_written(capsys, environment, tmp_path):
    (tmp_path / "진짜.csv").write_text("old", encoding="utf-8")
    (tmp_path / "표.csv").symlink_to(tmp_path / "진짜.csv")
    assert run(capsys, "table", "KRX", "코스피", "-o", "표.csv")[0] == 0
    assert (tmp_path / "표.csv").is_symlink()
    assert "투자자" in (tmp_path / "진짜.csv").read_text(encoding="utf-8-sig")


def test_a_name_that_is_too_long_is_told(capsys, environment):
    status, _, err = run(capsys, "table", "KRX", "코스피", "-o", "가" * 120 + ".csv")
    assert status == 6
    assert "파일 이름이 너무 깁니다." in err


def test_a_closed_or_full_output_is_told(environment, tmp_path):
    for shell in ("exec >&-", "exec >/dev/full"):
        shown = subprocess.run(
            ["bash", "-c", f"{shell}; exec {sys.executable} -m xlwings_kis table KRX 코스피 --demo --format json"],
            capture_output=True, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
        assert shown.returncode == 6
        assert shown.stderr.startswith("파일 쓰기 실패. stdout: ")
        assert "Traceback" not in shown.stderr


def test_csv_on_stdout_has_the_platforms_line_ends_once(capsys, environment):
    _, out, _ = run(capsys, "table", "KRX", "코스피", "--format", "csv")
    assert "\r" not in out
    assert out.count("\n") == 12


def test_the_language_of_the_configuration_is_that_of_the_command_line(capsys, environment):
    home = Path(os.environ["XLWINGS_KIS_HOME"])
    home.mkdir()
    (home / "config.toml").write_text('lang = "en"\n', encoding="utf-8")
    _, out, _ = run(capsys, "table", "KRX", "KOSPI")
    assert "Foreigners" in out


def test_whoever_waits_at_a_terminal_is_told_and_a_pipe_is_not(monkeypatch, capsys):
    from xlwings_kis.cli import terminal

    class AtOnce:
        def __init__(self, seconds, say, line):
            self.seconds, self.job = seconds, lambda: say(*line)

        def start(self):
            assert self.seconds == 2.0
            self.job()

        def cancel(self):
            """Nothing is left to cancel."""

    screen = Terminal()
    monkeypatch.setattr(terminal.threading, "Timer", AtOnce)
    monkeypatch.setattr("sys.stderr", screen)
    with terminal.patience("기다리고 있습니다"):
        assert screen.getvalue() == "기다리고 있습니다\n"
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with terminal.patience("기다리고 있습니다"):
        assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("report", "--exchange", ""), "KRX(J), NXT(NX) 또는 통합(UN)"),
        (("report", "--market", " , "), "코스피(1) 또는 코스닥(4)"),
        (("history", "export", "-o", "x.csv", "--exchange", ""), "KRX(J), NXT(NX) 또는 통합(UN)"),
        (("history", "export", "-o", "x.csv", "--market", " "), "코스피(1) 또는 코스닥(4)"),
        (("table", "", "코스피"), "KRX(J), NXT(NX) 또는 통합(UN)"),
        (("table", "KRX", "코스피", "-o", ""), "빠졌습니다 (-o/--output)"),
        (("report", "-o", " "), "빠졌습니다 (-o/--output)"),
        (("demo", "-o", ""), "빠졌습니다 (-o/--output)"),
        (("record", "--csv", ""), "빠졌습니다 (--csv)"),
        (("history", "export", "-o", "x.csv", "--from", ""), "빠졌습니다 (--from)"),
        (("simulate", "--fault", ""), "빠졌습니다 (--fault)"),
        (("log", "-n", "-5"), "-n 에 보여 줄 줄 수를 0 이상으로"),
    ],
)
def test_a_value_that_is_blank_or_senseless_is_never_taken_for_none(capsys, environment, kis, words, named):
    run(capsys, "table", "KRX", "코스피")
    before, there = kis.count("program-trade"), set(Path().iterdir())
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert named in err
    assert "[" not in err
    assert kis.count("program-trade") == before
    assert set(Path().iterdir()) == there
