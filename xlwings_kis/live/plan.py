"""What a refresh does to the sheet: readings, settings, what stood earlier, and the sheet as it is → steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xlwings_kis import status
from xlwings_kis.block import Block, Comparison, Line, Role, block
from xlwings_kis.fields import BY_CHOICE, Band, Field, Measure, Side
from xlwings_kis.investors import DISJOINT, investor_label
from xlwings_kis.live import looks, places
from xlwings_kis.live.choices import AmountUnit, Choices, View, pairs_text, word
from xlwings_kis.live.found import Found, Kind
from xlwings_kis.live.places import Rect, block_row, data_row
from xlwings_kis.live.steps import Chart, Clear, Name, Step, Value, Write
from xlwings_kis.live.summary import sentence
from xlwings_kis.live.texts import text
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.press import eok, rounded
from xlwings_kis.reading import Reading
from xlwings_kis.resources import layout
from xlwings_kis.serials import serial
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

_NETS = tuple(BY_CHOICE[(band, Side.NET, Measure.AMOUNT)] for band in (Band.ARBITRAGE, Band.NON_ARBITRAGE))


@dataclass(frozen=True)
class Sheet:
    """One table of the sheet with everything said around it."""

    reading: Reading
    block: Block
    now: datetime
    kept: bool = False
    """Nothing new came and figures of today stand there: they stay."""

    @property
    def remark(self) -> str:
        """What stands right of the fetch time: `조회 · KRX 정규장 · 값 변동 11:19:02`."""
        lang, problem = self.reading.lang, self.reading.problem
        if self.kept:
            return " · ".join((text("late", lang), problem.cause(lang) if problem else text("none", lang)))
        remark = status.remark(self.reading, self.now)
        snapshot = self.reading.snapshot
        plain = snapshot is not None and not mark(snapshot, lang)
        return f"{text('fetched', lang)} · {remark}" if plain else remark


def plan(
    readings: Mapping[Pair, Reading],
    choices: Choices,
    earlier: Mapping[Pair, Snapshot | None],
    found: Found,
    now: datetime,
    lang: str = "ko",
) -> tuple[Step, ...]:
    """The steps. On a sheet that has the structure asked for they are values alone, and only those that changed."""
    tables = [_table(readings[pair], choices, earlier.get(pair), found, now) for pair in choices.pairs]
    width = _width(tables[0].block)
    asked = (lang, choices.pairs, width)
    same = asked == (found.lang, found.pairs, found.width)
    nothing_new = not any(readings[pair].snapshot for pair in choices.pairs)
    if not same and found.pairs and nothing_new and not found.simulated:
        return tuple(_as_it_was(readings, found, now))  # old figures are worth more than a new look without any
    steps: list[Step] = []
    if not same:
        tables = [Sheet(each.reading, each.block, each.now) for each in tables]
        steps += _structure(tables, choices, found, width, lang)
    steps += _values(tables, choices, found, width, lang, fresh=not same)
    return tuple(steps)


def size(choices: Choices) -> int:
    """How wide the tables are that these settings ask for."""
    return _width(block(Reading(choices.pairs[0]), *choices.shown.measures, against=Comparison("")))


def left_out(readings: Mapping[Pair, Reading], choices: Choices, found: Found, now: datetime) -> int:
    """How many rows of other investors find no place, because something of the user's stands there."""
    if any(_kept(readings[pair], found, now) for pair in choices.pairs):
        return 0
    rows = sum(len(_others(block(readings[pair]))) for pair in choices.pairs)
    return max(0, min(rows, places.MOST_EXTRAS) - found.room(len(choices.pairs), size(choices)))


def _width(made: Block) -> int:
    return 1 + len(made.columns) + len(made.change_columns)


def _others(made: Block) -> tuple[Line, ...]:
    """The lines for which the block itself has no row."""
    return made.lines[places.OTHER - places.LINES + 1 :]


def _table(reading: Reading, choices: Choices, then: Snapshot | None, found: Found, now: datetime) -> Sheet:
    label = choices.window.label(reading.lang)
    against = Comparison(label, then, differences=choices.view is View.CHANGE)
    unit = word(choices.unit, reading.lang) if choices.unit is AmountUnit.EOK else ""
    made = block(reading, *choices.shown.measures, against=against, amount_unit=unit)
    return Sheet(reading, made, now, _kept(reading, found, now))


def _kept(reading: Reading, found: Found, now: datetime) -> bool:
    return reading.snapshot is None and found.day(reading.pair) == now.date()


def _as_it_was(readings: Mapping[Pair, Reading], found: Found, now: datetime) -> Iterator[Step]:
    for slot, pair in enumerate(found.pairs):
        reading = readings.get(pair) or next(iter(readings.values()))
        kept = Sheet(reading, block(reading), now, kept=True)
        yield Write(Rect(block_row(slot), 3), ((kept.remark,),))
    worst = next(iter(readings.values()))
    late = f"{text('late', worst.lang)} · {status.still_line(worst, now)}"
    yield Write(Rect(places.TITLE, found.width), ((late,),))


def _structure(tables: Sequence[Sheet], choices: Choices, found: Found, width: int, lang: str) -> Iterator[Step]:
    blocks = [table.block for table in tables]
    if found.kind is Kind.EMPTY:
        yield from looks.head(width, pairs_text(choices.pairs, lang), lang)
    elif found.lang != lang:
        yield from looks.relabel(lang)
    if found.pairs:
        yield from looks.remains(found.width, len(found.pairs), found.extras)
    yield from looks.body(blocks, width, lang)
    for slot, table in enumerate(tables):
        row = block_row(slot)
        yield Write(Rect(row, 1), ((table.block.title,),))
    yield from _names(tables, found, width)
    yield from _charts(tables, found, width, lang)


def _names(tables: Sequence[Sheet], found: Found, width: int) -> Iterator[Step]:
    gone = [pair for pair in found.pairs if pair not in {table.reading.pair for table in tables}]
    for pair in gone:
        yield Name(block_name(pair), None)
        yield Name(asof_name(pair), None)
    for slot, table in enumerate(tables):
        row, pair = block_row(slot), table.reading.pair
        first = row + places.SIDES
        yield Name(block_name(pair), Rect(first, 1, places.TOTAL - places.SIDES + 1, width))
        yield Name(asof_name(pair), Rect(row, 2))


def block_name(pair: Pair) -> str:
    """`KIS_KRX_KOSPI`: column heads, labels and figures down to the total."""
    return f"KIS_{pair.key}"


def asof_name(pair: Pair) -> str:
    """`KIS_KRX_KOSPI_조회시각`."""
    return f"{block_name(pair)}_{text('asof_name')}"


ALL_NAMES = {block_name(pair): pair for pair in ALL_PAIRS}
"""The names by which a sheet is found again, however it is called now."""


def _charts(tables: Sequence[Sheet], found: Found, width: int, lang: str) -> Iterator[Step]:
    look = layout()["live"]
    for slot, table in enumerate(tables):
        yield Chart(
            f"KIS_{slot + 1}",
            text("chart", lang, pair=table.block.title),
            Rect(data_row(slot), places.DATA_COLUMN, 1 + len(DISJOINT), places.DATA_COLUMNS),
            Rect(block_row(slot), places.chart_column(width)),
            look["chart_width"],
            look["row_height"] * (places.STEP - 1),
            looks.widths(width, lang)[: places.chart_column(width) - 1],
            new=slot >= len(found.pairs),
        )


def _values(
    tables: Sequence[Sheet], choices: Choices, found: Found, width: int, lang: str, *, fresh: bool
) -> Iterator[Step]:
    def write(rect: Rect, *rows: tuple[Value, ...]) -> Iterator[Step]:
        if fresh or not found.holds(rect, rows):
            yield Write(rect, rows)

    yield from write(Rect(places.TITLE, width), (_worst(tables),))
    if summary := sentence([table.reading for table in tables], choices, lang):
        yield from write(Rect(places.SUMMARY, 1), (summary,))
    extras: list[tuple[Value, ...]] = []
    room = found.room(len(tables), width)
    for slot, table in enumerate(tables):
        row, made = block_row(slot), table.block
        more = [_line(line, made, choices) for line in _others(made)]
        extras += [(f"{made.title} · {line[0]}", *line[1:]) for line in more]
        if table.kept:
            yield from write(Rect(row, 3), (table.remark,))
            continue
        yield from write(Rect(row, 2, 1, 2), (_fetched(table), table.remark))
        yield from write(Rect(row, width), (made.unit,))
        lines = [_line(line, made, choices) for line in made.lines[: places.OTHER - places.LINES + 1]]
        body = [*_heads(made), *lines]
        body += [(None,) * width] * (places.OTHER - places.BANDS + 1 - len(body))
        note = (_note(table, choices, min(len(more), max(0, len(extras) - room))),)
        if fresh or not found.holds(Rect(row + places.NOTE, 1), (note,)):  # in one go, to save a call
            body.append((*note, *(None for _ in range(width - 1))))
        yield from write(Rect(row + places.BANDS, 1, len(body), width), *body)
    yield from _extras(extras[:room], tables, 0 if fresh else found.extras, width, lang)
    if any(table.reading.snapshot for table in tables):
        data = [row for table in tables for row in _data(table)]
        yield from write(Rect(places.FIRST, places.DATA_COLUMN, len(data), places.DATA_COLUMNS), *data)


def _extras(
    rows: list[tuple[Value, ...]], tables: Sequence[Sheet], there: int, width: int, lang: str
) -> Iterator[Step]:
    """Rows for which a block has no room: below the last one. Those of another day go; a kept block loses none."""
    row = block_row(len(tables))
    if any(table.kept for table in tables):
        return
    if there > len(rows):
        yield Clear(Rect(row, 1, 1 + there, width))
    if not rows:
        return
    if len(rows) != there:
        yield from looks.extras(row, len(rows), tables[0].block, width)
    blank: tuple[Value, ...] = (None,) * (width - 1)
    yield Write(Rect(row, 1, 1 + len(rows), width), ((text("extras", lang), *blank), *rows))


def _worst(tables: Sequence[Sheet]) -> str:
    reading = status.worst([table.reading for table in tables], tables[0].now)
    (table,) = (each for each in tables if each.reading is reading)
    line = status.still_line(reading, table.now)
    return f"{text('late', reading.lang)} · {line}" if table.kept else line


def _heads(made: Block) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    size = len(made.columns) // len(made.bands)
    bands = [made.bands[at // size] if at % size == 0 else None for at in range(len(made.columns))]
    change = [made.change, *(None for _ in made.change_columns[1:])]
    return (None, *bands, *change), (made.heading, *made.sides, *made.change_bands)


def _line(line: Line, made: Block, choices: Choices) -> tuple[Value, ...]:
    if line.role is Role.OTHER and not any(figure is not None for figure in line.figures):
        return (line.label, *(None for _ in (*made.columns, *made.change_columns)))
    figures = zip((*line.figures, *line.changes), (*made.columns, *made.change_columns), strict=True)
    return (line.label, *(_figure(figure, field, choices) for figure, field in figures))


def _figure(figure: int | None, field: Field, choices: Choices) -> float | None:
    """A figure in the unit shown. 억원 are rounded one by one: what is copied is what is seen, and the note says so."""
    if figure is None:
        return None
    return float(rounded(figure, choices.unit.millions if field.measure is Measure.AMOUNT else 1))


def _note(table: Sheet, choices: Choices, left_out: int) -> str:
    lang, parts = table.reading.lang, [table.block.note]
    if choices.unit is AmountUnit.EOK and Measure.AMOUNT in choices.shown.measures:
        parts.append(text("rounded", lang))
    if table.reading.snapshot and not any(change is not None for line in table.block.lines for change in line.changes):
        parts.append(text("no_then", lang, label=choices.window.label(lang)))
    if left_out:
        parts.append(text("no_room", lang, rows=str(left_out)))
    return " · ".join(parts)


def _data(table: Sheet) -> Iterator[tuple[Value, ...]]:
    snapshot, lang = table.reading.snapshot, table.reading.lang
    yield (
        f"{table.block.title} ({text('eok', lang)})",
        *(str(net.band.value[lang != "ko"]) for net in _NETS if net.band),
    )
    for code in DISJOINT:
        nets = (eok(snapshot.figure(code, net)) if snapshot else None for net in _NETS)
        yield (investor_label(code, "", lang), *(None if net is None else float(net) for net in nets))
    yield (None,) * places.DATA_COLUMNS


def _fetched(table: Sheet) -> float | None:
    return serial(table.reading.snapshot.asof) if table.reading.snapshot else None
