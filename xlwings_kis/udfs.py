"""The formulas. Excel calls them over COM, xlwings Server over HTTP, everybody else as plain functions.

They never raise and never wait longer than the recalculation's deadline. Excel reloads this module at will, so it keeps
nothing; and it must import fast, for Excel waits for it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import xlwings as xw

from xlwings_kis import formulas

_F = TypeVar("_F", bound=Callable[..., Any])

_CATEGORY = "KIS"
_EXCHANGE = "거래소: KRX, NXT 또는 통합 (J, NX, UN)"
_MARKET = "시장: 코스피 또는 코스닥 (1, 4)"
_FIELDS = "항목: 비우면 전체. 예: 순매수 대금 / 비차익, 순매수 / 전체순매수대금"
_HEADER = "머리글: TRUE(기본)면 첫 행에 상태와 열 이름"
_INVESTOR = "투자자: 개인, 외국인, 기관계 … 또는 합계"
_FIELD = "항목 하나: 비차익은 비차익순매수대금을 뜻함"


def _argument(name: str, doc: str) -> Callable[[_F], _F]:
    """An argument and its help. A cell with an error comes as its text: left to itself xlwings takes it for a blank one."""
    return xw.arg(name, doc=doc, err_to_str=True)


def _untyped(function: _F) -> _F:
    """On Windows xlwings takes type hints for converters; cells of any kind must come through as they are."""
    function.__annotations__.clear()
    return function


@xw.func(category=_CATEGORY, call_in_wizard=False)
@_argument("exchange", _EXCHANGE)
@_argument("market", _MARKET)
@_argument("fields", _FIELDS)
@_argument("header", _HEADER)
@_untyped
def KIS_PROGRAM_TRADE(exchange: Any, market: Any, fields: Any = None, header: Any = True) -> list[list[Any]]:  # noqa: N802
    """프로그램매매 투자자별 당일 동향(HTS 0466) 표입니다. 대금은 백만원, 수량은 천주, 왼쪽 위 칸은 조회 시각과 상태입니다."""
    return formulas.trade(exchange, market, fields, header)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@_argument("exchange", _EXCHANGE)
@_argument("market", _MARKET)
@_argument("investor", _INVESTOR)
@_argument("field", _FIELD)
@_untyped
def KIS_PROGRAM_VALUE(exchange: Any, market: Any, investor: Any, field: Any) -> Any:  # noqa: N802
    """프로그램매매 한 값입니다. 투자자 '합계'는 개인+외국인+기관계+기타법인이며, 오늘 자료가 없으면 #N/A입니다."""
    return formulas.value(exchange, market, investor, field)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@_argument("exchange", _EXCHANGE)
@_argument("market", _MARKET)
@_untyped
def KIS_PROGRAM_ASOF(exchange: Any, market: Any) -> datetime | Any:  # noqa: N802
    """자료를 조회한 시각(한국 시간)입니다. 셀 서식을 날짜·시간으로 지정하세요."""
    return formulas.asof(exchange, market)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@_argument("exchange", _EXCHANGE + ". 비우면 이 Excel이 쓰는 표 전체")
@_argument("market", _MARKET + ". 비우면 이 Excel이 쓰는 표 전체")
@_untyped
def KIS_PROGRAM_STATUS(exchange: Any = None, market: Any = None) -> str:  # noqa: N802
    """자료의 상태를 한 줄로 알려 줍니다: 정상·지연·자료 없음, 장 구분, 조회 시각, 오늘 조회 횟수."""
    return formulas.status(exchange, market)
