"""What each fault does to an answer: three kinds, by how much of the request must be understood first.

`answer_instead` does not look at the request at all; `spoil_body` breaks a good body; the faults of module
`awkward` change its rows and leave it well-formed.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from . import refusals
from .answers import HTML_TYPE, JSON_TYPE, Answer, Delivery, Refusal, html_answer, json_answer, typed
from .faults import Fault

MAINTENANCE = "시스템 점검 중입니다"
ELSEWHERE = "/redirected"  # a client that follows the redirect leaves a call of this kind behind

QUERY_REFUSALS: Mapping[Fault, Refusal] = {
    Fault.TOKEN_INVALID: refusals.TOKEN_INVALID,
    Fault.TOKEN_MISSING: refusals.TOKEN_MISSING,
    Fault.TOKEN_EXPIRED: refusals.TOKEN_EXPIRED,
    Fault.WRONG_KEY: refusals.WRONG_KEY,
    Fault.WRONG_SECRET: refusals.WRONG_SECRET,
    Fault.TOO_MANY_CALLS: refusals.TOO_MANY_CALLS,
    Fault.TOO_MANY_CALLS_2: refusals.TOO_MANY_CALLS_2,
    Fault.ROUTING: refusals.ROUTING,
    Fault.GATEWAY_TIMEOUT: refusals.GATEWAY_TIMEOUT,
    Fault.ASK_AGAIN: refusals.ASK_AGAIN,
    Fault.ASK_AGAIN_2: refusals.ASK_AGAIN_2,
    Fault.ASK_AGAIN_3: refusals.ASK_AGAIN_3,
    Fault.ASK_AGAIN_4: refusals.ASK_AGAIN_4,
    Fault.IP_NOT_ALLOWED: refusals.IP_NOT_ALLOWED,
    Fault.NO_RIGHT: refusals.NO_RIGHT,
    Fault.BAD_CUSTTYPE: refusals.BAD_CUSTTYPE,
    Fault.BAD_SEQ_NO: refusals.BAD_SEQ_NO,
    Fault.PAPER_KEY: refusals.PAPER_KEY,
    Fault.FIELD_MISSING: refusals.field_missing("EXCH_DIV_CLS_CODE"),
    Fault.UNKNOWN_CODE: refusals.UNKNOWN_CODE,
}

TOKEN_REFUSALS: Mapping[Fault, Refusal] = {
    Fault.TOKEN_TOO_SOON: refusals.TOKEN_TOO_SOON,
    Fault.TOKEN_WRONG_KEY: refusals.WRONG_KEY,
    Fault.TOKEN_WRONG_SECRET: refusals.WRONG_SECRET,
    Fault.TOKEN_PAPER_KEY: refusals.PAPER_KEY,
}

# Status 0: no status line is ever sent.
_NEVER = {
    Fault.HANG: Delivery.HANG,
    Fault.TOKEN_HANG: Delivery.HANG,
    Fault.RESET: Delivery.RESET,
    Fault.TOKEN_RESET: Delivery.RESET,
    Fault.CLOSE_BEFORE_ANSWER: Delivery.CLOSE,
}


@lru_cache(maxsize=1)
def _gzip_bomb() -> bytes:
    # 200 members of a megabyte each are one valid gzip stream, and only one of them has to be compressed.
    return gzip.compress(b" " * 1_000_000, mtime=0) * 200


_READY_MADE: Mapping[Fault, Callable[[], Answer]] = {
    Fault.UNAUTHORIZED: lambda: Answer(401),
    Fault.HTML_200: lambda: html_answer(200, MAINTENANCE),
    Fault.HTML_503: lambda: html_answer(503, MAINTENANCE),
    Fault.EMPTY_BODY: lambda: typed(200, JSON_TYPE, b""),
    Fault.NOT_AN_OBJECT: lambda: json_answer(200, ["정상처리 되었습니다."]),
    Fault.REDIRECT: lambda: Answer(302, headers=(("location", ELSEWHERE),)),
    Fault.GZIP_BOMB: lambda: typed(200, JSON_TYPE, _gzip_bomb()).with_headers(("content-encoding", "gzip")),
    Fault.TOKEN_HTML: lambda: html_answer(200, MAINTENANCE),
    Fault.TOKEN_BAD_JSON: lambda: typed(200, JSON_TYPE, b'{"access_token":"eyJ0eXAi'),
}


def answer_instead(fault: Fault) -> Answer | None:
    """The answer of a fault that does not care what was asked; None for those that do."""
    if fault in QUERY_REFUSALS:
        return QUERY_REFUSALS[fault].on_query()
    if fault in TOKEN_REFUSALS:
        return TOKEN_REFUSALS[fault].on_token()
    if fault in _NEVER:
        return Answer(0, delivery=_NEVER[fault])
    return _READY_MADE[fault]() if fault in _READY_MADE else None


# --- faults that spoil a good body -------------------------------------------------------------------------


def spoil_body(fault: Fault, body: dict[str, Any]) -> Answer | None:
    """The spoilt answer, or None where the fault does nothing to the body as a whole. May change `body`."""
    if fault in _SHAPES:
        _SHAPES[fault](body)
        return json_answer(200, body)
    return _BYTES[fault](json_answer(200, body)) if fault in _BYTES else None


def _rows(body: dict[str, Any]) -> list[Any]:
    rows: list[Any] = body["output1"]
    return rows


def _wrong_shape(body: dict[str, Any]) -> None:
    body["output1"] = _rows(body)[0] if _rows(body) else {}


def _row_not_object(body: dict[str, Any]) -> None:
    _rows(body)[2:3] = ["투자자"]


def _missing_code(body: dict[str, Any]) -> None:
    for row in _rows(body)[3:4]:
        row.pop("invr_cls_code", None)


def _extra_field(body: dict[str, Any]) -> None:
    body["output2"] = {"bsop_hour": "153000"}
    for row in _rows(body):
        row["prdy_ntby_amt"] = "1"


def _missing_output(body: dict[str, Any]) -> None:
    del body["output1"]


_SHAPES: Mapping[Fault, Callable[[dict[str, Any]], None]] = {
    Fault.WRONG_SHAPE: _wrong_shape,
    Fault.ROW_NOT_OBJECT: _row_not_object,
    Fault.MISSING_OUTPUT: _missing_output,
    Fault.MISSING_CODE: _missing_code,
    Fault.EXTRA_FIELD: _extra_field,
}


def _cut_json(answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _invalid_utf8(answer: Answer) -> Answer:
    # Inside a text, so that only the decoding and not the JSON is broken.
    return replace(answer, body=answer.body.replace("정".encode(), b"\xff\xfe", 1))


def _euc_kr(answer: Answer) -> Answer:
    return typed(200, "application/json; charset=euc-kr", answer.body.decode().encode("euc-kr"))


def _wrong_length(answer: Answer) -> Answer:
    return replace(answer, length=len(answer.body) // 2)


_BYTES: Mapping[Fault, Callable[[Answer], Answer]] = {
    Fault.BAD_JSON: _cut_json,
    Fault.INVALID_UTF8: _invalid_utf8,
    Fault.EUC_KR: _euc_kr,
    Fault.WRONG_CONTENT_TYPE: lambda answer: typed(200, HTML_TYPE, answer.body),
    Fault.TRUNCATED: lambda answer: replace(answer, delivery=Delivery.CUT),
    Fault.WRONG_LENGTH: _wrong_length,
    Fault.HANG_IN_BODY: lambda answer: replace(answer, delivery=Delivery.HANG_IN_BODY),
    Fault.SLOW_DRIP: lambda answer: replace(answer, delivery=Delivery.DRIP),
}
