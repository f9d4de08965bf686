"""Words of the report, Korean and English."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("프로그램매매 투자자별 동향", "Program trading by investor"),
    "file": ("프로그램매매_{moment}.xlsx", "program_trade_{moment}.xlsx"),
    "file_open": (
        "파일이 열려 있어 '{file}'로 저장했습니다.",
        "The file is open, so the report is saved as '{file}'.",
    ),
    "not_ours": (
        "암호화되었거나 이 프로그램이 만든 그대로가 아닌 파일이 있어 '{file}'로 저장했습니다.",
        "The file there is encrypted or not as this program left it, so the report is saved as '{file}'.",
    ),
    "file_there": (
        "같은 이름의 파일이 있어 '{file}'로 저장했습니다.",
        "There is a file of that name, so '{file}' was written.",
    ),
    "summary": ("요약", "Summary"),
    "course": ("시간대별", "By time"),
    "sources": ("자료", "Sources"),
    "fetched": ("조회", "Fetched"),
    "unit": ("(단위: 억원, 순매수)", "(KRW 100 million, net buying)"),
    "against": ("{moment} 대비", "vs {moment}"),
    "minutes": ("{minutes}분", "{minutes} min"),
    "last_close": ("전일 마감", "last close"),
    "total_of": ("{market} 전체", "{market}, all"),
    "late": ("지연: {pair} (조회 {asof})", "Delayed: {pair} (fetched {asof})"),
    "missing": ("{pair} 없음: {why}", "No {pair}: {why}"),
    "demo": ("예시(모의 자료)입니다. 실제 시세가 아닙니다.", "Simulated data, not real figures."),
    "holiday": ("휴장(추정): {day}의 값입니다. 오늘 값이 아닙니다.", "Holiday (presumed): figures of {day}, not of today."),
    "unconfirmed": (
        "확인 중: 전일 값이 아닌지 아직 비교하지 못했습니다.",
        "Checking: these may still be the last day's figures.",
    ),
    "after_close": (
        "정규장 마감 직후 조회값이며 시간외·애프터마켓 거래로 바뀔 수 있습니다.",
        "Fetched after the regular session; after-hours trading may still change the figures.",
    ),
    "during": ("장중 조회값이며 이후 거래로 바뀝니다.", "Fetched while the market was open; the figures still change."),
    "rounding": ("억원으로 각각 반올림하여 합계가 1 다를 수 있습니다.", "Each figure is rounded on its own: sums may differ by 1."),
    "check": ("{pair} {what}", "{pair}: {what}"),
    "checked": ("확인: {what}", "Check: {what}"),
    "source": ("출처: 한국투자증권 Open API [국내주식-116]", "Source: Korea Investment & Securities Open API [국내주식-116]"),
    "use": ("내부 참고용이며 외부 제공·재배포를 금합니다.", "For internal use only; not to be passed on or redistributed."),
    "advice": ("투자 권유가 아닙니다.", "No investment advice."),
    "footer": (
        "조회 {asof} · 한국투자증권 Open API · 내부 참고용, 외부 제공·재배포 금지 · {pages}",
        "Fetched {asof} · KIS Open API · internal use only, no redistribution · {pages}",
    ),
    "by_investor": ("{what} 투자자별 순매수(억원)", "{what}: net buying (KRW 100 million)"),
    "by_investor_million": ("투자자별 순매수(백만원)", "Net buying by investor (million won)"),
    "by_band": ("차익·비차익 순매수(억원)", "By band: net buying (KRW 100 million)"),
    "foreigners_course": ("외국인 비차익 순매수 추이(억원)", "Foreigners, non-arb. (KRW 100 million)"),
    "foreigners_band": ("외국인 비차익", "Foreigners, non-arb."),
    "time": ("시각", "Time"),
    "course_title": ("시간대별 순매수", "Net buying by time"),
    "gaps": ("빈 칸은 그 시각에 조회한 값이 없는 것입니다.", "A blank means that nobody was looking then."),
    "asof": ("조회시각", "Fetched"),
    "changed": ("값이 처음 보인 시각", "First seen"),
    "belongs_to": ("값이 속한 날", "Figures of"),
    "standing": ("상태", "Standing"),
    "fine": ("정상", "fine"),
    "request": ("요청", "Request"),
    "parameters": ("조건", "Parameters"),
    "rows": ("행 수", "Rows"),
    "sha256": ("받은 본문 SHA-256", "SHA-256 of the body"),
    "checks": ("검산", "Checks"),
    "checks_made": ("{made}건 중 {failed}건 확인 필요", "{failed} of {made} need a look"),
    "checks_fine": ("{made}건 이상 없음", "all {made} passed"),
    "compared": ("비교한 자료", "Compared with"),
    "not_stored": ("저장된 자료 없음", "nothing stored"),
    "difference": ("거래소 대조: {market} 전체 순매수(백만원)", "Exchanges side by side: {market}, all, net (million won)"),
    "difference_head": ("차이", "Difference"),
    "difference_note": (
        "차이는 통합 − KRX − NXT입니다. 조회시각이 다르거나 각각 반올림되어 생길 수 있으며, 보이기만 하고 고치지 않습니다.",
        "The difference is KRX+NXT less KRX less NXT. Fetch times and rounding may explain it; it is shown, never corrected.",
    ),
    "about": ("값의 뜻", "What the figures mean"),
    "units": ("단위", "Units"),
    "units_text": (
        "대금 백만원, 수량 천주. KIS 문서에는 없고 실제 값(대금÷수량이 주가와 맞음)에서 확인한 단위입니다.",
        "Value in million won, volume in thousand shares: not documented by KIS, known from real figures "
        "(value over volume is a share price).",
    ),
    "eok_text": ("억원은 백만원 값을 하나씩 반올림한 것입니다.", "KRW 100 million: each figure in million won rounded on its own."),
    "total": ("합계", "Total"),
    "total_text": (
        "개인+외국인+기관계+기타법인을 더해 계산한 값이며 KIS가 보낸 행이 아닙니다. 기관계는 금융투자부터 연기금등까지를 이미 포함합니다.",
        "Computed: individuals + foreigners + institutions + other corporations; not a row of KIS. "
        "Institutions already contain their parts.",
    ),
    "asof_text": (
        "KIS의 답에는 날짜와 시각이 없습니다. 조회시각은 이 프로그램이 답을 받은 한국 시각입니다.",
        "KIS's answer carries no date or time: the time is when this program received it, in Seoul.",
    ),
    "checks_text": (
        "매수−매도=순매수(±1), 차익+비차익=전체(±2), 기관 세부의 합=기관계(±세부의 수). 다르면 표시만 하고 고치지 않습니다.",
        "buy − sell = net (±1), arbitrage + non-arbitrage = all (±2), parts = institutions (± their number). "
        "Differences are marked, never corrected.",
    ),
    "program": ("프로그램", "Program"),
    "notice": ("이용 안내", "Use of the data"),
}  # fmt: skip


def text(key: str, lang: str, **facts: str) -> str:
    """A text in a language, filled with facts."""
    return TEXTS[key][0 if lang == "ko" else 1].format(**facts)
