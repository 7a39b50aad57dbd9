"""Every place where data lives or passes is found, with what it holds and what it is for."""

import pytest

from plan.model import UNKNOWN
from plan.reachability.model import Place
from plan.reachability.places import places
from tests.plan.reachability.written import (
    GROUP,
    account,
    arm,
    namespace,
    network_policy,
    plan_of,
    pods,
    resource,
    urn,
)
from tests.plans import CORE, compliant


def named(stack: str = "eu-prod") -> dict[tuple[str, str], Place]:
    return {(item.kind, item.name): item for item in places(compliant(stack)).values()}


class TestPlacesOfACommittedStack:
    """The map that everything else is drawn on."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_store_is_classified(self, stack: str) -> None:
        stores = [item for item in places(compliant(stack)).values() if item.kind == "store"]
        assert len(stores) > 10
        assert all(item.classification for item in stores)

    @pytest.mark.parametrize("stack", CORE)
    def test_every_store_and_computer_has_a_purpose_and_a_region(self, stack: str) -> None:
        for item in places(compliant(stack)).values():
            if item.kind in ("store", "compute"):
                assert item.purpose, item.name
                assert item.region, item.name

    @pytest.mark.parametrize(
        ("kind", "start", "purpose", "classification"),
        [
            ("pods", "gateway/gateway", "gateway", "phi"),
            ("pods", "inference-clinical-notes/vllm", "inference", "phi"),
            ("pods", "retrieval/retrieval", "retrieval", "phi"),
            ("pods", "gpu-operators/nvidia-device-plugin", "gpu-operators", "internal"),
            ("pods", "gpu-operators/dcgm-exporter", "gpu-operators", "internal"),
            ("pods", "kube-system/k8s-app=kube-dns", "system", None),
            ("compute", "cae-bw-eu-prod", "runner", "internal"),
            ("compute", "caj-bw-eu-prod-apply", "runner", "confidential"),
            ("compute", "vm-bw-eu-prod-confidential-0", "confidential", "phi"),
            ("compute", "system", "system", "confidential"),
            ("entry", "afd-bw-eu-prod", "portal", "internal"),
            ("entry", "gateway/portal", "portal", "phi"),
            ("entry", "gateway/partners", "partners", "phi"),
            ("entry", "pls-bw-eu-prod-portal", "portal", "phi"),
            ("store", "stbweuprodpatient", "patient", "phi"),
            ("store", "stbweuprodtraining", "training", "phi"),
            ("store", "stbweuprodweights", "weights", "confidential"),
            ("store", "stbweuprodflows", "flows", "internal"),
            ("endpoint", "pe-bw-eu-prod-store-patient", "patient", "internal"),
        ],
    )
    def test_what_is_what(self, kind: str, start: str, purpose: str, classification: str | None) -> None:
        (found,) = [item for (one, name), item in named().items() if one == kind and name.startswith(start)]
        assert (found.purpose, found.classification) == (purpose, classification)

    def test_a_copy_is_for_what_its_original_is_for_and_stands_in_the_other_region(self) -> None:
        (found,) = [item for (_, name), item in named().items() if name.startswith("stbweuprod2patient")]
        assert (found.purpose, found.classification, found.region) == ("patient", "phi", "northeurope")

    def test_front_door_stands_everywhere(self) -> None:
        assert named()["entry", "afd-bw-eu-prod"].region == "global"

    def test_the_regional_portal_is_an_application_gateway_before_the_portals_address(self) -> None:
        found = named("uk-prod")
        assert found["entry", "agw-bw-uk-prod"].purpose == "portal"
        assert found["entry", "gateway/portal"].purpose == "portal"

    def test_a_private_link_service_has_the_id_that_front_door_uses(self) -> None:
        (origin, _) = compliant().of_type("azure-native:cdn:AFDOrigin")
        assert origin.get("sharedPrivateLinkResource.privateLink.id") in places(compliant())


class TestPurposeByWhatThePlanShows:
    """Plans of others have other names."""

    def test_a_tag_says_it_best(self) -> None:
        made = resource("storage:StorageAccount", "x", identifier="/s/x", tags={"role": "research"})
        assert places(plan_of(made))["/s/x"].purpose == "research"

    def test_an_account_is_for_what_is_in_it_or_uses_it(self) -> None:
        data, logs, ml = account("a"), account("b"), account("c")
        container = {"accountName": "a", "containerName": "documents"}
        flow = {"storageId": logs.outputs["id"]}
        learning = {"storageAccount": ml.outputs["id"]}
        found = places(
            plan_of(
                data,
                logs,
                ml,
                resource("storage:BlobContainer", "d", container),
                resource("network:FlowLog", "f", flow),
                resource("machinelearningservices:Workspace", "w", learning, identifier="/w"),
            )
        )
        assert [found[str(item.outputs["id"])].purpose for item in (data, logs, ml)] == ["patient", "flows", "training"]

    def test_the_component_that_made_it_speaks_last(self) -> None:
        made = resource("app:ContainerApp", "x", identifier="/x")
        object.__setattr__(made, "urn", "urn:pulumi:eu-prod::b::bailiwick:p:Platform$bailiwick:runner:Runner$t::x")
        assert places(plan_of(made))["/x"].purpose == "runner"


class TestClassification:
    """A place without a tag is not without data: its group, or its namespace, speaks for it."""

    def test_by_tag_else_by_the_resource_groups(self) -> None:
        group = resource("resources:ResourceGroup", "rg", identifier=GROUP, tags={"data-classification": "phi"})
        own = account("a", tags={"data-classification": "internal"})
        found = places(plan_of(group, own, account("b")))
        assert found[str(own.outputs["id"])].classification == "internal"
        assert found[arm("Microsoft.Storage/storageAccounts", "b")].classification == "phi"

    def test_pods_by_their_own_label_else_by_their_namespaces(self) -> None:
        label = "bailiwick/data-classification"
        found = places(
            plan_of(
                namespace("n", **{label: "phi"}),
                pods("n", "a", {label: "training"}),
                pods("n", "b", {}),
                pods("n", "c", UNKNOWN),
            )
        )
        held = {item.name: item.classification for item in found.values() if item.name.startswith("n/")}
        assert held == {"n/a": "training", "n/b": "phi", "n/c": "phi"}

    def test_a_pool_by_its_own_tag_else_by_its_clusters(self) -> None:
        cluster = resource(
            "containerservice:ManagedCluster",
            "aks",
            {"agentPoolProfiles": [{"name": "a", "tags": {"data-classification": "phi"}}, {"name": "b"}]},
            identifier="/aks",
            tags={"data-classification": "confidential"},
        )
        found = places(plan_of(cluster))
        assert found["/aks/agentPools/a"].classification == "phi"
        assert found["/aks/agentPools/b"].classification == "confidential"


class TestBeforeAnythingExists:
    """Under the real engine no id is known: a place is then named by its URN."""

    def test_ids(self) -> None:
        found = places(plan_of(resource("storage:StorageAccount", "x", {"accountName": "x"})))
        assert list(found) == [urn("storage:StorageAccount", "x")]
        assert found[urn("storage:StorageAccount", "x")].name == "x"


class TestPodsThatOnlyAPolicyNames:
    """Azure's own pods are in no plan, and talk to ours."""

    def test_by_namespace_and_label(self) -> None:
        peer = {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
        found = places(
            plan_of(namespace("n"), network_policy("n", "p", {"podSelector": {}, "egress": [{"to": [peer]}]}))
        )
        assert found["pods:kube-system/k8s-app=kube-dns"].purpose == "system"
