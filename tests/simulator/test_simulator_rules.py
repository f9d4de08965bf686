"""KIS's rules, without a socket: what is refused, with which code, and what a good answer looks like."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from xlwings_kis.simulator.answers import Request

OK = ("0", "MCA00000")
CORPORATION = {
    "custtype": "B",
    "personalseckey": "p" * 180,
    "seq_no": "001",
    "phone_number": "01011112222",
    "ip_addr": "203.0.113.10",
    "gt_uid": "0123456789abcdef0123456789abcdef",
}


def said(answer: Any) -> tuple[str, str]:
    body = json.loads(answer.body)
    return body["rt_cd"], body["msg_cd"]


def code_of(answer: Any) -> str:
    code: str = json.loads(answer.body)["error_code"]
    return code


# --- queries ---


def test_a_complete_request_is_answered(desk: Any) -> None:
    answer = desk.ask(desk.token())
    body = json.loads(answer.body)
    assert (answer.status, said(answer), body["msg1"]) == (200, OK, "정상처리 되었습니다.")
    assert len(body["output1"]) == 11
    headers = dict(answer.headers)
    assert headers == {"content-type": "application/json; charset=utf-8", "tr_id": "HHPPG046600C1"}


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("content-type", None, "EGW00132"),
        ("content-type", "text/plain", "EGW00132"),
        ("appkey", None, "EGW00102"),
        ("appkey", "another", "EGW00103"),
        ("appsecret", None, "EGW00104"),
        ("appsecret", "another", "EGW00105"),
        ("tr_id", None, "EGW00101"),
        ("tr_id", "HHPPG046600C0", "OPSQ0002"),
        ("custtype", None, "EGW00208"),
        ("custtype", "p", "EGW00208"),
        ("authorization", None, "EGW00122"),
        ("authorization", "Bearer ", "EGW00122"),
        ("authorization", "brought", "EGW00205"),
        ("authorization", "Bearer another", "EGW00121"),
    ],
)
def test_a_missing_or_wrong_header_is_refused(desk: Any, header: str, value: str | None, code: str) -> None:
    answer = desk.ask("brought", **{header: value})
    assert (answer.status, said(answer)) == (500, ("1", code))
    assert json.loads(answer.body)["msg1"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"MRKT_DIV_CLS_CODE": "1"}, "EXCH_DIV_CLS_CODE"),
        ({"EXCH_DIV_CLS_CODE": "", "MRKT_DIV_CLS_CODE": "1"}, "EXCH_DIV_CLS_CODE"),
        ({"EXCH_DIV_CLS_CODE": "K", "MRKT_DIV_CLS_CODE": "1"}, "EXCH_DIV_CLS_CODE"),
        ({"EXCH_DIV_CLS_CODE": "J"}, "MRKT_DIV_CLS_CODE"),
        ({"EXCH_DIV_CLS_CODE": "J", "MRKT_DIV_CLS_CODE": "2"}, "MRKT_DIV_CLS_CODE"),
        ({"EXCH_DIV_CLS_CODE": "J", "MRKT_DIV_CLS_CODE": "1.0"}, "MRKT_DIV_CLS_CODE"),
        ({}, "EXCH_DIV_CLS_CODE"),
    ],
)
def test_a_missing_or_wrong_parameter_is_named_with_status_200(desk: Any, query: dict[str, str], named: str) -> None:
    answer = desk.ask("brought", query)
    assert (answer.status, said(answer)) == (200, ("2", "OPSQ2001"))
    assert named in json.loads(answer.body)["msg1"]


@pytest.mark.parametrize("exchange", ["J", "NX", "UN"])
@pytest.mark.parametrize("market", ["1", "4"])
def test_all_six_pairs_are_served(desk: Any, exchange: str, market: str) -> None:
    answer = desk.ask("brought", {"EXCH_DIV_CLS_CODE": exchange, "MRKT_DIV_CLS_CODE": market})
    assert json.loads(answer.body)["output1"] == desk.gateway.rows(exchange, market, desk.clock())


def test_a_corporation_is_answered_with_its_global_uid(desk: Any) -> None:
    answer = desk.ask("brought", **CORPORATION)
    assert said(answer) == OK
    assert dict(answer.headers)["gt_uid"] == CORPORATION["gt_uid"]


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("personalseckey", None, "EGW00206"),
        ("seq_no", None, "EGW00209"),
        ("seq_no", "1", "EGW00209"),
        ("phone_number", None, "EGW00212"),
        ("phone_number", "010-1111-2222", "EGW00212"),
        ("ip_addr", None, "EGW00207"),
        ("gt_uid", None, "EGW00101"),
        ("gt_uid", "x" * 33, "EGW00101"),
    ],
)
def test_a_corporation_must_identify_itself(desk: Any, header: str, value: str | None, code: str) -> None:
    assert said(desk.ask("brought", **{**CORPORATION, header: value})) == ("1", code)


def test_a_global_uid_is_good_once(desk: Any) -> None:
    assert said(desk.ask("brought", **CORPORATION)) == OK
    assert said(desk.ask("brought", **CORPORATION)) == ("1", "EGW00101")
    assert said(desk.ask("brought", **{**CORPORATION, "gt_uid": "another"})) == OK


def test_calls_above_the_limit_of_a_second_are_refused_by_real_time(desk: Any) -> None:
    assert {said(desk.ask("brought")) for _ in range(18)} == {OK}
    refused = desk.ask("brought")
    assert (refused.status, said(refused)) == (500, ("1", "EGW00201"))
    desk.clock.advance(seconds=5)  # the wall clock does not matter
    assert said(desk.ask("brought")) == ("1", "EGW00201")
    desk.clock.monotonic += 1.0
    assert said(desk.ask("brought")) == OK


def test_the_limit_can_be_three_as_for_new_customers(new_desk: Callable[..., Any]) -> None:
    desk = new_desk(calls_per_second=3)
    assert [said(desk.ask("brought"))[1] for _ in range(4)][2:] == ["MCA00000", "EGW00201"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/uapi/domestic-stock/v1/quotations/investor-program-trade-today"), ("GET", "/")],
)
def test_what_kis_does_not_serve_is_refused_and_not_recorded(desk: Any, method: str, path: str) -> None:
    assert said(desk.send(Request(method, path))) == ("1", "OPSQ0002")
    assert desk.gateway.calls == []


# --- tokens ---


def test_a_token_says_when_it_ends_in_korean_time(desk: Any) -> None:
    body = json.loads(desk.issue().body)
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 86400)
    assert body["access_token_token_expired"] == "2026-11-21 13:31:05"
    assert len(f"Bearer {body['access_token']}") <= 350


def test_a_token_is_issued_once_a_minute(desk: Any) -> None:
    desk.token()
    desk.clock.advance(seconds=59)
    answer = desk.issue()
    assert answer.status == 403
    assert json.loads(answer.body) == {
        "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
        "error_code": "EGW00133",
    }
    desk.clock.advance(seconds=1)
    assert desk.issue().status == 200


def test_within_six_hours_the_same_token_comes_again_and_counts_as_an_issue(desk: Any) -> None:
    first = json.loads(desk.issue().body)
    desk.clock.advance(hours=5, minutes=59)
    assert json.loads(desk.issue().body) == first  # its end included
    assert desk.gateway.tokens.issued == [first["access_token"]] * 2
    desk.clock.advance(minutes=1)
    assert json.loads(desk.issue().body)["access_token"] != first["access_token"]


def test_a_token_lives_a_day(desk: Any) -> None:
    token = desk.token()
    desk.clock.advance(hours=23, minutes=59)
    assert said(desk.ask(token)) == OK
    desk.clock.advance(minutes=1)
    assert said(desk.ask(token)) == ("1", "EGW00123")


def test_expired_and_revoked_tokens_are_refused_and_replaced(new_desk: Callable[..., Any]) -> None:
    desk = new_desk(token_interval=0)
    expired = desk.token()
    desk.gateway.tokens.expire_all()
    assert said(desk.ask(expired)) == ("1", "EGW00123")
    revoked = desk.token()
    assert revoked != expired
    desk.gateway.tokens.revoke_all()
    assert said(desk.ask(revoked)) == ("1", "EGW00121")
    assert said(desk.ask(desk.token())) == OK


def test_a_token_the_user_brings_is_accepted_from_the_start(desk: Any) -> None:
    desk.gateway.tokens.expire_all()
    assert said(desk.ask("brought")) == OK
    assert desk.gateway.tokens.issued == []


def test_a_token_of_another_gateway_is_not_accepted(desk: Any, new_desk: Callable[..., Any]) -> None:
    desk.token()
    assert said(desk.ask(new_desk().token())) == ("1", "EGW00121")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"appkey": "another"}, "EGW00103"),
        ({"appsecret": "another"}, "EGW00105"),
        ({"appkey": ""}, "EGW00102"),
        ({"grant_type": ""}, "EGW00115"),
        ({"grant_type": "password"}, "EGW00116"),
        ({"appkey": 7}, "EGW00101"),
    ],
)
def test_a_wrong_token_request_is_refused_in_its_own_shape(desk: Any, changes: dict[str, Any], code: str) -> None:
    answer = desk.issue(**changes)
    assert (answer.status, code_of(answer)) == (403, code)


def test_a_token_request_must_be_json(desk: Any) -> None:
    answer = desk.send(Request("POST", "/oauth2/tokenP", body=b"grant_type=client_credentials"))
    assert (answer.status, code_of(answer)) == (403, "EGW00101")


def test_a_refused_token_request_does_not_start_the_minute(desk: Any) -> None:
    assert desk.issue(appkey="another").status == 403
    assert desk.issue().status == 200


# --- the record ---


def test_every_call_is_recorded_with_what_it_asked(desk: Any) -> None:
    token = desk.token()
    desk.ask(token, {"EXCH_DIV_CLS_CODE": "UN", "MRKT_DIV_CLS_CODE": "4"})
    desk.ask("another")
    calls = desk.gateway.calls
    assert [(call.kind, call.exchange, call.market, call.status) for call in calls] == [
        ("token", "", "", 200),
        ("program-trade", "UN", "4", 200),
        ("program-trade", "J", "1", 500),
    ]
    assert calls[1].headers["authorization"] == f"Bearer {token}"
    assert token not in repr(calls)
    assert "secret" not in repr(calls)
