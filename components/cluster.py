"""The Kubernetes cluster: private, without local accounts, and with no way out but the firewall."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_azure_native import containerservice

from components.diagnostics import Diagnosed
from components.identity import Identities
from components.keys import Keys
from components.maintenance import maintenance_windows
from components.network import Network
from components.node_pools import Nodes
from components.private_endpoint import EndpointPlace
from components.registry import Registry
from components.roles import Role, grant
from components.scope import Scope

DNS_SERVICE_HOST = 10
"""The service range's tenth address answers cluster DNS, as AKS does by default."""

DRAIN_MINUTES = 60
"""A budget keeps the second model until the first one's successor has loaded, which takes up to half an hour: with the
default of 30 minutes the upgrade would fail at the second node."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a cluster needs."""

    scope: Scope
    resource_group: Input[str]
    network: Network
    place: EndpointPlace
    keys: Keys
    identities: Identities
    registry: Registry
    workspace_id: Input[str]
    after: Sequence[Resource]
    """The way out must stand first: AKS checks the route when it makes the cluster."""


class Cluster(ComponentResource):
    """AKS with everything on that protects it. GPU nodes are not made here: see `gpu_pool.py`."""

    cluster: containerservice.ManagedCluster
    node_group: str
    """Resource group of the nodes, made and locked by AKS."""
    issuer: Output[str]
    """OIDC issuer that workload identities trust."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:cluster:Cluster", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.node_group = scope.names.resource_group("nodes")
        rights = self._rights()
        system = Nodes(
            name="system",
            pool=scope.config.cluster.system_pool,
            subnet_id=args.network.subnet_ids["system"],
            mode="System",
            taints=("CriticalAddonsOnly=true:NoSchedule",),
            labels={"bailiwick/pool": "system"},
        )
        self.cluster = containerservice.ManagedCluster(
            f"{name}-cluster",
            resource_name_=scope.names.of("aks"),
            resource_group_name=args.resource_group,
            location=scope.region,
            dns_prefix=scope.names.of("aks"),
            kubernetes_version=scope.config.cluster.kubernetes_version,
            node_resource_group=self.node_group,
            # Nobody changes nodes, disks or load balancers behind the cluster's back.
            node_resource_group_profile=containerservice.ManagedClusterNodeResourceGroupProfileArgs(
                restriction_level="ReadOnly"
            ),
            sku=containerservice.ManagedClusterSKUArgs(name="Base", tier=scope.config.cluster.tier),
            support_plan="AKSLongTermSupport" if scope.config.cluster.tier == "Premium" else "KubernetesOfficial",
            identity=containerservice.ManagedClusterIdentityArgs(
                type=containerservice.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[args.identities.of["cluster"].id],
            ),
            identity_profile={
                "kubeletidentity": containerservice.UserAssignedIdentityArgs(
                    resource_id=args.identities.of["kubelet"].id,
                    client_id=args.identities.of["kubelet"].client_id,
                    object_id=args.identities.of["kubelet"].principal_id,
                )
            },
            public_network_access="Disabled",
            api_server_access_profile=containerservice.ManagedClusterAPIServerAccessProfileArgs(
                enable_private_cluster=True,
                enable_private_cluster_public_fqdn=False,
                enable_vnet_integration=True,
                subnet_id=args.network.subnet_ids["apiserver"],
                private_dns_zone=args.place.zone_ids["aks"],
                # `az aks command invoke` would let the portal run pods with the cluster's rights.
                disable_run_command=True,
            ),
            enable_rbac=True,
            disable_local_accounts=True,
            aad_profile=containerservice.ManagedClusterAADProfileArgs(
                managed=True,
                enable_azure_rbac=True,
                admin_group_object_ids=[scope.config.people.cluster_admin_group],
                tenant_id=scope.config.tenant_id,
            ),
            oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            network_profile=self._network_profile(),
            bootstrap_profile=self._bootstrap(),
            security_profile=self._security_profile(),
            addon_profiles={
                "omsagent": containerservice.ManagedClusterAddonProfileArgs(
                    enabled=True,
                    config={"logAnalyticsWorkspaceResourceID": args.workspace_id, "useAADAuth": "true"},
                ),
                "azurepolicy": containerservice.ManagedClusterAddonProfileArgs(enabled=True),
                "azureKeyvaultSecretsProvider": containerservice.ManagedClusterAddonProfileArgs(
                    enabled=True, config={"enableSecretRotation": "true", "rotationPollInterval": "2m"}
                ),
            },
            azure_monitor_profile=containerservice.ManagedClusterAzureMonitorProfileArgs(
                metrics=containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(enabled=True)
            ),
            workload_auto_scaler_profile=containerservice.ManagedClusterWorkloadAutoScalerProfileArgs(
                keda=containerservice.ManagedClusterWorkloadAutoScalerProfileKedaArgs(enabled=True)
            ),
            storage_profile=containerservice.ManagedClusterStorageProfileArgs(
                blob_csi_driver=containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs(enabled=True),
                disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
                file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=False),
                # Backup takes snapshots of volumes through it.
                snapshot_controller=containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(enabled=True),
            ),
            auto_upgrade_profile=containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel="patch", node_os_upgrade_channel="NodeImage"
            ),
            disk_encryption_set_id=args.keys.disks.id,
            agent_pool_profiles=[
                containerservice.ManagedClusterAgentPoolProfileArgs(
                    name=system.name,
                    security_profile=containerservice.AgentPoolSecurityProfileArgs(ssh_access="Disabled"),
                    upgrade_settings=containerservice.AgentPoolUpgradeSettingsArgs(
                        max_surge="33%", drain_timeout_in_minutes=DRAIN_MINUTES
                    ),
                    **system.common(scope),
                )
            ],
            tags=scope.tags("confidential"),
            opts=scope.options(
                self, holds_data=True, depends_on=[*args.after, *rights, *args.keys.of["cluster"].ready]
            ),
        )
        maintenance_windows(name, scope=scope, cluster=self.cluster, group=args.resource_group, parent=self)
        self.issuer = self.cluster.oidc_issuer_profile.apply(lambda profile: str(profile.issuer_url) if profile else "")
        self.diagnosed = [Diagnosed(name="cluster", resource_id=self.cluster.id)]
        self.register_outputs({"clusterId": self.cluster.id, "issuer": self.issuer})

    def pool(self, name: str, nodes: Nodes) -> containerservice.AgentPool:
        """Add a pool of user nodes."""
        scope = self._args.scope
        common = nodes.common(scope)
        return containerservice.AgentPool(
            f"{self._name}-pool-{name}",
            agent_pool_name=nodes.name,
            resource_name_=self.cluster.name,
            resource_group_name=self._args.resource_group,
            security_profile=containerservice.AgentPoolSecurityProfileArgs(ssh_access="Disabled"),
            scale_set_priority="Spot" if nodes.spot else "Regular",
            scale_set_eviction_policy="Delete" if nodes.spot else None,
            gpu_profile=containerservice.GPUProfileArgs(driver=nodes.gpu_driver) if nodes.gpu_driver else None,
            upgrade_settings=containerservice.AgentPoolUpgradeSettingsArgs(
                max_surge="1", drain_timeout_in_minutes=DRAIN_MINUTES
            ),
            opts=scope.options(self),
            **common,
        )

    def _rights(self) -> list[Resource]:
        """What the control plane and the nodes may do, and no more."""
        args, scope = self._args, self._args.scope
        control, kubelet = args.identities.of["cluster"], args.identities.of["kubelet"]

        def right(role: str, on: Input[str], what: Role) -> Resource:
            return grant(f"{self._name}-{role}", scope=scope, on=on, to=control.principal_id, role=what, parent=self)

        args.registry.grant_pull("kubelet", kubelet)
        return [
            right("network", args.network.vnet.id, Role.NETWORK_CONTRIBUTOR),
            right("routes", args.network.route_table.id, Role.NETWORK_CONTRIBUTOR),
            right("dns", args.place.zone_ids["aks"], Role.PRIVATE_DNS_CONTRIBUTOR),
            right("kubelet-identity", kubelet.id, Role.IDENTITY_OPERATOR),
            right("disks", args.keys.disks.id, Role.READER),
        ]

    def _network_profile(self) -> containerservice.ContainerServiceNetworkProfileArgs:
        settings = self._args.scope.config.network
        return containerservice.ContainerServiceNetworkProfileArgs(
            network_plugin="azure",
            network_plugin_mode="overlay",
            network_policy="cilium",
            network_dataplane="cilium",
            outbound_type="none" if self._args.scope.config.cluster.network_isolated else "userDefinedRouting",
            load_balancer_sku="standard",
            # Policies by host name, and by method and path; what they drop is counted.
            advanced_networking=containerservice.AdvancedNetworkingArgs(
                enabled=True,
                observability=containerservice.AdvancedNetworkingObservabilityArgs(enabled=True),
                security=containerservice.AdvancedNetworkingSecurityArgs(enabled=True, advanced_network_policies="L7"),
            ),
            pod_cidr=str(settings.pod_cidr),
            service_cidr=str(settings.service_cidr),
            dns_service_ip=str(settings.service_cidr[DNS_SERVICE_HOST]),
        )

    def _bootstrap(self) -> containerservice.ManagedClusterBootstrapProfileArgs | None:
        if not self._args.scope.config.cluster.network_isolated:
            return None
        return containerservice.ManagedClusterBootstrapProfileArgs(
            artifact_source="Cache", container_registry_id=self._args.registry.registry.id
        )

    def _defender(self) -> containerservice.ManagedClusterSecurityProfileDefenderArgs | None:
        """The sensor on every node, which reports to the stack's own workspace; not every cloud has it."""
        if not self._args.scope.jurisdiction.cloud.defender:
            return None
        return containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=self._args.workspace_id,
            security_monitoring=containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(
                enabled=True
            ),
        )

    def _security_profile(self) -> containerservice.ManagedClusterSecurityProfileArgs:
        key = self._args.keys.of["cluster"]
        return containerservice.ManagedClusterSecurityProfileArgs(
            workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
            image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(
                enabled=True, interval_hours=48
            ),
            defender=self._defender(),
            # AKS takes a Key Vault key with its version here; private access goes through the API server's subnet.
            azure_key_vault_kms=containerservice.AzureKeyVaultKmsArgs(
                enabled=True,
                key_id=key.versioned_uri,
                key_vault_network_access="Private",
                key_vault_resource_id=key.custodian_id,
            ),
        )
