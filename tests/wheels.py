"""Wheels of what is installed here, as another PC with the internet would have fetched them: for installing without it."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def needed(name: str) -> dict[str, metadata.Distribution]:
    """A distribution's dependencies on this machine, and theirs, by canonical name; extras are left out."""
    found: dict[str, metadata.Distribution] = {}
    to_see = list(metadata.requires(name) or ()) if name != "xlwings-kis" else list(declared())
    while to_see:
        wish = Requirement(to_see.pop())
        key = canonicalize_name(wish.name)
        if key in found or (wish.marker and not wish.marker.evaluate({"extra": ""})):
            continue
        found[key] = metadata.distribution(wish.name)
        to_see += found[key].requires or ()
    return found


def fill(folder: Path) -> None:
    """Put a wheel of ours and one of everything it needs into a folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    for distribution in needed("xlwings-kis").values():
        _pack(distribution, folder)


def declared() -> Iterator[str]:
    """What the project itself asks for."""
    import tomllib

    yield from tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def _pack(distribution: metadata.Distribution, folder: Path) -> None:
    tags = [line.partition(": ")[2] for line in (distribution.read_text("WHEEL") or "").splitlines() if "Tag: " in line]
    name = distribution.metadata["Name"].replace("-", "_").replace(".", "_")
    record = []
    with zipfile.ZipFile(folder / f"{name}-{distribution.version}-{_compressed(tags)}.whl", "w") as archive:
        for file in distribution.files or ():
            place, there = file.as_posix(), Path(str(file.locate()))
            if place.startswith("..") or place.endswith(".pyc") or not there.is_file():
                continue
            if place.endswith((".dist-info/RECORD", ".dist-info/INSTALLER", ".dist-info/REQUESTED", "direct_url.json")):
                continue
            data = there.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{place},sha256={digest},{len(data)}")
            archive.writestr(place, data)
        (info,) = {file.parts[0] for file in distribution.files or () if file.parts[0].endswith(".dist-info")}
        archive.writestr(f"{info}/RECORD", "\n".join((*record, f"{info}/RECORD,,", "")))


def _compressed(tags: list[str]) -> str:
    """`py2-none-any` and `py3-none-any` are `py2.py3-none-any` in a wheel's name."""
    return "-".join(".".join(sorted(set(column))) for column in zip(*(tag.split("-") for tag in tags), strict=True))
