"""What the add-in's VBA asks of Python. Every answer is text: a sentence for the status bar, or a short word VBA understands;
empty where there is nothing to say. Nothing escapes from here, and nothing waits longer than the deadline.

Excel's own thread runs these functions. It only waits or reads memory, like the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps

from xlwings_kis import __version__, runtime
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, Problem, our_fault
from xlwings_kis.feed import BLINK_SECONDS, Feed
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.wording import said

_AFTER_CLOSE = timedelta(minutes=5)
"""So long after a session's end its last figures may still come."""


def _said(what: Callable[..., str]) -> Callable[..., str]:
    """A rim: whatever goes wrong becomes a sentence."""

    @wraps(what)
    def entry(*facts: object) -> str:
        try:
            return what(*facts)
        except KisError as failed:
            return failed.problem.sentence(runtime.feed().lang)
        except Exception as ours:  # noqa: BLE001 - VBA would show a traceback
            return our_fault(ours).sentence(runtime.feed().lang)

    return entry


def _quiet(what: Callable[[], str]) -> Callable[[], str]:
    """A rim for what happens by itself: nobody asked, so nobody is told."""

    @wraps(what)
    def entry() -> str:
        try:
            return what()
        except Exception:  # noqa: BLE001 - see above; the formulas themselves say what is wrong
            return ""

    return entry


@_said
def refresh(version: str = __version__) -> str:
    """새로고침 with the sheet: fetch its pairs and those of the formulas, write it, say how it went."""
    from xlwings_kis import ribbon

    return _with_version(ribbon.refresh(), version)


@_said
def fetch(version: str = __version__) -> str:
    """새로고침 of a workbook that has formulas alone: fetch what they use; the cells are calculated afterwards."""
    feed = runtime.feed()
    readings = feed.refresh(_in_use(feed), feed.patience.deadline)
    return _with_version(_status(feed, readings), version)


@_quiet
def beat() -> str:
    """Automatic refresh, first half: begin to fetch, outside Excel's time.

    `0`: under way, ask `landed`. A number: everything is fresh for so many seconds. Empty: no session, or nothing in use.
    """
    feed = runtime.feed()
    pairs = [pair for pair in feed.in_use() if trades_now(feed, pair)]
    return str(math.ceil(feed.renew(pairs))) if pairs else ""


@_quiet
def landed() -> str:
    """Automatic refresh, second half: `1` once nothing is under way any more, so that cells calculate without waiting."""
    feed = runtime.feed()
    return "1" if feed.landed(feed.in_use()) else ""


@_quiet
def late() -> str:
    """`1` where a formula answered with old data or none since this was last asked."""
    return "1" if runtime.feed().late_answers() else ""


@_said
def status() -> str:
    """A line for each table in use."""
    from xlwings_kis import status as status_line

    feed = runtime.feed()
    return status_line.lines((feed.peek(pair) for pair in _in_use(feed)), feed.now())


@_said
def copy_text() -> str:
    """텍스트 복사: five lines for a messenger for each table in use, into the clipboard."""
    from xlwings_kis import clipboard, press
    from xlwings_kis.live import past
    from xlwings_kis.live.choices import Window

    feed = runtime.feed()
    end = runtime.clock.monotonic() + feed.patience.deadline
    readings = feed.refresh(_in_use(feed), feed.patience.deadline)
    snapshots = {pair: reading.snapshot for pair, reading in readings.items() if reading.snapshot}
    if not snapshots:
        return _status(feed, readings)
    nothing: dict[Pair, Snapshot | None] = {}
    left = max(BLINK_SECONDS, end - runtime.clock.monotonic())
    then = feed.known(lambda desk: past.before(desk, snapshots, Window.MINUTES_10), left, nothing)
    told = [press.messenger(snapshot, then.get(pair)) for pair, snapshot in snapshots.items()]
    clipboard.put_text("\n\n".join(told))
    return said("copied", feed.lang)


@_said
def report() -> str:
    """보고서."""
    from xlwings_kis import ribbon

    return ribbon.report()


@_said
def mail() -> str:
    """메일."""
    from xlwings_kis import ribbon

    return ribbon.mail()


@_said
def open_doctor() -> str:
    """진단 실행, in a window of its own."""
    from xlwings_kis import desktop

    desktop.open_console("doctor")
    return ""


@_said
def open_log() -> str:
    """로그 열기: the folder that holds it."""
    from xlwings_kis import desktop, settings

    desktop.open_folder(settings.load().home)
    return ""


def _in_use(feed: Feed) -> tuple[Pair, ...]:
    return feed.in_use() or ALL_PAIRS[:1]


def trades_now(feed: Feed, pair: Pair) -> bool:
    """Whether figures of a pair may change now; the simulator's always do."""
    from xlwings_kis import sessions

    reading = feed.peek(pair)
    if reading.snapshot and reading.snapshot.demo:
        return True
    now = to_kst(feed.now() + reading.skew)
    return sessions.in_session(pair.exchange, now) or sessions.in_session(pair.exchange, now - _AFTER_CLOSE)


def _status(feed: Feed, readings: Mapping[Pair, Reading]) -> str:
    """The line of the table a user should know of first."""
    from xlwings_kis import status as status_line

    reading = status_line.worst(list(readings.values()), to_kst(feed.now()))
    return status_line.line(reading, to_kst(feed.now() + reading.skew))


def _with_version(said: str, version: str) -> str:
    """The add-in holds the formulas of the version that built it."""
    if version == __version__:
        return said
    return Problem("updated_meanwhile", facts={"version": __version__}).sentence(runtime.feed().lang)
