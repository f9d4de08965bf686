"""`licences.md`: what comes along with `pip install`, under which licence and why. Part of `python docs/generate.py`.

What is installed here tells of itself; what only other systems or older Pythons install stands in a table. Versions are left
out: the page changes when a dependency or its licence does, and at no other time.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

ELSEWHERE = {
    "appscript": ("Public Domain", "xlwings", "macOS"),
    "backports-tarfile": ("MIT", "jaraco-context", "Python 3.11"),
    "importlib-metadata": ("Apache-2.0", "keyring", "Python 3.11"),
    "lazy-importer": ("Apache-2.0", "importlib-metadata", "Python 3.11"),
    "psutil": ("BSD-3-Clause", "xlwings", "macOS"),
    "pywin32": ("PSF-2.0", "xlwings", "Windows"),
    "pywin32-ctypes": ("BSD-3-Clause", "keyring", "Windows"),
    "zipp": ("MIT", "importlib-metadata", "Python 3.11"),
    "cffi": ("MIT-0", "cryptography", "Linux"),
    "cryptography": ("Apache-2.0 OR BSD-3-Clause", "secretstorage", "Linux"),
    "jeepney": ("MIT", "keyring, secretstorage", "Linux"),
    "pycparser": ("BSD-3-Clause", "cffi", "Linux"),
    "secretstorage": ("BSD-3-Clause", "keyring", "Linux"),
}
"""What one system or one Python installs: licence, who needs it, where."""

_MEANT = {
    "xlwings": "BSD-3-Clause",
    "olefile": "BSD-2-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
"""Where the metadata says less than the licence file."""

_SAME = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


class Needed(NamedTuple):
    """A distribution: who asks for it, and what for."""

    name: str
    licence: str
    by: str


def declared() -> dict[str, str]:
    """The project's own dependencies and the reason each gives in pyproject.toml."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    found = {}
    for line in lines[start + 1 : lines.index("]", start)]:
        wish, _, why = line.partition("#")
        found[Requirement(wish.strip().strip('",')).name] = why.strip()
    return found


def indirect() -> list[Needed]:
    """What those need in turn, on any system: installed here, but not what one system alone installs."""
    asked: dict[str, set[str]] = {}
    own = {canonicalize_name(name) for name in declared()}
    to_see = [(name, name) for name in declared()]
    while to_see:
        name, _ = to_see.pop()
        for line in metadata.requires(name) or ():
            wish = Requirement(line)
            key = canonicalize_name(wish.name)
            if key in ELSEWHERE or (wish.marker and not wish.marker.evaluate({"extra": ""})):
                continue
            if key not in asked and key not in own:
                to_see.append((key, name))
            asked.setdefault(key, set()).add(canonicalize_name(name))
    return [Needed(key, licence(key), ", ".join(sorted(by))) for key, by in sorted(asked.items()) if key not in own]


def licence(name: str) -> str:
    """The licence by its SPDX name. Raises `ValueError` where the metadata does not tell: then `_MEANT` has to."""
    if name in _MEANT:
        return _MEANT[name]
    told = metadata.metadata(name)
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License")]
    for word in (str(told.get("License") or ""), *classified):
        if re.fullmatch(r"[A-Za-z]+(-[0-9A-Za-z.]+)*", word) and word not in ("BSD", "UNKNOWN"):
            return word
        if word in _SAME:
            return _SAME[word]
    raise ValueError(f"{name} does not tell its licence")


def page() -> str:
    """The page."""
    own = [f"| {name} | {licence(name)} | {why} |" for name, why in declared().items()]
    others = [f"| {each.name} | {each.licence} | {each.by} | |" for each in indirect()]
    others += [f"| {name} | {how} | {by} | {where} |" for name, (how, by, where) in sorted(ELSEWHERE.items())]
    return "\n".join(
        (
            "# 라이선스 · Licences",
            "",
            "xlwings-kis는 MIT 라이선스입니다(`LICENSE`). `pip install`이 함께 설치하는 것은 아래와 같고, 그대로 받아 쓰며 고치지 않습니다.",
            "`addin build`가 만드는 `xlwings_kis.xlam`과 `kis_program_trade.xlsm`에는 xlwings(BSD-3-Clause)의 VBA 모듈이 들어 있습니다.",
            "Windows의 Excel에는 xlwings의 라이선스 키가 필요 없습니다. xlwings PRO에 드는 것(Office.js 엔진)에만 그 키가 필요합니다.",
            "",
            "## 직접 쓰는 것 · Needed by xlwings-kis",
            "",
            "| 이름 | 라이선스 | 왜 |",
            "|---|---|---|",
            *own,
            "",
            "## 그것들이 쓰는 것 · Needed by those",
            "",
            "| 이름 | 라이선스 | 누가 | 어디에서만 |",
            "|---|---|---|---|",
            *others,
            "",
        )
    )
