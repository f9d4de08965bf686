"""What xlwings Server reads from the environment, set before anybody imports xlwings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PROJECT = Path(__file__).parent / "project"

MANIFEST_ID: Final = "6f2c1f0e-9a54-4c58-8f0f-3d9a5b7c2e16"
"""The add-in's own number: Excel knows it by this, whatever the address, so it never changes."""

CUSTOM, ENTRA = "custom", "entraid"
"""Providers of xlwings Server: our list of tokens, and Microsoft's directory."""

TOKENS = "XLWINGS_KIS_TOKENS"
"""Where a worker finds the list of tokens."""

LOOPBACK = "XLWINGS_KIS_LOOPBACK"
"""`1` where the server answers this machine alone."""

DRAIN = "XLWINGS_KIS_DRAIN"
"""Seconds between the wish to end and the end of listening."""


def prepare(
    providers: tuple[str, ...], tokens: Path | None, lang: str, *, demo: bool, loopback: bool, drain: float
) -> None:
    """Set it for this process and the workers it starts."""
    os.environ.update(variables(providers, tokens, lang, demo=demo, loopback=loopback, drain=drain))


def variables(
    providers: tuple[str, ...], tokens: Path | None, lang: str, *, demo: bool, loopback: bool, drain: float
) -> Mapping[str, str]:
    """The variables. What else xlwings Server can be told (Entra ID, say) stays as the environment has it."""
    return {
        "XLWINGS_ON_SERVER": "true",
        "XLWINGS_PROJECT_DIR": str(PROJECT),
        "DOTENV_PATH": os.devnull,  # a file in whatever folder this starts in is not ours
        "XLWINGS_ENVIRONMENT": "prod",
        "XLWINGS_FUNCTIONS_NAMESPACE": "",
        "XLWINGS_PROJECT_NAME": "xlwings-kis",
        "XLWINGS_MANIFEST_ID_PROD": MANIFEST_ID,
        "XLWINGS_AUTH_PROVIDERS": json.dumps(providers),
        "XLWINGS_ENABLE_SOCKETIO": "false",  # nothing is streamed, and workers could not share it
        "XLWINGS_ENABLE_HOTRELOAD": "false",
        "XLWINGS_ENABLE_EXAMPLES": "false",
        "XLWINGS_ENABLE_TESTS": "false",
        "XLWINGS_ENABLE_BOOTSTRAP": "false",  # the task pane has its own few styles and scripts
        "XLWINGS_ENABLE_HTMX": "false",
        "XLWINGS_ENABLE_ALPINEJS_CSP": "false",
        "XLWINGS_LOG_LEVEL": "WARNING",  # below that it writes a line for each call, and on DEBUG tokens
        "XLWINGS_CUSTOM_FUNCTIONS_RETRY_CODES": "[502, 503, 504]",  # a fault of ours is not asked for three times
        "XLWINGS_KIS_LANG": lang,
        LOOPBACK: "1" if loopback else "",
        TOKENS: str(tokens.absolute()) if tokens else "",
        DRAIN: f"{drain:g}",
        **({"XLWINGS_KIS_DEMO": "1"} if demo else {}),
    }


def providers() -> tuple[str, ...]:
    """The providers somebody has set for xlwings Server: JSON, as it wants it. Raises `ValueError` for anything else."""
    given = json.loads(os.environ.get("XLWINGS_AUTH_PROVIDERS") or "[]")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ValueError("a list of names")
    return tuple(given)
