"""Doors that lead from one network into another by name alone: private endpoints, private link services, Front Door,
application gateways and load balancers, and what lies behind each."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from plan.model import UNKNOWN, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.attachments import has_public_address
from plan.reachability.clusters import annotation, link_id, makes_link, service_id
from plan.reachability.interfaces import INTERFACE, owners
from plan.reachability.model import Edge
from plan.reachability.network_policies import planned_pods
from plan.reachability.outside import INTERNET, host, is_own, tenant
from plan.reachability.pods import pod_entries
from plan.reachability.reading import given, mapping, name_of, parents, rows, targets, text, texts
from plan.reachability.selectors import selects
from plan.reachability.sites import Sites, edge

ENDPOINT = "azure-native:network:PrivateEndpoint"
LINK_SERVICE = "azure-native:network:PrivateLinkService"
BALANCER = "azure-native:network:LoadBalancer"
GATEWAY = "azure-native:network:ApplicationGateway"
PROFILE = "azure-native:cdn:Profile"


def link_edges(sites: Sites) -> Iterator[Edge]:
    """Every door and what is behind it."""
    yield from _endpoints(sites)
    yield from _monitor_scopes(sites)
    yield from _link_services(sites)
    yield from _kubernetes(sites)
    yield from _front_door(sites)
    yield from _application_gateways(sites)
    yield from _balancers(sites)
    yield from _bastions(sites)


def _endpoints(sites: Sites) -> Iterator[Edge]:
    for endpoint in sites.plan.of_type(ENDPOINT):
        here = sites.of(endpoint)
        for key in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
            for target in sites.meant(endpoint, f"{key}[*].privateLinkServiceId"):
                groups = [part for row in rows(endpoint.get(key)) for part in texts(row.get("groupIds"))]
                if here is not None:
                    yield edge(here, target, "connects", f"{endpoint.label} leads there", endpoint, ", ".join(groups))
    for endpoint in sites.plan.of_type("azure-native:dashboard:ManagedPrivateEndpoint"):
        here, grafana = sites.of(endpoint), sites.named("azure-native:dashboard:Grafana", endpoint.get("workspaceName"))
        for target in sites.meant(endpoint, "privateLinkResourceId"):
            if here is not None:
                what = ", ".join(texts(endpoint.get("groupIds")))
                yield edge(here, target, "connects", f"{endpoint.label} leads there", endpoint, what)
                if grafana is not None:
                    yield edge(grafana, here, "connects", f"{endpoint.label} is Grafana's own", endpoint, what)
    for search in sites.plan.of_type("azure-native:search:SharedPrivateLinkResource"):
        owner = sites.named("azure-native:search:Service", search.get("searchServiceName"))
        for target in sites.meant(search, "properties.privateLinkResourceId") if owner is not None else ():
            yield edge(owner or "", target, "connects", f"{search.label} leads there", search)


def _monitor_scopes(sites: Sites) -> Iterator[Edge]:
    """A private link scope of Azure Monitor, and what is in it; an open one leads to everybody's workspaces.

    learn.microsoft.com/azure/azure-monitor/logs/private-link-security
    """
    token = "azure-native:monitor:PrivateLinkScope"
    for scope in sites.plan.of_type(token):
        here = sites.of(scope)
        modes = [scope.get(f"accessModeSettings.{kind}AccessMode") for kind in ("ingestion", "query")]
        if here is not None and any(mode != "PrivateOnly" for mode in modes):
            yield edge(here, "tag:AzureMonitor", "connects", f"{scope.label} is open to any workspace", scope)
        exclusions = scope.get("accessModeSettings.exclusions")
        if here is not None and exclusions:
            yield edge(here, "tag:AzureMonitor", "connects", f"{scope.label} makes exceptions", scope)
    for member in sites.plan.of_type("azure-native:monitor:PrivateLinkScopedResource"):
        here = sites.named(token, member.get("scopeName"))
        for target in sites.meant(member, "linkedResourceId") if here is not None else ():
            yield edge(here or "", target, "connects", f"{member.label} puts it into the scope", member)
    for cluster in sites.plan.of_type("azure-native:kubernetes:ConnectedCluster"):
        here = sites.of(cluster)
        for target in sites.meant(cluster, "privateLinkScopeResourceId") if here is not None else ():
            yield edge(here or "", target, "connects", f"{cluster.label} is told from there", cluster)
        if here is not None and cluster.get("privateLinkState") != "Enabled":
            # Disabled unless said otherwise: the provider's words on the property.
            yield edge(here, INTERNET, "connects", f"{cluster.label} has no private link", cluster)


def _admitted(sites: Sites, here: str, listed: Value, holder: PlannedResource) -> Iterator[Edge]:
    """Subscriptions whose requests are approved by themselves; `*` is anybody with a subscription.

    Whoever may only see the service has to be approved by a person: visibility alone makes no edge.
    """
    if listed is UNKNOWN:
        yield edge(tenant("*"), here, "enters", f"{holder.label}: who is approved is not known yet", holder)
    names = listed.split() if isinstance(listed, str) else texts(listed)
    for name in names:
        if not is_own(sites.plan, name):
            yield edge(tenant(name), here, "enters", f"{holder.label} approves it by itself", holder)


def _link_services(sites: Sites) -> Iterator[Edge]:
    for service in sites.plan.of_type(LINK_SERVICE):
        here = sites.of(service)
        if here is None:
            continue
        yield from _admitted(sites, here, service.get("autoApproval.subscriptions") or (), service)
        for target in sites.meant(service, "loadBalancerFrontendIpConfigurations[*].id"):
            yield edge(here, target, "enters", f"{service.label} stands before it", service)
        address = text(service.get("destinationIPAddress"))
        if address:
            yield edge(here, _addressed(sites, address), "enters", f"{service.label} leads to {address}", service)


def _kubernetes(sites: Sites) -> Iterator[Edge]:
    """A private link service, a load balancer's address, and the pods that answer."""
    plan = sites.plan
    pods = planned_pods(plan)
    for service in clusters.services(plan):
        if not clusters.is_balancer(service):
            continue
        here = service_id(plan, service)
        if makes_link(service):
            link = link_id(plan, service)
            yield edge(link, here, "enters", f"private link service of {service.label}", service)
            yield from _admitted(sites, link, annotation(service, "pls-auto-approval") or (), service)
        if not clusters.is_internal(service):
            ranges = texts(service.get("spec.loadBalancerSourceRanges"))
            for source in [f"network:{item}" for item in ranges] or [INTERNET]:
                yield edge(source, here, "enters", f"{service.label}: its load balancer is public", service)
        space = clusters.namespace_of(plan, service)
        wanted = service.get("spec.selector")
        for one in pods:
            mine = one.provider == service.provider and space in (None, one.namespace) and one.id in sites.places
            selector = wanted if wanted is UNKNOWN else {"matchLabels": mapping(wanted)}
            # Without a selector a Service leads to addresses that somebody else writes down.
            if mine and given(wanted) and selects(selector, one.labels, unsure=True):
                yield from _answering(sites, service, here, one.id, one.ports)


def _answering(
    sites: Sites, service: PlannedResource, here: str, pods: str, named: Mapping[str, tuple[str, int]]
) -> Iterator[Edge]:
    """Pods behind a Service, where their policies let anybody in from an address on the port that it leads to."""
    entries = pod_entries(sites.plan, sites.places[pods])
    open_ports = [ports for _, ports, _ in entries]
    for row in rows(service.get("spec.ports")):
        protocol = str(row.get("protocol") or "TCP").upper()
        to = row.get("targetPort", row.get("port"))
        number = named[to][1] if isinstance(to, str) and to in named else int(str(to)) if str(to).isdigit() else None
        if number is None or any(_covers(ports, protocol, number) for ports in open_ports):
            what = f"{protocol} {row.get('port')} to {to}"
            yield edge(here, pods, "enters", f"{service.label} leads to these pods", service, what)


def _covers(ports: str, protocol: str, number: int) -> bool:
    """Whether `TCP 443, 8000-8100, UDP 53` has a port."""
    kind = ""
    for part in ports.split(", "):
        words = part.split()
        if words[0] == "any":
            return True
        kind = words[0] if len(words) == 2 else kind
        first, _, last = words[-1].partition("-")
        if kind == protocol and (first == "any" or int(first) <= number <= int(last or first)):
            return True
    return False


def _front_door(sites: Sites) -> Iterator[Edge]:
    """The internet, the edge of Front Door wherever a caller is near it, and the origins behind."""
    plan = sites.plan
    for profile in plan.of_type(PROFILE):
        here = sites.of(profile)
        endpoints = plan.of_type("azure-native:cdn:AFDEndpoint")
        mine = [item for item in endpoints if profile in _profiles(sites, item)]
        if here is not None and any(str(item.get("enabledState")) != "Disabled" for item in mine):
            yield edge(INTERNET, here, "enters", f"{profile.label} answers everywhere", profile, "https")
        for route in plan.of_type("azure-native:cdn:Route"):
            if here is not None and profile in _profiles(sites, route) and given(route.get("cacheConfiguration")):
                why = f"{route.label} keeps answers at the edge"
                yield edge(here, "region:global edge locations", "copies", why, route)
        for origin in plan.of_type("azure-native:cdn:AFDOrigin"):
            if here is None or profile not in _profiles(sites, origin) or origin.get("enabledState") == "Disabled":
                continue
            private = sites.meant(origin, "sharedPrivateLinkResource.privateLink.id")
            if given(origin.get("sharedPrivateLinkResource")):
                for target in private or (tenant("unknown"),):
                    yield edge(here, target, "enters", f"{origin.label} of {profile.label}", origin, "https")
            else:
                name = origin.get("hostName")
                target = INTERNET if not isinstance(name, str) else _host_or_place(sites, name)
                yield edge(here, target, "enters", f"{origin.label} of {profile.label}", origin, "https")


def _profiles(sites: Sites, part: PlannedResource) -> tuple[PlannedResource, ...]:
    """The profile that an endpoint, a route or an origin is a part of, however deep."""
    direct = parents(sites.plan, part, "profileName", PROFILE)
    if direct or not isinstance(part.id, str):
        return direct
    above = sites.plan.by_id("/".join(part.id.split("/")[:9]))
    return (above,) if above is not None and above.type == PROFILE else ()


def _host_or_place(sites: Sites, name: str) -> str:
    """A public name: of a planned service, where its first label is that service's name."""
    first, _, rest = name.lower().partition(".")
    of_azure = rest.endswith(("core.windows.net", "azurewebsites.net", "azurecr.io", "vault.azure.net"))
    for place in sites.places.values() if of_azure else ():
        if place.name.lower() == first and place.outside is None:
            return place.id
    return host(name)


def _application_gateways(sites: Sites) -> Iterator[Edge]:
    for gateway in sites.plan.of_type(GATEWAY):
        here = sites.of(gateway)
        if here is None:
            continue
        if has_public_address(gateway):
            yield edge(INTERNET, here, "enters", f"{gateway.label} has a public address", gateway)
        if gateway.get("backendAddressPools") is UNKNOWN:
            yield edge(here, INTERNET, "enters", f"{gateway.label}: what is behind it is not known yet", gateway)
        for pool in rows(gateway.get("backendAddressPools")):
            for row in rows(pool.get("backendAddresses")):
                for value in (row.get("ipAddress"), row.get("fqdn")):
                    if given(value):
                        target = _addressed(sites, value) if isinstance(value, str) else INTERNET
                        why = f"{gateway.label} leads to {pool.get('name')}"
                        yield edge(here, target, "enters", why, gateway, str(value))


def _addressed(sites: Sites, value: str) -> str:
    """Whoever has an address or a name; an address that nobody of the plan has chosen is named as it is."""
    try:
        IPv4Address(value)
    except ValueError:
        return _host_or_place(sites, value)
    plan = sites.plan
    for service in clusters.services(plan):
        if value in (annotation(service, "load-balancer-ipv4"), service.get("spec.loadBalancerIP")):
            return service_id(plan, service)
    machines = owners(plan)
    for interface in plan.of_type(INTERFACE):
        if any(row.get("privateIPAddress") == value for row in rows(interface.get("ipConfigurations"))):
            return sites.of(machines.get(interface.urn, interface)) or f"network:{value}/32"
    for balancer in plan.of_type(BALANCER, ENDPOINT):
        listed = (*rows(balancer.get("frontendIPConfigurations")), *rows(balancer.get("ipConfigurations")))
        if any(row.get("privateIPAddress") == value for row in listed):
            return sites.of(balancer) or f"network:{value}/32"
    return f"network:{value}/32"


def _balancers(sites: Sites) -> Iterator[Edge]:
    """Load balancers of the plan's own: who stands behind them, and the internet before public ones."""
    plan = sites.plan
    machines = owners(plan)
    for balancer in plan.of_type(BALANCER):
        here = sites.of(balancer)
        takes = given(balancer.get("loadBalancingRules")) or given(balancer.get("inboundNatRules"))
        if here is not None and takes and has_public_address(balancer):
            yield edge(INTERNET, here, "enters", f"{balancer.label} has a public address", balancer)
    for interface in plan.of_type(INTERFACE):
        behind = sites.of(machines.get(interface.urn, interface))
        for index, row in enumerate(rows(interface.get("ipConfigurations"))):
            for key in ("loadBalancerBackendAddressPools", "loadBalancerInboundNatRules"):
                path = f"ipConfigurations.{index}.{key}[*].id"
                for target in targets(plan, interface, path, BALANCER) if row.get(key) else ():
                    here = sites.of(target)
                    if here is not None and behind is not None:
                        yield edge(here, behind, "enters", f"{name_of(interface)} stands behind it", interface)


def _bastions(sites: Sites) -> Iterator[Edge]:
    """A bastion answers on the internet unless it is private alone, and opens sessions to machines."""
    for bastion in sites.plan.of_type("azure-native:network:BastionHost"):
        here = sites.of(bastion)
        if here is not None and bastion.get("enablePrivateOnlyBastion") is not True:
            yield edge(INTERNET, here, "enters", f"{bastion.label} answers on the internet", bastion)
