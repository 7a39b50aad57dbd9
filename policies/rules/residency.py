"""Data stays inside: every place where it comes to rest or passes, not only the `location` of a resource."""

import json
from collections.abc import Iterable

from plan.arm_types import arm_types
from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.require import require, show
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import (
    AZURE,
    BACKUP_VAULT,
    DIAGNOSTIC,
    HSM,
    KEY,
    PROFILE,
    REPLICATION,
    STORAGE,
    WORKSPACE,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

SET_REGION = "set bailiwick:region in Pulumi.<stack>.yaml to one of these"
LOCAL_SKUS = ("Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS")
"""Redundancy that keeps copies in the region: learn.microsoft.com/azure/storage/common/storage-redundancy"""


def _region(value: Value, path: str, stack: StackUnderReview) -> Verdict:
    allowed = stack.jurisdiction.regions
    if value is MISSING:
        return PASSED
    if value is UNKNOWN:
        return not_evaluated(f"{path} is known only after deployment")
    if isinstance(value, str) and value.replace(" ", "").lower() in allowed:
        return PASSED
    place = "is in" if path == "location" else f"has {path}"
    return refused(f"{place} {show(value)}; jurisdiction {stack.jurisdiction.id} allows {', '.join(allowed)}")


@rule(
    "residency.region-inside-jurisdiction",
    title="Every regional resource is in a region of the jurisdiction",
    severity=Severity.CRITICAL,
    applies_to=AZURE,
    fix=SET_REGION,
    example="storage account in location 'eastus' of stack eu-prod",
)
def region_inside_jurisdiction(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A resource's region decides whose authorities can reach the data in it. Global resources are judged apart."""
    location = resource.get("location")
    if isinstance(location, str) and location.lower() == "global":
        return PASSED
    return _region(location, "location", stack)


@rule(
    "residency.nested-places-inside-jurisdiction",
    title="Replicas, private links and analytics name regions of the jurisdiction",
    severity=Severity.CRITICAL,
    applies_to=AZURE,
    fix=SET_REGION,
    example="an origin of Front Door with privateLinkLocation 'eastus'",
)
def nested_places_inside(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure Policy's allowed-locations looks at one property; data also goes where replicas and links are named."""
    paths = (
        "sharedPrivateLinkResource.privateLinkLocation",
        "properties.regions[*].name",
        "replicatedRegions[*]",
        "flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration.workspaceRegion",
        "replication.location",
        "locations[*].locationName",
        "additionalLocations[*].location",
    )
    return all_of(_region(value, where, stack) for path in paths for where, value in resource.each(path))


@rule(
    "residency.registry-replicated-inside",
    title="The registry is replicated to regions of the jurisdiction only",
    severity=Severity.HIGH,
    applies_to=REPLICATION,
    fix="remove the replication, or name the region's pair inside the jurisdiction",
    example="registry replication in 'centralus', the default of a public baseline",
)
def registry_replicated_inside(replication: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Model images carry prompts' templates and weights' addresses; a copy abroad is a copy under another law."""
    value = replication.get("location")
    return refused("location is not set") if value is MISSING else _region(value, "location", stack)


@rule(
    "residency.storage-redundancy-inside-region",
    title="Storage is not replicated to a paired region",
    severity=Severity.CRITICAL,
    applies_to=STORAGE,
    fix="use Standard_ZRS; a copy elsewhere is made by a second stack inside the jurisdiction",
    example="a storage account with sku Standard_GRS in a region whose pair lies outside",
)
def storage_redundancy(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure chooses the pair of a geo-redundant account; for some regions it lies in another country."""
    return require(account, "sku.name", one_of=LOCAL_SKUS)


@rule(
    "residency.storage-not-shared-across-tenants",
    title="Storage is not replicated to, or copied by, another tenant",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="set allowCrossTenantReplication to false and allowedCopyScope to PrivateLink",
    example="a storage account without allowedCopyScope",
    remediate=True,
)
def storage_not_shared(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Object replication into a foreign tenant needs no network path: the platform itself carries the data out."""
    return all_of(
        (
            require(account, "allowCrossTenantReplication", equals=False),
            require(account, "allowedCopyScope", one_of=("PrivateLink", "AAD")),
        )
    )


@rule(
    "residency.backup-stays-in-region",
    title="Backups stay in the region, and are restored there",
    severity=Severity.CRITICAL,
    applies_to=BACKUP_VAULT,
    fix="use ZoneRedundant storage and leave cross-region restore disabled",
    example="a backup vault with GeoRedundant storage, the default of a public module",
)
def backup_in_region(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A geo-redundant backup is a full copy of patient data in a region that Azure chooses."""
    return all_of(
        (
            require(vault, "properties.storageSettings[*].type", one_of=("ZoneRedundant", "LocallyRedundant")),
            require(
                vault,
                "properties.featureSettings.crossRegionRestoreSettings.state",
                equals="Disabled",
                default="Disabled",
            ),
        )
    )


@rule(
    "residency.no-global-data-plane",
    title="No service carries patient traffic through a worldwide edge, unless on record",
    severity=Severity.CRITICAL,
    applies_to=(
        PROFILE,
        "azure-native:network:TrafficManagerProfile",
        "azure-native:communication:CommunicationService",
        "azure-native:maps:Account",
    ),
    fix="set bailiwick:portal.mode to regional, or have the DPO record an exception in jurisdictions/",
    example="an Azure Front Door profile in a jurisdiction that records no exception for it",
)
def no_global_data_plane(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A worldwide edge ends TLS wherever it likes; Front Door stands outside the EU Data Boundary."""
    return refused("carries traffic through points of presence outside the jurisdiction")


@stack_rule(
    "residency.logs-stay-inside",
    title="Every diagnostic setting leads to the stack's own workspace",
    severity=Severity.CRITICAL,
    applies_to=(DIAGNOSTIC, WORKSPACE),
    fix="let components/diagnostics.py make the setting; it knows one workspace",
    example="a diagnostic setting whose workspaceId is in another subscription",
)
def logs_stay_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """The API does not mind a workspace in another country, and logs say who was treated for what."""
    settings = stack.of_type(DIAGNOSTIC)
    if not settings:
        return absent(stack, "the plan has no diagnostic setting")
    return judged(
        settings,
        lambda setting: all_of(
            (
                stack.require_target(setting, "workspaceId", WORKSPACE),
                require(setting, "eventHubAuthorizationRuleId", absent=True),
                require(setting, "marketplacePartnerId", absent=True),
            )
        ),
    )


@rule(
    "residency.keys-released-inside",
    title="Keys are released to machines on the word of attestation authorities in the jurisdiction only",
    severity=Severity.CRITICAL,
    applies_to=KEY,
    fix="make the policy with components/key_release.py",
    example="a release policy that trusts sharedeus.eus.attest.azure.net, as the public sample does",
)
def keys_released_inside(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The public sample trusts 25 authorities worldwide: a key could be released on another country's word."""
    data = key.get("properties.releasePolicy.data")
    if data is MISSING:
        return PASSED
    if not isinstance(data, str):
        return not_evaluated("the release policy is known only after deployment")
    known = {region.attestation_authority for region in stack.jurisdiction.regions.values()}
    try:
        clauses = json.loads(data)["anyOf"]
        trusted = [str(clause["authority"]).rstrip("/") for clause in clauses]
    except (ValueError, KeyError, TypeError):
        return refused("the release policy is not of the form that Azure documents")
    foreign = [authority for authority in trusted if authority not in known]
    return refused(f"trusts {', '.join(foreign)}, outside the jurisdiction") if foreign or not trusted else PASSED


@stack_rule(
    "residency.key-custody-as-law-asks",
    title="Keys are kept where the jurisdiction asks: a managed HSM in prod",
    severity=Severity.CRITICAL,
    applies_to=(HSM, STORAGE),
    fix="set bailiwick:keys.custody to managed-hsm",
    example="a prod stack without a managed HSM",
)
def key_custody(stack: StackUnderReview) -> Iterable[Judged]:
    """Only a managed HSM's security domain is the operator's alone; a shared vault is the cloud's too."""
    if stack.jurisdiction.key_custody.get("prod" if stack.is_prod else "dev") != "managed-hsm":
        return [(None, PASSED)]
    modules = stack.of_type(HSM)
    if not modules:
        return absent(stack, "the plan has no managed HSM")
    return judged(stack.of_type(STORAGE), lambda account: _kept_in_hsm(account, stack))


def _kept_in_hsm(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    uri = account.get("encryption.keyVaultProperties.keyVaultUri")
    if isinstance(uri, str):
        suffix = stack.jurisdiction.cloud.suffixes["managedhsm"]
        inside = uri.rstrip("/").endswith("." + suffix)
        return PASSED if inside else refused(f"its key is in {uri}, not in a managed HSM")
    if uri is MISSING:
        return refused("it has no key of the operator's")
    origins = account.property_dependencies.get("encryption", ())
    modules = {module.urn for module in stack.of_type(HSM)}
    return PASSED if modules & set(origins) else not_evaluated("its key's place is known only after deployment")


@rule(
    "residency.outputs-carry-no-person",
    title="Names and tags carry no personal data",
    severity=Severity.MEDIUM,
    applies_to=AZURE,
    fix="let components/naming.py and scope.tags make names and tags",
    example="a tag patient='Jane Doe'",
)
def metadata_without_persons(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """ARM replicates names and tags worldwide, outside every data boundary."""
    tags = resource.get("tags")
    if not isinstance(tags, dict):
        return not_evaluated("tags are known only after deployment") if tags is UNKNOWN else PASSED
    banned = ("patient", "nhs", "ssn", "diagnosis", "birth", "mrn")
    found = [key for key in tags if any(word in key.lower() for word in banned)]
    return refused(f"tags {', '.join(found)} name what belongs to persons") if found else PASSED


@rule(
    "residency.types-are-known",
    title="The plan holds only types that the packs know",
    severity=Severity.HIGH,
    applies_to=AZURE,
    fix="add the type to plan/arm_types.yaml, with rules that judge it, or remove the resource",
    example="an Azure OpenAI deployment in a stack of this project",
)
def types_known(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """No rule looks at a type that nobody thought of: it would pass by absence, as a hosted model would."""
    return PASSED if resource.type in arm_types() else refused(f"is of type {resource.type}, which no rule judges")
