"""The platform: every component in the order in which data and dependencies flow."""

from collections.abc import Mapping
from typing import Any

import pulumi_azure_native as azure
import pulumi_azuread as azuread
from pulumi import ComponentResource, Input, ProviderResource, ResourceOptions

from components.access import Access, AccessArgs
from components.admission import Admission, AdmissionArgs
from components.backup import Backup, BackupArgs
from components.callers import Callers, CallersArgs
from components.canary import versions
from components.cluster import Cluster, ClusterArgs
from components.confidential import Confidential, ConfidentialArgs
from components.container_logs import ContainerLogs, ContainerLogsArgs
from components.continuity import Continuity, ContinuityArgs, Copied
from components.dashboards import Dashboards, DashboardsArgs
from components.database import Database, DatabaseArgs
from components.defender import Defender, DefenderArgs
from components.delivery import Delivery, DeliveryArgs
from components.detection import Detection, DetectionArgs
from components.diagnostics import Diagnosed, Diagnostics, DiagnosticsArgs
from components.edge_boundary import EdgeBoundary, EdgeBoundaryArgs
from components.edge_site import EdgeSite, EdgeSiteArgs
from components.egress import Egress, EgressArgs, default_route_address
from components.flow_logs import FlowLogs, FlowLogsArgs
from components.gateway import Gateway, GatewayArgs
from components.gpu_operators import DCGM_EXPORTER, GpuOperators, GpuOperatorsArgs
from components.gpu_operators import NAMESPACE as OPERATORS
from components.gpu_pool import Pools, PoolsArgs
from components.guardrails import Guardrails, GuardrailsArgs
from components.identity import Identities, IdentitiesArgs
from components.image_verification import ImageVerification, ImageVerificationArgs
from components.image_verifier import ACCOUNT, NAMESPACE
from components.inference import Inference, InferenceArgs
from components.key_vault import KeyVault
from components.keys import Keys, KeysArgs
from components.kubernetes_provider import kubernetes_provider
from components.landing_zone import LandingZone, LandingZoneArgs
from components.learning import Learning, LearningArgs
from components.metrics import Metrics, MetricsArgs, Scraped
from components.model_store import APPROVED, PATIENT_CONTAINERS, ModelStore, ModelStoreArgs
from components.naming import Names
from components.network import Network, NetworkArgs
from components.out_of_reach import OutOfReach, OutOfReachArgs
from components.perimeter import Perimeter, PerimeterArgs
from components.portal import Portal, PortalArgs
from components.private_dns import PrivateDns, PrivateDnsArgs
from components.private_endpoint import EndpointPlace
from components.prompt_store import PromptStore, PromptStoreArgs
from components.quarantine import Quarantine, QuarantineArgs
from components.registry import Registry, RegistryArgs
from components.retrieval import Retrieval, RetrievalArgs
from components.retrieval_entries import NAMESPACE as RETRIEVAL
from components.runner import Runner, RunnerArgs
from components.scope import Scope
from components.service_levels import ServiceLevels, ServiceLevelsArgs
from components.workspace import Workspace, WorkspaceArgs
from config import StackConfig
from config.tenants import patient_stores


class Platform(ComponentResource):
    """One stack: everything inside one jurisdiction."""

    exports: Mapping[str, Input[Any]]
    """Stack outputs. Never a secret, never personal data: outputs lie in the state."""

    def __init__(self, name: str, config: StackConfig) -> None:
        super().__init__("bailiwick:platform:Platform", name, None, ResourceOptions(providers=[_provider(config)]))
        child = ResourceOptions(parent=self)
        scope = Scope(
            config=config,
            jurisdiction=config.jurisdiction,
            names=Names(config.organisation, config.stack, parent=self),
        )
        zone = LandingZone("landing-zone", LandingZoneArgs(scope=scope), child)
        network = Network("network", NetworkArgs(scope=scope, resource_group=zone.name_of("network")), child)
        dns = PrivateDns(
            "dns",
            PrivateDnsArgs(scope=scope, resource_group=zone.name_of("network"), vnet_id=network.vnet.id),
            child,
        )
        place = EndpointPlace(
            resource_group=zone.name_of("network"),
            subnet_id=network.subnet_ids["endpoints"],
            zone_ids=dns.zone_ids,
            region=config.region,
        )
        identities = Identities(
            "identities", IdentitiesArgs(scope=scope, resource_group=zone.name_of("security")), child
        )
        keys = Keys(
            "keys",
            KeysArgs(scope=scope, resource_group=zone.name_of("security"), place=place, identities=identities),
            child,
        )
        workspace = Workspace(
            "workspace",
            WorkspaceArgs(scope=scope, resource_group=zone.name_of("observability"), place=place, key=keys.of["logs"]),
            child,
        )
        workspace_id = workspace.workspace.id
        activity = zone.export_activity_log(workspace_id)
        egress = Egress(
            "egress",
            EgressArgs(
                scope=scope,
                resource_group=zone.name_of("network"),
                network=network,
                workspace_id=workspace_id,
                certificates=keys.certificates,
                identity=identities.of["firewall"],
            ),
            child,
        )
        registry = Registry(
            "registry",
            RegistryArgs(scope=scope, resource_group=zone.name_of("platform"), place=place, key=keys.of["registry"]),
            child,
        )
        store = ModelStore(
            "store",
            ModelStoreArgs(scope=scope, resource_group=zone.name_of("data"), place=place, keys=keys),
            child,
        )
        prompts = PromptStore(
            "prompts",
            PromptStoreArgs(
                scope=scope,
                resource_group=zone.name_of("data"),
                place=place,
                key=keys.of["configuration"],
                reader=identities.of["gateway"],
            ),
            child,
        )
        learning = Learning(
            "learning",
            LearningArgs(
                scope=scope,
                resource_group=zone.name_of("data"),
                place=place,
                key=keys.of["learning"],
                store=store.of["training"],
                vault=keys.learning_vault,
                registry=registry.registry,
                identity=identities.of["learning"],
            ),
            child,
        )
        database = Database(
            "database",
            DatabaseArgs(
                scope=scope,
                resource_group=zone.name_of("data"),
                place=place,
                key=keys.of["database"],
                administrator=identities.of["migrations"],
            ),
            child,
        )
        FlowLogs(
            "flow-logs",
            FlowLogsArgs(
                scope=scope,
                resource_group=zone.name_of("network"),
                vnet_id=network.vnet.id,
                storage_id=store.of["flows"].account.id,
                workspace=workspace.workspace,
            ),
            child,
        )
        cluster = Cluster(
            "cluster",
            ClusterArgs(
                scope=scope,
                resource_group=zone.name_of("platform"),
                network=network,
                place=place,
                keys=keys,
                identities=identities,
                registry=registry,
                workspace_id=workspace_id,
                after=egress.ready,
            ),
            child,
        )
        Pools("pools", PoolsArgs(scope=scope, cluster=cluster, network=network), child)
        confidential = Confidential(
            "confidential",
            ConfidentialArgs(
                scope=scope,
                resource_group=zone.name_of("security"),
                place=place,
                subnet_id=network.subnet_ids["confidential"],
                disk_set=keys.confidential_disks,
                identity=identities.of["machines"],
            ),
            child,
        )
        kubernetes = kubernetes_provider(cluster.cluster, zone.name_of("platform"), self)
        admitted = Admission("admission", AdmissionArgs(scope=scope, provider=kubernetes), child).before(child)
        OutOfReach("out-of-reach", OutOfReachArgs(provider=kubernetes), child)
        admitted = ImageVerification(
            "image-verification",
            ImageVerificationArgs(
                scope=scope,
                provider=kubernetes,
                identities=identities,
                issuer=cluster.issuer,
                network=network,
                registry=registry,
            ),
            admitted,
        ).before(admitted)
        Inference(
            "inference",
            InferenceArgs(
                scope=scope,
                provider=kubernetes,
                identities=identities,
                issuer=cluster.issuer,
                weights=store.of["weights"],
                certificates=keys.certificates,
            ),
            admitted,
        )
        Retrieval(
            "retrieval",
            RetrievalArgs(
                scope=scope, provider=kubernetes, identities=identities, issuer=cluster.issuer, network=network
            ),
            admitted,
        )
        if config.gpu is not None:
            GpuOperators("gpu-operators", GpuOperatorsArgs(scope=scope, provider=kubernetes, gpu=config.gpu), admitted)
        ContainerLogs(
            "container-logs",
            ContainerLogsArgs(
                scope=scope,
                resource_group=zone.name_of("observability"),
                workspace=workspace,
                cluster=cluster.cluster,
                provider=kubernetes,
                # What retrieval prints may hold a passage.
                unread=[*(one.space for one in config.served), RETRIEVAL],
            ),
            child,
        )
        directory = _directory(config)
        callers = Callers("callers", CallersArgs(scope=scope, provider=directory), child)
        gateway = Gateway(
            "gateway",
            GatewayArgs(
                scope=scope,
                provider=kubernetes,
                identities=identities,
                issuer=cluster.issuer,
                callers=callers,
                certificates=keys.certificates,
                prompts=prompts,
                weights=store.of["weights"],
                audit=store.of["audit"],
                network=network,
                node_group=cluster.node_group,
            ),
            admitted,
        )
        metrics = Metrics(
            "metrics",
            MetricsArgs(
                scope=scope,
                resource_group=zone.name_of("observability"),
                place=place,
                workspace=workspace,
                cluster=cluster.cluster,
                provider=kubernetes,
                scraped=(
                    Scraped(name="gateway", namespace="gateway"),
                    Scraped(name=RETRIEVAL, namespace=RETRIEVAL, port="http"),
                    *([Scraped(name=DCGM_EXPORTER, namespace=OPERATORS, port="metrics")] if config.gpu else []),
                    Scraped(name=ACCOUNT, namespace=NAMESPACE),
                    *(
                        Scraped(name=version.name, namespace=one.space, tenant=one.tenant)
                        for one in config.served
                        for version in versions(one.item)
                    ),
                ),
            ),
            child,
        )
        delivered: list[Diagnosed] = []
        if any(item.canary is not None for item in config.use_cases):
            delivered = Delivery(
                "delivery",
                DeliveryArgs(
                    scope=scope,
                    provider=kubernetes,
                    identities=identities,
                    issuer=cluster.issuer,
                    network=network,
                    resource_group=zone.name_of("data"),
                    place=place,
                    key=keys.of["configuration"],
                    numbers=metrics.account,
                ),
                admitted,
            ).diagnosed
        ServiceLevels(
            "service-levels",
            ServiceLevelsArgs(scope=scope, resource_group=zone.name_of("observability"), account_id=metrics.account.id),
            child,
        )
        dashboards = Dashboards(
            "dashboards",
            DashboardsArgs(
                scope=scope,
                resource_group=zone.name_of("observability"),
                place=place,
                account=metrics.account,
                workspace_id=workspace_id,
                identity=identities.of["dashboards"],
            ),
            child,
        )
        dns.name_host("gateway", config.gateway.host, gateway.address)
        portal = Portal(
            "portal",
            PortalArgs(
                scope=scope,
                resource_group=zone.name_of("portal"),
                private_link_service_id=gateway.private_link_service_id,
                gateway_address=gateway.portal_address,
                portal_subnet_id=network.subnet_ids.get("portal"),
                certificates=keys.certificates,
                identity=identities.of["portal"],
            ),
            child,
        )
        quarantine = Quarantine(
            "quarantine",
            QuarantineArgs(
                scope=scope,
                resource_group=zone.name_of("security"),
                resource_group_id=zone.groups["security"].id,
                workspace_id=workspace_id,
            ),
            child,
        )
        Detection(
            "detection",
            DetectionArgs(
                scope=scope,
                resource_group=zone.name_of("observability"),
                workspace=workspace,
                # Some keys are used by workloads as themselves: each identity once.
                known_clients=[
                    one.client_id
                    for one in dict.fromkeys((*identities.of.values(), *(key.identity for key in keys.of.values())))
                ],
                playbook_id=quarantine.workflow.id,
            ),
            child,
        )
        patients = patient_stores(config.tenants)
        backup = Backup(
            "backup",
            BackupArgs(
                scope=scope,
                resource_group=zone.groups["backup"],
                key=keys.of["backup"],
                stores={role: store.of[role] for role in (*patients, "training")},
                containers={**dict.fromkeys(patients, PATIENT_CONTAINERS), "training": ("datasets",)},
                cluster=cluster,
                staging=store.of["flows"],
            ),
            child,
        )
        runner = Runner(
            "runner",
            RunnerArgs(
                scope=scope,
                resource_group=zone.name_of("platform"),
                subnet_id=network.subnet_ids["runner"],
                registry=registry,
                cluster_id=cluster.cluster.id,
            ),
            child,
        )
        access = Access("access", AccessArgs(scope=scope, provider=directory, workspace_id=workspace_id), child)
        runner.grant_start(access.group_ids["platform"])
        second: list[Diagnosed] = []
        second_members: dict[str, Input[str]] = {}
        # A region outside, while its plan is reviewed, has no pair that anything could be copied to.
        if config.continuity.copies and scope.region_facts.pair is not None:
            continuity = Continuity(
                "continuity",
                ContinuityArgs(
                    scope=scope,
                    place=place,
                    registry=registry,
                    registry_group=zone.name_of("platform"),
                    database=database,
                    keys=keys.of,
                    copied={
                        **{
                            role: Copied(
                                store=store.of[role],
                                resource_group=zone.name_of("data"),
                                containers=PATIENT_CONTAINERS,
                                named=named,
                                classification="phi",
                                tenant=tenant,
                            )
                            for role, (named, tenant) in patients.items()
                        },
                        "weights": Copied(
                            store=store.of["weights"],
                            resource_group=zone.name_of("data"),
                            containers=APPROVED,
                            named="weights",
                            classification="confidential",
                        ),
                    },
                ),
                child,
            )
            second = continuity.diagnosed
            second_members = {f"store-second-{role}": account.id for role, account in continuity.accounts.items()}
        edge: list[Diagnosed] = []
        edge_members: dict[str, Input[str]] = {}
        if config.edge_sites:
            boundary = EdgeBoundary(
                "edge",
                EdgeBoundaryArgs(
                    scope=scope,
                    resource_group=zone.name_of("platform"),
                    storage_group=zone.name_of("data"),
                    place=place,
                    key=keys.of["audit"],
                    sites=config.edge_sites,
                ),
                child,
            )
            edge = boundary.diagnosed
            edge_members = {"store-edge": boundary.store.account.id}
            for site in config.edge_sites:
                EdgeSite(
                    f"edge-{site.name}",
                    EdgeSiteArgs(
                        scope=scope,
                        site=site,
                        resource_group=zone.name_of("platform"),
                        registry_group=zone.name_of("platform"),
                        boundary=boundary,
                        registry=registry,
                        vault=keys.certificates,
                        network=network,
                        workspace_id=workspace_id,
                    ),
                    child,
                )
        perimeter = Perimeter(
            "perimeter",
            PerimeterArgs(
                scope=scope,
                resource_group=zone.name_of("network"),
                members={
                    **{f"store-{role}": account.account.id for role, account in store.of.items()},
                    "vault-cluster": keys.cluster_vault.vault.id,
                    "vault-certificates": keys.certificates.vault.id,
                    "vault-learning": keys.learning_vault.vault.id,
                    **({"vault-keys": keys.custodian.vault.id} if isinstance(keys.custodian, KeyVault) else {}),
                    "logs": workspace_id,
                    **edge_members,
                    **second_members,
                },
            ),
            child,
        )
        Guardrails(
            "guardrails",
            GuardrailsArgs(
                scope=scope,
                resource_group=zone.name_of("security"),
                workspace_id=workspace_id,
                zone_ids=dns.zone_ids,
                groups={concern: group.id for concern, group in zone.groups.items()},
            ),
            child,
        )
        if scope.jurisdiction.cloud.defender:
            Defender("defender", DefenderArgs(scope=scope), child)
        diagnosed: list[Diagnosed] = [
            *network.diagnosed,
            *keys.diagnosed,
            *workspace.diagnosed,
            *egress.diagnosed,
            *registry.diagnosed,
            *store.diagnosed,
            *prompts.diagnosed,
            *learning.diagnosed,
            *database.diagnosed,
            *cluster.diagnosed,
            *confidential.diagnosed,
            *portal.diagnosed,
            *backup.diagnosed,
            *quarantine.diagnosed,
            *dashboards.diagnosed,
            *perimeter.diagnosed,
            *runner.diagnosed,
            *edge,
            *second,
            *delivered,
        ]
        Diagnostics("diagnostics", DiagnosticsArgs(scope=scope, workspace_id=workspace_id, diagnosed=diagnosed), child)
        self.exports = {
            "jurisdiction": config.jurisdiction.id,
            "environment": config.environment,
            "region": config.region,
            "clusterName": cluster.cluster.name,
            "gatewayHost": config.gateway.host,
            # Callers ask for tokens for it, and a standby takes those.
            "tokenAudience": callers.audience,
            "portalHost": config.portal.host if config.portal.mode != "none" else "none",
            "firewallAddress": default_route_address(egress),
            "activityLog": activity.name,
            # What a plan can't hold stands there, step by step.
            "firstDeployment": "docs/guides/first-deployment.md",
        }
        self.register_outputs(self.exports)


def _directory(config: StackConfig) -> azuread.Provider:
    """The directory of the stack's tenant, in the jurisdiction's cloud."""
    return azuread.Provider(
        "entra",
        tenant_id=config.tenant_id,
        environment={"public": "public", "usgovernment": "usgovernment", "china": "china"}[
            config.jurisdiction.cloud.name
        ],
    )


def _provider(config: StackConfig) -> ProviderResource:
    """The one azure-native provider, in the jurisdiction's cloud and the stack's own subscription."""
    return azure.Provider(
        "azure",
        environment=config.jurisdiction.cloud.environment,
        subscription_id=config.subscription_id,
        tenant_id=config.tenant_id,
        # Azure counts deployments by partner id; nobody need know who deploys this.
        disable_pulumi_partner_id=True,
    )
