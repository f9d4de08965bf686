"""The 20 fields of the answer, as the document has them."""

from __future__ import annotations

import pytest

from xlwings_kis import fields
from xlwings_kis.fields import COLUMNS, FIGURES, Band, Kind, Measure, Side

DOCUMENT = """
invr_cls_code 투자자코드 4
all_seln_qty 전체매도수량 18
all_seln_amt 전체매도대금 18
invr_cls_name 투자자 20
all_shnu_qty 전체매수수량 18
all_shnu_amt 전체매수대금 18
all_ntby_amt 전체순매수대금 12
arbt_seln_qty 차익매도수량 18
all_ntby_qty 전체순매수수량 12
arbt_shnu_qty 차익매수수량 18
arbt_ntby_qty 차익순매수수량 12
arbt_seln_amt 차익매도대금 18
arbt_shnu_amt 차익매수대금 18
arbt_ntby_amt 차익순매수대금 12
nabt_seln_qty 비차익매도수량 18
nabt_shnu_qty 비차익매수수량 18
nabt_ntby_qty 비차익순매수수량 12
nabt_seln_amt 비차익매도대금 18
nabt_shnu_amt 비차익매수대금 18
nabt_ntby_amt 비차익순매수대금 12
"""
"""KIS's response table (국내주식-116), in its order; only `투자자 구분 명` is the contract's 투자자."""

ROWS = [tuple(line.split()) for line in DOCUMENT.split("\n") if line]


def test_there_are_the_twenty_fields_of_the_document_and_no_other():
    assert len(ROWS) == 20
    assert {field.wire for field in COLUMNS} == {wire for wire, _, _ in ROWS}
    assert len(COLUMNS) == 20


@pytest.mark.parametrize(("wire", "name", "length"), ROWS)
def test_a_field_has_the_documents_name_and_length(wire, name, length):
    (field,) = (field for field in COLUMNS if field.wire == wire)
    assert (field.ko, field.length) == (name, int(length))


def test_the_columns_stand_in_the_contracts_order():
    assert [field.label() for field in COLUMNS] == [
        "투자자",
        *("전체매도수량", "전체매수수량", "전체순매수수량", "전체매도대금", "전체매수대금", "전체순매수대금"),
        *("차익매도수량", "차익매수수량", "차익순매수수량", "차익매도대금", "차익매수대금", "차익순매수대금"),
        *(
            "비차익매도수량",
            "비차익매수수량",
            "비차익순매수수량",
            "비차익매도대금",
            "비차익매수대금",
            "비차익순매수대금",
        ),
        "투자자코드",
    ]


def test_quantities_are_thousand_shares_and_amounts_million_won():
    assert {field.kind.unit() for field in FIGURES if field.wire.endswith("_qty")} == {"천주"}
    assert {field.kind.unit() for field in FIGURES if field.wire.endswith("_amt")} == {"백만원"}
    assert {field.kind.unit("en") for field in FIGURES} == {"thousand shares", "million won"}
    assert fields.CODE.kind is fields.NAME.kind is Kind.TEXT
    assert Kind.TEXT.unit() == ""


@pytest.mark.parametrize("field", FIGURES, ids=lambda field: field.wire)
def test_band_side_and_measure_are_those_the_wire_name_spells(field):
    band, side, measure = field.wire.split("_")
    assert field.band is {"all": Band.ALL, "arbt": Band.ARBITRAGE, "nabt": Band.NON_ARBITRAGE}[band]
    assert field.side is {"seln": Side.SELL, "shnu": Side.BUY, "ntby": Side.NET}[side]
    assert field.measure is {"qty": Measure.QUANTITY, "amt": Measure.AMOUNT}[measure]


def test_english_labels_are_twenty_different_ones_without_korean():
    labels = [field.label("en") for field in COLUMNS]
    assert len(set(labels)) == 20
    assert all(label.isascii() for label in labels)
    assert fields.figure(Band.NON_ARBITRAGE).label("en") == "Non-arbitrage net buy value"


def test_net_figures_always_carry_their_sign_in_red_and_blue():
    for field in FIGURES:
        expected = "[Red]+#,##0;[Blue]-#,##0;0" if "_ntby_" in field.wire else "#,##0"
        assert field.number_format == expected
    assert fields.CODE.number_format == "@"


def test_a_band_alone_means_its_net_buying_in_money():
    assert fields.figure(Band.ALL).wire == "all_ntby_amt"
    assert fields.figure(Band.ARBITRAGE).wire == "arbt_ntby_amt"
    assert fields.figure(Band.NON_ARBITRAGE, Side.SELL, Measure.QUANTITY).wire == "nabt_seln_qty"


def test_a_figure_is_found_at_its_place_in_a_row():
    assert [fields.INDEX[field.wire] for field in FIGURES] == list(range(18))
