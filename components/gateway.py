"""The gateway in the cluster: the only door to the models, on an internal address, with certificates from Key Vault.

Its image comes with an issue of its own; here it is deployed by the digest that the stack pins. The private link
service that Front Door reaches is made by the cluster's cloud provider from the Service's annotations:
https://cloud-provider-azure.sigs.k8s.io/topics/pls-integration/
"""

import hashlib
import json
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components import detector as beside
from components.callers import Callers
from components.gateway_entries import HEALTH_PORT, PORTS, Entries, listeners
from components.gateway_secrets import mount, names, provider_class, volume
from components.gateway_settings import ALIVE_PATH, HEALTH_PATH, MODEL_PORT, orders, settings
from components.identity import Identities
from components.key_vault import KeyVault
from components.known_id import after
from components.model_store import AUDIT, TEMPLATES
from components.naming import Names
from components.network import Network
from components.prompt_store import PromptStore
from components.quota import Claim, bounded
from components.scaled import available
from components.scope import Scope
from components.storage_account import StorageAccount
from components.workload import (
    STREAM_SECONDS,
    Place,
    container_security,
    environment,
    labels,
    namespace,
    pod_security,
    service_account,
    spread,
    waits,
)
from config.gateway import OWN

NAMESPACE = "gateway"
STATE = "/var/lib/gateway"
"""Segments of the audit log, and what the volume breaker has learnt: on disk, as long as the pod."""
DISK = {"prod": ("8Gi", "9Gi"), "dev": ("2Gi", "3Gi")}
"""Most of that, and of all that a pod writes: sockets, configuration and what it prints are beside it."""
SETTINGS_SUM = "bailiwick/settings-sha256"
"""Annotation of its pods: of `gateway.json`, and not of the orders beside it, which running pods read."""
SURGE = 1
LEAVING_SECONDS = 15
"""Until balancers and peers no longer send anything to a pod that is about to stop: they look every five seconds."""
READY_SECONDS = 10
"""A new pod answers so long before an old one goes: one that starts and falls over takes nobody's place."""
CPU_TARGET = 60
"""Percent: room for a burst while the next pod starts."""


def portal_service_id(subscription_id: str, node_group: str, names: Names) -> str:
    """Id of the private link service before the portal's listener: known before it exists, and from another stack."""
    return (
        f"/subscriptions/{subscription_id}/resourceGroups/{node_group}"
        f"/providers/Microsoft.Network/privateLinkServices/{names.of('pls', 'portal')}"
    )


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What the gateway needs."""

    scope: Scope
    provider: Provider
    identities: Identities
    issuer: Output[str]
    callers: Callers
    certificates: KeyVault
    prompts: PromptStore
    weights: StorageAccount
    """Holds the templates' texts too."""
    audit: StorageAccount
    """Where the log is anchored."""
    network: Network
    node_group: str
    """Resource group in which the cloud provider makes the private link service."""


class Gateway(ComponentResource):
    """Deployment, internal load balancer, private link service, certificates, budget, scaling and policies."""

    private_link_service_id: Output[str]
    """Where the portal's listener is reached from; the partners' has a service of its own."""
    address: str
    """The partners' internal load balancer, in the gateway's subnet."""
    portal_address: str
    """The portal's internal load balancer."""

    def __init__(self, name: str, args: GatewayArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:gateway:Gateway", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        place = namespace(
            NAMESPACE,
            scope=scope,
            component="gateway",
            classification="phi",
            options=ResourceOptions(parent=self, provider=args.provider),
        )
        identity = args.identities.of["gateway"]
        service_account(place, "gateway", client_id=identity.client_id)
        args.identities.federate("gateway", issuer=args.issuer, namespace=NAMESPACE, service_account="gateway")
        args.certificates.grant_certificates("gateway", identity)
        match = {"app.kubernetes.io/name": "gateway"}
        bounded(place, self._claim())
        provider_class(
            name,
            {secret: secret for secret in names(scope.config)},
            config=scope.config,
            place=place,
            client_id=identity.client_id,
            vault=args.certificates,
        )
        args.weights.grant_read("gateway", identity, TEMPLATES)
        # It holds the log on its disk against what is anchored, and adds to that; it writes over none of it.
        args.audit.grant_read("gateway", identity, AUDIT)
        args.audit.grant_add("gateway", identity, AUDIT)
        text = json.dumps(
            settings(scope, prompts=args.prompts, weights=args.weights, audit=args.audit), indent=1, sort_keys=True
        )
        self._deployment(place, match, self._settings(place, text), text)
        entries = Entries(scope=scope, place=place, match=match, network=args.network)
        self.address, self.portal_address = entries.address, entries.portal_address
        services = [entries.service(f"{name}-{listener}-service", listener) for listener in listeners(scope.config)]
        entries.policy(f"{name}-allow", model_port=MODEL_PORT)
        config = scope.config.gateway
        available(name, place, match=match, least=config.replicas_min, most=config.replicas_max, cpu_percent=CPU_TARGET)
        service_id = portal_service_id(scope.config.subscription_id, args.node_group, scope.names)
        # Made by the cluster once the Service stands: who refers to it waits for that.
        self.private_link_service_id = after(service_id, services[-1])
        self.register_outputs({"privateLinkServiceId": self.private_link_service_id})

    @property
    def _size(self) -> dict[str, str]:
        return dict(OWN[self._args.scope.environment])

    def _claim(self) -> Claim:
        config, doors = self._args.scope.config, len(listeners(self._args.scope.config))
        most, size = config.gateway.replicas_max, self._size
        # It starts in seconds and finishes its streams in minutes: all the old may still be there beside all the new.
        return Claim(
            replicas=most,
            surge=SURGE,
            leaving=most,
            services=doors,
            balancers=doors,
            cpu=size["cpu"],
            memory=size["memory"],
            beside={"cpu": told.cpu, "memory": told.memory} if (told := config.gateway.detector) else {},
        )

    def _settings(self, place: Place, text: str) -> core.ConfigMap:
        return core.ConfigMap(
            f"{self._name}-settings",
            metadata=meta.ObjectMetaArgs(name="gateway", namespace=place.name),
            immutable=False,
            # The folder is mounted as a whole, so an order reaches pods that run, within a minute or two.
            data={"gateway.json": text, **orders(self._args.scope.config)},
            opts=place.options,
        )

    def _deployment(self, place: Place, match: dict[str, str], told: core.ConfigMap, text: str) -> None:
        scope, config = self._args.scope, self._args.scope.config.gateway
        detector, staying = config.detector, LEAVING_SECONDS + STREAM_SECONDS
        known = labels(scope, name="gateway", component="gateway", classification="phi")
        # What is promised of the node's disk is there: the log of a pod that is evicted for it ends.
        state, disk = DISK["prod" if scope.is_prod else "dev"]
        resources = {**self._size, "ephemeral-storage": disk}
        health = core.HTTPGetActionArgs(path=HEALTH_PATH, port=HEALTH_PORT)
        alive = core.HTTPGetActionArgs(path=ALIVE_PATH, port=HEALTH_PORT)
        apps.Deployment(
            f"{self._name}-deployment",
            metadata=meta.ObjectMetaArgs(name="gateway", namespace=place.name, labels=known),
            spec=apps.DeploymentSpecArgs(
                replicas=config.replicas_min,
                min_ready_seconds=READY_SECONDS,
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=SURGE, max_unavailable=0),
                ),
                selector=meta.LabelSelectorArgs(match_labels=match),
                template=core.PodTemplateSpecArgs(
                    metadata=meta.ObjectMetaArgs(
                        labels={**known, "azure.workload.identity/use": "true"},
                        # A gateway reads them when it starts: without this a candidate, a tenant or an origin that is
                        # new would be known to nobody until a pod happens to be replaced.
                        annotations={
                            SETTINGS_SUM: hashlib.sha256(text.encode()).hexdigest(),
                            **(beside.SKIPPED if detector else {}),
                        },
                    ),
                    spec=core.PodSpecArgs(
                        service_account_name="gateway",
                        automount_service_account_token=False,
                        enable_service_links=False,
                        security_context=pod_security(),
                        node_selector={"bailiwick/pool": "workload"},
                        topology_spread_constraints=spread(match, scope.zones),
                        # Nobody new comes, the longest stream ends, and there is time to say goodbye.
                        termination_grace_period_seconds=staying + 15,
                        volumes=[
                            volume(),
                            core.VolumeArgs(
                                name="settings",
                                config_map=core.ConfigMapVolumeSourceArgs(name=told.metadata.name),
                            ),
                            core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="256Mi")),
                            core.VolumeArgs(name="state", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit=state)),
                            *(beside.volumes() if detector else ()),
                        ],
                        containers=[
                            core.ContainerArgs(
                                name="gateway",
                                image=config.image,
                                image_pull_policy="IfNotPresent",
                                env=environment(self._args.callers.environment),
                                ports=[
                                    core.ContainerPortArgs(name=listener, container_port=port, protocol="TCP")
                                    for listener, port in {**PORTS, "numbers": HEALTH_PORT}.items()
                                ],
                                resources=core.ResourceRequirementsArgs(
                                    requests=dict(resources), limits=dict(resources)
                                ),
                                security_context=container_security(),
                                lifecycle=waits(LEAVING_SECONDS),
                                volume_mounts=[
                                    mount(),
                                    core.VolumeMountArgs(name="settings", mount_path="/etc/gateway", read_only=True),
                                    core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 the pod's own volume
                                    core.VolumeMountArgs(name="state", mount_path=STATE),
                                    *([beside.seen()] if detector else ()),
                                ],
                                startup_probe=core.ProbeArgs(http_get=health, period_seconds=2, failure_threshold=30),
                                readiness_probe=core.ProbeArgs(http_get=health, period_seconds=5, failure_threshold=2),
                                liveness_probe=core.ProbeArgs(http_get=alive, period_seconds=10, failure_threshold=3),
                            ),
                            *([beside.container(detector, leaving_seconds=staying)] if detector else ()),
                        ],
                    ),
                ),
            ),
            opts=ResourceOptions.merge(place.options, ResourceOptions(ignore_changes=["spec.replicas"])),
        )
