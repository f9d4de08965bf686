"""`xlwings-kis serve` as people meet it: a real xlwings Server, a simulated gateway, and what an Excel sends."""

from __future__ import annotations

import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest
import requests
from officejs import Excel, payload, sheet
from serving import Served

from xlwings_kis import guide
from xlwings_kis.cli import main
from xlwings_kis.server.guests import GuestBook
from xlwings_kis.simulator import Fault, Simulator

GUARDED = [
    ("POST", "/xlwings/custom-functions-call"), ("POST", "/xlwings/custom-scripts-call/refresh"),
    ("POST", "/xlwings/custom-scripts-call/report_sheet"), ("GET", "/kis/status"), ("GET", "/kis/words"),
    ("GET", "/kis/table?exchange=KRX&market=KOSPI"), ("POST", "/kis/refresh"), ("GET", "/kis/report"), ("GET", "/kis/nothing"),
]  # fmt: skip
NA = {"type": "Error", "errorType": "NotAvailable"}


@pytest.fixture(scope="module")
def gateway():
    """A gateway that trades at any hour, so that no test depends on when it runs."""
    with Simulator(loop_session=True, token_interval=0.0, calls_per_second=1000) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def points(gateway):
    """The settings of a server on that gateway."""
    return {
        "KIS_APP_KEY": gateway.app_key, "KIS_APP_SECRET": gateway.app_secret, "KIS_BASE_URL": gateway.url,
        "XLWINGS_KIS_PRE_OPEN": "trust", "XLWINGS_KIS_RATE": "18", "XLWINGS_KIS_TTL": "1", "XLWINGS_KIS_DEADLINE": "10",
    }  # fmt: skip


@pytest.fixture(scope="module")
def served(places, points):
    """A server for this machine alone, in Korean."""
    with Served(places / "here", environment=points) as server:
        yield server


@pytest.fixture(scope="module")
def book(places):
    return GuestBook(places / "명단.txt")


@pytest.fixture(scope="module")
def token(book):
    return book.add("김철수")[0]


@pytest.fixture(scope="module")
def guarded(places, points, book, token):
    """A server with a list of tokens, in English."""
    with Served(places / "guarded", "--tokens", str(book.path), "--lang", "en", environment=points) as server:
        yield server


@pytest.fixture(autouse=True)
def _healthy(gateway):
    gateway.clear_faults()


def truth(gateway, code, wire, exchange="J", market="1"):
    rows = gateway.truth(exchange, market)
    return float(next(row for row in rows if row["invr_cls_code"] == code)[wire])


# --- formulas ---


def test_excel_is_told_of_every_formula_with_lists_to_choose_from(served):
    meta = served.get("/xlwings/custom-functions-meta.json").json()
    assert [each["name"] for each in meta["functions"]] == sorted(guide.FORMULAS)
    lists = {each["id"]: [value["stringValue"] for value in each["values"]] for each in meta["enums"]}
    for function in meta["functions"]:
        told = guide.FORMULAS[function["name"]]
        assert function["description"] == told.ko
        assert [each["description"] for each in function["parameters"]] == [each.ko for each in told.arguments]
        chosen = {
            each["name"]: lists[each["customEnumId"]] for each in function["parameters"] if "customEnumId" in each
        }
        assert chosen == {"exchange": ["KRX", "NXT", "통합"], "market": ["코스피", "코스닥"]}
        assert "stream" not in function["options"]


def test_the_lists_and_texts_of_an_english_server_are_english(guarded):
    meta = guarded.get("/xlwings/custom-functions-meta.json").json()
    lists = {each["id"]: [value["stringValue"] for value in each["values"]] for each in meta["enums"]}
    assert lists["KIS_PROGRAM_VALUE.EXCHANGE"] == ["KRX", "NXT", "UN"]
    assert lists["KIS_PROGRAM_VALUE.MARKET"] == ["KOSPI", "KOSDAQ"]
    assert meta["functions"][0]["description"] == guide.FORMULAS[meta["functions"][0]["name"]].en


def test_excel_is_given_the_code_of_every_formula_and_of_no_other(served):
    code = served.get("/xlwings/custom-functions-code.js").text
    assert code.count("CustomFunctions.associate(") == len(guide.FORMULAS)
    assert code.count("isStreaming: true") == 0


def test_the_table_is_todays_with_its_status_in_the_corner(served, gateway):
    gateway.serve("J", "1", gateway.truth("J", "1"))
    table = served.value("KIS_PROGRAM_TRADE", "KRX", "코스피", None, None)
    gateway.serve("J", "1", None)
    assert (len(table), {len(row) for row in table}) == (12, {20})
    assert [row[0] for row in table[1:4]] == ["개인", "외국인", "기관계"]
    assert not table[0][0].startswith("#KIS!")
    assert {type(cell) for row in table[1:] for cell in row[1:-1]} == {float}


def test_one_figure_is_the_gateways(served, gateway):
    rows = gateway.truth("UN", "4")
    gateway.serve("UN", "4", rows)
    found = served.value("KIS_PROGRAM_VALUE", "통합", "코스닥", [["외국인"]], [["비차익"]])
    assert found == [[truth(gateway, "9100", "nabt_ntby_amt", "UN", "4")]]


def test_the_time_of_the_data_is_a_date_time_that_looks_like_one(served):
    ((moment,),) = served.value("KIS_PROGRAM_ASOF", "KRX", "코스피")
    assert (moment["type"], moment["numberFormat"]) == ("FormattedNumber", "yyyy-mm-dd hh:mm:ss")
    ((serial,),) = served.value("KIS_PROGRAM_ASOF", "KRX", "코스피", runtime="1.1")
    assert serial > 46000


def test_the_status_is_one_line_of_text_with_and_without_arguments(served):
    for arguments in ((), (None, None), ("KRX", "코스피")):
        ((line,),) = served.value("KIS_PROGRAM_STATUS", *arguments)
        assert " · " in line


def test_what_was_stored_is_recalled_and_what_was_not_is_a_true_error(served):
    served.value("KIS_PROGRAM_TRADE", "KRX", "코스피")
    course = served.value("KIS_PROGRAM_HISTORY", "KRX", "코스피", [["외국인"]], [["비차익"]], None, None)
    assert NA in [row[1] for row in course]
    assert course[1][0]["numberFormat"] == "hh:mm"
    at = served.value("KIS_PROGRAM_AT", "KRX", "코스피", [["08:00"]], None, None)
    assert at[0][0].startswith("#KIS!")
    assert {json.dumps(cell) for row in at[1:] for cell in row[1:-1]} == {json.dumps(NA)}
    change = served.value("KIS_PROGRAM_CHANGE", "KRX", "코스피", [[10.0]], None)
    assert len(change) == 12


WRONG = [None, "", [], [[]], [[None]], [["a", "b"], ["c", "d"]], 0, -1, True, 1e308, "x" * 5000, [["=1+1"]], [1, 2],
         [["KRX", None]] * 40, {"type": "Error", "basicValue": "#REF!"}, [[{"type": "Error", "basicValue": "#N/A"}]],
         {"type": "Entity", "text": "삼성전자"}, {}, [[[["deep"]]]], "\ud800"]  # fmt: skip


@pytest.mark.parametrize("name", sorted(guide.FORMULAS))
def test_no_argument_whatever_it_is_costs_more_than_a_sentence_in_the_cell(served, name):
    usual = ["KRX", "코스피", "외국인", "비차익", None, None][: len(guide.FORMULAS[name].arguments)]
    for place in range(len(usual)):
        for wrong in WRONG:
            given = [*usual[:place], wrong, *usual[place + 1 :]]
            answer = served.call(name, *given)
            assert answer.status_code == 200, (given, answer.text)
            assert "Traceback" not in answer.text
    for given in ([], ["KRX"], usual * 3):
        assert served.call(name, *given).status_code == 200


def test_a_wrong_word_is_a_sentence_and_no_call(served, gateway):
    before = len(gateway.calls)
    table = served.value("KIS_PROGRAM_TRADE", "NYSE", "코스피", None, None)
    assert table[0][0].startswith('#KIS! 거래소를 알 수 없음: "NYSE"')
    assert table[1][1] == NA
    assert served.value("KIS_PROGRAM_TRADE", "NYSE", "코스피", None, None, runtime="1.1")[1][1] == "#N/A"
    assert len(gateway.calls) == before


def test_a_client_that_only_knows_raised_errors_gets_one(served):
    answer = served.call("KIS_PROGRAM_VALUE", "NYSE", "코스피", "외국인", "비차익", runtime="1.3")
    assert (answer.status_code, answer.text) == (400, "#N/A")


def test_a_gateway_that_fails_leaves_the_figures_and_marks_them_late(served, gateway, wait_until):
    served.value("KIS_PROGRAM_TRADE", "NXT", "코스피")
    before = served.value("KIS_PROGRAM_TRADE", "NXT", "코스피", [["순매수 대금"]], None)
    gateway.serve("NX", "1", gateway.truth("NX", "1"))
    gateway.fault = Fault.ROUTING
    wait_until(lambda: served.value("KIS_PROGRAM_TRADE", "NXT", "코스피", [["순매수 대금"]])[0][0].startswith("지연"))
    late = served.value("KIS_PROGRAM_TRADE", "NXT", "코스피", [["순매수 대금"]], None)
    assert len(late) == len(before)
    assert all(isinstance(cell, float) for row in late[1:] for cell in row[1:])
    assert served.get("/kis/table?exchange=NXT&market=KOSPI").json()["state"] == "late"
    gateway.clear_faults()
    wait_until(lambda: not served.value("KIS_PROGRAM_TRADE", "NXT", "코스피")[0][0].startswith("지연"))


def test_users_cost_no_calls(served, gateway):
    served.value("KIS_PROGRAM_TRADE", "KRX", "코스닥")
    before = gateway.count("program-trade")
    for _ in range(200):
        served.value("KIS_PROGRAM_VALUE", "KRX", "코스닥", [["개인"]], [["전체"]])
    asked = gateway.count("program-trade") - before
    assert asked < 100, "one for a pair and second, however many ask"
    assert gateway.count("token") == 1


# --- scripts ---


def test_a_refresh_writes_the_sheet_and_tells_the_task_pane_how_it_went(served):
    excel = Excel()
    answer = served.script("refresh", excel.book().api).json()
    *actions, told = answer["actions"]
    assert told["func"] == "runMacro"
    assert told["args"][0] == "kisSaid"
    assert told["args"][1].startswith("조회했습니다: ")
    excel.apply(actions)
    assert excel.file.sheetnames == ["Sheet1", "프로그램매매"]
    assert {"외국인", "기관계"} <= {cell.value for (cell,) in excel.file["프로그램매매"]["A1:A40"]}
    again = served.script("refresh", excel.book().api).json()["actions"]
    assert {each["func"] for each in again} <= {"setValues", "runMacro"}


def test_a_report_becomes_a_sheet_of_the_workbook(served):
    excel = Excel()
    *actions, told = served.script("report_sheet", excel.book().api).json()["actions"]
    excel.apply(actions)
    assert told["args"][1].startswith("보고서를 새 시트 ")
    assert excel.file.sheetnames[1].startswith("보고서 ")


def test_what_belongs_to_the_app_goes_to_the_book_of_whoever_asked(served):
    """xlwings opens all books in one app and gives such actions to the last one opened."""
    answers: list[list[dict[str, object]]] = []

    def ask() -> None:
        book = payload(sheet("Sheet1"))
        answers.extend(served.script("refresh", book).json()["actions"] for _ in range(4))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    for actions in answers:
        kinds = [each["func"] for each in actions]
        assert kinds.count("runMacro") == 1
        assert kinds[-1] == "runMacro"
        assert kinds.count("setScreenUpdating") == kinds.count("addSheet") * 2


# --- the task pane's data ---


def test_the_task_pane_has_its_data_in_both_languages(served):
    for lang, title, offered in (("ko", "KRX 코스피", "통합"), ("en", "KRX KOSPI", "UN")):
        assert served.get(f"/kis/table?exchange=KRX&market=KOSPI&lang={lang}").json()["title"] == title
        assert served.get(f"/kis/words?lang={lang}").json()["exchanges"][2]["value"] == offered
        assert served.get(f"/kis/status?lang={lang}").json()["lines"]
        assert served.post(f"/kis/refresh?lang={lang}").json()["sentence"]
    assert served.get("/kis/words?lang=fr").status_code == 422
    assert served.get("/kis/table?exchange=x&market=y").status_code == 400


def test_the_report_to_download_is_the_commands(served, places, points, monkeypatch):
    for name, value in points.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XLWINGS_KIS_HOME", str(places / "here"))
    answer = served.get("/kis/report?exchange=KRX&market=KOSPI")
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"
    named = answer.headers["content-disposition"]
    assert 'filename="program_trade_' in named
    assert "filename*=UTF-8''%ED%94%84" in named
    target = places / "command.xlsx"
    assert main(["report", "-o", str(target), "--exchange", "KRX", "--market", "KOSPI", "--quiet"]) == 0
    from openpyxl import load_workbook

    downloaded = places / "downloaded.xlsx"
    downloaded.write_bytes(answer.content)
    sheets = [load_workbook(path).sheetnames for path in (target, downloaded)]
    assert sheets[0] == sheets[1]


# --- who may ask ---


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_is_answered_without_credentials(guarded, token, method, path):
    for headers in ({}, {"Authorization": "test-token"}, {"Authorization": "Bearer x"}, {"Authorization": token + "x"},
                    {"Auth-Provider": "custom"}, {"Authorization": "Bearer error"}):  # fmt: skip
        answer = guarded.session.request(method, guarded.url + path, headers=headers, data=b"{not json", timeout=60)
        assert answer.status_code == 401, (headers, answer.text)
        assert answer.json()["detail"].startswith("접속 토큰")


def test_who_is_on_the_list_is_answered(guarded, token):
    for given in (token, f"Bearer {token}"):
        assert guarded.call("KIS_PROGRAM_STATUS", Authorization=given).status_code == 200
        assert guarded.get("/kis/words", Authorization=given).status_code == 200
    assert guarded.script("refresh", Excel().book().api, Authorization=token).status_code == 200


def test_what_excel_needs_before_anybody_has_logged_in_is_there_and_holds_no_figure(guarded):
    for path in ("/taskpane.html", "/manifest.xml", "/xlwings/custom-functions-meta.json",
                 "/xlwings/custom-functions-code.js", "/xlwings/custom-scripts-meta.json", "/static/js/config.js"):  # fmt: skip
        assert guarded.get(path).status_code == 200, path


def test_the_list_is_read_again_while_the_server_runs(guarded, book, token):
    new, _ = book.add("이영희")
    assert guarded.get("/kis/words", Authorization=new).status_code == 200
    book.remove("이영희")
    assert guarded.get("/kis/words", Authorization=new).status_code == 401
    assert guarded.get("/kis/words", Authorization=token).status_code == 200


UP = "/".join([".."] * 12)


@pytest.mark.parametrize(
    "path",
    [f"/static/{UP}/etc/passwd", f"/static/{UP.replace('.', '%2e')}/etc/passwd", "/static/../main.py", "/static/./js/config.js",
     "/static/%2e%2e%2fmain.py", "/static/..%5c..%5cmain.py", "/static/C:/Windows/win.ini", "/static//etc/passwd"],
)  # fmt: skip
def test_no_file_but_those_of_the_pages_can_be_read(guarded, served, token, path):
    for server, headers in ((served, {}), (guarded, {}), (guarded, {"Authorization": token})):
        address = urlsplit(server.url)
        line = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        line.request("GET", path, headers=headers)  # sends the path as it is
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (404, b'{"detail": "Not Found"}')
        line.close()


def test_without_a_list_this_machine_alone_is_answered(served):
    for headers in ({"Host": "desk.example.kr"}, {"X-Forwarded-For": "10.0.0.7"}, {"Forwarded": "for=10.0.0.7"},
                    {"Via": "1.1 proxy"}, {"X-Forwarded-Proto": "https"}, {"Origin": "https://evil.example"},
                    {"Origin": "null"}, {"Host": "[::1"}):  # fmt: skip
        assert served.get("/kis/status", **headers).status_code == 403
        assert served.get("/taskpane.html", **headers).status_code == 403


def test_a_body_too_large_is_refused_before_it_is_read(guarded, served, token):
    many = {"Content-Length": str(65 * 1024 * 1024)}
    for server, headers in ((guarded, many | {"Authorization": token}), (served, many)):
        with requests.Session() as session:
            answer = session.post(
                f"{server.url}/xlwings/custom-scripts-call/refresh", headers=headers, data=b"", timeout=60
            )
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")


def test_a_formula_on_a_whole_column_is_a_sentence_and_keeps_nobody_waiting(served):
    answer = served.call("KIS_PROGRAM_TRADE", "KRX", "코스피", [[""]] * 1_048_576)
    assert answer.status_code == 400  # its text is shown, and nobody asks again
    assert answer.json()["detail"].startswith("인수의 범위가 너무 큽니다. ")


# --- health and log ---


def test_health_is_open_and_tells_nothing_else(guarded):
    answer = guarded.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "python" not in json.dumps(dict(answer.headers)).lower()
    assert "uvicorn" not in json.dumps(dict(answer.headers)).lower()


def test_the_log_is_json_and_holds_no_secret(guarded, gateway, token):
    guarded.get(f"/kis/words?lang=xx&token={token}", Authorization=token)
    guarded.get(f"/xlwings/alert?prompt={token}&title=a&buttons=ok&mode=info&callback=x")
    guarded.get("/kis/words", Authorization="Bearer wrong-and-long-enough-to-be-a-token")
    lines = guarded.log().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert any(each.get("status") == 401 for each in told)
    assert any(each.get("user") == "김철수" for each in told)
    for secret in (
        token,
        gateway.app_key,
        gateway.app_secret,
        "wrong-and-long",
        "Bearer",
        "?lang",
        *gateway.issued_tokens,
    ):
        assert secret not in guarded.log()
    assert any("paid licence" in line for line in lines)
