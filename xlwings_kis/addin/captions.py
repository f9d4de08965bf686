"""What stands on the visible sheets of the workbook with examples."""

from __future__ import annotations

from typing import Final

CAPTIONS: Final[dict[str, tuple[str, str]]] = {
    "formulas": ("KIS 수식", "KIS formulas"),
    "help": ("함수 설명", "Functions"),
    "title": ("프로그램매매 투자자별 동향", "Program trading by investor"),
    "allow": (
        "매크로를 허용하면 값이 나타납니다: 위쪽 막대의 [편집 사용], [콘텐츠 사용]을 차례로 누르세요.",
        "Figures appear once macros are allowed: press [Enable Editing], then [Enable Content] in the bar above.",
    ),
    "allow_short": ("매크로 허용", "allow macros"),
    "refresh": ("새로고침", "Refresh"),
    "refresh_tip": ("이 통합 문서의 KIS 수식을 지금 다시 조회합니다.", "Fetch the KIS formulas of this workbook now."),
    "fields": ("항목", "Fields"),
    "fields_default": ("대금", "value"),
    "fields_choices": ("대금,수량,순매수,순매수 대금,비차익", "value,volume,net,net value,nonarbitrage"),
    "fields_hint": (
        "아래 여섯 표의 열을 정합니다. 비우면 20개 열 전부. 예: 순매수 / 비차익, 순매수 / 수량",
        "Chooses the columns of the six tables below; blank means all 20. E.g. net / volume",
    ),
    "overview": ("한눈에 보기", "At a glance"),
    "net_unit": ("(순매수대금, 단위: 백만원)", "(net buying, million won)"),
    "units": ("(금액: 백만원, 수량: 천주)", "(value: million won, volume: thousand shares)"),
    "exchange": ("거래소", "Exchange"),
    "market": ("시장", "Market"),
    "asof": ("조회시각", "Fetched"),
    "source": (
        "자료: 한국투자증권 Open API [국내주식-116] · 내부 참고용, 외부 제공·재배포 금지",
        "Source: KIS Open API [국내주식-116] · for internal use, not to be passed on",
    ),
    "arguments": ("인수", "Arguments"),
    "optional": (" (생략할 수 있음)", " (may be left out)"),
    "example": ("예", "Example"),
    "purpose": ("하는 일", "Purpose"),
    "words": ("쓸 수 있는 말", "Accepted words"),
    "words_note": (
        "띄어쓰기, 점, 빗금, 대소문자는 구분하지 않습니다. 다른 셀의 값도 그대로 넣을 수 있습니다.",
        "Blanks, dots, slashes and case do not matter. Cells may hold the words.",
    ),
    "investor": ("투자자", "Investor"),
    "band": ("구분", "Band"),
    "side": ("매매", "Side"),
    "measure": ("수량·대금", "Measure"),
    "corner": ("표의 왼쪽 위 칸", "First cell of the table"),
    "notes": ("알아 두기", "Good to know"),
    "note_array": (
        "동적 배열이 없는 Excel(2019 이하)에서는 표가 들어갈 범위를 고른 뒤 수식을 넣고 Ctrl+Shift+Enter를 누르세요.",
        "Excel without dynamic arrays (2019 and before): select the range, type the formula, press Ctrl+Shift+Enter.",
    ),
    "note_rows": (
        "처음 보는 투자자는 표 끝에 행으로만 더해집니다. 표 아래 네 행은 비워 두세요.",
        "Investors never seen before come as rows at the end: keep four rows below a table free.",
    ),
    "note_demo": (
        "계정 없이 보려면 명령 프롬프트에서 setx XLWINGS_KIS_DEMO 1 을 실행한 뒤 Excel을 다시 여세요. '예시'로 표시됩니다.",
        "Without an account: run setx XLWINGS_KIS_DEMO 1 in a command prompt and reopen Excel. Everything is marked 예시.",
    ),
}
"""Key → (ko, en)."""


def caption(key: str, lang: str = "ko") -> str:
    """One caption in a language."""
    return CAPTIONS[key][0 if lang == "ko" else 1]
