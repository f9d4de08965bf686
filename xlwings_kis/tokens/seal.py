"""What makes a token unreadable to whoever has not the key of the desk: AES-256-GCM, bound to one gateway and key pair."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode
from hashlib import blake2b

from xlwings_kis.secret import Secret

_NONCE = 12


class Seal:
    """Closes and opens. `mark` tells keys apart and says nothing of them."""

    def __init__(self, key: Secret, scope: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = urlsafe_b64decode(key.reveal() + "=")
        self._cipher = AESGCM(raw)
        self._bound = f"xlwings-kis token {scope}".encode()
        self.mark = blake2b(raw, digest_size=6, person=b"xlwings-kis").hexdigest()

    def close(self, value: bytes) -> bytes:
        """Another sealed value each time."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, value, self._bound)

    def open(self, sealed: bytes) -> bytes | None:
        """The value; None for what this key did not close, or what has been changed since."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound)
        except (InvalidTag, ValueError):
            return None
