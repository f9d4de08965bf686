"""Every setting, declared once: flag > environment > config.toml > keyring > KIS's own file > default.

Reading happens in `load`, never at import. Values that are wrong name their setting and what is expected, never themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from xlwings_kis import readers, sources
from xlwings_kis.address import Address
from xlwings_kis.errors import Problem, SettingsError, error, failure
from xlwings_kis.protocol import Credentials
from xlwings_kis.secret import Secret

REAL_DOMAIN = "https://openapi.koreainvestment.com:9443"

KEY_LENGTH, SECRET_LENGTH = 36, 180
"""What KIS hands out (document)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name here and in config.toml, its environment variable, how it is read, what is expected."""

    name: str
    env: str
    default: Any
    read: Callable[[str], Any]
    expected: str
    expected_en: str
    secret: bool = False


SETTINGS = (
    Setting(
        "app_key",
        "KIS_APP_KEY",
        None,
        readers.secret,
        "KIS Developers의 앱키(36자)",
        "the app key of KIS Developers (36 characters)",
        secret=True,
    ),
    Setting(
        "app_secret",
        "KIS_APP_SECRET",
        None,
        readers.secret,
        "KIS Developers의 시크릿(180자)",
        "the app secret of KIS Developers (180 characters)",
        secret=True,
    ),
    Setting(
        "access_token",
        "KIS_ACCESS_TOKEN",
        None,
        readers.secret,
        "발급받은 접근토큰",
        "an access token issued to you",
        secret=True,
    ),
    Setting(
        "custtype",
        "KIS_CUSTTYPE",
        "P",
        readers.choice("P", "B"),
        "P(개인) 또는 B(법인)",
        "P (person) or B (corporation)",
    ),
    Setting(
        "personalseckey",
        "KIS_PERSONALSECKEY",
        None,
        readers.secret,
        "법인 고객식별키",
        "the corporation's personalseckey",
        secret=True,
    ),
    Setting(
        "phone_number",
        "KIS_PHONE_NUMBER",
        None,
        readers.secret,
        "숫자만 적은 전화번호",
        "a telephone number, digits only",
        secret=True,
    ),
    Setting(
        "ip_addr",
        "KIS_IP_ADDR",
        None,
        readers.secret,
        "접속 단말의 공인 IP",
        "the public IP address of this machine",
        secret=True,
    ),
    Setting(
        "mac_address",
        "KIS_MAC_ADDRESS",
        None,
        readers.secret,
        "구분 기호 없는 MAC 주소 12자",
        "12 characters without separators",
        secret=True,
    ),
    Setting("base_url", "KIS_BASE_URL", REAL_DOMAIN, readers.address, f"예: {REAL_DOMAIN}", f"such as {REAL_DOMAIN}"),
    Setting("ttl", "XLWINGS_KIS_TTL", 30.0, readers.between(1, 3600), "1에서 3600 사이의 초", "seconds from 1 to 3600"),
    Setting(
        "deadline",
        "XLWINGS_KIS_DEADLINE",
        3.0,
        readers.between(0.05, 60),
        "0.05에서 60 사이의 초",
        "seconds from 0.05 to 60",
    ),
    Setting(
        "rate",
        "XLWINGS_KIS_RATE",
        5.0,
        readers.between(0.1, 18),
        "초당 0.1에서 18 사이의 횟수",
        "calls a second from 0.1 to 18",
    ),
    Setting(
        "store",
        "XLWINGS_KIS_STORE",
        "",
        readers.store,
        "파일 경로, 또는 여러 PC가 함께 쓰는 Redis의 주소(rediss://이름:6379, 이 PC 자신은 redis://와 unix://도)",
        "the path of a file, or the address of a Redis that machines share (rediss://name:6379; on this machine redis:// or unix://)",
    ),
    Setting(
        "store_key",
        "XLWINGS_KIS_STORE_KEY",
        None,
        readers.store_key,
        "Redis에 두는 접근토큰의 암호 키 43자, 모든 PC에 같은 값"
        '(만들기: python -c "import secrets; print(secrets.token_urlsafe(32))")',
        "the key of 43 characters that encrypts the token in Redis, the same everywhere"
        ' (make one: python -c "import secrets; print(secrets.token_urlsafe(32))")',
        secret=True,
    ),
    Setting(
        "keep_days",
        "XLWINGS_KIS_KEEP_DAYS",
        0,
        readers.whole(0, 36500),
        "저장한 자료를 보관할 날 수, 0은 모두",
        "days to keep what is stored, 0 for all",
    ),
    Setting("lang", "XLWINGS_KIS_LANG", "ko", readers.choice("ko", "en"), "ko 또는 en", "ko or en"),
    Setting("demo", "XLWINGS_KIS_DEMO", False, readers.switch, "1 또는 0", "1 or 0"),
    Setting("log", "XLWINGS_KIS_LOG", True, readers.switch, "1 또는 0 (조회 기록)", "1 or 0 (a line for each request)"),
    Setting("pre_open", "XLWINGS_KIS_PRE_OPEN", "", readers.choice("", "trust"), "trust 또는 빈칸", "trust, or blank"),
    Setting(
        "mail_host",
        "XLWINGS_KIS_MAIL_HOST",
        "",
        readers.host,
        "메일(SMTP) 서버 이름",
        "the name of the mail (SMTP) server",
    ),
    Setting(
        "mail_port",
        "XLWINGS_KIS_MAIL_PORT",
        0,
        readers.port,
        "1에서 65535 사이의 포트(비우면 starttls 587, tls 465)",
        "a port from 1 to 65535 (blank: starttls 587, tls 465)",
    ),
    Setting(
        "mail_security",
        "XLWINGS_KIS_MAIL_SECURITY",
        "starttls",
        readers.choice("starttls", "tls", "none"),
        "starttls 또는 tls(none은 이 PC 자신만)",
        "starttls or tls (none: only on this machine itself)",
    ),
    Setting(
        "mail_user", "XLWINGS_KIS_MAIL_USER", "", readers.account, "메일 서버의 계정", "the account at the mail server"
    ),
    Setting(
        "mail_password",
        "XLWINGS_KIS_MAIL_PASSWORD",
        None,
        readers.password,
        "메일 계정의 비밀번호 또는 앱 비밀번호(보관함에는 xlwings-kis login --mail)",
        "the account's password or app password (into the keyring: xlwings-kis login --mail)",
        secret=True,
    ),
    Setting(
        "mail_from",
        "XLWINGS_KIS_MAIL_FROM",
        "",
        readers.mailbox,
        "보내는 주소: 이름@회사.kr 또는 표시 이름 <이름@회사.kr>(비우면 계정)",
        "the sender: name@company.kr or Shown Name <name@company.kr> (blank: the account)",
    ),
    Setting(
        "mail_template",
        "XLWINGS_KIS_MAIL_TEMPLATE",
        "",
        readers.file,
        "메일 서식 파일(비우면 상태 폴더의 templates/mail.txt, 없으면 기본 서식)",
        "a template file (blank: templates/mail.txt in the state folder, else the built-in one)",
    ),
)

HOME_ENV = "XLWINGS_KIS_HOME"

STORE = "store.sqlite3"
"""In the state folder, unless the setting names another."""

_FOLDER, _FOLDER_EN = "이 PC의 폴더", "a folder of this machine"
BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The settings in force. `sources` tells where each that is not a default came from."""

    home: Path = field(repr=False)
    base_url: str
    custtype: str
    ttl: float
    deadline: float
    rate: float
    store: str | Address = field(repr=False)
    keep_days: int
    lang: str
    demo: bool
    log: bool
    pre_open: str
    mail_host: str = ""
    mail_port: int = 0
    mail_security: str = "starttls"
    mail_user: str = field(default="", repr=False)
    mail_from: str = field(default="", repr=False)
    mail_template: str = field(default="", repr=False)
    mail_password: Secret | None = None
    store_key: Secret | None = None
    app_key: Secret | None = None
    app_secret: Secret | None = None
    access_token: Secret | None = None
    personalseckey: Secret | None = None
    phone_number: Secret | None = None
    ip_addr: Secret | None = None
    mac_address: Secret | None = None
    sources: tuple[tuple[str, str], ...] = ()
    keyring_problem: Problem | None = None
    """Why the keyring could not be asked, where it was needed."""

    @cached_property
    def credentials(self) -> Credentials:
        """Who asks. Raises `SettingsError` naming what is missing."""
        if not self.app_key or not self.app_secret:
            raise self._without_pair()
        if len(self.app_key.reveal()) > len(self.app_secret.reveal()) >= 20:
            raise failure("swapped_keys", ask_user=True)
        if self.custtype == "B":
            required = ("personalseckey", "phone_number", "ip_addr", "access_token")
            missing = [BY_NAME[name].env for name in required if not getattr(self, name)]
            if missing:
                raise failure("missing_corporate", ask_user=True, names=", ".join(missing))
            if self.phone_number and not self.phone_number.reveal().isdigit():
                raise _bad(BY_NAME["phone_number"])
        return Credentials(
            self.app_key, self.app_secret, self.custtype,
            self.personalseckey, self.phone_number, self.ip_addr, self.mac_address,
        )  # fmt: skip

    def _without_pair(self) -> Exception:
        """Which half is missing; a locked keyring may well hold both."""
        if self.keyring_problem:
            return error(self.keyring_problem)
        return failure("no_secret" if self.app_key else "no_key", ask_user=True)

    @cached_property
    def scope(self) -> str:
        """The mark of one gateway and one key: what belongs to another is never served, sent or counted."""
        key = self.app_key.reveal() if self.app_key else ""
        return blake2b(f"{self.base_url}\n{key}".encode(), digest_size=8).hexdigest()

    @cached_property
    def mark(self) -> str:
        """A mark of everything that may change an answer: a rest ordered under other settings does not bind."""
        idle = ("ttl", "deadline", "rate", "store", "store_key", "keep_days", "lang", "log")
        names = [s.name for s in SETTINGS if s.name not in idle and not s.name.startswith("mail_")]
        values = [getattr(self, name) for name in names]
        text = "\n".join(v.reveal() if isinstance(v, Secret) else str(v) for v in values)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    @property
    def store_path(self) -> Path:
        """The file snapshots are shared in by the processes of this machine."""
        named = self.store if isinstance(self.store, str) else ""
        return self.home / Path(named).expanduser() if named else self.home / STORE

    @property
    def desk(self) -> Address | None:
        """The server that machines share snapshots and token by. Raises `SettingsError` where it would not be safe."""
        if not isinstance(self.store, Address):
            return None
        if not self.store.private:
            raise failure("store_plain", ask_user=True)
        if not self.store_key and not self.access_token:  # a token the user brings is given to nobody
            raise error(self.keyring_problem) if self.keyring_problem else failure("no_store_key", ask_user=True)
        return self.store


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The state folder: XLWINGS_KIS_HOME, else the platform's local (never roaming) folder of the user."""
    environ = os.environ if environ is None else environ
    if environ.get(HOME_ENV):
        try:
            return Path(environ[HOME_ENV]).expanduser()
        except RuntimeError:  # ~somebody who is not there
            raise failure(
                "bad_setting", ask_user=True, name=HOME_ENV, expected=_FOLDER, expected_en=_FOLDER_EN
            ) from None
    import platformdirs

    return platformdirs.user_data_path("xlwings-kis", appauthor=False, roaming=False)


def kis_file_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where KIS's own programs keep their settings."""
    return _user_folder(os.environ if environ is None else environ) / sources.KIS_FILE


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """All settings, each from its first source. Raises `SettingsError`; touches no network and writes nothing."""
    environ = os.environ if environ is None else environ
    home = home_folder(environ)
    found: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    lone: list[tuple[str, Any]] = []

    def take(source: str, values: Mapping[str, Any]) -> None:
        for setting in SETTINGS:
            raw = values.get(setting.name)
            if setting.name == "app_secret" and came_from.get("app_key") != source:
                if raw and not values.get("app_key"):
                    lone.append((source, raw))
                continue  # beside another key it is that one's, and would make a pair of two accounts
            if setting.name not in found and raw not in (None, ""):
                found[setting.name] = _read(setting, raw, source)
                came_from[setting.name] = source

    take("flag", flags or {})
    take("environment", {s.name: environ.get(s.env) for s in SETTINGS})
    take(sources.CONFIG, sources.config(home / sources.CONFIG))
    if "app_key" in found and "app_secret" not in found and lone:
        # Written in two places, and neither holds another key: one pair is meant.
        came_from["app_secret"], raw = lone[0]
        found["app_secret"] = _read(BY_NAME["app_secret"], raw, came_from["app_secret"])
    locked: Problem | None = None
    if not found.get("demo"):
        if "app_key" not in found:
            try:
                take("keyring", sources.keyring_pair())
            except SettingsError as closed:
                locked = closed.problem
        needed = "app_key" not in found
        try:
            from_kis = sources.kis_file(kis_file_path(environ))
            take("kis_devlp.yaml", from_kis if needed else {"base_url": from_kis.get("base_url")})
        except SettingsError:
            if needed:  # a broken file that nobody needs is nobody's problem
                raise
        locked = None if "app_key" in found else locked
        if isinstance(found.get("store"), Address) and not {"store_key", "access_token"} & found.keys():
            try:
                take("keyring", sources.keyring_store_key())
            except SettingsError as closed:
                locked = closed.problem
    values = {s.name: found.get(s.name, s.default) for s in SETTINGS}
    return Settings(home=home, sources=tuple(came_from.items()), keyring_problem=locked, **values)


def language(environ: Mapping[str, str] | None = None) -> str:
    """The language of messages that come before the settings can be read whole: environment, else config.toml."""
    environ = os.environ if environ is None else environ
    try:
        given = environ.get(BY_NAME["lang"].env) or sources.config(home_folder(environ) / sources.CONFIG).get("lang")
    except SettingsError:
        given = None
    return "en" if given == "en" else "ko"


def stamp(environ: Mapping[str, str] | None = None) -> tuple[object, ...]:
    """Cheap signs that `load` would give something else than before."""
    environ = os.environ if environ is None else environ
    home = home_folder(environ)
    changed = []
    for path in (home / sources.CONFIG, home / sources.MARKER, kis_file_path(environ)):
        try:
            changed.append(path.stat().st_mtime_ns)
        except OSError:
            changed.append(0)
    return (*changed, *(environ.get(setting.env) for setting in SETTINGS), str(home))


def _user_folder(environ: Mapping[str, str]) -> Path:
    named = environ.get("USERPROFILE") or environ.get("HOME")
    return Path(named) if named else Path.home()


def _read(setting: Setting, raw: Any, source: str) -> Any:
    try:
        text = ("1" if raw else "0") if isinstance(raw, bool) else str(raw)
        text = text if setting.secret else text.strip()
        return setting.read(text)
    except SettingsError:
        raise
    except ValueError:
        raise _bad(setting, source) from None


def _bad(setting: Setting, source: str = "environment") -> SettingsError:
    """The setting by the name it has where it was written."""
    theirs = sources.KIS_NAMES.get(setting.name, setting.name) if source == "kis_devlp.yaml" else setting.name
    name = setting.env if source in ("environment", "flag") else f"{source} {theirs}"
    error = failure("bad_setting", ask_user=True, name=name, expected=setting.expected, expected_en=setting.expected_en)
    assert isinstance(error, SettingsError)  # noqa: S101 - tells the type checker what the table says
    return error
