"""A user whose way to KIS is open, and all the ways in which it is not: the doctor's tests and its page in docs/."""

from __future__ import annotations

import json
import os
import socket
import ssl
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keyring
from cases import Case
from certificates import make_authority
from clocks import WallClock
from loopback import Handler, Loopback, answering, in_front_of, proxy_for
from vault import Vault

from xlwings_kis import runtime, settings
from xlwings_kis.cli import main
from xlwings_kis.doctor import access, folders, network
from xlwings_kis.simulator import Fault, Simulator

SHORT = 0.3
"""Seconds for what never answers."""

_CLEARED = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "APPDATA", "LOCALAPPDATA"),
    *("OneDrive", "OneDriveCommercial", "OneDriveConsumer"),
    *(name for each in ("http", "https", "all", "no") for name in (f"{each}_proxy", f"{each.upper()}_PROXY")),
)


class _CredentialManager(Vault):
    """Windows' own, as far as its name goes."""

    __module__ = "keyring.backends.Windows"


@dataclass
class Here:
    """The machine as far as the way to KIS asks for it."""

    system: str = "Linux"
    script: str = ""

    def registry(self, _key: str, name: str) -> str | None:
        return self.script or None if name == "AutoConfigURL" else None


@dataclass
class Scene:
    """Everything that may go wrong, and the means to let it."""

    stack: ExitStack
    root: Path
    clock: WallClock = field(default_factory=WallClock)
    machine: Here = field(default_factory=Here)

    def __post_init__(self) -> None:
        self.home = self.root / "state"
        self.authority = make_authority(self.root)
        self.vault = _CredentialManager()
        before = keyring.get_keyring()
        self.stack.callback(keyring.set_keyring, before)
        keyring.set_keyring(self.vault)
        self.stack.callback(self.vault.opened.set)
        self.ahead = timedelta(0)
        self.kis = self.stack.enter_context(Simulator(lambda: self.clock() + self.ahead, token_interval=0.0))
        self.front = self.serve(in_front_of(self.kis.port), "good")
        self.stack.enter_context(patch.dict(os.environ))
        for name in (*_CLEARED, *(setting.env for setting in settings.SETTINGS)):
            os.environ.pop(name, None)
        os.environ |= {
            "HOME": str(self.root), "USERPROFILE": str(self.root), "XLWINGS_KIS_HOME": str(self.home),
            "SSL_CERT_FILE": str(self.authority / "ca.pem"), "KIS_BASE_URL": self.front.url,
        }  # fmt: skip
        self.log_in(self.kis.app_key, self.kis.app_secret)
        self.change(access, "REAL_DOMAIN", self.front.url)
        self.change(runtime, "clock", self.clock)

    def serve(self, handle: Handler, certificate: str = "") -> Loopback:
        """A server on this machine, with a certificate of the company's if one is named."""
        tls = None
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self.authority / f"{certificate}.pem")
        server = Loopback(handle, tls)
        self.stack.callback(server.close)
        return server

    def change(self, where: Any, name: str, value: Any) -> None:
        """Change an attribute until the scene ends."""
        self.stack.enter_context(patch.object(where, name, value))

    def set(self, **environ: str) -> None:
        """Set the environment."""
        os.environ.update(environ)

    def log_in(self, key: str, secret: str) -> None:
        """What `login` would have stored."""
        self.vault.kept["xlwings-kis", "key-pair"] = json.dumps({"app_key": key, "app_secret": secret})

    def write(self, name: str, text: str) -> None:
        """A file of the state folder."""
        self.home.mkdir(exist_ok=True)
        (self.home / name).write_text(text, encoding="utf-8")

    def go_to(self, port: int) -> None:
        """Let the gateway be somewhere else."""
        os.environ["KIS_BASE_URL"] = f"https://127.0.0.1:{port}"

    def by_proxy(self, *users: str, at: str = "") -> None:
        """A company's proxy that knows these users; `at` is the part of its address before the @."""
        proxy = self.serve(proxy_for(*users))
        os.environ["HTTPS_PROXY"] = f"http://{at}127.0.0.1:{proxy.port}"

    def public(self, text: str) -> str:
        """Ports and durations of this run out of a text, for the page."""
        proxy = os.environ.get("HTTPS_PROXY", "").rpartition("@")[2].rpartition("/")[2]
        if proxy:
            text = text.replace(proxy, "proxy.example:8080")
        if (store := os.environ.get("XLWINGS_KIS_STORE", "")).startswith("redis://127.0.0.1"):
            text = text.replace(store, "rediss://redis.example:6379")
        for host in (self.front.url, os.environ["KIS_BASE_URL"]):
            text = text.replace(host.rpartition("/")[2], "openapi.koreainvestment.com:9443")
        return text.replace(f"{SHORT:g}초", "3초")


def healthy(stack: ExitStack) -> Scene:
    """A user who has logged in on a good day."""
    return Scene(stack, Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))))


def _nobody_listens(scene: Scene) -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _unknown_name(scene: Scene) -> None:
    def unknown(host: str, *_rest: Any, **_more: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    scene.change(socket, "getaddrinfo", unknown)


def _silent(scene: Scene) -> None:
    server = scene.stack.enter_context(socket.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    for _ in range(4):  # the queue is full, and the system stops answering
        waiting = scene.stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", server.getsockname()[1]))
    scene.change(network, "CONNECT_SECONDS", SHORT)
    scene.go_to(server.getsockname()[1])


def _script(scene: Scene) -> None:
    scene.machine = Here("Windows", "http://pac.example/proxy.pac")
    scene.go_to(_nobody_listens(scene))


def _answers(scene: Scene, *lines: str) -> None:
    head = "\r\n".join((*lines, "content-length: 0", "", "")).encode()
    proxy = scene.serve(answering(head))
    scene.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")


def _no_login(scene: Scene) -> None:
    scene.vault.kept.clear()


def _no_keyring(scene: Scene) -> None:
    from keyring.backends import null

    keyring.set_keyring(null.Keyring())


def _shut(scene: Scene, habit: str) -> None:
    setattr(scene.vault, habit, True)


def _slow(scene: Scene) -> None:
    from xlwings_kis import ring

    scene.change(ring.read, "__defaults__", (SHORT,))
    _shut(scene, "silent")


def _own_keys(scene: Scene) -> None:
    scene.set(KIS_APP_KEY=scene.kis.app_key, KIS_APP_SECRET=scene.kis.app_secret)
    _no_keyring(scene)


def _below_a_file(scene: Scene) -> None:
    scene.write("a file", "")
    scene.set(XLWINGS_KIS_HOME=str(scene.home / "a file" / "state"))


def _share(scene: Scene) -> None:
    scene.change(folders, "_mounts", lambda: f"//server/home {scene.root} cifs rw 0 0\n")


def _token_file(scene: Scene) -> None:
    found = settings.load()
    scene.write(f"token-{found.scope}.json", "{half")


def _desk(scene: Scene, url: str, key: str = "k" * 43) -> None:
    scene.set(XLWINGS_KIS_STORE=url, XLWINGS_KIS_STORE_KEY=key)


def _refused_before(scene: Scene) -> None:
    scene.kis.fail_next(Fault.TOKEN_TOO_SOON)
    main(["table", "KRX", "코스피"])


def _fault(fault: Fault) -> Callable[[Scene], object]:
    return lambda scene: setattr(scene.kis, "fault", fault)


def _off(minutes: int) -> Callable[[Scene], object]:
    return lambda scene: setattr(scene, "ahead", timedelta(minutes=minutes))


UNREACHED = (
    Case("config.toml에 모르는 이름", "settings", "misspelt_setting", 0, lambda s: s.write("config.toml", "tll = 30\n")),
    Case("config.toml이 깨짐", "settings", "bad_config", 3, lambda s: s.write("config.toml", "ttl = 30\nttl = 40\n")),
    Case("설정값이 틀림", "settings", "bad_setting", 3, lambda s: s.set(XLWINGS_KIS_TTL="빨리")),
    Case("모의투자 주소", "settings", "paper_domain", 3,
         lambda s: s.set(KIS_BASE_URL="https://openapivts.koreainvestment.com:29443")),
    Case("예시 모드가 켜져 있음", "settings", "demo_mode", 0, lambda s: s.set(XLWINGS_KIS_DEMO="1")),
    Case("연습용 시뮬레이터의 주소가 남음", "settings", "other_gateway", 0,
         lambda s: s.change(access, "REAL_DOMAIN", settings.REAL_DOMAIN)),
    Case("보관함이 없는 PC, 앱키는 환경 변수", "keyring", "keyring_absent", 0, _own_keys),
    Case("보관함도 앱키도 없음", "keyring", "keyring_needed", 3, _no_keyring),
    Case("보관함이 잠김", "keyring", "keyring_locked", 3, lambda s: _shut(s, "locked")),
    Case("보관함이 답하지 않음", "keyring", "keyring_slow", 3, _slow),
    Case("login을 하지 않음", "key", "no_key", 3, _no_login),
    Case("앱키만 있음", "key", "no_secret", 3, lambda s: s.set(KIS_APP_KEY=s.kis.app_key)),
    Case("앱키와 시크릿을 바꾸어 넣음", "key", "swapped_keys", 3,
         lambda s: s.set(KIS_APP_KEY=s.kis.app_secret, KIS_APP_SECRET=s.kis.app_key)),
    Case("시크릿이 잘림", "key", "odd_key", 3, lambda s: s.log_in(s.kis.app_key, s.kis.app_secret[:170])),
    Case("법인인데 설정이 모자람", "key", "missing_corporate", 3, lambda s: s.set(KIS_CUSTTYPE="B")),
    Case("상태 폴더에 쓸 수 없음", "folder", "state_folder", 6, _below_a_file),
    Case("상태 폴더가 OneDrive에 있음", "folder", "folder_synchronised", 0, lambda s: s.set(OneDrive=str(s.root))),
    Case("상태 폴더가 네트워크 드라이브에 있음", "folder", "folder_remote", 0, _share),
    Case("상태 폴더가 로밍 프로필에 있음", "folder", "folder_roaming", 0, lambda s: s.set(APPDATA=str(s.root))),
    Case("여러 PC의 공유 서버가 꺼져 있음", "desk", "desk_gone", 5,
         lambda s: _desk(s, f"redis://127.0.0.1:{_nobody_listens(s)}")),
    Case("공유 서버의 주소가 암호화되지 않음", "desk", "store_plain", 3, lambda s: _desk(s, "redis://redis.example:6379")),
    Case("공유 암호 키가 없음", "desk", "no_store_key", 3, lambda s: _desk(s, "rediss://redis.example:6379", "")),
    Case("공유 파일이 손상됨", "store", "store_broken", 0, lambda s: s.write("store.sqlite3", "no database at all")),
    Case("토큰 파일이 손상됨", "token", "token_damaged", 0, _token_file),
    Case("조금 전 토큰 요청이 거절됨", "token", "token_wait", 4, _refused_before),
    Case("이름을 풀 수 없음", "network", "no_name", 5, _unknown_name),
    Case("포트가 닫힘", "network", "port_refused", 5, lambda s: s.go_to(_nobody_listens(s))),
    Case("방화벽이 소리 없이 막음", "network", "port_silent", 5, _silent),
    Case("TLS로 답하지 않음", "network", "no_tls", 5, lambda s: s.go_to(s.kis.port)),
    Case("프록시가 꺼져 있음", "network", "proxy_gone", 5,
         lambda s: s.set(HTTPS_PROXY=f"http://hong:pa55w@127.0.0.1:{_nobody_listens(s)}")),
    Case("프록시가 이름과 암호를 물음", "network", "proxy_password", 5, lambda s: s.by_proxy("hong:pa55w")),
    Case("프록시의 암호가 틀림", "network", "proxy_password", 5, lambda s: s.by_proxy("hong:pa55w", at="hong:old-pa55w@")),
    Case("프록시가 Windows 로그인을 물음", "network", "proxy_login", 5,
         lambda s: _answers(s, "HTTP/1.1 407 No", "Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM")),
    Case("프록시가 KIS를 막음", "network", "proxy_blocks", 5, lambda s: _answers(s, "HTTP/1.1 403 Forbidden")),
    Case("프록시 주소를 읽을 수 없음", "network", "proxy_unreadable", 5, lambda s: s.set(HTTPS_PROXY="http://hong:pa55w@proxy:port")),
    Case("Windows가 프록시를 스크립트로 정함", "network", "proxy_script", 5, _script),
    Case("회사 보안 장비의 인증서", "certificate", "cert_issuer", 5, lambda s: s.set(SSL_CERT_FILE="")),
    Case("PC 시계가 멀리 틀려 인증서 기간 밖", "network", "cert_dates", 5,
         lambda s: s.go_to(s.serve(in_front_of(s.kis.port), "expired").port)),
    Case("인증서 파일 설정이 틀림", "certificate", "ca_bundle", 3,
         lambda s: s.set(REQUESTS_CA_BUNDLE=str(s.root / "없는 파일.pem"))),
    Case("앱키가 틀림", "call", "wrong_key", 3, _fault(Fault.TOKEN_WRONG_KEY)),
    Case("모의투자 앱키", "call", "paper_key", 3, _fault(Fault.PAPER_KEY)),
    Case("허용되지 않은 IP", "call", "ip_not_allowed", 4, _fault(Fault.IP_NOT_ALLOWED)),
    Case("KIS 점검", "call", "broken_answer", 5, _fault(Fault.HTML_503)),
    Case("PC 시계가 느림", "clock", "clock_slow", 0, _off(10)),
    Case("PC 시계가 빠름", "clock", "clock_fast", 0, _off(-10)),
    Case("조회 기록을 끔", "log", "log_off", 0, lambda s: s.set(XLWINGS_KIS_LOG="0")),
)  # fmt: skip
