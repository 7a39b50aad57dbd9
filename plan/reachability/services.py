"""What no packet filter sees: where services lead, copy, tell and let in by their own settings and rights."""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, Plan
from plan.reachability.clusters import CLUSTER
from plan.reachability.copies import copy_edges
from plan.reachability.known_types import unread_types
from plan.reachability.logs import log_edges
from plan.reachability.model import Edge, Hop, Place
from plan.reachability.mounts import strange_volumes
from plan.reachability.outbound import outbound_edges
from plan.reachability.private_links import link_edges
from plan.reachability.public_access import public_edges
from plan.reachability.reading import given, mapping, rows, text
from plan.reachability.rights import right_edges, strangers
from plan.reachability.sites import Sites

HARMLESS = frozenset({"microsoft.web/connections", "microsoft.appconfiguration/configurationstores/snapshots"})
"""Types in a nested template that are read from whoever uses them, or stay in what they are a part of."""
EXTENSIONS = frozenset(
    {
        "microsoft.dataprotection.kubernetes",
        "microsoft.flux",
        "microsoft.policyinsights",
        "microsoft.certmanagement",
        "microsoft.azure.secretstore",
        "microsoft.azuredefender.kubernetes",
        "microsoft.azurekeyvaultsecretsprovider",
    }
)
"""Extensions of a cluster whose traffic is known from their settings."""


ADDONS = frozenset({"omsagent", "azurepolicy", "azurekeyvaultsecretsprovider"})
FEATURES = (
    "ingressProfile.webAppRouting.enabled",
    "ingressProfile.gatewayAPI",
    "serviceMeshProfile.istio.components.ingressGateways",
    "serviceMeshProfile.istio.components.egressGateways",
    "networkProfile.staticEgressGatewayProfile.enabled",
    "httpProxyConfig.httpProxy",
    "httpProxyConfig.httpsProxy",
)
"""Of a cluster: they make entries and ways out that stand nowhere in the plan."""


def service_edges(plan: Plan, places: Mapping[str, Place]) -> tuple[Edge, ...]:
    """Every edge, each once for each reason."""
    sites = Sites(plan, places)
    found = (
        *link_edges(sites),
        *public_edges(sites),
        *copy_edges(sites),
        *log_edges(sites),
        *right_edges(sites),
        *outbound_edges(sites),
    )
    kept: dict[tuple[str, str, str, str], Edge] = {}
    for edge in found:
        if edge.source != edge.target:
            kept.setdefault((edge.source, edge.target, edge.kind, edge.what), edge)
    return tuple(kept.values())


def unjudged(plan: Plan, places: Mapping[str, Place]) -> tuple[Hop, ...]:
    """Everything but networks that could not be understood; `networks.estate` tells of those."""
    sites = Sites(plan, places)
    found = (
        *unread_types(plan),
        *_templates(plan),
        *_extensions(plan),
        *_features(plan),
        *strangers(sites),
        *strange_volumes(plan),
    )
    return tuple(dict.fromkeys(found))


def _templates(plan: Plan) -> Iterator[Hop]:
    """Deployments inside the deployment: what a template makes is nowhere else in the plan."""
    for deployment in plan.of_type("azure-native:resources:Deployment*"):
        template = deployment.get("properties.template")
        if not given(template) or template is UNKNOWN or given(deployment.get("properties.templateLink")):
            yield Hop(
                what=f"unjudged: {deployment.label} makes what its template says, which is not here", urn=deployment.urn
            )
            continue
        for row in rows(deployment.get("properties.template.resources")):
            kind = text(row.get("type")) or "unknown"
            if kind.lower() not in HARMLESS:
                yield Hop(what=f"unjudged: {deployment.label} makes a {kind}", urn=deployment.urn)


def _extensions(plan: Plan) -> Iterator[Hop]:
    for extension in plan.of_type("azure-native:kubernetesconfiguration:Extension"):
        kind = str(extension.get("extensionType")).lower()
        if kind not in EXTENSIONS:
            yield Hop(what=f"unjudged: extension {kind} of a cluster is not understood", urn=extension.urn)


def _features(plan: Plan) -> Iterator[Hop]:
    """What a cluster brings with it beside its nodes."""
    for cluster in plan.of_type(CLUSTER):
        for path in FEATURES:
            if given(cluster.get(path)):
                yield Hop(what=f"unjudged: {cluster.label} has {path}, which is not understood", urn=cluster.urn)
        for name, addon in mapping(cluster.get("addonProfiles")).items():
            if name.lower() not in ADDONS and given(mapping(addon).get("enabled")):
                yield Hop(what=f"unjudged: {cluster.label} has addon {name}, which is not understood", urn=cluster.urn)
