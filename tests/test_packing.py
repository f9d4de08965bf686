"""Packing: rows as few bytes, and back exactly."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import FIGURE_NAMES
from making import figures as balanced

from xlwings_kis.fields import FIGURES
from xlwings_kis.payload import read_rows
from xlwings_kis.rows import Row
from xlwings_kis.simulator import Simulator
from xlwings_kis.store.packing import pack_figures, pack_roster, unpack, unpack_some

LARGEST = 10**18 - 1
"""Eighteen digits (document)."""

edges = st.sampled_from(
    [0, 1, -1, 2**31 - 2, 2**31 - 1, 2**31, -(2**31), -(2**31) + 1, -(2**31) - 1, LARGEST, -LARGEST]
)
figures = st.one_of(st.none(), st.integers(-LARGEST, LARGEST), st.integers(-(10**6), 10**6), edges)
letters = st.characters(exclude_categories=["Cs"])  # halves of letters do not get past `payload`
rows = st.lists(
    st.builds(
        Row,
        st.one_of(st.sampled_from(["8000", "9100", "8888"]), st.text(letters, min_size=1, max_size=6)),
        st.text(letters, max_size=20),
        st.tuples(*[figures] * len(FIGURES)),
    ),
    max_size=14,
).map(tuple)


@given(rows)
def test_any_rows_read_back_exactly(them):
    assert unpack(pack_roster(them), pack_figures(them)) == them


@given(st.lists(st.tuples(*[st.sampled_from([None, 0, 2**31 - 1, -(2**31)])] * len(FIGURES)), min_size=1, max_size=3))
def test_a_missing_figure_is_never_taken_for_a_number(some):
    them = tuple(Row("8000", "개인", one) for one in some)
    assert unpack(pack_roster(them), pack_figures(them)) == them


@settings(max_examples=50)
@given(rows.filter(bool), st.data())
def test_single_figures_are_read_without_the_rest(them, data):
    place = st.tuples(st.integers(0, len(them) - 1), st.integers(0, len(FIGURES) - 1))
    places = data.draw(st.lists(place, max_size=5))
    assert unpack_some(pack_figures(them), len(them), places) == tuple(them[row].figures[f] for row, f in places)


OLD = bytes.fromhex("0463646266616563e7e0e4e2e6e1e5e3171064200b340000")
"""What version 1 wrote, without a checksum: one row of the figures 1 to 17, the last one missing."""


def test_figures_without_a_checksum_are_still_read():
    assert unpack('[["8000","a"]]', OLD)[0].figures == (*range(1, 18), None)
    assert unpack_some(OLD, 1, [(0, 0), (0, 17)]) == (1, None)


def test_what_follows_from_other_figures_costs_next_to_nothing():
    """Balanced rows: 순매수 and 전체 are as expected, so 8 of 18 figures are all there is to keep."""
    many = [balanced(sell=code * 7919 % 10_007, buy=code * 104_729 % 9_973) for code in range(8000, 8011)]
    tables = [[made[wire] for wire in FIGURE_NAMES] for made in many]
    even = tuple(Row("8000", "", tuple(table)) for table in tables)
    odd = tuple(Row("8000", "", tuple(figure * 31 % 99_991 for figure in table)) for table in tables)
    assert len(pack_figures(even)) < 0.75 * len(pack_figures(odd))


@given(rows.filter(bool), st.data())
def test_a_flipped_bit_never_makes_another_figure(them, data):
    packed = bytearray(pack_figures(them))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    places = [(row, field) for row in range(len(them)) for field in range(len(FIGURES))]
    read = None
    with suppress(ValueError):
        read = unpack_some(bytes(packed), len(them), places)
    assert read in (None, tuple(them[row].figures[field] for row, field in places))


@given(rows, st.data())
def test_damaged_bytes_raise_value_errors_and_nothing_else(them, data):
    packed = bytearray(pack_figures(them))
    if data.draw(st.booleans()):
        del packed[data.draw(st.integers(0, len(packed))) :]
    for _ in range(data.draw(st.integers(0, 4))):
        if packed:
            packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ValueError):
        assert len(unpack(pack_roster(them), bytes(packed))) == len(them)
    with suppress(ValueError):
        unpack_some(bytes(packed), max(len(them), 1), [(0, 0)])


@given(st.binary(max_size=200))
def test_any_bytes_raise_value_errors_and_nothing_else(data):
    with suppress(ValueError):
        unpack('[["8000","개인"]]', data)
    with suppress(ValueError):
        unpack_some(data, 1, [(0, 0)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(letters, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(letters, max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.one_of(st.text(letters, max_size=30), JSON.map(json.dumps)))
def test_a_damaged_roster_raises_value_errors_and_nothing_else(roster):
    with suppress(ValueError):
        unpack(roster, pack_figures((Row("8000", "개인", (1,) * len(FIGURES)),)))


@pytest.mark.parametrize("roster", ["", "null", "7", "[", "[1]", '[["8000"]]', '[["a","b","c"]]', "[" * 100_000])
def test_a_roster_that_names_nobody_is_a_value_error(roster):
    with pytest.raises(ValueError):  # noqa: PT011 - json and we raise different ones
        unpack(roster, pack_figures((Row("8000", "개인", (1,) * len(FIGURES)),)))


@pytest.mark.parametrize("packed", [b"", b"\x04", b"\x05\x03\x00", b"\x04\xff\xff\xff", b"\x08" + b"\x00" * 9])
def test_figures_that_are_none_are_a_value_error(packed):
    with pytest.raises(ValueError):  # noqa: PT011 - from several sources
        unpack('[["8000","개인"]]', packed)
    with pytest.raises(ValueError):  # noqa: PT011
        unpack_some(packed, 1, [(0, 0)])


def test_figures_of_fewer_rows_than_the_roster_are_a_value_error():
    one = (Row("8000", "개인", (1,) * len(FIGURES)),)
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(pack_roster(one * 2), pack_figures(one))


def test_a_realistic_snapshot_takes_a_few_hundred_bytes(clock):
    simulator = Simulator(clock)
    for exchange, market in (("J", "1"), ("J", "4"), ("UN", "1")):
        them, _ = read_rows({"output1": simulator.truth(exchange, market)})
        assert len(them) == 11
        assert unpack(pack_roster(them), pack_figures(them)) == them
        assert len(pack_figures(them)) < 600
        assert len(pack_roster(them).encode()) < 500
