"""Where things are on a user's Windows, and how such a place is shown without the user's name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

ADDIN_NAME = "xlwings_kis.xlam"
PROJECT = "xlwings_kis"

_FOLDERS = ("LOCALAPPDATA", "APPDATA", "USERPROFILE")
"""Variables of the user's own folders, the narrower before the wider. %ProgramFiles% is none of them: it is another
folder in a 32-bit Excel."""


def startup_folder(environ: Mapping[str, str]) -> Path:
    """XLSTART, from where Excel opens everything at its start."""
    return Path(environ["APPDATA"]) / "Microsoft" / "Excel" / "XLSTART"


def config_file(environ: Mapping[str, str]) -> Path:
    """The file in which xlwings' VBA looks for the interpreter."""
    return Path(environ["USERPROFILE"]) / f".{PROJECT}" / f"{PROJECT}.conf"


def known(environ: Mapping[str, str]) -> bool:
    """Whether the user's folders are named at all (a service, or a stripped environment, has none)."""
    return all(environ.get(name) for name in ("APPDATA", "USERPROFILE"))


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """`%APPDATA%\\Microsoft\\Excel\\XLSTART`: a place as Windows writes it, without the user's name."""
    for name in _FOLDERS:
        folder = environ.get(name)
        if folder and path.is_relative_to(folder):
            return "\\".join((f"%{name}%", *path.relative_to(folder).parts))
    return str(path)


def public(path: Path, environ: Mapping[str, str]) -> str:
    """As `shown`, and of a place elsewhere only its last part: a folder's name may be a person's."""
    text = shown(path, environ)
    return text if text.startswith("%") else f"…\\{PureWindowsPath(text).name}"


def expanded(text: str, environ: Mapping[str, str]) -> Path:
    """The path that `shown` stands for, as VBA would expand it."""
    for name in _FOLDERS:
        mark = f"%{name}%"
        if text.upper().startswith(mark) and environ.get(name):
            return Path(environ[name], *PureWindowsPath(text[len(mark) :].lstrip("\\/")).parts)
    return Path(text)


def readable(path: Path, short: Path, environ: Mapping[str, str], code_page: str) -> str | None:
    """The path as VBA and the DLL can read it: ASCII in the file, and nothing outside the code page once expanded.

    None where neither the path nor its 8.3 form will do.
    """
    text = shown(path, environ)
    if text.isascii() and _fits(str(path), code_page):
        return text
    return str(short) if str(short).isascii() else None


def _fits(text: str, code_page: str) -> bool:
    try:
        return text.encode(code_page).decode(code_page) == text
    except (UnicodeError, LookupError):
        return False
