"""How callers reach the gateway: a listener, an internal address and a private link service for each kind of caller.

Partners show a client certificate. The portal has none to show (neither Front Door nor Application Gateway shows one
to an origin), so it comes in by a listener of its own, which nobody else reaches and which asks for a token as well.
The private link services are made by the cluster's cloud provider from the Services' annotations:
https://cloud-provider-azure.sigs.k8s.io/topics/pls-integration/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.database import PORT as DATABASE_PORT
from components.fine_policies import COLLECTOR, NUMBERS, asked, fine_policy, hosts, names
from components.network import Network
from components.retrieval_entries import PORT as RETRIEVAL_PORT
from components.retrieval_entries import peer as retrieval
from components.scope import Scope
from components.workload import Place, addresses, ports
from config import StackConfig

PORTS = {"partners": 8443, "portal": 8444}
"""The pods' port of each listener; both load balancers answer on 443."""
HEALTH_PORT = 8081
"""Health for the cluster, numbers for the collector."""
ADDRESSES = {"partners": 10, "portal": 11}
"""Which addresses of its subnet the load balancers take; Azure keeps the first four."""
ANNOTATION = "service.beta.kubernetes.io/azure-"


def portal_callers(config: StackConfig) -> Literal["front-door", "regional", "none"]:
    """Who comes to the portal's listener. A standby has no portal, and is the second origin of the first stack's."""
    return "front-door" if config.continuity.front_door else config.portal.mode


def listeners(config: StackConfig) -> Mapping[str, Mapping[str, object]]:
    """Listeners as the gateway's settings name them; without a portal there is none for it."""
    partners = {"port": PORTS["partners"], "client_certificate": "required", "token": "required"}
    portal = {"port": PORTS["portal"], "client_certificate": "none", "token": "required"}
    return {"partners": partners} if portal_callers(config) == "none" else {"partners": partners, "portal": portal}


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Services and the network policy of the gateway's pods."""

    scope: Scope
    place: Place
    match: Mapping[str, str]
    """Labels of the pods."""
    network: Network

    @property
    def address(self) -> str:
        """The partners' internal address."""
        return str(self.network.plan["gateway"][ADDRESSES["partners"]])

    @property
    def portal_address(self) -> str:
        """The portal's internal address."""
        return str(self.network.plan["gateway"][ADDRESSES["portal"]])

    def service(self, name: str, listener: str) -> core.Service:
        """Internal load balancer and private link service of one listener."""
        config = self.scope.config
        # A caller connects from a subscription of its own, which has to see the service: for Front Door one of
        # Microsoft's. Whoever asks, no connection is accepted by itself (no auto-approval).
        everyone = listener == "portal" and portal_callers(config) == "front-door"
        return core.Service(
            name,
            metadata=meta.ObjectMetaArgs(
                name=listener,
                namespace=self.place.name,
                annotations={
                    f"{ANNOTATION}load-balancer-internal": "true",
                    f"{ANNOTATION}load-balancer-internal-subnet": "gateway",
                    # Chosen, so that the gateway's name can be written down before the load balancer exists.
                    f"{ANNOTATION}load-balancer-ipv4": self.portal_address if listener == "portal" else self.address,
                    f"{ANNOTATION}pls-create": "true",
                    f"{ANNOTATION}pls-name": self.scope.names.of("pls", listener),
                    f"{ANNOTATION}pls-ip-configuration-subnet": "gateway",
                    f"{ANNOTATION}pls-ip-configuration-ip-address-count": "1",
                    f"{ANNOTATION}pls-visibility": "*" if everyone else config.subscription_id,
                },
            ),
            spec=core.ServiceSpecArgs(
                type="LoadBalancer",
                external_traffic_policy="Local",
                selector=dict(self.match),
                ports=[core.ServicePortArgs(name="https", port=443, target_port=PORTS[listener], protocol="TCP")],
            ),
            opts=self.place.options,
        )

    def policy(self, name: str, *, model_port: int) -> networking.NetworkPolicy:
        """In: each caller to its own listener. Out: models, retrieval, private endpoints: stores, and the database.

        What needs names or requests is in a finer policy beside it: the directory's host, where the pod's own token and
        the keys of callers' tokens come from, and the collector, which may read numbers and nothing else.
        """
        fine_policy(
            "requests",
            self.place,
            match=self.match,
            ingress=[asked([COLLECTOR], HEALTH_PORT, NUMBERS)],
            egress=[names(), hosts(443, self.scope.jurisdiction.cloud.active_directory)],
        )
        # A private link service connects from an address of its own in the gateway's subnet.
        portal = {"front-door": ["gateway"], "regional": ["portal"]}.get(portal_callers(self.scope.config), [])
        callers = {"partners": ["gateway", "runner"], **({"portal": portal} if portal else {})}
        models = networking.NetworkPolicyPeerArgs(
            namespace_selector=meta.LabelSelectorArgs(match_labels={"app.kubernetes.io/component": "inference"})
        )
        return networking.NetworkPolicy(
            name,
            metadata=meta.ObjectMetaArgs(name="gateway", namespace=self.place.name),
            spec=networking.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=dict(self.match)),
                policy_types=["Ingress", "Egress"],
                ingress=[
                    networking.NetworkPolicyIngressRuleArgs(
                        from_=[self._subnet(role) for role in roles], ports=ports(PORTS[listener])
                    )
                    for listener, roles in callers.items()
                ],
                egress=[
                    networking.NetworkPolicyEgressRuleArgs(to=[models], ports=ports(model_port)),
                    networking.NetworkPolicyEgressRuleArgs(to=[retrieval()], ports=ports(RETRIEVAL_PORT)),
                    # Of all private endpoints the database's alone answers on its port: the token vault is there.
                    networking.NetworkPolicyEgressRuleArgs(
                        to=[self._subnet("endpoints")], ports=ports(443, DATABASE_PORT)
                    ),
                ],
            ),
            opts=self.place.options,
        )

    def _subnet(self, role: str) -> networking.NetworkPolicyPeerArgs:
        return addresses(self.network.plan[role])
