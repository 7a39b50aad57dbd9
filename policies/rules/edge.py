"""Edge sites: what runs there comes from inside, is watched as at home, and stops when it has been alone too long."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.require import require, texts, when
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import FEDERATED, IDENTITY, PRIVATE_ENDPOINT, REGISTRY, STORAGE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

SITE = "azure-native:kubernetes:ConnectedCluster"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"
FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
LINK = "azure-native:hybridcompute:PrivateLinkScope"
SCOPE_MAP = "azure-native:containerregistry:ScopeMap"

SOURCES = {"AzureBlob": "azureBlob", "OCIRepository": "ociRepository"}
OTHER_SOURCES = ("gitRepository", "bucket")
SECRETS = ("accountKey", "sasToken", "servicePrincipal", "localAuthRef")
MOST_HOURS = 72
DIGEST = r"^sha256:[0-9a-f]{64}$"
SUBSTITUTE = "kustomizations[*].postBuild.substitute"
READER = "system:serviceaccount:flux-system:source-controller"


@stack_rule(
    "edge.delivered-from-inside",
    title="A site takes its manifests from this stack's storage or registry, by digest",
    severity=Severity.CRITICAL,
    applies_to=(SITE, FLUX),
    fix="plan a FluxConfiguration as components/edge_site.py does: the stack's own account, by identity, pruned",
    example="a flux configuration whose source is a git repository elsewhere",
)
def delivered_from_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """Who can write to the source decides what sees the patients of the site, and no engineer of ours stands there."""
    found = stack.parts(FLUX, "clusterName", SITE, "clusterName")
    for site in stack.of_type(SITE):
        if not found.get(site.urn):
            yield site, refused("no flux configuration says what runs there")
    for flux in stack.of_type(FLUX):
        yield flux, _source(flux, stack)


def _source(flux: PlannedResource, stack: StackUnderReview) -> Verdict:
    block = SOURCES.get(str(flux.get("sourceKind")))
    if block is None:
        return refused(f"sourceKind is {flux.get('sourceKind')!s}; allowed: {', '.join(SOURCES)}")
    return all_of(
        [
            *(require(flux, other, absent=True) for other in OTHER_SOURCES),
            *(require(flux, f"{block}.{secret}", absent=True) for secret in SECRETS),
            _inside(flux, f"{block}.url", stack),
            require(flux, "suspend", equals=False, default=False),
            require(flux, "kustomizations[*].prune", equals=True),
            require(flux, f"{SUBSTITUTE}.release", matches=DIGEST),
            *(_registry(value, where, stack) for where, value in flux.each(f"{SUBSTITUTE}.registry")),
        ]
    )


def _inside(flux: PlannedResource, path: str, stack: StackUnderReview) -> Verdict:
    value = flux.get(path)
    if value is UNKNOWN:
        return stack.require_target(flux, path, STORAGE, REGISTRY)
    url = urlsplit(str(value))
    if url.scheme == "https":
        return when(not _is_own(url.hostname, STORAGE, "accountName", "blob", stack), _foreign(path, value))
    return when(url.scheme != "oci" or bool(_registry(url.hostname, path, stack).message), _foreign(path, value))


def _registry(host: Value, where: str, stack: StackUnderReview) -> Verdict:
    if host is UNKNOWN:
        return not_evaluated(f"{where} is known only after deployment")
    return when(not _is_own(host, REGISTRY, "registryName", "registry", stack), _foreign(where, host))


def _is_own(host: Value, token: str, name: str, service: str, stack: StackUnderReview) -> bool:
    suffix = stack.jurisdiction.cloud.suffixes[service]
    return host in {f"{found.get(name)}.{suffix}" for found in stack.of_type(token)}


def _foreign(path: str, value: Value) -> Verdict:
    return refused(f"{path} is '{value}', which is nothing of this stack's")


@stack_rule(
    "edge.site-is-private",
    title="A site speaks to Arc by a private endpoint alone",
    severity=Severity.HIGH,
    applies_to=SITE,
    fix="set privateLinkState to Enabled, and join the stack's private link scope, which has an endpoint",
    example="a connected cluster with privateLinkState Disabled",
)
def site_is_private(stack: StackUnderReview) -> Iterable[Judged]:
    """Arc's agents may change everything at the site: their line is not to be anybody's."""
    return judged(stack.of_type(SITE), lambda site: _site_is_private(site, stack))


def _site_is_private(site: PlannedResource, stack: StackUnderReview) -> Verdict:
    verdicts = [
        require(site, "privateLinkState", equals="Enabled"),
        stack.require_target(site, "privateLinkScopeResourceId", LINK),
    ]
    reached = stack.referring(PRIVATE_ENDPOINT, "privateLinkServiceConnections[*].privateLinkServiceId")
    for link in stack.targets(site, "privateLinkScopeResourceId"):
        verdicts.append(require(link, "properties.publicNetworkAccess", equals="Disabled"))
        if link.urn not in reached:
            verdicts.append(refused("the private link scope has no private endpoint, so nothing here reaches it"))
    return all_of(verdicts)


@stack_rule(
    "edge.identity-federated",
    title="At a site people are known to Entra, and workloads by federation, without a secret",
    severity=Severity.HIGH,
    applies_to=SITE,
    fix="set aadProfile with Azure RBAC and an administrators' group, and federate the source controller's identity",
    example="a connected cluster without enableAzureRBAC",
)
def identity_federated(stack: StackUnderReview) -> Iterable[Judged]:
    """A password on a box in a cupboard is read by whoever opens the cupboard."""
    return judged(stack.of_type(SITE), lambda site: _identity_federated(site, stack))


def _identity_federated(site: PlannedResource, stack: StackUnderReview) -> Verdict:
    verdicts = [
        require(site, "identity.type", equals="SystemAssigned"),
        require(site, "aadProfile.enableAzureRBAC", equals=True),
        require(site, "aadProfile.tenantID", present=True),
        require(site, "aadProfile.adminGroupObjectIDs", present=True),
    ]
    federated = stack.parts(FEDERATED, "resourceName", IDENTITY, "resourceName")
    for flux in stack.parts(FLUX, "clusterName", SITE, "clusterName").get(site.urn, ()):
        origins = (stack.plan.by_urn(urn) for urn in flux.property_dependencies.get("azureBlob", ()))
        credentials = [
            credential
            for origin in origins
            if origin is not None and origin.type == IDENTITY
            for credential in federated.get(origin.urn, ())
        ]
        if not credentials:
            verdicts.append(refused("the identity that reads its manifests is federated to nobody"))
        verdicts += [require(found, "subject", equals=READER) for found in credentials]
        verdicts += [require(found, "issuer", matches="^https://") for found in credentials]
    for part in _parts(site, stack):
        verdicts.append(require(part, "configurationProtectedSettings", absent=True))
    return all_of(verdicts)


def _parts(site: PlannedResource, stack: StackUnderReview) -> list[PlannedResource]:
    return [
        part
        for token in (EXTENSION, FLUX)
        for part in stack.parts(token, "clusterName", SITE, "clusterName").get(site.urn, ())
    ]


@stack_rule(
    "edge.policies-hold-there-too",
    title="A site is under the same policies, and watched by Defender where the cloud has it",
    severity=Severity.HIGH,
    applies_to=SITE,
    fix="plan extensions microsoft.policyinsights and microsoft.azuredefender.kubernetes for the cluster",
    example="a connected cluster without the Azure Policy extension",
)
def policies_hold(stack: StackUnderReview) -> Iterable[Judged]:
    """What is denied at home and allowed in the clinic is allowed."""
    return judged(stack.of_type(SITE), lambda site: _policies_hold(site, stack))


def _policies_hold(site: PlannedResource, stack: StackUnderReview) -> Verdict:
    wanted = ["microsoft.policyinsights"]
    if stack.jurisdiction.cloud.defender:
        wanted.append("microsoft.azuredefender.kubernetes")
    there = {
        str(found.get("extensionType")).lower()
        for found in stack.parts(EXTENSION, "clusterName", SITE, "clusterName").get(site.urn, ())
    }
    lacking = [name for name in wanted if name not in there]
    if not lacking:
        return PASSED
    return refused(f"it lacks {', '.join(lacking)}")


@stack_rule(
    "edge.updates-are-chosen",
    title="Nothing at a site is upgraded unless somebody chose the version",
    severity=Severity.MEDIUM,
    applies_to=SITE,
    fix="pin agents and extensions: agentAutoUpgrade Disabled, autoUpgradeMinorVersion false, a version, train stable",
    example="an extension of a connected cluster with autoUpgradeMinorVersion true",
)
def updates_are_chosen(stack: StackUnderReview) -> Iterable[Judged]:
    """An upgrade that goes wrong at two in the morning, with the line cut, takes the site's only model away."""
    return judged(stack.of_type(SITE), lambda site: _updates_are_chosen(site, stack))


def _updates_are_chosen(site: PlannedResource, stack: StackUnderReview) -> Verdict:
    verdicts = [
        require(site, "arcAgentProfile.agentAutoUpgrade", equals="Disabled"),
        require(site, "arcAgentProfile.desiredAgentVersion", present=True),
    ]
    for extension in stack.parts(EXTENSION, "clusterName", SITE, "clusterName").get(site.urn, ()):
        verdicts += [
            require(extension, "autoUpgradeMinorVersion", equals=False),
            require(extension, "version", matches=r"^\d+\.\d+\.\d+"),
            require(extension, "releaseTrain", equals="stable"),
        ]
    return all_of(verdicts)


@stack_rule(
    "edge.offline-time-is-stated",
    title="How long a site answers alone is stated, told to its gateway, and 72 hours at most",
    severity=Severity.HIGH,
    applies_to=SITE,
    fix=f"set offlineHours of the site, 1 to {MOST_HOURS}",
    example="a connected cluster without tag offline-hours",
)
def offline_time_is_stated(stack: StackUnderReview) -> Iterable[Judged]:
    """A model that was withdrawn yesterday must not answer for a month, and its records must reach somebody."""
    return judged(stack.of_type(SITE), lambda site: _offline_time_is_stated(site, stack))


def _offline_time_is_stated(site: PlannedResource, stack: StackUnderReview) -> Verdict:
    stated = _hours(site.get("tags.offline-hours"))
    if stated is None:
        return refused(f"tag offline-hours is {site.get('tags.offline-hours')!s}, not 1 to {MOST_HOURS}")
    told = [
        value
        for flux in stack.parts(FLUX, "clusterName", SITE, "clusterName").get(site.urn, ())
        for _, value in flux.each(f"{SUBSTITUTE}.offline_hours")
    ]
    other = [value for value in told if value is not UNKNOWN and _hours(value) != stated]
    return refused(f"the tag says {stated} hours, and the gateway is told {other[0]!s}") if other else PASSED


def _hours(value: Value) -> int | None:
    text = "" if value is MISSING else str(value)
    return int(text) if text.isdecimal() and 1 <= int(text) <= MOST_HOURS else None


@rule(
    "edge.images-are-only-read",
    title="The token by which a site pulls reads the site's images, and nothing else",
    severity=Severity.HIGH,
    applies_to=SCOPE_MAP,
    fix="leave repositories/edge/*/content/read as the scope map's one action",
    example="a scope map with content/write",
)
def images_are_only_read(scope_map: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The token lies on the box: with more than this, who steals the box pushes the image that everybody runs."""
    actions = scope_map.get("actions")
    if actions is UNKNOWN:
        return not_evaluated("actions are known only after deployment")
    wide = [
        action
        for action in texts(actions)
        if not (action.startswith("repositories/edge/") and action.endswith(("/content/read", "/metadata/read")))
    ]
    if not texts(actions):
        return refused("actions are not set")
    return refused(f"actions hold {', '.join(wide)}") if wide else PASSED
