"""Addresses as people type them; nothing that could become another header or another person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import refusal_of

from xlwings_kis.errors import ArgumentError
from xlwings_kis.mail import addresses


def specs(*typed: str) -> list[str]:
    return [address.addr_spec for address in addresses.parse(typed)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("a@b.kr", ["a@b.kr"]),
        (" a@b.kr , c.d+e@f-g.co.kr ", ["a@b.kr", "c.d+e@f-g.co.kr"]),
        ("a@b.kr; c@d.kr;", ["a@b.kr", "c@d.kr"]),
        ("홍길동 <a@b.kr>", ["a@b.kr"]),
        ('"홍, 길동; 부장" <a@b.kr>, c@d.kr', ["a@b.kr", "c@d.kr"]),
        (r'"홍 \"대장\", 길동" <a@b.kr>', ["a@b.kr"]),
        ("root@localhost", ["root@localhost"]),
        ("o'neil@b.kr", ["o'neil@b.kr"]),
    ],
)
def test_addresses_are_taken_as_people_write_them(typed, found):
    assert specs(typed) == found


def test_a_name_keeps_its_comma_and_its_quotes():
    (one,) = addresses.parse([r'"홍, \"길동\"" <a@b.kr>'])
    assert one.display_name == '홍, "길동"'


def test_the_same_address_is_taken_once_whatever_its_letters():
    assert specs("a@b.kr, A@B.kr", "a@b.kr") == ["a@b.kr"]


@pytest.mark.parametrize(
    "typed",
    [
        "a", "a@", "@b.kr", "a@b..kr", "a b@c.kr", "a@b.kr c@d.kr", "a@-b.kr", ".a@b.kr", "a.@b.kr", "", " , ;",
        "홍,길동 <a@b.kr>", "길동@회사.kr", "<a@b.kr", "a@b.kr>", '"홍 <a@b.kr>', "x <a@b.kr> y",
        "a@b.kr\r\nBcc: c@d.kr", "a@b.kr\nc@d.kr", '"x\r\nBcc: c@d.kr" <a@b.kr>', "a@b.kr\0", "a\t@b.kr", "a\u202e@b.kr",
        f"{'a' * 65}@b.kr", f"a@{'b' * 250}.kr", "a@[127.0.0.1]", "a@b.kr(c@d.kr)",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_shown_on_one_line(typed):
    with pytest.raises(ArgumentError) as raised:
        addresses.parse([typed])
    assert raised.value.exit_code == 2
    assert str(raised.value).startswith('메일 주소가 아님: "')
    assert str(raised.value).isprintable()


@given(st.text(st.sampled_from('ab@.,;<>"\\ \r\n\t홍:()')))
def test_whatever_is_typed_an_accepted_address_has_no_blank_and_one_at_sign(typed):
    if refusal_of(lambda: addresses.parse([typed]), ArgumentError) is None:
        for address in addresses.parse([typed]):
            assert address.addr_spec.isprintable()
            assert " " not in address.addr_spec
            assert address.addr_spec.count("@") == 1
            assert address.display_name.isprintable()
