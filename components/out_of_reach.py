"""What no pod of the platform reaches, whatever else a policy may come to allow: a denial goes before every allowance.

The metadata service hands out the node's identity to whoever asks, and the wire server the node's settings: AKS's own
switch that keeps pods from them is a preview that excludes add-ons of ours (learn.microsoft.com/azure/aks/
imds-restriction), and this holds for the platform's namespaces without it. The API server is asked by one thing alone
that the platform runs, the verifier of images, which reads its policies there: what scales, measures and mounts is
Azure's own, in kube-system.
"""

from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta import v1 as meta

from components.fine_policies import API, NAMESPACE_LABEL
from components.image_verifier import NAMESPACE as VERIFIER
from components.workload import OURS

METADATA, WIRE_SERVER = "169.254.169.254/32", "168.63.129.16/32"
"""learn.microsoft.com/azure/virtual-machines/instance-metadata-service,
…/virtual-network/what-is-ip-address-168-63-129-16."""


@dataclass(frozen=True, kw_only=True)
class OutOfReachArgs:
    """What the denial needs."""

    provider: Provider


class OutOfReach(ComponentResource):
    """One policy for every namespace that says it is the platform's, those included that somebody makes tomorrow."""

    def __init__(self, name: str, args: OutOfReachArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:cluster:OutOfReach", name, None, opts)
        self._options = ResourceOptions(parent=self, provider=args.provider)
        nodes = {"toCIDR": [METADATA, WIRE_SERVER]}
        ours = {f"k8s:io.cilium.k8s.namespace.labels.{key}": value for key, value in OURS.items()}
        but = {"key": NAMESPACE_LABEL, "operator": "NotIn", "values": [VERIFIER]}
        everywhere = {"matchLabels": ours, "matchExpressions": [but]}
        self._denial(f"{name}-policy", "out-of-reach", everywhere, [nodes, {"toEntities": ["kube-apiserver"]}])
        own = {"matchLabels": {NAMESPACE_LABEL: VERIFIER}}
        self._denial(f"{name}-of-verifier", "out-of-reach-of-verifier", own, [nodes])
        self.register_outputs({})

    def _denial(self, resource: str, name: str, selector: dict[str, Any], denied: list[dict[str, list[str]]]) -> None:
        CustomResource(
            resource,
            api_version=API,
            kind="CiliumClusterwideNetworkPolicy",
            metadata=meta.ObjectMetaArgs(name=name),
            spec={"endpointSelector": selector, "egressDeny": denied},
            opts=self._options,
        )
