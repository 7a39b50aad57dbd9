"""Law as data: nothing cited that isn't there, nothing required that nobody sees to."""

import pytest

from policies.catalogue import CatalogueError, Requirement, controls_of, regulations
from policies.packs import PACKS, pack_of
from policies.rules import ALL

CORE = ("gdpr", "hipaa", "iso27001", "nis2", "nist-ai-rmf")


class TestRulesAndLawAgree:
    """A rule without a control convinces no auditor; a control without a rule protects nobody."""

    def test_every_rule_evidences_something_of_each_core_framework(self) -> None:
        for regulation_id in CORE:
            cited = {rule for item in regulations()[regulation_id].requirements for rule in item.rules}
            assert {rule.id for rule in ALL} - cited == set(), regulation_id

    def test_no_requirement_cites_a_rule_that_is_not_there(self) -> None:
        known = {rule.id for rule in ALL}
        for regulation in regulations().values():
            for item in regulation.requirements:
                assert set(item.rules) <= known, f"{regulation.short} {item.id}"

    def test_requirement_ids_are_unique_within_a_regulation(self) -> None:
        for regulation in regulations().values():
            ids = [item.id for item in regulation.requirements]
            assert len(ids) == len(set(ids))

    def test_a_requirement_with_neither_rule_nor_duty_is_refused(self) -> None:
        with pytest.raises(CatalogueError, match="neither a rule nor a manual duty"):
            Requirement(id="Art. 1", title="x", says="y")

    def test_controls_are_cited_as_a_lawyer_would(self) -> None:
        assert "GDPR Art. 44" in controls_of("residency.region-inside-jurisdiction")


class TestPacksAreDisjointByOwner:
    """A refusal with two owners has none."""

    def test_every_rule_is_in_exactly_one_pack(self) -> None:
        for rule in ALL:
            assert sum(rule.concern in pack.concerns for pack in PACKS.values()) == 1
            assert pack_of(rule).owner

    def test_there_are_forty_rules_or_more_and_every_one_is_explained(self) -> None:
        assert len(ALL) >= 40
        for rule in ALL:
            assert rule.title
            assert rule.rationale
            assert rule.fix
            assert rule.example
