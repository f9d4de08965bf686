"""How KIS speaks: what is sent, and what an answer means. Pure; needs no server to test.

Names and required headers: KIS's document `investor-program-trade-today` [국내주식-116]. What answers mean beyond it: observed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from xlwings_kis.clock import KST
from xlwings_kis.errors import KisError, failure
from xlwings_kis.markets import Pair
from xlwings_kis.secret import Secret
from xlwings_kis.wording import clean

TR_ID = "HHPPG046600C1"
DATA_PATH = "/uapi/domestic-stock/v1/quotations/investor-program-trade-today"
TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105 - a path of the gateway, not a password

JSON_TYPE = "application/json; charset=utf-8"

TOKEN_SECONDS = 6.0
"""How long a token request may take: others wait for it."""

LONGEST_LIFE = 100 * 86400.0
"""Seconds: a day for persons and three months for corporations (document); an end in the year 9999 is no time to keep."""

_LONGEST_TEXT = 1000
"""KIS's messages are sentences. What is shown is cut later, when no secret is in it any more."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: the key pair, and for corporations (custtype B) what the document requires of them."""

    app_key: Secret
    app_secret: Secret
    custtype: str = "P"
    personalseckey: Secret | None = None
    phone_number: Secret | None = None
    ip_addr: Secret | None = None
    mac_address: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret | None, ...]:
        """Everything that no text may hold."""
        return (self.app_key, self.app_secret, self.personalseckey, self.phone_number, self.ip_addr, self.mac_address)


class Request(NamedTuple):
    """One call, ready for any transport. `json` is the body of a POST; None makes it a GET."""

    kind: str
    path: str
    headers: dict[str, str]
    params: dict[str, str]
    json: dict[str, str] | None = None
    pair: Pair | None = None


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class IssuedToken(NamedTuple):
    """The token endpoint's answer: `lifetime` in seconds, counted from the gateway's own clock."""

    token: Secret
    lifetime: float


class Remedy(Enum):
    """What the client does about a refusal before anybody hears of it."""

    STOP = auto()
    NEW_TOKEN = auto()
    AGAIN_SOON = auto()
    AGAIN_ONCE = auto()


class Treatment(NamedTuple):
    """`key` of the sentence, what the client does, and whether only the user can mend it."""

    key: str
    remedy: Remedy = Remedy.STOP
    ask_user: bool = False


TREATMENTS: dict[str, Treatment] = {
    "EGW00133": Treatment("token_wait"),
    **dict.fromkeys(("EGW00103", "EGW00105"), Treatment("wrong_key", ask_user=True)),
    **dict.fromkeys(("EGW00121", "EGW00122", "EGW00123"), Treatment("token_refused", Remedy.NEW_TOKEN)),
    **dict.fromkeys(("EGW00201", "EGW00215"), Treatment("too_many_calls", Remedy.AGAIN_SOON)),
    **dict.fromkeys(
        ("EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302", "EGW00316"),
        Treatment("gateway_busy", Remedy.AGAIN_ONCE),
    ),
    "EGW00207": Treatment("ip_not_allowed", ask_user=True),
    **dict.fromkeys(("EGW00206", "EGW00208", "EGW00209"), Treatment("no_right", ask_user=True)),
    "EGW02004": Treatment("paper_key", ask_user=True),
    "OPSQ2001": Treatment("api_changed", ask_user=True),
}
"""What each code of KIS asks for (observed); any other code stops and is shown as it came."""

UNKNOWN = Treatment("refused")
UNAUTHORIZED = Treatment("token_refused", Remedy.NEW_TOKEN)


class Refusal(Exception):  # noqa: N818 - not an error yet: the client may mend it, and users never see it
    """KIS said no: how to treat it, and the error to raise where that does not help."""

    def __init__(self, treatment: Treatment, error: KisError) -> None:
        super().__init__(str(error))
        self.treatment = treatment
        self.error = error


class TransportFault(Exception):  # noqa: N818 - the client decides whether it becomes an error
    """No whole answer. `again`: worth one more try on a new connection. `sent`: KIS may have acted on the request."""

    def __init__(self, error: KisError, *, again: bool = False, sent: bool = True) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.sent = sent


def data_request(pair: Pair, who: Credentials, token: Secret, new_uid: Callable[[], str]) -> Request:
    """The request for one table. Corporations add what the document marks as theirs, with a new `gt_uid` each call."""
    headers = {
        "content-type": JSON_TYPE,
        "authorization": f"Bearer {token.reveal()}",
        "appkey": who.app_key.reveal(),
        "appsecret": who.app_secret.reveal(),
        "tr_id": TR_ID,
        "tr_cont": "",
        "custtype": who.custtype,
    }
    if who.custtype == "B":
        headers |= {"seq_no": "001", "gt_uid": new_uid()}
        optional = {
            "personalseckey": who.personalseckey,
            "phone_number": who.phone_number,
            "ip_addr": who.ip_addr,
        }
        headers |= {name: value.reveal() for name, value in optional.items() if value}
    if who.mac_address:
        headers["mac_address"] = who.mac_address.reveal()
    return Request("data", DATA_PATH, headers, query(pair), pair=pair)


def query(pair: Pair) -> dict[str, str]:
    """The parameters that name a table."""
    return {"EXCH_DIV_CLS_CODE": pair.exchange.value.wire, "MRKT_DIV_CLS_CODE": pair.market.value.wire}


def token_request(who: Credentials) -> Request:
    """The request for an access token (Client Credentials Grant)."""
    body = {
        "grant_type": "client_credentials",
        "appkey": who.app_key.reveal(),
        "appsecret": who.app_secret.reveal(),
    }
    return Request("token", TOKEN_PATH, {"content-type": JSON_TYPE}, {}, body)


def read_data(answer: Answer) -> dict[str, Any]:
    """The body of a successful answer. Raises `Refusal` for what KIS refuses, `NetworkError` for what is no answer."""
    body = _json_object(answer)
    if body is not None and str(body.get("rt_cd")) == "0" and answer.status == 200:
        return body
    raise _refusal(answer, body, "msg_cd", "msg1")


def read_token(answer: Answer, now: float) -> IssuedToken:
    """The token of a successful answer; `now` is the fall-back for an answer without a Date. Raises like `read_data`."""
    body = _json_object(answer)
    if answer.status != 200 or body is None or "access_token" not in body:
        raise _refusal(answer, body, "error_code", "error_description")
    token, expiry = body["access_token"], body.get("access_token_token_expired")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise failure("broken_answer", broken="token")
    return IssuedToken(Secret(token), _lifetime(expiry, body.get("expires_in"), gateway_time(answer), now))


def gateway_time(answer: Answer) -> float | None:
    """The gateway's own clock, from the Date header."""
    for name, value in answer.headers.items():
        if name.lower() == "date":
            try:
                date = parsedate_to_datetime(value)
                return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
            except (ValueError, TypeError):
                return None
    return None


def _lifetime(expiry: Any, expires_in: Any, date: float | None, now: float) -> float:
    """Seconds the token lives by the gateway's clock. The expiry string is trusted before `expires_in` (observed)."""
    if isinstance(expiry, str):
        try:
            until = datetime.strptime(expiry.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST).timestamp()
        except ValueError:
            pass
        else:
            left = until - (now if date is None else date)
            if left > 0:  # else a clock is far off, and a token that is never valid would be issued again and again
                return min(left, LONGEST_LIFE)
    if isinstance(expires_in, int | float) and not isinstance(expires_in, bool) and 0 < expires_in < 10**8:
        return min(float(expires_in), LONGEST_LIFE)
    raise failure("broken_answer", broken="token")


def said_code(answer: Answer) -> str:
    """The code in an answer, or what it is instead of an answer: for the log."""
    body = _json_object(answer)
    if body is not None:
        return _short(body.get("msg_cd") or body.get("error_code"))
    if not answer.body.strip():
        return "empty"
    return "html" if answer.body.lstrip()[:1] == b"<" else "unreadable"


def _json_object(answer: Answer) -> dict[str, Any] | None:
    """The body as a JSON object, or None. KIS answers in UTF-8 (observed); an older page may come in cp949."""
    for charset in ("utf-8-sig", "cp949"):
        try:
            body = json.loads(answer.body.decode(charset))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None
    return None


def _short(value: Any) -> str:
    """A code or a message, fit to be stored and printed; anything that is neither text nor number says nothing."""
    return clean(str(value), _LONGEST_TEXT) if isinstance(value, str | int) else ""


def _refusal(answer: Answer, body: dict[str, Any] | None, code_field: str, text_field: str) -> Exception:
    """What an unsuccessful answer means: KIS's own codes first, whatever the status is."""
    code, text = (_short((body or {}).get(field)) for field in (code_field, text_field))
    if body is not None and code:
        treatment = TREATMENTS.get(code, UNKNOWN)
        if treatment is UNKNOWN and answer.status == 401:
            treatment = UNAUTHORIZED
        return Refusal(treatment, failure(treatment.key, code, ask_user=treatment.ask_user, msg=text or "…"))
    if answer.status == 401:
        return Refusal(UNAUTHORIZED, failure(UNAUTHORIZED.key, "401"))
    if 300 <= answer.status < 400:
        return failure("broken_answer", broken="redirect")
    if answer.status == 407:
        return failure("proxy")
    if body is not None and answer.status == 200:
        return failure("wrong_shape", field=code_field)
    if not answer.body.strip():
        return failure("broken_answer", broken="empty")
    if answer.body.lstrip()[:1] == b"<":
        return failure("broken_answer", broken="html")
    return failure("broken_answer", broken="json")
