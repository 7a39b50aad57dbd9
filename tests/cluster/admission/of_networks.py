"""Whom namespaces, nodes, services and network policies let in and out."""

from collections.abc import Iterator

from tests.cluster.admission.case import Case, bad
from tests.cluster.admission.objects import TCP, asked_from, cilium, network, node, peer, ports, service, several, space
from tests.cluster.admission.planned import GATEWAY, MODELS, RETRIEVAL, changed


def refused() -> Iterator[Case]:
    """Each in the words of its policy."""
    yield from bad(
        "namespaces",
        "a namespace says what it is for",
        {
            "no class": space(bailiwick__data_classification=None),
            "models of nobody": changed(
                "Namespace", MODELS, lambda made: made["metadata"]["labels"].pop("bailiwick/tenant")
            ),
        },
    )
    yield from bad(
        "namespaces",
        "a namespace belongs to this stack",
        {
            "another jurisdiction's": space(bailiwick__jurisdiction="us"),
        },
    )
    yield from bad(
        "namespaces",
        "a namespace enforces Pod Security restricted",
        {
            "less": changed(
                "Namespace",
                GATEWAY,
                lambda made: made["metadata"]["labels"].update({"pod-security.kubernetes.io/enforce": "baseline"}),
            ),
        },
    )
    yield from bad(
        "namespaces",
        "a namespace of models is called inference-",
        {
            "models under another name": changed(
                "Namespace", MODELS, lambda made: made["metadata"].update(name="other")
            ),
        },
    )
    yield from bad(
        "namespaces",
        "a namespace of models is called after its tenant and its use case",
        {
            "a tenant's under a shared name": changed(
                "Namespace", MODELS, lambda made: made["metadata"]["labels"].update({"bailiwick/tenant": "northern"})
            ),
            "one tenant's under another's name": changed(
                "Namespace",
                MODELS,
                lambda made: made["metadata"].update(
                    name="inference-southern-clinical-notes",
                    labels={**made["metadata"]["labels"], "bailiwick/tenant": "northern"},
                ),
            ),
        },
    )
    yield from bad("nodes", "a node stands in the stack's region: eastus", {"one elsewhere": node("eastus")})
    yield from bad(
        "services",
        "a service is inside the cluster",
        {
            "a node's port": service("retrieval", type="NodePort"),
            "another name": service("vllm", type="ExternalName", externalName="elsewhere.example"),
        },
    )
    yield from bad(
        "services",
        "a load balancer is internal",
        {
            "a public one": service(note="load-balancer-internal"),
            "one that says false": service(note="load-balancer-internal", value="false"),
            "one in another subnet": service(note="load-balancer-internal-subnet", value="endpoints"),
        },
    )
    yield from bad(
        "services", "a service takes no address", {"another's": service("vllm", externalIPs=["203.0.113.7"])}
    )
    yield from bad(
        "services",
        "no other instruction to Azure's load balancer",
        {
            "a public name": service(note="dns-label-name", value="x"),
            "approval by itself": service(note="pls-auto-approval", value="*"),
        },
    )
    yield from bad(
        "services", "only the portal's private link", {"partners": service(note="pls-visibility", value="*")}
    )
    yield from bad(
        "networks",
        "a network policy lets nothing out",
        {
            **{
                cidr: network({"to": [{"ipBlock": {"cidr": cidr}}], "ports": TCP})
                for cidr in ("0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8", "203.0.113.7/32", "::/0")
            },
        },
    )
    yield from bad(
        "networks",
        "a network policy lets nothing in",
        {
            "the world": network(ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": TCP}]),
        },
    )
    yield from bad(
        "networks",
        "a network policy names its peers",
        {
            "everybody": network({}),
            "every namespace": network({"to": [{"namespaceSelector": {}}], "ports": TCP}),
        },
    )
    yield from bad(
        "networks",
        "only the gateway calls a model, or retrieval",
        {
            "another namespace": network(namespace=MODELS, ingress=[{"from": [peer("default")], "ports": TCP}]),
            "a model that searches": network(namespace=RETRIEVAL, ingress=[{"from": [peer(MODELS)], "ports": TCP}]),
        },
    )
    yield from bad(
        "fine-networks",
        "a Cilium policy opens nothing to the world",
        {
            "the world": cilium(egress=[{"toEntities": ["world"], **ports(443)}]),
        },
    )
    yield from bad(
        "fine-networks",
        "a Cilium policy lets nothing out",
        {
            "0.0.0.0/0": cilium(egress=[{"toCIDR": ["0.0.0.0/0"], **ports(443)}]),
            "a set": cilium(egress=[{"toCIDRSet": [{"cidr": "203.0.113.0/24"}], **ports(443)}]),
        },
    )
    yield from bad(
        "fine-networks",
        "a Cilium policy lets nothing in",
        {
            "0.0.0.0/0": cilium(ingress=[{"fromCIDR": ["0.0.0.0/0"], **ports(443)}]),
        },
    )
    yield from bad(
        "fine-networks",
        "a Cilium policy names the hosts",
        {
            "a pattern": cilium(egress=[{"toFQDNs": [{"matchPattern": "*.example"}], **ports(443)}]),
        },
    )
    yield from bad(
        "fine-networks",
        "a Cilium policy names its peers and its ports: egress",
        {
            "ports alone": cilium(egress=[ports(443)]),
            "everybody": cilium(egress=[{"toEndpoints": [{}], **ports(443)}]),
            "every port": cilium(egress=[{"toFQDNs": [{"matchName": "x.example"}]}]),
        },
    )
    yield from bad(
        "fine-networks",
        "only the gateway calls a model, or retrieval",
        {
            "another namespace": cilium(MODELS, ingress=[asked_from("default")]),
            "a model that searches": cilium(RETRIEVAL, ingress=[asked_from(MODELS)]),
        },
    )
    yield from bad("fine-networks", "a Cilium policy has one spec", {"two": several()})
