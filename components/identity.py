"""Identities of workloads: one each, no secret, federated to one Kubernetes service account each."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import managedidentity

from components.scope import Scope

WORKLOADS = (
    "cluster",
    "kubelet",
    "inference",
    "gateway",
    "machines",
    "portal",
    "learning",
    "migrations",
    "retrieval",
    "dashboards",
    "firewall",
    "verification",
)
"""Who acts: the cluster's control plane, its nodes' image puller, and the workloads."""
DELIVERY = "delivery"
"""Who moves a candidate's weight: only where there is a candidate."""

AUDIENCE = "api://AzureADTokenExchange"
"""learn.microsoft.com/entra/workload-id/workload-identity-federation"""


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    """What identities need."""

    scope: Scope
    resource_group: Input[str]


class Identities(ComponentResource):
    """A user-assigned identity per workload. What each may do is granted by the component that owns the thing."""

    of: Mapping[str, managedidentity.UserAssignedIdentity]
    """By workload of `WORKLOADS`, and `DELIVERY` where something is tried."""

    def __init__(self, name: str, args: IdentitiesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:identity:Identities", name, None, opts)
        self._name, self._args = name, args
        tries = any(item.canary is not None for item in args.scope.config.use_cases)
        self.of = {workload: self._identity(workload) for workload in (*WORKLOADS, *([DELIVERY] if tries else ()))}
        self.register_outputs({"clientIds": {workload: item.client_id for workload, item in self.of.items()}})

    def federate(self, workload: str, *, issuer: Input[str], namespace: str, service_account: str) -> None:
        """Let one service account of the cluster act as a workload's identity; the subject is never a pattern."""
        managedidentity.FederatedIdentityCredential(
            f"{self._name}-{workload}-{namespace}",
            federated_identity_credential_resource_name=f"{namespace}-{service_account}",
            resource_name_=self.of[workload].name,
            resource_group_name=self._args.resource_group,
            issuer=issuer,
            subject=f"system:serviceaccount:{namespace}:{service_account}",
            audiences=[AUDIENCE],
            opts=self._args.scope.options(self),
        )

    def _identity(self, workload: str) -> managedidentity.UserAssignedIdentity:
        scope = self._args.scope
        return managedidentity.UserAssignedIdentity(
            f"{self._name}-{workload}",
            resource_name_=scope.names.of("id", workload),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
