"""What the formulas do, apart from how Excel calls them: words → reading → cells. Nothing escapes from here."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from xlwings_kis import excel, history, moments, runtime, words
from xlwings_kis.clock import kst_day, to_kst
from xlwings_kis.errors import ArgumentError, KisError, Problem, our_fault
from xlwings_kis.feed import Feed
from xlwings_kis.fields import Band, Field, figure
from xlwings_kis.markets import ALL_PAIRS, Exchange, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.table import Table, change_table, course_table, refused, table

_R = TypeVar("_R")

_MOST_KEPT = 512
"""Rendered tables: a few megabytes."""

_MOST_UNDERSTOOD = 8192
"""Every figure of six pairs has 1,188 names, in two languages and by its wire name."""

_NET_AMOUNTS = "순매수 대금"
_EVERY_MINUTES = 10.0


class _Rendered(NamedTuple):
    """A table as cells, and the reading it was made of: while a pair's reading is the same, so are its cells."""

    reading: Reading
    cells: list[list[Any]]


_rendered: dict[Hashable, _Rendered] = {}
_understood: dict[Hashable, tuple[Pair, words.Selection, bool]] = {}
_figures: dict[Hashable, tuple[Pair, str, Field]] = {}


def trade(exchange: Any, market: Any, fields: Any, header: Any) -> list[list[Any]]:
    """KIS_PROGRAM_TRADE: the table, or one of the same shape whose corner says why not."""
    key: Hashable = (exchange, market, fields, header, type(market))
    try:
        asked = _understood.get(key)
    except Exception:  # noqa: BLE001 - a range has no hash, and a stranger may fail in its own way
        key = asked = None
    try:
        if asked is None:
            asked = words.pair(exchange, market), words.selection(fields), words.wants_header(header)
            _keep(_understood, key, asked, _MOST_UNDERSTOOD)
        return _cells(key, runtime.feed(), *asked)
    except ArgumentError as wrong:
        return _refused(wrong.problem, fields, header)
    except Exception as ours:  # noqa: BLE001 - an exception would print its traceback into the cell
        return _refused(our_fault(ours), fields, header)


def value(exchange: Any, market: Any, investor: Any, field: Any) -> Any:
    """KIS_PROGRAM_VALUE: one figure; #N/A where there is none to show."""
    return _or_na(lambda: _figure(*_asked_figure(exchange, market, investor, field)))


def asof(exchange: Any, market: Any) -> Any:
    """KIS_PROGRAM_ASOF: when the data was fetched, as Excel's date-time in Korean time."""
    return _or_na(lambda: _fetched(words.pair(exchange, market)))


def status(exchange: Any, market: Any) -> str:
    """KIS_PROGRAM_STATUS: of one table, or of the worst of those in use."""
    from xlwings_kis import status as status_line

    try:
        feed = runtime.feed()
        if exchange in (None, "") and market in (None, ""):
            readings = [feed.peek(pair) for pair in feed.in_use() or ALL_PAIRS[:1]]
            reading = status_line.worst(readings, to_kst(feed.now()))
        else:
            reading = feed.read(words.pair(exchange, market))
        return status_line.line(reading, to_kst(feed.now() + reading.skew))
    except ArgumentError as wrong:
        return wrong.problem.sentence(_lang())
    except Exception as ours:  # noqa: BLE001 - an exception would print its traceback into the cell
        return our_fault(ours).sentence(_lang())


def at(exchange: Any, market: Any, when: Any, fields: Any, header: Any) -> list[list[Any]]:
    """KIS_PROGRAM_AT: the table as it stood, or one of the same shape whose corner says why there is none."""
    try:
        pair, moment = words.pair(exchange, market), moments.when(when)
        selection, wanted, feed = words.selection(fields), words.wants_header(header), runtime.feed()
        reading = feed.recall(("at", pair, moment), lambda desk: history.at(desk, pair, moment))
        return excel.cells(table(replace(reading, lang=feed.lang), selection).cells(header=wanted))
    except KisError as wrong:
        return _refused(wrong.problem, fields, header)
    except Exception as ours:  # noqa: BLE001 - an exception would print its traceback into the cell
        return _refused(our_fault(ours), fields, header)


def change(exchange: Any, market: Any, minutes: Any, fields: Any) -> list[list[Any]]:
    """KIS_PROGRAM_CHANGE: the differences against so many minutes before; by default the net amounts of the bands."""
    asked = fields
    try:
        asked = _NET_AMOUNTS if words.blank(fields) else fields
        pair, before = words.pair(exchange, market), moments.minutes(minutes)
        selection, feed = words.selection(asked), runtime.feed()
        found = feed.recall(("change", pair, before), lambda desk: history.change(desk, pair, before))
        return excel.cells(change_table(found, selection, feed.lang).cells())
    except KisError as wrong:
        return _refused(wrong.problem, asked, header=True)
    except Exception as ours:  # noqa: BLE001 - an exception would print its traceback into the cell
        return _refused(our_fault(ours), asked, header=True)


def course(exchange: Any, market: Any, investor: Any, field: Any, date: Any, minutes: Any) -> list[list[Any]]:
    """KIS_PROGRAM_HISTORY: times and figures of a day, under a corner and the figure's name."""
    try:
        pair, who, what = words.pair(exchange, market), words.investor(investor), words.one_field(field)
        day, every, feed = moments.day(date), moments.minutes(minutes, blank=_EVERY_MINUTES), runtime.feed()
        key = ("course", pair, who, what, day, every)
        found = feed.recall(key, lambda desk: history.course(desk, pair, who, what, day, every))
        return excel.cells(course_table(found, who, what, feed.lang).cells())
    except KisError as wrong:
        return _no_course(wrong.problem, exchange, investor, field, minutes)
    except Exception as ours:  # noqa: BLE001 - an exception would print its traceback into the cell
        return _no_course(our_fault(ours), exchange, investor, field, minutes)


def _cells(key: Hashable, feed: Feed, pair: Pair, selection: words.Selection, header: bool) -> list[list[Any]]:
    reading = feed.read(pair)
    known = _rendered.get(key)
    if known is None or known.reading is not reading:
        made: Table = table(reading, selection)
        known = _Rendered(reading, excel.cells(made.cells(header=header)))
        _keep(_rendered, key, known, _MOST_KEPT)
    return [row[:] for row in known.cells]


def _asked_figure(exchange: Any, market: Any, investor: Any, field: Any) -> tuple[Pair, str, Field]:
    """Whose figure is meant. Words are understood once: reading them takes four times as long as finding the figure."""
    key: Hashable = (exchange, market, investor, field, type(market), type(investor))
    try:
        asked = _figures.get(key)
    except Exception:  # noqa: BLE001 - a range has no hash, and a stranger may fail in its own way
        key = asked = None
    if asked is None:
        asked = words.pair(exchange, market), words.investor(investor), words.one_field(field)
        _keep(_figures, key, asked, _MOST_UNDERSTOOD)
    return asked


def _figure(pair: Pair, code: str, field: Field) -> float:
    snapshot = runtime.feed().read(pair).snapshot
    found = snapshot.figure(code, field) if snapshot else None
    if found is None:
        raise _NotAvailable
    return float(found)


def _fetched(pair: Pair) -> Any:
    snapshot = runtime.feed().read(pair).snapshot
    if snapshot is None:
        raise _NotAvailable
    return excel.date_time(snapshot.asof)


class _NotAvailable(Exception):  # noqa: N818 - no error: the cell is simply not available
    """There is no figure to show."""


def _or_na(give: Callable[[], Any]) -> Any:
    try:
        return give()
    except Exception:  # noqa: BLE001 - a text or a traceback in the cell would make sums lie
        return excel.not_available()


def _refused(problem: Problem, fields: Any, header: Any) -> list[list[Any]]:
    """The table of the asked shape that says why there are no figures; of the full shape where nobody knows what was asked."""
    try:
        selection, wanted = words.selection(fields), words.wants_header(header)
    except Exception:  # noqa: BLE001 - whatever the arguments are, the cell gets a sentence
        selection, wanted = words.EVERYTHING, True
    return excel.cells(refused(problem, selection, _lang()).cells(header=wanted))


def _no_course(problem: Problem, exchange: Any, investor: Any, field: Any, minutes: Any) -> list[list[Any]]:
    """The course of the asked shape that says why there are no figures; every word that nobody knows counts as left out."""
    of, every = (
        _known(lambda: words.exchange(exchange), Exchange.KRX),
        _known(lambda: moments.minutes(minutes), _EVERY_MINUTES),
    )
    who, what = _known(lambda: words.investor(investor), ""), _known(lambda: words.one_field(field), figure(Band.ALL))
    times = history.grid(of, kst_day(runtime.clock.epoch()), every)
    found = history.Course(times, (None,) * len(times), problem=problem)
    return excel.cells(course_table(found, who, what, _lang()).cells())


def _known(read: Callable[[], _R], otherwise: _R) -> _R:
    try:
        return read()
    except Exception:  # noqa: BLE001 - whatever the arguments are, the cell gets a sentence
        return otherwise


def _keep(kept: dict[Hashable, Any], key: Hashable, made: Any, most: int) -> None:
    if key is not None:
        if len(kept) >= most:
            kept.clear()
        kept[key] = made


def _lang() -> str:
    """The language of the settings, as far as they are known."""
    try:
        return runtime.feed().lang
    except Exception:  # noqa: BLE001 - the sentence about the failure must not fail for its language
        return "ko"
