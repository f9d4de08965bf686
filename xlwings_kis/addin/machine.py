"""What installing asks of a PC, as one small door: the real one is `windows`, a test's stands in a folder.

Paths in here may hold the user's name: they are for opening, never for showing (`places.shown` is for that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

WINDOWS, MAC = "Windows", "Darwin"

Registry = int | str | bytes


@dataclass(frozen=True)
class Interpreter:
    """The Python that runs us: `xlwings` holds every installed version of it, the one that is imported first."""

    executable: Path
    prefix: Path
    base_prefix: Path
    user_base: Path
    version: str
    bits: int
    xlwings: tuple[str, ...]


@dataclass(frozen=True)
class Excel:
    """A running Excel: where its start folder is, and our add-in if that is open in it."""

    startup: Path | None = None
    addin: Path | None = None


class Machine(Protocol):
    """Files, Excel and registry of one user on one PC. Only the methods for files raise, and only `OSError`."""

    @property
    def system(self) -> str:
        """`platform.system()`: all but `interpreter` means something on Windows alone."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Environment variables."""

    def interpreter(self) -> Interpreter:
        """The Python that runs us."""

    def starts(self, python: Path) -> bool:
        """Whether this Python, begun as Excel would begin it, loads xlwings and us."""

    def code_page(self) -> str:
        """The code page in which VBA reads files and hands over paths, as Python names it."""

    def short_path(self, path: Path) -> Path:
        """The path in 8.3 names; the path itself where the disk has none."""

    def excel_bits(self) -> int | None:
        """32 or 64; None where no Excel is found."""

    def excels(self, addin: str) -> tuple[Excel, ...]:
        """The running Excels that answer, each with the open workbook of that name."""

    def close(self, addin: str) -> int:
        """Close the workbook of that name, unsaved, in every running Excel. In how many it was."""

    def open(self, addin: Path) -> int:
        """Open the add-in in every running Excel. In how many that worked."""

    def registry(self, key: str, name: str) -> Registry | None:
        """A value; keys begin with HKCU or HKLM. None where it is missing or may not be read."""

    def registry_values(self, key: str) -> Mapping[str, Registry]:
        """All values of a key; empty where there is none."""

    def forget(self, key: str, name: str) -> bool:
        """Delete a value of the registry; whether that worked."""

    def put(self, path: Path, data: bytes, by: Path) -> None:
        """Write a file whole or not at all, through the folder `by`."""

    def remove(self, path: Path) -> bool:
        """Remove a file; whether it was there."""

    def remove_folder(self, path: Path) -> bool:
        """Remove a folder if it is empty; whether it was."""

    def unmark(self, path: Path) -> None:
        """Take away the mark "from the internet", which blocks macros."""
