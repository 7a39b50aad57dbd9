"""Stores: weights, prompts, patient data, training data, audit and flow logs, each an account with a key of its own.

Where the stack has tenants, each tenant's patient data is such an account: erasing its key erases the tenant's data
and nobody else's (GDPR Art. 17, Art. 28(3)(g)).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions

from components.diagnostics import Diagnosed
from components.keys import Keys
from components.private_endpoint import EndpointPlace
from components.scope import Classification, Scope
from components.storage_account import Container, StorageAccount, StorageAccountArgs
from config.tenants import SHARED, patient_stores

PATIENT_CONTAINERS = ("prompts", "documents")

WEIGHTS, TEMPLATES, AUDIT = "weights", "templates", "audit"
APPROVED = (WEIGHTS, TEMPLATES)
"""What somebody approved by its checksum: models, and the texts that they are told."""
WEIGHTS_WORM_DAYS = 365
"""Weights that answered patients, and what they were told, can be looked at a year later."""


@dataclass(frozen=True, kw_only=True)
class ModelStoreArgs:
    """What the stores need."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    keys: Keys


@dataclass(frozen=True, kw_only=True)
class _Plan:
    classification: Classification
    key: str
    containers: tuple[Container, ...]
    trusted_services: bool = False
    named: str | None = None
    """In the account's name, where that is not the role."""
    tenant: str = SHARED


class ModelStore(ComponentResource):
    """Patient data and training data lie in separate accounts, under separate keys, for separate identities."""

    of: Mapping[str, StorageAccount]
    """By role: weights, patient (or patient-<tenant>, for each), training, audit, flows."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: ModelStoreArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:storage:ModelStore", name, None, opts)
        audit_days = args.scope.config.retention.audit_days
        plans = {
            "weights": _Plan(
                classification="confidential",
                key="weights",
                containers=tuple(Container(name=container, worm_days=WEIGHTS_WORM_DAYS) for container in APPROVED),
            ),
            **{
                role: _Plan(
                    classification="phi",
                    key=role,
                    containers=tuple(Container(name=container) for container in PATIENT_CONTAINERS),
                    named=named,
                    tenant=tenant,
                )
                for role, (named, tenant) in patient_stores(args.scope.config.tenants).items()
            },
            "training": _Plan(classification="phi", key="training", containers=(Container(name="datasets"),)),
            "audit": _Plan(
                classification="confidential",
                key="audit",
                containers=(Container(name=AUDIT, worm_days=audit_days, appendable=True),),
            ),
            "flows": _Plan(
                classification="internal",
                key="audit",
                # Flow logs make their own container; the cluster's backup keeps its descriptions in the other.
                containers=(Container(name="cluster"),),
                trusted_services=True,
            ),
        }
        self.of = {
            role: StorageAccount(
                f"{name}-{role}",
                StorageAccountArgs(
                    scope=args.scope,
                    resource_group=args.resource_group,
                    place=args.place,
                    key=args.keys.of[plan.key],
                    role=plan.named or role,
                    classification=plan.classification,
                    containers=plan.containers,
                    trusted_services=plan.trusted_services,
                    tenant=plan.tenant,
                ),
                ResourceOptions(parent=self),
            )
            for role, plan in plans.items()
        }
        self.diagnosed = [item for account in self.of.values() for item in account.diagnosed]
        self.register_outputs({"accountIds": {role: account.account.id for role, account in self.of.items()}})
