"""The formulas as Excel on Windows calls them: xlwings' own COM server, its conversion of arguments and of results."""

from __future__ import annotations

import inspect
import math
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import com_doubles as com
import pytest
from com_doubles import DIV0, MISSING, NA, Error, Excel, NotTakenError, as_variant, cells

from xlwings_kis import excel as rim
from xlwings_kis import runtime
from xlwings_kis.simulator import Fault

SENSIBLE = {
    "exchange": "KRX",
    "market": "코스피",
    "investor": "외국인",
    "field": "비차익",
    "fields": MISSING,
    "header": MISSING,
    "when": "10:30",
    "minutes": 10.0,
    "date": MISSING,
}
"""An argument that means something, for every parameter a formula has."""


@pytest.fixture(scope="module")
def server():
    """xlwings' COM server, as it runs under Excel."""
    with com.windows() as module:
        yield module


@pytest.fixture
def sheet(server, feed, formulas_on, monkeypatch):
    """Excel, on Windows, and our formulas on the simulated gateway."""
    formulas_on(feed)
    import sys

    monkeypatch.setattr(rim, "sys", SimpleNamespace(platform="win32", modules=sys.modules))
    rim._com_error.cache_clear()
    yield Excel(server)
    rim._com_error.cache_clear()


def formulas():
    """The names of all formulas and their parameters."""
    from xlwings_kis import udfs

    found = {name: each for name, each in vars(udfs).items() if name.startswith("KIS_")}
    return {name: list(inspect.signature(each).parameters) for name, each in found.items()}


FORMULAS = formulas()


def sensible(name):
    return [SENSIBLE[parameter] for parameter in FORMULAS[name]]


def truth(kis, code, wire):
    return float(next(row for row in kis.truth("J", "1") if row["invr_cls_code"] == code)[wire])


def flat(table):
    return [cell for row in table for cell in row]


def test_every_formula_is_decorated_by_xlwings_itself(server):
    from xlwings_kis import udfs

    for name, parameters in FORMULAS.items():
        described = getattr(udfs, name).__xlfunc__
        renamed = getattr(getattr(udfs, name), "vba_names", {})  # what VBA reserves
        assert [argument["name"] for argument in described["args"]] == [renamed.get(each, each) for each in parameters]
        assert all(argument["options"] == {"err_to_str": True} for argument in described["args"])
        assert described["ret"]["options"] == {}
        assert not described["volatile"]
        assert not described["call_in_wizard"]
        assert described["async_mode"] is None


# --- results ---


def test_the_table_keeps_its_shape_and_every_cell_is_text_or_a_double(sheet, kis):
    table = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)
    assert (len(table), {len(row) for row in table}) == (12, {20})
    assert table[0][0] == "11/20 11:20:31"
    assert [row[0] for row in table[1:4]] == ["개인", "외국인", "기관계"]
    assert table[2][18] == truth(kis, "9100", "nabt_ntby_amt")
    assert {type(cell) for row in table[1:] for cell in row[1:-1]} == {float}
    assert {type(row[-1]) for row in table[1:]} == {str}


def test_one_figure_is_a_double_and_no_array(sheet, kis):
    found = sheet.call("KIS_PROGRAM_VALUE", "KRX", "코스피", "외국인", "비차익")
    assert as_variant(found) == (com.VT_R8, truth(kis, "9100", "nabt_ntby_amt"))


def test_figures_beyond_32_bits_arrive_as_doubles_for_excel_takes_no_64_bit_integer(sheet, kis):
    rows = kis.truth("J", "1")
    for row in rows:
        row["all_ntby_amt"] = str(2**40)
    kis.serve("J", "1", rows)
    assert sheet.calculate("KIS_PROGRAM_VALUE", "KRX", "코스피", "개인", "전체") == [[float(2**40)]]
    with pytest.raises(NotTakenError):  # so the double would have shown a whole number
        cells(as_variant([[2**40]]))


def test_asof_is_excels_own_serial_of_the_korean_time(sheet):
    ((serial,),) = sheet.calculate("KIS_PROGRAM_ASOF", "KRX", "코스피")
    day = (datetime(2026, 11, 20) - datetime(1899, 12, 30)).days  # noqa: DTZ001 - Excel has no zones
    assert math.isclose(serial, day + (11 * 3600 + 20 * 60 + 31) / 86400, abs_tol=1e-6)
    assert as_variant(sheet.call("KIS_PROGRAM_ASOF", "KRX", "코스피"))[0] == com.VT_DATE


def test_status_is_one_text(sheet):
    sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)
    kind, text = as_variant(sheet.call("KIS_PROGRAM_STATUS", "KRX", "코스피"))
    assert (kind, text.split(" · ")[0]) == (com.VT_BSTR, "정상")


def test_one_column_is_still_a_column(sheet):
    table = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", "투자자", MISSING)
    assert (len(table), {len(row) for row in table}) == (12, {1})


def test_a_gateways_name_that_looks_like_a_formula_is_a_harmless_text(sheet, kis):
    rows = [*kis.truth("J", "1"), {**kis.truth("J", "1")[0], "invr_cls_code": "9300", "invr_cls_name": "=1+1"}]
    kis.serve("J", "1", rows)
    last = sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)[-1]
    assert as_variant(last[0]) == (com.VT_BSTR, "1+1 (코드 9300)")


def test_a_name_that_no_cell_of_an_array_may_hold_is_cut_and_costs_no_table(sheet, kis):
    strange = {**kis.truth("J", "1")[0], "invr_cls_code": "9300", "invr_cls_name": "가" * 300}
    kis.serve("J", "1", [*kis.truth("J", "1"), strange])
    last = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)[-1]
    assert (last[0], last[-1]) == ("가" * 254 + "…", "9300")


def test_a_missing_figure_is_an_empty_text(sheet, kis):
    kis.fault = Fault.MISSING_INVESTOR
    table = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)
    (pensions,) = (row for row in table if row[0] == "연기금등")
    assert set(pensions[1:-1]) == {""}


# --- arguments ---


@pytest.mark.parametrize("market", [1, 1.0, "1", " 코스피 ", "KOSPI", Decimal(1)])
def test_words_and_numbers_are_understood_from_a_formula_and_from_a_cell(sheet, kis, market):
    for exchange, given in (("KRX", market), (sheet.range(("J ",)), sheet.range((market,)))):
        assert sheet.call("KIS_PROGRAM_TRADE", exchange, given, MISSING, MISSING)[0][0] == "11/20 11:20:31"
    assert [(call.exchange, call.market) for call in kis.calls if call.kind == "program-trade"] == [("J", "1")]


@pytest.mark.parametrize("shape", ["column", "row", "constant", "two-dimensional constant"])
def test_fields_are_read_from_ranges_and_array_constants(sheet, shape):
    fields = {
        "column": sheet.range(("비차익",), (None,), ("순매수",)),
        "row": sheet.range(("비차익", "순매수 ")),
        "constant": ("비차익", "순매수"),
        "two-dimensional constant": (("비차익",), ("순매수",)),
    }[shape]
    header = sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", fields, MISSING)[0]
    assert header[1:] == ["비차익순매수수량", "비차익순매수대금"]


@pytest.mark.parametrize("blank", [MISSING, None, "", "cell"])
def test_blank_fields_mean_all_and_a_blank_header_means_yes(sheet, blank):
    given = sheet.range((None,)) if blank == "cell" else blank
    table = sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", given, given)
    assert (len(table), len(table[0])) == (12, 20)


@pytest.mark.parametrize("no", [False, 0, 0.0, "FALSE", "cell"])
def test_without_header_the_eleven_rows_alone_come(sheet, no):
    given = sheet.range((False,)) if no == "cell" else no
    table = sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, given)
    assert (len(table), table[0][0]) == (11, "개인")


@pytest.mark.parametrize("error", [NA, DIV0, -2146826243])
@pytest.mark.parametrize("parameter", ["exchange", "market", "fields"])
@pytest.mark.parametrize("from_cell", [False, True])
def test_an_error_in_an_argument_is_no_blank_argument(sheet, kis, error, parameter, from_cell):
    arguments = sensible("KIS_PROGRAM_TRADE")
    arguments[FORMULAS["KIS_PROGRAM_TRADE"].index(parameter)] = sheet.range((error,)) if from_cell else error
    table = sheet.calculate("KIS_PROGRAM_TRADE", *arguments)
    assert table[0][0].startswith("#KIS! ")
    assert "알 수 없음" in table[0][0]
    assert all(cell == Error(NA) for row in table[1:] for cell in row[1:-1])
    assert kis.calls == []


def test_an_error_is_named_as_excel_names_it(sheet):
    table = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", sheet.range((DIV0,)), MISSING, MISSING)
    assert table[0][0].startswith('#KIS! 시장을 알 수 없음: "#DIV/0!".')


def test_status_of_an_error_is_not_the_status_of_everything(sheet):
    assert sheet.calculate("KIS_PROGRAM_STATUS", NA, MISSING)[0][0].startswith('거래소를 알 수 없음: "#N/A".')


STRANGE = {
    "missing": MISSING,
    "blank": None,
    "error": NA,
    "text": "=HYPERLINK(1)",
    "long text": "가" * 40_000,
    "number": -1.5,
    "huge number": 1e308,
    "boolean": True,
    "date": datetime(2026, 11, 20, 11, 20),  # noqa: DTZ001 - as pywin32 hands it over, before its zone is added
    "currency": Decimal("12.3456"),
    "array": ((1.0, "KRX"), (None, NA)),
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("name", FORMULAS)
def test_whatever_stands_in_an_argument_excel_gets_cells_it_can_show(sheet, name, strange):
    value = STRANGE[strange]
    area = value if isinstance(value, tuple) else ((value,),)
    for at in range(len(FORMULAS[name])):
        for given in (value, sheet.range(*area)):
            arguments = sensible(name)
            arguments[at] = given
            for cell in flat(sheet.calculate(name, *arguments)):
                assert isinstance(cell, str | float | Error)
                assert "Traceback" not in str(cell)


# --- no data, faults, our own mistakes ---

NO_DATA = (
    Fault.IP_NOT_ALLOWED,
    Fault.TOKEN_WRONG_KEY,
    Fault.HTML_503,
    Fault.BAD_JSON,
    Fault.NO_ROWS,
    Fault.CLOSE_BEFORE_ANSWER,
    Fault.REDIRECT,
    Fault.UNKNOWN_CODE,
)


@pytest.mark.parametrize("fault", NO_DATA, ids=lambda fault: fault.value)
def test_without_data_every_figure_is_a_true_error_and_the_corner_says_why(sheet, kis, fault):
    kis.fault = fault
    table = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)
    assert (len(table), {len(row) for row in table}) == (12, {20})
    assert table[0][0].startswith("#KIS! ")
    assert [row[0] for row in table[1:3]] == ["개인", "외국인"]
    assert {type(cell) for row in table[1:] for cell in row[1:-1]} == {Error}
    assert sheet.calculate("KIS_PROGRAM_VALUE", "KRX", "코스피", "외국인", "비차익") == [[Error(NA)]]
    assert sheet.calculate("KIS_PROGRAM_ASOF", "KRX", "코스피") == [[Error(NA)]]
    ((status,),) = sheet.calculate("KIS_PROGRAM_STATUS", "KRX", "코스피")
    assert status.startswith("자료 없음")


def test_an_error_value_is_a_com_error_in_arrays_and_alone(sheet, kis):
    kis.fault = Fault.IP_NOT_ALLOWED
    alone = sheet.call("KIS_PROGRAM_VALUE", "KRX", "코스피", "외국인", "비차익")
    inside = sheet.call("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)[1][1]
    assert {(type(each), each.varianttype, each.value) for each in (alone, inside)} == {(com.VARIANT, 10, NA)}
    assert [as_variant(each)[0] for each in (alone, inside)] == [com.VT_ERROR] * 2


def test_the_first_formula_under_a_protected_view_gives_true_errors_too(sheet, server, kis, monkeypatch):
    monkeypatch.setattr(rim.sys.modules["xlwings._xlwindows"], "BOOK_CALLER", None)
    monkeypatch.setattr(server.loop, "is_running", lambda: True)
    sheet.workbook = None
    kis.fault = Fault.IP_NOT_ALLOWED
    assert sheet.calculate("KIS_PROGRAM_VALUE", "KRX", "코스피", "외국인", "비차익") == [[Error(NA)]]


@pytest.mark.parametrize("name", FORMULAS)
def test_our_own_mistake_is_a_sentence_or_an_error_and_never_a_traceback(sheet, name, monkeypatch):
    monkeypatch.setattr(runtime, "feed", lambda: 1 / 0)
    for cell in flat(sheet.calculate(name, *sensible(name))):
        assert isinstance(cell, str | float | Error)
        assert "ZeroDivision" not in str(cell) or "프로그램 오류" in str(cell)
        assert "Traceback" not in str(cell)


def test_excel_may_reload_the_formulas_and_asks_the_gateway_no_more(sheet, server, kis):
    before = sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING)
    known = rim.sys.modules["xlwings.udfs"].udf_modules["xlwings_kis.udfs"]
    # xlwings spells the path in small letters, which is another one where letters matter.
    known |= {"filename": known["module"].__file__, "filetime": 0.0}
    assert sheet.calculate("KIS_PROGRAM_TRADE", "KRX", "코스피", MISSING, MISSING) == before
    assert kis.count("program-trade") == 1


def test_a_recalculation_over_com_waits_for_its_deadline_once(server, new_feed, formulas_on, kis, sheet):
    kis.latency = 1.2
    formulas_on(new_feed(deadline=0.3))
    tables = [sheet.calculate("KIS_PROGRAM_TRADE", "KRX", market, MISSING, MISSING) for market in ("1", "4") * 5]
    assert {table[0][0][:12] for table in tables} == {"#KIS! 응답 지연."}
    assert kis.count("program-trade") <= 2
