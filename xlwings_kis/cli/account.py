"""`login` and `logout`: where the key pair is kept on this machine, and whether KIS takes it."""

from __future__ import annotations

import argparse
import json
import os
import unicodedata
from contextlib import suppress
from pathlib import Path

from xlwings_kis import files, places, ring, runtime, settings, sources, traces
from xlwings_kis.cli import terminal
from xlwings_kis.cli.terminal import say
from xlwings_kis.cli.texts import text
from xlwings_kis.clock import kst_day, to_kst
from xlwings_kis.errors import CredentialError, FileError, KisError, SettingsError, failure
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.settings import BY_NAME, KEY_LENGTH, SECRET_LENGTH
from xlwings_kis.tokens import COOL_DOWN, forget_all

CHECK_SECONDS = 15.0
"""What the check at KIS may take, token and call together."""

TIMES = 3
"""How often a blank answer is asked for again: a pasted line end answers the next question on Windows."""

_QUOTES = "\"'`“”‘’«»„"
_AROUND = _QUOTES + ",;"
_CTRL_V = "\x16"


_THINGS = {
    traces.Kind.TABLES: "thing_store",
    traces.Kind.LOG: "thing_log",
    traces.Kind.DAMAGED: "thing_damaged",
    traces.Kind.SETTINGS: "thing_own_config",
    traces.Kind.GUESTS: "thing_guests",
}


def login(arguments: argparse.Namespace) -> int:
    """Ask for the key pair without echo, see whether KIS takes it, and put it into the operating system's keyring."""
    lang = arguments.lang
    if arguments.mail:
        return _login_mail(lang)
    settings.load(_trying("k" * KEY_LENGTH, "s" * SECRET_LENGTH))  # a broken config is told before anything is typed
    place = ring.place(lang)
    if place is None:
        say(text("no_keyring", lang, folder=places.shown(settings.home_folder())))
        return SettingsError.exit_code
    with terminal.patience(text("unlocking", lang)):
        ring.read(ring.UNLOCK_SECONDS)  # a locked one is opened before anything is typed
    key, secret = _ask(text("ask_key", lang), lang), _ask(text("ask_secret", lang), lang)
    _look(key, secret)
    doubt = _doubt(key, secret, lang)
    if isinstance(doubt, CredentialError):
        say(text("not_stored", lang))
        raise doubt
    with terminal.patience(text("unlocking", lang)):
        ring.write(key, secret)
    home = settings.home_folder()
    _mark(home)
    say(text("logged_in", lang, place=place))
    if doubt:
        say(text("not_verified", lang, why=doubt.problem.sentence(lang, once=True)))
    else:
        say(text("verified", lang, folder=places.shown(home)))
    _tell_what_comes_first(lang)
    if not doubt:
        say(text("try_now", lang))
    return doubt.exit_code if doubt else 0


def logout(arguments: argparse.Namespace) -> int:
    """Remove the key pair, the tokens and what else lies in the state folder; say what was there and what stays."""
    lang, home = arguments.lang, settings.home_folder()
    trouble: KisError | None = None
    shared = _shared_token(take_away=arguments.all)  # while the keys that name it are still there
    keys = mail = store_key = False
    try:
        with terminal.patience(text("unlocking", lang)):
            keys, mail, store_key = ring.forget(), ring.forget_mail(), ring.forget_store_key()
    except KisError as locked:
        trouble = locked
    there = {
        "thing_keys": keys,
        "thing_mail": mail,
        "thing_store_key": store_key,
        "thing_token": forget_all(home),
        "thing_desk_token": shared == "thing_desk_token",
    }
    left = traces.clear(home, kst_day(runtime.clock.epoch()), everything=arguments.all)
    things = [name for name, found in there.items() if found] + [_THINGS[kind] for kind in left.gone]
    if things:
        say(text("logged_out", lang, things=", ".join(text(thing, lang) for thing in things)))
    elif not (trouble or left.held):
        say(text("nothing_stored", lang))
    if shared.startswith("desk_token"):
        say(text(shared, lang))
    for line in _staying(left, lang):
        say(line)
    if trouble:
        raise trouble
    return FileError.exit_code if left.held else 0


def _shared_token(*, take_away: bool) -> str:
    """What becomes of the token on a server that machines share, as the name of a text; empty where there is none."""
    from xlwings_kis import desk
    from xlwings_kis.store.base import StoreTrouble

    try:
        known = settings.load()
        if not known.desk or not known.store_key or not known.credentials:
            return ""
        if not take_away:
            return "desk_token_stays"
        server = desk.open_server(known, runtime.clock)
    except SettingsError:
        return ""
    from xlwings_kis.tokens.shared import forget_shared

    try:
        return "thing_desk_token" if forget_shared(server, known.scope) else ""
    except StoreTrouble:
        return "desk_token_held"
    finally:
        server.close()


def _login_mail(lang: str) -> int:
    """The password is kept together with the server and account it is for."""
    found = settings.load({"demo": True})  # no key pair is looked for
    missing = [BY_NAME[name].env for name in ("mail_host", "mail_user") if not getattr(found, name)]
    if missing:
        raise failure("no_mail", ask_user=True, names=", ".join(missing))
    place = ring.place(lang)
    if place is None:
        say(text("no_keyring_mail", lang))
        return SettingsError.exit_code
    password = terminal.ask(text("ask_mail", lang, user=found.mail_user, host=found.mail_host), lang)
    if not password or not password.isascii() or not password.isprintable():
        say(text("bad_mail_password", lang))
        return SettingsError.exit_code
    with terminal.patience(text("unlocking", lang)):
        ring.write_mail(found.mail_host, found.mail_user, password)
    say(text("mail_stored", lang, place=place, user=found.mail_user, host=found.mail_host))
    return 0


def _ask(question: str, lang: str) -> str:
    """A value without echo, freed from what comes with copying. A blank answer is asked for again."""
    for _ in range(TIMES):
        answer = terminal.ask(question, lang)
        value = _cleaned(answer)
        if value:
            return value
        if _CTRL_V in answer:
            say(text("ctrl_v", lang))
    return ""


def _cleaned(answer: str) -> str:
    """A key has no blanks, no quotes and nothing invisible in it."""
    seen = "".join(letter for letter in answer if unicodedata.category(letter)[0] not in "CZ")
    return seen.strip(_AROUND)


def _look(key: str, secret: str) -> None:
    """The form of both halves. Raises `SettingsError`; sends nothing."""
    if (len(key), len(secret)) == (SECRET_LENGTH, KEY_LENGTH):
        raise failure("swapped_keys")
    if key and key == secret:
        raise failure("same_twice")
    for what, value, length in (("bad_key", key, KEY_LENGTH), ("bad_secret", secret, SECRET_LENGTH)):
        if len(value) != length or not value.isascii():
            raise failure(what, length=str(len(value)))


def _trying(key: str, secret: str) -> dict[str, object]:
    return {"app_key": key, "app_secret": secret, "demo": False}


def _doubt(key: str, secret: str, lang: str) -> KisError | None:
    """Why KIS could not be asked, or did not take the pair; None where it gave a token and a table."""
    from xlwings_kis import desk

    clock = runtime.clock
    try:
        tried = desk.open_desk(settings.load(_trying(key, secret)), clock)
    except SettingsError as missing:  # a corporation that has not set everything yet
        return missing
    try:
        for last in (False, True):
            begun = clock.epoch()
            try:
                with terminal.patience(text("verifying", lang)):
                    while (wait := tried.store.take()) > 0:
                        clock.sleep(wait)
                    tried.fetch(ALL_PAIRS[0], CHECK_SECONDS)
            except KisError as failed:
                rest = (failed.problem.until or 0.0) - begun
                if last or not 0 < rest < COOL_DOWN:
                    return failed
                # A rest that began before: what was refused then was another try, perhaps with another secret.
                say(text("resting", lang, time=f"{to_kst(begun + rest):%H:%M:%S}"))
                clock.sleep(rest + 1)
            else:
                return None
    finally:
        tried.close()
    return None


def _tell_what_comes_first(lang: str) -> None:
    """Whatever hides the stored pair from the other commands."""
    with suppress(SettingsError):
        found = settings.load()
        source = dict(found.sources).get("app_key", "keyring")
        if source != "keyring":
            say(text("comes_first", lang, place=_named(source)))
        if found.demo:
            say(text("demo_is_on", lang))


def _named(source: str) -> str:
    return "KIS_APP_KEY" if source == "environment" else source


def _staying(left: traces.Cleared, lang: str) -> list[str]:
    """What logout did not remove, each with what to do about it."""
    lines = []
    if left.held:
        lines.append(text("held", lang, files=", ".join(left.held)))
    if left.days or left.damaged:
        lines.append(text("records_stay", lang, days=str(left.days)) if left.days else text("damaged_stays", lang))
    if left.config:
        lines.append(text("config_stays", lang))
    if os.environ.get("KIS_APP_KEY") or os.environ.get("KIS_APP_SECRET"):
        lines.append(text("elsewhere", lang, place="KIS_APP_KEY, KIS_APP_SECRET"))
    with suppress(SettingsError):
        if sources.kis_file(settings.kis_file_path()):
            lines.append(text("elsewhere", lang, place=sources.KIS_FILE.name))
    return lines


def _mark(home: Path) -> None:
    with suppress(OSError):
        files.private_folder(home)
        files.replace_file(home / sources.MARKER, json.dumps({"version": 1}).encode(), private=True)
