"""Runs inside LibreOffice's Python: our formulas and buttons, called by a few lines of Basic, on a clock that the test moves.

A host of plain Python functions gets the text "#N/A"; like any such host this one turns it into its own true error.
"""

import struct

from clocks import WallClock

from xlwings_kis import buttons, runtime, udfs

_clock = WallClock()
runtime.clock = _clock

_NOT_AVAILABLE = struct.unpack("<d", struct.pack("<II", 0x7FFF, 0x7FF80000))[0]
"""Calc's #N/A: a number that is none and carries the code of the error (FormulaError::NotAvailable)."""


def call(name, arguments):
    """The cells of a formula, or its one value."""
    found = getattr(udfs, name)(*arguments)
    return tuple(tuple(map(_cell, row)) for row in found) if isinstance(found, list) else _cell(found)


def ask(question):
    """What the add-in gets from a function of `buttons`."""
    return getattr(buttons, question)()


def set_clock(moment):
    """Put this process at a Korean moment."""
    _clock.set(moment)


def _cell(value):
    if value == "#N/A":
        return _NOT_AVAILABLE
    return value if isinstance(value, str | float) else value.isoformat(" ")
