"""For every rule, one thing broken in a compliant plan, and what else is rightly refused with it.

The table is data: a rule without a row fails `test_every_rule_can_refuse.py`.
"""

import copy
from dataclasses import replace
from uuid import UUID, uuid5

from plan.model import Plan
from tests.plans import Matches, added, changed, swapped, where, without
from tests.policies import open_paths
from tests.policies.mutation import Mutation
from tests.policies.mutations_of_admission import OF_ADMISSION
from tests.policies.mutations_of_cluster import CLUSTER, OF_CLUSTER_TOO
from tests.policies.mutations_of_images import OF_IMAGES
from tests.policies.mutations_of_models import OF_MODELS, OF_MODELS_TOO
from tests.policies.mutations_of_settings import RIGHTLY_TOO, SETTINGS
from tests.policies.mutations_of_tenants import TENANTS
from tests.policies.mutations_of_trials import LIVES, TRIALS


def put(
    short: str, path: str, value: object, *, only: Matches | None = None, stack: str = "eu-prod", also: str = ""
) -> Mutation:
    """Another value, or none, at a path of one resource."""
    return Mutation(
        breaks=lambda plan: changed(plan, short, path, value, only), stack=stack, also=frozenset(also.split())
    )


def drop(*shorts: str, only: Matches | None = None, stack: str = "eu-prod", also: str = "") -> Mutation:
    """No resource of these types."""
    return Mutation(breaks=lambda plan: without(plan, *shorts, only=only), stack=stack, also=frozenset(also.split()))


def add(short: str, also: str = "", stack: str = "eu-prod", **inputs: object) -> Mutation:
    """One resource more."""
    return Mutation(breaks=lambda plan: added(plan, short, inputs), stack=stack, also=frozenset(also.split()))


WORKLOADS: Matches = lambda found: "registry-kubelet" in found.name  # noqa: E731 a table's shorthand
ACTIVATION = "azuread:index/groupRoleManagementPolicy:GroupRoleManagementPolicy"
APP = "azuread:index/application:Application"
SIGN_IN = "azuread:index/conditionalAccessPolicy:ConditionalAccessPolicy"
DB, ML = "dbforpostgresql:Server", "machinelearningservices:Workspace"
APPCS = "appconfiguration:ConfigurationStore"
FIRST_REGION: Matches = lambda found: "continuity" not in found.name  # noqa: E731 a table's shorthand
ARC = "azure-native:kubernetes:ConnectedCluster"
ASSIGNED = "authorization:PolicyAssignment"
AKS, POOL, VM = "containerservice:ManagedCluster", "containerservice:AgentPool", "compute:VirtualMachine"
ST, NSG, VNET = "storage:StorageAccount", "network:NetworkSecurityGroup", "network:VirtualNetwork"
BV, KV, KEY = "dataprotection:BackupVault", "keyvault:Vault", "keyvault:Key"
FWP, FWR = "network:FirewallPolicy", "network:FirewallPolicyRuleCollectionGroup"
ACR, LOG, WAF, DEP = (
    "containerregistry:Registry",
    "operationalinsights:Workspace",
    "frontdoor:Policy",
    "kubernetes:apps/v1:Deployment",
)
FOREIGN = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x/providers/Microsoft.X/y/z"
GPU, WORK = where(agentPoolName="gpu"), where(agentPoolName="workload")
FIRST = "agentPoolProfiles.0"
POD = "spec.template.spec"
RULE0 = "ruleCollections.0.rules.0"
CUSTOM = "customRules.rules"


def _nat(plan: Plan) -> Plan:
    return added(plan, "network:NatGateway", {"natGatewayName": "nat"})


def _unprotected(plan: Plan) -> Plan:
    account = plan.of_type("azure-native:storage:StorageAccount")[0]
    return swapped(plan, account, replace(account, protect=False))


def _shared_key(plan: Plan) -> Plan:
    patient = next(
        a for a in plan.of_type("azure-native:storage:StorageAccount") if "patient" in str(a.get("accountName"))
    )
    name = patient.get("encryption.keyVaultProperties.keyName")
    training = where(encryption__keyVaultProperties__keyName="training")
    return changed(plan, ST, "encryption.keyVaultProperties.keyName", name, training)


def _geo_twice(plan: Plan) -> Plan:
    rules = copy.deepcopy(plan.of_type("azure-native:frontdoor:Policy")[0].get(CUSTOM))
    assert isinstance(rules, list)
    return changed(plan, WAF, CUSTOM, [*rules, {**copy.deepcopy(rules[0]), "name": "Second", "priority": 15}])


def _rule_to_internet(plan: Plan) -> Plan:
    group = plan.of_type("azure-native:network:NetworkSecurityGroup")[0]
    rules = copy.deepcopy(group.get("securityRules"))
    assert isinstance(rules, list)
    ssh = {**copy.deepcopy(rules[0]), "name": "ssh", "access": "Allow", "direction": "Inbound", "priority": 150}
    ssh |= {"sourceAddressPrefix": "Internet", "destinationPortRange": "22", "protocol": "Tcp"}
    for key in ("sourceAddressPrefixes", "destinationPortRanges"):
        ssh.pop(key, None)
    return changed(plan, NSG, "securityRules", [*rules, ssh], lambda r: r.urn == group.urn)


def _no_denial(plan: Plan) -> Plan:
    group = plan.of_type("azure-native:network:NetworkSecurityGroup")[0]
    rules = group.get("securityRules")
    assert isinstance(rules, list)
    kept = [rule for rule in rules if rule["name"] != "deny-outbound"]
    return changed(plan, NSG, "securityRules", kept, lambda r: r.urn == group.urn)


def _odd_curve(plan: Plan) -> Plan:
    return changed(changed(plan, KEY, "properties.kty", "EC-HSM"), KEY, "properties.curveName", "P-256K")


def _role_of(value: str) -> str:
    """Its id in eu-prod's tenant, as components/callers.py draws it."""
    return str(uuid5(UUID("bf9b4e31-56f9-5ef2-bc9f-77a79ff9e476"), f"bw-eu-prod-gateway/{value}"))


MUTATIONS: dict[str, Mutation] = {
    "access.activations-are-approved": put(ACTIVATION, "activationRules.requireApproval", False),
    "access.activations-are-short": put(ACTIVATION, "activationRules.maximumDuration", "PT24H"),
    "access.break-glass-has-two-keys": drop(
        "azuread:index/privilegedAccessGroupEligibilitySchedule:PrivilegedAccessGroupEligibilitySchedule",
        only=lambda found: "break-glass" in found.name,
    ),
    "access.break-glass-is-left-out": put(SIGN_IN, "conditions.users.excludedGroups", []),
    "access.directory-is-watched": drop("aadiam:DiagnosticSetting"),
    "access.groups-hold-narrow-roles": put(
        "authorization:RoleAssignment",
        "roleDefinitionId",
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        only=where(principalType="Group"),
        also="identity.rights-on-one-thing",
    ),
    "access.nobody-is-a-standing-member": put("azuread:index/group:Group", "members", ["x"]),
    "access.old-and-foreign-sign-ins-are-blocked": put(
        "azuread:index/namedLocation:NamedLocation", "country.countriesAndRegions", ["US"]
    ),
    "access.people-read-no-data": put(
        "authorization:RoleDefinition",
        "permissions.0.dataActions",
        ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    ),
    "access.rights-are-reviewed": put("authorization:AccessReviewScheduleDefinitionById", "defaultDecision", "Approve"),
    "access.sign-ins-are-strong": put(
        SIGN_IN, "grantControls.builtInControls", ["mfa"], only=lambda found: found.name.endswith("strong-sign-in")
    ),
    "backup.failures-are-told": put(BV, "properties.monitoringSettings", None),
    "backup.instances-follow-a-policy": put("dataprotection:BackupInstance", "properties.policyInfo.policyId", FOREIGN),
    "backup.patient-data-covered": drop("dataprotection:BackupInstance", also="backup.instances-follow-a-policy"),
    "backup.vault-immutable": put(BV, "properties.securitySettings.immutabilitySettings.state", "Disabled"),
    "backup.vault-keeps-deleted": put(BV, "properties.securitySettings.softDeleteSettings.state", "Off"),
    "callers.federation-is-exact": put(
        "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential",
        "subject",
        "system:serviceaccount:*:*",
    ),
    # It keeps the role for identifiers, and may no longer send any.
    "callers.identifiers-come-back-to-their-sender": put(
        "azuread:index/appRoleAssignment:AppRoleAssignment",
        "appRoleId",
        _role_of("use-case.clinical-notes.operations"),
        only=lambda found: found.name.endswith("crm-bridge-data-class.personal"),
    ),
    "callers.must-be-assigned": put(
        "azuread:index/servicePrincipal:ServicePrincipal", "appRoleAssignmentRequired", False
    ),
    "callers.no-browser-flows": put(APP, "web", {"redirectUris": ["https://portal.example/"]}),
    "callers.no-secrets": put(APP, "owners", ["5ab6b014-5496-5043-a1f3-f5c757ca360d"]),
    "callers.roles-name-a-use-case": put(
        APP,
        "appRoles.0.value",
        "use-case.marketing.treatment",
        only=where(displayName="app-bw-eu-prod-gateway"),
        also="callers.identifiers-come-back-to-their-sender",
    ),
    "callers.single-tenant": put(APP, "signInAudience", "AzureADMultipleOrgs"),
    "callers.tokens-are-short": put(
        DEP, f"{POD}.containers.0.env.2.value", "86400", only=where(metadata__name="gateway")
    ),
    "cluster.api-server-private": put(AKS, "apiServerAccessProfile.enablePrivateClusterPublicFQDN", True),
    "cluster.azure-policy-holds": put(AKS, "addonProfiles.azurepolicy.enabled", False),
    "cluster.changes-in-windows": drop("containerservice:MaintenanceConfiguration"),
    "cluster.defender-watches": put(AKS, "securityProfile.defender", None),
    "cluster.gpu-pool-reserved": put(POOL, "nodeTaints", [], only=GPU),
    "cluster.has-uptime-promise": put(AKS, "sku.tier", "Free"),
    "cluster.identity-user-assigned": put(AKS, "identity.type", "SystemAssigned"),
    "cluster.images-cleaned": put(AKS, "securityProfile.imageCleaner.enabled", False),
    "cluster.network-policies-enforced": put(AKS, "networkProfile.networkPolicy", "none"),
    "cluster.no-local-accounts": put(AKS, "disableLocalAccounts", False),
    "cluster.no-run-command": put(AKS, "apiServerAccessProfile.disableRunCommand", None),
    "cluster.no-spot-in-prod": put(POOL, "scaleSetPriority", "Spot", only=GPU),
    "cluster.node-group-locked": put(AKS, "nodeResourceGroupProfile.restrictionLevel", "Unrestricted"),
    "cluster.nodes-have-no-public-address": put(POOL, "enableNodePublicIP", True, only=WORK),
    "cluster.nodes-stand-in-zones": put(AKS, f"{FIRST}.availabilityZones", None),
    "cluster.nodes-take-no-ssh": put(POOL, "securityProfile.sshAccess", "LocalUser", only=WORK),
    "cluster.patches-itself": put(AKS, "autoUpgradeProfile.nodeOSUpgradeChannel", "None"),
    "cluster.people-come-by-entra": put(AKS, "aadProfile.enableAzureRBAC", False),
    "cluster.secrets-come-from-vault": put(AKS, "addonProfiles.azureKeyvaultSecretsProvider.enabled", False),
    "cluster.system-pool-reserved": put(AKS, f"{FIRST}.nodeTaints", []),
    "cluster.workloads-have-identities": put(AKS, "securityProfile.workloadIdentity.enabled", False),
    "confidential.attestation-is-private": put(
        "attestation:AttestationProvider", "properties.publicNetworkAccess", "Enabled"
    ),
    "confidential.disks-bound-to-machine": put(
        VM, "storageProfile.osDisk.managedDisk.securityProfile.securityEncryptionType", "VMGuestStateOnly"
    ),
    "confidential.gpu-pool-confidential": put(POOL, "vmSize", "Standard_NC40ads_H100_v5", only=GPU),
    "confidential.machines-are-confidential": put(VM, "securityProfile.securityType", "TrustedLaunch"),
    "confidential.machines-attest": drop("compute:VirtualMachineExtension"),
    "confidential.machines-stand-in-zones": put(VM, "zones", None),
    "confidential.machines-take-no-passwords": put(
        VM, "osProfile.linuxConfiguration.disablePasswordAuthentication", False
    ),
    "confidential.pools-confidential": put(POOL, "vmSize", "Standard_D8ds_v5", only=WORK),
    "confidential.attestation-stands-in-prod": drop(
        "attestation:AttestationProvider",
        also="confidential.machines-attest-to-own-authority references.ids-resolve",
    ),
    "continuity.copies-are-planned-and-inside": put("storage:ObjectReplicationPolicy", "destinationAccount", FOREIGN),
    "continuity.front-door-fails-over": put("cdn:AFDOrigin", "priority", 1, only=where(originName="standby")),
    "continuity.objectives-can-be-kept": put(
        "resources:ResourceGroup", "tags.rto-minutes-phi", "10", only=lambda found: "continuity" in found.name
    ),
    "continuity.second-region-stands": drop(
        "dbforpostgresql:Server", only=lambda found: found.get("createMode") == "Replica"
    ),
    "continuity.standby-is-inside": put(
        "cdn:AFDOrigin",
        "sharedPrivateLinkResource.privateLinkLocation",
        "uksouth",
        only=where(originName="standby"),
        also="residency.nested-places-inside-jurisdiction",
    ),
    "database.backups-stay-inside": put(DB, "backup.geoRedundantBackup", "Enabled", stack="usgov-prod"),
    "database.has-no-public-address": put(DB, "network.publicNetworkAccess", "Enabled"),
    "database.speaks-tls-and-keeps-silent": put(
        "dbforpostgresql:Configuration", "value", "on", only=where(configurationName="pgaudit.log_parameter")
    ),
    "database.stands-in-two-zones": put(DB, "highAvailability.mode", "Disabled", only=where(createMode="Default")),
    "database.takes-no-passwords": put(DB, "authConfig.passwordAuth", "Enabled"),
    "database.uses-customer-key": put(DB, "dataEncryption.type", "SystemManaged"),
    "detection.activity-log-exported": drop(
        "monitor:DiagnosticSetting", only=lambda r: str(r.get("resourceUri")).count("/") == 2
    ),
    "detection.alerts-have-owners": drop("securityinsights:AutomationRule", also="guardrails.violations-are-answered"),
    "detection.audit-logs-kept": put("operationalinsights:Table", "totalRetentionInDays", 90),
    "detection.everything-diagnosed": drop(
        "monitor:DiagnosticSetting", only=lambda r: "Microsoft.KeyVault" in str(r.get("resourceUri"))
    ),
    "detection.firewall-tells": put(FWP, "insights.isEnabled", False),
    "detection.logs-cannot-be-exported-or-purged": put(LOG, "features.immediatePurgeDataOn30Days", True),
    "detection.platform-rules-watch": put("securityinsights:ScheduledAlertRule", "enabled", False),
    "detection.sentinel-onboarded": drop("securityinsights:SentinelOnboardingState"),
    "detection.settings-send-logs": put("monitor:DiagnosticSetting", "logs", [], only=lambda r: r.get("metrics") == []),
    "detection.workspace-private": put(LOG, "publicNetworkAccessForQuery", "Enabled"),
    "edge.delivered-from-inside": put("kubernetesconfiguration:FluxConfiguration", "sourceKind", "GitRepository"),
    "edge.identity-federated": put(ARC, "aadProfile.enableAzureRBAC", False),
    "edge.images-are-only-read": put(
        "containerregistry:ScopeMap",
        "actions",
        ["repositories/edge/*/content/read", "repositories/edge/*/content/write"],
    ),
    "edge.offline-time-is-stated": put(ARC, "tags.offline-hours", "96"),
    "edge.policies-hold-there-too": drop(
        "kubernetesconfiguration:Extension", only=lambda found: found.get("extensionType") == "microsoft.policyinsights"
    ),
    "edge.site-is-private": put(ARC, "privateLinkState", "Disabled"),
    "edge.updates-are-chosen": put(
        "kubernetesconfiguration:Extension", "autoUpgradeMinorVersion", True, only=where(extensionType="microsoft.flux")
    ),
    "egress.cluster-leaves-by-firewall": put(AKS, "networkProfile.outboundType", "loadBalancer"),
    "egress.default-route-to-firewall": put("network:Route", "nextHopType", "Internet"),
    "egress.firewall-denies-known-threats": put(FWP, "threatIntelMode", "Alert"),
    "egress.firewall-premium": put(FWP, "sku.tier", "Standard"),
    "egress.firewall-prevents-intrusions": put(FWP, "intrusionDetection.mode", "Alert"),
    "egress.firewall-stands": put("network:AzureFirewall", "sku.tier", "Standard"),
    "egress.hosts-are-known": put(
        FWR,
        "ruleCollections.0.rules.0.targetFqdns",
        ["api.example.com"],
    ),
    "egress.interfaces-without-public-address": put(
        "network:NetworkInterface", "ipConfigurations.0.publicIPAddress", {"id": FOREIGN}
    ),
    "egress.names-resolved-by-firewall": put(FWP, "dnsSettings.enableProxy", False),
    "egress.network-asks-firewall-for-names": put(VNET, "dhcpOptions", None),
    "egress.network-rules-narrow": put(
        FWR, RULE0, {"ruleType": "NetworkRule", "name": "all", "destinationAddresses": ["*"], "destinationPorts": ["1"]}
    ),
    "egress.no-default-outbound-access": put(VNET, "subnets.0.defaultOutboundAccess", True),
    "egress.no-foreign-registry": put(FWR, f"{RULE0}.targetFqdns", ["ghcr.io"], also="egress.hosts-are-known"),
    "egress.no-nat-gateway": Mutation(breaks=_nat),
    "egress.no-wildcard-over-shared-services": put(
        FWR, f"{RULE0}.targetFqdns", ["*.blob.core.windows.net"], also="egress.hosts-are-known"
    ),
    "egress.nothing-comes-in-by-firewall": put(FWR, RULE0, {"ruleType": "NatRule", "name": "in"}),
    "egress.perimeter-encloses-stores": put("network:NetworkSecurityPerimeterAssociation", "accessMode", "Learning"),
    "egress.perimeter-lets-nothing-out": put("network:NetworkSecurityPerimeterAccessRule", "direction", "Outbound"),
    "egress.public-addresses-only-at-the-edge": add(
        "network:PublicIPAddress",
        publicIpAddressName="x",
        also="detection.everything-diagnosed tagging.mandatory-tags",
    ),
    "egress.rules-name-hosts": put(FWR, f"{RULE0}.fqdnTags", ["AzureKubernetesService"]),
    "egress.subnets-routed-to-firewall": put(VNET, "subnets.0.routeTable", None),
    "encryption.backups-use-customer-key": put(BV, "properties.securitySettings.encryptionSettings", None),
    "encryption.cluster-secrets-encrypted": put(AKS, "securityProfile.azureKeyVaultKms.enabled", False),
    "encryption.disks-follow-rotation": put("compute:DiskEncryptionSet", "rotationToLatestKeyVersionEnabled", False),
    "encryption.disks-use-customer-key": put(
        "compute:DiskEncryptionSet", "encryptionType", "EncryptionAtRestWithPlatformKey"
    ),
    "encryption.keys-in-hardware": put(KEY, "properties.kty", "RSA"),
    "encryption.keys-on-sound-curves": Mutation(breaks=_odd_curve),
    "encryption.keys-rotate": put(KEY, "properties.rotationPolicy", None, also="secrets.rotate"),
    "encryption.logs-use-customer-key": drop("operationalinsights:LinkedService"),
    "encryption.node-disks-use-customer-key": put(AKS, "diskEncryptionSetID", None),
    "encryption.nodes-encrypt-caches": put(POOL, "enableEncryptionAtHost", False, only=WORK),
    "encryption.registry-uses-customer-key": put(ACR, "encryption.status", "disabled"),
    "encryption.released-keys-need-proof": put(
        KEY, "properties.releasePolicy", None, only=where(keyName="confidential-disks")
    ),
    "encryption.storage-all-services": put(ST, "encryption.services.table.keyType", "Service"),
    "encryption.storage-encrypted-twice": put(ST, "encryption.requireInfrastructureEncryption", False),
    "encryption.storage-in-transit": put(ST, "minimumTlsVersion", "TLS1_0"),
    "encryption.storage-uses-customer-key": put(ST, "encryption.keySource", "Microsoft.Storage"),
    "encryption.vaults-are-hsm-backed": put(KV, "properties.sku.name", "standard"),
    "encryption.vaults-keep-deleted-keys": put(KV, "properties.enablePurgeProtection", None),
    "encryption.vaults-use-roles": put(KV, "properties.enableRbacAuthorization", False),
    # Other rules see the single setting that opens a path; here it is the path that counts: see test_flows.py.
    "flows.everything-is-understood": Mutation(
        breaks=open_paths.with_hub, also=frozenset({"residency.types-are-known"})
    ),
    "flows.jurisdictions-stay-apart": Mutation(
        breaks=open_paths.peered,
        also=frozenset(
            [
                "flows.nothing-leaves-unlisted",
                "flows.managed-from-inside-alone",
                "flows.only-the-doors-are-open",
                "flows.everything-is-understood",
            ]
        ),
    ),
    "flows.managed-from-inside-alone": Mutation(
        breaks=open_paths.api_for_vault,
        also=frozenset(["network.no-blanket-allow", "network.nothing-from-the-internet"]),
    ),
    "flows.nothing-leaves-unlisted": Mutation(
        breaks=open_paths.straight_out,
        also=frozenset(
            ["egress.no-default-outbound-access", "egress.subnets-routed-to-firewall", "network.no-blanket-allow"]
        ),
    ),
    "flows.only-the-doors-are-open": Mutation(
        breaks=open_paths.public_store,
        also=frozenset(
            ["network.public-access-disabled", "flows.nothing-leaves-unlisted", "network.storage-denies-networks"]
        ),
    ),
    "flows.only-the-gateway-reaches-models": Mutation(breaks=open_paths.models_for_all),
    "flows.only-the-gateway-reaches-retrieval": Mutation(
        breaks=open_paths.retrieval_for_all,
        also=frozenset(["retrieval.answers-known-requests", "workload.fine-policies-open-nothing-wide"]),
    ),
    "flows.the-gateway-has-known-callers": Mutation(
        breaks=open_paths.gateway_for_all, also=frozenset(["workload.policies-open-nothing-wide"])
    ),
    "flows.training-and-patients-apart": Mutation(breaks=open_paths.learner_reads_patients),
    "guardrails.assignments-are-enforced": put(ASSIGNED, "enforcementMode", "DoNotEnforce"),
    "guardrails.defender-watches": put("security:Pricing", "pricingTier", "Free"),
    "guardrails.exemptions-are-needed": add(
        "authorization:PolicyExemption",
        stack="uk-prod",
        metadata={"exception": "front-door-edge"},
        expiresOn="2026-12-01T00:00:00Z",
    ),
    "guardrails.exemptions-are-on-record": put("authorization:PolicyExemption", "expiresOn", None),
    "guardrails.groups-hold-what-all-share": put(
        ASSIGNED,
        "scope",
        "/providers/Microsoft.Management/managementGroups/mg-bw-eu",
        only=where(policyAssignmentName="bw-diagnostics"),
    ),
    "guardrails.locations-are-the-jurisdictions": put(ASSIGNED, "parameters.listOfAllowedLocations.value", ["eastus"]),
    "guardrails.nothing-hides-in-templates": put(
        "resources:Deployment",
        "properties.template.resources",
        [{"type": "Microsoft.Storage/storageAccounts"}],
        only=lambda found: "connection" in found.name,
    ),
    "guardrails.own-definitions-deny": put("authorization:PolicyDefinition", "policyRule.then.effect", "audit"),
    "guardrails.policies-assigned": drop(ASSIGNED, only=where(policyAssignmentName="bw-allowed-locations")),
    "guardrails.remediation-rights-are-narrow": put(
        "authorization:RoleAssignment",
        "roleDefinitionId",
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
        only=lambda found: "guardrails" in found.urn,
    ),
    "guardrails.remediations-run": drop("policyinsights:RemediationAtSubscription"),
    "guardrails.violations-are-answered": put("logic:Workflow", "state", "Disabled"),
    "identity.federation-names-one-account": put(
        "managedidentity:FederatedIdentityCredential", "subject", "system:serviceaccount:*:*"
    ),
    "identity.no-broad-roles": put(
        "authorization:RoleAssignment",
        "roleDefinitionId",
        "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c",
        only=WORKLOADS,
    ),
    "identity.no-wildcard-definitions": add("authorization:RoleDefinition", permissions=[{"actions": ["*"]}]),
    "identity.principals-are-typed": put("authorization:RoleAssignment", "principalType", "User", only=WORKLOADS),
    "identity.rights-on-one-thing": put("authorization:RoleAssignment", "scope", "/subscriptions/x", only=WORKLOADS),
    "learning.network-is-approved-only": put(ML, "managedNetwork.isolationMode", "AllowInternetOutbound"),
    "learning.stores-take-identities": put(ML, "systemDatastoresAuthMode", "AccessKey"),
    "learning.uses-customer-key": put(ML, "encryption.status", "Disabled"),
    "network.denies-by-default": Mutation(breaks=_no_denial),
    "network.flows-recorded": drop("network:FlowLog"),
    "network.monitoring-is-private": put("monitor:PrivateLinkScope", "accessModeSettings.ingestionAccessMode", "Open"),
    "network.no-blanket-allow": put(NSG, "securityRules.0.sourceAddressPrefix", "VirtualNetwork"),
    "network.nothing-from-the-internet": Mutation(
        breaks=_rule_to_internet, also=frozenset({"network.no-blanket-allow"})
    ),
    "network.no-service-endpoints": put(VNET, "subnets.0.serviceEndpoints", [{"service": "Microsoft.Storage"}]),
    "network.private-zones-linked": drop("privatedns:VirtualNetworkLink"),
    "network.public-access-disabled": put(ST, "publicNetworkAccess", "Enabled"),
    "network.service-tags-regional": put(NSG, "securityRules.0.destinationAddressPrefix", "Storage"),
    "network.services-have-private-endpoint": drop("network:PrivateEndpoint", also="edge.site-is-private"),
    "network.storage-denies-networks": put(ST, "networkRuleSet.defaultAction", "Allow"),
    "network.subnets-have-security-group": put(VNET, "subnets.0.networkSecurityGroup", None),
    "network.vaults-have-no-public-access": put(KV, "properties.publicNetworkAccess", "Enabled"),
    "portal.admits-permitted-countries-only": put(WAF, f"{CUSTOM}.0.matchConditions.0.matchValue", ["US"]),
    "portal.caches-nothing": put("cdn:Route", "cacheConfiguration", {"queryStringCachingBehavior": "UseQueryString"}),
    "portal.floods-are-limited": put(WAF, f"{CUSTOM}.1.ruleType", "MatchRule"),
    "portal.gateway-tls-is-modern": put(
        "network:ApplicationGateway", "sslPolicy.policyName", "AppGwSslPolicy20150501", stack="uk-prod"
    ),
    "portal.geo-rule-holds": Mutation(breaks=_geo_twice),
    "portal.has-web-firewall": drop(WAF),
    "portal.https-only": put("cdn:Route", "forwardingProtocol", "MatchRequest"),
    "portal.logs-are-scrubbed": put(WAF, "policySettings.state", "Disabled"),
    "portal.origin-is-private": put(
        "cdn:AFDOrigin",
        "sharedPrivateLinkResource",
        None,
        # A public origin is no second one, and lies nowhere.
        also="continuity.front-door-fails-over continuity.objectives-can-be-kept continuity.standby-is-inside",
    ),
    "portal.profile-premium": put("cdn:Profile", "sku.name", "Standard_AzureFrontDoor"),
    "portal.tls-is-modern": put("cdn:AFDCustomDomain", "tlsSettings.minimumTlsVersion", "TLS10"),
    "portal.waf-has-managed-rules": put(WAF, "managedRules.managedRuleSets", []),
    "portal.waf-on-every-name": drop("cdn:SecurityPolicy"),
    "portal.waf-prevents": put(WAF, "policySettings.mode", "Detection"),
    "prompts.every-version-is-a-snapshot": put(
        "resources:Deployment", "properties.template.resources", [], only=lambda found: "snapshot" in found.name
    ),
    "prompts.store-has-no-access-keys": put(APPCS, "disableLocalAuth", False),
    "prompts.store-keeps-what-was-deleted": put(APPCS, "enablePurgeProtection", False),
    "prompts.store-uses-customer-key": put(APPCS, "encryption", None),
    "prompts.use-cases-are-pinned": drop("appconfiguration:KeyValue"),
    "registry.cleans-untagged": put(ACR, "policies.retentionPolicy", None),
    "registry.exports-nothing": put(ACR, "policies.exportPolicy.status", "enabled"),
    "registry.no-passwords": put(ACR, "adminUserEnabled", True),
    "registry.own-data-endpoint": put(ACR, "dataEndpointEnabled", False),
    "registry.premium": put(ACR, "sku.name", "Standard"),
    "registry.scans-before-use": put(ACR, "policies.quarantinePolicy.status", "disabled"),
    "registry.trusts-no-bystander": put(ACR, "networkRuleBypassOptions", "AzureServices"),
    "registry.zone-redundant": put(ACR, "zoneRedundancy", "Disabled"),
    "residency.backup-stays-in-region": put(BV, "properties.storageSettings.0.type", "GeoRedundant"),
    "residency.key-custody-as-law-asks": put(
        ST, "encryption.keyVaultProperties.keyVaultUri", "https://shared.vault.azure.net/"
    ),
    "residency.keys-released-inside": put(
        KEY,
        "properties.releasePolicy.data",
        '{"version":"1.0.0","anyOf":[{"authority":"https://sharedeus.eus.attest.azure.net","allOf":[]}]}',
        only=where(keyName="confidential-disks"),
    ),
    "residency.logs-stay-inside": put("monitor:DiagnosticSetting", "workspaceId", FOREIGN),
    "residency.nested-places-inside-jurisdiction": put(
        "cdn:AFDOrigin",
        "sharedPrivateLinkResource.privateLinkLocation",
        "eastus",
        also="continuity.standby-is-inside",
    ),
    "residency.no-global-data-plane": add("maps:Account", accountName="maps", also="residency.types-are-known"),
    "residency.outputs-carry-no-person": put(ST, "tags.patient-name", "Jane Doe"),
    "residency.region-inside-jurisdiction": put(ST, "location", "eastus", only=FIRST_REGION),
    "residency.registry-replicated-inside": add(
        "containerregistry:Replication", location="centralus", also="residency.region-inside-jurisdiction"
    ),
    "residency.storage-not-shared-across-tenants": put(ST, "allowedCopyScope", None),
    "residency.storage-redundancy-inside-region": put(ST, "sku.name", "Standard_GRS"),
    "residency.types-are-known": add("cognitiveservices:Deployment", deploymentName="gpt"),
    "runner.has-no-way-in": put("app:ManagedEnvironment", "publicNetworkAccess", "Enabled"),
    "runner.pipeline-starts-previews-only": put(
        "authorization:RoleDefinition",
        "permissions.0.actions",
        ["Microsoft.App/jobs/write"],
        only=lambda found: found.name == "runner-start-role",
    ),
    "runner.reads-no-data": put(
        "authorization:RoleDefinition",
        "permissions.0.notActions",
        [],
        only=lambda found: found.name.endswith("runner-apply-role"),
    ),
    "runner.runs-a-pinned-program": put("app:Job", "configuration.triggerType", "Schedule"),
    "secrets.no-kubernetes-secrets": add("kubernetes:core/v1:Secret", stringData={"x": "y"}),
    "secrets.none-in-the-plan": put(ST, "tags.note", "gh" + "p_" + "0aZ" * 12),
    "secrets.rotate": put(KEY, "properties.rotationPolicy.lifetimeActions.0.trigger.timeAfterCreate", "P2Y"),
    "storage.data-is-protected": Mutation(breaks=_unprotected),
    "storage.deletions-can-be-undone": put("storage:BlobServiceProperties", "isVersioningEnabled", False),
    "storage.evidence-is-written-once": drop("storage:BlobContainerImmutabilityPolicy"),
    "storage.groups-locked": drop("authorization:ManagementLockByScope"),
    "storage.no-open-service-exception": put(ST, "networkRuleSet.bypass", "AzureServices"),
    "storage.no-public-blobs": put("storage:BlobContainer", "publicAccess", "Blob"),
    "storage.no-shared-keys": put(ST, "allowSharedKeyAccess", None),
    "storage.training-and-patient-data-apart": Mutation(breaks=_shared_key),
    "tagging.class-is-known": put(ST, "tags.data-classification", "misc"),
    "tagging.jurisdiction-is-this-one": put(ST, "tags.jurisdiction", "uk"),
    "tagging.mandatory-tags": put(ST, "tags.owner", None),
    "telemetry.collected-privately": put(
        "monitor:DataCollectionEndpoint", "networkAcls.publicNetworkAccess", "Enabled"
    ),
    "telemetry.container-logs-arrive": put(
        "monitor:DataCollectionRule",
        "dataFlows.0.streams",
        ["Microsoft-KubeEvents"],
        only=lambda found: "container-logs" in found.name,
    ),
    "telemetry.grafana-is-closed": put("dashboard:Grafana", "properties.apiKey", "Enabled"),
    "telemetry.model-output-stays-unread": drop(
        "kubernetes:core/v1:ConfigMap", only=where(metadata__name="container-azm-ms-agentconfig")
    ),
    "telemetry.numbers-are-collected": put(AKS, "azureMonitorProfile.metrics.enabled", False),
    "telemetry.somebody-is-called": put("monitor:ActionGroup", "location", "Global"),
    "workload.disruptions-bounded": drop("kubernetes:policy/v1:PodDisruptionBudget"),
    "workload.images-by-digest": put(
        DEP,
        f"{POD}.containers.0.image",
        "acrbweuprod.azurecr.io/bailiwick/vllm:latest",
        only=where(metadata__name="vllm"),
    ),
    "workload.images-from-own-registry": put(
        DEP, f"{POD}.containers.0.image", f"docker.io/x@sha256:{'0' * 64}", only=where(metadata__name="vllm")
    ),
    "workload.limits-set": put(DEP, f"{POD}.containers.0.resources", {}),
    "workload.lives-in-own-namespaces": put(
        "kubernetes:core/v1:Service", "metadata.namespace", "default", only=where(metadata__name="partners")
    ),
    "workload.models-are-pinned": put(DEP, "spec.template.metadata.annotations", {}, only=where(metadata__name="vllm")),
    "workload.models-call-nobody": put(DEP, f"{POD}.containers.0.env", [], only=where(metadata__name="vllm")),
    "workload.namespaces-deny-by-default": drop(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy", only=where(metadata__name="deny-everything")
    ),
    "workload.namespaces-restricted": put(
        "kubernetes:core/v1:Namespace", "metadata.labels", {}, only=where(metadata__name="gateway")
    ),
    "workload.never-root": put(DEP, f"{POD}.securityContext.runAsNonRoot", False),
    "workload.no-privileges": put(DEP, f"{POD}.containers.0.securityContext.privileged", True),
    "workload.no-secret-in-environment": put(
        DEP,
        f"{POD}.containers.0.env",
        [{"name": "API_KEY", "value": "x"}],
        only=where(metadata__name="gateway"),
        also="callers.tokens-are-short",
    ),
    "workload.no-token-by-default": put(DEP, f"{POD}.automountServiceAccountToken", True),
    "workload.policies-open-nothing-wide": put(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "spec.egress",
        [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
        only=where(metadata__name="gateway"),
    ),
    "workload.read-only-root": put(DEP, f"{POD}.containers.0.securityContext.readOnlyRootFilesystem", False),
    "workload.services-internal": put(
        "kubernetes:core/v1:Service", "metadata.annotations", {}, only=where(metadata__name="partners")
    ),
    "workload.shares-nothing-with-node": put(DEP, f"{POD}.hostNetwork", True),
    "workload.system-calls-filtered": put(DEP, f"{POD}.securityContext.seccompProfile.type", "Unconfined"),
    "workload.users-are-nobody-on-the-node": put(DEP, f"{POD}.securityContext.runAsUser", 1000),
}
MUTATIONS |= {**SETTINGS, **OF_ADMISSION, **OF_IMAGES, **OF_MODELS, **CLUSTER, **TENANTS, **TRIALS, **LIVES}
for too in (RIGHTLY_TOO, OF_CLUSTER_TOO, OF_MODELS_TOO):
    for rule_id, more in too.items():
        MUTATIONS[rule_id] = replace(MUTATIONS[rule_id], also=MUTATIONS[rule_id].also | set(more.split()))
