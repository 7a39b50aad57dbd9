"""The registry: what runs comes from here, and nobody puts anything here, or takes it away, without a name."""

from plan.model import PlannedResource
from policies.require import require, when
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.types import REGISTRY
from policies.verdict import Verdict, all_of


@rule(
    "registry.no-passwords",
    title="The registry has no administrator's password, and nobody pulls without a name",
    severity=Severity.CRITICAL,
    applies_to=REGISTRY,
    fix="set adminUserEnabled and anonymousPullEnabled to false",
    example="a registry with adminUserEnabled true",
    remediate=True,
)
def no_passwords(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """One shared password can replace the image that guards patient data."""
    return all_of(
        (
            require(registry, "adminUserEnabled", equals=False),
            require(registry, "anonymousPullEnabled", equals=False),
        )
    )


@rule(
    "registry.premium",
    title="The registry is Premium",
    severity=Severity.HIGH,
    applies_to=REGISTRY,
    fix="set sku.name to Premium",
    example="a registry of sku Standard, which has no private endpoint",
)
def premium(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Private endpoints, customer keys and zone redundancy are Premium's."""
    return require(registry, "sku.name", equals="Premium")


@rule(
    "registry.own-data-endpoint",
    title="Layers come from a host of the registry's own",
    severity=Severity.HIGH,
    applies_to=REGISTRY,
    fix="set dataEndpointEnabled to true",
    example="a registry without dataEndpointEnabled, whose layers come from shared storage",
)
def own_data_endpoint(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without it every client needs a way to *.blob.core.windows.net: every storage account in the world."""
    return require(registry, "dataEndpointEnabled", equals=True)


@rule(
    "registry.exports-nothing",
    title="Images can't be exported to another registry",
    severity=Severity.MEDIUM,
    applies_to=REGISTRY,
    fix="set policies.exportPolicy.status to disabled",
    example="a registry whose export policy is enabled, the default",
    remediate=True,
)
def exports_nothing(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Fine-tuned weights in an image remember what they were tuned on."""
    return require(registry, "policies.exportPolicy.status", equals="disabled")


@rule(
    "registry.scans-before-use",
    title="Images wait in quarantine until they are scanned",
    severity=Severity.MEDIUM,
    applies_to=REGISTRY,
    fix="set policies.quarantinePolicy.status to enabled",
    example="a registry without quarantine",
)
def scans_first(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A scan after the pull tells what already runs."""
    return require(registry, "policies.quarantinePolicy.status", equals="enabled")


@rule(
    "registry.cleans-untagged",
    title="Untagged images are removed after a while",
    severity=Severity.LOW,
    applies_to=REGISTRY,
    fix="set policies.retentionPolicy to enabled with 7 days or more",
    example="a registry without a retention policy",
)
def cleans(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Old images with known holes can be started by digest for ever."""
    return all_of(
        (
            require(registry, "policies.retentionPolicy.status", equals="enabled"),
            require(registry, "policies.retentionPolicy.days", at_least=7),
        )
    )


@rule(
    "registry.zone-redundant",
    title="The registry survives the loss of a zone where the region has zones",
    severity=Severity.MEDIUM,
    applies_to=REGISTRY,
    fix="set zoneRedundancy to Enabled",
    example="a registry with zoneRedundancy Disabled in a region with zones",
)
def zone_redundant(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A node that can't pull can't heal."""
    region = stack.jurisdiction.regions.get(str(registry.get("location")))
    return when(bool(region and region.zones), require(registry, "zoneRedundancy", equals="Enabled"))


@rule(
    "registry.trusts-no-bystander",
    title="No Azure service goes past the registry's network rules",
    severity=Severity.MEDIUM,
    applies_to=REGISTRY,
    fix="set networkRuleBypassOptions to None",
    example="a registry with networkRuleBypassOptions AzureServices, the default",
)
def trusts_nobody(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The default lets other Azure services pull and push from outside the network."""
    return require(registry, "networkRuleBypassOptions", equals="None")
