"""요약: what the first sheet says, before anybody draws it. Pure.

Amounts are 억원, each rounded on its own from million won.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from xlwings_kis import checks, press
from xlwings_kis.block import Role
from xlwings_kis.fields import Band
from xlwings_kis.investors import BY_CODE, BY_INTEREST, TOTAL
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.press import Nets
from xlwings_kis.report.content import Report
from xlwings_kis.report.texts import text
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot

BANDS = (Band.ARBITRAGE, Band.NON_ARBITRAGE, Band.ALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A label and figures in 억원; `role` OTHER marks a comparison."""

    label: str
    figures: tuple[Figure, ...]
    role: Role = Role.GROUP


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table: its corner is its title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def groups(self) -> int:
        """How many rows are investor groups; they stand first, the total follows."""
        return sum(row.role is Role.GROUP for row in self.rows)


@dataclass(frozen=True, slots=True)
class Summary:
    """Title, what must be known before any figure (`marks`), a sentence and a table a market, what to know besides."""

    title: str
    when: str
    marks: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]
    unit: str
    grids: dict[Pair, Grid]
    exchanges: tuple[Grid, ...]
    notes: tuple[str, ...]


def summary(report: Report) -> Summary:
    """The summary of a report: sentences and tables of its leading exchange, the others beside it."""
    lang = report.lang
    leading = {pair: known for pair, known in report.snapshots.items() if pair.exchange is report.lead}
    return Summary(
        title=text("title", lang),
        when=when(report),
        marks=marks(report),
        sentences=tuple(sentence(known, lang) for known in leading.values()),
        unit=text("unit", lang),
        grids={pair: grid(report, known) for pair, known in leading.items()},
        exchanges=tuple(_side_by_side(report, market) for market in report.markets if len(report.exchanges) > 1),
        notes=notes(report),
    )


def when(report: Report) -> str:
    """`2026-11-20(금) 정규장 마감 · 조회 15:45:12`."""
    shown = f"{report.asof:%m/%d %H:%M:%S}" if report.holiday else f"{report.asof:%H:%M:%S}"
    of = f"{report.date_text} {report.session_label}".strip()
    return f"{of} · {text('fetched', report.lang)} {shown}"


def marks(report: Report) -> tuple[str, ...]:
    """What a reader must know before any figure; empty when all is as it should be."""
    lang, said = report.lang, []
    if report.demo:
        said.append(text("demo", lang))
    elif report.holiday:
        said.append(text("holiday", lang, day=f"{report.day:%m/%d}"))
    elif report.unconfirmed:
        said.append(text("unconfirmed", lang))
    late = {pair: known.asof for pair, known in report.snapshots.items() if known.stale}
    if late:
        said.append(text("late", lang, pair=_named(late, lang), asof=_span(min(late.values()), max(late.values()))))
    reasons = {pair: problem.sentence(lang, once=True) for pair, problem in report.missing.items()}
    for why, pairs in _together(reasons).items():
        said.append(text("missing", lang, pair=_named(pairs, lang), why=why))
    return tuple(said)


def _span(first: datetime, last: datetime) -> str:
    """`11/20 14:02:10~14:02:12`."""
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%m/%d %H:%M:%S}"
    return f"{first:%m/%d %H:%M:%S}" + (f"~{until}" if first != last else "")


def _together(said: Mapping[Pair, str]) -> dict[str, list[Pair]]:
    """The pairs of which the same is to be said: a phone has room for a cause, not for one a table."""
    pairs: dict[str, list[Pair]] = {}
    for pair, what in said.items():
        pairs.setdefault(what, []).append(pair)
    return pairs


def _named(pairs: Iterable[Pair], lang: str) -> str:
    """`KRX 코스피·코스닥, NXT 코스피`: every exchange once."""
    of: dict[Exchange, list[str]] = {}
    for pair in pairs:
        of.setdefault(pair.exchange, []).append(pair.market.label(lang))
    return ", ".join(f"{exchange.label(lang)} {'·'.join(markets)}" for exchange, markets in of.items())


def sentence(snapshot: Snapshot, lang: str = "ko") -> tuple[str, str]:
    """`코스피 1,012억원 매도 우위` and `차익 +215, 비차익 -1,227 (외국인 비차익 -1,405)`: two lines of a phone."""
    head, _, rest = press.headline(snapshot, lang).partition(" — ")
    return head, rest


def grid(report: Report, snapshot: Snapshot) -> Grid:
    """Four groups, their sum, and how the sum compares with earlier moments (blank where nothing is stored)."""
    lang = report.lang
    rows = [_row(BY_CODE[code].label(lang), press.nets(snapshot, code)) for code in BY_INTEREST]
    whole = press.nets(snapshot)
    rows.append(_row(TOTAL.label(lang), whole, Role.TOTAL))
    for earlier in report.earlier:
        then = earlier.snapshots.get(snapshot.pair)
        label = text("against", lang, moment=earlier.label)
        rows.append(_row(label, _less(whole, press.nets(then)) if then else _NOTHING, Role.OTHER))
    return Grid(snapshot.pair.label(lang), tuple(_word(band, lang) for band in BANDS), tuple(rows))


def notes(report: Report) -> tuple[str, ...]:
    """The footnotes: checks first, then what the figures are not."""
    lang = report.lang
    said = [_checks(report)]
    if report.closing:
        said.append(text("after_close", lang))
    elif not report.over and not report.holiday:
        said.append(text("during", lang))
    said += [text(key, lang) for key in ("rounding", "source", "use", "advice")]
    return tuple(said)


def warnings(report: Report) -> tuple[str, ...]:
    """What whoever made the report must be told, even by a program that is to be quiet."""
    return (*marks(report), *((_checks(report),) if report.failed_checks else ()))


def _checks(report: Report) -> str:
    """One footnote for all tables."""
    found = {
        pair: checks.summary(known.checks, report.lang)
        for pair, known in report.snapshots.items()
        if known.failed_checks
    }
    failed = [
        text("check", report.lang, pair=_named(pairs, report.lang), what=what)
        for what, pairs in _together(found).items()
    ]
    return text("checked", report.lang, what=" · ".join(failed) or checks.summary((), report.lang))


def _side_by_side(report: Report, market: Market) -> Grid:
    """전체 순매수 of every exchange asked for; a missing table leaves its column blank."""
    lang = report.lang
    known = [report.snapshots.get(Pair(exchange, market)) for exchange in report.exchanges]

    def across(code: str) -> tuple[Figure, ...]:
        return tuple(press.eok(press.nets(each, code).total) if each else None for each in known)

    rows = [Row(BY_CODE[code].label(lang), across(code)) for code in BY_INTEREST]
    rows.append(Row(TOTAL.label(lang), across(TOTAL.code), Role.TOTAL))
    columns = tuple(exchange.label(lang) for exchange in report.exchanges)
    return Grid(text("total_of", lang, market=market.label(lang)), columns, tuple(rows))


@dataclass(frozen=True, slots=True)
class Difference:
    """전체 순매수 of a group in million won: KRX, NXT, both, and what both have that the two have not."""

    label: str
    figures: tuple[Figure, ...]


def differences(report: Report, market: Market) -> tuple[Difference, ...]:
    """The exchanges held against each other, by group and in sum; empty unless all three are there."""
    parts = [report.snapshots.get(Pair(exchange, market)) for exchange in (Exchange.KRX, Exchange.NXT, Exchange.UN)]
    known = [part for part in parts if part]
    if len(known) < len(parts):
        return ()
    rows = []
    for code in (*BY_INTEREST, TOTAL.code):
        krx, nxt, both = (press.nets(part, code).total for part in known)
        left = None if krx is None or nxt is None or both is None else both - krx - nxt
        label = BY_CODE[code].label(report.lang) if code else TOTAL.label(report.lang)
        rows.append(Difference(label, (krx, nxt, both, left)))
    return tuple(rows)


def _row(label: str, nets: Nets, role: Role = Role.GROUP) -> Row:
    return Row(label, tuple(press.eok(figure) for figure in (nets.arbitrage, nets.non_arbitrage, nets.total)), role)


def _less(now: Nets, then: Nets) -> Nets:
    return Nets(*(None if a is None or b is None else a - b for a, b in zip(now, then, strict=True)))


def _word(band: Band, lang: str) -> str:
    return str(band.value[0 if lang == "ko" else 1])


_NOTHING = Nets(None, None, None)
