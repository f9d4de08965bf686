"""The parts of `xlwings-kis serve` that need no running server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from officejs import Excel

from xlwings_kis import guide, ribbon, runtime, words
from xlwings_kis.cli import commands, main, parser, serve
from xlwings_kis.errors import SettingsError
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.server import answers, cells, environment, journal
from xlwings_kis.server.downloads import Downloads
from xlwings_kis.server.guests import FILE, GuestBook, hashed, parse
from xlwings_kis.simulator import Fault

KOSPI = Pair(Exchange.KRX, Market.KOSPI)


# --- who may ask ---


@pytest.fixture
def book(tmp_path):
    return GuestBook(tmp_path / "홈" / "tokens.txt")


def test_a_token_is_known_by_its_hash_alone_with_and_without_bearer(book):
    token, replaced = book.add("김철수")
    assert not replaced
    assert token not in book.path.read_text(encoding="utf-8")
    assert [book.who(given) for given in (token, f"Bearer {token}", f"bearer  {token} ")] == ["김철수"] * 3
    assert [book.who(given) for given in ("", "Bearer", token[:-1], token + "x", hashed(token), "김철수")] == [None] * 6


def test_a_new_token_of_a_person_ends_the_earlier_one(book):
    first, _ = book.add("kim")
    other, _ = book.add("lee")
    second, replaced = book.add("kim")
    assert replaced
    assert [book.who(given) for given in (first, second, other)] == [None, "kim", "lee"]


def test_the_file_is_read_again_when_it_has_changed_and_lets_nobody_in_when_it_is_gone(book):
    token, _ = book.add("kim")
    same = GuestBook(book.path)
    assert same.who(token) == "kim"
    book.add("lee")
    book.remove("kim")
    assert same.who(token) is None
    book.path.unlink()
    assert same.guests() == ()


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_a_file_that_others_may_read_lets_nobody_in(book):
    token, _ = book.add("kim")
    assert book.path.stat().st_mode & 0o777 == 0o600
    book.path.chmod(0o644)
    assert book.who(token) is None


@pytest.mark.parametrize(
    "line", ["kim", "kim:sha256:", "kim:md5:" + "0" * 64, ":sha256:" + "0" * 64, "# x", "a:sha256:" + "0" * 63]
)
def test_a_line_nobody_understands_lets_nobody_in_and_costs_no_other(line):
    assert [guest.name for guest in parse(f"{line}\nlee:sha256:{'1' * 64}\n")] == ["lee"]


def test_of_people_who_are_added_at_the_same_time_none_is_lost(book):
    names = [f"사람 {at}" for at in range(24)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda name: GuestBook(book.path).add(name)[0], names))
    assert [book.who(token) for token in made] == names
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda name: GuestBook(book.path).remove(name), names[1:]))
    assert [guest.name for guest in book.guests()] == names[:1]


def test_commands_that_add_people_at_the_same_time_lose_none(tmp_path):
    file = tmp_path / "tokens.txt"
    add = "import sys, pathlib as p; from xlwings_kis.server.guests import *; GuestBook(p.Path(sys.argv[1])).add(sys.argv[2])"
    running = [subprocess.Popen([sys.executable, "-c", add, str(file), f"p{at}"]) for at in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert {guest.name for guest in GuestBook(file).guests()} == {"p0", "p1", "p2", "p3"}


def written(book, data):
    book.path.parent.mkdir()
    book.path.touch(mode=0o600)
    book.path.write_bytes(data)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_remarks_and_lines_nobody_understands_stay_as_they_are(book, end):
    remark, odd = "# 2층 리서치".encode(), b"  park:argon2:\xff$x "
    lee = b"lee:sha256:" + b"A" * 64
    kim = b"kim:sha256:" + b"0" * 64
    written(book, end.join([remark, kim, b"", odd, kim, lee]))
    token, replaced = book.add("kim")
    assert replaced
    assert book.path.read_bytes().split(b"\n")[0].rstrip(b"\r") == remark
    new = f"kim:sha256:{hashed(token)}".encode()
    assert [line.removesuffix(b"\r") for line in book.path.read_bytes().split(b"\n")] == [
        remark,
        new,
        b"",
        odd,
        lee,
        b"",
    ]
    assert book.remove("kim")
    book.add("choi")
    assert [line.removesuffix(b"\r") for line in book.path.read_bytes().split(b"\n")][:4] == [remark, b"", odd, lee]
    assert not book.remove("park")


def test_a_mark_that_an_editor_puts_in_front_and_capitals_in_a_hash_lock_nobody_out(book):
    written(book, f"\ufeffkim:sha256:{hashed('k').upper()}\r\nlee:sha256:{hashed('l')}\r\n".encode())
    assert [book.who(token) for token in "kl"] == ["kim", "lee"]
    book.add("kim")
    assert [book.who(token) for token in "kl"] == [None, "lee"]
    assert book.remove("lee")
    assert [guest.name for guest in book.guests()] == ["kim"]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_nobody_is_added_to_a_list_that_others_may_have_written_and_nobody_is_lost(book):
    token, _ = book.add("kim")
    book.path.chmod(0o666)
    with pytest.raises(SettingsError):
        book.add("lee")
    book.path.chmod(0o600)
    assert book.who(token) == "kim"


# --- the command before it serves ---


def refused(capsys, *given):
    status = main(["serve", *given])
    return status, capsys.readouterr().err


@pytest.fixture
def no_server(monkeypatch):
    """Nothing is started whatever the checks say."""
    monkeypatch.setattr(serve, "_load", lambda lang: pytest.fail("it would have started"))


@pytest.mark.usefixtures("environment", "no_server")
class TestBeforeItServes:
    def test_off_this_machine_it_does_not_start_without_credentials(self, capsys):
        for given in (("--host", "0.0.0.0"), ("--host", "::"), ("--host", "desk.example.kr"), ("--behind-proxy",)):  # noqa: S104
            assert refused(capsys, *given)[0] == 3
        assert "Open to everybody" in refused(capsys, "--host", "0.0.0.0", "--lang", "en")[1]  # noqa: S104

    def test_off_this_machine_it_does_not_start_without_encryption(self, capsys):
        main(["serve", "token", "kim"])
        token = capsys.readouterr().out.strip()
        status, said = refused(capsys, "--host", "0.0.0.0")  # noqa: S104
        assert (status, "암호화 없는 주소" in said, token in said) == (3, True, False)

    def test_a_certificate_that_cannot_be_used_is_named(self, capsys, tmp_path, authority):
        nothing = tmp_path / "없음.pem"
        assert refused(capsys, "--certfile", str(nothing), "--keyfile", str(nothing))[0] == 3
        assert "없음.pem" in refused(capsys, "--certfile", str(nothing), "--keyfile", str(nothing))[1]
        assert refused(capsys, "--certfile", str(nothing))[0] == 2

    def test_a_missing_package_is_told_with_the_command_that_brings_it(self, capsys, monkeypatch):
        monkeypatch.setattr(
            serve.importlib.util, "find_spec", lambda name: None if name == "xlwings_server" else object()
        )
        status, said = refused(capsys)
        assert status == 3
        assert 'pip install "xlwings-kis[server]"' in said

    def test_a_list_of_tokens_that_is_named_must_let_somebody_in(self, capsys, tmp_path):
        assert refused(capsys, "--tokens", str(tmp_path / "none.txt"))[0] == 3
        empty = tmp_path / "empty.txt"
        empty.touch(mode=0o600)
        assert "접속 토큰 없음" in refused(capsys, "--tokens", str(empty))[1]
        empty.chmod(0o644)
        if os.name == "posix":
            assert "토큰 파일이 열려 있음" in refused(capsys, "--tokens", str(empty))[1]

    @pytest.mark.parametrize("given", ["entraid", '["ours"]', '{"a": 1}', "[1]"])
    def test_a_provider_nobody_knows_is_refused(self, capsys, monkeypatch, given):
        monkeypatch.setenv("XLWINGS_AUTH_PROVIDERS", given)
        assert refused(capsys)[0] == 3

    def test_entra_id_needs_what_xlwings_server_needs_of_it(self, capsys, monkeypatch):
        monkeypatch.setenv("XLWINGS_AUTH_PROVIDERS", '["entraid"]')
        assert "XLWINGS_AUTH_ENTRAID_CLIENT_ID" in refused(capsys)[1]

    def test_without_a_key_pair_it_does_not_start(self, capsys, monkeypatch):
        for name in ("KIS_APP_KEY", "KIS_APP_SECRET"):
            monkeypatch.delenv(name)
        assert refused(capsys)[0] == 3

    def test_simulators_of_several_workers_would_disagree(self, capsys):
        assert refused(capsys, "--demo", "--workers", "2")[0] == 2
        assert refused(capsys, "--workers", "0")[0] == 2


def test_a_token_is_shown_once_on_stdout_and_can_be_taken_away(capsys, tmp_path):
    file = tmp_path / "명단.txt"
    assert main(["serve", "token", "김철수", "--tokens", str(file)]) == 0
    out, err = capsys.readouterr()
    token = out.strip()
    assert len(token) >= 43
    assert token not in err
    assert GuestBook(file).who(token) == "김철수"
    assert main(["serve", "--tokens", str(file), "token", "김철수", "--remove"]) == 0
    assert GuestBook(file).who(token) is None
    assert main(["serve", "token", "김철수", "--tokens", str(file), "--remove"]) == 2
    assert main(["serve", "token", "a:b"]) == 2


def test_tokens_lie_in_the_state_folder_unless_another_place_is_named(tmp_path, capsys):
    assert main(["serve", "token", "kim"]) == 0
    assert (tmp_path / "상태 폴더" / FILE).is_file()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://desk.example.kr", "https://desk.example.kr"),
        (" https://DESK.example.kr:8443/ ", "https://desk.example.kr:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://desk.example.kr", None),
        ("https://desk.example.kr/add-in", None),
        ("https://kim:pw@desk.example.kr", None),
        ('https://desk"/><x', None),
        ("https://한국.kr", None),
        ("desk.example.kr", None),
        ("https://desk:port", None),
    ],
)
def test_a_manifest_is_made_for_an_address_people_can_reach(given, shown):
    assert serve._public(given) == shown


# --- cells ---


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (None, None), ("", None), ([], None), ([[]], None), ([[], []], None), ([[None]], None), ([[""]], None),
        ("KRX", "KRX"), ([["KRX"]], "KRX"), (1, 1), ([[1.0]], 1.0), ([["a", "b"]], ["a", "b"]), ([["a"], ["b"]], ["a", "b"]),
        ([["a", ""], ["b", 1]], [["a", None], ["b", 1]]), (["a", "b"], ["a", "b"]),
        ({"type": "Error", "basicValue": "#N/A"}, "#N/A"), ([[{"type": "Entity", "text": "삼성전자"}]], "삼성전자"), ({}, None),
    ],
)  # fmt: skip
def test_an_argument_is_read_however_excel_sends_it(sent, read):
    assert cells.argument(sent) == read


def test_a_result_is_true_errors_and_moments_for_a_client_that_knows_them():
    moment = datetime(2026, 11, 20, 12)  # noqa: DTZ001 - Excel has no zones
    na = {"type": "Error", "errorType": "NotAvailable"}
    table = [["#KIS! 왜", "#N/A", 1.0], ["개인", "", float("nan")], ["x", moment, None]]
    assert cells.result(table, "1.4", "hh:mm") == [
        ["#KIS! 왜", na, 1.0],
        ["개인", "", na],
        ["x", {"type": "FormattedNumber", "basicValue": 46346.5, "numberFormat": "hh:mm"}, ""],
    ]
    assert cells.result(table, "1.1", "hh:mm") == [["#KIS! 왜", "#N/A", 1.0], ["개인", "", "#N/A"], ["x", 46346.5, ""]]


def test_one_figure_that_is_not_there_is_no_text_for_a_client_that_can_be_told_otherwise():
    assert cells.result("#N/A", "1.4") == [[{"type": "Error", "errorType": "NotAvailable"}]]
    assert cells.result("#N/A", "1.1") == cells.result("#N/A", None) == [["#N/A"]]
    for version in ("1.2", "1.3"):
        with pytest.raises(cells.XlwingsError):
            cells.result("#N/A", version)


# --- lists to choose from ---


def test_the_lists_offer_every_exchange_and_market_in_words_we_understand():
    for lang in ("ko", "en"):
        exchanges = [words.exchange(each.word(lang)) for each in guide.CHOICES["exchange"]]
        markets = [words.market(each.word(lang)) for each in guide.CHOICES["market"]]
        assert (exchanges, markets) == (list(Exchange), list(Market))
    used = {argument.name for formula in guide.FORMULAS.values() for argument in formula.arguments}
    assert set(guide.CHOICES) <= used


# --- what the task pane is answered ---


def test_the_table_of_the_day_is_plain_data_in_both_languages(feed, kis):
    for lang, title in (("ko", "KRX 코스피"), ("en", "KRX KOSPI")):
        made = json.loads(json.dumps(answers.table(feed, KOSPI, lang)))
        assert (made["title"], made["state"], made["asof"], len(made["columns"])) == (
            title,
            "fine",
            "11/20 11:20:31",
            3,
        )
        foreigners = made["rows"][0]
        truth = next(row for row in kis.truth("J", "1") if row["invr_cls_code"] == "9100")
        assert foreigners["figures"][1] == round(int(truth["nabt_ntby_amt"]) / 100)
        assert {row["role"] for row in made["rows"]} <= {"group", "part", "total", "other"}


def test_a_table_without_figures_says_why(feed, kis):
    kis.fault = Fault.WRONG_KEY
    made = answers.table(feed, KOSPI, "en")
    assert (made["state"], made["rows"], made["unit"]) == ("none", [], "")
    assert "App key" in made["line"]


def test_the_status_names_the_tables_in_use(feed):
    assert [each["market"] for each in answers.standing(feed, "ko")["pairs"]] == ["KOSPI"]
    feed.read(Pair(Exchange.UN, Market.KOSDAQ))
    told = answers.standing(feed, "en")
    assert [(each["exchange"], each["market"]) for each in told["pairs"]] == [("UN", "KOSDAQ")]
    assert told["lines"][0].startswith("fine")
    assert told["demo"] is False


def test_a_refresh_fetches_what_is_in_use_once_and_says_how_it_went(feed, kis):
    said = answers.refreshed(feed, (KOSPI,), "ko")
    assert said["sentence"].startswith("정상")
    assert kis.count("program-trade") == 1


def test_a_report_is_drawn_once_for_all_who_ask_while_the_figures_are_the_same(feed, clock, kis, monkeypatch):
    from xlwings_kis import report

    drawn = []
    monkeypatch.setattr(report, "render", lambda made: drawn.append(made) or b"xlsx")
    downloads, wish = Downloads(), report.Request((Exchange.KRX,), (Market.KOSPI,))
    for _ in range(3):
        assert downloads.get(feed, wish)[1] == b"xlsx"
    assert len(drawn) == 1
    clock.move(60)
    downloads.get(feed, wish)
    assert len(drawn) == 2


# --- a report as a sheet ---


@pytest.mark.parametrize(
    ("lang", "first", "second"),
    [("ko", "보고서 1120 1120", "보고서 1120 1120 (2)"), ("en", "Report 1120 1120", "Report 1120 1120 (2)")],
)
def test_a_report_becomes_a_new_sheet_of_values_and_never_overwrites_one(
    new_feed, formulas_on, kis, lang, first, second
):
    formulas_on(new_feed(lang=lang))
    excel = Excel()
    for name in (first, second):
        workbook = excel.book()
        assert name in ribbon.report_sheet(workbook)
        excel.apply(workbook.json()["actions"])
    assert excel.file.sheetnames == ["Sheet1", first, second]
    sheet = excel.file[first]
    found = {str(row[0].value): row for row in sheet.iter_rows() if row[0].value}
    truth = next(row for row in kis.truth("J", "4") if row["invr_cls_code"] == "9100")
    foreigners = found["외국인" if lang == "ko" else "Foreigners"]
    assert foreigners[3].value == float(truth["all_ntby_amt"])
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_without_figures_no_sheet_is_made_and_the_reason_is_told(feed, formulas_on, kis):
    formulas_on(feed)
    kis.fault = Fault.WRONG_KEY
    excel = Excel()
    workbook = excel.book()
    assert "앱키" in ribbon.report_sheet(workbook)
    assert workbook.json()["actions"] == []


def test_nothing_of_a_workbook_is_kept_once_its_script_has_run(feed, formulas_on):
    from xlwings.pro import _xlremote

    from xlwings_kis.server import scripts

    formulas_on(feed)
    workbook = Excel().book()
    asyncio.run(scripts.carried_out(ribbon.refresh, workbook))
    assert workbook.json()["actions"][-1]["args"][0] == scripts.TOLD
    assert _xlremote.get_range_api.cache_info().currsize == 0
    shared = _xlremote.engine.apps[0].books.books
    assert workbook.impl not in shared
    workbook.close()


# --- the log ---


@pytest.mark.parametrize(
    "said",
    [
        "Validating token: Bearer abc.def", "GET /x?token=abc HTTP/1.1", "Authorization: xyz", "secret=hush",
        "key 9z8msf7J4hwHntm2F17DnoF4Tlv-2J3jQAWGiPzxMt0 refused", "XLWINGS_LICENSE_KEY=abcde",
    ],
)  # fmt: skip
def test_a_librarys_line_loses_what_may_be_secret(said):
    shown = journal.harmless(said)
    assert "<hidden>" in shown
    for hidden in ("abc", "xyz", "hush", "9z8msf7J4hw"):
        assert hidden not in shown


def test_a_line_of_the_log_is_json_and_never_an_exceptions_text():
    try:
        raise ValueError("KIS_APP_SECRET is abc")
    except ValueError as error:
        record = logging.LogRecord("xlwings_server.main", logging.ERROR, "", 1, error, (), sys.exc_info())
    line = json.loads(journal.Lines().format(record))
    assert (line["message"], line["error"], line["level"]) == ("ValueError", "ValueError", "error")
    assert line["at"].startswith("test_server_parts.py:")
    assert "abc" not in json.dumps(line)


def test_formulas_that_went_well_are_counted_and_told_once_a_minute(caplog):
    now = SimpleNamespace(time=0.0)
    made = journal.Journal(lambda: now.time)
    caplog.set_level(logging.INFO, journal.logger.name)
    for at in range(100):
        made.call("POST", "/xlwings/custom-functions-call", 200, at / 1000, f"user {at % 4}")
    assert caplog.records == []
    now.time = 61.0
    made.call("POST", "/xlwings/custom-functions-call", 200, 0.1, "user 1")
    (told,) = [record.facts for record in caplog.records]
    assert (told["count"], told["users"], told["p50_ms"]) == (101, 4, 50.0)


def test_what_failed_and_what_was_slow_has_a_line_of_its_own(caplog):
    caplog.set_level(logging.INFO, journal.logger.name)
    made = journal.Journal(lambda: 0.0)
    made.call("POST", "/xlwings/custom-functions-call", 401, 0.001, "")
    made.call("POST", "/xlwings/custom-functions-call", 200, 2.5, "kim")
    made.call("GET", "/kis/report", 200, 0.1, "kim")
    assert [(each.facts["status"], each.facts.get("user")) for each in caplog.records] == [
        (401, None),
        (200, "kim"),
        (200, "kim"),
    ]


# --- the environment of xlwings Server ---


def test_xlwings_server_is_told_to_stream_nothing_and_to_log_no_call(tmp_path):
    told = environment.variables(("custom",), tmp_path / "t", "en", demo=False, loopback=False, drain=0.5)
    assert told["XLWINGS_ENABLE_SOCKETIO"] == "false"
    assert told["XLWINGS_LOG_LEVEL"] == "WARNING"
    assert json.loads(told["XLWINGS_AUTH_PROVIDERS"]) == ["custom"]
    assert "500" not in told["XLWINGS_CUSTOM_FUNCTIONS_RETRY_CODES"]
    assert (environment.PROJECT / "lifespan.py").is_file()


def test_our_modules_are_imported_without_xlwings_server():
    assert runtime.patience.__name__ == "Patience"
    assert "xlwings_server" not in sys.modules or "xlwings_kis.server.app" not in sys.modules


# --- what is written about it ---

ROOT = Path(__file__).parent.parent


def test_the_deployments_commands_are_commands_and_their_processes_have_no_rights():
    parse = parser.build("ko", commands.COMMANDS).parse_args
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]["server"]
    assert parse(compose["command"]).workers == 2
    assert compose["read_only"] is True
    assert compose["cap_drop"] == ["ALL"]
    assert not compose["user"].startswith("0")
    unit = (ROOT / "deploy" / "xlwings-kis.service").read_text(encoding="utf-8")
    typed = re.search(r"exec \S+/xlwings-kis (serve .*?)'$", unit.replace("\\\n", " "), re.S | re.M)
    assert parse(shlex.split(typed.group(1))).host == "0.0.0.0"  # noqa: S104 - a server's file
    for wanted in ("NoNewPrivileges=yes", "ProtectSystem=strict", "User=xlwings-kis", "CapabilityBoundingSet=\n"):
        assert wanted in unit
    assert "USER desk" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def test_no_secret_is_in_the_deployments():
    for path in (ROOT / "deploy").iterdir():
        assert not re.search(r"(APP_KEY|APP_SECRET|LICENSE_KEY)=[\"']?[A-Za-z0-9]", path.read_text(encoding="utf-8")), (
            path.name
        )


def test_the_page_names_every_option_and_no_other():
    page = (ROOT / "docs" / "server.md").read_text(encoding="utf-8").partition("## English")[0]
    named_there = set(re.findall(r"`(--[a-z-]+)", page))
    known = {
        option
        for words in (["serve"], ["serve", "token", "x"], ["serve", "manifest", "--url", "https://x"])
        for option in _options(words)
    }
    assert known - {"--help", "--lang", "--output", "--url", "--remove", "--demo"} <= named_there
    assert named_there <= known | {"--workers"}


def _options(words):
    found = parser.build("ko", commands.COMMANDS)
    for word in words[: 2 if words[1:2] else 1]:
        found = next(a for a in found._actions if hasattr(a, "choices") and isinstance(a.choices, dict)).choices[word]
    return [option for action in found._actions for option in action.option_strings if option.startswith("--")]
