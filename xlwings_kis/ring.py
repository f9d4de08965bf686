"""The operating system's keyring: one entry holds the whole pair, so that no half of it is ever read; another the mail password.

A keyring may be absent, locked or silent for ever (Secret Service asks on a screen nobody sees). It is waited for so long
and no longer, by one thread at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from xlwings_kis import workers
from xlwings_kis.errors import KisError, failure

SERVICE: Final = "xlwings-kis"
ENTRY: Final = "key-pair"
PAIR: Final = ("app_key", "app_secret")
MAIL_ENTRY: Final = "mail"
MAIL: Final = ("host", "user", "password")
STORE_ENTRY: Final = "store-key"
"""Put there by `python -m keyring set xlwings-kis store-key`, which asks for it without echo."""

READ_SECONDS = 5.0
"""What a formula's fetch spends on it; a fetch has fifteen."""

UNLOCK_SECONDS = 60.0
"""What a person may take to unlock it, while a command waits."""

_SLICE = 0.2
"""On Windows Ctrl+C is not noticed while a thread waits: so it waits in slices."""

_R = TypeVar("_R")

PLACES = {
    "keyring.backends.Windows": ("Windows 자격 증명 관리자", "Windows Credential Manager"),
    "keyring.backends.macOS": ("macOS 키체인", "the macOS Keychain"),
    "keyring.backends.SecretService": ("로그인 키링(Secret Service)", "the login keyring (Secret Service)"),
    "keyring.backends.libsecret": ("로그인 키링(Secret Service)", "the login keyring (Secret Service)"),
    "keyring.backends.kwallet": ("KWallet", "KWallet"),
}
"""What users call a backend of `keyring`, by the module it comes from."""

_NONE = ("keyring.backends.fail", "keyring.backends.null")
_pending: dict[str, workers.Outcome[str | None]] = {}


def place(lang: str = "ko") -> str | None:
    """What the keyring of this machine is called; None where there is none."""
    backend = _backend()
    module = type(backend).__module__
    if backend is None or module.startswith(_NONE):
        return None
    for known, names in PLACES.items():
        if module.startswith(known):
            return names[0 if lang == "ko" else 1]
    return str(backend.name)


def read(seconds: float = READ_SECONDS) -> dict[str, str]:
    """The pair by the names of its settings; nothing where there is no keyring or no entry of ours.

    Raises `SettingsError` for a keyring that is locked, or does not answer in time.
    """
    return _unpacked(_kept(ENTRY, seconds), PAIR)


def read_mail(seconds: float = READ_SECONDS) -> dict[str, str]:
    """The mail password, with the server and account it was given for. Otherwise like `read`."""
    return _unpacked(_kept(MAIL_ENTRY, seconds), MAIL)


def read_store_key(seconds: float = READ_SECONDS) -> str:
    """What encrypts the token that machines share; empty where it is not kept here. Otherwise like `read`."""
    return _kept(STORE_ENTRY, seconds) or ""


def write(key: str, secret: str, seconds: float = UNLOCK_SECONDS) -> None:
    """Put the pair in, in one step, in place of the last one. Raises `SettingsError` where that cannot be."""
    _put(ENTRY, dict(zip(PAIR, (key, secret), strict=True)), seconds)


def write_mail(host: str, user: str, password: str, seconds: float = UNLOCK_SECONDS) -> None:
    """Put the mail password in. Otherwise like `write`."""
    _put(MAIL_ENTRY, dict(zip(MAIL, (host, user, password), strict=True)), seconds)


def forget(seconds: float = UNLOCK_SECONDS) -> bool:
    """Take the pair out; whether there was one. Raises `SettingsError` where it is there and stays there."""
    return _take_out(ENTRY, seconds)


def forget_store_key(seconds: float = UNLOCK_SECONDS) -> bool:
    """Take the store's key out. Otherwise like `forget`."""
    return _take_out(STORE_ENTRY, seconds)


def forget_mail(seconds: float = UNLOCK_SECONDS) -> bool:
    """Take the mail password out. Otherwise like `forget`."""
    return _take_out(MAIL_ENTRY, seconds)


def _kept(entry: str, seconds: float) -> str | None:
    asked = _pending.get(entry)
    if asked is None or asked.wait(0):
        asked = _pending[entry] = _begin(lambda: _library().get_password(SERVICE, entry))
    try:
        return _wait(asked, seconds)
    except KisError:
        raise
    except Exception:  # noqa: BLE001 - every backend is absent or broken in its own way, and then holds nothing
        return None


def _put(entry: str, values: dict[str, str], seconds: float) -> None:
    def put() -> str | None:
        _stay_here(_backend())
        _library().set_password(SERVICE, entry, json.dumps(values))
        return str(_library().get_password(SERVICE, entry) or "")

    try:
        kept = _wait(_begin(put), seconds)
    except KisError:
        raise
    except Exception as trouble:  # noqa: BLE001 - every backend fails in its own way, and the user gets one sentence
        raise failure("keyring_failed", what=type(trouble).__name__) from None
    if _unpacked(kept, tuple(values)) != values:
        raise failure("keyring_failed", what="…")


def _take_out(entry: str, seconds: float) -> bool:
    if place() is None or not _kept(entry, seconds):
        return False

    def take_out() -> str | None:
        _library().delete_password(SERVICE, entry)
        return None

    try:
        _wait(_begin(take_out), seconds)
    except KisError:
        raise
    except Exception as trouble:  # noqa: BLE001 - see `_put`
        raise failure("keyring_failed", what=type(trouble).__name__) from None
    return True


def _begin(job: Callable[[], str | None]) -> workers.Outcome[str | None]:
    outcome: workers.Outcome[str | None] = workers.Outcome()
    workers.start("xlwings-kis keyring", lambda: outcome.run(job))
    return outcome


def _wait(outcome: workers.Outcome[_R], seconds: float) -> _R:
    import keyring.errors

    left = seconds
    while not outcome.wait(min(_SLICE, left)):
        left -= _SLICE
        if left <= 0:
            raise failure("keyring_slow", ask_user=True, seconds=f"{seconds:g}")
    try:
        return outcome.result()
    except (keyring.errors.KeyringLocked, keyring.errors.InitError):
        raise failure("keyring_locked", ask_user=True) from None


def _unpacked(kept: str | None, names: tuple[str, ...]) -> dict[str, str]:
    try:
        found = json.loads(kept or "null")
    except (ValueError, RecursionError):
        return {}
    whole = isinstance(found, dict) and all(isinstance(found.get(name), str) and found[name] for name in names)
    return {name: found[name] for name in names} if whole else {}


def _stay_here(backend: Any) -> None:
    """Windows would carry the pair along with a roaming profile to other machines of the company: it stays on this one."""
    for one in (backend, *getattr(backend, "backends", ())):
        if hasattr(type(one), "persist"):
            with suppress(Exception):  # an older library: then it is kept as that one does
                one.persist = "local machine"


def _backend() -> Any:
    """The backend that would be used: of a chain the first."""
    try:
        backend = _library().get_keyring()
    except Exception:  # noqa: BLE001 - a backend that cannot even be made is none
        return None
    return next(iter(getattr(backend, "backends", ())), backend)


def _library() -> Any:
    import keyring

    return keyring
