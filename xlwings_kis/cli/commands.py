"""What each command does."""

from __future__ import annotations

import argparse
import difflib
import errno
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from xlwings_kis import checks, history, moments, press, runtime, words
from xlwings_kis.block import block
from xlwings_kis.cli import addin, archive, doctor, formats, output, terminal
from xlwings_kis.cli.account import login, logout
from xlwings_kis.cli.log import log
from xlwings_kis.cli.record import record
from xlwings_kis.cli.report import report
from xlwings_kis.cli.serve import manifest, serve, token
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.era import FETCH_SECONDS
from xlwings_kis.errors import Problem, error, failure
from xlwings_kis.files import replace_file
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.moments import When
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot, Standing

DEMO_FILE = "프로그램매매_예시.xlsx"
_BY_ENDING = {".xlsx": "xlsx", ".csv": "csv", ".json": "json", ".txt": "text"}


def table(arguments: argparse.Namespace) -> int:
    """`table`: one pair, in the terminal or in a file."""
    pair = words.pair(arguments.exchange, arguments.market)
    if arguments.at is not None:
        arguments.at = moments.when(arguments.at)
    target = None if arguments.output is None else output.target(arguments.output)
    ending = _BY_ENDING.get(target.suffix.lower()) if target else "table"
    form = str(arguments.format or ending)
    if ending is None or (target and form != ending):
        raise UsageError(text("no_such_format", arguments.lang))
    runtime.use_flags({"lang": arguments.lang} | ({"demo": True} if arguments.demo else {}))
    reading, snapshot = _recall(pair, arguments.at) if arguments.at else _ask(pair)
    if target is None:
        _print(form, reading, snapshot, arguments.lang)
    else:
        _write(target, form, reading, snapshot, arguments.lang)
    _remarks(reading, snapshot, arguments.lang)
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """`demo`: the simulator's tables in the terminal and in a workbook, without account or network."""
    from xlwings_kis import xlsx

    runtime.use_flags({"lang": arguments.lang, "demo": True})
    feed = runtime.feed()
    feed.refresh(ALL_PAIRS, seconds=FETCH_SECONDS)  # all at once
    readings = [_ask(pair)[0] for pair in ALL_PAIRS]
    terminal.show(block(readings[0]), sys.stdout, arguments.lang)
    target = output.target(arguments.output or DEMO_FILE)
    output.writing(target, arguments.lang, lambda: xlsx.write(target, [block(reading) for reading in readings]))
    for line in (text("demo_note", arguments.lang), text("next", arguments.lang)):
        terminal.say(line)
    return 0


def simulate(arguments: argparse.Namespace) -> int:
    """`simulate`: the embedded gateway until Ctrl+C."""
    from xlwings_kis.simulator import Fault, Simulator

    names = {fault.value: fault for fault in Fault}
    if arguments.fault and arguments.fault not in names:
        near = ", ".join(difflib.get_close_matches(arguments.fault, names, cutoff=0.3)) or next(iter(names))
        raise UsageError(text("no_such_fault", arguments.lang, name=arguments.fault, near=near))
    simulator = Simulator(port=arguments.port, latency=arguments.latency, loop_session=not arguments.live)
    simulator.fault = names.get(arguments.fault)
    try:
        simulator.start()
    except OSError:
        raise UsageError(text("port_in_use", arguments.lang, port=str(arguments.port))) from None
    try:
        terminal.say(text("simulating", arguments.lang, url=simulator.url))
        for name, value in (
            ("KIS_BASE_URL", simulator.url),
            ("KIS_APP_KEY", simulator.app_key),
            ("KIS_APP_SECRET", simulator.app_secret),
        ):
            terminal.say(f"{name}={value}", sys.stdout)
        while True:
            time.sleep(3600)
    finally:
        simulator.stop()


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": demo,
    "table": table,
    "report": report,
    "record": record,
    "history": archive.history,
    "simulate": simulate,
    "serve": serve,
    "serve token": token,
    "serve manifest": manifest,
    "login": login,
    "logout": logout,
    "addin build": addin.build,
    "log": log,
    "addin install": addin.install,
    "addin uninstall": addin.uninstall,
    "addin status": addin.status,
    "doctor": doctor.doctor,
}


def _ask(pair: Pair) -> tuple[Reading, Snapshot]:
    """The reading of a pair; no data is an error here. Nothing between us and Excel, so the whole budget of a fetch."""
    with terminal.patience(text("waiting", runtime.feed().lang)):
        reading = runtime.feed().reading(pair)
    if reading.snapshot is None:
        raise error(reading.problem or Problem("empty"))
    return reading, reading.snapshot


def _recall(pair: Pair, when: When) -> tuple[Reading, Snapshot]:
    """The reading of a pair as it stood, from the store alone."""
    feed = runtime.feed()
    reading = replace(feed.ask(lambda desk: history.at(desk, pair, when), FETCH_SECONDS), lang=feed.lang)
    if reading.snapshot is None:
        raise error(reading.problem or Problem("nothing_stored"))
    return reading, reading.snapshot


def _print(form: str, reading: Reading, snapshot: Snapshot, lang: str) -> None:
    if sys.stdout is None:  # closed, or a process without a console
        raise failure("cannot_write", file="stdout", reason=text("why_closed", lang))
    try:
        if form == "table":
            terminal.show(block(reading), sys.stdout, lang)
        else:
            sys.stdout.write("\n".join(_text(form, snapshot, lang).splitlines()) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as trouble:
        terminal.give_up_stdout()
        why = "why_full" if trouble.errno == errno.ENOSPC else "why_closed"
        raise failure("cannot_write", file="stdout", reason=text(why, lang)) from trouble


def _write(target: Path, form: str, reading: Reading, snapshot: Snapshot, lang: str) -> None:
    if form == "xlsx":
        from xlwings_kis import xlsx

        output.writing(target, lang, lambda: xlsx.write(target, [block(reading)]))
    else:
        # Excel on a Korean Windows takes a CSV for cp949 unless it begins with a byte order mark.
        data = _text(form, snapshot, lang).encode("utf-8-sig" if form == "csv" else "utf-8")
        output.writing(target, lang, lambda: replace_file(target, data))


def _text(form: str, snapshot: Snapshot, lang: str) -> str:
    if form == "text":
        return press.messenger(snapshot)
    return formats.to_json(snapshot, lang) if form == "json" else formats.to_csv(snapshot, lang)


def _remarks(reading: Reading, snapshot: Snapshot, lang: str) -> None:
    """What a reader of the figures must know, on stderr."""
    if snapshot.stale:
        why = reading.problem.sentence(lang, once=True) if reading.problem else text("not_seen_since", lang)
        terminal.say(text("old_data", lang, asof=f"{snapshot.asof:%m/%d %H:%M:%S}", why=why))
    if snapshot.demo:
        terminal.say(text("demo_note", lang))
    elif snapshot.standing is Standing.HOLIDAY:
        terminal.say(text("holiday_note", lang, day=f"{snapshot.of or snapshot.asof:%m/%d}"))
    elif snapshot.standing is Standing.UNCONFIRMED:
        terminal.say(text("unconfirmed_note", lang))
    if snapshot.failed_checks:
        terminal.say(checks.summary(snapshot.checks, lang))
