"""`login` and `logout`: where the key pair is kept on this machine."""

from __future__ import annotations

import argparse
import getpass
import json
from contextlib import suppress
from pathlib import Path

from xlwings_kis import files, settings
from xlwings_kis.cli.terminal import say
from xlwings_kis.cli.texts import text
from xlwings_kis.errors import SettingsError, failure
from xlwings_kis.settings import BY_NAME
from xlwings_kis.sources import KEYRING_MAIL, KEYRING_SERVICE
from xlwings_kis.tokens import forget_all

KEY_LENGTH, SECRET_LENGTH = 36, 180
"""What KIS hands out (document)."""

MARKER = "login.json"
"""Tells running processes that the keyring has changed; holds no secret."""


def login(arguments: argparse.Namespace) -> int:
    """Ask for the key pair (or the mail password) without echo and put it into the operating system's keyring."""
    if arguments.mail:
        return _login_mail(arguments.lang)
    key = _ask(text("ask_key", arguments.lang))
    secret = _ask(text("ask_secret", arguments.lang))
    if (len(key), len(secret)) == (SECRET_LENGTH, KEY_LENGTH):
        raise failure("swapped_keys")
    for what, value, length in (("bad_key", key, KEY_LENGTH), ("bad_secret", secret, SECRET_LENGTH)):
        if len(value) != length or not value.isascii() or not value.isprintable():
            say(text(what, arguments.lang, length=str(len(value))))
            return SettingsError.exit_code
    home = settings.home_folder()
    place = _store({"app_key": key, "app_secret": secret})
    if place is None:
        say(text("no_keyring", arguments.lang))
        return SettingsError.exit_code
    _mark(home)
    say(text("logged_in", arguments.lang, place=place))
    return 0


def logout(arguments: argparse.Namespace) -> int:
    """Remove the key pair, the mail password and the tokens of this machine; say what was there."""
    home = settings.home_folder()
    things = [
        name
        for name, there in (
            ("thing_keys", _forget("app_key", "app_secret")),
            ("thing_mail", _forget(KEYRING_MAIL)),
            ("thing_token", forget_all(home)),
        )
        if there
    ]
    with suppress(OSError):
        files.remove_file(home / MARKER)
    if things:
        say(text("logged_out", arguments.lang, things=", ".join(text(thing, arguments.lang) for thing in things)))
    else:
        say(text("nothing_stored", arguments.lang))
    return 0


def _login_mail(lang: str) -> int:
    """The password is kept together with the server and account it is for."""
    found = settings.load({"demo": True})  # no key pair is looked for
    missing = [BY_NAME[name].env for name in ("mail_host", "mail_user") if not getattr(found, name)]
    if missing:
        raise failure("no_mail", ask_user=True, names=", ".join(missing))
    password = getpass.getpass(text("ask_mail", lang, user=found.mail_user, host=found.mail_host))
    if not password or not password.isascii() or not password.isprintable():
        say(text("bad_mail_password", lang))
        return SettingsError.exit_code
    kept = {"host": found.mail_host, "user": found.mail_user, "password": password}
    place = _store({KEYRING_MAIL: json.dumps(kept)})
    if place is None:
        say(text("no_keyring_mail", lang))
        return SettingsError.exit_code
    say(text("mail_stored", lang, place=place, user=found.mail_user, host=found.mail_host))
    return 0


def _ask(question: str) -> str:
    """A value without echo, freed from the quotes and blanks that come with copying."""
    return getpass.getpass(question).strip().strip("\"'").strip()


def _store(values: dict[str, str]) -> str | None:
    """Where it was put; None without a keyring."""
    import keyring
    import keyring.errors

    try:
        for name, value in values.items():
            keyring.set_password(KEYRING_SERVICE, name, value)
        if any(keyring.get_password(KEYRING_SERVICE, name) != value for name, value in values.items()):
            return None
    except Exception:  # noqa: BLE001 - every backend fails in its own way, and the user gets one sentence
        return None
    return str(keyring.get_keyring().name)


def _forget(*names: str) -> bool:
    import keyring
    import keyring.errors

    removed = False
    for name in names:
        with suppress(Exception):  # every backend fails in its own way, and then holds nothing we could remove
            if keyring.get_password(KEYRING_SERVICE, name) is not None:
                keyring.delete_password(KEYRING_SERVICE, name)
                removed = True
    return removed


def _mark(home: Path) -> None:
    with suppress(OSError):
        files.private_folder(home)
        files.replace_file(home / MARKER, json.dumps({"version": 1}).encode(), private=True)
