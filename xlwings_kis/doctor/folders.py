"""Whether a folder is really on this machine: what a cloud or a share keeps may be locked, old, or read by others."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_CLOUDS = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "icloud": "iCloud",
    "mobile documents": "iCloud",
    "synologydrive": "Synology Drive",
    "naver mybox": "MYBOX",
}
_ONEDRIVE = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_NETWORK_TYPES = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "afs")
_REMOTE = 4
"""DRIVE_REMOTE of GetDriveTypeW."""


def cloud(folder: Path, environ: Mapping[str, str]) -> str:
    """The service that synchronises a folder; empty for none."""
    for name in _ONEDRIVE:
        if environ.get(name) and folder.is_relative_to(environ[name]):
            return "OneDrive"
    parts = [part.lower() for part in folder.parts]
    return next((known for word, known in _CLOUDS.items() if any(part.startswith(word) for part in parts)), "")


def roaming(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether Windows carries the folder along to the user's other machines."""
    return bool(environ.get("APPDATA")) and folder.is_relative_to(environ["APPDATA"])


def remote(folder: Path, mounts: str | None = None) -> bool:
    """Whether the folder is on a share."""
    if str(folder).startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == _REMOTE)
    return _mounted(folder, _mounts() if mounts is None else mounts).startswith(_NETWORK_TYPES)


def writable(folder: Path) -> bool:
    """Whether files can be made in it, or it can be made: asked of the nearest folder that is there. Changes nothing."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _mounted(folder: Path, mounts: str) -> str:
    """The kind of file system the folder is on, by the longest mount point that holds it."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        _, point, found, *_ = [*line.split(" "), "", "", ""]
        point = point.replace("\\040", " ")
        if point and folder.is_relative_to(point) and len(point) > best:
            best, kind = len(point), found
    return kind


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
