"""One table as it was received, for scripts and notebooks."""

from __future__ import annotations

import dataclasses
import json
import sys

import pytest
from clocks import kst
from making import ELEVEN, FIGURE_NAMES, figures, row, snapshot
from samples import NXT_KOSPI

from xlwings_kis.errors import SettingsError
from xlwings_kis.markets import Exchange, Market
from xlwings_kis.rows import Row, placed
from xlwings_kis.snapshot import Standing, row_label


def test_a_snapshot_tells_exchange_market_and_an_aware_korean_time():
    made = snapshot("2026-11-20 15:31:05", pair=NXT_KOSPI)
    assert (made.exchange, made.market) == (Exchange.NXT, Market.KOSPI)
    assert made.asof.isoformat() == "2026-11-20T15:31:05+09:00"
    assert (made.stale, made.demo) == (False, False)


def test_a_snapshot_shows_itself_in_one_line():
    made = snapshot("2026-11-20 15:31:05", row("8000"), row("9100"), demo=True).aged()
    assert repr(made) == "<Snapshot KRX_KOSPI 2026-11-20T15:31:05+09:00 today, 2 rows, stale, demo>"


def test_a_snapshot_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot().stale = True  # type: ignore[misc]


def test_records_are_dicts_by_the_twenty_wire_names_with_numbers_or_none():
    (record,) = snapshot("2026-11-20 11:20:31", row("7100", "기 타", all_seln_qty=None)).to_records()
    assert set(record) == {"invr_cls_code", "invr_cls_name", *FIGURE_NAMES}
    assert record == {"invr_cls_code": "7100", "invr_cls_name": "기타법인", **figures(), "all_seln_qty": None}


def test_a_figure_is_read_by_wire_name_or_by_field():
    from xlwings_kis.fields import Band, figure

    made = row(nabt_ntby_amt=-1405)
    assert made["nabt_ntby_amt"] == made[figure(Band.NON_ARBITRAGE)] == -1405
    with pytest.raises(KeyError):
        made["nabt_ntby_amount"]


def test_equal_figures_have_equal_content_whatever_the_time_the_order_and_the_names():
    one = snapshot("2026-11-20 11:20:31", row("8000", "개 인"), row("9100", all_seln_qty=3))
    same = snapshot("2026-11-20 15:00:00", row("9100", all_seln_qty=3), row("8000", "개인"), stale=True)
    assert one.content == same.content


@pytest.mark.parametrize(
    "other",
    [
        (row("8000", all_seln_qty=49), row("9100")),
        (row("8000", all_seln_qty=None), row("9100")),
        (row("8000"),),
        (row("8000"), row("9101")),
        (row("8000"), row("9100"), row("9300")),
    ],
)
def test_any_other_figure_code_or_row_is_other_content(other):
    one = snapshot("2026-11-20 11:20:31", row("8000"), row("9100"))
    assert one.content != snapshot("2026-11-20 11:20:31", *other).content


def test_a_missing_figure_is_not_the_content_of_a_zero():
    zero = snapshot("2026-11-20 11:20:31", row(all_seln_qty=0))
    assert zero.content != snapshot("2026-11-20 11:20:31", row(all_seln_qty=None)).content


def test_zeros_and_blanks_alone_are_no_data():
    nothing = Row("8000", "", (0, None) * 9)
    assert snapshot("2026-11-20 09:00:00", nothing, nothing).empty
    assert not snapshot("2026-11-20 09:00:00", nothing, row("9100")).empty
    assert not snapshot("2026-11-20 09:00:00", Row("8000", "", (0,) * 17 + (-1,))).empty


def test_old_data_is_the_same_data_marked():
    made = snapshot()
    assert made.aged().stale
    assert made.aged().rows == made.rows
    assert not made.stale


def test_failed_checks_are_those_that_did_not_pass():
    (failed,) = snapshot("2026-11-20 11:20:31", row(), notes=("x",)).failed_checks
    assert failed.sentence() == "x"


def test_rows_are_placed_without_touching_the_order_of_the_unknown():
    came = [row("9300"), row("7000"), *map(row, reversed(ELEVEN)), row("0001")]
    assert tuple(one.code for one in placed(came)) == (*ELEVEN, "9300", "7000", "0001")


def test_every_place_has_its_label_with_and_without_a_row():
    made = snapshot("2026-11-20 11:20:31", row("9300", " 갑 "))
    assert row_label(made, "9300") == "갑 (코드 9300)"
    assert row_label(None, "9300") == "(코드 9300)"
    assert row_label(made, "8000") == row_label(None, "8000") == "개인"
    assert row_label(made, "") == "합계"
    assert row_label(made, "8000", "en") == "Individuals"


def test_a_data_frame_has_whole_numbers_with_gaps_and_its_provenance():
    pd = pytest.importorskip("pandas")
    made = snapshot("2026-11-20 15:31:05", row("8000", all_seln_qty=None), row("9100"), demo=True).aged()
    frame = made.to_pandas()
    assert list(frame.index) == ["8000", "9100"]
    assert frame.index.name == "invr_cls_code"
    assert list(frame.columns) == ["invr_cls_name", *FIGURE_NAMES]
    assert {str(frame[name].dtype) for name in FIGURE_NAMES} == {"Int64"}
    assert (str(frame.index.dtype), str(frame["invr_cls_name"].dtype)) == ("string", "string")
    assert frame.loc["8000", "all_seln_qty"] is pd.NA
    assert frame.loc["9100", "all_ntby_amt"] == 540
    assert list(frame["invr_cls_name"]) == ["개인", "외국인"]
    assert {name: frame.attrs[name] for name in ("exchange", "market", "asof", "standing", "stale", "demo")} == {
        "exchange": "KRX",
        "market": "KOSPI",
        "asof": "2026-11-20T15:31:05+09:00",
        "standing": "today",
        "stale": True,
        "demo": True,
    }
    assert frame.attrs["units"]["nabt_ntby_qty"] == "천주"
    assert frame.attrs["units"]["nabt_ntby_amt"] == "백만원"
    assert frame.attrs["labels"]["nabt_ntby_amt"] == "비차익순매수대금"


def test_a_data_frame_of_no_rows_still_has_its_columns():
    pytest.importorskip("pandas")
    frame = dataclasses.replace(snapshot(), rows=()).to_pandas()
    assert frame.shape == (0, 19)
    assert str(frame["all_ntby_amt"].dtype) == "Int64"
    assert str(frame["invr_cls_name"].dtype) == "string"


def test_what_a_data_frame_says_of_itself_can_be_written_with_it():
    pytest.importorskip("pandas")
    attrs = snapshot().to_pandas().attrs
    assert json.loads(json.dumps(attrs)) == attrs


def test_without_pandas_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SettingsError, match="pandas가 없습니다") as raised:
        snapshot().to_pandas()
    assert "pip install pandas" in raised.value.hint


def test_a_notebook_speaks_english_where_that_is_set(monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.setenv("XLWINGS_KIS_LANG", "en")
    html = snapshot("2026-11-20 15:31:05", demo=True).aged()._repr_html_()
    assert "<caption>KRX KOSPI · fetched 2026-11-20 15:31:05 · demo · delayed · unit: million won</caption>" in html
    assert "Individuals" in html
    frame = snapshot().to_pandas()
    assert frame.attrs["units"]["all_ntby_amt"] == "million won"
    assert frame.loc["8000", "invr_cls_name"] == "Individuals"


def test_html_is_escaped_for_names_come_from_outside():
    html = snapshot("2026-11-20 11:20:31", row("9300", "<script>alert('1')</script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_html_tells_where_and_when_and_what_the_figures_are_worth():
    html = snapshot("2026-11-20 15:31:05", row(all_ntby_amt=-1012), demo=True, stale=True)._repr_html_()
    assert "<caption>KRX 코스피 · 조회 2026-11-20 15:31:05 · 예시 · 지연 · 단위: 백만원</caption>" in html
    assert ">-1,012</td>" in html
    assert ">+432</td>" in html
    assert html.count("<th>") == 10


def test_html_colours_net_figures_alone_in_the_korean_red_and_blue():
    made = row(all_ntby_amt=5, arbt_ntby_amt=-5, nabt_ntby_amt=0, all_seln_amt=1234)
    html = snapshot("2026-11-20 15:31:05", made)._repr_html_()
    assert "<td style='text-align:right;color:#D00000'>+5</td>" in html
    assert "<td style='text-align:right;color:#0050C8'>-5</td>" in html
    assert "<td style='text-align:right'>0</td>" in html
    assert "<td style='text-align:right'>1,234</td>" in html
    assert html.count("color:") == 2


def test_html_leaves_a_missing_figure_blank():
    assert snapshot("2026-11-20 11:20:31", row(all_seln_amt=None))._repr_html_().count("<td></td>") == 1


def test_the_time_of_the_fetch_is_ours_and_belongs_to_its_korean_day():
    assert snapshot("2026-11-20 00:00:01").asof == kst("2026-11-20 00:00:01")
    assert snapshot("2026-11-20 00:00:01").asof.date().isoformat() == "2026-11-20"


def test_a_notebook_marks_figures_that_are_not_simply_todays():
    friday = kst("2026-11-20 20:05:00")
    holiday = snapshot("2026-11-21 11:00:00", standing=Standing.HOLIDAY, of=friday)
    assert "휴장(추정) 11/20" in holiday._repr_html_()
    assert "확인 중" in snapshot(standing=Standing.UNCONFIRMED)._repr_html_()
    assert "지연" in snapshot().aged()._repr_html_()
    assert "휴장" not in snapshot()._repr_html_()
