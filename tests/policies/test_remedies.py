"""Safe fixes: each cures its rule, harms no other, and is made by nobody unless asked for."""

from dataclasses import replace
from datetime import date

import pytest
from pulumi.runtime.proto import analyzer_pb2

from jurisdictions import load
from plan.file import MASKED, UNKNOWN_TEXT
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.exemptions import parse
from policies.remedy import applied, remedied
from policies.review import StackUnderReview, review
from policies.rule import Rule
from policies.rules import ALL
from tests.plans import changed, compliant
from tests.policies.mutation import Break
from tests.policies.mutations import MUTATIONS
from tests.policies.test_packs_over_grpc import request_of, running

OFFERED = [rule for rule in ALL if rule.remediate is not None]
ST, KV = "azure-native:storage:StorageAccount", "azure-native:keyvault:Vault"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}

BREACHES: dict[str, Break] = {
    "tagging.mandatory-tags": lambda plan: changed(plan, "storage:StorageAccount", "tags.jurisdiction", None),
}
"""Where the catalogue's breach is one that only a person can mend."""


def _stack(plan: Plan) -> StackUnderReview:
    return StackUnderReview(plan=plan, jurisdiction=load(plan.jurisdiction))


def _rule(rule_id: str) -> Rule:
    return next(rule for rule in ALL if rule.id == rule_id)


def _fixed(rule_id: str, plan: Plan, token: str) -> object:
    return remedied(_rule(rule_id), plan.of_type(token)[0], _stack(plan))


def _healed(plan: Plan, rule: Rule) -> Plan:
    resources: list[PlannedResource] = []
    for resource in plan.resources:
        inputs = applied(resource.inputs, remedied(rule, resource, _stack(plan)) or {})
        assert inputs is not None
        resources.append(replace(resource, inputs=inputs))
    return replace(plan, resources=tuple(resources))


class TestAFixCuresItsRuleAndHarmsNoOther:
    """A fix that opens one door while it closes another is none."""

    def test_there_are_some_and_each_is_of_a_rule_on_one_resource(self) -> None:
        assert len(OFFERED) >= 7
        assert all(rule.resource_check is not None for rule in OFFERED)

    @pytest.mark.parametrize("rule", OFFERED, ids=lambda rule: rule.id)
    def test_what_was_broken_is_as_it_was(self, rule: Rule) -> None:
        mutation = MUTATIONS[rule.id]
        broken = BREACHES.get(rule.id, mutation.breaks)(compliant(mutation.stack))
        before = {(found.rule.id, found.urn) for found in review(broken, ALL).of_state("refused")}
        after = {(found.rule.id, found.urn) for found in review(_healed(broken, rule), ALL).of_state("refused")}
        assert after < before
        assert rule.id not in {found for found, _ in after}

    def test_a_compliant_stack_is_left_as_it_is(self) -> None:
        for rule in OFFERED:
            assert _healed(compliant(), rule) == compliant(), rule.id


class TestHalfACureIsNotOffered:
    """Who reads `fixed` looks no further."""

    def test_a_vault_whose_days_are_too_few_is_left_to_a_person(self) -> None:
        short = changed(compliant(), "keyvault:Vault", "properties.softDeleteRetentionInDays", 30)
        assert _fixed("encryption.vaults-keep-deleted-keys", short, KV) is None
        both = changed(short, "keyvault:Vault", "properties.enablePurgeProtection", False)
        assert _fixed("encryption.vaults-keep-deleted-keys", both, KV) is None

    def test_an_address_that_somebody_wrote_down_is_left_to_a_person(self) -> None:
        open_ = changed(
            compliant(), "storage:StorageAccount", "networkRuleSet.ipRules", [{"iPAddressOrRange": "1.2.3.4"}]
        )
        assert _fixed("network.storage-denies-networks", open_, ST) is None

    def test_an_owner_is_never_made_up(self) -> None:
        bare = changed(compliant(), "storage:StorageAccount", "tags.owner", None)
        assert _fixed("tagging.mandatory-tags", bare, ST) is None

    def test_newer_tls_is_not_taken_back(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_3")
        plan = changed(plan, "storage:StorageAccount", "enableHttpsTrafficOnly", False)
        assert _fixed("encryption.storage-in-transit", plan, ST) == {"enableHttpsTrafficOnly": True}


class TestWhatIsUnknownSecretOrExemptIsLeftAlone:
    """Nobody knows what stands there, or somebody has answered for it."""

    @pytest.mark.parametrize("value", [UNKNOWN, MASKED])
    def test_a_value_that_nobody_sees(self, value: object) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "publicNetworkAccess", value)
        assert _fixed("network.public-access-disabled", plan, ST) is None

    @pytest.mark.parametrize("parent", [UNKNOWN, SECRET])
    def test_a_value_inside_one_that_nobody_sees(self, parent: object) -> None:
        assert applied({"properties": parent}, {"properties.enablePurgeProtection": True}) is None

    def test_what_is_exempt(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")
        account = plan.of_type(ST)[0]
        entries = parse(
            f"exemptions:\n- {{stack: eu-prod, rule: encryption.storage-in-transit, resource: {account.name}, "
            "reason: r, compensating_control: c, approver: a, ticket: t, approved: 2026-11-21, expires: 2027-01-01}"
        )
        assert entries.faults == ()
        stack = replace(_stack(plan), exemptions=entries, as_of=date(2026, 12, 1))
        assert remedied(_rule("encryption.storage-in-transit"), account, stack) is None

    def test_nothing_given_is_changed_in_place(self) -> None:
        inputs = {"properties": {"a": {"b": 1}}}
        assert applied(inputs, {"properties.a.b": 2, "properties.c": 3}) == {"properties": {"a": {"b": 2}, "c": 3}}
        assert inputs == {"properties": {"a": {"b": 1}}}


def _configured(*names: str) -> analyzer_pb2.ConfigureAnalyzerRequest:
    level = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.REMEDIATE)
    return analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=dict.fromkeys(names, level))


@pytest.mark.slow
class TestTheEngineAsksForAFix:
    """Over its own protocol: off until its configuration says `remediate`, then reported as made."""

    def test_it_is_off_by_default(self) -> None:
        weak = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0").of_type(ST)[0]
        with running("patient_data") as stub:
            assert list(stub.Remediate(request_of(weak)).remediations) == []
            (said,) = stub.Analyze(request_of(weak)).diagnostics
        assert said.enforcementLevel == analyzer_pb2.MANDATORY

    def test_it_changes_that_one_value_and_says_which_rule_did(self) -> None:
        weak = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0").of_type(ST)[0]
        weak = replace(weak, inputs={**weak.inputs, "kind": SECRET, "accessTier": UNKNOWN})
        with running("patient_data") as stub:
            stub.Configure(_configured("encryption.storage-in-transit"))
            (made,) = stub.Remediate(request_of(weak)).remediations
        assert (made.policyName, made.diagnostic) == ("encryption.storage-in-transit", "")
        asked = request_of(weak).properties
        changed_ = {key for key in asked if made.properties[key] != asked[key]}
        assert changed_ == {"minimumTlsVersion"}
        assert made.properties["minimumTlsVersion"] == "TLS1_2"
        assert dict(made.properties["kind"])["value"] == "hunter2"
        assert made.properties["accessTier"] == UNKNOWN_TEXT

    def test_two_fixes_of_one_resource_are_both_in_the_last(self) -> None:
        weak = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")
        weak = changed(weak, "storage:StorageAccount", "allowSharedKeyAccess", True)
        with running("patient_data") as stub:
            stub.Configure(_configured("encryption.storage-in-transit", "storage.no-shared-keys"))
            made = list(stub.Remediate(request_of(weak.of_type(ST)[0])).remediations)
        assert len(made) == 2
        assert made[-1].properties["minimumTlsVersion"] == "TLS1_2"
        assert made[-1].properties["allowSharedKeyAccess"] is False

    def test_what_no_fix_cures_stays_a_mandatory_violation(self) -> None:
        short = changed(compliant(), "keyvault:Vault", "properties.softDeleteRetentionInDays", 30).of_type(KV)[0]
        with running("patient_data") as stub:
            stub.Configure(_configured("encryption.vaults-keep-deleted-keys"))
            assert list(stub.Remediate(request_of(short)).remediations) == []
            (said,) = stub.Analyze(request_of(short)).diagnostics
        assert said.enforcementLevel == analyzer_pb2.MANDATORY
