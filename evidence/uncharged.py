"""Types that have no meter running while they merely exist.

Exact names, and whole families only where no member is charged: a type that is missed here is reported as without a
known price, which is the harmless error of the two.
"""

from typing import Final

FREE_FAMILIES: Final = (
    "azuread:",
    "random:",
    "kubernetes:",
    "azure-native:aadiam:",
    "azure-native:authorization:",
    "azure-native:consumption:",
    "azure-native:managedidentity:",
    "azure-native:policyinsights:",
    "azure-native:resources:",
)
"""Permissions, settings, and what runs on nodes that are counted already."""
FREE: Final = frozenset(
    {
        "azure-native:applicationinsights:Workbook",
        "azure-native:attestation:AttestationProvider",
        "azure-native:cdn:AFDCustomDomain",
        "azure-native:cdn:AFDEndpoint",
        "azure-native:cdn:AFDOrigin",
        "azure-native:cdn:AFDOriginGroup",
        "azure-native:cdn:Route",
        "azure-native:cdn:SecurityPolicy",
        "azure-native:compute:DiskEncryptionSet",
        "azure-native:compute:VirtualMachineExtension",
        "azure-native:containerservice:MaintenanceConfiguration",
        "azure-native:containerservice:TrustedAccessRoleBinding",
        "azure-native:dashboard:DashboardDefinition",
        "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
        "azure-native:dbforpostgresql:Configuration",
        "azure-native:dbforpostgresql:Database",
        "azure-native:kubernetesconfiguration:Extension",
        "azure-native:monitor:DataCollectionEndpoint",
        "azure-native:monitor:DataCollectionRule",
        "azure-native:monitor:DataCollectionRuleAssociation",
        "azure-native:monitor:PrivateLinkScope",
        "azure-native:monitor:PrivateLinkScopedResource",
        "azure-native:network:FirewallPolicyRuleCollectionGroup",
        "azure-native:network:NetworkInterface",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:network:NetworkSecurityPerimeterAccessRule",
        "azure-native:network:NetworkSecurityPerimeterAssociation",
        "azure-native:network:NetworkSecurityPerimeterProfile",
        "azure-native:network:NetworkWatcher",
        "azure-native:network:PrivateDnsZoneGroup",
        "azure-native:network:Route",
        "azure-native:network:RouteTable",
        "azure-native:network:VirtualNetwork",
    }
)
"""Settings and parts of another resource, which carries the price."""
BY_USE_FAMILIES: Final = (
    "azure-native:dataprotection:",
    "azure-native:securityinsights:",
    "azure-native:storage:",
)
BY_USE: Final = frozenset(
    {
        "azure-native:alertsmanagement:PrometheusRuleGroup",
        "azure-native:appconfiguration:KeyValue",
        "azure-native:keyvault:Vault",
        "azure-native:logic:Workflow",
        "azure-native:machinelearningservices:Workspace",
        "azure-native:monitor:ActionGroup",
        "azure-native:monitor:AzureMonitorWorkspace",
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:network:FlowLog",
        "azure-native:operationalinsights:LinkedService",
        "azure-native:operationalinsights:Table",
        "azure-native:operationalinsights:Workspace",
        "azure-native:privatedns:PrivateRecordSet",
        "azure-native:privatedns:VirtualNetworkLink",
        "azure-native:security:Pricing",
        "kubernetes:core/v1:PersistentVolume",
        "kubernetes:core/v1:PersistentVolumeClaim",
    }
)
"""Charged by what goes through or lies in them, or by what they watch: a plan can't say how much that will be."""


def is_by_use(token: str) -> bool:
    """Whether only use is charged."""
    return token in BY_USE or token.startswith(BY_USE_FAMILIES)


def is_uncharged(token: str) -> bool:
    """Whether nothing is charged for existing."""
    return is_by_use(token) or token in FREE or token.startswith(FREE_FAMILIES)
