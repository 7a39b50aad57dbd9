"""One edge site: an Arc-enabled cluster in a clinic, told from inside what to run, and able to run it alone.

What azure-native's ConnectedCluster (API 2024-02-01-preview) has no property for is done on the box when it is
connected: the OIDC issuer with workload identity, Azure RBAC, and the agents' private half (docs/guides/edge-site.md).
Forms: learn.microsoft.com/azure/azure-arc/kubernetes (extensions, gitops-flux2-parameters, secret-store-extension,
conceptual-connectivity-modes). Nothing here was run on hardware.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import kubernetes, kubernetesconfiguration

from components.edge_boundary import RELEASES, EdgeBoundary
from components.edge_workloads import grants, identities, pull_token, values
from components.key_vault import KeyVault
from components.network import Network
from components.registry import Registry
from components.scope import Scope
from config.edge import EdgeSite as Site
from config.edge import ExtensionName

OFFLINE_TAG = "offline-hours"
RP, RESOURCE = "Microsoft.Kubernetes", "connectedClusters"
TYPES: dict[ExtensionName, str] = {
    "flux": "microsoft.flux",
    "policy": "microsoft.policyinsights",
    "certificates": "microsoft.certmanagement",
    "secrets": "microsoft.azure.secretstore",
    "defender": "microsoft.azuredefender.kubernetes",
}
"""Secrets by the Secret Store and not by `microsoft.azurekeyvaultsecretsprovider`: that one mounts from the vault when
a pod starts, so that without a line none starts, and Microsoft advises against both together. It wants cert-manager;
the name of that extension was not verified."""
NAMESPACES: dict[ExtensionName, str] = {"flux": "flux-system", "policy": "kube-system", "defender": "mdc"}
"""Where Microsoft's command line puts them."""


class NoVersionChosen(ValueError):
    """An extension whose version the configuration does not pin."""


@dataclass(frozen=True, kw_only=True)
class EdgeSiteArgs:
    """What a site needs."""

    scope: Scope
    site: Site
    resource_group: Input[str]
    registry_group: Input[str]
    boundary: EdgeBoundary
    registry: Registry
    vault: KeyVault
    """Holds the site's certificate, its seal and its pull token."""
    network: Network
    workspace_id: Input[str]


class EdgeSite(ComponentResource):
    """The cluster as Arc knows it, its extensions at chosen versions, and where its manifests come from."""

    cluster: kubernetes.ConnectedCluster

    def __init__(self, name: str, args: EdgeSiteArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:edge:EdgeSite", name, None, opts)
        self._name, self._args = name, args
        scope, site = args.scope, args.site
        self._identities = identities(name, scope=scope, site=site, resource_group=args.resource_group, parent=self)
        grants(
            name,
            scope=scope,
            site=site,
            of=self._identities,
            boundary=args.boundary,
            registry=args.registry,
            vault=args.vault,
            parent=self,
        )
        pull_token(
            name, scope=scope, site=site, registry=args.registry, resource_group=args.registry_group, parent=self
        )
        self.cluster = self._cluster()
        wanted: list[ExtensionName] = ["flux", "policy", "certificates", "secrets"]
        if scope.jurisdiction.cloud.defender:
            wanted.append("defender")
        extensions = {which: self._extension(which) for which in wanted}
        self._delivery(extensions["flux"])
        self.register_outputs({"clusterId": self.cluster.id})

    def _cluster(self) -> kubernetes.ConnectedCluster:
        scope, site = self._args.scope, self._args.site
        return kubernetes.ConnectedCluster(
            f"{self._name}-cluster",
            cluster_name=scope.names.of("arck", site.name),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            identity=kubernetes.ConnectedClusterIdentityArgs(type=kubernetes.ResourceIdentityType.SYSTEM_ASSIGNED),
            agent_public_key_certificate=site.agent_certificate,
            private_link_state="Enabled",
            private_link_scope_resource_id=self._args.boundary.link.id,
            aad_profile=kubernetes.AadProfileArgs(
                enable_azure_rbac=True,
                tenant_id=scope.config.tenant_id,
                admin_group_object_ids=[scope.config.people.cluster_admin_group],
            ),
            arc_agent_profile=kubernetes.ArcAgentProfileArgs(
                agent_auto_upgrade="Disabled", desired_agent_version=site.agent_version
            ),
            tags={**scope.tags("phi"), OFFLINE_TAG: str(site.offline_hours)},
            opts=scope.options(self, holds_data=True),
        )

    def _extension(self, which: ExtensionName) -> kubernetesconfiguration.Extension:
        scope, site = self._args.scope, self._args.site
        if which not in site.extensions:
            raise NoVersionChosen(f"edge site '{site.name}' pins no version of extension '{which}'")
        return kubernetesconfiguration.Extension(
            f"{self._name}-{which}",
            extension_name=which,
            resource_group_name=self._args.resource_group,
            cluster_rp=RP,
            cluster_resource_name=RESOURCE,
            cluster_name=self.cluster.name,
            extension_type=TYPES[which],
            # Pinned, minor versions too: an upgrade that goes wrong while the line is cut can't be mended from here.
            # The release train counts only for automatic upgrades, and says where the version was taken from.
            auto_upgrade_minor_version=False,
            version=site.extensions[which],
            release_train="stable",
            scope=kubernetesconfiguration.ScopeArgs(
                cluster=kubernetesconfiguration.ScopeClusterArgs(release_namespace=NAMESPACES.get(which))
            ),
            configuration_settings=self._settings(which),
            opts=scope.options(self),
        )

    def _settings(self, which: ExtensionName) -> dict[str, Input[str]] | None:
        if which == "flux":
            return {
                "workloadIdentity.enable": "true",
                "workloadIdentity.azureClientId": self._identities["source"].client_id,
                "workloadIdentity.azureTenantId": self._args.scope.config.tenant_id,
                "multiTenancy.enforce": "true",
                "image-automation-controller.enabled": "false",
                "image-reflector-controller.enabled": "false",
            }
        if which == "secrets":
            # All parts of a secret or none: a certificate of today with a key of yesterday opens nothing.
            return {"rotationPollIntervalInSeconds": "3600", "enablePartialSecretSync": "false"}
        if which == "defender":
            return {"logAnalyticsWorkspaceResourceID": self._args.workspace_id}
        return None

    def _delivery(self, flux: kubernetesconfiguration.Extension) -> None:
        args, scope, site = self._args, self._args.scope, self._args.site
        suffix = scope.jurisdiction.cloud.suffixes["blob"]
        endpoint = Output.concat("https://", args.boundary.store.name, ".", suffix, "/")
        kubernetesconfiguration.FluxConfiguration(
            f"{self._name}-delivery",
            flux_configuration_name="edge",
            resource_group_name=args.resource_group,
            cluster_rp=RP,
            cluster_resource_name=RESOURCE,
            cluster_name=self.cluster.name,
            namespace="edge-delivery",
            scope="cluster",
            suspend=False,
            source_kind="AzureBlob",
            # Only `edge/bootstrap` comes this way; what it names comes from the registry, by digest and signed. A copy
            # of 2023-12 of Microsoft's page says that Arc takes no identity here yet: the guide has the way around.
            azure_blob=kubernetesconfiguration.AzureBlobDefinitionArgs(
                url=endpoint,
                container_name=RELEASES,
                managed_identity=kubernetesconfiguration.ManagedIdentityDefinitionArgs(
                    client_id=self._identities["source"].client_id
                ),
                sync_interval_in_seconds=600,
            ),
            kustomizations={
                "bootstrap": kubernetesconfiguration.KustomizationDefinitionArgs(
                    path=f"./{site.release.removeprefix('sha256:')}",
                    prune=True,
                    wait=True,
                    force=False,
                    sync_interval_in_seconds=600,
                    post_build=kubernetesconfiguration.PostBuildDefinitionArgs(
                        substitute=values(
                            scope=scope,
                            site=site,
                            of=self._identities,
                            blob_endpoint=endpoint,
                            vault=args.vault,
                            endpoints=str(args.network.plan["endpoints"]),
                        )
                    ),
                )
            },
            opts=scope.options(self, depends_on=[flux]),
        )
