"""CrossGuard's own configuration file: levels and numbers are heeded, but for what law leaves to nobody."""

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

from plan.model import Plan
from policies.crossguard_list import IN_FORCE
from policies.packs import holds_always, rules_of
from policies.rule import Least
from policies.rules import ALL
from policies.rules.network import FLOW_DAYS
from policies.rules.storage import DELETED_DAYS
from policies.unjudged import EVERYTHING_JUDGED
from tests.plans import added, changed, compliant, without
from tests.policies.test_packs_over_grpc import ask, described, request_of, running

ST = "azure-native:storage:StorageAccount"
Diagnostics = list[analyzer_pb2.AnalyzeDiagnostic]


def _configure(level: "analyzer_pb2.EnforcementLevel.ValueType", *names: str) -> analyzer_pb2.ConfigureAnalyzerRequest:
    config = analyzer_pb2.PolicyConfig(enforcementLevel=level)
    return analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=dict.fromkeys(names, config))


def _all(pack: str) -> list[str]:
    """What the engine makes of the key `all`: every policy of the pack by name."""
    with running(pack) as stub:
        return [policy.name for policy in stub.GetAnalyzerInfo(empty_pb2.Empty()).policies]


def _abroad() -> Plan:
    return changed(compliant(), "storage:StorageAccount", "location", "eastus")


@pytest.mark.slow
class TestALevelIsHeeded:
    """Who introduces the packs to stacks that stand starts by watching."""

    def test_advisory_and_disabled_are_what_they_say(self) -> None:
        bare = without(compliant(), "network:FlowLog")
        request = analyzer_pb2.AnalyzeStackRequest(resources=described(bare))
        with running("platform") as stub:
            stub.Configure(_configure(analyzer_pb2.ADVISORY, "network.flows-recorded"))
            (said,) = _of(list(stub.AnalyzeStack(request).diagnostics), "network.flows-recorded")
            assert said.enforcementLevel == analyzer_pb2.ADVISORY
            stub.Configure(_configure(analyzer_pb2.DISABLED, "network.flows-recorded"))
            assert _of(list(stub.AnalyzeStack(request).diagnostics), "network.flows-recorded") == []


def _of(found: Diagnostics, name: str) -> Diagnostics:
    return [item for item in found if item.policyName == name]


@pytest.mark.slow
class TestWhatLawLeavesToNobodyIsNotLowered:
    """One line in a file would otherwise let patient data out of the country."""

    @pytest.mark.parametrize("level", [analyzer_pb2.DISABLED, analyzer_pb2.ADVISORY])
    def test_critical_sovereignty_rules_stay_mandatory_and_say_so(
        self, level: "analyzer_pb2.EnforcementLevel.ValueType"
    ) -> None:
        rule = "residency.region-inside-jurisdiction"
        with running("sovereignty") as stub:
            stub.Configure(_configure(level, *_all("sovereignty")))
            (refused,) = _of(list(stub.Analyze(request_of(_abroad().of_type(ST)[0])).diagnostics), rule)
            whole = list(
                stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=described(compliant()))).diagnostics
            )
        assert refused.enforcementLevel == analyzer_pb2.MANDATORY
        always = {found.id for found in rules_of("sovereignty", ALL) if holds_always(found)}
        told = [item for item in whole if "stays mandatory" in item.message]
        assert always <= {item.policyName for item in told}
        assert all(item.enforcementLevel == analyzer_pb2.ADVISORY for item in told)

    def test_the_rest_of_the_same_pack_is_lowered(self) -> None:
        rule = "residency.storage-not-shared-across-tenants"
        shared = changed(compliant(), "storage:StorageAccount", "allowCrossTenantReplication", True).of_type(ST)[0]
        with running("sovereignty") as stub:
            stub.Configure(_configure(analyzer_pb2.DISABLED, *_all("sovereignty")))
            assert _of(list(stub.Analyze(request_of(shared)).diagnostics), rule) == []

    def test_exemptions_can_be_neither_hidden_nor_made_failures(self) -> None:
        front_door = compliant().of_type("azure-native:cdn:Profile")[0]
        for level in (analyzer_pb2.DISABLED, analyzer_pb2.MANDATORY):
            with running("sovereignty") as stub:
                stub.Configure(_configure(level, IN_FORCE))
                stub.Analyze(request_of(front_door))
                found = list(
                    stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=described(compliant()))).diagnostics
                )
            shown = [
                item for item in _of(found, IN_FORCE) if item.message.count("EXEMPT residency.no-global-data-plane")
            ]
            assert [item.enforcementLevel for item in shown] == [analyzer_pb2.ADVISORY]

    def test_without_configuration_nothing_is_said_of_levels(self) -> None:
        with running("sovereignty") as stub:
            found = [item for response in ask(stub, compliant()) for item in response.diagnostics]
        assert [item.message for item in found if "stays mandatory" in item.message] == []


@pytest.mark.slow
class TestANumberIsRaisedAndNeverLowered:
    """A stricter house writes its number down; a laxer one can't."""

    @pytest.mark.parametrize(
        ("pack", "rule_id", "least"),
        [
            ("patient_data", "storage.deletions-can-be-undone", DELETED_DAYS),
            ("platform", "network.flows-recorded", FLOW_DAYS),
        ],
    )
    def test_more_is_asked_for_and_less_is_not_heard(self, pack: str, rule_id: str, least: Least) -> None:
        request = analyzer_pb2.AnalyzeStackRequest(resources=described(compliant()))
        found: dict[int, Diagnostics] = {}
        with running(pack) as stub:
            for days in (least.number * 40, 1):
                config = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.MANDATORY)
                config.properties.update({"days": days})
                stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={rule_id: config}))
                found[days] = _of(list(stub.AnalyzeStack(request).diagnostics), rule_id)
            short = changed(compliant(), "storage:BlobServiceProperties", "deleteRetentionPolicy.days", 29)
            short = changed(short, "network:FlowLog", "retentionPolicy.days", 89)
            lax = stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=described(short)))
        assert any(f"less than {least.number * 40}" in item.message for item in found[least.number * 40])
        assert found[1] == []
        assert any(f"less than {least.number}" in item.message for item in _of(list(lax.diagnostics), rule_id))

    def test_the_engine_is_told_the_floor(self) -> None:
        with running("platform") as stub:
            policies = {policy.name: policy for policy in stub.GetAnalyzerInfo(empty_pb2.Empty()).policies}
        schema = policies["network.flows-recorded"].configSchema.properties["days"]
        assert (schema["type"], schema["minimum"], schema["default"]) == ("integer", 90, 90)
        assert not policies["network.denies-by-default"].configSchema.properties


@pytest.mark.slow
class TestWhatNobodyJudgesFailsThePreviewToo:
    """Offline it is not evaluated; the engine must not call it green."""

    def test_another_cloud_is_a_mandatory_violation_of_one_pack(self) -> None:
        mixed = added(compliant(), "random:index/randomPet:RandomPet", {})
        bucket = mixed.resources[-1].urn.replace("random:index/randomPet:RandomPet", "aws:s3/bucket:Bucket")
        resources = described(mixed)
        resources[-1].type, resources[-1].urn = "aws:s3/bucket:Bucket", bucket
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        with running("sovereignty") as stub:
            (said,) = _of(list(stub.AnalyzeStack(request).diagnostics), EVERYTHING_JUDGED.id)
        assert said.enforcementLevel == analyzer_pb2.MANDATORY
        assert "can't judge: 1 resource of 1 type that no rule knows: aws:s3/bucket:Bucket (1)" in said.message
        with running("platform") as stub:
            assert _of(list(stub.AnalyzeStack(request).diagnostics), EVERYTHING_JUDGED.id) == []
