"""A key that the operator holds, as it is handed from the custodian to what it encrypts."""

from dataclasses import dataclass

from pulumi import Input, Output, Resource
from pulumi_azure_native import managedidentity


@dataclass(frozen=True, kw_only=True)
class CustomerKey:
    """One key for one purpose, and the identity that may wrap with it: one of its own, or that of its only user."""

    purpose: str
    name: str
    uri: Output[str]
    """Without version: a rotation needs no deployment."""
    versioned_uri: Output[str] | None
    """None for a managed HSM, whose keys are made by its owners after activation."""
    custodian_uri: Output[str]
    """`https://<vault>.vault.azure.net/` or `https://<hsm>.managedhsm.azure.net/`."""
    custodian_id: Input[str]
    identity: managedidentity.UserAssignedIdentity
    ready: tuple[Resource, ...]
    """What must exist before the key can be used: the key itself and the right to use it."""
