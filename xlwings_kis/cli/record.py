"""`record`: look through the sessions, so that the store has the course of the day, and keep CSV files up to date."""

from __future__ import annotations

import argparse
import math
import sys
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from xlwings_kis import history, moments, runtime, sessions, settings, wording, words
from xlwings_kis.cli.csv_folder import CsvFolder
from xlwings_kis.cli.ending import Ending, Why
from xlwings_kis.cli.live_line import LiveLine
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.clock import KST, to_kst
from xlwings_kis.desk import Desk
from xlwings_kis.era import FETCH_SECONDS
from xlwings_kis.errors import KisError, error, failure
from xlwings_kis.markets import ALL_PAIRS, Exchange, Market, Pair
from xlwings_kis.reading import Reading, of_store
from xlwings_kis.record.events import Event, Kind, Progress, Wish
from xlwings_kis.record.recorder import Recorder
from xlwings_kis.settings import Settings

USUAL_PAIRS = (Pair(Exchange.KRX, Market.KOSPI), Pair(Exchange.KRX, Market.KOSDAQ))
USUAL_SECONDS = 30.0
LONGEST_SECONDS = 3600.0
_ALL = ("모두", "all")
_INTERRUPTED = 130


def record(arguments: argparse.Namespace) -> int:
    """Record until the time given, or until somebody asks for the end."""
    lang = arguments.lang
    runtime.use_flags({"lang": lang})
    known = settings.load({"lang": lang})
    wish = _wish(arguments, known)
    if not known.demo:
        known.credentials  # noqa: B018 - raises what is missing: now, not at nine tomorrow
    elif not arguments.csv:
        raise failure("demo_keeps_nothing")
    line = LiveLine(sys.stderr)
    csv = CsvFolder(Path(arguments.csv), lang, line.say) if arguments.csv else None
    if csv:
        csv.prepare()
    feed = runtime.feed()
    screen = Screen(line, csv, lang, wish.pairs)
    with Ending() as ending:
        screen.say(runtime.clock.epoch(), "record_begun", pairs=_names(wish.pairs, lang), every=f"{_seconds(wish):g}")
        ask = partial(feed.readings, keep_waiting=ending.going_on)
        stored = _stored(wish.pairs, lang)
        recorder = Recorder(ask, runtime.clock, wish, screen, ending.going_on, stored)
        try:
            recorder.run()
        finally:
            line.close()
        if ending.why is None and not recorder.looks and wish.until:
            screen.say(runtime.clock.epoch(), "record_nothing", until=f"{wish.until:%m/%d %H:%M}")
        why = {None: "record_done", Why.TOLD: "record_told", Why.INTERRUPTED: "record_interrupted"}[ending.why]
        runtime.close()  # before a closed window ends us
        screen.say(runtime.clock.epoch(), why, tables=f"{recorder.tables:,}")
    if ending.why is None and recorder.looks and not recorder.tables and recorder.problem:
        raise error(recorder.problem)
    return _INTERRUPTED if ending.why is Why.INTERRUPTED else 0


class Screen:
    """Puts what a recorder tells into words: on a terminal beside a line that moves, elsewhere one line each."""

    def __init__(self, line: LiveLine, csv: CsvFolder | None, lang: str, pairs: tuple[Pair, ...]) -> None:
        self._line = line
        self._csv = csv
        self._lang = lang
        self._pairs = pairs

    def say(self, epoch: float, key: str, **facts: str) -> None:
        """A line that stays."""
        self._line.say(f"{to_kst(epoch):%m/%d %H:%M:%S} {text(key, self._lang, **facts)}")

    def event(self, event: Event) -> None:
        """See `Listener`."""
        facts = {"pairs": _names(event.pairs, self._lang)}
        if event.then:
            far = event.then.date() != event.at.date() or event.kind is Kind.MISSED
            facts["then"] = f"{event.then:%m/%d %H:%M:%S}" if far else f"{event.then:%H:%M:%S}"
        if event.problem:
            facts["why"] = event.problem.sentence(self._lang)
        first = "_first" if event.kind is Kind.BACK and event.then is None else ""
        self.say(event.at.timestamp(), f"record_{event.kind.name.lower()}{first}", **facts)

    def progress(self, progress: Progress) -> None:
        """See `Listener`."""
        if self._csv:
            self._csv.keep(progress.readings, progress.now)
        self._line.show(_live(progress, self._lang))


def _live(progress: Progress, lang: str) -> list[str]:
    """`11:20:31 기록 중 · 새 표 812개 · 11:20:45에 조회 · 오늘 조회 842회 · KRX 코스피 변동 11:19:30`: most important first."""
    readings = progress.readings.values()
    trouble = next((r.problem for r in readings if r.problem and wording.family(r.problem.key) != "no_data"), None)
    state = "live_resting" if progress.resting else "live_delayed" if trouble else "live_recording"
    near = progress.next_look.date() == progress.now.date()
    parts = [
        f"{progress.now:%H:%M:%S} {text(state, lang)}" + (f" ({trouble.cause(lang)})" if trouble else ""),
        text("live_tables", lang, number=f"{progress.tables:,}"),
        text("live_next", lang, time=f"{progress.next_look:{'%H:%M:%S' if near else '%m/%d %H:%M'}}"),
    ]
    calls = max((r.counters.data for r in readings if r.counters.data is not None), default=None)
    if calls is not None:
        parts.append(text("live_calls", lang, number=f"{calls:,}"))
    for pair, reading in progress.readings.items():
        if reading.snapshot and reading.snapshot.changed:
            parts.append(text("live_changed", lang, pair=pair.label(lang), time=f"{reading.snapshot.changed:%H:%M:%S}"))
    return parts


def _wish(arguments: argparse.Namespace, known: Settings) -> Wish:
    lang = arguments.lang
    every = max(USUAL_SECONDS, known.ttl) if arguments.every is None else arguments.every
    if not math.isfinite(every) or not known.ttl <= every <= max(LONGEST_SECONDS, known.ttl):
        raise UsageError(text("no_such_pace", lang, ttl=f"{known.ttl:g}", longest=f"{LONGEST_SECONDS:g}"))
    until = None if arguments.until is None else _until(arguments.until, to_kst(runtime.clock.epoch()))
    always = bool(arguments.always or known.demo)  # the simulator trades every day
    return Wish(_pairs(arguments.pairs, lang), timedelta(seconds=every), until, always)


def _pairs(given: list[str] | None, lang: str) -> tuple[Pair, ...]:
    if not given:
        return USUAL_PAIRS
    if len(given) == 1 and words.plain(given[0]) in _ALL:
        return ALL_PAIRS
    pairs, unknown = words.pairs_in(" ".join(given))
    each, none = words.pairs_in(",".join(given))  # each quoted by itself
    if unknown and not none:
        pairs, unknown = each, none
    if unknown or not pairs:
        raise UsageError(text("no_such_pairs", lang, word=words.echo(unknown[0] if unknown else "")))
    return pairs


def _until(word: str, now: datetime) -> datetime:
    """A time without a day is today's, whether the exchanges trade or not. Raises `ArgumentError`."""
    when = moments.when(word)
    if when.back or when.yearless:
        raise failure("unknown_moment", word=words.echo(word))
    day: date = when.day or now.date()
    if when.at is None:
        return sessions.regular_close(day)[1]
    return datetime.combine(day, when.at, KST)


def _stored(pairs: tuple[Pair, ...], lang: str) -> dict[Pair, Reading]:
    """What is known before the first look, from this machine; of a day without trading the last figures before it."""

    def look(desk: Desk) -> dict[Pair, Reading]:
        return {pair: _known(desk, pair, lang) for pair in pairs}

    try:
        return runtime.feed().ask(look, FETCH_SECONDS)
    except KisError:
        return {}


def _known(desk: Desk, pair: Pair, lang: str) -> Reading:
    now = desk.clock.epoch()
    reading = of_store(Reading(pair, lang=lang), desk.store.kept(pair), now, desk.settings.ttl).reading
    today = history.now_of(desk, pair).date()
    if reading.snapshot or desk.settings.demo or sessions.trading_day(today):
        return reading
    last = sessions.closing(pair.exchange, sessions.previous_trading_day(today)) + timedelta(hours=1)
    before = desk.store.at(pair, last.timestamp())
    return Reading(pair, before, lang=lang) if before else reading


def _names(pairs: tuple[Pair, ...], lang: str) -> str:
    return ", ".join(pair.label(lang) for pair in pairs)


def _seconds(wish: Wish) -> float:
    return wish.every.total_seconds()
