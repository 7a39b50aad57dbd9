"""Which types of a plan reachability reads, and which it may pass over; whatever is in neither list is unjudged.

A type is passed over where data neither lives in it nor goes by it: rights, policies, settings of something else.
"""

from collections.abc import Iterator
from functools import lru_cache

from plan.model import Plan
from plan.reachability.clusters import WORKLOADS
from plan.reachability.model import Hop

_NETWORK = """
VirtualNetwork Subnet VirtualNetworkPeering NetworkSecurityGroup SecurityRule RouteTable Route NatGateway
PublicIPAddress PublicIPPrefix NetworkInterface ApplicationSecurityGroup AzureFirewall FirewallPolicy
FirewallPolicyRuleCollectionGroup IpGroup VirtualNetworkGateway VirtualNetworkGatewayConnection LocalNetworkGateway
PrivateEndpoint PrivateLinkService LoadBalancer ApplicationGateway BastionHost FlowLog
NetworkSecurityPerimeter NetworkSecurityPerimeterProfile NetworkSecurityPerimeterAccessRule
NetworkSecurityPerimeterAssociation
DdosProtectionPlan DdosCustomPolicy NetworkWatcher PrivateDnsZoneGroup WebApplicationFirewallPolicy
NetworkSecurityPerimeterLoggingConfiguration ServiceEndpointPolicy ServiceEndpointPolicyDefinition CustomIPPrefix
"""
_READ = """
app:ContainerApp app:Job app:ManagedEnvironment
appconfiguration:ConfigurationStore appconfiguration:Replica
attestation:AttestationProvider
cdn:AFDEndpoint cdn:AFDOrigin cdn:AFDOriginGroup cdn:Profile cdn:Route
cognitiveservices:Account
compute:Disk compute:Snapshot compute:VirtualMachine compute:VirtualMachineScaleSet
containerregistry:CacheRule containerregistry:Registry containerregistry:Replication containerregistry:Webhook
containerservice:AgentPool containerservice:ManagedCluster
cosmosdb:DatabaseAccount
dashboard:Grafana dashboard:ManagedPrivateEndpoint
dataprotection:BackupInstance dataprotection:BackupVault
dbforpostgresql:FirewallRule dbforpostgresql:Server
eventgrid:EventSubscription eventgrid:SystemTopic eventgrid:SystemTopicEventSubscription
eventhub:Namespace
hybridcompute:PrivateLinkScope
keyvault:ManagedHsm keyvault:Vault
kubernetes:ConnectedCluster
kubernetesconfiguration:Extension kubernetesconfiguration:FluxConfiguration
logic:Workflow
machinelearningservices:Workspace
managedidentity:FederatedIdentityCredential managedidentity:UserAssignedIdentity
monitor:ActionGroup monitor:AzureMonitorWorkspace monitor:DataCollectionEndpoint monitor:DataCollectionRule
monitor:DataCollectionRuleAssociation monitor:DiagnosticSetting monitor:PrivateLinkScope
monitor:PrivateLinkScopedResource monitor:SubscriptionDiagnosticSetting aadiam:DiagnosticSetting
operationalinsights:DataExport operationalinsights:Workspace
recoveryservices:ProtectedItem recoveryservices:Vault
redis:Redis
resources:Deployment
search:Service search:SharedPrivateLinkResource
servicebus:Namespace
sql:Database sql:Server
storage:BlobContainer storage:LocalUser storage:ObjectReplicationPolicy storage:StorageAccount
storage:StorageAccountStaticWebsite
web:Connection
"""
_PASSED_OVER = """
advisor:* alertsmanagement:* authorization:* billing:* blueprint:* consumption:* costmanagement:* features:*
guestconfiguration:* maintenance:* management:* policyinsights:* portal:* privatedns:* resourcehealth:* security:*
aadiam:PrivateLinkForAzureAd
appconfiguration:KeyValue
applicationinsights:Workbook applicationinsights:WorkbookTemplate
cdn:AFDCustomDomain cdn:Rule cdn:RuleSet cdn:Secret cdn:SecurityPolicy
compute:AvailabilitySet compute:DiskEncryptionSet compute:ProximityPlacementGroup compute:SshPublicKey
compute:VirtualMachineExtension
containerregistry:ScopeMap containerregistry:Token
containerservice:MaintenanceConfiguration containerservice:TrustedAccessRoleBinding
dashboard:Dashboard dashboard:DashboardDefinition
dataprotection:BackupPolicy dataprotection:ResourceGuard
dbforpostgresql:AdministratorsMicrosoftEntra dbforpostgresql:Administrator dbforpostgresql:Configuration
dbforpostgresql:Database
dns:*
frontdoor:Policy
keyvault:AccessPolicy keyvault:Key keyvault:Secret
monitor:ActivityLogAlert monitor:AutoscaleSetting monitor:MetricAlert monitor:ScheduledQueryRule
operationalinsights:Cluster operationalinsights:LinkedService operationalinsights:Query
operationalinsights:QueryPack operationalinsights:SavedSearch operationalinsights:Table
recoveryservices:ProtectionPolicy
resources:ResourceGroup resources:Tag*
securityinsights:AADDataConnector securityinsights:ASCDataConnector securityinsights:AutomationRule
securityinsights:FusionAlertRule securityinsights:MicrosoftSecurityIncidentCreationAlertRule
securityinsights:ScheduledAlertRule securityinsights:SentinelOnboardingState securityinsights:Watchlist
storage:BlobContainerImmutabilityPolicy storage:BlobContainerLegalHold storage:BlobServiceProperties
storage:EncryptionScope storage:FileServiceProperties storage:FileShare storage:ManagementPolicy storage:Queue
storage:QueueServiceProperties storage:Table storage:TableServiceProperties
"""
_OBJECTS = """
Namespace Service NetworkPolicy CiliumNetworkPolicy CiliumClusterwideNetworkPolicy PersistentVolume
PersistentVolumeClaim SecretProviderClass StorageClass
ConfigMap Secret ServiceAccount Role RoleBinding ClusterRole ClusterRoleBinding PodDisruptionBudget
HorizontalPodAutoscaler PriorityClass ResourceQuota LimitRange ScaledObject TriggerAuthentication PodMonitor
ServiceMonitor CustomResourceDefinition ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
ValidatingWebhookConfiguration ClusterImagePolicy RuntimeClass IngressClass
"""
_KUBERNETES = frozenset(_OBJECTS.split()) | WORKLOADS
_GROUPINGS = ("kubernetes:yaml:", "kubernetes:yaml/", "kubernetes:helm.sh/v3:Chart", "kubernetes:helm.sh/v4:Chart")
"""They register what they hold, each as a resource of its own."""
_OTHER = ("pulumi:", "random:", "azuread:", "tls:", "time:", "bailiwick:")

NEVER_IN_A_SUBNET = frozenset(
    {
        "azure-native:authorization:PolicyDefinition",
        "azure-native:authorization:PolicyAssignment",
        "azure-native:authorization:PolicySetDefinition",
        "azure-native:authorization:RoleAssignment",
        "azure-native:authorization:RoleDefinition",
        "azure-native:applicationinsights:Workbook",
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:dashboard:DashboardDefinition",
    }
)
"""Long texts in which a subnet may be mentioned: what they say of one does not put anything into it."""
_NATIVE = frozenset(
    f"azure-native:{item}" for item in (*(f"network:{name}" for name in _NETWORK.split()), *_READ.split())
)
_EXACT = frozenset(f"azure-native:{item}" for item in _PASSED_OVER.split() if not item.endswith("*"))
_PREFIXES = tuple(f"azure-native:{item[:-1]}" for item in _PASSED_OVER.split() if item.endswith("*"))


@lru_cache(maxsize=4096)
def is_known(token: str) -> bool:
    """Whether a type is read, or passed over for a reason."""
    if token in _NATIVE or token in _EXACT or token.startswith((*_PREFIXES, *_OTHER, *_GROUPINGS)):
        return True
    return token.startswith("kubernetes:") and token.rpartition(":")[2] in _KUBERNETES


def is_network_type(token: str) -> bool:
    """Whether a type shapes networks, whatever version or package its token names."""
    return token.startswith("azure") and "network" in token.rpartition(":")[0].lower()


def unread_network_types(plan: Plan) -> Iterator[Hop]:
    """Everything of a network kind that is not understood: virtual WAN, route servers, network managers, …"""
    yield from _unread(plan, network=True)


def unread_types(plan: Plan) -> Iterator[Hop]:
    """Everything else that is not understood."""
    yield from _unread(plan, network=False)


def _unread(plan: Plan, *, network: bool) -> Iterator[Hop]:
    for token in plan.types:
        if is_known(token) or is_network_type(token) is not network:
            continue
        for resource in plan.of_type(token):
            yield Hop(what=f"unjudged: {resource.label} ({token}) is not understood", urn=resource.urn)
