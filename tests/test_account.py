"""`login` and `logout`: checked at KIS, stored whole or not at all, and nothing left afterwards."""

from __future__ import annotations

import getpass
import io
import json
import os
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import pytest
from clocks import ManualClock

from xlwings_kis import ring, runtime, settings
from xlwings_kis.cli import main
from xlwings_kis.server.guests import FILE, GuestBook
from xlwings_kis.simulator import Fault

ENTRY = ("xlwings-kis", "key-pair")
OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
"""Said by a child that has a session of its own: Ctrl+C there is its Ctrl+C."""

OTHER_KEY, OTHER_SECRET = "Q" * 36, "t" * 180


@pytest.fixture(autouse=True)
def _clock_and_folder(monkeypatch, clock, tmp_path):
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def bare(environment, monkeypatch):
    """A user who has set the gateway's address and no key."""
    monkeypatch.delenv("KIS_APP_KEY")
    monkeypatch.delenv("KIS_APP_SECRET")


@pytest.fixture
def typing(monkeypatch):
    """What is typed at the questions, one after the other."""

    def types(*answers):
        left = list(answers)

        def answer(prompt):
            given = left.pop(0)
            if isinstance(given, type):
                raise given
            return given

        monkeypatch.setattr("getpass.getpass", answer)
        return left

    return types


def run(capsys, *words):
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


def state():
    return Path(os.environ["XLWINGS_KIS_HOME"])


def files_left():
    return sorted(path.name for path in state().rglob("*")) if state().exists() else []


# --- login ---


def test_login_checks_the_pair_with_one_token_and_one_call_and_says_what_is_where(capsys, bare, kis, vault, typing):
    typing(kis.app_key, kis.app_secret)
    status, out, err = run(capsys, "login")
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        "앱키와 시크릿을 시험 보관함에 저장했습니다.",
        "KIS에서 토큰과 조회로 확인했습니다. 토큰은 하루 한 번 발급되며(KIS가 알림을 보냅니다) $XLWINGS_KIS_HOME에 있습니다.",
        "이제 xlwings-kis table KRX 코스피 를 실행해 보세요.",
    ]
    assert kis.kinds == ["token", "program-trade"]
    assert json.loads(vault.kept[ENTRY]) == {"app_key": kis.app_key, "app_secret": kis.app_secret}
    assert list(vault.kept) == [ENTRY]
    assert run(capsys, "table", "KRX", "코스피")[0] == 0
    assert kis.count("token") == 1


def test_login_uses_the_token_that_is_there(capsys, bare, kis, vault, typing, environment):
    environment()
    assert run(capsys, "table", "KRX", "코스피")[0] == 0
    for name in ("KIS_APP_KEY", "KIS_APP_SECRET"):
        os.environ.pop(name)
    typing(kis.app_key, kis.app_secret)
    assert run(capsys, "login")[0] == 0
    assert kis.count("token") == 1


@pytest.mark.parametrize(
    "around",
    ['"{}"', " '{}' ", "“{}”", "\ufeff{}\r", "\u200b{}\u00a0", '"{}",', "{}\n", "\x1b{}", "`{}`;"],
)
def test_what_comes_with_copying_is_taken_off(capsys, bare, kis, vault, typing, around):
    typing(around.format(kis.app_key), around.format(kis.app_secret))
    assert run(capsys, "login")[0] == 0
    assert json.loads(vault.kept[ENTRY]) == {"app_key": kis.app_key, "app_secret": kis.app_secret}


def test_a_secret_that_was_broken_over_lines_or_blanks_is_put_together(capsys, bare, kis, vault, typing):
    typing(kis.app_key, f"{kis.app_secret[:60]} {kis.app_secret[60:]}")
    assert run(capsys, "login")[0] == 0


def test_a_line_end_that_was_pasted_along_does_not_answer_the_next_question(capsys, bare, kis, vault, typing):
    left = typing("", kis.app_key, "\n", kis.app_secret)
    assert run(capsys, "login")[0] == 0
    assert left == []


def test_a_console_that_takes_ctrl_v_for_a_letter_is_explained(capsys, bare, kis, vault, typing):
    typing("\x16", kis.app_key, kis.app_secret)
    status, _, err = run(capsys, "login")
    assert status == 0
    assert err.startswith("이 창에서는 Ctrl+V로 붙여넣을 수 없습니다.")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("short", "s" * 180), "앱키 형식이 아닙니다. 36자여야 하는데 5자입니다."),
        (("", "", "", "s" * 180), "앱키 형식이 아닙니다. 36자여야 하는데 0자입니다."),
        (("P" * 36, "", " ", "''"), "시크릿 형식이 아닙니다. 180자여야 하는데 0자입니다."),
        (("P" * 36, "s" * 179), "시크릿 형식이 아닙니다. 180자여야 하는데 179자입니다."),
        (("s" * 180, "P" * 36), "앱키·시크릿 뒤바뀜."),
        (("P" * 36, "P" * 36), "같은 값을 두 번 넣음."),
        (("열" * 36, "s" * 180), "앱키 형식이 아닙니다."),
    ],
)
def test_what_cannot_be_a_key_pair_is_neither_sent_nor_stored(capsys, bare, kis, vault, typing, typed, told):
    typing(*typed)
    status, _, err = run(capsys, "login")
    assert status == 3
    assert err.startswith(told)
    assert err.count("\n") == 1
    assert vault.kept == {}
    assert kis.calls == []


@pytest.mark.parametrize("fault", [Fault.TOKEN_WRONG_KEY, Fault.PAPER_KEY])
def test_a_pair_that_kis_refuses_is_not_stored(capsys, bare, kis, vault, typing, fault):
    vault.kept[ENTRY] = before = json.dumps({"app_key": OTHER_KEY, "app_secret": OTHER_SECRET})
    typing(kis.app_key, kis.app_secret)
    kis.fault = fault
    status, _, err = run(capsys, "login")
    assert status == 3
    assert err.splitlines()[0] == "저장하지 않았습니다."
    assert "EGW" in err
    assert vault.kept[ENTRY] == before, "and the pair that was there stays"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.HTML_503, 5),
        (Fault.RESET, 5),
        (Fault.IP_NOT_ALLOWED, 4),
        (Fault.TOKEN_TOO_SOON, 4),
        (Fault.UNKNOWN_CODE, 4),
        (Fault.WRONG_SHAPE, 1),
    ],
)
def test_a_pair_that_could_not_be_checked_is_stored_and_that_is_said(capsys, bare, kis, vault, typing, fault, status):
    typing(kis.app_key, kis.app_secret)
    kis.fault = fault
    shown = run(capsys, "login")
    assert shown[0] == status
    assert shown[2].startswith("앱키와 시크릿을 시험 보관함에 저장했습니다.\nKIS에서 확인하지는 못했습니다: ")
    assert ENTRY in vault.kept


def test_a_corporation_is_told_what_else_it_needs(capsys, bare, kis, vault, typing, monkeypatch):
    monkeypatch.setenv("KIS_CUSTTYPE", "B")
    typing(kis.app_key, kis.app_secret)
    status, _, err = run(capsys, "login")
    assert status == 3
    assert "KIS_PERSONALSECKEY" in err
    assert ENTRY in vault.kept
    assert kis.calls == []


def test_a_right_pair_after_a_wrong_one_waits_for_the_cool_down_and_is_checked(
    capsys, bare, kis, vault, typing, monkeypatch
):
    clock = ManualClock()
    monkeypatch.setattr(runtime, "clock", clock)
    typing(kis.app_key, "x" * 180)
    kis.fail_next(Fault.TOKEN_WRONG_KEY)
    assert run(capsys, "login")[0] == 3
    clock.move(20)
    typing(kis.app_key, kis.app_secret)
    status, _, err = run(capsys, "login")
    assert status == 0
    assert err.startswith("조금 전의 토큰 요청이 거절되어 11:21:31에 다시 확인합니다.")
    assert max(clock.slept) == pytest.approx(41)
    assert kis.count("token") == 2


@pytest.mark.parametrize("answers", [(KeyboardInterrupt,), ("P" * 36, KeyboardInterrupt), (EOFError,)])
def test_ctrl_c_at_a_question_stores_nothing(capsys, bare, kis, vault, typing, answers):
    typing(*answers)
    assert run(capsys, "login") == (130, "", "멈췄습니다.\n")
    assert vault.kept == {}
    assert files_left() == []


@pytest.mark.parametrize("ends", ["typed", "ctrl-c"])
def test_on_a_real_terminal_nothing_that_is_typed_is_shown(bare, kis, ends):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    tests = str(Path(__file__).parent)
    more = {"PYTHON_KEYRING_BACKEND": "vault.Vault", "PYTHONPATH": os.pathsep.join((tests, str(Path(tests).parent)))}
    login = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL + "import sys; from xlwings_kis.cli import main; sys.exit(main(['login']))"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | more, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    screen = b""

    def see(words):
        nonlocal screen
        while words.encode() not in screen:
            screen += os.read(ours, 4096)

    see("앱키(36자): ")
    os.write(ours, kis.app_key.encode() + b"\n")
    see("시크릿(180자): ")
    os.write(ours, kis.app_secret.encode() + b"\n" if ends == "typed" else b"\x03")
    see("이제 xlwings-kis table" if ends == "typed" else "멈췄습니다.")
    assert login.wait(20) == (0 if ends == "typed" else 130)
    os.close(ours)
    assert kis.app_key.encode() not in screen
    assert kis.app_secret.encode() not in screen
    assert b"Traceback" not in screen


def test_ctrl_c_while_kis_is_asked_stores_nothing(capsys, bare, kis, vault, typing, monkeypatch):
    from xlwings_kis.gateway import Gateway

    def interrupted(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(Gateway, "program_trade", interrupted)
    typing(kis.app_key, kis.app_secret)
    assert run(capsys, "login")[0] == 130
    assert vault.kept == {}


def test_login_without_a_keyring_says_where_else_and_how_private_that_is_before_anything_is_typed(capsys, typing):
    left = typing("never asked")
    status, _, err = run(capsys, "login")
    assert status == 3
    assert "KIS_APP_KEY" in err
    assert "암호화되지 않으니" in err
    assert left == ["never asked"]


@pytest.mark.parametrize(
    ("habit", "told"), [("locked", "보관함 잠김."), ("silent", "보관함 응답 없음.")], ids=["locked", "silent"]
)
def test_a_keyring_that_stays_shut_is_told_before_anything_is_typed(capsys, vault, typing, monkeypatch, habit, told):
    monkeypatch.setattr(ring, "UNLOCK_SECONDS", 0.05)
    setattr(vault, habit, True)
    left = typing("never asked")
    status, _, err = run(capsys, "login")
    assert status == 3
    assert err.startswith(told)
    assert left == ["never asked"]


@pytest.mark.parametrize("habit", ["refusing", "forgetful"])
def test_a_keyring_that_does_not_keep_the_pair_is_told_in_one_sentence(capsys, bare, kis, vault, typing, habit):
    setattr(vault, habit, True)
    typing(kis.app_key, kis.app_secret)
    status, _, err = run(capsys, "login")
    assert status == 3
    assert err.startswith("보관함 저장 실패. 환경 변수 KIS_APP_KEY와 KIS_APP_SECRET에 넣으세요(")
    assert "PSsecret" not in err
    assert not (state() / "login.json").exists()


def test_a_broken_config_is_told_before_anything_is_typed(capsys, vault, typing):
    state().mkdir()
    (state() / "config.toml").write_text('ttl = 30\nlang = "ko\n', encoding="utf-8")
    left = typing("never asked")
    status, _, err = run(capsys, "login")
    assert (status, err) == (3, "설정 파일 오류. config.toml 2행에서 잘못된 곳을 고치거나 그 파일을 지우세요.\n")
    assert left == ["never asked"]


def test_whatever_hides_the_stored_pair_is_told(capsys, kis, environment, vault, typing):
    environment(XLWINGS_KIS_DEMO="1")
    typing(kis.app_key, kis.app_secret)
    status, _, err = run(capsys, "login")
    assert status == 0
    assert "KIS_APP_KEY의 앱키가 먼저 쓰입니다." in err
    assert "예시 모드(XLWINGS_KIS_DEMO)가 켜져 있습니다." in err
    assert kis.kinds == ["token", "program-trade"], "and the pair was checked at the gateway, not at the simulator"


def test_another_account_takes_the_place_of_the_last_one_whole(capsys, bare, kis, vault, typing):
    vault.kept[ENTRY] = json.dumps({"app_key": OTHER_KEY, "app_secret": OTHER_SECRET})
    typing(kis.app_key, kis.app_secret)
    assert run(capsys, "login")[0] == 0
    assert OTHER_KEY not in vault.kept[ENTRY]
    assert OTHER_SECRET not in vault.kept[ENTRY]


def test_windows_keeps_the_pair_on_this_machine_and_does_not_let_it_roam(vault, monkeypatch):
    monkeypatch.setattr(type(vault), "persist", "enterprise", raising=False)
    ring.write(OTHER_KEY, OTHER_SECRET)
    assert vault.persist == "local machine"


def test_a_keyring_of_the_system_has_the_name_its_users_know(vault, monkeypatch):
    monkeypatch.setattr(type(vault), "__module__", "keyring.backends.Windows")
    assert ring.place() == "Windows 자격 증명 관리자"
    assert ring.place("en") == "Windows Credential Manager"


def test_no_secret_is_ever_shown(capsys, bare, kis, vault, typing):
    for fault in (None, Fault.TOKEN_WRONG_KEY, Fault.UNKNOWN_CODE, Fault.HTML_200):
        kis.fault = fault
        typing(kis.app_key, kis.app_secret)
        _, out, err = run(capsys, "login")
        assert not any(secret in out + err for secret in (kis.app_key, kis.app_secret, *kis.issued_tokens))


def test_english_speaks_at_login_too(capsys, bare, kis, vault, typing):
    typing(kis.app_key, kis.app_secret)
    _, _, err = run(capsys, "login", "--lang", "en")
    assert err.startswith("The key pair is stored in ")
    assert "Now try xlwings-kis table KRX KOSPI." in err


def test_login_without_a_terminal_says_that_nothing_hides_what_is_typed(capsys, bare, kis, vault, monkeypatch):
    def unhidden(prompt):
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        raise AssertionError("Python's own question, with its own warning")

    monkeypatch.setattr("getpass.getpass", unhidden)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{kis.app_key}\n{kis.app_secret}\n"))
    status, _, err = run(capsys, "login")
    assert status == 0
    assert "여기서는 입력을 가릴 수 없어" in err
    assert "GetPassWarning" not in err
    assert kis.app_secret not in err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(capsys, "login")[0] == 130
    monkeypatch.setattr("sys.stdin", None)
    assert run(capsys, "login")[0] == 130


@pytest.mark.skipif(os.name == "nt", reason="Windows' console is asked whatever stdin is")
def test_a_process_without_any_terminal_shows_nothing_of_pythons(bare, kis, tmp_path):
    path = os.pathsep.join(str(folder) for folder in Path(__file__).parents[:2])
    login = subprocess.run(
        [sys.executable, "-m", "xlwings_kis", "login", "--mail"], input=b"", capture_output=True, timeout=60, check=False,
        env=os.environ | {"XLWINGS_KIS_MAIL_HOST": "127.0.0.1", "XLWINGS_KIS_MAIL_USER": "a@b.kr",
                          "PYTHON_KEYRING_BACKEND": "vault.Vault", "PYTHONPATH": path},
        start_new_session=True,
    )  # fmt: skip
    said = login.stderr.decode()
    assert (login.returncode, said[:17]) == (130, "여기서는 입력을 가릴 수 없어 ")
    assert "Warning" not in said


# --- logout ---


def test_logout_leaves_no_file_and_no_entry(capsys, bare, kis, vault, typing):
    typing(kis.app_key, kis.app_secret)
    run(capsys, "login")
    run(capsys, "table", "KRX", "코스피")
    status, out, err = run(capsys, "logout")
    assert (status, out, err) == (0, "", "지웠습니다: 앱키와 시크릿, 접근토큰, 저장된 표와 조회 횟수, 로그.\n")
    assert vault.kept == {}
    assert not state().exists()
    assert run(capsys, "table", "KRX", "코스닥")[0] == 3


def test_the_list_of_who_may_ask_the_server_goes_with_all_and_is_named(capsys):
    guests = GuestBook(settings.home_folder() / FILE)
    guests.add("김트레이더")
    assert run(capsys, "logout")[0] == 0
    assert guests.path.exists()
    assert "서버의 접속 토큰 명단" in run(capsys, "logout", "--all")[2]
    assert files_left() == []


def test_logout_with_nothing_stored_says_so(capsys):
    assert run(capsys, "logout") == (0, "", "저장된 것이 없습니다.\n")


def test_logout_removes_the_token_of_a_key_that_is_no_longer_set(capsys, kis, environment, monkeypatch):
    assert run(capsys, "table", "KRX", "코스피")[0] == 0
    monkeypatch.delenv("KIS_APP_KEY")
    monkeypatch.delenv("KIS_APP_SECRET")
    assert run(capsys, "logout")[2] == "지웠습니다: 접근토큰, 저장된 표와 조회 횟수, 로그.\n"
    assert files_left() == []


def test_logout_keeps_what_was_recorded_on_earlier_days_and_says_how_it_goes(capsys, kis, environment, clock):
    run(capsys, "table", "KRX", "코스피")
    clock.set("2026-11-23 10:00:00")
    status, _, err = run(capsys, "logout")
    assert status == 0
    assert err.splitlines()[:2] == [
        "지웠습니다: 접근토큰, 로그.",
        "지난 1일의 기록은 남겼습니다. 함께 지우려면 xlwings-kis logout --all 을 실행하세요.",
    ]
    with closing(sqlite3.connect(state() / "store.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM snapshot").fetchone() == (1,)
    assert run(capsys, "logout", "--all")[2].startswith("지웠습니다: 저장된 표와 조회 횟수.\n")
    assert not state().exists()


def test_logout_all_removes_the_config_and_what_was_set_aside(capsys):
    state().mkdir()
    for name in ("config.toml", "store.sqlite3.damaged-20261120-112031", "xlwings-kis.log", ".token-x.tmp"):
        (state() / name).write_text("", encoding="utf-8")
    _, _, err = run(capsys, "logout")
    assert files_left() == ["config.toml", "store.sqlite3.damaged-20261120-112031"]
    assert "손상되어 옮겨 둔 기록 파일은 남겼습니다." in err
    assert "직접 쓴 config.toml은 남겼습니다." in err
    assert err.startswith("지웠습니다: 로그.\n")
    assert run(capsys, "logout", "--all")[2] == "지웠습니다: 손상되어 옮겨 둔 기록 파일, config.toml.\n"
    assert not state().exists()


def test_logout_names_the_keys_it_does_not_touch(capsys, environment, kis):
    devlp = Path(os.environ["HOME"]) / "KIS" / "config" / "kis_devlp.yaml"
    devlp.parent.mkdir(parents=True)
    devlp.write_text("my_app: x\n", encoding="utf-8")
    _, _, err = run(capsys, "logout")
    assert "KIS_APP_KEY, KIS_APP_SECRET의 앱키는 그대로입니다." in err
    assert "kis_devlp.yaml의 앱키는 그대로입니다." in err
    assert devlp.read_text(encoding="utf-8") == "my_app: x\n"


def test_a_locked_keyring_does_not_keep_the_token_from_being_removed(capsys, environment, vault):
    run(capsys, "table", "KRX", "코스피")
    vault.locked = True
    status, _, err = run(capsys, "logout")
    assert status == 3
    assert "지웠습니다: 접근토큰, 저장된 표와 조회 횟수, 로그." in err
    assert "보관함 잠김." in err
    assert list(state().glob("token-*")) == []


def test_a_file_that_an_excel_holds_is_named(capsys, environment, monkeypatch):
    run(capsys, "table", "KRX", "코스피")
    real = Path.unlink

    def held(path, missing_ok=False):
        if path.name == "store.sqlite3":
            raise PermissionError(13, "in use")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", held)
    status, _, err = run(capsys, "logout")
    assert status == 6
    assert "지우지 못했습니다: store.sqlite3. Excel을 모두 닫고 다시 실행하세요." in err
    assert "지웠습니다: 접근토큰, 로그." in err
    _, _, again = run(capsys, "logout")
    assert "저장된 것이 없습니다" not in again
