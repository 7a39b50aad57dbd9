"""Edge sites: the manifests that Flux delivers, the values that fill them, and the rules on the plan."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from pydantic import ValidationError

from components.admission_data import policies as admission_policies
from components.edge_workloads import ACCOUNTS, values
from config.edge import MOST_OFFLINE_HOURS, EdgeSite
from jurisdictions import load
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.review import review
from policies.rule import registered
from policies.rules import edge as rules
from policies.types import FEDERATED, IDENTITY, PRIVATE_ENDPOINT, REGISTRY, STORAGE
from tests.components import edge_admission

FOLDER = Path(__file__).resolve().parents[2] / "edge"
PLACEHOLDER = re.compile(r"\$\{([a-z0-9_]+)\}")
IMAGE = re.compile(r"^\$\{registry\}/edge/[a-z-]+@\$\{[a-z_]+_digest\}$")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
MANDATORY = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "bailiwick/jurisdiction",
    "bailiwick/environment",
    "bailiwick/site",
    "bailiwick/data-classification",
)
SHA = "sha256:" + "a" * 64
Object = dict[str, Any]


@cache
def manifests(folder: str) -> tuple[Object, ...]:
    """Every object of a folder but Kustomize's own."""
    return tuple(
        document
        for path in sorted((FOLDER / folder).glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        if not document["apiVersion"].startswith("kustomize.config")
    )


def of_kind(folder: str, *kinds: str) -> list[Object]:
    return [found for found in manifests(folder) if found["kind"] in kinds]


def pods() -> Iterator[tuple[str, Object]]:
    for workload in of_kind("site", *WORKLOADS):
        yield workload["metadata"]["name"], workload["spec"]["template"]


def containers(*, init: bool = True) -> Iterator[tuple[str, Object]]:
    for name, template in pods():
        for container in template["spec"]["containers"] + (template["spec"].get("initContainers", []) if init else []):
            yield f"{name}/{container['name']}", container


def site(**changes: object) -> EdgeSite:
    """A site as a stack file gives it."""
    given: dict[str, object] = {
        "name": "north",
        "agentCertificate": "A" * 400,
        "agentVersion": "1.30.4",
        "issuer": "https://issuer.example/tenant/site",
        "extensions": dict.fromkeys(("flux", "policy", "certificates", "secrets", "defender"), "1.0.0"),
        "release": SHA,
        "images": dict.fromkeys(("modelServer", "weights", "gateway", "forwarder", "prompts"), SHA),
        "model": {"name": "notes-4b-q4", "revision": "a" * 40, "sha256": "b" * 64},
        "prompt": {"name": "notes", "version": "1.0.0", "sha256": "c" * 64},
        "context": 8192,
        "cpu": "8",
        "memory": "16Gi",
        "offlineHours": 48,
        "requestsPerHour": 600,
        "spoolGib": 8,
        "storageClass": "encrypted",
        "host": "assistant.north.example",
        "clients": "192.168.40.0/24",
        "proxy": "192.168.41.5",
    }
    return EdgeSite.model_validate(given | changes)


def filled() -> dict[str, str]:
    """The values of a site, as the component hands them to Flux."""
    jurisdiction = load("eu")
    config = SimpleNamespace(registry_name="acrbw", tenant_id="tenant", people=None)
    identity = SimpleNamespace(client_id="client")
    found = values(
        scope=cast("Any", SimpleNamespace(config=config, jurisdiction=jurisdiction, environment="prod")),
        site=site(),
        of=cast("Any", dict.fromkeys(ACCOUNTS, identity)),
        blob_endpoint="https://stedge.blob.core.windows.net/",
        vault=cast("Any", SimpleNamespace(vault=SimpleNamespace(name="kv"))),
        endpoints="10.0.0.0/26",
    )
    return {key: str(value) for key, value in found.items()}


class TestSection:
    """A site that can't keep what it states is refused while its file is read."""

    @pytest.mark.parametrize(
        "change",
        [
            {"offlineHours": MOST_OFFLINE_HOURS + 1},
            {"offlineHours": 0},
            {"requestsPerHour": 100_000},
            {"name": "a-name-of-seventeen"},
            {"issuer": "http://issuer.example/site"},
            {"release": "latest"},
        ],
    )
    def test_is_refused(self, change: Mapping[str, object]) -> None:
        with pytest.raises(ValidationError):
            site(**change)

    def test_the_spool_holds_the_stated_hours_and_leaves_a_tenth(self) -> None:
        assert site().spool_bytes < 8 * 2**30


class TestFilling:
    """A placeholder without a value becomes empty, silently."""

    def test_the_plan_fills_every_placeholder_of_the_bootstrap_and_no_other(self) -> None:
        asked = {name for path in (FOLDER / "bootstrap").glob("*.yaml") for name in PLACEHOLDER.findall(_code(path))}
        assert asked == set(filled())

    @pytest.mark.parametrize("folder", ["policies", "site", "gpu"])
    def test_what_the_release_asks_for_is_in_the_sites_config_map(self, folder: str) -> None:
        (known,) = of_kind("bootstrap", "ConfigMap")
        asked = {name for path in (FOLDER / folder).glob("*.yaml") for name in PLACEHOLDER.findall(_code(path))}
        assert asked <= set(known["data"])

    def test_the_gateway_is_told_when_to_refuse(self) -> None:
        (settings,) = of_kind("site", "ConfigMap")
        document = json.loads(PLACEHOLDER.sub(lambda hit: filled()[hit[1]], settings["data"]["edge.json"]))
        assert document["offline"] == {"hours": 48, "then": "refuse"}
        assert document["audit"]["when_full"] == "refuse-requests"
        assert document["audit"]["before_answer"] is True
        assert document["audit"]["bytes"] == site().spool_bytes
        assert document["external_providers"] == []

    @pytest.mark.parametrize("folder", ["bootstrap", "policies", "site"])
    def test_kustomize_takes_every_file(self, folder: str) -> None:
        listed = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
        assert {*listed, "kustomization.yaml"} == {path.name for path in (FOLDER / folder).glob("*.yaml")}


class TestDelivery:
    """What decides what runs at the site."""

    def test_the_release_comes_from_the_registry_by_digest_and_signed(self) -> None:
        (source,) = of_kind("bootstrap", "OCIRepository")
        assert source["spec"]["url"] == "oci://${registry}/edge/manifests"
        assert source["spec"]["ref"] == {"digest": "${release}"}
        assert source["spec"]["verify"]["provider"] == "cosign"
        assert source["spec"]["verify"]["secretRef"]
        assert "insecure" not in source["spec"]

    def test_policies_come_first_and_leftovers_go(self) -> None:
        delivered = {found["metadata"]["name"]: found["spec"] for found in of_kind("bootstrap", "Kustomization")}
        assert all(spec["prune"] and spec["wait"] and not spec.get("suspend") for spec in delivered.values())
        assert all(spec["sourceRef"]["kind"] == "OCIRepository" for spec in delivered.values())
        assert delivered["edge-site"]["dependsOn"] == [{"name": "edge-policies"}]

    def test_nothing_secret_and_no_right_in_the_cluster_is_delivered(self) -> None:
        kinds = {found["kind"] for folder in ("bootstrap", "policies", "site") for found in manifests(folder)}
        assert not kinds & {"Secret", "ClusterRoleBinding", "RoleBinding", "ClusterRole", "Role"}


class TestManifests:
    """Each invariant for every object."""

    def test_objects_carry_the_mandatory_labels(self) -> None:
        for found in manifests("site"):
            lacking = [key for key in MANDATORY if key not in found["metadata"]["labels"]]
            assert not lacking, (found["kind"], found["metadata"]["name"], lacking)
        for name, template in pods():
            assert all(key in template["metadata"]["labels"] for key in MANDATORY), name

    def test_namespaces_are_restricted_and_deny_everything(self) -> None:
        names = {found["metadata"]["name"] for found in of_kind("site", "Namespace")}
        for found in of_kind("site", "Namespace"):
            labels = found["metadata"]["labels"]
            assert {labels[f"pod-security.kubernetes.io/{m}"] for m in ("enforce", "audit", "warn")} == {"restricted"}
        denied = {
            found["metadata"]["namespace"]
            for found in of_kind("site", "NetworkPolicy")
            if found["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        }
        assert denied == names
        assert {found["metadata"].get("namespace") for found in manifests("site")} <= {*names, None}

    def test_every_workload_is_reached_by_a_policy_that_names_it_and_none_is_open(self) -> None:
        named = {
            found["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
            for found in of_kind("site", "NetworkPolicy")
        }
        assert {name for name, _ in pods()} <= named
        for found in of_kind("site", "NetworkPolicy"):
            for direction, end in (("ingress", "from"), ("egress", "to")):
                for flow in found["spec"].get(direction, []):
                    assert flow[end], found["metadata"]["name"]
                    assert flow["ports"], found["metadata"]["name"]
                    assert "0.0.0.0/0" not in str(flow)

    def test_the_model_can_reach_nobody(self) -> None:
        (policy,) = (
            found
            for found in of_kind("site", "NetworkPolicy")
            if found["metadata"] | {"labels": 0} == {"name": "model", "namespace": "edge-inference", "labels": 0}
        )
        assert policy["spec"]["policyTypes"] == ["Ingress"]
        assert "egress" not in policy["spec"]

    def test_nobody_is_handed_the_api_servers_token(self) -> None:
        assert all(found["automountServiceAccountToken"] is False for found in of_kind("site", "ServiceAccount"))
        assert all(template["spec"]["automountServiceAccountToken"] is False for _, template in pods())

    def test_accounts_of_azure_identities_are_those_that_are_federated(self) -> None:
        annotated = {
            (found["metadata"]["namespace"], found["metadata"]["name"])
            for found in of_kind("site", "ServiceAccount")
            if "azure.workload.identity/client-id" in found["metadata"].get("annotations", {})
        }
        federated = {account for accounts in ACCOUNTS.values() for account in accounts}
        assert annotated == federated - {("flux-system", "source-controller")}

    def test_pods_are_no_root_and_share_nothing_of_the_node(self) -> None:
        for name, template in pods():
            spec = template["spec"]
            assert spec["securityContext"]["runAsNonRoot"] is True, name
            assert spec["securityContext"]["runAsUser"] > 0, name
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
            assert not any("hostPath" in volume for volume in spec["volumes"]), name
            assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"] if "emptyDir" in volume), name

    def test_images_come_from_the_stacks_registry_by_digest(self) -> None:
        for name, container in containers():
            assert IMAGE.match(container["image"]), name
            assert container["imagePullPolicy"] == "IfNotPresent", f"{name} would not start without a line"

    def test_containers_have_no_privilege_and_a_bound(self) -> None:
        for name, container in containers():
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["privileged"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
            assert container["resources"]["requests"] == container["resources"]["limits"], name
            assert not any("hostPort" in port for port in container.get("ports", [])), name

    def test_containers_are_probed(self) -> None:
        for name, container in containers(init=False):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert container[probe]["httpGet"]["path"], (name, probe)

    def test_more_than_one_replica_has_a_budget(self) -> None:
        budgets = {str(found["spec"]["selector"]) for found in of_kind("site", "PodDisruptionBudget")}
        for found in of_kind("site", "Deployment", "StatefulSet"):
            assert found["spec"]["replicas"] == 1 or str(found["spec"]["selector"]) in budgets

    def test_what_stays_on_the_box_lies_on_the_encrypted_class_and_records_are_kept(self) -> None:
        (gateway,) = of_kind("site", "StatefulSet")
        claims = [claim["spec"] for claim in gateway["spec"]["volumeClaimTemplates"]]
        claims += [found["spec"] for found in of_kind("site", "PersistentVolumeClaim")]
        assert claims
        assert all(claim["storageClassName"] == "${storage_class}" for claim in claims)
        assert gateway["spec"]["persistentVolumeClaimRetentionPolicy"] == {
            "whenDeleted": "Retain",
            "whenScaled": "Retain",
        }

    def test_the_model_server_fetches_nothing_and_shows_nothing(self) -> None:
        (server,) = (found for name, found in containers(init=False) if name == "model/model")
        assert {"--offline", "--no-slots", "--no-webui", "--log-disable"} <= set(server["args"])
        (weights,) = (found for name, found in containers() if name == "model/weights")
        assert "sha256sum -c" in weights["args"][0]


class TestAdmission:
    """Policies in the API server itself: they hold without a line."""

    def test_each_denies_fails_closed_and_is_bound(self) -> None:
        policies = {
            found["metadata"]["name"]: found["spec"] for found in of_kind("policies", "ValidatingAdmissionPolicy")
        }
        bindings = {
            found["spec"]["policyName"]: found["spec"]
            for found in of_kind("policies", "ValidatingAdmissionPolicyBinding")
        }
        assert set(policies) == set(bindings)
        shared = {policy.name for policy in admission_policies() if policy.edge}
        assert shared <= set(policies)
        policies = {name: spec for name, spec in policies.items() if name not in shared}
        bindings = {name: spec for name, spec in bindings.items() if name not in shared}
        assert set(policies) == set(bindings) == {"edge-images", "edge-isolation", "edge-labels"}
        for name, spec in policies.items():
            assert spec["failurePolicy"] == "Fail", name
            assert all(rule["message"] for rule in spec["validations"]), name
            (resources,) = spec["matchConstraints"]["resourceRules"]
            assert {"pods", "pods/ephemeralcontainers"} <= set(resources["resources"]), name
            assert resources["operations"] == ["CREATE", "UPDATE"], name
            assert "Deny" in bindings[name]["validationActions"], name

    def test_what_the_cluster_refuses_is_refused_here_in_the_same_words(self) -> None:
        assert edge_admission.SITES.read_text(encoding="utf-8") == edge_admission.text()

    def test_no_namespace_of_ours_is_left_out(self) -> None:
        ours = {found["metadata"]["name"] for found in of_kind("site", "Namespace")}
        for found in of_kind("policies", "ValidatingAdmissionPolicyBinding"):
            (expression,) = found["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
            assert expression["key"] == "kubernetes.io/metadata.name"
            assert expression["operator"] == "NotIn"
            assert not ours & set(expression["values"])

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            ("edge-images", ("startsWith('${registry}/')", "@sha256:[0-9a-f]{64}")),
            ("edge-isolation", ("hostNetwork", "hostPID", "hostIPC", "hostPath", "privileged", "automount")),
            ("edge-labels", MANDATORY),
        ],
    )
    def test_it_speaks_of(self, policy: str, words: tuple[str, ...]) -> None:
        (found,) = (
            item for item in of_kind("policies", "ValidatingAdmissionPolicy") if item["metadata"]["name"] == policy
        )
        text = " ".join(rule["expression"] for rule in found["spec"]["validations"])
        assert [word for word in words if word not in text] == []

    def test_init_and_ephemeral_containers_are_looked_at(self) -> None:
        for found in of_kind("policies", "ValidatingAdmissionPolicy"):
            if "containers" in str(found["spec"]["validations"]) and found["metadata"]["name"].startswith("edge-"):
                (variable,) = found["spec"]["variables"]
                assert "initContainers" in variable["expression"]
                assert "ephemeralContainers" in variable["expression"]


ARM = "/subscriptions/s/resourceGroups/g/providers"
IDS = {
    rules.SITE: f"{ARM}/Microsoft.Kubernetes/connectedClusters/arck",
    rules.LINK: f"{ARM}/Microsoft.HybridCompute/privateLinkScopes/pls",
}


def made(token: str, name: str, inputs: Mapping[str, Any], **origins: tuple[str, ...]) -> PlannedResource:
    return PlannedResource(
        urn=f"urn:{name}",
        type=token,
        name=name,
        inputs=inputs,
        outputs={"id": IDS.get(token, f"{ARM}/x/{name}")},
        property_dependencies=origins,
    )


def extension(name: str, kind: str) -> PlannedResource:
    return made(
        rules.EXTENSION,
        name,
        {
            "clusterName": "arck",
            "extensionType": kind,
            "autoUpgradeMinorVersion": False,
            "version": "1.2.3",
            "releaseTrain": "stable",
        },
    )


def plan(stack: str = "eu-prod") -> Plan:
    """One compliant site, by hand."""
    resources = (
        made(rules.LINK, "link", {"properties": {"publicNetworkAccess": "Disabled"}}),
        made(
            PRIVATE_ENDPOINT,
            "endpoint",
            {"privateLinkServiceConnections": [{"privateLinkServiceId": IDS[rules.LINK]}]},
        ),
        made(STORAGE, "store", {"accountName": "stedge"}),
        made(REGISTRY, "registry", {"registryName": "acrbw"}),
        made(IDENTITY, "reader", {"resourceName": "id-reader"}),
        made(
            FEDERATED,
            "federated",
            {"resourceName": "id-reader", "subject": rules.READER, "issuer": "https://issuer.example/site"},
        ),
        made(
            rules.SITE,
            "site",
            {
                "clusterName": "arck",
                "identity": {"type": "SystemAssigned"},
                "privateLinkState": "Enabled",
                "privateLinkScopeResourceId": IDS[rules.LINK],
                "aadProfile": {"enableAzureRBAC": True, "tenantID": "t", "adminGroupObjectIDs": ["g"]},
                "arcAgentProfile": {"agentAutoUpgrade": "Disabled", "desiredAgentVersion": "1.30.4"},
                "tags": {"offline-hours": "48"},
            },
        ),
        extension("flux", "microsoft.flux"),
        extension("policy", "microsoft.policyinsights"),
        extension("defender", "microsoft.azuredefender.kubernetes"),
        made(
            rules.FLUX,
            "delivery",
            {
                "clusterName": "arck",
                "sourceKind": "AzureBlob",
                "suspend": False,
                "azureBlob": {"url": "https://stedge.blob.core.windows.net/", "containerName": "releases"},
                "kustomizations": {
                    "bootstrap": {
                        "prune": True,
                        "postBuild": {
                            "substitute": {"registry": "acrbw.azurecr.io", "release": SHA, "offline_hours": "48"}
                        },
                    }
                },
            },
            azureBlob=("urn:reader",),
        ),
        made(rules.SCOPE_MAP, "map", {"actions": ["repositories/edge/*/content/read"]}),
    )
    return Plan(project="bailiwick", stack=stack, jurisdiction=stack.partition("-")[0], resources=resources)


def broken(name: str, path: str, value: object) -> Callable[[Plan], Plan]:
    """One value changed; None takes it away."""

    def change(plan: Plan) -> Plan:
        def put(node: object, parts: list[str]) -> object:
            assert isinstance(node, Mapping)
            inner = value if len(parts) == 1 else put(node.get(parts[0], {}), parts[1:])
            return {**{k: v for k, v in node.items() if k != parts[0]}, **({} if inner is None else {parts[0]: inner})}

        return replace(
            plan,
            resources=tuple(
                replace(r, inputs=cast("Any", put(r.inputs, path.split(".")))) if r.name == name else r
                for r in plan.resources
            ),
        )

    return change


def lacking(name: str) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, resources=tuple(r for r in plan.resources if r.name != name))


EDGE = tuple(rule for rule in registered() if rule.module == rules.__name__)
"""The rules on a site's form; those on its settings have their breaches in tests/policies/mutations_of_settings.py."""
KUSTOMIZED = "kustomizations.bootstrap"


class TestRules:
    """Each passes a compliant site and refuses it with one thing broken."""

    def test_a_compliant_site_is_compliant(self) -> None:
        report = review(plan(), EDGE)
        assert report.verdict == "compliant", report.findings
        assert all(report.evaluated.values())

    @pytest.mark.parametrize(
        ("rule_id", "breach"),
        [
            ("edge.delivered-from-inside", broken("delivery", "sourceKind", "GitRepository")),
            ("edge.delivered-from-inside", broken("delivery", "gitRepository.url", "https://git.example/x")),
            ("edge.delivered-from-inside", broken("delivery", "azureBlob.url", "https://other.blob.core.windows.net/")),
            ("edge.delivered-from-inside", broken("delivery", "azureBlob.url", "http://stedge.blob.core.windows.net/")),
            ("edge.delivered-from-inside", broken("delivery", "azureBlob.sasToken", "sig")),
            ("edge.delivered-from-inside", broken("delivery", "suspend", True)),
            ("edge.delivered-from-inside", broken("delivery", f"{KUSTOMIZED}.prune", False)),
            (
                "edge.delivered-from-inside",
                broken("delivery", f"{KUSTOMIZED}.postBuild.substitute.registry", "ghcr.io"),
            ),
            ("edge.delivered-from-inside", broken("delivery", f"{KUSTOMIZED}.postBuild.substitute.release", "latest")),
            ("edge.delivered-from-inside", lacking("delivery")),
            ("edge.site-is-private", broken("site", "privateLinkState", "Disabled")),
            ("edge.site-is-private", broken("link", "properties.publicNetworkAccess", "Enabled")),
            ("edge.site-is-private", lacking("endpoint")),
            ("edge.identity-federated", broken("site", "aadProfile.enableAzureRBAC", False)),
            ("edge.identity-federated", broken("site", "aadProfile.adminGroupObjectIDs", [])),
            ("edge.identity-federated", broken("federated", "subject", "system:serviceaccount:*:*")),
            ("edge.identity-federated", lacking("federated")),
            ("edge.identity-federated", broken("flux", "configurationProtectedSettings", {"key": "value"})),
            ("edge.policies-hold-there-too", lacking("policy")),
            ("edge.policies-hold-there-too", lacking("defender")),
            ("edge.updates-are-chosen", broken("site", "arcAgentProfile.agentAutoUpgrade", "Enabled")),
            ("edge.updates-are-chosen", broken("policy", "autoUpgradeMinorVersion", True)),
            ("edge.updates-are-chosen", broken("policy", "version", None)),
            ("edge.updates-are-chosen", broken("policy", "releaseTrain", "preview")),
            ("edge.offline-time-is-stated", broken("site", "tags.offline-hours", None)),
            ("edge.offline-time-is-stated", broken("site", "tags.offline-hours", "96")),
            (
                "edge.offline-time-is-stated",
                broken("delivery", f"{KUSTOMIZED}.postBuild.substitute.offline_hours", "72"),
            ),
            ("edge.images-are-only-read", broken("map", "actions", ["repositories/edge/*/content/write"])),
            ("edge.images-are-only-read", broken("map", "actions", ["repositories/*/content/read"])),
        ],
    )
    def test_one_breach_is_refused_by_its_rule_alone(self, rule_id: str, breach: Callable[[Plan], Plan]) -> None:
        report = review(breach(plan()), EDGE)
        assert {finding.rule.id for finding in report.of_state("refused")} == {rule_id}
        assert not report.of_state("not-evaluated")

    def test_every_rule_has_a_breach_here(self) -> None:
        assert {rule.id for rule in EDGE} == {
            mark.args[1][index][0]
            for mark in cast("Any", self.test_one_breach_is_refused_by_its_rule_alone).pytestmark
            for index in range(len(mark.args[1]))
        }

    def test_a_source_that_is_not_known_yet_is_judged_by_where_it_comes_from(self) -> None:
        found = broken("delivery", "azureBlob.url", UNKNOWN)(plan())
        assert review(found, EDGE).of_state("not-evaluated")
        origin = tuple(
            replace(r, property_dependencies={"azureBlob": ("urn:reader", "urn:store")}) if r.name == "delivery" else r
            for r in found.resources
        )
        assert review(replace(found, resources=origin), EDGE).verdict == "compliant"

    def test_defender_is_not_asked_for_where_the_cloud_has_none(self) -> None:
        there = lacking("defender")(plan("cn-prod"))
        refused = {finding.rule.id for finding in review(there, EDGE).of_state("refused")}
        assert "edge.policies-hold-there-too" not in refused


def _code(path: Path) -> str:
    """A file without its comments, which speak of placeholders too."""
    return "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    )
