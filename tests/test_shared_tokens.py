"""The token of a desk: one for all machines, readable to them alone, and never issued past its lock."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock
from redis_server import RedisServer
from test_shared_store import Machine, full, locked_out, no_scripts, replica
from test_tokens import DAY, Issuer, never_connected, problem_of, too_soon

from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, NetworkError, SettingsError
from xlwings_kis.protocol import IssuedToken
from xlwings_kis.secret import Secret
from xlwings_kis.store.shared.server import Server, prefix
from xlwings_kis.tokens import COOL_DOWN, PrivateFile, Tokens, shared
from xlwings_kis.tokens.shared import AWAY_SECONDS, LOOK_SECONDS, SharedToken, forget_shared, look

SCOPE = "scope"
KEY, OTHER_KEY = Secret("k" * 43), Secret("o" * 42 + "8")
TOKEN = prefix(SCOPE) + "token"


@pytest.fixture
def clock() -> ManualClock:
    """The server's."""
    return ManualClock()


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def server(own_server: RedisServer) -> RedisServer:
    return own_server


@pytest.fixture
def process(tmp_path: Path, server: RedisServer, issuer: Issuer, clock: ManualClock) -> Callable[..., Tokens]:
    """Tokens as a process on a machine (`folder`) has them; its clock may be `wrong`, its key another."""

    def make(folder: str = "one", wrong: float = 0.0, key: Secret = KEY, issue: Any = None) -> Tokens:
        own = Machine(clock, wrong)
        place = SharedToken(
            Server(server.address, own, clock.epoch), SCOPE, key, PrivateFile(tmp_path / folder, SCOPE, own), own
        )
        return Tokens(place, issue or issuer, own)

    return make


def unlock(server: RedisServer) -> None:
    """As its end does, which is told by the server's real clock."""
    server.client().delete(prefix(SCOPE) + "token:lock")


def test_machines_share_one_token_and_each_keeps_it(process, issuer, tmp_path):
    token = process("one").current()
    assert process("another").current() == process("third").current() == token
    assert len(issuer.asked) == 1
    for folder in ("one", "another", "third"):
        kept = json.loads((tmp_path / folder / f"token-{SCOPE}.json").read_bytes())
        assert kept["token"] == token.reveal()


def test_machines_that_start_at_once_cost_one_issue(process, issuer):
    got, gun = [], threading.Barrier(8)

    def ask(number: int) -> None:
        shelf = process(f"machine {number}")
        gun.wait()
        for _ in range(200):  # the clock is a test's: patience passes in no time
            try:
                got.append(shelf.current())
            except KisError:
                continue
            return

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == {Secret("token-1")}
    assert len(got) == 8
    assert len(issuer.asked) == 1


# --- nobody else can read it ---


def test_neither_token_nor_keys_are_on_the_server_or_on_the_way_to_it(process, server, issuer):
    heard, client = [], server.client()
    with client.monitor() as monitor:
        shelf = process("one")
        token = shelf.current()
        shelf.accepted(token)
        issuer.next = [too_soon()]
        with pytest.raises(KisError):
            shelf.replace(token)
        process("another").current()
        client.echo("the end")
        for line in monitor.listen():
            heard.append(repr(line))
            if "the end" in line["command"]:
                break
    assert len(heard) > 5
    for text in ("".join(heard), server.everything().decode()):
        assert "evalsha" in text.lower() or "sealed" in text
        for secret in ("token-1", KEY.reveal(), "잠시 후"):
            assert secret not in text


def test_what_was_sealed_for_one_key_pair_is_not_opened_for_another(process, server, clock, issuer, tmp_path):
    process("one").current()
    client, elsewhere = server.client(), prefix("another scope") + "token"
    client.hset(elsewhere, mapping=client.hgetall(TOKEN))
    own = PrivateFile(tmp_path / "other", "another scope", clock)
    place = SharedToken(Server(server.address, clock, clock.epoch), "another scope", KEY, own, clock)
    assert not place.known().token


def test_another_key_is_told_in_a_sentence_and_overwrites_nothing(process, server, issuer):
    process("one").current()
    before = server.client().hgetall(TOKEN)
    shelf = process("another", key=OTHER_KEY)
    for step in (shelf.current, lambda: shelf.replace(Secret("x"))):
        with pytest.raises(SettingsError) as raised:
            step()
        assert raised.value.problem.key == "other_store_key"
        assert OTHER_KEY.reveal() not in "".join(traceback.format_exception(raised.value))
    shelf.accepted(Secret("x"))
    assert server.client().hgetall(TOKEN) == before
    assert len(issuer.asked) == 1


def test_with_another_key_a_machine_goes_on_with_its_own_token_and_says_so(process, issuer):
    token = process("one").current()
    shelf = process("one", key=OTHER_KEY)
    assert shelf.current() == token
    assert shelf.warning.key == "other_store_key"


def test_a_desk_that_changes_its_key_waits_until_the_old_token_has_run_out(process, issuer, clock):
    process("one").current()
    clock.move(DAY)
    assert process("another", key=OTHER_KEY).current() == Secret("token-2")
    assert process("third", key=OTHER_KEY).current() == Secret("token-2")


def test_a_token_taken_off_the_server_can_be_issued_under_another_key(process, server, clock):
    process("one").current()
    there = Server(server.address, clock, clock.epoch)
    assert forget_shared(there, SCOPE)
    assert not forget_shared(there, SCOPE)
    assert process("another", key=OTHER_KEY).current() == Secret("token-2")


def test_no_secret_is_in_a_repr(process):
    shelf = process("one")
    token = shelf.current()
    place = shelf._place
    assert "token-1" not in repr((shelf, place, place.seen, token, place._seal))
    assert KEY.reveal() not in repr(vars(place))


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 200], ids=["nothing", "short", "long"])
def test_a_damaged_value_counts_as_a_request_of_its_time(process, server, issuer, clock, damage):
    process("one").current()
    server.client().hset(TOKEN, "sealed", damage or b"y")
    clock.move(20)
    second = process("another").current()
    assert second == Secret("token-2")
    process("another").accepted(second)
    problem = problem_of(lambda: process("third").replace(second))
    assert (problem.key, len(issuer.asked)) == ("token_wait", 2)


def test_a_value_of_another_version_is_left_alone(process, server, issuer):
    process("one").current()
    server.client().hset(TOKEN, "v", "2")
    before = server.client().hgetall(TOKEN)
    assert problem_of(process("another").current).key == "desk_away"
    assert server.client().hgetall(TOKEN) == before
    assert len(issuer.asked) == 1


# --- clocks ---


def test_machines_whose_clocks_are_ten_minutes_apart_agree_on_its_end(process, issuer, clock):
    slow, fast = process("slow", wrong=-300.0), process("fast", wrong=300.0)
    token = slow.current()
    assert fast.current() == token
    clock.move(DAY - 31)
    assert process("slow", wrong=-300.0).current() == process("fast", wrong=300.0).current() == token
    clock.move(1)
    assert fast.current() == slow.current() == Secret("token-2")


def test_a_rest_ends_for_all_at_once_and_each_is_told_by_its_own_clock(process, issuer, clock):
    issuer.next = [too_soon()]
    slow, fast = process("slow", wrong=-300.0), process("fast", wrong=300.0)
    with pytest.raises(KisError):
        slow.current()
    problem = problem_of(fast.current)
    assert problem.until == pytest.approx(clock.epoch() + 300 + 60, abs=0.01)
    assert problem.facts["time"] == f"{to_kst(problem.until):%H:%M:%S}"
    clock.move(60.1)
    assert fast.current() == Secret("token-2")


# --- the server goes away ---


TROUBLES = {
    "killed": RedisServer.kill, "a replica": replica, "full": full, "password": locked_out, "no scripts": no_scripts,
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_without_the_server_everybody_goes_on_with_the_token_they_have(process, server, issuer, clock, trouble):
    one, another = process("one"), process("another")
    token = one.current()
    assert another.current() == token
    trouble(server)
    clock.move(60)
    for shelf in (one, another, process("one"), process("another")):
        assert shelf.current() == token
        shelf.accepted(token)
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_without_the_server_nobody_issues_one(process, server, issuer, clock, trouble):
    trouble(server)
    for folder in ("one", "another", "third"):
        with pytest.raises(NetworkError) as raised:
            process(folder).current()
        assert raised.value.problem.key == "desk_away"
        assert "Redis" in str(raised.value)
    assert not issuer.asked


def test_without_the_server_a_rejected_token_is_not_replaced(process, server, issuer):
    shelf = process("one")
    token = shelf.current()
    shelf.accepted(token)
    server.kill()
    assert problem_of(lambda: shelf.replace(token)).key == "desk_away"
    assert len(issuer.asked) == 1


def test_it_goes_on_by_itself_when_the_server_is_back(process, server, issuer, clock):
    server.kill()
    shelf = process("one")
    assert problem_of(shelf.current).key == "desk_away"
    server.start()
    assert problem_of(shelf.current).key == "desk_away", "it is not asked again at once"
    clock.move(AWAY_SECONDS)
    assert shelf.current() == Secret("token-1")


def test_a_server_that_goes_away_during_an_issue_learns_of_the_token_later(process, server, issuer, clock):
    def issue() -> IssuedToken:
        given = issuer()
        server.kill()
        return given

    shelf = process("one", issue=issue)
    token = shelf.current()
    shelf.accepted(token)
    assert shelf.current() == token
    server.start()
    clock.move(LOOK_SECONDS + AWAY_SECONDS)
    assert shelf.current() == token, "the lock it could not give back is still there"
    unlock(server)
    clock.move(LOOK_SECONDS)
    assert shelf.current() == token
    assert process("another").current() == token
    assert len(issuer.asked) == 1


def test_a_process_that_ends_while_the_server_is_away_leaves_the_token_to_the_next(process, server, issuer, clock):
    def issue() -> IssuedToken:
        given = issuer()
        server.kill()
        return given

    token = process("one", issue=issue).current()
    server.start()
    assert process("one").current() == token
    unlock(server)
    assert process("one").current() == token
    assert process("another").current() == token
    assert len(issuer.asked) == 1


def test_a_server_that_forgot_everything_is_told_by_whoever_knows(process, server, issuer, clock):
    one, another = process("one"), process("another")
    token = one.current()
    assert another.current() == token
    server.flush()
    clock.move(LOOK_SECONDS)
    assert another.current() == token
    assert process("third").current() == token
    assert len(issuer.asked) == 1


def test_a_machine_that_joins_brings_the_token_it_had_alone(process, tmp_path, issuer, clock):
    alone = Tokens(PrivateFile(tmp_path / "one", SCOPE, clock), issuer, clock)
    token = alone.current()
    assert process("one").current() == process("another").current() == token
    assert len(issuer.asked) == 1


def test_a_machine_that_leaves_the_desk_keeps_the_token(process, tmp_path, issuer, clock):
    token = process("one").current()
    assert Tokens(PrivateFile(tmp_path / "one", SCOPE, clock), issuer, clock).current() == token
    assert len(issuer.asked) == 1


def test_forgetting_is_for_one_machine_alone(process, issuer, tmp_path):
    token = process("one").current()
    shelf = process("another")
    shelf.current()
    assert shelf.forget() is True
    assert not (tmp_path / "another" / f"token-{SCOPE}.json").exists()
    assert process("third").current() == token
    assert len(issuer.asked) == 1


# --- the lock ---


def test_a_holder_that_has_lost_the_lock_overwrites_nothing(process, issuer, server, clock):
    """It was asleep while it asked; meanwhile its lock ended, the minute too, and somebody else was given a newer token."""
    slow_answer: list[Secret] = []

    def issue_asleep() -> IssuedToken:
        given = issuer()
        unlock(server)
        clock.move(COOL_DOWN + 1)
        slow_answer.append(process("awake").current())
        return given

    late = process("asleep", issue=issue_asleep).current()
    assert (late, slow_answer) == (Secret("token-1"), [Secret("token-2")])
    opened = shared.opened(
        Server(server.address, clock, clock.epoch).step(SCOPE, "token", "", 0.0), shared.Seal(KEY, SCOPE), clock.epoch()
    )
    assert opened.token == "token-2"
    assert len(issuer.asked) == 2


def test_a_holder_whose_lock_ended_before_it_asked_asks_nobody(process, issuer, server, clock):
    shelf = process("asleep")
    with shelf._place.locked(10.0) as held:
        unlock(server)
        with process("awake")._place.locked(10.0):
            problem = problem_of(lambda: shelf._new(held))
    assert problem.key == "token_wait"
    assert not issuer.asked


def test_a_dead_holder_delays_the_others_by_seconds(process, issuer, server, clock):
    entered = process("dead")._place.locked(10.0)
    entered.__enter__()
    left = server.client().pttl(prefix(SCOPE) + "token:lock")
    assert 0 < left <= shared.HOLD_SECONDS * 1000 <= 10_000
    assert problem_of(process("one").current).key == "token_wait"
    server.client().pexpire(prefix(SCOPE) + "token:lock", 1)
    while server.client().exists(prefix(SCOPE) + "token:lock"):
        pass
    assert process("one").current() == Secret("token-1")


def test_a_lock_lasts_longer_than_a_token_request_may():
    from xlwings_kis.protocol import TOKEN_SECONDS

    assert shared.HOLD_SECONDS > TOKEN_SECONDS + 2


def test_an_issuer_that_dies_leaves_the_minute_to_all_machines(process, issuer, server, clock):
    issuer.next = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        process("one").current()
    assert problem_of(process("another").current).key == "token_wait"
    clock.move(COOL_DOWN + 0.1)
    assert process("another").current() == Secret("token-2")


def test_a_gateway_never_reached_leaves_no_rest_on_the_server(process, issuer):
    issuer.next = [never_connected()]
    with pytest.raises(NetworkError):
        process("one").current()
    assert process("another").current() == Secret("token-2")


# --- what the doctor sees ---


def test_what_is_shared_can_be_looked_at(process, server, issuer, clock):
    there = Server(server.address, clock, clock.epoch)
    assert look(there, SCOPE, KEY) == (True, 0.0, None)
    process("one").current()
    assert look(there, SCOPE, KEY).valid_until == pytest.approx(clock.epoch() + DAY, abs=0.01)
    with pytest.raises(SettingsError):
        look(there, SCOPE, OTHER_KEY)
