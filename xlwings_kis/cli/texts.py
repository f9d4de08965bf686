"""Words of the command line, Korean and English."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "about": (
        "한국투자증권 프로그램매매 투자자별 당일 동향(HTS 0466)을 Excel 수식, 터미널, 파일로 보여 줍니다.",
        "Today's program trading by investor (KIS HTS screen 0466) as Excel formulas, in the terminal and in files.",
    ),
    "usage": ("사용법", "usage"),
    "options": ("옵션", "options"),
    "commands": ("명령", "commands"),
    "values": ("값", "values"),
    "examples": ("예", "examples"),
    "help": ("이 도움말을 보여 줍니다", "show this help"),
    "version": ("버전을 보여 줍니다", "show the version"),
    "lang": ("표시 언어: ko 또는 en (기본 ko)", "language: ko or en (default ko)"),
    "demo_flag": ("내장 시뮬레이터의 예시 자료로 답합니다(계정·인터넷 불필요)", "answer from the embedded simulator"),
    "demo": (
        "계정 없이 예시 표를 보여 주고 통합 문서로 저장합니다",
        "show the table without an account and save it as a workbook",
    ),
    "demo_out": ("저장할 파일 (기본: 현재 폴더의 프로그램매매_예시.xlsx, 있으면 바꿉니다)", "file to write (default: 프로그램매매_예시.xlsx here)"),
    "table": ("표 하나를 조회합니다", "fetch one table"),
    "exchange": ("거래소: KRX, NXT 또는 통합(UN)", "exchange: KRX, NXT or UN"),
    "market": ("시장: 코스피(KOSPI) 또는 코스닥(KOSDAQ)", "market: KOSPI or KOSDAQ"),
    "format": ("table(기본), json, csv, text(메신저용 문장)", "table (default), json, csv, text (for messengers)"),
    "out": ("파일로 저장합니다. 형식은 이름의 끝(.xlsx, .csv, .json, .txt)이 정합니다", "write to a file; .xlsx, .csv, .json or .txt decides the format"),
    "report": ("보고서를 저장합니다: 수식과 매크로가 없는 통합 문서", "save a report: a workbook without formulas or macros"),
    "report_out": (
        "저장할 .xlsx 파일 (기본: 현재 폴더의 프로그램매매_날짜_시각.xlsx)",
        "the .xlsx file to write (default: program_trade_DATE_TIME.xlsx here)",
    ),
    "report_exchange": ("거래소, 여럿이면 KRX,NXT,UN (기본 KRX)", "exchange, or several: KRX,NXT,UN (default KRX)"),
    "report_market": ("시장 (기본: 코스피와 코스닥)", "market (default: both)"),
    "report_at": (
        "그때의 값(이 PC에 저장된 것): 마감, 전일마감, 10:30",
        "as it stood, from what this machine has stored: close, previous close, 10:30",
    ),
    "if_session": ("거래가 없는 날이면 아무것도 하지 않고 0으로 끝냅니다", "on a day without trading do nothing and end with 0"),
    "quiet": ("경고와 오류만 알립니다", "tell of warnings and errors only"),
    "no_report_ending": ("보고서 파일 이름은 .xlsx로 끝나야 합니다", "a report needs a name ending in .xlsx"),
    "no_session": ("거래가 없는 날이라 보고서를 만들지 않았습니다.", "No trading today: no report was made."),
    "simulate": ("KIS 시뮬레이터를 이 PC에서 실행합니다(Ctrl+C로 끝냄)", "run the KIS simulator on this machine (Ctrl+C ends it)"),
    "port": ("포트 (기본: 빈 포트)", "port (default: a free one)"),
    "fault": ("모든 응답을 이 장애로 바꿉니다", "turn every answer into this fault"),
    "latency": ("응답 지연(초)", "seconds before each answer"),
    "live": ("실제 시각대로: 장 시작 전에는 전일 값을 보냅니다", "follow the real hours: yesterday's figures before the open"),
    "login": ("앱키와 시크릿을 운영체제의 보관함에 저장합니다", "store the key pair in the operating system's keyring"),
    "logout": ("저장한 앱키, 시크릿, 토큰을 지웁니다", "remove the stored key pair and the token"),
    "ask_key": ("앱키(36자): ", "App key (36 characters): "),
    "ask_secret": ("시크릿(180자): ", "App secret (180 characters): "),
    "logged_in": (
        "앱키와 시크릿을 {place}에 저장했습니다. 이제 xlwings-kis table KRX 코스피 를 실행해 보세요.",
        "The key pair is stored in {place}. Now try xlwings-kis table KRX KOSPI.",
    ),
    "no_keyring": (
        "이 PC에는 쓸 수 있는 보관함이 없습니다. 환경 변수 KIS_APP_KEY와 KIS_APP_SECRET에 넣거나 상태 폴더(docs/settings.md)의 config.toml에 app_key, app_secret으로 적으세요.",
        "This machine has no usable keyring. Set KIS_APP_KEY and KIS_APP_SECRET, or write app_key and app_secret into config.toml in the state folder (docs/settings.md).",
    ),
    "bad_key": (
        "앱키 형식이 아닙니다(36자여야 하는데 {length}자). KIS Developers에서 다시 복사하세요.",
        "This is no app key (36 characters, not {length}). Copy it again at KIS Developers.",
    ),
    "bad_secret": (
        "시크릿 형식이 아닙니다(180자여야 하는데 {length}자). KIS Developers에서 다시 복사하세요.",
        "This is no app secret (180 characters, not {length}). Copy it again at KIS Developers.",
    ),
    "logged_out": ("지웠습니다: {things}.", "Removed: {things}."),
    "nothing_stored": ("저장된 것이 없습니다.", "Nothing was stored."),
    "thing_keys": ("앱키와 시크릿", "the key pair"),
    "thing_token": ("접근토큰", "the access token"),
    "saved": ("저장했습니다: {file}", "Saved: {file}"),
    "old_data": ("지연: {asof} 자료입니다. {why}", "Delayed: data of {asof}. {why}"),
    "demo_note": (
        "예시 자료입니다. 실제 시세가 아닙니다.",
        "Simulated data, not real figures.",
    ),
    "holiday_note": (
        "휴장(추정): {day}의 값입니다. 오늘 값이 아닙니다.",
        "Holiday (presumed): these are the figures of {day}, not of today.",
    ),
    "unconfirmed_note": (
        "확인 중: 전일 값이 아닌지 아직 비교하지 못했습니다.",
        "Checking: it could not yet be compared whether these are the last day's figures.",
    ),
    "no_such_fault": (
        "모르는 장애 {name}. 비슷한 이름: {near}. 모든 이름은 docs/faults.md에 있습니다",
        "unknown fault {name}. Near names: {near}. All are in docs/faults.md",
    ),
    "port_in_use": (
        "포트 {port}을(를) 쓸 수 없습니다. 그 포트를 쓰는 프로그램을 끝내거나 다른 --port를 주세요",
        "port {port} cannot be used. End the program that uses it, or give another --port",
    ),
    "narrow": (
        "창이 좁아 순매수만 보입니다. 창을 넓히면 모두 보입니다.",
        "The window is narrow: net buying only. Widen it to see all.",
    ),
    "next": (
        "다음: xlwings-kis login 으로 앱키를 저장한 뒤 xlwings-kis table KRX 코스피 -o 표.xlsx",
        "Next: store your key with xlwings-kis login, then xlwings-kis table KRX KOSPI -o table.xlsx",
    ),
    "simulating": ("시뮬레이터가 {url} 에서 답합니다. Ctrl+C로 끝냅니다. 다른 창에서 다음 설정으로 조회하세요.",
                   "The simulator answers at {url}. Ctrl+C ends it. Ask it from another window with these settings."),
    "usage_error": ("사용법이 맞지 않습니다: {what}. xlwings-kis --help 를 보세요.", "Usage: {what}. See xlwings-kis --help."),
    "usage_missing": ("명령이나 값이 빠졌습니다", "a command or value is missing"),
    "usage_extra": ("알 수 없는 명령이나 값이 있습니다", "there is an unknown command or value"),
    "no_such_format": ("-o 파일 이름은 형식에 맞게 .xlsx, .csv, .json, .txt 로 끝나야 합니다", "-o needs a name ending in .xlsx, .csv, .json or .txt that fits the format"),
    "why_folder": ("폴더가 없거나 쓸 수 없습니다.", "the folder does not exist or cannot be written."),
    "why_open": ("다른 프로그램이 열고 있거나 쓸 수 없습니다.", "it is open elsewhere or cannot be written."),
    "why_odd": ("그 이름의 폴더나 장치가 있습니다.", "a folder or device has that name."),
    "why_long": ("파일 이름이 너무 깁니다.", "the name is too long."),
    "why_closed": ("출력이 닫혀 있습니다.", "the output is closed."),
    "waiting": ("KIS의 응답을 기다리고 있습니다…", "Waiting for KIS…"),
    "why_full": ("디스크가 가득 찼습니다.", "the disk is full."),
    "interrupted": ("멈췄습니다.", "Interrupted."),
}  # fmt: skip


def text(key: str, lang: str, **facts: str) -> str:
    """A text in a language, filled with facts."""
    return TEXTS[key][0 if lang == "ko" else 1].format(**facts)
