"""Answers of KIS that somebody saved as files, read: whose table, when, and its body. Pure but for looking into the folder.

One answer a file, as JSON, in one of two ways:

- `{"time": "2026-11-20T10:30:00+09:00", "exchange": "KRX", "market": "KOSPI", "body": {…}}`, or
- the bare body in a file named `KRX_KOSPI_20261120_103000.json`.

A time without a zone is Korean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from xlwings_kis import words
from xlwings_kis.clock import KST
from xlwings_kis.errors import failure
from xlwings_kis.markets import Pair
from xlwings_kis.payload import read_rows
from xlwings_kis.snapshot import Snapshot

_NAME = re.compile(r"(KRX|NXT|UN)_(KOSPI|KOSDAQ)_(\d{8})[_T-]?(\d{6})", re.IGNORECASE | re.ASCII)
_LARGEST = 2_000_000
"""No answer is nearly as long (in bytes)."""


def files(folder: Path) -> Iterator[Path]:
    """The JSON files of a folder and of those in it, by name."""
    return (path for path in sorted(folder.rglob("*.json")) if path.is_file())


def read(path: Path, now: datetime) -> Snapshot:
    """The table in a file. Raises `KisError` whose sentence says why it is none, `OSError` where it cannot be read."""
    if path.stat().st_size > _LARGEST:
        raise failure("large_file")
    return parse(path.name, path.read_bytes(), now)


def parse(name: str, data: bytes, now: datetime) -> Snapshot:
    """The table in a file's bytes."""
    answer = _object(data)
    if "body" in answer:
        pair, moment = words.pair(answer.get("exchange"), answer.get("market")), _moment(answer.get("time"))
        body = answer["body"]
    else:
        (pair, moment), body = _named(name), answer
    if moment > now:
        raise failure("future_answer")
    if not isinstance(body, dict) or str(body.get("rt_cd")) != "0":
        raise failure("refused_answer")
    rows, notes = read_rows(body)
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return Snapshot(pair, moment, rows, notes, changed=moment, sha256=sha256(text.encode()).hexdigest())


def _object(data: bytes) -> dict[str, Any]:
    for charset in ("utf-8-sig", "cp949"):
        try:
            found = json.loads(data.decode(charset))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError):
            break
        if isinstance(found, dict):
            return found
        break
    raise failure("no_json")


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(KST) if moment.tzinfo else moment.replace(tzinfo=KST)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise failure("no_time") from None


def _named(name: str) -> tuple[Pair, datetime]:
    found = _NAME.match(name)
    if found is None:
        raise failure("no_time")
    exchange, market, day, time = found.groups()
    try:
        moment = datetime.strptime(day + time, "%Y%m%d%H%M%S").replace(tzinfo=KST)
    except ValueError:
        raise failure("no_time") from None
    return words.pair(exchange, market), moment
