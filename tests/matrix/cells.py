"""One cell of the matrix, brought about and looked at; and the page in docs/ that shows them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from samples import KRX_KOSPI

from matrix.place import EARLIER, NOW, YESTERDAY, Place
from matrix.surfaces import SURFACES, Shown, Surface
from matrix.troubles import CHAPTERS, Trouble
from xlwings_kis import desk, runtime, settings
from xlwings_kis.store.base import StoreTrouble

PATIENCE = (1.0, 4.0, 15.0)
"""What a fetch may take under a trouble that never answers; a busy machine is given more."""


class Seen(NamedTuple):
    """What came of it: what the user reads and whose figures stand there, requests sent, how long it took, what is left."""

    text: str
    figure: str
    calls: int
    tokens: int
    took: str
    status: int | None
    kept: str
    written: bytes
    """Everything the PC has written meanwhile, but for its token."""

    secrets: tuple[str, ...]

    def row(self) -> str:
        """What the page shows of it, after its name."""
        status = "" if self.status is None else f" · {self.status}"
        text = self.text.replace("|", "\\|").replace("\n", " ")
        return f"{text} | {self.figure} | {self.calls}·{self.tokens} | {self.took}{status} | {self.kept} |"


def look(trouble: Trouble, surface: Surface, patience: float = PATIENCE[0], *, first: bool) -> Seen:
    """One look under a trouble: the `first` of the day, or with figures of today at hand."""
    with ExitStack() as stack:
        place = Place(stack, patience)
        trouble.ground(place)
        visits = YESTERDAY if first else (*YESTERDAY, EARLIER)
        for moment in visits[:-1]:
            place.clock.go_to(moment)
            problem = runtime.feed().reading(KRX_KOSPI).problem
            assert problem is None, f"all is well: {problem}"
            runtime.close()
        place.clock.go_to(visits[-1])
        shown = surface.look(place)
        assert shown.figure == place.truth(visits[-1]), f"all is well: {shown}"
        if first or not surface.in_excel:  # Excel stays open all day, and is another process on the next
            runtime.close()
        stored = {place.truth(moment) for moment in visits}
        place.clock.go_to(NOW)
        place.kis.reset_calls()
        before = place.files()
        if trouble.hangs:
            place.be_short()
        with trouble.happens(place):
            begun = time.monotonic()
            shown = surface.look(place)
            seconds = time.monotonic() - begun
            _settle(place)
            calls, tokens = place.kis.count("program-trade"), place.kis.count("token")
            runtime.close()
        _whole(before, place.files(), shown)
        return Seen(
            place.public(shown.text), place.whose(shown.figure), calls, tokens, _class(place, trouble, surface, seconds),
            shown.status, _kept(place, stored), _written(place),
            (place.kis.app_key, place.kis.app_secret, *place.kis.issued_tokens),
        )  # fmt: skip


def page(row: Callable[[Trouble, Surface, bool], str]) -> str:
    """The whole page, with a row for every cell."""
    lines = [*_HEAD]
    for chapter in CHAPTERS:
        lines += ["", f"## {chapter.title}"]
        for trouble in chapter.troubles:
            lines += ["", heading(trouble), "", *_COLUMNS]
            lines += [
                f"| {label(surface, first)} | {row(trouble, surface, first)}"
                for surface in SURFACES
                for first in (True, False)
            ]
    return "\n".join(lines) + "\n"


def label(surface: Surface, first: bool) -> str:
    """How a row begins."""
    return f"{surface.what} · {'처음' if first else '자료 있음'}"


def heading(trouble: Trouble) -> str:
    """What a trouble's rows stand under."""
    return f"### `{trouble.name}` {trouble.what}"


def rows_of(text: str) -> dict[tuple[str, str, bool], str]:
    """The rows of a page by trouble, surface, and whether it was the first look of the day."""
    found, name = {}, ""
    labels = {label(surface, first): (surface.name, first) for surface in SURFACES for first in (True, False)}
    for each in text.splitlines():
        what, _, rest = each.removeprefix("| ").partition(" | ")
        if each.startswith("### `"):
            name = each.split("`")[1]
        elif name and what in labels:
            found[(name, *labels[what])] = rest
    return found


def _settle(place: Place) -> None:
    """A fetch that outlives its formula may still send something."""
    end = time.monotonic() + 20
    while not runtime.feed().landed([KRX_KOSPI]) and time.monotonic() < end:
        time.sleep(0.01)


def _class(place: Place, trouble: Trouble, surface: Surface, seconds: float) -> str:
    """Only what never answers is waited for: a formula till the deadline, a command as long as a fetch may take."""
    if not trouble.hangs:
        return "바로"
    limit = place.deadline * 0.9 if surface.in_excel else place.patience * 0.18  # a connection is the shortest wait
    return ("기한까지" if surface.in_excel else "예산까지") if seconds >= limit else "바로"


def _whole(before: dict[str, bytes], after: dict[str, bytes], shown: Shown) -> None:
    """Nothing is half written, and what a command could not replace stays as it was."""
    assert not [name for name in after if name.endswith(".tmp")], after.keys()
    if shown.figure is None:
        assert {name: data for name, data in after.items() if name != "KRX_KOSPI.csv"} == {
            name: data for name, data in before.items() if name != "KRX_KOSPI.csv"
        }


def _kept(place: Place, stored: set[int]) -> str:
    """Whether everything stored before is still there."""
    try:
        found = place.stored(YESTERDAY[0][:10]) | place.stored(NOW[:10])
    except StoreTrouble:  # nobody has noticed yet: the next process sets it aside
        desk.mend(settings.load(), place.clock)
        found = set()
    if stored <= found:
        return "그대로"
    aside = [path for path in place.home.glob("store.sqlite3.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
    return "따로 둠" if aside else "잃음"


def _written(place: Place) -> bytes:
    """What the state folder and the folder of a command hold."""
    paths = [path for path in Path(place.root).rglob("*") if path.is_file() and not path.name.startswith("token-")]
    return b"\n".join(path.read_bytes() for path in sorted(paths))


_COLUMNS = ("| | 사용자가 보는 것 | 숫자 | 조회·토큰 | 끝 | 지난 자료 |", "|---|---|---|---|---|---|")

_HEAD = (
    "# 장애 표 · Fault matrix",
    "",
    "무엇이 잘못되면 사용자가 무엇을 보고, 그때 KIS에 무엇을 보내는지입니다. 칸마다 테스트가 있고",
    "(`tests/test_fault_matrix.py`), 이 쪽은 그것과 같은 것을 실행해 만듭니다(`python docs/generate.py --matrix`).",
    "앞의 다섯 장은 `xlwings-kis simulate --fault 이름`으로 해 볼 수 있습니다.",
    "",
    '- **수식** `=KIS_PROGRAM_TRADE("KRX","코스피")`의 왼쪽 위 칸.',
    "- **새로고침** 상태 표시줄의 문장과 시트의 첫 줄.",
    "- **report, record, table** 명령이 알리는 줄(` / `로 나눔)과 저장한 파일에 적힌 것.",
    "- **처음** 전날 쓰고, 금요일 11:21:02에 오늘 처음 조회합니다. 토큰도 새로 받아야 합니다.",
    "- **자료 있음** 11:20:31에 조회한 값과 쓸 수 있는 토큰이 있습니다.",
    "- **숫자** 칸이나 파일에 있는 숫자가 어느 때의 것인지. **조회·토큰** KIS에 보낸 요청 수(다시 시도한 것 포함).",
    "- **끝** `바로`, `기한까지`(Excel이 기다리는 3초), `예산까지`(조회 15초, 토큰 6초, 연결 3초). 명령은 종료 상태도.",
    "- **지난 자료** 저장되어 있던 값이 `그대로`인지. `따로 둠`은 깨진 파일을 지우지 않고 이름을 바꾸어 둔 것입니다.",
)
