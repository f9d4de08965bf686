"""Days at a spreadsheet: cells, formulas and the add-in's own timer run in LibreOffice Calc. Scenarios 1 and 4.

The desk's own formulas (scenario 3) are in test_calc.
"""

from __future__ import annotations

import re

import pytest
from calc import Calc, Error, settings_of
from calc.excel import Excel
from clocks import WallClock

from xlwings_kis import resources
from xlwings_kis.simulator import Simulator

pytestmark = pytest.mark.timeout(300)  # a first start of LibreOffice on a busy machine

NA = Error("#N/A")
KRX, NXT, BOTH = (f'=KIS_PROGRAM_TRADE("{exchange}";"코스피")' for exchange in ("KRX", "NXT", "통합"))


@pytest.fixture(scope="module")
def hours():
    return WallClock()


@pytest.fixture(scope="module")
def gateway(hours):
    with Simulator(hours, token_interval=0.0) as simulator:
        simulator.calls_per_second = 1000  # a day passes in seconds
        yield simulator


@pytest.fixture(scope="module")
def calc(gateway, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calc")
    running = Calc(folder, settings_of(gateway, folder))
    yield running
    running.end()


@pytest.fixture
def excel(calc, hours):
    """A trader's Excel with the add-in."""
    return Excel(calc, hours)


@pytest.fixture
def at(calc, hours):
    """Put gateway and Excel at a moment."""

    def both(moment):
        hours.set(moment)
        calc.set_clock(moment)

    return both


def truth(gateway, code="9100", exchange="J"):
    return float(next(row for row in gateway.truth(exchange, "1") if row["invr_cls_code"] == code)["nabt_ntby_amt"])


def test_on_monday_at_five_to_nine_fridays_workbook_shows_no_figure_of_friday_as_todays(excel, calc, gateway, at):
    """Scenario 1."""
    cells = {"A5:T16": KRX, "A25:T36": NXT, "A45:T56": BOTH, "W1": "=SUM(S6:S16)", "W2": "=SUM(S26:S36)"}
    at("2026-11-20 20:05:00")
    excel.open(cells, every=30)
    assert [calc.cell(f"A{row}") for row in (5, 25, 45)] == ["11/20 20:05:00"] * 3, "Friday's figures, Friday's date"
    assert calc.cell("S7") == truth(gateway)

    at("2026-11-23 08:55:00")
    excel.open(cells, every=30)
    assert calc.cell("A5").startswith("#KIS! 장 시작 전. KRX는 09:00부터 표시됩니다.")
    assert {cell for row in calc.cells("B6:S16") for cell in row} == {NA}
    assert calc.cell("W1") == NA
    assert calc.cell("A25") == calc.cell("A45") == "11/23 08:55:00"
    assert calc.cell("S27") == truth(gateway, exchange="NX")
    assert calc.cell("W2") == sum(float(row["nabt_ntby_amt"]) for row in gateway.truth("NX", "1"))

    at("2026-11-23 08:59:50")
    excel.done()
    excel.seconds(15)
    assert calc.cell("W1") == NA, "nine o'clock alone brings no figure"
    excel.seconds(140)
    assert calc.cell("A5").startswith("11/23 09:0"), "without a click"
    assert calc.cell("S7") == truth(gateway)
    assert isinstance(calc.cell("W1"), float)
    assert {each.partition("=")[0] for each in excel.done()} == {"beat", "landed", "calculate", "late"}


@pytest.mark.parametrize("doing", ["copying", "editing"])
def test_whoever_copies_or_edits_for_seventy_seconds_is_not_disturbed(excel, calc, gateway, at, doing):
    """Scenario 4. 11:20, 자동 30초."""
    at({"copying": "2026-11-24 11:20:00", "editing": "2026-11-25 11:20:00"}[doing])
    excel.open({"A5:T16": KRX, "W1": "=SUM(S6:S16)", "X1": "사용자의 글"}, every=30)
    excel.seconds(25)
    before = calc.cells("A1:X16")
    asked = len(gateway.calls)
    excel.done()

    excel.seconds(70, **{doing: True})
    assert excel.done() == [], "nothing was calculated, written, asked or said"
    assert calc.cells("A1:X16") == before
    assert len(gateway.calls) == asked

    excel.seconds(35)
    asked_for = [each.partition("=")[0] for each in excel.done()]
    assert list(dict.fromkeys(asked_for)) == ["beat", "landed", "calculate"], "the next beat"
    after = calc.cells("A1:X16")
    assert after[4][0] > before[4][0]
    assert calc.cell("S7") == truth(gateway)
    assert calc.cell("X1") == "사용자의 글"


def test_automatic_refresh_calculates_our_cells_and_writes_none(excel, calc, gateway, at):
    """Scenario 4: what would empty Excel's list of things to undo is a write, and there is none."""
    at("2026-11-26 11:20:00")
    excel.open({"A5:T16": KRX}, every=30)
    excel.seconds(25)
    excel.done()
    excel.seconds(600)
    done = excel.done()
    assert done.count("calculate") >= 15
    assert {each.partition("=")[0] for each in done} == {"beat", "landed", "calculate"}
    assert calc.cell("A5") >= "11/26 11:29:00"


def test_no_code_of_the_add_in_calculates_the_whole_of_excel_and_boxes_come_to_those_alone_who_pressed_something():
    """Scenarios 4 and 6, in the source: `Application.Calculate*` nowhere; a box asks before overwriting or shows the status."""
    folder = resources.workbook_folder() / "vba"
    code = {path.name: path.read_text(encoding="ascii") for path in folder.iterdir() if path.suffix in (".bas", ".cls")}
    every = "\n".join(code.values())
    assert not re.search(r"Application\.Calculate\b|CalculateFull|CalculateUntil", every)
    assert not re.search(r"\bMsgBox\b(?! shows)", every)
    asking = {name for name, text in code.items() if re.search(r"KisSay\.(Confirm|Show)\b", text)}
    assert asking == {"KisAddin.bas", "KisCopy.bas", "KisInsert.bas"}
    assert code["KisAddin.bas"].count("KisSay.Show") == 1, "상태"
