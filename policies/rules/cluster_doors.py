"""Doors of a cluster beside its API server: ingress, proxies, add-ons, hosts' ports, other ways to sign in."""

import re

from plan.model import MISSING, PlannedResource
from policies.require import given, items, require
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import CLUSTER, POOL
from policies.verdict import PASSED, Verdict, all_of, refused

SITE = "azure-native:kubernetes:ConnectedCluster"
WINDOW = "azure-native:containerservice:MaintenanceConfiguration"
TRUSTED = "azure-native:containerservice:TrustedAccessRoleBinding"
BACKS_UP = "Microsoft.DataProtection/backupVaults/backup-operator"
DRAIN_MINUTES = 45
"""Half an hour of loading, and a grace of minutes."""
LEAST_VERSION = (1, 33)
"""Supported on 2026-10-01: learn.microsoft.com/azure/aks/supported-kubernetes-versions"""
NODES = {
    "kubeletConfig": SHUT,
    "linuxOSConfig": SHUT,
    "windowsProfile": SHUT,
    "networkProfile": SHUT,
    "nodePublicIPPrefixID": SHUT,
    "orchestratorVersion": SHUT,
    "workloadRuntime": Among(("OCIContainer",), unset=True),
    "osSKU": "Ubuntu2404",
    "upgradeSettings.maxUnavailable": SHUT,
}
"""Of every pool: no host port, no address, no kernel setting, no image but the one that is patched weekly."""


@rule(
    "cluster.opens-no-door-of-its-own",
    title="The cluster has no ingress, proxy, add-on or way out of its own",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="remove the setting; the gateway is the only way in, the firewall the only way out",
    example="a cluster with ingressProfile.webAppRouting, which makes a public address",
)
def no_door(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Each of these makes a load balancer, an address or a fetch from outside that no rule on networks sees."""
    addons = ("httpApplicationRouting", "ingressApplicationGateway", "kubeDashboard", "aciConnectorLinux")
    network = ("loadBalancerProfile", "natGatewayProfile", "staticEgressGatewayProfile")
    return settled(
        cluster,
        {f"addonProfiles.{addon}.enabled": SHUT for addon in addons}
        | {f"networkProfile.{part}": SHUT for part in network}
        | {
            "apiServerAccessProfile.authorizedIPRanges": SHUT,
            "httpProxyConfig": SHUT,
            "ingressProfile": SHUT,
            "serviceMeshProfile": SHUT,
            "aiToolchainOperatorProfile": SHUT,
            "bootstrapProfile.artifactSource": Among(("Cache",), unset=True),
            "networkProfile.loadBalancerSku": "standard",
            "securityProfile.customCATrustCertificates": SHUT,
            "nodeProvisioningProfile.mode": Among(("Manual",), unset=True),
        },
    )


@rule(
    "cluster.signs-in-by-entra-alone",
    title="Nodes and API have no password, no second directory, and one group of administrators",
    severity=Severity.CRITICAL,
    applies_to=(CLUSTER, SITE),
    fix="leave linuxProfile, windowsProfile and servicePrincipalProfile out; name one group",
    example="a cluster with two groups of administrators, of which one is unknown",
)
def entra_alone(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Administrators of the cluster are outside every role that is reviewed; a second group is a second door."""
    groups = cluster.get("aadProfile.adminGroupObjectIDs")
    many = isinstance(groups, list | tuple) and len(groups) > 1
    shut = ("aadProfile.serverAppSecret", "linuxProfile", "windowsProfile", "identity.delegatedResources")
    wanted = settled(cluster, dict.fromkeys((*shut, "servicePrincipalProfile", "podIdentityProfile"), SHUT))
    return all_of((wanted, refused("names more than one group of administrators") if many else PASSED))


@rule(
    "cluster.nodes-are-as-made",
    title="Nodes have one image, no host port, no address and no setting of their own",
    severity=Severity.HIGH,
    applies_to=(CLUSTER, POOL),
    fix="leave pools to components/cluster.py",
    example="a pool with allowedHostPorts",
)
def nodes_as_made(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A host port is a door past the gateway; an unsafe kernel setting is every pod's."""
    if pool.type == POOL:
        return all_of((settled(pool, {**NODES, "mode": "User"}), given(pool, "vnetSubnetID")))
    least = {"minCount": AtLeast(2), "scaleSetPriority": Among(("Regular",), unset=True)} if stack.is_prod else {}
    return settled(pool, {f"agentPoolProfiles[*].{path}": want for path, want in {**NODES, **least}.items()})


@rule(
    "cluster.work-always-has-a-node",
    title="In prod, the pool that the gateway runs on keeps two nodes or more",
    severity=Severity.MEDIUM,
    applies_to=POOL,
    fix="set bailiwick:cluster.workloadPool.min to 2 or more",
    example="a prod workload pool with minCount 0",
)
def has_a_node(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A node takes minutes to come; a clinician waits for seconds."""
    taken = bool(items(pool.get("nodeTaints"))) or pool.get("nodeTaints") not in (MISSING, [])
    return PASSED if taken or not stack.is_prod else settled(pool, {"minCount": AtLeast(2)})


@rule(
    "cluster.version-is-supported",
    title="Kubernetes is of a version that is still mended, and no upgrade is forced",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="set bailiwick:cluster.kubernetesVersion to a supported minor version",
    example="a cluster of version 1.27",
)
def supported(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Holes in an old version are public, and stay open."""
    version = cluster.get("kubernetesVersion")
    parts = re.match(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
    new = parts is not None and (int(parts[1]), int(parts[2])) >= LEAST_VERSION
    least = ".".join(map(str, LEAST_VERSION))
    named = require(cluster, "kubernetesVersion", present=True)
    old = PASSED if new else refused(f"is of version {version!r}; supported: {least} and later")
    return all_of((named, old, settled(cluster, {"upgradeSettings": SHUT})))


@rule(
    "cluster.windows-come-every-week",
    title="The window for patches comes every week, from now on, without exceptions",
    severity=Severity.MEDIUM,
    applies_to=WINDOW,
    fix="set intervalWeeks to 1 and remove startDate and notAllowedDates",
    example="a maintenance window that begins in 2099",
    remediate=("maintenanceWindow.schedule.weekly.intervalWeeks",),
)
def every_week(window: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A window that never comes is the same as no patches."""
    base = "maintenanceWindow"
    return settled(
        window,
        {
            f"{base}.startDate": SHUT,
            f"{base}.notAllowedDates": SHUT,
            f"{base}.schedule.weekly.intervalWeeks": Among((1,)),
        },
    )


@rule(
    "cluster.trusts-backup-alone",
    title="The only service that Azure lets into the cluster backs it up",
    severity=Severity.HIGH,
    applies_to=TRUSTED,
    fix="give the binding the backup-operator role alone",
    example="a trusted access binding for a machine learning workspace",
)
def trusts_backup(binding: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Trusted access passes the private API server: whoever has it is inside."""
    roles = binding.get("roles")
    fine = isinstance(roles, list | tuple) and list(roles) == [BACKS_UP]
    return PASSED if fine else refused(f"has roles {roles}")


@rule(
    "cluster.policies-read-names-and-requests",
    title="Network policies can name hosts and requests, and what they drop is counted",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="enable networkProfile.advancedNetworking with advancedNetworkPolicies L7: components/cluster.py",
    example="a cluster with advancedNetworkPolicies FQDN, whose policies on requests are not enforced",
    remediate=True,
)
def read_requests(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without the proxy that reads requests, a policy on methods and paths lets nobody in, and somebody would open the
    port by a plain one: learn.microsoft.com/azure/aks/container-network-security-l7-policy-concepts.
    """
    path = "networkProfile.advancedNetworking"
    return all_of(
        (
            require(cluster, f"{path}.enabled", equals=True),
            require(cluster, f"{path}.observability.enabled", equals=True),
            require(cluster, f"{path}.security.enabled", equals=True),
            require(cluster, f"{path}.security.advancedNetworkPolicies", equals="L7"),
        )
    )


@rule(
    "cluster.upgrades-wait-for-models",
    title="An upgrade waits for a drained node's pods as long as a model takes to load",
    severity=Severity.LOW,
    applies_to=(CLUSTER, POOL),
    fix="set upgradeSettings.drainTimeoutInMinutes to 60: components/cluster.py",
    example="a pool with the default of 30 minutes, whose upgrade fails at the second node",
)
def waits_for_models(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The budget keeps the next model until the last one's successor answers: learn.microsoft.com/azure/aks/
    upgrade-aks-node-pools-rolling, drain timeout. An upgrade that fails half-way leaves two versions of nodes.
    """
    prefix = "" if pool.type == POOL else "agentPoolProfiles[*]."
    return require(pool, f"{prefix}upgradeSettings.drainTimeoutInMinutes", at_least=DRAIN_MINUTES)


@rule(
    "cluster.secrets-follow-within-a-day",
    title="What the vault rotates arrives in pods within a day",
    severity=Severity.MEDIUM,
    applies_to=CLUSTER,
    fix="set rotationPollInterval to minutes",
    example="a rotationPollInterval of 720h",
)
def within_a_day(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A certificate that was revoked and not replaced is still shown to callers."""
    path = "addonProfiles.azureKeyvaultSecretsProvider.config.rotationPollInterval"
    return require(cluster, path, matches=r"^(\d+[sm]|([1-9]|1\d|2[0-4])h)$", default="2m")
