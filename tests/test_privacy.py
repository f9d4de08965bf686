"""A whole working day of somebody whose names, keys and paths are easy to recognise; then all it has left is looked through.

Keys, secrets, tokens, the user's and the machine's name and paths must be nowhere but where they belong: the pair in the
keyring, the token in its file.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from clocks import WallClock
from leaks import Watch, parts, spellings
from loopback import Loopback, read_request

from xlwings_kis.addin import compound, compression
from xlwings_kis.simulator import Fault, Simulator

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent

USER, MACHINE, ACCOUNT = "hongbimil", "DESK-BIMIL-7741", "50129988"
MAIL_PASSWORD, PERSONAL = "mail-pw-Zq8!x", "PERSONALSECKEY-Zq81-xYz-7741"
PHONE, ADDRESS, MAC = "01088887777", "203.0.113.77", "A1B2C3D4E5F6"
SUPPLIED = "eyJsupplied-token-Zq81.xYz.7741"

SCRIPT = """
import copy, io, json, logging, pickle, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
import xlwings_kis
from xlwings_kis import errors, runtime, settings, udfs, desk

def show(what):
    print(repr(what)); print(str(what)); print(f"{what!r:>10}")

table = xlwings_kis.program_trade("KRX", "KOSPI")
show(table); print(table._repr_html_()); print(table.to_pandas()); print(json.dumps(table.to_records(), ensure_ascii=False))
open("표.pickle", "wb").write(pickle.dumps(table))
found = settings.load()
show(found); show(found.credentials); show(found.app_key)
for thing in (found, found.credentials, found.app_key, runtime.feed()):
    try:
        open(f"{type(thing).__name__}.pickle", "wb").write(pickle.dumps(thing))
    except Exception as refused:
        show(refused)
    try:
        show(copy.deepcopy(thing))
    except Exception as refused:
        show(refused)
show(udfs.KIS_PROGRAM_TRADE("KRX", "KOSPI")); show(udfs.KIS_PROGRAM_STATUS()); show(runtime.feed())
at_work = desk.open_desk(found, runtime.clock)
show(at_work); show(at_work.store)
at_work.close()
for words in (("KRX", "KOSPI200"), ("NXT", "KOSDAQ")):
    try:
        show(xlwings_kis.program_trade(*words))
    except errors.KisError as failed:
        show(failed); show(failed.problem); show(failed.__cause__); show(failed.__context__); show(failed.args)
        traceback.print_exc()
        traceback.TracebackException.from_exception(failed, capture_locals=True)
        open("오류.pickle", "wb").write(pickle.dumps(failed))
"""


def echoing(connection, server: Loopback) -> None:
    """A gateway that says back everything it was sent: in its message, its code, its headers."""
    while request := read_request(connection):
        text = request.decode("latin-1")
        length = int((re.search(r"(?i)content-length: *(\d+)", text) or [0, 0])[1])
        body = request.partition(b"\r\n\r\n")[2]
        while len(body) < length:
            body += connection.recv(65536)
        said = " ".join((text + body.decode("latin-1")).split())
        wanted = sorted(set(re.findall(r"[A-Za-z0-9+/=._-]{20,}", said)), key=len)
        answer = json.dumps(
            {"rt_cd": "1", "msg_cd": "EGW00999", "msg1": " / ".join(wanted)[:900], "error_description": said[:900],
             "error_code": "EGW00999"}
        ).encode()  # fmt: skip
        head = "HTTP/1.1 500 " + (wanted[-1] if wanted else "x")[:60] + "\r\ncontent-type: application/json\r\n"
        connection.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(answer) + answer)


class Session:
    """Commands as processes, everything they say and the titles they run under."""

    def __init__(self, root: Path, kis: Simulator, moment: str) -> None:
        self.root, self.kis = root, kis
        self.home, self.work = root / USER, root / USER / "Documents"
        self.work.mkdir(parents=True)
        self.state = self.home / "AppData" / "xlwings-kis"
        self.said: list[tuple[str, bytes]] = []
        self.titles: set[bytes] = set()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE")},
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / "planted", ROOT))), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8", "HOME": str(self.home), "USERPROFILE": str(self.home), "TMPDIR": str(self.work),
            **dict.fromkeys(("USER", "LOGNAME", "USERNAME"), USER), "COMPUTERNAME": MACHINE, "HOSTNAME": MACHINE,
            "XLWINGS_KIS_HOME": str(self.state), "KIS_BASE_URL": kis.url, "PLANTED_MACHINE": MACHINE,
            "PLANTED_KEYRING": str(root / "keyring.json"), "PLANTED_MOMENT": moment, "PLANTED_BEGUN": str(time.time()),
            "XLWINGS_KIS_MAIL_HOST": "mail.company.kr", "XLWINGS_KIS_MAIL_USER": "desk@company.kr",
            "XLWINGS_KIS_MAIL_PASSWORD": MAIL_PASSWORD, "XLWINGS_LICENSE_KEY": "noncommercial",
        }  # fmt: skip
        own = self.home / "KIS" / "config" / "kis_devlp.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(f"my_acct_stock: '{ACCOUNT}'\nmy_htsid: '{USER}'\n", encoding="utf-8")

    def run(self, *words: str, status: int = 0, ends_at: str = "", **environment: str) -> None:
        """A command of ours; `ends_at` is a file whose coming ends it."""
        self.python(["-m", "xlwings_kis", *words], status, ends_at, environment)

    def python(self, words: list[str], status: int, ends_at: str, environment: dict[str, str]) -> None:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=self.work, env=self.environment | environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        over = threading.Event()
        looking = threading.Thread(target=self._look, args=(process.pid, over, ends_at))
        looking.start()
        out, err = process.communicate(timeout=100)
        over.set()
        looking.join()
        name = " ".join(words)[:40]
        self.said += [(f"stdout of {name}", out), (f"stderr of {name}", err)]
        assert process.returncode == status, (name, process.returncode, err.decode()[-2000:])

    def _look(self, pid: int, over: threading.Event, ends_at: str) -> None:
        """What anybody on the machine sees of a process and its threads."""
        while not over.wait(0.02):
            for path in (Path("/proc") / str(pid) / "cmdline", *_threads(pid)):
                with suppress(OSError):
                    self.titles.add(path.read_bytes())
            if ends_at and (self.work / ends_at).exists():
                ends_at = ""
                time.sleep(0.5)
                os.kill(pid, signal.SIGTERM)


def _threads(pid: int) -> list[Path]:
    """The titles of a process' threads; none of one that has just ended."""
    try:
        return list((Path("/proc") / str(pid) / "task").glob("*/comm"))
    except OSError:
        return []


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Iterator[Session]:
    """The day: log in, look, record, report, send nothing, ask the doctor, export, build, fail in many ways."""
    moment = "2026-11-20T11:20:31+09:00"
    begun, clock = time.time(), WallClock()
    first = clock.now
    with (
        Simulator(lambda: first + (type(first - first)(seconds=time.time() - begun)), token_interval=0.0,
                  accepted_tokens=[SUPPLIED]) as kis,
    ):  # fmt: skip
        kis.calls_per_second = 1000
        day = Session(tmp_path_factory.mktemp("privacy"), kis, moment)
        answers = json.dumps([kis.app_key, kis.app_secret])
        day.run("login", PLANTED_ANSWERS=answers)
        for name in ("표.xlsx", "표.csv", "표.json", "표.txt"):
            day.run("table", "KRX", "코스피", "-o", name)
        for form in ("table", "json", "csv", "text"):
            day.run("table", "통합", "코스닥", "--format", form)
        day.run("record", "--csv", "기록", "--pairs", "모두", ends_at="기록/UN_KOSDAQ.csv")
        day.run(
            "report", "-o", "보고서.xlsx", "--exchange", "KRX,NXT,UN", "--mail-to", "manager@company.kr", "--dry-run"
        )
        day.run("history", "stats")
        day.run("history", "export", "-o", "기록.csv")
        day.run("history", "export", "-o", "기록.xlsx")
        day.run("addin", "build", "--output", "excel")
        day.run("addin", "status")
        for words in (["doctor"], ["doctor", "--json"], ["log"]):
            day.run(*words)
        time.sleep(1.1)
        day.python(["-c", SCRIPT], 0, "", {"XLWINGS_KIS_TTL": "1"})
        day.run("login", "--mail", PLANTED_ANSWERS=json.dumps([MAIL_PASSWORD]))

        # What goes wrong says more than what goes well.
        fresh = {"XLWINGS_KIS_TTL": "1"}
        for fault, status in ((Fault.WRONG_KEY, 0), (Fault.HTML_503, 0), (Fault.REDIRECT, 0)):
            kis.fault = fault
            time.sleep(1.1)
            day.run("table", "KRX", "코스피", status=status, **fresh)
        kis.clear_faults()
        echo = Loopback(echoing)
        try:
            elsewhere = {"KIS_BASE_URL": echo.url, "KIS_APP_KEY": kis.app_key, "KIS_APP_SECRET": kis.app_secret}
            day.run("table", "KRX", "코스피", status=4, **elsewhere)
            corporate = elsewhere | {
                "KIS_CUSTTYPE": "B", "KIS_PERSONALSECKEY": PERSONAL, "KIS_PHONE_NUMBER": PHONE, "KIS_IP_ADDR": ADDRESS,
                "KIS_MAC_ADDRESS": MAC, "KIS_ACCESS_TOKEN": SUPPLIED,
            }  # fmt: skip
            day.run("table", "KRX", "코스피", status=4, **corporate)
            day.run("doctor", status=4, **corporate)
            day.run("table", "KRX", "코스피", **corporate | {"KIS_BASE_URL": kis.url})
        finally:
            echo.close()
        shut = {"KIS_BASE_URL": "http://127.0.0.1:9"}
        day.run("table", "KRX", "코스피", status=5, **shut)
        day.run("doctor", status=5, **shut)
        day.run("table", "KRX", "코스피", "-o", str(day.home / "없는 폴더" / "표.xlsx"), status=6)
        yield day


@pytest.fixture
def watch(session) -> Watch:
    """Everything that must be nowhere."""
    kis = session.kis
    telling = {"app key": kis.app_key, "app secret": kis.app_secret, "personalseckey": PERSONAL}
    names = {"account": ACCOUNT, "user": USER, "machine": MACHINE, "mail password": MAIL_PASSWORD, "phone": PHONE}
    names |= {"address": ADDRESS, "MAC": MAC, "path": str(session.home), "supplied token": SUPPLIED}
    return Watch(telling | names | {f"token {n}": t for n, t in enumerate(kis.issued_tokens)}, telling)


@pytest.mark.timeout(400)
def test_no_file_of_the_day_holds_a_secret_a_name_or_a_path(session, watch):
    files = {str(path.relative_to(session.root)) for path in session.root.rglob("*") if path.is_file()}
    for name in ("표.xlsx", "보고서.eml", "기록.xlsx", "excel/xlwings_kis.xlam", "오류.pickle", "기록/UN_KOSDAQ.csv"):
        assert f"{USER}/Documents/{name}" in files, "the day has left it"
    assert (session.state / "store.sqlite3").exists()
    assert (session.state / "xlwings-kis.log").exists()

    def belongs(path: Path) -> bool:
        return path.name.startswith("token-") or path.name == "kis_devlp.yaml"

    assert list(watch.in_folder(session.work)) == []
    assert list(watch.in_folder(session.state, skip=belongs)) == []
    rest = [path for path in session.home.rglob("*") if path.is_file() and session.work not in path.parents]
    assert {path.name for path in rest if session.state not in path.parents} == {"kis_devlp.yaml"}, "nothing elsewhere"


def test_the_token_is_in_its_own_file_alone_and_the_pair_in_none(session, watch):
    tokens = list(session.state.glob("token-*.json"))
    assert tokens
    for path in tokens:
        assert path.stat().st_mode & 0o077 == 0
        found = {line.rpartition(": ")[2].partition(" (")[0] for line in watch.in_data(path.read_bytes(), path.name)}
        assert all(each.startswith("token ") for each in found), found


def test_nothing_that_was_said_holds_one(session, watch):
    assert len(session.said) > 60
    told = "".join(data.decode("utf-8", "replace") for _, data in session.said)
    for word in ("외국인", "<hidden>", "EGW00999", "Traceback", "DEBUG"):
        assert word in told, "the day has said enough to give something away"
    assert [found for place, data in session.said for found in watch.in_data(_ours(data), place)] == []


def _ours(data: bytes) -> bytes:
    """Without what another library tells whoever switches its own debugging on: `filelock` the paths of our locks."""
    return b"\n".join(line for line in data.split(b"\n") if not line.startswith(b"DEBUG:filelock:"))


def test_no_process_or_thread_is_called_by_one(session, watch):
    assert any(b"xlwings_kis\0table" in title for title in session.titles)
    inside = b"\n".join(title.replace(str(session.home).encode(), b"") for title in session.titles)  # typed by the user
    assert list(watch.in_data(inside, "process list")) == []


# --- the search itself ---

SECRET = "PSbimil+Zq81/xYz=7741하"


def in_a_database(text: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE things (a, b)")
        db.execute("INSERT INTO things VALUES (?, ?)", (1, b"x" * 3990 + text + b"y" * 9000))  # over the edge of a page
        db.commit()
        return db.serialize()


def in_a_zip(text: bytes, around: tuple[bytes, bytes] = (b"<t>", b"</t>")) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/part", text.join(around))
    return made.getvalue()


def in_a_mail(text: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"] = "보고서"
    message.set_content("본문")
    message.add_attachment(in_a_zip(text), maintype="application", subtype="octet-stream", filename="보고서.xlsx")
    return message.as_bytes()


def in_a_macro(text: bytes) -> bytes:
    return compound.write({"VBA/Module1": b"\0" * 40 + compression.compress(b"Sub A()\r\n' " * 90 + text)})


HOLDERS = {"as it is": lambda text: b".." + text + b"..", "zip": in_a_zip, "database": in_a_database, "mail": in_a_mail}
HOLDERS |= {"macro": in_a_macro, "macro in a zip": lambda text: in_a_zip(in_a_macro(text), (b"", b""))}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("spelling", spellings(SECRET))
def test_a_secret_that_was_put_there_is_found(holder, spelling):
    """The search is good for something: whatever it passes, it has looked into."""
    written = spellings(SECRET)[spelling]
    if spelling.startswith("base64"):
        shift = int(re.search(r"\d(?=$|,)", spelling)[0])
        raw = SECRET.encode("utf-16-le" if "16" in spelling else "utf-8")
        how = base64.urlsafe_b64encode if "addresses" in spelling else base64.b64encode
        written = how(b"a" * shift + raw + b"zzz")
    assert list(Watch({"it": SECRET}, {}).in_data(HOLDERS[holder](written), "here"))
    assert not list(Watch({"it": SECRET}, {}).in_data(HOLDERS[holder](b"nothing"), "here"))


def test_a_secret_that_was_cut_is_found_too():
    assert list(Watch({}, {"key": SECRET}).in_text(f"got {SECRET[:8]}...", "here"))


def test_texts_of_json_are_read_without_their_escapes():
    data = json.dumps({"cells": [{"source": SECRET}]}).encode()
    assert SECRET in dict(parts(data, "notebook"))["notebook > texts"].decode().splitlines()
