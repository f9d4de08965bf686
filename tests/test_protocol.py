"""How KIS speaks: what is sent, and what every kind of answer means."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from clocks import kst
from hypothesis import example, given
from hypothesis import strategies as st
from making import body, item

from xlwings_kis.errors import AnswerError, CredentialError, KisError, NetworkError, RefusedError, TokenError
from xlwings_kis.gateway import _new_uid
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.protocol import (
    LONGEST_LIFE,
    Answer,
    Credentials,
    Refusal,
    Remedy,
    data_request,
    gateway_time,
    read_data,
    read_token,
    token_request,
)
from xlwings_kis.secret import Secret

DATE = "Fri, 20 Nov 2026 02:20:31 GMT"
"""11:20:31 in Seoul."""

NOW = kst("2026-11-20 11:20:31").timestamp()
TOKEN = Secret("eyJ0oken")
PERSON = Credentials(Secret("K" * 36), Secret("S" * 180))
COMPANY = Credentials(
    Secret("K" * 36),
    Secret("S" * 180),
    "B",
    personalseckey=Secret("P" * 180),
    phone_number=Secret("01011112222"),
    ip_addr=Secret("203.0.113.215"),
)
EVERYTHING_DOCUMENTED = {
    "content-type": "application/json; charset=utf-8",
    "authorization": "Bearer eyJ0oken",
    "appkey": "K" * 36,
    "appsecret": "S" * 180,
    "tr_id": "HHPPG046600C1",
    "tr_cont": "",
    "custtype": "P",
}


def uids():
    numbers = iter(range(1, 100))
    return lambda: f"uid-{next(numbers)}"


def ask(who=PERSON, exchange=Exchange.KRX, market=Market.KOSPI, new_uid=_new_uid):
    return data_request(Pair(exchange, market), who, TOKEN, new_uid)


def answer(content, status=200, **headers):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer(status, headers, raw)


def refused(code, msg="거절", status=500, rt_cd="1"):
    return answer({"rt_cd": rt_cd, "msg_cd": code, "msg1": msg}, status)


def data_refusal(given):
    with pytest.raises(Refusal) as raised:
        read_data(given)
    return raised.value


def token_body(**changed):
    return {
        "access_token": "eyJ0oken",
        "access_token_token_expired": "2026-11-21 11:20:31",
        "token_type": "Bearer",
        "expires_in": 86400,
        **changed,
    }


# What is sent


def test_the_path_is_the_documents_and_a_get_has_no_body():
    request = ask()
    assert request.path == "/uapi/domestic-stock/v1/quotations/investor-program-trade-today"
    assert request.json is None
    assert request.kind == "data"


@pytest.mark.parametrize(("exchange", "wire"), [(Exchange.KRX, "J"), (Exchange.NXT, "NX"), (Exchange.UN, "UN")])
@pytest.mark.parametrize(("market", "number"), [(Market.KOSPI, "1"), (Market.KOSDAQ, "4")])
def test_both_required_parameters_are_sent_for_every_pair(exchange, market, wire, number):
    assert ask(exchange=exchange, market=market).params == {"EXCH_DIV_CLS_CODE": wire, "MRKT_DIV_CLS_CODE": number}


def test_a_person_sends_exactly_the_required_headers():
    assert ask().headers == EVERYTHING_DOCUMENTED


def test_a_person_sends_a_mac_address_only_where_one_is_set():
    assert "mac_address" not in ask().headers
    with_mac = Credentials(PERSON.app_key, PERSON.app_secret, mac_address=Secret("001122AABBCC"))
    assert ask(with_mac).headers == {**EVERYTHING_DOCUMENTED, "mac_address": "001122AABBCC"}


def test_a_person_sends_nothing_that_is_a_corporations():
    mixed = Credentials(PERSON.app_key, PERSON.app_secret, "P", Secret("P" * 180), Secret("010"), Secret("203.0.113.1"))
    assert ask(mixed).headers == EVERYTHING_DOCUMENTED


def test_a_corporation_sends_all_headers_of_its_own_uncut():
    assert ask(COMPANY, new_uid=uids()).headers == {
        **EVERYTHING_DOCUMENTED,
        "custtype": "B",
        "personalseckey": "P" * 180,
        "seq_no": "001",
        "phone_number": "01011112222",
        "ip_addr": "203.0.113.215",
        "gt_uid": "uid-1",
    }


def test_a_gt_uid_is_new_for_every_call_and_at_most_32_characters():
    sent = [ask(COMPANY).headers["gt_uid"] for _ in range(200)]
    assert len(set(sent)) == 200
    assert all(0 < len(uid) <= 32 and uid.isalnum() for uid in sent)


def test_a_token_is_asked_for_by_client_credentials():
    request = token_request(PERSON)
    assert (request.kind, request.path, request.params) == ("token", "/oauth2/tokenP", {})
    assert request.headers == {"content-type": "application/json; charset=utf-8"}
    assert request.json == {"grant_type": "client_credentials", "appkey": "K" * 36, "appsecret": "S" * 180}


def test_credentials_list_everything_that_no_text_may_hold():
    shown = repr(COMPANY)
    assert not any(secret.reveal() in shown for secret in COMPANY.secrets if secret)
    assert len([secret for secret in COMPANY.secrets if secret]) == 5


# What a table's answer means


def test_a_success_is_its_body():
    sent = body(item())
    assert read_data(answer(sent)) == sent


def test_a_success_may_begin_with_a_byte_order_mark_or_come_in_cp949():
    sent = body(item())
    written = json.dumps(sent, ensure_ascii=False)
    assert read_data(answer(b"\xef\xbb\xbf" + written.encode())) == sent
    assert read_data(answer(written.encode("cp949"))) == sent


TABLE = [
    ("EGW00133", Remedy.STOP, TokenError, False, "토큰 발급 대기(EGW00133)"),
    ("EGW00103", Remedy.STOP, CredentialError, True, "앱키 또는 시크릿 오류(EGW00103)"),
    ("EGW00105", Remedy.STOP, CredentialError, True, "앱키 또는 시크릿 오류(EGW00105)"),
    *(
        (code, Remedy.NEW_TOKEN, TokenError, False, f"접근토큰 거절됨({code})")
        for code in ("EGW00121", "EGW00122", "EGW00123")
    ),
    *((code, Remedy.AGAIN_SOON, RefusedError, False, f"조회 한도 초과({code})") for code in ("EGW00201", "EGW00215")),
    *(
        (code, Remedy.AGAIN_ONCE, RefusedError, False, f"KIS 서버 혼잡({code})")
        for code in ("EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302", "EGW00316")
    ),
    ("EGW00207", Remedy.STOP, RefusedError, True, "허용되지 않은 IP(EGW00207)"),
    *(
        (code, Remedy.STOP, RefusedError, True, f"조회 권한 없음({code})")
        for code in ("EGW00206", "EGW00208", "EGW00209")
    ),
    ("EGW02004", Remedy.STOP, CredentialError, True, "모의투자 앱키(EGW02004)"),
    ("OPSQ2001", Remedy.STOP, RefusedError, True, "조회 항목 오류(OPSQ2001)"),
    ("EGW00999", Remedy.STOP, RefusedError, False, "KIS 응답 오류(EGW00999)"),
]


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize(("code", "remedy", "kind", "ask_user", "cause"), TABLE, ids=[row[0] for row in TABLE])
def test_every_code_is_treated_as_observed_whatever_the_status(code, remedy, kind, ask_user, cause, status):
    refusal = data_refusal(refused(code, status=status))
    assert refusal.treatment.remedy is remedy
    assert type(refusal.error) is kind
    assert refusal.error.code == code
    assert refusal.error.problem.ask_user is refusal.treatment.ask_user is ask_user
    assert refusal.error.problem.cause() == cause


@pytest.mark.parametrize(("code", "remedy"), [row[:2] for row in TABLE], ids=[row[0] for row in TABLE])
def test_only_three_codes_and_401_may_discard_a_token(code, remedy):
    discards = data_refusal(refused(code)).treatment.remedy is Remedy.NEW_TOKEN
    assert discards == (code in ("EGW00121", "EGW00122", "EGW00123"))


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b"[]", b'{"msg_cd":"EGW00999","msg1":"x"}', b"\xff\xfe"])
def test_a_401_without_a_known_code_discards_the_token(content):
    refusal = data_refusal(answer(content, 401))
    assert refusal.treatment.remedy is Remedy.NEW_TOKEN
    assert isinstance(refusal.error, TokenError)


@pytest.mark.parametrize(("code", "remedy"), [row[:2] for row in TABLE[:-1]], ids=[row[0] for row in TABLE[:-1]])
def test_a_known_code_means_the_same_under_401(code, remedy):
    assert data_refusal(refused(code, status=401)).treatment.remedy is remedy


def test_an_unknown_code_is_shown_with_kis_s_own_words():
    error = data_refusal(refused("EGW00999", "점검 중입니다.")).error
    assert str(error) == "KIS 응답 오류(EGW00999): 점검 중입니다."


def test_an_input_field_error_shows_kis_s_own_words():
    error = data_refusal(refused("OPSQ2001", "ERROR : INPUT FIELD NOT FOUND [EXCH_DIV_CLS_CODE]", 200, "2")).error
    assert "ERROR : INPUT FIELD NOT FOUND [EXCH_DIV_CLS_CODE]" in str(error)
    assert "최신판" in error.hint


@pytest.mark.parametrize(
    "silent", [{"rt_cd": "1", "msg_cd": "EGW00999"}, {"rt_cd": "1", "msg_cd": "EGW00999", "msg1": None}]
)
def test_a_code_without_words_is_still_shown(silent):
    assert str(data_refusal(answer(silent, 500)).error) == "KIS 응답 오류(EGW00999): …"


def test_words_of_kis_are_cut_and_cleaned_before_anybody_reads_them():
    error = data_refusal(refused("EGW00999\x07" * 9, "줄\r\n바꿈\x1b[31m\ud800" + "가" * 500)).error
    text = str(error)
    assert text.startswith("KIS 응답 오류(EGW00999 EG…): 줄 바꿈 [31m 가")
    assert len(text) < 160
    assert text.encode("utf-8")


def test_a_success_code_under_another_status_is_no_success():
    with pytest.raises(Refusal):
        read_data(answer(body(item()), 500))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(b"<html><body>502</body></html>", 502), "html"),
        (answer(b"\r\n <!DOCTYPE html>", 200), "html"),
        *((answer(b"<html>", status), "html") for status in (299, 400, 403)),
        (answer(b"", 200), "empty"),
        (answer(b" \r\n", 500), "empty"),
        (answer(b"{'rt_cd': 0}", 200), "json"),
        (answer(b'{"rt_cd":"0","output1":[{"inv', 200), "json"),
        (answer(b"[]", 200), "json"),
        (answer(b"null", 200), "json"),
        (answer(b"\xff\xfe\xfa", 200), "json"),
        (answer(b"[" * 100_000, 200), "json"),
        (answer(b"", 302, Location="https://elsewhere"), "redirect"),
        (answer(b"<html>moved</html>", 307), "redirect"),
    ],
)
def test_what_is_no_answer_of_kis_is_said_so_and_never_discards_a_token(given, kind):
    with pytest.raises(NetworkError) as raised:
        read_data(given)
    assert raised.value.problem.key == "broken_answer"
    assert raised.value.problem.facts == {"broken": kind}


def test_a_proxy_that_wants_a_password_is_named():
    with pytest.raises(NetworkError, match="프록시 연결 실패"):
        read_data(answer(b"<html>", 407))


@pytest.mark.parametrize("content", [{}, {"output1": []}, {"rt_cd": "1"}, {"rt_cd": "1", "msg_cd": ["EGW00123"]}])
def test_json_that_is_neither_success_nor_refusal_names_the_field(content):
    with pytest.raises(AnswerError, match="msg_cd"):
        read_data(answer(content))


# What a token's answer means


def test_a_token_lives_until_the_expiry_string_counted_from_the_gateways_clock():
    wrong_clock = NOW - 7200
    issued = read_token(answer(token_body(), Date=DATE), wrong_clock)
    assert issued.token == TOKEN
    assert issued.lifetime == 86400.0


def test_the_expiry_string_is_trusted_before_expires_in():
    sent = token_body(access_token_token_expired="2026-11-20 17:20:31", expires_in=86400)
    assert read_token(answer(sent, date=DATE), NOW).lifetime == 6 * 3600.0


def test_without_a_date_the_lifetime_counts_from_now():
    assert read_token(answer(token_body()), NOW - 10).lifetime == 86410.0
    assert read_token(answer(token_body(), Date="yesterday"), NOW - 10).lifetime == 86410.0


@pytest.mark.parametrize("expiry", [None, "", "soon", 20261121, "2026-11-21T11:20:31"])
def test_without_a_readable_expiry_expires_in_is_taken(expiry):
    sent = token_body(access_token_token_expired=expiry, expires_in=3600)
    assert read_token(answer(sent, Date=DATE), NOW).lifetime == 3600.0


@pytest.mark.parametrize(
    "changed",
    [
        {"access_token": ""},
        {"access_token": "  "},
        {"access_token": None},
        {"access_token": 7},
        {"access_token": "tok\r\nX-Header: 1"},
        {"access_token": "토큰"},
        *(
            {"access_token_token_expired": None, "expires_in": value}
            for value in (None, "86400", 0, -1, True, float("nan"), 10**9, [])
        ),
    ],
)
def test_a_token_answer_that_cannot_be_read_is_a_broken_one(changed):
    with pytest.raises(NetworkError) as raised:
        read_token(answer(token_body(**changed), Date=DATE), NOW)
    assert raised.value.problem.facts == {"broken": "token"}


def test_a_token_asked_for_too_soon_is_refused_in_the_token_endpoints_own_shape():
    sent = {"error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)", "error_code": "EGW00133"}
    with pytest.raises(Refusal) as raised:
        read_token(answer(sent, 403), NOW)
    assert raised.value.treatment.remedy is Remedy.STOP
    assert isinstance(raised.value.error, TokenError)
    assert raised.value.error.code == "EGW00133"


@pytest.mark.parametrize("code", ["EGW00103", "EGW00105"])
def test_a_wrong_key_is_told_by_the_token_endpoint_too(code):
    with pytest.raises(Refusal) as raised:
        read_token(answer({"error_description": "유효하지 않은 AppKey", "error_code": code}, 403), NOW)
    assert isinstance(raised.value.error, CredentialError)


def test_a_token_under_a_bad_status_is_no_token():
    with pytest.raises(KisError):
        read_token(answer(token_body(), 500), NOW)


def test_an_issued_token_is_never_shown():
    assert "eyJ0oken" not in repr(read_token(answer(token_body()), NOW))


# The gateway's clock


@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
def test_the_gateways_clock_is_its_date_header(name):
    assert gateway_time(Answer(200, {name: DATE}, b"")) == NOW


@pytest.mark.parametrize("zoneless", ["Fri, 20 Nov 2026 02:20:31", "Fri, 20 Nov 2026 02:20:31 -0000"])
def test_a_date_without_a_zone_is_greenwich_wherever_the_pc_stands(zoneless, monkeypatch):
    if not hasattr(time, "tzset"):
        pytest.skip("this platform's time zone cannot be moved")
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        assert gateway_time(Answer(200, {"Date": zoneless}, b"")) == NOW
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize("value", ["", "x", "Fri,", "Fri, 99 Nov 2026 02:20:31 GMT", "1 Jan 99999 00:00 GMT"])
def test_an_unreadable_date_is_none(value):
    assert gateway_time(Answer(200, {"Date": value}, b"")) is None
    assert gateway_time(Answer(200, {}, b"")) is None


# Nothing else escapes

STATUS = st.integers(100, 599)
PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"msg_cd"', b":", b'"EGW00123"', b",", b"\xb1", b"\xef\xbb\xbf", b"0", b"<"]
)
BYTES = st.binary() | st.lists(PIECES).map(b"".join)


@given(STATUS, BYTES, st.text())
@example(500, b'{"rt_cd":"1","msg_cd":' + b"[" * 980 + b"]" * 980 + b"}", "")
@example(200, b"\xff", "")
def test_arbitrary_bytes_are_refused_by_our_own_errors_alone(status, raw, date):
    given_answer = Answer(status, {"Date": date}, raw)
    with pytest.raises((Refusal, KisError)):
        read_data(given_answer)
    with pytest.raises((Refusal, KisError)):
        read_token(given_answer, NOW)


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)


@given(
    STATUS,
    st.dictionaries(
        st.sampled_from(["rt_cd", "msg_cd", "msg1", "error_code", "error_description", "access_token"])
        | st.sampled_from(["access_token_token_expired", "expires_in", "output1"]),
        VALUE,
    ),
)
def test_arbitrary_values_in_an_answer_are_read_or_refused_by_our_own_errors_alone(status, content):
    sent = Answer(status, {"Date": DATE}, json.dumps(content).encode())
    for read in (read_data, lambda given_answer: read_token(given_answer, NOW)):
        with contextlib.suppress(Refusal, KisError):
            read(sent)


LETTERS = st.text(st.characters())
"""Every letter there is, halves of letters too: JSON can say them."""


@given(LETTERS, LETTERS)
def test_whatever_kis_says_can_be_written_to_any_file_and_terminal(code, msg):
    with pytest.raises((Refusal, KisError)) as raised:
        read_data(refused(code, msg))
    str(raised.value).encode("utf-8")


# What may be kept and shown


@pytest.mark.parametrize(
    "sent",
    [
        token_body(access_token_token_expired="9999-12-31 23:59:59"),
        token_body(access_token_token_expired=None, expires_in=99_999_999),
    ],
)
def test_a_token_for_ever_is_one_for_a_hundred_days(sent):
    assert read_token(answer(sent, date=DATE), NOW).lifetime == LONGEST_LIFE == 100 * 86400


@pytest.mark.parametrize("dirt", ["\ud800", "\x00", "\x1b[2J", "\r\n", "\x85"])
def test_code_and_message_can_be_stored_and_printed(dirt):
    problem = data_refusal(refused(f"EGW00999{dirt}", f"앞{dirt}뒤{dirt}")).error.problem
    assert problem.code.startswith("EGW00999")
    assert problem.facts["msg"].startswith("앞 ")
    for text in (problem.code, problem.facts["msg"]):
        assert text.isprintable()
        assert text.encode("utf-8")


def test_a_known_code_with_dirt_around_it_is_known():
    assert data_refusal(refused("\x00EGW00123\r\n")).treatment.remedy is Remedy.NEW_TOKEN


def test_the_token_endpoints_words_are_cleaned_too():
    with pytest.raises(Refusal) as raised:
        read_token(answer({"error_code": "EGW00133\ud800", "error_description": "잠시\x00 후"}, 403), NOW)
    assert raised.value.error.problem.code == "EGW00133"
    assert raised.value.error.problem.facts["msg"] == "잠시 후"
