"""The residency register: every store, what lies there and where, its key, its copies, how long, and who may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence.pack.subject import Subject
from evidence.registers.keys import Key, key_of
from evidence.registers.retention import retention_of
from plan.model import PlannedResource
from plan.reachability.model import Edge, Graph, Place
from plan.reachability.people import people_of
from plan.reachability.purposes import containers_of

WRITES: Final = "writes"
"""What an edge of kind `reads` says where data goes from who writes to where it lies."""
STORED: Mapping[str, str] = {
    "audit": "audit records of the gateway, without identifiers",
    "backup": "backups of the cluster, of patients' documents and of training data",
    "confidential": "an operator's own work; the platform keeps nothing there",
    "continuity": "the second region's copy of the database",
    "edge": "audit records of clinics' sites, and releases for them",
    "flows": "flow logs of the network, and backups of the cluster's objects",
    "images": "container images",
    "keys": "keys, certificates and secrets",
    "logs": "logs and alerts, without content of requests",
    "metrics": "numbers of services, without content",
    "patient": "documents of patients, and prompts' context",
    "prompts": "prompt templates and what is pinned for each use case",
    "retrieval": "passages of documents and their vectors; rows that gateways sealed, behind their tokens",
    "training": "data sets for training, and what training makes of them",
    "weights": "weights of models, and prompt templates",
}
"""What lies in a store of a purpose, in plain words; whatever is not named here is told by its purpose alone."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One store."""

    resource: PlannedResource
    place: Place
    holds: str
    containers: tuple[str, ...]
    country: str
    """ISO 3166-1 alpha-2 of its region; empty where the jurisdiction knows no such region."""
    inside: bool
    """Whether its region is one of the jurisdiction's."""
    key: Key
    copies: tuple[str, ...]
    """Where Azure or a job of the plan copies it, with the country."""
    retention: tuple[str, ...]
    readers: tuple[str, ...]
    """Who has a right to read, by role or mount."""
    writers: tuple[str, ...]
    connected: tuple[str, ...]
    """Pods and machines from which a connection arrives, by every rule of the network; a right is asked beside."""

    @property
    def where(self) -> str:
        """`westeurope (NL)`."""
        region = self.place.region or "no region of its own"
        return f"{region} ({self.country})" if self.country else region


def register(subject: Subject) -> tuple[Entry, ...]:
    """Every store of the plan, those with the most sensitive data first, then by name."""
    graph, plan = subject.stack.graph, subject.plan
    containers = containers_of(plan)
    people: dict[str, list[tuple[str, bool, bool]]] = {}
    for right in people_of(plan):
        people.setdefault(right.store, []).append((f"{right.who} (people, {right.role})", right.reads, right.writes))
    entries = []
    for place in graph.places.values():
        resource = plan.by_urn(place.urn) if place.urn is not None else None
        if resource is None or not _keeps(place, resource):
            continue
        country, inside = _country(subject, place.region)
        out = [edge for edge in graph.edges if edge.source == place.id]
        into = [edge for edge in graph.edges if edge.target == place.id]
        mine = people.get(place.id, [])
        entries.append(
            Entry(
                resource=resource,
                place=place,
                holds=STORED.get(place.purpose or "", place.purpose or "not told by the plan"),
                containers=tuple(sorted(containers.get(resource.urn, ()))),
                country=country,
                inside=inside,
                key=key_of(plan, resource),
                copies=_copies(subject, out),
                retention=retention_of(plan, resource),
                readers=_with(
                    {graph.places[edge.target].name for edge in out if edge.kind == "reads" and edge.what != WRITES},
                    [who for who, reads, _ in mine if reads],
                ),
                writers=_with(
                    {graph.places[edge.source].name for edge in into if edge.kind == "reads" and edge.what == WRITES},
                    [who for who, _, writes in mine if writes],
                ),
                connected=_connected(graph, into),
            )
        )
    return tuple(sorted(entries, key=_order))


_ORDER = ("phi", "payment", "personal", "confidential", "internal", "public")


def _order(entry: Entry) -> tuple[int, str, str]:
    word = entry.place.classification or "phi"
    return (_ORDER.index(word) if word in _ORDER else 0, entry.place.purpose or "", entry.place.name)


def _keeps(place: Place, resource: PlannedResource) -> bool:
    """Stores, and machines, whose disks keep what they work on."""
    return place.kind == "store" or resource.type == "azure-native:compute:VirtualMachine"


def _country(subject: Subject, region: str | None) -> tuple[str, bool]:
    facts = subject.stack.jurisdiction.regions.get(region or "")
    return (facts.country, True) if facts is not None else ("", False)


def _copies(subject: Subject, out: Sequence[Edge]) -> tuple[str, ...]:
    found = []
    for edge in out:
        if edge.kind != "copies":
            continue
        target = subject.stack.graph.places[edge.target]
        region = target.name if target.outside == "region" else target.region
        country, inside = _country(subject, region)
        where = f"{region} ({country})" if inside else f"{region or 'a place not told'}, OUTSIDE the jurisdiction"
        name = "" if target.outside == "region" else f"{target.name} in "
        found.append(f"{name}{where}: {'; '.join(hop.what for hop in edge.how)}")
    return tuple(sorted(set(found)))


def _with(places: set[str], people: Sequence[str]) -> tuple[str, ...]:
    return (*sorted(places), *sorted(set(people)))


def _connected(graph: Graph, into: Sequence[Edge]) -> tuple[str, ...]:
    """Who opens a connection to the store, or to the private endpoint before it."""
    doors = {edge.source for edge in into if edge.kind == "connects"}
    sources = {edge.source for edge in graph.edges if edge.kind == "connects" and edge.target in doors} | doors
    return tuple(sorted({graph.places[one].name for one in sources if graph.places[one].kind in ("pods", "compute")}))
