"""`report`: the workbook that leaves the machine, by hand or by a scheduler."""

from __future__ import annotations

import argparse
import functools
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from xlwings_kis import log, moments, runtime, sessions, settings, words
from xlwings_kis import report as reports
from xlwings_kis.cli import mail, output, terminal
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, NoDataError, error
from xlwings_kis.markets import Market
from xlwings_kis.report.content import Report
from xlwings_kis.report.summary import warnings
from xlwings_kis.report.target import ENDING

_USAGE, _INTERRUPTED = 2, 130
_NO_TRADING = ("holiday", "still_yesterday")
"""Why there is nothing on a day that the calendar did not know to be a holiday."""


def _logged(run: Callable[[argparse.Namespace], str]) -> Callable[[argparse.Namespace], int]:
    """A line in the log for each run, whatever becomes of it."""

    @functools.wraps(run)
    def logged(arguments: argparse.Namespace) -> int:
        status, line = _INTERRUPTED, "interrupted"
        try:
            line, status = run(arguments), 0
        except KisError as failed:
            status, line = failed.exit_code, failed.problem.sentence(arguments.lang, once=True)
            raise
        except UsageError as wrong:
            status, line = _USAGE, str(wrong)
            raise
        except Exception as ours:
            status, line = KisError.exit_code, type(ours).__name__
            raise
        finally:
            _note(arguments, f"report {status} {line}")
        return status

    return logged


def _note(arguments: argparse.Namespace, line: str) -> None:
    with suppress(KisError):  # no state folder, no log: that is told where it matters
        if not arguments.demo:
            written = log.Log(settings.home_folder(), runtime.clock, log.role())
            written.note(line)
            written.close()


@_logged
def report(arguments: argparse.Namespace) -> str:
    """Make and save; what happened, for the log."""
    request = _request(arguments)
    path = None if arguments.output is None else output.target(arguments.output)
    if path and path.suffix.lower() != ENDING:
        raise UsageError(text("no_report_ending", arguments.lang))
    runtime.use_flags({"lang": arguments.lang} | ({"demo": True} if arguments.demo else {}))
    if arguments.if_session and not sessions.trading_day(to_kst(runtime.clock.epoch()).date()):
        return _nothing(arguments)
    try:
        with terminal.patience(text("waiting", arguments.lang)):
            made = reports.make(runtime.feed(), request)
    except NoDataError as nothing:
        if arguments.if_session and nothing.problem.key in _NO_TRADING:
            return _nothing(arguments)
        raise error(nothing.problem) from None
    saved = _save(made, path or Path(reports.file_name(made)), arguments)
    for line in (*((saved.remark,) if saved.remark else ()), *warnings(made), *_why_late(made)):
        terminal.say(line)
    if not (arguments.quiet or saved.remark):
        terminal.say(text("saved", arguments.lang, file=saved.path.name))
    mail.deliver(arguments, made, saved.path)
    return saved.path.name


def _save(made: Report, path: Path, arguments: argparse.Namespace) -> reports.Saved:
    with output.failing(path, arguments.lang):
        return reports.save(made, path)


def _why_late(made: Report) -> tuple[str, ...]:
    """Why old figures went into it: for whoever made it, not for whoever gets it."""
    late = [made.readings[pair] for pair, known in made.snapshots.items() if known.stale]
    return tuple(dict.fromkeys(each.problem.sentence(made.lang, once=True) for each in late if each.problem))


def _nothing(arguments: argparse.Namespace) -> str:
    line = text("no_session", arguments.lang)
    if not arguments.quiet:
        terminal.say(line)
    return line


def _request(arguments: argparse.Namespace) -> reports.Request:
    usual = reports.Request()
    exchanges = tuple(dict.fromkeys(words.exchange(word) for word in _listed(arguments.exchange)))
    markets = tuple(dict.fromkeys(words.market(word) for word in _listed(arguments.market)))
    at = None if arguments.at is None else moments.when(arguments.at)
    return reports.Request(exchanges or usual.exchanges, _in_order(markets) or usual.markets, at)


def _in_order(markets: tuple[Market, ...]) -> tuple[Market, ...]:
    return tuple(market for market in Market if market in markets)


def _listed(given: list[str] | None) -> list[str]:
    """Options may be repeated, or name several with commas. One that is given and blank names nothing anybody knows."""
    named = [word for part in given or () for word in re.split(r"[,;，、]", part) if word.strip()]
    return named or ([] if given is None else [""])
