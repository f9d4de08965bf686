"""What a firm's policy means for our add-in is read from the registry as Office reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pc import Pc, disabled_item

from xlwings_kis.addin import policy
from xlwings_kis.addin.policy import Macros, Verdict

FIRM = r"HKCU\Software\Policies\Microsoft\Office\16.0"
CLOUD = r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0"
OWN = r"HKCU\Software\Microsoft\Office\16.0"
SECURITY, LOCATIONS = r"Excel\Security", r"Excel\Security\Trusted Locations"
RULE = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
DEFENDER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"
RULES = rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\Rules"


@pytest.fixture
def pc(tmp_path):
    return Pc(tmp_path)


def verdict(pc, *values, folder=None):
    for key, name, value in values:
        pc.set(key, name, value)
    return policy.macros(pc, folder or pc.startup)


@pytest.mark.parametrize("warnings", [None, 1, 2, 17, "x"])
def test_in_a_trusted_xlstart_macros_run_as_excel_comes(pc, warnings):
    values = [] if warnings is None else [(rf"{OWN}\{SECURITY}", "VBAWarnings", warnings)]
    assert verdict(pc, *values) == Macros(Verdict.RUN)


@pytest.mark.parametrize("warnings", [3, 4])
@pytest.mark.parametrize(("root", "by_firm"), [(FIRM, True), (CLOUD, True), (OWN, False)])
def test_signed_only_and_none_spare_a_trusted_xlstart_but_that_is_told(pc, warnings, root, by_firm):
    expected = Macros(Verdict.WHILE_TRUSTED, f"VBAWarnings={warnings}", by_firm)
    assert verdict(pc, (rf"{root}\{SECURITY}", "VBAWarnings", warnings)) == expected


@pytest.mark.parametrize("warnings", [3, 4])
def test_signed_only_without_trusted_locations_blocks_the_add_in(pc, warnings):
    found = verdict(
        pc, (rf"{FIRM}\{SECURITY}", "VBAWarnings", warnings), (rf"{FIRM}\{LOCATIONS}", "AllLocationsDisabled", 1)
    )
    assert found == Macros(Verdict.BLOCKED, f"VBAWarnings={warnings}, AllLocationsDisabled=1", True)


def test_what_the_user_switched_off_is_not_called_the_firms(pc):
    found = verdict(pc, (rf"{OWN}\{SECURITY}", "VBAWarnings", 4), (rf"{OWN}\{LOCATIONS}", "AllLocationsDisabled", 1))
    assert (found.verdict, found.by_firm) == (Verdict.BLOCKED, False)


def test_without_trusted_locations_excel_asks_and_with_all_macros_allowed_it_does_not(pc):
    off = (rf"{FIRM}\{LOCATIONS}", "AllLocationsDisabled", 1)
    assert verdict(pc, off) == Macros(Verdict.ASK, "AllLocationsDisabled=1", True)
    assert verdict(pc, (rf"{OWN}\{SECURITY}", "VBAWarnings", 1)) == Macros(Verdict.RUN)


def test_the_firms_word_goes_before_the_users_and_the_clouds_before_the_groups(pc):
    verdict(pc, (rf"{OWN}\{SECURITY}", "VBAWarnings", 4))
    verdict(pc, (rf"{FIRM}\{SECURITY}", "VBAWarnings", 3))
    assert verdict(pc).setting == "VBAWarnings=3"
    assert verdict(pc, (rf"{CLOUD}\{SECURITY}", "VBAWarnings", 1)) == Macros(Verdict.RUN)


def test_an_xlstart_on_a_share_is_trusted_only_where_shares_are(pc):
    share = Path(r"\\server\users\kim\Microsoft\Excel\XLSTART")
    assert verdict(pc, folder=share) == Macros(Verdict.ASK, "AllowNetworkLocations=0", False)
    assert verdict(pc, (rf"{OWN}\{LOCATIONS}", "AllowNetworkLocations", 1), folder=share) == Macros(Verdict.RUN)


def test_where_only_the_firms_locations_count_xlstart_must_be_one_of_them(pc):
    only = (rf"{FIRM}\Common\Security\Trusted Locations", "Allow User Locations", 0)
    assert verdict(pc, only) == Macros(Verdict.ASK, "Allow User Locations=0", True)
    pc.set(rf"{FIRM}\{LOCATIONS}\Location3", "Path", "C:\\elsewhere\\")
    assert verdict(pc).verdict is Verdict.ASK
    pc.set(rf"{FIRM}\{LOCATIONS}\Location7", "Path", r"%APPDATA%\Microsoft\Excel")
    assert verdict(pc).verdict is Verdict.ASK
    pc.set(rf"{FIRM}\{LOCATIONS}\Location7", "AllowSubFolders", 1)
    assert verdict(pc) == Macros(Verdict.RUN)


@pytest.mark.parametrize(
    ("key", "name", "value", "setting"),
    [
        (rf"{FIRM}\Common", "VBAOff", 1, "VBAOff=1"),
        (r"HKLM\Software\Policies\Microsoft\Office\16.0\Common", "VBAOff", 1, "VBAOff=1"),
        (rf"{FIRM}\{SECURITY}", "DisableAllAddins", 1, "DisableAllAddins=1"),
        (rf"{FIRM}\Excel\Resiliency\AddinList", "xlwings_kis.xlam", "0", "AddinList xlwings_kis.xlam=0"),
        (rf"{FIRM}\Excel\Resiliency", "RestrictToList", 1, "RestrictToList=1"),
    ],
)
def test_policies_that_stop_add_ins_altogether_block_ours_even_in_a_trusted_place(pc, key, name, value, setting):
    assert verdict(pc, (key, name, value)) == Macros(Verdict.BLOCKED, setting, True)


def test_an_add_in_that_the_firm_has_listed_is_spared_by_its_list(pc):
    pc.set(rf"{FIRM}\Excel\Resiliency\AddinList", "xlwings_kis.xlam", "2")
    assert verdict(pc, (rf"{FIRM}\Excel\Resiliency", "RestrictToList", 1)) == Macros(Verdict.RUN)


@pytest.mark.parametrize(
    ("key", "name", "value", "blocked"),
    [
        (RULES, RULE, "1", True),
        (RULES, RULE.lower(), 1, True),
        (RULES, RULE, "2", False),
        (RULES, RULE, "0", False),
        (rf"{DEFENDER}\Policy Manager", "ASRRules", f"x=1|{{{RULE}}}=1", True),
        (rf"{DEFENDER}\Policy Manager", "ASRRules", f"{RULE}=2|x=1", False),
        (RULES, "26190899-1602-49e8-8b27-eb1d0a1ce869", "1", False),
    ],
)
def test_defenders_rule_against_child_processes_counts_when_it_blocks(pc, key, name, value, blocked):
    assert not policy.children_blocked(pc)
    pc.set(key, name, value)
    assert policy.children_blocked(pc) is blocked


def test_excels_own_list_of_what_it_has_switched_off_is_searched_for_our_name(pc):
    pc.set(policy.DISABLED_ITEMS, "A", disabled_item(pc.addin))
    pc.set(policy.DISABLED_ITEMS, "B", disabled_item(pc.startup / "my_xlwings_kis.xlam"))
    pc.set(policy.DISABLED_ITEMS, "C", 1)
    assert policy.disabled(pc) == ("A",)
