"""The feed: one fetch serves everybody, and nobody waits longer than the recalculation may."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI

from xlwings_kis import desk, settings, workers
from xlwings_kis.desk import Desk
from xlwings_kis.errors import KisError, NetworkError, failure
from xlwings_kis.feed import Feed
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.simulator import Fault, Simulator


def test_the_first_reading_costs_one_token_and_one_call(kis, feed):
    assert feed.read(KRX_KOSPI).snapshot.rows
    assert kis.kinds == ["token", "program-trade"]


def test_a_fresh_snapshot_is_served_without_another_call(kis, feed, clock):
    first = feed.read(KRX_KOSPI)
    clock.move(29)
    assert feed.read(KRX_KOSPI) is first
    assert kis.count("program-trade") == 1


def test_after_its_time_a_snapshot_is_fetched_anew(kis, feed, clock):
    first = feed.read(KRX_KOSPI)
    clock.move(31)
    second = feed.read(KRX_KOSPI)
    assert second.snapshot.asof > first.snapshot.asof
    assert kis.count("program-trade") == 2


def test_a_snapshot_from_the_future_is_not_fresh(kis, feed, clock):
    feed.read(KRX_KOSPI)
    clock.move(-3600)
    feed.read(KRX_KOSPI)
    assert kis.count("program-trade") == 2


def test_a_rejected_token_is_replaced_once_and_the_user_never_notices(kis, feed, clock):
    feed.read(KRX_KOSPI)
    kis.reset_calls()
    clock.move(31)
    kis.fail_next(Fault.TOKEN_EXPIRED)
    reading = feed.read(KRX_KOSPI)
    assert reading.snapshot.rows
    assert not reading.snapshot.stale
    assert kis.kinds == ["program-trade", "token", "program-trade"]


def test_another_process_finds_the_token_and_the_snapshot_of_the_first(kis, new_feed):
    new_feed().read(KRX_KOSPI)
    assert new_feed().read(KRX_KOSPI).snapshot.rows
    assert kis.kinds == ["token", "program-trade"]


def test_many_threads_on_six_pairs_cost_six_calls_and_one_token(kis, feed):
    kis.latency = 0.05
    gate = threading.Barrier(16)
    readings = []

    def ask() -> None:
        gate.wait()
        readings.extend(feed.read(pair) for pair in ALL_PAIRS)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reading.snapshot for reading in readings)
    assert (kis.count("program-trade"), kis.count("token")) == (6, 1)


def test_the_readings_of_all_pairs_cost_one_round_trip_and_nothing_while_they_are_fresh(kis, feed):
    kis.latency = 0.3
    begun = time.monotonic()
    readings = feed.readings(ALL_PAIRS)
    assert time.monotonic() - begun < 6 * 0.3
    assert set(readings) == set(ALL_PAIRS)
    assert all(reading.snapshot and reading.fetched for reading in readings.values())
    assert feed.readings(ALL_PAIRS) == readings
    assert kis.count("program-trade") == 6


def test_whoever_no_longer_waits_for_readings_gets_what_is_known(kis, feed, clock):
    before = feed.readings([KRX_KOSPI])[KRX_KOSPI]
    clock.move(31)
    kis.latency = 5.0
    wanted = iter((True, True, False))
    late = feed.readings([KRX_KOSPI], keep_waiting=lambda: next(wanted))[KRX_KOSPI]
    assert late.snapshot == before.snapshot.aged()
    assert late.problem.key == "no_answer"


def test_readings_wait_for_the_rate_where_formulas_take_old_data(kis, new_feed, clock):
    feed = new_feed(rate=0.5, ttl=1)
    for _ in range(2):
        feed.readings(ALL_PAIRS[:3])
        clock.move(1.5)
    threading.Timer(0.5, clock.move, (60,)).start()
    assert feed.readings([KRX_KOSPI])[KRX_KOSPI].problem is None


_PROCESS = """
import json, sys, threading
from xlwings_kis import udfs
from xlwings_kis.store import guarded, sqlite
guarded.PATIENCE, sqlite.BUSY_SECONDS = 20.0, 10.0  # a busy machine is no failure
gate = threading.Barrier(4)
tables = []
def ask():
    gate.wait()
    for exchange in ("KRX", "NXT", "UN"):
        for market in ("KOSPI", "KOSDAQ"):
            tables.append(udfs.KIS_PROGRAM_TRADE(exchange, market))
threads = [threading.Thread(target=ask) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
json.dump([table[0][0] for table in tables], sys.stdout)
"""


def test_four_processes_with_four_threads_each_cost_six_calls_and_one_token(kis, environment):
    environment(XLWINGS_KIS_PRE_OPEN="trust", XLWINGS_KIS_DEADLINE="20")
    kis.latency = 0.1
    processes = [
        subprocess.Popen([sys.executable, "-c", _PROCESS], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    corners = [json.loads(process.communicate()[0]) for process in processes]
    assert all(not corner.startswith("#") for answers in corners for corner in answers)
    assert (kis.count("program-trade"), kis.count("token")) == (6, 1)


def test_after_one_miss_the_other_pairs_in_use_are_fetched_along(kis, feed, clock):
    for pair in (KRX_KOSPI, KRX_KOSDAQ, NXT_KOSPI):
        feed.read(pair)
    kis.reset_calls()
    clock.move(31)
    feed.read(KRX_KOSPI)
    for pair in (KRX_KOSDAQ, NXT_KOSPI):
        feed.reading(pair)
    clock.move(1)
    assert kis.count("program-trade") == 3


def test_a_starting_process_fetches_along_what_formulas_used_before(kis, new_feed, clock):
    before = new_feed()
    for pair in (KRX_KOSPI, KRX_KOSDAQ):
        before.read(pair)
    clock.move(3600)
    before.read(KRX_KOSPI)
    before.reading(KRX_KOSDAQ)  # it was fetched along; wait for it
    kis.reset_calls()
    clock.move(31)
    after = new_feed()
    after.read(KRX_KOSPI)
    after.reading(KRX_KOSDAQ)
    assert sorted(call.market for call in kis.calls) == ["1", "4"]


def test_old_data_of_today_is_served_while_kis_fails_and_marked(kis, feed, clock):
    fresh = feed.read(KRX_KOSPI)
    kis.fault = Fault.HTML_503
    clock.move(31)
    late = feed.read(KRX_KOSPI)
    assert late.snapshot.stale
    assert late.snapshot.rows == fresh.snapshot.rows
    assert late.snapshot.asof == fresh.snapshot.asof
    assert late.problem.key == "broken_answer"


def test_a_new_process_serves_the_stored_data_of_today_while_kis_fails(kis, new_feed, clock):
    fresh = new_feed().read(KRX_KOSPI)
    kis.fault = Fault.HTML_503
    clock.move(31)
    late = new_feed().read(KRX_KOSPI)
    assert late.snapshot.stale
    assert late.snapshot.rows == fresh.snapshot.rows


def test_data_of_yesterday_is_never_served_while_kis_fails(kis, feed, clock):
    feed.read(KRX_KOSPI)
    kis.fault = Fault.HTML_503
    clock.set("2026-11-23 10:00:00")
    assert feed.read(KRX_KOSPI).snapshot is None


def test_after_a_failure_nobody_asks_again_for_five_seconds(kis, new_feed, clock):
    kis.fault = Fault.HTML_503
    new_feed().read(KRX_KOSPI)
    clock.move(4.5)
    new_feed().read(KRX_KOSPI)
    assert kis.count("program-trade") == 1
    clock.move(1)
    new_feed().read(KRX_KOSPI)
    assert kis.count("program-trade") == 2


def test_after_a_code_that_asks_the_user_nobody_asks_again_for_the_time_to_live(kis, feed, clock):
    kis.fault = Fault.IP_NOT_ALLOWED
    feed.read(KRX_KOSPI)
    clock.move(29)
    feed.read(KRX_KOSPI)
    assert kis.count("program-trade") == 1
    clock.move(2)
    feed.read(KRX_KOSPI)
    assert kis.count("program-trade") == 2


def test_a_refresh_asks_again_at_once_after_a_failure(kis, feed):
    kis.fail_next(Fault.HTML_503)
    feed.read(KRX_KOSPI)
    assert feed.refresh([KRX_KOSPI], seconds=5)[KRX_KOSPI].snapshot.rows


def test_a_refresh_ignores_the_time_to_live_but_not_data_of_this_moment(kis, feed, clock):
    feed.read(KRX_KOSPI)
    clock.move(1.5)
    feed.refresh([KRX_KOSPI], seconds=5)
    assert kis.count("program-trade") == 1
    clock.move(1)
    feed.refresh([KRX_KOSPI], seconds=5)
    assert kis.count("program-trade") == 2


def test_a_failed_refresh_keeps_the_figures_and_marks_them(kis, feed, clock):
    fresh = feed.read(KRX_KOSPI)
    clock.move(10)
    kis.fault = Fault.RESET
    late = feed.refresh([KRX_KOSPI], seconds=5)[KRX_KOSPI]
    assert late.snapshot.stale
    assert late.snapshot.rows == fresh.snapshot.rows


def test_sixty_formulas_of_one_recalculation_share_the_deadline_the_failure_and_the_token_request(kis, new_feed):
    feed = new_feed(deadline=0.4)
    kis.fault = Fault.TOKEN_HANG
    readings = [feed.read(ALL_PAIRS[at % 6]) for at in range(60)]
    assert {reading.problem.key for reading in readings} == {"slow"}
    assert kis.kinds.count("token") <= 1


def test_a_fetch_that_outlives_its_formula_lands_all_the_same(kis, new_feed):
    feed = new_feed(deadline=0.1)
    kis.latency = 0.6
    assert feed.read(KRX_KOSPI).problem.key == "slow"
    assert feed.reading(KRX_KOSPI).snapshot.rows
    assert feed.read(KRX_KOSPI).snapshot.rows
    assert kis.count("program-trade") == 1


def test_another_key_is_never_served_what_came_from_the_first(kis, environment, new_feed, monkeypatch):
    feed = new_feed()
    feed.read(KRX_KOSPI)
    monkeypatch.setenv("KIS_APP_KEY", "P" + "x" * 35)
    other = new_feed().read(KRX_KOSPI)
    assert other.snapshot is None
    assert other.problem.key == "wrong_key"


def test_missing_keys_cost_no_call_and_say_what_to_do(kis, environment, new_feed, monkeypatch):
    monkeypatch.delenv("KIS_APP_KEY")
    reading = new_feed().read(KRX_KOSPI)
    assert reading.problem.sentence() == "앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."
    assert kis.calls == []


def test_a_clock_hours_off_is_corrected_by_the_gateway_and_told(kis, new_feed, clock):
    from clocks import WallClock

    wrong = WallClock("2026-11-20 03:20:31")
    reading = new_feed(at=wrong).read(KRX_KOSPI)
    assert f"{reading.snapshot.asof:%m/%d %H:%M:%S}" == "11/20 11:20:31"
    assert reading.skew == 8 * 3600


def test_an_empty_body_is_no_data_and_is_not_asked_for_again_before_its_time(kis, feed, clock):
    kis.fault = Fault.NO_ROWS
    assert feed.read(KRX_KOSPI).problem.key == "empty"
    clock.move(20)
    assert feed.read(KRX_KOSPI).problem.key == "empty"
    assert kis.count("program-trade") == 1


def test_zeros_everywhere_are_no_data_and_never_a_flow_of_zero(kis, feed):
    kis.fault = Fault.ALL_ZERO
    reading = feed.read(KRX_KOSPI)
    assert reading.snapshot is None
    assert reading.problem.key == "empty"


def test_an_empty_body_later_in_the_day_keeps_the_figures_of_before(kis, feed, clock):
    fresh = feed.read(KRX_KOSPI)
    kis.fault = Fault.NO_ROWS
    clock.move(31)
    late = feed.read(KRX_KOSPI)
    assert late.snapshot.stale
    assert late.snapshot.rows == fresh.snapshot.rows


def test_without_a_usable_state_folder_figures_come_all_the_same(kis, environment, new_feed, tmp_path):
    (tmp_path / "file").write_text("here")
    environment(XLWINGS_KIS_HOME=str(tmp_path / "file"))
    reading = new_feed().read(KRX_KOSPI)
    assert reading.snapshot.rows
    assert not reading.sharing
    assert reading.warning.key == "state_folder"
    assert reading.counters == (None, None)


def test_a_damaged_store_is_set_aside_and_figures_come_all_the_same(kis, environment, new_feed, tmp_path):
    home = tmp_path / "상태 폴더"
    home.mkdir()
    (home / "store.sqlite3").write_bytes(b"no database" * 1000)
    reading = new_feed().read(KRX_KOSPI)
    assert reading.snapshot.rows
    assert reading.sharing
    (kept,) = home.glob("store.sqlite3.damaged-*")
    assert kept.read_bytes() == b"no database" * 1000


def test_every_request_of_the_day_is_counted_for_all_processes(kis, new_feed, clock):
    new_feed().read(KRX_KOSPI)
    clock.move(31)
    kis.fail_next(Fault.TOO_MANY_CALLS)
    counters = new_feed().read(KRX_KOSPI).counters
    assert counters == (3, 1)


def test_the_python_door_raises_typed_errors_with_a_hint(kis, feed):
    kis.fault = Fault.EMPTY_BODY
    with pytest.raises(NetworkError) as raised:
        feed.snapshot(KRX_KOSPI)
    assert raised.value.hint == "빈 답이 왔습니다. 잠시 뒤 다시 시도하세요."
    assert isinstance(raised.value, KisError)


def test_program_trade_serves_scripts(kis, environment, monkeypatch, clock):
    import xlwings_kis
    from xlwings_kis import runtime

    monkeypatch.setattr(runtime, "clock", clock)
    snapshot = xlwings_kis.program_trade("통합", "코스닥")
    assert snapshot.pair.key == "UN_KOSDAQ"
    assert snapshot.to_records()[0]["invr_cls_code"] == "8000"


def test_a_changed_configuration_is_noticed_without_a_restart(kis, environment, new_feed, monkeypatch, clock):
    monkeypatch.delenv("KIS_APP_KEY")
    feed = new_feed()
    assert feed.read(KRX_KOSPI).problem.key == "no_key"
    home = Path(os.environ["XLWINGS_KIS_HOME"])
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'app_key = "{kis.app_key}"\n', encoding="utf-8")
    clock.move(3)
    assert feed.read(KRX_KOSPI).snapshot.rows


def test_after_midnight_yesterdays_table_is_not_fresh_however_young(kis, feed, clock):
    clock.set("2026-11-20 23:59:50")
    feed.read(KRX_KOSPI)
    clock.set("2026-11-21 00:00:05")
    feed.read(KRX_KOSPI)
    assert kis.count("program-trade") == 2


def test_a_changed_key_in_the_configuration_is_noticed_while_figures_are_still_fresh(
    kis, environment, new_feed, monkeypatch
):
    from xlwings_kis import feed as feed_module

    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.0)
    monkeypatch.delenv("KIS_APP_KEY")
    monkeypatch.delenv("KIS_APP_SECRET")
    home = Path(os.environ["XLWINGS_KIS_HOME"])
    home.mkdir()
    config = home / "config.toml"
    config.write_text(f'app_key = "{kis.app_key}"\napp_secret = "{kis.app_secret}"\nttl = 3600\n', encoding="utf-8")
    feed = new_feed()
    assert feed.read(KRX_KOSPI).snapshot.rows
    config.write_text(f'app_key = "P{"x" * 35}"\napp_secret = "{kis.app_secret}"\nttl = 3600\n', encoding="utf-8")
    os.utime(config, ns=(1, 1))
    reading = feed.read(KRX_KOSPI)
    assert reading.snapshot is None
    assert reading.problem.key == "wrong_key"


def test_whoever_asks_during_a_change_of_settings_gets_nothing_of_the_old_gateway(kis, environment, new_feed, clock):
    feed = new_feed(deadline=5)
    kis.latency = 0.5
    old: list[object] = []
    asked = threading.Thread(target=lambda: old.append(feed.read(KRX_KOSPI)))
    asked.start()
    while not kis.count("program-trade"):
        time.sleep(0.01)
    with Simulator(clock, token_interval=0.0, seed=7) as other:
        environment(KIS_BASE_URL=other.url, KIS_APP_KEY=other.app_key, KIS_APP_SECRET=other.app_secret)
        feed._era.check()  # what the process does once a second
        figures = feed.read(KRX_KOSPI).snapshot
        asked.join()
        truth = next(row for row in other.truth("J", "1") if row["invr_cls_code"] == "9100")
        assert figures.by_code["9100"]["all_seln_amt"] == int(truth["all_seln_amt"])
        assert feed.read(KRX_KOSPI).snapshot == figures
        assert other.count("program-trade") == 1


def test_a_thread_that_cannot_start_costs_one_reading_and_not_the_pair(kis, feed, clock, monkeypatch):
    from xlwings_kis import workers

    def full(name, job):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(workers, "start", full)
        assert feed.read(KRX_KOSPI).problem.key == "internal"
    clock.move(3)
    assert feed.read(KRX_KOSPI).snapshot.rows


def test_the_newest_figures_of_any_process_stand_in_while_kis_is_slow(kis, new_feed, clock):
    first, second = new_feed(deadline=0.3), new_feed()
    first.read(KRX_KOSPI)
    clock.set("2026-11-20 14:00:00")
    newer = second.read(KRX_KOSPI).snapshot
    clock.move(31)
    kis.fault = Fault.HANG
    assert first.read(KRX_KOSPI).snapshot.asof == newer.asof


def test_a_status_line_while_figures_have_just_run_out_speaks_of_no_failure(kis, feed, clock, formulas_on):
    from xlwings_kis import udfs

    formulas_on(feed)
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    clock.move(31)
    assert udfs.KIS_PROGRAM_STATUS().startswith("갱신 중 · KRX 정규장 · 조회 11:20:31(31초 전)")
    assert kis.count("program-trade") == 1


def test_pairs_recalculated_every_few_minutes_are_still_fetched_together(kis, feed, clock):
    for pair in (KRX_KOSPI, KRX_KOSDAQ, NXT_KOSPI):
        feed.read(pair)
    kis.reset_calls()
    clock.move(600)
    feed.read(KRX_KOSPI)
    for pair in (KRX_KOSDAQ, NXT_KOSPI):
        feed._era.launch(pair).wait(5)
    assert kis.count("program-trade") == 3


def test_in_english_everything_is_english_from_the_first_cell(kis, environment, new_feed, formulas_on, monkeypatch):
    from xlwings_kis import udfs

    monkeypatch.delenv("KIS_APP_KEY")
    environment(XLWINGS_KIS_LANG="en")
    monkeypatch.delenv("KIS_APP_KEY")
    table = udfs.KIS_PROGRAM_TRADE("KRX", "KOSPI")
    assert table[0][:2] == ["#KIS! No app key. Run xlwings-kis login in a command prompt.", "All sell volume"]


def test_an_empty_body_before_the_open_is_before_the_open(kis, feed, clock):
    clock.set("2026-11-23 08:30:00")
    kis.fault = Fault.NO_ROWS
    assert feed.read(KRX_KOSPI).problem.key == "before_open"


def test_an_empty_body_on_a_holiday_says_so(kis, feed, clock):
    clock.set("2026-11-21 11:00:00")
    kis.fault = Fault.NO_ROWS
    assert feed.read(KRX_KOSPI).problem.sentence() == "휴장일(추정). 오늘 자료가 없습니다."


def test_settings_that_are_slow_to_read_never_hold_up_a_changed_environment(kis, environment, monkeypatch, clock):
    """The old feed is closed by a worker: the thread that asks gets its own answer in its own time."""
    from xlwings_kis import desk, runtime, udfs

    opening, opened = threading.Event(), threading.Event()
    real = desk.open_desk

    def slow(settings, own):
        opening.set()
        opened.wait(20)
        return real(settings, own)

    monkeypatch.setattr(desk, "open_desk", slow)
    monkeypatch.setattr(runtime, "clock", clock)
    environment(XLWINGS_KIS_DEADLINE="0.2")
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert opening.is_set()
    environment(XLWINGS_KIS_LANG="en")
    udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert not opened.is_set(), "the formula returned while the settings were still being read"
    opened.set()


def test_rows_seen_today_stay_when_the_settings_break(kis, environment, new_feed, formulas_on, clock, monkeypatch):
    from xlwings_kis import udfs

    feed = new_feed()
    formulas_on(feed)
    kis.fail_next(Fault.UNKNOWN_INVESTOR)
    assert len(udfs.KIS_PROGRAM_TRADE("KRX", "코스피")) == 13
    monkeypatch.delenv("KIS_APP_KEY")
    clock.move(31)
    table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert table[0][0].startswith("#KIS! 앱키가 없습니다.")
    assert len(table) == 13


def test_a_lease_of_the_new_settings_is_kept_alive_while_an_old_fetch_still_runs(
    kis, environment, new_feed, clock, monkeypatch
):
    from xlwings_kis.store.guarded import GuardedStore

    renewed: list[str] = []
    real = GuardedStore.renew

    def renew(self, pairs, holder):
        renewed.append(holder)
        real(self, pairs, holder)

    monkeypatch.setattr(GuardedStore, "renew", renew)
    feed = new_feed(deadline=0.1)
    kis.latency = 3.0
    feed.read(KRX_KOSPI)
    while not kis.count("program-trade"):
        time.sleep(0.01)
    environment(XLWINGS_KIS_PRE_OPEN="trust")
    feed._era.check()
    feed.read(KRX_KOSDAQ)
    feed.reading(KRX_KOSDAQ)
    assert len(set(renewed)) == 2


# --- what was before ---


def test_what_was_before_comes_from_the_store_without_a_call(kis, feed, new_feed, clock):
    then = feed.read(KRX_KOSPI).snapshot
    clock.move(600)
    feed.read(KRX_KOSPI)
    kis.reset_calls()
    assert new_feed().known(lambda desk: desk.store.at(KRX_KOSPI, then.asof.timestamp() + 1), 5.0, None) == then
    assert kis.kinds == []


def test_without_settings_nothing_is_known(new_feed, monkeypatch):
    monkeypatch.delenv("KIS_APP_KEY")
    assert new_feed().known(lambda desk: "something", 5.0, "nothing") == "nothing"


def test_nobody_waits_for_what_is_only_shown_if_known_longer_than_told(environment, clock):
    gate = threading.Event()

    def slow() -> Desk:
        gate.wait(20)
        raise failure("no_key")

    stuck = Feed(slow, clock, deadline=3.0)
    try:
        assert stuck.known(lambda desk: "something", 0.01, "nothing") == "nothing"
    finally:
        gate.set()
        stuck.close()


def test_what_was_before_belongs_to_the_settings_in_force(kis, new_feed, clock, monkeypatch):
    feed = new_feed()
    then = feed.read(KRX_KOSPI).snapshot.asof.timestamp()
    monkeypatch.setenv("KIS_APP_KEY", "B" * 36)
    assert feed.known(lambda desk: desk.store.at(KRX_KOSPI, then), 5.0, "nothing") is None


def test_a_hanging_gateway_is_no_reason_not_to_look_into_the_store(kis, feed, clock):
    then = feed.read(KRX_KOSPI).snapshot
    clock.move(60)
    kis.fault = Fault.HANG
    feed.patience.deadline = 0.05
    feed.read(KRX_KOSDAQ)
    feed.read(NXT_KOSPI)
    assert feed.patience.wait(threading.Event()) is False
    answers = [
        feed.recall(("now", at), lambda desk: desk.store.at(KRX_KOSPI, then.asof.timestamp())) for at in range(3)
    ]
    assert answers == [then] * 3


def test_a_store_that_hangs_holds_up_one_formula_for_a_blink_and_no_other(feed, clock):
    feed.read(KRX_KOSPI)
    gate = threading.Event()
    feed.patience.deadline = 0.0
    waits: list[float] = []
    real = workers.Outcome.wait

    def wait(self, seconds):
        waits.append(seconds)
        return real(self, seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers.Outcome, "wait", wait)
        for number in range(4):
            with pytest.raises(KisError, match="응답 지연"):
                feed.recall(number, lambda desk: gate.wait(20))
    gate.set()
    assert sum(second > 0 for second in waits) == 1


def test_a_command_is_told_when_the_store_does_not_answer(feed):
    gate = threading.Event()
    with pytest.raises(KisError, match="저장소 읽기 실패"):
        feed.ask(lambda desk: gate.wait(20), 0.01)
    gate.set()


def test_a_feed_that_ends_while_its_settings_are_read_leaves_nothing_open(environment, clock):
    reading, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def open_slowly() -> Desk:
        reading.set()
        go_on.wait(10)
        made = desk.open_desk(settings.load({}), clock)
        real = made.close
        return replace(made, close=lambda: (real(), closed.set()))

    feed = Feed(open_slowly, clock, deadline=0.05)
    feed.read(KRX_KOSPI)
    assert reading.wait(10)
    feed.close()
    go_on.set()
    assert closed.wait(10)
