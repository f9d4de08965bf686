"""The formulas as xlwings Server calls them: coroutines, for a plain function would stop the whole worker while it waits."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from xlwings_kis import guide, udfs


def waiting_elsewhere(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The same function, run by the threads of the loop's executor."""

    @functools.wraps(function)
    async def call(*arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    return call


FORMULAS = {name: waiting_elsewhere(getattr(udfs, name)) for name in guide.FORMULAS}
"""By name; what `custom_functions` of the project offers."""
