"""Subnets as the plan declares them, inside their network or as resources of their own, and who stands in which."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.reading import block, name_of, parents, place_id, rows, text, texts

NETWORK = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"


@dataclass(frozen=True, kw_only=True)
class DeclaredSubnet:
    """A subnet before what guards it is looked up."""

    id: str
    name: str
    network: PlannedResource
    holder: PlannedResource
    """Whose inputs hold it: the network's or its own."""
    key: str
    """Top-level input of the holder, for what is computed from where; empty for a resource of its own."""
    raw: Mapping[str, Value]
    prefixes: tuple[str, ...]
    """The network's where its own are not known yet."""

    @property
    def delegations(self) -> tuple[str, ...]:
        """Services that it is given to."""
        return tuple(text(row.get("serviceName")) or "" for row in rows(self.raw.get("delegations")))


def subnets(plan: Plan) -> tuple[DeclaredSubnet, ...]:
    """Every subnet of the plan. One declared twice is read as the resource of its own, which is written later."""
    found: dict[tuple[str, str], DeclaredSubnet] = {}
    for network in plan.of_type(NETWORK):
        for row in rows(network.get("subnets")):
            name = text(row.get("name")) or "subnet"
            found[network.urn, name.lower()] = _declared(network, network, "subnets", row, name, None)
    for resource in plan.of_type(SUBNET):
        for network in parents(plan, resource, "virtualNetworkName", NETWORK):
            name = name_of(resource)
            made = _declared(network, resource, "", resource.inputs, name, place_id(resource))
            found[network.urn, name.lower()] = made
    return tuple(found.values())


def _declared(
    network: PlannedResource,
    holder: PlannedResource,
    key: str,
    raw: Mapping[str, Value],
    name: str,
    identifier: str | None,
) -> DeclaredSubnet:
    written = texts(raw.get("addressPrefixes")) or texts(raw.get("addressPrefix"))
    return DeclaredSubnet(
        id=identifier or f"{place_id(network)}/subnets/{name}",
        name=name,
        network=network,
        holder=holder,
        key=key,
        raw=raw,
        prefixes=tuple(item for item in written if block(item)) or network_prefixes(network),
    )


def network_prefixes(network: PlannedResource) -> tuple[str, ...]:
    """IPv4 ranges of a network; anything private where they are not known yet."""
    found = tuple(item for item in texts(network.get("addressSpace.addressPrefixes")) if block(item))
    unknown = network.get("addressSpace.addressPrefixes") is UNKNOWN
    return found or (("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16") if unknown else ())


def referred_subnets(
    declared: tuple[DeclaredSubnet, ...],
    source: PlannedResource,
    path: str,
    *,
    names: frozenset[str] = frozenset(),
    delegated: str | None = None,
) -> tuple[DeclaredSubnet, ...]:
    """Subnets that the values at `path` mean.

    Where only the network is known, all of its subnets could be meant; a name or a delegation that Azure asks for
    narrows that down.
    """
    found: dict[str, DeclaredSubnet] = {}
    for _, value in source.each(path):
        if isinstance(value, str):
            found |= {item.id: item for item in declared if item.id.lower() == value.lower()}
        elif value is UNKNOWN:
            urns = set(source.property_dependencies.get(path.split(".")[0].removesuffix("[*]"), ()))
            could = [item for item in declared if item.holder.urn in urns and not item.key]
            could = could or [item for item in declared if item.network.urn in urns]
            narrow = [
                item
                for item in could
                if (not names or item.name in names) and (delegated is None or delegated in item.delegations)
            ]
            found |= {item.id: item for item in narrow or could}
    return tuple(found.values())


def subnet_named(
    declared: tuple[DeclaredSubnet, ...], networks: frozenset[str], name: str
) -> tuple[DeclaredSubnet, ...]:
    """Subnets of some networks, by name."""
    return tuple(item for item in declared if item.network.urn in networks and item.name.lower() == name.lower())


def within(address: str, prefixes: tuple[str, ...]) -> bool:
    """Whether an address lies in any of these ranges."""
    try:
        found = IPv4Address(address)
    except ValueError:
        return False
    return any(found in known for prefix in prefixes if (known := block(prefix)) is not None)
