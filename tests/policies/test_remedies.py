"""Safe fixes: each cures its rule, harms no other, and is made by nobody unless asked for."""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import pytest
from pulumi.runtime.proto import analyzer_pb2

from jurisdictions import load
from plan.file import MASKED, UNKNOWN_TEXT
from plan.model import UNKNOWN, Plan, PlannedResource, Value
from policies.exemptions import parse
from policies.remedy import applied, remedied
from policies.review import StackUnderReview, review
from policies.rule import Rule
from policies.rules import ALL
from policies.verdict import Verdict
from tests.plans import CORE, changed, compliant
from tests.policies.mutation import Break
from tests.policies.mutations import MUTATIONS
from tests.policies.test_packs_over_grpc import request_of, running

OFFERED = [rule for rule in ALL if rule.remediate is not None]
ST, KV, HSM = (f"azure-native:{name}" for name in ("storage:StorageAccount", "keyvault:Vault", "keyvault:ManagedHsm"))
CLUSTER, DEPLOYMENT = "azure-native:containerservice:ManagedCluster", "kubernetes:apps/v1:Deployment"
POD = "spec.template.spec"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}
TRIED = 2
"""Resources of one type that are broken leaf by leaf."""
ELSEWHERE = "elsewhere"
FOR_A_PERSON = frozenset({"sku", "tier", "vmSize", "location", "zones", "version", "identity", "owner", "name"})
"""Parts of paths that no fix writes, whatever a check asks."""
BREACHES: dict[str, Break] = {
    "encryption.storage-key-follows-rotation": lambda plan: changed(
        plan, "storage:StorageAccount", "encryption.keyVaultProperties.keyVersion", "0123456789abcdef"
    ),
    "tagging.mandatory-tags": lambda plan: changed(plan, "storage:StorageAccount", "tags.jurisdiction", None),
    "workload.asks-the-clusters-names": lambda plan: changed(plan, DEPLOYMENT, f"{POD}.dnsPolicy", "Default"),
}
"""Where the catalogue's breach is one that only a person can mend."""
NOT_IN_PLANS = frozenset(
    {
        "confidential.disks-cannot-be-downloaded",
        "encryption.storage-key-follows-rotation",
        "workload.asks-the-clusters-names",
        "workload.shares-nothing-with-node",
    }
)
"""Rules on what a compliant stack leaves out, so that nothing of it can be made wrong."""

Inputs = Mapping[str, Value]


def _stack(plan: Plan) -> StackUnderReview:
    return StackUnderReview(plan=plan, jurisdiction=load(plan.jurisdiction))


def _rule(rule_id: str) -> Rule:
    return next(rule for rule in ALL if rule.id == rule_id)


def _fixed(rule_id: str, plan: Plan, token: str) -> object:
    return remedied(_rule(rule_id), plan.of_type(token)[0], _stack(plan))


def _healed(plan: Plan, rule: Rule) -> Plan:
    stack = _stack(plan)
    resources: list[PlannedResource] = []
    for resource in plan.resources:
        inputs = applied(resource.inputs, remedied(rule, resource, stack) or {})
        assert inputs is not None
        resources.append(replace(resource, inputs=inputs))
    return replace(plan, resources=tuple(resources))


def _inputs(plan: Plan) -> dict[str, Inputs]:
    return {resource.urn: resource.inputs for resource in plan.resources}


def _refused(plan: Plan) -> set[tuple[str, str | None]]:
    return {(found.rule.id, found.urn) for found in review(plan, ALL).of_state("refused")}


def _leaves(value: Value, trail: str = "") -> Iterator[tuple[str, Value]]:
    """Every path to a value that has no parts; keys with dots have none."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    if not inner and trail:
        yield trail.removeprefix("."), value
    for key, item in inner:
        if "." not in str(key):
            yield from _leaves(item, f"{trail}.{key}")


def _broken(inputs: Inputs) -> Iterator[tuple[str, Inputs]]:
    """The same inputs with one value wrong, or gone."""
    for path, value in _leaves(inputs):
        wrong = applied(inputs, {path: not value if isinstance(value, bool) else ELSEWHERE})
        assert wrong is not None
        yield path, wrong
        way, _, last = path.rpartition(".")
        gone = copy.deepcopy(dict(inputs))
        parent = PlannedResource(urn="", type="", name="", inputs=gone).get(way) if way else gone
        if isinstance(parent, dict):
            del parent[last]
            yield path, gone


def _judged(rule: Rule) -> Iterator[tuple[PlannedResource, StackUnderReview]]:
    """Some compliant resources of every type that a rule looks at."""
    seen: Counter[str] = Counter()
    for name in CORE:
        stack = _stack(compliant(name))
        for resource in stack.plan.of_type(*rule.applies_to):
            seen[resource.type] += 1
            if seen[resource.type] <= TRIED and not resource.is_component:
                yield resource, stack


class TestAFixCuresItsRuleAndHarmsNoOther:
    """A fix that opens one door while it closes another is none."""

    def test_there_are_many_and_each_is_of_a_rule_on_one_resource(self) -> None:
        assert len(OFFERED) >= 70
        assert all(rule.resource_check is not None for rule in OFFERED)

    @pytest.mark.parametrize("rule", OFFERED, ids=lambda rule: rule.id)
    def test_one_wrong_value_is_as_it_was_and_nothing_else_is_touched(self, rule: Rule) -> None:
        assert rule.resource_check is not None
        cured = 0
        for resource, stack in _judged(rule):
            for path, inputs in _broken(resource.inputs):
                weak = replace(resource, inputs=inputs)
                changes = remedied(rule, weak, stack)
                if changes is None:
                    continue
                cured += 1
                assert all(path == written or path.startswith(f"{written}.") for written in changes)
                assert not FOR_A_PERSON & set(path.split("."))
                mended = applied(inputs, changes)
                assert mended == resource.inputs
                assert remedied(rule, replace(weak, inputs=mended), stack) is None
        assert bool(cured) != (rule.id in NOT_IN_PLANS)

    @pytest.mark.parametrize("rule", OFFERED, ids=lambda rule: rule.id)
    def test_a_known_breach_is_mended_whole_or_left_and_no_other_rule_minds(self, rule: Rule) -> None:
        mutation = MUTATIONS[rule.id]
        base = compliant(mutation.stack)
        broken = BREACHES.get(rule.id, mutation.breaks)(base)
        healed = _healed(broken, rule)
        if _inputs(healed) == _inputs(base):
            return
        if _inputs(healed) == _inputs(broken):
            assert rule.id not in NOT_IN_PLANS
            return
        before, after = _refused(broken), _refused(healed)
        assert after < before
        assert rule.id not in {found for found, _ in after}

    @pytest.mark.parametrize("name", CORE)
    def test_a_compliant_stack_is_left_as_it_is(self, name: str) -> None:
        stack = _stack(compliant(name))
        touched = [
            (rule.id, resource.urn)
            for rule in OFFERED
            for resource in stack.plan.of_type(*rule.applies_to)
            if remedied(rule, resource, stack) is not None
        ]
        assert touched == []


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

    def test_a_modules_protection_which_is_paid_for_and_cannot_be_ended_is_left_to_a_person(self) -> None:
        bare = changed(compliant(), "keyvault:ManagedHsm", "properties.enablePurgeProtection", False)
        assert _fixed("encryption.vaults-keep-deleted-keys", bare, HSM) is None

    def test_local_accounts_stay_where_there_is_no_other_way_in(self) -> None:
        both = changed(compliant(), "containerservice:ManagedCluster", "disableLocalAccounts", False)
        assert _fixed("cluster.no-local-accounts", both, CLUSTER) == {"disableLocalAccounts": True}
        both = changed(both, "containerservice:ManagedCluster", "aadProfile", None)
        assert _fixed("cluster.no-local-accounts", both, CLUSTER) is None

    def test_a_cluster_that_would_be_made_anew_is_left_to_a_person(self) -> None:
        base = "apiServerAccessProfile.enablePrivateCluster"
        named = changed(compliant(), "containerservice:ManagedCluster", f"{base}PublicFQDN", True)
        assert _fixed("cluster.api-server-private", named, CLUSTER) == {f"{base}PublicFQDN": False}
        public = changed(named, "containerservice:ManagedCluster", base, False)
        assert _fixed("cluster.api-server-private", public, CLUSTER) is None

    def test_what_a_pod_mounts_or_was_given_is_left_to_a_person(self) -> None:
        shares = changed(compliant(), DEPLOYMENT, f"{POD}.hostNetwork", True)
        assert _fixed("workload.shares-nothing-with-node", shares, DEPLOYMENT) == {f"{POD}.hostNetwork": False}
        volume = {"name": "node", "hostPath": {"path": "/"}}
        shares = changed(shares, DEPLOYMENT, f"{POD}.volumes", [volume])
        assert _fixed("workload.shares-nothing-with-node", shares, DEPLOYMENT) is None
        context = f"{POD}.containers.0.securityContext"
        given = changed(compliant(), DEPLOYMENT, f"{context}.capabilities", {"drop": [], "add": ["NET_ADMIN"]})
        assert _fixed("workload.no-privileges", given, DEPLOYMENT) is None

    def test_ciphers_that_somebody_chose_are_left_to_a_person(self) -> None:
        token = "azure-native:network:ApplicationGateway"
        weak = changed(compliant("uk-prod"), token, "sslPolicy.policyName", "AppGwSslPolicy20150501")
        fixed = _fixed("portal.gateway-tls-is-modern", weak, token)
        assert fixed == {"sslPolicy.policyName": "AppGwSslPolicy20220101S"}
        own = changed(weak, token, "sslPolicy.policyType", "Custom")
        assert _fixed("portal.gateway-tls-is-modern", own, token) is None

    def test_every_container_is_cured_or_none(self) -> None:
        path = f"{POD}.containers.0.securityContext"
        weak = changed(compliant(), DEPLOYMENT, f"{path}.privileged", True)
        weak = changed(weak, DEPLOYMENT, f"{path}.allowPrivilegeEscalation", True)
        fixed = _fixed("workload.no-privileges", weak, DEPLOYMENT)
        assert fixed == {f"{path}.privileged": False, f"{path}.allowPrivilegeEscalation": False}

    def test_a_rule_that_cannot_judge_offers_nothing(self) -> None:
        def broken(_resource: PlannedResource, _stack: StackUnderReview) -> Verdict:
            raise ValueError("no")

        rule = replace(_rule("storage.no-shared-keys"), resource_check=broken)
        assert remedied(rule, compliant().of_type(ST)[0], _stack(compliant())) is None

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

    @pytest.mark.parametrize("element", [UNKNOWN, SECRET, MASKED])
    def test_an_element_that_nobody_sees(self, element: object) -> None:
        assert applied({"pools": [{"a": 1}, element]}, {"pools.1.a": 2}) is None

    @pytest.mark.parametrize("path", ["pools.1.a", "pools.x.a", "pools.-1.a", "none.0.a"])
    def test_an_element_that_is_not_there(self, path: str) -> None:
        assert applied({"pools": [{"a": 1}]}, {path: 2}) is None

    def test_a_list_is_changed_in_a_copy(self) -> None:
        inputs = {"pools": [{"a": 1}, {"a": 1, "b": [1, 2]}]}
        assert applied(inputs, {"pools.1.b.0": 3, "pools.0.c": 4}) == {
            "pools": [{"a": 1, "c": 4}, {"a": 1, "b": [3, 2]}]
        }
        assert inputs == {"pools": [{"a": 1}, {"a": 1, "b": [1, 2]}]}

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
