"""Everything that can go wrong between a client and KIS, by name.

The value of a member is what a user types after `xlwings-kis simulate --fault`; `description` says in
Korean what it does, `concerns` which endpoint it hits. What each does is in `effects`.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

Concern = Literal["data", "token"]


class Fault(Enum):
    """A named fault: `Fault("hang")`, `Fault.HANG.description`, `Fault.HANG.concerns`."""

    concerns: Concern
    description: str

    # The defaults are never used: they let a type checker see that Fault("hang") is a look-up.
    def __new__(cls, value: str, concerns: Concern = "data", description: str = "") -> Fault:
        member = object.__new__(cls)
        member._value_ = value
        member.concerns = concerns
        member.description = description
        return member

    # The token endpoint.
    TOKEN_TOO_SOON = "token-too-soon", "token", "토큰을 1분에 두 번 요청해 거절됨 (EGW00133)"
    TOKEN_WRONG_KEY = "token-wrong-key", "token", "토큰 발급에서 앱키가 틀림 (EGW00103)"
    TOKEN_WRONG_SECRET = "token-wrong-secret", "token", "토큰 발급에서 앱시크릿이 틀림 (EGW00105)"
    TOKEN_HANG = "token-hang", "token", "토큰 요청에 응답하지 않음"
    TOKEN_HTML = "token-html", "token", "토큰 대신 HTML 페이지가 옴"
    TOKEN_BAD_JSON = "token-bad-json", "token", "토큰 응답의 JSON이 깨져 있음"
    TOKEN_RESET = "token-reset", "token", "토큰 요청 중에 연결이 재설정됨"
    TOKEN_NO_EXPIRY = "token-no-expiry", "token", "토큰은 오지만 만료 시각이 없음"
    TOKEN_PAPER_KEY = "token-paper-key", "token", "토큰 발급에 모의투자 앱키를 씀 (EGW02004)"

    # Refusals of the data endpoint.
    TOKEN_INVALID = "token-invalid", "data", "유효하지 않은 토큰 (EGW00121)"
    TOKEN_MISSING = "token-missing", "data", "토큰을 찾을 수 없음 (EGW00122)"
    TOKEN_EXPIRED = "token-expired", "data", "기간이 만료된 토큰 (EGW00123)"
    UNAUTHORIZED = "unauthorized", "data", "본문 없는 HTTP 401"
    WRONG_KEY = "wrong-key", "data", "조회에서 앱키가 틀림 (EGW00103)"
    WRONG_SECRET = "wrong-secret", "data", "조회에서 앱시크릿이 틀림 (EGW00105)"
    TOO_MANY_CALLS = "too-many-calls", "data", "초당 거래건수 초과 (EGW00201)"
    TOO_MANY_CALLS_2 = "too-many-calls-2", "data", "원장의 초당 거래건수 초과 (EGW00215)"
    ROUTING = "routing", "data", "게이트웨이 라우팅 오류 (EGW00202)"
    GATEWAY_TIMEOUT = "gateway-timeout", "data", "서버 라우팅 오류 (EGW00203)"
    ASK_AGAIN = "ask-again", "data", "게이트웨이 라우팅 오류, 다시 조회 (EGW00300)"
    ASK_AGAIN_2 = "ask-again-2", "data", "연결 시간 초과, 다시 조회 (EGW00301)"
    ASK_AGAIN_3 = "ask-again-3", "data", "거래 시간 초과, 다시 조회 (EGW00302)"
    ASK_AGAIN_4 = "ask-again-4", "data", "조회 처리 중 오류, 다시 조회 (EGW00316)"
    IP_NOT_ALLOWED = "ip-not-allowed", "data", "허용되지 않은 IP 주소 (EGW00207)"
    NO_RIGHT = "no-right", "data", "API 사용 권한 없음 (EGW00206)"
    BAD_CUSTTYPE = "bad-custtype", "data", "고객 타입 오류 (EGW00208)"
    BAD_SEQ_NO = "bad-seq-no", "data", "일련번호 오류 (EGW00209)"
    PAPER_KEY = "paper-key", "data", "실전 주소에 모의투자 앱키를 씀 (EGW02004)"
    FIELD_MISSING = "field-missing", "data", "필수 입력 항목이 없음 (OPSQ2001)"
    UNKNOWN_CODE = "unknown-code", "data", "알려지지 않은 오류 코드 (EGW00999)"

    # Answers that are no answer.
    HTML_200 = "html-200", "data", "HTTP 200인데 HTML 페이지가 옴"
    HTML_503 = "html-503", "data", "HTTP 503 점검 페이지가 옴"
    EMPTY_BODY = "empty-body", "data", "본문이 비어 있음"
    BAD_JSON = "bad-json", "data", "JSON이 중간에서 깨져 있음"
    NOT_AN_OBJECT = "not-an-object", "data", "JSON이 객체가 아니라 목록임"
    WRONG_SHAPE = "wrong-shape", "data", "output1이 목록이 아니라 객체임"
    ROW_NOT_OBJECT = "row-not-object", "data", "행 하나가 객체가 아니라 문자열임"
    MISSING_OUTPUT = "missing-output", "data", "output1이 없음"
    BAD_FIGURE = "bad-figure", "data", "숫자 자리에 12x가 있음"
    MISSING_CODE = "missing-code", "data", "행 하나에 투자자코드가 없음"
    INVALID_UTF8 = "invalid-utf8", "data", "본문이 올바른 UTF-8이 아님"
    EUC_KR = "euc-kr", "data", "본문이 EUC-KR로 옴"
    WRONG_CONTENT_TYPE = "wrong-content-type", "data", "JSON인데 content-type이 text/html임"
    REDIRECT = "redirect", "data", "다른 주소로 보냄 (HTTP 302)"
    GZIP_BOMB = "gzip-bomb", "data", "압축을 풀면 약 200MB가 되는 본문"

    # The connection.
    TRUNCATED = "truncated", "data", "본문이 중간에서 잘리고 연결이 끊김"
    WRONG_LENGTH = "wrong-length", "data", "Content-Length가 본문보다 짧음"
    RESET = "reset", "data", "응답 전에 연결이 재설정됨"
    CLOSE_BEFORE_ANSWER = "close-before-answer", "data", "응답 없이 연결을 닫음"
    HANG = "hang", "data", "응답하지 않음"
    HANG_IN_BODY = "hang-in-body", "data", "본문을 반만 보내고 멈춤"
    SLOW_DRIP = "slow-drip", "data", "본문을 0.2초에 한 바이트씩 보냄"

    # Well-formed answers with awkward contents.
    NO_ROWS = "no-rows", "data", "행이 하나도 없음"
    ALL_ZERO = "all-zero", "data", "모든 숫자가 0임"
    YESTERDAY = "stale-yesterday", "data", "직전 거래일의 마지막 자료가 옴"
    DUPLICATE_INVESTOR = "duplicate-investor", "data", "같은 투자자코드가 두 번 옴"
    UNKNOWN_INVESTOR = "unknown-investor", "data", "모르는 투자자코드 9300이 옴"
    STATE_AND_LOCAL = "state-and-local", "data", "국가·지자체(7000)가 기관계에 포함되어 옴"
    MISSING_INVESTOR = "missing-investor", "data", "연기금등(6000)이 없음"
    ODD_NUMBERS = "odd-numbers", "data", "숫자가 빈칸, -, 1,234, +5, -0000903처럼 옴"
    BROKEN_SUM = "broken-sum", "data", "외국인 순매수가 매수-매도와 3만큼 다름"
    FORMULA_TEXT = "formula-text", "data", "투자자 이름이 엑셀 수식 모양임"
    CONTROL_CHARACTERS = "control-characters", "data", "투자자 이름에 제어 문자가 있음"
    EXTRA_FIELD = "extra-field", "data", "문서에 없는 항목이 더 옴"
    FROZEN = "frozen", "data", "숫자가 더 움직이지 않음"
