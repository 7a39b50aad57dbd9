"""Values of a plan as reachability asks for them, and what they refer to; absent and not yet known stay apart."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, summarize_address_range

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.once import once


def text(value: Value) -> str | None:
    """A known, non-empty text."""
    return value if isinstance(value, str) and value else None


def texts(value: Value) -> tuple[str, ...]:
    """The known texts of a list, or the one text itself."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def mapping(value: Value) -> Mapping[str, Value]:
    """A known object; empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Value) -> tuple[Mapping[str, Value], ...]:
    """The known objects of a list."""
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else ()


def given(value: Value) -> bool:
    """Whether anything stands there; what is not known yet does."""
    return value is UNKNOWN or bool(value)


def unsure(value: Value) -> bool:
    """Whether anything within is known only after deployment."""
    if isinstance(value, Mapping):
        return any(unsure(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(unsure(inner) for inner in value)
    return value is UNKNOWN


def place_id(resource: PlannedResource) -> str:
    """How a resource is named as a place: its id in the cloud, or its URN where that is not known yet."""
    return text(resource.id) or resource.urn


def name_of(resource: PlannedResource) -> str:
    """The name in the cloud, as other resources refer to it."""
    last = resource.type.rpartition(":")[2]
    for key in (last[:1].lower() + last[1:] + "Name", "name"):
        found = text(resource.inputs.get(key))
        if found:
            return found
    return text(resource.outputs.get("name")) or place_id(resource).rpartition("/")[2].rpartition("::")[2]


def nearest(plan: Plan, identifier: str) -> PlannedResource | None:
    """The resource with this id, or the one that it is a part of: `…/blobServices/default` is its account's."""
    return next((found for above in chain(identifier) if (found := plan.by_id(above)) is not None), None)


def chain(identifier: str) -> Iterator[str]:
    """An id, and those of what it is a part of, innermost first."""
    parts = identifier.split("/")
    while len(parts) > 2:
        yield "/".join(parts)
        parts = parts[:-2]


def origins(plan: Plan, source: PlannedResource, path: str) -> tuple[PlannedResource, ...]:
    """The resources that the top-level input at `path` is computed from."""
    urns = source.property_dependencies.get(path.split(".")[0].removesuffix("[*]"), ())
    return tuple(found for urn in urns if (found := plan.by_urn(urn)) is not None)


def targets(plan: Plan, source: PlannedResource, path: str, *tokens: str) -> tuple[PlannedResource, ...]:
    """The planned resources that the values at `path` refer to, of some types where any are named."""
    found: dict[str, PlannedResource] = {}
    for _, value in source.each(path):
        if isinstance(value, str):
            hit = nearest(plan, value)
            if hit is not None:
                found[hit.urn] = hit
        elif value is UNKNOWN:
            found |= {item.urn: item for item in origins(plan, source, path)}
    return tuple(item for item in found.values() if not tokens or item.type in tokens)


def parents(plan: Plan, child: PlannedResource, key: str, token: str) -> tuple[PlannedResource, ...]:
    """The resources of one type that a sub-resource says it is a part of, by its id, its input `key` or its origins."""
    if isinstance(child.id, str):
        above = plan.by_id("/".join(child.id.split("/")[:-2]))
        if above is not None and above.type == token:
            return (above,)
    wanted = child.get(key)
    if not isinstance(wanted, str):
        return tuple(item for item in origins(plan, child, key) if item.type == token)
    group = text(child.get("resourceGroupName"))
    return tuple(
        item
        for item in plan.of_type(token)
        if name_of(item).lower() == wanted.lower()
        and (group is None or (text(item.get("resourceGroupName")) or group).lower() == group.lower())
    )


def subscription_of(identifier: str) -> str | None:
    """Subscription of an ARM id, in lower case."""
    parts = identifier.lower().split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" and parts[2] else None


@once
def own_subscriptions(plan: Plan) -> frozenset[str]:
    """Subscriptions that the plan puts anything into."""
    found = (subscription_of(item.id) for item in plan.resources if isinstance(item.id, str))
    return frozenset(item for item in found if item)


def region(value: Value) -> str | None:
    """ARM's short form of a location: `West Europe` is `westeurope`."""
    found = text(value)
    return found.replace(" ", "").lower() if found else None


def components_of(resource: PlannedResource) -> tuple[str, ...]:
    """Tokens of the components that a resource is a part of, outermost first, as its URN has them."""
    chain = resource.urn.split("::")[2] if resource.urn.count("::") >= 3 else ""
    return tuple(token for token in chain.split("$")[:-1] if token)


def cidrs(value: str) -> tuple[str, ...]:
    """An address, a range `a-b` or a CIDR as CIDRs; whatever else stays as it is; IPv6 is left out."""
    if ":" in value:
        return ()
    first, dash, last = value.partition("-")
    try:
        if dash:
            return tuple(str(net) for net in summarize_address_range(IPv4Address(first), IPv4Address(last)))
        return (str(IPv4Network(value, strict=False)),)
    except ValueError:
        return (value,)


def block(value: str) -> IPv4Network | None:
    """A block of IPv4 addresses; None for anything that nobody could deploy as one."""
    try:
        return IPv4Network(value, strict=False)
    except ValueError:
        return None


def strings(value: Value) -> Iterator[str]:
    """Every text within."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)
