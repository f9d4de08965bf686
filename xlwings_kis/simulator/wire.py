"""KIS's own words, spelled a second time.

The simulator imports nothing of the client on purpose: were a wire name mistyped there, it must not find
the same typo here. Source of every name: the document of the endpoint (국내주식-116), unless said otherwise.
"""

from __future__ import annotations

TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105 - a path of the gateway
TRADE_PATH = "/uapi/domestic-stock/v1/quotations/investor-program-trade-today"
TR_ID = "HHPPG046600C1"

EXCHANGE_PARAMETER = "EXCH_DIV_CLS_CODE"
MARKET_PARAMETER = "MRKT_DIV_CLS_CODE"
KRX, NXT, UNIFIED = "J", "NX", "UN"
EXCHANGES = (KRX, NXT, UNIFIED)
KOSPI, KOSDAQ = "1", "4"
MARKETS = (KOSPI, KOSDAQ)

CODE = "invr_cls_code"
NAME = "invr_cls_name"

# Those of the figures below that tables with awkward contents spell in their own way.
ALL_SOLD, ALL_BOUGHT, ALL_NET = "all_seln_amt", "all_shnu_amt", "all_ntby_amt"
ALL_SOLD_SHARES, ALL_NET_SHARES = "all_seln_qty", "all_ntby_qty"
ARBITRAGE_SOLD, ARBITRAGE_BOUGHT, ARBITRAGE_NET = "arbt_seln_amt", "arbt_shnu_amt", "arbt_ntby_amt"
ARBITRAGE_SOLD_SHARES = "arbt_seln_qty"
OTHER_NET = "nabt_ntby_amt"

# The 20 fields of a row, in the document's own (odd) order, which the gateway keeps. (M)
FIELDS = (
    CODE,
    ALL_SOLD_SHARES,
    ALL_SOLD,
    NAME,
    "all_shnu_qty",
    ALL_BOUGHT,
    ALL_NET,
    ARBITRAGE_SOLD_SHARES,
    ALL_NET_SHARES,
    "arbt_shnu_qty",
    "arbt_ntby_qty",
    ARBITRAGE_SOLD,
    ARBITRAGE_BOUGHT,
    ARBITRAGE_NET,
    "nabt_seln_qty",
    "nabt_shnu_qty",
    "nabt_ntby_qty",
    "nabt_seln_amt",
    "nabt_shnu_amt",
    OTHER_NET,
)
FIGURES = tuple(name for name in FIELDS if name not in (CODE, NAME))

INDIVIDUALS = "8000"
FOREIGNERS = "9100"
INSTITUTIONS = "8888"
CORPORATIONS = "7100"
STATE_AND_LOCAL = "7000"
PENSIONS = "6000"
# 8888 is the sum of these (observation, H); 7000 would be among them, where it appears.
INSTITUTION_PARTS = ("1000", "2000", "3000", "3100", "4000", "5000", "6000")

# Names are padded inside (observation, H): comparing by name is a client's mistake we want to catch.
NAMES = {
    "1000": "금융투자",
    "2000": "보 험",
    "3000": "투 신",
    "3100": "사 모",
    "4000": "은 행",
    "5000": "기타금융",
    "6000": "연 기 금",
    "7000": "국가·지자체",
    "7100": "기 타",
    "8000": "개 인",
    "8888": "기 관",
    "9100": "외 국 인",
}

# Not the order of the codes: row order is promised nowhere (observation, H).
ROW_ORDER = ("9100", "8000", "8888", "1000", "3000", "3100", "4000", "2000", "6000", "5000", "7100")
