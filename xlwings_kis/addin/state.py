"""How things stand on a machine: each question asked once, when it is needed, and nothing changed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from xlwings_kis.addin import config, places, policy, stamp
from xlwings_kis.addin.machine import WINDOWS, Excel, Interpreter, Machine
from xlwings_kis.addin.policy import Macros
from xlwings_kis.addin.stamp import Stamp

_STORE = "windowsapps"


class State:
    """What is installed, from what, and what Excel will make of it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @cached_property
    def on_windows(self) -> bool:
        return self.machine.system == WINDOWS

    @cached_property
    def interpreter(self) -> Interpreter:
        return self.machine.interpreter()

    @cached_property
    def program(self) -> Path:
        """What Excel shall start: the Python without a console window, where there is one."""
        quiet = self.interpreter.executable.with_name("pythonw.exe")
        return quiet if quiet.is_file() else self.interpreter.executable

    @cached_property
    def xlwings(self) -> str:
        """The version that is imported; empty where there is none."""
        return next(iter(self.interpreter.xlwings), "")

    @cached_property
    def excel_bits(self) -> int | None:
        return self.machine.excel_bits()

    @cached_property
    def dll(self) -> str:
        """The file that Excel loads: it is of Excel's bitness, not of Python's."""
        return f"xlwings{self.excel_bits or 64}-{self.xlwings}.dll"

    @cached_property
    def dll_problem(self) -> str | None:
        """Why Excel will not find its DLL, as the key of a sentence. It looks beside Python and one folder above."""
        own = (self.interpreter.executable, self.interpreter.base_prefix)
        if any(_STORE in (part.lower() for part in path.parts) for path in own):
            return "store_python"  # its files are in a sandbox, and what it writes below AppData too
        if any((folder / self.dll).is_file() for folder in (self.program.parent, self.program.parent.parent)):
            return None
        return "dll_user" if (self.interpreter.user_base / self.dll).is_file() else "dll_missing"

    @cached_property
    def excels(self) -> tuple[Excel, ...]:
        return self.machine.excels(places.ADDIN_NAME)

    @cached_property
    def folder(self) -> Path:
        """XLSTART, as a running Excel names it, else where it always is."""
        named = (excel.startup for excel in self.excels if excel.startup)
        return next(named, places.startup_folder(self.machine.environ))

    @cached_property
    def addin(self) -> Path:
        return self.folder / places.ADDIN_NAME

    @cached_property
    def addin_there(self) -> bool:
        return self.addin.is_file()

    @cached_property
    def stamp(self) -> Stamp | None:
        """From what the add-in was built; None where there is none that can be read."""
        try:
            return stamp.read(self.addin)
        except OSError:
            return None

    @cached_property
    def config(self) -> Path:
        return places.config_file(self.machine.environ)

    @cached_property
    def config_data(self) -> bytes | None:
        """The user's file of settings; None where there is none that can be read."""
        try:
            return self.config.read_bytes()
        except OSError:
            return None

    @cached_property
    def configured(self) -> Path | None:
        """The interpreter that Excel is told to start."""
        value = config.interpreter(self.config_data or b"")
        return places.expanded(value, self.machine.environ) if value else None

    @cached_property
    def configured_is_this(self) -> bool:
        return self.configured is not None and (
            self.machine.short_path(self.configured) == self.machine.short_path(self.program)
        )

    @cached_property
    def macros(self) -> Macros:
        return policy.macros(self.machine, self.folder)

    @cached_property
    def children_blocked(self) -> bool:
        return policy.children_blocked(self.machine)

    @cached_property
    def disabled(self) -> tuple[str, ...]:
        return policy.disabled(self.machine)

    @cached_property
    def starts(self) -> bool:
        return self.machine.starts(self.interpreter.executable)

    def shown(self, path: Path) -> str:
        """A place without anybody's name."""
        return places.public(path, self.machine.environ)
