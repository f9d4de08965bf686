"""The formulas as xlwings Server calls them: coroutines, for a plain function would stop the whole worker while it waits."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from xlwings_kis import guide, udfs
from xlwings_kis.server.cells import AsSent, AsShown

_MOMENTS = {"KIS_PROGRAM_ASOF": "yyyy-mm-dd hh:mm:ss", "KIS_PROGRAM_HISTORY": "hh:mm"}
"""How date-times look; left to itself xlwings would show the day alone."""


def waiting_elsewhere(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The same function, run by the threads of the loop's executor. An argument that did not come counts as a blank."""
    places = len(inspect.signature(function).parameters)

    @functools.wraps(function)
    async def call(*arguments: Any) -> Any:
        given = (*arguments, *[None] * (places - len(arguments)))[:places]
        return await asyncio.get_running_loop().run_in_executor(None, function, *given)

    return call


def offered(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A formula as xlwings Server is given it: with our cells."""
    told: dict[str, Any] = function.__xlfunc__  # type: ignore[attr-defined] # what xlwings' decorator left there
    for each in told["args"]:
        each["options"]["convert"] = AsSent
    told["ret"]["options"] |= {"convert": AsShown, "moments": _MOMENTS.get(function.__name__)}
    return waiting_elsewhere(function)


FORMULAS = {name: offered(getattr(udfs, name)) for name in guide.FORMULAS}
"""By name; what `custom_functions` of the project offers."""
