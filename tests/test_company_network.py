"""Scenario 5: a company's proxy and certificates, ports that are shut or silent, names nobody knows; the sentence each time."""

from __future__ import annotations

import ast
import gc
import inspect
import os
import socket
import sys
import types
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import loopback
import pytest
from loopback import in_front_of, proxy_for

from xlwings_kis import runtime, transport
from xlwings_kis.cli import main

CERTIFICATE = "인증서 확인 실패. 사내 보안 장비의 루트 인증서가 Windows에 설치되어 있는지 확인하세요(진단 참고).\n"
PROXY = "프록시 연결 실패. 회사 프록시 설정과 인증을 전산팀에 문의하세요(진단 참고).\n"
UNREACHABLE = "서버 연결 실패. {} 접속이 막혔는지 전산팀에 문의하세요(진단 참고).\n"
USER = "hong:pa55w%40rd"
"""As it stands in an address: the password is pa55w@rd."""

CLEAR = "hong:pa55w@rd"


@pytest.fixture(autouse=True)
def _clock(monkeypatch, clock):
    monkeypatch.setattr(runtime, "clock", clock)


@pytest.fixture
def gateway(kis, environment, serve, tls) -> Any:
    """The simulated gateway behind TLS, with a certificate of the company's inspection box."""
    server = serve(in_front_of(kis.port), tls=tls())
    environment(KIS_BASE_URL=server.url)
    return server


def table(capsys):
    status = main(["table", "KRX", "코스피", "--format", "json"])
    out, err = capsys.readouterr()
    return status, out, err


def everything_written() -> bytes:
    state = Path(os.environ["XLWINGS_KIS_HOME"])
    return b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_without_the_companys_authority_the_certificate_is_named(capsys, gateway, kis):
    assert table(capsys) == (5, "", CERTIFICATE)
    assert kis.calls == []


def test_with_the_authority_in_the_store_of_the_system_no_setting_is_touched(capsys, gateway, kis, trusted):
    status, out, err = table(capsys)
    assert (status, err) == (0, "")
    assert '"exchange": "KRX"' in out


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_usual_variables_name_the_authority_too(capsys, gateway, authority, monkeypatch, variable):
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    assert table(capsys)[0] == 0


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("holds", [None, "no certificate"])
def test_a_variable_that_names_no_certificates_is_named_itself(
    capsys, gateway, kis, trusted, monkeypatch, tmp_path, variable, holds
):
    if holds:
        (tmp_path / "회사.pem").write_text(holds, encoding="utf-8")
    monkeypatch.setenv(variable, str(tmp_path / "회사.pem"))
    status, out, err = table(capsys)
    told = f"인증서 파일 오류. {variable} 값을 확인하세요: 가리키는 파일이 없거나 인증서 파일이 아닙니다.\n"
    assert (status, out, err) == (3, "", told)
    assert kis.calls == []


def test_a_proxy_that_asks_for_a_password_is_told_to_the_it_department(
    capsys, gateway, kis, trusted, serve, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", serve(proxy_for(CLEAR)).url)
    assert table(capsys) == (5, "", PROXY)
    assert kis.calls == []


def test_a_proxy_is_given_its_password_and_nobody_else_sees_it(capsys, gateway, kis, trusted, serve, monkeypatch):
    proxy = serve(proxy_for(CLEAR))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//{USER}@"))
    status, out, err = table(capsys)
    assert status == 0
    assert len(proxy.received) >= 2, "one for the token, one for the table"
    seen = (out + err).encode() + everything_written() + repr(kis.calls).encode()
    assert not any(word in seen for word in (b"pa55w", b"hong", b"aG9uZz"))


@pytest.mark.parametrize("broken", ["refuses", "is not there", "cannot be read"])
def test_a_password_of_a_proxy_that_fails_is_nowhere_either(capsys, gateway, serve, monkeypatch, broken, free_port):
    where = {
        "refuses": serve(proxy_for("somebody:else")).url,
        "is not there": f"http://127.0.0.1:{free_port}",
        "cannot be read": "http://127.0.0.1:port",
    }[broken]
    monkeypatch.setenv("HTTPS_PROXY", where.replace("//", f"//{USER}@"))
    status, out, err = table(capsys)
    assert (status, err) == (5, PROXY)
    assert b"pa55w" not in (out + err).encode() + everything_written()


def test_a_script_that_fails_behind_a_proxy_shows_no_password_in_its_traceback(gateway, serve, monkeypatch):
    import traceback

    import xlwings_kis
    from xlwings_kis.errors import NetworkError

    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}@127.0.0.1:port")
    with pytest.raises(NetworkError) as raised:
        xlwings_kis.program_trade("KRX", "KOSPI")
    shown = "".join(traceback.format_exception(raised.value))
    assert "pa55w" not in shown
    assert raised.value.hint.startswith("회사 프록시 설정과 인증을")


@pytest.fixture
def free_port() -> int:
    return loopback.free_port()


@pytest.fixture
def silent_port() -> Any:
    """A port that takes no connection and says nothing, as behind a firewall that drops what it does not know."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        for _ in range(4):  # the queue is full, and the system stops answering
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def test_a_refused_port_is_named(capsys, environment, free_port):
    environment(KIS_BASE_URL=f"https://127.0.0.1:{free_port}")
    assert table(capsys) == (5, "", UNREACHABLE.format(f"127.0.0.1:{free_port}"))


def test_a_silent_port_is_given_up_and_named(capsys, environment, silent_port, monkeypatch):
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.2)
    environment(KIS_BASE_URL=f"https://127.0.0.1:{silent_port}")
    assert table(capsys) == (5, "", UNREACHABLE.format(f"127.0.0.1:{silent_port}"))


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # `ssl` drops a socket shut before its handshake
def test_a_port_that_never_begins_to_speak_tls_is_given_up_and_named(capsys, environment, serve, monkeypatch):
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.2)
    mute = serve(lambda connection, server: server.over.wait(20))
    monkeypatch.setattr("xlwings_kis.gateway.TOKEN_SECONDS", 0.5)
    environment(KIS_BASE_URL=mute.url.replace("http:", "https:"))
    assert table(capsys) == (5, "", UNREACHABLE.format(f"127.0.0.1:{mute.port}"))
    gc.collect()  # here, where the warning is expected


def test_a_name_nobody_knows_is_named(capsys, environment, monkeypatch):
    real = socket.getaddrinfo

    def unknown(host: str, *rest: Any, **more: Any) -> Any:
        if host == "openapi.example":
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *rest, **more)

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    environment(KIS_BASE_URL="https://openapi.example:9443")
    assert table(capsys) == (5, "", UNREACHABLE.format("openapi.example:9443"))


# --- Windows' own proxy setting ---


def windows_registry(monkeypatch: pytest.MonkeyPatch, **values: Any) -> Callable[[], dict[str, str]]:
    """`urllib.request.getproxies_registry` as Python on Windows has it, reading a registry of the test's."""
    source = ast.parse(inspect.getsource(urllib.request))
    functions = [node for node in ast.walk(source) if isinstance(node, ast.FunctionDef)]
    reader = next(node for node in functions if node.name == "getproxies_registry")
    winreg = types.ModuleType("winreg")
    winreg.HKEY_CURRENT_USER = "user"  # type: ignore[attr-defined]
    winreg.OpenKey = lambda root, path: types.SimpleNamespace(Close=lambda: None)  # type: ignore[attr-defined]

    def query(_key: Any, name: str) -> tuple[Any, int]:
        if name not in values:
            raise OSError(name)
        return values[name], 1

    winreg.QueryValueEx = query  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "winreg", winreg)
    names = dict(vars(urllib.request))
    exec(compile(ast.Module([reader], []), "urllib.request", "exec"), names)  # noqa: S102 - the standard library's own lines
    registry = names["getproxies_registry"]
    monkeypatch.setattr(urllib.request, "getproxies_registry", registry, raising=False)
    on_windows = lambda: urllib.request.getproxies_environment() or registry()  # noqa: E731 - the line of the standard library
    monkeypatch.setattr("requests.utils.getproxies", on_windows)
    return registry


@pytest.mark.parametrize(
    "written", ["127.0.0.1:{}", "http=127.0.0.1:9;https=127.0.0.1:{}", "https=http://127.0.0.1:{}"]
)
def test_the_proxy_that_windows_is_set_to_is_used(capsys, gateway, trusted, serve, monkeypatch, written):
    proxy = serve(proxy_for(CLEAR))
    registry = windows_registry(monkeypatch, ProxyEnable=1, ProxyServer=written.format(proxy.port))
    assert registry()["https"].endswith(f"127.0.0.1:{proxy.port}")
    assert table(capsys) == (5, "", PROXY)
    assert proxy.accepted >= 1


def test_a_proxy_that_windows_has_switched_off_is_not_used(capsys, gateway, trusted, monkeypatch, free_port):
    windows_registry(monkeypatch, ProxyEnable=0, ProxyServer=f"127.0.0.1:{free_port}")
    assert table(capsys)[0] == 0


def test_exceptions_alone_in_the_environment_do_not_hide_the_proxy_of_windows(
    capsys, gateway, trusted, serve, monkeypatch
):
    proxy = serve(proxy_for(CLEAR))
    windows_registry(monkeypatch, ProxyEnable=1, ProxyServer=f"127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    assert table(capsys) == (5, "", PROXY)
    assert proxy.accepted >= 1


def test_an_exception_that_names_the_gateway_is_an_exception_for_the_proxy_of_windows_too(
    capsys, gateway, trusted, monkeypatch, free_port
):
    windows_registry(monkeypatch, ProxyEnable=1, ProxyServer=f"127.0.0.1:{free_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert table(capsys)[0] == 0


def test_a_proxy_of_the_environment_comes_before_that_of_windows(
    capsys, gateway, trusted, serve, monkeypatch, free_port
):
    proxy = serve(proxy_for(CLEAR))
    windows_registry(monkeypatch, ProxyEnable=1, ProxyServer=f"127.0.0.1:{free_port}")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//{USER}@"))
    assert table(capsys)[0] == 0
