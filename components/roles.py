"""Role assignments: the narrowest built-in role, at the narrowest scope, by name instead of by GUID."""

from enum import Enum

from pulumi import Input, Output, Resource
from pulumi_azure_native import authorization
from pulumi_random import RandomUuid

from components.scope import Scope


class Role(Enum):
    """Built-in roles that the platform grants. GUIDs: Azure/bicep-registry-modules, avm/res, 2026-08-07."""

    ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    KEY_ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
    """Key Vault Crypto Service Encryption User: wrap and unwrap, nothing else."""
    KEY_CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
    """Key Vault Crypto User: encrypt and decrypt, as the cluster's key management plugin does."""
    SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
    SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    CONFIGURATION_READER = "516239f1-63e1-4d78-a4de-a74fb236a071"
    """App Configuration Data Reader."""
    CONFIGURATION_OWNER = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b"
    """App Configuration Data Owner: reads and writes values; there is no narrower role that writes."""
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
    PRIVATE_DNS_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
    IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
    READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    DISK_SNAPSHOT_CONTRIBUTOR = "7efff54f-a5b4-42b5-a1c5-5411624893ce"
    DISK_BACKUP_READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
    DISK_DATA_OPERATOR = "959f8984-c045-4866-89c7-12bf9737be2e"
    LOG_ANALYTICS_CONTRIBUTOR = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"
    MONITORING_DATA_READER = "b0d8363b-8ddd-447d-831f-62ca05bff136"
    """Queries an Azure Monitor workspace: Azure/prometheus-collector, onboarding templates."""
    SENTINEL_AUTOMATION = "f4c81013-99ee-4d62-a7ee-b3f1f648599a"
    """Microsoft Sentinel Automation Contributor: learn.microsoft.com/azure/role-based-access-control/built-in-roles."""
    CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
    """Azure Kubernetes Service Cluster User Role: takes the kubeconfig without a secret in it, and is nobody inside the
    cluster by that. Id also: learn.microsoft.com/azure/role-based-access-control/built-in-roles/containers."""
    SENTINEL_RESPONDER = "3e150937-b8fe-4cfb-8069-0eaf05ecd056"
    STORAGE_BACKUP_CONTRIBUTOR = "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1"


def grant(
    name: str, *, scope: Scope, on: Input[str], to: Input[str], role: Role, parent: Resource
) -> authorization.RoleAssignment:
    """Give a workload's identity (`to`, a principal id) one role on one resource (`on`, its id)."""
    guid = RandomUuid(f"{name}-guid", opts=scope.options(parent))
    return authorization.RoleAssignment(
        f"{name}-role",
        role_assignment_name=guid.result,
        scope=on,
        principal_id=to,
        # Said, because a new identity is not everywhere in the directory yet, and Azure would look it up.
        principal_type="ServicePrincipal",
        role_definition_id=Output.concat(
            f"/subscriptions/{scope.config.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/",
            role.value,
        ),
        opts=scope.options(parent),
    )
