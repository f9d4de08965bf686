"""`addin install`, `uninstall` and `status`."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

from xlwings_kis.addin import install as installing
from xlwings_kis.addin import windows
from xlwings_kis.addin.state import State
from xlwings_kis.cli.doctor import show
from xlwings_kis.cli.terminal import patience, say
from xlwings_kis.cli.texts import text
from xlwings_kis.doctor import examination
from xlwings_kis.doctor.words import LEVELS
from xlwings_kis.errors import FileError


def install(arguments: argparse.Namespace) -> int:
    """Build the add-in, put it where Excel opens it, and say what may keep it from working."""
    lang, machine = arguments.lang, windows.here()

    def build(folder: Path) -> Path:
        package: Any = importlib.import_module("xlwings_kis.addin.package")
        return Path(package.build(folder, lang)[0])

    with patience(text("installing", lang)):
        done = installing.install(machine, build)
    say(text(done.outcome.value, lang, place=done.place))
    say(text("opened", lang, count=str(done.opened)) if done.opened else text("opens_later", lang))
    for each in examination.hindrances(State(machine)):
        level = LEVELS[each.level.value][0 if lang == "ko" else 1]
        say(f"{level}({each.label(lang)}): {each.whole(lang)}")
    say(text("workbook_hint", lang))
    return 0


def uninstall(arguments: argparse.Namespace) -> int:
    """Remove what `install` has put on this machine; say what was there."""
    lang = arguments.lang
    with patience(text("uninstalling", lang)):
        gone = installing.uninstall(windows.here())
    things = [name for name in ("addin", "config", "disabled") if getattr(gone, name)]
    if things:
        say(text("uninstalled", lang, things=", ".join(text(f"thing_{name}", lang) for name in things)))
    if gone.problem:
        say(gone.problem.sentence(lang))
        return FileError.exit_code
    if not things:
        say(text("nothing_installed", lang))
    return 0


def status(arguments: argparse.Namespace) -> int:
    """What is installed where, and whether Excel can use it."""
    with patience(text("looking", arguments.lang)):
        findings = examination.status(State(windows.here()))
    return show(findings, arguments)
