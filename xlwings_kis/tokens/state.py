"""What is known of a token, as a value: itself, what was asked for, and until when nobody should ask. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from xlwings_kis import wording
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import KisError, Problem, error
from xlwings_kis.protocol import TREATMENTS

COOL_DOWN = 60.0
"""Seconds nobody asks for a token after a refusal or an unanswered request."""

MOST_IN_COOL_DOWN = 2
"""Token requests in any 60 seconds, whatever happens."""

LONGEST_REST = 6 * 3600.0
"""KIS hands out the same token for six hours (observed): if that one is refused, asking again sooner is only noise."""

MARGIN = 30.0
"""Seconds before its end from which a token is not used any more."""

_LATEST = 1e11
"""No time kept is beyond this: the calendar of `datetime` ends at about 2.5e11."""

_SLACK = 5.0
"""Seconds by which what another machine did just now may seem to lie in the future."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a token. Times are this PC's clock, so a lifetime is counted from the moment the token came."""

    token: str = field(default="", repr=False)
    issued: float = 0.0
    expires: float = 0.0
    accepted: bool = False
    strikes: int = 0
    requests: tuple[float, ...] = ()
    rest_from: float = 0.0
    rest_until: float = 0.0
    rest_key: str = ""
    rest_code: str = ""
    rest_msg: str = ""

    def valid(self, now: float) -> bool:
        """Whether the token may be used; one from the future (a clock set back) may not."""
        return bool(self.token) and self.issued <= now < self.expires - MARGIN

    def dump(self) -> bytes:
        return json.dumps({"version": 1, **asdict(self)}).encode()

    @classmethod
    def load(cls, data: bytes) -> State | None:
        """The state again; None for anything unreadable: what is damaged is replaced at the next write."""
        try:
            raw: dict[str, Any] = json.loads(data)
            if not (isinstance(raw["token"], str) and isinstance(raw["accepted"], bool)):
                return None
            state = cls(
                raw["token"], float(raw["issued"]), float(raw["expires"]), raw["accepted"], int(raw["strikes"]),
                tuple(float(at) for at in raw["requests"]), float(raw["rest_from"]), float(raw["rest_until"]),
                str(raw["rest_key"]), str(raw["rest_code"]), str(raw["rest_msg"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            return None
        return state if raw.get("version") == 1 and state._sane() else None

    def _sane(self) -> bool:
        """Whether `dump` may have written this: what is damaged must neither raise later nor rest for ever."""
        times = (self.issued, self.expires, self.rest_from, self.rest_until, *self.requests)
        return (
            all(0 <= at < _LATEST for at in times)
            and 0 <= self.rest_until - self.rest_from <= COOL_DOWN + 1
            and self.strikes >= 0
            and (self.rest_key in wording.SENTENCES or not self.rest_until)
            and self.token.isascii()
            and self.token.isprintable()
        )

    @property
    def until(self) -> float:
        """From when on nothing of it matters any more."""
        return max(self.expires, self.rest_until, *(at + COOL_DOWN for at in self.requests), 0.0)

    def shifted(self, by: float) -> State:
        """The same by a clock that is so far ahead."""
        return self._timed(lambda at: at + by if at else at)

    def by_now(self, now: float) -> State:
        """The same where it seems to be of the next seconds: clocks of two machines never agree quite."""
        return self._timed(lambda at: now if now < at <= now + _SLACK else at, ends=False)

    def _timed(self, change: Callable[[float], float], *, ends: bool = True) -> State:
        changed = replace(
            self,
            issued=change(self.issued),
            requests=tuple(change(at) for at in self.requests),
            rest_from=change(self.rest_from),
        )
        if ends:
            return replace(changed, expires=change(self.expires), rest_until=change(self.rest_until))
        return replace(changed, rest_until=self.rest_until - (self.rest_from - changed.rest_from))


def joined(shared: State, ours: State, now: float) -> State:
    """What is shared, and what one machine knows beyond it: a token issued later, that one was accepted, its requests."""
    known = shared
    if ours.valid(now) and (not shared.valid(now) or ours.issued > shared.issued + _SLACK):
        known = replace(
            shared, token=ours.token, issued=ours.issued, expires=ours.expires, accepted=ours.accepted,
            strikes=ours.strikes,
        )  # fmt: skip
        if ours.issued >= shared.rest_from:  # the request that the rest was noted for has brought it
            known = replace(known, rest_from=0.0, rest_until=0.0)
    elif ours.token == shared.token and ours.accepted and not shared.accepted:
        known = replace(shared, accepted=True, strikes=0)
    recent = (at for at in ours.requests if now - COOL_DOWN < at <= now)
    missing = tuple(at for at in recent if all(abs(at - other) > 1 for other in shared.requests))
    return replace(known, requests=tuple(sorted((*known.requests, *missing)))) if missing else known


def waiting(key: str, code: str, msg: str, until: float) -> KisError:
    """Why there is no token now, and from when it is tried again."""
    facts = {"time": f"{to_kst(until):%H:%M:%S}", "msg": msg}
    ask_user = any(treatment.ask_user for treatment in TREATMENTS.values() if treatment.key == key)
    return error(Problem(key, code, facts, ask_user, until))
