"""Everything that can go wrong between a user and the figures: what it is called, what it means, how to bring it about."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

import filelock
from certificates import make_authority, server_context
from loopback import Handler, answering, in_front_of, proxy_for, tunnel

from matrix.place import Place
from xlwings_kis.simulator import Fault

Happens = Callable[[Place], AbstractContextManager[object]]


@dataclass(frozen=True)
class Trouble:
    """`ground` is laid before all is well, `happens` brings the trouble about. `hangs`: nobody may wait long for it."""

    name: str
    what: str
    happens: Happens
    hangs: bool = False
    ground: Callable[[Place], object] = lambda place: None
    of_kis: bool = False
    """Whether `xlwings-kis simulate --fault` knows it."""


@dataclass(frozen=True)
class Chapter:
    """Troubles of a kind."""

    title: str
    troubles: tuple[Trouble, ...]


def _fault(fault: Fault) -> Trouble:
    """One of the simulator's."""

    @contextlib.contextmanager
    def happens(place: Place) -> Iterator[None]:
        if fault.concerns == "token":
            place.kis.expire_tokens()  # so that one is asked for
        place.kis.fault = fault
        yield
        place.kis.fault = None

    hangs = fault in (Fault.HANG, Fault.HANG_IN_BODY, Fault.SLOW_DRIP, Fault.TOKEN_HANG)
    return Trouble(fault.value, fault.description, happens, hangs, of_kis=True)


def _faults(first: Fault, last: Fault) -> tuple[Trouble, ...]:
    members = list(Fault)
    return tuple(_fault(fault) for fault in members[members.index(first) : members.index(last) + 1])


# --- the way to KIS ---


@contextlib.contextmanager
def _refused(place: Place) -> Iterator[None]:
    place.kis.stop()
    yield


@contextlib.contextmanager
def _silent(place: Place) -> Iterator[None]:
    """A firewall that drops what it does not like: the queue is full, and the system stops answering."""
    port = place.kis.port
    place.kis.stop()
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield


@contextlib.contextmanager
def _unknown_name(place: Place) -> Iterator[None]:
    def unknown(*_rest: object, **_more: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    place.kis.stop()  # connections that stand need no name
    with patch.object(socket, "getaddrinfo", unknown):
        yield


def _behind_tls(place: Place) -> None:
    authority = make_authority(place.root)
    front = place.serve(in_front_of(place.kis.port), server_context(authority))
    place.memory["front"] = front
    os.environ |= {"SSL_CERT_FILE": str(authority / "ca.pem"), "KIS_BASE_URL": front.url}


def _certificate(name: str, folder: str = "") -> Happens:
    """From now on another certificate comes: of an authority of its own if it has a folder of its own."""

    @contextlib.contextmanager
    def happens(place: Place) -> Iterator[None]:
        authority = place.root / folder
        if folder:
            authority.mkdir()
            make_authority(authority)
        front = place.memory["front"]
        front.close()
        place.serve(in_front_of(place.kis.port), server_context(authority, name), front.port)
        yield

    return happens


def _behind_proxy(place: Place) -> None:
    _behind_tls(place)
    proxy = place.serve(tunnel)
    place.memory["proxy"] = proxy
    os.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{proxy.port}"


def _proxy(handle: Handler | None) -> Happens:
    """From now on the proxy does this; None: it is gone."""

    @contextlib.contextmanager
    def happens(place: Place) -> Iterator[None]:
        proxy = place.memory["proxy"]
        proxy.close()
        if handle:
            place.serve(handle, port=proxy.port)
        yield

    return happens


_BLOCKED = answering(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")


# --- this PC ---


def _clock(**jump: float) -> Happens:
    """This PC's clock jumps, KIS's does not."""

    @contextlib.contextmanager
    def happens(place: Place) -> Iterator[None]:
        place.ahead = timedelta(**jump)
        place.clock.now += place.ahead
        yield
        place.clock.now -= place.ahead
        place.ahead = timedelta(0)

    return happens


@contextlib.contextmanager
def _gone(place: Place) -> Iterator[None]:
    """A file stands where the folder was: as far as anybody can tell, the drive is another one."""
    away = place.home.with_name("elsewhere")
    place.home.rename(away)
    place.home.write_bytes(b"")
    yield
    place.home.unlink()
    away.rename(place.home)


@contextlib.contextmanager
def _store_locked(place: Place) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(place.home / "store.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.rollback()


@contextlib.contextmanager
def _token_locked(place: Place) -> Iterator[None]:
    (lock,) = place.home.glob("token-*.lock")
    with filelock.FileLock(lock):
        yield


def _damaged(pattern: str, data: bytes) -> Happens:
    """A file of the state folder holds something else."""

    @contextlib.contextmanager
    def happens(place: Place) -> Iterator[None]:
        (path,) = place.home.glob(pattern)
        with path.open("r+b") as file:
            file.write(data.ljust(path.stat().st_size, b"\0"))
        now = place.clock.epoch()
        os.utime(path, (now, now))
        yield

    return happens


@contextlib.contextmanager
def _config(place: Place) -> Iterator[None]:
    path = place.home / "config.toml"
    path.write_text("ttl = 30\nttl = 40\n", encoding="utf-8")
    yield
    path.unlink()


CHAPTERS = (
    Chapter("토큰 발급", _faults(Fault.TOKEN_TOO_SOON, Fault.TOKEN_PAPER_KEY)),
    Chapter("KIS의 거절", _faults(Fault.TOKEN_INVALID, Fault.UNKNOWN_CODE)),
    Chapter("답이 아닌 답", _faults(Fault.HTML_200, Fault.GZIP_BOMB)),
    Chapter("끊기고 멈추는 연결", _faults(Fault.TRUNCATED, Fault.SLOW_DRIP)),
    Chapter("별난 자료", _faults(Fault.NO_ROWS, Fault.FROZEN)),
    Chapter("KIS까지 가는 길", (
        Trouble("port-refused", "KIS의 포트가 닫힘", _refused),
        Trouble("port-silent", "방화벽이 소리 없이 막음", _silent, hangs=True),
        Trouble("unknown-name", "KIS의 이름을 풀 수 없음(DNS)", _unknown_name),
        Trouble("foreign-certificate", "모르는 기관이 서명한 인증서가 옴", _certificate("good", "other"), ground=_behind_tls),
        Trouble("other-host", "다른 서버의 인증서가 옴", _certificate("elsewhere"), ground=_behind_tls),
        Trouble("old-certificate", "기간이 지난 인증서가 옴", _certificate("expired"), ground=_behind_tls),
        Trouble("proxy-password", "프록시가 암호를 물음(407)", _proxy(proxy_for("hong:pa55w")), ground=_behind_proxy),
        Trouble("proxy-blocks", "프록시가 KIS를 막음(403)", _proxy(_BLOCKED), ground=_behind_proxy),
        Trouble("proxy-gone", "프록시가 꺼져 있음", _proxy(None), ground=_behind_proxy),
    )),
    Chapter("PC의 시계", (
        Trouble("clock-hours-ahead", "PC 시계가 3시간 앞으로 뜀", _clock(hours=3)),
        Trouble("clock-hours-back", "PC 시계가 2시간 뒤로 뜀", _clock(hours=-2)),
        Trouble("clock-day-ahead", "PC 시계가 하루 앞으로 뜀(토요일)", _clock(days=1)),
        Trouble("clock-day-back", "PC 시계가 하루 뒤로 뜀(목요일)", _clock(days=-1)),
    )),
    Chapter("디스크와 파일", (
        Trouble("disk-full", "디스크가 가득 참", lambda place: place.disk.full()),
        Trouble("home-read-only", "상태 폴더에 쓸 수 없음", lambda place: place.disk.read_only()),
        Trouble("home-gone", "상태 폴더가 사라지고 그 자리에 파일이 있음", _gone),
        Trouble("store-locked", "다른 프로그램이 저장 파일을 잠금", _store_locked),
        Trouble("token-locked", "다른 프로그램이 토큰 파일을 잠금", _token_locked, hangs=True),
        Trouble("output-open", "저장할 파일을 Excel이 열고 있음",
                lambda place: place.disk.holding("표.json", "보고서.xlsx", "KRX_KOSPI.csv")),
        Trouble("token-damaged", "토큰 파일이 깨짐", _damaged("token-*.json", b"{half")),
        Trouble("store-damaged", "저장 파일이 깨짐", _damaged("store.sqlite3", b"no database at all")),
        Trouble("config-damaged", "config.toml이 깨짐", _config),
    )),
)  # fmt: skip

TROUBLES = {trouble.name: trouble for chapter in CHAPTERS for trouble in chapter.troubles}
