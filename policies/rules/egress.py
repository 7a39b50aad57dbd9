"""Nothing leaves but by the firewall, and by the firewall only what is named."""

from collections.abc import Iterable, Iterator

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, require, same, show, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import (
    FIREWALL,
    FIREWALL_POLICY,
    FIREWALL_RULES,
    VNET,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

SHARED = (
    "blob.core.windows.net",
    "dfs.core.windows.net",
    "file.core.windows.net",
    "queue.core.windows.net",
    "table.core.windows.net",
    "vault.azure.net",
    "azurecr.io",
    "azurewebsites.net",
    "servicebus.windows.net",
    "cloudapp.azure.com",
    "azurefd.net",
)
"""Suffixes under which anyone in the world can own a name: a wildcard over one is a way out."""
FOREIGN = (
    "docker.io",
    "docker.com",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "pkg.dev",
    "nvcr.io",
    "github.com",
    "githubusercontent.com",
    "huggingface.co",
    "hf.co",
    "pypi.org",
    "pythonhosted.org",
    "amazonaws.com",
    "googleapis.com",
)
"""Registries, hubs and clouds of third parties; several of them take uploads."""
CLUSTER_WILDCARDS = ("*.data.mcr.microsoft.com", "*.azk8s.cn", "*.data.mcr.azure.cn")
"""Wildcards that AKS documents as required, under suffixes that Microsoft alone owns."""


@stack_rule(
    "egress.firewall-stands",
    title="A firewall stands between the network and the internet",
    severity=Severity.CRITICAL,
    applies_to=(FIREWALL, FIREWALL_POLICY),
    fix="let components/egress.py make it",
    example="a plan with a virtual network and no Azure Firewall",
)
def firewall_stands(stack: StackUnderReview) -> Iterable[Judged]:
    """Without it every other rule here is about a door in a wall that isn't there."""
    firewalls = stack.of_type(FIREWALL)
    if not firewalls:
        return absent(stack, "the plan has no Azure Firewall")
    return judged(
        firewalls,
        lambda firewall: all_of(
            (
                require(firewall, "sku.tier", equals="Premium"),
                stack.require_target(firewall, "firewallPolicy.id", FIREWALL_POLICY),
            )
        ),
    )


@rule(
    "egress.firewall-denies-known-threats",
    title="The firewall denies traffic to and from known bad addresses",
    severity=Severity.HIGH,
    applies_to=FIREWALL_POLICY,
    fix="set threatIntelMode to Deny, without an allow-list",
    example="a firewall policy with threatIntelMode Alert",
    remediate=True,
)
def denies_threats(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Alert only tells of the theft; Deny prevents it."""
    return all_of(
        (
            require(policy, "threatIntelMode", equals="Deny"),
            require(policy, "threatIntelWhitelist.fqdns", absent=True),
            require(policy, "threatIntelWhitelist.ipAddresses", absent=True),
        )
    )


@rule(
    "egress.firewall-prevents-intrusions",
    title="Intrusion prevention denies, and nothing goes around it",
    severity=Severity.HIGH,
    applies_to=FIREWALL_POLICY,
    fix="set intrusionDetection.mode to Deny and remove the bypass list",
    example="a firewall policy with intrusionDetection.mode Alert",
)
def prevents_intrusions(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Signatures that only alert have never stopped an exfiltration; a bypass is a hole with a comment."""
    return all_of(
        (
            require(policy, "intrusionDetection.mode", equals="Deny"),
            require(policy, "intrusionDetection.configuration.bypassTrafficSettings", absent=True),
            require(policy, "intrusionDetection.configuration.signatureOverrides", absent=True),
        )
    )


@rule(
    "egress.firewall-premium",
    title="The firewall's policy is Premium",
    severity=Severity.HIGH,
    applies_to=FIREWALL_POLICY,
    fix="set sku.tier to Premium",
    example="a firewall policy of tier Standard, which has no intrusion prevention",
)
def firewall_premium(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Lower tiers silently have no intrusion prevention, whatever else the policy says."""
    return require(policy, "sku.tier", equals="Premium")


@rule(
    "egress.names-resolved-by-firewall",
    title="The firewall resolves names, so that rules by name hold and lookups are logged",
    severity=Severity.MEDIUM,
    applies_to=FIREWALL_POLICY,
    fix="set dnsSettings.enableProxy to true",
    example="a firewall policy without dnsSettings",
    remediate=True,
)
def names_resolved(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A lookup is a way out by itself: data leaves in the names that are asked for."""
    return require(policy, "dnsSettings.enableProxy", equals=True)


@rule(
    "egress.network-asks-firewall-for-names",
    title="The network's resolver is the firewall",
    severity=Severity.MEDIUM,
    applies_to=VNET,
    fix="set dhcpOptions.dnsServers to the firewall's private address",
    example="a virtual network that uses Azure's default resolver",
)
def network_asks_firewall(vnet: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure's default resolver answers for any name in the world, unlogged."""
    return require(vnet, "dhcpOptions.dnsServers[*]", matches=r"^(10|172|192)\.")


@rule(
    "egress.rules-name-hosts",
    title="Firewall rules name hosts, not everything",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL_RULES,
    fix="name the host in jurisdictions/clouds/<cloud>.yaml, with the reason",
    example="an application rule with targetFqdns ['*']",
)
def rules_name_hosts(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A rule for everything is no firewall; a category or a tag is a list that somebody else edits."""
    return all_of(_application(rule_) for rule_ in _rules(group, "ApplicationRule"))


def _application(rule_: dict[str, object]) -> Verdict:
    name = show(rule_.get("name"))
    for key in ("fqdnTags", "webCategories", "targetUrls"):
        if rule_.get(key):
            return refused(f"rule {name} allows {key} {show(rule_[key])}")
    hosts = rule_.get("targetFqdns")
    known = hosts if isinstance(hosts, list) else []
    if hosts is UNKNOWN or any(host is UNKNOWN for host in known):
        return not_evaluated(f"hosts of rule {name} are known only after deployment")
    bare = [host for host in texts(hosts) if host.count(".") < 1 or host.strip("*.") == ""]
    return refused(f"rule {name} allows {', '.join(bare) or 'nothing by name'}") if bare or not texts(hosts) else PASSED


@rule(
    "egress.no-wildcard-over-shared-services",
    title="No rule opens a suffix under which anyone can own a name",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL_RULES,
    fix="reach the service through its private endpoint, or name the one host",
    example="an application rule with targetFqdns ['*.blob.core.windows.net'], as a public baseline has it",
)
def no_shared_wildcard(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """*.blob.core.windows.net is every storage account in the world, the attacker's among them."""
    bad = [
        host
        for rule_ in _rules(group, "ApplicationRule")
        for host in texts(rule_.get("targetFqdns"))
        if "*" in host and (host.removeprefix("*.").endswith(SHARED) or host not in CLUSTER_WILDCARDS)
    ]
    return refused(f"allows {', '.join(bad)}") if bad else PASSED


@rule(
    "egress.no-foreign-registry",
    title="No rule leads to a third party's registry, hub or cloud",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL_RULES,
    fix="import the image or the weights into this stack's registry and store",
    example="an application rule with targetFqdns ['ghcr.io']",
)
def no_foreign_registry(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Hubs take uploads as well as downloads, and what comes from them at run time nobody has checked."""
    bad = [
        host
        for rule_ in _rules(group, "ApplicationRule")
        for host in texts(rule_.get("targetFqdns"))
        if any(host == foreign or host.endswith("." + foreign) for foreign in FOREIGN)
    ]
    return refused(f"allows {', '.join(bad)}") if bad else PASSED


@rule(
    "egress.network-rules-narrow",
    title="Network rules name addresses, never everything",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL_RULES,
    fix="use an application rule by host; if the protocol has no names, one address and one port",
    example="a network rule to destination '*' on every port",
)
def network_rules_narrow(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A network rule is not inspected for names: what it lets pass goes anywhere behind that address."""
    wide = ("*", "0.0.0.0/0", "Internet", "AzureCloud", "Storage", "AzureContainerRegistry")
    bad = [
        f"{show(rule_.get('name'))} to {destination}"
        for rule_ in _rules(group, "NetworkRule")
        for destination in texts(rule_.get("destinationAddresses")) + texts(rule_.get("destinationFqdns"))
        if any(same(destination, item) for item in wide)
    ]
    ports = [show(r.get("name")) for r in _rules(group, "NetworkRule") if "*" in texts(r.get("destinationPorts"))]
    if bad or ports:
        return refused(f"rules {', '.join(bad + ports)} are open to everything")
    return PASSED


@rule(
    "egress.nothing-comes-in-by-firewall",
    title="The firewall translates no address inwards",
    severity=Severity.HIGH,
    applies_to=FIREWALL_RULES,
    fix="remove the DNAT rule; the portal is the only entry",
    example="a NatRule that leads a public port to a node",
)
def nothing_comes_in(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A translated port is an entry without a web firewall and without a geo rule."""
    found = [show(rule_.get("name")) for rule_ in _rules(group, "NatRule")]
    return refused(f"translates inwards by {', '.join(found)}") if found else PASSED


def _rules(group: PlannedResource, kind: str) -> Iterator[dict[str, object]]:
    for collection in items(group.get("ruleCollections")):
        action = collection.get("action")
        if isinstance(action, dict) and same(action.get("type"), "Deny"):
            continue
        for rule_ in items(collection.get("rules")):
            if same(rule_.get("ruleType"), kind):
                yield rule_
