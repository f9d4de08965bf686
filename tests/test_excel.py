"""What only Excel on Windows has: floats in cells, and #N/A as a true error."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import pytest
from making import reading, row, snapshot

from xlwings_kis import excel
from xlwings_kis.table import Missing, table

XL_ERR_NA = 2042
VT_ERROR = 10


class Variant(NamedTuple):
    """The double of a COM value."""

    kind: int
    value: int


@pytest.fixture(autouse=True)
def _nothing_remembered():
    excel._com_error.cache_clear()
    yield
    excel._com_error.cache_clear()


@pytest.fixture
def windows(monkeypatch):
    """This process as Excel's COM server on Windows has it; the caller can be taken away."""
    pythoncom, client = ModuleType("pythoncom"), ModuleType("win32com.client")
    pythoncom.VT_ERROR = VT_ERROR
    client.VARIANT = Variant
    parent = ModuleType("win32com")
    parent.client = client
    of_xlwings = SimpleNamespace(BOOK_CALLER=object())
    for name, module in (("pythoncom", pythoncom), ("win32com", parent), ("win32com.client", client)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", of_xlwings)
    monkeypatch.setattr(sys, "platform", "win32")
    return of_xlwings


def test_over_com_not_available_is_excels_own_error(windows):
    value = excel.not_available()
    assert value.kind == VT_ERROR
    assert value.value & 0xFFFF == XL_ERR_NA
    assert value.value & 0xFFFF0000 == 0x800A0000


def test_elsewhere_not_available_is_the_text_that_hosts_turn_into_an_error():
    assert excel.not_available() == "#N/A"


def test_on_windows_without_excel_calling_it_is_the_text_too(windows):
    windows.BOOK_CALLER = None
    assert excel.not_available() == "#N/A"


def test_with_a_protected_view_in_front_no_workbook_is_active_and_it_is_still_excels_error(windows, monkeypatch):
    windows.BOOK_CALLER = None
    turning = SimpleNamespace(loop=SimpleNamespace(is_running=lambda: True))
    monkeypatch.setitem(sys.modules, "xlwings.com_server", turning)
    assert excel.not_available().kind == VT_ERROR


def test_on_windows_where_xlwings_only_loaded_its_server_it_is_the_text(windows, monkeypatch):
    windows.BOOK_CALLER = None
    resting = SimpleNamespace(loop=SimpleNamespace(is_running=lambda: False))
    monkeypatch.setitem(sys.modules, "xlwings.com_server", resting)
    assert excel.not_available() == "#N/A"


def test_on_windows_without_xlwings_loaded_it_is_the_text_too(windows, monkeypatch):
    monkeypatch.delitem(sys.modules, "xlwings._xlwindows")
    assert excel.not_available() == "#N/A"


def test_off_windows_com_is_never_asked_for(windows, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert excel.not_available() == "#N/A"


def test_figures_are_floats_for_com_has_no_64_bit_integer():
    ((label, zero, negative, large),) = excel.cells([("개인", 0, -38, 10**15)])
    assert label == "개인"
    assert [zero, negative, large] == [0.0, -38.0, 1e15]
    assert {type(value) for value in (zero, negative, large)} == {float}


def test_a_missing_figure_is_an_empty_text_on_every_host(windows):
    assert excel.cells([(Missing.NOT_SENT,)]) == [[""]]
    windows.BOOK_CALLER = None
    assert excel.cells([(Missing.NOT_SENT,)]) == [[""]]


def test_text_is_text_and_codes_never_become_numbers():
    assert excel.cells([("투자자", "8000", "11/20 15:31:05")]) == [["투자자", "8000", "11/20 15:31:05"]]


def test_a_table_without_data_holds_true_errors_over_com_and_text_elsewhere(windows):
    nothing = table(reading()).cells(header=False)
    over_com = excel.cells(nothing)
    assert len(over_com) == 11
    assert all(isinstance(cell, Variant) for line in over_com for cell in line[1:-1])
    windows.BOOK_CALLER = None
    assert all(cell == "#N/A" for line in excel.cells(nothing) for cell in line[1:-1])


def test_a_table_is_lists_of_lists_of_text_and_floats_alone():
    made = excel.cells(table(reading(snapshot("2026-11-20 15:31:05", row("8000", all_seln_qty=None)))).cells())
    assert type(made) is list
    assert {type(line) for line in made} == {list}
    assert {type(cell) for line in made for cell in line} == {str, float}
    assert made[1][:4] == ["개인", "", 70.0, 20.0]
