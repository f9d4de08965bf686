"""Where settings are read from: config.toml, the operating system's keyring, KIS's own file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlwings_kis import ring
from xlwings_kis.errors import SettingsError, failure

CONFIG = "config.toml"
MARKER = "login.json"
"""Both in the state folder. The marker tells running processes that the keyring has changed; it holds no secret."""

KIS_FILE = Path("KIS", "config", "kis_devlp.yaml")
KIS_NAMES = {"app_key": "my_app", "app_secret": "my_sec", "base_url": "prod"}


def config(path: Path) -> Mapping[str, Any]:
    """What config.toml says; nothing where it is not there. Raises `SettingsError` naming file and line."""
    import tomllib

    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path.name, _line(str(error), text)) from None
    except (OSError, ValueError, RecursionError):  # no UTF-8, a number without end, brackets without end
        raise _unreadable(path.name) from None


def kis_file(path: Path) -> Mapping[str, Any]:
    """What KIS's own file says, under our names. Read, never written. Raises `SettingsError` naming file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError):
        raise _unreadable(path.name) from None
    import yaml

    try:
        values = yaml.safe_load(text)
    except Exception as error:  # noqa: BLE001 - besides its own errors it raises whatever an odd value brings (KeyError …)
        mark = getattr(error, "problem_mark", None)
        raise _unreadable(path.name, str(mark.line + 1) if mark else "") from None
    if not isinstance(values, dict):
        return {}
    return {name: values.get(theirs) for name, theirs in KIS_NAMES.items() if isinstance(values.get(theirs), str)}


def keyring_pair() -> Mapping[str, str | None]:
    """The key pair in the operating system's keyring; nothing where there is none. Raises `SettingsError` where it is locked."""
    return ring.read()


def keyring_mail() -> Mapping[str, str]:
    """The mail password in the keyring, with the server and account it was given for. Otherwise like `keyring_pair`."""
    return ring.read_mail()


def keyring_store_key() -> Mapping[str, str]:
    """The key of the shared store's token in the keyring. Otherwise like `keyring_pair`."""
    return {"store_key": ring.read_store_key()}


def _unreadable(file: str, line: str = "") -> SettingsError:
    error = failure("bad_config", ask_user=True, file=file, line=line)
    assert isinstance(error, SettingsError)  # noqa: S101 - tells the type checker what the table says
    return error


def _line(message: str, text: str) -> str:
    """The line a message of the TOML reader speaks of; one that names none means the end."""
    at = re.search(r"line (\d+)", message)
    return at.group(1) if at else str(len(text.splitlines()))
