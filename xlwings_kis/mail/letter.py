"""What a mail about a report says, in named pieces: values, not yet HTML or text. Pure.

The pieces are the fields of a template; the words are those of WORDING "Mail".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xlwings_kis import checks, press
from xlwings_kis.mail.grid import Grid, grid
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.press import Balance
from xlwings_kis.report.content import Report
from xlwings_kis.snapshot import Snapshot, Standing


@dataclass(frozen=True)
class Letter:
    """A report told in a mail. Every property is a piece that a template may name."""

    report: Report

    @property
    def lang(self) -> str:
        """The report's language."""
        return self.report.lang

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Marks of the subject, in words of one glance: 지연, 일부, 휴장 …; none where the figures are simply today's."""
        report, words = self.report, []
        for there, ko, en in (
            (report.holiday, "휴장", "holiday"),
            (report.late, "지연", "delayed"),
            (report.unconfirmed and not report.demo, "확인 중", "checking"),
            (report.partial, "일부", "partial"),
        ):
            if there:
                words.append(self._word(ko, en))
        return tuple(words)

    @property
    def tag(self) -> str:
        """`[프로그램]`, `[프로그램·지연]`, `[예시]`."""
        kind = self._word("예시", "demo") if self.report.demo else self._word("프로그램", "Program")
        return f"[{'·'.join((kind, *self.warnings))}]"

    @property
    def day(self) -> str:
        """`11/20`, the day the figures belong to."""
        return f"{self.report.day:%m/%d}"

    @property
    def date(self) -> str:
        """`2026-11-20(금)`."""
        return self.report.date_text

    @property
    def moment(self) -> str:
        """`마감`, `장 종료`; empty while the figures still move: then the time says it."""
        if self.report.closing:
            return self._word("마감", "close")
        return self._word("장 종료", "final") if self.report.over else ""

    @property
    def session(self) -> str:
        """`KRX 정규장 마감`."""
        return self.report.session

    @property
    def time(self) -> str:
        """`15:45`, when the figures were fetched; with the day where that is another one than theirs."""
        asof = self.report.asof
        return f"{asof:%H:%M}" if asof.date() == self.report.day else f"{asof:%m/%d %H:%M}"

    @property
    def asof(self) -> str:
        """`2026-11-20 15:45:12`."""
        return f"{self.report.asof:%Y-%m-%d %H:%M:%S}"

    @cached_property
    def leading(self) -> dict[Market, Pair]:
        """The pairs of the exchange the report is named by: those told in sentences."""
        return {pair.market: pair for pair in self.report.pairs if pair.exchange is self.report.lead}

    @property
    def totals(self) -> str:
        """`코스피 -1,012억 코스닥 +87억`."""
        told = [f"{market.label(self.lang)} {self.total(market)}" for market in self.leading]
        exchange = self._exchange()
        return " ".join((*((exchange,) if exchange else ()), *told))

    def total(self, market: Market) -> str:
        """`-1,012억`, `-101.2 bn won`; words where there is no figure, empty where the report is not about that market."""
        pair = self.leading.get(market)
        if pair is None:
            return ""
        snapshot = self.report.snapshots.get(pair)
        whole = press.nets(snapshot).total if snapshot else None
        if whole is None:
            return self._word("자료 없음", "no data")
        return press.short(whole, self.lang)

    @property
    def sentences(self) -> tuple[Balance, ...]:
        """One for each market of the leading exchange."""
        told = []
        for market, pair in self.leading.items():
            snapshot = self.report.snapshots.get(pair)
            if snapshot:
                name = " ".join(filter(None, (self._exchange(), market.label(self.lang))))
                told.append(press.balance(snapshot, self.lang, name))
        return tuple(told)

    @property
    def grids(self) -> tuple[Grid, ...]:
        """A table for each pair that has figures."""
        return tuple(
            grid(self.report.readings[pair], known, self.lang) for pair, known in self.report.snapshots.items()
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know before the figures: simulated, of another day, old, missing, not adding up."""
        report, told = self.report, []
        if report.demo:
            told.append(self._word("예시 자료입니다. 실제 시세가 아닙니다.", "Simulated data, not real figures."))
        if report.holiday:
            told.append(
                self._word(
                    f"휴장(추정): {self.day}의 값입니다. 오늘 값이 아닙니다.",
                    f"Holiday (presumed): these are the figures of {self.day}, not of today.",
                )
            )
        for pair, snapshot in report.snapshots.items():
            told += self._remarks_on(pair, snapshot)
        for pair, problem in report.missing.items():
            cause = problem.cause(self.lang)
            told.append(
                self._word(
                    f"{pair.label()} 자료가 없습니다({cause}).",
                    f"There are no figures of {pair.label('en')} ({cause}).",
                )
            )
        return tuple(told)

    @property
    def fetched(self) -> str:
        """`조회 2026-11-20 15:45:12 (KRX 정규장 마감). 이후 시간외·애프터마켓 거래로 바뀔 수 있습니다.`"""
        session = f" ({self.session})" if self.session else ""
        told = f"{self._word('조회', 'Fetched')} {self.asof}{session}."
        if self.report.closing:
            return f"{told} " + self._word(
                "이후 시간외·애프터마켓 거래로 바뀔 수 있습니다.",
                "After-hours and after-market trades may still change it.",
            )
        if self.report.over or self.report.holiday:
            return told
        return f"{told} " + self._word("이후 거래로 바뀔 수 있습니다.", "Later trades may still change it.")

    @property
    def source(self) -> str:
        """Whence the figures are and what may be done with them."""
        return self._word(
            "출처: 한국투자증권 Open API [국내주식-116]. 내부 참고용이며 외부 제공·재배포를 금합니다. 투자 권유가 아닙니다.",
            "Source: Korea Investment & Securities Open API [국내주식-116]. For internal reference only, not to be "
            "redistributed. Not investment advice.",
        )

    def _remarks_on(self, pair: Pair, snapshot: Snapshot) -> list[str]:
        told, name = [], pair.label(self.lang)
        if snapshot.stale:
            problem = self.report.readings[pair].problem
            why = f" ({problem.cause(self.lang)})" if problem else ""
            told.append(
                self._word(
                    f"지연: {name} 표는 {snapshot.asof:%H:%M:%S}에 조회한 자료입니다{why.strip()}.",
                    f"Delayed: the figures of {name} were fetched at {snapshot.asof:%H:%M:%S}{why}.",
                )
            )
        if snapshot.standing is Standing.UNCONFIRMED and not snapshot.demo:
            told.append(
                self._word(
                    f"확인 중: {name} 값이 전일 값이 아닌지 아직 비교하지 못했습니다.",
                    f"Checking: it could not yet be compared whether {name} shows the last day's figures.",
                )
            )
        if snapshot.failed_checks:
            told.append(f"{name}: {checks.summary(snapshot.checks, self.lang)}")
        return told

    def _exchange(self) -> str:
        """Named only where it is not the one everybody means."""
        lead = self.report.lead
        return "" if lead is Exchange.KRX else lead.label(self.lang)

    def _word(self, ko: str, en: str) -> str:
        return ko if self.lang == "ko" else en
