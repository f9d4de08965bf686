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
    "simulate": ("KIS 시뮬레이터를 이 PC에서 실행합니다(Ctrl+C로 끝냄)", "run the KIS simulator on this machine (Ctrl+C ends it)"),
    "port": ("포트 (기본: 빈 포트)", "port (default: a free one)"),
    "fault": ("모든 응답을 이 장애로 바꿉니다", "turn every answer into this fault"),
    "latency": ("응답 지연(초)", "seconds before each answer"),
    "live": ("실제 시각대로: 장 시작 전에는 전일 값을 보냅니다", "follow the real hours: yesterday's figures before the open"),
    "login": ("앱키와 시크릿을 KIS에서 확인하고 운영체제의 보관함에 저장합니다", "check the key pair at KIS and store it in the operating system's keyring"),
    "logout": ("저장한 앱키, 시크릿, 토큰과 상태 폴더의 파일을 지웁니다", "remove the stored key pair, the token and the files of the state folder"),
    "log": ("조회 기록이 있는 곳과 마지막 줄을 보여 줍니다", "show where the log is, and its last lines"),
    "log_follow": ("새 줄을 이어서 보여 줍니다(Ctrl+C로 끝냄)", "go on with the lines to come (Ctrl+C ends it)"),
    "log_lines": ("보여 줄 줄 수 (기본 20)", "how many lines (default 20)"),
    "log_is_here": ("기록: {file}", "Log: {file}"),
    "log_is_off": ("기록이 꺼져 있습니다(XLWINGS_KIS_LOG). 켜려면 1로 두세요.", "The log is off (XLWINGS_KIS_LOG). Set it to 1 to write one."),
    "log_is_empty": ("아직 기록이 없습니다. KIS에 조회하면 한 줄씩 쌓입니다.", "Nothing logged yet. Each request to KIS adds a line."),
    "ask_key": ("앱키(36자): ", "App key (36 characters): "),
    "ask_secret": ("시크릿(180자): ", "App secret (180 characters): "),
    "logged_in": ("앱키와 시크릿을 {place}에 저장했습니다.", "The key pair is stored in {place}."),
    "verified": (
        "KIS에서 토큰과 조회로 확인했습니다. 토큰은 하루 한 번 발급되며(KIS가 알림을 보냅니다) {folder}에 있습니다.",
        "KIS took it for a token and a call. The token, issued once a day (KIS sends a notice), is in {folder}.",
    ),
    "not_verified": ("KIS에서 확인하지는 못했습니다: {why}", "It could not be checked at KIS: {why}"),
    "not_stored": ("저장하지 않았습니다.", "Nothing was stored."),
    "try_now": (
        "이제 xlwings-kis table KRX 코스피 를 실행해 보세요.",
        "Now try xlwings-kis table KRX KOSPI.",
    ),
    "verifying": ("KIS에서 확인하고 있습니다…", "Checking at KIS…"),
    "unlocking": (
        "보관함을 기다리고 있습니다. 잠금 해제를 묻는 창이 있는지 보세요…",
        "Waiting for the keyring. Look for a window that asks to unlock it…",
    ),
    "resting": (
        "조금 전의 토큰 요청이 거절되어 {time}에 다시 확인합니다. 멈추려면 Ctrl+C를 누르세요(저장하지 않습니다).",
        "A token was refused a moment ago, so it is checked at {time}. Ctrl+C ends it (nothing is stored).",
    ),
    "ctrl_v": (
        "이 창에서는 Ctrl+V로 붙여넣을 수 없습니다. 마우스 오른쪽 단추로 붙여넣으세요.",
        "Ctrl+V does not paste in this window. Paste with the right mouse button.",
    ),
    "comes_first": (
        "{place}의 앱키가 먼저 쓰입니다. 저장한 앱키를 쓰려면 그것을 지우세요.",
        "The key in {place} comes first. Remove it to use the stored one.",
    ),
    "demo_is_on": (
        "예시 모드(XLWINGS_KIS_DEMO)가 켜져 있습니다. 실제 값을 보려면 끄세요.",
        "Demo mode (XLWINGS_KIS_DEMO) is on. Switch it off to see real figures.",
    ),
    "no_keyring": (
        "이 PC에는 쓸 수 있는 보관함이 없습니다. 환경 변수 KIS_APP_KEY와 KIS_APP_SECRET에 넣거나 {folder}의 config.toml에 app_key, app_secret으로 적으세요(암호화되지 않으니 본인만 읽을 수 있게 두세요).",
        "This machine has no usable keyring. Set KIS_APP_KEY and KIS_APP_SECRET, or write app_key and app_secret into config.toml in {folder} (not encrypted: see that only you can read it).",
    ),
    "logged_out": ("지웠습니다: {things}.", "Removed: {things}."),
    "nothing_stored": ("저장된 것이 없습니다.", "Nothing was stored."),
    "held": (
        "지우지 못했습니다: {files}. Excel을 모두 닫고 다시 실행하세요.",
        "Could not be removed: {files}. Close every Excel and try again.",
    ),
    "records_stay": (
        "지난 {days}일의 기록은 남겼습니다. 함께 지우려면 xlwings-kis logout --all 을 실행하세요.",
        "Records of {days} earlier days stay. Remove them too with xlwings-kis logout --all.",
    ),
    "damaged_stays": (
        "손상되어 옮겨 둔 기록 파일은 남겼습니다. 함께 지우려면 xlwings-kis logout --all 을 실행하세요.",
        "A damaged record file that was set aside stays. Remove it too with xlwings-kis logout --all.",
    ),
    "config_stays": (
        "직접 쓴 config.toml은 남겼습니다. 앱키를 적었다면 지우거나 xlwings-kis logout --all 을 실행하세요.",
        "Your config.toml stays. If it holds a key, remove it or run xlwings-kis logout --all.",
    ),
    "elsewhere": ("{place}의 앱키는 그대로입니다. 쓰지 않으려면 직접 지우세요.", "The key in {place} stays. Remove it yourself if you no longer use it."),
    "logout_all": ("지난 날의 기록과 config.toml까지 모두 지웁니다", "remove records of earlier days and config.toml, too"),
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
    "addin": ("Excel 추가 기능을 설치하고, 지우고, 살펴봅니다", "install, remove and look at the Excel add-in"),
    "addin install": ("추가 기능을 만들어 Excel이 켤 때마다 열게 합니다", "build the add-in and let Excel open it at every start"),
    "addin uninstall": ("추가 기능과 그 설정 파일을 지웁니다", "remove the add-in and its settings file"),
    "addin status": ("추가 기능이 어디에 어떻게 설치되어 있는지 보여 줍니다", "show what is installed, where, and whether Excel can use it"),
    "doctor": ("Python, Excel, 추가 기능을 점검하고 고칠 방법을 알려 줍니다", "look at Python, Excel and the add-in, and say what to do"),
    "as_json": ("전산팀에 보낼 JSON으로 보여 줍니다", "print JSON, for IT departments"),
    "installing": ("추가 기능을 만들고 Excel에 알리고 있습니다…", "Building the add-in and telling Excel…"),
    "uninstalling": ("Excel에 알리고 지우고 있습니다…", "Telling Excel and removing…"),
    "looking": ("살펴보고 있습니다…", "Looking…"),
    "installed": ("추가 기능을 설치했습니다 · {place}", "The add-in is installed · {place}"),
    "renewed": ("추가 기능을 새로 바꾸었습니다 · {place}", "The add-in is renewed · {place}"),
    "kept": ("추가 기능이 이미 최신입니다 · {place}", "The add-in is up to date · {place}"),
    "opened": ("켜져 있는 Excel {count}개에서 바로 쓸 수 있습니다.", "It is ready in {count} running Excel."),
    "opens_later": ("다음에 Excel을 켜면 열립니다. 지금 켜져 있으면 닫았다가 다시 켜세요.", "It opens with Excel's next start. Restart Excel if it is running."),
    "workbook_hint": (
        "수식이 들어 있는 예시 통합 문서(kis_program_trade.xlsm)는 xlwings-kis addin build 로 만듭니다.",
        "A workbook with example formulas (kis_program_trade.xlsm) is made by xlwings-kis addin build.",
    ),
    "uninstalled": ("지웠습니다: {things}.", "Removed: {things}."),
    "nothing_installed": ("설치된 것이 없습니다.", "Nothing was installed."),
    "thing_addin": ("추가 기능(xlwings_kis.xlam)", "the add-in (xlwings_kis.xlam)"),
    "thing_config": ("설정 파일", "its settings file"),
    "thing_disabled": ("Excel의 사용 안 함 목록에 있던 항목", "its entry in Excel's disabled items"),
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
