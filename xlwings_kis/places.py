"""Paths as they may be pasted in public: what names the user stands as the variable or sign the system has for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath

_WINDOWS = ("LOCALAPPDATA", "APPDATA", "USERPROFILE")


def shown(path: PurePath, environ: Mapping[str, str] | None = None, *, windows: bool = os.name == "nt") -> str:
    """`%LOCALAPPDATA%\\xlwings-kis`, `~/.local/share/xlwings-kis`, `%XLWINGS_KIS_HOME%`; of any other path the name alone."""
    environ = os.environ if environ is None else environ
    for name in ("XLWINGS_KIS_HOME", *(_WINDOWS if windows else ("HOME",))):
        folder = environ.get(name)
        if not folder:
            continue
        try:
            below = path.relative_to(type(path)(folder))
        except ValueError:
            continue
        sign = f"%{name}%" if windows else "~" if name == "HOME" else f"${name}"
        return str(type(path)(sign) / below)
    return path.name
