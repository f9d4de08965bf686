"""The formulas as xlwings Server calls them: coroutines, for a plain function would stop the whole worker while it waits.

What is in memory is answered on the spot; a thread is taken only to wait on.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from xlwings_kis import guide, runtime, udfs, words
from xlwings_kis.errors import ArgumentError
from xlwings_kis.server.cells import AsSent, AsShown

_MOMENTS = {"KIS_PROGRAM_ASOF": "yyyy-mm-dd hh:mm:ss", "KIS_PROGRAM_HISTORY": "hh:mm"}
"""How date-times look; left to itself xlwings would show the day alone."""

_OF_MEMORY = ("KIS_PROGRAM_TRADE", "KIS_PROGRAM_VALUE", "KIS_PROGRAM_ASOF")
"""Formulas of the feed; the others ask the store each time."""


def offered(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A formula as xlwings Server is given it: with our cells."""
    told: dict[str, Any] = function.__xlfunc__  # type: ignore[attr-defined] # what xlwings' decorator left there
    for each in told["args"]:
        each["options"]["convert"] = AsSent
    told["ret"]["options"] |= {"convert": AsShown, "moments": _MOMENTS.get(function.__name__)}
    return never_blocking(function)


def never_blocking(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The same function as a coroutine. An argument that did not come counts as a blank."""
    places = len(inspect.signature(function).parameters)
    of_memory = function.__name__ in _OF_MEMORY

    @functools.wraps(function)
    async def call(*arguments: Any) -> Any:
        given = (*arguments, *[None] * (places - len(arguments)))[:places]
        if of_memory and at_hand(given[0], given[1]):
            return function(*given)
        return await asyncio.get_running_loop().run_in_executor(None, function, *given)

    return call


def at_hand(exchange: Any, market: Any) -> bool:
    """Whether a formula of that table has nothing to wait for: its reading is in memory, or there is no such table."""
    try:
        return runtime.feed().at_hand(words.pair(exchange, market))
    except ArgumentError:
        return True
    except Exception:  # noqa: BLE001 - whatever it is, the formula makes a sentence of it
        return False


FORMULAS = {name: offered(getattr(udfs, name)) for name in guide.FORMULAS}
"""By name; what `custom_functions` of the project offers."""
