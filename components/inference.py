"""vLLM in the cluster: one namespace and one deployment for each clinical use case, of each tenant that has its own.

A policy admits the gateway's pods to the one port, on which the proxy in the pod asks for the gateway's certificate and
knows the routes (docs/adr/0038); what is in the pod is in components/model_pod.py.
Scaling follows the queue, not the GPU: a GPU is busy with one request as with fifty. KEDA reads the metric from the
pods; the aggregation over a service's endpoints is to KEDA's documentation and was not run here.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Output, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.policy import v1 as policy
from pulumi_kubernetes.scheduling import v1 as scheduling

from components.canary import Version, versions
from components.fine_policies import COLLECTOR, NUMBERS, SCALER, asked, fine_policy, opened, pods
from components.gateway_secrets import MODELS_AUTHORITY
from components.identity import Identities
from components.key_vault import KeyVault
from components.lifecycle import said
from components.model_certificates import certificates
from components.model_pod import PORTS, PROXY, SIGNERS, SIGNERS_FILE, STARTUP_SECONDS, pod
from components.quota import Claim, bounded
from components.scope import Scope
from components.storage_account import StorageAccount
from components.workload import Place, labels, namespace, service_account
from config.tenants import Served
from config.use_case import UseCase

STORAGE = "1Ti"
"""What a volume is said to hold; the store has no bound of its own."""
QUEUE_METRIC = "vllm:num_requests_waiting"
"""docs.vllm.ai, production metrics."""
QUEUE_PER_REPLICA = 4
"""Waiting requests at which another replica is worth its GPU: about one batch's turn."""


@dataclass(frozen=True, kw_only=True)
class InferenceArgs:
    """What inference needs."""

    scope: Scope
    provider: Provider
    identities: Identities
    issuer: Output[str]
    weights: StorageAccount
    certificates: KeyVault


class Inference(ComponentResource):
    """Every model of the stack, each where only the gateway can reach it."""

    def __init__(self, name: str, args: InferenceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:inference:Inference", name, None, opts)
        self._args = args
        options = ResourceOptions(parent=self, provider=args.provider)
        scheduling.PriorityClass(
            f"{name}-priority",
            metadata=meta.ObjectMetaArgs(name="clinical-inference"),
            value=100_000,
            description="Models that clinicians wait for; a batch job makes room for them.",
            opts=options,
        )
        args.weights.grant_read("inference", args.identities.of["inference"], "weights")
        args.certificates.grant_secret("inference-authority", args.identities.of["inference"], MODELS_AUTHORITY)
        for one in args.scope.config.served:
            self._serve(one, options)
        self.register_outputs({})

    def _serve(self, one: Served, options: ResourceOptions) -> None:
        args, item = self._args, one.item
        place = namespace(
            one.space,
            scope=args.scope,
            component="inference",
            classification="phi",
            options=options,
            use_case=item.name,
            tenant=one.tenant,
        )
        bounded(place, claim(item))
        service_account(place, "vllm", client_id=args.identities.of["inference"].client_id)
        args.identities.federate("inference", issuer=args.issuer, namespace=place.name, service_account="vllm")
        self._weights(place)
        identity = args.identities.of["inference"]
        certificates(place, config=args.scope.config, identity=identity, vault=args.certificates)
        core.ConfigMap(
            f"{place.name}-signers",
            metadata=meta.ObjectMetaArgs(name=SIGNERS, namespace=place.name),
            immutable=False,
            data={SIGNERS_FILE: "".join(args.scope.config.weights.public_keys)},
            opts=place.options,
        )
        said(place, args.scope.config.stack, item)
        for version in versions(item):
            self._answer(place, version, one.tenant)

    def _answer(self, place: Place, version: Version, tenant: str) -> None:
        """What is served, or what is tried beside it: in nothing else do they differ."""
        item, match, server = version.item, version.match, version.server
        also = server.removeprefix("vllm")
        self._deployment(place, version, tenant)
        core.Service(
            f"{place.name}-service{also}",
            metadata=meta.ObjectMetaArgs(name=server, namespace=place.name),
            spec=core.ServiceSpecArgs(
                type="ClusterIP",
                # The gateway's Envoy sees each server by its own address: it leaves out one that fails, and asks
                # another what that one did not answer.
                cluster_ip="None",
                selector=match,
                ports=[
                    core.ServicePortArgs(name=name, port=port, target_port=port, protocol="TCP")
                    for name, port in PORTS.items()
                ],
            ),
            opts=place.options,
        )
        # No plain policy beside it: Cilium would add up the two, and every route would be open.
        fine_policy(
            f"requests{also}",
            place,
            match=match,
            ingress=[
                opened([pods("gateway", "gateway")], PORTS["https"]),
                asked([SCALER, COLLECTOR], PORTS["numbers"], NUMBERS),
            ],
        )
        policy.PodDisruptionBudget(
            f"{place.name}-budget{also}",
            metadata=meta.ObjectMetaArgs(name=server, namespace=place.name),
            spec=policy.PodDisruptionBudgetSpecArgs(
                # One replica can't be kept while its node is drained: then the budget would block every upgrade.
                max_unavailable=1,
                # Else a model that can't load its weights would block every upgrade of its node.
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=meta.LabelSelectorArgs(match_labels=match),
            ),
            opts=place.options,
        )
        self._scaling(place, item, server)

    def _weights(self, place: Place) -> None:
        """Weights come from the store's WORM container, read-only, by the pod's own identity.

        Form: kubernetes-sigs/blob-csi-driver, static volume with workload identity.
        """
        args = self._args
        volume = f"{place.name}-weights"
        core.PersistentVolume(
            volume,
            metadata=meta.ObjectMetaArgs(name=volume),
            spec=core.PersistentVolumeSpecArgs(
                capacity={"storage": STORAGE},
                access_modes=["ReadOnlyMany"],
                persistent_volume_reclaim_policy="Retain",
                storage_class_name="",
                mount_options=["-o allow_other", "-o attr_timeout=120", "--read-only=true"],
                csi=core.CSIPersistentVolumeSourceArgs(
                    driver="blob.csi.azure.com",
                    read_only=True,
                    volume_handle=volume,
                    volume_attributes={
                        "protocol": "fuse2",
                        "containerName": "weights",
                        "storageAccount": args.weights.name,
                        "resourceGroup": args.scope.names.resource_group("data"),
                        "clientID": args.identities.of["inference"].client_id,
                        # Else the driver asks for the account's key, which is off (kubernetes-sigs/blob-csi-driver,
                        # static volumes with workload identity). Its documentation grants a contributor; that a reader
                        # is enough to read was not tried.
                        "mountWithWorkloadIdentityToken": "true",
                    },
                ),
            ),
            opts=place.options,
        )
        core.PersistentVolumeClaim(
            f"{volume}-claim",
            metadata=meta.ObjectMetaArgs(name="weights", namespace=place.name),
            spec=core.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadOnlyMany"],
                storage_class_name="",
                volume_name=volume,
                resources=core.VolumeResourceRequirementsArgs(requests={"storage": STORAGE}),
            ),
            opts=place.options,
        )

    def _deployment(self, place: Place, version: Version, tenant: str) -> None:
        scope, item, match = self._args.scope, version.item, version.match
        known = labels(
            scope,
            name=version.name,
            component="inference",
            classification="phi",
            use_case=item.name,
            tenant=tenant,
        )
        # The default of ten minutes would call it a failure while the weights are still on their way.
        patience = STARTUP_SECONDS + 600
        whole = f"{(item.replicas_max + 1) * patience}s"
        apps.Deployment(
            f"{place.name}-{version.server}",
            metadata=meta.ObjectMetaArgs(name=version.server, namespace=place.name, labels=known),
            spec=apps.DeploymentSpecArgs(
                replicas=item.replicas_min,
                # A GPU is taken back before its successor gets one: there may be no spare.
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1),
                ),
                progress_deadline_seconds=patience,
                selector=meta.LabelSelectorArgs(match_labels=match),
                template=core.PodTemplateSpecArgs(
                    metadata=meta.ObjectMetaArgs(
                        labels={**known, "azure.workload.identity/use": "true"},
                        annotations=dict(version.noted),
                    ),
                    spec=pod(item, match, scope),
                ),
            ),
            # The autoscaler owns the number of replicas once the pods stand.
            opts=ResourceOptions.merge(
                place.options,
                ResourceOptions(
                    ignore_changes=["spec.replicas"], custom_timeouts=CustomTimeouts(create=whole, update=whole)
                ),
            ),
        )

    def _scaling(self, place: Place, item: UseCase, server: str) -> None:
        CustomResource(
            f"{place.name}-scaling{server.removeprefix('vllm')}",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=meta.ObjectMetaArgs(name=server, namespace=place.name),
            spec={
                "scaleTargetRef": {"name": server},
                "minReplicaCount": item.replicas_min,
                "maxReplicaCount": item.replicas_max,
                # A model takes minutes to load: don't give it up for a quiet moment.
                "cooldownPeriod": 900,
                "triggers": [
                    {
                        "type": "metrics-api",
                        "metadata": {
                            "url": f"http://{server}.{place.name}.svc.cluster.local:{PORTS['numbers']}/metrics",
                            "format": "prometheus",
                            "valueLocation": QUEUE_METRIC,
                            "targetValue": str(QUEUE_PER_REPLICA),
                            "aggregateFromKubeServiceEndpoints": "true",
                        },
                    }
                ],
            },
            opts=place.options,
        )


def claim(item: UseCase) -> Claim:
    """What one use case takes at its largest: while one replica finishes, its successor may already be loading.

    What is tried takes the same by replica, in the same namespace.
    """
    sizes = [version.item.replicas_max for version in versions(item)]
    return Claim(
        replicas=sum(sizes),
        surge=0,
        leaving=len(sizes),
        cpu=item.cpu,
        memory=item.memory,
        beside=PROXY,
        gpus=item.gpus,
        services=len(sizes),
        volumes=1,
        storage=STORAGE,
    )
