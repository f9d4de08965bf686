"""A company's own certificate authority, made for a test run."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any


def make_authority(folder: Path) -> Path:
    """Fill a folder with a company's own CA (`ca.pem`) and certificates by it: `good`, `elsewhere` (host), `expired`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now, day = datetime.now(UTC), timedelta(days=1)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Company CA")])

    def builder(name: Any, key: Any, until: datetime) -> Any:
        made = x509.CertificateBuilder().subject_name(name).issuer_name(ca_name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - 30 * day).not_valid_after(until)
        return made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)

    ca = builder(ca_name, ca_key, now + day)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    ca = ca.add_extension(
        x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), critical=True
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    for name, host, until in (
        ("good", "127.0.0.1", now + day),
        ("elsewhere", "127.0.0.2", now + day),
        ("expired", "127.0.0.1", now - day),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        leaf = builder(subject, key, until)
        leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem) + private)
    return folder


def server_context(authority: Path, name: str = "good") -> ssl.SSLContext:
    """How a server with one of the certificates speaks TLS."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority / f"{name}.pem")
    return made
