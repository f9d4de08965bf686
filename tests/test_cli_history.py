"""`history` and `table --at`: from this machine alone, with exit status 7 and a sentence where there is nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from clocks import kst
from making import body, item, row
from making import snapshot as made

from xlwings_kis import runtime, udfs
from xlwings_kis.cli import export, main
from xlwings_kis.fields import COLUMNS
from xlwings_kis.snapshot import Standing


@pytest.fixture(autouse=True)
def _clock_and_folder(monkeypatch, clock, tmp_path, environment):
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def seen(kis, clock, capsys):
    """Let the command look at KRX 코스피 at Korean moments; gives what it printed as CSV, then forgets the calls."""

    def look(*moments: str, market: str = "코스피") -> list[str]:
        tables = []
        for moment in moments:
            clock.set(moment if " " in moment else f"2026-11-20 {moment}")
            main(["table", "KRX", market, "--format", "csv"])
            tables.append(capsys.readouterr().out)
        kis.reset_calls()
        return tables

    return look


def run(capsys, *words):
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


def state() -> Path:
    return Path(os.environ["XLWINGS_KIS_HOME"])


# --- table --at ---


def test_the_table_of_the_last_close_comes_from_this_machine(capsys, kis, seen, clock):
    """Scenario 9: the quant, 07:30 next day."""
    close, late = seen("15:39:30", "17:10:00")
    clock.set("2026-11-23 07:30:00")
    assert close != late
    assert run(capsys, "table", "KRX", "KOSPI", "--at", "전일마감", "--format", "csv", "-o", "x.csv") == (
        0,
        "",
        "저장했습니다: x.csv\n",
    )
    data = Path("x.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").splitlines() == close.splitlines()
    assert data.decode("utf-8-sig").splitlines()[0] == ",".join(field.ko for field in COLUMNS)
    assert kis.kinds == []


def test_the_formula_gives_the_same_table_as_the_command_while_today_has_none(kis, seen, clock):
    (close,) = seen("15:39:30")
    clock.set("2026-11-23 07:30:00")
    rows = list(csv.reader(io.StringIO(close)))[1:]
    shown = udfs.KIS_PROGRAM_AT("KRX", "코스피", "전일마감", None, False)
    assert [[str(int(cell)) if isinstance(cell, float) else cell for cell in line] for line in shown] == rows
    assert kis.kinds == []
    assert udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[1][1] == "#N/A"


def test_a_day_never_recorded_is_no_data_for_what_was_asked(capsys, kis, seen):
    seen("10:00:00")
    assert run(capsys, "table", "KRX", "코스피", "--at", "2026-11-19 마감") == (
        7,
        "",
        "저장된 자료 없음. 이 PC에 11/19 15:40의 값이 없습니다. 장중에 Excel이나 xlwings-kis record 로 저장해 두세요.\n",
    )
    assert kis.kinds == []


@pytest.mark.parametrize("words", [("--at", "마감"), ("--at", "23:00")])
def test_what_is_still_to_come_is_no_data_either(capsys, kis, seen, words):
    seen("10:00:00")
    status, out, err = run(capsys, "table", "KRX", "코스피", *words)
    assert (status, out) == (7, "")
    assert err.startswith("아직 오지 않은 시각. ")
    assert kis.kinds == []


def test_old_figures_of_a_moment_are_told_on_stderr(capsys, kis, seen):
    seen("10:00:00", "11:00:00")
    status, out, err = run(capsys, "table", "KRX", "코스피", "--at", "10:30", "--format", "json")
    assert (status, json.loads(out)["asof"], json.loads(out)["stale"]) == (0, "2026-11-20T10:00:00+09:00", True)
    assert err == "지연: 11/20 10:00:00 자료입니다. 그 뒤 이 시각까지의 값은 이 PC에 없습니다.\n"


def test_a_moment_nobody_understands_is_a_wrong_argument(capsys, kis):
    status, out, err = run(capsys, "table", "KRX", "코스피", "--at", "곧")
    assert (status, out) == (2, "")
    assert err.startswith('시각을 알 수 없음: "곧".')


def test_a_moment_of_the_demo_is_nowhere_stored(capsys, kis):
    assert run(capsys, "table", "KRX", "코스피", "--at", "10:30", "--demo")[0] == 7
    assert not state().exists()


# --- stats and prune ---


def test_stats_tell_what_there_is(capsys, kis, seen):
    seen("2026-11-19 10:00:00", "2026-11-20 10:00:00", "2026-11-20 10:05:00")
    status, out, err = run(capsys, "history", "stats")
    assert (status, err) == (0, "")
    assert out.startswith("KRX 코스피: 2일, 표 3개, 2026-11-19 ~ 2026-11-20\n파일 store.sqlite3, 0.")
    assert kis.kinds == []


def test_without_a_store_there_is_nothing_and_none_is_made(capsys, kis):
    for words in (("stats",), ("prune", "--keep-days", "3"), ("export", "-o", "x.csv")):
        status, out, err = run(capsys, "history", *words)
        assert (status, out) == (7, "")
        assert err.startswith("저장된 자료 없음. ")
    assert not state().exists()
    assert not Path("x.csv").exists()


def test_what_belongs_to_another_key_is_counted_and_never_shown(capsys, kis, seen, environment):
    seen("10:00:00")
    environment(KIS_APP_KEY="B" * 36)
    status, out, _ = run(capsys, "history", "stats")
    assert status == 7
    assert "KRX" not in out
    assert "다른 앱키나 주소로 저장된 표 1개" in out
    assert run(capsys, "history", "export", "-o", "x.csv")[0] == 7
    run(capsys, "history", "prune", "--keep-days", "1")
    environment()
    assert run(capsys, "history", "stats")[1].startswith("KRX 코스피: 1일, 표 1개")


def test_without_a_key_nobody_knows_whose_history_is_meant(capsys, kis, seen, environment):
    seen("10:00:00")
    environment(KIS_APP_KEY="")
    assert run(capsys, "history", "stats")[0] == 3


def test_the_demo_keeps_nothing_and_touches_nothing(capsys, kis, seen, environment):
    seen("10:00:00")
    before = (state() / "store.sqlite3").read_bytes()
    environment(XLWINGS_KIS_DEMO="1")
    for words in (("stats",), ("prune", "--keep-days", "1"), ("export", "-o", "x.csv"), ("import", ".")):
        status, out, err = run(capsys, "history", *words)
        assert (status, out) == (7, "")
        assert err.startswith("예시는 저장하지 않음. ")
    assert (state() / "store.sqlite3").read_bytes() == before


def test_prune_removes_old_days(capsys, kis, seen, environment):
    seen("2026-11-16 10:00:00", "2026-11-19 10:00:00", "2026-11-20 10:00:00")
    assert run(capsys, "history", "prune", "--keep-days", "2", "--compact") == (
        0,
        "",
        "2026-11-18보다 오래된 표 1개를 지웠습니다.\n",
    )
    environment(XLWINGS_KIS_KEEP_DAYS="1")
    assert run(capsys, "history", "prune")[0] == 0
    assert run(capsys, "history", "stats")[1].startswith("KRX 코스피: 2일, 표 2개, 2026-11-19")


@pytest.mark.parametrize("words", [(), ("--keep-days", "0"), ("--keep-days", "-1"), ("--keep-days", "40000")])
def test_prune_needs_to_know_what_to_keep(capsys, kis, seen, words):
    seen("10:00:00")
    assert run(capsys, "history", "prune", *words)[0] == 2


def test_a_damaged_store_is_set_aside_with_a_sentence_and_never_deleted(capsys, kis, seen):
    seen("10:00:00")
    store = state() / "store.sqlite3"
    store.write_bytes(b"no database at all" * 1000)
    status, out, err = run(capsys, "history", "export", "-o", "x.csv")
    assert (status, out) == (7, "")
    assert err.startswith(
        "저장 파일 손상. 그 파일은 지우지 않고 store.sqlite3.damaged-20261120-100000 이름으로 옮겨 두었습니다."
    )
    (aside,) = state().glob("store.sqlite3.damaged-*")
    assert aside.read_bytes() == b"no database at all" * 1000
    seen("10:01:00")
    assert "손상되어 따로 둔 파일: store.sqlite3.damaged-20261120-100000" in run(capsys, "history", "stats")[1]


def test_a_store_in_use_elsewhere_is_told(capsys, kis, seen, monkeypatch):
    seen("10:00:00")
    monkeypatch.setattr("xlwings_kis.store.archive._BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(state() / "store.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, _, err = run(capsys, "history", "prune", "--keep-days", "1")
        other.rollback()
    assert (status, err) == (7, "저장소 읽기 실패. 잠시 뒤 다시 시도하세요.\n")


# --- export ---


def test_a_csv_has_a_row_for_every_investor_of_every_table(capsys, kis, seen):
    tables = seen("10:00:00", "10:02:00")
    status, out, err = run(capsys, "history", "export", "-o", "기록.csv")
    assert (status, out) == (0, "")
    assert "표 2개, 22행을 내보냈습니다." in err
    data = Path("기록.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    for table, shown in zip(tables, (rows[:11], rows[11:]), strict=True):
        for before, after in zip(csv.DictReader(io.StringIO(table)), shown, strict=True):
            assert (after["투자자"], after["투자자코드"]) == (before["투자자"], before["투자자코드"])
            assert after["비차익순매수대금(백만원)"] == before["비차익순매수대금"]
            assert after["전체매도수량(천주)"] == before["전체매도수량"]
    assert {row["처음 조회(KST)"] for row in rows} == {"2026-11-20T10:00:00+09:00", "2026-11-20T10:02:00+09:00"}
    assert {(row["거래소"], row["시장"], row["구분"]) for row in rows} == {("KRX", "코스피", "당일")}
    assert kis.kinds == []


def test_a_workbook_has_numbers_dates_and_texts(capsys, kis, seen):
    seen("10:00:00")
    assert run(capsys, "history", "export", "-o", "기록.xlsx")[0] == 0
    (sheet,) = openpyxl.load_workbook("기록.xlsx").worksheets
    head, first, *rest = sheet.iter_rows(values_only=True)
    assert head == tuple(export.columns())
    assert first[:4] == (datetime(2026, 11, 20, 10), datetime(2026, 11, 20, 10), "KRX", "코스피")  # noqa: DTZ001
    truth = next(line for line in kis.truth("J", "1") if line["invr_cls_code"] == first[-1])
    assert first[head.index("비차익순매수대금(백만원)")] == int(truth["nabt_ntby_amt"])
    assert len(rest) == 10


def test_pairs_and_days_narrow_the_export(capsys, kis, seen):
    seen("2026-11-18 10:00:00", "2026-11-19 10:00:00", "2026-11-20 10:00:00")
    seen("2026-11-20 10:01:00", market="코스닥")
    for words, days in (
        (("--market", "코스피"), {"18", "19", "20"}),
        (("--market", "KQ"), {"20"}),
        (("--exchange", "KRX", "--from", "2026-11-19"), {"19", "20"}),
        (("--to", "11/18"), {"18"}),
        (("--from", "전일", "--to", "2026-11-19"), {"19"}),
    ):
        assert run(capsys, "history", "export", "-o", "x.csv", *words)[0] == 0
        lines = Path("x.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
        assert {line[8:10] for line in lines} == days
    assert run(capsys, "history", "export", "-o", "y.csv", "--exchange", "NXT")[0] == 7
    assert not Path("y.csv").exists()


@pytest.mark.parametrize(
    "words", [("-o", "x.pdf"), ("-o", "x"), ("-o", "x.csv", "--from", "10:30"), ("-o", "x.csv", "--market", "나스닥")]
)
def test_an_export_nobody_can_make_is_refused_before_it_begins(capsys, kis, seen, words):
    seen("10:00:00")
    assert run(capsys, "history", "export", *words)[0] == 2
    assert not Path(words[1]).exists()


def test_an_export_that_cannot_be_written_leaves_what_was_there(capsys, kis, seen):
    seen("10:00:00")
    assert run(capsys, "history", "export", "-o", "nowhere/x.csv")[0] == 6
    Path("x.csv").write_text("before", encoding="utf-8")
    with closing(sqlite3.connect(state() / "store.sqlite3")) as db, db:
        db.execute("UPDATE snapshot SET figures = x'00'")
    status, _, err = run(capsys, "history", "export", "-o", "x.csv")
    assert (status, "읽을 수 없는 표 1개는 빠졌습니다." in err) == (0, True)


def test_names_that_look_like_formulas_stay_names(tmp_path):
    odd = made("2026-11-20 10:00:00", row("9300", '=HYPERLINK("x")'))
    for write, name in ((export.to_csv, "a.csv"), (export.to_xlsx, "a.xlsx")):
        with (tmp_path / name).open("wb") as file:
            assert write(file, [odd]) == 1
    assert '"=HYPER' not in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    (sheet,) = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    assert all(cell.data_type != "f" for line in sheet for cell in line)


def test_a_missing_figure_is_an_empty_cell_and_every_standing_has_a_word(tmp_path):
    tables = [made("2026-11-20 10:00:00", row(all_ntby_amt=None), standing=standing) for standing in Standing]
    with (tmp_path / "a.csv").open("wb") as file:
        export.to_csv(file, tables)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig"))))
    assert {line["전체순매수대금(백만원)"] for line in rows} == {""}
    assert len({line["구분"] for line in rows}) == len(Standing)


def test_a_sheet_that_is_full_is_followed_by_another(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ROWS_A_SHEET", 3)
    with (tmp_path / "a.xlsx").open("wb") as file:
        assert export.to_xlsx(file, [made("2026-11-20 10:00:00", row("8000"), row("9100"))] * 4) == 8
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    assert [(sheet.title, sheet.max_row) for sheet in sheets] == [("자료 1", 4), ("자료 2", 4), ("자료 3", 3)]


@pytest.mark.parametrize("write", [export.to_csv, export.to_xlsx])
def test_the_memory_of_an_export_does_not_grow_with_its_length(tmp_path, write):
    def tables(number):
        start = kst("2026-11-20 09:00:00")
        for at in range(number):
            moment = start + timedelta(seconds=at)
            yield made(f"{moment:%Y-%m-%d %H:%M:%S}", row("8000", all_ntby_amt=at), row("9100", all_ntby_amt=-at))

    peaks = []
    for number in (1500, 100, 1500):  # once for what is loaded and kept at first use
        tracemalloc.start()
        with (tmp_path / f"{number}").open("wb") as file:
            assert write(file, tables(number)) == 2 * number
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1] + 50_000


# --- import ---


def save(name: str, answer) -> None:
    path = Path("저장한응답") / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False), encoding="utf-8")


def test_saved_answers_become_history(capsys, kis, seen, clock):
    seen("10:00:00")
    save("KRX_KOSPI_20261119_154000.json", body(item(all_ntby_amt="-1234")))
    save("b.json", {"time": "2026-11-19T10:30:00+09:00", "exchange": "J", "market": 1, "body": body(item())})
    save("leer.json", {"time": "2026-11-19T08:00:00+09:00", "exchange": "J", "market": 1, "body": body()})
    save("kaputt.json", "{")
    save("KRX_KOSPI_20261119_154500.json", body(rt_cd="1", msg_cd="EGW00201"))
    status, out, err = run(capsys, "history", "import", "저장한응답")
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        "건너뜀: KRX_KOSPI_20261119_154500.json: 정상 응답이 아님. rt_cd가 0인 응답을 저장한 파일을 넣으세요.",
        "건너뜀: kaputt.json: JSON이 아닌 파일. KIS의 응답을 그대로 저장한 파일을 넣으세요.",
        "새 표 2개를 가져왔습니다. 이미 있던 것 0개, 값이 없는 응답 1개, 건너뛴 파일 2개.",
    ]
    assert "이미 있던 것 2개" in run(capsys, "history", "import", "저장한응답")[2]
    status, shown, _ = run(capsys, "table", "KRX", "코스피", "--at", "전일마감", "--format", "json")
    assert status == 0
    assert json.loads(shown)["rows"][0]["all_ntby_amt"] == -1234
    assert kis.kinds == []


def test_history_may_begin_with_an_import(capsys, kis):
    save("KRX_KOSPI_20261119_154000.json", body(item()))
    assert run(capsys, "history", "import", "저장한응답")[0] == 0
    assert run(capsys, "history", "stats")[1].startswith("KRX 코스피: 1일, 표 1개, 2026-11-19")


def test_a_folder_without_answers_is_no_data_and_none_is_a_wrong_argument(capsys, kis):
    Path("leer").mkdir()
    assert run(capsys, "history", "import", "leer")[0] == 7
    assert run(capsys, "history", "import", "nirgends")[0] == 2


def test_what_comes_out_of_a_table_goes_in_nowhere_else(capsys, kis, seen, clock):
    """An import never disturbs what today shows."""
    (before,) = seen("10:00:00")
    save("KRX_KOSPI_20261120_095000.json", body(item(all_ntby_amt="77")))
    run(capsys, "history", "import", "저장한응답")
    assert run(capsys, "table", "KRX", "코스피", "--format", "csv")[1] == before
