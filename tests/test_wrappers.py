"""The wrappers of the formulas are those that xlwings' own generator writes."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from xlwings_kis.addin import wrappers

GENERATE = textwrap.dedent(
    """
    import io, sys, types
    for name in ("pythoncom", "pywintypes", "win32api", "win32con", "win32event", "winerror"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["pythoncom"].CoInitialize = lambda: None
    sys.modules["pywintypes"].com_error = type("com_error", (Exception,), {})
    for name in ("win32com", "win32com.client", "win32com.client.dynamic"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["win32com.client"].Dispatch = lambda thing: thing
    import xlwings
    windows = types.ModuleType("xlwings._xlwindows")
    sys.modules["xlwings._xlwindows"] = xlwings._xlwindows = windows
    import xlwings.udfs as generator
    xlwings.func, xlwings.arg, xlwings.ret = generator.xlfunc, generator.xlarg, generator.xlret
    import xlwings_kis.udfs as ours
    book = types.SimpleNamespace(Name=sys.argv[1])
    out = io.StringIO()
    generator.generate_vba_wrapper("xlwings_kis.udfs", ours, out, book)
    sys.stdout.write(out.getvalue())
    """
)


@pytest.mark.parametrize(("book", "addin"), [("xlwings_kis.xlam", True), ("kis_program_trade.xlsm", False)])
def test_the_wrappers_are_those_of_xlwings_own_generator(book, addin):
    run = subprocess.run([sys.executable, "-c", GENERATE, book], capture_output=True, text=True, check=True)
    ours = wrappers.source(addin=addin).replace("\r\n", "\n")
    assert ours.split("\n", 3)[3].rstrip("\n") == run.stdout.rstrip("\n")
    assert run.stdout.count("Function KIS_PROGRAM_") == 4


def test_the_wrappers_are_ascii_and_fit_vbas_lines():
    for line in wrappers.source(addin=True).splitlines():
        assert line.isascii()
        assert len(line) < 1024
