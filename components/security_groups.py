"""Who may talk to whom between subnets: the table that network security groups are made of.

Both directions end in a denial; what is not here does not pass. Priorities are banded: 100–199 inside the
cluster, 200–299 to and from the platform's own subnets, 300–399 Azure's own probes and management, 400 the
firewall's inspected way out, 4096 the denial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from pulumi_azure_native import network

from components.address_plan import first_usable

NODES = ("system", "workload", "gpu")
"""Subnets of cluster nodes. AKS supports no filtering between them: pods are kept apart by network policies."""
NODE_PORTS = "30000-32767"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One allowed flow, seen from the subnet that the group guards."""

    name: str
    direction: Literal["Inbound", "Outbound"]
    priority: int
    peers: tuple[str, ...]
    """CIDRs, or one service tag."""
    ports: tuple[str, ...]
    protocol: Literal["Tcp", "Udp", "*"] = "Tcp"
    local: tuple[str, ...] = ()
    """This side's ranges; empty: the whole subnet."""


def flows(
    plan: Mapping[str, IPv4Network], *, pods: IPv4Network, region_tag: str, portal: bool
) -> Mapping[str, tuple[Flow, ...]]:
    """Allowed flows by subnet. `region_tag` is the region's name in service tags: a global tag is half the world."""
    cidr = {role: str(subnet) for role, subnet in plan.items()}
    nodes = tuple(cidr[role] for role in NODES)
    inside = (*nodes, str(pods))
    dns = (f"{first_usable(plan['firewall'])}/32",)

    def into(
        name: str,
        priority: int,
        peers: Sequence[str],
        *ports: str,
        protocol: Literal["Tcp", "Udp", "*"] = "Tcp",
        local: tuple[str, ...] = (),
    ) -> Flow:
        return Flow(
            name=name,
            direction="Inbound",
            priority=priority,
            peers=tuple(peers),
            ports=ports,
            protocol=protocol,
            local=local,
        )

    def out(
        name: str,
        priority: int,
        peers: Sequence[str],
        *ports: str,
        protocol: Literal["Tcp", "Udp", "*"] = "Tcp",
        local: tuple[str, ...] = (),
    ) -> Flow:
        return Flow(
            name=name,
            direction="Outbound",
            priority=priority,
            peers=tuple(peers),
            ports=ports,
            protocol=protocol,
            local=local,
        )

    names = out("dns-of-the-firewall", 230, dns, "53", protocol="*")
    stores = out("private-endpoints", 220, (cidr["endpoints"],), "443")
    database = out("database", 240, (cidr["endpoints"],), "5432")
    # The group sees the packet's own destination; the route takes it to the firewall, which knows names.
    inspected = out("inspected-by-the-firewall", 400, ("Internet",), "443")
    node = (
        into("cluster", 100, inside, "*", protocol="*", local=inside),
        into("api-server", 110, (cidr["apiserver"],), "443", "4443", "10250"),
        into("load-balancer-probes", 300, ("AzureLoadBalancer",), "*", protocol="*"),
        out("cluster", 100, inside, "*", protocol="*", local=inside),
        out("api-server", 110, (cidr["apiserver"],), "443", "4443"),
        stores,
        names,
        inspected,
    )
    entry = into(
        "callers",
        200,
        (cidr["gateway"], cidr["portal"], cidr["runner"]),
        "443",
        "8443-8444",
        NODE_PORTS,
        local=(cidr["workload"], cidr["gateway"]),
    )
    table: dict[str, tuple[Flow, ...]] = {
        "system": node,
        "workload": (*node, entry, database),
        "gpu": node,
        "gateway": (
            into("callers", 200, (cidr["portal"], cidr["runner"], *nodes), "443"),
            into("load-balancer-probes", 300, ("AzureLoadBalancer",), "*", protocol="*"),
            out("workload", 210, (cidr["workload"],), "443", "8443-8444", NODE_PORTS),
        ),
        "endpoints": (
            into(
                "platform",
                200,
                (*nodes, cidr["confidential"], cidr["runner"], cidr["apiserver"], cidr["portal"]),
                "443",
            ),
            # Which pods: retrieval's and the gateway's, by their policies. Their packets bear their node's address.
            into("database", 210, (cidr["workload"],), "5432"),
        ),
        "confidential": (stores, names),
        "apiserver": (
            into("cluster-and-runner", 110, (*inside, cidr["runner"]), "443", "4443"),
            # learn.microsoft.com/azure/aks/outbound-rules-control-egress, network rules of private clusters
            into("load-balancer", 300, ("AzureLoadBalancer",), "9988", protocol="*"),
            out("cluster", 110, inside, "443", "4443", "10250"),
            stores,
            out("control-plane-of-the-region", 310, (f"AzureCloud.{region_tag}",), "443"),
        ),
        "runner": (
            out("api-server", 110, (cidr["apiserver"],), "443"),
            out("gateway", 210, (cidr["gateway"],), "443"),
            stores,
            names,
            inspected,
        ),
    }
    if portal:
        # learn.microsoft.com/azure/application-gateway/configuration-infrastructure: the manager's ports; with network
        # isolation (a feature of the subscription, named in the first-deployment guide) no way out is needed.
        table["portal"] = (
            into("patients", 200, ("Internet",), "443"),
            into("gateway-manager", 300, ("GatewayManager",), "65200-65535"),
            into("load-balancer-probes", 310, ("AzureLoadBalancer",), "*", protocol="*"),
            out("gateway", 210, (cidr["gateway"],), "443"),
            stores,
            names,
        )
    return table


def rules(subnet: IPv4Network, allowed: Sequence[Flow]) -> list[network.SecurityRuleArgs]:
    """The group's rules: what is allowed, then the denial both ways."""
    return [_allow(subnet, flow) for flow in allowed] + [_deny("Inbound"), _deny("Outbound")]


def _allow(subnet: IPv4Network, flow: Flow) -> network.SecurityRuleArgs:
    inbound = flow.direction == "Inbound"
    here = flow.local or (str(subnet),)
    source, destination = (flow.peers, here) if inbound else (here, flow.peers)
    return network.SecurityRuleArgs(
        name=f"allow-{'from' if inbound else 'to'}-{flow.name}",
        access="Allow",
        direction=flow.direction,
        priority=flow.priority,
        protocol=flow.protocol,
        source_port_range="*",
        source_address_prefix=source[0] if len(source) == 1 else None,
        source_address_prefixes=list(source) if len(source) > 1 else None,
        destination_address_prefix=destination[0] if len(destination) == 1 else None,
        destination_address_prefixes=list(destination) if len(destination) > 1 else None,
        destination_port_range=flow.ports[0] if len(flow.ports) == 1 else None,
        destination_port_ranges=list(flow.ports) if len(flow.ports) > 1 else None,
    )


def _deny(direction: Literal["Inbound", "Outbound"]) -> network.SecurityRuleArgs:
    return network.SecurityRuleArgs(
        name=f"deny-{direction.lower()}",
        access="Deny",
        direction=direction,
        priority=4096,
        protocol="*",
        source_port_range="*",
        source_address_prefix="*",
        destination_address_prefix="*",
        destination_port_range="*",
    )
