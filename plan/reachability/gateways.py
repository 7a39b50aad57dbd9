"""VPN and ExpressRoute gateways: what lies behind them is outside, and is named only as far as the plan names it."""

from plan.model import UNKNOWN, Plan, PlannedResource
from plan.reachability.model import Hop
from plan.reachability.reading import given, targets, text, texts
from plan.reachability.subnets import NETWORK, DeclaredSubnet, network_prefixes, referred_subnets

GATEWAY = "azure-native:network:VirtualNetworkGateway"
CONNECTION = "azure-native:network:VirtualNetworkGatewayConnection"
LOCAL = "azure-native:network:LocalNetworkGateway"
ANYTHING = ("*",)


def behind_gateways(plan: Plan, declared: tuple[DeclaredSubnet, ...], notes: list[Hop]) -> dict[str, tuple[str, ...]]:
    """Ranges behind the gateways of a network, by the network's URN; `*` where the plan does not say."""
    homes = {gateway.urn: _home(plan, gateway, declared) for gateway in plan.of_type(GATEWAY)}
    found: dict[str, dict[str, None]] = {}
    for gateway in plan.of_type(GATEWAY):
        home = homes[gateway.urn]
        if home is None:
            notes.append(Hop(what=f"unjudged: {gateway.label} stands in no network of this plan", urn=gateway.urn))
            continue
        found.setdefault(home.urn, {}).update(dict.fromkeys(_behind(plan, gateway, homes)))
    return {urn: ANYTHING if "*" in ranges else tuple(ranges) for urn, ranges in found.items()}


def _home(plan: Plan, gateway: PlannedResource, declared: tuple[DeclaredSubnet, ...]) -> PlannedResource | None:
    path, names = "ipConfigurations[*].subnet.id", frozenset({"GatewaySubnet"})
    where = referred_subnets(declared, gateway, path, names=names)
    if where:
        return where[0].network
    networks = targets(plan, gateway, path, NETWORK)
    return networks[0] if networks else None


def _behind(plan: Plan, gateway: PlannedResource, homes: dict[str, PlannedResource | None]) -> tuple[str, ...]:
    """Of one gateway: anything where routes are learnt by BGP, and where its connections are made elsewhere."""
    clients = texts(gateway.get("vpnClientConfiguration.vpnClientAddressPool.addressPrefixes"))
    joined = [
        item
        for item in plan.of_type(CONNECTION)
        if gateway in targets(plan, item, "virtualNetworkGateway1.id", GATEWAY)
        or gateway in targets(plan, item, "virtualNetworkGateway2.id", GATEWAY)
    ]
    is_vpn = str(gateway.get("gatewayType")).lower() == "vpn"
    if not is_vpn or given(gateway.get("enableBgp")) or not (joined or clients):
        return ANYTHING
    found = list(clients)
    for connection in joined:
        kind = (text(connection.get("connectionType")) or "").lower()
        if given(connection.get("enableBgp")) or kind not in ("ipsec", "vnet2vnet"):
            return ANYTHING
        if kind == "vnet2vnet":
            ends = {
                item.urn
                for path in ("virtualNetworkGateway1.id", "virtualNetworkGateway2.id")
                for item in targets(plan, connection, path, GATEWAY)
            } - {gateway.urn}
            others = [home for urn in ends if (home := homes.get(urn)) is not None]
            ranges = [prefix for home in others for prefix in network_prefixes(home)]
        else:
            sites = targets(plan, connection, "localNetworkGateway2.id", LOCAL)
            spaces = [site.get("localNetworkAddressSpace.addressPrefixes") for site in sites]
            ranges = [] if UNKNOWN in spaces else [prefix for space in spaces for prefix in texts(space)]
        if not ranges:
            return ANYTHING
        found += ranges
    return tuple(found)
