"""The doctor on the way to KIS: every way to be cut off is named with one thing to do, and nothing needless is asked for."""

from __future__ import annotations

import json
import ssl
from pathlib import Path, PureWindowsPath

import pytest
from unreached import UNREACHED

from xlwings_kis import places, settings
from xlwings_kis.cli import main
from xlwings_kis.doctor import access, certificate, examination, folders, network
from xlwings_kis.doctor.finding import Finding
from xlwings_kis.doctor.standing import Standing
from xlwings_kis.simulator import Fault


def findings(scene) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for each in examination.to_kis(Standing(scene.machine, scene.clock)):
        found.setdefault(each.name, []).append(each)
    return found


@pytest.fixture
def noted(monkeypatch) -> list[Finding]:
    """What the doctor finds, beside what it shows."""
    kept: list[Finding] = []
    real = examination.to_kis

    def to_kis(standing: Standing) -> tuple[Finding, ...]:
        kept.extend(real(standing))
        return tuple(kept)

    monkeypatch.setattr(examination, "to_kis", to_kis)
    return kept


def run(capsys, scene, *words):
    status = main(["doctor", *words])
    out, err = capsys.readouterr()
    secrets = (scene.kis.app_key, scene.kis.app_secret, *scene.kis.issued_tokens, "pa55w", "hong", str(scene.root))
    assert not any(secret in out + err for secret in secrets)
    return status, scene.public(out), err


def test_a_user_who_is_well_connected_sees_a_line_for_each_check(capsys, scene):
    status, out, err = run(capsys, scene)
    assert (status, err) == (0, "")
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    assert {level for level, _ in lines} == {"정상"}
    assert [line for _, line in lines[:8]] == [
        "설정       읽을 수 있습니다(KIS_BASE_URL).",
        "보관함     Windows 자격 증명 관리자",
        "앱키       앱키 36자, 시크릿 180자 · Windows 자격 증명 관리자",
        "상태 폴더  $XLWINGS_KIS_HOME",
        "공유 파일  아직 없습니다. 처음 조회할 때 생깁니다.",
        "접근토큰   저장된 것이 없었습니다. 조회할 때 하나를 발급합니다.",
        "연결       openapi.koreainvestment.com:9443에 연결됩니다.",
        "인증서     신뢰됩니다. 서명: Company CA",
    ]
    assert len(lines) == 11


def test_one_token_is_read_and_never_issued_needlessly(capsys, scene):
    run(capsys, scene)
    assert scene.kis.kinds == ["token", "program-trade"]
    _, out, _ = run(capsys, scene)
    assert scene.kis.kinds == ["token", "program-trade", "program-trade"]
    assert "접근토큰   11/21 11:20까지 씁니다." in out


@pytest.mark.parametrize("case", UNREACHED, ids=[case.what for case in UNREACHED])
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # `ssl` drops a socket shut before its handshake
def test_each_way_to_be_cut_off_is_named_with_one_thing_to_do_and_has_its_exit_status(capsys, scene, case, noted):
    case.happens(scene)
    capsys.readouterr()
    status, out, _ = run(capsys, scene)
    assert status == case.exit_code
    (found,) = (each for each in noted if (each.name, each.key) == (case.name, case.key))
    assert scene.public(found.sentence()) in out
    assert scene.public(found.remedy()) in out
    assert found.remedy() or case.exit_code == 0


def test_nothing_is_sent_where_the_way_or_the_key_is_wrong(capsys, scene):
    scene.set(SSL_CERT_FILE="")
    assert run(capsys, scene)[0] == 5
    assert scene.kis.calls == []


def test_a_password_of_the_proxy_opens_the_way_and_is_not_shown(capsys, scene):
    scene.by_proxy("hong:pa55w", at="hong:pa55w@")
    status, out, _ = run(capsys, scene)
    assert status == 0
    assert "proxy.example:8080 프록시로 openapi.koreainvestment.com:9443에 연결됩니다." in out


def test_json_holds_every_finding_with_kis_s_code_in_its_sentence(capsys, scene):
    scene.kis.fault = Fault.IP_NOT_ALLOWED
    status, out, _ = run(capsys, scene, "--json")
    shown = json.loads(out)
    assert shown["exit"] == status == 4
    (bad,) = (each for each in shown["findings"] if each["level"] == "problem")
    assert bad["sentence"] == "허용되지 않은 IP(EGW00207)"


def test_a_user_with_the_wrong_key_is_asked_to_check_it_and_told_nothing_twice(scene):
    scene.kis.fault = Fault.TOKEN_WRONG_KEY
    bad = [each for each_of in findings(scene).values() for each in each_of if each.exit_code]
    assert [each.key for each in bad] == ["wrong_key"]


def test_settings_that_are_all_defaults_are_told_as_such(scene, monkeypatch):
    monkeypatch.delenv("KIS_BASE_URL")
    scene.change(access, "REAL_DOMAIN", settings.REAL_DOMAIN)
    (found,) = access.settings(Standing(scene.machine, scene.clock))
    assert found.sentence() == "모두 기본값입니다."


def test_a_brought_token_is_used_as_it_is(scene):
    scene.set(KIS_ACCESS_TOKEN="brought")
    assert findings(scene)["token"][0].key == "token_brought"
    assert scene.kis.count("token") == 0


# --- who signed it ---


def made(authority: Path, name: str = "good") -> bytes:
    pem = (authority / f"{name}.pem").read_text(encoding="ascii")
    return ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_signer_is_named_in_either_version_of_tls_without_trusting_it(serve, tls, version):
    context = tls()
    context.maximum_version = context.minimum_version = version
    server = serve(tls=context)
    assert network.look(server.url).issuer == "Company CA"
    assert server.received == []


def test_a_signer_has_its_company_beside_its_name_in_any_script():
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, oid = ec.generate_private_key(ec.SECP256R1()), x509.NameOID
    issuer = x509.Name(
        [x509.NameAttribute(oid.COUNTRY_NAME, "KR"), x509.NameAttribute(oid.ORGANIZATION_NAME, "가나다증권"),
         x509.NameAttribute(oid.COMMON_NAME, "보안 루트")]
    )  # fmt: skip
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    der = signed.public_bytes(serialization.Encoding.DER)
    assert certificate.issuer(der) == "보안 루트 (가나다증권)"
    for cut in range(len(der)):
        assert isinstance(certificate.issuer(der[:cut]), str), "what is cut is no certificate, and no error"


@pytest.mark.parametrize("message", [b"", b"\x0b", b"\x02\0\0\x3d\x03\x03aaaaaaaa", b"\x0b\0\0\0\0\0\0\0\0"])
def test_another_message_of_the_handshake_brings_no_certificate(message):
    for version in (0x0303, 0x0304):
        assert certificate.issuer(certificate.presented(message, version)) == ""


# --- folders ---


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("/Users/me/Library/Mobile Documents/x", "iCloud"),
        ("/home/me/Dropbox (Personal)/x", "Dropbox"),
        ("/home/me/OneDrive - 회사/x", "OneDrive"),
        ("/home/me/x", ""),
    ],
)
def test_a_folder_of_a_cloud_is_known_by_its_name(folder, service):
    assert folders.cloud(Path(folder), {}) == service


def test_a_share_is_known_by_its_file_system_or_its_two_slashes():
    mounts = "/dev/sda1 / ext4 rw 0 0\nserver:/home /mnt/my\\040share nfs4 rw 0 0\n"
    assert folders.remote(Path("/mnt/my share/state"), mounts)
    assert not folders.remote(Path("/mnt/other"), mounts)
    assert folders.remote(PureWindowsPath(r"\\server\home\state"), mounts)  # type: ignore[arg-type] # it asks for no disk


# --- places ---


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (r"C:\Users\홍길동\AppData\Local\xlwings-kis\xlwings-kis.log", r"%LOCALAPPDATA%\xlwings-kis\xlwings-kis.log"),
        (r"C:\Users\홍길동\x", r"%USERPROFILE%\x"),
        (r"D:\홍길동\비밀\xlwings-kis", "xlwings-kis"),
    ],
)
def test_a_place_on_windows_is_shown_without_the_users_name(path, shown):
    environ = {"USERPROFILE": r"C:\Users\홍길동", "LOCALAPPDATA": r"C:\Users\홍길동\AppData\Local"}
    assert places.shown(PureWindowsPath(path), environ, windows=True) == shown


def test_a_place_elsewhere_is_shown_without_the_users_name():
    environ = {"HOME": "/home/hong", "XLWINGS_KIS_HOME": "/srv/hong"}
    shown = [places.shown(Path(path), environ, windows=False) for path in ("/home/hong/x", "/srv/hong", "/opt/hong/x")]
    assert shown == ["~/x", "$XLWINGS_KIS_HOME", "x"]
