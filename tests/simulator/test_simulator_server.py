"""The socket of the simulator: keep-alive, the Date header, connections that go wrong, a quick stop."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from xlwings_kis.simulator import Fault, Simulator

QUERY = "/uapi/domestic-stock/v1/quotations/investor-program-trade-today?EXCH_DIV_CLS_CODE=J&MRKT_DIV_CLS_CODE=1"


class Client:
    """http.client and nothing between us and the wire."""

    def __init__(self, simulator: Simulator, timeout: float = 5.0) -> None:
        self.simulator = simulator
        self.connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=timeout)

    def get(self, path: str = QUERY, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        if headers is None:
            headers = {
                "content-type": "application/json; charset=utf-8",
                "authorization": "Bearer brought",
                "appkey": self.simulator.app_key,
                "appsecret": self.simulator.app_secret,
                "tr_id": "HHPPG046600C1",
                "custtype": "P",
            }
        self.connection.request("GET", path, headers=headers)
        return self.connection.getresponse()

    def post(self, path: str, content: Any, **headers: str) -> http.client.HTTPResponse:
        headers = {"content-type": "application/json", **headers}
        self.connection.request("POST", path, json.dumps(content).encode(), headers)
        return self.connection.getresponse()

    def token(self) -> http.client.HTTPResponse:
        keys = {"appkey": self.simulator.app_key, "appsecret": self.simulator.app_secret}
        return self.post("/oauth2/tokenP", {"grant_type": "client_credentials", **keys})


@pytest.fixture
def connect(simulator: Simulator) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(timeout: float = 5.0) -> Client:
        clients.append(Client(simulator, timeout))
        return clients[-1]

    yield make
    for client in clients:
        client.connection.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()


def rows(response: http.client.HTTPResponse) -> Any:
    return json.loads(response.read())["output1"]


# --- a good day ---


def test_importing_starts_no_thread_and_loads_nothing_else_of_ours() -> None:
    code = (
        "import sys, threading, types\n"
        "package = types.ModuleType('xlwings_kis'); package.__path__ = ['xlwings_kis']\n"
        "sys.modules['xlwings_kis'] = package\n"
        "import xlwings_kis.simulator\n"
        "assert threading.active_count() == 1\n"
        "ours = [n for n in sys.modules if n.startswith('xlwings_kis.')]\n"
        "assert all(n.startswith('xlwings_kis.simulator') for n in ours), ours\n"
        "assert not {'requests', 'xlwings', 'openpyxl'} & set(sys.modules)\n"
    )
    root = __file__.rpartition("tests")[0]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=20)


def test_one_connection_serves_many_calls_and_fast(simulator: Simulator, client: Client) -> None:
    client.get().read()
    first = client.connection.sock
    began = time.perf_counter()
    for _ in range(20):
        assert rows(client.get()) == simulator.truth("J", "1")
    assert client.connection.sock is first
    assert time.perf_counter() - began < 0.6  # 40 ms a call, were Nagle's algorithm at work
    assert simulator.count("program-trade") == 21


def test_token_and_data_in_a_row(simulator: Simulator, client: Client) -> None:
    token = json.loads(client.token().read())["access_token"]
    assert simulator.issued_tokens == [token]
    assert client.get().status == 200
    assert simulator.kinds == ["token", "program-trade"]
    simulator.reset_calls()
    assert simulator.calls == []


def test_the_date_header_is_the_simulators_clock(client: Client, clock: Any) -> None:
    clock.time = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=9)))
    response = client.get()
    assert response.headers["date"] == "Fri, 20 Nov 2026 14:30:00 GMT"
    assert parsedate_to_datetime(response.headers["date"]) == clock.time


def test_the_default_key_pair_has_the_documents_lengths() -> None:
    simulator = Simulator()
    assert (len(simulator.app_key), len(simulator.app_secret)) == (36, 180)
    assert simulator.app_secret not in repr(simulator)


def test_an_address_exists_only_while_running() -> None:
    simulator = Simulator()
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url
    with simulator:
        assert simulator.url == f"http://127.0.0.1:{simulator.port}"
        host, port = "127.0.0.1", simulator.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=1)
    simulator.stop()  # once more does nothing


def test_only_the_loopback_is_bound(simulator: Simulator) -> None:
    assert simulator._server is not None
    assert simulator._server.server_address[0] == "127.0.0.1"


def test_latency_is_waited_before_data_and_token_latency_before_tokens(simulator: Simulator, client: Client) -> None:
    simulator.latency = 0.05
    began = time.perf_counter()
    client.get().read()
    assert time.perf_counter() - began >= 0.045
    simulator.latency = 60.0  # longer than the client's patience: tokens do not wait for it
    assert client.token().read()
    simulator.token_latency = 0.05
    began = time.perf_counter()
    client.token().read()
    assert time.perf_counter() - began >= 0.045


def test_many_threads_at_once_are_each_answered_and_counted(
    simulator: Simulator, connect: Callable[..., Client]
) -> None:
    clients = [connect() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda each: each.get().status, clients))
    assert statuses == [200] * 8
    assert simulator.count("program-trade") == 8


def test_bodies_given_at_the_start_are_served(clock: Any) -> None:
    with Simulator(clock, accepted_tokens=["brought"], bodies={("J", "1"): [{"invr_cls_code": "1"}]}) as simulator:
        client = Client(simulator)
        assert rows(client.get()) == simulator.truth("J", "1") == [{"invr_cls_code": "1"}]
        client.connection.close()


# --- bad days ---


def test_a_reset_is_a_reset_and_a_close_a_close(simulator: Simulator, client: Client) -> None:
    simulator.fail_next(Fault.RESET)
    with pytest.raises(ConnectionResetError) as reset:
        client.get()
    assert not isinstance(reset.value, http.client.RemoteDisconnected)
    client.connection.close()
    simulator.fail_next(Fault.CLOSE_BEFORE_ANSWER)
    with pytest.raises(http.client.RemoteDisconnected):
        client.get()
    client.connection.close()
    simulator.fail_next(Fault.TOKEN_RESET)
    with pytest.raises(ConnectionResetError):
        client.token()
    assert [call.status for call in simulator.calls] == [0, 0, 0]


def test_a_truncated_body_ends_early(simulator: Simulator, client: Client) -> None:
    simulator.fail_next(Fault.TRUNCATED)
    response = client.get()
    with pytest.raises(http.client.IncompleteRead):
        response.read()


def test_a_wrong_length_cuts_the_body_without_a_sign(simulator: Simulator, client: Client) -> None:
    simulator.fail_next(Fault.WRONG_LENGTH)
    body = client.get().read()
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_IN_BODY, Fault.TOKEN_HANG])
def test_a_hanging_answer_runs_into_the_clients_timeout(
    simulator: Simulator, connect: Callable[..., Client], fault: Fault
) -> None:
    client = connect(timeout=0.05)
    simulator.fail_next(fault)
    with pytest.raises(TimeoutError):
        (client.get() if fault.concerns == "data" else client.token()).read()


def test_a_slow_drip_never_times_out_a_single_read(simulator: Simulator, client: Client) -> None:
    simulator.fail_next(Fault.SLOW_DRIP)
    began = time.perf_counter()
    response = client.get()
    assert response.read(2) == b'{"'
    assert time.perf_counter() - began >= 0.15


def test_a_followed_redirect_is_on_the_record(simulator: Simulator, client: Client) -> None:
    simulator.fail_next(Fault.REDIRECT)
    response = client.get()
    assert response.status == 302
    response.read()
    client.get(response.headers["location"]).read()
    assert simulator.kinds == ["program-trade", "redirected"]


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_IN_BODY, Fault.SLOW_DRIP, None])
def test_stop_is_quick_whatever_hangs(clock: Any, fault: Fault | None) -> None:
    simulator = Simulator(clock, accepted_tokens=["brought"]).start()
    simulator.fault = fault
    client = Client(simulator)
    with ThreadPoolExecutor(1) as pool:
        if fault is None:
            client.get().read()  # an idle keep-alive connection
        else:
            pool.submit(lambda: client.get().read())
            while not simulator.calls:
                time.sleep(0.001)
        began = time.perf_counter()
        simulator.stop()
        assert time.perf_counter() - began < 1.0
    client.connection.close()


def test_a_bug_of_the_simulator_is_raised_when_it_stops() -> None:
    def broken() -> datetime:
        raise ZeroDivisionError

    simulator = Simulator(broken, accepted_tokens=["brought"]).start()
    client = Client(simulator)
    with pytest.raises(http.client.RemoteDisconnected):
        client.get()
    client.connection.close()
    with pytest.raises(RuntimeError, match="failed while serving"):
        simulator.stop()


# --- the control endpoint ---


def test_control_sets_faults_and_tells_the_state(simulator: Simulator, client: Client) -> None:
    assert client.post("/_simulator/fault", {"fault": "routing", "times": 1}).read()
    assert client.get().read()[:20] == b'{"rt_cd":"1","msg_cd"'[:20]
    state = json.loads(client.get("/_simulator/state", {}).read())
    assert state == {"calls": 1, "program_trade": 1, "token": 0, "tokens_issued": 0, "fault": None}


@pytest.mark.parametrize(
    ("headers", "status"), [({"host": "evil.example"}, 403), ({"content-type": "text/plain"}, 415), ({}, 200)]
)
def test_control_is_not_for_web_pages(client: Client, headers: dict[str, str], status: int) -> None:
    response = client.post("/_simulator/fault", {"fault": None}, **headers)
    assert response.status == status
