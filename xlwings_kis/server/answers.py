"""What the task pane is answered, as plain data. Pure, but for the feed it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xlwings_kis import buttons, guide, press, status
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.feed import Feed
from xlwings_kis.mail.grid import grid
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.table import corner

_OPENING = 1.0
"""Seconds the first to ask may wait for the settings to be read."""


def standing(feed: Feed, lang: str) -> dict[str, Any]:
    """`GET /kis/status`: the line a user should know of first, and one for each table in use; `open` where it may change now."""
    readings = [_spoken(feed.peek(pair), lang) for pair in in_use(feed)]
    worst = status.worst(readings, to_kst(feed.now()))
    return {
        "lines": [_line(feed, worst)],
        "pairs": [
            {**_names(each.pair), "line": _line(feed, each), "open": buttons.trades_now(feed, each.pair)}
            for each in readings
        ],
        "demo": feed.known(lambda desk: desk.settings.demo, _OPENING, False),
    }


def table(feed: Feed, pair: Pair, lang: str) -> dict[str, Any]:
    """`GET /kis/table`: the compact table of the day; without figures no rows, and a state and a line that say why."""
    reading = _spoken(feed.read(pair), lang)
    snapshot = reading.snapshot
    made = grid(reading, snapshot, lang) if snapshot else None
    return {
        **_names(pair),
        "title": pair.label(lang),
        "asof": corner(reading),
        "state": state(snapshot),
        "line": _line(feed, reading),
        "unit": made.unit if made else "",
        "heading": made.heading if made else "",
        "columns": list(made.columns) if made else [],
        "rows": [
            {"name": line.label, "role": line.role.value, "figures": [press.eok(figure) for figure in line.figures]}
            for line in (made.lines if made else ())
        ],
    }


def refreshed(feed: Feed, pairs: tuple[Pair, ...], lang: str) -> dict[str, Any]:
    """`POST /kis/refresh`: fetch the tables in use whatever the TTL says; the line one should know of first."""
    readings = feed.refresh(dict.fromkeys((*pairs, *in_use(feed))), feed.patience.deadline)
    shown = [_spoken(each, lang) for pair, each in readings.items() if pair in pairs or not pairs]
    return {"sentence": _line(feed, status.worst(shown, to_kst(feed.now())))}


def choices(lang: str) -> dict[str, Any]:
    """`GET /kis/words`: what the drop-down lists offer."""
    return {
        f"{name}s": [{"value": each.word(lang), "text": each.text(lang)} for each in offered]
        for name, offered in guide.CHOICES.items()
    }


def in_use(feed: Feed) -> tuple[Pair, ...]:
    """The tables somebody of the desk asked for lately."""
    return feed.in_use() or ALL_PAIRS[:1]


def state(snapshot: Snapshot | None) -> str:
    """A word for programs: `none`, `late`, `demo`, `holiday`, `checking` or `fine`."""
    if snapshot is None:
        return "none"
    if snapshot.stale:
        return "late"
    if snapshot.demo:
        return "demo"
    return {Standing.HOLIDAY: "holiday", Standing.UNCONFIRMED: "checking"}.get(snapshot.standing, "fine")


def _spoken(reading: Reading, lang: str) -> Reading:
    return replace(reading, lang=lang)


def _line(feed: Feed, reading: Reading) -> str:
    if reading.snapshot is None and reading.problem is None:
        reading = replace(reading, problem=Problem("empty"))
    return status.line(reading, to_kst(feed.now() + reading.skew))


def _names(pair: Pair) -> Mapping[str, str]:
    return {"exchange": pair.exchange.name, "market": pair.market.name}
