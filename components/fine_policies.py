"""Cilium's own policies: what plain ones can't say, which is hosts by name, requests by method and path, and denials.

Cilium adds up what both kinds allow: a plain policy that opens a port beside a fine one that opens part of it opens all
of it. So a port that is opened finely here is opened by no plain policy. AKS runs the proxy that reads requests where
`advancedNetworkPolicies` is L7, in policies of a namespace alone and not in cluster-wide ones:
learn.microsoft.com/azure/aks/container-network-security-l7-policy-concepts. The policies' form:
docs.cilium.io/en/stable/security/policy/language
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta import v1 as meta

from components.workload import DNS_PORT, Place

API = "cilium.io/v2"
NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace"
COLLECTOR = {NAMESPACE_LABEL: "kube-system", "k8s:rsName": "ama-metrics"}
"""Azure's collector of numbers: Azure/prometheus-collector labels its pods so."""
SCALER = {NAMESPACE_LABEL: "kube-system", "k8s:app": "keda-operator"}
"""The scaler of AKS's own KEDA add-on."""
NUMBERS = ("GET /metrics",)
Rule = dict[str, Any]


def pods(in_namespace: str, name: str) -> dict[str, str]:
    """Pods of one application in one namespace; both must match."""
    return {NAMESPACE_LABEL: in_namespace, "k8s:app.kubernetes.io/name": name}


def fine_policy(
    name: str, place: Place, *, match: Mapping[str, str], ingress: Sequence[Rule] = (), egress: Sequence[Rule] = ()
) -> CustomResource:
    """Named after what it is about; whatever direction it speaks of, only what it names passes."""
    spec: dict[str, Any] = {
        "endpointSelector": {"matchLabels": {f"k8s:{key}": value for key, value in match.items()}},
        **({"ingress": list(ingress)} if ingress else {}),
        **({"egress": list(egress)} if egress else {}),
    }
    return CustomResource(
        f"{place.name}-{name}",
        api_version=API,
        kind="CiliumNetworkPolicy",
        metadata=meta.ObjectMetaArgs(name=name, namespace=place.name),
        spec=spec,
        opts=place.options,
    )


def opened(who: Sequence[Mapping[str, str]], port: int) -> Rule:
    """In: these pods, on a port on which they speak TLS, so that nobody on the way could read a request."""
    return {"fromEndpoints": [{"matchLabels": dict(labels)} for labels in who], "toPorts": [_port(port)]}


def asked(who: Sequence[Mapping[str, str]], port: int, requests: Sequence[str]) -> Rule:
    """In: these pods, with these requests, each as `GET /path`, and no others: they are answered 403."""
    http = [{"method": method, "path": path} for method, _, path in (item.partition(" ") for item in requests)]
    return {
        "fromEndpoints": [{"matchLabels": dict(labels)} for labels in who],
        "toPorts": [{**_port(port), "rules": {"http": http}}],
    }


def names() -> Rule:
    """Out: the cluster's resolver. Cilium has to see the answers to know which addresses a host has.

    Which names are asked for is not bounded here: a pod asks for each with every suffix of its search list, and a
    resolver that refuses one makes some libraries give up. The firewall is the only resolver behind, and logs them.
    """
    resolver = {NAMESPACE_LABEL: "kube-system", "k8s:k8s-app": "kube-dns"}
    return {
        "toEndpoints": [{"matchLabels": resolver}],
        "toPorts": [{"ports": [{"port": str(DNS_PORT), "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}],
    }


def hosts(port: int, *named: str) -> Rule:
    """Out: hosts by their exact names."""
    return {"toFQDNs": [{"matchName": host} for host in named], "toPorts": [_port(port)]}


def _port(number: int) -> Rule:
    return {"ports": [{"port": str(number), "protocol": "TCP"}]}
