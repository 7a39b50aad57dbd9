"""Every pair of 50 subnets with 2,000 security rules, and every way out: the time of one full question."""

import time
from itertools import product

from plan.reachability.model import (
    Attachment,
    Estate,
    Firewall,
    FirewallRule,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)
from plan.reachability.packets import connections, ways_in, ways_out

SPOKES, SUBNETS, RULES = 5, 10, 40
"""Networks beside the hub, subnets in each, and rules in each subnet's group."""
TAGS = ("AzureCloud.westeurope", "Storage.westeurope", "AzureActiveDirectory", "AzureMonitor", "Internet")


def _rule(spoke: int, subnet: int, at: int) -> SecurityRule:
    other = f"10.{(spoke + at) % SPOKES + 1}.{(subnet * 7 + at) % SUBNETS}.0/24"
    around = f"10.{(spoke + at) % (SPOKES + 1)}.0.0/16"
    outbound = at % 2 == 0
    far = TAGS[at % len(TAGS)] if at % 6 == 0 else other
    return SecurityRule(
        name=f"rule-{at}",
        priority=100 + at,
        direction="Outbound" if outbound else "Inbound",
        access="Deny" if at % 7 == 0 or at >= RULES - 2 else "Allow",
        protocol="*" if at >= RULES - 2 else "Tcp",
        sources=("*",) if outbound or at >= RULES - 2 else (around,),
        destinations=("*",) if not outbound or at >= RULES - 2 else (far,),
        destination_ports=("*",) if at >= RULES - 2 else ("443", f"{8000 + at}-{8010 + at}"),
    )


def synthetic() -> Estate:
    """A hub with a firewall and spokes that send everything through it, and their own traffic past it."""
    table = RouteTable(
        id="routes",
        routes=(Route(name="default", prefix="0.0.0.0/0", hop="VirtualAppliance", appliance="firewall"),),
    )
    spokes = tuple(
        VirtualNetwork(
            id=f"spoke-{spoke}",
            name=f"spoke-{spoke}",
            prefixes=(f"10.{spoke}.0.0/16",),
            subnets=tuple(
                Subnet(
                    id=f"{spoke}-{subnet}",
                    name=f"{spoke}-{subnet}",
                    prefixes=(f"10.{spoke}.{subnet}.0/24",),
                    group=SecurityGroup(
                        id=f"nsg-{spoke}-{subnet}",
                        rules=tuple(_rule(spoke, subnet, at) for at in range(RULES)),
                    ),
                    table=table,
                    default_outbound=False,
                )
                for subnet in range(SUBNETS)
            ),
            peerings=(Peering(id=f"to-hub-{spoke}", remote="hub", forwarded=True),),
        )
        for spoke in range(1, SPOKES + 1)
    )
    hub = VirtualNetwork(
        id="hub",
        name="hub",
        prefixes=("10.0.0.0/16",),
        subnets=(Subnet(id="hub-firewall", name="AzureFirewallSubnet", prefixes=("10.0.0.0/26",)),),
        peerings=tuple(Peering(id=f"to-{spoke.id}", remote=spoke.id) for spoke in spokes),
    )
    filters = tuple(
        FirewallRule(
            name=f"network-{at}",
            kind="network",
            order=(200, 100 + at),
            action="Allow",
            protocols=("TCP",),
            sources=(f"10.{at % SPOKES + 1}.0.0/16",),
            destinations=(f"10.{(at + 1) % SPOKES + 1}.0.0/16",),
            ports=("443", str(8000 + at)),
        )
        for at in range(20)
    ) + tuple(
        FirewallRule(
            name=f"host-{at}",
            kind="application",
            order=(300, 100 + at),
            action="Allow",
            protocols=("Https:443",),
            sources=("10.0.0.0/8",),
            hosts=(f"host-{at}.example.com",),
        )
        for at in range(20)
    )
    firewall = Firewall(id="firewall", name="firewall", subnet="hub-firewall", address="10.0.0.4", rules=filters)
    attachments = tuple(Attachment(place=subnet.id, subnet=subnet.id) for spoke in spokes for subnet in spoke.subnets)
    return Estate(networks=(hub, *spokes), firewalls=(firewall,), attachments=attachments)


def main() -> None:
    """Print what each part takes."""
    estate = synthetic()
    rules = sum(len(subnet.group.rules) for net in estate.networks for subnet in net.subnets if subnet.group)
    start = time.perf_counter()
    pairs = [connections(estate, *pair) for pair in product(estate.attachments, repeat=2)]
    between = time.perf_counter()
    out = [ways_out(estate, each) for each in estate.attachments]
    left = time.perf_counter()
    into = [ways_in(estate, each) for each in estate.attachments]
    end = time.perf_counter()
    print(
        f"{len(estate.attachments)} subnets, {rules:,} security rules, {len(estate.firewalls[0].rules)} of a firewall"
    )
    print(f"{len(pairs):>6,} pairs      {between - start:6.2f} s   {sum(map(len, pairs)):>7,} connections")
    print(f"{len(out):>6,} ways out   {left - between:6.2f} s   {sum(map(len, out)):>7,} connections")
    print(f"{len(into):>6,} ways in    {end - left:6.2f} s   {sum(map(len, into)):>7,} connections")


if __name__ == "__main__":
    main()
