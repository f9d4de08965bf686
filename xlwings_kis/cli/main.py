"""The rim: words in, exit status out; the one place where errors become sentences on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from xlwings_kis import log, runtime, settings, strangers
from xlwings_kis.cli import commands, terminal
from xlwings_kis.cli.parser import build
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.errors import KisError, our_fault

USAGE, OURS, INTERRUPTED = 2, 1, 130

_WITHOUT_SETTINGS = ("addin", "demo", "doctor", "simulate")
"""Commands that read none, and the one that has a line for it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status of the contract."""
    terminal.prepare()
    words = list(sys.argv[1:] if argv is None else argv)
    lang = _language(words)
    try:
        arguments = build(lang, commands.COMMANDS).parse_args(words)
        arguments.lang = lang
        log.command = arguments.command
        if arguments.command not in _WITHOUT_SETTINGS:
            for stranger in strangers.in_config():
                terminal.say(stranger.sentence(lang))
        return int(arguments.run(arguments))
    except UsageError as wrong:
        terminal.say(text("usage_error", lang, what=str(wrong)))
        return USAGE
    except KisError as error:
        terminal.say(error.problem.sentence(lang, once=True))
        return error.exit_code
    except (KeyboardInterrupt, EOFError):  # Ctrl+C, or Ctrl+D at a question
        terminal.say(text("interrupted", lang))
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our stdout has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as ours:  # noqa: BLE001 - a user gets a sentence, not a traceback
        terminal.say(our_fault(ours).sentence(lang))
        return OURS
    finally:
        runtime.close()
        log.command = ""


def _language(words: Sequence[str]) -> str:
    """Known before anything is parsed, for help and usage errors are spoken too."""
    for at, word in enumerate(words):
        given = word.removeprefix("--lang=") if word.startswith("--lang=") else None
        if word == "--lang" and at + 1 < len(words):
            given = words[at + 1]
        if given in ("ko", "en"):
            return given
    return settings.language()
