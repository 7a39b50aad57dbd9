"""What services do by their own settings: lead, let in, copy, tell and read. Each way out has its edge."""

from collections.abc import Mapping
from typing import Any

import pytest

from plan.model import UNKNOWN, Plan, PlannedResource
from plan.reachability.model import Edge, Hop, Place
from plan.reachability.places import places
from plan.reachability.pods import pod_edges
from plan.reachability.services import service_edges, unjudged
from tests.plan.reachability.written import (
    OTHER,
    SUBSCRIPTION,
    account,
    arm,
    namespace,
    network_policy,
    plan_of,
    pods,
    resource,
)
from tests.plans import CORE, compliant

AWAY = arm("Microsoft.Storage/storageAccounts", "theirs", OTHER)
NEAR = arm("Microsoft.Storage/storageAccounts", "unplanned")


def unread(plan: Plan) -> tuple[Hop, ...]:
    return unjudged(plan, places(plan))


def edges(*resources: PlannedResource) -> tuple[Edge, ...]:
    plan = plan_of(*resources)
    return service_edges(plan, places(plan))


def ends(*resources: PlannedResource, kind: str | None = None) -> list[tuple[str, str, str]]:
    """Source, kind and target, by the last parts of their ids."""
    return [
        (short(edge.source), edge.kind, short(edge.target)) for edge in edges(*resources) if kind in (None, edge.kind)
    ]


def short(identifier: str) -> str:
    return identifier.rpartition("/")[2] if identifier.startswith("/") else identifier


def outside(plan: Plan) -> dict[str, set[str]]:
    """What leads out of a plan, or in: outside place to the names at the other end."""
    known: Mapping[str, Place] = places(plan)
    found: dict[str, set[str]] = {}
    for edge in service_edges(plan, known):
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if one not in known:
                found.setdefault(one, set()).add(known[other].name if other in known else other)
    return found


class TestWhatLeadsOutOfACommittedStack:
    """Each is justified here, or it is a leak."""

    def test_eu_prod(self) -> None:
        found = outside(compliant())
        standby = next(name for name in found if name.startswith("tenant:"))
        assert found == {
            # Patients come in by Front Door, and by nothing else.
            "internet": {"afd-bw-eu-prod"},
            # The standby is a stack of its own in another subscription.
            standby: {"afd-bw-eu-prod"},
            # The jurisdiction's second region: vaults (by Azure itself), the HSM's extension, the registry's replica.
            "region:northeurope": {
                "kv-bw-eu-prod-certs-zsrc",
                "kv-bw-eu-prod-etcd-nyg4",
                "kv-bw-eu-prod-ml-z6nr",
                "hsm-bw-eu-prod-keys-5lck",
                "acrbweuprod",
            },
            # The quarantine works through the control plane, and takes its incidents from Sentinel.
            "host:management.azure.com": {"logic-bw-eu-prod-quarantine"},
            "host:connector azuresentinel": {"logic-bw-eu-prod-quarantine"},
            # Alerts are written to the operator.
            "host:hospital.example": {"ag-bw-eu-prod"},
        }

    @pytest.mark.parametrize("stack", CORE)
    def test_nothing_is_left_unjudged(self, stack: str) -> None:
        assert unread(compliant(stack)) == ()

    @pytest.mark.parametrize("stack", CORE)
    def test_every_private_endpoint_leads_to_a_place_of_the_plan(self, stack: str) -> None:
        plan = compliant(stack)
        known = places(plan)
        led = {edge.source: edge.target for edge in service_edges(plan, known) if edge.source in known}
        doors = [item.id for item in known.values() if item.kind == "endpoint"]
        assert len(doors) > 10
        assert all(known[led[door]].kind in ("store", "service", "compute") for door in doors)

    def test_patients_come_to_the_gateway_step_by_step(self) -> None:
        plan = compliant()
        known = places(plan)
        steps = [edge for edge in service_edges(plan, known) if edge.kind == "enters"]
        here, path = "internet", []
        while True:
            nexts = [edge.target for edge in steps if edge.source == here and edge.target in known]
            if not nexts:
                break
            here = nexts[0]
            path.append(known[here].name)
        assert path == ["afd-bw-eu-prod", "pls-bw-eu-prod-portal", "gateway/portal", "gateway/gateway"]

    def test_health_data_is_copied_inside_the_jurisdiction_alone(self) -> None:
        plan = compliant()
        known = places(plan)
        held = [edge for edge in service_edges(plan, known) if edge.kind == "copies" and edge.source in known]
        targets = {known[edge.target].region for edge in held if known[edge.source].classification == "phi"}
        assert targets == {"westeurope", "northeurope"}

    def test_every_edge_starts_or_ends_at_a_place_of_the_plan(self) -> None:
        plan = compliant()
        known = places(plan)
        for edge in (*service_edges(plan, known), *pod_edges(plan, known)):
            assert edge.source in known or edge.target in known
            assert edge.source
            assert edge.target
            assert edge.how


def endpoint(target: object, **more: Any) -> PlannedResource:  # noqa: ANN401 of a resource
    return resource(
        "network:PrivateEndpoint",
        "pe",
        {"privateLinkServiceConnections": [{"privateLinkServiceId": target, "groupIds": ["blob"]}]},
        identifier="/x/pe",
        **more,
    )


class TestPrivateEndpoints:
    """A door inside leads wherever it was told to, also to somebody else's store."""

    def test_to_a_service_of_the_plan(self) -> None:
        store = account("mine")
        assert ends(store, endpoint(store.outputs["id"])) == [("pe", "connects", "mine")]

    def test_to_a_service_of_another_subscription(self) -> None:
        assert ends(account("mine"), endpoint(AWAY)) == [("pe", "connects", f"tenant:{OTHER}")]

    def test_to_a_service_that_is_not_in_the_plan(self) -> None:
        assert ends(account("mine"), endpoint(NEAR)) == [("pe", "connects", f"tenant:{SUBSCRIPTION}")]

    def test_to_what_is_not_known_yet_by_what_it_is_made_from(self) -> None:
        store = account("mine")
        made = endpoint(UNKNOWN, made_from={"privateLinkServiceConnections": (store.urn,)})
        assert ends(store, made) == [("pe", "connects", "mine")]
        assert ends(store, endpoint(UNKNOWN)) == [("pe", "connects", "tenant:unknown")]

    def test_to_a_scope_of_monitoring_and_all_that_is_in_it(self) -> None:
        scope = resource("monitor:PrivateLinkScope", "ampls", {"scopeName": "ampls"}, identifier="/x/ampls")
        logs = resource("operationalinsights:Workspace", "log", {**CLOSED_LOGS}, identifier="/x/log")
        inputs = {"scopeName": "ampls", "linkedResourceId": "/x/log"}
        member = resource("monitor:PrivateLinkScopedResource", "m", inputs)
        found = ends(scope, logs, member)
        assert ("ampls", "connects", "log") in found
        assert ("ampls", "connects", "tag:AzureMonitor") in found


CLOSED_LOGS = {"publicNetworkAccessForIngestion": "Disabled", "publicNetworkAccessForQuery": "Disabled"}


class TestPublicDoors:
    """Left out, each of these is open: an omission is the commonest leak of all."""

    @pytest.mark.parametrize(
        ("short", "closed"),
        [
            ("storage:StorageAccount", {"publicNetworkAccess": "Disabled"}),
            ("keyvault:Vault", {"properties": {"publicNetworkAccess": "Disabled"}}),
            ("keyvault:ManagedHsm", {"properties": {"publicNetworkAccess": "Disabled"}}),
            ("containerregistry:Registry", {"publicNetworkAccess": "Disabled"}),
            ("appconfiguration:ConfigurationStore", {"publicNetworkAccess": "Disabled"}),
            ("dbforpostgresql:Server", {"network": {"publicNetworkAccess": "Disabled"}}),
            ("operationalinsights:Workspace", CLOSED_LOGS),
            ("monitor:AzureMonitorWorkspace", {"publicNetworkAccess": "Disabled"}),
            ("monitor:DataCollectionEndpoint", {"networkAcls": {"publicNetworkAccess": "Disabled"}}),
            ("dashboard:Grafana", {"properties": {"publicNetworkAccess": "Disabled"}}),
            ("machinelearningservices:Workspace", {"publicNetworkAccess": "Disabled"}),
            ("attestation:AttestationProvider", {"properties": {"publicNetworkAccess": "Disabled"}}),
            ("cosmosdb:DatabaseAccount", {"publicNetworkAccess": "Disabled"}),
            ("sql:Server", {"publicNetworkAccess": "Disabled"}),
            ("cognitiveservices:Account", {"properties": {"publicNetworkAccess": "Disabled"}}),
            ("containerservice:ManagedCluster", {"apiServerAccessProfile": {"enablePrivateCluster": True}}),
        ],
    )
    def test_open_unless_closed(self, short: str, closed: dict[str, Any]) -> None:
        def entered(inputs: Mapping[str, Any]) -> list[str]:
            made = resource(short, "x", inputs, identifier="/x/x")
            return [edge.source for edge in edges(made) if edge.kind == "enters"]

        assert entered({}) == ["internet"]
        assert entered(closed) == []
        assert entered(dict.fromkeys(closed, UNKNOWN)) == ["internet"]

    def test_either_half_of_a_workspace_is_enough(self) -> None:
        half = {"publicNetworkAccessForIngestion": "Disabled"}
        assert ends(resource("operationalinsights:Workspace", "log", half, identifier="/x/log")) == [
            ("internet", "enters", "log")
        ]

    def test_a_firewall_of_its_own_lets_in_whom_it_names(self) -> None:
        rules = {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "198.51.100.0/24"}]}
        open_account = account("a", publicNetworkAccess="Enabled", networkRuleSet=rules)
        assert ends(open_account) == [("network:198.51.100.0/24", "enters", "a")]
        nobody = account("a", publicNetworkAccess="Enabled", networkRuleSet={"defaultAction": "Deny"})
        assert ends(nobody) == []

    def test_blobs_without_a_name_are_told(self) -> None:
        store = account("a", publicNetworkAccess=None, allowBlobPublicAccess=True, isSftpEnabled=True)
        container = resource("storage:BlobContainer", "c", {"accountName": "a", "publicAccess": "Blob"})
        site = resource("storage:StorageAccountStaticWebsite", "w", {"accountName": "a"})
        (found,) = edges(store, container, site)
        assert found.what == "anonymous blobs, static web site, SFTP"

    def test_an_api_server_for_some_ranges(self) -> None:
        profile = {"apiServerAccessProfile": {"authorizedIPRanges": ["198.51.100.7/32"]}}
        cluster = resource("containerservice:ManagedCluster", "aks", profile, identifier="/x/aks")
        assert ends(cluster) == [("network:198.51.100.7/32", "enters", "aks")]

    def test_rules_of_a_perimeter(self) -> None:
        store = account("a")
        profile = resource("network:NetworkSecurityPerimeterProfile", "p", {"profileName": "p"}, identifier="/n/p")
        joined = {"privateLinkResource": {"id": store.outputs["id"]}, "profile": {"id": "/n/p"}}
        member = resource("network:NetworkSecurityPerimeterAssociation", "m", joined)
        inbound = resource(
            "network:NetworkSecurityPerimeterAccessRule",
            "in",
            {
                "profileName": "p",
                "direction": "Inbound",
                "subscriptions": [{"id": f"/subscriptions/{OTHER}"}, {"id": f"/subscriptions/{SUBSCRIPTION}"}],
            },
        )
        outbound = resource(
            "network:NetworkSecurityPerimeterAccessRule",
            "out",
            {"profileName": "p", "direction": "Outbound", "fullyQualifiedDomainNames": ["a.example"]},
        )
        assert ends(store, profile, member, inbound, outbound) == [
            (f"tenant:{OTHER}", "enters", "a"),
            ("a", "connects", "host:a.example"),
        ]


class TestCopies:
    """Azure copies without a packet that anybody could filter."""

    @pytest.mark.parametrize("sku", ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", UNKNOWN])
    def test_geo_redundant_accounts_go_to_the_paired_region(self, sku: object) -> None:
        assert ends(account("a", sku={"name": sku})) == [("a", "copies", "region:northeurope")]

    def test_a_region_of_which_the_law_knows_no_pair(self) -> None:
        store = account("a", sku={"name": "Standard_GRS"}, location="eastus")
        assert ends(store) == [("a", "copies", "region:paired region")]

    @pytest.mark.parametrize("sku", ["Standard_LRS", "Standard_ZRS", "Premium_LRS"])
    def test_others_stay(self, sku: str) -> None:
        assert ends(account("a", sku={"name": sku})) == []

    def test_object_replication_by_id_by_name_and_to_a_stranger(self) -> None:
        store, copy = account("a"), account("b")

        def replicated(target: str) -> list[tuple[str, str, str]]:
            inputs = {"sourceAccount": store.outputs["id"], "destinationAccount": target}
            return ends(store, copy, resource("storage:ObjectReplicationPolicy", "p", inputs))

        assert replicated(str(copy.outputs["id"])) == [("a", "copies", "b")]
        assert replicated("b") == [("a", "copies", "b")]
        assert replicated(AWAY) == [("a", "copies", f"tenant:{OTHER}")]

    def test_databases(self) -> None:
        closed = {"network": {"publicNetworkAccess": "Disabled"}, "location": "westeurope"}
        one = resource(
            "dbforpostgresql:Server",
            "one",
            {**closed, "backup": {"geoRedundantBackup": "Enabled"}},
            identifier="/d/one",
        )
        two = resource(
            "dbforpostgresql:Server", "two", {**closed, "sourceServerResourceId": "/d/one"}, identifier="/d/two"
        )
        assert ends(one, two) == [("one", "copies", "two"), ("one", "copies", "region:northeurope")]

    def test_vaults_of_backups(self) -> None:
        def vault(kind: str) -> list[tuple[str, str, str]]:
            settings = {"storageSettings": [{"type": kind}]}
            inputs = {"vaultName": "v", "location": "westeurope", "properties": settings}
            made = resource("dataprotection:BackupVault", "v", inputs, identifier="/b/v")
            source = {"dataSourceInfo": {"resourceID": account("a").outputs["id"]}}
            kept = resource("dataprotection:BackupInstance", "i", {"vaultName": "v", "properties": source})
            return ends(account("a"), made, kept)

        assert vault("ZoneRedundant") == [("a", "copies", "v")]
        assert vault("GeoRedundant") == [("a", "copies", "v"), ("v", "copies", "region:northeurope")]

    def test_recovery_vaults_are_geo_redundant_unless_said_otherwise(self) -> None:
        closed = {"publicNetworkAccess": "Disabled"}
        made = resource(
            "recoveryservices:Vault", "v", {"location": "westeurope", "properties": closed}, identifier="/r/v"
        )
        assert ends(made) == [("v", "copies", "region:northeurope")]

    def test_keys_that_are_extended_and_images_that_are_replicated(self) -> None:
        closed = {"publicNetworkAccess": "Disabled"}
        regions = {**closed, "regions": [{"name": "westeurope", "isPrimary": True}, {"name": "East US"}]}
        hsm = resource("keyvault:ManagedHsm", "h", {"location": "westeurope", "properties": regions}, identifier="/k/h")
        images = resource("containerregistry:Registry", "acr", {"registryName": "acr", **closed}, identifier="/c/acr")
        replica = {"registryName": "acr", "location": "westus"}
        assert ends(hsm, images, resource("containerregistry:Replication", "r", replica)) == [
            ("h", "copies", "region:eastus"),
            ("acr", "copies", "region:westus"),
        ]


class TestLogs:
    """A setting may lead to another tenant, and Azure does not mind."""

    def setting(self, **inputs: object) -> list[tuple[str, str, str]]:
        store = account("a")
        about = f"{store.outputs['id']}/blobServices/default"
        logs = resource("operationalinsights:Workspace", "log", CLOSED_LOGS, identifier="/x/log")
        made = resource("monitor:DiagnosticSetting", "s", {"resourceUri": about, **inputs}, identifier="/x/s")
        return ends(store, logs, made)

    def test_to_a_workspace_of_the_plan(self) -> None:
        assert self.setting(workspaceId="/x/log") == [("a", "logs", "log")]

    @pytest.mark.parametrize(
        ("inputs", "target"),
        [
            ({"workspaceId": arm("Microsoft.OperationalInsights/workspaces", "w", OTHER)}, f"tenant:{OTHER}"),
            ({"storageAccountId": AWAY}, f"tenant:{OTHER}"),
            ({"eventHubAuthorizationRuleId": f"{AWAY}/authorizationRules/r"}, f"tenant:{OTHER}"),
            ({"storageAccountId": UNKNOWN}, "tenant:unknown"),
            ({"marketplacePartnerId": arm("Microsoft.Datadog/monitors", "dog")}, "tenant:partner dog"),
        ],
    )
    def test_to_others(self, inputs: dict[str, Any], target: str) -> None:
        assert self.setting(**inputs) == [("a", "logs", target)]

    def test_what_is_told_of_something_that_is_no_place(self) -> None:
        group = arm("Microsoft.Network/networkSecurityGroups", "nsg")
        inputs = {"resourceUri": group, "workspaceId": AWAY}
        made = resource("monitor:DiagnosticSetting", "s", inputs)
        assert ends(resource("network:NetworkSecurityGroup", "nsg", identifier=group), made) == [
            ("nsg", "logs", f"tenant:{OTHER}")
        ]

    def test_collection_rules(self) -> None:
        cluster = resource(
            "containerservice:ManagedCluster",
            "aks",
            {"apiServerAccessProfile": {"enablePrivateCluster": True}},
            identifier="/x/aks",
        )
        leads = {"destinations": {"logAnalytics": [{"workspaceResourceId": AWAY}]}}
        rule = resource("monitor:DataCollectionRule", "dcr", leads, identifier="/x/dcr")
        tied = {"resourceUri": "/x/aks", "dataCollectionRuleId": "/x/dcr"}
        found = ends(cluster, rule, resource("monitor:DataCollectionRuleAssociation", "t", tied), account("mine"))
        assert found == [("dcr", "logs", f"tenant:{OTHER}"), ("aks", "logs", "dcr")]

    def test_exports_and_agents(self) -> None:
        logs = resource(
            "operationalinsights:Workspace", "log", {"workspaceName": "log", **CLOSED_LOGS}, identifier="/x/log"
        )
        export = resource("operationalinsights:DataExport", "e", {"workspaceName": "log", "resourceId": AWAY})
        assert ends(logs, export) == [("log", "logs", f"tenant:{OTHER}")]

    def test_alerts_call_hooks(self) -> None:
        hooks = {"webhookReceivers": [{"name": "h", "serviceUri": "https://hooks.example.com/a?b"}]}
        assert ends(resource("monitor:ActionGroup", "ag", hooks, identifier="/x/ag")) == [
            ("ag", "logs", "host:hooks.example.com")
        ]


class TestEntries:
    """From the internet to a pod, one step after the other."""

    service_inputs: Mapping[str, Any] = {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 443, "targetPort": 8443}],
    }

    def service(self, **annotations: str) -> PlannedResource:
        prefix = "service.beta.kubernetes.io/azure-"
        metadata = {"name": "web", "namespace": "n"}
        notes = {f"{prefix}{key.replace('_', '-')}": value for key, value in annotations.items()}
        return resource(
            "kubernetes:core/v1:Service",
            "web",
            {"metadata": {**metadata, "annotations": notes}, "spec": self.service_inputs},
            identifier="n/web",
        )

    def test_a_service_without_the_annotation_is_public(self) -> None:
        assert ends(self.service()) == [("internet", "enters", "service:n/web")]
        assert ends(self.service(load_balancer_internal="true")) == []

    def test_pods_answer_where_their_policy_lets_addresses_in(self) -> None:
        internal, web = self.service(load_balancer_internal="true"), pods("n", "web", {"app": "web"})
        spaces = namespace("n")
        assert ends(spaces, internal, web) == [("service:n/web", "enters", "pods:n/Deployment/web")]

        def behind(*ingress: Mapping[str, Any]) -> list[tuple[str, str, str]]:
            spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": list(ingress)}
            return ends(spaces, internal, web, network_policy("n", "p", spec))

        block = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
        assert behind() == []
        assert behind({**block, "ports": [{"port": 443}]}) == []
        assert behind({**block, "ports": [{"port": 8400, "endPort": 8500}]}) != []

    def test_a_private_link_service_lets_in_whom_it_approves_by_itself(self) -> None:
        common = {"load_balancer_internal": "true", "pls_create": "true", "pls_name": "pls", "pls_visibility": "*"}
        seen = ends(self.service(**common))
        assert seen == [("private-link-service:pls", "enters", "service:n/web")]
        approved = ends(account("mine"), self.service(**common, pls_auto_approval=f"{SUBSCRIPTION} {OTHER}"))
        assert (f"tenant:{OTHER}", "enters", "private-link-service:pls") in approved
        assert not any(SUBSCRIPTION in source for source, _, _ in approved)
        anybody = ends(self.service(**common, pls_auto_approval="*"))
        assert ("tenant:*", "enters", "private-link-service:pls") in anybody

    def test_a_private_link_service_of_the_plans_own(self) -> None:
        made = resource(
            "network:PrivateLinkService", "pls", {"autoApproval": {"subscriptions": ["*"]}}, identifier="/x/pls"
        )
        assert ends(made) == [("tenant:*", "enters", "pls")]

    def front_door(self, **origin: object) -> list[tuple[str, str, str]]:
        common = {"profileName": "afd"}
        return ends(
            account("mine"),
            resource("cdn:Profile", "afd", common, identifier="/x/afd"),
            resource("cdn:AFDEndpoint", "e", {**common, "enabledState": "Enabled"}),
            resource("cdn:AFDOrigin", "o", {**common, "hostName": "origin.example.org", **origin}),
        )

    def test_front_door_to_a_private_or_a_public_origin(self) -> None:
        assert self.front_door() == [("internet", "enters", "afd"), ("afd", "enters", "host:origin.example.org")]
        private = {"sharedPrivateLinkResource": {"privateLink": {"id": AWAY}}}
        assert self.front_door(**private)[1] == ("afd", "enters", f"tenant:{OTHER}")
        assert len(self.front_door(enabledState="Disabled")) == 1

    def test_an_application_gateway_to_an_address(self) -> None:
        pools = [{"name": "p", "backendAddresses": [{"ipAddress": "10.0.0.9"}, {"fqdn": "api.example.com"}]}]
        gateway = resource(
            "network:ApplicationGateway",
            "agw",
            {"backendAddressPools": pools, "frontendIPConfigurations": [{"publicIPAddress": {"id": "x"}}]},
            identifier="/x/agw",
        )
        internal = self.service(load_balancer_internal="true", load_balancer_ipv4="10.0.0.9")
        assert ends(gateway, internal) == [
            ("internet", "enters", "agw"),
            ("agw", "enters", "service:n/web"),
            ("agw", "enters", "host:api.example.com"),
        ]


ROLE = "/providers/Microsoft.Authorization/roleDefinitions/"
READER, CONTRIBUTOR = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
KEYS, PLAIN_READER, ENCRYPTION = (
    "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "e147488a-f6f5-4113-8e2d-b22465e65bf6",
)


class TestRights:
    """Data goes wherever somebody may read it, and comes from wherever somebody may write."""

    identity = resource(
        "managedidentity:UserAssignedIdentity",
        "id",
        {"resourceName": "id"},
        identifier="/x/id",
        outputs={"principalId": "p-1"},
    )

    def given(
        self, role: str, *bearers: PlannedResource, store: PlannedResource | None = None, scope: str = ""
    ) -> list[tuple[str, str, str]]:
        store = store or account("a")
        inputs = {"principalId": "p-1", "roleDefinitionId": f"{ROLE}{role}", "scope": scope or store.outputs["id"]}
        made = resource("authorization:RoleAssignment", "r", inputs)
        return ends(self.identity, store, made, *bearers, kind="reads")

    def machine(self) -> PlannedResource:
        bearing = {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x/id"]}}
        return resource("compute:VirtualMachine", "vm", bearing, identifier="/x/vm")

    def test_a_reader_and_a_writer(self) -> None:
        assert self.given(READER, self.machine()) == [("a", "reads", "vm")]
        assert self.given(CONTRIBUTOR, self.machine()) == [("a", "reads", "vm"), ("vm", "reads", "a")]

    def test_on_a_container_and_on_a_subscription(self) -> None:
        part = f"{account('a').outputs['id']}/blobServices/default/containers/c"
        assert self.given(READER, self.machine(), scope=part) == [("a", "reads", "vm")]
        assert self.given(READER, self.machine(), scope=f"/subscriptions/{SUBSCRIPTION}") == [("a", "reads", "vm")]
        assert self.given(READER, self.machine(), scope=f"/subscriptions/{OTHER}") == []

    def test_keys_open_only_what_takes_keys(self) -> None:
        assert len(self.given(KEYS, self.machine())) == 2
        assert self.given(KEYS, self.machine(), store=account("a", allowSharedKeyAccess=False)) == []

    @pytest.mark.parametrize("role", [PLAIN_READER, ENCRYPTION])
    def test_roles_that_give_no_data(self, role: str) -> None:
        assert self.given(role, self.machine()) == []

    def test_reading_the_control_plane_reads_logs(self) -> None:
        logs = resource("operationalinsights:Workspace", "log", CLOSED_LOGS, identifier="/x/log")
        assert self.given(PLAIN_READER, self.machine(), store=logs) == [("log", "reads", "vm")]

    def test_a_role_of_the_plans_own(self) -> None:
        permissions = [{"dataActions": ["Microsoft.Storage/storageAccounts/blobServices/*"], "actions": []}]
        own = resource(
            "authorization:RoleDefinition", "own", {"permissions": permissions}, identifier=f"{ROLE}own-guid"
        )
        assert len(self.given("own-guid", self.machine(), own)) == 2

    def test_pods_by_their_service_account(self) -> None:
        subject = {"resourceName": "id", "subject": "system:serviceaccount:n:web", "issuer": "https://aks.example/1"}
        credential = resource("managedidentity:FederatedIdentityCredential", "f", subject)
        web = pods("n", "web", {}, spec={"serviceAccountName": "web"})
        other = pods("n", "other", {}, spec={"serviceAccountName": "other"})
        assert self.given(READER, credential, web, other) == [("a", "reads", "pods:n/Deployment/web")]

    def test_somebody_elses_issuer(self) -> None:
        subject = {"resourceName": "id", "subject": "repo:x/y", "issuer": "https://token.actions.githubusercontent.com"}
        credential = resource("managedidentity:FederatedIdentityCredential", "f", subject)
        assert self.given(READER, credential) == [("a", "reads", "host:token.actions.githubusercontent.com")]

    def test_a_stranger_is_not_judged(self) -> None:
        inputs = {"principalId": "p-9", "roleDefinitionId": f"{ROLE}{READER}", "scope": account("a").outputs["id"]}
        (said,) = unread(plan_of(account("a"), resource("authorization:RoleAssignment", "r", inputs)))
        assert "principal that is not in this plan" in said.what

    def test_volumes(self) -> None:
        csi = {"driver": "blob.csi.azure.com", "volumeAttributes": {"storageAccount": "a"}}
        volume = resource("kubernetes:core/v1:PersistentVolume", "v", {"metadata": {"name": "v"}, "spec": {"csi": csi}})
        claim = resource(
            "kubernetes:core/v1:PersistentVolumeClaim",
            "c",
            {"metadata": {"name": "c", "namespace": "n"}, "spec": {"volumeName": "v"}},
        )

        def mounted(**how: object) -> list[tuple[str, str, str]]:
            spec = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c", **how}}]}
            return ends(account("a"), volume, claim, pods("n", "web", {}, spec=spec))

        assert mounted(readOnly=True) == [("a", "reads", "pods:n/Deployment/web")]
        assert mounted() == [("a", "reads", "pods:n/Deployment/web"), ("pods:n/Deployment/web", "reads", "a")]


class TestServicesThatReachOut:
    """Not every packet leaves by the network of the plan."""

    def learning(self, **network: object) -> list[tuple[str, str, str]]:
        inputs = {"publicNetworkAccess": "Disabled", "managedNetwork": network}
        return ends(resource("machinelearningservices:Workspace", "ml", inputs, identifier="/x/ml"))

    def test_machine_learning_without_isolation(self) -> None:
        assert self.learning() == [("ml", "connects", "internet")]
        assert self.learning(isolationMode="AllowInternetOutbound") == [("ml", "connects", "internet")]

    def test_machine_learning_with_rules(self) -> None:
        rules = {"pypi": {"type": "FQDN", "destination": "pypi.org"}}
        only = self.learning(isolationMode="AllowOnlyApprovedOutbound", outboundRules=rules)
        assert only == [("ml", "connects", "host:pypi.org")]

    def test_a_registry_that_fetches(self) -> None:
        images = {"registryName": "acr", "publicNetworkAccess": "Disabled"}
        rule = {"registryName": "acr", "sourceRepository": "docker.io/library/nginx"}
        found = ends(
            resource("containerregistry:Registry", "acr", images, identifier="/x/acr"),
            resource("containerregistry:CacheRule", "c", rule),
        )
        assert found == [("acr", "connects", "host:docker.io")]

    def test_a_workflow_that_calls(self) -> None:
        call = {"type": "Http", "inputs": {"uri": "https://api.example.com/x"}}
        nested = {"actions": {"if": {"type": "If", "else": {"actions": {"call": call}}}}}
        made = resource("logic:Workflow", "w", {"definition": nested}, identifier="/x/w")
        assert ends(made) == [("w", "connects", "host:api.example.com")]

    def test_a_workflow_that_anybody_may_start(self) -> None:
        definition = {"triggers": {"manual": {"type": "Request"}}}
        made = resource("logic:Workflow", "w", {"definition": definition}, identifier="/x/w")
        assert ends(made) == [("internet", "enters", "w")]

    def test_container_apps_in_a_network_of_microsofts(self) -> None:
        environment = resource("app:ManagedEnvironment", "cae", identifier="/x/cae")
        ingress = {"environmentId": "/x/cae", "configuration": {"ingress": {"external": True}}}
        app = resource("app:ContainerApp", "ca", ingress, identifier="/x/ca")
        assert ends(environment, app) == [
            ("cae", "connects", "internet"),
            ("ca", "hosts", "cae"),
            ("internet", "enters", "ca"),
        ]


class TestNothingIsSilentlyIgnored:
    """A type, a template or a volume that nobody reads may lead anywhere."""

    @pytest.mark.parametrize(
        "made",
        [
            resource("web:WebApp", "x"),
            resource("kubernetes:helm.sh/v3:Release", "x"),
            resource("kubernetes:networking.k8s.io/v1:Ingress", "x"),
            resource("aws:s3/bucket:Bucket", "x"),
            resource("resources:Deployment", "x", {"properties": {"templateLink": {"uri": "https://a"}}}),
            resource("resources:Deployment", "x", {"properties": {"template": {"resources": [{"type": "M.S/a"}]}}}),
            resource("kubernetesconfiguration:Extension", "x", {"extensionType": "contoso.agent"}),
            resource("containerservice:ManagedCluster", "x", {"addonProfiles": {"httpRouting": {"enabled": True}}}),
            resource("containerservice:ManagedCluster", "y", {"httpProxyConfig": {"httpsProxy": "http://p"}}),
            pods("n", "x", {}, spec={"volumes": [{"name": "v", "nfs": {"server": "a.example"}}]}),
        ],
        ids=lambda made: made.type,
    )
    def test_it_is_said(self, made: PlannedResource) -> None:
        assert len(unread(plan_of(made))) == 1
