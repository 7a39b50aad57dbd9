"""The cluster: private, without standing passwords, patched, and watched."""

from collections.abc import Iterable, Mapping

from plan.model import MISSING, PlannedResource, Value
from policies.require import require, show, texts, when
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import CLUSTER, POOL
from policies.verdict import PASSED, Verdict, all_of, refused

MAINTENANCE = "azure-native:containerservice:MaintenanceConfiguration"


@rule(
    "cluster.api-server-private",
    title="The API server is reached inside the network only",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="keep apiServerAccessProfile as components/cluster.py writes it",
    example="a private cluster with enablePrivateClusterPublicFQDN true, as a public baseline has it",
    # Not enablePrivateCluster: another value makes the cluster anew.
    remediate=("apiServerAccessProfile.enablePrivateClusterPublicFQDN",),
)
def api_private(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who reaches the API server needs one stolen token to own every workload."""
    path = "apiServerAccessProfile"
    return all_of(
        (
            require(cluster, f"{path}.enablePrivateCluster", equals=True),
            require(cluster, f"{path}.enablePrivateClusterPublicFQDN", equals=False),
            _own_zone(cluster.get(f"{path}.privateDNSZone")),
        )
    )


def _own_zone(zone: Value) -> Verdict:
    # The words that mean no zone of ours are known beforehand; what isn't known yet is the id of one.
    if zone is MISSING or zone in ("", "none", "system"):
        return refused(f"its private DNS zone is {show(zone or 'not set')}")
    return PASSED


@rule(
    "cluster.no-run-command",
    title="Commands can't be run in the cluster from the portal",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="set apiServerAccessProfile.disableRunCommand to true",
    example="a cluster without disableRunCommand",
    remediate=True,
)
def no_run_command(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`az aks command invoke` goes around the private API server, with cluster administrator's rights."""
    return require(cluster, "apiServerAccessProfile.disableRunCommand", equals=True)


def _beside_entra(cluster: PlannedResource, _stack: StackUnderReview) -> Mapping[str, Value]:
    # Where Entra lets nobody in, the local accounts are the only way to mend it.
    return {"disableLocalAccounts": True} if cluster.get("aadProfile.managed") is True else {}


@rule(
    "cluster.no-local-accounts",
    title="The cluster has no local accounts",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="set disableLocalAccounts to true",
    example="a cluster with local accounts, whose administrator's certificate can't be revoked",
    remediate=_beside_entra,
)
def no_local_accounts(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A certificate of the local administrator works for years, and names nobody."""
    return require(cluster, "disableLocalAccounts", equals=True)


@rule(
    "cluster.people-come-by-entra",
    title="People come by Entra ID, with Azure's roles",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="set aadProfile.managed and aadProfile.enableAzureRBAC to true, with an administrators' group",
    example="a cluster without aadProfile",
)
def people_by_entra(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Leaving staff lose their rights in one place, and every action has a name."""
    return all_of(
        (
            require(cluster, "enableRBAC", equals=True),
            require(cluster, "aadProfile.managed", equals=True),
            require(cluster, "aadProfile.enableAzureRBAC", equals=True),
            require(cluster, "aadProfile.adminGroupObjectIDs", present=True),
        )
    )


@rule(
    "cluster.workloads-have-identities",
    title="Workloads prove themselves by federated identities",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="enable securityProfile.workloadIdentity and oidcIssuerProfile",
    example="a cluster without workload identity",
)
def workloads_have_identities(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without it workloads need passwords in secrets, or share the node's identity."""
    return all_of(
        (
            require(cluster, "oidcIssuerProfile.enabled", equals=True),
            require(cluster, "securityProfile.workloadIdentity.enabled", equals=True),
            require(cluster, "podIdentityProfile.enabled", equals=False, default=False),
        )
    )


@rule(
    "cluster.identity-user-assigned",
    title="The control plane and the nodes have identities of their own",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="use UserAssigned identities for control plane and kubelet",
    example="a cluster with a service principal and its secret",
)
def identity_user_assigned(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A system-assigned identity's rights are made after the cluster, by hand; a service principal has a password."""
    return all_of(
        (
            require(cluster, "identity.type", equals="UserAssigned"),
            require(cluster, "identityProfile.kubeletidentity", present=True),
            require(cluster, "servicePrincipalProfile.secret", absent=True),
        )
    )


@rule(
    "cluster.defender-watches",
    title="Defender watches the nodes, and reports to the stack's workspace",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="enable securityProfile.defender.securityMonitoring",
    example="a cluster without securityProfile.defender",
    remediate=True,
)
def defender_watches(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Runtime threats, such as a shell in a model's pod, show nowhere else."""
    path = "securityProfile.defender"
    if not stack.jurisdiction.cloud.defender:
        return require(cluster, path, absent=True)
    workspace = cluster.get(f"{path}.logAnalyticsWorkspaceResourceId")
    return all_of(
        (
            require(cluster, f"{path}.securityMonitoring.enabled", equals=True),
            refused("Defender has no workspace") if workspace is MISSING else PASSED,
        )
    )


@rule(
    "cluster.azure-policy-holds",
    title="The Azure Policy add-on is on",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="enable addonProfiles.azurepolicy",
    example="a cluster without the add-on",
    remediate=True,
)
def azure_policy_holds(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The third wall: what somebody applies by hand is refused at admission."""
    return require(cluster, "addonProfiles.azurepolicy.enabled", equals=True)


@rule(
    "cluster.secrets-come-from-vault",
    title="Certificates come from Key Vault, and follow its rotation",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="enable addonProfiles.azureKeyvaultSecretsProvider with enableSecretRotation",
    example="a cluster without the secrets provider",
    remediate=True,
)
def secrets_from_vault(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A certificate copied into a secret by hand expires on a Sunday."""
    path = "addonProfiles.azureKeyvaultSecretsProvider"
    return all_of(
        (
            require(cluster, f"{path}.enabled", equals=True),
            require(cluster, f"{path}.config.enableSecretRotation", equals="true"),
        )
    )


@rule(
    "cluster.network-policies-enforced",
    title="Network policies are enforced by Cilium, on an overlay",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="set networkPlugin azure, networkPluginMode overlay, networkPolicy and networkDataplane cilium",
    example="a cluster with networkPolicy none, on which policies are decoration",
)
def policies_enforced(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without an engine NetworkPolicy objects are accepted, shown, and ignored."""
    wanted = {"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium"}
    wanted["networkDataplane"] = "cilium"
    return all_of(require(cluster, f"networkProfile.{key}", equals=value) for key, value in wanted.items())


@rule(
    "cluster.images-cleaned",
    title="Stale images with known holes are removed from nodes",
    severity=Severity.LOW,
    applies_to=CLUSTER,
    fix="enable securityProfile.imageCleaner",
    example="a cluster without image cleaner",
    remediate=True,
)
def images_cleaned(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What lies on a node can be started without a registry being asked."""
    return require(cluster, "securityProfile.imageCleaner.enabled", equals=True)


@rule(
    "cluster.has-uptime-promise",
    title="The API server has an uptime agreement",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="set bailiwick:cluster.tier to Standard or Premium",
    example="a cluster of tier Free",
)
def uptime(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Clinicians wait for what this answers."""
    return require(cluster, "sku.tier", one_of=("Standard", "Premium"))


@rule(
    "cluster.patches-itself",
    title="The cluster and its nodes' images are patched by themselves",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="set upgradeChannel to patch and nodeOSUpgradeChannel to NodeImage or SecurityPatch",
    example="a cluster with nodeOSUpgradeChannel None",
)
def patches_itself(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Kernel holes of last year still open nodes this year."""
    return all_of(
        (
            require(cluster, "autoUpgradeProfile.upgradeChannel", one_of=("patch", "stable", "rapid")),
            require(cluster, "autoUpgradeProfile.nodeOSUpgradeChannel", one_of=("NodeImage", "SecurityPatch")),
        )
    )


@stack_rule(
    "cluster.changes-in-windows",
    title="The cluster changes by itself only in its windows",
    severity=Severity.LOW,
    applies_to=(CLUSTER, MAINTENANCE),
    fix="let components/maintenance.py make both windows",
    example="a cluster without aksManagedNodeOSUpgradeSchedule",
)
def changes_in_windows(stack: StackUnderReview) -> Iterable[Judged]:
    """An upgrade in the middle of a clinic's morning is an outage that nobody ordered."""
    clusters = stack.of_type(CLUSTER)
    if not clusters:
        return absent(stack, "the plan has no cluster")
    found = {str(window.get("configName")) for window in stack.of_type(MAINTENANCE)}
    missing = {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"} - found
    return judged(clusters, lambda _: refused(f"has no window {', '.join(sorted(missing))}") if missing else PASSED)


@rule(
    "cluster.nodes-have-no-public-address",
    title="No node has a public address",
    severity=Severity.CRITICAL,
    applies_to=(CLUSTER, POOL),
    fix="set enableNodePublicIP to false",
    example="a node pool with enableNodePublicIP",
)
def nodes_private(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A node with an address of its own is not behind the firewall."""
    prefix = "" if resource.type == POOL else "agentPoolProfiles[*]."
    return require(resource, f"{prefix}enableNodePublicIP", equals=False)


@rule(
    "cluster.nodes-take-no-ssh",
    title="Nodes take no SSH",
    severity=Severity.HIGH,
    applies_to=(CLUSTER, POOL),
    fix="set securityProfile.sshAccess of the pool to Disabled",
    example="a node pool with sshAccess LocalUser, the default",
    remediate=True,
)
def nodes_no_ssh(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """From a node one reads the memory of every pod on it."""
    prefix = "" if resource.type == POOL else "agentPoolProfiles[*]."
    return require(resource, f"{prefix}securityProfile.sshAccess", equals="Disabled")


@rule(
    "cluster.nodes-stand-in-zones",
    title="Nodes are spread over zones where the region has them",
    severity=Severity.MEDIUM,
    applies_to=(CLUSTER, POOL),
    fix="let components/node_pools.py set availabilityZones",
    example="a node pool without availabilityZones in a region with three",
)
def nodes_zonal(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """GDPR Art. 32(1)(b) asks for resilience; one hall is not resilient."""
    region = stack.jurisdiction.regions.get(str(resource.get("location")))
    zonal = region is not None and bool(region.zones)
    if resource.type == POOL:
        zonal = any(place.zones for place in stack.jurisdiction.regions.values())
        return when(zonal and not _gpu(resource), require(resource, "availabilityZones", present=True))
    return when(zonal, require(resource, "agentPoolProfiles[*].availabilityZones", present=True))


def _gpu(pool: PlannedResource) -> bool:
    """GPU capacity is often to be had in one zone only, and zonal pools then fail (reference: AKS issue 5746)."""
    return str(pool.get("vmSize")).startswith("Standard_N")


@rule(
    "cluster.system-pool-reserved",
    title="The system pool takes the cluster's own pods only",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="taint the first pool with CriticalAddonsOnly=true:NoSchedule",
    example="a system pool without a taint",
)
def system_reserved(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A workload that starves CoreDNS stops every other workload."""
    taints = [value for _, value in cluster.each("agentPoolProfiles[*].nodeTaints")]
    reserved = taints and all(any("CriticalAddonsOnly" in taint for taint in texts(item)) for item in taints)
    return PASSED if reserved else refused("its first pool is not tainted CriticalAddonsOnly")


@rule(
    "cluster.gpu-pool-reserved",
    title="GPU nodes take models only",
    severity=Severity.MEDIUM,
    applies_to=POOL,
    fix="taint the pool with sku=gpu:NoSchedule",
    example="a GPU pool without a taint",
)
def gpu_reserved(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A foreign pod beside a model shares a kernel with patients' prompts."""
    if not _gpu(pool):
        return PASSED
    return PASSED if "sku=gpu:NoSchedule" in texts(pool.get("nodeTaints")) else refused("is not tainted sku=gpu")


@rule(
    "cluster.no-spot-in-prod",
    title="Nothing in prod runs on capacity that Azure can take back",
    severity=Severity.HIGH,
    applies_to=POOL,
    fix="remove bailiwick:gpu.spot",
    example="a prod GPU pool with scaleSetPriority Spot",
)
def no_spot(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Thirty seconds' notice is no way to end a ward round."""
    return when(stack.is_prod, require(pool, "scaleSetPriority", equals="Regular", default="Regular"))


@rule(
    "cluster.node-group-locked",
    title="Nobody changes nodes behind the cluster's back",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="set nodeResourceGroupProfile.restrictionLevel to ReadOnly",
    example="a cluster whose node resource group is Unrestricted",
    remediate=True,
)
def node_group_locked(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A load balancer that is changed by hand there is a way in that no plan shows."""
    return require(cluster, "nodeResourceGroupProfile.restrictionLevel", equals="ReadOnly")
