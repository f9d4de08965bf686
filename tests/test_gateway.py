"""The gateway: the retries KIS asks for and no others, inside the budget, at the rate, and with every request counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

import pytest
from clocks import ManualClock
from hypothesis import given
from hypothesis import strategies as st
from making import body, item
from samples import KRX_KOSPI

from xlwings_kis.errors import (
    CredentialError,
    KisError,
    NetworkError,
    RefusedError,
    TokenError,
    failure,
)
from xlwings_kis.gateway import TOKEN_SECONDS, Gateway
from xlwings_kis.protocol import Answer, Credentials, Request, TransportFault
from xlwings_kis.secret import Secret

WHO = Credentials(Secret("APP-KEY-" * 4), Secret("APP-SECRET-" * 16))
CORPORATION = Credentials(
    Secret("APP-KEY-" * 4),
    Secret("APP-SECRET-" * 16),
    "B",
    Secret("PERSONAL-SEC-KEY"),
    Secret("01012345678"),
    Secret("203.0.113.7"),
    Secret("001122AABBCC"),
)

# FACTS, "Errors", typed once more.
REPEATED_THREE_TIMES = ("EGW00201", "EGW00215")
REPEATED_ONCE = ("EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302", "EGW00316")
TOKEN_CODES = ("EGW00121", "EGW00122", "EGW00123")
NOT_REPEATED = {
    "EGW00103": CredentialError,
    "EGW00105": CredentialError,
    "EGW02004": CredentialError,
    "EGW00133": TokenError,
    "EGW00206": RefusedError,
    "EGW00207": RefusedError,
    "EGW00208": RefusedError,
    "EGW00209": RefusedError,
    "OPSQ2001": RefusedError,
    "EGW00999": RefusedError,
}
FOR_THE_USER = {"EGW00103", "EGW00105", "EGW02004", "EGW00206", "EGW00207", "EGW00208", "EGW00209", "OPSQ2001"}


def good(**headers: str) -> Answer:
    return Answer(200, headers, json.dumps(body(item(), item("9100"))).encode())


def refusal(code: str, text: str = "안내 문구", status: int = 500) -> Answer:
    return Answer(status, {}, json.dumps({"rt_cd": "1", "msg_cd": code, "msg1": text}, ensure_ascii=False).encode())


def token_answer(**headers: str) -> Answer:
    issued = {"access_token": "issued", "access_token_token_expired": "2026-11-21 11:20:31", "expires_in": 86400}
    return Answer(200, headers, json.dumps(issued).encode())


def dropped() -> TransportFault:
    return TransportFault(failure("no_answer"), again=True)


def refused_connection() -> TransportFault:
    return TransportFault(failure("unreachable", host="127.0.0.1:9"), again=True, sent=False)


def timed_out() -> TransportFault:
    return TransportFault(failure("no_answer"))


class Log(list[Any]):
    """What happened, in order: `("send", kind, budget)`, `("sleep", seconds)`, `("rate",)`, `("counted", kind)`."""

    def of(self, what: str) -> list[Any]:
        return [event for event in self if event[0] == what]

    @property
    def sends(self) -> int:
        return len(self.of("send"))

    @property
    def pauses(self) -> list[float]:
        return [seconds for _, seconds in self.of("sleep") if seconds]


class LoggedClock(ManualClock):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def sleep(self, seconds: float) -> None:
        self.log.append(("sleep", seconds))
        super().sleep(seconds)


class Sender:
    """Answers from a list (the last one again and again); every answer takes `takes` seconds."""

    def __init__(self, clock: ManualClock, log: Log) -> None:
        self.clock, self.log = clock, log
        self.script: list[Answer | Exception] = [good()]
        self.takes = 0.0
        self.requests: list[Request] = []

    def send(self, request: Request, budget: float) -> Answer:
        self.log.append(("send", request.kind, budget))
        self.requests.append(request)
        self.clock.move(min(self.takes, budget))
        if self.takes >= budget:
            raise timed_out()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None: ...


class Shelf:
    """Tokens `token-1`, …; `replaced` and `taken` are what was rejected and accepted, `left` the seconds given."""

    def __init__(self) -> None:
        self.replaced: list[str] = []
        self.taken: list[str] = []
        self.left: list[float] = []

    def current(self, seconds: float = 15.0) -> Secret:
        self.left.append(seconds)
        return Secret("token-1")

    def replace(self, rejected: Secret, seconds: float = 15.0) -> Secret:
        self.left.append(seconds)
        self.replaced.append(rejected.reveal())
        return Secret(f"token-{len(self.replaced) + 1}")

    def accepted(self, token: Secret) -> None:
        self.taken.append(token.reveal())


class World:
    """A gateway with everything around it in a test's hands."""

    def __init__(self, who: Credentials = WHO) -> None:
        self.log = Log()
        self.clock = LoggedClock(self.log)
        self.sender = Sender(self.clock, self.log)
        self.shelf = Shelf()
        self.waits: list[float] = []
        self.gateway = Gateway(self.sender, who, self.clock, counted=self.counted, rate=self.rate)

    def counted(self, kind: str) -> None:
        self.log.append(("counted", kind))

    def rate(self) -> float:
        self.log.append(("rate",))
        return self.waits.pop(0) if self.waits else 0.0

    def fetch(self, *script: Answer | Exception, seconds: float = 15.0) -> Any:
        self.sender.script = list(script)
        return self.gateway.program_trade(KRX_KOSPI, self.shelf, seconds)

    def error(self, *script: Answer | Exception, seconds: float = 15.0) -> KisError:
        with pytest.raises(KisError) as caught:
            self.fetch(*script, seconds=seconds)
        return caught.value


@pytest.fixture
def world() -> World:
    return World()


# --- which refusals are repeated ---


def test_a_good_answer_is_asked_for_once(world):
    got = world.fetch(good())
    assert [row.code for row in got.rows] == ["8000", "9100"]
    assert got.at == world.clock.epoch()
    assert got.sha256 == sha256(good().body).hexdigest()
    assert world.log == [("send", "data", 15.0), ("counted", "data")]
    assert world.shelf.taken == ["token-1"]


@pytest.mark.parametrize("code", REPEATED_THREE_TIMES)
def test_too_many_calls_are_repeated_three_times_within_half_a_second_each(world, code):
    error = world.error(refusal(code))
    assert (type(error), error.code) == (RefusedError, code)
    assert world.log.sends == 4
    assert len(world.log.pauses) == 3
    assert all(0.1 <= pause <= 0.5 for pause in world.log.pauses)
    assert world.shelf.taken == []


@pytest.mark.parametrize("code", REPEATED_THREE_TIMES)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_too_many_calls_that_end_in_time_are_never_noticed(world, code, times):
    assert world.fetch(*[refusal(code)] * times, good()).rows
    assert world.log.sends == times + 1


@pytest.mark.parametrize("code", REPEATED_ONCE)
def test_what_kis_asks_to_repeat_is_repeated_once_with_the_same_token(world, code):
    error = world.error(refusal(code))
    assert (type(error), error.code) == (RefusedError, code)
    assert world.log.sends == 2
    assert len(world.log.pauses) == 1
    assert 0.1 <= world.log.pauses[0] <= 0.5
    assert world.shelf.replaced == []
    assert world.fetch(refusal(code), good()).rows


@pytest.mark.parametrize(("code", "kind"), NOT_REPEATED.items())
@pytest.mark.parametrize("status", [200, 403, 500])
def test_other_refusals_are_shown_and_not_repeated(world, code, kind, status):
    error = world.error(refusal(code, "이 문구 그대로", status), good())
    assert (type(error), error.code) == (kind, code)
    assert error.problem.facts["msg"] == "이 문구 그대로"
    assert error.problem.ask_user == (code in FOR_THE_USER)
    assert world.log.sends == 1
    assert world.log.pauses == []
    assert world.shelf.replaced == []


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("code", TOKEN_CODES)
def test_a_rejected_token_is_replaced_once_and_the_call_repeated_once(world, code, status):
    assert world.fetch(refusal(code, status=status), good()).rows
    assert world.shelf.replaced == ["token-1"]
    assert world.shelf.taken == ["token-2"]
    sent = [request.headers["authorization"] for request in world.sender.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("answer", [Answer(401, {}, b""), Answer(401, {}, b"<html>"), refusal("EGW99999", status=401)])
def test_a_bare_401_is_a_rejected_token(world, answer):
    assert world.fetch(answer, good()).rows
    assert world.shelf.replaced == ["token-1"]


@pytest.mark.parametrize("code", TOKEN_CODES)
def test_the_second_token_that_is_rejected_ends_it(world, code):
    assert world.error(refusal(code)).code == code
    assert world.log.sends == 2
    assert world.shelf.replaced == ["token-1"]


def test_where_no_token_can_be_had_that_is_the_error(world):
    def refuse(rejected: Secret, seconds: float) -> Secret:
        raise failure("token_rejected", time="11:21:31")

    world.shelf.replace = refuse
    assert world.error(refusal("EGW00123")).problem.key == "token_rejected"
    assert world.log.sends == 1


def test_each_kind_of_refusal_has_repetitions_of_its_own(world):
    script = [refusal("EGW00201"), refusal("EGW00123"), refusal("EGW00300"), dropped()]
    assert world.fetch(*script, refusal("EGW00215"), refusal("EGW00201"), good()).rows
    assert world.log.sends == 7


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, b"<html></html>"),
        Answer(503, {}, b"<html></html>"),
        Answer(200, {}, b""),
        Answer(200, {}, b'{"rt_cd":"0"'),
        Answer(302, {"location": "/elsewhere"}, b""),
        Answer(200, {}, b"[]"),
        Answer(200, {}, json.dumps({"rt_cd": "0", "output1": {}}).encode()),
    ],
)
def test_what_is_no_answer_is_not_repeated(world, answer):
    world.error(answer, good())
    assert world.log.sends == 1
    assert world.log.pauses == []


# --- connections ---


@pytest.mark.parametrize("fault", [dropped, refused_connection])
def test_a_lost_connection_is_tried_once_more(world, fault):
    assert world.fetch(fault(), good()).rows
    assert world.log.sends == 2
    again = World()
    assert isinstance(again.error(fault()), NetworkError)
    assert again.log.sends == 2


@pytest.mark.parametrize(
    "fault",
    [timed_out, lambda: TransportFault(failure("certificate"), sent=False), lambda: TransportFault(failure("proxy"))],
)
def test_other_faults_of_the_connection_are_not_repeated(world, fault):
    assert isinstance(world.error(fault(), good()), NetworkError)
    assert world.log.sends == 1


# --- the budget ---


def test_every_call_may_take_what_is_left(world):
    world.sender.takes = 2.0
    world.fetch(refusal("EGW00201"), refusal("EGW00201"), good(), seconds=10.0)
    budgets = [budget for _, _, budget in world.log.of("send")]
    assert budgets == pytest.approx([10.0, 10.0 - 2.1, 10.0 - 4.35])


def test_nothing_is_repeated_that_could_not_end_in_time(world):
    world.sender.takes = 0.95
    error = world.error(refusal("EGW00201"), good(), seconds=1.0)
    assert error.code == "EGW00201"
    assert world.log.sends == 1
    assert world.log.pauses == []


def test_no_time_left_is_no_answer_and_no_call(world):
    assert isinstance(world.error(good(), seconds=0.0), NetworkError)
    assert world.log == []


def test_tokens_may_take_what_is_left(world):
    world.sender.takes = 2.0
    world.fetch(refusal("EGW00123"), good(), seconds=10.0)
    assert world.shelf.left == pytest.approx([10.0, 8.0])


def test_both_tries_of_a_token_request_share_its_time(world):
    world.sender.takes = 2.0
    world.sender.script = [refused_connection(), token_answer()]
    world.gateway.issue_token()
    assert [budget for _, _, budget in world.log.of("send")] == pytest.approx([TOKEN_SECONDS, TOKEN_SECONDS - 2.0])


def test_a_connection_that_took_all_the_time_was_never_established_all_the_same(world):
    def late(request: Request, budget: float) -> Answer:
        world.clock.move(budget)
        raise refused_connection()

    world.sender.send = late
    with pytest.raises(TransportFault) as caught:
        world.gateway.issue_token()
    assert not caught.value.sent


ANYTHING = st.sampled_from(
    [refusal(code) for code in (*REPEATED_THREE_TIMES, *REPEATED_ONCE[:2], *TOKEN_CODES, "EGW00999")]
    + [dropped(), refused_connection(), timed_out(), good()]
)


@given(
    script=st.lists(ANYTHING, min_size=1, max_size=12),
    takes=st.floats(0, 3),
    seconds=st.floats(0.01, 5),
    waits=st.lists(st.floats(0, 3), max_size=6),
)
def test_whatever_comes_it_ends_within_the_budget_and_after_seven_calls(script, takes, seconds, waits):
    world = World()
    world.sender.takes, world.waits = takes, waits
    with suppress(KisError):
        world.fetch(*script, seconds=seconds)
    assert world.log.sends <= 7
    assert all(0 < budget <= seconds for _, _, budget in world.log.of("send"))
    assert world.clock.monotonic() <= seconds + 1e-6
    assert len(world.log.of("rate")) >= world.log.sends - 1


# --- the rate ---


@pytest.mark.parametrize("first", [refusal("EGW00201"), refusal("EGW00300"), refusal("EGW00123"), dropped()])
def test_leave_is_asked_for_before_every_repetition(world, first):
    world.fetch(first, good())
    assert [event for event in world.log if event[0] in ("send", "rate")] == [
        ("send", "data", 15.0),
        ("rate",),
        world.log.of("send")[1],
    ]


def test_a_repetition_waits_until_the_rate_gives_leave(world):
    world.waits = [0.4, 0.2]
    world.fetch(refusal("EGW00300"), good())
    after = [event for event in world.log if event[0] in ("sleep", "rate")]
    assert after == [("sleep", 0.1), ("rate",), ("sleep", 0.4), ("rate",), ("sleep", 0.2), ("rate",)]
    assert world.log.sends == 2


def test_without_leave_in_time_the_refusal_stands(world):
    world.waits = [20.0]
    assert world.error(refusal("EGW00300"), good()).code == "EGW00300"
    assert world.log.sends == 1


def test_without_leave_in_time_the_token_is_replaced_for_the_next_one(world):
    world.waits = [20.0]
    assert world.error(refusal("EGW00123"), good()).code == "EGW00123"
    assert world.log.sends == 1
    assert world.shelf.replaced == ["token-1"]


# --- counting ---


def test_every_request_is_counted_and_none_twice(world):
    world.fetch(refusal("EGW00201"), refusal("EGW00300"), dropped(), good())
    assert world.log.of("counted") == [("counted", "data")] * 4
    world.sender.script = [token_answer()]
    world.gateway.issue_token()
    assert world.log.of("counted") == [("counted", "data")] * 4 + [("counted", "token")]


def test_a_request_without_an_answer_is_counted_too(world):
    world.error(timed_out())
    assert world.log.of("counted") == [("counted", "data")]


@pytest.mark.parametrize("fault", [refused_connection, lambda: TransportFault(failure("proxy"), sent=False)])
def test_a_request_that_never_left_is_not_counted(world, fault):
    world.error(fault())
    assert world.log.of("counted") == []
    world.fetch(refused_connection(), good())
    assert world.log.of("counted") == [("counted", "data")]


def test_a_request_that_ends_in_an_error_of_our_own_is_counted(world):
    world.sender.script = [RuntimeError("a bug")]
    with pytest.raises(RuntimeError):
        world.gateway.program_trade(KRX_KOSPI, world.shelf, 15.0)
    assert world.log.of("counted") == [("counted", "data")]


# --- clocks ---


def dated(world: World, seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(world.clock.epoch() + seconds, UTC), usegmt=True)


@pytest.mark.parametrize("off", [0, 1, -1, 60, -60])
def test_a_minute_more_or_less_is_the_network(world, off):
    assert world.fetch(good(date=dated(world, off))).skew == 0


@pytest.mark.parametrize("off", [61, -61, 3600, -9 * 3600, 86400 * 3])
@pytest.mark.parametrize("name", ["date", "Date", "DATE"])
def test_beyond_a_minute_the_gateways_clock_is_believed(world, off, name):
    got = world.fetch(good(**{name: dated(world, off)}))
    assert got.skew == pytest.approx(off)
    assert got.at == world.clock.epoch()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-20", "Fri, 99 Nov 2026 99:99:99 GMT"])
def test_a_date_that_is_none_says_nothing(world, text):
    assert world.fetch(good(date=text)).skew == 0
    assert world.fetch(good()).skew == 0


# --- secrets ---


def revealed(who: Credentials) -> list[str]:
    return [secret.reveal() for secret in who.secrets if secret]


@pytest.mark.parametrize("code", ["EGW00999", "EGW00103", "EGW00201", "EGW00300"])
def test_what_kis_echoes_is_taken_out_of_its_words(code):
    world = World(CORPORATION)
    secrets = [*revealed(CORPORATION), "token-1"]
    assert len(secrets) == 7
    error = world.error(refusal(code, "받은 값: " + ", ".join(secrets)))
    assert error.problem.facts["msg"].count("<hidden>") == 7
    for secret in secrets:
        assert secret not in f"{error}{error!r}{error.problem}{error.hint}"


def test_a_new_token_is_taken_out_as_well_as_the_old_one(world):
    error = world.error(refusal("EGW00123", "old token-1"), refusal("EGW00123", "new token-2"))
    assert error.problem.facts["msg"] == "new <hidden>"


def test_what_the_token_endpoint_echoes_is_taken_out(world):
    text = f"key {WHO.app_key.reveal()} secret {WHO.app_secret.reveal()}"
    world.sender.script = [Answer(403, {}, json.dumps({"error_code": "EGW00103", "error_description": text}).encode())]
    with pytest.raises(CredentialError) as caught:
        world.gateway.issue_token()
    assert caught.value.problem.facts["msg"] == "key <hidden> secret <hidden>"


def test_every_call_of_a_corporation_has_a_new_uid():
    world = World(CORPORATION)
    world.fetch(refusal("EGW00201"), refusal("EGW00123"), dropped(), good())
    uids = [request.headers["gt_uid"] for request in world.sender.requests]
    assert len(set(uids)) == 4
    assert all(0 < len(uid) <= 32 for uid in uids)


# --- tokens ---


def test_a_token_is_asked_for_once_and_within_its_own_time(world):
    world.sender.script = [token_answer(date=dated(world, 0))]
    issued = world.gateway.issue_token()
    assert issued.token == Secret("issued")
    assert issued.lifetime == pytest.approx(86400)
    assert world.log == [("send", "token", TOKEN_SECONDS), ("counted", "token")]


def test_the_lifetime_counts_from_the_gateways_clock(world):
    world.clock.move(-5 * 3600)
    world.sender.script = [token_answer(date="Fri, 20 Nov 2026 03:20:31 GMT")]
    assert world.gateway.issue_token().lifetime == pytest.approx(86400 - 3600)


def test_a_connection_never_established_is_tried_once_more(world):
    world.sender.script = [refused_connection(), token_answer()]
    assert world.gateway.issue_token().token == Secret("issued")
    again = World()
    again.sender.script = [refused_connection()]
    with pytest.raises(TransportFault) as caught:
        again.gateway.issue_token()
    assert not caught.value.sent
    assert again.log.sends == 2


@pytest.mark.parametrize("fault", [dropped, timed_out, lambda: TransportFault(failure("broken_answer", broken="cut"))])
def test_a_token_request_that_was_sent_is_never_repeated(world, fault):
    world.sender.script = [fault(), token_answer()]
    with pytest.raises(TransportFault) as caught:
        world.gateway.issue_token()
    assert caught.value.sent
    assert world.log.sends == 1


NO_TOKENS = (
    refusal("EGW00201"),
    refusal("EGW00300"),
    Answer(403, {}, b'{"error_code":"EGW00133"}'),
    Answer(500, {}, b""),
    Answer(200, {}, b"<html>"),
    Answer(200, {}, b"{}"),
    Answer(200, {}, b'{"access_token":"a"}'),
    Answer(401, {}, b""),
)


@pytest.mark.parametrize("answer", NO_TOKENS)
def test_no_refusal_of_a_token_is_repeated(world, answer):
    world.sender.script = [answer, token_answer()]
    with pytest.raises(KisError):
        world.gateway.issue_token()
    assert world.log.sends == 1


def test_the_defaults_count_nothing_and_give_leave():
    log = Log()
    clock = LoggedClock(log)
    sender = Sender(clock, log)
    sender.script = [refusal("EGW00201"), good()]
    step: Callable[[], Any] = lambda: Gateway(sender, WHO, clock).program_trade(KRX_KOSPI, Shelf(), 15.0)  # noqa: E731
    assert step().rows
    assert log.sends == 2
