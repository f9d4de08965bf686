"""The real door to Windows, Excel and this Python; everything that exists on Windows alone is imported inside.

Excel is asked in a thread of its own and with a deadline: while a cell is edited or a dialog is open Excel refuses every
call, and xlwings would repeat it for ever.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.metadata
import os
import platform
import site
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from xlwings_kis import files
from xlwings_kis.addin.machine import Excel, Interpreter, Machine, Registry

_T = TypeVar("_T")

_PATIENCE = 15.0
"""Seconds for all running Excels together."""

_TRIES, _PAUSE = 6, 0.5
"""How often an Excel that is busy is asked, and after how many seconds again."""

_START_SECONDS = 60.0
"""A first start after an installation compiles everything, and virus scanners look on."""

_AS_EXCEL_WOULD = "import ssl, xlwings, xlwings_kis.udfs, os; os._exit(0)"
"""Left without the ordinary end, at which xlwings kills every Excel that shows no workbook."""

_EXCEL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_BITS = {0x8664: 64, 0xAA64: 64, 0x014C: 32}
"""By the machine field of a program's header (PE format)."""


def here() -> Machine:
    """This machine."""
    return ThisMachine()


class ThisMachine:
    """See `Machine`."""

    @property
    def system(self) -> str:
        return platform.system()

    @property
    def environ(self) -> Mapping[str, str]:
        return os.environ

    def interpreter(self) -> Interpreter:
        found = (each.version for each in importlib.metadata.distributions(name="xlwings"))
        return Interpreter(
            Path(sys.executable or "python"),
            Path(sys.prefix),
            Path(sys.base_prefix),
            Path(site.getuserbase()),
            platform.python_version(),
            struct.calcsize("P") * 8,
            tuple(dict.fromkeys(found)),
        )

    def starts(self, python: Path) -> bool:
        try:
            subprocess.run(  # noqa: S603 - our own interpreter and our own words
                [str(python), "-c", _AS_EXCEL_WOULD],
                env=_unactivated(os.environ), cwd=python.parent, timeout=_START_SECONDS, check=True,
                stdin=subprocess.DEVNULL, capture_output=True, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return False
        return True

    def code_page(self) -> str:
        return f"cp{_kernel().GetACP()}"

    def short_path(self, path: Path) -> Path:
        ctypes: Any = importlib.import_module("ctypes")
        letters = ctypes.create_unicode_buffer(1024)
        return Path(letters.value) if 0 < _kernel().GetShortPathNameW(str(path), letters, 1024) < 1024 else path

    def excel_bits(self) -> int | None:
        program = self.registry(rf"HKLM\{_EXCEL}", "")
        if isinstance(program, str) and (bits := program_bits(Path(program.strip('"')))):
            return bits
        return {"x64": 64, "x86": 32}.get(str(self.registry(rf"HKLM\{_CLICK_TO_RUN}", "Platform")))

    def excels(self, addin: str) -> tuple[Excel, ...]:
        def look(app: Any) -> Excel:
            book = _book(app, addin)
            return Excel(Path(app.startup_path), Path(str(book.api.FullName)) if book else None)

        return tuple(_each_excel(look))

    def close(self, addin: str) -> int:
        def close(app: Any) -> bool:
            book = _book(app, addin)
            if book:
                book.close()
            return book is not None

        return sum(_each_excel(close))

    def open(self, addin: Path) -> int:
        def open_it(app: Any) -> bool:
            app.books.open(str(addin))  # the one that is open, where it is
            return True

        return sum(_each_excel(open_it))

    def registry(self, key: str, name: str) -> Registry | None:
        winreg: Any = importlib.import_module("winreg")
        for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):
            with suppress(OSError), _key(winreg, key, winreg.KEY_READ | view) as opened:
                value: Registry = winreg.QueryValueEx(opened, name)[0]
                return value
        return None

    def registry_values(self, key: str) -> Mapping[str, Registry]:
        winreg: Any = importlib.import_module("winreg")
        found: dict[str, Registry] = {}
        with suppress(OSError), _key(winreg, key, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
            for at in range(winreg.QueryInfoKey(opened)[1]):
                name, value, _ = winreg.EnumValue(opened, at)
                found[name] = value
        return found

    def forget(self, key: str, name: str) -> bool:
        winreg: Any = importlib.import_module("winreg")
        try:
            with _key(winreg, key, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)
        except OSError:
            return False
        return True

    def put(self, path: Path, data: bytes, by: Path) -> None:
        for folder in (path.parent, by):
            folder.mkdir(parents=True, exist_ok=True)
        files.replace_file(path, data, by=by)

    def remove(self, path: Path) -> bool:
        return files.remove_file(path)

    def remove_folder(self, path: Path) -> bool:
        try:
            path.rmdir()
        except OSError:
            return False
        return True

    def unmark(self, path: Path) -> None:
        with suppress(OSError):
            Path(f"{path}:Zone.Identifier").unlink()


def program_bits(program: Path) -> int | None:
    """Whether a Windows program is one of 32 or 64 bits, from its header."""
    with suppress(OSError, struct.error), program.open("rb") as file:
        start = file.read(0x40)
        (at,) = struct.unpack_from("<I", start, 0x3C)
        file.seek(at)
        mark, machine = struct.unpack("<4sH", file.read(6))
        return _BITS.get(machine) if (start[:2], mark) == (b"MZ", b"PE\0\0") else None
    return None


def _kernel() -> Any:
    ctypes: Any = importlib.import_module("ctypes")
    return ctypes.windll.kernel32


def _key(winreg: Any, key: str, access: int) -> Any:
    hive, _, rest = key.partition("\\")
    roots = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
    return winreg.OpenKey(roots[hive], rest, 0, access)


def _unactivated(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what activating a Python has added: Excel was not started from that window."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("CONDA", "VIRTUAL_ENV"))}
    folders = kept.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(each for each in folders if each and not Path(each).is_relative_to(sys.prefix))
    return kept


def _each_excel(action: Callable[[Any], _T]) -> list[_T]:
    """What the action gives for each running Excel that answers in time."""
    results: list[_T] = []
    over = threading.Event()

    def ask() -> None:
        with suppress(Exception):  # without pywin32, or without Excel, there is nobody to ask
            for app in list(_apps()):
                for _ in range(_TRIES):
                    try:
                        results.append(action(app))
                        break
                    except Exception:  # noqa: BLE001 - a busy Excel refuses in many ways, and is asked again
                        if over.wait(_PAUSE):
                            return

    thread = threading.Thread(target=ask, name="excel", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    over.set()
    return list(results)


def _apps() -> Any:
    """xlwings' running Excels, with two habits of xlwings unlearnt."""
    xlwings: Any = importlib.import_module("xlwings")
    rim: Any = importlib.import_module("xlwings._xlwindows")
    rim.N_COM_ATTEMPTS = 1  # 0: a refused call is repeated for ever
    atexit.unregister(rim.cleanup)  # kills every Excel without a workbook when we end: those are the user's
    return xlwings.apps


def _book(app: Any, name: str) -> Any:
    """The open workbook of that name, or None. Raises where Excel is busy."""
    str(app.version)  # xlwings takes any refusal for a workbook that is not there: this one is let through
    try:
        return app.books[name]
    except KeyError:
        return None
