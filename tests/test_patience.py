"""How long formulas may keep Excel waiting: one deadline for a whole recalculation."""

from __future__ import annotations

import threading

import pytest
from clocks import ManualClock, WallClock
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis.patience import Apart, Patience


class Late:
    """Something that is done after so many seconds; waiting moves the clock and is remembered."""

    def __init__(self, clock, after=float("inf")):
        self.clock, self.after = clock, after
        self.asked = []

    def wait(self, seconds):
        self.asked.append(seconds)
        took = min(max(seconds, 0.0), self.after)
        self.clock.move(took)
        self.after -= took
        return self.after <= 0


@pytest.fixture
def own():
    return ManualClock()


@pytest.fixture
def patience(own):
    return Patience(own, 3.0)


def waited(patience, own, after=float("inf")):
    """How long one formula kept Excel waiting."""
    before = own.monotonic()
    patience.wait(Late(own, after))
    return own.monotonic() - before


def test_a_formula_waits_for_what_is_done_in_time(patience, own):
    assert patience.wait(Late(own, 0.2)) is True
    assert own.monotonic() == pytest.approx(0.2)


def test_a_formula_waits_no_longer_than_the_deadline(patience, own):
    assert patience.wait(Late(own, 3.1)) is False
    assert own.monotonic() == pytest.approx(3.0)


def test_what_is_done_already_is_taken_even_when_nothing_may_be_waited_any_more(patience, own):
    waited(patience, own)
    assert patience.wait(Late(own, 0.0)) is True


def test_all_formulas_of_a_recalculation_share_one_deadline(patience, own):
    times = [waited(patience, own) for _ in range(50)]
    assert times[0] == pytest.approx(3.0)
    assert times[1:] == [0.0] * 49


def test_successful_waits_use_the_deadline_up_too(patience, own):
    times = [waited(patience, own, after=1.0) for _ in range(5)]
    assert times == pytest.approx([1.0, 1.0, 1.0, 0.0, 0.0])


def test_calls_less_than_half_a_second_apart_are_one_recalculation(patience, own):
    waited(patience, own, after=2.0)
    own.move(0.49)
    assert waited(patience, own) == pytest.approx(1.0)


def test_half_a_second_of_quiet_begins_a_new_recalculation(patience, own):
    waited(patience, own, after=2.0)
    own.move(0.5)
    assert waited(patience, own) == pytest.approx(3.0)


def test_the_quiet_counts_from_the_end_of_the_last_wait(patience, own):
    waited(patience, own, after=0.6)
    own.move(0.1)
    assert waited(patience, own) == pytest.approx(2.4)


def test_formulas_that_need_not_wait_keep_a_recalculation_going(patience, own):
    waited(patience, own, after=2.0)
    for _ in range(5):
        own.move(0.4)
        patience.tick()
    own.move(0.4)
    assert waited(patience, own) == pytest.approx(1.0)


def test_used_up_everything_returns_at_once_even_in_the_next_recalculations(patience, own):
    waited(patience, own)
    own.move(5.0)
    assert waited(patience, own) == 0.0
    own.move(4.9)
    assert waited(patience, own) == 0.0


def test_after_ten_seconds_formulas_wait_again(patience, own):
    waited(patience, own)
    own.move(10.0)
    assert waited(patience, own) == pytest.approx(3.0)


def test_ten_seconds_are_enough_even_if_formulas_never_stop_calling(patience, own):
    waited(patience, own)
    times = []
    for _ in range(26):
        own.move(0.4)
        times.append(waited(patience, own))
    assert times[:24] == [0.0] * 24
    assert sum(times) == pytest.approx(3.0)


def test_a_fetch_that_lands_lets_the_next_recalculation_wait_again(patience, own):
    waited(patience, own)
    patience.landed()
    own.move(0.6)
    assert waited(patience, own) == pytest.approx(3.0)


def test_a_fetch_that_lands_gives_the_same_recalculation_no_second_deadline(patience, own):
    waited(patience, own)
    patience.landed()
    own.move(0.1)
    assert waited(patience, own) == 0.0


def test_a_deadline_of_the_settings_holds_from_then_on(patience, own):
    patience.deadline = 0.5
    assert waited(patience, own) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.floats(0, 0.49), st.floats(0, 5)), max_size=30))
def test_a_recalculation_never_keeps_excel_longer_than_the_deadline(calls):
    own = ManualClock()
    patience = Patience(own, 3.0)
    total, gaps = 0.0, 0.0
    for gap, after in calls:
        if gaps + gap > 9.5:
            break
        gaps += gap
        own.move(gap)
        total += waited(patience, own, after)
    assert total <= 3.0 + 0.001


class Held:
    """Something threads wait for until a test lets them go; it says when everybody has come."""

    def __init__(self, own, many):
        self.own = own
        self.everybody = threading.Barrier(many + 1)
        self.go = threading.Event()
        self.asked = []

    def wait(self, seconds):
        self.asked.append(seconds)
        self.everybody.wait(5)
        return self.go.wait(5)


def test_threads_that_wait_at_the_same_time_count_once(patience, own):
    own.move(100.0)
    held = Held(own, 4)
    threads = [threading.Thread(target=patience.wait, args=(held,), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    held.everybody.wait(5)
    own.move(1.0)
    held.go.set()
    for thread in threads:
        thread.join(5)
    assert held.asked == [3.0] * 4
    assert waited(patience, own) == pytest.approx(2.0)


def test_who_joins_a_wait_has_what_is_left_of_it(patience, own):
    own.move(100.0)
    first, second = Held(own, 1), Late(own)
    thread = threading.Thread(target=patience.wait, args=(first,), daemon=True)
    thread.start()
    first.everybody.wait(5)
    own.move(2.0)
    assert patience.wait(second) is False
    assert second.asked == [pytest.approx(1.0)]
    first.go.set()
    thread.join(5)
    assert waited(patience, own) == 0.0


def test_who_leaves_first_ends_no_wait_of_the_others(patience, own):
    own.move(100.0)
    first = Held(own, 1)
    thread = threading.Thread(target=patience.wait, args=(first,), daemon=True)
    thread.start()
    first.everybody.wait(5)
    assert waited(patience, own, after=1.0) == pytest.approx(1.0)
    assert waited(patience, own, after=1.0) == pytest.approx(1.0)
    first.go.set()
    thread.join(5)
    own.move(0.5)
    assert waited(patience, own) == pytest.approx(3.0)


def test_on_a_real_clock_many_threads_are_free_after_one_deadline():
    clock = WallClock()
    patience = Patience(clock, 0.2)
    never = threading.Event()
    threads = [threading.Thread(target=patience.wait, args=(never,), daemon=True) for _ in range(8)]
    started = clock.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    for _ in range(20):
        patience.wait(never)
    assert 0.15 < clock.monotonic() - started < 1.5


@pytest.mark.parametrize(("spent", "left"), [(0.4, 2.6), (2.9, 0.1), (3.0, 0.0), (5.0, 0.0)])
def test_what_a_refresh_has_waited_is_taken_from_the_recalculation_that_follows(patience, own, spent, left):
    patience.spend(spent)
    assert waited(patience, own) == pytest.approx(left)


def test_a_refresh_of_long_ago_takes_nothing_from_a_later_recalculation(patience, own):
    patience.spend(3.0)
    own.move(11)
    assert waited(patience, own) == pytest.approx(3.0)


# --- many people in one process ---


@pytest.fixture
def apart(own):
    return Apart(own, 3.0)


def test_one_persons_waits_take_nothing_from_anothers(apart, own):
    assert [waited(apart, own) for _ in range(5)] == [pytest.approx(3.0)] * 5


def test_nobody_waits_for_what_somebody_has_waited_for_a_whole_deadline(apart, own):
    hangs = Late(own)
    for _ in range(4):
        assert apart.wait(hangs) is False
    assert hangs.asked == [3.0, 0.0, 0.0, 0.0]


def test_who_comes_later_waits_what_the_first_has_left(apart, own):
    late = Late(own, 5.0)
    own.move(10)
    late_too = Late(own)
    assert apart.wait(late) is False
    own.move(-1)  # as if both had waited side by side
    apart.wait(late)
    assert late.asked == [3.0, pytest.approx(1.0)]
    apart.wait(late_too)
    assert late_too.asked == [3.0]


def test_a_refresh_of_one_person_costs_the_others_nothing(apart, own):
    apart.spend(3.0)
    assert waited(apart, own) == pytest.approx(3.0)


def test_every_call_is_a_recalculation_so_that_tables_nobody_asks_for_are_forgotten(apart, own):
    for _ in range(3):
        apart.tick()
    waited(apart, own, 0.1)
    assert apart.rounds == 4
