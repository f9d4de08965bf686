"""The shared store, when it can be had within 0.3 s; one nearer by when not: a file's is memory, a server's is the file.

What is locked, slow, full, damaged or unreachable costs sharing, never figures: the process (or, without its server, the
machine) then fetches for itself at a quarter of the rate, says 공유 꺼짐 in the status, and tries again every few seconds.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import NoReturn, TypeVar, cast

from xlwings_kis.clock import Clock
from xlwings_kis.errors import Problem
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import Ask, Claim, Counters, Kept, Sight, Store, StoreTrouble
from xlwings_kis.store.trouble import DamagedStore
from xlwings_kis.today import Memory
from xlwings_kis.workers import Worker

PATIENCE = 0.3
AGAIN = 5.0
SHARE_OF_RATE = 4
"""Who is without the shared store cannot know of the others, and takes this fraction of the rate."""

_R = TypeVar("_R")


class GuardedStore:
    """See `base.Store`: never raises `StoreTrouble`, but where it is asked for history.

    `mend` is called when a store was found damaged, before it is opened again, and sets aside what SQLite itself calls
    broken. `discard` is called where the damage is still there after that, and sets the file aside whatever SQLite says.
    `current` tells whether the file we have open still stands under its name. `ahead` is what has to be done once before
    the first step, each within a patience of its own: getting to know a server is no step, and takes a busy machine a while.
    """

    def __init__(
        self,
        open_shared: Callable[[], Store],
        private: Store,
        clock: Clock,
        *,
        mend: Callable[[], object] = lambda: None,
        discard: Callable[[], object] = lambda: None,
        current: Callable[[], bool] = lambda: True,
        ahead: Iterable[Callable[[], object]] = (),
        patience: float = PATIENCE,
    ) -> None:
        self._open_shared = open_shared
        self._private = private
        self._clock = clock
        self._mend = mend
        self._discard = discard
        self._current = current
        self._ahead = tuple(ahead)
        self._beginning = threading.Lock()
        self._looked = clock.monotonic()
        self._hopeless = False
        self._patience = patience
        self._worker = Worker("xlwings-kis store")
        self._shared: Store | None = None
        self._away_until: float | None = None
        self._closed = False

    @property
    def sharing(self) -> bool:
        """Whether the shared store serves us."""
        return self._away_until is None

    def claim(self, ask: Ask) -> Claim:
        """See `base.Store.claim`."""
        return self._try(lambda store: store.claim(ask), late=False)

    def renew(self, pairs: Iterable[Pair], holder: str) -> None:
        """See `base.Store.renew`."""
        pairs = tuple(pairs)
        self._try(lambda store: store.renew(pairs, holder))

    def land(self, snapshot: Snapshot, holder: str, at: float, skew: float) -> Kept:
        """See `base.Store.land`."""
        return self._try(lambda store: store.land(snapshot, holder, at, skew))

    def fail(self, pair: Pair, holder: str, problem: Problem, rest: float, settings: str) -> Kept:
        """See `base.Store.fail`."""
        return self._try(lambda store: store.fail(pair, holder, problem, rest, settings))

    def kept(self, pair: Pair) -> Kept:
        """See `base.Store.kept`."""
        return self._try(lambda store: store.kept(pair))

    def witnesses(self, pair: Pair, day: date) -> Memory:
        """See `base.Store.witnesses`."""
        return self._try(lambda store: store.witnesses(pair, day), alone=lambda store: _unsure(store, pair, day))

    def at(self, pair: Pair, moment: float) -> Snapshot | None:
        """See `base.Store.at`. Raises `StoreTrouble` where the shared store is away: then nobody knows what it keeps."""
        return self._try(lambda store: store.at(pair, moment), alone=_nobody_knows)

    def differing(self, shown: Snapshot) -> Snapshot | None:
        """See `base.Store.differing`. Raises like `at`."""
        return self._try(lambda store: store.differing(shown), alone=_nobody_knows)

    def series(self, pair: Pair, day: date, wanted: Sequence[tuple[str, Field]]) -> tuple[Sight, ...]:
        """See `base.Store.series`. Raises like `at`."""
        return self._try(lambda store: store.series(pair, day, wanted), alone=_nobody_knows)

    def take(self) -> float:
        """See `base.Store.take`."""
        return self._try(lambda store: store.take())

    def count(self, kind: str) -> None:
        """See `base.Store.count`."""
        self._try(lambda store: store.count(kind))

    def in_use(self, since: float) -> tuple[Pair, ...]:
        """See `base.Store.in_use`."""
        return self._try(lambda store: store.in_use(since))

    def asked(self, pairs: Iterable[Pair]) -> None:
        """See `base.Store.asked`."""
        pairs = tuple(pairs)
        self._try(lambda store: store.asked(pairs))

    def close(self) -> None:
        """See `base.Store.close`."""
        self._closed, self._ahead = True, ()
        self._private.close()
        closed = self._worker.submit(self._let_go)
        self._worker.stop()
        closed.wait(self._patience)

    def _try(self, step: Callable[[Store], _R], *, late: bool = True, alone: Callable[[Store], _R] | None = None) -> _R:
        """`late`: the step is still worth doing when nobody waits for it any more (a claim is not).

        `alone` is done in its place on the private store, where that one cannot know what the shared one would.
        """
        self._begin()
        if self._away_until is None or self._clock.monotonic() >= self._away_until:
            given_up = threading.Event()
            outcome = self._worker.submit(lambda: self._step(step, given_up))
            try:
                if not outcome.wait(self._patience):
                    if not late:
                        given_up.set()
                    raise StoreTrouble("slow")
                result = outcome.result()
            except Exception:  # noqa: BLE001 - whatever ails the shared store costs sharing, never figures
                self._away_until = self._clock.monotonic() + AGAIN
            else:
                self._away_until = None
                return cast("_R", result)
        return _uncounted((alone or step)(self._private))

    def _begin(self) -> None:
        """Do what comes before the first step; whoever comes meanwhile waits for it, and finds a server or none."""
        with self._beginning:
            ahead, self._ahead = self._ahead, ()
            for job in ahead:
                outcome = self._worker.submit(job)
                try:
                    if not outcome.wait(self._patience):
                        raise StoreTrouble("slow")
                    outcome.result()
                except Exception:  # noqa: BLE001 - as for a step
                    self._away_until = self._clock.monotonic() + AGAIN
                    return

    def _step(self, step: Callable[[Store], _R], given_up: threading.Event) -> _R | None:
        """On the store's own thread: nobody else waits for its file."""
        if given_up.is_set():
            return None
        try:
            store = self._open()  # may take long
            return None if given_up.is_set() else step(store)
        except DamagedStore:
            self._let_go()
            self._mend()
        try:
            store = self._open()
            return None if given_up.is_set() else step(store)
        except DamagedStore:  # there is damage that SQLite does not see
            self._let_go()
            if self._hopeless:
                raise
            self._discard()
        try:
            store = self._open()
            return None if given_up.is_set() else step(store)
        except DamagedStore:  # a new file too: it is not the file, and setting aside must have an end
            self._hopeless = True
            raise

    def _let_go(self) -> None:
        shared, self._shared = self._shared, None
        if shared:
            with contextlib.suppress(StoreTrouble):
                shared.close()

    def _open(self) -> Store:
        """The shared store; where another process has set its file aside meanwhile, its successor. None after the end."""
        if self._closed:  # a fetch that outlived us must not open what nobody would close again
            raise StoreTrouble("closed")
        now = self._clock.monotonic()
        if self._shared is not None and now - self._looked >= AGAIN:
            self._looked = now
            if not self._current():
                self._let_go()
        if self._shared is None:
            self._shared = self._open_shared()
        return self._shared


def _unsure(private: Store, pair: Pair, day: date) -> Memory:
    """What this process alone can hold a body against: that nothing is stored here does not mean that nothing is."""
    latest = private.kept(pair).latest
    seen = latest if latest and latest.asof.date() == day else None
    return private.witnesses(pair, day)._replace(unsure=True, seen=seen)


def _nobody_knows(_private: Store) -> NoReturn:
    """What this process alone remembers is no history: a gap in it would look like one of the day."""
    raise StoreTrouble("history is away")


def _uncounted(result: _R) -> _R:
    """What one process alone counted is not what this PC sent: unknown."""
    if isinstance(result, Kept):
        return replace(result, counters=Counters())
    return result
