"""Every setting from its first source, and nothing of a value in what is said of it."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path

import pytest

from xlwings_kis import ring as module
from xlwings_kis import settings
from xlwings_kis.address import Address
from xlwings_kis.errors import KisError, SettingsError
from xlwings_kis.secret import Secret, redact
from xlwings_kis.settings import home_folder, language, load, stamp

KEY, SECRET = "PSabcdefghijklmnopqrstuvwxyz01234567", "s" * 180
REAL = "https://openapi.koreainvestment.com:9443"
COMPANY = {
    "KIS_CUSTTYPE": "B",
    "KIS_ACCESS_TOKEN": "eyJ0oken",
    "KIS_PERSONALSECKEY": "p" * 180,
    "KIS_PHONE_NUMBER": "01011112222",
    "KIS_IP_ADDR": "203.0.113.215",
}


class Place:
    """A user's home and state folder."""

    def __init__(self, folder: Path) -> None:
        self.home, self.state = folder / "사용자 홍", folder / "상태 폴더"
        self.state.mkdir()

    @property
    def environ(self):
        return {"HOME": str(self.home), "XLWINGS_KIS_HOME": str(self.state)}

    def config(self, text, encoding="utf-8"):
        (self.state / "config.toml").write_text(text, encoding=encoding)

    def devlp(self, text):
        path = self.home / "KIS" / "config" / "kis_devlp.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def load(self, flags=None, **environ):
        return load(flags or {}, self.environ | environ)

    def refusal(self, flags=None, **environ):
        with pytest.raises(SettingsError) as raised:
            self.load(flags, **environ).credentials  # noqa: B018 - reading them is what may fail
        return raised.value


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "한 곳"
    folder.mkdir()
    return Place(folder)


@pytest.fixture
def ring(vault):
    return vault


def with_keys(**more):
    return {"KIS_APP_KEY": KEY, "KIS_APP_SECRET": SECRET, **more}


# Where a setting comes from


def test_the_defaults_are_the_contracts(place):
    found = place.load()
    assert (found.ttl, found.deadline, found.rate) == (30.0, 3.0, 5.0)
    assert (found.custtype, found.lang, found.demo, found.pre_open) == ("P", "ko", False, "")
    assert found.base_url == REAL
    assert found.home == place.state
    assert found.store_path == place.state / "store.sqlite3"
    assert found.app_key is found.app_secret is found.access_token is None
    assert found.sources == ()


SOURCES = ("flag", "environment", "config.toml", "keyring", "kis_devlp.yaml")


@pytest.mark.parametrize("first", range(5), ids=SOURCES)
def test_a_key_pair_comes_from_its_first_source(place, ring, first):
    own = {source: f"{source.replace('.', '').replace('_', '')}-key" for source in SOURCES}
    has = set(SOURCES[first:])
    flags, environ = {}, {}
    if "flag" in has:
        flags = {"app_key": own["flag"], "app_secret": SECRET}
    if "environment" in has:
        environ = {"KIS_APP_KEY": own["environment"], "KIS_APP_SECRET": SECRET}
    if "config.toml" in has:
        place.config(f'app_key = "{own["config.toml"]}"\napp_secret = "{SECRET}"\n')
    if "keyring" in has:
        ring.kept["xlwings-kis", "key-pair"] = json.dumps({"app_key": own["keyring"], "app_secret": SECRET})
    place.devlp(f'my_app: "{own["kis_devlp.yaml"]}"\nmy_sec: "{SECRET}"\n')
    found = place.load(flags, **environ)
    assert found.app_key.reveal() == own[SOURCES[first]]
    assert dict(found.sources)["app_key"] == SOURCES[first]


@pytest.mark.parametrize(("first", "expected"), [(0, 11.0), (1, 12.0), (2, 13.0), (3, 30.0)])
def test_any_other_setting_comes_from_flag_environment_config_or_default(place, first, expected):
    flags = {"ttl": 11} if first == 0 else {}
    environ = {"XLWINGS_KIS_TTL": "12"} if first <= 1 else {}
    if first <= 2:
        place.config("ttl = 13\n")
    assert place.load(flags, **environ).ttl == expected


def test_blank_sources_are_no_sources(place):
    place.config("ttl = 13\nlang = ''\n")
    found = place.load({"ttl": None}, XLWINGS_KIS_TTL="", XLWINGS_KIS_LANG="")
    assert (found.ttl, found.lang) == (13.0, "ko")


def test_kis_s_own_file_gives_key_pair_and_address(place, ring):
    place.devlp(f"my_app: {KEY}\nmy_sec: {SECRET}\nprod: https://gateway.example.kr:9443\nvps: https://x\n")
    found = place.load()
    assert found.credentials.app_key.reveal() == KEY
    assert found.base_url == "https://gateway.example.kr:9443"


def test_the_keyring_is_not_asked_where_the_key_pair_is_known(place, ring):
    place.load(**with_keys())
    assert ring.asked == 0


def test_demo_needs_neither_keyring_nor_kis_s_file(place, ring):
    place.devlp("{not yaml")
    assert place.load(XLWINGS_KIS_DEMO="1").demo
    assert ring.asked == 0


def test_a_locked_keyring_does_not_keep_kis_s_own_file_from_being_read(place, ring):
    ring.locked = True
    place.devlp(f"my_app: {KEY}\nmy_sec: {SECRET}\n")
    assert place.load().credentials.app_key.reveal() == KEY


def test_a_locked_keyring_that_was_needed_is_named_and_login_is_not_advised(place, ring):
    ring.locked = True
    refusal = place.refusal()
    assert str(refusal) == "보관함 잠김. 운영체제의 보관함(키링)을 잠금 해제한 뒤 다시 하세요."
    assert (refusal.exit_code, refusal.problem.ask_user) == (3, True)


def test_a_keyring_that_does_not_answer_is_given_up_and_asked_by_one_thread_only(place, ring, monkeypatch):
    monkeypatch.setattr(module.read, "__defaults__", (0.05,))
    ring.silent = True
    for _ in range(3):
        assert place.refusal().problem.key == "keyring_slow"
    assert ring.asked == 1
    ring.kept["xlwings-kis", "key-pair"] = json.dumps({"app_key": KEY, "app_secret": SECRET})
    ring.opened.set()
    assert place.load().app_key.reveal() == KEY, "and once it answers, it is heard"


@pytest.mark.parametrize("kept", ["", "no json", "[]", '{"app_key": "x"}', '{"app_key": 1, "app_secret": "x"}', "null"])
def test_an_entry_that_is_not_ours_is_no_pair(place, ring, kept):
    ring.kept["xlwings-kis", "key-pair"] = kept
    assert place.refusal().problem.key == "no_key"


def test_a_pair_written_in_two_places_is_one_pair_where_neither_holds_another_key(place):
    place.config(f'app_key = "{KEY}"\n')
    who = place.load(KIS_APP_SECRET=SECRET).credentials
    assert (who.app_key.reveal(), who.app_secret.reveal()) == (KEY, SECRET)
    place.config(f'app_secret = "{SECRET}"\n')
    assert place.load(KIS_APP_KEY=KEY).credentials.app_secret.reveal() == SECRET


def test_a_whole_pair_is_not_mixed_with_half_of_another(place):
    place.config(f'app_key = "{KEY}"\napp_secret = "{SECRET}"\n')
    assert place.load(KIS_APP_SECRET="x" * 180).credentials.app_secret.reveal() == SECRET


def test_halves_of_two_accounts_are_never_put_together(place, ring):
    place.config(f'app_key = "somebody-elses"\napp_secret = "{SECRET}"\n')
    refusal = place.refusal(KIS_APP_KEY=KEY)
    assert refusal.problem.key == "no_secret"
    place.config(f'app_key = "{KEY}"\n')
    ring.kept["xlwings-kis", "key-pair"] = json.dumps({"app_key": "somebody-elses", "app_secret": SECRET})
    place.devlp(f"my_app: somebody-elses\nmy_sec: {SECRET}\n")
    assert place.refusal().problem.key == "no_secret"


def test_a_secret_alone_is_nobodys_and_hides_no_pair(place, ring):
    place.config(f'app_secret = "{"x" * 180}"\n')
    assert place.refusal(KIS_APP_SECRET=SECRET).problem.key == "no_key"
    ring.kept["xlwings-kis", "key-pair"] = json.dumps({"app_key": KEY, "app_secret": SECRET})
    found = place.load(KIS_APP_SECRET="y" * 180)
    assert (found.credentials.app_key.reveal(), found.credentials.app_secret.reveal()) == (KEY, SECRET)


def test_the_state_folder_is_the_environments_or_the_users_local_one(monkeypatch, tmp_path):
    assert home_folder({"XLWINGS_KIS_HOME": str(tmp_path / "여기")}) == tmp_path / "여기"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home_folder({}).name == "xlwings-kis"


@pytest.mark.parametrize("written", ["1", "true", "TRUE", "on"])
def test_demo_is_switched_on(place, written):
    assert place.load(XLWINGS_KIS_DEMO=written).demo is True


@pytest.mark.parametrize("written", ["0", "false", "off", ""])
def test_demo_stays_off(place, written):
    assert place.load(XLWINGS_KIS_DEMO=written).demo is False


def test_config_toml_takes_its_own_kinds_of_values_and_a_byte_order_mark(place):
    place.config('demo = true\nttl = 15\nrate = 2.5\npre_open = "trust"\nsomething_else = [1]\n', "utf-8-sig")
    found = place.load()
    assert (found.demo, found.ttl, found.rate, found.pre_open) == (True, 15.0, 2.5, "trust")


def test_pre_open_is_trusted_only_where_it_says_so(place):
    assert place.load(XLWINGS_KIS_PRE_OPEN="trust").pre_open == "trust"
    assert "XLWINGS_KIS_PRE_OPEN" in str(place.refusal(XLWINGS_KIS_PRE_OPEN="yes"))


def test_a_store_is_a_file(place):
    assert place.load(XLWINGS_KIS_STORE="/tmp/x.db").store_path == Path("/tmp/x.db")  # noqa: S108 - only a name
    assert place.load(XLWINGS_KIS_STORE="own.sqlite3").store_path == place.state / "own.sqlite3"
    assert place.load(XLWINGS_KIS_STORE="own.sqlite3").desk is None


STORE_KEY = "k" * 43


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", Address("redis", "localhost")),
        ("redis://127.0.0.1:7000/3", Address("redis", "127.0.0.1", 7000, db=3)),
        ("redis://[::1]:7000?db=2", Address("redis", "::1", 7000, db=2)),
        ("rediss://redis.desk.example/", Address("rediss", "redis.desk.example")),
        (
            "rediss://desk:p%40ss@10.0.0.9:6380",
            Address("rediss", "10.0.0.9", 6380, username="desk", password=Secret("p@ss")),
        ),
        ("rediss://:pass@redis", Address("rediss", "redis", password=Secret("pass"))),
        ("unix:///run/redis/redis.sock?db=1", Address("unix", path="/run/redis/redis.sock", db=1)),
    ],
)
def test_a_store_that_machines_share_is_an_address(place, url, address):
    found = place.load(XLWINGS_KIS_STORE=url, XLWINGS_KIS_STORE_KEY=STORE_KEY)
    assert found.desk == address
    assert found.store_path == place.state / "store.sqlite3"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost", "redis://", "redis:///0", "redis://host:0x", "redis://host:99999", "redis://host/zero",
        "redis://host/-1", "redis://host/1?db=2", "redis://host?ssl=false", "redis://host#0", "unix://redis.sock",
        "unix://", "rediss://host?ssl_cert_reqs=none", "://host", "redis://[host",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_told_without_it(place, url):
    secret = url.replace("//", "//user:hunter2-hunter2@", 1)
    for value in (url, secret):
        refused = place.refusal(XLWINGS_KIS_STORE=value)
        assert "XLWINGS_KIS_STORE" in str(refused)
        assert "hunter2" not in "".join(traceback.format_exception(refused)) + repr(refused.problem)


def test_an_address_is_never_shown_with_its_user_and_password(place):
    url = "rediss://desk-user:hunter2@redis.desk.example:6380/2"
    found = place.load(XLWINGS_KIS_STORE=url, XLWINGS_KIS_STORE_KEY=STORE_KEY)
    assert str(found.desk) == "rediss://redis.desk.example:6380/2"
    shown = repr(found) + repr(found.desk) + str(found.desk)
    assert "hunter2" not in shown
    assert "desk-user" not in shown
    assert STORE_KEY not in shown


@pytest.mark.parametrize("url", ["redis://10.0.0.9", "redis://redis.desk.example:6379"])
def test_a_store_to_which_others_can_listen_is_refused(place, url):
    found = place.load(XLWINGS_KIS_STORE=url, XLWINGS_KIS_STORE_KEY=STORE_KEY)
    with pytest.raises(SettingsError) as raised:
        found.desk  # noqa: B018 - reading it is what fails
    assert raised.value.problem.key == "store_plain"
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://redis.desk.example", "unix:///run/redis.sock"])
def test_without_its_key_a_token_is_not_shared_at_all(place, url):
    with pytest.raises(SettingsError) as raised:
        place.load(XLWINGS_KIS_STORE=url).desk  # noqa: B018 - reading it is what fails
    assert raised.value.problem.key == "no_store_key"
    assert place.load(XLWINGS_KIS_STORE=url, KIS_ACCESS_TOKEN="brought").desk


@pytest.mark.parametrize("key", ["short", "k" * 42, "k" * 44, "k" * 42 + "!", "k" * 42 + "가"])
def test_a_store_key_of_another_form_is_told_without_it(place, key):
    refused = place.refusal(XLWINGS_KIS_STORE_KEY=key)
    assert "XLWINGS_KIS_STORE_KEY" in str(refused)
    assert key not in str(refused)


def test_a_store_key_may_be_kept_in_the_keyring_and_is_looked_for_only_where_it_is_needed(place, ring):
    ring.kept["xlwings-kis", "store-key"] = STORE_KEY
    keys = with_keys()
    assert place.load(**keys, XLWINGS_KIS_STORE="redis://localhost").store_key == Secret(STORE_KEY)
    assert place.load(**keys).store_key is None
    assert dict(place.load(**keys, XLWINGS_KIS_STORE="redis://localhost").sources)["store_key"] == "keyring"


def test_machines_that_reach_one_store_by_other_addresses_honour_each_others_rests(place):
    one = place.load(**with_keys(), XLWINGS_KIS_STORE="redis://a:b@localhost", XLWINGS_KIS_STORE_KEY=STORE_KEY)
    other = place.load(**with_keys(), XLWINGS_KIS_STORE="rediss://desk", XLWINGS_KIS_STORE_KEY=STORE_KEY)
    assert one.mark == other.mark


def test_a_state_folder_of_nobody_is_refused_by_its_name(place):
    assert "XLWINGS_KIS_HOME" in str(place.refusal(XLWINGS_KIS_HOME="~nobody-of-that-name/x"))


def test_the_language_is_known_before_the_settings_are(place):
    assert language(place.environ) == "ko"
    place.config('lang = "en"\n')
    assert language(place.environ) == "en"
    assert language(place.environ | {"XLWINGS_KIS_LANG": "ko"}) == "ko"
    place.config("lang = \n")
    assert language(place.environ) == "ko"


def test_a_mended_file_of_kis_changes_the_stamp(place):
    before = stamp(place.environ)
    place.devlp("my_app: x\n")
    assert stamp(place.environ) != before


def test_no_path_of_the_user_is_in_a_repr(place):
    assert str(place.state) not in repr(place.load())


# The gateway's address


@pytest.mark.parametrize(
    "address",
    ["https://openapivts.koreainvestment.com:29443", "https://OPENAPIVTS.koreainvestment.com", "http://openapivts"],
)
def test_the_paper_trading_domain_is_refused_up_front(place, address):
    refusal = place.refusal(**with_keys(KIS_BASE_URL=address))
    assert str(refusal) == "모의투자 주소. KIS_BASE_URL을 지우세요. 이 조회는 실전투자 주소로만 됩니다."


@pytest.mark.parametrize(
    "address",
    ["http://openapi.koreainvestment.com:9443", "http://127.0.0.1.evil.kr", "http://10.0.0.1", "http://localhost.kr"],
)
def test_plain_http_is_refused_off_this_machine(place, address):
    assert place.refusal(**with_keys(KIS_BASE_URL=address)).problem.key == "plain_http"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://127.9.9.9"]
)
def test_plain_http_is_taken_on_this_machine(place, address):
    assert place.load(KIS_BASE_URL=f" {address}/ ").base_url == address


@pytest.mark.parametrize(
    "address",
    [
        *("openapi.koreainvestment.com", "ftp://x", "https://", "https://x:port", "https://x:99999", "https://["),
        *("https://me:hunter2@x", "https://:hunter2@x", "https://x?token=hunter2", "https://x#hunter2"),
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(place, address):
    refusal = place.refusal(**with_keys(KIS_BASE_URL=address))
    assert str(refusal) == f"설정값 오류. KIS_BASE_URL 값을 확인하세요: 예: {REAL}."


# Wrong values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("XLWINGS_KIS_TTL", value) for value in ("abc", "0", "-1", "3601", "nan", "inf", "30초")),
        *(("XLWINGS_KIS_DEADLINE", value) for value in ("0", "61", "x")),
        *(("XLWINGS_KIS_RATE", value) for value in ("0", "19", "five")),
        ("XLWINGS_KIS_LANG", "de"),
        ("KIS_CUSTTYPE", "X"),
        ("XLWINGS_KIS_DEMO", "maybe"),
        *(("KIS_APP_KEY", value) for value in ("앱키를 넣으세요", "two words", "line\nbreak")),
        ("KIS_ACCESS_TOKEN", "Bearer eyJ0oken"),
    ],
)
def test_a_wrong_value_names_its_setting_and_what_is_expected_and_never_itself(place, name, value):
    refusal = place.refusal(**{name: value})
    assert refusal.problem.key == "bad_setting"
    assert refusal.problem.facts["name"] == name
    assert str(refusal).startswith(f"설정값 오류. {name} 값을 확인하세요: ")
    if len(value) > 2:
        assert value not in str(refusal)
    assert refusal.__cause__ is None


@pytest.mark.parametrize(
    ("name", "bounds"),
    [("ttl", ("1", "3600")), ("deadline", ("0.05", "60")), ("rate", ("0.1", "18"))],
)
def test_the_bounds_of_a_number_are_allowed_themselves(place, name, bounds):
    assert [getattr(place.load({name: bound}), name) for bound in bounds] == [float(bound) for bound in bounds]


@pytest.mark.parametrize("wrong", [{"XLWINGS_KIS_TTL": "x"}, {}])
def test_wrong_settings_ask_the_user_and_end_commands_with_3(place, wrong):
    if not wrong:
        place.config("ttl =")
    refusal = place.refusal(**wrong)
    assert (refusal.problem.ask_user, refusal.exit_code) == (True, 3)


def test_a_wrong_number_in_the_config_is_refused_like_any_other(place):
    place.config('ttl = "soon"\n')
    assert place.refusal().problem.facts["name"] == "config.toml ttl"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"ttl = 30\napp_secret = {SECRET}\n", "2"),
        (f'# 주석\n\napp_secret = "{SECRET}\n', "3"),
        (f'ttl = 30\nlang = "ko"\napp_secret = "{SECRET}', "3"),
        ("ttl =", "1"),
    ],
)
def test_an_unreadable_config_names_file_and_line_and_never_a_value(place, text, line):
    place.config(text)
    refusal = place.refusal()
    assert str(refusal) == f"설정 파일 오류. config.toml {line}행에서 잘못된 곳을 고치거나 그 파일을 지우세요."
    shown = "".join(traceback.format_exception(refusal))
    assert SECRET not in shown


def test_a_config_in_another_encoding_names_the_file(place):
    place.config('lang = "한국"\n', "cp949")
    assert place.refusal().problem.facts["file"] == "config.toml"


def test_a_config_that_is_a_folder_names_the_file(place):
    (place.state / "config.toml").mkdir()
    assert place.refusal().problem.facts["file"] == "config.toml"


@pytest.mark.parametrize(
    ("text", "line"),
    [(f'my_app: "{KEY}"\nmy_sec: "{SECRET}\n', "3"), (f"my_app: {KEY}\n\tmy_sec: {SECRET}\n", "2")],
)
def test_an_unreadable_file_of_kis_names_file_and_line_and_never_a_value(place, text, line):
    place.devlp(text)
    refusal = place.refusal()
    assert refusal.problem.facts == {"file": "kis_devlp.yaml", "line": line}
    shown = "".join(traceback.format_exception(refusal))
    assert KEY not in shown
    assert SECRET not in shown


def test_a_file_of_kis_in_another_encoding_is_named(place):
    place.devlp("")
    (place.home / "KIS" / "config" / "kis_devlp.yaml").write_bytes("my_app: 앱키\n".encode("cp949"))
    assert place.refusal().problem.facts == {"file": "kis_devlp.yaml", "line": ""}


def test_a_date_that_is_none_in_kis_s_file_is_an_unreadable_file_and_no_traceback(place):
    place.devlp(f"my_app: {KEY}\nmy_sec: {SECRET}\nsince: 2026-13-45\n")
    assert place.refusal().problem.facts["file"] == "kis_devlp.yaml"


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text", "my_app: 123\nmy_sec: [x]\n"])
def test_a_file_of_kis_without_the_names_is_a_source_with_nothing_in_it(place, text):
    place.devlp(text)
    assert place.refusal().problem.key == "no_key"


def test_a_broken_file_of_kis_that_nobody_needs_is_nobodys_problem(place):
    place.devlp("{not yaml")
    assert place.load(**with_keys()).credentials.app_key.reveal() == KEY


def test_the_paper_domain_in_a_file_of_kis_whose_keys_are_used_is_refused(place):
    place.devlp(f"my_app: {KEY}\nmy_sec: {SECRET}\nprod: https://openapivts.koreainvestment.com:29443\n")
    assert place.refusal().problem.key == "paper_domain"
    assert place.load(**with_keys()).base_url == REAL


# Credentials


@pytest.mark.parametrize("given", [{}, {"KIS_APP_SECRET": SECRET}])
def test_without_a_whole_key_pair_the_user_is_told_what_to_do(place, given):
    refusal = place.refusal(**given)
    assert str(refusal) == "앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."
    assert refusal.exit_code == 3
    assert refusal.problem.ask_user


def test_swapped_keys_are_noticed(place):
    refusal = place.refusal(KIS_APP_KEY=SECRET, KIS_APP_SECRET=KEY)
    assert refusal.problem.key == "swapped_keys"
    assert SECRET not in str(refusal)


def test_a_person_needs_no_more_than_the_key_pair(place):
    who = place.load(**with_keys()).credentials
    assert (who.custtype, who.app_key.reveal(), who.app_secret.reveal()) == ("P", KEY, SECRET)
    assert who.personalseckey is who.phone_number is who.ip_addr is who.mac_address is None


def test_a_corporation_has_all_of_its_own(place):
    who = place.load(**with_keys(**COMPANY, KIS_MAC_ADDRESS="001122AABBCC")).credentials
    assert who.custtype == "B"
    own = (who.personalseckey, who.phone_number, who.ip_addr, who.mac_address)
    assert [value.reveal() for value in own] == ["p" * 180, "01011112222", "203.0.113.215", "001122AABBCC"]


@pytest.mark.parametrize("missing", sorted(set(COMPANY) - {"KIS_CUSTTYPE"}))
def test_a_corporation_is_told_the_name_that_is_missing(place, missing):
    given = {name: value for name, value in COMPANY.items() if name != missing}
    assert str(place.refusal(**with_keys(**given))) == f"법인 설정 누락. 다음 값을 넣으세요: {missing}."


def test_a_corporation_is_told_all_missing_names_at_once_and_a_mac_address_is_not_required(place):
    names = place.refusal(**with_keys(KIS_CUSTTYPE="B")).problem.facts["names"]
    assert set(names.split(", ")) == set(COMPANY) - {"KIS_CUSTTYPE"}


def test_a_telephone_number_has_digits_alone(place):
    refusal = place.refusal(**with_keys(**COMPANY) | {"KIS_PHONE_NUMBER": "010-1111-2222"})
    assert str(refusal) == "설정값 오류. KIS_PHONE_NUMBER 값을 확인하세요: 숫자만 적은 전화번호."


# Whose data it is


def test_another_key_or_gateway_is_another_scope(place):
    own = place.load(**with_keys()).scope
    assert place.load(**with_keys()).scope == own
    assert place.load(**with_keys(KIS_APP_KEY="other-key")).scope != own
    assert place.load(**with_keys(KIS_BASE_URL="http://127.0.0.1:1")).scope != own
    assert place.load(**with_keys(KIS_APP_SECRET="x" * 180, XLWINGS_KIS_TTL="5")).scope == own


def test_the_scope_does_not_give_the_key_away(place):
    scope = place.load(**with_keys()).scope
    assert KEY not in scope
    assert len(scope) == 16


@pytest.mark.parametrize(
    "changed",
    [
        {"KIS_APP_KEY": "other-key"},
        {"KIS_APP_SECRET": "x" * 180},
        {"KIS_ACCESS_TOKEN": "eyJ"},
        {"KIS_BASE_URL": "http://127.0.0.1:1"},
        {"KIS_CUSTTYPE": "B"},
        {"KIS_MAC_ADDRESS": "001122AABBCC"},
    ],
)
def test_a_changed_setting_that_may_change_an_answer_changes_the_mark(place, changed):
    assert place.load(**with_keys() | changed).mark != place.load(**with_keys()).mark


def test_settings_that_change_no_answer_leave_the_mark(place):
    same = {"XLWINGS_KIS_TTL": "5", "XLWINGS_KIS_DEADLINE": "1", "XLWINGS_KIS_RATE": "1", "XLWINGS_KIS_LANG": "en"}
    assert place.load(**with_keys(**same)).mark == place.load(**with_keys()).mark


def test_the_stamp_changes_with_environment_config_and_login(place):
    before = stamp(place.environ)
    assert stamp(place.environ) == before
    assert stamp(place.environ | {"KIS_APP_KEY": KEY}) != before
    place.config("ttl = 5\n")
    after = stamp(place.environ)
    assert after != before
    (place.state / "login.json").write_text("{}", encoding="utf-8")
    assert stamp(place.environ) != after


# Secrets


def test_no_secret_is_in_the_repr_of_settings_or_credentials(place):
    found = place.load(**with_keys(**COMPANY))
    shown = f"{found!r} {found} {found.credentials!r} {found.credentials}"
    for value in (KEY, SECRET, "eyJ0oken", "p" * 180, "01011112222", "203.0.113.215"):
        assert value not in shown
    assert "<hidden>" in shown


def test_a_secret_prints_as_hidden_however_it_is_printed():
    secret = Secret("hunter2")
    assert {str(secret), repr(secret), f"{secret}", f"{secret!r:>8}", "%s" % secret} == {"<hidden>"}  # noqa: UP031
    assert repr([secret]) == "[<hidden>]"
    assert secret.reveal() == "hunter2"


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_packed_for_another_process(leak):
    with pytest.raises(TypeError, match="not pickled") as refused:
        leak(Secret("hunter2"))
    assert "hunter2" not in str(refused.value)


def test_a_secret_has_no_attributes_to_list():
    assert not hasattr(Secret("hunter2"), "__dict__")


def test_equal_secrets_are_equal_and_never_equal_to_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_foreign_text_that_echoes_secrets_is_redacted():
    assert (
        redact("key hunter2 and token eyJ", [Secret("hunter2"), None, Secret("token")])
        == "key <hidden> and <hidden> eyJ"
    )
    assert redact("a b", [Secret("a"), Secret("")]) == "a b"


def test_every_setting_of_the_contract_is_declared():
    contract = [
        *("KIS_APP_KEY", "KIS_APP_SECRET", "KIS_ACCESS_TOKEN", "KIS_CUSTTYPE", "KIS_PERSONALSECKEY"),
        *("KIS_PHONE_NUMBER", "KIS_IP_ADDR", "KIS_MAC_ADDRESS", "KIS_BASE_URL", "XLWINGS_KIS_TTL"),
        *("XLWINGS_KIS_DEADLINE", "XLWINGS_KIS_RATE", "XLWINGS_KIS_STORE", "XLWINGS_KIS_LANG"),
        *("XLWINGS_KIS_DEMO", "XLWINGS_KIS_PRE_OPEN"),
    ]
    mail = ["HOST", "PORT", "SECURITY", "USER", "PASSWORD", "FROM", "TEMPLATE"]
    ours = [
        "XLWINGS_KIS_STORE_KEY",
        "XLWINGS_KIS_KEEP_DAYS",
        "XLWINGS_KIS_LOG",
        *(f"XLWINGS_KIS_MAIL_{name}" for name in mail),
    ]
    assert [setting.env for setting in settings.SETTINGS if setting.env not in ours] == contract
    assert {*ours} <= {setting.env for setting in settings.SETTINGS}
    assert issubclass(SettingsError, KisError)
