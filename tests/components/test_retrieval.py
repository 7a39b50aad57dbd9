"""Retrieval reads every tenant's passages: so one asks it, it asks one, and as somebody whom row security binds."""

import json
from typing import Any

import pytest

from cli.planning import ROOT, stack_config
from components.database import RESOURCE
from components.retrieval_entries import ROUTES, URL
from jurisdictions import available, load
from plan.model import PlannedResource
from policies.require import items
from policies.rules import retrieval as by_rule
from policies.rules.workload_objects import RETRIEVAL as KNOWN
from tests.plans import CORE, compliant

FINE, PLAIN = "kubernetes:cilium.io/v2:CiliumNetworkPolicy", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SPACE = "k8s:io.kubernetes.pod.namespace"


def _one(stack: str, kind: str, space: str, name: str) -> PlannedResource:
    (found,) = [
        item
        for item in compliant(stack).of_type(kind)
        if (item.get("metadata.namespace"), item.get("metadata.name")) == (space, name)
    ]
    return found


def _environment(stack: str) -> dict[str, str]:
    deployment = _one(stack, "kubernetes:apps/v1:Deployment", "retrieval", "retrieval")
    (container,) = items(deployment.get("spec.template.spec.containers"))
    return {one["name"]: one["value"] for one in container["env"]}


class TestItEntersTheDatabaseAsItself:
    """A password is copied; an administrator passes row security; a server that proves nothing is anybody's."""

    @pytest.mark.parametrize("stack", CORE)
    def test_it_is_the_stacks_own_server_by_the_name_of_its_certificate(self, stack: str) -> None:
        (server,) = [
            item
            for item in compliant(stack).of_type("azure-native:dbforpostgresql:Server")
            if item.get("createMode") == "Default"
        ]
        found = _environment(stack)
        suffix = "usgovcloudapi.net" if stack == "usgov-prod" else "azure.com"
        assert found["PGHOST"] == f"{server.get('serverName')}.postgres.database.{suffix}"
        assert (found["PGSSLMODE"], found["PGSSLROOTCERT"]) == ("verify-full", "system")
        assert (found["PGDATABASE"], found["PGPORT"]) == ("retrieval", "5432")

    @pytest.mark.parametrize("stack", CORE)
    def test_its_login_is_its_identitys_name_and_administers_nothing(self, stack: str) -> None:
        plan, user = compliant(stack), _environment(stack)["PGUSER"]
        federated = plan.of_type("azure-native:managedidentity:FederatedIdentityCredential")
        (own,) = [one for one in federated if one.get("subject") == "system:serviceaccount:retrieval:retrieval"]
        assert own.get("resourceName") == user
        administrators = plan.of_type("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra")
        assert administrators
        assert user not in {one.get("principalName") for one in administrators}

    @pytest.mark.parametrize("stack", CORE)
    def test_nothing_of_it_is_a_secret(self, stack: str) -> None:
        assert not {"PGPASSWORD", "PGPASSFILE"} & _environment(stack).keys()

    def test_every_cloud_has_a_resource_to_ask_a_token_for(self) -> None:
        assert {load(name).cloud.name for name in available()} <= RESOURCE.keys()

    def test_its_role_is_one_that_the_migrations_make_and_bind(self) -> None:
        text = (ROOT / "docs" / "guides" / "first-deployment.md").read_text(encoding="utf-8")
        assert 'GRANT retrieval_reader TO "id-<organisation>-<stack>-retrieval"' in text
        made = (ROOT / "retrieval" / "migrations" / "0001_roles_and_schema.sql").read_text(encoding="utf-8")
        assert "'retrieval_reader'" in made


class TestOneAsksItAndItAsksOne:
    """It takes the caller's word for the tenant: whoever may ask may read everybody's."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_gateway_searches_and_the_collector_reads_numbers(self, stack: str) -> None:
        policy = _one(stack, FINE, "retrieval", "requests")
        asked = {}
        for row in items(policy.get("spec.ingress")):
            (space,) = {one["matchLabels"][SPACE] for one in row["fromEndpoints"]}
            asked[space] = {f"{one['method']} {one['path']}" for one in row["toPorts"][0]["rules"]["http"]}
        assert asked == {"gateway": {"POST /v1/search", "GET /health"}, "kube-system": {"GET /metrics"}}

    @pytest.mark.parametrize("stack", CORE)
    def test_it_reaches_the_databases_port_of_the_private_endpoints(self, stack: str) -> None:
        (row,) = items(_one(stack, PLAIN, "retrieval", "retrieval").get("spec.egress"))
        assert [port["port"] for port in row["ports"]] == [5432]
        assert items(_one(stack, PLAIN, "retrieval", "retrieval").get("spec.ingress")) == []

    @pytest.mark.parametrize("stack", CORE)
    def test_the_gateway_is_let_out_to_it_and_told_where_it_is(self, stack: str) -> None:
        rows = items(_one(stack, PLAIN, "gateway", "gateway").get("spec.egress"))
        named = [peer for row in rows for peer in row["to"] if "podSelector" in peer]
        labels = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in named]
        assert labels == ["retrieval"]
        data: Any = _one(stack, "kubernetes:core/v1:ConfigMap", "gateway", "gateway").get("data")
        assert json.loads(data["gateway.json"])["retrieval"] == URL == KNOWN

    @pytest.mark.parametrize("stack", CORE)
    def test_nodes_reach_the_database_from_the_workload_pool_alone(self, stack: str) -> None:
        opened = {
            str(group.get("networkSecurityGroupName")).rpartition("-")[2]
            for group in compliant(stack).of_type("azure-native:network:NetworkSecurityGroup")
            for rule in items(group.get("securityRules"))
            if rule["access"] == "Allow" and "5432" in (rule.get("destinationPortRange"), "")
        }
        assert opened == {"workload", "endpoints"}

    @pytest.mark.parametrize("stack", CORE)
    def test_what_it_prints_is_not_read(self, stack: str) -> None:
        data: Any = _one(stack, "kubernetes:core/v1:ConfigMap", "kube-system", "container-azm-ms-agentconfig").get(
            "data"
        )
        assert data["log-data-collection-settings"].count('"retrieval"') == 2

    def test_the_rules_know_the_same_requests(self) -> None:
        assert frozenset(ROUTES) == by_rule.ROUTES


class TestItOutlivesANodeAndADrain:
    """Without passages a model answers from memory, which is worse than not at all."""

    @pytest.mark.parametrize("stack", CORE)
    def test_it_scales_within_its_dials_and_leaves_one_by_one(self, stack: str) -> None:
        config = stack_config(stack).retrieval
        scaler = _one(stack, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "retrieval", "retrieval")
        assert (scaler.get("spec.minReplicas"), scaler.get("spec.maxReplicas")) == (
            config.replicas_min,
            config.replicas_max,
        )
        budget = _one(stack, "kubernetes:policy/v1:PodDisruptionBudget", "retrieval", "retrieval")
        assert budget.get("spec.maxUnavailable") == 1
