"""Loaded by Python at its start, in processes of the privacy test: a machine and a user with telling names, a keyring, a clock.

What stands here is what a company's PC would give away by itself. The keyring is a file outside of everything that is looked
through, for a keyring is where the pair belongs.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import socket
from datetime import datetime
from pathlib import Path

_MACHINE, _USER = os.environ["PLANTED_MACHINE"], os.environ["USER"]

socket.gethostname = lambda: _MACHINE  # type: ignore[assignment]
socket.getfqdn = lambda name="": f"{_MACHINE}.company.kr"  # type: ignore[assignment]
platform.node = lambda: _MACHINE  # type: ignore[assignment]
getpass.getuser = lambda: _USER  # type: ignore[assignment]
os.getlogin = lambda: _USER  # type: ignore[assignment]

_answers = iter(json.loads(os.environ.get("PLANTED_ANSWERS", "[]")))
getpass.getpass = lambda prompt="", stream=None: next(_answers)  # type: ignore[assignment]

import keyring.backend  # noqa: E402 - after the names above are in their places


class Vault(keyring.backend.KeyringBackend):
    """A keyring in a file."""

    priority = 9  # type: ignore[assignment]
    name = "시험 보관함"
    _file = Path(os.environ["PLANTED_KEYRING"])

    def _kept(self) -> dict[str, str]:
        return json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file.write_text(json.dumps({**self._kept(), f"{service}/{username}": password}), encoding="utf-8")

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        del kept[f"{service}/{username}"]
        self._file.write_text(json.dumps(kept), encoding="utf-8")


keyring.set_keyring(Vault())

from xlwings_kis import runtime  # noqa: E402 - the keyring is there first


class _Clock(type(runtime.clock)):  # type: ignore[misc] # the real one, moved
    _ahead = datetime.fromisoformat(os.environ["PLANTED_MOMENT"]).timestamp() - float(os.environ["PLANTED_BEGUN"])

    def epoch(self) -> float:
        return float(super().epoch()) + self._ahead


runtime.clock = _Clock()
