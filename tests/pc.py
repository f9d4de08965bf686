"""A Windows PC in a folder: files are real, Excel, registry and locks are values that a test sets."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path, PureWindowsPath

from xlwings_kis import __version__
from xlwings_kis.addin import places, vba
from xlwings_kis.addin.machine import Excel, Interpreter

USER = "김 하늘"
XLWINGS = "0.37.8"


class Killed(BaseException):
    """The process ends here: nothing that follows is run, not even a clean-up."""


@dataclass
class Running:
    """A running Excel."""

    startup: Path | None
    addin: Path | None = None
    answers: bool = True


@dataclass
class Pc:
    """A `Machine`. `log` names every call that changes something; `kill_at` ends the process at the n-th of them, before
    or after it is done."""

    root: Path
    system: str = "Windows"
    keys: dict[str, dict[str, object]] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)
    locked: set[Path] = field(default_factory=set)
    bits: int | None = 64
    page: str = "cp949"
    short: dict[Path, Path] = field(default_factory=dict)
    python_starts: bool = True
    versions: tuple[str, ...] = (XLWINGS,)
    log: list[str] = field(default_factory=list)
    unmarked: list[Path] = field(default_factory=list)
    kill_at: tuple[int, str] | None = None

    def __post_init__(self) -> None:
        self.profile = self.root / "Users" / USER
        self.venv = self.profile / "AppData" / "Local" / "kis venv"
        self.base_prefix = self.root / "Python311"
        self.executable = self.venv / "Scripts" / "python.exe"
        self.put_python(self.venv)

    def put_python(self, prefix: Path, *, dll: bool = True, scripts: str = "Scripts") -> None:
        """Install a Python with its DLLs, and let it be the one that runs us."""
        self.executable = prefix / scripts / "python.exe"
        self.executable.parent.mkdir(parents=True, exist_ok=True)
        for name in ("python.exe", "pythonw.exe"):
            self.executable.with_name(name).touch()
        for number in (32, 64) if dll else ():
            (prefix / f"xlwings{number}-{self.versions[0]}.dll").touch()
        self.prefix = prefix

    @property
    def environ(self) -> dict[str, str]:
        data = self.profile / "AppData"
        return {
            "USERPROFILE": str(self.profile),
            "APPDATA": str(data / "Roaming"),
            "LOCALAPPDATA": str(data / "Local"),
        }

    @property
    def startup(self) -> Path:
        return places.startup_folder(self.environ)

    @property
    def addin(self) -> Path:
        return self.startup / places.ADDIN_NAME

    @property
    def config(self) -> Path:
        return places.config_file(self.environ)

    @property
    def user_base(self) -> Path:
        return self.profile / "AppData" / "Roaming" / "Python"

    def interpreter(self) -> Interpreter:
        return Interpreter(
            self.executable, self.prefix, self.base_prefix, self.user_base, "3.11.9", 64, tuple(self.versions)
        )

    def starts(self, python: Path) -> bool:
        assert python == self.executable
        return self.python_starts

    def code_page(self) -> str:
        return self.page

    def short_path(self, path: Path) -> Path:
        return self.short.get(path, path)

    def excel_bits(self) -> int | None:
        return self.bits

    def excels(self, addin: str) -> tuple[Excel, ...]:
        assert addin == places.ADDIN_NAME
        return tuple(Excel(each.startup, each.addin) for each in self._answering())

    def close(self, addin: str) -> int:
        with self._step("close"):
            own = [each for each in self._answering() if each.addin and each.addin.name == addin]
            for each in own:
                self.locked.discard(each.addin)
                each.addin = None
        return len(own)

    def open(self, addin: Path) -> int:
        with self._step("open"):
            assert addin.is_file()
            for each in self._answering():
                each.addin = addin
        return len(self._answering())

    def registry(self, key: str, name: str) -> object:
        values = {known.lower(): value for known, value in self._values(key).items()}
        return values.get(name.lower())

    def registry_values(self, key: str) -> dict[str, object]:
        return dict(self._values(key))

    def forget(self, key: str, name: str) -> bool:
        with self._step("forget"):
            return self._values(key).pop(name, None) is not None

    def put(self, path: Path, data: bytes, by: Path) -> None:
        with self._step(f"put {path.name}"):
            if path in self.locked:
                raise PermissionError(13, "used by another process")
            for folder in (path.parent, by):
                folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def remove(self, path: Path) -> bool:
        with self._step(f"remove {path.name}"):
            if path in self.locked:
                raise PermissionError(13, "used by another process")
            there = path.exists()
            path.unlink(missing_ok=True)
        return there

    def remove_folder(self, path: Path) -> bool:
        with self._step("remove folder"):
            try:
                path.rmdir()
            except OSError:
                return False
        return True

    def unmark(self, path: Path) -> None:
        with self._step("unmark"):
            self.unmarked.append(path)

    def set(self, key: str, name: str, value: object) -> None:
        """Set a value of the registry."""
        self.keys.setdefault(key, {})[name] = value

    def everything(self) -> dict[str, bytes | None]:
        """Every file and folder of the user, for comparing before and after."""
        return {
            str(path.relative_to(self.profile)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.profile.rglob("*"))
        }

    def _answering(self) -> list[Running]:
        return [each for each in self.running if each.answers]

    def _values(self, key: str) -> dict[str, object]:
        return next((values for known, values in self.keys.items() if known.lower() == key.lower()), {})

    def _step(self, name: str) -> _Step:
        self.log.append(name)
        return _Step(self.kill_at, len(self.log))


@dataclass
class _Step:
    kill_at: tuple[int, str] | None
    number: int

    def __enter__(self) -> None:
        if self.kill_at == (self.number, "before"):
            raise Killed

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.kill_at == (self.number, "after"):
            raise Killed


def addin_bytes(version: str = __version__, xlwings: str = XLWINGS) -> bytes:
    """A stand-in for the add-in: a VBA project with the stamp, in a zip file."""
    with (files("xlwings") / "quickstart_addin_ribbon.xlam").open("rb") as file, zipfile.ZipFile(file) as archive:
        template = vba.read(archive.read("xl/vbaProject.bin"))
    source = (
        'Attribute VB_Name = "KisBuild"\r\nOption Explicit\r\n'
        f'Public Const KIS_VERSION As String = "{version}"\r\nPublic Const KIS_XLWINGS As String = "{xlwings}"\r\n'
    )
    module = vba.Module("KisBuild", vba.Kind.MODULE, source)
    project = vba.Project(template.name, (*template.modules, module), template.references, template.identity)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xl/vbaProject.bin"), vba.write(project))
    return made.getvalue()


def builder(data: bytes):
    """Builds that add-in."""

    def build(folder: Path) -> Path:
        path = folder / places.ADDIN_NAME
        path.write_bytes(data)
        return path

    return build


def disabled_item(path: Path) -> bytes:
    """What Excel writes about a document it has switched off: kind, lengths, path and name in small letters."""
    text = (str(PureWindowsPath(path)).lower() + "\0").encode("utf-16-le")
    return b"\x02\0\0\0" + len(text).to_bytes(4, "little") + b"\x02\0\0\0" + text + b"\0\0"
