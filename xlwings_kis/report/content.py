"""What a report says: one frozen value, made before anything is written, that sheets and mails only read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property

from xlwings_kis import sessions, status
from xlwings_kis.clock import KST
from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.press import Nets
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot, Standing

WEEKDAYS = ("월화수목금토일", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


@dataclass(frozen=True)
class Earlier:
    """Tables that stood at an earlier moment, to compare with; `label` is spoken: `15:30`, `전일 마감`."""

    label: str
    snapshots: Mapping[Pair, Snapshot | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a pair's day: net buying of the market and of foreigners in million won, None where nobody looked."""

    moment: datetime
    market: Nets
    foreigners: Nets


@dataclass(frozen=True)
class Report:
    """The tables of some pairs at one time, in one language. At least one reading has a snapshot.

    `earlier` are stored tables to compare with, `course` the day of each pair as far as it is stored.
    """

    pairs: tuple[Pair, ...]
    readings: Mapping[Pair, Reading]
    lang: str = "ko"
    earlier: tuple[Earlier, ...] = ()
    course: Mapping[Pair, tuple[Step, ...]] = field(default_factory=dict)

    @cached_property
    def snapshots(self) -> dict[Pair, Snapshot]:
        """The tables there are, in the order asked for."""
        return {pair: known for pair in self.pairs if (known := self.readings[pair].snapshot)}

    @cached_property
    def missing(self) -> dict[Pair, Problem]:
        """The pairs without a table, and why."""
        return {
            pair: self.readings[pair].problem or Problem("empty") for pair in self.pairs if pair not in self.snapshots
        }

    @cached_property
    def newest(self) -> Snapshot:
        """The table fetched last: its time is the report's."""
        return max(self.snapshots.values(), key=lambda snapshot: snapshot.asof)

    @property
    def asof(self) -> datetime:
        """When the newest table was fetched (aware, KST)."""
        return self.newest.asof

    @property
    def figures_of(self) -> datetime:
        """The moment the newest figures belong to: another day's on a day without trading."""
        return self.newest.of or self.newest.asof

    @property
    def day(self) -> date:
        """The trading day the figures belong to."""
        return self.figures_of.date()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges asked for, in order."""
        return tuple(dict.fromkeys(pair.exchange for pair in self.pairs))

    @property
    def markets(self) -> tuple[Market, ...]:
        """The markets asked for, in order."""
        return tuple(dict.fromkeys(pair.market for pair in self.pairs))

    @property
    def late(self) -> bool:
        """Whether a table is old because KIS failed."""
        return any(snapshot.stale for snapshot in self.snapshots.values())

    @property
    def partial(self) -> bool:
        """Whether a table is missing."""
        return bool(self.missing)

    @property
    def demo(self) -> bool:
        """Whether the figures are the simulator's."""
        return self.newest.demo

    @property
    def holiday(self) -> bool:
        """Whether the figures are the last trading day's, asked for on a day without trading."""
        return self.newest.standing is Standing.HOLIDAY and not self.demo

    @property
    def unconfirmed(self) -> bool:
        """Whether nobody could yet tell the figures from yesterday's."""
        return any(snapshot.standing is Standing.UNCONFIRMED for snapshot in self.snapshots.values())

    @property
    def lead(self) -> Exchange:
        """The exchange whose session the report is named by."""
        return next(iter(self.snapshots)).exchange

    @property
    def closing(self) -> bool:
        """Whether the regular session is over and nothing has moved since."""
        if not self._moment_known:
            return False
        return sessions.in_session(self.lead, self.figures_of) and not sessions.moving(self.lead, self.figures_of)

    @property
    def over(self) -> bool:
        """Whether the day's last session is over: the figures are final."""
        return self._moment_known and self.figures_of >= sessions.closing(self.lead, self.day)

    @property
    def session_label(self) -> str:
        """`정규장 마감`, `정규장`, `애프터마켓`, `장 종료`; empty where only the day is known."""
        if not self._moment_known:
            return ""
        if self.closing:
            rest = next(session for session in sessions.sessions(self.lead, self.day) if not session.moving)
            return rest.label(self.lang)  # 15:40 to 16:00 the closing price is traded, and programs do not move
        return sessions.label(self.lead, self.figures_of, self.lang)

    @property
    def session(self) -> str:
        """`KRX 정규장 마감`: the same with its exchange."""
        if self.closing:
            return f"{self.lead.label(self.lang)} {self.session_label}"
        return status.session(self.lead, self.figures_of, self.lang) if self._moment_known else ""

    @property
    def date_text(self) -> str:
        """`2026-11-20(금)`."""
        names = WEEKDAYS[0 if self.lang == "ko" else 1]
        joint = "" if self.lang == "ko" else " "
        return f"{self.day:%Y-%m-%d}{joint}({names[self.day.weekday()]})"

    @property
    def failed_checks(self) -> bool:
        """Whether a table does not agree with itself."""
        return any(snapshot.failed_checks for snapshot in self.snapshots.values())

    @property
    def _moment_known(self) -> bool:
        """On a day without trading often just the day is known (midnight)."""
        return not (self.newest.of and self.newest.of.astimezone(KST).time() == time())
