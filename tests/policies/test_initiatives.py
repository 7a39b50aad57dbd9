"""Others' checks, each with an answer: our mapping held against Microsoft's, our rules against other tools'."""

import re
from collections import Counter
from functools import lru_cache

import pytest
import yaml

from cli.planning import ROOT
from components.guardrails_data import built_ins
from policies.catalogue import regulations
from policies.compared import COMPARED, FOLDER, OTHERS, REASONS, Compared, ComparedError, compared, family, parse
from policies.rule import applies
from policies.rules import ALL
from tests.plans import STACKS, compliant

RULES = {rule.id: rule for rule in ALL}
MICROSOFT = [(name, item) for name, items in compared().items() if name != OTHERS for item in items]
EVERY = [item for items in compared().values() for item in items]
RULE_ID = re.compile(r"`([a-z_]+\.[a-z0-9-]+)`")
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
ANY = "azure-native:*"
IN_NONE = {
    "arc-clusters-private",
    "arc-scope-has-endpoint",
    "arc-scope-private",
    "attestation-private",
    "cluster-no-local-accounts",
    "cluster-private",
    "configuration-no-local-auth",
    "environment-in-network",
    "environment-internal",
    "gateway-has-waf",
    "gateway-waf-has-bot-rules",
    "grafana-no-accounts",
    "grafana-no-enterprise",
    "grafana-no-mail",
    "grafana-private",
    "hsm-private",
    "interfaces-forward-nothing",
    "interfaces-without-public-address",
    "keys-in-hsm",
    "learning-approved-outbound",
    "learning-own-identity",
    "machine-extensions",
    "monitoring-private",
    "names-of-arc",
    "names-of-blobs",
    "names-of-registries",
    "names-of-vaults",
    "portal-premium",
    "registry-exports-nothing",
    "registry-no-admin",
    "registry-no-anonymous",
    "registry-no-arm-tokens",
    "registry-no-caches",
    "registry-premium",
    "services-internal",
    "storage-private",
    "subnets-private",
    "vault-private",
    "waf-has-bot-rules",
    "waf-prevents",
}
"""Keys of definitions that the stacks assign, and that none of the sixteen initiatives holds (2026-04-29)."""


def lineage(control: str) -> set[str]:
    """A control and what it is a part of: `AC-17(1)` is a part of `AC-17`, `Art. 32(1)(a)` of `Art. 32`."""
    found = {control}
    while (shorter := re.sub(r"(\([^()]*\)|\.\d+)\Z", "", control)) != control:
        found.add(control := shorter)
    return found


def near(ours: str, theirs: str) -> bool:
    """Whether one of two controls is the other, or a part of it."""
    return theirs in lineage(ours) or ours in lineage(theirs)


@lru_cache
def cited(regulation_id: str, rule_id: str) -> frozenset[str]:
    """Controls of a regulation that our catalogue evidences by a rule."""
    return frozenset(item.id for item in regulations()[regulation_id].requirements if rule_id in item.rules)


def astray(item: Compared, regulation_id: str) -> list[str]:
    """Rules of an entry that our catalogue cites for no control that Microsoft gives it."""
    theirs = item.controls[regulation_id]
    return [
        rule_id
        for rule_id in item.rules
        if not any(near(ours, control) for ours in cited(regulation_id, rule_id) for control in theirs)
    ]


class TestEachHasOneAnswer:
    """A check of theirs that nobody answered is a question that an auditor asks first."""

    def test_no_id_stands_twice(self) -> None:
        ids = Counter((item.source, name) for item in EVERY for name in (item.id, *item.also))
        assert [name for name, number in ids.items() if number > 1] == []

    def test_every_rule_named_is_there_and_looks_at_the_type(self) -> None:
        for item in EVERY:
            seen = (*item.types, *item.by)
            for rule_id in item.rules:
                assert rule_id in RULES, f"{item.id} names {rule_id}, which is no rule"
                rule = RULES[rule_id]
                assert ANY in seen or any(applies(rule, token) for token in seen), f"{item.id}: {rule_id} looks at none"

    def test_every_rule_that_a_reason_speaks_of_is_there(self) -> None:
        said = [text for item in EVERY for text in (item.reason, item.but, *item.elsewhere.values())]
        assert {rule_id for text in said for rule_id in RULE_ID.findall(text)} <= set(RULES)

    def test_a_reason_is_a_sentence_and_breaks_no_table(self) -> None:
        for item in EVERY:
            for text in (item.reason, item.but, *item.elsewhere.values()):
                assert not text or (text.endswith(".") and len(text.split()) > 1), f"{item.id}: {text}"
                assert "|" not in item.name + text

    def test_every_shared_reason_is_used(self) -> None:
        reasons = yaml.safe_load((ROOT / FOLDER / REASONS).read_text(encoding="utf-8"))
        said = {text for item in EVERY for text in (item.reason, item.but, *item.elsewhere.values())}
        assert {name for name, text in reasons.items() if text.strip() not in said} == set()


class TestTypesArePlanned:
    """An answer about what no stack makes holds nothing."""

    def test_each_type_is_in_some_committed_plan(self) -> None:
        missing = {token for item in EVERY for token in (*item.types, *item.by)} - {ANY}
        for stack in STACKS:
            missing -= {resource.type for resource in compliant(stack).resources}
            if not missing:
                return
        assert missing == set()

    def test_each_entry_has_a_type_and_stands_in_its_file(self) -> None:
        assert [item.id for item in EVERY if not item.types] == []
        assert [item.id for name, item in MICROSOFT if family(item) != name] == []


class TestOurMappingHoldsAgainstMicrosofts:
    """Two mappings that differ without a word are one mapping that nobody checked."""

    @pytest.mark.parametrize("regulation_id", COMPARED)
    def test_each_rule_is_cited_near_their_controls_or_the_entry_says_why_not(self, regulation_id: str) -> None:
        for _, item in MICROSOFT:
            if regulation_id in item.controls and regulation_id not in item.elsewhere:
                assert astray(item, regulation_id) == [], f"{item.name}: {' '.join(item.controls[regulation_id])}"

    def test_no_entry_explains_a_difference_that_there_is_not(self) -> None:
        needless = [(item.name, name) for _, item in MICROSOFT for name in item.elsewhere if not astray(item, name)]
        assert needless == []

    def test_a_control_is_a_part_of_its_parents_alone(self) -> None:
        assert near("1.2", "1.2.1")
        assert near("Art. 32(1)(a)", "Art. 32")
        assert near("AC-17", "AC-17(1)")
        assert not near("Art. 3", "Art. 32")
        assert not near("1.2.1", "1.2.5")

    def test_every_assigned_definition_that_is_theirs_has_its_entry(self) -> None:
        known = {item.id for _, item in MICROSOFT}
        assert {item.key for item in built_ins() if item.definition and item.definition not in known} == IN_NONE

    def test_ids_are_guids_and_names_their_own(self) -> None:
        assert [item.id for _, item in MICROSOFT if not GUID.match(item.id)] == []
        names = {item.definition: item.name for item in built_ins()}
        assert [item.name for _, item in MICROSOFT if names.get(item.id, item.name) != item.name] == []


class TestAFileThatContradictsItselfIsRefused:
    """Half an answer reads as a whole one."""

    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ("{id: a, name: b}", "not neither"),
            ("{id: a, name: b, rules: [c.d], reason: e}", "not both"),
            ("{id: a, name: b, rules: c.d}", "rules must be a list"),
            ("{id: a, name: b, rule: [c.d], reason: e}", "unexpected keyword argument 'rule'"),
            ("{id: a, reason: e}", "name"),
        ],
    )
    def test_it_says_where_and_what(self, entry: str, says: str) -> None:
        with pytest.raises(ComparedError, match=rf"policies/initiatives/x\.yaml: .*{re.escape(says)}"):
            parse(f"policies: [{entry}]", "x.yaml")

    def test_a_reason_that_several_have_is_named_once(self) -> None:
        found = parse("policies: [{id: a, name: b, reason: none-here}]", "x.yaml", {"none-here": "No stack has one."})
        assert found[0].reason == "No stack has one."


class TestThePageShowsEveryAnswer:
    """An auditor reads the page, not the files."""

    def test_each_entry_has_its_row_under_its_source(self) -> None:
        from docs.initiatives import initiatives

        text = "\n".join(initiatives())
        rows = [
            line
            for line in text.splitlines()
            if line.startswith("| ") and not line.startswith(("| theirs", "| source", "| ---"))
        ]
        assert len(rows) == len(EVERY) + len({item.source for item in EVERY})
        assert "## Microsoft" in text
        assert "## checkov" in text
