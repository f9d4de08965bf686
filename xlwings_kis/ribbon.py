"""The macros behind the ribbon. Each takes the book, ends in one sentence for the status bar, and raises nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import xlwings as xw

from xlwings_kis import excel, runtime, sessions
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, Problem, error
from xlwings_kis.feed import Feed
from xlwings_kis.live import writer
from xlwings_kis.live.choices import Choices, Window, pairs_text, parse
from xlwings_kis.live.found import Found, Kind
from xlwings_kis.live.places import SHEET_NAMES
from xlwings_kis.live.plan import plan
from xlwings_kis.live.texts import text
from xlwings_kis.markets import Market, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.status import line
from xlwings_kis.today import UNSURE

if TYPE_CHECKING:
    from xlwings_kis.report import Report, Saved


@runtime_checkable
class Past(Protocol):
    """A feed that remembers: what stood at a moment of the day it belongs to, or before the last change."""

    def earlier(self, moments: Mapping[Pair, float], seconds: float) -> dict[Pair, Snapshot | None]:
        """The table of each pair as it stood at a moment (seconds since 1970)."""

    def changed_before(self, pairs: tuple[Pair, ...], seconds: float) -> dict[Pair, Snapshot | None]:
        """The table of each pair before its figures last changed."""


def refresh(book: Any = None) -> str:
    """Ask KIS for the pairs of the sheet 프로그램매매 and of the formulas in use, all at once, and write the sheet."""
    return _rim(book, _refresh)


def report(book: Any = None) -> str:
    """Save a report of the sheet's pairs beside the workbook, else among the user's documents: values only."""
    return _rim(book, _report)


def mail(book: Any = None) -> str:
    """Save that report and open a draft that carries it. Nothing is sent."""
    return _rim(book, _mail)


def status(book: Any = None) -> str:
    """How the tables of the sheet and of the formulas stand, a line each, in a box: the user asked for it."""
    return _rim(book, _status)


def _rim(book: Any, what: Callable[[xw.Book, Feed], str]) -> str:
    """Every way out ends in a sentence."""
    try:
        lang = runtime.feed().lang
    except Exception:  # noqa: BLE001 - the sentence about a failure must not fail for its language
        lang = "ko"
    try:
        book = _caller() if book is None else book
        return text("no_book", lang) if book is None else what(book, runtime.feed())
    except KisError as failed:
        return failed.problem.sentence(lang)
    except Exception as ours:  # noqa: BLE001 - the rim: a traceback in a message box helps nobody
        if excel.busy(ours):
            return text("busy", lang)
        return Problem("internal", facts={"what": type(ours).__name__}).sentence(lang)


def _caller() -> Any:
    try:
        return xw.Book.caller()
    except Exception:  # noqa: BLE001 - xlwings raises a bare one where nobody called
        return None


def _refresh(book: xw.Book, feed: Feed) -> str:
    sheet = writer.sheet_of(book)
    found = writer.read(sheet)
    why = excel.obstacle(book, sheet, found.area.address)
    if why:
        return text(why, feed.lang)
    if sheet is not None and found.kind in (Kind.FOREIGN, Kind.MOVED):
        return text(found.kind.value, feed.lang, sheet=sheet.name)
    end = runtime.clock.monotonic() + feed.patience.deadline
    choices = parse(found.settings, feed.lang)
    readings = feed.refresh(dict.fromkeys((*choices.pairs, *feed.in_use())), feed.patience.deadline)
    choices = parse(found.settings, feed.lang)  # the language may have become known meanwhile
    shown = [readings[pair] for pair in choices.pairs]
    then = _earlier(feed, shown, choices.window, max(0.0, end - runtime.clock.monotonic()))
    now = to_kst(feed.now() + shown[0].skew)
    writer.write(book, sheet, plan(readings, choices, then, found, now, feed.lang), SHEET_NAMES[feed.lang != "ko"])
    return _told(shown, choices, found, now, feed.lang)


def _report(book: xw.Book, feed: Feed) -> str:
    saved = _save(book, feed)[1]
    return saved.remark or text("saved", feed.lang, file=saved.path.name)


def _mail(book: xw.Book, feed: Feed) -> str:
    from xlwings_kis import mail as letters

    made, saved = _save(book, feed)
    return letters.draft(made, saved.path).sentence


def _save(book: xw.Book, feed: Feed) -> tuple[Report, Saved]:
    from xlwings_kis import report as reports

    shown = _pairs(book, feed)
    exchanges = tuple(dict.fromkeys(pair.exchange for pair in shown))
    markets = tuple(market for market in Market if any(pair.market is market for pair in shown))
    made = reports.make(feed, reports.Request(exchanges, markets), feed.patience.deadline)
    target = reports.beside(book.fullname, made)
    try:
        return made, reports.save(made, target)
    except OSError as trouble:
        reason = Problem("cannot_write", facts={"file": target.name, "reason": trouble.strerror or ""})
        raise error(reason) from trouble


def _status(book: xw.Book, feed: Feed) -> str:
    pairs = dict.fromkeys((*_pairs(book, feed), *feed.in_use()))
    readings = [feed.peek(pair) for pair in pairs]
    lines = [(each, to_kst(feed.now() + each.skew)) for each in readings]
    said = "\n".join(f"{each.pair.label(each.lang)}: {line(each, now)}" for each, now in lines)
    book.app.alert(said, text("title", feed.lang))
    return said


def _pairs(book: xw.Book, feed: Feed) -> tuple[Pair, ...]:
    """The pairs the sheet shows, or would show."""
    return parse(writer.read(writer.sheet_of(book)).settings, feed.lang).pairs


def _earlier(feed: Any, readings: list[Reading], window: Window, seconds: float) -> dict[Pair, Snapshot | None]:
    """What the figures are held against, as far as the feed remembers; nothing else is waited for."""
    known = {reading.pair: reading.snapshot for reading in readings if reading.snapshot}
    if not known or not isinstance(feed, Past):
        return {}
    if window is Window.LAST:
        return feed.changed_before(tuple(known), seconds)
    return feed.earlier({pair: _moment(window, snapshot) for pair, snapshot in known.items()}, seconds)


def _moment(window: Window, snapshot: Snapshot) -> float:
    """The moment a window looks back to. The open is told from the first five minutes; before, figures may be yesterday's."""
    if window.minutes:
        return snapshot.asof.timestamp() - window.minutes * 60
    day = snapshot.asof.date()
    if window is Window.OPEN:
        return (sessions.opening(snapshot.exchange, day) + UNSURE).timestamp()
    return sessions.closing(snapshot.exchange, sessions.previous_trading_day(day)).timestamp()


def _told(shown: list[Reading], choices: Choices, found: Found, now: datetime, lang: str) -> str:
    """One sentence: what was fetched, or why the figures are old or missing; then the cells nobody could read."""
    fine = [reading for reading in shown if reading.snapshot and not reading.snapshot.stale]
    parts = []
    if fine:
        latest = max(reading.snapshot.asof for reading in fine if reading.snapshot)
        pairs = pairs_text(tuple(reading.pair for reading in fine), lang)
        parts.append(text("done", lang, pairs=pairs, time=f"{latest:%H:%M:%S}"))
    causes: dict[str, list[Pair]] = {}
    for reading in shown:
        if reading not in fine:
            causes.setdefault((reading.problem or Problem("empty")).sentence(lang), []).append(reading.pair)
    parts += [text("partly", lang, pairs=pairs_text(tuple(pairs), lang), why=why) for why, pairs in causes.items()]
    return " ".join((*parts, *choices.remarks))
