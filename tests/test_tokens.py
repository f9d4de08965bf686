"""Tokens: one for the whole machine, never a storm, and everybody remembers what went wrong."""

from __future__ import annotations

import inspect
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock, WallClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import KRX_KOSPI

from xlwings_kis import errors, tokens
from xlwings_kis.clock import KST
from xlwings_kis.errors import CredentialError, FileError, KisError, NetworkError, TokenError, failure
from xlwings_kis.gateway import Gateway
from xlwings_kis.protocol import TOKEN_SECONDS, Answer, Credentials, IssuedToken, TransportFault
from xlwings_kis.secret import Secret
from xlwings_kis.simulator import Fault, Simulator
from xlwings_kis.store.shared.server import Server
from xlwings_kis.tokens import BroughtToken, PrivateFile, Tokens, private
from xlwings_kis.tokens.shared import SharedToken
from xlwings_kis.tokens.state import State
from xlwings_kis.transport import Transport

SCOPE = "0123456789abcdef"
DAY = 24 * 3600.0
posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


class Issuer:
    """Stands for the gateway: hands out `token-1`, `token-2`, … or does next what a test put in its way."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.next: list[BaseException] = []
        self.asked: list[float] = []
        self.lifetime = DAY
        self.takes = 0.0

    def __call__(self) -> IssuedToken:
        self.asked.append(self.clock.epoch())
        self.clock.move(self.takes)
        if self.next:
            raise self.next.pop(0)
        return IssuedToken(Secret(f"token-{len(self.asked)}"), self.lifetime)


class Ticking:
    """The wall of a test's clock, but threads that wait really wait."""

    def __init__(self, clock: ManualClock) -> None:
        self.epoch = clock.epoch

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def too_soon() -> KisError:
    return failure("token_wait", "EGW00133", msg="잠시 후 다시 시도하세요")


def wrong_key() -> KisError:
    return failure("wrong_key", "EGW00103", ask_user=True, msg="유효하지 않은 AppKey입니다.")


def unreadable() -> KisError:
    return failure("broken_answer", broken="html")


def unanswered() -> TransportFault:
    return TransportFault(failure("no_answer"))


def never_connected() -> TransportFault:
    return TransportFault(failure("unreachable", host="127.0.0.1:9"), again=True, sent=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "상태 폴더"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is asked of a token wherever it lies is asked of both places; what is asked of files, of the file."""
    if "place" in metafunc.fixturenames:
        asked = set(inspect.signature(metafunc.function).parameters)
        of_files = asked & {"folder", "monkeypatch", "kis", "tmp_path"}
        metafunc.parametrize("place", ["file"] if of_files else ["file", "server"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(
    place: str, folder: Path, tmp_path: Path, issuer: Issuer, clock: ManualClock, request: pytest.FixtureRequest
) -> Callable[..., Tokens]:
    """Tokens as others would have them: processes with nothing in common but the folder, machines but the server."""
    machines = itertools.count()

    def on_a_file(scope: str = SCOPE) -> Tokens:
        return Tokens(PrivateFile(folder, scope, clock), issuer, clock)

    def on_a_server(scope: str = SCOPE) -> Tokens:
        server = Server(request.getfixturevalue("redis_server").address, clock, clock.epoch)
        own = PrivateFile(tmp_path / f"기계 {next(machines)}", scope, clock)
        return Tokens(SharedToken(server, scope, Secret("k" * 43), own, Ticking(clock)), issuer, clock)

    if place == "server":
        request.getfixturevalue("redis_server")
        return on_a_server
    return on_a_file


def file_of(folder: Path) -> Path:
    return folder / f"token-{SCOPE}.json"


def problem_of(step: Callable[[], Any]) -> errors.Problem:
    with pytest.raises(KisError) as caught:
        step()
    return caught.value.problem


# --- one for all ---


def test_sixteen_threads_cost_one_issue(start, issuer):
    shelf, got, gun = start(), [], threading.Barrier(16)

    def ask() -> None:
        gun.wait()
        got.append(shelf.current())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [Secret("token-1")] * 16
    assert len(issuer.asked) == 1


def test_sixteen_threads_with_shelves_of_their_own_cost_one_issue(start, issuer):
    got, gun = [], threading.Barrier(16)

    def ask() -> None:
        shelf = start()
        gun.wait()
        got.append(shelf.current())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [Secret("token-1")] * 16
    assert len(issuer.asked) == 1


def test_a_token_is_kept_across_restarts(start, issuer):
    assert start().current() == start().current() == Secret("token-1")
    assert len(issuer.asked) == 1


def test_tokens_of_different_scopes_never_mix(start, issuer):
    assert start("a" * 16).current() == Secret("token-1")
    assert start("b" * 16).current() == Secret("token-2")
    assert start("a" * 16).current() == Secret("token-1")


def test_a_token_is_not_used_in_its_last_seconds(start, issuer, clock):
    shelf = start()
    shelf.current()
    clock.move(DAY - tokens.MARGIN - 1)
    assert shelf.current() == Secret("token-1")
    clock.move(1)
    assert shelf.current() == Secret("token-2")


def test_a_negative_age_is_expired(start, issuer, clock):
    shelf = start()
    shelf.current()
    clock.move(-10)
    assert shelf.current() == start().current() == Secret("token-2")


# --- what went wrong is remembered ---


@pytest.mark.parametrize(
    ("trouble", "kind", "key", "code"),
    [
        (too_soon, TokenError, "token_wait", "EGW00133"),
        (wrong_key, CredentialError, "wrong_key", "EGW00103"),
        (unanswered, NetworkError, "token_unanswered", ""),
        (unreadable, TokenError, "token_wait", ""),
    ],
)
def test_a_refusal_or_an_unusable_answer_is_remembered_by_all_for_a_minute(
    start, issuer, clock, trouble, kind, key, code
):
    began = clock.epoch()
    issuer.next = [trouble()]
    with pytest.raises(kind):
        start().current()
    clock.move(59.9)
    with pytest.raises(kind) as caught:
        start().current()
    problem = caught.value.problem
    assert (problem.key, problem.code) == (key, code)
    assert problem.ask_user == (key == "wrong_key")
    assert problem.until == pytest.approx(began + 60, abs=0.001)
    assert problem.facts["time"] in problem.sentence() or key == "wrong_key"
    assert len(issuer.asked) == 1
    clock.move(0.2)
    assert start().current() == Secret("token-2")


def test_a_refusal_binds_replacing_too(start, issuer, clock):
    shelf = start()
    token = shelf.current()
    shelf.accepted(token)
    issuer.next = [too_soon()]
    for _ in range(3):
        assert problem_of(lambda: start().replace(token)).code == "EGW00133"
    assert len(issuer.asked) == 2


def test_a_connection_never_established_starts_no_cool_down(start, issuer):
    issuer.next = [never_connected()]
    with pytest.raises(NetworkError) as caught:
        start().current()
    assert caught.value.problem.key == "unreachable"
    assert start().current() == Secret("token-2")


def test_an_error_of_our_own_starts_the_cool_down(start, issuer):
    issuer.next = [RuntimeError("a bug")]
    with pytest.raises(RuntimeError):
        start().current()
    assert problem_of(start().current).key == "token_wait"
    assert len(issuer.asked) == 1


def test_a_token_still_good_is_used_during_a_cool_down(start, issuer):
    shelf = start()
    first = shelf.current()
    issuer.next = [too_soon()]
    shelf.accepted(first)
    with pytest.raises(TokenError):
        shelf.replace(first)
    assert start().current() == first


def test_a_clock_set_back_does_not_lengthen_a_rest(start, issuer, clock):
    issuer.next = [too_soon()]
    with pytest.raises(TokenError):
        start().current()
    clock.move(-3600)
    assert problem_of(start().current).until <= clock.epoch() + 60
    clock.move(60.1)
    assert start().current() == Secret("token-2")


# --- a rejected token ---


def test_a_rejected_token_is_first_read_again(start, issuer, clock):
    slow, quick = start(), start()
    old = slow.current()
    assert quick.current() == old
    slow.accepted(old)
    new = quick.replace(old)
    assert slow.replace(old) == new
    assert len(issuer.asked) == 2


def test_a_rejected_token_is_replaced_once_for_all_threads(start, issuer):
    shelf = start()
    old = shelf.current()
    shelf.accepted(old)
    got, gun = [], threading.Barrier(8)

    def reject() -> None:
        gun.wait()
        got.append(shelf.replace(old))

    threads = [threading.Thread(target=reject) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [Secret("token-2")] * 8


def test_a_token_just_issued_that_is_rejected_too_is_not_replaced(start, issuer, clock):
    shelf = start()
    token = shelf.current()
    clock.move(59)
    problem = problem_of(lambda: start().replace(token))
    assert problem.key == "token_rejected"
    assert problem.until == pytest.approx(clock.epoch() + 1, abs=0.001)
    assert len(issuer.asked) == 1
    clock.move(2)
    assert start().replace(token) == Secret("token-2")


def test_an_accepted_token_may_be_replaced_at_once(start, issuer):
    shelf = start()
    token = shelf.current()
    shelf.accepted(token)
    assert start().replace(token) == Secret("token-2")


def same_again(issuer: Issuer) -> None:
    """KIS gives out the same token for six hours."""
    give = Issuer.__call__
    issuer.same = lambda: IssuedToken(Secret("same"), give(issuer).lifetime)  # type: ignore[attr-defined]


def test_a_token_rejected_again_and_again_is_asked_for_ever_more_seldom(folder, issuer, clock):
    same_again(issuer)
    shelf = Tokens(PrivateFile(folder, SCOPE, clock), issuer.same, clock)
    token = shelf.current()
    rests = []
    for _ in range(6):
        rests.append(problem_of(lambda: shelf.replace(token)).until - clock.epoch())
        clock.move(rests[-1])
        assert shelf.replace(token) == token
    assert rests == pytest.approx([60, 600, 6000, tokens.LONGEST_REST, tokens.LONGEST_REST, tokens.LONGEST_REST])
    shelf.accepted(token)
    assert shelf.replace(token) == token
    assert problem_of(lambda: shelf.replace(token)).until - clock.epoch() == pytest.approx(60)


def test_a_token_rejected_for_months_does_not_break_the_arithmetic(folder, issuer, clock):
    same_again(issuer)
    shelf = Tokens(PrivateFile(folder, SCOPE, clock), issuer.same, clock)
    token = shelf.current()
    for _ in range(400):
        clock.move(tokens.LONGEST_REST)
        token = shelf.replace(token)
    problem = problem_of(lambda: shelf.replace(token))
    assert problem.until == pytest.approx(clock.epoch() + tokens.LONGEST_REST, abs=0.01)


def test_an_outage_does_not_make_the_rest_of_a_rejected_token_longer(start, issuer, clock):
    shelf = start()
    token = shelf.current()
    clock.move(61)
    issuer.next = [never_connected(), never_connected()]
    for _ in range(2):
        with pytest.raises(NetworkError):
            shelf.replace(token)
    assert shelf.replace(token) == Secret("token-4")


def test_a_third_request_waits_for_the_minute_to_end(start, issuer, clock):
    shelf = start()
    for _ in range(2):
        token = shelf.current()
        shelf.accepted(token)
        clock.move(10)
        with suppress(KisError):
            shelf.replace(token)
    assert len(issuer.asked) == 2
    third = shelf.current()
    shelf.accepted(third)
    problem = problem_of(lambda: start().replace(third))
    assert problem.until == pytest.approx(issuer.asked[0] + 60, abs=0.001)
    assert len(issuer.asked) == 2


def test_a_clock_set_back_does_not_forget_requests(start, issuer, clock):
    shelf = start()
    shelf.accepted(shelf.current())
    shelf.accepted(shelf.replace(Secret("token-1")))
    clock.move(-3600)
    assert problem_of(start().current).key == "token_wait"
    assert len(issuer.asked) == 2
    clock.move(60.1)
    assert start().current() == Secret("token-3")


def test_short_lived_tokens_make_no_storm(start, issuer, clock):
    issuer.lifetime = -5.0
    for _ in range(100):
        with suppress(TokenError):
            start().current()
        clock.move(1)
    assert len(issuer.asked) <= 4


steps = st.lists(
    st.one_of(
        st.sampled_from(["current", "replace", "accepted", "restart"]),
        st.sampled_from(
            [too_soon, wrong_key, unreadable, unanswered, never_connected, RuntimeError, KeyboardInterrupt]
        ),
        st.floats(0, 40),
        st.floats(-300, 0),
    ),
    max_size=40,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(todo=steps)
def test_there_are_never_more_than_two_requests_in_a_minute(todo, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    clock = ManualClock()
    issuer, passed, sent = Issuer(clock), 0.0, []

    def issue() -> IssuedToken:
        never = issuer.next and isinstance(issuer.next[0], TransportFault) and not issuer.next[0].sent
        if not never:
            sent.append(passed)
        return issuer()

    with tempfile.TemporaryDirectory() as home:
        shelf, held = Tokens(PrivateFile(Path(home), SCOPE, clock), issue, clock), Secret("none")
        for step in todo:
            if isinstance(step, float):
                clock.move(step)  # backwards it is the clock that moves, not time
                passed += max(step, 0.0)
            elif step == "restart":
                shelf = Tokens(PrivateFile(Path(home), SCOPE, clock), issue, clock)
            elif callable(step):
                issuer.next = [step()]
            else:
                with suppress(KisError, RuntimeError, KeyboardInterrupt):
                    if step == "accepted":
                        shelf.accepted(held)
                    else:
                        held = shelf.current() if step == "current" else shelf.replace(held)
    assert all(third - first >= 60 - 1e-3 for first, third in zip(sent, sent[2:], strict=False))


# --- the file ---


def test_a_new_token_is_used_though_the_disk_became_full(start, issuer, monkeypatch):
    real, written = private.replace_file, []

    def full_after_two(path: Path, data: bytes, *, private: bool) -> None:
        written.append(path)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        real(path, data, private=private)

    monkeypatch.setattr(private, "replace_file", full_after_two)
    shelf = start()
    assert shelf.current() == shelf.current() == Secret("token-1")
    assert len(issuer.asked) == 1
    assert len(written) == 3


def test_nothing_is_asked_for_where_the_request_cannot_be_noted_first(start, issuer, monkeypatch):
    shelf = start()
    shelf.accepted(shelf.current())

    def full(path: Path, data: bytes, *, private: bool) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private, "replace_file", full)
    with pytest.raises(FileError):
        shelf.replace(Secret("token-1"))
    assert len(issuer.asked) == 1


def test_that_a_token_was_accepted_may_fail_to_be_noted(start, issuer, monkeypatch):
    shelf = start()
    token = shelf.current()

    def full(path: Path, data: bytes, *, private: bool) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private, "replace_file", full)
    shelf.accepted(token)
    assert shelf.current() == token


class Disk:
    """A disk on which `works` more files can be written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, works: float = float("inf")) -> None:
        self.works = works
        self._real = private.replace_file
        monkeypatch.setattr(private, "replace_file", self.write)

    def write(self, path: Path, data: bytes, *, private: bool) -> None:
        if self.works <= 0:
            raise OSError(28, "No space left on device")
        self.works -= 1
        self._real(path, data, private=private)


def test_a_token_that_could_not_be_saved_lives_on_after_it_was_accepted(start, issuer, clock, monkeypatch):
    Disk(monkeypatch, works=2)
    shelf = start()
    token = shelf.current()
    for _ in range(3):
        shelf.accepted(token)
        assert shelf.current() == token
        clock.move(61)
    assert len(issuer.asked) == 1


def test_a_token_that_could_not_be_saved_is_saved_as_soon_as_that_can_be(start, issuer, monkeypatch):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    token = shelf.current()
    assert problem_of(start().current).key == "token_wait"
    disk.works = 100
    shelf.accepted(token)
    assert start().current() == token
    assert shelf._place._unsaved is None
    assert len(issuer.asked) == 1


def test_that_an_unsaved_token_was_accepted_is_remembered_too(start, issuer, monkeypatch):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    token = shelf.current()
    shelf.accepted(token)
    disk.works = 100
    assert shelf.replace(token) == start().current() == Secret("token-2")


def test_an_unsaved_token_gives_way_to_what_another_process_issued(start, issuer, clock, monkeypatch):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    first = shelf.current()
    clock.move(61)
    disk.works = 100
    second = start().current()
    assert second != first
    assert shelf.replace(first) == second
    assert start().current() == second


def test_an_unsaved_token_does_not_come_back_after_it_was_forgotten(start, issuer, clock, monkeypatch):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    shelf.current()
    disk.works = 100
    start().forget()
    clock.move(61)
    assert start().current() == Secret("token-2")
    assert shelf.replace(Secret("token-1")) == Secret("token-2")


def test_a_connection_never_established_starts_no_cool_down_here_though_that_could_not_be_saved(
    start, issuer, monkeypatch
):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    issuer.next = [never_connected()]
    assert problem_of(shelf.current).key == "unreachable"
    disk.works = 100
    assert shelf.current() == Secret("token-2")


def test_a_refusal_is_told_though_it_could_not_be_saved(start, issuer, monkeypatch):
    Disk(monkeypatch, works=2)
    shelf = start()
    issuer.next = [too_soon()]
    assert [problem_of(shelf.current).code for _ in range(2)] == ["EGW00133"] * 2
    assert problem_of(start().current).key == "token_wait"
    assert len(issuer.asked) == 1


def test_an_unsaved_token_is_used_on_in_the_spare_folder(start, issuer, folder, clock, monkeypatch):
    disk = Disk(monkeypatch, works=2)
    shelf = start()
    token = shelf.current()
    disk.works = 100
    read_only(folder, monkeypatch)
    shelf.accepted(token)
    assert shelf.current() == start().current() == token
    assert len(issuer.asked) == 1


def read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system says it to an ordinary user; root may write everywhere."""
    real = os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != folder and real(path, mode))


def test_a_state_folder_that_can_only_be_read_leads_to_the_spare_one(start, issuer, folder, clock, monkeypatch):
    start().current()
    clock.move(DAY)
    before = file_of(folder).read_bytes()
    read_only(folder, monkeypatch)
    shelf = start()
    assert shelf.current() == start().current() == Secret("token-2")
    assert shelf.warning
    assert shelf.warning.key == "state_folder"
    assert file_of(folder).read_bytes() == before


def test_a_good_token_in_a_folder_that_can_only_be_read_is_used_and_no_other_issued(
    start, issuer, folder, clock, monkeypatch
):
    first = start()
    first.accepted(first.current())
    read_only(folder, monkeypatch)
    shelf = start()
    assert shelf.current() == start().current() == Secret("token-1")
    shelf.accepted(Secret("token-1"))
    assert len(issuer.asked) == 1
    assert shelf.replace(Secret("token-1")) == start().current() == Secret("token-2")
    assert len(issuer.asked) == 2


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_leads_to_the_spare_one(start, issuer, folder, clock):
    start().current()
    clock.move(DAY)
    folder.chmod(0o500)
    try:
        assert start().current() == start().current() == Secret("token-2")
    finally:
        folder.chmod(0o700)


def _changed(**values: Any) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps({**json.loads(data), **values}).encode()


DAMAGES = {
    "nothing": lambda data: b"",
    "garbage": lambda data: os.urandom(300),
    "truncated": lambda data: data[: len(data) // 2],
    "a list": lambda data: b"[]",
    "a number": lambda data: b"17",
    "deep": lambda data: b"[" * 100_000,
    "newer version": _changed(version=2),
    "no version": lambda data: data.replace(b'"version"', b'"revision"'),
    "token a number": _changed(token=5),
    "token null": _changed(token=None),
    "token with a line": _changed(token="a\nb"),
    "token Korean": _changed(token="토큰"),
    "accepted a text": _changed(accepted="no"),
    "issued a text": _changed(issued="today"),
    "expires for ever": _changed(expires=float("inf")),
    "issued nowhen": _changed(issued=float("nan")),
    "requests a number": _changed(requests=7),
    "requests texts": _changed(requests=["x"]),
    "requests nowhen": _changed(requests=[float("nan")]),
    "a rest for ever": _changed(rest_until=float("inf"), rest_key="token_wait", expires=0),
    "a rest for years": _changed(rest_until=1e10, rest_key="token_wait", expires=0),
    "a rest past the calendar": _changed(rest_until=1e300, rest_key="token_wait", expires=0),
    "a rest without a reason": _changed(rest_from=1.7e9, rest_until=1.7e9 + 60, rest_key=""),
    "a rest for an unknown reason": _changed(rest_from=1.7e9, rest_until=1.7e9 + 60, rest_key="who knows"),
    "strikes beyond counting": _changed(strikes=-1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_replaced(start, issuer, folder, damage):
    start().current()
    file_of(folder).write_bytes(damage(file_of(folder).read_bytes()))
    assert start().current() == Secret("token-2")
    assert start().current() == Secret("token-2")
    assert json.loads(file_of(folder).read_bytes())["version"] == 1


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_counts_as_a_request_of_its_time(start, issuer, folder, clock, damage):
    start().current()
    file_of(folder).write_bytes(damage(file_of(folder).read_bytes()))
    written = clock.epoch() - 20
    os.utime(file_of(folder), (written, written))
    second = start().current()
    start().accepted(second)
    problem = problem_of(lambda: start().replace(second))
    assert (problem.key, len(issuer.asked)) == ("token_wait", 2)
    assert problem.until == pytest.approx(written + 60, abs=0.01)
    clock.move(40.1)
    assert start().replace(second) == Secret("token-3")


@pytest.mark.parametrize("age", [61, -61])
def test_a_damaged_file_of_another_time_counts_nothing(start, issuer, folder, clock, age):
    start().current()
    file_of(folder).write_bytes(b"garbage")
    os.utime(file_of(folder), (clock.epoch() - age,) * 2)
    second = start().current()
    start().accepted(second)
    assert start().replace(second) == Secret("token-3")


def test_the_undamaged_file_is_not_replaced(start, issuer, folder):
    start().current()
    file_of(folder).write_bytes(_changed()(file_of(folder).read_bytes()))
    assert start().current() == Secret("token-1")


def test_a_folder_in_place_of_the_file_is_survived(start, issuer, folder):
    file_of(folder).mkdir(parents=True)
    shelf = start()
    assert shelf.current() == start().current() == Secret("token-1")
    assert shelf.warning
    assert shelf.warning.key == "state_folder"


def test_a_state_folder_that_is_a_file_is_survived_with_a_warning(start, issuer, folder):
    folder.write_text("a file")
    shelf = start()
    assert shelf.current() == start().current() == Secret("token-1")
    assert shelf.warning
    assert shelf.warning.key == "state_folder"
    assert folder.read_text() == "a file"


def test_the_cool_down_holds_where_the_state_folder_is_a_file(start, issuer, folder):
    folder.write_text("a file")
    issuer.next = [too_soon()]
    for _ in range(3):
        with pytest.raises(TokenError):
            start().current()
    assert len(issuer.asked) == 1


def test_a_good_state_folder_makes_no_warning(start):
    shelf = start()
    shelf.current()
    assert shelf.warning is None


def test_without_any_folder_nothing_is_issued(start, issuer, folder, tmp_path, monkeypatch):
    folder.write_text("a file")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(FileError):
        start().current()
    assert not issuer.asked


@posix
def test_file_and_folder_are_private(start, folder, issuer):
    before = os.umask(0)
    try:
        shelf = start()
        shelf.accepted(shelf.current())
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file_of(folder).stat().st_mode & 0o777 == 0o600


@posix
def test_a_folder_that_others_may_read_is_closed_to_them(start, folder):
    folder.mkdir()
    folder.chmod(0o755)
    start().current()
    assert folder.stat().st_mode & 0o777 == 0o700


@posix
def test_the_spare_folder_is_private_too(start, folder, tmp_path):
    folder.write_text("a file")
    start().current()
    (spare,) = (found.parent for found in tmp_path.rglob("token-*.json"))
    assert spare.stat().st_mode & 0o777 == 0o700


@posix
def test_a_spare_folder_that_is_a_link_is_not_trusted(start, folder, tmp_path, issuer):
    folder.write_text("a file")
    start().current()
    (spare,) = (found.parent for found in tmp_path.rglob("token-*.json"))
    elsewhere = spare.rename(tmp_path / "elsewhere")
    spare.symlink_to(elsewhere)
    with pytest.raises(FileError):
        start().current()
    assert len(issuer.asked) == 1


def test_forget_removes_all(start, issuer, folder, tmp_path):
    shelf = start()
    shelf.current()
    assert shelf.forget() is True
    folder.rename(tmp_path / "kept")
    folder.write_text("a file")
    assert start().current() == Secret("token-2")
    assert start().forget() is True
    assert not list(tmp_path.rglob("token-*"))
    assert start().forget() is False
    with suppress(TokenError):
        shelf.current()
    assert shelf._place._seen.token not in ("token-1", "token-2")


def test_forget_waits_for_an_issue_under_way(folder, clock):
    asked, answer = threading.Event(), threading.Event()

    def issue() -> IssuedToken:
        asked.set()
        answer.wait(10)
        return IssuedToken(Secret("late"), DAY)

    issuing = threading.Thread(target=Tokens(PrivateFile(folder, SCOPE, clock), issue, clock).current)
    forgetting = threading.Thread(target=Tokens(PrivateFile(folder, SCOPE, clock), issue, clock).forget)
    issuing.start()
    asked.wait(10)
    forgetting.start()
    forgetting.join(0.1)  # long enough for one that does not wait
    answer.set()
    issuing.join()
    forgetting.join()
    assert not file_of(folder).exists()


def test_a_lock_that_is_never_released_is_not_passed_by(start, issuer, folder, monkeypatch):
    import filelock

    monkeypatch.setattr(private, "LOCK_SECONDS", 0.05)
    start().current()
    file_of(folder).unlink()
    with filelock.FileLock(folder / f"token-{SCOPE}.lock"):
        assert problem_of(start().current).key == "token_wait"
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("step", ["current", "replace", "accepted"])
def test_the_lock_is_waited_for_no_longer_than_the_rest_of_the_fetch(start, issuer, folder, clock, step):
    import filelock

    token = start().current()
    clock.move(DAY)
    shelf = start()
    steps = {
        "current": lambda: shelf.current(seconds=TOKEN_SECONDS + 0.3),
        "replace": lambda: shelf.replace(token, seconds=1.0),
        "accepted": lambda: shelf.accepted(token),
    }
    with filelock.FileLock(folder / f"token-{SCOPE}.lock"):
        began = time.monotonic()
        if step == "accepted":
            steps[step]()
        else:
            assert problem_of(steps[step]).key == "token_wait"
        assert time.monotonic() - began < 2.5
    assert len(issuer.asked) == 1


def test_a_thread_that_waits_for_another_one_of_its_process_keeps_its_time_too(folder, clock):
    asked, answer = threading.Event(), threading.Event()

    def issue() -> IssuedToken:
        asked.set()
        answer.wait(10)
        return IssuedToken(Secret("late"), DAY)

    shelf = Tokens(PrivateFile(folder, SCOPE, clock), issue, clock)
    issuing = threading.Thread(target=shelf.current)
    issuing.start()
    asked.wait(10)
    shelf._place._seen = State()
    assert problem_of(lambda: shelf.current(seconds=1.0)).key == "token_wait"
    answer.set()
    issuing.join()
    assert shelf.current(seconds=1.0) == Secret("late")


def test_forgetting_all_removes_the_tokens_of_every_scope_and_nothing_else(start, issuer, folder, tmp_path):
    for scope in ("a" * 16, "b" * 16):
        start(scope).current()
    (folder / "config.toml").write_text("kept")
    (folder / ".token-aaaa-0123.tmp").write_text("half a token")
    assert tokens.forget_all(folder) is True
    assert [path.name for path in folder.iterdir()] == ["config.toml"]
    assert tokens.forget_all(folder) is False


def test_forgetting_all_clears_the_spare_folders_of_its_scopes(start, issuer, folder, tmp_path, clock, monkeypatch):
    start().current()
    clock.move(DAY)
    with monkeypatch.context() as patch:
        read_only(folder, patch)
        start().current()
    assert len(list(tmp_path.rglob("token-*.json"))) == 2
    assert tokens.forget_all(folder) is True
    assert not list(tmp_path.rglob("token-*"))
    assert not list(tmp_path.rglob("xlwings-kis-*"))


def test_forgetting_all_survives_a_folder_that_is_none(folder, tmp_path):
    assert tokens.forget_all(folder) is False
    folder.write_text("a file")
    assert tokens.forget_all(folder) is False


def test_a_token_for_ever_is_one_for_all_processes(kis, folder, clock):
    kis_answer = {"access_token": "endless", "access_token_token_expired": "9999-12-31 23:59:59"}
    asked = []

    class Endless(Echo):
        def send(self, request: Any, budget: float) -> Answer:
            asked.append(request.kind)
            return Answer(200, {}, json.dumps(kis_answer).encode())

    who = Credentials(Secret(kis.app_key), Secret(kis.app_secret))
    for _ in range(3):
        gateway = Gateway(Endless(), who, clock)
        assert Tokens(PrivateFile(folder, SCOPE, clock), gateway.issue_token, clock).current() == Secret("endless")
    assert asked == ["token"]


# --- with the gateway ---


@pytest.fixture
def desk(kis: Simulator, folder: Path, clock: ManualClock) -> Iterator[Callable[..., tuple[Gateway, Tokens]]]:
    """A gateway and its tokens, as a process on the simulator has them."""
    transports = []

    def make(at: WallClock = clock) -> tuple[Gateway, Tokens]:
        transports.append(Transport(kis.url))
        gateway = Gateway(transports[-1], Credentials(Secret(kis.app_key), Secret(kis.app_secret)), at)
        return gateway, Tokens(PrivateFile(folder, SCOPE, at), gateway.issue_token, at)

    yield make
    for transport in transports:
        transport.close()


def test_a_rejected_token_costs_one_issue_and_one_repetition(kis, desk):
    gateway, shelf = desk()
    gateway.program_trade(KRX_KOSPI, shelf, 15)
    kis.reset_calls()
    kis.fail_next(Fault.TOKEN_EXPIRED)
    assert gateway.program_trade(KRX_KOSPI, shelf, 15).rows
    assert kis.kinds == ["program-trade", "token", "program-trade"]


def test_a_new_token_that_is_rejected_too_ends_it(kis, desk, clock):
    gateway, shelf = desk()
    kis.fault = Fault.TOKEN_INVALID
    for _ in range(5):
        with pytest.raises(TokenError) as caught:
            gateway.program_trade(KRX_KOSPI, shelf, 15)
        clock.move(1)
    assert caught.value.problem.key == "token_rejected"
    assert kis.count("token") == 1


SPOILT_ISSUES = [fault for fault in Fault if fault.concerns == "token" and fault is not Fault.TOKEN_HANG]


@pytest.mark.parametrize("fault", SPOILT_ISSUES, ids=[fault.value for fault in SPOILT_ISSUES])
def test_whatever_spoils_an_issue_is_not_repeated(kis, desk, clock, fault):
    kis.fault = fault
    for _ in range(3):
        with pytest.raises(KisError):
            desk()[1].current()
        clock.move(15)
    assert kis.count("token") == 1
    kis.clear_faults()
    clock.move(16)
    assert desk()[1].current()
    assert kis.count("token") == 2


def test_a_gateway_that_cannot_be_reached_starts_no_cool_down(kis, desk):
    _, shelf = desk()
    kis.stop()
    with pytest.raises(NetworkError):
        shelf.current()
    kis.start()
    assert desk()[1].current()
    assert kis.count("token") == 1


@pytest.mark.parametrize("hours", [-9, -3, 5, 30])
def test_a_lifetime_counts_from_the_gateways_clock(kis, desk, clock, hours):
    kis.now = WallClock()
    clock.move(hours * 3600)
    desk()[1].current()
    clock.move(DAY - tokens.MARGIN - 5)
    desk()[1].current()
    assert kis.count("token") == 1
    clock.move(5)
    desk()[1].current()
    assert kis.count("token") == 2


def test_a_brought_token_is_never_issued_or_replaced(kis, desk):
    gateway, _ = desk()
    shelf = BroughtToken(Secret("a-token-the-user-brought"))
    with pytest.raises(TokenError) as caught:
        gateway.program_trade(KRX_KOSPI, shelf, 15)
    assert caught.value.problem.key == "brought_token_rejected"
    assert kis.kinds == ["program-trade"]
    assert shelf.current() == Secret("a-token-the-user-brought")
    assert shelf.forget() is False


class Echo:
    """A sender that answers everything with what it was sent."""

    def send(self, request: Any, budget: float) -> Answer:
        text = json.dumps(request.json)
        return Answer(403, {}, json.dumps({"error_code": "EGW00999", "error_description": text}).encode())

    def close(self) -> None: ...


def test_no_secret_is_in_a_repr_an_exception_or_a_note(folder, clock, kis):
    who = Credentials(Secret(kis.app_key), Secret(kis.app_secret))
    shelf = Tokens(PrivateFile(folder, SCOPE, clock), Gateway(Echo(), who, clock).issue_token, clock)
    with pytest.raises(KisError) as caught:
        shelf.current()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problem) + repr(shelf)
    shown += file_of(folder).read_text()
    assert "EGW00999" in shown
    assert kis.app_key not in shown
    assert kis.app_secret not in shown


def test_a_token_is_in_no_repr(start):
    shelf = start()
    token = shelf.current()
    problem = problem_of(lambda: shelf.replace(token))
    assert "token-1" not in repr((shelf, shelf._place._seen, token, problem, problem.sentence()))


# --- real processes ---

PROCESS = """
import os, sys
from pathlib import Path
from xlwings_kis.clock import SystemClock
from xlwings_kis.errors import KisError
from xlwings_kis.gateway import Gateway
from xlwings_kis.protocol import Credentials
from xlwings_kis.secret import Secret
from xlwings_kis.tokens import PrivateFile, Tokens
from xlwings_kis.transport import Transport
import filelock

who = Credentials(Secret(os.environ["APP_KEY"]), Secret(os.environ["APP_SECRET"]))
gateway = Gateway(Transport(os.environ["URL"]), who, SystemClock())
place = PrivateFile(Path(os.environ["FOLDER"]), os.environ["SCOPE"], SystemClock())
tokens = Tokens(place, gateway.issue_token, SystemClock())
print("ready", flush=True)
sys.stdin.readline()
try:
    print(tokens.current().reveal(), flush=True)
except KisError as error:
    print(error.problem.key, error.problem.code, flush=True)
"""


@pytest.fixture
def processes(kis: Simulator, folder: Path) -> Iterator[Callable[[int], list[subprocess.Popen[str]]]]:
    """So many processes that wait for a line on their stdin and then ask for a token."""
    running: list[subprocess.Popen[str]] = []
    environ = {**os.environ, "APP_KEY": kis.app_key, "APP_SECRET": kis.app_secret, "URL": kis.url}
    environ |= {"FOLDER": str(folder), "SCOPE": SCOPE, "PYTHONUTF8": "1"}

    def start(number: int) -> list[subprocess.Popen[str]]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        new = [
            subprocess.Popen([sys.executable, "-c", PROCESS], text=True, env=environ, **pipes) for _ in range(number)
        ]
        running.extend(new)
        for process in new:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        return new

    yield start
    for process in running:
        process.kill()
        process.communicate()


def answers(processes: list[subprocess.Popen[str]]) -> list[str]:
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.stdout.readline().strip() for process in processes]


def test_four_processes_that_start_at_once_cost_one_issue(kis, processes):
    kis.token_latency = 0.2
    got = answers(processes(4))
    assert set(got) == set(kis.issued_tokens)
    assert kis.count("token") == 1


def test_a_refusal_is_known_to_all_processes(kis, processes):
    kis.fault = Fault.TOKEN_TOO_SOON
    assert answers(processes(3)) == ["token_wait EGW00133"] * 3
    assert kis.count("token") == 1


def test_processes_without_a_state_folder_share_one_issue(kis, processes, folder):
    folder.write_text("a file")
    kis.token_latency = 0.2
    assert set(answers(processes(3))) == set(kis.issued_tokens)
    assert kis.count("token") == 1


def test_an_issuer_that_is_killed_leaves_the_cool_down(kis, processes, desk):
    kis.fault = Fault.TOKEN_HANG
    (victim,) = processes(1)
    victim.stdin.write("go\n")
    victim.stdin.flush()
    while kis.count("token") == 0:
        time.sleep(0.01)
    victim.kill()
    victim.wait()
    kis.clear_faults()
    now = WallClock()
    now.now = datetime.now(KST)
    assert problem_of(desk(now)[1].current).key == "token_wait"
    assert kis.count("token") == 1
    now.move(61)
    assert desk(now)[1].current()
    assert kis.count("token") == 2
