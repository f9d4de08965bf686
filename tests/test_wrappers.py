"""The wrappers of the formulas are those that xlwings' own generator writes."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import textwrap

import pytest

from xlwings_kis import guide
from xlwings_kis.addin import wrappers

WINDOWS = textwrap.dedent(
    """
    import io, json, sys, types
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
    """
)
"""Our formulas as xlwings decorates them on Windows."""

GENERATE = WINDOWS + textwrap.dedent(
    """
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
    assert run.stdout.count("Function KIS_PROGRAM_") == 7


def test_the_wrappers_are_ascii_and_fit_vbas_lines():
    for line in wrappers.source(addin=True).splitlines():
        assert line.isascii()
        assert len(line) < 1024


NAMED = {"date": "day"}
"""What VBA's wrapper calls a parameter whose name VBA reserves."""


def test_on_windows_the_wizards_texts_come_from_the_guide_and_types_are_left_alone():
    told = WINDOWS + textwrap.dedent(
        """
        known = {name: getattr(ours, name).__xlfunc__ for name in dir(ours) if name.startswith("KIS_")}
        json.dump({name: [f["ret"], {a["name"]: [a["doc"], a["options"]] for a in f["args"]}, f["category"], f["call_in_wizard"]]
                   for name, f in known.items()}, sys.stdout)
        """
    )
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        name: [
            {"doc": formula.ko, "options": {}},
            {NAMED.get(each.name, each.name): [each.ko, {"err_to_str": True}] for each in formula.arguments},
            "KIS",
            False,
        ]
        for name, formula in guide.FORMULAS.items()
    }


def test_the_guide_tells_of_every_formula_and_argument_in_order():
    told = {name: [argument.name for argument in formula.arguments] for name, formula in guide.FORMULAS.items()}
    assert told == {each.__name__: list(inspect.signature(each).parameters) for each in wrappers.formulas()}


VBA_RESERVES = (
    "abs and any array as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec cint circle clng close"
    " clnglng clngptr const csng cstr currency cvar cverr date debug decimal declare defbool defbyte defcur defdate defdbl"
    " defint deflng defobj defsng defstr defvar dim do doevents double each else elseif empty end endif enum eqv erase event"
    " exit false fix for friend function get global gosub goto if imp implements in input inputb int integer is lbound len"
    " lenb let like line linput lock long longlong longptr loop lset me mod name new next not nothing null on open option"
    " optional or paramarray preserve print private property pset public put raiseevent redim rem resume return rset scale"
    " seek select set sgn shared single spc static step stop string sub tab text then time to true type typeof ubound unknown"
    " unlock until variant vb_base wend while width with withevents write xor"
)
"""Reserved identifiers of MS-VBAL 3.3.5.2 (`Text`, `Time`, `Decimal` besides): one of them, and no formula would compile."""


def test_no_parameter_has_a_name_that_vba_reserves():
    declared = [
        line.partition("(")[2] for line in wrappers.source(addin=True).splitlines() if line.startswith("Function ")
    ]
    names = [name.removeprefix("Optional ") for line in declared for name in line.rstrip(")").split(", ")]
    assert names.count("day") == 1
    assert not {*VBA_RESERVES.split()} & {name.casefold() for name in names}


def test_in_python_the_parameters_are_those_of_the_contract():
    from xlwings_kis import udfs

    assert list(inspect.signature(udfs.KIS_PROGRAM_HISTORY).parameters) == [
        "exchange", "market", "investor", "field", "date", "minutes"
    ]  # fmt: skip
