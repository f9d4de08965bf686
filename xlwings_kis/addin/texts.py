"""Sentences and labels of the Excel side, which cannot hold Korean itself: VBA stays ASCII and the ribbon is a template.

VBA takes a text by its key from the hidden sheet `texts` of its own file; the ribbon's are filled in by the build.
"""

from __future__ import annotations

from typing import Final

from xlwings_kis import guide
from xlwings_kis.live.choices import AmountUnit
from xlwings_kis.markets import ALL_PAIRS

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("KIS 프로그램매매", "KIS program trading"),
    "no_python": (
        "KIS 추가 기능이 Python을 찾지 못했습니다. 명령 프롬프트에서 xlwings-kis addin install 을 다시 실행하세요.",
        "The KIS add-in cannot find Python. Run xlwings-kis addin install again in a command prompt.",
    ),
    "old_xlwings": (
        "xlwings가 {0}로 바뀌었습니다. xlwings-kis addin install 을 다시 실행하세요.",
        "xlwings is now {0}. Run xlwings-kis addin install again.",
    ),
    "failed": (
        "요청을 처리하지 못했습니다. 다시 누르고, 계속되면 상태·설정의 진단 실행을 누르세요.",
        "That could not be done. Press again, and run the diagnosis in the status menu if it stays.",
    ),
    "no_workbook": (
        "열린 통합 문서가 없습니다. 통합 문서를 연 뒤 다시 누르세요.",
        "No workbook is open. Open one and press again.",
    ),
    "no_cell": (
        "선택한 셀이 없습니다. 표를 넣을 셀을 선택한 뒤 다시 누르세요.",
        "No cell is selected. Select the cell for the table and press again.",
    ),
    "no_room": (
        "표가 들어갈 자리가 없습니다. 더 위쪽이나 왼쪽의 셀을 선택하세요.",
        "There is no room for the table. Select a cell further up or left.",
    ),
    "no_sheet": (
        "프로그램매매 시트가 없습니다. 시트 만들기를 먼저 누르세요.",
        "There is no sheet of tables. Press Make sheet first.",
    ),
    "protected": (
        "시트가 보호되어 있어 쓰지 않았습니다. 보호를 해제한 뒤 새로고침하세요.",
        "The sheet is protected, so nothing was written. Unprotect it and refresh.",
    ),
    "insert_over": (
        "{0}에 값이 있습니다. 그 값을 지우고 표를 넣을까요?",
        "There are values in {0}. Delete them and put the table there?",
    ),
    "asof_format": ('"조회 "m/d hh:mm:ss', '"as of "m/d hh:mm:ss'),
    "sheet_name": ("프로그램매매", "Program trading"),
    "course_mark": ("KIS_시간대별", "KIS_시간대별"),  # a name of the workbook stays, whatever the language
    "footer": (
        "한국투자증권 Open API · 내부 참고용, 외부 제공·재배포 금지 · &P/&N",
        "KIS Open API · for internal use, not to be passed on · &P/&N",
    ),
    "copy_over": ("{0} 파일이 이미 있습니다. 바꿀까요?", "{0} exists already. Replace it?"),
    "copy_saved": ("값만 있는 사본을 저장했습니다: {0}", "Saved a copy with values only: {0}"),
    "copy_failed": (
        "사본을 저장하지 못했습니다. 같은 이름의 파일이 열려 있으면 닫고 다시 누르세요.",
        "The copy could not be saved. Close a file of that name if it is open, and press again.",
    ),
    "copy_suffix": ("_값", "_values"),
    "auto_label": ("자동 {0}초", "Auto {0} s"),
    "auto_on": (
        "자동 새로고침을 켰습니다({0}초마다, 장중에만).",
        "Automatic refresh is on (every {0} s, in sessions only).",
    ),
    "auto_off": ("자동 새로고침을 껐습니다.", "Automatic refresh is off."),
    "help_address": ("https://github.com/xlwings-kis/xlwings-kis#readme",) * 2,
    "help_failed": (
        "도움말을 열지 못했습니다. 브라우저에서 {0} 주소를 여세요.",
        "The help could not be opened. Open {0} in a browser.",
    ),
    "unit_million": AmountUnit.MILLION.value[:2],
    "unit_eok": AmountUnit.EOK.value[:2],
    # The ribbon: label, screentip (.tip), supertip (.more).
    "group_trade": ("프로그램매매", "Program trading"),
    "group_report": ("보고", "Report"),
    "group_tools": ("도구", "Tools"),
    "refresh": ("새로고침", "Refresh"),
    "refresh.tip": ("지금 조회", "Fetch now"),
    "refresh.more": (
        "이 통합 문서의 KIS 수식과 시트를 지금 다시 조회합니다. 조회에 실패하면 이전 값을 그대로 두고 '지연'으로 표시합니다.",
        "Fetches the KIS formulas and the sheet of this workbook now. Where that fails, the old figures stay, marked delayed.",
    ),
    "auto.tip": ("자동 새로고침", "Automatic refresh"),
    "auto.more": (
        "장중에만 정한 간격으로 KIS 수식만 다시 계산합니다. 셀을 편집하거나 복사하는 동안에는 건너뜁니다.",
        "Calculates the KIS formulas at the chosen interval, in sessions only, and not while a cell is edited or copied.",
    ),
    "insert": ("표 넣기", "Insert table"),
    "insert.tip": ("수식 넣기", "Insert the formula"),
    "insert.more": (
        "선택한 셀에 거래소·시장별 표를 넣습니다. 덮어쓸 값이 있으면 먼저 묻습니다.",
        "Puts the table of an exchange and market at the selected cell. Asks before it would overwrite values.",
    ),
    **{f"pair.{pair.key}": (pair.label("ko"), pair.label("en")) for pair in ALL_PAIRS},
    "sheet": ("시트 만들기", "Make sheet"),
    "sheet.tip": ("프로그램매매 시트", "The sheet of tables"),
    "sheet.more": (
        "서식이 갖춰진 시트를 새로 만듭니다. 이미 있으면 그 시트로 이동합니다.",
        "Makes a finished sheet, or goes to it where it is there already.",
    ),
    "copy_text": ("텍스트 복사", "Copy text"),
    "copy_text.tip": ("메신저용 복사", "Copy for messengers"),
    "copy_text.more": (
        "현재 값을 다섯 줄 문장으로 클립보드에 복사합니다.",
        "Copies the figures as five lines of text.",
    ),
    "report": ("보고서", "Report"),
    "report.tip": ("보고서 저장", "Save a report"),
    "report.more": ("수식·매크로가 없는 xlsx 파일로 저장합니다.", "Saves an xlsx file without formulas or macros."),
    "mail": ("메일", "Mail"),
    "mail.tip": ("메일 초안", "Draft a mail"),
    "mail.more": (
        "보고서를 첨부한 초안을 엽니다. 자동으로 보내지 않습니다.",
        "Opens a draft with the report attached. It is not sent by itself.",
    ),
    "save_values": ("값으로 저장", "Save values"),
    "save_values.tip": ("값만 있는 사본", "A copy with values"),
    "save_values.more": (
        "KIS 수식을 값으로 바꾼 사본을 저장합니다. 원본은 바뀌지 않습니다.",
        "Saves a copy with values in place of the KIS formulas. The original stays as it is.",
    ),
    "more": ("상태·설정", "Status"),
    "more.tip": ("상태와 설정", "Status and settings"),
    "more.more": (
        "상태 보기 / 진단 실행 / 단위·간격 설정 / 로그 열기 / 도움말",
        "Status / diagnosis / unit and interval / log / help",
    ),
    "show_status": ("상태 보기", "Show status"),
    "run_doctor": ("진단 실행", "Run diagnosis"),
    "settings": ("단위·간격 설정", "Unit and interval"),
    "every.30": ("30초마다 자동 새로고침", "Refresh every 30 s"),
    "every.60": ("1분마다 자동 새로고침", "Refresh every minute"),
    "every.180": ("3분마다 자동 새로고침", "Refresh every 3 minutes"),
    "unit_million.menu": ("시트 단위: 백만원", "Unit of the sheet: million won"),
    "unit_eok.menu": ("시트 단위: 억원", "Unit of the sheet: 100 million won"),
    "open_log": ("로그 열기", "Open the log"),
    "help": ("도움말", "Help"),
}
"""Key → (ko, en). VBA replaces {0} and {1} by itself."""

SHEET = "texts"


def text(key: str, lang: str = "ko") -> str:
    """One text in a language."""
    return TEXTS[key][0 if lang == "ko" else 1]


def rows() -> list[tuple[str, str, str]]:
    """Every text of the sheet. A formula's description is followed by its arguments' (`KIS_PROGRAM_X.argument`), in order."""
    told = [(key, ko, en) for key, (ko, en) in TEXTS.items()]
    for name, formula in guide.FORMULAS.items():
        told.append((name, formula.ko, formula.en))
        told += [(f"{name}.{argument.name}", argument.ko, argument.en) for argument in formula.arguments]
    return told
