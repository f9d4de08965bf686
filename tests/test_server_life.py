"""A server's life: it starts only whole, ends gently, survives its workers, and asks KIS no more than one Excel would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
import requests
from officejs import Excel
from serving import ROOT, Served, excels_call

from xlwings_kis.simulator import Fault, Simulator

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def gateway():
    with Simulator(loop_session=True, token_interval=60.0, calls_per_second=1000) as simulator:
        yield simulator


@pytest.fixture
def points(gateway):
    return {
        "KIS_APP_KEY": gateway.app_key, "KIS_APP_SECRET": gateway.app_secret, "KIS_BASE_URL": gateway.url,
        "XLWINGS_KIS_PRE_OPEN": "trust", "XLWINGS_KIS_TTL": "1", "XLWINGS_KIS_DEADLINE": "10",
    }  # fmt: skip


class Load:
    """Users who go on asking; what they were answered is counted."""

    def __init__(self, url: str, users: int, *call: object) -> None:
        self.statuses: Counter[object] = Counter()
        self.answers: list[object] = []
        self._going_on = True
        self._url, self._call = url, call
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(users)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._going_on = False
        for thread in self._threads:
            thread.join(60)

    def _ask(self) -> None:
        name, *arguments = self._call
        body = excels_call(str(name), tuple(arguments))
        while self._going_on:
            try:
                answer = requests.post(f"{self._url}/xlwings/custom-functions-call", json=body, timeout=60)
                self.statuses[answer.status_code] += 1
                self.answers.append(answer.json()["result"])
            except requests.RequestException as trouble:
                self.statuses[type(trouble).__name__] += 1
                time.sleep(0.01)


# --- how it starts ---


def run(*words, **environment):
    """A command to its end."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment
    env = {name: value for name, value in env.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-m", "xlwings_kis", *words],
        capture_output=True,
        encoding="utf-8",
        env=env,
        timeout=100,
        check=False,
    )


def test_without_a_licence_key_it_does_not_start_and_says_what_a_desk_needs():
    ended = run("serve", "--demo", "--port", "0", XLWINGS_LICENSE_KEY=None)
    assert ended.returncode == 3
    assert "XLWINGS_LICENSE_KEY" in ended.stderr
    assert "유료" in ended.stderr


def test_a_formula_that_cannot_be_imported_stops_it_loudly(tmp_path):
    """xlwings Server itself would go on without it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['xlwings_kis.history'] = None\n", encoding="utf-8"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    ended = run("serve", "--demo", "--port", "0", XLWINGS_LICENSE_KEY="noncommercial", PYTHONPATH=paths)
    assert ended.returncode == 1
    assert ended.stderr.strip()


def test_a_port_that_is_taken_is_told(gateway):
    ended = run("serve", "--demo", "--port", str(gateway.port), XLWINGS_LICENSE_KEY="noncommercial")
    assert ended.returncode == 2
    assert str(gateway.port) in ended.stderr


def test_it_serves_over_tls_with_a_certificate_of_the_firms(tmp_path, authority):
    both = str(authority / "good.pem")
    words = ("--demo", "--certfile", both, "--keyfile", both)
    with Served(tmp_path / "tls", *words, authority=authority / "ca.pem") as server:
        assert server.url.startswith("https://")
        assert server.get("/health").json() == {"status": "ok"}
        assert len(server.value("KIS_PROGRAM_TRADE", "KRX", "코스피")) == 12


def test_the_manifest_command_writes_the_desks_address_and_always_the_same_number(tmp_path):
    for name, url in (("a.xml", "https://desk.example.kr"), ("b.xml", "https://other.example.kr:8443")):
        ended = run("serve", "manifest", "--url", url, "-o", str(tmp_path / name), XLWINGS_LICENSE_KEY="noncommercial")
        assert ended.returncode == 0, ended.stderr
    from xlwings_kis.server.environment import MANIFEST_ID

    first, second = ((tmp_path / name).read_text(encoding="utf-8") for name in ("a.xml", "b.xml"))
    assert "https://desk.example.kr/taskpane" in first
    assert "https://other.example.kr:8443/taskpane" in second
    assert first.count(MANIFEST_ID) == second.count(MANIFEST_ID) == 1
    assert "localhost" not in first
    assert run("serve", "manifest", "--url", "http://desk.example.kr").returncode == 2


ENTRA = """
import json, sys
from xlwings_kis.cli import main, serve
load = serve._load
def loaded(lang):
    load(lang)
    from xlwings_server.auth.entraid import jwks
    async def keys():
        return json.loads(sys.argv.pop())
    kept = []
    async def once():
        kept.append(kept[0] if kept else await keys())
        return kept[0]
    jwks.get_jwks_json = once
serve._load = loaded
sys.exit(main(sys.argv[1:-1]))
"""
"""The server, with Microsoft's keys in its hand: the one thing that would go over the network."""


def test_microsofts_directory_lets_its_own_in_and_nobody_else(tmp_path):
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key, other = RSAKey.generate_key(2048, {"kid": "k"}), RSAKey.generate_key(2048, {"kid": "k"})
    tenant, client = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
    environment = {
        "XLWINGS_AUTH_PROVIDERS": '["entraid"]', "XLWINGS_AUTH_ENTRAID_TENANT_ID": tenant,
        "XLWINGS_AUTH_ENTRAID_CLIENT_ID": client,
    }  # fmt: skip
    fine = {
        "ver": "2.0", "iss": f"https://login.microsoftonline.com/{tenant}/v2.0", "aud": client, "name": "김철수",
        "oid": "o", "exp": int(time.time()) + 600,
    }  # fmt: skip

    def bearer(claims, by=key):
        return "Bearer " + jwt.encode({"alg": "RS256", "kid": "k"}, claims, by)

    keys = json.dumps({"keys": [key.as_dict(private=False)]})
    with Served(tmp_path / "entra", "--demo", keys, environment=environment, code=ENTRA) as server:
        assert server.get("/kis/words", Authorization=bearer(fine)).status_code == 200
        refused = (
            "", "x", "Bearer x", bearer(fine, other), bearer(fine | {"aud": "another"}), bearer(fine | {"iss": "another"}),
            bearer(fine | {"exp": int(time.time()) - 600}), bearer(fine | {"ver": "3"}),
        )  # fmt: skip
        for given in refused:
            assert server.get("/kis/words", Authorization=given).status_code == 401, given
        assert bearer(fine)[10:40] not in server.log()


# --- how it ends ---


@contextmanager
def serving_a_call(folder, gateway, points, wait_until):
    """A server in the middle of a formula's call."""
    gateway.latency, answers = 1.5, []
    with Served(folder / "end", "--drain", "1", environment=points) as server:
        caller = threading.Thread(target=lambda: answers.append(server.value("KIS_PROGRAM_TRADE", "KRX", "코스피")))
        caller.start()
        wait_until(lambda: gateway.count("program-trade"))
        yield server, caller, answers


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if os.name == "posix" else [])])
def test_it_ends_gently_with_0_health_first_and_no_call_lost(tmp_path, gateway, points, wait_until, how):
    with serving_a_call(tmp_path, gateway, points, wait_until) as (server, caller, answers):
        server.process.send_signal(how)
        health = []

        def unhealthy():
            health.append(requests.get(f"{server.url}/health", timeout=10))
            return health[-1].status_code == 503

        wait_until(unhealthy)
        assert health[-1].json() == {"status": "stopping"}
        assert server.stop(0) == 0
        caller.join(60)
    assert len(answers[0]) == 12
    assert "서버를 끝냈습니다" in server.log()
    assert "Traceback" not in server.log()


@posix
def test_a_terminal_that_closes_leaves_the_gentle_end_to_whoever_asks_after_it(tmp_path, gateway, points, wait_until):
    with serving_a_call(tmp_path, gateway, points, wait_until) as (server, caller, answers):
        server.process.send_signal(signal.SIGHUP)
        server.process.send_signal(signal.SIGTERM)
        assert server.stop(0) == 0
        caller.join(60)
    assert len(answers[0]) == 12


@posix
def test_two_workers_end_together(tmp_path, points):
    with Served(tmp_path / "two", "--workers", "2", "--drain", "0", environment=points) as server:
        assert server.value("KIS_PROGRAM_STATUS")
        assert server.stop() == 0


# --- workers ---


def workers_of(server):
    """The process ids that have written lines, but for the parent's."""
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return {each["pid"] for each in lines if "Application startup complete" in each.get("message", "")} - {
        server.process.pid
    }


@posix
def test_workers_share_one_token_and_one_fetch_and_one_that_dies_is_replaced(tmp_path, gateway, points, wait_until):
    rows = gateway.truth("J", "1")
    gateway.serve("J", "1", rows)
    figure = float(next(row for row in rows if row["invr_cls_code"] == "9100")["nabt_ntby_amt"])
    with Served(tmp_path / "workers", "--workers", "2", environment=points) as server:
        wait_until(lambda: len(workers_of(server)) == 2)
        load = Load(server.url, 6, "KIS_PROGRAM_VALUE", "KRX", "코스피", [["외국인"]], [["비차익"]])
        wait_until(lambda: load.statuses[200] > 200)
        begun, before = time.monotonic(), gateway.count("program-trade")
        os.kill(min(workers_of(server)), signal.SIGKILL)
        wait_until(lambda: len(workers_of(server)) == 3)  # one more has begun
        answered = load.statuses[200]
        wait_until(lambda: load.statuses[200] > answered + 200)
        load.end()
        seconds = time.monotonic() - begun
        asked = gateway.count("program-trade") - before
    wrong = [
        answer
        for answer in load.answers
        if answer not in ([[figure]], [[{"type": "Error", "errorType": "NotAvailable"}]])
    ]
    assert wrong == []
    assert load.answers[-1] == [[figure]]
    assert set(load.statuses) <= {200, "ConnectionError", "ChunkedEncodingError"}, "only what was cut off"
    assert gateway.count("token") == 1, "no second token"
    assert asked <= seconds / 1.0 + 3, "one call for a pair and second, whoever asks"


# --- the gateway ---


def test_where_the_gateway_hangs_each_call_waits_its_deadline_at_most_and_the_health_is_good(tmp_path, gateway, points):
    gateway.fault = Fault.HANG
    short = points | {"XLWINGS_KIS_DEADLINE": "1"}
    with Served(tmp_path / "hang", environment=short) as server:
        server.value("KIS_PROGRAM_STATUS")
        begun = time.monotonic()
        first = server.value("KIS_PROGRAM_TRADE", "KRX", "코스피")
        assert first[0][0].startswith("#KIS!")
        answers: list[object] = []

        def ask() -> None:
            answers.append(server.value("KIS_PROGRAM_TRADE", "KRX", "코스피")[1][1])

        callers = [threading.Thread(target=ask) for _ in range(100)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert requests.get(f"{server.url}/health", timeout=10).status_code == 200
        assert answers == [{"type": "Error", "errorType": "NotAvailable"}] * 100
        assert time.monotonic() - begun < 60, "a hundred who wait one after the other would take longer"
        gateway.clear_faults()


def test_a_script_survives_a_gateway_that_is_not_there(tmp_path, points):
    nowhere = points | {"KIS_BASE_URL": "http://127.0.0.1:9"}
    with Served(tmp_path / "nowhere", environment=nowhere) as server:
        answer = server.script("refresh", Excel().book().api)
        assert answer.status_code == 200
        assert answer.json()["actions"][-1]["func"] == "runMacro"
        assert server.get("/kis/report").status_code == 502
