"""Settings, formulas and commands of a machine whose store is a server: what its user sees, and what nobody does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from redis_server import RedisServer
from samples import KRX_KOSPI

from xlwings_kis import desk, runtime, settings, status, traces, udfs
from xlwings_kis.cli import main
from xlwings_kis.clock import to_kst
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.store import opening
from xlwings_kis.store.guarded import AGAIN
from xlwings_kis.store.opening import machine_mark
from xlwings_kis.store.shared import server as room

KEY = "k" * 43


@pytest.fixture
def server(own_server: RedisServer, clock, monkeypatch) -> RedisServer:
    """One that a test may stop; its clock is the test's."""
    monkeypatch.setattr(room.Server, "_time", lambda self: clock.epoch())
    return own_server


@pytest.fixture
def on(environment, tmp_path, monkeypatch, clock) -> Callable[..., None]:
    """Be a machine of the desk: its own state folder, the shared server."""
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)

    def be(server: RedisServer | str, machine: str = "one", **more: str) -> None:
        url = server if isinstance(server, str) else server.url
        own = {"XLWINGS_KIS_STORE": url, "XLWINGS_KIS_STORE_KEY": KEY, "XLWINGS_KIS_HOME": str(tmp_path / machine)}
        environment(**own | more)

    return be


def run(capsys, *words: str) -> tuple[int, str, str]:
    result = main(words)
    out, err = capsys.readouterr()
    return result, out, err


def test_what_one_machine_has_fetched_another_shows_without_a_call(kis, server, on, clock):
    on(server, "one")
    first = [runtime.feed().reading(pair) for pair in ALL_PAIRS]
    runtime.close()
    on(server, "another")
    second = [runtime.feed().reading(pair) for pair in ALL_PAIRS]
    assert [reading.snapshot for reading in first] == [reading.snapshot for reading in second]
    assert (kis.count("token"), kis.count("program-trade")) == (1, 6)
    assert second[0].counters == (0, 0), "counters are this machine's"
    assert "공유 꺼짐" not in status.line(second[0], to_kst(clock.epoch()))
    clock.move(31)
    runtime.feed().reading(KRX_KOSPI)
    assert (kis.count("token"), kis.count("program-trade")) == (1, 7)


def test_the_first_step_finds_a_server_that_is_connected_and_knows_the_script(server, on, clock, monkeypatch):
    """What a busy machine takes to get there is not taken for a slow server: it would ask KIS by itself."""
    found = []

    def look(home: Path) -> str:
        client = server.client()
        mine = client.client_id()
        found.append(len([one for one in client.client_list() if int(one["id"]) != mine]))
        found.append(client.info("memory")["number_of_cached_scripts"])
        client.close()
        return "mark"

    monkeypatch.setattr(opening, "machine_mark", look)
    on(server)
    store = desk.open_desk(settings.load({}), clock).store
    assert found == []
    store.take()
    assert found == [1, 1]
    assert store.sharing
    store.close()


def test_no_secret_goes_to_the_server_or_stays_there(kis, server, on, clock):
    client, heard = server.client(), ""
    with client.monitor() as monitor:
        for machine in ("one", "another"):
            on(server, machine)
            runtime.feed().reading(KRX_KOSPI)
            kis.expire_tokens()
            clock.move(31)
            runtime.feed().reading(KRX_KOSPI)
            runtime.close()
        client.echo("the end")
        for line in monitor.listen():
            heard += repr(line)
            if "the end" in line["command"]:
                break
    assert kis.count("token") == 3
    assert "save_token" in heard
    for secret in (kis.app_key, kis.app_secret, *kis.issued_tokens, KEY):
        assert secret not in heard
        assert secret not in server.everything().decode()


def test_when_the_server_goes_away_figures_go_on_and_the_status_says_so_until_it_is_back(
    kis, server, on, clock, monkeypatch
):
    on(server)
    assert runtime.feed().reading(KRX_KOSPI).sharing
    server.kill()
    clock.move(31)
    reading = runtime.feed().reading(KRX_KOSPI)
    assert reading.problem is None
    assert "공유 꺼짐" in status.line(reading, to_kst(clock.epoch()))
    assert (kis.count("token"), kis.count("program-trade")) == (1, 2)
    server.start()
    monkeypatch.setattr("xlwings_kis.store.guarded.AGAIN", 0.0)
    runtime.feed()._era._desk.store._away_until -= AGAIN  # as if so long had passed
    clock.move(31)
    reading = runtime.feed().reading(KRX_KOSPI)
    assert reading.problem is None
    assert reading.sharing
    assert kis.count("token") == 1


def test_without_the_server_and_without_a_token_the_cell_says_what_to_do(kis, server, on):
    on(server)
    server.kill()
    corner = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[0][0]
    assert corner.startswith("#KIS! 공유 서버 연결 실패. 토큰은 공유 서버(Redis)를 거쳐서만 발급합니다.")
    assert kis.calls == []


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"XLWINGS_KIS_STORE": "redis://redis.desk.example:6379"}, "암호화 안 된 저장소."),
        ({"XLWINGS_KIS_STORE_KEY": ""}, "공유 암호 키 없음."),
    ],
)
def test_a_store_that_would_not_be_safe_is_not_used_at_all(capsys, kis, on, environment, more, cause):
    on("rediss://redis.desk.example:6379")
    environment(**more)
    assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[0][0].startswith(f"#KIS! {cause}")
    for words in (("table", "KRX", "코스피"), ("history", "stats")):
        code, out, err = run(capsys, *words)
        assert (code, out) == (3, "")
        assert err.startswith(cause)
    assert kis.calls == []


@pytest.mark.parametrize("missing", ["redis", "cryptography.hazmat.primitives.ciphers.aead"])
def test_without_the_extra_the_sentence_is_the_command_to_run(capsys, kis, on, monkeypatch, missing):
    on("redis://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, missing, None)
    code, _, err = run(capsys, "table", "KRX", "코스피")
    assert (code, err) == (
        3,
        'Redis용 부품 없음. 명령 프롬프트에서 python -m pip install "xlwings-kis[redis]" 를 실행하세요.\n',
    )


def test_a_brought_token_needs_no_key_and_stays_on_the_machine(kis, server, on, environment):
    on(server)
    environment(XLWINGS_KIS_STORE_KEY="", KIS_ACCESS_TOKEN="brought-token")
    runtime.feed().reading(KRX_KOSPI)
    held = server.everything()
    assert b"brought-token" not in held
    assert b":token" not in held
    assert kis.count("token") == 0


def test_neither_user_nor_password_of_the_server_is_told_anywhere(capsys, kis, server, on, tmp_path):
    for password in ("hunter2-hunter2", "wrong-hunter2"):
        on(server.url.replace("//", f"//desk-user:{password}@"), f"machine {password}")
        if password.startswith("hunter2"):
            server.client().execute_command("ACL", "SETUSER", "desk-user", "on", f">{password}", "~*", "+@all")
        told = ""
        for words in (("table", "KRX", "코스피"), ("doctor",), ("history", "stats"), ("log",)):
            told += "".join(map(str, run(capsys, *words)))
        told += repr(settings.load()) + status.line(runtime.feed().reading(KRX_KOSPI), to_kst(runtime.clock.epoch()))
        runtime.close()
        for file in tmp_path.rglob("*.log"):
            told += file.read_text(encoding="utf-8")
        assert "127.0.0.1" in told
        assert "desk-user" not in told
        assert "hunter2" not in told


def test_the_doctor_sees_the_server_and_the_shared_token(capsys, kis, server, on):
    on(server, "one")
    run(capsys, "table", "KRX", "코스피")
    on(server, "another")
    _, out, _ = run(capsys, "doctor")
    assert f"{server.url}에 " in out
    assert "에 연결됩니다." in out
    assert "접근토큰   11/21 11:20까지 씁니다." in out
    assert kis.count("token") == 1
    on(server, "third", XLWINGS_KIS_STORE_KEY="o" * 43)
    code, out, _ = run(capsys, "doctor")
    assert code == 3
    assert "공유 암호 키 다름" in out


def test_history_is_that_of_the_desk(capsys, kis, server, on, clock, tmp_path):
    on(server, "one")
    for at in ("11:20:31", "11:25:00"):
        clock.set(f"2026-11-20 {at}")
        run(capsys, "table", "KRX", "코스피")
    runtime.close()
    on(server, "another")
    code, out, _ = run(capsys, "history", "stats")
    assert (code, out) == (
        0,
        f"KRX 코스피: 1일, 표 2개, 2026-11-20 ~ 2026-11-20\n서버 {server.url} (여러 PC가 함께 씁니다)\n",
    )
    assert run(capsys, "table", "KRX", "코스피", "--at", "11:22", "--format", "csv")[0] == 0
    assert run(capsys, "history", "export", "-o", "x.csv")[0] == 0
    assert len((tmp_path / "x.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 2 * 11
    clock.set("2026-11-23 09:30:00")
    assert "표 2개를 지웠습니다" in run(capsys, "history", "prune", "--keep-days", "1")[2]
    assert run(capsys, "history", "stats")[0] == 7
    server.kill()
    code, _, err = run(capsys, "history", "stats")
    assert (code, err) == (7, "저장소 읽기 실패. 잠시 뒤 다시 시도하세요.\n")


def test_logout_leaves_the_desk_its_token_and_says_so(capsys, kis, server, on, vault):
    on(server)
    vault.kept["xlwings-kis", "store-key"] = KEY
    run(capsys, "table", "KRX", "코스피")
    assert (Path(os.environ["XLWINGS_KIS_HOME"]) / traces.MACHINE).exists()
    _, _, err = run(capsys, "logout")
    assert "공유 암호 키" in err
    assert "여러 PC가 함께 쓰는 서버의 토큰은 다른 PC가 쓰므로 남겼습니다." in err
    assert not vault.kept
    assert b"sealed" in server.everything()
    assert not Path(os.environ["XLWINGS_KIS_HOME"]).exists()
    _, _, err = run(capsys, "logout", "--all")
    assert "서버의 공유 토큰" in err
    assert b"sealed" not in server.everything()
    server.kill()
    assert "그곳의 토큰은 지우지 못했습니다" in run(capsys, "logout", "--all")[2]


def test_the_mark_of_a_machine_is_made_once_and_tells_nothing(tmp_path):
    mark = machine_mark(tmp_path / "home")
    assert mark == machine_mark(tmp_path / "home")
    assert mark != machine_mark(tmp_path / "other home")
    assert len(mark) == 16
    assert set(mark) <= set("0123456789abcdef")
    (tmp_path / "file").write_text("")
    assert machine_mark(tmp_path / "file") != machine_mark(tmp_path / "file")
    (tmp_path / "home" / traces.MACHINE).write_bytes(b"\xff odd")
    assert len(machine_mark(tmp_path / "home")) == 16


def test_the_rights_that_the_page_gives_are_enough_for_everything(capsys, kis, server, on, clock, tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "redis.md").read_text(encoding="utf-8")
    (rights,) = (line.removeprefix("user xlwings ") for line in page.splitlines() if line.startswith("user xlwings "))
    client = server.client()
    client.execute_command("ACL", "SETUSER", "xlwings", *rights.replace("비밀번호", "hunter2").split())
    client.execute_command("ACL", "SETUSER", "default", "off")
    on(server.url.replace("//", "//xlwings:hunter2@"))
    reading = runtime.feed().reading(KRX_KOSPI)
    assert reading.sharing
    assert kis.count("token") == 1
    runtime.close()
    clock.move(60)
    for words in (
        ("history", "stats"),
        ("history", "export", "-o", "x.csv"),
        ("table", "KRX", "코스피", "--at", "11:21"),
    ):
        code, _, err = run(capsys, *words)
        assert code == 0, (words, err)
    answers = tmp_path / "answers"
    answers.mkdir()
    table = {"output1": kis.truth("J", "1"), "rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상"}
    (answers / "KRX_KOSPI_20261119_103000.json").write_text(json.dumps(table), encoding="utf-8")
    assert run(capsys, "history", "import", str(answers))[0] == 0
    assert "2일, 표 2개" in run(capsys, "history", "stats")[1]
    clock.set("2026-11-23 09:30:00")
    assert run(capsys, "history", "prune", "--keep-days", "1")[0] == 0
    assert "접근토큰" in run(capsys, "doctor")[1]
    assert "서버의 공유 토큰" in run(capsys, "logout", "--all")[2]


def test_the_keys_that_the_page_makes_are_accepted(on, server):
    page = (Path(__file__).parent.parent / "docs" / "redis.md").read_text(encoding="utf-8")
    code = page.split('python -c "', 1)[1].split('"', 1)[0]
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    on(server, XLWINGS_KIS_STORE_KEY=made)
    assert settings.load().desk


def test_tls_with_the_company_s_certificate_carries_figures_and_token(
    kis, redis_server, on, tmp_path, authority, trusted
):
    tls = RedisServer(tmp_path / "tls", tls=authority)
    try:
        on(tls)
        assert runtime.feed().reading(KRX_KOSPI).sharing
        assert kis.count("token") == 1
        assert b"sealed" in tls.everything()
    finally:
        runtime.close()
        tls.kill()
