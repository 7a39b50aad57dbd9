"""The prompt store: which template, in which version, with which checksum, for which use case.

Values are written by the plan and read by the gateway. A template's text lies in the container `templates` beside the
weights, written once, its version in its path; here is what binds a use case to it. Reads and writes are logged, and
the log is kept as evidence. A snapshot holds each value as it was: a value can be written over, a snapshot can't
(ADR 24).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import appconfiguration, managedidentity, resources

from components.configuration_store import configuration_store, store_host
from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace
from components.roles import Role, grant
from components.scope import Scope
from config.canary import CANDIDATE
from config.use_case import UseCase

CONTENT_TYPE = "application/json"
SNAPSHOT_API = "2024-06-01"
"""The newest version that isn't a preview: Azure/bicep-types-az, 2026."""
RETENTION_SECONDS = 90 * 24 * 3600
"""The most that Azure takes. It counts from the day on which somebody archives the snapshot; until then it stays."""


@dataclass(frozen=True, kw_only=True)
class PromptStoreArgs:
    """What the store needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    reader: managedidentity.UserAssignedIdentity
    """The gateway's."""


class PromptStore(ComponentResource):
    """App Configuration: private, without access keys, under the operator's key; a value and a snapshot by use case."""

    host: str
    """Known before it exists, for the gateway's settings; it leads to the private endpoint."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: PromptStoreArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:prompt_store:PromptStore", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self._store_name = scope.names.of("appcs", limit=50)
        self.host = store_host(scope, self._store_name)
        self.store = configuration_store(
            name,
            store_name=self._store_name,
            scope=scope,
            resource_group=args.resource_group,
            place=args.place,
            key=args.key,
            parent=self,
        )
        for use_case in scope.config.use_cases:
            self._pin(use_case)
            # A candidate is pinned and kept as what is served is: who reads one reads the other alike.
            candidate = as_pinned(use_case)
            if candidate is not None:
                self._pin(candidate)
        grant(
            f"{name}-gateway",
            scope=scope,
            on=self.store.id,
            to=args.reader.principal_id,
            role=Role.CONFIGURATION_READER,
            parent=self,
        )
        self.diagnosed = [Diagnosed(name="prompt-store", resource_id=self.store.id)]
        self.register_outputs({"storeId": self.store.id})

    def _pin(self, use_case: UseCase) -> None:
        scope = self._args.scope
        pin = appconfiguration.KeyValue(
            f"{self._name}-{use_case.name}",
            # `$` separates key and label.
            key_value_name=f"{key_of(use_case)}${scope.environment}",
            config_store_name=self.store.name,
            resource_group_name=self._args.resource_group,
            content_type=CONTENT_TYPE,
            value=value_of(use_case),
            tags={"prompt": f"{use_case.prompt.name}/{use_case.prompt.version}"},
            opts=scope.options(self),
        )
        mark = mark_of(use_case, scope.environment)
        resources.Deployment(
            f"{self._name}-{use_case.name}-snapshot",
            # With another value the record of this deployment goes, and its snapshot stays.
            deployment_name=f"snapshot-{use_case.name}-{mark}",
            resource_group_name=self._args.resource_group,
            properties=resources.DeploymentPropertiesArgs(
                mode=resources.DeploymentMode.INCREMENTAL,
                template={
                    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0",
                    "resources": [self._snapshot(use_case, mark)],
                },
            ),
            tags=scope.tags("internal"),
            # A snapshot is never written twice: a changed tag must not send the template again.
            opts=scope.options(self, depends_on=[pin], ignore_changes=["tags"]),
        )

    def _snapshot(self, use_case: UseCase, mark: str) -> Mapping[str, object]:
        """One for each value: a snapshot takes three filters at most."""
        prompt = use_case.prompt
        return {
            "type": "Microsoft.AppConfiguration/configurationStores/snapshots",
            "apiVersion": SNAPSHOT_API,
            "name": f"{self._store_name}/{use_case.name}-{prompt.version}-{mark}",
            "properties": {
                "filters": [{"key": key_of(use_case), "label": self._args.scope.environment}],
                "compositionType": "Key",
                "retentionPeriod": RETENTION_SECONDS,
                "tags": {"prompt": f"{prompt.name}/{prompt.version}", "sha256": prompt.sha256},
            },
        }


def as_pinned(use_case: UseCase) -> UseCase | None:
    """What is tried, under the name that it has in the store; None where nothing is."""
    candidate = use_case.candidate
    return None if candidate is None else candidate.model_copy(update={"name": use_case.name + CANDIDATE})


def key_of(use_case: UseCase) -> str:
    """Its key in the store."""
    return f"use-case:{use_case.name}"


def value_of(use_case: UseCase) -> str:
    """Its value there."""
    return json.dumps(pinned(use_case), sort_keys=True)


def mark_of(use_case: UseCase, label: str) -> str:
    """What a snapshot's name ends in: another value, another name. A rule draws it from the plan once more."""
    held = (key_of(use_case), label, str(RETENTION_SECONDS), value_of(use_case))
    return hashlib.sha256("\n".join(held).encode()).hexdigest()[:12]


def pinned(use_case: UseCase) -> dict[str, object]:
    """What the gateway holds a request of this use case to."""
    return {
        "model": {
            "name": use_case.model.name,
            "revision": use_case.model.revision,
            "sha256": use_case.model.sha256,
        },
        "prompt": {
            "name": use_case.prompt.name,
            "version": use_case.prompt.version,
            "sha256": use_case.prompt.sha256,
            "path": f"prompts/{use_case.prompt.name}/{use_case.prompt.version}.txt",
        },
        "dataClasses": list(use_case.data_classes),
        "externalAllowed": use_case.external_allowed,
        "firstTokenMilliseconds": use_case.first_token_ms,
        "accuracyFloor": use_case.accuracy_floor,
    }
