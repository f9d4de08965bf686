"""Each fault answers as its name says; those of the connection are in test_simulator_server.py."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from xlwings_kis.simulator import Fault
from xlwings_kis.simulator.answers import Delivery

JSON_TYPE = "application/json; charset=utf-8"
REFUSALS = {
    Fault.TOKEN_INVALID: (500, "EGW00121"),
    Fault.TOKEN_MISSING: (500, "EGW00122"),
    Fault.TOKEN_EXPIRED: (500, "EGW00123"),
    Fault.WRONG_KEY: (500, "EGW00103"),
    Fault.WRONG_SECRET: (500, "EGW00105"),
    Fault.TOO_MANY_CALLS: (500, "EGW00201"),
    Fault.TOO_MANY_CALLS_2: (500, "EGW00215"),
    Fault.ROUTING: (500, "EGW00202"),
    Fault.GATEWAY_TIMEOUT: (500, "EGW00203"),
    Fault.ASK_AGAIN: (500, "EGW00300"),
    Fault.ASK_AGAIN_2: (500, "EGW00301"),
    Fault.ASK_AGAIN_3: (500, "EGW00302"),
    Fault.ASK_AGAIN_4: (500, "EGW00316"),
    Fault.IP_NOT_ALLOWED: (403, "EGW00207"),
    Fault.NO_RIGHT: (500, "EGW00206"),
    Fault.BAD_CUSTTYPE: (500, "EGW00208"),
    Fault.BAD_SEQ_NO: (500, "EGW00209"),
    Fault.PAPER_KEY: (500, "EGW02004"),
    Fault.UNKNOWN_CODE: (500, "EGW00999"),
}
TOKEN_REFUSALS = {
    Fault.TOKEN_TOO_SOON: "EGW00133",
    Fault.TOKEN_WRONG_KEY: "EGW00103",
    Fault.TOKEN_WRONG_SECRET: "EGW00105",
    Fault.TOKEN_PAPER_KEY: "EGW02004",
}
DELIVERIES = {
    Fault.TRUNCATED: Delivery.CUT,
    Fault.RESET: Delivery.RESET,
    Fault.CLOSE_BEFORE_ANSWER: Delivery.CLOSE,
    Fault.HANG: Delivery.HANG,
    Fault.HANG_IN_BODY: Delivery.HANG_IN_BODY,
    Fault.SLOW_DRIP: Delivery.DRIP,
}

Rows = dict[str, dict[str, str]]


@pytest.fixture
def struck(desk: Any) -> Callable[[Fault], Any]:
    """Ask KRX KOSPI with a fault queued."""

    def ask(fault: Fault) -> Any:
        desk.gateway.queue(fault, 1)
        return desk.ask("brought")

    return ask


@pytest.fixture
def rows_of(struck: Callable[[Fault], Any]) -> Callable[[Fault], Any]:
    def ask(fault: Fault) -> Any:
        answer = struck(fault)
        assert (answer.status, dict(answer.headers)["content-type"]) == (200, JSON_TYPE)
        return json.loads(answer.body)["output1"]

    return ask


def by_code(rows: list[dict[str, str]]) -> Rows:
    return {row["invr_cls_code"]: row for row in rows}


@pytest.fixture
def good(desk: Any) -> Rows:
    return by_code(desk.gateway.rows("J", "1", desk.clock()))


# --- the names ---


def test_a_fault_is_named_in_kebab_case_and_described_in_korean() -> None:
    for fault in Fault:
        assert Fault(fault.value) is fault
        assert fault.value == fault.name.lower().replace("_", "-") or fault is Fault.YESTERDAY
        assert any("가" <= letter <= "힣" for letter in fault.description)
        fault.description.encode("cp949")  # a Korean console can print it
    assert Fault.YESTERDAY.value == "stale-yesterday"
    assert {fault.concerns for fault in Fault} == {"data", "token"}


def test_every_fault_changes_the_answer(desk: Any, new_desk: Callable[..., Any]) -> None:
    plain = desk.ask("brought")
    for fault in Fault:
        other = new_desk(token_interval=0)
        other.gateway.queue(fault, 1)
        if fault.concerns == "token":
            answer = other.issue()
            assert answer.status != 200 or b"token_token_expired" not in answer.body, fault
        elif fault is not Fault.FROZEN:
            assert other.ask("brought") != plain, fault


# --- refusals ---


@pytest.mark.parametrize(("fault", "expected"), REFUSALS.items(), ids=lambda each: getattr(each, "value", ""))
def test_a_refusal_has_its_code_and_status(
    struck: Callable[[Fault], Any], fault: Fault, expected: tuple[int, str]
) -> None:
    answer = struck(fault)
    body = json.loads(answer.body)
    assert (answer.status, body["msg_cd"]) == expected
    assert (set(body), body["rt_cd"]) == ({"rt_cd", "msg_cd", "msg1"}, "1")


@pytest.mark.parametrize(("fault", "code"), TOKEN_REFUSALS.items(), ids=lambda each: getattr(each, "value", ""))
def test_a_token_refusal_has_the_token_endpoints_shape(desk: Any, fault: Fault, code: str) -> None:
    desk.gateway.queue(fault, 1)
    answer = desk.issue()
    body = json.loads(answer.body)
    assert (answer.status, body["error_code"], set(body)) == (403, code, {"error_description", "error_code"})
    assert desk.gateway.tokens.issued == []


def test_a_missing_field_comes_with_status_200(struck: Callable[[Fault], Any]) -> None:
    answer = struck(Fault.FIELD_MISSING)
    body = json.loads(answer.body)
    assert (answer.status, body["rt_cd"], body["msg_cd"]) == (200, "2", "OPSQ2001")


def test_unauthorized_is_bare(struck: Callable[[Fault], Any]) -> None:
    answer = struck(Fault.UNAUTHORIZED)
    assert (answer.status, answer.body) == (401, b"")


# --- answers that are no answer ---


@pytest.mark.parametrize(("fault", "status"), [(Fault.HTML_200, 200), (Fault.HTML_503, 503)])
def test_html_says_it_is_html(struck: Callable[[Fault], Any], fault: Fault, status: int) -> None:
    answer = struck(fault)
    assert (answer.status, dict(answer.headers)["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("fault", [Fault.EMPTY_BODY, Fault.BAD_JSON])
def test_broken_json_is_broken(struck: Callable[[Fault], Any], fault: Fault) -> None:
    answer = struck(fault)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_broken_utf8_is_broken(struck: Callable[[Fault], Any]) -> None:
    body = struck(Fault.INVALID_UTF8).body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    assert json.loads(body.decode("utf-8", "replace"))["rt_cd"] == "0"


def test_euc_kr_is_correct_euc_kr(struck: Callable[[Fault], Any], good: Rows) -> None:
    answer = struck(Fault.EUC_KR)
    assert dict(answer.headers)["content-type"] == "application/json; charset=euc-kr"
    assert by_code(json.loads(answer.body.decode("euc-kr"))["output1"]) == good


def test_a_wrong_content_type_hides_a_good_body(struck: Callable[[Fault], Any], good: Rows) -> None:
    answer = struck(Fault.WRONG_CONTENT_TYPE)
    assert dict(answer.headers)["content-type"].startswith("text/html")
    assert by_code(json.loads(answer.body)["output1"]) == good


def test_wrong_shapes_are_well_formed_json(struck: Callable[[Fault], Any]) -> None:
    assert isinstance(json.loads(struck(Fault.NOT_AN_OBJECT).body), list)
    assert isinstance(json.loads(struck(Fault.WRONG_SHAPE).body)["output1"], dict)
    assert "output1" not in json.loads(struck(Fault.MISSING_OUTPUT).body)
    rows = json.loads(struck(Fault.ROW_NOT_OBJECT).body)["output1"]
    assert sum(isinstance(row, str) for row in rows) == 1


def test_a_redirect_points_to_another_path(struck: Callable[[Fault], Any]) -> None:
    answer = struck(Fault.REDIRECT)
    assert (answer.status, dict(answer.headers)["location"]) == (302, "/redirected")


def test_the_gzip_bomb_is_small_until_it_is_opened(struck: Callable[[Fault], Any]) -> None:
    answer = struck(Fault.GZIP_BOMB)
    assert dict(answer.headers)["content-encoding"] == "gzip"
    assert len(answer.body) < 500_000
    member = zlib.decompressobj(wbits=31)
    assert len(member.decompress(answer.body)) == 1_000_000
    assert len(answer.body) == 200 * (len(answer.body) - len(member.unused_data))


@pytest.mark.parametrize(("fault", "delivery"), DELIVERIES.items(), ids=lambda each: getattr(each, "value", ""))
def test_faults_of_the_connection_name_their_delivery(
    struck: Callable[[Fault], Any], fault: Fault, delivery: Delivery
) -> None:
    assert struck(fault).delivery is delivery


# --- awkward contents ---


def test_no_rows_is_still_a_success(rows_of: Callable[[Fault], Any]) -> None:
    assert rows_of(Fault.NO_ROWS) == []


def test_all_zero_keeps_the_investors(rows_of: Callable[[Fault], Any], good: Rows) -> None:
    rows = by_code(rows_of(Fault.ALL_ZERO))
    assert rows.keys() == good.keys()
    assert {text for row in rows.values() for name, text in row.items() if "invr" not in name} == {"0"}


def test_yesterday_is_the_previous_trading_days_final_table(rows_of: Callable[[Fault], Any], desk: Any) -> None:
    rows = rows_of(Fault.YESTERDAY)
    desk.clock.advance(hours=-14)  # 23:31 of the day before
    assert rows == desk.gateway.rows("J", "1", desk.clock())


def test_a_duplicate_comes_second_and_differs(rows_of: Callable[[Fault], Any], good: Rows) -> None:
    first, second = (row for row in rows_of(Fault.DUPLICATE_INVESTOR) if row["invr_cls_code"] == "9100")
    assert first == good["9100"] != second


def test_unknown_investors_come_with_their_names(rows_of: Callable[[Fault], Any]) -> None:
    names = {
        fault: by_code(rows_of(fault))["9300"]["invr_cls_name"]
        for fault in (Fault.UNKNOWN_INVESTOR, Fault.FORMULA_TEXT, Fault.CONTROL_CHARACTERS)
    }
    assert names[Fault.UNKNOWN_INVESTOR] != names[Fault.UNKNOWN_INVESTOR].strip()
    assert names[Fault.FORMULA_TEXT] == '=HYPERLINK("http://x","y")'
    assert {"\x00", "\x0b"} <= set(names[Fault.CONTROL_CHARACTERS])


def test_state_and_local_is_contained_in_the_institutions(rows_of: Callable[[Fault], Any], good: Rows) -> None:
    rows = by_code(rows_of(Fault.STATE_AND_LOCAL))
    added = int(rows["7000"]["all_seln_amt"])
    assert added > 0
    assert int(rows["8888"]["all_seln_amt"]) == int(good["8888"]["all_seln_amt"]) + added


def test_a_missing_investor_is_the_pension_funds(rows_of: Callable[[Fault], Any], good: Rows) -> None:
    assert good.keys() - by_code(rows_of(Fault.MISSING_INVESTOR)).keys() == {"6000"}


def test_odd_numbers_hold_every_spelling(rows_of: Callable[[Fault], Any], good: Rows) -> None:
    rows = by_code(rows_of(Fault.ODD_NUMBERS))
    texts = [text for row in rows.values() for name, text in row.items() if "invr" not in name]
    assert {"", "-", " ", "+5", "-0000903"} <= set(texts)
    assert any("," in text for text in texts)
    assert "arbt_ntby_amt" not in rows["8000"]
    padded = rows["8888"]["all_seln_amt"]
    assert padded != padded.strip() == good["8888"]["all_seln_amt"]
    assert int(rows["9100"]["all_seln_amt"].replace(",", "")) == int(good["9100"]["all_seln_amt"])


def test_a_broken_sum_is_off_by_three(rows_of: Callable[[Fault], Any]) -> None:
    row = by_code(rows_of(Fault.BROKEN_SUM))["9100"]
    assert int(row["all_ntby_amt"]) - (int(row["all_shnu_amt"]) - int(row["all_seln_amt"])) == 3


def test_one_figure_is_bad_and_one_code_missing(rows_of: Callable[[Fault], Any]) -> None:
    assert by_code(rows_of(Fault.BAD_FIGURE))["9100"]["all_ntby_amt"] == "12x"
    assert sum("invr_cls_code" not in row for row in rows_of(Fault.MISSING_CODE)) == 1


def test_an_extra_field_is_in_every_row(rows_of: Callable[[Fault], Any]) -> None:
    assert {len(row) for row in rows_of(Fault.EXTRA_FIELD)} == {21}


def test_frozen_figures_stand_still_until_the_fault_is_gone(desk: Any) -> None:
    desk.gateway.fault = Fault.FROZEN
    first = desk.ask("brought").body
    desk.clock.advance(hours=1)
    assert desk.ask("brought").body == first
    desk.gateway.fault = None
    assert desk.ask("brought").body != first


# --- when they strike ---


def test_a_queued_fault_strikes_as_often_as_told_and_only_its_endpoint(desk: Any) -> None:
    desk.gateway.queue(Fault.ROUTING, 2)
    assert desk.issue().status == 200
    assert [desk.ask("brought").status for _ in range(3)] == [500, 500, 200]


def test_queued_faults_come_in_order_and_before_a_lasting_one(desk: Any) -> None:
    desk.gateway.fault = Fault.HTML_503
    desk.gateway.queue(Fault.ROUTING, 1)
    desk.gateway.queue(Fault.IP_NOT_ALLOWED, 1)
    assert [desk.ask("brought").status for _ in range(4)] == [500, 403, 503, 503]
    desk.gateway.clear_faults()
    assert desk.ask("brought").status == 200


def test_a_fault_of_the_contents_does_not_excuse_a_bad_request(desk: Any) -> None:
    desk.gateway.queue(Fault.NO_ROWS, 1)
    assert json.loads(desk.ask("another").body)["msg_cd"] == "EGW00121"


def test_a_token_without_expiry_is_good_all_the_same(desk: Any) -> None:
    desk.gateway.queue(Fault.TOKEN_NO_EXPIRY, 1)
    body = json.loads(desk.issue().body)
    assert set(body) == {"access_token", "token_type"}
    assert desk.ask(body["access_token"]).status == 200


def test_fixed_rows_are_served_as_they_are_until_taken_back(desk: Any) -> None:
    rows = [{"invr_cls_code": "9100", "all_ntby_amt": None}]
    desk.gateway.serve("J", "1", rows)
    assert json.loads(desk.ask("brought").body)["output1"] == rows
    other = desk.ask("brought", {"EXCH_DIV_CLS_CODE": "J", "MRKT_DIV_CLS_CODE": "4"})
    assert len(json.loads(other.body)["output1"]) == 11
    desk.gateway.serve("J", "1", None)
    assert len(json.loads(desk.ask("brought").body)["output1"]) == 11


# --- the control endpoint, without its socket ---


def test_control_queues_sets_and_clears_faults(desk: Any) -> None:
    assert desk.gateway.control(b'{"fault": "routing", "times": 2}').status == 200
    assert [desk.ask("brought").status for _ in range(3)] == [500, 500, 200]
    desk.gateway.control(b'{"fault": "html-503", "times": 0}')
    assert [desk.ask("brought").status for _ in range(2)] == [503, 503]
    assert json.loads(desk.gateway.control(b'{"fault": null}').body)["fault"] is None
    assert desk.ask("brought").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"fault": "no-such"}',
        b'{"fault": "hang", "times": "2"}',
        b'{"fault": "hang", "times": -1}',
    ],
)
def test_control_refuses_what_it_does_not_know_and_lists_what_it_does(desk: Any, body: bytes) -> None:
    answer = desk.gateway.control(body)
    assert answer.status == 400
    assert "hang" in json.loads(answer.body)["faults"]
