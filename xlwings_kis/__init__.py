"""Korea Investment & Securities' program trading by investor, as a first-class citizen of Excel.

`program_trade("KRX", "KOSPI")` is the door for scripts and notebooks; importing the package does nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlwings_kis.snapshot import Snapshot

__version__ = "0.1.0"


def program_trade(exchange: str, market: str) -> Snapshot:
    """Today's program trading by investor.

    `exchange` and `market` are the words of the formula ("KRX", "통합", "KOSPI", "4", …). Returns the frozen `Snapshot`
    (quantities in thousand shares, amounts in million won), fetched from KIS or shared by a process that just did; its
    `stale` tells old data of today served because KIS fails. Raises `KisError` and its kinds (see `xlwings_kis.errors`),
    each with a Korean sentence and a `hint`.
    """
    from xlwings_kis import runtime, words

    return runtime.feed().snapshot(words.pair(exchange, market))
