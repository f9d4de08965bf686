"""The investor groups of this endpoint."""

from __future__ import annotations

import pytest

from xlwings_kis import investors
from xlwings_kis.investors import BY_CODE, DISJOINT, FIXED_PLACES, INVESTORS, PARTS, investor_label

LABELS = {
    "8000": "개인",
    "9100": "외국인",
    "8888": "기관계",
    "1000": "금융투자",
    "2000": "보험",
    "3000": "투신",
    "3100": "사모",
    "4000": "은행",
    "5000": "기타금융",
    "6000": "연기금등",
    "7100": "기타법인",
    "7000": "국가·지자체",
}


@pytest.mark.parametrize(("code", "label"), LABELS.items())
def test_a_known_code_has_our_label_whatever_name_came_with_it(code, label):
    assert investor_label(code, "기 타") == label
    assert BY_CODE[code].label() == label


def test_no_other_feeds_codes_are_known():
    assert set(BY_CODE) == set(LABELS)
    assert "9000" not in BY_CODE
    assert "7050" not in BY_CODE


def test_eleven_places_are_fixed_and_state_and_local_follows_them():
    assert FIXED_PLACES == ("8000", "9100", "8888", "1000", "2000", "3000", "3100", "4000", "5000", "6000", "7100")
    assert INVESTORS[-1].code == "7000"
    assert not INVESTORS[-1].fixed


def test_the_institutions_parts_are_seven_and_state_and_local():
    assert PARTS == ("1000", "2000", "3000", "3100", "4000", "5000", "6000", "7000")


def test_the_disjoint_groups_are_four():
    assert sorted(DISJOINT) == ["7100", "8000", "8888", "9100"]
    assert not set(DISJOINT) & set(PARTS)


def test_an_unknown_code_shows_its_given_name_trimmed_with_the_code():
    assert investor_label("9300", "  기 타외국인 ") == "기 타외국인 (코드 9300)"
    assert investor_label("9300", "other", "en") == "other (code 9300)"
    assert investor_label("9300", " ") == "(코드 9300)"


def test_every_label_has_an_english_one():
    assert all(who.label("en").isascii() for who in INVESTORS)
    assert len({who.label("en") for who in INVESTORS}) == 12
    assert investors.TOTAL.label() == "합계"
    assert investors.TOTAL.label("en") == "Total"
