"""How much a namespace may hold: what its own workload takes at its largest, in the middle of a rollout, and no more.

A quota is arithmetic on the dials, so it follows them: whoever raises replicasMax in a stack file raises the quota
too. What it refuses is everything else: a second workload, a Secret, a service that listens on the nodes.
kubernetes.io/docs/concepts/policy/resource-quotas, …/limit-range
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.workload import Place
from config.quantity import amount, times, together

SMALL: Mapping[str, str] = {"cpu": "100m", "memory": "128Mi"}
"""What a container gets that asks for nothing: enough to fail in, and to say why."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The one workload of a namespace, at its largest."""

    replicas: int
    """Most replicas that its scaler asks for."""
    surge: int
    """Pods that a rollout adds before it takes any away."""
    leaving: int
    """Pods that are still finishing their streams while their successors stand: a quota counts them until they go."""
    cpu: str
    memory: str
    beside: Mapping[str, str] = field(default_factory=dict)
    """What a second container of each pod takes."""
    gpus: int = 0
    services: int = 0
    balancers: int = 0
    """How many of the services are load balancers; each takes one port of the nodes, and no other service may."""
    volumes: int = 0
    storage: str = "0"
    """Of all volumes together."""
    secrets: int = 0
    """The verifier of images keeps its own certificate in one; nobody else has any."""

    @property
    def pods(self) -> int:
        """Most pods at one moment."""
        return self.replicas + self.surge + self.leaving


def bounded(place: Place, claim: Claim) -> None:
    """The namespace's quota, and the size of a container in it."""
    core.ResourceQuota(
        f"{place.name}-quota",
        metadata=meta.ObjectMetaArgs(name="quota", namespace=place.name),
        spec=core.ResourceQuotaSpecArgs(hard=hard(claim)),
        opts=place.options,
    )
    largest = {
        name: times(max(own, claim.beside.get(name, "0"), key=lambda one: amount(one) or 0), 1)
        for name, own in (("cpu", claim.cpu), ("memory", claim.memory))
    }
    default = {name: min(SMALL[name], size, key=lambda one: amount(one) or 0) for name, size in largest.items()}
    core.LimitRange(
        f"{place.name}-limits",
        metadata=meta.ObjectMetaArgs(name="limits", namespace=place.name),
        spec=core.LimitRangeSpecArgs(
            limits=[
                core.LimitRangeItemArgs(
                    type="Container",
                    max=largest,
                    default=default,
                    default_request=default,
                    # What is promised is what may be used: nobody is killed for a neighbour's burst.
                    max_limit_request_ratio={"cpu": "1", "memory": "1"},
                )
            ]
        ),
        opts=place.options,
    )


def hard(claim: Claim) -> dict[str, str]:
    """The quota's bounds."""
    cpu = times(together(claim.cpu, claim.beside.get("cpu", "0")), claim.pods)
    memory = times(together(claim.memory, claim.beside.get("memory", "0")), claim.pods)
    return {
        "pods": str(claim.pods),
        "requests.cpu": cpu,
        "limits.cpu": cpu,
        "requests.memory": memory,
        "limits.memory": memory,
        "requests.nvidia.com/gpu": str(claim.gpus * claim.pods),
        "services": str(claim.services),
        "services.loadbalancers": str(claim.balancers),
        # A load balancer's port of the nodes counts here: what is left for a service of type NodePort is nothing.
        "services.nodeports": str(claim.balancers),
        "persistentvolumeclaims": str(claim.volumes),
        "requests.storage": claim.storage,
        # Certificates come as files from the vault: a Secret is a copy in etcd, and an account's token without an end.
        "secrets": str(claim.secrets),
    }
