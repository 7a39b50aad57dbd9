"""Retrieval in the cluster: it answers the gateway's questions with passages of one tenant, from the one database.

Its image comes with an issue of its own; here it is deployed by the digest that the stack pins. A question is to come
with its vector: so this calls no model, and no model calls it. The gateway, which alone may ask, does not ask yet:
callers send the passages that they have looked up elsewhere (`bailiwick.passages`).

It enters the database with an Entra token, as a login that bears its identity's name and is a member of
`retrieval_reader` (retrieval/README.md): row security holds for it, and for each question it sets the tenant. Who makes
that login is the migrations' identity, which is another: docs/guides/first-deployment.md.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.database import NAME as DATABASE
from components.database import PORT as DATABASE_PORT
from components.database import RESOURCE, host
from components.identity import Identities
from components.network import Network
from components.quota import Claim, bounded
from components.retrieval_entries import NAMESPACE, PORT, entries
from components.scaled import available
from components.scope import Scope
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

SURGE = 1
LEAVING_SECONDS = 15
"""Until nobody asks a pod that is about to stop any more."""
READY_SECONDS = 10
CPU_TARGET = 60
"""Percent: room for a burst while the next pod starts."""


@dataclass(frozen=True, kw_only=True)
class RetrievalArgs:
    """What retrieval needs."""

    scope: Scope
    provider: Provider
    identities: Identities
    issuer: Output[str]
    network: Network


class Retrieval(ComponentResource):
    """Deployment, service, policies, budget and scaling; an identity that can read one database."""

    def __init__(self, name: str, args: RetrievalArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:retrieval:Retrieval", name, None, opts)
        self._name, self._args = name, args
        scope, identity = args.scope, args.identities.of[NAMESPACE]
        place = namespace(
            NAMESPACE,
            scope=scope,
            component=NAMESPACE,
            classification="phi",
            options=ResourceOptions(parent=self, provider=args.provider),
        )
        service_account(place, NAMESPACE, client_id=identity.client_id)
        args.identities.federate(NAMESPACE, issuer=args.issuer, namespace=NAMESPACE, service_account=NAMESPACE)
        match = {"app.kubernetes.io/name": NAMESPACE}
        config = scope.config.retrieval
        bounded(place, self._claim())
        self._deployment(place, match)
        entries(name, scope=scope, place=place, match=match, network=args.network)
        available(name, place, match=match, least=config.replicas_min, most=config.replicas_max, cpu_percent=CPU_TARGET)
        self.register_outputs({})

    def _claim(self) -> Claim:
        most, size = self._args.scope.config.retrieval.replicas_max, self._size
        # It starts in seconds and leaves in minutes: all the old may still be there beside all the new.
        return Claim(replicas=most, surge=SURGE, leaving=most, services=1, cpu=size["cpu"], memory=size["memory"])

    @property
    def _size(self) -> dict[str, str]:
        return {"cpu": "1", "memory": "2Gi"} if self._args.scope.is_prod else {"cpu": "250m", "memory": "512Mi"}

    @property
    def _environment(self) -> dict[str, str]:
        """libpq's own names: postgresql.org/docs/17/libpq-envars. Its password is a token that it asks Entra for."""
        scope = self._args.scope
        return {
            "PGHOST": host(scope),
            "PGPORT": str(DATABASE_PORT),
            "PGDATABASE": DATABASE,
            # The login's name is the identity's: learn.microsoft.com/azure/postgresql/security/security-entra-concepts
            "PGUSER": scope.names.of("id", NAMESPACE),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": "system",
            "PGSSLMINPROTOCOLVERSION": "TLSv1.3",
            "DATABASE_RESOURCE": f"https://{RESOURCE[scope.jurisdiction.cloud.name]}",
            "HOME": "/tmp",  # noqa: S108 the only place that it may write to
        }

    def _deployment(self, place: Place, match: dict[str, str]) -> None:
        scope, config = self._args.scope, self._args.scope.config.retrieval
        known = labels(scope, name=NAMESPACE, component=NAMESPACE, classification="phi")
        apps.Deployment(
            f"{self._name}-deployment",
            metadata=meta.ObjectMetaArgs(name=NAMESPACE, namespace=place.name, labels=known),
            spec=apps.DeploymentSpecArgs(
                replicas=config.replicas_min,
                min_ready_seconds=READY_SECONDS,
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=SURGE, max_unavailable=0),
                ),
                selector=meta.LabelSelectorArgs(match_labels=match),
                template=core.PodTemplateSpecArgs(
                    metadata=meta.ObjectMetaArgs(labels={**known, "azure.workload.identity/use": "true"}),
                    spec=core.PodSpecArgs(
                        service_account_name=NAMESPACE,
                        automount_service_account_token=False,
                        enable_service_links=False,
                        security_context=pod_security(),
                        node_selector={"bailiwick/pool": "workload"},
                        topology_spread_constraints=spread(match, scope.zones),
                        # An answer takes a second; a stream of the gateway's may still ask in the middle of its own.
                        termination_grace_period_seconds=STREAM_SECONDS,
                        volumes=[
                            core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="64Mi"))
                        ],
                        containers=[self._container()],
                    ),
                ),
            ),
            opts=ResourceOptions.merge(place.options, ResourceOptions(ignore_changes=["spec.replicas"])),
        )

    def _container(self) -> core.ContainerArgs:
        health = core.HTTPGetActionArgs(path="/health", port=PORT)
        return core.ContainerArgs(
            name=NAMESPACE,
            image=self._args.scope.config.retrieval.image,
            image_pull_policy="IfNotPresent",
            env=environment(self._environment),
            ports=[core.ContainerPortArgs(name="http", container_port=PORT, protocol="TCP")],
            resources=core.ResourceRequirementsArgs(requests=dict(self._size), limits=dict(self._size)),
            security_context=container_security(),
            lifecycle=waits(LEAVING_SECONDS),
            volume_mounts=[core.VolumeMountArgs(name="tmp", mount_path="/tmp")],  # noqa: S108 the pod's own volume
            startup_probe=core.ProbeArgs(http_get=health, period_seconds=2, failure_threshold=30),
            readiness_probe=core.ProbeArgs(http_get=health, period_seconds=5, failure_threshold=2),
            liveness_probe=core.ProbeArgs(http_get=health, period_seconds=10, failure_threshold=3),
        )
