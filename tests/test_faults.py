"""Answers with awkward contents, looked at closely. What every fault costs on every surface: `test_fault_matrix`."""

from __future__ import annotations

from xlwings_kis import udfs
from xlwings_kis.simulator import Fault


def test_text_from_the_gateway_is_data_and_never_a_formula_or_a_control_character(kis, new_feed, formulas_on):
    formulas_on(new_feed())
    kis.fault = Fault.FORMULA_TEXT
    name = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[-1][0]
    assert not name.startswith(("=", "+", "-", "@"))
    kis.fault = Fault.CONTROL_CHARACTERS
    name = udfs.KIS_PROGRAM_TRADE("NXT", "코스피")[-1][0]
    assert name.isprintable()


def test_a_code_that_comes_twice_is_used_once_and_the_check_says_so(kis, feed):
    kis.fault = Fault.DUPLICATE_INVESTOR
    from samples import KRX_KOSPI

    snapshot = feed.read(KRX_KOSPI).snapshot
    assert len({row.code for row in snapshot.rows}) == len(snapshot.rows) == 11
    assert "두 번 와서 첫 값을 씁니다" in snapshot.failed_checks[0].sentence()


def test_a_sum_that_rounding_cannot_explain_is_told_and_never_corrected(kis, feed):
    from samples import KRX_KOSPI

    kis.fault = Fault.BROKEN_SUM
    snapshot = feed.read(KRX_KOSPI).snapshot
    assert snapshot.failed_checks
    foreigners = next(row for row in kis.truth("J", "1") if row["invr_cls_code"] == "9100")
    served = snapshot.by_code["9100"]
    changed = [name for name in ("all_ntby_qty", "all_ntby_amt") if served[name] != int(foreigners[name])]
    assert changed


def test_a_missing_investor_keeps_its_place_without_figures(kis, new_feed, formulas_on):
    formulas_on(new_feed())
    kis.fault = Fault.MISSING_INVESTOR
    row = next(row for row in udfs.KIS_PROGRAM_TRADE("KRX", "코스피") if row[0] == "연기금등")
    assert set(row[1:-1]) == {""}
    assert row[-1] == "6000"


def test_a_new_investor_comes_after_the_fixed_places_and_stays_there_all_day(kis, new_feed, formulas_on, clock):
    formulas_on(new_feed())
    kis.fail_next(Fault.UNKNOWN_INVESTOR)
    first = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert first[-1][-1] == "9300"
    assert first[-1][0].endswith("(코드 9300)")
    clock.move(31)
    kis.fail_next(Fault.STATE_AND_LOCAL)
    second = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert [row[-1] for row in second[12:]] == ["9300", "7000"]
    assert [row[0] for row in second[:12]][1:] == [row[0] for row in first[:12]][1:]
