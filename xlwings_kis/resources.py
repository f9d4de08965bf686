"""The files of `workbook/`: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def workbook_folder() -> Traversable:
    """The folder `workbook/` itself. Raises `FileNotFoundError` where an installation lacks it."""
    for folder in (files("xlwings_kis") / "workbook", Path(__file__).resolve().parent.parent / "workbook"):
        if (folder / "layout.toml").is_file():
            return folder
    raise FileNotFoundError("workbook")


def workbook_file(name: str) -> Traversable:
    """A file of `workbook/`. Raises `FileNotFoundError` where an installation lacks it."""
    found = workbook_folder() / name
    if not found.is_file():
        raise FileNotFoundError(f"workbook/{name}")
    return found


@cache
def layout() -> dict[str, Any]:
    """Colours, fonts and widths of sheets and reports."""
    return tomllib.loads(workbook_file("layout.toml").read_text(encoding="utf-8"))
