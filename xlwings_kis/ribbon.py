"""The macros behind the ribbon. Each takes the book, ends in one sentence for the status bar, and raises nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import xlwings as xw

from xlwings_kis import excel, runtime
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, Problem, error, our_fault
from xlwings_kis.feed import BLINK_SECONDS, Feed
from xlwings_kis.live import past, writer
from xlwings_kis.live.by_time.places import SHEET_NAMES as COURSE_NAMES
from xlwings_kis.live.by_time.plan import plan as plan_course
from xlwings_kis.live.by_time.plan import taken as course_taken
from xlwings_kis.live.choices import Choices, pairs_text, parse
from xlwings_kis.live.found import Kind
from xlwings_kis.live.places import SHEET_NAMES, written
from xlwings_kis.live.plan import left_out, plan, size
from xlwings_kis.live.texts import text
from xlwings_kis.markets import Market, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.status import lines

if TYPE_CHECKING:
    from xlwings_kis.report import Report, Saved

_COURSE = 2
"""Moments of a day that make a course."""


def refresh(book: Any = None) -> str:
    """Ask KIS for the pairs of the sheet 프로그램매매 and of the formulas in use, all at once, and write the sheet."""
    return _rim(book, _refresh)


def report(book: Any = None) -> str:
    """Save a report of the sheet's pairs beside the workbook, else among the user's documents: values only."""
    return _rim(book, _report)


def report_sheet(book: Any = None) -> str:
    """The same report as a new sheet of the workbook, for an Excel that cannot save a file beside it."""
    return _rim(book, _report_sheet)


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
        return failed.problem.sentence(lang, once=True)
    except Exception as ours:  # noqa: BLE001 - the rim: a traceback in a message box helps nobody
        if excel.busy(ours):
            return text("busy", lang)
        return our_fault(ours).sentence(lang)


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
    if sheet is not None and found.taken(written(len(choices.pairs), size(choices))):
        return text("taken", feed.lang, sheet=sheet.name)
    shown = [readings[pair] for pair in choices.pairs]
    known = {reading.pair: reading.snapshot for reading in shown if reading.snapshot}
    nothing: dict[Pair, Snapshot | None] = {}
    then = feed.known(lambda desk: past.before(desk, known, choices.window), _left(end), nothing)
    now = to_kst(feed.now() + shown[0].skew)
    writer.write(book, sheet, plan(readings, choices, then, found, now, feed.lang), SHEET_NAMES[feed.lang != "ko"])
    beside = _by_time(book, feed, shown, choices, now, end, again=sheet is None)
    rows = 0 if sheet is None else left_out(readings, choices, found, now)
    crowded = (text("crowded", feed.lang, sheet=sheet.name, rows=str(rows)),) if sheet is not None and rows else ()
    return " ".join((_told(shown, choices, feed.lang), *crowded, *beside))


def _by_time(
    book: xw.Book, feed: Feed, shown: list[Reading], choices: Choices, now: datetime, end: float, *, again: bool
) -> tuple[str, ...]:
    """The sheet 시간대별 beside it. It comes once there is a course to show, and `again` only together with its sister."""
    sheet = writer.course_of(book)
    if sheet is None and writer.course_was_made(book) and not again:
        return ()  # the user has deleted it
    found = writer.read_course(sheet)
    if sheet is not None and found.kind is Kind.FOREIGN:
        return ()  # nobody asked for ours
    if sheet is not None and found.kind is Kind.MOVED:
        return (text(found.kind.value, feed.lang, sheet=sheet.name),)
    known = {reading.pair: reading.snapshot for reading in shown if reading.snapshot}
    measure, nothing = choices.shown.measures[0], dict[Pair, past.Past]()
    pasts = feed.known(lambda desk: past.courses(desk, known, measure, found.every, now), _left(end), nothing)
    if sheet is None and max((each.day.seen for each in pasts.values()), default=0) < _COURSE:
        return ()
    why = excel.obstacle(book, sheet, found.area.address)
    if why:
        return () if sheet is None else (text("sheet_said", feed.lang, sheet=sheet.name, why=text(why, feed.lang)),)
    if sheet is not None and course_taken(shown, pasts, found, now):
        return (text("taken", feed.lang, sheet=sheet.name),)
    steps = plan_course(shown, pasts, choices, found, now, feed.lang)
    writer.write(book, sheet, steps, COURSE_NAMES[feed.lang != "ko"], aside=True)
    return ()


def _report(book: xw.Book, feed: Feed) -> str:
    saved = _save(book, feed)[1]
    return saved.remark or text("saved", feed.lang, file=saved.path.name)


def _report_sheet(book: xw.Book, feed: Feed) -> str:
    from xlwings_kis.live import still

    why = excel.obstacle(book, None, "")
    if why:
        return text(why, feed.lang)
    made = _make(book, feed)
    name = still.sheet_name(made, [sheet.name for sheet in book.sheets])
    writer.write(book, None, still.plan(made), name)
    return text("still_made", feed.lang, sheet=name)


def _mail(book: xw.Book, feed: Feed) -> str:
    from xlwings_kis import mail as letters

    made, saved = _save(book, feed)
    return letters.draft(made, saved.path).sentence


def _make(book: xw.Book, feed: Feed) -> Report:
    """The report of the sheet's pairs."""
    from xlwings_kis import report as reports

    shown = _pairs(book, feed)
    exchanges = tuple(dict.fromkeys(pair.exchange for pair in shown))
    markets = tuple(market for market in Market if any(pair.market is market for pair in shown))
    return reports.make(feed, reports.Request(exchanges, markets), feed.patience.deadline)


def _save(book: xw.Book, feed: Feed) -> tuple[Report, Saved]:
    from xlwings_kis import report as reports

    made = _make(book, feed)
    target = reports.beside(book.fullname, made)
    try:
        return made, reports.save(made, target)
    except OSError as trouble:
        reason = Problem("cannot_write", facts={"file": target.name, "reason": trouble.strerror or ""})
        raise error(reason) from trouble


def _status(book: xw.Book, feed: Feed) -> str:
    pairs = dict.fromkeys((*_pairs(book, feed), *feed.in_use()))
    said = lines((feed.peek(pair) for pair in pairs), feed.now())
    book.app.alert(said, text("title", feed.lang))
    return said


def _pairs(book: xw.Book, feed: Feed) -> tuple[Pair, ...]:
    """The pairs the sheet shows, or would show."""
    return parse(writer.read(writer.sheet_of(book)).settings, feed.lang).pairs


def _left(end: float) -> float:
    """What the store may still take; a blink where a gateway that hangs has used the deadline up."""
    return max(BLINK_SECONDS, end - runtime.clock.monotonic())


def _told(shown: list[Reading], choices: Choices, lang: str) -> str:
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
