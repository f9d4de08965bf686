"""Well-formed tables with awkward contents: each fault is a function from good rows to odd ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import wire
from .faults import Fault
from .market import Row

UNKNOWN_INVESTOR = "9300"
UNKNOWN_NAME = " 기타 외국인 "
FORMULA = '=HYPERLINK("http://x","y")'

RowsEffect = Callable[[list[Row]], list[Row]]


def change_rows(fault: Fault, rows: list[Row]) -> list[Row]:
    """The rows as the fault wants them; unchanged for a fault that does nothing to rows."""
    return ROWS[fault](rows) if fault in ROWS else rows


def _each(rows: list[Row], code: str, change: Callable[[Row], Row]) -> list[Row]:
    return [change(row) if row.get(wire.CODE) == code else row for row in rows]


def _all_zero(rows: list[Row]) -> list[Row]:
    return [{**row, **dict.fromkeys(wire.FIGURES, "0")} for row in rows]


def _bad_figure(rows: list[Row]) -> list[Row]:
    return _each(rows, wire.FOREIGNERS, lambda row: {**row, wire.ALL_NET: "12x"})


def _duplicate_investor(rows: list[Row]) -> list[Row]:
    # The second one differs: which of the two a client took can be seen.
    first = [row for row in rows if row.get(wire.CODE) == wire.FOREIGNERS]
    return [*rows, *({**row, **dict.fromkeys(wire.FIGURES, "1")} for row in first)]


def _extra_investor(rows: list[Row], code: str, name: str) -> list[Row]:
    """One more investor with 기타법인's figures, somewhere in the middle."""
    model = next((row for row in rows if row.get(wire.CODE) == wire.CORPORATIONS), None)
    if model is None:
        return rows
    return [*rows[:4], {**model, wire.CODE: code, wire.NAME: name}, *rows[4:]]


def _state_and_local(rows: list[Row]) -> list[Row]:
    more = _extra_investor(rows, wire.STATE_AND_LOCAL, wire.NAMES[wire.STATE_AND_LOCAL])
    added = next((row for row in more if row.get(wire.CODE) == wire.STATE_AND_LOCAL), {})

    def contain(row: Row) -> Row:
        return {**row, **{name: str(int(row[name]) + int(added[name])) for name in wire.FIGURES}}

    return _each(more, wire.INSTITUTIONS, contain)


def _missing_investor(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.get(wire.CODE) != wire.PENSIONS]


def _odd_numbers(rows: list[Row]) -> list[Row]:
    """Every odd spelling seen or feared, each at one known place."""

    def foreigners(row: Row) -> Row:
        spelt = {name: f"{int(row[name]):,}" for name in (wire.ALL_SOLD, wire.ALL_BOUGHT, wire.ALL_SOLD_SHARES)}
        spelt[wire.ALL_NET] = f"{int(row[wire.ALL_NET]):+d}"
        spelt[wire.OTHER_NET] = _zero_padded(row[wire.OTHER_NET])
        return {**row, **spelt}

    def institutions(row: Row) -> Row:
        spelt = {name: _zero_padded(row[name]) for name in wire.FIGURES if "ntby" in name}
        return {**row, **spelt, wire.ALL_SOLD: f"  {row[wire.ALL_SOLD]} "}

    def individuals(row: Row) -> Row:
        without = {name: text for name, text in row.items() if name != wire.ARBITRAGE_NET}
        return {**without, wire.ARBITRAGE_SOLD: "", wire.ARBITRAGE_BOUGHT: "-", wire.ARBITRAGE_SOLD_SHARES: " "}

    rows = _each(rows, wire.FOREIGNERS, foreigners)
    rows = _each(rows, wire.INSTITUTIONS, institutions)
    rows = _each(rows, wire.INDIVIDUALS, individuals)
    return _each(
        rows, wire.CORPORATIONS, lambda row: {**row, wire.ALL_NET_SHARES: "+5", wire.ARBITRAGE_NET: "-0000903"}
    )


def _zero_padded(text: str) -> str:
    """ "-903" → "-0000903", as some of KIS's feeds spell it."""
    return f"{int(text):08d}"


def _broken_sum(rows: list[Row]) -> list[Row]:
    def off_by_three(row: Row) -> Row:
        # Off from what buy - sell says, not from the given net: that may be off by 1 already.
        right = int(row[wire.ALL_BOUGHT]) - int(row[wire.ALL_SOLD])
        return {**row, wire.ALL_NET: str(right + 3)}

    return _each(rows, wire.FOREIGNERS, off_by_three)


ROWS: Mapping[Fault, RowsEffect] = {
    Fault.NO_ROWS: lambda rows: [],
    Fault.ALL_ZERO: _all_zero,
    Fault.BAD_FIGURE: _bad_figure,
    Fault.DUPLICATE_INVESTOR: _duplicate_investor,
    Fault.UNKNOWN_INVESTOR: lambda rows: _extra_investor(rows, UNKNOWN_INVESTOR, UNKNOWN_NAME),
    Fault.STATE_AND_LOCAL: _state_and_local,
    Fault.MISSING_INVESTOR: _missing_investor,
    Fault.ODD_NUMBERS: _odd_numbers,
    Fault.BROKEN_SUM: _broken_sum,
    Fault.FORMULA_TEXT: lambda rows: _extra_investor(rows, UNKNOWN_INVESTOR, FORMULA),
    Fault.CONTROL_CHARACTERS: lambda rows: _extra_investor(rows, UNKNOWN_INVESTOR, "기\x00타\x0b외국인"),
}
