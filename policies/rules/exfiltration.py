"""Ways out that no single setting shows: hosts that nobody named, stores outside the perimeter, endpoints beside it."""

from collections.abc import Iterable

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, require, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import FIREWALL_POLICY, FIREWALL_RULES, STORAGE, VAULT, VNET, WORKSPACE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

PERIMETER_MEMBER = "azure-native:network:NetworkSecurityPerimeterAssociation"
PERIMETER_RULE = "azure-native:network:NetworkSecurityPerimeterAccessRule"
SUBNET = "azure-native:network:Subnet"


@stack_rule(
    "egress.hosts-are-known",
    title="What leaves goes to a host of the cloud's own list, or is opened and allowed by the jurisdiction",
    severity=Severity.CRITICAL,
    applies_to=(FIREWALL_RULES, FIREWALL_POLICY),
    fix="remove the host, or approve it under egress.externalModels where the jurisdiction allows one",
    example="a firewall rule that lets nodes reach api.example.com",
)
def hosts_known(stack: StackUnderReview) -> Iterable[Judged]:
    """A model in another country is one line in a rule collection away."""
    cloud = stack.jurisdiction.cloud
    authority = "transportSecurity.certificateAuthority.keyVaultSecretId"
    inspected = any(policy.get(authority) for policy in stack.of_type(FIREWALL_POLICY))
    regions = stack.jurisdiction.regions
    known = {host.fqdn.replace("{region}", region) for host in cloud.aks_egress_fqdns for region in regions}
    known |= {cloud.resource_manager, cloud.active_directory}
    for group in stack.of_type(FIREWALL_RULES):
        verdicts: list[Verdict] = []
        for _, found in group.each("ruleCollections[*].rules[*]"):
            if found is UNKNOWN:
                verdicts.append(not_evaluated("rules are known only after deployment"))
                continue
            rule_ = found if isinstance(found, dict) else {}
            foreign = sorted(set(texts(rule_.get("targetFqdns"))) - known)
            opened = rule_.get("terminateTLS") is True and inspected
            if foreign and not (opened and stack.jurisdiction.external_models):
                verdicts.append(refused(f"lets traffic to {', '.join(foreign)} pass"))
        yield group, all_of(verdicts)


@stack_rule(
    "egress.perimeter-encloses-stores",
    title="Stores, vaults and logs lie in an enforced network security perimeter",
    severity=Severity.MEDIUM,
    applies_to=(STORAGE, VAULT, WORKSPACE, PERIMETER_MEMBER),
    fix="name it among the members of Perimeter in components/platform.py",
    example="a storage account that is in no perimeter",
)
def perimeter_encloses(stack: StackUnderReview) -> Iterable[Judged]:
    """Should somebody open a store's public door, the perimeter is still shut."""
    members = stack.referring(PERIMETER_MEMBER, "privateLinkResource.id")
    for service in stack.of_type(STORAGE, VAULT, WORKSPACE):
        own = members.get(service.urn, [])
        if not own:
            yield service, refused("lies in no perimeter")
        for member in own:
            yield service, require(member, "accessMode", equals="Enforced")


@rule(
    "egress.perimeter-lets-nothing-out",
    title="The perimeter has no way out, and lets in its own subscription alone",
    severity=Severity.HIGH,
    applies_to=PERIMETER_RULE,
    fix="leave the one inbound rule for the stack's subscription",
    example="an outbound rule of a perimeter",
)
def perimeter_closed(access: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An outbound rule by host name is a way out that no firewall sees."""
    return all_of(
        [
            require(access, "direction", equals="Inbound"),
            require(access, "addressPrefixes", absent=True),
            require(access, "fullyQualifiedDomainNames", absent=True),
            require(access, "serviceTags", absent=True),
            require(access, "subscriptions", present=True),
        ]
    )


@stack_rule(
    "network.no-service-endpoints",
    title="Services are reached by private endpoints, not by service endpoints",
    severity=Severity.HIGH,
    applies_to=(VNET, SUBNET),
    fix="remove serviceEndpoints from the subnet, and call private_endpoint() for the service",
    example="a subnet with the service endpoint Microsoft.Storage",
)
def no_service_endpoints(stack: StackUnderReview) -> Iterable[Judged]:
    """A service endpoint leads to every account of that service in the world, a stranger's included."""
    networks = stack.of_type(VNET)
    if not networks:
        yield from absent(stack, "no virtual network is planned")
    for network in networks:
        open_ = [str(item.get("name")) for item in items(network.get("subnets")) if item.get("serviceEndpoints")]
        yield network, refused(f"subnets {', '.join(open_)} have service endpoints") if open_ else PASSED
    for subnet in stack.of_type(SUBNET):
        yield subnet, require(subnet, "serviceEndpoints", absent=True)
