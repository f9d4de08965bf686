"""A real spreadsheet calculates our formulas: LibreOffice Calc, its own Python, the simulated gateway. Scenario 3."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from calc import Calc, Error, settings_of
from clocks import WallClock, kst
from making import ELEVEN as CODES
from making import FIGURE_NAMES, LABELS

from xlwings_kis import resources
from xlwings_kis.sessions import trading_day
from xlwings_kis.simulator import Fault, Simulator

pytestmark = pytest.mark.timeout(300)  # a first start of LibreOffice on a busy machine

TABLE = '=KIS_PROGRAM_TRADE("KRX";"코스피")'
NA = Error("#N/A")


@pytest.fixture(scope="module")
def hours():
    """The wall clock of the gateway and of Calc's formulas."""
    return WallClock()


@pytest.fixture(scope="module")
def gateway(hours):
    with Simulator(hours, token_interval=0.0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def calc(gateway, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calc")
    running = Calc(folder, settings_of(gateway, folder))
    yield running
    running.end()


@pytest.fixture(scope="module")
def days():
    """Trading days, one for each test: what one has seen is yesterday's for the next."""
    every = (kst("2026-11-02 00:00:00") + timedelta(days=at) for at in itertools.count())
    return (f"{day:%Y-%m-%d}" for day in every if trading_day(day.date()))


@pytest.fixture
def put(calc, hours):
    """Put gateway and formulas at a moment."""

    def both(moment):
        hours.set(moment)
        calc.set_clock(moment)

    return both


@pytest.fixture
def day(days):
    """This test's day."""
    return next(days)


@pytest.fixture
def sheet(calc, gateway, put, day):
    """An empty sheet at 10:30 on a trading day."""
    gateway.clear_faults()
    calc.new()
    put(f"{day} 10:30:00")
    return calc


def truth(gateway, code, wire, exchange="J"):
    return float(next(row for row in gateway.truth(exchange, "1") if row["invr_cls_code"] == code)[wire])


def test_an_array_formula_over_twelve_by_twenty_cells_shows_the_gateways_table(sheet, gateway, hours):
    sheet.enter({"A5:T16": TABLE})
    corner, *labels = sheet.cells("A5:T5")[0]
    assert corner == f"{hours.now:%m/%d} 10:30:00"
    assert (labels[0], labels[17], labels[18]) == ("전체매도수량", "비차익순매수대금", "투자자코드")
    rows = sheet.cells("A6:T16")
    assert [row[0] for row in rows] == LABELS
    assert [row[-1] for row in rows] == list(CODES)
    for row in rows:
        received = next(each for each in gateway.truth("J", "1") if each["invr_cls_code"] == row[-1])
        assert row[1:-1] == [float(received[wire]) for wire in FIGURE_NAMES]


def test_every_way_a_desk_asks_for_a_figure_gives_the_same_figure(sheet, gateway):
    sheet.enter(
        {
            "A5:T16": TABLE,
            "W1": '=VLOOKUP("외국인";A5:T16;19;0)',
            "W2": '=INDEX(A5:T16;MATCH("외국인";INDEX(A5:T16;0;1);0);MATCH("비차익순매수대금";INDEX(A5:T16;1;0);0))',
            "W3": '=IFERROR(VLOOKUP("외국인";A5:T16;19;0);"")',
            "W4": '=SUMIF(A5:A16;"외국인";S5:S16)',
            "W5": '=VLOOKUP("외국인";KIS_PROGRAM_TRADE("KRX";"코스피");19;0)',
            "W6": '=INDEX(KIS_PROGRAM_TRADE("J";1;"비차익 순매수 대금";FALSE());2;2)',
            "W7": '=KIS_PROGRAM_VALUE("KRX";"코스피";"외국인";"비차익")',
            "W8": '=SUMPRODUCT((A6:A16="외국인")*S6:S16)',
        }
    )
    figure = truth(gateway, "9100", "nabt_ntby_amt")
    assert sheet.cells("W1:W8") == [[figure]] * 8
    assert figure != truth(gateway, "8888", "nabt_ntby_amt")


def test_sums_over_cells_and_over_the_formula_itself_agree(sheet, gateway):
    sheet.enter(
        {
            "A5:T16": TABLE,
            "W1": "=SUM(S6:S16)",
            "W2": '=SUM(KIS_PROGRAM_TRADE("KRX";"코스피";"비차익순매수대금"))',
            "W3": '=KIS_PROGRAM_VALUE("KRX";"코스피";"합계";"비차익")',
            "W4": '=SUMIF(A6:A16;"개인";S6:S16)+SUMIF(A6:A16;"외국인";S6:S16)+SUMIF(A6:A16;"기관계";S6:S16)'
            '+SUMIF(A6:A16;"기타법인";S6:S16)',
        }
    )
    every = sum(float(row["nabt_ntby_amt"]) for row in gateway.truth("J", "1"))
    total = sum(truth(gateway, code, "nabt_ntby_amt") for code in ("8000", "9100", "8888", "7100"))
    assert sheet.cells("W1:W4") == [[every], [every], [total], [total]]


def test_arguments_may_stand_in_cells(sheet, gateway):
    sheet.enter({"A1": "KRX ", "A2": "1", "A3": "비차익", "B3": "순매수"})
    sheet.enter({"A5:C16": "=KIS_PROGRAM_TRADE(A1;A2;A3:B3;C3)", "W1": "=KIS_PROGRAM_VALUE(A1;A2;A9;A3)"})
    assert sheet.cells("A5:C5")[0][1:] == ["비차익순매수수량", "비차익순매수대금"]
    assert sheet.cell("W1") == truth(gateway, "1000", "nabt_ntby_amt")


def test_without_data_no_sum_can_pretend(sheet, gateway):
    gateway.fault = Fault.IP_NOT_ALLOWED
    sheet.enter(
        {
            "A5:T16": TABLE,
            "W1": "=SUM(S6:S16)",
            "W2": '=VLOOKUP("외국인";A5:T16;19;0)',
            "W3": '=SUMIF(A6:A16;"외국인";S6:S16)',
            "W4": '=KIS_PROGRAM_VALUE("KRX";"코스피";"외국인";"비차익")',
            "W5": '=SUM(KIS_PROGRAM_TRADE("KRX";"코스피"))',
            "W6": '=IFERROR(VLOOKUP("외국인";A5:T16;19;0);"")',
            "W7": '=IF(ISNA(B6);"없음";B6)',
            "W8": '=KIS_PROGRAM_ASOF("KRX";"코스피")',
        }
    )
    assert sheet.cell("A5").startswith("#KIS! 허용되지 않은 IP(EGW00207).")
    assert [row[0] for row in sheet.cells("A6:A16")] == LABELS
    assert {cell for row in sheet.cells("B6:S16") for cell in row} == {NA}
    assert [row[0] for row in sheet.cells("W1:W8")] == [NA, NA, NA, NA, NA, "", "없음", NA]


def test_a_word_nobody_knows_fills_the_same_cells(sheet):
    sheet.enter({"A5:T16": '=KIS_PROGRAM_TRADE("KRX";"KOSPI200")'})
    assert sheet.cell("A5").startswith('#KIS! 시장을 알 수 없음: "KOSPI200".')
    assert [row[0] for row in sheet.cells("A6:A16")] == LABELS
    assert {cell for row in sheet.cells("B6:S16") for cell in row} == {NA}


@pytest.mark.parametrize(
    ("fault", "code", "label"),
    [(Fault.STATE_AND_LOCAL, "7000", "국가·지자체"), (Fault.UNKNOWN_INVESTOR, "9300", "기타 외국인 (코드 9300)")],
)
def test_when_an_investor_is_added_no_earlier_cell_changes_its_investor(sheet, gateway, put, day, fault, code, label):
    sheet.enter(
        {
            "A5:T16": TABLE,
            "A25:T38": TABLE,
            "W1": '=VLOOKUP("외국인";A5:T16;19;0)',
            "W2": '=INDEX(A5:T16;MATCH("기관계";INDEX(A5:T16;0;1);0);MATCH("비차익순매수대금";INDEX(A5:T16;1;0);0))',
            "W3": '=SUMIF(A25:A38;"기타법인";S25:S38)',
            "W4": "=S16",
        }
    )
    before = sheet.cells("A5:T16")
    assert sheet.cells("A37:T38") == [[NA] * 20] * 2  # an array formula's cells beyond the table
    gateway.fault = fault
    put(f"{day} 10:31:00")
    sheet.recalculate()
    after = sheet.cells("A5:T16")
    assert [(row[0], row[-1]) for row in after[1:]] == [(row[0], row[-1]) for row in before[1:]]
    assert sheet.cells("A25:T36") == after
    added, beyond = sheet.cells("A37:T38")
    assert (added[0], added[-1]) == (label, code)
    assert beyond == [NA] * 20
    foreigners, institutions, others, last = (row[0] for row in sheet.cells("W1:W4"))
    assert foreigners == truth(gateway, "9100", "nabt_ntby_amt")
    assert institutions == after[3][18]  # of which 7000 is a part: its figure moves, its place does not
    assert others == last == truth(gateway, "7100", "nabt_ntby_amt")

    gateway.fault = None  # and gone again: its place stays
    put(f"{day} 10:32:00")
    sheet.recalculate()
    assert [row[0] for row in sheet.cells("T26:T37")] == [*CODES, code]
    assert set(sheet.cells("B37:S37")[0]) == {""}


def test_yesterdays_sheet_shows_no_figure_before_the_open_and_todays_by_recalculation(
    sheet, gateway, hours, put, day, days
):
    put(f"{day} 20:05:00")
    sheet.enter({"A5:T16": TABLE, "W1": "=SUM(S6:S16)", "W2": '=KIS_PROGRAM_VALUE("NXT";1;"외국인";"비차익")'})
    assert isinstance(sheet.cell("W1"), float)

    today = next(days)
    put(f"{today} 08:55:00")
    sheet.recalculate()
    assert sheet.cell("A5").startswith("#KIS! 장 시작 전. KRX는 09:00부터 표시됩니다.")
    assert sheet.cell("W1") == NA
    assert sheet.cell("W2") == truth(gateway, "9100", "nabt_ntby_amt", "NX")

    put(f"{today} 09:01:40")
    sheet.recalculate()
    assert sheet.cell("A5") == f"{hours.now:%m/%d} 09:01:40"
    assert sheet.cell("W1") == sum(float(row["nabt_ntby_amt"]) for row in gateway.truth("J", "1"))


def test_the_vba_that_gives_errors_their_meaning_runs(calc):
    check = """
Function Check() As String
    Dim table(1, 1), line(1), found
    table(0, 0) = "개인" : table(0, 1) = CVErr(448) : table(1, 0) = CVErr(2007) : table(1, 1) = 4.5
    line(0) = CVErr(448) : line(1) = ""
    found = AsNotAvailable(table)
    Check = found(0, 0) & "|" & CStr(found(0, 1)) & "|" & CStr(found(1, 0)) & "|" & found(1, 1)
    found = AsNotAvailable(line)
    Check = Check & "|" & CStr(found(0)) & "|" & found(1)
    Check = Check & "|" & CStr(AsNotAvailable(CVErr(448))) & "|" & AsNotAvailable("#N/A") & "|" & AsNotAvailable(-7.25)
End Function
"""
    source = resources.workbook_file("vba/KisErrors.bas").read_text(encoding="ascii")
    calc.new(Errors="Option VBASupport 1\n" + source.replace("Option Private Module\n", "") + check)
    na = "Error 2042"
    assert calc.basic("Errors.Check") == f"개인|{na}|{na}|4.5|{na}||{na}|#N/A|-7.25"


def test_sixty_formulas_over_six_pairs_cost_six_calls(sheet, gateway, put, day):
    pairs = list(itertools.product(("KRX", "NXT", "통합"), ("코스피", "코스닥")))
    words = ("외국인", "기관계", "개인", "합계", "금융투자", "보험", "투신", "사모", "연기금등", "기타법인")
    for at_row, ((exchange, market), word) in enumerate(itertools.product(pairs, words)):
        sheet.enter({f"A{at_row + 1}": f'=KIS_PROGRAM_VALUE("{exchange}";"{market}";"{word}";"비차익")'})
    put(f"{day} 10:31:00")
    gateway.reset_calls()
    cold, warm = sheet.recalculate(), sheet.recalculate()
    assert gateway.count("program-trade") == 6
    assert all(isinstance(row[0], float) for row in sheet.cells("A1:A60"))
    print(f"\n60 formulas in Calc: {cold * 1000:.0f} ms with six fetches, {warm * 1000:.0f} ms from memory")  # noqa: T201
