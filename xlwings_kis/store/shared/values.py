"""Bodies and problems as the server keeps them, with its clock; back by this machine's. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.store.packed import Packed, Run
from xlwings_kis.store.shared.server import VERSION


class Kept(NamedTuple):
    """The parts of a body that the script keeps."""

    line: str
    roster: str
    people: str
    figures: bytes
    codes: str


def parts(run: Run) -> Kept:
    """A body as the script keeps it: one line of what is known, its roster, its figures, its codes in order."""
    body = run.body
    roster = blake2b(body.people.encode(), digest_size=6).hexdigest()
    of = "-" if run.of is None else repr(run.of)
    known = [VERSION, repr(run.first), repr(run.last), run.standing, of, body.content.hex(), body.sha256.hex() or "-"]
    codes = "".join(f"{json.dumps(code)}\n" for code in body.others)
    return Kept(" ".join([*known, roster, body.notes or ""]), roster, body.people, body.figures, codes)


def run_of(stored: Any) -> Run | None:
    """A body as the script gives it: its line, its roster, its figures. Raises `StoreTrouble` for anything else."""
    if not stored:
        return None
    try:
        line, people, figures = stored
        version, first, last, standing, of, content, sha256, _, notes = line.decode("ascii").split(" ", 8)
        if version != VERSION:
            raise StoreTrouble("unknown version")
        body = Packed(
            people.decode(), figures, notes or None, bytes.fromhex(content),
            bytes.fromhex("" if sha256 == "-" else sha256),
        )  # fmt: skip
        return Run(float(first), float(last), body, standing, None if of == "-" else float(of))
    except (ValueError, TypeError, AttributeError) as damaged:
        raise StoreTrouble("not a stored body") from damaged


def runs_of(day: dict[bytes, bytes]) -> list[Run]:
    """All bodies of a day in the order they came."""
    if not day:
        return []
    if day.get(b"v") != VERSION.encode():
        raise StoreTrouble("unknown version")
    found = []
    for at in range(1, int(day.get(b"n", b"0")) + 1):
        line = day.get(b"m:%d" % at, b"")
        roster = line.split(b" ", 8)[7] if line.count(b" ") >= 8 else b""
        run = run_of((line, day.get(b"p:" + roster), day.get(b"f:%d" % at)))
        if run:
            found.append(run)
    return found


def codes_of(order: str) -> tuple[str, ...]:
    """The codes of a day in the order they were first seen."""
    try:
        return tuple(str(json.loads(line)) for line in order.splitlines())
    except ValueError as damaged:
        raise StoreTrouble("not stored codes") from damaged


def day_of(runs: Iterable[Run]) -> dict[str, str | bytes]:
    """A whole day as the script keeps it, but for the order of codes."""
    fields: dict[str, str | bytes] = {"v": VERSION}
    for at, run in enumerate(runs, 1):
        kept = parts(run)
        fields |= {"n": str(at), f"m:{at}": kept.line, f"f:{at}": kept.figures, f"p:{kept.roster}": kept.people}
    return fields


def codes_added(order: bytes | None, runs: Iterable[Run]) -> dict[str, str]:
    """The order of a day's codes with those of these bodies behind: rows of a table are only ever added."""
    lines = (order or b"").decode().splitlines()
    found = dict.fromkeys([*lines, *(json.dumps(code) for run in runs for code in run.body.others)])
    return {"o": "".join(f"{line}\n" for line in found)} if found else {}


def dump(problem: Problem, offset: float) -> str:
    """A problem, its time by the server's clock."""
    until = None if problem.until is None else problem.until + offset
    return json.dumps([int(VERSION), problem.key, problem.code, problem.facts, problem.ask_user, until])


def load(text: str, offset: float) -> Problem | None:
    """A problem, its time by this machine's clock. Raises `StoreTrouble` for one of another version."""
    if not text:
        return None
    try:
        version, key, code, facts, ask_user, until = json.loads(text)
        if version != int(VERSION):
            raise StoreTrouble("unknown version")
        problem = Problem(str(key), str(code), dict(facts), bool(ask_user), None if until is None else float(until))
    except (ValueError, TypeError) as damaged:
        raise StoreTrouble("not a stored problem") from damaged
    if problem.until is None or not offset:
        return problem
    until = problem.until - offset
    spoken = {"time": f"{to_kst(until):%H:%M:%S}"} if "time" in problem.facts else {}
    return replace(problem, until=until, facts={**problem.facts, **spoken})
