"""The formulas as Excel meets them: shapes, types, words, and nothing that escapes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import LABELS

from xlwings_kis import udfs
from xlwings_kis.simulator import Fault


@pytest.fixture(autouse=True)
def _feed(formulas_on, feed):
    formulas_on(feed)


def truth(kis, code, wire, exchange="J", market="1"):
    return float(next(row for row in kis.truth(exchange, market) if row["invr_cls_code"] == code)[wire])


def test_the_table_has_the_eleven_places_in_order_and_twenty_columns():
    table = udfs.KIS_PROGRAM_TRADE("KRX", "KOSPI")
    assert [row[0] for row in table[1:]] == LABELS
    assert table[0][1:] == [
        "전체매도수량", "전체매수수량", "전체순매수수량", "전체매도대금", "전체매수대금", "전체순매수대금",
        "차익매도수량", "차익매수수량", "차익순매수수량", "차익매도대금", "차익매수대금", "차익순매수대금",
        "비차익매도수량", "비차익매수수량", "비차익순매수수량", "비차익매도대금", "비차익매수대금", "비차익순매수대금",
        "투자자코드",
    ]  # fmt: skip
    assert [row[-1] for row in table[1:3]] == ["8000", "9100"]


def test_every_figure_is_the_gateways_figure_under_the_documents_name(kis):
    wires = [
        f"{band}_{side}_{measure}"
        for band in ("all", "arbt", "nabt")
        for measure in ("qty", "amt")
        for side in ("seln", "shnu", "ntby")
    ]
    for row in udfs.KIS_PROGRAM_TRADE("KRX", "KOSPI")[1:]:
        assert row[1:-1] == [truth(kis, row[-1], wire) for wire in wires]
        assert {type(cell) for cell in row[1:-1]} == {float}


@pytest.mark.parametrize(
    ("exchange", "market", "wire"),
    [
        ("KRX", "코스닥", ("J", "4")),
        ("nx", 1.0, ("NX", "1")),
        (" 통합 ", "KQ", ("UN", "4")),
        ((("J",),), ((4.0,),), ("J", "4")),
    ],
)
def test_exchange_and_market_are_understood_as_people_write_them(kis, exchange, market, wire):
    udfs.KIS_PROGRAM_TRADE(exchange, market)
    assert [(call.exchange, call.market) for call in kis.calls if call.kind == "program-trade"] == [wire]


@pytest.mark.parametrize(
    ("arguments", "corner"),
    [
        (("KRX", "KOSPI200"), '#KIS! 시장을 알 수 없음: "KOSPI200". 코스피(1) 또는 코스닥(4)을 넣으세요.'),
        (("나스닥", "코스피"), '#KIS! 거래소를 알 수 없음: "나스닥". KRX(J), NXT(NX) 또는 통합(UN)을 넣으세요.'),
        ((None, "코스피"), '#KIS! 거래소를 알 수 없음: "". KRX(J), NXT(NX) 또는 통합(UN)을 넣으세요.'),
        (("KRX", -2146826246), '#KIS! 시장을 알 수 없음: "-2146826246". 코스피(1) 또는 코스닥(4)을 넣으세요.'),
        (("KRX", [["코스피", "코스닥"]]), '#KIS! 시장을 알 수 없음: "…". 코스피(1) 또는 코스닥(4)을 넣으세요.'),
    ],
)
def test_a_word_nobody_knows_gives_the_error_table_and_costs_no_call(kis, arguments, corner):
    table = udfs.KIS_PROGRAM_TRADE(*arguments)
    assert table[0][0] == corner
    assert [row[0] for row in table[1:]] == LABELS
    assert {cell for row in table[1:] for cell in row[1:-1]} == {"#N/A"}
    assert kis.calls == []


def test_fields_narrow_the_columns_in_the_tables_order():
    assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피", "순매수 대금")[0][1:] == [
        "전체순매수대금", "차익순매수대금", "비차익순매수대금"]  # fmt: skip
    assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피", [["비차익"], ["순매수"]])[0][1:] == [
        "비차익순매수수량",
        "비차익순매수대금",
    ]


def test_without_header_the_rows_alone_come():
    with_header = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    for header in (False, 0.0, "FALSE"):
        assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피", None, header) == with_header[1:]


def test_the_cells_a_caller_changes_are_not_the_next_callers_cells():
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1][1] = "spoilt"
    assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1][1] != "spoilt"


def test_value_gives_one_figure(kis):
    assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "비차익") == truth(kis, "9100", "nabt_ntby_amt")
    assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "금투", "차익 매도 수량") == truth(kis, "1000", "arbt_seln_qty")


def test_the_total_is_the_sum_of_the_disjoint_groups(kis):
    groups = ("8888", "9100", "8000", "7100")
    assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "합계", "전체") == sum(truth(kis, c, "all_ntby_amt") for c in groups)


@pytest.mark.parametrize(
    "arguments",
    [("KRX", "코스피", "외굴인", "차익"), ("KRX", "코스피", "외국인", "등락률"), ("KRX", "코스피", "외국인", None)],
)
def test_value_is_not_available_where_nobody_can_know_what_is_meant(arguments):
    assert udfs.KIS_PROGRAM_VALUE(*arguments) == "#N/A"


def test_value_is_not_available_without_data(kis):
    kis.fault = Fault.IP_NOT_ALLOWED
    assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "차익") == "#N/A"
    assert udfs.KIS_PROGRAM_ASOF("KRX", "코스피") == "#N/A"


def test_asof_is_excels_date_time_in_korean_time():
    assert udfs.KIS_PROGRAM_ASOF("KRX", "코스피") == datetime(2026, 11, 20, 11, 20, 31)  # noqa: DTZ001 - Excel has no zones


def test_status_is_one_line():
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert udfs.KIS_PROGRAM_STATUS("KRX", "코스피") == (
        "정상 · KRX 정규장 · 조회 11:20:31(0초 전) · 값 변동 11:20:31 · 오늘 조회 1회 · 토큰 1회"
    )


def test_status_without_arguments_tells_of_the_worst_table_in_use(kis):
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    kis.fault = Fault.IP_NOT_ALLOWED
    udfs.KIS_PROGRAM_TRADE("NXT", "코스피")
    assert udfs.KIS_PROGRAM_STATUS().startswith("자료 없음 · NXT 정규장 · 허용되지 않은 IP(EGW00207).")


def test_status_without_arguments_asks_nobody(kis):
    assert udfs.KIS_PROGRAM_STATUS().startswith("자료 없음 · KRX 정규장 · 새로고침을 누르세요.")
    assert kis.calls == []


def test_our_own_error_is_a_sentence_in_the_usual_shape(monkeypatch):
    from xlwings_kis import runtime

    monkeypatch.setattr(runtime, "feed", lambda: 1 / 0)
    table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert table[0][0].startswith("#KIS! 프로그램 오류. ")
    assert (len(table), len(table[0])) == (12, 20)
    assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "개인", "전체") == "#N/A"
    assert udfs.KIS_PROGRAM_STATUS("KRX", "코스피").startswith("프로그램 오류.")


_CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.binary(max_size=4),
    st.datetimes(), st.sampled_from(["KRX", "코스피", "외국인", "차익", 1.0, -2146826246]),
)  # fmt: skip
_ARGUMENT = st.one_of(_CELL, st.lists(st.lists(_CELL, max_size=3), max_size=3), st.tuples(st.tuples(_CELL)))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ARGUMENT, _ARGUMENT, _ARGUMENT, _ARGUMENT)
def test_whatever_excel_passes_nothing_escapes_and_the_table_is_a_rectangle(first, second, third, fourth):
    table = udfs.KIS_PROGRAM_TRADE(first, second, third, fourth)
    assert table
    assert len({len(row) for row in table}) == 1
    assert all(isinstance(cell, str | float) for row in table for cell in row)
    assert isinstance(udfs.KIS_PROGRAM_VALUE(first, second, third, fourth), str | float)
    assert isinstance(udfs.KIS_PROGRAM_STATUS(first, second), str)
    assert isinstance(udfs.KIS_PROGRAM_ASOF(first, second), str | datetime)
    for before in (
        udfs.KIS_PROGRAM_AT(first, second, third, fourth),
        udfs.KIS_PROGRAM_CHANGE(first, second, third, fourth),
        udfs.KIS_PROGRAM_HISTORY(first, second, third, fourth, first, second),
        udfs.KIS_PROGRAM_HISTORY("KRX", "코스피", "외국인", "차익", third, fourth),
        udfs.KIS_PROGRAM_AT("KRX", "코스피", first, second, third),
    ):
        assert before
        assert len({len(row) for row in before}) == 1
        assert all(isinstance(cell, str | float | datetime) for row in before for cell in row)


def test_the_formulas_import_light_and_do_nothing_by_themselves(tmp_path):
    lean = """
import sys
import xlwings
before = set(sys.modules)
import xlwings_kis.udfs
ours = {name.partition(".")[0] for name in set(sys.modules) - before}
heavy = {"pandas", "numpy", "openpyxl", "rich", "typer", "requests", "urllib3", "sqlite3", "holidays", "keyring", "yaml"}
import threading
print(sorted(ours & heavy), threading.active_count())
"""
    run = subprocess.run([sys.executable, "-c", lean], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.split("\n")[0] == "[] 1"
    assert not os.path.exists(os.environ["XLWINGS_KIS_HOME"])  # noqa: PTH110 - a name, not a path of ours


def test_wizard_texts_are_korean_and_fit_the_wizard():
    for name in ("TRADE", "VALUE", "ASOF", "STATUS", "HISTORY", "AT", "CHANGE"):
        text = getattr(udfs, f"KIS_PROGRAM_{name}").__doc__
        assert len(text) <= 255
        assert any("가" <= letter <= "힣" for letter in text)
