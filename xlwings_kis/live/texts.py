"""Words and sentences of the sheet, Korean and English side by side."""

from __future__ import annotations

from xlwings_kis.wording import clean

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("프로그램매매 투자자별 동향", "Program trading by investor"),
    "own": ("내 칸", "My cells"),
    "own_first": ("KOSPI200", "KOSPI200"),
    "own_second": ("베이시스", "Basis"),
    "fetched": ("조회", "fetched"),
    "asof_name": ("조회시각", "조회시각"),  # names stay, whatever the language: formulas use them
    "late": ("지연", "delayed"),
    "demo": ("예시", "demo"),
    "none": ("자료 없음", "no data"),
    "extras": ("그 밖의 투자자", "Other investors"),
    "no_room": ("그 밖의 투자자 {rows}행은 자리가 없어 빠짐", "other investors left out for want of room: {rows}"),
    "rounded": ("억원은 칸마다 반올림한 값", "100m won: each cell is rounded on its own"),
    "no_then": ("비교할 저장값 없음({label})", "nothing stored to compare with ({label})"),
    "chart": ("{pair} 투자자별 순매수(억원)", "{pair}: net buying by investor (100m won)"),
    "eok": ("억원", "100m won"),
    "course_title": ("시간대별 순매수", "Net buying by time"),
    "every": ("간격", "Every"),
    "time": ("시각", "Time"),
    "weekdays": ("월 화 수 목 금 토 일", "Mon Tue Wed Thu Fri Sat Sun"),
    "gaps": ("빈 칸은 그 시각에 조회한 값이 없는 것입니다", "a blank means that nobody was looking then"),
    "totals": ("누적", "Added up"),
    "today": ("당일", "today"),
    "days": ("{days}일", "{days} days"),
    "stored_of": ("{days}일 중 {stored}일 저장", "{stored} of {days} days stored"),
    "closes": (
        "당일은 조회한 값, 전일까지는 저장된 정규장 마감 값입니다. 저장되지 않은 날은 더하지 않았습니다.",
        "Today as fetched, the days before at their stored regular close; days not stored are left out."),
    "charted": ("외국인 비차익", "Foreigners"),
    "course_chart": (
        "{pair} 외국인 비차익 순매수 추이(억원)", "{pair}: foreigners, non-arb. (100m won)"),
    "sheet_said": ("'{sheet}': {why}", "'{sheet}': {why}"),
    "done": ("조회했습니다: {pairs} · {time}.", "Refreshed: {pairs} · {time}."),
    "saved": ("저장했습니다: {file}", "Saved: {file}"),
    "still_name": ("보고서 {moment}", "Report {moment}"),
    "still_made": ("보고서를 새 시트 '{sheet}'에 적었습니다.", "The report is on the new sheet '{sheet}'."),
    "partly": ("{pairs}: {why}", "{pairs}: {why}"),
    "kept": ("이전 값을 그대로 두었습니다", "the earlier figures stay"),
    "protected": (
        "시트가 보호되어 있어 쓰지 않았습니다. 보호를 해제한 뒤 새로고침하세요.",
        "The sheet is protected, so nothing was written. Unprotect it and refresh."),
    "filtered": (
        "시트에 필터가 걸려 있어 쓰지 않았습니다. 필터를 지운 뒤 새로고침하세요.",
        "The sheet is filtered, so nothing was written. Clear the filter and refresh."),
    "hidden": (
        "시트에 숨긴 행이나 열이 있어 쓰지 않았습니다. 숨기기를 취소한 뒤 새로고침하세요.",
        "The sheet has hidden rows or columns, so nothing was written. Unhide them and refresh."),
    "shared": (
        "공유된 통합 문서라서 쓰지 않았습니다. 공유를 끈 뒤 새로고침하세요.",
        "The workbook is shared, so nothing was written. Stop sharing it and refresh."),
    "structure": (
        "통합 문서 구조가 보호되어 있어 시트를 만들지 않았습니다. 보호를 해제한 뒤 새로고침하세요.",
        "The workbook's structure is protected, so no sheet was made. Unprotect it and refresh."),
    "window": (
        "창이 없는 통합 문서라서 쓰지 않았습니다. 통합 문서를 열고 새로고침하세요.",
        "The workbook has no window, so nothing was written. Open it and refresh."),
    "foreign": (
        "'{sheet}' 시트에 다른 내용이 있어 쓰지 않았습니다. 그 시트의 이름을 바꾼 뒤 새로고침하세요.",
        "Sheet '{sheet}' holds something else, so nothing was written. Rename it and refresh."),
    "moved": (
        "'{sheet}' 시트의 행이나 열이 옮겨져 쓰지 않았습니다. 시트 이름을 바꾼 뒤 새로고침하면 새로 만듭니다.",
        "Rows or columns of sheet '{sheet}' were moved, so nothing was written. Rename it and refresh for a new one."),
    "taken": (
        "표가 늘어날 자리에 다른 내용이 있어 쓰지 않았습니다. '{sheet}' 시트의 표 아래와 오른쪽 내용을 옮긴 뒤 새로고침하세요.",
        "Nothing was written: the tables would grow over other cells. Move what is below or beside them on '{sheet}' "
        "and refresh."),
    "crowded": (
        "'{sheet}' 시트의 표 아래에 다른 내용이 있어 그 밖의 투자자 {rows}행을 쓰지 않았습니다. "
        "그 내용을 옮긴 뒤 새로고침하세요.",
        "Other investors ({rows} rows) were not written: something stands below the tables on '{sheet}'. "
        "Move it and refresh."),
    "busy": (
        "Excel이 다른 작업 중이라 쓰지 못했습니다. 셀 편집이나 대화 상자를 마친 뒤 새로고침하세요.",
        "Excel is busy, so nothing was written. Finish editing or close the dialog, then refresh."),
    "no_book": (
        "통합 문서를 찾지 못했습니다. 통합 문서를 연 뒤 새로고침하세요.",
        "No workbook was found. Open one and refresh."),
}  # fmt: skip


def text(key: str, lang: str = "ko", **facts: str) -> str:
    """A word or sentence; facts are cut and cleaned, for sheets are named by users."""
    said = _TEXTS[key][0 if lang == "ko" else 1]
    return said.format_map({name: clean(fact, 200) for name, fact in facts.items()}) if facts else said
