"""A healthy PC, and all the ways in which one is broken: the doctor's tests and its page in docs/ go through them."""

from __future__ import annotations

from pathlib import Path

from cases import Case
from pc import Pc, Running, addin_bytes, builder, disabled_item

from xlwings_kis.addin import install, policy

OWN = r"HKCU\Software\Microsoft\Office\16.0\Excel\Security"
SECURITY = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
LOCATIONS = rf"{SECURITY}\Trusted Locations"
RULES = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
RULE = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
STORE = Path("WindowsApps", "PythonSoftwareFoundation.Python.3.11")


def healthy(root: Path) -> Pc:
    """A PC on which all is well and Excel runs."""
    pc = Pc(root)
    install.install(pc, builder(addin_bytes()))
    pc.running = [Running(pc.startup, pc.addin)]
    return pc


def _store(pc: Pc) -> None:
    pc.put_python(pc.root / STORE, scripts="")


def _pip_user(pc: Pc) -> None:
    pc.put_python(pc.root / "Python311", dll=False, scripts="")
    pc.user_base.mkdir(parents=True)
    (pc.user_base / f"xlwings64-{pc.versions[0]}.dll").touch()


def _off_by_user(pc: Pc) -> None:
    pc.set(OWN, "VBAWarnings", 4)
    pc.set(rf"{OWN}\Trusted Locations", "AllLocationsDisabled", 1)


def _signed_only(pc: Pc) -> None:
    pc.set(SECURITY, "VBAWarnings", 3)
    pc.set(LOCATIONS, "AllLocationsDisabled", 1)


def _download(pc: Pc) -> None:
    pc.running[0].addin = pc.profile / "Downloads" / "xlwings_kis.xlam"


BROKEN = (
    Case("xlwings를 지움", "xlwings", "no_xlwings", 3, lambda pc: setattr(pc, "versions", ())),
    Case("xlwings가 둘", "xlwings", "two_xlwings", 0, lambda pc: setattr(pc, "versions", ("0.37.8", "0.36.1"))),
    Case("Excel 없음", "bits", "no_excel", 0, lambda pc: setattr(pc, "bits", None)),
    Case("Microsoft Store의 Python", "dll", "store_python", 3, _store),
    Case("pip install --user", "dll", "dll_user", 3, _pip_user),
    Case("백신이 DLL을 지움", "dll", "dll_missing", 3, lambda pc: (pc.venv / "xlwings64-0.37.8.dll").unlink()),
    Case("설치하지 않음", "addin", "no_addin", 3, lambda pc: pc.addin.unlink()),
    Case("파일이 깨짐", "addin", "odd_addin", 3, lambda pc: pc.addin.write_bytes(b"x")),
    Case("xlwings를 올림", "addin", "xlwings_changed", 3, lambda pc: pc.addin.write_bytes(addin_bytes(xlwings="0.37.7"))),
    Case("xlwings-kis를 올림", "addin", "version_changed", 0, lambda pc: pc.addin.write_bytes(addin_bytes("0.0.1"))),
    Case("설정 파일을 지움", "interpreter", "no_interpreter", 3, lambda pc: pc.config.unlink()),
    Case(
        "Python을 옮김", "interpreter", "interpreter_gone", 3,
        lambda pc: pc.config.write_bytes(b'"INTERPRETER_WIN","%LOCALAPPDATA%\\gone\\Scripts\\pythonw.exe"'),
    ),
    Case("다른 가상 환경에서 실행", "interpreter", "other_interpreter", 0, lambda pc: pc.put_python(pc.profile / "other")),
    Case("신뢰할 수 있는 위치를 금지", "macros", "macros_ask", 0, lambda pc: pc.set(LOCATIONS, "AllLocationsDisabled", 1)),
    Case("서명한 매크로만 허용", "macros", "macros_while_trusted", 0, lambda pc: pc.set(SECURITY, "VBAWarnings", 3)),
    Case("서명한 매크로만 허용하고 신뢰할 수 있는 위치도 금지", "macros", "macros_blocked", 3, _signed_only),
    Case("사용자가 매크로를 끔", "macros", "macros_off", 3, _off_by_user),
    Case("Defender가 Office의 하위 프로그램을 막음", "children", "children_blocked", 3, lambda pc: pc.set(RULES, RULE, "1")),
    Case(
        "Excel이 추가 기능을 꺼 둠", "disabled", "addin_disabled", 3,
        lambda pc: pc.set(policy.DISABLED_ITEMS, "1", disabled_item(pc.addin)),
    ),
    Case("Excel이 꺼져 있음", "loaded", "no_running", 0, lambda pc: pc.running.clear()),
    Case("추가 기능 없이 켜진 Excel", "loaded", "not_loaded", 0, lambda pc: pc.running.append(Running(pc.startup))),
    Case("다른 곳의 추가 기능", "loaded", "loaded_elsewhere", 0, _download),
    Case("활성화하지 않으면 켜지지 않는 conda", "start", "python_start", 3, lambda pc: setattr(pc, "python_starts", False)),
)  # fmt: skip
