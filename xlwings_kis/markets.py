"""The exchanges and markets the endpoint knows: codes (document), labels and accepted words (WORDING)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class _Facts:
    wire: str
    ko: str
    en: str
    words: tuple[str, ...]


class Exchange(Enum):
    """EXCH_DIV_CLS_CODE of the request (document)."""

    KRX = _Facts("J", "KRX", "KRX", ("한국거래소", "KRX", "J"))
    NXT = _Facts("NX", "NXT", "NXT", ("넥스트레이드", "NXT", "NX"))
    UN = _Facts("UN", "통합", "KRX+NXT", ("통합", "전체", "UN", "ALL", "KRX+NXT"))

    def label(self, lang: str = "ko") -> str:
        """The name people read."""
        return self.value.ko if lang == "ko" else self.value.en


class Market(Enum):
    """MRKT_DIV_CLS_CODE of the request (document)."""

    KOSPI = _Facts("1", "코스피", "KOSPI", ("코스피", "유가증권", "KOSPI", "KS", "1"))
    KOSDAQ = _Facts("4", "코스닥", "KOSDAQ", ("코스닥", "KOSDAQ", "KQ", "4"))

    def label(self, lang: str = "ko") -> str:
        """The name people read."""
        return self.value.ko if lang == "ko" else self.value.en


class Pair(NamedTuple):
    """One table of the endpoint."""

    exchange: Exchange
    market: Market

    @property
    def key(self) -> str:
        """`KRX_KOSPI`: for file names, sheet names and the store."""
        return f"{self.exchange.name}_{self.market.name}"

    def label(self, lang: str = "ko") -> str:
        """`KRX 코스피`."""
        return f"{self.exchange.label(lang)} {self.market.label(lang)}"

    @classmethod
    def from_key(cls, key: str) -> Pair:
        """The pair a `key` names; `KeyError` for anything else."""
        exchange, _, market = key.partition("_")
        return cls(Exchange[exchange], Market[market])


ALL_PAIRS = tuple(Pair(exchange, market) for exchange in Exchange for market in Market)
