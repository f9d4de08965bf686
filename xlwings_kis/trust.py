"""Whom we trust: the operating system's certificates, for companies that inspect TLS, and those certifi lists."""

from __future__ import annotations

import os
import ssl


def context() -> ssl.SSLContext:
    """A client's context that checks certificate and host name against the operating system's store."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def with_bundle() -> ssl.SSLContext:
    """The same with what `requests` would add by itself: the bundle the environment names, else certifi's."""
    import certifi

    made = context()
    get = os.environ.get
    made.load_verify_locations(get("REQUESTS_CA_BUNDLE") or get("CURL_CA_BUNDLE") or certifi.where())
    return made
