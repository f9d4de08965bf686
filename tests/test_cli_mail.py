"""`--mail-to`: a saved report leaves, or one sentence says why not; the report stays whatever happens."""

from __future__ import annotations

import argparse
import email
import email.policy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import server_context
from mailing import report
from mailserver import PASSWORD, USER, CutsInData, MailServer

from xlwings_kis import ring, runtime, sources
from xlwings_kis.cli import mail, main
from xlwings_kis.errors import ArgumentError, DeliveryError, FileError, KisError, SettingsError
from xlwings_kis.report.content import Report

NAME = "프로그램매매_20261120_1545.xlsx"
KEPT = f"보고서는 저장되어 있습니다: {NAME}"
DATA = b"PK\x03\x04 a workbook"
SUBJECT = "[프로그램] 11/20 마감 코스피 -1,012억 코스닥 +87억 (15:45 조회)"


@pytest.fixture
def serve(authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MailServer]]:
    """A server, and the environment that leads to it."""
    servers: list[MailServer] = []

    def start(**options: Any) -> MailServer:
        servers.append(MailServer("starttls", server_context(authority), **options))
        to = servers[-1].address()
        for name, value in {"HOST": to.host, "PORT": to.port, "USER": USER, "PASSWORD": PASSWORD}.items():
            monkeypatch.setenv(f"XLWINGS_KIS_MAIL_{name}", str(value))
        return servers[-1]

    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    yield start
    for server in servers:
        server.close()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "보고 폴더" / NAME
    path.parent.mkdir()
    path.write_bytes(DATA)
    return path


@pytest.fixture(autouse=True)
def _on_the_tests_clock(clock, monkeypatch) -> None:
    clock.set("2026-11-20 17:10:00")
    monkeypatch.setattr(runtime, "clock", clock)


@pytest.fixture
def deliver(saved: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[KisError | None, str]]:
    """Deliver the saved report by these words of a command line: what was raised, and stderr."""

    def run(*words: str, of: Report | None = None, **more: Any) -> tuple[KisError | None, str]:
        parser = argparse.ArgumentParser()
        mail.options(parser, "ko")
        arguments = parser.parse_args(words, argparse.Namespace(lang="ko", **more))
        try:
            mail.deliver(arguments, of or report(), saved)
            raised = None
        except KisError as error:
            raised = error
        assert saved.read_bytes() == DATA
        out, err = capsys.readouterr()
        assert out == ""
        said = err + (str(raised) if raised else "")
        assert PASSWORD not in said
        assert str(saved.parent) not in said
        return raised, said

    return run


def read(data: bytes) -> Any:
    return email.message_from_bytes(data, policy=email.policy.default)


def test_without_the_options_nothing_happens(deliver, monkeypatch):
    monkeypatch.setenv("XLWINGS_KIS_MAIL_SECURITY", "nonsense")  # not even the settings are read
    assert deliver() == (None, "")


def test_a_report_is_sent_to_everybody_named(deliver, serve):
    server = serve()
    raised, said = deliver(
        "--mail-to", '"홍, 길동" <a@b.kr>, c@d.kr', "--mail-to", "e@f.kr", "--mail-cc", "g@h.kr; A@b.kr"
    )
    assert (raised, said) == (None, "메일을 보냈습니다: a@b.kr, c@d.kr, e@f.kr, g@h.kr\n")
    (envelope,) = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (USER, ["a@b.kr", "c@d.kr", "e@f.kr", "g@h.kr"])
    message = read(envelope.content)
    assert message["Subject"] == SUBJECT
    assert message["Date"].datetime.isoformat() == "2026-11-20T17:10:00+09:00"
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == (NAME, DATA)


def test_quiet_is_quiet(deliver, serve):
    serve()
    assert deliver("--mail-to", "a@b.kr", quiet=True) == (None, "")


def test_the_shown_sender_may_be_another_than_the_account(deliver, serve, monkeypatch):
    server = serve()
    monkeypatch.setenv("XLWINGS_KIS_MAIL_FROM", "프로그램매매 <report@company.kr>")
    deliver("--mail-to", "a@b.kr")
    assert server.envelopes[0].mail_from == "report@company.kr"
    assert read(server.envelopes[0].content)["From"].addresses[0].display_name == "프로그램매매"


def test_a_users_template_is_used(deliver, serve):
    server = serve()
    folder = Path(os.environ["XLWINGS_KIS_HOME"]) / "templates"
    folder.mkdir(parents=True)
    (folder / "mail.txt").write_text("제목: 마감 $kospi", encoding="utf-8")
    deliver("--mail-to", "a@b.kr")
    assert read(server.envelopes[0].content)["Subject"] == "마감 -1,012억"


# --- what goes wrong ---


def test_refused_recipients_are_named_and_the_report_is_kept(deliver, serve):
    serve(refuse=("a@b.kr",))
    raised, said = deliver("--mail-to", "a@b.kr")
    assert isinstance(raised, DeliveryError)
    assert raised.exit_code == 5
    assert said == f"메일을 보내지 못했습니다(수신 거부: a@b.kr). {KEPT}. 받는 주소를 확인하세요."


def test_where_some_got_it_that_is_said_too(deliver, serve):
    server = serve(refuse=("a@b.kr",))
    raised, said = deliver("--mail-to", "a@b.kr,c@d.kr")
    assert raised.exit_code == 5
    assert len(server.envelopes) == 1
    assert said == (
        f"메일을 일부만 보냈습니다(수신 거부: a@b.kr). 나머지 1명에게는 보냈습니다. {KEPT}. 거부된 주소를 확인하세요."
    )


def test_a_connection_cut_in_the_middle_says_where_the_report_is(deliver, serve, saved):
    saved.write_bytes(DATA)
    serve(protocol=CutsInData)
    raised, said = deliver("--mail-to", "a@b.kr")
    assert raised.exit_code == 5
    assert KEPT in said


@pytest.mark.parametrize("words", [["a@b"], ["a@b.kr", "--mail-cc", "x"], ["a@b.kr\r\nBcc: c@d.kr"]])
def test_a_wrong_address_sends_nothing_and_keeps_the_report(deliver, serve, words):
    server = serve()
    words = [word.replace("a@b", "a b@c") if word == "a@b" else word for word in words]
    raised, said = deliver("--mail-to", *words)
    assert isinstance(raised, ArgumentError)
    assert raised.exit_code == 2
    assert said.startswith(f"{KEPT}\n메일 주소가 아님: ")
    assert (server.envelopes, server.logins) == ([], [])


def test_without_mail_settings_the_sentence_names_them(deliver):
    raised, said = deliver("--mail-to", "a@b.kr")
    assert isinstance(raised, SettingsError)
    assert raised.exit_code == 3
    assert said == f"{KEPT}\n메일 설정이 없습니다. 다음 값을 넣으세요: XLWINGS_KIS_MAIL_HOST."


def test_without_a_sender_the_sentence_names_that(deliver, serve, monkeypatch):
    serve()
    monkeypatch.setenv("XLWINGS_KIS_MAIL_USER", "desk")
    assert "XLWINGS_KIS_MAIL_FROM" in deliver("--mail-to", "a@b.kr")[1]


def test_without_a_password_the_sentence_names_the_command(deliver, serve, monkeypatch):
    serve()
    monkeypatch.delenv("XLWINGS_KIS_MAIL_PASSWORD")
    raised, said = deliver("--mail-to", "a@b.kr")
    assert raised.exit_code == 3
    assert "xlwings-kis login --mail" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "smtp"),
        ("SECURITY", "ssl"),
        ("HOST", "smtp://x"),
        ("HOST", "a b"),
        ("FROM", "x"),
        ("USER", "홍"),
    ],
)
def test_a_wrong_setting_is_named(deliver, serve, monkeypatch, name, value):
    serve()
    monkeypatch.setenv(f"XLWINGS_KIS_MAIL_{name}", value)
    raised, said = deliver("--mail-to", "a@b.kr")
    assert raised.exit_code == 3
    assert f"설정값 오류. XLWINGS_KIS_MAIL_{name} 값을 확인하세요: " in said


def test_a_broken_template_is_one_sentence(deliver, serve, monkeypatch, tmp_path):
    serve()
    (tmp_path / "서식.txt").write_text("제목: $nobody", encoding="utf-8")
    monkeypatch.setenv("XLWINGS_KIS_MAIL_TEMPLATE", str(tmp_path / "서식.txt"))
    raised, said = deliver("--mail-to", "a@b.kr")
    assert raised.exit_code == 3
    assert "메일 서식 오류. 서식.txt의 $nobody을(를)" in said


def test_a_report_that_cannot_be_read_back_is_not_sent(deliver, serve, saved, monkeypatch):
    server = serve()
    monkeypatch.setattr(Path, "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "locked")))
    arguments = argparse.Namespace(lang="ko", mail_to=["a@b.kr"], mail_cc=None, dry_run=False)
    with pytest.raises(DeliveryError, match="보고서 읽기 실패"):
        mail.deliver(arguments, report(), saved)
    assert server.envelopes == []


# --- dry runs ---


def test_a_dry_run_writes_what_would_be_sent_and_sends_nothing(deliver, serve, saved):
    server = serve()
    raised, said = deliver("--mail-to", "a@b.kr", "--dry-run")
    assert (raised, said) == (None, f"저장했습니다: {saved.stem}.eml (메일은 보내지 않았습니다)\n")
    assert (server.envelopes, server.logins) == ([], [])
    message = read(saved.with_suffix(".eml").read_bytes())
    assert (message["Subject"], message["To"], message["From"]) == (SUBJECT, "a@b.kr", USER)
    assert [part.get_content() for part in message.iter_attachments()] == [DATA]


def test_a_dry_run_needs_no_mail_settings(deliver, saved):
    assert deliver("--dry-run")[0] is None
    assert read(saved.with_suffix(".eml").read_bytes())["Subject"] == SUBJECT


def test_the_same_dry_run_writes_the_same_bytes(deliver, saved):
    deliver("--dry-run", "--mail-to", "a@b.kr")
    first = saved.with_suffix(".eml").read_bytes()
    deliver("--dry-run", "--mail-to", "a@b.kr")
    assert saved.with_suffix(".eml").read_bytes() == first


def test_a_dry_run_never_replaces_a_file_of_that_name(deliver, saved):
    there = saved.with_suffix(".eml")
    there.write_bytes(b"kept by somebody")
    raised, said = deliver("--dry-run", "--mail-to", "a@b.kr")
    assert raised is None
    assert said.splitlines() == [
        f"같은 이름의 파일이 있어 '{saved.stem}_2.eml'로 저장했습니다.",
        f"저장했습니다: {saved.stem}_2.eml (메일은 보내지 않았습니다)",
    ]
    assert there.read_bytes() == b"kept by somebody"
    assert read(saved.with_name(f"{saved.stem}_2.eml").read_bytes())["Subject"] == SUBJECT
    assert f"{saved.stem}_3.eml" in deliver("--dry-run", "--mail-to", "c@d.kr", quiet=True)[1]


def test_a_dry_run_that_cannot_write_says_so(deliver, saved):
    saved.with_suffix(".eml").mkdir()
    raised, said = deliver("--dry-run")
    assert isinstance(raised, FileError)
    assert raised.exit_code == 6
    assert KEPT in said


# --- the password ---


class FakeKeyring:
    """A keyring in memory."""

    name = "시험 보관함"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service, name, value):
        self.kept[service, name] = value

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def delete_password(self, service, name):
        del self.kept[service, name]

    def get_keyring(self):
        return self


@pytest.fixture
def keyring(monkeypatch) -> FakeKeyring:
    import keyring as library

    fake = FakeKeyring()
    for name in ("set_password", "get_password", "delete_password", "get_keyring"):
        monkeypatch.setattr(library, name, getattr(fake, name))
    return fake


def log_in(monkeypatch: pytest.MonkeyPatch, typed: str = PASSWORD) -> int:
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or typed)
    status = main(["login", "--mail"])
    assert all(USER in prompt for prompt in asked)
    return status


def test_a_password_from_the_keyring_is_used_and_logout_takes_it_away(deliver, serve, keyring, monkeypatch, capsys):
    server = serve()
    monkeypatch.delenv("XLWINGS_KIS_MAIL_PASSWORD")
    assert log_in(monkeypatch) == 0
    err = capsys.readouterr().err
    assert "시험 보관함" in err
    assert PASSWORD not in err
    assert deliver("--mail-to", "a@b.kr")[0] is None
    assert server.logins == [("PLAIN", USER, PASSWORD)]
    assert main(["logout"]) == 0
    assert capsys.readouterr().err == "지웠습니다: 메일 비밀번호.\n"
    assert keyring.kept == {}


@pytest.mark.parametrize(("name", "value"), [("HOST", "mail.elsewhere.kr"), ("USER", "else@company.kr")])
def test_a_kept_password_goes_to_no_other_server_or_account(deliver, serve, keyring, monkeypatch, capsys, name, value):
    server = serve()
    monkeypatch.delenv("XLWINGS_KIS_MAIL_PASSWORD")
    log_in(monkeypatch)
    capsys.readouterr()
    monkeypatch.setenv(f"XLWINGS_KIS_MAIL_{name}", value)
    assert deliver("--mail-to", "a@b.kr")[0].problem.key == "no_mail_password"
    assert server.logins == []


def test_the_environments_password_comes_before_the_keyrings(deliver, serve, keyring, monkeypatch, capsys):
    server = serve()
    log_in(monkeypatch, "an older one")
    capsys.readouterr()
    assert deliver("--mail-to", "a@b.kr")[0] is None
    assert server.logins == [("PLAIN", USER, PASSWORD)]


@pytest.mark.parametrize("kept", ["", "no json", "[]", json.dumps({"host": "h"}), "null"])
def test_a_keyring_with_something_else_in_it_holds_no_password(keyring, kept):
    keyring.kept[ring.SERVICE, ring.MAIL_ENTRY] = kept
    assert sources.keyring_mail() == {}


def test_the_mail_login_needs_to_know_where_first(keyring, capsys):
    assert main(["login", "--mail"]) == 3
    assert "XLWINGS_KIS_MAIL_HOST, XLWINGS_KIS_MAIL_USER" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["", "비밀번호", "a\tb"])
def test_what_can_be_no_password_is_not_stored(serve, keyring, monkeypatch, capsys, typed):
    serve()
    assert log_in(monkeypatch, typed) == 3
    assert "앱 비밀번호" in capsys.readouterr().err
    assert keyring.kept == {}


def test_without_a_keyring_the_mail_login_says_where_else(serve, monkeypatch, capsys):
    serve()
    assert log_in(monkeypatch) == 3
    assert "XLWINGS_KIS_MAIL_PASSWORD" in capsys.readouterr().err


def test_no_option_takes_a_password():
    parser = argparse.ArgumentParser()
    mail.options(parser, "ko")
    assert "pass" not in parser.format_help().lower()
