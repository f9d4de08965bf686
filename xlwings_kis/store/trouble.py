"""What errors say of a store's file, and steps that report them: one at a time, whole or not at all."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.store.schema import current

_DAMAGE_SAYS = ("no such table", "no such column", "has no column", "Could not decode")
"""Damage that SQLite reports as if the statement were wrong."""


class DamagedStore(StoreTrouble):
    """The file is no database, or a broken one."""


class Held(Protocol):
    """Whoever holds a connection that several threads use."""

    _mutex: threading.Lock
    _db: sqlite3.Connection


_H = TypeVar("_H", bound=Held)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def guarded(method: Callable[Concatenate[_H, _P], _R]) -> Callable[Concatenate[_H, _P], _R]:
    """A step on the connection: threads one after the other, and nothing but `StoreTrouble` comes out."""

    @wraps(method)
    def step(self: _H, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            with self._mutex:
                return method(self, *args, **kwargs)
        except (StoreTrouble, UnicodeEncodeError) as trouble:  # what we were to write is odd, not what is there
            raise trouble if isinstance(trouble, StoreTrouble) else StoreTrouble("not to be written") from trouble
        except Exception as error:  # flipped bytes come out as an error of any kind
            raise trouble_of(error, self._db) from error

    return step


def trouble_of(error: Exception, db: sqlite3.Connection | None = None) -> StoreTrouble:
    """What an error says of the file: that it cannot be had now, or that it is damaged."""
    kind = type(error).__name__
    if isinstance(error, sqlite3.OperationalError):
        said = any(words in str(error) for words in _DAMAGE_SAYS)
        return DamagedStore(kind) if said and db is not None and current(db) else StoreTrouble(kind)
    return StoreTrouble(kind) if isinstance(error, OSError | MemoryError) else DamagedStore(kind)


@contextmanager
def transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    """All of it or nothing."""
    db.execute(begin)
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()
