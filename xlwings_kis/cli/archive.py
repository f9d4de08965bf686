"""`history`: what this machine has stored, looked at, taken out, added to and pruned. Never asks KIS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from xlwings_kis import desk, moments, runtime, saved, settings, words
from xlwings_kis import history as before
from xlwings_kis.cli import export, output, terminal
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.clock import kst_day, to_kst
from xlwings_kis.errors import KisError, failure
from xlwings_kis.files import replacing
from xlwings_kis.markets import Pair
from xlwings_kis.settings import Settings
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.archive import Archive, Received
from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.store.merging import Arrival
from xlwings_kis.store.packed import Packed
from xlwings_kis.store.trouble import DamagedStore
from xlwings_kis.wording import clean

if TYPE_CHECKING:
    from xlwings_kis.store.shared.archive import SharedArchive

_WRITERS = {".csv": export.to_csv, ".xlsx": export.to_xlsx}
_MEGA = 1_000_000
_LONGEST = 36_500


class _Export:
    """The tables to export, and what was come across."""

    def __init__(self, archive: Archive | SharedArchive, days: list[tuple[date, Pair]]) -> None:
        self._archive = archive
        self._days = days
        self.tables = self.unreadable = 0

    def __iter__(self) -> Iterator[Snapshot]:
        for day, pair in self._days:
            for snapshot in self._archive.tables(day, pair):
                if snapshot is None:
                    self.unreadable += 1
                else:
                    self.tables += 1
                    yield snapshot


def history(arguments: argparse.Namespace) -> int:
    """`history ACTION`."""
    with _opened(arguments) as (archive, known):
        _ACTIONS[arguments.action](arguments, archive, known)
    return 0


def stats(arguments: argparse.Namespace, archive: Archive | SharedArchive, known: Settings) -> None:
    """`history stats`: what there is, on stdout."""
    lang = arguments.lang
    pairs, others = archive.stored(), archive.others()
    lines = [
        text(
            "stats_pair", lang, pair=one.pair.label(lang), days=f"{one.days:,}", tables=f"{one.tables:,}",
            first=f"{one.first}", last=f"{one.last}",
        )
        for one in pairs
    ]  # fmt: skip
    if known.desk:
        lines.append(text("stats_server", lang, place=str(known.desk)))
    else:
        lines += _of_file(known.store_path, others, lang)
    for line in lines:
        terminal.say(line, sys.stdout)
    if not pairs:
        raise failure("nothing_stored")


def _of_file(path: Path, others: int, lang: str) -> list[str]:
    """What is to be said of the machine's own file."""
    size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if ".damaged-" not in file.name)
    lines = [text("stats_file", lang, file=path.name, size=f"{size / _MEGA:,.1f}")]
    if others:
        lines.append(text("stats_others", lang, number=f"{others:,}"))
    asides = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    lines += [text("stats_aside", lang, file=one.name) for one in asides if not one.name.endswith(("-wal", "-shm"))]
    return lines


def prune(arguments: argparse.Namespace, archive: Archive | SharedArchive, known: Settings) -> None:
    """`history prune`: what is older than so many days goes."""
    days = known.keep_days if arguments.keep_days is None else arguments.keep_days
    if not 1 <= days <= _LONGEST:
        raise UsageError(text("no_keep_days", arguments.lang))
    first_kept = kst_day(runtime.clock.epoch()) - timedelta(days=days)
    with terminal.patience(text("working", arguments.lang)):
        number = archive.prune(first_kept)
        if arguments.compact:
            archive.compact()
    terminal.say(text("pruned", arguments.lang, day=f"{first_kept}", number=f"{number:,}"))


def export_(arguments: argparse.Namespace, archive: Archive | SharedArchive, known: Settings) -> None:
    """`history export`: everything, or some pairs and days, to a file."""
    lang, target = arguments.lang, output.target(arguments.output)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise UsageError(text("no_such_export", lang))
    exchange = None if arguments.exchange is None else words.exchange(arguments.exchange)
    market = None if arguments.market is None else words.market(arguments.market)
    first, last = _day(arguments.first) or date.min, _day(arguments.last) or date.max
    days = [
        (day, pair) for day, pair in archive.days(first, last)
        if exchange in (None, pair.exchange) and market in (None, pair.market)
    ]  # fmt: skip
    if not days:
        raise failure("nothing_stored")
    tables, rows = _Export(archive, days), 0

    def into_file() -> None:
        nonlocal rows
        with replacing(target) as file:
            rows = write(file, tables, lang)

    with terminal.patience(text("exporting", lang)):
        output.writing(target, lang, into_file)
    terminal.say(text("exported", lang, tables=f"{tables.tables:,}", rows=f"{rows:,}"))
    if tables.unreadable:
        terminal.say(text("unreadable", lang, number=f"{tables.unreadable:,}"))


def import_(arguments: argparse.Namespace, archive: Archive | SharedArchive, known: Settings) -> None:
    """`history import`: every answer in a folder that can be read, all of them or none."""
    folder, lang = Path(arguments.folder), arguments.lang
    if not folder.is_dir():
        raise UsageError(text("no_such_folder", lang, folder=clean(arguments.folder, 60)))
    received: list[Received] = []
    bad = 0
    with terminal.patience(text("importing", lang)):
        for path in saved.files(folder):
            try:
                received.append(_received(path))
            except (KisError, OSError) as wrong:
                why = wrong.problem.sentence(lang) if isinstance(wrong, KisError) else text("why_unreadable", lang)
                terminal.say(text("skipped", lang, file=clean(path.relative_to(folder).as_posix()), why=why))
                bad += 1
        if not received:
            raise failure("nothing_to_import")
        done = archive.merge(received, trust=known.pre_open == "trust")
    terminal.say(
        text("imported", lang, new=f"{done.new:,}", known=f"{done.known:,}", empty=f"{done.empty:,}", bad=f"{bad:,}")
    )


_ACTIONS = {"stats": stats, "prune": prune, "export": export_, "import": import_}


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[tuple[Archive | SharedArchive, Settings]]:
    """The store of the key in force; whatever is wrong with it in one sentence."""
    known = settings.load({"lang": arguments.lang})
    try:
        with closing(desk.open_archive(known, make=arguments.action == "import")) as archive:
            yield archive, known
    except DamagedStore:
        raise _set_aside(known) from None
    except StoreTrouble:
        raise failure("store_away") from None


def _set_aside(known: Settings) -> KisError:
    try:
        aside = desk.mend(known, runtime.clock)
    except StoreTrouble:
        aside = None
    return failure("store_damaged", file=aside.name) if aside else failure("store_away")


def _received(path: Path) -> Received:
    snapshot = saved.read(path, to_kst(runtime.clock.epoch()))
    return Received(snapshot.pair, Arrival(snapshot.asof.timestamp(), Packed.of(snapshot)), snapshot.empty)


def _day(word: str | None) -> date | None:
    return before.meant(moments.day(word), to_kst(runtime.clock.epoch())).until.date() if word else None
