"""The received body, read: whatever comes, it is rows or an error that names the field."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import ELEVEN, FIGURE_NAMES, body, item, refusal_of, snapshot, without

from xlwings_kis.errors import AnswerError, KisError
from xlwings_kis.payload import figure, read_rows

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SPELLED = st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1)


def rows(*items):
    return read_rows(body(*items))[0]


def notes(*items):
    return list(read_rows(body(*items))[1])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("146", 146),
        ("-38", -38),
        ("+5", 5),
        ("1,234", 1234),
        ("-1,234,567", -1234567),
        ("-0000903", -903),
        ("0000000012", 12),
        ("000000000000000000", 0),
        ("-0", 0),
        (" 7 ", 7),
        ("12.00", 12),
        (12, 12),
        (-3.0, -3),
        ("999999999999999999", 10**18 - 1),
    ],
)
def test_a_figure_is_read_as_kis_spells_it(written, value):
    assert figure(written, "f") == value


@pytest.mark.parametrize("written", ["", " ", "-", " - ", None])
def test_a_missing_figure_is_none_and_never_zero(written):
    assert figure(written, "f") is None


@pytest.mark.parametrize(
    "written",
    [
        *("a", "1a", "--5", "+-5", "1.5", "1e5", "NaN", "0x10", "½", "٣", "５", "1 2", "1" + "0" * 18, "9" * 41),
        *(1.5, float("nan"), float("inf"), 10**18, -(10**18), True, False, [], {}, ["1"]),
    ],
)
def test_what_is_no_figure_is_an_error_that_names_the_field_and_not_the_value(written):
    with pytest.raises(AnswerError) as wrong:
        figure(written, "output1[1].all_ntby_amt")
    assert wrong.value.problem.key == "wrong_shape"
    assert wrong.value.problem.facts == {"field": "output1[1].all_ntby_amt"}


def test_a_number_too_long_to_be_written_out_is_refused_like_any_other():
    with pytest.raises(AnswerError, match="f 항목"):
        figure(10**6000, "f")


@given(SPELLED, st.integers(0, 12), st.booleans(), st.sampled_from(["", " ", "  "]))
def test_padding_commas_signs_and_blanks_change_no_value(value, zeros, commas, blank):
    digits = f"{abs(value):,}" if commas else str(abs(value))
    sign = "-" if value < 0 else ""
    assert figure(f"{blank}{sign}{'0' * zeros}{digits}{blank}", "f") == value


@given(SPELLED)
def test_a_plus_sign_is_no_hindrance(value):
    assert figure(f"{value:+d}", "f") == value


@given(st.text())
def test_any_text_is_a_whole_number_or_missing_or_refused(text):
    try:
        value = figure(text, "f")
    except AnswerError:
        return
    assert value is None or (isinstance(value, int) and abs(value) < 10**18)


def test_a_row_keeps_code_given_name_and_all_eighteen_figures():
    written = {name: str(at) for at, name in enumerate(FIGURE_NAMES, 1)}
    (row,) = rows({"invr_cls_code": "7100", "invr_cls_name": "기 타", **written})
    assert (row.code, row.name, row.label()) == ("7100", "기 타", "기타법인")
    assert row.figures == tuple(range(1, 19))


def test_the_real_row_of_7100_is_read_as_it_came():
    real = item(
        "7100",
        "기 타",
        **{"nabt_seln_qty": "146", "nabt_seln_amt": "2687", "nabt_shnu_qty": "153", "nabt_shnu_amt": "4144"},
        **{"nabt_ntby_qty": "7", "nabt_ntby_amt": "1456"},
    )
    (row,) = rows(real)
    assert [row[f"nabt_{side}_amt"] for side in ("seln", "shnu", "ntby")] == [2687, 4144, 1456]


def test_missing_figures_are_none_and_the_others_stay():
    (row,) = rows(without(item("8000", all_seln_qty="", all_seln_amt="-", all_shnu_qty=None), "all_shnu_amt"))
    assert [row[f"all_{name}"] for name in ("seln_qty", "seln_amt", "shnu_qty", "shnu_amt")] == [None] * 4
    assert row["all_ntby_qty"] == 20


def test_rows_stand_in_the_places_of_the_table_whatever_order_they_came_in():
    assert tuple(row.code for row in rows(*map(item, reversed(ELEVEN)))) == ELEVEN


def test_unknown_codes_and_state_and_local_follow_in_the_order_they_came():
    came = ("9300", "7000", "8888", "0001", "8000")
    assert [row.code for row in rows(*map(item, came))] == ["8000", "8888", "9300", "7000", "0001"]


def test_an_unknown_code_is_shown_with_its_name_and_not_dropped():
    row = rows(item("8000"), item("9300", "  기 타외국인 "))[1]
    assert row.label() == "기 타외국인 (코드 9300)"
    assert row["all_ntby_amt"] == 540


def test_of_a_code_that_comes_twice_the_first_is_used_and_the_check_says_so():
    first, second = item("8000", all_seln_qty="50"), item("8000", all_seln_qty="51")
    (row,) = rows(first, second)
    assert row["all_seln_qty"] == 50
    assert notes(first, second) == ["투자자코드 8000(개인)이 두 번 와서 첫 값을 씁니다"]
    assert notes(first) == []


def test_padded_codes_are_one_code():
    assert [row.code for row in rows(item(" 8000 "), item("8000"))] == ["8000"]


def test_an_empty_list_is_no_rows_and_no_notes():
    assert read_rows(body()) == ((), ())


def test_a_field_the_document_does_not_have_is_noted():
    assert notes(item("8000", prdy_vrss="1")) == ["문서에 없는 항목이 왔습니다: prdy_vrss"]


def test_a_field_of_the_document_that_no_row_has_is_noted():
    assert notes(without(item("8000"), "nabt_ntby_amt")) == ["문서의 항목이 오지 않았습니다: nabt_ntby_amt"]
    assert notes(without(item("8000"), "nabt_ntby_amt"), item("9100")) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "output1"),
        ({"output1": None}, "output1"),
        ({"output1": {}}, "output1"),
        ({"output1": "x"}, "output1"),
        ({"output": [item()]}, "output1"),
        (body("x"), "output1[1]"),
        (body(item(), None), "output1[2]"),
        (body(without(item(), "invr_cls_code")), "output1[1].invr_cls_code"),
        (body(item(), item(" ")), "output1[2].invr_cls_code"),
        (body(item(8000)), "output1[1].invr_cls_code"),
        (body(item(None)), "output1[1].invr_cls_code"),
        (body(item(name=3)), "output1[1].invr_cls_name"),
        (body(item(name=["개인"])), "output1[1].invr_cls_name"),
        (body({"invr_cls_code": "8000", "invr_cls_name": "개인"}), "output1[1].all_seln_qty"),
        (body(item(), item("9100", arbt_shnu_amt="x")), "output1[2].arbt_shnu_amt"),
        (body(item(nabt_ntby_amt={})), "output1[1].nabt_ntby_amt"),
    ],
)
def test_a_wrong_shape_names_the_field(wrong, field):
    with pytest.raises(AnswerError) as error:
        read_rows(wrong)
    assert error.value.problem.facts["field"] == field
    assert str(error.value) == f"응답 형식 변경. {field} 항목을 읽을 수 없습니다. xlwings-kis를 최신판으로 올리세요."


@pytest.mark.parametrize("nameless", [item(name=None), without(item(), "invr_cls_name")])
def test_a_name_that_is_missing_costs_nothing(nameless):
    (row,) = rows(nameless)
    assert (row.name, row.label()) == ("", "개인")


def test_letters_no_cell_or_file_can_hold_are_blanks():
    name = json.loads('"기\\u0000타\\ud800\\n"')
    (row,) = rows(item("9300", name))
    assert row.name == "기 타  "
    assert row.label() == "기 타 (코드 9300)"


@given(JSON)
def test_arbitrary_rows_are_read_or_refused_by_our_own_error(anything):
    wrong = {"output1": anything}
    if refused := refusal_of(lambda: read_rows(wrong), KisError):
        assert refused.problem.key == "wrong_shape"
        return
    ordered, noted = read_rows(wrong)
    assert all(len(row.figures) == 18 for row in ordered)
    assert all(noted)


@given(st.dictionaries(st.sampled_from((*FIGURE_NAMES, "invr_cls_code", "invr_cls_name", "more")), JSON))
def test_arbitrary_values_in_a_row_are_read_or_refused_naming_a_field_of_it(changed):
    came = {**item(), **changed}
    if refused := refusal_of(lambda: rows(came), AnswerError):
        assert refused.problem.facts["field"].startswith("output1[1].")
        return
    (row,) = rows(came)
    assert row.code
    row.label().encode()


@given(st.text(st.characters()), st.text(st.characters()))
def test_codes_and_names_of_any_letters_leave_rows_that_every_file_can_hold(code, name):
    came = item(code, name)
    if refused := refusal_of(lambda: rows(came), AnswerError):
        assert refused.problem.facts["field"] == "output1[1].invr_cls_code"
        return
    (row,) = rows(came)
    assert (row.code + row.label()).isprintable()
    snapshot("2026-11-20 11:20:31", row).content  # noqa: B018 - it must not raise
