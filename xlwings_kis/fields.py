"""The 20 fields of the answer, said once. Parser, formula, sheet, report and documentation read this table.

Names and lengths: KIS's document. Units: observed (high), documented nowhere: a real row gives a plausible price a
share only as million won over thousand shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a value is read and shown: (unit ko, unit en, number format)."""

    TEXT = ("", "", "@")
    QUANTITY = ("천주", "thousand shares", "#,##0")
    AMOUNT = ("백만원", "million won", "#,##0")

    def unit(self, lang: str = "ko") -> str:
        """The unit of a figure of this kind; empty for text."""
        return str(self.value[0] if lang == "ko" else self.value[1])


class Band(Enum):
    """전체, 차익, 비차익: (ko, en, accepted words)."""

    ALL = ("전체", "All", ("전체", "합산", "all"))
    ARBITRAGE = ("차익", "Arbitrage", ("차익", "차익거래", "arbitrage"))
    NON_ARBITRAGE = ("비차익", "Non-arbitrage", ("비차익", "비차익거래", "nonarbitrage"))


class Side(Enum):
    """매도, 매수, 순매수: (ko, en, accepted words)."""

    SELL = ("매도", "Sell", ("매도", "sell"))
    BUY = ("매수", "Buy", ("매수", "buy"))
    NET = ("순매수", "Net buy", ("순매수", "순매매", "net", "netbuy"))


class Measure(Enum):
    """수량, 대금: (ko, en, accepted words, kind)."""

    QUANTITY = ("수량", "volume", ("수량", "volume"), Kind.QUANTITY)
    AMOUNT = ("대금", "value", ("대금", "금액", "value", "amount"), Kind.AMOUNT)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of `output1`. Figures have a band, a side and a measure; the two texts have none."""

    wire: str
    ko: str
    en: str
    kind: Kind
    length: int
    band: Band | None = None
    side: Side | None = None
    measure: Measure | None = None

    def label(self, lang: str = "ko") -> str:
        """The document's Korean name, or its English counterpart."""
        return self.ko if lang == "ko" else self.en

    @property
    def number_format(self) -> str:
        """Excel's number format: net figures always carry their sign, and red and blue by Korean custom."""
        if self.side is Side.NET:
            return "[Red]+#,##0;[Blue]-#,##0;0"
        return str(self.kind.value[2])


def _figure(wire: str, length: int, band: Band, side: Side, measure: Measure) -> Field:
    ko = band.value[0] + side.value[0] + measure.value[0]
    en = f"{band.value[1]} {side.value[1].lower()} {measure.value[1]}"
    return Field(wire, ko, en, measure.value[3], length, band, side, measure)


CODE = Field("invr_cls_code", "투자자코드", "Investor code", Kind.TEXT, 4)
NAME = Field("invr_cls_name", "투자자", "Investor", Kind.TEXT, 20)

FIGURES = (
    _figure("all_seln_qty", 18, Band.ALL, Side.SELL, Measure.QUANTITY),
    _figure("all_shnu_qty", 18, Band.ALL, Side.BUY, Measure.QUANTITY),
    _figure("all_ntby_qty", 12, Band.ALL, Side.NET, Measure.QUANTITY),
    _figure("all_seln_amt", 18, Band.ALL, Side.SELL, Measure.AMOUNT),
    _figure("all_shnu_amt", 18, Band.ALL, Side.BUY, Measure.AMOUNT),
    _figure("all_ntby_amt", 12, Band.ALL, Side.NET, Measure.AMOUNT),
    _figure("arbt_seln_qty", 18, Band.ARBITRAGE, Side.SELL, Measure.QUANTITY),
    _figure("arbt_shnu_qty", 18, Band.ARBITRAGE, Side.BUY, Measure.QUANTITY),
    _figure("arbt_ntby_qty", 12, Band.ARBITRAGE, Side.NET, Measure.QUANTITY),
    _figure("arbt_seln_amt", 18, Band.ARBITRAGE, Side.SELL, Measure.AMOUNT),
    _figure("arbt_shnu_amt", 18, Band.ARBITRAGE, Side.BUY, Measure.AMOUNT),
    _figure("arbt_ntby_amt", 12, Band.ARBITRAGE, Side.NET, Measure.AMOUNT),
    _figure("nabt_seln_qty", 18, Band.NON_ARBITRAGE, Side.SELL, Measure.QUANTITY),
    _figure("nabt_shnu_qty", 18, Band.NON_ARBITRAGE, Side.BUY, Measure.QUANTITY),
    _figure("nabt_ntby_qty", 12, Band.NON_ARBITRAGE, Side.NET, Measure.QUANTITY),
    _figure("nabt_seln_amt", 18, Band.NON_ARBITRAGE, Side.SELL, Measure.AMOUNT),
    _figure("nabt_shnu_amt", 18, Band.NON_ARBITRAGE, Side.BUY, Measure.AMOUNT),
    _figure("nabt_ntby_amt", 12, Band.NON_ARBITRAGE, Side.NET, Measure.AMOUNT),
)

COLUMNS = (NAME, *FIGURES, CODE)
"""The columns of a table, in the order of the formula: 투자자 first, 투자자코드 last."""

INDEX = {field.wire: place for place, field in enumerate(FIGURES)}
"""Where a figure stands in a row's `figures`."""

BY_CHOICE = {(field.band, field.side, field.measure): field for field in FIGURES}


def figure(band: Band, side: Side = Side.NET, measure: Measure = Measure.AMOUNT) -> Field:
    """The figure of a band, by default its net buying in million won."""
    return BY_CHOICE[(band, side, measure)]
