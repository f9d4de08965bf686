"""What each formula is for, said once: Excel's function wizard, the add-in's help page and the documentation read it.

Excel shows at most 255 letters of a text. Imported by the formulas, so it imports nothing itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LONGEST = 255


class Argument(NamedTuple):
    """One argument of a formula: its name, and what may stand there."""

    name: str
    ko: str
    en: str

    def text(self, lang: str = "ko") -> str:
        """What may stand there."""
        return self.ko if lang == "ko" else self.en


class Formula(NamedTuple):
    """One formula: what it gives, its arguments in order, and examples as one types them."""

    ko: str
    en: str
    arguments: tuple[Argument, ...]
    examples: tuple[str, ...]

    def text(self, lang: str = "ko") -> str:
        """What it gives."""
        return self.ko if lang == "ko" else self.en


class Choice(NamedTuple):
    """One word of a drop-down list, and what it means."""

    ko: str
    en: str
    means_ko: str
    means_en: str

    def word(self, lang: str = "ko") -> str:
        """The word itself: every language's is accepted everywhere."""
        return self.ko if lang == "ko" else self.en

    def text(self, lang: str = "ko") -> str:
        """What it means."""
        return self.means_ko if lang == "ko" else self.means_en


CHOICES: Final[dict[str, tuple[Choice, ...]]] = {
    "exchange": (
        Choice("KRX", "KRX", "한국거래소", "Korea Exchange"),
        Choice("NXT", "NXT", "넥스트레이드", "Nextrade"),
        Choice("통합", "UN", "KRX와 NXT를 합한 값", "KRX and NXT together"),
    ),
    "market": (
        Choice("코스피", "KOSPI", "유가증권시장", "The main board"),
        Choice("코스닥", "KOSDAQ", "코스닥시장", "The market for growing companies"),
    ),
}
"""By argument: what a list offers where Excel takes one; a test compares it with the markets there are."""

_EXCHANGE = Argument("exchange", "거래소: KRX, NXT 또는 통합 (J, NX, UN)", "Exchange: KRX, NXT or UN (J, NX, UN)")
_MARKET = Argument("market", "시장: 코스피 또는 코스닥 (1, 4)", "Market: KOSPI or KOSDAQ (1, 4)")
_FIELDS = Argument(
    "fields",
    "항목: 비우면 전체. 예: 순매수 대금 / 비차익, 순매수 / 전체순매수대금",
    "Fields: blank means all. E.g. 순매수 대금 (net, value) / 비차익, 순매수 / all_ntby_amt",
)
_HEADER = Argument(
    "header",
    "머리글: TRUE(기본)면 첫 행에 상태와 열 이름",
    "Header: TRUE (default) puts status and column names into the first row",
)
_INVESTOR = Argument(
    "investor",
    "투자자: 개인, 외국인, 기관계 … 또는 합계",
    "Investor: 개인, 외국인, 기관계 … or a code such as 9100, or total",
)
_FIELD = Argument(
    "field", "항목 하나: 비차익은 비차익순매수대금을 뜻함", "One field: 비차익 alone means net buying in million won"
)
_WHEN = Argument(
    "when",
    "시각: 10:30, 2026-11-20 10:30, 마감, 전일마감 또는 날짜·시간 셀",
    "When: 10:30, 2026-11-20 10:30, 마감 (close), 전일마감 (last close), or a cell with a date and time",
)
_DATE = Argument(
    "date",
    "날짜: 비우면 오늘(휴장일에는 직전 거래일). 예: 2026-11-20, 전일",
    "Date: blank means today (the last trading day when there is none). E.g. 2026-11-20",
)
_EVERY = Argument("minutes", "간격(분): 비우면 10", "Minutes between rows: blank means 10")
_MINUTES = Argument("minutes", "몇 분 전과 비교할지. 예: 10", "How many minutes to look back, e.g. 10")
_CHANGE_FIELDS = Argument(
    "fields",
    "항목: 비우면 전체·차익·비차익 순매수대금",
    "Fields: blank means the net buying of all, arbitrage and non-arbitrage in million won",
)


def _or_blank(argument: Argument) -> Argument:
    return Argument(
        argument.name,
        argument.ko + ". 비우면 이 Excel이 쓰는 표 전체",
        argument.en + ". Blank: all tables this Excel uses",
    )


FORMULAS: Final[dict[str, Formula]] = {
    "KIS_PROGRAM_TRADE": Formula(
        "프로그램매매 투자자별 당일 동향(HTS 0466) 표입니다. 대금은 백만원, 수량은 천주, 왼쪽 위 칸은 조회 시각과 상태입니다.",
        "Today's program trading by investor (HTS 0466): value in million won, volume in thousand shares; "
        "the first cell says when it was fetched and what it is worth.",
        (_EXCHANGE, _MARKET, _FIELDS, _HEADER),
        (
            '=KIS_PROGRAM_TRADE("KRX","코스피")',
            '=KIS_PROGRAM_TRADE("통합","코스닥","순매수 대금")',
            '=KIS_PROGRAM_TRADE("NXT","코스피",,FALSE)',
        ),
    ),
    "KIS_PROGRAM_VALUE": Formula(
        "프로그램매매 한 값입니다. 투자자 '합계'는 개인+외국인+기관계+기타법인이며, 오늘 자료가 없으면 #N/A입니다.",
        "One figure of program trading. The investor 합계 (total) is 개인+외국인+기관계+기타법인; #N/A without data for today.",
        (_EXCHANGE, _MARKET, _INVESTOR, _FIELD),
        ('=KIS_PROGRAM_VALUE("KRX","코스피","외국인","비차익")', '=KIS_PROGRAM_VALUE("KRX","코스닥","합계","전체")'),
    ),
    "KIS_PROGRAM_ASOF": Formula(
        "자료를 조회한 시각(한국 시간)입니다. 셀 서식을 날짜·시간으로 지정하세요.",
        "When the data was fetched (Korean time). Give the cell a date and time format.",
        (_EXCHANGE, _MARKET),
        ('=KIS_PROGRAM_ASOF("KRX","코스피")',),
    ),
    "KIS_PROGRAM_STATUS": Formula(
        "자료의 상태를 한 줄로 알려 줍니다: 정상·지연·자료 없음, 장 구분, 조회 시각, 오늘 조회 횟수.",
        "How the data stands, in one line: fine, delayed or none, the session, the fetch time, today's calls.",
        (_or_blank(_EXCHANGE), _or_blank(_MARKET)),
        ("=KIS_PROGRAM_STATUS()", '=KIS_PROGRAM_STATUS("KRX","코스피")'),
    ),
    "KIS_PROGRAM_HISTORY": Formula(
        "하루 동안의 한 값을 일정한 간격의 시각과 함께 보여 줍니다. 이 PC에 저장된 자료만 쓰며, 저장되지 않은 시각은 #N/A입니다.",
        "One figure through a day, with the times. From what this PC has stored; #N/A where nothing was stored.",
        (_EXCHANGE, _MARKET, _INVESTOR, _FIELD, _DATE, _EVERY),
        (
            '=KIS_PROGRAM_HISTORY("KRX","코스피","외국인","비차익")',
            '=KIS_PROGRAM_HISTORY("KRX","코스피","합계","전체","전일",30)',
        ),
    ),
    "KIS_PROGRAM_AT": Formula(
        "그 시각의 표입니다. 저장된 자료만 쓰며, 왼쪽 위 칸은 값을 확인한 시각입니다. 마감은 15:40까지의 마지막 값입니다.",
        "The table as it stood then, from what this PC has stored; the first cell says when it was seen. "
        "마감 (close) is the last table up to 15:40.",
        (_EXCHANGE, _MARKET, _WHEN, _FIELDS, _HEADER),
        ('=KIS_PROGRAM_AT("KRX","코스피","10:30")', '=KIS_PROGRAM_AT("KRX","코스피","전일마감","순매수 대금")'),
    ),
    "KIS_PROGRAM_CHANGE": Formula(
        "마지막 값에서 그보다 몇 분 전의 값을 뺀 증감입니다. 이 PC에 저장된 자료만 쓰며, 비교할 값이 없으면 #N/A입니다.",
        "The last figures less those so many minutes before, from what this PC has stored; #N/A where there are none.",
        (_EXCHANGE, _MARKET, _MINUTES, _CHANGE_FIELDS),
        ('=KIS_PROGRAM_CHANGE("KRX","코스피",10)',),
    ),
}
"""By name; a test compares it with the formulas themselves."""

CORNERS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "11/20 15:31:05",
        "조회한 시각(한국 시간)입니다. 오늘 자료입니다.",
        "When it was fetched (Korean time): today's data.",
    ),
    (
        "지연 11/20 14:02:10",
        "조회에 실패하여 그때의 값을 그대로 보여 줍니다.",
        "The fetch failed; these are the figures of that time.",
    ),
    (
        "예시 11/20 11:20:31",
        "내장 시뮬레이터의 값입니다. 실제 시세가 아닙니다.",
        "The simulator's figures, not real ones.",
    ),
    (
        "휴장(추정) 11/20 15:31:05",
        "오늘은 장이 열리지 않아 마지막 거래일의 값을 보여 줍니다.",
        "No trading today: the figures of the last trading day.",
    ),
    (
        "확인 중 11/20 09:01:10",
        "전일 값이 아닌지 아직 비교하지 못했습니다.",
        "It could not yet be compared whether these are yesterday's figures.",
    ),
    (
        "#KIS! …",
        "오늘 자료가 없는 까닭과 할 일입니다. 숫자 칸은 #N/A이므로 SUM이 틀린 합을 내지 않습니다.",
        "Why there is no data, and what to do. All figures are #N/A, so that SUM cannot lie.",
    ),
)
"""What the first cell of a table can say: (example, ko, en)."""
