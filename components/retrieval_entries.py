"""Who may ask retrieval, for what, and whom it asks: the gateway; passages; the database and the directory."""

from collections.abc import Mapping

from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.database import PORT as DATABASE_PORT
from components.fine_policies import COLLECTOR, NUMBERS, asked, fine_policy, hosts, names, pods
from components.network import Network
from components.scope import Scope
from components.workload import Place, addresses, ports

NAMESPACE = "retrieval"
PORT = 8000
ROUTES = ("POST /v1/search", "GET /health")
"""What the gateway may ask; it does not yet."""
URL = f"http://{NAMESPACE}.{NAMESPACE}.svc.cluster.local:{PORT}"
"""As the gateway's settings name it."""


def entries(name: str, *, scope: Scope, place: Place, match: Mapping[str, str], network: Network) -> None:
    """The service, and the policies of both directions."""
    core.Service(
        f"{name}-service",
        metadata=meta.ObjectMetaArgs(name=NAMESPACE, namespace=place.name),
        spec=core.ServiceSpecArgs(
            type="ClusterIP",
            selector=dict(match),
            ports=[core.ServicePortArgs(name="http", port=PORT, target_port=PORT, protocol="TCP")],
        ),
        opts=place.options,
    )
    # No plain policy lets anybody in beside it: Cilium would add up the two, and every route would be open.
    fine_policy(
        "requests",
        place,
        match=match,
        ingress=[asked([pods("gateway", "gateway")], PORT, ROUTES), asked([COLLECTOR], PORT, NUMBERS)],
        egress=[names(), hosts(443, scope.jurisdiction.cloud.active_directory)],
    )
    networking.NetworkPolicy(
        f"{name}-allow",
        metadata=meta.ObjectMetaArgs(name=NAMESPACE, namespace=place.name),
        spec=networking.NetworkPolicySpecArgs(
            pod_selector=meta.LabelSelectorArgs(match_labels=dict(match)),
            policy_types=["Ingress", "Egress"],
            # Of all private endpoints the database's alone answers on this port.
            egress=[
                networking.NetworkPolicyEgressRuleArgs(
                    to=[addresses(network.plan["endpoints"])], ports=ports(DATABASE_PORT)
                )
            ],
        ),
        opts=place.options,
    )


def peer() -> networking.NetworkPolicyPeerArgs:
    """Its pods, as the gateway's policy names them."""
    return networking.NetworkPolicyPeerArgs(
        namespace_selector=meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": NAMESPACE}),
        pod_selector=meta.LabelSelectorArgs(match_labels={"app.kubernetes.io/name": NAMESPACE}),
    )
