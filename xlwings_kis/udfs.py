"""The formulas. Excel calls them over COM, xlwings Server over HTTP, everybody else as plain functions.

They never raise and never wait longer than the recalculation's deadline. Excel reloads this module at will, so it keeps
nothing; and it must import fast, for Excel waits for it. What each is for stands in `guide`.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import xlwings as xw

from xlwings_kis import formulas, guide

_F = TypeVar("_F", bound=Callable[..., Any])

_CATEGORY = "KIS"

_ON_SERVER = xw.on_server
"""Whether xlwings Server asks: then its users choose from lists, and read the language of the server."""

_LANG = "en" if _ON_SERVER and os.environ.get("XLWINGS_KIS_LANG") == "en" else "ko"


def _untyped(function: _F) -> _F:
    """On Windows xlwings takes type hints for converters; cells of any kind must come through as they are."""
    function.__annotations__.clear()
    return function


def _formula(function: _F) -> _F:
    """A formula of Excel's, with its texts for the function wizard: xlwings takes the docstring for the first of them."""
    told = guide.FORMULAS[function.__name__]
    function.__doc__ = told.text(_LANG)
    if _ON_SERVER:
        function.__annotations__.update(_lists(told))
    for argument in told.arguments:  # an error in a cell comes as its text: left to itself xlwings takes it for a blank
        function = xw.arg(argument.name, doc=argument.text(_LANG), err_to_str=True)(function)
    return xw.func(category=_CATEGORY, call_in_wizard=False)(function)


def _lists(told: guide.Formula) -> dict[str, Any]:
    """The hints of which xlwings Server makes drop-down lists. On Windows xlwings would take them for converters."""
    hints: dict[str, Any] = {}
    for argument in told.arguments:
        offered = guide.CHOICES.get(argument.name, ())
        words = {each.word(_LANG): each.text(_LANG) for each in offered}
        if words:
            hints[argument.name] = Annotated[Literal[tuple(words)], {"tooltips": words}]
    return hints


def _in_vba(**names: str) -> Callable[[_F], _F]:
    """Names of parameters that VBA reserves (`Date`), and what its wrapper calls them; whoever calls it goes by place."""

    def rename(function: _F) -> _F:
        function.vba_names = names  # type: ignore[attr-defined] # read by `addin.wrappers`
        for argument in getattr(function, "__xlfunc__", {}).get("args", ()):
            argument["name"] = names.get(argument["name"], argument["name"])
        return function

    return rename


@_formula
@_untyped
def KIS_PROGRAM_TRADE(exchange: Any, market: Any, fields: Any = None, header: Any = True) -> list[list[Any]]:  # noqa: N802
    return formulas.trade(exchange, market, fields, header)


@_formula
@_untyped
def KIS_PROGRAM_VALUE(exchange: Any, market: Any, investor: Any, field: Any) -> Any:  # noqa: N802
    return formulas.value(exchange, market, investor, field)


@_formula
@_untyped
def KIS_PROGRAM_ASOF(exchange: Any, market: Any) -> datetime | Any:  # noqa: N802
    return formulas.asof(exchange, market)


@_formula
@_untyped
def KIS_PROGRAM_STATUS(exchange: Any = None, market: Any = None) -> str:  # noqa: N802
    return formulas.status(exchange, market)


@_in_vba(date="day")
@_formula
@_untyped
def KIS_PROGRAM_HISTORY(  # noqa: N802
    exchange: Any, market: Any, investor: Any, field: Any, date: Any = None, minutes: Any = None
) -> list[list[Any]]:
    return formulas.course(exchange, market, investor, field, date, minutes)


@_formula
@_untyped
def KIS_PROGRAM_AT(exchange: Any, market: Any, when: Any, fields: Any = None, header: Any = True) -> list[list[Any]]:  # noqa: N802
    return formulas.at(exchange, market, when, fields, header)


@_formula
@_untyped
def KIS_PROGRAM_CHANGE(exchange: Any, market: Any, minutes: Any, fields: Any = None) -> list[list[Any]]:  # noqa: N802
    return formulas.change(exchange, market, minutes, fields)
