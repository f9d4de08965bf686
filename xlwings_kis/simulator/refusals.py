"""KIS's error codes with their texts and HTTP statuses.

Codes and statuses: observation, H, unless marked. Texts follow KIS's published list of codes (M).
"""

from __future__ import annotations

from .answers import Refusal

APP_KEY_MISSING = Refusal("EGW00102", "AppKey는 필수입니다.")
WRONG_KEY = Refusal("EGW00103", "유효하지 않은 AppKey입니다.")
APP_SECRET_MISSING = Refusal("EGW00104", "AppSecret은 필수입니다.")
WRONG_SECRET = Refusal("EGW00105", "유효하지 않은 AppSecret입니다.")
BAD_REQUEST = Refusal("EGW00101", "유효하지 않은 요청입니다.")
GRANT_TYPE_MISSING = Refusal("EGW00115", "권한부여 타입(grant_type)은 필수입니다.")
WRONG_GRANT_TYPE = Refusal("EGW00116", "지원하지 않는 권한부여 타입(grant_type)입니다.")
WRONG_CONTENT_TYPE = Refusal("EGW00132", "Content-Type이 유효하지 않습니다.")
TOKEN_TOO_SOON = Refusal("EGW00133", "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)", 403)

TOKEN_INVALID = Refusal("EGW00121", "유효하지 않은 token 입니다.")
TOKEN_MISSING = Refusal("EGW00122", "token을 찾을 수 없습니다.")
TOKEN_EXPIRED = Refusal("EGW00123", "기간이 만료된 token 입니다.")
NOT_BEARER = Refusal("EGW00205", "credentials_type이 유효하지 않습니다.(Bearer)")

TOO_MANY_CALLS = Refusal("EGW00201", "초당 거래건수를 초과하였습니다.")
TOO_MANY_CALLS_2 = Refusal("EGW00215", "원장에서 허용 가능한 초당 거래건수를 초과하였습니다.")
ROUTING = Refusal("EGW00202", "GW라우팅 중 오류가 발생했습니다.")
GATEWAY_TIMEOUT = Refusal("EGW00203", "OPS라우팅 중 오류가 발생했습니다.")
ASK_AGAIN = Refusal("EGW00300", "Gateway 라우팅 오류가 발생했습니다.")
ASK_AGAIN_2 = Refusal("EGW00301", "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.")
ASK_AGAIN_3 = Refusal("EGW00302", "거래시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.")
ASK_AGAIN_4 = Refusal("EGW00316", "조회 처리 중 오류가 발생했습니다. 다시 조회하여 주십시오.")  # text: L

NO_RIGHT = Refusal("EGW00206", "API 사용 권한이 없습니다.")
IP_NOT_ALLOWED = Refusal("EGW00207", "IP 주소가 없거나 유효하지 않습니다.", 403)
BAD_CUSTTYPE = Refusal("EGW00208", "고객유형(custtype)이 유효하지 않습니다.")
BAD_SEQ_NO = Refusal("EGW00209", "일련번호(seq_no)가 유효하지 않습니다.")
BAD_PHONE_NUMBER = Refusal("EGW00212", "휴대전화번호(personalphone)는 필수 입니다.")  # for this header: L
BAD_GT_UID = Refusal("EGW00101", "유효하지 않은 요청입니다.(gt_uid)")  # code: L
PAPER_KEY = Refusal("EGW02004", "실전투자 TR 이 아닙니다.")
NO_SUCH_SERVICE = Refusal("OPSQ0002", "없는 서비스 코드 입니다.")  # for an old TR: M
UNKNOWN_CODE = Refusal("EGW00999", "알 수 없는 오류가 발생했습니다.")  # made up, as a code nobody knows has to be


def field_missing(name: str) -> Refusal:
    """HTTP 200 and rt_cd "2", naming the query parameter (observation, H)."""
    return Refusal("OPSQ2001", f"ERROR INPUT FIELD NOT FOUND [{name}]", 200, "2")


def field_invalid(name: str) -> Refusal:
    return Refusal("OPSQ2001", f"ERROR : INPUT INVALID_CHECK_{name}", 200, "2")
