"""Values tests speak of by name."""

from __future__ import annotations

from xlwings_kis.markets import Exchange, Market, Pair

KRX_KOSPI = Pair(Exchange.KRX, Market.KOSPI)
KRX_KOSDAQ = Pair(Exchange.KRX, Market.KOSDAQ)
NXT_KOSPI = Pair(Exchange.NXT, Market.KOSPI)
UN_KOSPI = Pair(Exchange.UN, Market.KOSPI)
