"""Breaches of the rules on settings: one property of one resource, as `policies/weakenings/` would weaken it.

`RIGHTLY_TOO` says which of these rules the breaches of other rules offend as well: a thing taken away leaves what
refers to it, and a thing of somebody else's is somebody else's whoever asks first.
"""

from collections.abc import Mapping
from typing import Any

from policies.mutants import Breeder
from policies.weakening import Weakening
from tests.plans import token
from tests.policies.mutation import Mutation


def weaken(
    short: str,
    path: str = "",
    value: object = None,
    *,
    change: str = "set",
    like: str = "",
    when: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
    stack: str = "eu-prod",
    also: str = "",
) -> Mutation:
    """The first resource of a type that can be weakened so."""
    way = Weakening(
        type=short if short.startswith("pulumi:") else token(short),
        facet="integrity",
        path=path,
        change=change,
        value=value,
        like=like,
        when=when or {},
        unless=unless or {},
    )
    return Mutation(
        breaks=lambda plan: next(Breeder(plan).of(way)).plan(plan), stack=stack, also=frozenset(also.split())
    )


SETTINGS: Mapping[str, Mutation] = {
    "access.directory-logs-are-whole": weaken("aadiam:DiagnosticSetting", "workspaceId", change="absent"),
    "access.directory-objects-are-known": weaken(
        "azuread:index/groupMember:GroupMember",
        change="appear",
        value={"groupObjectId": "$nobody", "memberObjectId": "$nobody"},
        also="access.nobody-is-a-standing-member",
    ),
    "access.groups-cannot-be-widened": weaken("azuread:index/group:Group", "owners", change="empty"),
    "access.reviews-are-done": weaken(
        "authorization:AccessReviewScheduleDefinitionById", "instanceDurationInDays", 170
    ),
    "access.rights-end": weaken(
        "azuread:index/groupRoleManagementPolicy:GroupRoleManagementPolicy",
        "activeAssignmentRules.expireAfter",
        change="absent",
    ),
    "access.sessions-are-short": weaken(
        "azuread:index/conditionalAccessPolicy:ConditionalAccessPolicy", "sessionControls.signInFrequency", 168
    ),
    "access.sign-in-policies-have-no-holes": weaken(
        "azuread:index/conditionalAccessPolicy:ConditionalAccessPolicy",
        "conditions.users.includedGroups",
        change="empty",
    ),
    "backup.cluster-is-reached": weaken("containerservice:TrustedAccessRoleBinding", change="vanish"),
    "backup.policies-copy-every-day": weaken(
        "dataprotection:BackupPolicy", "properties.policyRules[*].lifecycles[*].deleteAfter.duration", "P1D"
    ),
    "backup.vault-keeps-to-itself": weaken(
        "dataprotection:BackupVault", "properties.securitySettings.softDeleteSettings.state", "On"
    ),
    "callers.ask-for-nothing": weaken("azuread:index/application:Application", "deviceOnlyAuthEnabled", True),
    "callers.issuers-are-of-this-tenant": weaken(
        "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential",
        "issuer",
        "https://accounts.google.com",
    ),
    "cluster.nodes-are-as-made": weaken("containerservice:ManagedCluster", "agentPoolProfiles[*].minCount", 1),
    "cluster.opens-no-door-of-its-own": weaken(
        "containerservice:ManagedCluster", "networkProfile.loadBalancerSku", "basic"
    ),
    "cluster.secrets-follow-within-a-day": weaken(
        "containerservice:ManagedCluster",
        "addonProfiles.azureKeyvaultSecretsProvider.config.rotationPollInterval",
        "720h",
    ),
    "cluster.signs-in-by-entra-alone": weaken(
        "containerservice:ManagedCluster", "aadProfile.serverAppSecret", "hunter2hunter2"
    ),
    "cluster.trusts-backup-alone": weaken(
        "containerservice:TrustedAccessRoleBinding",
        "roles",
        change="add",
        value="Microsoft.MachineLearningServices/workspaces/inference-v1",
    ),
    "cluster.version-is-supported": weaken("containerservice:ManagedCluster", "kubernetesVersion", "1.27"),
    "cluster.windows-come-every-week": weaken(
        "containerservice:MaintenanceConfiguration", "maintenanceWindow.schedule.weekly.intervalWeeks", 4
    ),
    "cluster.work-always-has-a-node": weaken(
        "containerservice:AgentPool", "minCount", 0, when={"agentPoolName": "workload", "$environment": "prod"}
    ),
    "confidential.disks-cannot-be-downloaded": weaken(
        "compute:Disk",
        change="appear",
        value={
            "diskName": "x",
            "location": "$region",
            "tags": "$tags",
            "networkAccessPolicy": "AllowAll",
            "publicNetworkAccess": "Enabled",
            "creationData": {"createOption": "Empty"},
        },
    ),
    "confidential.extensions-only-attest": weaken(
        "compute:VirtualMachineExtension", "enableAutomaticUpgrade", change="absent"
    ),
    "confidential.machines-are-of-confidential-size": weaken("compute:VirtualMachine", "priority", "Spot"),
    "confidential.machines-are-patched": weaken(
        "compute:VirtualMachine", "osProfile.linuxConfiguration.patchSettings.patchMode", change="absent"
    ),
    "confidential.machines-attest-to-own-authority": weaken(
        "compute:VirtualMachineExtension",
        "settings.AttestationConfig.MaaSettings.maaEndpoint",
        "https://sharedeus.eus.attest.azure.net",
    ),
    "confidential.machines-run-one-thing": weaken(
        "compute:VirtualMachine", "osProfile.windowsConfiguration", {"enableAutomaticUpdates": False}
    ),
    "confidential.machines-start-from-one-image": weaken(
        "compute:VirtualMachine", "storageProfile.imageReference.version", "latest"
    ),
    "database.administered-by-an-own-identity": weaken(
        "dbforpostgresql:AdministratorsMicrosoftEntra", "principalType", "User"
    ),
    "database.parameters-are-as-reviewed": weaken(
        "dbforpostgresql:Configuration",
        "value",
        "-1",
        when={"configurationName": ["log_parameter_max_length", "log_parameter_max_length_on_error"]},
    ),
    "database.stands-as-made": weaken("dbforpostgresql:Server", "version", "11", unless={"createMode": "Replica"}),
    "detection.alerts-are-raised": weaken("securityinsights:ScheduledAlertRule", "queryPeriod", "PT1M"),
    "detection.connectors-stand": weaken("securityinsights:AADDataConnector", "dataTypes.alerts.state", "Disabled"),
    "detection.incidents-stay-open": weaken("securityinsights:AutomationRule", "actions", change="empty"),
    "detection.logs-are-protected": weaken("dbforpostgresql:Server", "$protect", False),
    "detection.settings-are-whole": weaken("monitor:DiagnosticSetting", "logs[*].categoryGroup", "audit"),
    "detection.tables-answer": weaken("operationalinsights:Workspace", "retentionInDays", change="absent"),
    "edge.delivery-is-of-one-release": weaken(
        "kubernetesconfiguration:FluxConfiguration", "kustomizations[*].path", "."
    ),
    "edge.extensions-are-the-known-ones": weaken(
        "kubernetesconfiguration:Extension", "configurationSettings['multiTenancy.enforce']", change="absent"
    ),
    "egress.firewall-has-no-rules-of-its-own": weaken("network:AzureFirewall", "threatIntelMode", "Off"),
    "egress.policy-has-no-side-door": weaken("network:FirewallPolicy", "intrusionDetection.profile", "Off"),
    "egress.routes-lead-to-an-own-address": weaken(
        "network:RouteTable", "disableBgpRoutePropagation", change="absent", also="egress.default-route-to-firewall"
    ),
    "egress.rules-name-sources": weaken(
        "network:FirewallPolicyRuleCollectionGroup", "ruleCollections[*].rules[*].destinationAddresses", ["*"]
    ),
    "encryption.attestation-has-one-policy": weaken(
        "attestation:AttestationProvider", "properties.tpmAttestationAuthentication", change="absent"
    ),
    "encryption.disks-name-their-key": weaken("compute:DiskEncryptionSet", "activeKey", change="absent"),
    "encryption.keys-do-what-they-must": weaken("keyvault:Key", "properties.attributes.enabled", False),
    "encryption.modules-have-administrators": weaken(
        "keyvault:ManagedHsm", "properties.initialAdminObjectIds", change="empty"
    ),
    "encryption.named-keys-are-planned": weaken("keyvault:Key", change="vanish"),
    "encryption.queries-stay-encrypted": weaken("operationalinsights:Workspace", "forceCmkForQuery", False),
    "encryption.released-keys-ask-for-proof": weaken(
        "keyvault:Key", "properties.releasePolicy.data|anyOf[*].allOf", change="empty"
    ),
    "encryption.storage-key-follows-rotation": weaken(
        "storage:StorageAccount", "encryption.encryptionIdentity.encryptionUserAssignedIdentity", change="absent"
    ),
    "encryption.stores-encrypt-twice": weaken(
        "containerservice:ManagedCluster", "securityProfile.azureKeyVaultKms.keyId", change="absent"
    ),
    "encryption.vaults-serve-holders-only": weaken("keyvault:Vault", "properties.enabledForDeployment", True),
    "guardrails.defender-is-whole": weaken("security:Pricing", "subPlan", "P1", when={"subPlan": "P2"}),
    "guardrails.deployed-settings-stay-inside": weaken(
        "authorization:PolicyAssignment",
        "parameters.resourceLocationList.value",
        ["eastus"],
        unless={"parameters.resourceLocationList": "absent"},
    ),
    "guardrails.exemptions-are-narrow": weaken(
        "authorization:PolicyExemption", "assignmentScopeValidation", "DoNotValidate"
    ),
    "guardrails.own-definitions-look": weaken("authorization:PolicyDefinition", "policyType", "BuiltIn"),
    "guardrails.playbooks-answer-sentinel-alone": weaken("logic:Workflow", "accessControl", change="absent"),
    "guardrails.protected-things-are-locked": weaken(
        "authorization:ManagementLockByScope", change="vanish", when={"$name": "~observability"}
    ),
    "guardrails.remedies-reach-everything": weaken("policyinsights:RemediationAtSubscription", "resourceCount", 1),
    "guardrails.second-wall-is-whole": weaken(
        "authorization:PolicyAssignment",
        "parameters.allowedContainerImagesRegex.value",
        ".*",
        unless={"parameters.allowedContainerImagesRegex": "absent"},
    ),
    "guardrails.templates-stay-inside": weaken(
        "resources:Deployment", "properties.template.resources[*].location", change="foreign"
    ),
    "identity.federation-is-with-own-clusters": weaken(
        "managedidentity:FederatedIdentityCredential", "issuer", "https://oidc.elsewhere.example/"
    ),
    "identity.nothing-has-an-identity-of-its-own": weaken("compute:VirtualMachine", "identity.type", "None"),
    "identity.principals-are-what-they-say": weaken(
        "authorization:RoleAssignment",
        "delegatedManagedIdentityResourceId",
        "/subscriptions/$nobody/resourceGroups/x/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x",
        also="references.ids-resolve",
    ),
    "identity.roles-give-no-keys": weaken("authorization:RoleDefinition", "permissions[*].notActions", change="empty"),
    "identity.subscription-wide-rights-are-written-for-it": weaken(
        "authorization:RoleAssignment", "scope", "/subscriptions/$subscription", also="identity.rights-on-one-thing"
    ),
    "learning.builds-and-shares-nothing": weaken("machinelearningservices:Workspace", "imageBuildCompute", "x"),
    "network.addresses-are-plain": weaken("network:PublicIPAddress", "zones", change="absent"),
    "network.flow-logs-leave-nothing-out": weaken("network:FlowLog", "format.version", 1),
    "network.interfaces-lead-one-way": weaken("network:NetworkInterface", "disableTcpStateTracking", True),
    "network.is-made-as-reviewed": weaken(
        "network:VirtualNetwork",
        "subnets[*].privateEndpointNetworkPolicies",
        change="absent",
        when={".name": "endpoints"},
    ),
    "network.names-lead-inside": weaken("network:PrivateDnsZoneGroup", "privateDnsZoneConfigs", change="empty"),
    "network.no-other-doors": weaken(
        "network:LoadBalancer",
        change="appear",
        value={
            "loadBalancerName": "x",
            "location": "$region",
            "tags": "$tags",
            "frontendIPConfigurations": [
                {"name": "x", "publicIPAddress": {"id": "$id:azure-native:network:PublicIPAddress"}}
            ],
        },
    ),
    "network.perimeter-admits-no-person": weaken(
        "network:NetworkSecurityPerimeterAccessRule", "phoneNumbers", ["+15550100"]
    ),
    "network.rules-name-own-ranges": weaken(
        "network:NetworkSecurityGroup",
        "securityRules[*].destinationPortRange",
        "*",
        when={".access": "Allow", ".direction": "Inbound", ".destinationPortRange": "~^\\d+$"},
    ),
    "portal.every-scrubbing-rule-is-on": weaken("cdn:Profile", "logScrubbing.scrubbingRules[*].state", "Disabled"),
    "portal.gateway-adds-nothing": weaken(
        "network:ApplicationGateway", "autoscaleConfiguration.minCapacity", 0, stack="uk-prod"
    ),
    "portal.serves-one-name": weaken("cdn:Route", "linkToDefaultDomain", change="absent"),
    "portal.waf-leaves-nothing-out": weaken("frontdoor:Policy", "managedRules.managedRuleSets[*].ruleSetAction", "Log"),
    "prompts.store-is-as-made": weaken("appconfiguration:ConfigurationStore", "softDeleteRetentionInDays", 1),
    "references.groups-are-planned": weaken(
        "resources:Deployment",
        change="appear",
        value={
            "deploymentName": "x",
            "resourceGroupName": "x",
            "properties": {
                "mode": "Incremental",
                "template": {
                    "resources": [
                        {
                            "type": "Microsoft.Storage/storageAccounts",
                            "name": "x",
                            "apiVersion": "2023-01-01",
                            "location": "$region",
                            "properties": {"publicNetworkAccess": "Enabled"},
                        }
                    ]
                },
            },
        },
        also="guardrails.nothing-hides-in-templates",
    ),
    "references.hosts-are-own": weaken(
        "app:ManagedEnvironment",
        "diskEncryptionConfiguration",
        {"keyVaultConfiguration": {"keyUrl": "https://elsewhere.vault.azure.net/keys/x"}},
    ),
    "references.identities-are-planned": weaken(
        "azuread:index/servicePrincipal:ServicePrincipal", "clientId", change="foreign"
    ),
    "references.ids-resolve": weaken("resources:ResourceGroup", "managedBy", "/subscriptions/$nobody/x"),
    "references.no-other-stack": weaken(
        "pulumi:pulumi:StackReference", change="appear", value={"name": "somebody-elses/stack/prod"}
    ),
    "references.one-tenant": weaken("containerservice:ManagedCluster", "aadProfile.tenantID", change="foreign"),
    "references.parents-are-planned": weaken("compute:VirtualMachine", change="vanish"),
    "registry.copies-survive-a-zone": weaken("containerregistry:Replication", "zoneRedundancy", "Disabled"),
    "registry.has-no-side-door": weaken("containerregistry:Registry", "networkRuleBypassAllowedForTasks", True),
    "residency.nobody-else-manages": weaken(
        "managedservices:RegistrationAssignment",
        change="appear",
        value={
            "scope": "/subscriptions/$subscription",
            "properties": {"registrationDefinitionId": "/subscriptions/$nobody/x"},
        },
        also="references.ids-resolve residency.types-are-known",
    ),
    "runner.place-tells-its-own-logs": weaken("app:ManagedEnvironment", "appLogsConfiguration", change="absent"),
    "runner.runs-the-program-alone": weaken("app:Job", "configuration.registries[*].server", "docker.io"),
    "storage.answers-no-browser": weaken("storage:BlobServiceProperties", "defaultServiceVersion", "2009-09-19"),
    "storage.changes-are-recorded": weaken("storage:BlobServiceProperties", "changeFeed.enabled", change="absent"),
    "storage.containers-keep-the-accounts-key": weaken(
        "storage:BlobContainer", "denyEncryptionScopeOverride", change="absent"
    ),
    "storage.copied-by-private-links-only": weaken("storage:StorageAccount", "allowedCopyScope", "AAD"),
    "storage.copies-and-backups-name-whole-stores": weaken(
        "dataprotection:BackupInstance",
        "properties.policyInfo.policyParameters.backupDatasourceParametersList[*].containersList",
        change="empty",
    ),
    "storage.nothing-deletes-by-the-clock": weaken(
        "storage:ManagementPolicy",
        change="appear",
        value={
            "accountName": "x",
            "policy": {
                "rules": [
                    {
                        "name": "x",
                        "type": "Lifecycle",
                        "definition": {
                            "actions": {
                                "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 1}},
                                "version": {"delete": {"daysAfterCreationGreaterThan": 1}},
                            }
                        },
                    }
                ]
            },
        },
    ),
    "storage.opens-no-side-door": weaken("storage:StorageAccount", "enableNfsV3", True),
    "storage.survives-a-zone": weaken("storage:StorageAccount", "sku.name", "Premium_LRS"),
    "storage.write-once-where-it-says-so": weaken(
        "storage:BlobContainerImmutabilityPolicy", "immutabilityPeriodSinceCreationInDays", change="absent"
    ),
    "tagging.parts-are-tagged-too": weaken(
        "alertsmanagement:PrometheusRuleGroup", "tags.data-classification", change="absent"
    ),
    "tagging.spending-is-watched": weaken("consumption:Budget", "notifications", change="empty"),
    "telemetry.alerts-go-by-mail-to-the-owner": weaken("monitor:ActionGroup", "enabled", False),
    "telemetry.boards-send-nothing-out": weaken("dashboard:Grafana", "properties.grafanaMajorVersion", "9"),
    "telemetry.collection-is-whole": weaken("monitor:DataCollectionRule", "dataCollectionEndpointId", change="absent"),
    "telemetry.service-levels-are-watched": weaken("alertsmanagement:PrometheusRuleGroup", "rules", change="empty"),
    "workload.accounts-are-own": weaken(
        "kubernetes:apps/v1:Deployment", "spec.template.spec.serviceAccountName", change="absent"
    ),
    "workload.asks-the-clusters-names": weaken(
        "kubernetes:apps/v1:Deployment", "spec.template.spec.containers[*].ports[*].hostPort", 443
    ),
    "workload.certificates-come-from-own-vault": weaken(
        "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass",
        "spec.parameters.keyvaultName",
        change="foreign",
    ),
    "workload.environment-steers-nothing": weaken(
        "kubernetes:apps/v1:Deployment",
        "spec.template.spec.containers[*].env",
        change="add",
        value={"name": "LD_PRELOAD", "value": "/x.so"},
    ),
    "workload.external-models-are-opened-for": weaken(
        "kubernetes:core/v1:ConfigMap",
        "data['gateway.json']|external_providers",
        change="add",
        value={"name": "x", "url": "https://api.elsewhere.example/v1", "model": "x", "region": "eastus"},
    ),
    "identity.callers-prove-themselves": weaken(
        "kubernetes:core/v1:ConfigMap", "data['gateway.json']|listeners.partners.client_certificate", "none"
    ),
    "workload.gateway-serves-this-stack": weaken(
        "kubernetes:core/v1:ConfigMap", "data['gateway.json']|environment", "dev"
    ),
    "workload.kinds-are-known": weaken(
        "kubernetes:yaml/v2:ConfigGroup",
        change="appear",
        value={"yaml": "kind: Pod"},
        also="residency.everything-is-judged",
    ),
    "workload.labels-find-their-pods": weaken(
        "kubernetes:policy/v1:PodDisruptionBudget", "spec.selector", {"matchLabels": {"app": "x"}}
    ),
    "workload.masks-stay-on": weaken("kubernetes:apps/v1:Deployment", "spec.template.spec.shareProcessNamespace", True),
    "workload.models-run-no-code": weaken(
        "kubernetes:apps/v1:Deployment",
        "spec.template.spec.containers[*].args",
        ["serve", "--model=somebody/elses"],
        when={"metadata.name": "vllm"},
    ),
    "workload.models-stand-behind-their-proxy": weaken(
        "kubernetes:apps/v1:Deployment",
        "spec.template.spec.containers[*].ports",
        [{"containerPort": 8002, "protocol": "TCP"}],
        when={"metadata.name": "vllm"},
    ),
    "workload.mounts-what-it-reads": weaken(
        "kubernetes:apps/v1:Deployment", "spec.template.spec.volumes[*].persistentVolumeClaim.readOnly", change="absent"
    ),
    "workload.numbers-keep-their-bounds": weaken(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "spec.minReplicas", 1
    ),
    "workload.outlives-a-node": weaken(
        "kubernetes:apps/v1:Deployment", "spec.replicas", 1, when={"metadata.namespace": "gateway"}
    ),
    "workload.policies-name-peers-and-ports": weaken(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec.egress[*].to[*].namespaceSelector", {}
    ),
    "workload.private-links-are-for-own-subscription": weaken(
        "kubernetes:core/v1:Service",
        "metadata.annotations['service.beta.kubernetes.io/azure-pls-visibility']",
        "$nobody",
    ),
    "workload.runs-what-the-image-says": weaken(
        "kubernetes:apps/v1:Deployment", "spec.template.spec.containers[*].stdin", True
    ),
    "workload.secrets-stay-in-memory": weaken(
        "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass", "spec.parameters.clientID", change="absent"
    ),
    "workload.services-open-one-thing": weaken(
        "kubernetes:core/v1:Service",
        "metadata.annotations['service.beta.kubernetes.io/azure-pls-visibility']",
        "*",
        when={"metadata.name": "partners"},
    ),
    "workload.stands-where-it-is-meant": weaken(
        "kubernetes:apps/v1:Deployment", "spec.template.spec.runtimeClassName", "x"
    ),
    "workload.weights-are-read": weaken(
        "kubernetes:core/v1:PersistentVolume", "spec.csi.volumeAttributes.protocol", "nfs"
    ),
}

WIDE = "identity.subscription-wide-rights-are-written-for-it references.ids-resolve"
RIGHTLY_TOO: Mapping[str, str] = {
    "access.activations-are-approved": "access.rights-end",
    "access.groups-hold-narrow-roles": WIDE,
    "backup.instances-follow-a-policy": "references.ids-resolve",
    "backup.vault-keeps-deleted": "backup.vault-keeps-to-itself",
    "callers.no-secrets": "callers.ask-for-nothing",
    "cluster.gpu-pool-reserved": "cluster.work-always-has-a-node",
    "cluster.identity-user-assigned": "identity.nothing-has-an-identity-of-its-own",
    "continuity.copies-are-planned-and-inside": "references.ids-resolve storage.copies-and-backups-name-whole-stores",
    "continuity.second-region-stands": "references.ids-resolve",
    "database.speaks-tls-and-keeps-silent": "database.parameters-are-as-reviewed",
    "database.stands-in-two-zones": "database.stands-as-made",
    "detection.settings-send-logs": "detection.settings-are-whole",
    "egress.default-route-to-firewall": "egress.routes-lead-to-an-own-address",
    "egress.interfaces-without-public-address": "network.interfaces-lead-one-way references.ids-resolve",
    "egress.network-rules-narrow": "egress.rules-name-sources",
    "egress.nothing-comes-in-by-firewall": "egress.rules-name-sources",
    "egress.perimeter-lets-nothing-out": "network.perimeter-admits-no-person",
    "egress.public-addresses-only-at-the-edge": "network.addresses-are-plain",
    "encryption.backups-use-customer-key": "encryption.stores-encrypt-twice",
    "flows.jurisdictions-stay-apart": "network.no-other-doors references.ids-resolve",
    "flows.managed-from-inside-alone": "network.rules-name-own-ranges",
    "flows.nothing-leaves-unlisted": "network.rules-name-own-ranges",
    "guardrails.policies-assigned": "guardrails.second-wall-is-whole",
    "guardrails.remediation-rights-are-narrow": WIDE,
    "guardrails.violations-are-answered": "guardrails.playbooks-answer-sentinel-alone",
    "identity.federation-names-one-account": "identity.federation-is-with-own-clusters",
    "identity.no-wildcard-definitions": "identity.roles-give-no-keys",
    "identity.rights-on-one-thing": WIDE,
    "network.private-zones-linked": "network.names-lead-inside",
    "network.services-have-private-endpoint": "references.parents-are-planned",
    "portal.has-web-firewall": "references.ids-resolve",
    "residency.backup-stays-in-region": "backup.vault-keeps-to-itself",
    "residency.key-custody-as-law-asks": "references.hosts-are-own",
    "residency.keys-released-inside": "encryption.released-keys-ask-for-proof",
    "residency.logs-stay-inside": "references.ids-resolve",
    "residency.storage-not-shared-across-tenants": "storage.copied-by-private-links-only",
    "residency.storage-redundancy-inside-region": "storage.survives-a-zone",
    "runner.reads-no-data": "identity.roles-give-no-keys",
    "storage.evidence-is-written-once": "storage.write-once-where-it-says-so",
    "storage.groups-locked": "guardrails.protected-things-are-locked",
    "tagging.mandatory-tags": "tagging.parts-are-tagged-too",
    "telemetry.container-logs-arrive": "telemetry.collection-is-whole",
    "workload.never-root": "workload.masks-stay-on",
    "workload.policies-open-nothing-wide": "workload.policies-name-peers-and-ports",
    "workload.services-internal": "workload.services-open-one-thing",
    "workload.system-calls-filtered": "workload.masks-stay-on",
}
