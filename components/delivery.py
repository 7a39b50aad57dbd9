"""The job that moves a candidate's weight, and the store of the one thing that it may write.

It is only there where something is tried. It lives in a namespace of its own, and reaches the directory and the private
endpoints: not the models, not the gateway, and as no pod here does, not the API server. It reads numbers and writes
weights, which the gateway reads; the prompts' store is another. What it prints is the record, and is collected as all
containers' output is (components/container_logs.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import appconfiguration, managedidentity, monitor
from pulumi_kubernetes import Provider
from pulumi_kubernetes.batch import v1 as batch
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.canary import limits, weight_host, weight_store
from components.configuration_store import configuration_store
from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.fine_policies import fine_policy, hosts, names
from components.identity import DELIVERY, Identities
from components.network import Network
from components.private_endpoint import EndpointPlace
from components.quota import Claim, bounded
from components.roles import Role, grant
from components.scope import Scope
from components.workload import (
    Place,
    addresses,
    container_security,
    environment,
    labels,
    namespace,
    pod_security,
    ports,
    service_account,
)

NAMESPACE = "delivery"
LIMITS, SETTINGS = "limits", "/etc/canary"
ACCOUNT = "canary"
SIZE: Mapping[str, str] = {"cpu": "250m", "memory": "512Mi"}
RUN_SECONDS = 55
"""A run that is not done by then is ended: the next one is due."""


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """What the job needs."""

    scope: Scope
    provider: Provider
    identities: Identities
    issuer: Output[str]
    network: Network
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    numbers: monitor.AzureMonitorWorkspace


class Delivery(ComponentResource):
    """The store of weights, the account that may write them, and the job that does."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: DeliveryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:delivery:Delivery", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        identity = args.identities.of[DELIVERY]
        place = namespace(
            NAMESPACE,
            scope=scope,
            component=NAMESPACE,
            classification="internal",
            options=ResourceOptions(parent=self, provider=args.provider),
        )
        bounded(place, Claim(replicas=1, surge=0, leaving=1, cpu=SIZE["cpu"], memory=SIZE["memory"]))
        service_account(place, ACCOUNT, client_id=identity.client_id)
        args.identities.federate(DELIVERY, issuer=args.issuer, namespace=NAMESPACE, service_account=ACCOUNT)
        grant(
            f"{name}-numbers",
            scope=scope,
            on=args.numbers.id,
            to=identity.principal_id,
            role=Role.MONITORING_DATA_READER,
            parent=self,
        )
        store = self._weights(identity)
        self._reach(place)
        core.ConfigMap(
            f"{name}-limits",
            metadata=meta.ObjectMetaArgs(name=LIMITS, namespace=place.name),
            data={"limits.json": json.dumps(limits(scope.config.use_cases), indent=1, sort_keys=True)},
            opts=place.options,
        )
        self._job(
            place,
            args.numbers.metrics.apply(lambda found: found.prometheus_query_endpoint),
            f"https://{weight_host(scope)}",
        )
        self.diagnosed = [Diagnosed(name="delivery", resource_id=store.id)]
        self.register_outputs({"storeId": store.id})

    def _weights(self, identity: managedidentity.UserAssignedIdentity) -> appconfiguration.ConfigurationStore:
        args, scope = self._args, self._args.scope
        store = configuration_store(
            self._name,
            store_name=weight_store(scope),
            scope=scope,
            resource_group=args.resource_group,
            place=args.place,
            key=args.key,
            parent=self,
        )
        # No value is planned: none is no weight, and what the job wrote is not the plan's to take back.
        for label, to, role in (
            ("job", identity, Role.CONFIGURATION_OWNER),
            ("gateway", args.identities.of["gateway"], Role.CONFIGURATION_READER),
        ):
            grant(f"{self._name}-{label}", scope=scope, on=store.id, to=to.principal_id, role=role, parent=self)
        return store

    def _reach(self, place: Place) -> None:
        """Out: the directory for a token, and numbers and weights by their private endpoints. In: nobody."""
        scope = self._args.scope
        match = {"app.kubernetes.io/name": ACCOUNT}
        fine_policy(
            "requests",
            place,
            match=match,
            egress=[names(), hosts(443, scope.jurisdiction.cloud.active_directory)],
        )
        networking.NetworkPolicy(
            f"{self._name}-allow",
            metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=place.name),
            spec=networking.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=match),
                policy_types=["Ingress", "Egress"],
                egress=[
                    networking.NetworkPolicyEgressRuleArgs(
                        to=[addresses(self._args.network.plan["endpoints"])],
                        ports=ports(443),
                    )
                ],
            ),
            opts=place.options,
        )

    def _job(self, place: Place, numbers: Input[str], weights: str) -> None:
        scope = self._args.scope
        known = labels(scope, name=ACCOUNT, component=NAMESPACE, classification="internal")
        pods = {**known, "azure.workload.identity/use": "true"}
        batch.CronJob(
            f"{self._name}-job",
            metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=place.name, labels=known),
            spec=batch.CronJobSpecArgs(
                schedule="* * * * *",
                concurrency_policy="Forbid",
                starting_deadline_seconds=50,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=batch.JobTemplateSpecArgs(
                    spec=batch.JobSpecArgs(
                        # Tried again in a minute, with the numbers of then.
                        backoff_limit=0,
                        active_deadline_seconds=RUN_SECONDS,
                        template=core.PodTemplateSpecArgs(
                            metadata=meta.ObjectMetaArgs(labels=pods), spec=self._pod(numbers, weights)
                        ),
                    )
                ),
            ),
            opts=place.options,
        )

    def _pod(self, numbers: Input[str], weights: str) -> core.PodSpecArgs:
        config = self._args.scope.config
        return core.PodSpecArgs(
            service_account_name=ACCOUNT,
            automount_service_account_token=False,
            enable_service_links=False,
            restart_policy="Never",
            security_context=pod_security(),
            node_selector={"bailiwick/pool": "workload"},
            volumes=[
                core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="64Mi")),
                core.VolumeArgs(name="limits", config_map=core.ConfigMapVolumeSourceArgs(name=LIMITS)),
            ],
            containers=[
                core.ContainerArgs(
                    name="canary",
                    image=config.runner.image,
                    image_pull_policy="IfNotPresent",
                    args=[
                        "canary",
                        "step",
                        "--limits",
                        "/etc/canary/limits.json",
                        "--prometheus",
                        numbers,
                        "--weights",
                        weights,
                    ],
                    env=environment({"HOME": "/tmp"}),  # noqa: S108 the only place that it may write to
                    resources=core.ResourceRequirementsArgs(requests=dict(SIZE), limits=dict(SIZE)),
                    security_context=container_security(),
                    volume_mounts=[
                        core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 the pod's own volume
                        core.VolumeMountArgs(name="limits", mount_path=SETTINGS, read_only=True),
                    ],
                )
            ],
        )
