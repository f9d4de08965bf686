"""The message as bytes: read back by Python's own reader and by one that shares nothing with it."""

from __future__ import annotations

import email
import email.policy
import getpass
import re
import socket
from email.headerregistry import Address
from typing import Any

import fast_mail_parser
import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st
from mailing import kospi, report, who

from xlwings_kis.mail import addresses, template
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.message import XLSX, Attachment, Envelope, ascii_name, compose

KOREAN = "프로그램매매_20261120_1545.xlsx"
BYTES = bytes(range(256)) * 40
SENT = kst("2026-11-20 17:10:00")
ENVELOPE = Envelope(
    addresses.parse(['"홍, 길동" <a@b.kr>, c@d.kr']),
    addresses.parse(["e@f.kr"]),
    Address("", "desk", "company.kr"),
    SENT,
)
SUBJECT = "[프로그램] 11/20 마감 코스피 -1,012억 코스닥 +87억 (15:45 조회)"


def made(name: str = KOREAN, data: bytes = BYTES, envelope: Envelope = ENVELOPE, **more: Any) -> bytes:
    of = more.pop("of", None) or report()
    return compose(Letter(of), Attachment(name, data), envelope, template.default("ko"), **more).as_bytes()


def read(data: bytes) -> Any:
    return email.message_from_bytes(data, policy=email.policy.default)


def test_pythons_reader_finds_everything_in_its_place():
    mail = read(made())
    assert mail["Subject"] == SUBJECT
    assert [str(who) for who in mail["To"].addresses] == ['"홍, 길동" <a@b.kr>', "c@d.kr"]
    assert (str(mail["Cc"]), str(mail["From"])) == ("e@f.kr", "desk@company.kr")
    assert mail["Date"].datetime == SENT
    assert mail.get_body(("plain",)).get_content().startswith("코스피 프로그램은 1,012억원 매도 우위입니다. ")
    assert "<b>1,012억원 매도 우위</b>" in mail.get_body(("html",)).get_content()
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == KOREAN
    assert attachment.get_content_type() == "/".join(XLSX)
    assert attachment.get_content() == BYTES
    assert not [defect for part in mail.walk() for defect in part.defects]


def test_a_second_reader_finds_the_same():
    mail = fast_mail_parser.parse_email(made())
    assert mail.subject == SUBJECT
    assert mail.text_plain[0].startswith("코스피 프로그램은 1,012억원 매도 우위입니다. ")
    assert "<b>1,012억원 매도 우위</b>" in mail.text_html[0]
    (attachment,) = mail.attachments
    assert attachment.content == BYTES
    assert attachment.filename == KOREAN
    assert attachment.mimetype == "/".join(XLSX)


def test_the_attachments_name_has_both_forms_each_on_one_line():
    part = made().split(b"_mixed\r\n")[2]
    assert b'name="program_trade_20261120_1545.xlsx"\r\n' in part
    assert (
        b"Content-Disposition: attachment;\r\n"
        b" filename*=UTF-8''%ED%94%84%EB%A1%9C%EA%B7%B8%EB%9E%A8%EB%A7%A4%EB%A7%A4_20261120_1545.xlsx\r\n"
    ) in part


def test_an_ascii_name_needs_no_second_form():
    assert b'Content-Disposition: attachment;\r\n filename="report.xlsx"\r\n' in made("report.xlsx")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (KOREAN, "program_trade_20261120_1545.xlsx"),
        ("프로그램매매_예시.xlsx", "program_trade_demo.xlsx"),
        ("마감.xlsx", "report.xlsx"),
        ('a b;c"d\r\ne.xlsx', "a_b_c_d_e.xlsx"),
        ("report.xlsx", "report.xlsx"),
        ("팀 보고 3.한글", "3."),
    ],
)
def test_a_name_for_those_who_know_only_ascii(name, told):
    assert ascii_name(name) == told


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        ("report 1.xlsx", "report 1.xlsx"),
        ('마감 "보고"; x=1.xlsx', '마감 "보고"; x=1.xlsx'),
        ("100% '마감'.xlsx", "100% '마감'.xlsx"),
        ("긴" * 80 + ".xlsx", "긴" * 80 + ".xlsx"),
        ("a\r\nBcc: x@y.kr.xlsx", "aBcc: x@y.kr.xlsx"),
    ],
)
def test_whatever_a_file_is_called_its_name_arrives_and_begins_no_header(name, arrives):
    mail = read(made(name))
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == arrives
    assert attachment.get_content() == BYTES
    assert not any("Bcc" in part for part in mail.walk())


def test_the_same_report_at_the_same_moment_is_the_same_bytes_and_any_change_another_message():
    assert made() == made()
    ids = {read(data)["Message-ID"] for data in (made(), made(data=b"x"), made(of=report(kospi())))}
    assert len(ids) == 3
    later = Envelope(ENVELOPE.to, ENVELOPE.cc, ENVELOPE.sender, kst("2026-11-20 17:10:01"))
    assert read(made(envelope=later))["Message-ID"] not in ids


def test_no_header_tells_of_machine_user_or_program(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "trading-pc-7")
    monkeypatch.setattr(socket, "getfqdn", lambda *_: "trading-pc-7.company.local")
    data = made()
    head = data.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    assert re.search(r"^Message-ID: <[0-9a-f]{32}@company\.kr>$", head, re.M)
    assert "trading" not in head
    assert getpass.getuser() not in head
    assert {line.split(":")[0] for line in head.splitlines() if not line.startswith(" ")} == {
        "Subject", "From", "To", "Cc", "Date", "Message-ID", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_every_line_is_short_ascii_with_the_ends_mail_asks_for():
    lines = made().split(b"\r\n")
    assert all(line.isascii() and b"\n" not in line and len(line) < 998 for line in lines)


def test_a_draft_is_marked_to_be_opened_for_writing_and_names_nobody():
    draft = read(made(envelope=Envelope(), draft=True))
    assert draft["X-Unsent"] == "1"
    assert [draft[name] for name in ("From", "To", "Cc", "Date", "Message-ID")] == [None] * 5
    assert "X-Unsent" not in read(made())


def test_a_name_of_the_gateways_is_text_in_the_page():
    mail = read(made(of=report(kospi("2026-11-20 15:45:12", who("9300", 1, 2, '<img src="http://x.kr/a.png">&')))))
    page = mail.get_body(("html",)).get_content()
    assert "&lt;img src=&quot;http://x.kr/a.png&quot;&gt;&amp; (코드 9300)" in page
    assert "<img" not in page


def test_the_page_loads_nothing_from_anywhere():
    page = read(made()).get_body(("html",)).get_content()
    assert not re.search(r"https?:|src=|url\(|@import|<link|<script|<img|javascript:", page)


def test_the_page_stays_below_what_mail_programs_cut_off():
    from xlwings_kis.markets import ALL_PAIRS

    page = read(made(of=report(*(kospi(pair=pair) for pair in ALL_PAIRS)))).get_body(("html",)).get_content()
    assert len(page.encode()) < 100_000


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=40))
def test_any_name_that_kis_sends_survives_both_readers(name):
    data = made(of=report(kospi("2026-11-20 15:45:12", who("9300", 1, 2, name))), data=b"x")
    assert "(코드 9300)" in read(data).get_body(("plain",)).get_content()
    assert "(코드 9300)" in fast_mail_parser.parse_email(data).text_html[0]
