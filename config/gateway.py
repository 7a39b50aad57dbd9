"""The gateway's dials: its image, how much one caller and one tenant may ask, and the model that an operator brings.

None of them weakens it past what is safe: each ceiling ends at ten times the gateway's own, and a model beside it adds
to what the gateway's own detectors find, and takes nothing away.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import StringConstraints

from config.cluster import Cluster
from config.faults import Fault, crossed_bounds
from config.quantity import Quantity, amount
from config.section import Host, Origin, PinnedImage, Section, dial

NoteKey = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,200}={0,2}$", max_length=300),
]
"""A public key of signed notes (c2sp.org/signed-note): name, id and key."""
CloseOrder = Annotated[
    str,
    StringConstraints(pattern=r"^bailiwick-volume-close/2\n[0-9a-f]{32}\n[^\r\t]+\n\n— [^\n]+\n$", max_length=4096),
]
"""As `python -m model_images.gateway.guard.volume_close` prints it; its second line is the opening's id."""
OWN: Mapping[str, Mapping[str, str]] = {
    "prod": {"cpu": "2", "memory": "4Gi"},
    "dev": {"cpu": "500m", "memory": "1Gi"},
}
"""What the gateway's own container takes, by environment; the model beside it has what is left of a node."""
LEAST: Mapping[str, str] = {"cpu": "100m", "memory": "64Mi"}
"""With less of either, no model for names answers in time, or is loaded at all."""
RESERVED_CPUS = 1
"""Of a node, for the kubelet and what stands on every node: learn.microsoft.com/azure/aks/node-resource-reservations
reserves 0.74 of a CPU at most; the rest is this project's estimate."""
_CPUS = re.compile(r"^Standard_[A-Z]+([0-9]+)(?:-([0-9]+))?[a-z]*(?:_|$)")
"""In a size's name, and after the dash those of a constrained one: learn.microsoft.com/azure/virtual-machines/
vm-naming-conventions"""


class CallerCeilings(Section):
    """The most of an hour for one application at all replicas together, whatever is usual for it."""

    bytes: int = dial(
        "Bytes of its requests and answers, up to 10 GiB.",
        "one application carries everything out in a night",
        default=1 << 30,
        ge=1 << 20,
        le=10 << 30,
    )
    patients: int = dial(
        "Distinct patients, up to 20,000.",
        "one application asks for every patient there is",
        default=2_000,
        ge=1,
        le=20_000,
    )
    reidentified: int = dial(
        "Identifiers given back, up to a million.",
        "one application turns every token back into a name",
        default=100_000,
        ge=1,
        le=1_000_000,
    )


class TenantCeilings(Section):
    """The same for all of a tenant's applications together; each at least what one of them may."""

    bytes: int = dial(
        "Bytes of requests and answers, up to 40 GiB.",
        "many applications carry out what one may not",
        default=4 << 30,
        ge=1 << 20,
        le=40 << 30,
    )
    patients: int = dial(
        "Distinct patients, up to 80,000.",
        "many applications ask for what one may not",
        default=8_000,
        ge=1,
        le=80_000,
    )
    reidentified: int = dial(
        "Identifiers given back, up to four million.",
        "many applications turn back what one may not",
        default=400_000,
        ge=1,
        le=4_000_000,
    )


class Ceilings(Section):
    """Where the volume breaker opens at the latest (docs/runbooks/volume-breaker.md); a baseline opens it sooner."""

    caller: CallerCeilings = dial(
        "Of one application.", "an application takes what the gateway's own numbers allow", default=CallerCeilings()
    )
    tenant: TenantCeilings = dial(
        "Of all a tenant's applications; of everybody, in a stack without tenants.",
        "a tenant takes what the gateway's own numbers allow",
        default=TenantCeilings(),
    )


class Detector(Section):
    """A model for names that an operator brings, beside the gateway's own (docs/concepts/de-identification.md)."""

    image: PinnedImage = dial(
        "Its image, by digest, in the stack's own registry; signed, and in models/images.yaml, as every other.",
        "code that sees names before they are taken out may change unseen",
    )
    seconds: float = dial(
        "Most seconds for one text, from 0.1 to 10; then the request ends, unanswered.",
        "every caller waits for it",
        default=1.0,
        ge=0.1,
        le=10,
    )
    cpu: Quantity = dial(
        "CPU request and limit, as Kubernetes quantity; the gateway's own and one more of the node's are left.",
        "it is late, and everybody is refused, or no node takes the pod",
    )
    memory: Quantity = dial(
        "Memory request and limit, as Kubernetes quantity: the model's weights, and 64Mi at least.",
        "the container is killed while it loads",
    )


class Gateway(Section):
    """The only door to the models."""

    image: PinnedImage = dial("Gateway's image, by digest.", "the guard of patient data may change unseen")
    host: Host = dial("DNS name that callers use inside the boundary.", "certificates can't be matched")
    replicas_min: int = dial("Fewest replicas.", "a restart is an outage", ge=1, le=64)
    replicas_max: int = dial("Most replicas.", "no ceiling", ge=1, le=64)
    caller_per_minute: int = dial(
        "Most requests of one application to one replica, in a minute: from 60 to 30,000, which a replica takes of all "
        "together. With tenants each has a number of its own besides.",
        "one application's burst is every other's outage",
        default=6_000,
        ge=60,
        le=30_000,
    )
    ceilings: Ceilings = dial(
        "Hard ceilings of the volume breaker.", "the gateway's own numbers hold", default=Ceilings()
    )
    detector: Detector | None = dial(
        "A larger model for names, beside the gateway's own detectors.",
        "names and places are found by the gateway's own detectors alone",
        default=None,
    )
    origins: tuple[Origin, ...] = dial(
        "Pages that may call from a browser by the portal's listener, each by its origin; none where callers are "
        "servers. With tenants each has its own.",
        "any page that a clinician opens could ask in the clinician's name, or the portal's own could not",
        default=(),
    )
    volume_operators: tuple[NoteKey, ...] = dial(
        "Public keys of the people who may close a volume breaker.",
        "what a breaker has stopped stays stopped",
        default=(),
    )
    former_volume_operators: tuple[NoteKey, ...] = dial(
        "Keys of people who no longer may: what they closed stays closed, and they close nothing new.",
        "breakers that such a person closed stand open again",
        default=(),
    )
    volume_orders: tuple[CloseOrder, ...] = dial(
        "Signed orders to close volume breakers, for one opening each (docs/runbooks/volume-breaker.md).",
        "nobody reaches a gateway's pod, so no breaker is ever closed",
        default=(),
    )


def gateway_has_bounds(gateway: Gateway) -> Iterator[Fault]:
    """Fewest replicas are not more than most; a tenant may what one of its applications may."""
    low, high = gateway.replicas_min, gateway.replicas_max
    if low > high:
        yield crossed_bounds("bailiwick:gateway.replicasMin", "replicasMax", low, high)
    for measure in CallerCeilings.model_fields:
        one, all_of_them = getattr(gateway.ceilings.caller, measure), getattr(gateway.ceilings.tenant, measure)
        if all_of_them < one:
            yield Fault(
                key=f"bailiwick:gateway.ceilings.tenant.{measure}",
                value=f"{all_of_them} with caller.{measure} {one}",
                problem="all of a tenant's applications together may less than one of them",
                allowed=f"{one} or more",
                consequence="the first busy application shuts out the whole tenant, and its own ceiling never counts",
                hint=f"raise tenant.{measure} or lower caller.{measure}",
            )


def detector_fits_beside(
    gateway: Gateway, cluster: Cluster, environment: Literal["prod", "dev"], stack: str
) -> Iterator[Fault]:
    """The model beside the gateway has enough to answer in time, and leaves a node room for the gateway itself."""
    told = gateway.detector
    if told is None:
        return
    for key, least in LEAST.items():
        asked = getattr(told, key)
        if (amount(asked) or 0) < (amount(least) or 0):
            yield Fault(
                key=f"bailiwick:gateway.detector.{key}",
                value=f"'{asked}'",
                problem="too little for any model",
                allowed=f"{least} or more",
                consequence="it is late or killed, and the gateway refuses every request",
                hint=f"set bailiwick:gateway.detector.{key} in Pulumi.{stack}.yaml to what the model takes under load",
            )
    size = cluster.workload_pool.size
    cpus = _CPUS.match(size)
    if cpus is None:
        return
    room = Decimal(cpus[2] or cpus[1]) - RESERVED_CPUS - (amount(OWN[environment]["cpu"]) or 0)
    if (amount(told.cpu) or 0) > room:
        yield Fault(
            key="bailiwick:gateway.detector.cpu",
            value=f"'{told.cpu}' on {size}",
            problem="no node of the workload pool has room for it beside the gateway",
            allowed=f"{max(room, Decimal(0)):f} or less on {size}",
            consequence="the gateway's pods wait for ever",
            hint=f"take a larger bailiwick:cluster.workloadPool.size in Pulumi.{stack}.yaml, or fewer CPUs",
        )
