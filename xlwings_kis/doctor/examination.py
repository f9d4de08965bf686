"""Which checks there are, in the order in which one thing rests on another."""

from __future__ import annotations

from collections.abc import Iterable

from xlwings_kis.addin.state import State
from xlwings_kis.doctor import access, excel
from xlwings_kis.doctor.excel import Check
from xlwings_kis.doctor.finding import Finding, Level
from xlwings_kis.doctor.standing import Standing

EVERYWHERE: tuple[Check, ...] = (excel.python, excel.xlwings)

INSTALLED: tuple[Check, ...] = (
    excel.bits, excel.dll, excel.addin, excel.interpreter, excel.macros, excel.children, excel.disabled, excel.loaded,
)  # fmt: skip
"""What `addin status` shows; on Windows only."""

AFTER_INSTALLING: tuple[Check, ...] = (excel.xlwings, excel.macros, excel.children, excel.disabled)
"""What may keep an add-in that has just been installed from working."""

WINDOWS: tuple[Check, ...] = (*INSTALLED, excel.start)


def doctor(state: State) -> tuple[Finding, ...]:
    """Everything there is to look at."""
    return examine(state, (*EVERYWHERE, *(WINDOWS if state.on_windows else (excel.elsewhere,))))


def to_kis(standing: Standing) -> tuple[Finding, ...]:
    """Everything between a user and KIS."""
    return tuple(finding for check in access.ALL for finding in check(standing))


def status(state: State) -> tuple[Finding, ...]:
    """What is installed, and whether Excel can use it."""
    return examine(state, INSTALLED if state.on_windows else (excel.instead,))


def hindrances(state: State) -> tuple[Finding, ...]:
    """What stands in the way of a fresh installation."""
    bad = (Level.WARNING, Level.PROBLEM)
    return tuple(each for each in examine(state, AFTER_INSTALLING) if each.level in bad)


def examine(state: State, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What the checks find, in their order."""
    return tuple(finding for check in checks for finding in check(state))
