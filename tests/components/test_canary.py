"""What is tried stands beside what is served, hardened by the same code; and who moves its weight can do no more."""

import hashlib
import json
from typing import Any

import pytest

from components.canary import STABLE, STALE_MINUTES, TRIED, limits, routed, versions, weight_host, weight_store
from components.gateway import SETTINGS_SUM
from components.naming import Names
from components.scope import Scope
from delivery import routing
from delivery.limits import Limits
from plan.model import MISSING, PlannedResource
from policies import trials
from policies.require import items
from tests.plans import compliant
from tests.tried import CANARY, configured, tried

SPACE = "inference-clinical-notes"
DIFFERS = {"name", "labels", "annotations", "args", "matchLabels", "selector", "url", "endpointSelector"}


def _one(kind: str, name: str, space: str | None = SPACE) -> PlannedResource:
    found = [
        item
        for item in tried().of_type(kind)
        if item.get("metadata.name") == name and space in (None, item.get("metadata.namespace"))
    ]
    assert len(found) == 1, (kind, name)
    return found[0]


def _alike(value: Any) -> Any:  # noqa: ANN401 JSON of any shape
    """Without what tells the two apart."""
    if isinstance(value, dict):
        return {key: _alike(inner) for key, inner in value.items() if key not in DIFFERS}
    return [_alike(inner) for inner in value] if isinstance(value, list) else value


class TestTheCandidateIsHardenedAsWhatIsServed:
    """A trial is no reason to run anything with one setting less."""

    @pytest.mark.parametrize(
        "kind",
        [
            "kubernetes:apps/v1:Deployment",
            "kubernetes:core/v1:Service",
            "kubernetes:policy/v1:PodDisruptionBudget",
            "kubernetes:keda.sh/v1alpha1:ScaledObject",
        ],
    )
    def test_in_every_setting_of(self, kind: str) -> None:
        stable, candidate = _one(kind, STABLE), _one(kind, TRIED)
        assert _alike(stable.get("spec")) == _alike(candidate.get("spec"))

    def test_its_pods_are_found_by_its_own_service_alone(self) -> None:
        for server, other in ((STABLE, TRIED), (TRIED, STABLE)):
            wanted: Any = _one("kubernetes:core/v1:Service", server).get("spec.selector")
            own: Any = _one("kubernetes:apps/v1:Deployment", server).get("spec.template.metadata.labels")
            others: Any = _one("kubernetes:apps/v1:Deployment", other).get("spec.template.metadata.labels")
            assert wanted.items() <= own.items()
            assert not wanted.items() <= others.items()

    def test_it_loads_the_candidates_weights_and_says_so(self) -> None:
        deployment = _one("kubernetes:apps/v1:Deployment", TRIED)
        args: Any = deployment.get("spec.template.spec.containers.0.args")
        assert args[1] == f"--model=/models/{CANARY['model']['name']}/{CANARY['model']['revision']}"
        noted: Any = deployment.get("spec.template.metadata.annotations")
        assert noted["bailiwick/model-sha256"] == CANARY["model"]["sha256"]
        assert noted["bailiwick/prompt-sha256"] == CANARY["prompt"]["sha256"]
        assert noted["bailiwick/change"] == CANARY["change"]

    def test_without_a_canary_nothing_of_it_is_planned(self) -> None:
        plan = compliant()
        assert plan.of_type("kubernetes:batch/v1:CronJob") == ()
        ours = plan.of_type("kubernetes:*", "azure-native:managedidentity:*", "azure-native:appconfiguration:*")
        assert not [
            item for item in ours if "delivery" in item.name or "canary" in item.name or "candidate" in item.name
        ]

    def test_names_are_those_that_the_rules_know(self) -> None:
        assert (trials.STABLE, trials.TRIED) == (STABLE, TRIED)
        assert [version.server for version in versions(configured().use_cases[0])] == [STABLE, TRIED]


class TestTheGatewayIsToldTheCeiling:
    """The guard of issue 7 reads this form: it is the contract."""

    def test_address_change_ceiling_and_where_the_weight_is(self) -> None:
        config = configured()
        scope = Scope(config=config, jurisdiction=config.jurisdiction, names=Names("bw", "eu-prod"))
        found = routed(config.use_cases, 8000, weight_host(scope))["clinical-notes"]
        assert found == {
            "change": "notes-2",
            "url": "https://vllm-canary.inference-clinical-notes.svc.cluster.local:8000",
            "pinned": "use-case:clinical-notes-candidate",
            "ceilingPercent": 100,
            "weightStore": "appcs-bw-eu-prod-routing.azconfig.io",
            "weightKey": routing.key_of("clinical-notes"),
            "refreshSeconds": 30,
            "staleMinutes": STALE_MINUTES,
        }
        assert STALE_MINUTES == routing.STALE_MINUTES

    def test_the_job_reads_its_limits_as_the_stack_file_has_them(self) -> None:
        data: Any = _one("kubernetes:core/v1:ConfigMap", "limits", "delivery").get("data")
        assert Limits.read(data["limits.json"]) == (Limits.of(configured().use_cases[0]),)

    def test_the_settings_hold_it(self) -> None:
        data: Any = _one("kubernetes:core/v1:ConfigMap", "gateway", "gateway").get("data")
        assert set(json.loads(data["gateway.json"])["canaries"]) == {"clinical-notes"}

    def test_and_with_them_come_pods_that_read_them(self) -> None:
        # A gateway reads its settings when it starts: with the pods as they were, the candidate is tried by nobody.
        before: Any = next(
            one
            for one in compliant().of_type("kubernetes:apps/v1:Deployment")
            if one.get("metadata.namespace") == "gateway"
        ).get("spec.template.metadata.annotations")
        after: Any = _one("kubernetes:apps/v1:Deployment", "gateway", "gateway").get(
            "spec.template.metadata.annotations"
        )
        data: Any = _one("kubernetes:core/v1:ConfigMap", "gateway", "gateway").get("data")
        assert after[SETTINGS_SUM] == hashlib.sha256(data["gateway.json"].encode()).hexdigest() != before[SETTINGS_SUM]


class TestWhoMovesTheWeightCanDoNoMore:
    """The job is the one thing that changes what patients meet without a review."""

    def test_it_writes_one_store_and_reads_numbers(self) -> None:
        config = configured()
        scope = Scope(config=config, jurisdiction=config.jurisdiction, names=Names("bw", "eu-prod"))
        mine = next(
            item
            for item in tried().of_type("azure-native:managedidentity:UserAssignedIdentity")
            if item.name == "identities-delivery"
        )
        held = {
            str(item.get("scope")).rpartition("/")[2]: str(item.get("roleDefinitionId")).rpartition("/")[2]
            for item in tried().of_type("azure-native:authorization:RoleAssignment")
            if item.get("principalId") == mine.outputs["principalId"]
        }
        assert held == {
            weight_store(scope): "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b",
            "amw-bw-eu-prod": "b0d8363b-8ddd-447d-831f-62ca05bff136",
        }

    def test_its_pod_has_no_token_of_the_cluster_and_reaches_names_the_directory_and_private_endpoints(self) -> None:
        job = _one("kubernetes:batch/v1:CronJob", "canary", "delivery")
        pod: Any = job.get("spec.jobTemplate.spec.template.spec")
        assert pod["automountServiceAccountToken"] is False
        assert [set(volume) for volume in pod["volumes"]] == [{"name", "emptyDir"}, {"name", "configMap"}]
        fine = next(
            item
            for item in tried().of_type("kubernetes:cilium.io/v2:CiliumNetworkPolicy")
            if item.get("metadata.namespace") == "delivery"
        )
        rows: Any = fine.get("spec.egress")
        assert [name["matchName"] for row in rows for name in row.get("toFQDNs", ())] == ["login.microsoftonline.com"]
        assert not [row for row in rows if "toEntities" in row]
        assert fine.get("spec.ingress") is MISSING

    def test_no_role_of_the_cluster_is_planned_for_it(self) -> None:
        bound = tried().of_type("kubernetes:rbac.authorization.k8s.io/*")
        who = {one["name"] for binding in bound for one in items(binding.get("subjects"))}
        assert who == {"verifier"}


class TestTheGatewayIsReplacedWithNoDroppedStream:
    """Blue beside green: the new stands before the old goes, and the old goes when its last stream has ended."""

    @pytest.mark.parametrize("stack", ["eu-prod", "eu-dev"])
    def test_by_its_strategy_its_drain_and_its_probes(self, stack: str) -> None:
        from components.gateway import LEAVING_SECONDS
        from components.workload import STREAM_SECONDS

        gateway = next(
            item
            for item in compliant(stack).of_type("kubernetes:apps/v1:Deployment")
            if item.get("metadata.name") == "gateway"
        )
        rolling = "spec.strategy.rollingUpdate"
        assert gateway.get(f"{rolling}.maxUnavailable") == 0
        surge, grace = (
            gateway.get(f"{rolling}.maxSurge"),
            gateway.get("spec.template.spec.terminationGracePeriodSeconds"),
        )
        ready = gateway.get("spec.minReadySeconds")
        assert isinstance(surge, int | float)
        assert surge >= 1
        assert isinstance(grace, int | float)
        assert grace > LEAVING_SECONDS + STREAM_SECONDS
        assert isinstance(ready, int | float)
        assert ready >= 10
        container: Any = gateway.get("spec.template.spec.containers.0")
        assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": LEAVING_SECONDS}}
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        budget = next(
            item
            for item in compliant(stack).of_type("kubernetes:policy/v1:PodDisruptionBudget")
            if item.get("metadata.namespace") == "gateway"
        )
        assert budget.get("spec.maxUnavailable") == 1


class TestAWayBackIsSaidToJobAndPods:
    """A trial begins with its first step at once; what waits for a failure must not."""

    def test_and_is_none_otherwise(self) -> None:
        for way_back in (True, False):
            item = configured(wayBack=way_back, steps=[100] if way_back else CANARY["steps"]).use_cases[0]
            (told,) = limits([item])
            (read,) = Limits.read(json.dumps([told]))
            assert (read.way_back, Limits.of(item).way_back) == (way_back, way_back)
            assert versions(item)[1].noted.get(trials.WAY_BACK) == ("true" if way_back else None)
