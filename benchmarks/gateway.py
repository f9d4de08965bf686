"""The simulated gateway in a process of its own, so that its work is not on the interpreter that is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.moments import MovedClock, offset_to
from benchmarks.place import Place
from xlwings_kis.clock import to_kst
from xlwings_kis.simulator import Fault, Simulator

TOKEN = "token-of-the-benchmarks"  # noqa: S105 - the simulator takes it, and nobody else
_END_SECONDS = 10
_PATIENT = "30"
"""A formula that has waited in vain spoils what is measured, and a busy machine is no failure; `hang` sets its own."""


class Gateway:
    """A running simulator; a context manager. Latency is in seconds."""

    def __init__(self, place: Place, latency: float = 0.0) -> None:
        self._place = place
        self.offset = offset_to()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gateway"], env=place.environment(), cwd=place.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        state = self.tell(latency=latency, offset=self.offset)
        self.url, self.app_key, self.app_secret = (str(state[name]) for name in ("url", "app_key", "app_secret"))

    def tell(self, **wishes: Any) -> dict[str, Any]:
        """Change it (`latency`, `offset`, `fault`, `reset`) and hear its state: calls of each kind since the reset."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(wishes) + "\n")
        self._process.stdin.flush()
        state: dict[str, Any] = json.loads(self._process.stdout.readline())
        return state

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """The environment of a process that asks this gateway."""
        settings = {"KIS_APP_KEY": self.app_key, "KIS_APP_SECRET": self.app_secret, "KIS_BASE_URL": self.url}
        settings["XLWINGS_KIS_DEADLINE"] = _PATIENT
        return self._place.environment(home=home) | settings | more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(_END_SECONDS)
        self._process.stdout.close()


def serve() -> None:
    """In the gateway's process: obey the lines on stdin until they end."""
    clock = MovedClock(0.0)

    def now() -> datetime:
        return to_kst(clock.epoch())

    with Simulator(now, accepted_tokens=(TOKEN,), calls_per_second=100_000, token_interval=0.0) as simulator:
        for line in sys.stdin:
            wishes = json.loads(line)
            simulator.latency = wishes.get("latency", simulator.latency)
            clock.offset = wishes.get("offset", clock.offset)
            if "fault" in wishes:
                simulator.fault = Fault(wishes["fault"])
            if wishes.get("reset"):
                simulator.reset_calls()
            state = {
                "url": simulator.url,
                "app_key": simulator.app_key,
                "app_secret": simulator.app_secret,
                "data": simulator.count("program-trade"),
                "token": simulator.count("token"),
            }
            print(json.dumps(state), flush=True)


if __name__ == "__main__":
    serve()
