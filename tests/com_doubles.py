"""Excel's side of COM, for tests on any machine: xlwings' real call path runs over these doubles.

What pywin32 and Excel do is taken from pywin32's source (com/win32com/src/oleargs.cpp, win32/src/PyTime.cpp): which
COM type a Python value becomes, and which of them a cell can show.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

MISSING = -2147352572
"""DISP_E_PARAMNOTFOUND: an argument that was left out, as pywin32 hands it over."""

NA, DIV0 = -2146826246, -2146826281
"""#N/A and #DIV/0! as pywin32 hands them over."""

VT_NULL, VT_R8, VT_DATE, VT_BSTR, VT_ERROR, VT_BOOL, VT_VARIANT = 1, 5, 7, 8, 10, 11, 12
VT_I4, VT_UI4, VT_I8, VT_UI8 = 3, 19, 20, 21
VT_ARRAY = 0x2000

RANGE_IID = "{00020846-0000-0000-C000-000000000046}"


class NotTakenError(Exception):
    """Excel shows #VALUE! in every cell of such a result."""


class VARIANT:
    """win32com.client.VARIANT."""

    def __init__(self, vt: int, value: Any) -> None:
        self.varianttype, self.value = vt, value


class PyIDispatch:
    """A pointer to a COM object as it comes over the wire; what it points to is a plain Python object."""

    def __init__(self, behind: Any, name: str, iid: str = "{0}") -> None:
        self.behind = behind
        attributes = SimpleNamespace(iid=iid)
        self._info = SimpleNamespace(GetDocumentation=lambda _: (name, None, 0, None), GetTypeAttr=lambda: attributes)

    def GetTypeInfo(self) -> Any:  # noqa: N802 - COM's name
        return self._info


class CDispatch:
    """win32com.client.Dispatch(pointer)."""

    def __init__(self, pointer: PyIDispatch) -> None:
        self._oleobj_ = pointer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oleobj_.behind, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._oleobj_.behind)


class Excel:
    """One workbook with one sheet, and the calls it makes."""

    def __init__(self, server: Any) -> None:
        self.server = server
        application = SimpleNamespace(Hwnd=42)
        self._book = SimpleNamespace(Name="시세.xlsx", Application=application)
        self._sheet = SimpleNamespace(Name="Sheet1", Parent=self._book)
        self._book.Worksheets = [self._sheet]
        self.workbook: PyIDispatch | None = PyIDispatch(self._book, "Workbook")

    def range(self, *rows: tuple[Any, ...]) -> PyIDispatch:
        """A range with these values: one cell gives its value, more give rows, as Range.Value does."""
        alone = len(rows) == 1 and len(rows[0]) == 1
        count = SimpleNamespace(Count=len(rows)), SimpleNamespace(Count=len(rows[0]))
        made = SimpleNamespace(
            Value=rows[0][0] if alone else rows,
            Worksheet=self._sheet,
            Row=1,
            Column=1,
            Rows=count[0],
            Columns=count[1],
            Address="$A$1",
            CLSID=RANGE_IID,
        )
        return PyIDispatch(made, "Range", RANGE_IID)

    def call(self, formula: str, *arguments: Any) -> Any:
        """What Python's COM server returns to the VBA function, before pywin32 puts it on the wire."""
        caller = self.range((None,))
        return self.server.XLPython().CallUDF("xlwings_kis.udfs", formula, arguments, self.workbook, caller)

    def calculate(self, formula: str, *arguments: Any) -> list[list[Any]]:
        """The cells a formula shows: text, numbers, and `Error`; always two-dimensional."""
        return cells(as_variant(self.call(formula, *arguments)))


class Error(int):
    """An error in a cell."""


def as_variant(value: Any) -> tuple[int, Any]:
    """What pywin32 makes of a Python value (PyCom_VariantFromPyObject)."""
    if isinstance(value, VARIANT):
        # MakeObjToVariant: `case VT_ERROR: V_ERROR(var) = DISP_E_PARAMNOTFOUND`, whatever the value says.
        return value.varianttype, MISSING if value.varianttype == VT_ERROR else value.value
    if isinstance(value, str):
        return VT_BSTR, value
    if isinstance(value, bool):
        return VT_BOOL, value
    if isinstance(value, int):
        bits = value.bit_length()
        kinds = ((64, VT_R8), (32, VT_UI8 if value > 0 and bits == 64 else VT_I8), (31, VT_UI4 if value > 0 else VT_I4))
        return next((kind for over, kind in kinds if bits > over), VT_I4), value
    if isinstance(value, float):
        return VT_R8, value
    if value is None:
        return VT_NULL, value
    if isinstance(value, datetime):
        since = value.astimezone(UTC).replace(microsecond=0) - datetime(1899, 12, 30, tzinfo=UTC)
        return VT_DATE, since.total_seconds() / 86400
    if isinstance(value, list | tuple):
        return VT_ARRAY | VT_VARIANT, [as_variant(each) for each in value]
    raise TypeError(f"Objects of type {type(value).__name__!r} can not be converted to a COM VARIANT")


def cells(result: tuple[int, Any]) -> list[list[Any]]:
    """The cells of a result after our VBA, which gives every error the meaning #N/A; a lone row comes as one dimension."""
    kind, content = result
    if kind != VT_ARRAY | VT_VARIANT:
        return [[_cell(result)]]
    if not content:
        raise NotTakenError("an empty array")
    if content[0][0] != VT_ARRAY | VT_VARIANT:
        return [[_cell(each) for each in content]]
    if len({len(row) for _, row in content}) != 1:
        raise NotTakenError("rows of different lengths")
    return [[_cell(each) for each in row] for _, row in content]


def _cell(variant: tuple[int, Any]) -> Any:
    kind, content = variant
    if kind == VT_ERROR:
        return Error(NA)
    if kind not in (VT_R8, VT_DATE, VT_BSTR, VT_BOOL, VT_I4):
        raise NotTakenError(f"a value of COM type {kind}")
    if kind == VT_BSTR and len(content) > 255:
        raise NotTakenError("a text of more than 255 characters (xlwings issue 456)")
    return content


@contextlib.contextmanager
def windows() -> Iterator[ModuleType]:
    """xlwings as Windows has it, over the doubles, and our formulas decorated by it; afterwards everything is as before.

    Only while xlwings is imported the platform's name is another: what our formulas import later must find this machine.
    """
    ours = ("xlwings", "xlwings_kis.udfs")
    hidden = [name for name in sys.modules if name in ours or name.startswith("xlwings.")]
    before = {name: sys.modules.pop(name) for name in hidden}
    doubles = _doubles()
    sys.modules.update(doubles)
    package, here = sys.modules["xlwings_kis"], Path.cwd()
    udfs_before = getattr(package, "udfs", None)
    platform, libraries = sys.platform, (getattr(ctypes, "oledll", None), getattr(ctypes, "windll", None), ctypes.PyDLL)
    for name in ("asyncio", "subprocess", "tempfile", "concurrent.futures.thread", "pandas", "PIL.ImageGrab"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)  # the standard library must not meet the other platform's name
    ctypes.oledll, ctypes.windll, ctypes.PyDLL = _Library(), _Library(), lambda _: _Library()  # type: ignore[misc]
    sys.platform = "win32"
    server = None
    try:
        xlwings = importlib.import_module("xlwings")
        sys.platform = platform
        atexit.unregister(sys.modules["xlwings._xlwindows"].cleanup)  # it would look for Excel's processes
        server = sys.modules["xlwings.com_server"]
        assert xlwings.func is sys.modules["xlwings.udfs"].xlfunc
        importlib.import_module("xlwings_kis.udfs")
        yield server
    finally:
        sys.platform = platform
        ctypes.oledll, ctypes.windll, ctypes.PyDLL = libraries  # type: ignore[misc, assignment]
        if server is not None:
            server.loop.close()
        for name in [*doubles, *(name for name in sys.modules if name in ours or name.startswith("xlwings."))]:
            sys.modules.pop(name, None)
        sys.modules.update(before)
        package.udfs = udfs_before  # type: ignore[attr-defined]
        assert Path.cwd() == here


class _Library:
    """A library of Windows in which every function exists and does nothing."""

    def __getattr__(self, name: str) -> Any:
        found = SimpleNamespace() if name[0].islower() and name.endswith("32") else _Function()
        if isinstance(found, SimpleNamespace):
            return _Library()
        setattr(self, name, found)
        return found


class _Function:
    restype: Any = None

    def __call__(self, *_: Any) -> int:
        return 0


def _doubles() -> dict[str, ModuleType]:
    error = type("com_error", (Exception,), {"hresult": -2147352567})

    def no_gateway(_: Any) -> Any:
        raise error("no Python object behind it")

    def dispatch(thing: Any, *_: Any, **__: Any) -> Any:
        return CDispatch(thing) if isinstance(thing, PyIDispatch) else thing

    class Zones:
        utc = staticmethod(lambda: UTC)

    plain = ("DispatchBaseClass", "CoClassBaseClass")
    content: dict[str, dict[str, Any]] = {
        "pythoncom": {
            "CoInitialize": lambda: None,
            "IID_IDispatch": "{00020400-0000-0000-C000-000000000046}",
            "IID_IEnumVARIANT": "{00020404-0000-0000-C000-000000000046}",
            "TypeIIDs": {"{00020400-0000-0000-C000-000000000046}": PyIDispatch},
            "VT_ERROR": VT_ERROR,
            "ole_error": error,
            "com_error": error,
            "__file__": "pythoncom311.dll",
        },
        "pywintypes": {"com_error": error, "error": error, "IID": str, "TimeType": type("TimeType", (datetime,), {})},
        "win32api": {},
        "win32con": {},
        "win32event": {},
        "win32gui": {},
        "winerror": {},
        "win32process": {"GetWindowThreadProcessId": lambda _: (1, 4711)},
        "win32timezone": {"TimeZoneInfo": Zones},
        "win32com": {},
        "win32com.client": {
            "VARIANT": VARIANT,
            "CDispatch": CDispatch,
            "Dispatch": dispatch,
            "DispatchEx": dispatch,
            **{name: type(name, (), {}) for name in plain},
        },
        "win32com.client.dynamic": {},
        "win32com.server": {},
        "win32com.server.dispatcher": {},
        "win32com.server.policy": {},
        "win32com.server.util": {"unwrap": no_gateway},
    }
    made = {name: ModuleType(name) for name in content}
    for name, module in made.items():
        vars(module).update(content[name])
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(made[parent], own, module)
    return made
