"""KIS's rules for one request, without any memory: what is required and legal, how the answer looks.

Each check returns the refusal KIS would give, or None. What needs memory (tokens, calls per second, global
UIDs) is in `tokens` and `gateway`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import refusals, wire
from .answers import Answer, Refusal, Request, json_answer

MCA_SUCCESS = "MCA00000"
SUCCESS_TEXT = "정상처리 되었습니다."
GT_UID_LENGTH = 32


@dataclass(frozen=True)
class KeyPair:
    """The customer's app key (36 characters) and app secret (180 characters)."""

    app_key: str = field(repr=False)
    app_secret: str = field(repr=False)

    def refuse(self, app_key: str, app_secret: str) -> Refusal | None:
        if not app_key:
            return refusals.APP_KEY_MISSING
        if app_key != self.app_key:
            return refusals.WRONG_KEY
        if not app_secret:
            return refusals.APP_SECRET_MISSING
        if app_secret != self.app_secret:
            return refusals.WRONG_SECRET
        return None


# --- the data endpoint -------------------------------------------------------------------------------------


def refuse_headers(request: Request, keys: KeyPair) -> Refusal | None:
    """The headers the document marks required, except the token, which needs a register."""
    headers = request.headers
    return (
        refuse_content_type(headers)
        or keys.refuse(headers.get("appkey", ""), headers.get("appsecret", ""))
        or _refuse_tr_id(headers.get("tr_id", ""))
        or _refuse_customer(headers)
    )


def refuse_content_type(headers: Mapping[str, str]) -> Refusal | None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return None
    return refusals.WRONG_CONTENT_TYPE


def _refuse_tr_id(tr_id: str) -> Refusal | None:
    if tr_id == wire.TR_ID:
        return None
    # The old HHPPG046600C0 may be cut off without notice (document): here it is.
    return refusals.NO_SUCH_SERVICE if tr_id else refusals.BAD_REQUEST


def _refuse_customer(headers: Mapping[str, str]) -> Refusal | None:
    custtype = headers.get("custtype", "")
    if custtype == "P":
        return None
    if custtype != "B":
        return refusals.BAD_CUSTTYPE
    if not headers.get("personalseckey"):
        return refusals.NO_RIGHT
    if headers.get("seq_no") != "001":
        return refusals.BAD_SEQ_NO
    phone_number = headers.get("phone_number", "")
    if not (phone_number.isascii() and phone_number.isdigit()):
        return refusals.BAD_PHONE_NUMBER
    if not headers.get("ip_addr"):
        return refusals.IP_NOT_ALLOWED
    # That it is new, too, is for the gateway to know.
    return None if 0 < len(headers.get("gt_uid", "")) <= GT_UID_LENGTH else refusals.BAD_GT_UID


def bearer_token(headers: Mapping[str, str]) -> str | Refusal:
    """The access token of the authorization header."""
    authorization = headers.get("authorization", "").strip()
    if not authorization:
        return refusals.TOKEN_MISSING
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer":
        return refusals.NOT_BEARER
    return token.strip() or refusals.TOKEN_MISSING


def refuse_query(query: Mapping[str, str]) -> Refusal | None:
    """Both parameters are required (KIS's own sample, which omits the first, is refused: observation, H)."""
    legal = ((wire.EXCHANGE_PARAMETER, wire.EXCHANGES), (wire.MARKET_PARAMETER, wire.MARKETS))
    for name, values in legal:
        value = query.get(name, "")
        if not value:
            return refusals.field_missing(name)
        if value not in values:
            return refusals.field_invalid(name)
    return None


def success_body(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "output1": [dict(row) for row in rows],
        "rt_cd": "0",
        "msg_cd": MCA_SUCCESS,
        "msg1": SUCCESS_TEXT,
    }


def response_headers(request: Request) -> tuple[tuple[str, str], ...]:
    """tr_id as asked for; gt_uid for corporations only (document)."""
    tr_id = request.headers.get("tr_id", "")
    gt_uid = request.headers.get("gt_uid", "") if request.headers.get("custtype") == "B" else ""
    return tuple((name, value) for name, value in (("tr_id", tr_id), ("gt_uid", gt_uid)) if value)


# --- the token endpoint ------------------------------------------------------------------------------------


def refuse_token_request(request: Request, keys: KeyPair) -> Refusal | None:
    """The body must be a JSON object with grant_type, appkey and appsecret."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return refusals.BAD_REQUEST
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        return refusals.BAD_REQUEST
    if not body.get("grant_type"):
        return refusals.GRANT_TYPE_MISSING
    if body["grant_type"] != "client_credentials":
        return refusals.WRONG_GRANT_TYPE
    return keys.refuse(body.get("appkey", ""), body.get("appsecret", ""))


def token_answer(token: str, expires: str) -> Answer:
    """`expires` is "YYYY-MM-DD HH:MM:SS" in KST; expires_in is a constant that may disagree with it."""
    return json_answer(
        200,
        {
            "access_token": token,
            "access_token_token_expired": expires,
            "token_type": "Bearer",
            "expires_in": 86400,
        },
    )
