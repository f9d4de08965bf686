"""One line of text: how the data stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from xlwings_kis import sessions
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.table import corner, mark

UNCHANGED = timedelta(minutes=5)
_JOINT = " · "


def line(reading: Reading, now: datetime, *, once: bool = False) -> str:
    """`정상 · KRX 정규장 · 조회 11:20:31(12초 전) · 값 변동 11:19:02 · 오늘 조회 842회 · 토큰 1회`, or why not."""
    snapshot = reading.snapshot
    if snapshot is None:
        parts = _without_data(reading, now, once=once)
    elif snapshot.stale:
        parts = _delayed(reading, snapshot, once=once)
    else:
        parts = [_standing(reading, snapshot), *_fine(reading, snapshot, now), *_counters(reading)]
    return _JOINT.join((*parts, *_beside(reading)))


def lines(readings: Iterable[Reading], epoch: float) -> str:
    """A line a table, each by the corrected clock of its own gateway; `epoch` is the PC's time."""
    return "\n".join(f"{each.pair.label(each.lang)}: {line(each, to_kst(epoch + each.skew))}" for each in readings)


def still_line(reading: Reading, now: datetime, *, once: bool = False) -> str:
    """The line for a page that does not move: dates instead of ages, and no counters. `once`: nobody asks again for it.

    `정상 · KRX 정규장 · 조회 11/20 11:20:31 · 값 변동 11:19:02`.
    """
    snapshot = reading.snapshot
    if snapshot is None or snapshot.stale:
        return line(reading, now, once=once)
    word = "조회" if reading.lang == "ko" else "fetched"
    parts = _fine(reading, snapshot, now, f"{word} {snapshot.asof:%m/%d %H:%M:%S}")
    return _JOINT.join((_standing(reading, snapshot), *parts, *_beside(reading)))


def remark(reading: Reading, now: datetime) -> str:
    """What to know of a table beside which its fetch time stands in a cell of its own: `KRX 정규장 · 값 변동 11:19:02`."""
    snapshot = reading.snapshot
    if snapshot is None:
        return corner(reading)
    if snapshot.stale:
        word, _, *why = _delayed(reading, snapshot)
        return _JOINT.join((word, *why))
    marked = (_standing(reading, snapshot),) if mark(snapshot, reading.lang) else ()
    session_label, _, *rest = _fine(reading, snapshot, now)
    return _JOINT.join((*marked, session_label, *rest))


def session(exchange: Exchange, now: datetime, lang: str = "ko") -> str:
    """`KRX 정규장`; NXT is not named twice."""
    label = sessions.label(exchange, now, lang)
    name = exchange.label(lang)
    return label if label.startswith(f"{name} ") else f"{name} {label}"


def worst(readings: Sequence[Reading], now: datetime) -> Reading:
    """The reading a user should know of first: none, then late, then one that has not moved for long, then the oldest."""

    def badness(reading: Reading) -> tuple[bool, bool, int, float]:
        snapshot = reading.snapshot
        late, asof = bool(snapshot and snapshot.stale), snapshot.asof.timestamp() if snapshot else 0.0
        return snapshot is None, late, unmoved(reading, now), -asof

    return max(readings, key=badness)


def unmoved(reading: Reading, now: datetime) -> int:
    """For how many minutes figures that should move have been the same; 0 while that is nothing to speak of."""
    snapshot = reading.snapshot
    if snapshot is None or snapshot.changed is None or snapshot.demo:
        return 0
    still = sessions.unseen(reading.pair.exchange, snapshot.changed, now)  # nobody trades between the sessions
    counts = still >= UNCHANGED and sessions.moving(reading.pair.exchange, now)
    return int(still.total_seconds() // 60) if counts else 0


def _standing(reading: Reading, snapshot: Snapshot) -> str:
    """What fresh figures are worth, in a word."""
    ko = reading.lang == "ko"
    word = "정상" if ko else "fine"
    if snapshot.demo:
        word = "예시(모의 자료)" if ko else "demo (simulated)"
    elif snapshot.standing is Standing.HOLIDAY:
        word = f"{'전일 자료' if ko else 'last trading day'} {_origin(snapshot)}"
    elif snapshot.standing is Standing.UNCONFIRMED:
        word = "확인 중" if ko else "checking"
    elif reading.problem and reading.problem.key == "refreshing":
        word = reading.problem.cause(reading.lang)
    return word


def _fine(reading: Reading, snapshot: Snapshot, now: datetime, fetched: str = "") -> list[str]:
    """Session, fetch time, and what else is known of fresh figures."""
    ko = reading.lang == "ko"
    age = max(0, round((now - snapshot.asof).total_seconds()))
    ago = f"({age}초 전)" if ko else f" ({age} s ago)"
    parts = [
        session(reading.pair.exchange, now, reading.lang),
        fetched or f"{'조회' if ko else 'fetched'} {snapshot.asof:%H:%M:%S}{ago}",
    ]
    if snapshot.changed:
        parts.append(f"{'값 변동' if ko else 'changed'} {snapshot.changed:%H:%M:%S}")
        if minutes := unmoved(reading, now):
            parts.append(f"{minutes}분째 값이 같습니다" if ko else f"unchanged for {minutes} min")
    if snapshot.failed_checks:
        parts.append("검산 확인 필요" if ko else "check the sums")
    return parts


def _origin(snapshot: Snapshot) -> str:
    """`11/19 15:31`, the moment the figures belong to; the day alone where no more is known."""
    of = snapshot.of or snapshot.asof
    return f"{of:%m/%d %H:%M}".removesuffix(" 00:00")


def _delayed(reading: Reading, snapshot: Snapshot, *, once: bool = False) -> list[str]:
    ko = reading.lang == "ko"
    parts = ["지연" if ko else "delayed", f"{'마지막 조회' if ko else 'last fetched'} {snapshot.asof:%H:%M:%S}"]
    if reading.problem:
        times = reading.failures
        repeated = (f"({times}회)" if ko else f" ({times}×)") if times else ""
        parts.append(reading.problem.cause(reading.lang) + repeated)
    again = max(reading.rest_until, (reading.problem and reading.problem.until) or 0.0)
    if again and not once:
        moment = f"{to_kst(again + reading.skew):%H:%M:%S}".removesuffix(":00")
        parts.append(f"{moment}에 다시 시도" if ko else f"tried again at {moment}")
    return parts


def _without_data(reading: Reading, now: datetime, *, once: bool) -> list[str]:
    ko = reading.lang == "ko"
    problem = reading.problem or Problem("empty")
    word = "자료 없음" if ko else "no data"
    sentence = problem.sentence(reading.lang, once=once)
    return [word, session(reading.pair.exchange, now, reading.lang), sentence.removeprefix(f"{word}. ")]


def _counters(reading: Reading) -> list[str]:
    data, token = ("–" if n is None else str(n) for n in reading.counters)
    if reading.lang == "ko":
        return [f"오늘 조회 {data}회", f"토큰 {token}회"]
    return [f"{data} calls today", f"{token} tokens"]


def _beside(reading: Reading) -> list[str]:
    """What to know whatever the figures are."""
    ko, parts = reading.lang == "ko", []
    if not reading.sharing:
        parts.append("공유 꺼짐" if ko else "not shared")
    if reading.skew:
        minutes = round(abs(reading.skew) / 60)
        if ko:
            parts.append(f"PC 시계가 {minutes}분 {'느림' if reading.skew > 0 else '빠름'}(서버 시각으로 보정)")
        else:
            parts.append(f"PC clock {minutes} min {'slow' if reading.skew > 0 else 'fast'} (corrected)")
    if reading.warning:
        parts.append(reading.warning.cause(reading.lang))
    return parts
