"""A real Redis server on this machine, as a test wants it: started, stalled, killed, started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from loopback import free_port

from xlwings_kis.address import Address

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """One on a loopback port; `options` as in redis.conf. What it keeps lies in a folder of its own."""

    def __init__(self, folder: Path, *options: str, tls: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._options, self.tls = folder, options, tls
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"{'rediss' if self.tls else 'redis'}://127.0.0.1:{self.port}"

    @property
    def address(self) -> Address:
        return Address.read(self.url)

    def start(self, *, wait: bool = True) -> None:
        """Start it, or start it again with what it has kept."""
        assert PROGRAM, "redis-server must be installed where CI is set"
        ports = ["--port", str(self.port)]
        if self.tls:
            ports = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            ports += ["--tls-cert-file", str(self.tls / "good.pem"), "--tls-key-file", str(self.tls / "good.pem")]
            ports += ["--tls-ca-cert-file", str(self.tls / "ca.pem")]
        self.process = subprocess.Popen(
            [PROGRAM, "--bind", "127.0.0.1", *ports, "--dir", str(self._folder), "--save", "", *self._options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while wait and not self._answers():
            assert self.process.poll() is None, "redis-server did not start"
            time.sleep(0.01)

    def client(self, **more: Any) -> Any:
        """A client of the test's own, to look at what is there."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        more = {"socket_timeout": 20, "retry": Retry(NoBackoff(), 0)} | more
        secure = {"ssl": True, "ssl_ca_certs": str(self.tls / "ca.pem")} if self.tls else {}
        return redis.Redis("127.0.0.1", self.port, **secure, **more)

    def everything(self) -> bytes:
        """All keys and values, to look for what must not be among them."""
        client, found = self.client(), []
        for key in sorted(client.scan_iter()):
            kind = client.type(key).decode()
            read = {"hash": client.hgetall, "string": client.get, "zset": lambda k: client.zrange(k, 0, -1)}[kind]
            found.append(repr((key, read(key))))
        client.close()
        return "\n".join(found).encode()

    def flush(self) -> None:
        client = self.client()
        client.flushall()
        client.close()

    def stall(self) -> None:
        """It accepts and never answers."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Without a word, as a machine that loses its power."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            client = self.client(socket_timeout=5)
            try:
                client.ping()
            except Exception as error:  # noqa: BLE001 - loading, or not yet there
                return "NOAUTH" in str(error) or "Authentication" in str(error)
            finally:
                client.close()
        except OSError:
            return False
        return True
