"""What a refresh does to the sheet 시간대별: the day of each pair, and the sheet as it is → steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xlwings_kis import history, status
from xlwings_kis.block import unit_text
from xlwings_kis.course import Step as Moment
from xlwings_kis.course import Total
from xlwings_kis.fields import NAME, Measure
from xlwings_kis.investors import BY_CODE
from xlwings_kis.live.by_time import looks, places
from xlwings_kis.live.by_time.found import Course, title
from xlwings_kis.live.choices import AmountUnit, Choices, word
from xlwings_kis.live.past import INVESTORS, TOTAL_BANDS, Past
from xlwings_kis.live.places import Rect
from xlwings_kis.live.steps import Gone, Line, Name, Step, Value, Write
from xlwings_kis.live.texts import text
from xlwings_kis.markets import Pair
from xlwings_kis.press import rounded
from xlwings_kis.reading import Reading
from xlwings_kis.resources import layout
from xlwings_kis.rows import Figure
from xlwings_kis.table import Missing


@dataclass(frozen=True)
class Table:
    """A pair's block: where it stands, its times, and its day, None where nothing of today is known."""

    pair: Pair
    row: int
    times: tuple[datetime, ...]
    past: Past | None

    @property
    def minutes(self) -> tuple[int, ...]:
        """Its times as minutes of the day."""
        return tuple(moment.hour * 60 + moment.minute for moment in self.times)


def plan(
    readings: Sequence[Reading],
    pasts: Mapping[Pair, Past],
    choices: Choices,
    found: Course,
    now: datetime,
    lang: str = "ko",
) -> tuple[Step, ...]:
    """The steps. On a sheet that has the structure asked for they are values alone, and only those that changed."""
    tables = _tables([reading.pair for reading in readings], pasts, found.every, now)
    there = [(block.pair, block.row, block.minutes) for block in found.blocks]
    same = found.sheet.lang == lang and there == [(table.pair, table.row, table.minutes) for table in tables]
    if not same and found.blocks and not pasts:
        return ()  # old figures are worth more than a new look without any
    steps: list[Step] = [] if same else list(_structure(tables, found, lang))
    line = status.still_line(status.worst(readings, now), now)
    steps += _values(tables, choices, found, line, lang, fresh=not same)
    return tuple(steps)


def taken(readings: Sequence[Reading], pasts: Mapping[Pair, Past], found: Course, now: datetime) -> bool:
    """Whether the blocks would come to stand on something of the user's."""
    if found.blocks and not pasts:
        return False  # they stay where they are
    tables = _tables([reading.pair for reading in readings], pasts, found.every, now)
    return found.taken((table.row, len(table.times)) for table in tables)


def _tables(pairs: Sequence[Pair], pasts: Mapping[Pair, Past], every: int, now: datetime) -> list[Table]:
    times = []
    for pair in pairs:
        past = pasts.get(pair)
        of_day = past.day.steps if past else ()
        times.append(tuple(step.moment for step in of_day) or history.grid(pair.exchange, now.date(), every))
    rows = places.starts([len(each) for each in times])
    return [Table(pair, row, each, pasts.get(pair)) for pair, row, each in zip(pairs, rows, times, strict=False)]


def _structure(tables: Sequence[Table], found: Course, lang: str) -> Iterator[Step]:
    if not found.sheet.lang:
        yield from looks.head(lang)
        yield Name(places.MARK, Rect(places.PEOPLE, 1, 2, places.WIDTH))
    elif found.sheet.lang != lang:
        yield from looks.labels(lang)
    if found.blocks:
        yield from looks.remains(found)
    yield from looks.body([len(table.times) for table in tables], lang)
    for slot in range(len(tables), len(found.blocks)):
        yield Gone(_chart_name(slot))
    for slot, table in enumerate(tables):
        steps, day = len(table.times), table.past.day.day if table.past else None
        yield Write(Rect(table.row, 1), ((title(table.pair, day, lang),),))  # first: by it a block is found
        yield Write(Rect(table.row + 1, 1, steps), tuple((minute / 1440,) for minute in table.minutes))
        data = ((text("time", lang), text("charted", lang)), *((f"{moment:%H:%M}", None) for moment in table.times))
        yield Write(Rect(table.row, places.DATA_COLUMN, 1 + steps, places.DATA_COLUMNS), data)
        yield Write(Rect(table.row + places.TOTALS_ROWS, places.TOTALS_COLUMN), ((text("closes", lang),),))
        yield Line(
            _chart_name(slot),
            text("course_chart", lang, pair=table.pair.label(lang)),
            Rect(table.row, places.DATA_COLUMN, 1 + steps, places.DATA_COLUMNS),
            Rect(table.row + places.CHART, places.TOTALS_COLUMN),
            layout()["by_time"]["chart_width"],
            layout()["live"]["row_height"] * places.CHART_ROWS,
            looks.top(table.row + places.CHART),
            new=slot >= len(found.blocks),
        )


def _chart_name(slot: int) -> str:
    return f"KIS_시간대별_{slot + 1}"


def _values(
    tables: Sequence[Table], choices: Choices, found: Course, line: str, lang: str, *, fresh: bool
) -> Iterator[Step]:
    def write(rect: Rect, *rows: tuple[Value, ...]) -> Iterator[Step]:
        if fresh or not found.sheet.holds(rect, rows):
            yield Write(rect, rows)

    measure = choices.shown.measures[0]
    eok = choices.unit is AmountUnit.EOK and measure is Measure.AMOUNT
    divisor = choices.unit.millions if measure is Measure.AMOUNT else 1
    unit = unit_text((measure,), lang, word(choices.unit, lang) if eok else "")
    yield from write(Rect(places.TITLE, places.WIDTH), (line,))
    yield from write(Rect(places.SETTINGS, 4), (" · ".join((text("gaps", lang), *([text("rounded", lang)] * eok))),))
    for table in tables:
        if table.past is None and not fresh:
            continue  # a block of another day says so itself
        past = table.past
        blank = (None,) * (places.WIDTH - 2)
        heading = title(table.pair, past.day.day if past else None, lang)
        yield from write(Rect(table.row, 1, 1, places.WIDTH), (heading, *blank, unit))
        if past is None:
            continue
        figures = [tuple(_told(figure, divisor) for figure in step.figures[:-1]) for step in past.day.steps]
        yield from write(Rect(table.row + 1, 2, len(figures), places.FIGURES), *figures)
        totals = Rect(table.row, places.TOTALS_COLUMN, places.TOTALS_ROWS, places.TOTALS_COLUMNS)
        yield from write(totals, *_totals(past.totals, divisor, lang))
        charted = [(_charted(step, past.day.end),) for step in past.day.steps]
        yield from write(Rect(table.row + 1, places.DATA_COLUMN + 1, len(charted)), *charted)


def _totals(totals: Sequence[Total], divisor: int, lang: str) -> Iterator[tuple[Value, ...]]:
    bands = len(TOTAL_BANDS)
    gap = (None,) * (bands - 1)
    heads = [text("today" if total.days == 1 else "days", lang, days=str(total.days)) for total in totals]
    yield (text("totals", lang), *(cell for head in heads for cell in (head, *gap)))
    yield (NAME.label(lang), *(str(band.value[lang != "ko"]) for _ in totals for band in TOTAL_BANDS))
    for at, code in enumerate(INVESTORS):
        mine = (figure for total in totals for figure in total.figures[bands * at : bands * (at + 1)])
        yield (BY_CODE[code].label(lang), *(_told(figure, divisor) for figure in mine))
    counts = [
        None if total.days == 1 else text("stored_of", lang, days=str(total.days), stored=str(total.stored))
        for total in totals
    ]
    yield (None, *(cell for count in counts for cell in (count, *gap)))


def _told(figure: Figure, divisor: int) -> float | None:
    return None if figure is None else float(rounded(figure, divisor))


def _charted(step: Moment, end: datetime) -> Value | Missing:
    """In 억원; #N/A where nobody was looking, so that the line breaks there; nothing where the day is still to come."""
    told = _told(step.figures[-1], AmountUnit.EOK.millions)
    return Missing.NOT_AVAILABLE if told is None and step.moment <= end else told
