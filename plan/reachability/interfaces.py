"""Machines and their network interfaces, which may be resources of their own or part of the machine."""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.guards import GROUP
from plan.reachability.model import Attachment, Hop, SecurityGroup
from plan.reachability.reading import given, mapping, nearest, place_id, rows, targets, text, texts
from plan.reachability.subnets import DeclaredSubnet, referred_subnets, within

INTERFACE = "azure-native:network:NetworkInterface"
BALANCER = "azure-native:network:LoadBalancer"
MACHINES = ("azure-native:compute:VirtualMachine", "azure-native:compute:VirtualMachineScaleSet")
Groups = Mapping[str, SecurityGroup]
Row = Mapping[str, Value]


def owners(plan: Plan) -> dict[str, PlannedResource]:
    """The machine of each interface, by the interface's URN."""
    return {
        interface.urn: machine
        for machine in plan.of_type(*MACHINES)
        for interface in targets(plan, machine, "networkProfile.networkInterfaces[*].id", INTERFACE)
    }


def interfaces(
    plan: Plan, declared: tuple[DeclaredSubnet, ...], groups: Groups, notes: list[Hop]
) -> Iterator[Attachment]:
    """Each interface as its machine, or as itself where no machine of the plan has it."""
    mine = owners(plan)
    for interface in plan.of_type(INTERFACE):
        if given(interface.get("enableIPForwarding")):
            what = f"unjudged: {interface.label} forwards packets of others; what it does to them is not known"
            notes.append(Hop(what=what, urn=interface.urn))
        place = place_id(mine.get(interface.urn, interface))
        group = _group(plan, interface, "networkSecurityGroup.id", groups, notes)
        for index, row in enumerate(rows(interface.get("ipConfigurations"))):
            where = referred_subnets(declared, interface, f"ipConfigurations.{index}.subnet.id")
            if not where:
                what = f"unjudged: {interface.label} stands in no subnet of this plan"
                notes.append(Hop(what=what, urn=interface.urn))
            for item in where:
                yield Attachment(
                    place=place,
                    subnet=item.id,
                    addresses=_addresses(interface, row, item),
                    group=group,
                    application_groups=_groups_of(row),
                    public=_public(plan, row),
                )


def machines(
    plan: Plan, declared: tuple[DeclaredSubnet, ...], groups: Groups, notes: list[Hop]
) -> Iterator[Attachment]:
    """Interfaces that a machine or a scale set brings with it."""
    for machine in plan.of_type(*MACHINES):
        for base in ("networkProfile", "virtualMachineProfile.networkProfile"):
            path = f"{base}.networkInterfaceConfigurations"
            if machine.get(path) is UNKNOWN:
                notes.append(Hop(what=f"unjudged: interfaces of {machine.label} are not known yet", urn=machine.urn))
            for index, interface in enumerate(rows(machine.get(path))):
                here = f"{path}.{index}"
                group = _group(plan, machine, f"{here}.networkSecurityGroup.id", groups, notes)
                if given(interface.get("enableIPForwarding")):
                    what = f"unjudged: {machine.label} forwards packets of others; what it does to them is not known"
                    notes.append(Hop(what=what, urn=machine.urn))
                for place, row in enumerate(rows(interface.get("ipConfigurations"))):
                    for item in referred_subnets(declared, machine, f"{here}.ipConfigurations.{place}.subnet.id"):
                        yield Attachment(
                            place=place_id(machine),
                            subnet=item.id,
                            group=group,
                            application_groups=_groups_of(row),
                            public=given(row.get("publicIPAddressConfiguration")) or _public(plan, row),
                        )


def _group(plan: Plan, source: PlannedResource, path: str, groups: Groups, notes: list[Hop]) -> SecurityGroup | None:
    if not given(source.get(path)):
        return None
    found = [item for item in targets(plan, source, path, GROUP) if item.urn in groups]
    if len(found) == 1:
        return groups[found[0].urn]
    notes.append(Hop(what=f"unjudged: the security group of {source.label} is not in this plan", urn=source.urn))
    return None


def _groups_of(row: Row) -> tuple[str, ...]:
    return texts([item.get("id") for item in rows(row.get("applicationSecurityGroups"))])


def _addresses(interface: PlannedResource, row: Row, item: DeclaredSubnet) -> tuple[str, ...]:
    """Addresses written down or on record, where they can be: a plan without a cloud makes addresses up."""
    recorded = [
        mapping(known).get("privateIPAddress")
        for known in rows(interface.outputs.get("ipConfigurations"))
        if known.get("name") == row.get("name")
    ]
    found = texts([row.get("privateIPAddress"), *recorded])
    return tuple(dict.fromkeys(f"{address}/32" for address in found if within(address, item.prefixes)))


def _public(plan: Plan, row: Row) -> bool:
    """A public address of its own, or one of a load balancer that it stands behind."""
    if given(row.get("publicIPAddress")) or given(row.get("gatewayLoadBalancer")):
        return True
    pools = (*rows(row.get("loadBalancerBackendAddressPools")), *rows(row.get("loadBalancerInboundNatRules")))
    for pool in pools:
        identifier = text(pool.get("id"))
        balancer = nearest(plan, identifier) if identifier else None
        if balancer is None or balancer.type != BALANCER:
            return True
        if any(given(front.get("publicIPAddress")) for front in rows(balancer.get("frontendIPConfigurations"))):
            return True
    return False
