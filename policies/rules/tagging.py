"""Every resource says whose it is and what it holds."""

from collections.abc import Mapping

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.types import AZURE
from policies.verdict import PASSED, Verdict, not_evaluated, refused

MANDATORY = ("jurisdiction", "environment", "data-classification", "owner", "cost-centre")
CLASSES = ("public", "internal", "confidential", "personal", "phi")


def _tags(resource: PlannedResource) -> object:
    """Tags, where the type takes any: sub-resources such as routes and role assignments have none."""
    return resource.get("tags")


def _known(stack: StackUnderReview) -> Mapping[str, str]:
    """What the stack itself knows; who owns a resource and which class its data is of, only a person does."""
    return {"jurisdiction": stack.jurisdiction.id, "environment": stack.environment}


def own_tags(resource: PlannedResource, stack: StackUnderReview) -> Mapping[str, Value]:
    """Tags that are missing, and that the stack knows."""
    return {f"tags.{key}": value for key, value in _known(stack).items() if not resource.get(f"tags.{key}")}


def _right_tags(resource: PlannedResource, stack: StackUnderReview) -> Mapping[str, Value]:
    return {f"tags.{key}": value for key, value in _known(stack).items() if resource.get(f"tags.{key}")}


@rule(
    "tagging.mandatory-tags",
    title="Every resource that takes tags has the mandatory ones",
    severity=Severity.MEDIUM,
    applies_to=(
        "azure-native:resources:ResourceGroup",
        "azure-native:storage:StorageAccount",
        "azure-native:keyvault:Vault",
        "azure-native:keyvault:ManagedHsm",
        "azure-native:containerregistry:Registry",
        "azure-native:containerservice:ManagedCluster",
        "azure-native:containerservice:AgentPool",
        "azure-native:operationalinsights:Workspace",
        "azure-native:operationalinsights:Cluster",
        "azure-native:network:VirtualNetwork",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:network:AzureFirewall",
        "azure-native:network:FirewallPolicy",
        "azure-native:network:PublicIPAddress",
        "azure-native:network:PrivateEndpoint",
        "azure-native:network:RouteTable",
        "azure-native:network:ApplicationGateway",
        "azure-native:compute:VirtualMachine",
        "azure-native:compute:DiskEncryptionSet",
        "azure-native:cdn:Profile",
        "azure-native:frontdoor:Policy",
        "azure-native:dataprotection:BackupVault",
        "azure-native:attestation:AttestationProvider",
        "azure-native:managedidentity:UserAssignedIdentity",
    ),
    fix="pass tags=scope.tags(<class of data>)",
    example="a storage account without tag owner",
    remediate=own_tags,
)
def mandatory_tags(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without an owner nobody answers, and without a class nobody knows what a breach means."""
    tags = _tags(resource)
    if tags is UNKNOWN:
        return not_evaluated("tags are known only after deployment")
    if not isinstance(tags, dict):
        return refused(f"has no tags; mandatory: {', '.join(MANDATORY)}")
    missing = [key for key in MANDATORY if not tags.get(key)]
    return refused(f"lacks tag {', '.join(missing)}") if missing else PASSED


@rule(
    "tagging.class-is-known",
    title="The class of data is one that the project knows",
    severity=Severity.MEDIUM,
    applies_to=AZURE,
    fix=f"tag data-classification as one of {', '.join(CLASSES)}",
    example="a storage account of data-classification 'misc'",
)
def class_known(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Rules on health data look for the class: a misspelt one escapes them."""
    value = resource.get("tags.data-classification")
    if value is MISSING or value is UNKNOWN or value in CLASSES:
        return PASSED
    return refused(f"data-classification is '{value}'; allowed: {', '.join(CLASSES)}")


@rule(
    "tagging.jurisdiction-is-this-one",
    title="Tags name this stack's jurisdiction and environment",
    severity=Severity.HIGH,
    applies_to=AZURE,
    fix="pass tags=scope.tags(<class of data>)",
    example="a resource of stack eu-prod tagged jurisdiction uk",
    remediate=_right_tags,
)
def jurisdiction_matches(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Evidence is gathered by tag: a wrong one puts the resource before the wrong authority."""
    for key, value in _known(stack).items():
        found = resource.get(f"tags.{key}")
        if isinstance(found, str) and found != value:
            return refused(f"is tagged {key} '{found}' in a stack of {value}")
    return PASSED
