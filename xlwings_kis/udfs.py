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
_WHEN = "시각: 10:30, 2026-11-20 10:30, 마감, 전일마감 또는 날짜·시간 셀"
_CHANGE_FIELDS = "항목: 비우면 전체·차익·비차익 순매수대금"
_DATE = "날짜: 비우면 오늘(휴장일에는 직전 거래일). 예: 2026-11-20, 전일"
_EVERY = "간격(분): 비우면 10"
_MINUTES = "몇 분 전과 비교할지. 예: 10"
_FIELD = "항목 하나: 비차익은 비차익순매수대금을 뜻함"


def _untyped(function: _F) -> _F:
    """On Windows xlwings takes type hints for converters; cells of any kind must come through as they are."""
    function.__annotations__.clear()
    return function


def _in_vba(**names: str) -> Callable[[_F], _F]:
    """Names of parameters that VBA reserves (`Date`), and what its wrapper calls them; whoever calls it goes by place."""

    def rename(function: _F) -> _F:
        function.vba_names = names  # type: ignore[attr-defined] # read by `addin.wrappers`
        for argument in getattr(function, "__xlfunc__", {}).get("args", ()):
            argument["name"] = names.get(argument["name"], argument["name"])
        return function

    return rename


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@xw.arg("fields", doc=_FIELDS)
@xw.arg("header", doc=_HEADER)
@_untyped
def KIS_PROGRAM_TRADE(exchange: Any, market: Any, fields: Any = None, header: Any = True) -> list[list[Any]]:  # noqa: N802
    """프로그램매매 투자자별 당일 동향(HTS 0466) 표입니다. 대금은 백만원, 수량은 천주, 왼쪽 위 칸은 조회 시각과 상태입니다."""
    return formulas.trade(exchange, market, fields, header)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@xw.arg("investor", doc=_INVESTOR)
@xw.arg("field", doc=_FIELD)
@_untyped
def KIS_PROGRAM_VALUE(exchange: Any, market: Any, investor: Any, field: Any) -> Any:  # noqa: N802
    """프로그램매매 한 값입니다. 투자자 '합계'는 개인+외국인+기관계+기타법인이며, 오늘 자료가 없으면 #N/A입니다."""
    return formulas.value(exchange, market, investor, field)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@_untyped
def KIS_PROGRAM_ASOF(exchange: Any, market: Any) -> datetime | Any:  # noqa: N802
    """자료를 조회한 시각(한국 시간)입니다. 셀 서식을 날짜·시간으로 지정하세요."""
    return formulas.asof(exchange, market)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE + ". 비우면 이 Excel이 쓰는 표 전체")
@xw.arg("market", doc=_MARKET + ". 비우면 이 Excel이 쓰는 표 전체")
@_untyped
def KIS_PROGRAM_STATUS(exchange: Any = None, market: Any = None) -> str:  # noqa: N802
    """자료의 상태를 한 줄로 알려 줍니다: 정상·지연·자료 없음, 장 구분, 조회 시각, 오늘 조회 횟수."""
    return formulas.status(exchange, market)


@_in_vba(date="day")
@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@xw.arg("investor", doc=_INVESTOR)
@xw.arg("field", doc=_FIELD)
@xw.arg("date", doc=_DATE)
@xw.arg("minutes", doc=_EVERY)
@_untyped
def KIS_PROGRAM_HISTORY(  # noqa: N802
    exchange: Any, market: Any, investor: Any, field: Any, date: Any = None, minutes: Any = None
) -> list[list[Any]]:
    """하루 동안의 한 값을 일정한 간격의 시각과 함께 보여 줍니다. 이 PC에 저장된 자료만 쓰며, 저장되지 않은 시각은 #N/A입니다."""
    return formulas.course(exchange, market, investor, field, date, minutes)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@xw.arg("when", doc=_WHEN)
@xw.arg("fields", doc=_FIELDS)
@xw.arg("header", doc=_HEADER)
@_untyped
def KIS_PROGRAM_AT(exchange: Any, market: Any, when: Any, fields: Any = None, header: Any = True) -> list[list[Any]]:  # noqa: N802
    """그 시각의 표입니다. 이 PC에 저장된 자료만 쓰며, 왼쪽 위 칸은 값을 확인한 시각입니다. 마감은 15:40까지의 마지막 값입니다."""
    return formulas.at(exchange, market, when, fields, header)


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("exchange", doc=_EXCHANGE)
@xw.arg("market", doc=_MARKET)
@xw.arg("minutes", doc=_MINUTES)
@xw.arg("fields", doc=_CHANGE_FIELDS)
@_untyped
def KIS_PROGRAM_CHANGE(exchange: Any, market: Any, minutes: Any, fields: Any = None) -> list[list[Any]]:  # noqa: N802
    """마지막 값에서 그보다 몇 분 전의 값을 뺀 증감입니다. 이 PC에 저장된 자료만 쓰며, 비교할 값이 없으면 #N/A입니다."""
    return formulas.change(exchange, market, minutes, fields)
