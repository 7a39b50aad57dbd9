"""The verdict as a person reads it: whole lines in a pipe, and nothing left unsaid."""

import re
from dataclasses import replace

import pytest
from attrs import evolve

from evidence.screen import Screen
from evidence.terminal import SHOWN, print_report, unverified
from evidence.tree import print_tree
from jurisdictions import load
from plan.model import UNKNOWN
from policies.packs import PACKS, rules_of
from policies.review import Report, review
from policies.rules import ALL
from tests.plans import changed, compliant

TLS = "minimumTlsVersion"


def _printed(capsys: pytest.CaptureFixture[str], report: Report) -> str:
    print_report(report)
    return capsys.readouterr().out


def _all_weak() -> Report:
    plan = compliant()
    weak = [
        replace(found, inputs={**found.inputs, TLS: "TLS1_0"}) if TLS in found.inputs else found
        for found in plan.resources
    ]
    return review(replace(plan, resources=tuple(weak)), ALL)


class TestARefusalSaysWhatWhereWhyAndHowToMend:
    """Who reads it has to act on it."""

    def test_rule_law_resource_and_hint_are_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, review(changed(compliant(), "storage:StorageAccount", TLS, "TLS1_0"), ALL))
        assert re.search(r"^✗ encryption\.storage-in-transit   \w+   .*HIPAA § 164\.312", text, re.MULTILINE)
        assert re.search(r"^  storage account 'st\w+': minimumTlsVersion is 'TLS1_0'", text, re.MULTILINE)
        assert re.search(r"^  hint: \S", text, re.MULTILINE)
        assert text.splitlines()[-1].startswith("✗ eu-prod: refused   ")

    def test_the_hint_names_this_stacks_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        moved = changed(compliant("uk-prod"), "storage:StorageAccount", "location", "eastus")
        text = _printed(capsys, review(moved, ALL))
        assert "Pulumi.uk-prod.yaml" in text
        assert "<stack>" not in text

    def test_many_for_one_reason_are_counted_not_dropped(self, capsys: pytest.CaptureFixture[str]) -> None:
        report = _all_weak()
        same = [found for found in report.findings if found.rule.id == "encryption.storage-in-transit"]
        assert len(same) > SHOWN
        assert f"… and {len(same) - SHOWN} more for the same reason" in _printed(capsys, report)


class TestNothingIsHidden:
    """An exemption or a rule that could not tell is no pass."""

    def test_an_exemption_is_shown_with_its_ground_and_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, review(compliant(), ALL))
        assert re.search(r"exception 'front-door-edge', approved by the .*, until 20\d\d-\d\d-\d\d: ", text)

    def test_what_nobody_can_tell_yet_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, review(changed(compliant(), "storage:StorageAccount", TLS, UNKNOWN), ALL))
        assert "? encryption.storage-in-transit" in text
        assert text.splitlines()[-1].startswith("? eu-prod: not evaluated")

    def test_every_pack_is_counted(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, review(compliant(), ALL))
        rows = {words[0]: words for line in text.splitlines() if len(words := re.split(r"\s{2,}", line)) == 7}
        assert [int(rows[pack][2]) for pack in PACKS] == [len(rules_of(pack, ALL)) for pack in PACKS]


class TestWhatNobodyVerifiedIsSaid:
    """A size that isn't there is found out an hour into a deployment."""

    def test_each_region_in_use_has_its_warning_before_the_verdict(self, capsys: pytest.CaptureFixture[str]) -> None:
        lines = _printed(capsys, review(compliant(), ALL)).splitlines()
        warned = [line for line in lines if line.startswith("! ")]
        facts = load("eu").regions
        expected = {name for name in ("westeurope", "northeurope") if not facts[name].sizes_verified}
        assert {line.split()[2] for line in warned} == expected
        assert lines.index(warned[-1]) == len(lines) - 2

    def test_a_verified_region_has_none(self) -> None:
        report = review(compliant(), ALL)
        regions = {name: evolve(facts, sizes_verified=True) for name, facts in load("eu").regions.items()}
        sure = replace(report.stack, jurisdiction=evolve(report.stack.jurisdiction, regions=regions))
        assert unverified(replace(report, stack=sure)) == []


class TestAPipeGetsPlainText:
    """A log is searched, not looked at."""

    def test_there_are_no_colours(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "\x1b" not in _printed(capsys, _all_weak())

    def test_long_lines_stay_whole(self, capsys: pytest.CaptureFixture[str]) -> None:
        Screen().line("x" * 500)
        assert capsys.readouterr().out == "x" * 500 + "\n"

    def test_a_sign_that_colours_are_wanted_is_heeded(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm-256color")
        assert "\x1b[" in _printed(capsys, _all_weak())


class TestTheTreeShowsEverything:
    """What is not shown would be made all the same."""

    def test_every_resource_has_its_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        plan = compliant()
        print_tree(plan)
        lines = capsys.readouterr().out.splitlines()
        own = [resource for resource in plan.resources if not resource.is_component]
        assert lines[0] == f"eu-prod: {len(own)} resources would be created"
        for resource in own:
            assert any(f"{resource.display_name}  {resource.type}" in line for line in lines), resource.urn
