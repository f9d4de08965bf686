"""How a user stands with KIS: settings, keys, folders, the way to the gateway. Each question asked once, when it is needed.

The gateway is asked for one table, with the token that is there; one is issued only where there is none, for nothing
else works without it, and not before the way to the gateway was seen to be open.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from xlwings_kis import ring, settings, tokens
from xlwings_kis.addin.machine import WINDOWS, Machine
from xlwings_kis.clock import Clock
from xlwings_kis.doctor import network
from xlwings_kis.doctor.network import Way
from xlwings_kis.errors import KisError, Problem, SettingsError
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.settings import Settings
from xlwings_kis.store.base import StoreTrouble

CALL_SECONDS = 15.0
PAIR = ALL_PAIRS[0]
_INTERNET = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"


class Called(NamedTuple):
    """What one call came to."""

    pair: Pair
    milliseconds: int = 0
    skew: float = 0.0
    problem: Problem | None = None


class SharedServer(NamedTuple):
    """What came of asking the server that machines share: how long it took, what it keeps, or what is wrong with it.

    `what`: the kind of trouble where it cannot be had; `refused`: as it is set up nothing can be asked for.
    """

    place: str
    milliseconds: int = 0
    kept: tokens.Kept | None = None
    problem: Problem | None = None
    what: str = ""
    refused: bool = False


class Standing:
    """See above. `machine` is asked for Windows' settings only."""

    def __init__(self, machine: Machine, clock: Clock) -> None:
        self.machine = machine
        self.clock = clock

    @cached_property
    def home(self) -> Path:
        return settings.home_folder()

    @cached_property
    def loaded(self) -> Settings | Problem:
        """The settings, or what is wrong with them."""
        try:
            return settings.load()
        except KisError as wrong:
            return wrong.problem

    @cached_property
    def settings(self) -> Settings | None:
        return self.loaded if isinstance(self.loaded, Settings) else None

    @cached_property
    def credentials_problem(self) -> Problem | None:
        """Why nobody can be asked with these settings."""
        if self.settings is None or self.settings.demo:
            return None
        try:
            self.settings.credentials  # noqa: B018 - reading them is what may fail
        except KisError as wrong:
            return wrong.problem
        return None

    @cached_property
    def ready(self) -> Settings | None:
        """Settings with which KIS can be asked."""
        usable = self.settings is not None and not self.settings.demo and self.credentials_problem is None
        return self.settings if usable and not (self.desk and self.desk.refused) else None

    @cached_property
    def desk(self) -> SharedServer | None:
        """The server that machines share; None where there is none."""
        known = self.settings
        if known is None or known.demo or self.credentials_problem or isinstance(known.store, str):
            return None
        from xlwings_kis import desk
        from xlwings_kis.tokens import shared

        place = str(known.store)
        try:
            assert known.desk  # noqa: S101 - it is an address, or was refused just now
            server = desk.open_server(known, self.clock)
        except SettingsError as refused:
            return SharedServer(place, problem=refused.problem, refused=True)
        begun = self.clock.monotonic()
        try:
            server.do(lambda client: client.ping())
            took = round((self.clock.monotonic() - begun) * 1000)
            kept = shared.look(server, known.scope, known.store_key) if known.store_key else None
        except StoreTrouble as away:
            return SharedServer(place, what=str(away))
        except SettingsError as other:
            return SharedServer(place, took, problem=other.problem, refused=True)
        finally:
            server.close()
        return SharedServer(place, took, kept)

    @cached_property
    def keyring(self) -> str | None:
        return ring.place()

    @cached_property
    def keyring_problem(self) -> Problem | None:
        """Why the keyring cannot be read."""
        try:
            ring.read()
        except KisError as shut:
            return shut.problem
        return None

    @cached_property
    def token(self) -> tokens.Kept:
        assert self.ready is not None  # noqa: S101 - the checks ask only then
        shared = self.desk.kept if self.desk else None
        if shared and (shared.valid_until or shared.rest):
            return shared
        return tokens.look(self.home, self.ready.scope, self.clock.epoch())

    @cached_property
    def way(self) -> Way:
        assert self.settings is not None  # noqa: S101 - the checks ask only then
        return network.look(self.settings.base_url)

    @cached_property
    def script(self) -> bool:
        """Whether Windows finds its proxy by a script, which we do not run."""
        if self.machine.system != WINDOWS:
            return False
        return bool(self.machine.registry(_INTERNET, "AutoConfigURL"))

    @cached_property
    def called(self) -> Called | None:
        """One call; None where there is no sense in it."""
        if self.ready is None or self.way.key:
            return None
        from xlwings_kis import desk

        begun = self.clock.monotonic()
        try:
            asked = desk.open_desk(self.ready, self.clock)
            try:
                while (wait := asked.store.take()) > 0:
                    self.clock.sleep(wait)
                begun = self.clock.monotonic()
                _, _, skew = asked.fetch(PAIR, CALL_SECONDS)
            finally:
                asked.close()
        except KisError as failed:
            return Called(PAIR, problem=failed.problem)
        return Called(PAIR, round((self.clock.monotonic() - begun) * 1000), skew)

    @property
    def environ(self) -> dict[str, str]:
        return dict(os.environ)
