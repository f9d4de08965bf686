"""Days at a company: a proxy and certificates of its own (scenario 5), and a new PC without the internet (scenario 10)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import wheels
from broken import SECURITY
from clocks import DayClock
from loopback import proxy_for
from pc import USER, Pc, Running, addin_bytes, builder

from xlwings_kis import runtime
from xlwings_kis.addin import windows
from xlwings_kis.cli import main
from xlwings_kis.doctor import examination
from xlwings_kis.markets import ALL_PAIRS

NAME, PASSWORD = "hong", "pa55w@rd"


def test_at_one_behind_the_companys_proxy_and_its_certificates(scene, capsys):
    """Scenario 5. 13:00: the port is open by the proxy alone, and an inspection box signs with the company's own authority."""
    scene.clock.set("2026-11-20 13:00:00")
    authority, said = os.environ["SSL_CERT_FILE"], ""
    scene.set(SSL_CERT_FILE="")

    def run(*words: str) -> tuple[int, str]:
        nonlocal said
        scene.clock.move(6)  # a pair that failed is not asked again at once
        status = main(list(words))
        out, err = capsys.readouterr()
        said += out + err
        return status, out + err

    with _shut_port() as port:
        scene.go_to(port)
        status, told = run("table", "KRX", "코스피")
        assert (status, told) == (
            5,
            f"서버 연결 실패. 127.0.0.1:{port} 접속이 막혔는지 전산팀에 문의하세요(진단 참고).\n",
        )

        proxy = scene.serve(proxy_for(f"{NAME}:{PASSWORD}", to=scene.front.port))
        scene.set(HTTPS_PROXY=f"http://{NAME}:{PASSWORD.replace('@', '%40')}@127.0.0.1:{proxy.port}")
        status, told = run("table", "KRX", "코스피")
        assert status == 5
        assert (
            told
            == "인증서 확인 실패. 사내 보안 장비의 루트 인증서가 Windows에 설치되어 있는지 확인하세요(진단 참고).\n"
        )
        status, told = run("doctor")
        assert status == 5
        assert "Company CA" in told
        assert "루트 인증서" in told

        scene.set(SSL_CERT_FILE=authority)  # the IT department has put it into the store of the operating system
        status, told = run("table", "KRX", "코스피", "--format", "json")
        assert status == 0
        assert json.loads(told)["asof"] == f"{scene.clock.now.isoformat()}"
        assert run("doctor")[0] == 0
        assert run("doctor", "--json")[0] == 0
        run("log")

    assert len(proxy.received) >= 4, "everything went by the proxy"
    assert not (scene.home / "config.toml").exists(), "no setting was touched"
    written = b"".join(path.read_bytes() for path in scene.home.rglob("*") if path.is_file())
    together = base64.b64encode(f"{NAME}:{PASSWORD}".encode())
    for secret in (NAME.encode(), PASSWORD.encode(), b"pa55w", together):
        assert secret not in said.encode()
        assert secret not in written
        assert secret not in repr(scene.kis.calls).encode()


class _shut_port:  # noqa: N801 - used like a function
    """A port that is nobody's while this lasts."""

    def __enter__(self) -> int:
        import socket

        self._taken = socket.socket()
        self._taken.bind(("127.0.0.1", 0))  # bound, not listening
        return int(self._taken.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._taken.close()


# --- a new PC ---


@pytest.fixture
def pc(tmp_path, monkeypatch) -> Pc:
    """32-bit Excel 2019; the firm allows signed macros alone and trusts no location."""
    machine = Pc(tmp_path / "C", bits=32)
    for key, name, value in (
        (SECURITY, "VBAWarnings", 3), (rf"{SECURITY}\Trusted Locations", "AllLocationsDisabled", 1),
    ):  # fmt: skip
        machine.set(key, name, value)
    package = SimpleNamespace(build=lambda folder, lang: (builder(addin_bytes())(folder), folder / "예제.xlsm"))
    monkeypatch.setattr(windows, "here", lambda: machine)
    monkeypatch.setitem(sys.modules, "xlwings_kis.addin.package", package)
    monkeypatch.setattr(examination, "to_kis", lambda standing: ())
    return machine


@pytest.fixture
def clock() -> DayClock:
    return DayClock("2026-11-20 10:00:00")


def test_on_a_new_pc_with_signed_macros_only_the_macro_free_way_works_and_nothing_is_left_afterwards(
    pc, kis, clock, environment, vault, monkeypatch, capsys, tmp_path
):
    """Scenario 10, what is done once it is installed."""
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)
    kis.calls_per_second = 10_000
    for name in ("KIS_APP_KEY", "KIS_APP_SECRET"):
        monkeypatch.delenv(name)
    pc.startup.mkdir(parents=True)
    files, registry = pc.everything(), {key: dict(values) for key, values in pc.keys.items()}

    def run(*words: str) -> tuple[int, str]:
        status = main(list(words))
        out, err = capsys.readouterr()
        assert not any(part in out + err for part in (USER, *USER.split(), kis.app_key, kis.app_secret))
        return status, out + err

    typed = iter((kis.app_key, kis.app_secret))
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert run("login")[0] == 0
    assert run("addin", "install")[0] == 0
    pc.running = [Running(pc.startup)]  # Excel opens no add-in

    status, told = run("addin", "status")
    assert status == 3
    assert r"%APPDATA%\Microsoft\Excel\XLSTART" in told, "it is there"
    assert "매크로 막힘" in told
    assert "회사 정책(VBAWarnings=3, AllLocationsDisabled=1)" in told
    assert "xlwings-kis record --csv 폴더" in told, "and this is the way without macros"
    assert "Excel 32비트 / Python 64비트: 정상" in run("doctor")[1]

    halves: list[str] = []
    reading = _Reader(tmp_path / "표", halves)
    with reading:
        assert run("record", "--csv", "표", "--pairs", "모두", "--until", "10:06")[0] == 0
    assert halves == []
    assert reading.reads > 20
    assert sorted(path.stem for path in (tmp_path / "표").iterdir()) == sorted(pair.key for pair in ALL_PAIRS)

    pc.running = []
    assert run("addin", "uninstall")[0] == 0
    assert run("logout", "--all")[0] == 0
    assert pc.everything() == files
    assert pc.keys == registry
    assert vault.kept == {}
    assert not Path(os.environ["XLWINGS_KIS_HOME"]).exists()


class _Reader:
    """Reads every file of a folder again and again; what is not whole is noted."""

    def __init__(self, folder: Path, halves: list[str]) -> None:
        self._folder, self._halves, self.reads = folder, halves, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        while not self._over.is_set():
            for path in self._folder.glob("*.csv"):
                data = path.read_bytes()
                if data.count(b"\r\n") != 12 or not data.endswith(b"\r\n"):
                    self._halves.append(path.name)
                self.reads += 1

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.timeout(300)  # a new environment, and some thirty wheels into it
def test_without_the_internet_a_folder_of_wheels_is_enough(tmp_path):
    """Scenario 10, the installation: as README tells it, with nothing but the folder."""
    folder, environment = tmp_path / "wheels", tmp_path / "가상 환경"
    folder.mkdir()
    wheels.fill(folder)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, capture_output=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    nothing = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PIP_INDEX_URL")}
    install = ["-m", "pip", "install", "-q", "--no-index", "--find-links", str(folder), "xlwings-kis"]
    done = subprocess.run(
        [str(scripts / "python"), *install], env=nothing, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        [str(scripts / "xlwings-kis"), "table", "KRX", "코스피", "--demo", "--format", "json"],
        env=nothing, cwd=tmp_path, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["demo"] is True
