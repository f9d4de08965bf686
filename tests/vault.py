"""A keyring in memory, with every bad habit of real ones."""

from __future__ import annotations

import threading

import keyring.backend
import keyring.errors


class Vault(keyring.backend.KeyringBackend):
    """What a test puts in is there; `locked`, `silent` (until `opened` is set), `refusing` to write, `forgetful`."""

    priority = 1  # type: ignore[assignment] # the base computes it
    name = "시험 보관함"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.locked = self.silent = self.refusing = self.forgetful = False
        self.opened = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        if self.refusing:
            raise keyring.errors.PasswordSetError("no room for PSsecret")
        if not self.forgetful:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.refusing:
            raise keyring.errors.PasswordDeleteError("no")
        del self.kept[service, username]

    def _open(self) -> None:
        if self.silent:
            self.opened.wait(20)
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")
