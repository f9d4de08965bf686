"""Words of the examination. Sentences that an error says too are in `wording`."""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """What was found and what to do about it, Korean and English."""

    ko: str
    en: str
    remedy_ko: str = ""
    remedy_en: str = ""


NAMES: Final[dict[str, tuple[str, str]]] = {
    "python": ("Python", "Python"),
    "bits": ("비트", "Bitness"),
    "xlwings": ("xlwings", "xlwings"),
    "dll": ("DLL", "DLL"),
    "addin": ("추가 기능", "Add-in"),
    "interpreter": ("설정 파일", "Settings file"),
    "start": ("Python 시작", "Python start"),
    "macros": ("매크로 정책", "Macro policy"),
    "children": ("Defender", "Defender"),
    "disabled": ("사용 안 함 목록", "Disabled items"),
    "loaded": ("열린 Excel", "Running Excel"),
    "excel": ("Excel", "Excel"),
    "settings": ("설정", "Settings"),
    "keyring": ("보관함", "Keyring"),
    "key": ("앱키", "Key pair"),
    "folder": ("상태 폴더", "State folder"),
    "desk": ("공유 서버", "Shared server"),
    "store": ("공유 파일", "Shared file"),
    "token": ("접근토큰", "Token"),
    "network": ("연결", "Connection"),
    "certificate": ("인증서", "Certificate"),
    "call": ("조회", "One call"),
    "clock": ("PC 시계", "PC clock"),
    "log": ("조회 기록", "Log"),
}

LEVELS: Final[dict[str, tuple[str, str]]] = {
    "ok": ("정상", "ok"),
    "note": ("참고", "note"),
    "warning": ("주의", "warning"),
    "problem": ("문제", "problem"),
}

_AGAIN_KO, _AGAIN_EN = "xlwings-kis addin install 을 다시 실행하세요.", "Run xlwings-kis addin install again."

WORDS: Final[dict[str, Words]] = {
    "python": Words("{version} {bits}비트, xlwings-kis {ours}", "{version} {bits}-bit, xlwings-kis {ours}"),
    "bits": Words("Excel {excel}비트 / Python {python}비트: 정상", "Excel {excel}-bit / Python {python}-bit: fine"),
    "no_excel": Words(
        "Excel을 찾지 못했습니다.", "No Excel was found.",
        "Excel 2016 이상을 설치하거나, Excel 없이 xlwings-kis table KRX 코스피 -o 표.xlsx 를 쓰세요.",
        "Install Excel 2016 or later, or use xlwings-kis table KRX KOSPI -o table.xlsx without it.",
    ),
    "xlwings": Words("{version}", "{version}"),
    "no_xlwings": Words(
        "xlwings가 설치되어 있지 않습니다.", "xlwings is not installed.",
        "pip install --force-reinstall xlwings-kis 를 실행하세요.", "Run pip install --force-reinstall xlwings-kis.",
    ),
    "two_xlwings": Words(
        "두 버전이 설치되어 있습니다({versions}). 앞의 것이 쓰입니다.", "Two versions are installed ({versions}); the first is used.",
        "pip uninstall xlwings 를 두 번 실행한 뒤 xlwings-kis를 다시 설치하세요.",
        "Run pip uninstall xlwings twice, then install xlwings-kis again.",
    ),
    "dll": Words("{dll}: Python 폴더에 있음", "{dll}: in Python's folder"),
    "addin": Words("{version} (xlwings {xlwings}) · {place}", "{version} (xlwings {xlwings}) · {place}"),
    "no_addin": Words(
        "설치되어 있지 않습니다.", "It is not installed.",
        "xlwings-kis addin install 을 실행하세요.", "Run xlwings-kis addin install.",
    ),
    "odd_addin": Words(
        "파일을 읽을 수 없습니다 · {place}", "The file cannot be read · {place}", _AGAIN_KO, _AGAIN_EN,
    ),
    "xlwings_changed": Words(
        "xlwings가 {new}로 바뀌었습니다(추가 기능은 {old}).", "xlwings is now {new} (the add-in was built from {old}).", _AGAIN_KO, _AGAIN_EN,
    ),
    "version_changed": Words(
        "xlwings-kis가 바뀌었습니다(지금 {new}, 추가 기능은 {old}).", "xlwings-kis is now {new} (the add-in is of {old}).", _AGAIN_KO, _AGAIN_EN,
    ),
    "interpreter": Words("이 Python을 가리킵니다 · {place}", "It points to this Python · {place}"),
    "no_interpreter": Words(
        "Excel이 부를 Python이 적혀 있지 않습니다.", "It names no Python for Excel to start.", _AGAIN_KO, _AGAIN_EN,
    ),
    "interpreter_gone": Words(
        "적힌 Python이 없어졌습니다 · {place}", "The Python it names is gone · {place}", _AGAIN_KO, _AGAIN_EN,
    ),
    "other_interpreter": Words(
        "다른 Python을 가리킵니다 · {place}", "It points to another Python · {place}",
        "Excel이 이 Python을 쓰게 하려면 xlwings-kis addin install 을 실행하세요.", "To let Excel use this one, run xlwings-kis addin install.",
    ),
    "start": Words("Excel이 부르는 방식으로 켜집니다.", "It starts the way Excel starts it."),
    "macros_run": Words("추가 기능의 매크로가 실행됩니다.", "The add-in's macros run."),
    "macros_ask": Words(
        "XLSTART가 신뢰할 수 있는 위치가 아니어서({setting}) Excel이 켤 때마다 묻습니다.",
        "XLSTART is no trusted location ({setting}), so Excel asks at every start.",
        "Excel을 켤 때 '콘텐츠 사용'을 누르세요.", "Press 'Enable Content' when Excel starts.",
    ),
    "macros_while_trusted": Words(
        "매크로가 제한되어 있지만({setting}) XLSTART는 신뢰할 수 있는 위치라 추가 기능은 실행됩니다. 다른 폴더의 매크로 파일(.xlsm)은 막힙니다.",
        "Macros are restricted ({setting}), but XLSTART is a trusted location and the add-in runs. Workbooks with macros (.xlsm) elsewhere are blocked.",
        "막히면 전산팀에 서명을 요청하고, 그동안 매크로 없이 xlwings-kis record --csv 폴더 를 쓰세요.",
        "If it is blocked, ask IT to sign it, and until then use xlwings-kis record --csv FOLDER, without macros.",
    ),
    "children": Words("Excel이 Python을 켤 수 있습니다.", "Excel may start Python."),
    "disabled": Words("Excel이 꺼 두지 않았습니다.", "Excel has not switched it off."),
    "loaded": Words("{count}개에 추가 기능이 열려 있습니다.", "The add-in is open in {count}."),
    "no_running": Words("켜져 있지 않거나 응답하지 않습니다.", "None is running, or none answers."),
    "not_loaded": Words(
        "{running}개 가운데 {count}개에만 추가 기능이 열려 있습니다.", "The add-in is open in only {count} of {running}.",
        "Excel을 모두 닫고 다시 시작하세요.", "Close every Excel and start again.",
    ),
    "loaded_elsewhere": Words(
        "다른 곳의 추가 기능이 열려 있습니다 · {place}", "An add-in from elsewhere is open · {place}",
        "그 파일을 지우거나 Excel의 추가 기능 목록에서 빼고 Excel을 다시 시작하세요.",
        "Delete that file or take it off Excel's list of add-ins, and restart Excel.",
    ),
    "settings": Words("읽을 수 있습니다({source}).", "They can be read ({source})."),
    "defaults": Words("모두 기본값입니다.", "All are the defaults."),
    "demo_mode": Words(
        "예시 모드(XLWINGS_KIS_DEMO)가 켜져 있어 KIS에 묻지 않습니다.", "Demo mode (XLWINGS_KIS_DEMO) is on: KIS is not asked.",
    ),
    "other_gateway": Words(
        "실제 KIS 주소가 아닙니다({source}).", "This is not KIS's own address ({source}).",
        "연습이 끝났으면 {source} 값을 지우세요.", "Remove {source} when you have finished practising.",
    ),
    "keyring": Words("{place}", "{place}"),
    "keyring_absent": Words("쓸 수 있는 보관함이 없습니다.", "There is no usable keyring."),
    "keyring_needed": Words(
        "쓸 수 있는 보관함이 없습니다.", "There is no usable keyring.",
        "환경 변수 KIS_APP_KEY와 KIS_APP_SECRET에 넣으세요.", "Put the pair into KIS_APP_KEY and KIS_APP_SECRET.",
    ),
    "key": Words("앱키 {key}자, 시크릿 {secret}자 · {source}", "key of {key}, secret of {secret} characters · {source}"),
    "odd_key": Words(
        "길이가 다릅니다: 앱키 {key}자(36자), 시크릿 {secret}자(180자) · {source}",
        "Odd lengths: key {key} (36), secret {secret} (180) · {source}",
        "KIS Developers에서 다시 복사해 xlwings-kis login 으로 저장하세요.", "Copy them again at KIS Developers and run xlwings-kis login.",
    ),
    "folder": Words("{place}", "{place}"),
    "folder_synchronised": Words(
        "{service}에 있습니다 · {place}", "It is in {service} · {place}",
        "XLWINGS_KIS_HOME을 동기화하지 않는 폴더로 바꾸세요.", "Point XLWINGS_KIS_HOME to a folder that is not synchronised.",
    ),
    "folder_remote": Words(
        "네트워크 드라이브에 있습니다 · {place}", "It is on a network drive · {place}",
        "XLWINGS_KIS_HOME을 이 PC의 폴더로 바꾸세요.", "Point XLWINGS_KIS_HOME to a folder of this machine.",
    ),
    "folder_roaming": Words(
        "다른 PC로 따라다니는 폴더(%APPDATA%)에 있습니다 · {place}", "It is in a roaming folder (%APPDATA%) · {place}",
        "XLWINGS_KIS_HOME을 %LOCALAPPDATA% 아래의 폴더로 바꾸세요.", "Point XLWINGS_KIS_HOME to a folder below %LOCALAPPDATA%.",
    ),
    "desk": Words("{place}에 {milliseconds}ms에 연결됩니다.", "{place} answers in {milliseconds} ms."),
    "desk_gone": Words(
        "{place}을(를) 쓸 수 없어({what}) 이 PC의 파일로 조회합니다.", "{place} cannot be used ({what}); this machine's own file is used meanwhile.",
        "서버 관리자에게 Redis가 켜져 있는지, 이 PC의 접속과 암호가 맞는지 확인해 달라고 하세요.",
        "Ask whoever runs the Redis server whether it is up and lets this machine in.",
    ),
    "store": Words("읽을 수 있습니다.", "It can be read."),
    "store_none": Words("아직 없습니다. 처음 조회할 때 생깁니다.", "None yet; the first call makes it."),
    "store_broken": Words(
        "손상되었습니다. 다음 조회 때 옮겨 두고 새로 만듭니다.", "It is damaged; the next call sets it aside and makes a new one.",
        "기록이 필요하면 상태 폴더의 store.sqlite3를 먼저 복사해 두세요.", "Copy store.sqlite3 from the state folder first if you need its records.",
    ),
    "token": Words("{until}까지 씁니다.", "Valid until {until}."),
    "token_none": Words("저장된 것이 없었습니다. 조회할 때 하나를 발급합니다.", "None was kept; a call issues one."),
    "token_brought": Words("KIS_ACCESS_TOKEN의 토큰을 씁니다.", "That of KIS_ACCESS_TOKEN is used."),
    "token_damaged": Words(
        "저장된 파일을 읽을 수 없습니다. 다음 조회 때 새로 발급합니다.", "The kept file cannot be read; the next call issues a new one.",
        "되풀이되면 xlwings-kis logout 뒤에 다시 login 하세요.", "If it happens again, run xlwings-kis logout and login.",
    ),
    "network": Words("{host}에 연결됩니다.", "{host} can be reached."),
    "network_by_proxy": Words("{proxy} 프록시로 {host}에 연결됩니다.", "{host} can be reached by the proxy {proxy}."),
    "proxy_script": Words(
        "Windows가 프록시를 자동 구성 스크립트로 정합니다. 그 스크립트는 실행하지 않습니다.", "Windows finds its proxy by a script, which is not run here.",
        "전산팀에서 프록시 주소를 받아 HTTPS_PROXY에 넣으세요.", "Ask IT for the proxy's address and put it into HTTPS_PROXY.",
    ),
    "trusted": Words("신뢰됩니다. 서명: {issuer}", "It is trusted, signed by {issuer}"),
    "call": Words("{pair} 표를 {milliseconds}ms에 받았습니다.", "{pair} came in {milliseconds} ms."),
    "clock": Words("KIS의 시각과 맞습니다.", "It agrees with KIS's."),
    "clock_slow": Words(
        "{minutes}분 느립니다. 값의 시각은 KIS의 시각으로 바로잡습니다.", "It is {minutes} min slow; times are corrected by KIS's clock.",
        "Windows 설정의 날짜 및 시간에서 '지금 동기화'를 누르세요.", "Press 'Sync now' in the date and time settings.",
    ),
    "clock_fast": Words(
        "{minutes}분 빠릅니다. 값의 시각은 KIS의 시각으로 바로잡습니다.", "It is {minutes} min fast; times are corrected by KIS's clock.",
        "Windows 설정의 날짜 및 시간에서 '지금 동기화'를 누르세요.", "Press 'Sync now' in the date and time settings.",
    ),
    "log": Words("{place}", "{place}"),
    "log_off": Words("꺼져 있습니다(XLWINGS_KIS_LOG).", "It is off (XLWINGS_KIS_LOG)."),
    "not_windows": Words(
        "추가 기능, DLL, 매크로 정책은 Windows에서만 확인합니다.", "Add-in, DLL and macro policy are looked at on Windows only.",
    ),
}  # fmt: skip
