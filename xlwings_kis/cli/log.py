"""`log`: where the log is, its last lines, and those to come."""

from __future__ import annotations

import argparse
import sys

from xlwings_kis import log as lines
from xlwings_kis import places, runtime, settings
from xlwings_kis.cli.terminal import say
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError


def log(arguments: argparse.Namespace) -> int:
    """Show the log of this PC; with `-f` until Ctrl+C."""
    lang = arguments.lang
    if arguments.lines < 0:
        raise UsageError(text("bad_log_lines", lang))
    found = settings.load({"demo": True})  # a demo needs no keyring, and nor do we
    path = found.home / lines.NAME
    say(text("log_is_here", lang, file=places.shown(path)))
    if not found.log:
        say(text("log_is_off", lang))
    shown = lines.last(path, arguments.lines)
    if not shown and not arguments.follow:
        say(text("log_is_empty", lang))
    for line in shown:
        say(line, sys.stdout)
    if arguments.follow:
        for line in lines.follow(path, runtime.clock.sleep):
            say(line, sys.stdout)
    return 0
