"""Excel with the add-in's own timer, in Calc: `KisClock.bas` as it is shipped, between doubles of what lies around it.

The cells, the formulas and the Python behind them are real. What is a double: Excel's `Application` (excel.bas), the timer of
Excel (a test lets each second pass), and the other modules of the add-in, which write down what they are asked for.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

from clocks import WallClock, kst

from calc import _HERE, Calc
from xlwings_kis import resources

_VBA = "Rem Attribute VBA_ModuleType=VBAModule\nOption VBASupport 1\n"
_CLASS = "Rem Attribute VBA_ModuleType=VBAClassModule\nOption VBASupport 1\nOption ClassModule\n"
_REAL_SECOND = 0.3
_DAY_ZERO = kst("1899-12-30 00:00:00")

_DOUBLES = {
    "KisBook": _CLASS
    + """
Public Property Get Due() As Date
    Due = Excel.Due
End Property
Public Property Let Due(ByVal moment As Date)
    Excel.Due = moment
End Property
Public Property Get Interval() As Long
    Interval = Excel.Interval
End Property
Public Sub Calculate(ByVal mayActivate As Boolean)
    Excel.Done "calculate"
    ThisComponent.calculateAll
End Sub
""",
    "KisBooks": _VBA
    + """
Public Function All() As Collection
    Set All = Excel.Books()
End Function
Public Function Of(ByVal book As Object) As KisBook
    Set Of = Excel.Books().Item(1)
End Function
""",
    "KisPython": _VBA
    + """
Public Function Ask(ByVal question As String) As String
    Dim answer As String
    answer = Formulas.Python("ask", Array(question))
    Excel.Done question & "=" & answer
    Ask = answer
End Function
Public Function StartedAnew() As Boolean
    StartedAnew = False
End Function
""",
    "KisSay": _VBA
    + """
Public Sub Failed()
    Excel.Done "failed:" & Replace(Err.Description, " ", "_") & "@" & Erl
End Sub
Public Sub GiveBack()
    Excel.Done "statusbar"
End Sub
""",
    "KisAddin": _VBA + "Public Sub Awake()\nEnd Sub\nPublic Sub MeetBooks()\nEnd Sub\n",
}


class Excel:
    """One workbook on a Calc, seconds that pass, and a user who copies or edits meanwhile."""

    def __init__(self, calc: Calc, clock: WallClock) -> None:
        self._calc, self._clock = calc, clock
        self.log: list[tuple[str, str]] = []
        source = resources.workbook_file("vba/KisClock.bas").read_text(encoding="ascii")
        source = source.replace("Application.", "Excel.").replace("ThisWorkbook.Name", '"xlwings_kis.xlam"')
        source = re.sub(r"\bNow\b", "Excel.WallClock()", source)
        source = re.sub(r"\bwait\b", "left_", source)  # a statement of LibreOffice's own Basic
        around = _VBA + (_HERE / "excel.bas").read_text(encoding="utf-8")
        calc.new(**_DOUBLES, Excel=around, KisClock=_VBA + source)

    def open(self, formulas: dict[str, str], *, every: int) -> None:
        """Open a workbook with these formulas at the clock's moment, automatic refresh on."""
        self._calc.enter(formulas)
        self._note(self._calc.basic("Excel.BookOpened", self._serial(), float(every)))

    def seconds(self, many: int, *, copying: bool = False, editing: bool = False) -> None:
        """Let seconds pass one by one while the user does something, or nothing."""
        for _ in range(many):
            self._clock.move(1)
            self._calc.set_clock(f"{self._clock.now:%Y-%m-%d %H:%M:%S}")
            self._note(self._calc.basic("Excel.Passed", self._serial(), copying, editing))
            if self.log and self.log[-1][1] == "landed=":  # these seconds are short, and a fetch takes real time
                time.sleep(_REAL_SECOND)

    def done(self) -> list[str]:
        """What was asked and done since this was last called, without the times."""
        done, self.log = [what for _, what in self.log], []
        return done

    def _note(self, done: str) -> None:
        self.log += [(f"{self._clock.now:%H:%M:%S}", what) for what in done.split()]

    def _serial(self) -> Any:
        """Excel's number for the moment, half a second more so that no rounding takes the second away."""
        return (self._clock.now - _DAY_ZERO + timedelta(milliseconds=100)) / timedelta(days=1)
