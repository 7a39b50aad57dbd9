"""What reachability reasons about: networks as Azure sees them, and the places and edges that follow from them.

Plain data without Azure's or Pulumi's types, so that small networks with known answers are written by hand in tests.
Addresses are IPv4 CIDRs, `*`, or Azure's service tags, as they stand in rules. What is not known before deployment
is None, and counts as whatever reaches furthest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["Inbound", "Outbound"]
Access = Literal["Allow", "Deny"]
Protocol = Literal["*", "Tcp", "Udp", "Icmp", "Esp", "Ah"]
HopKind = Literal["VnetLocal", "Internet", "VirtualAppliance", "VirtualNetworkGateway", "None", "VnetPeering"]


@dataclass(frozen=True, kw_only=True)
class SecurityRule:
    """One rule of a network security group."""

    name: str
    priority: int
    """100 to 4096 for written rules, 65000 and above for Azure's own."""
    direction: Direction
    access: Access
    protocol: Protocol = "*"
    sources: tuple[str, ...] = ("*",)
    """CIDRs, `*`, service tags, or ids of application security groups."""
    destinations: tuple[str, ...] = ("*",)
    source_ports: tuple[str, ...] = ("*",)
    destination_ports: tuple[str, ...] = ("*",)
    """`443`, `8000-8100` or `*`."""


@dataclass(frozen=True, kw_only=True)
class SecurityGroup:
    """A network security group: its written rules; Azure's default rules are added where it is evaluated."""

    id: str
    rules: tuple[SecurityRule, ...]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A user-defined route."""

    name: str
    prefix: str
    """CIDR or service tag."""
    hop: HopKind
    address: str | None = None
    """Of the appliance; None where it is not known yet."""
    appliance: str | None = None
    """Id of the firewall whose address it is, where the plan says so."""


@dataclass(frozen=True, kw_only=True)
class RouteTable:
    """User-defined routes of a subnet."""

    id: str
    routes: tuple[Route, ...]
    gateway_routes: bool = False
    """Whether routes that a gateway learnt are taken as well (`disableBgpRoutePropagation` is false)."""


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet and what guards it."""

    id: str
    name: str
    prefixes: tuple[str, ...]
    group: SecurityGroup | None = None
    table: RouteTable | None = None
    default_outbound: bool = True
    """Azure's implicit way out; false for a private subnet."""
    nat_gateway: bool = False
    service_endpoints: tuple[str, ...] = ()
    """Services reached directly, past every user-defined route: `Microsoft.Storage`, …"""
    endpoints_filtered: bool = True
    """Whether security groups hold for private endpoints in it (`privateEndpointNetworkPolicies`)."""
    endpoints_routed: bool = True
    """Whether user-defined routes hold for traffic to private endpoints in it."""


@dataclass(frozen=True, kw_only=True)
class Peering:
    """One direction of a peering; both must stand for anything to pass."""

    id: str
    remote: str
    """Id of the other network."""
    access: bool = True
    """`allowVirtualNetworkAccess`."""
    forwarded: bool = False
    """`allowForwardedTraffic`: takes packets that did not start in the other network."""
    gateway_transit: bool = False
    remote_gateways: bool = False


@dataclass(frozen=True, kw_only=True)
class VirtualNetwork:
    """Address space, subnets, and peerings that start here. Peerings are not transitive."""

    id: str
    name: str
    prefixes: tuple[str, ...]
    subnets: tuple[Subnet, ...]
    peerings: tuple[Peering, ...] = ()
    gateway_prefixes: tuple[str, ...] = ()
    """What lies behind its VPN or ExpressRoute gateway, `*` where the plan does not say; empty: no gateway."""
    region: str | None = None


FilterKind = Literal["nat", "network", "application"]


@dataclass(frozen=True, kw_only=True)
class FirewallRule:
    """One rule of a firewall policy, with all that decides when it is looked at."""

    name: str
    kind: FilterKind
    order: tuple[int, int]
    """Priority of the collection group and of the collection: the lower first. A parent policy's come before."""
    action: Access
    """A `nat` rule allows what it translates."""
    protocols: tuple[str, ...] = ("Any",)
    """`TCP`, `UDP`, `ICMP`, `Any`; for applications `Https:443`, `Http:80`, `Mssql:1433`."""
    sources: tuple[str, ...] = ("*",)
    destinations: tuple[str, ...] = ()
    """CIDRs, tags, or names that the firewall itself resolves; of a `nat` rule the firewall's public address."""
    ports: tuple[str, ...] = ("*",)
    hosts: tuple[str, ...] = ()
    """Of an application rule: names, `*` alone or in front; `tag:` and `category:` for names that Microsoft lists."""
    translated: tuple[str, str] | None = None
    """Address and port that a `nat` rule leads to."""
    inherited: bool = False
    """From a parent policy."""


@dataclass(frozen=True, kw_only=True)
class Firewall:
    """An Azure Firewall and the rules of its policies."""

    id: str
    name: str
    subnet: str
    """Id of its subnet."""
    address: str | None
    """Private address, None where it is not known yet."""
    rules: tuple[FirewallRule, ...] = ()
    public: bool = True
    """Whether it has a public address, as it has unless it is tunnelled elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """Something with an address in a subnet: machines, nodes, a private endpoint, an application gateway."""

    place: str
    """Id of the place that it is."""
    subnet: str
    addresses: tuple[str, ...] = ()
    """CIDRs; empty: anywhere in the subnet."""
    group: SecurityGroup | None = None
    """Of its interface, in addition to the subnet's."""
    application_groups: tuple[str, ...] = ()
    public: bool = False
    """Whether it has a public address of its own."""
    is_endpoint: bool = False
    """A private endpoint: starts no connection."""
    machine: bool = False
    """A machine's own interface: its public address is closed where no security group opens it. Not known, or one of
    Azure's entries: open without one."""


@dataclass(frozen=True, kw_only=True)
class Estate:
    """Every network of a plan."""

    networks: tuple[VirtualNetwork, ...] = ()
    firewalls: tuple[Firewall, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One step of a path: what a packet meets, and the resource that lets it pass."""

    what: str
    """`security group 'nsg-…' rule 'allow-…' (400)`, for a person."""
    urn: str | None = None
    """Id or URN of the resource that holds it."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Connections that a source can start and that arrive: one row for each set of rules that lets them."""

    source: str
    """Place's id, or `internet`, `tag:<service tag>`, `network:<CIDR>` of what is outside."""
    target: str
    """Place's id, or `internet`, `tag:<service tag>`, `host:<name>` (of an application rule), `network:<CIDR>`."""
    what: str
    """`TCP 443`, `UDP 53, 1000-2000`, `any`, `https:443 mcr.microsoft.com`."""
    hops: tuple[Hop, ...]


OutsideKind = Literal["internet", "host", "tag", "region", "tenant", "network"]
PlaceKind = Literal["store", "compute", "pods", "endpoint", "entry", "service", "outside"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where data lives or passes, or a destination outside."""

    id: str
    """Id in the cloud or URN; `host:login.microsoftonline.com`, `internet`, `tag:AzureCloud.WestEurope` outside."""
    name: str
    kind: PlaceKind
    classification: str | None = None
    """As the tag `data-classification` or the label has it: `phi`, `training`, `confidential`, `internal`, …"""
    purpose: str | None = None
    """What it is to the platform: `gateway`, `inference`, `runner`, `portal`, `partners`, `training`, `patient`, …"""
    region: str | None = None
    outside: OutsideKind | None = None
    urn: str | None = None


EdgeKind = Literal["connects", "reads", "copies", "logs", "enters", "hosts"]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Data can go from one place to another.

    `connects` and `enters` are connections: data flows both ways along them. `reads` is an identity or a mount, from
    where data lies to who may read it, or from who may write to where it lies; `copies` and `logs` are done by Azure
    itself. These go one way. `hosts` joins pods to the nodes they run on.
    """

    source: str
    target: str
    kind: EdgeKind
    how: tuple[Hop, ...]
    """Hop by hop: every rule that lets it pass."""
    what: str = ""
    """`TCP 443`, `https mcr.microsoft.com`, `category audit`."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Places and the edges between them."""

    places: Mapping[str, Place] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    unjudged: tuple[Hop, ...] = ()
    """What could not be understood: a reader must say so, and a rule must not call it safe."""
