"""What people read: Korean first, English beside it. Sentences of `errors`, words of status and command line.

An error sentence has a cause (at most twelve letters before the code) and a remedy. `{name}` is filled with facts that
are cut and cleaned here, for some of them come from the gateway.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Sentence(NamedTuple):
    """(family of `errors`, cause ko, remedy ko, cause en, remedy en). `{code}` in a cause stands for `(EGW…)`."""

    family: str
    cause_ko: str
    remedy_ko: str
    cause_en: str
    remedy_en: str


SENTENCES: dict[str, Sentence] = {
    "no_key": Sentence(
        "settings", "앱키가 없습니다", "명령 프롬프트에서 xlwings-kis login 을 실행하세요.",
        "No app key", "Run xlwings-kis login in a command prompt."),
    "wrong_key": Sentence(
        "credential", "앱키 또는 시크릿 오류{code}",
        "KIS Developers에서 확인한 뒤 xlwings-kis login 으로 다시 저장하세요.",
        "App key or secret refused{code}", "Check it at KIS Developers and store it again with xlwings-kis login."),
    "no_secret": Sentence(
        "settings", "시크릿이 없습니다", "앱키와 시크릿을 같은 곳에 함께 넣거나 xlwings-kis login 을 실행하세요.",
        "No app secret", "Give key and secret together in one place, or run xlwings-kis login."),
    "swapped_keys": Sentence(
        "settings", "앱키·시크릿 뒤바뀜", "앱키는 36자, 시크릿은 180자입니다. 두 값을 바꾸어 다시 저장하세요.",
        "App key and secret look swapped", "The key has 36 characters, the secret 180. Store them the other way round."),
    "paper_key": Sentence(
        "credential", "모의투자 앱키{code}", "이 조회는 실전투자 앱키로만 됩니다.",
        "Paper-trading key{code}", "This table is served to real-trading keys only."),
    "paper_domain": Sentence(
        "settings", "모의투자 주소", "KIS_BASE_URL을 지우세요. 이 조회는 실전투자 주소로만 됩니다.",
        "Paper-trading address", "Remove KIS_BASE_URL: this table is served on the real domain only."),
    "plain_http": Sentence(
        "settings", "암호화되지 않은 주소", "KIS_BASE_URL을 https로 시작하는 주소로 바꾸세요(이 PC 자신만 예외).",
        "Unencrypted address", "KIS_BASE_URL must start with https (only this machine itself may do without)."),
    "bad_setting": Sentence(
        "settings", "설정값 오류", "{name} 값을 확인하세요: {expected}.",
        "Bad setting", "Check {name}: {expected_en}."),
    "bad_config": Sentence(
        "settings", "설정 파일 오류", "{file}{where}에서 잘못된 곳을 고치거나 그 파일을 지우세요.",
        "Unreadable settings file", "Mend {file}{where}, or remove the file."),
    "missing_corporate": Sentence(
        "settings", "법인 설정 누락", "다음 값을 넣으세요: {names}.",
        "Corporate settings missing", "Set {names}."),
    "token_wait": Sentence(
        "token", "토큰 발급 대기{code}", "{time} 이후 자동으로 다시 시도합니다.",
        "Waiting to issue a token{code}", "It is tried again by itself after {time}."),
    "token_rejected": Sentence(
        "token", "새 토큰도 거절됨{code}", "{time} 이후 자동으로 다시 시도합니다. 같은 앱키를 쓰는 다른 PC를 확인하세요.",
        "New token rejected too{code}",
        "It is tried again by itself after {time}. Check other machines that use the same key."),
    "token_refused": Sentence(
        "token", "접근토큰 거절됨{code}", "잠시 뒤 자동으로 다시 시도합니다. 같은 앱키를 쓰는 다른 PC를 확인하세요.",
        "Access token rejected{code}",
        "It is tried again by itself shortly. Check other machines that use the same key."),
    "brought_token_rejected": Sentence(
        "token", "접근토큰 거절됨{code}", "KIS_ACCESS_TOKEN을 새로 받은 토큰으로 바꾸세요.",
        "Access token rejected{code}", "Replace KIS_ACCESS_TOKEN by a newly issued one."),
    "too_many_calls": Sentence(
        "refused", "조회 한도 초과{code}",
        "잠시 뒤 자동으로 다시 조회합니다. 같은 앱키를 쓰는 다른 프로그램을 확인하세요.",
        "Too many calls{code}", "It is asked again by itself shortly. Check other programs that use the same key."),
    "gateway_busy": Sentence(
        "refused", "KIS 서버 혼잡{code}", "잠시 뒤 자동으로 다시 조회합니다.",
        "KIS is busy{code}", "It is asked again by itself shortly."),
    "ip_not_allowed": Sentence(
        "refused", "허용되지 않은 IP{code}", "KIS Developers의 접속 허용 IP를 확인하세요.",
        "IP address not allowed{code}", "Check the allowed addresses at KIS Developers."),
    "no_right": Sentence(
        "refused", "조회 권한 없음{code}", "고객 구분(KIS_CUSTTYPE)과 KIS Developers의 이용 신청을 확인하세요.",
        "No right to this table{code}", "Check KIS_CUSTTYPE and your subscription at KIS Developers."),
    "api_changed": Sentence(
        "refused", "조회 항목 오류{code}", "KIS 답: {msg} xlwings-kis를 최신판으로 올리세요.",
        "Request field refused{code}", "KIS says: {msg} Update xlwings-kis."),
    "refused": Sentence(
        "refused", "KIS 응답 오류{code}", "{msg}",
        "KIS answered with an error{code}", "{msg}"),
    "slow": Sentence(
        "network", "응답 지연", "{seconds}초 안에 답이 없어 기다리지 않았습니다. 새로고침을 누르면 도착한 값이 표시됩니다.",
        "Slow answer", "No answer within {seconds} s, so Excel did not wait. Refresh shows what has arrived since."),
    "no_answer": Sentence(
        "network", "서버 응답 없음", "잠시 뒤 자동으로 다시 조회합니다.",
        "No answer from KIS", "It is asked again by itself shortly."),
    "unreachable": Sentence(
        "network", "서버 연결 실패", "{host} 접속이 막혔는지 전산팀에 문의하세요(진단 참고).",
        "Cannot connect", "Ask your IT department whether {host} is blocked (see doctor)."),
    "proxy": Sentence(
        "network", "프록시 연결 실패", "회사 프록시 설정과 인증을 전산팀에 문의하세요(진단 참고).",
        "Proxy refused", "Ask your IT department about the proxy and its password (see doctor)."),
    "certificate": Sentence(
        "network", "인증서 확인 실패", "사내 보안 장비의 루트 인증서가 Windows에 설치되어 있는지 확인하세요(진단 참고).",
        "Certificate not trusted", "Check that your company's root certificate is installed (see doctor)."),
    "broken_answer": Sentence(
        "network", "알 수 없는 응답", "{what} 잠시 뒤 자동으로 다시 조회합니다.",
        "Unreadable answer", "{what} It is asked again by itself shortly."),
    "wrong_shape": Sentence(
        "answer", "응답 형식 변경", "{field} 항목을 읽을 수 없습니다. xlwings-kis를 최신판으로 올리세요.",
        "Answer of another shape", "{field} cannot be read. Update xlwings-kis."),
    "before_open": Sentence(
        "no_data", "장 시작 전",
        '{exchange}{topic} {time}부터 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").',
        "Before the open", '{exchange_en} shows from {time}. The last close: =KIS_PROGRAM_AT(…,"전일마감").'),
    "still_yesterday": Sentence(
        "no_data", "장 시작 전",
        '아직 전일 값이 옵니다. 오늘 값이 오면 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").',
        "Before the open",
        'KIS still sends the last day\'s figures. Today\'s show as they come. The last close: =KIS_PROGRAM_AT(…,"전일마감").'),
    "holiday": Sentence(
        "no_data", "휴장일(추정)", "오늘 자료가 없습니다.",
        "Holiday (presumed)", "There is no data today."),
    "empty": Sentence(
        "no_data", "자료 없음", "KIS가 아직 값을 보내지 않았습니다. 잠시 뒤 자동으로 다시 조회합니다.",
        "No data yet", "KIS has sent no figures yet. It is asked again by itself shortly."),
    "refreshing": Sentence(
        "no_data", "갱신 중", "곧 새 값이 표시됩니다.",
        "Refreshing", "New figures show in a moment."),
    "not_asked": Sentence(
        "no_data", "자료 없음", "새로고침을 누르세요.",
        "No data yet", "Press refresh."),
    "not_stored": Sentence(
        "no_data", "저장된 자료 없음",
        "이 PC에 {moment}의 값이 없습니다. 장중에 Excel이나 xlwings-kis record 로 저장해 두세요.",
        "Nothing stored",
        "This machine has no figures of {moment}. Keep Excel or xlwings-kis record running while the market is open."),
    "not_yet": Sentence(
        "no_data", "아직 오지 않은 시각", "{moment} 이후에 다시 조회하세요.",
        "Still to come", "Ask again after {moment}."),
    "no_comparison": Sentence(
        "no_data", "비교할 자료 없음", "이 PC에 {moment} 무렵의 값이 없습니다. 다른 간격을 넣거나 나중에 새로고침을 누르세요.",
        "Nothing to compare with",
        "This machine has no figures from around {moment}. Use another interval, or press refresh later."),
    "store_away": Sentence(
        "no_data", "저장소 읽기 실패", "잠시 뒤 다시 시도하세요.",
        "Store not readable", "Try again in a moment."),
    "nothing_stored": Sentence(
        "no_data", "저장된 자료 없음", "장중에 Excel이나 xlwings-kis record 로 저장해 두세요.",
        "Nothing stored", "Keep Excel or xlwings-kis record running while the market is open."),
    "demo_keeps_nothing": Sentence(
        "no_data", "예시는 저장하지 않음", "XLWINGS_KIS_DEMO를 끄고 다시 실행하세요.",
        "The demo keeps nothing", "Switch XLWINGS_KIS_DEMO off and run it again."),
    "store_damaged": Sentence(
        "no_data", "저장 파일 손상", "그 파일은 지우지 않고 {file} 이름으로 옮겨 두었습니다. 명령을 다시 실행하세요.",
        "The store was damaged", "Its file was moved to {file}, not removed. Run the command again."),
    "nothing_to_import": Sentence(
        "no_data", "가져올 응답 없음", "KIS의 응답을 저장한 JSON 파일이 있는 폴더를 넣으세요.",
        "Nothing to import", "Give a folder with JSON files that hold KIS's answers."),
    "no_json": Sentence(
        "answer", "JSON이 아닌 파일", "KIS의 응답을 그대로 저장한 파일을 넣으세요.",
        "Not JSON", "Give files that hold KIS's answers as they came."),
    "no_time": Sentence(
        "answer", "시각이 없는 파일", "파일 이름을 KRX_KOSPI_20261120_103000.json처럼 바꾸세요.",
        "No time", "Name the file like KRX_KOSPI_20261120_103000.json."),
    "future_answer": Sentence(
        "answer", "아직 오지 않은 시각", "파일에 적힌 시각을 확인하세요.",
        "A time still to come", "Check the time the file says."),
    "refused_answer": Sentence(
        "answer", "정상 응답이 아님", "rt_cd가 0인 응답을 저장한 파일을 넣으세요.",
        "Not a successful answer", "Give files with answers whose rt_cd is 0."),
    "large_file": Sentence(
        "answer", "지나치게 큰 파일", "파일 하나에 응답 하나만 저장하세요.",
        "Far too large", "Save one answer a file."),
    "unknown_exchange": Sentence(
        "argument", "거래소를 알 수 없음", '"{word}". KRX(J), NXT(NX) 또는 통합(UN)을 넣으세요.',
        "Unknown exchange", '"{word}". Use KRX (J), NXT (NX) or UN.'),
    "unknown_market": Sentence(
        "argument", "시장을 알 수 없음", '"{word}". 코스피(1) 또는 코스닥(4)을 넣으세요.',
        "Unknown market", '"{word}". Use KOSPI (1) or KOSDAQ (4).'),
    "unknown_investor": Sentence(
        "argument", "투자자를 알 수 없음", '"{word}". 개인, 외국인, 기관계, 금융투자 등 표의 이름이나 코드를 넣으세요.',
        "Unknown investor", '"{word}". Use a name or code of the table, such as 외국인 or 9100.'),
    "unknown_field": Sentence(
        "argument", "항목을 알 수 없음", '"{word}". 전체·차익·비차익, 매도·매수·순매수, 수량·대금 또는 열 이름을 넣으세요.',
        "Unknown field", '"{word}". Use words such as 비차익 순매수 대금, or a column name.'),
    "many_fields": Sentence(
        "argument", "항목이 여럿임", '"{word}". 한 값만 가리키는 항목(예: 비차익순매수대금)을 넣으세요.',
        "More than one field", '"{word}". Name one figure, such as 비차익순매수대금.'),
    "unknown_moment": Sentence(
        "argument", "시각을 알 수 없음", '"{word}". 10:30, 2026-11-20 10:30, 마감 또는 전일마감처럼 넣으세요.',
        "Unknown moment", '"{word}". Use 10:30, 2026-11-20 10:30, 마감 (close) or 전일마감 (previous close).'),
    "unknown_day": Sentence(
        "argument", "날짜를 알 수 없음", '"{word}". 2026-11-20 또는 11/20처럼 넣거나 비우세요.',
        "Unknown day", '"{word}". Use 2026-11-20 or 11/20, or leave it blank.'),
    "unknown_minutes": Sentence(
        "argument", "간격을 알 수 없음", '"{word}". 1에서 720 사이의 분을 넣으세요.',
        "Unknown interval", '"{word}". Use minutes from 1 to 720.'),
    "state_folder": Sentence(
        "file", "상태 폴더 쓰기 실패", "XLWINGS_KIS_HOME이 이 PC의 쓸 수 있는 폴더인지 확인하세요.",
        "State folder not writable", "Check that XLWINGS_KIS_HOME is a writable folder of this machine."),
    "cannot_write": Sentence(
        "file", "파일 쓰기 실패", "{file}: {reason} 다른 이름이나 폴더로 다시 저장하세요.",
        "Cannot write the file", "{file}: {reason} Save under another name or folder."),
    "internal": Sentence(
        "internal", "프로그램 오류", "xlwings-kis를 최신판으로 올리고, 계속되면 알려 주세요({what}).",
        "Our own error", "Update xlwings-kis and report it if it stays ({what})."),
}  # fmt: skip

_BROKEN: dict[str, tuple[str, str]] = {
    "html": ("KIS 대신 다른 페이지가 왔습니다.", "A web page came instead of KIS's answer."),
    "json": ("답이 JSON이 아닙니다.", "The answer is no JSON."),
    "cut": ("답이 중간에 끊겼습니다.", "The answer was cut off."),
    "empty": ("빈 답이 왔습니다.", "The answer was empty."),
    "large": ("답이 지나치게 큽니다.", "The answer was far too large."),
    "redirect": ("다른 주소로 보내는 답이 왔습니다.", "The answer sends elsewhere."),
    "token": ("토큰 답을 읽을 수 없습니다.", "The token answer cannot be read."),
}

_LONGEST_FACT = 120
_QUOTING = ("refused",)
"""Sentences whose second half is KIS's own words, after a colon."""


def broken(kind: str, lang: str = "ko") -> str:
    """What was wrong with a broken answer, as the `what` of `broken_answer`."""
    return _BROKEN[kind][0 if lang == "ko" else 1]


def clean(text: str, longest: int = _LONGEST_FACT) -> str:
    """Foreign text made harmless to show: control characters and halves of letters out, runs of blanks folded, cut."""
    text = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def family(key: str) -> str:
    """Which branch of the exception tree a sentence belongs to."""
    return _row(key).family


def cause(key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None) -> str:
    """What happened, with KIS's code in brackets."""
    row = _row(key)
    return _fill(row.cause_ko if lang == "ko" else row.cause_en, lang, code, facts)


def remedy(key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None) -> str:
    """What to do."""
    row = _row(key)
    return _fill(row.remedy_ko if lang == "ko" else row.remedy_en, lang, code, facts)


def sentence(key: str, lang: str = "ko", code: str = "", facts: dict[str, str] | None = None) -> str:
    """Cause and remedy; arguments and quotations keep their colon (`시장을 알 수 없음: "…"`)."""
    joint = ": " if family(key) == "argument" or key in _QUOTING else ". "
    return cause(key, lang, code, facts) + joint + remedy(key, lang, code, facts)


def _row(key: str) -> Sentence:
    """A sentence; a store may hold the key of one that only a newer version knows."""
    return SENTENCES.get(key, SENTENCES["no_answer"])


def _fill(template: str, lang: str, code: str, facts: dict[str, str] | None) -> str:
    values = {name: clean(value) for name, value in (facts or {}).items()}
    if "broken" in values:
        values["what"] = broken(values["broken"], lang)
    if "line" in values:
        values["where"] = values["line"] and (f" {values['line']}행" if lang == "ko" else f" line {values['line']}")
    return template.format_map(_Facts(values, code=f"({clean(code, 12)})" if code else ""))


class _Facts(dict[str, str]):
    """Facts of a sentence: one that is missing must not cost the sentence."""

    def __missing__(self, name: str) -> str:
        return "…"
