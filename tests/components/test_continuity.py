"""A second region: what is copied to it, what stands in it, and how traffic gets there."""

import json
from itertools import product

import pytest

from components.gateway_settings import HEALTH_PATH
from components.naming import Names
from plan.model import Plan, PlannedResource
from policies.review import review
from policies.rules import ALL
from tests.plans import compliant, token

FIRST, SECOND = "eu-prod", "eu-prod-b"


def _of(plan: Plan, short: str) -> tuple[PlannedResource, ...]:
    return plan.of_type(token(short))


def _one(plan: Plan, short: str, **wanted: object) -> PlannedResource:
    found = [r for r in _of(plan, short) if all(r.get(key) == value for key, value in wanted.items())]
    assert len(found) == 1, [r.name for r in found]
    return found[0]


def _ids(plan: Plan) -> set[str]:
    return {r.id.casefold() for r in plan.resources if isinstance(r.id, str) and r.id.startswith("/subscriptions/")}


class TestTheStandbyIsCompliant:
    """A standby that is refused can't be deployed, and Front Door then turns to nobody."""

    def test_nothing_is_refused_and_nothing_is_left_unevaluated(self) -> None:
        report = review(compliant(SECOND), ALL)
        assert [(f.rule.id, f.resource, f.message) for f in report.findings if f.state != "exempt"] == []

    def test_it_has_a_network_a_cluster_a_gateway_and_vaults_of_its_own_in_the_pair(self) -> None:
        plan = compliant(SECOND)
        for short in (
            "network:VirtualNetwork",
            "containerservice:ManagedCluster",
            "keyvault:Vault",
            "keyvault:ManagedHsm",
        ):
            assert {found.get("location") for found in _of(plan, short)} == {"northeurope"}, short
        assert _one(plan, "kubernetes:apps/v1:Deployment", **{"metadata.namespace": "gateway"})

    def test_every_group_says_whose_place_it_takes(self) -> None:
        tags = {
            (g.get("tags.continuity"), g.get("tags.continuity-of"))
            for g in _of(compliant(SECOND), "resources:ResourceGroup")
        }
        assert tags == {("standby", FIRST)}

    def test_it_has_no_entry_of_its_own_and_copies_nothing(self) -> None:
        plan = compliant(SECOND)
        for short in ("cdn:Profile", "network:ApplicationGateway", "storage:ObjectReplicationPolicy"):
            assert _of(plan, short) == ()


class TestFrontDoorTurnsToTheStandby:
    """An id that leads nowhere is found out by the first failover."""

    def test_the_second_origin_is_the_private_link_service_that_the_standbys_cluster_makes(self) -> None:
        origin = _one(compliant(FIRST), "cdn:AFDOrigin", originName="standby")
        standby = compliant(SECOND)
        cluster = _one(standby, "containerservice:ManagedCluster")
        service = _one(standby, "kubernetes:core/v1:Service", **{"metadata.name": "portal"})
        annotations = service.get("metadata.annotations")
        assert isinstance(annotations, dict)
        subscription = str(cluster.id).split("/")[2]
        name = annotations["service.beta.kubernetes.io/azure-pls-name"]
        assert origin.get("sharedPrivateLinkResource.privateLink.id") == (
            f"/subscriptions/{subscription}/resourceGroups/{cluster.get('nodeResourceGroup')}"
            f"/providers/Microsoft.Network/privateLinkServices/{name}"
        )
        assert origin.get("sharedPrivateLinkResource.privateLinkLocation") == cluster.get("location")
        assert annotations["service.beta.kubernetes.io/azure-pls-visibility"] == "*"

    def test_the_first_gets_everything_while_it_answers(self) -> None:
        plan = compliant(FIRST)
        assert {o.get("originName"): o.get("priority") for o in _of(plan, "cdn:AFDOrigin")} == {
            "gateway": 1,
            "standby": 2,
        }

    def test_both_are_asked_for_the_path_that_their_gateways_answer(self) -> None:
        group = _one(compliant(FIRST), "cdn:AFDOriginGroup")
        assert group.get("healthProbeSettings.probePath") == HEALTH_PATH
        for stack in (FIRST, SECOND):
            settings = _one(compliant(stack), "kubernetes:core/v1:ConfigMap", **{"metadata.name": "gateway"})
            data = settings.get("data")
            assert isinstance(data, dict)
            document = json.loads(data["gateway.json"])
            assert document["health"]["path"] == HEALTH_PATH
            assert document["listeners"]["portal"]["client_certificate"] == "none"

    def test_names_of_origins_differ_and_the_host_that_gateways_are_asked_by_does_not(self) -> None:
        origins = _of(compliant(FIRST), "cdn:AFDOrigin")
        assert len({o.get("hostName") for o in origins}) == len(origins)
        assert len({o.get("originHostHeader") for o in origins}) == 1

    def test_a_cold_stack_has_one_origin(self) -> None:
        assert [o.get("originName") for o in _of(compliant("ca-prod"), "cdn:AFDOrigin")] == ["gateway"]


class TestCopiesAndStandbyDoNotCollide:
    """Two resources of one name: the second deployment fails, or takes over the first one's database."""

    def test_no_resource_of_the_first_stack_has_the_name_of_one_of_the_standby(self) -> None:
        servers = [
            {s.get("serverName") for s in _of(compliant(stack), "dbforpostgresql:Server")} for stack in (FIRST, SECOND)
        ]
        assert servers == [{"psql-bw-eu-prod", "psql-bw-eu-prod-2"}, {"psql-bw-eu-prod-b"}]
        groups = [
            {g.get("resourceGroupName") for g in _of(compliant(stack), "resources:ResourceGroup")}
            for stack in (FIRST, SECOND)
        ]
        assert not groups[0] & groups[1]

    def test_no_id_is_of_both(self) -> None:
        # Azure's own role definitions and the tenant's are the same everywhere; what is made is not.
        assert not {i for i in _ids(compliant(FIRST)) & _ids(compliant(SECOND)) if "/resourcegroups/" in i}

    @pytest.mark.parametrize(("organisation", "stack"), list(product(("bw", "abcde"), ("eu-prod", "usgov-prod"))))
    def test_names_of_the_copies_fit_whatever_the_organisation(self, organisation: str, stack: str) -> None:
        names = Names(organisation, f"{stack}-2")
        for role in ("patient", "weights"):
            stem = names.of("st", role).replace("-", "")
            # The rule of components/naming.py: the role may lose letters down to three, before a suffix of four.
            assert len(stem) - (24 - 4) <= len(role) - 3

    def test_the_replica_is_guarded_as_the_server_is(self) -> None:
        first, second = _of(compliant(FIRST), "dbforpostgresql:Server")
        assert {first.get("createMode"), second.get("createMode")} == {"Default", "Replica"}
        for path in ("network", "authConfig", "dataEncryption", "identity", "sku"):
            assert first.get(path) == second.get(path), path
