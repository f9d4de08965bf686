"""Does the table agree with itself? Rounding explains a little, and no figure is ever changed."""

from __future__ import annotations

import pytest
from making import FIGURE_NAMES, body, figures, item, row, snapshot

from xlwings_kis import checks
from xlwings_kis.checks import check
from xlwings_kis.payload import read_rows

PARTS = ("1000", "2000", "3000", "3100", "4000", "5000", "6000")


def failed(*rows, rule=None):
    return [one for one in check(rows) if not one.passed and rule in (None, one.rule)]


def of(rule, label, *rows):
    """The one check of a rule on a field."""
    (only,) = (one for one in check(rows) if one.rule == rule and one.field == label)
    return only


def institutions(off=0, parts=PARTS):
    """기관계 as the sum of its parts, one figure off by so much."""
    whole = {name: value * len(parts) for name, value in figures().items()}
    whole["all_ntby_amt"] += off
    return (row("8888", "기 관", **whole), *(row(code, "") for code in parts))


def test_a_balanced_row_passes_all_twelve_rules():
    results = check([row()])
    assert len(results) == 12
    assert all(one.passed and one.difference == 0 for one in results)


def test_the_observed_real_row_passes():
    real = row("7100", nabt_seln_amt=2687, nabt_shnu_amt=4144, nabt_ntby_amt=1456)
    net = of("net", "비차익순매수대금", real)
    assert (net.difference, net.tolerance, net.passed) == (-1, 1, True)


@pytest.mark.parametrize(("off", "passed"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_net_may_differ_from_buy_minus_sell_by_one(off, passed):
    net = of("net", "차익순매수수량", row(arbt_ntby_qty=4 + off))
    assert (net.difference, net.passed) == (off, passed)


@pytest.mark.parametrize(("off", "passed"), [(-3, False), (-2, True), (2, True), (3, False)])
def test_all_may_differ_from_arbitrage_plus_the_rest_by_two(off, passed):
    band = of("bands", "전체매도대금", row(all_seln_amt=1350 + off))
    assert (band.difference, band.passed) == (off, passed)


@pytest.mark.parametrize(("off", "passed"), [(-8, False), (-7, True), (7, True), (8, False)])
def test_the_institutions_may_differ_from_their_parts_by_the_number_of_parts(off, passed):
    parts = of("parts", "전체순매수대금", *institutions(off))
    assert (parts.difference, parts.tolerance, parts.passed) == (off, 7, passed)


@pytest.mark.parametrize(("off", "passed"), [(8, True), (9, False)])
def test_state_and_local_is_an_eighth_part_where_it_comes(off, passed):
    parts = of("parts", "전체순매수대금", *institutions(off, (*PARTS, "7000")))
    assert (parts.tolerance, parts.passed) == (8, passed)


def test_unknown_codes_and_other_groups_are_no_part_of_the_institutions():
    assert of("parts", "전체순매수대금", *institutions(), row("9300"), row("7100"), row("8000")).difference == 0


def test_without_institutions_or_without_parts_there_is_no_such_rule():
    assert not [one for one in check([row("1000"), row("2000")]) if one.rule == "parts"]
    assert not [one for one in check([row("8888"), row("8000")]) if one.rule == "parts"]


def test_a_rule_that_lacks_a_figure_is_left_out_and_never_takes_zero_for_it():
    results = check([row(all_ntby_amt=None)])
    assert len(results) == 10
    assert not [one for one in results if one.field == "전체순매수대금"]
    assert len(check([row(arbt_seln_qty=None)])) == 10


def test_a_failure_says_who_what_and_by_how_much():
    (only,) = failed(row("9100", arbt_ntby_amt=111, arbt_shnu_amt=378 + 1), rule="net")
    assert only.sentence() == "외국인 차익순매수대금이 매수−매도와 2 다름(반올림 범위 밖)"
    (band,) = failed(row("9300", "갑", all_seln_qty=60), rule="bands")
    assert band.sentence() == "갑 (코드 9300) 전체매도수량이 차익+비차익과 10 다름(반올림 범위 밖)"
    (parts,) = failed(*institutions(100), rule="parts")
    assert parts.sentence() == "기관계 전체순매수대금이 기관 세부의 합과 100 다름(반올림 범위 밖)"


def test_the_summary_is_one_line():
    assert checks.summary(check([row()])) == "검산 이상 없음"
    assert checks.summary([]) == "검산 이상 없음"
    broken = check([row("9100", arbt_ntby_qty=7, nabt_ntby_qty=13)])
    assert checks.summary(broken) == (
        "검산 확인 필요: 외국인 차익순매수수량이 매수−매도와 3 다름(반올림 범위 밖) 외 1건"
    )


def test_the_summary_has_an_english_side():
    assert checks.summary(check([row()]), "en") == "checks passed"
    broken = check([row("9100", arbt_ntby_qty=7, nabt_ntby_qty=13)])
    assert checks.summary(broken, "en") == (
        "check the sums: Foreigners, Arbitrage net buy volume: 3 off buy − sell (beyond rounding), and 1 more"
    )
    (one,) = failed(row("9300", "갑", all_seln_qty=60), rule="bands")
    assert "(code 9300)" in one.sentence("en")
    assert " off arbitrage + non-arbitrage" in one.sentence("en")
    (parts,) = failed(*institutions(100), rule="parts")
    assert parts.sentence("en").endswith(" 100 off the sum of the parts (beyond rounding)")


def test_what_was_odd_about_an_answer_is_told_in_either_language():
    odd = body(item("8000"), item("8000"), item("9100", prdy_vrss="1"))
    for each in odd["output1"]:
        del each["nabt_ntby_amt"]
    kept = read_rows(odd)[1]
    assert len(kept) == 3
    assert [checks.note(each).sentence() for each in kept] == list(kept)
    assert [checks.note(each).sentence("en") for each in kept] == [
        "investor code 8000 came twice; the first is used",
        "fields that are not in the document: prdy_vrss",
        "fields of the document that did not come: nabt_ntby_amt",
    ]
    assert checks.note("무엇이 이상함").sentence("en") == "무엇이 이상함"


def test_a_note_is_a_failure_in_its_own_words():
    noted = checks.note("투자자코드 8000(개인)이 두 번 와서 첫 값을 씁니다")
    assert not noted.passed
    assert checks.summary([noted]) == "검산 확인 필요: 투자자코드 8000(개인)이 두 번 와서 첫 값을 씁니다"


def test_figures_are_marked_and_never_corrected():
    wrong = item("8000", all_ntby_amt="999999", arbt_ntby_amt="-5")
    rows, _ = read_rows(body(wrong))
    assert failed(*rows)
    assert rows[0].figures == tuple(int(wrong[name]) for name in FIGURE_NAMES)


def four(**changed):
    """The disjoint groups and, to be left out, a part and an unknown code."""
    amounts = {"8000": -38, "9100": -1380, "8888": 410, "7100": -4, "1000": 300, "9300": 7777} | changed
    return snapshot("2026-11-20 11:20:31", *(row(code, all_ntby_amt=amount) for code, amount in amounts.items()))


def test_the_total_is_the_sum_of_the_four_disjoint_groups_alone():
    assert four().total("all_ntby_amt") == -1012


@pytest.mark.parametrize("code", ["8000", "9100", "8888", "7100"])
def test_there_is_no_total_unless_all_four_are_there(code):
    whole = four()
    lacking = snapshot("2026-11-20 11:20:31", *(one for one in whole.rows if one.code != code))
    assert lacking.total("all_ntby_amt") is None
    assert four(**{code: None}).total("all_ntby_amt") is None


def test_the_total_needs_neither_parts_nor_unknown_codes():
    few = snapshot("2026-11-20 11:20:31", *(row(code, all_ntby_qty=5) for code in ("8000", "9100", "8888", "7100")))
    assert few.total("all_ntby_qty") == 20
