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
    "at": (
        "그때의 표: 10:30, \"2026-11-20 10:30\", 마감, 전일마감 (이 PC에 저장된 자료, KIS에 조회하지 않음)",
        "the table as it stood: 10:30, \"2026-11-20 10:30\", close, \"previous close\" (from this machine, KIS is not asked)",
    ),
    "history": ("이 PC에 저장된 자료를 보고, 내보내고, 가져오고, 정리합니다", "look at, export, import and prune what this machine has stored"),
    "history_stats": ("무엇이 얼마나 저장되어 있는지 보여 줍니다", "show what is stored"),
    "history_prune": ("오래된 날의 자료를 지웁니다", "remove the figures of old days"),
    "history_export": ("저장된 자료를 CSV 또는 xlsx 파일로 내보냅니다", "export what is stored to a CSV or xlsx file"),
    "history_import": (
        "저장해 둔 KIS 응답(JSON 파일)을 폴더에서 가져옵니다(형식: docs/history.md)",
        "import saved answers of KIS (JSON files) from a folder; docs/history.md has the format",
    ),
    "keep_days": ("남길 날 수 (기본: 설정 XLWINGS_KIS_KEEP_DAYS)", "days to keep (default: the setting XLWINGS_KIS_KEEP_DAYS)"),
    "compact": ("파일 크기도 줄입니다. 그동안 다른 프로그램은 저장하지 못합니다", "shrink the file too; other programs cannot store meanwhile"),
    "export_out": ("저장할 파일. 이름의 끝(.csv, .xlsx)이 형식을 정합니다", "file to write; .csv or .xlsx decides the format"),
    "first_day": ("첫날 (예: 2026-11-01)", "first day, such as 2026-11-01"),
    "last_day": ("마지막 날", "last day"),
    "folder": ("KIS 응답을 저장한 폴더", "the folder with saved answers"),
    "no_keep_days": (
        "--keep-days 에 남길 날 수를 1에서 36500 사이로 주세요",
        "give --keep-days, from 1 to 36500",
    ),
    "no_such_export": ("-o 파일 이름은 .csv 또는 .xlsx 로 끝나야 합니다", "-o needs a name ending in .csv or .xlsx"),
    "no_such_folder": ("{folder} 폴더가 없습니다", "there is no folder {folder}"),
    "pruned": ("{day}보다 오래된 표 {number}개를 지웠습니다.", "Removed {number} tables older than {day}."),
    "stats_pair": (
        "{pair}: {days}일, 표 {tables}개, {first} ~ {last}",
        "{pair}: {days} days, {tables} tables, {first} to {last}",
    ),
    "stats_file": ("파일 {file}, {size}MB", "file {file}, {size} MB"),
    "stats_others": (
        "다른 앱키나 주소로 저장된 표 {number}개는 그 앱키로만 보입니다.",
        "{number} tables stored under other keys or addresses are shown under those alone.",
    ),
    "stats_aside": (
        "손상되어 따로 둔 파일: {file} (지우지 않았습니다)",
        "set aside because it was damaged: {file} (not removed)",
    ),
    "exporting": ("저장된 자료를 내보내고 있습니다…", "Exporting…"),
    "importing": ("저장한 응답을 읽고 있습니다…", "Reading the saved answers…"),
    "working": ("저장된 자료를 정리하고 있습니다…", "Working on the store…"),
    "exported": ("표 {tables}개, {rows}행을 내보냈습니다.", "Exported {tables} tables, {rows} rows."),
    "unreadable": ("읽을 수 없는 표 {number}개는 빠졌습니다.", "{number} tables could not be read and are left out."),
    "skipped": ("건너뜀: {file}: {why}", "Skipped: {file}: {why}"),
    "imported": (
        "새 표 {new}개를 가져왔습니다. 이미 있던 것 {known}개, 값이 없는 응답 {empty}개, 건너뛴 파일 {bad}개.",
        "Imported {new} new tables. Known already: {known}, without figures: {empty}, skipped files: {bad}.",
    ),
    "not_seen_since": ("그 뒤 이 시각까지의 값은 이 PC에 없습니다.", "This machine has seen no later figures by then."),
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
    "why_unreadable": ("파일을 읽을 수 없습니다.", "the file cannot be read."),
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
