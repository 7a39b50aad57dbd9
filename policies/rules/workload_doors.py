"""Doors of the cluster that lead to things of the stack: its own subscription, its own vault, hosts on record."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from policies.config_maps import CONFIG, each_gateway
from policies.known import known_to
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.workload_objects import PROVIDER
from policies.types import FIREWALL_RULES, SERVICE, VAULT
from policies.verdict import PASSED, Verdict, refused

VISIBLE = "service.beta.kubernetes.io/azure-pls-visibility"


@stack_rule(
    "workload.private-links-are-for-own-subscription",
    title="A private link of the cluster is seen by this subscription, or by all where Front Door must ask for it",
    severity=Severity.HIGH,
    applies_to=(SERVICE, "azure-native:resources:ResourceGroup"),
    fix="leave the annotation to components/gateway_entries.py",
    example="a private link that another subscription may see",
)
def own_subscription(stack: StackUnderReview) -> Iterable[Judged]:
    """Who sees a private link may ask for it, and an operator in a hurry approves."""
    own = known_to(stack).subscription
    for service in stack.of_type(SERVICE):
        noted = service.get("metadata.annotations")
        seen = str(noted.get(VISIBLE, "*")) if isinstance(noted, dict) else "*"
        strange = [one for one in seen.split(" ") if one not in ("*", own) and own and not stack.partial]
        yield service, refused(f"is seen by {', '.join(strange)}") if strange else PASSED


@stack_rule(
    "workload.certificates-come-from-own-vault",
    title="Certificates in the cluster come from a vault of this stack",
    severity=Severity.CRITICAL,
    applies_to=(PROVIDER, VAULT),
    fix="name the vault by components/keys.py",
    example="a SecretProviderClass of somebody else's vault",
)
def own_vault(stack: StackUnderReview) -> Iterable[Judged]:
    """Who holds the certificate's key is the gateway, for every caller."""
    vaults = {vault.get("vaultName") for vault in stack.of_type(VAULT)}
    for provider in stack.of_type(PROVIDER):
        name = provider.get("spec.parameters.keyvaultName")
        known = stack.partial or not isinstance(name, str) or name in vaults
        yield provider, PASSED if known else refused(f"takes certificates from {name}")


@stack_rule(
    "workload.external-models-are-opened-for",
    title="A model outside that the gateway knows is one that the firewall lets it reach",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, FIREWALL_RULES),
    fix="name the provider in Pulumi.<stack>.yaml: gateway and firewall follow from one dial",
    example="a provider in gateway.json that no firewall rule names",
)
def opened_for(stack: StackUnderReview) -> Iterable[Judged]:
    """What gets past the dial gets past the approval that stands behind it."""
    hosts = {
        host
        for group in stack.of_type(FIREWALL_RULES)
        for collection in items(group.get("ruleCollections"))
        for opening in items(collection.get("rules"))
        for host in texts(opening.get("targetFqdns"))
    }

    def opened(told: Mapping[str, Any]) -> Verdict:
        named = [str(p.get("url") or p.get("host") or "") for p in items(told.get("external_providers"))]
        strange = [u for u in named if (urlsplit(u).hostname or u) not in hosts and not stack.partial]
        return refused(f"sends prompts to {', '.join(strange)}") if strange else PASSED

    return each_gateway(stack, opened)
