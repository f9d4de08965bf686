"""Names in config.toml that no setting has: not used, and told to whoever runs a command, for a typo is a setting lost."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from xlwings_kis import sources
from xlwings_kis.errors import KisError, Problem
from xlwings_kis.settings import BY_NAME, SETTINGS, home_folder

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,23}", re.ASCII)
"""What may be shown: a longer name, or one of other letters, may be a value that strayed (a key has 36 letters)."""

_MOST_TOLD = 5
_ALIKE = 0.6
_BY_VARIABLE = {setting.env.lower(): setting.name for setting in SETTINGS}


def in_config(environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """What to tell of the file; nothing where it cannot be read, for that is told with the settings."""
    try:
        return strangers(sources.config(home_folder(environ) / sources.CONFIG))
    except KisError:
        return ()


def strangers(names: Iterable[str]) -> tuple[Problem, ...]:
    """One for each name that no setting has, with the nearest that one has."""
    return tuple(_stranger(name) for name in names if name not in BY_NAME)[:_MOST_TOLD]


def _stranger(name: str) -> Problem:
    shown = name if _NAME.fullmatch(name) else "…"
    nearest = _nearest(name)
    facts = {"file": sources.CONFIG, "name": shown}
    if nearest is None:
        return Problem("unknown_setting", facts=facts)
    return Problem("misspelt_setting", facts=facts | {"nearest": nearest})


def _nearest(name: str) -> str | None:
    """`tll` is `ttl`, `KIS_APP_KEY` and `app-key` are `app_key`."""
    plain = name.lower().replace("-", "_")
    if plain in _BY_VARIABLE:
        return _BY_VARIABLE[plain]
    return next(iter(difflib.get_close_matches(plain, BY_NAME, 1, _ALIKE)), None)
