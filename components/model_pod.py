"""A model's pod: the server, which answers on a Unix socket alone, and the proxy before it, both of one image.

The proxy holds the certificate and no weights; the server holds the weights and no certificate. Neither starts without
what it needs: the server verifies every file against the pinned manifest first (model_images/vllm).
"""

from collections.abc import Mapping

from pulumi_kubernetes.core import v1 as core

from components.gateway_secrets import mount, volume
from components.scope import Scope
from components.workload import STREAM_SECONDS, container_security, environment, pod_security, spread, waits
from config.use_case import UseCase

PORTS: Mapping[str, int] = {"https": 8000, "numbers": 8001}
"""The gateway's, by certificate; and the collector's, the scaler's and the kubelet's, for numbers and health."""
CALLER = "gateway.gateway.svc.cluster.local"
"""DNS name in the certificate by which the gateway proves itself to models."""
WEIGHTS = "/models"
SOCKET = "/run/vllm"
MEMORY_SHARE = "0.9"
"""Of a GPU's memory, for weights, cache and all else. models/fit.py has the same: tests/policies/test_models.py."""
SIGNERS, SIGNERS_FILE = "weights-signers", "keys.pem"
SIGNERS_MOUNT = "/etc/weights"
STARTUP_SECONDS = 1800
"""70 GB of weights at 100 MB/s through blobfuse is 12 minutes, once to verify and once, mostly cached, to load."""
PROXY: Mapping[str, str] = {"cpu": "500m", "memory": "256Mi"}
"""What a proxy of streams takes; a request's body is passed on, not kept."""

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "HOME": "/tmp",  # noqa: S108 the only place that the container may write to
}
"""Nothing is fetched, nothing is reported. The entrypoint says so again, whatever is said here."""


def pod(item: UseCase, match: dict[str, str], scope: Scope) -> core.PodSpecArgs:
    """One replica."""
    gpu = item.gpus > 0
    return core.PodSpecArgs(
        service_account_name="vllm",
        automount_service_account_token=False,
        enable_service_links=False,
        priority_class_name="clinical-inference",
        security_context=pod_security(),
        node_selector={"bailiwick/pool": "gpu" if gpu else "workload"},
        tolerations=[core.TolerationArgs(key="sku", operator="Equal", value="gpu", effect="NoSchedule")]
        if gpu
        else None,
        topology_spread_constraints=spread(match, scope.zones),
        termination_grace_period_seconds=STREAM_SECONDS + 30,
        volumes=[
            core.VolumeArgs(
                name="weights",
                persistent_volume_claim=core.PersistentVolumeClaimVolumeSourceArgs(
                    claim_name="weights", read_only=True
                ),
            ),
            core.VolumeArgs(name="signers", config_map=core.ConfigMapVolumeSourceArgs(name=SIGNERS)),
            volume(),
            core.VolumeArgs(name="socket", empty_dir=core.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="1Mi")),
            core.VolumeArgs(name="proxy", empty_dir=core.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="4Mi")),
            core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="4Gi")),
            # Tensor-parallel workers share memory; Kubernetes gives 64 MB unless told.
            core.VolumeArgs(name="shm", empty_dir=core.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="8Gi")),
        ],
        containers=[_server(item, confidential=_confidential(scope, item)), _proxy(item)],
    )


def _confidential(scope: Scope, item: UseCase) -> bool:
    gpu = scope.config.gpu
    return item.gpus > 0 and gpu is not None and gpu.confidential


def _server(item: UseCase, *, confidential: bool) -> core.ContainerArgs:
    resources = {"cpu": item.cpu, "memory": item.memory} | ({"nvidia.com/gpu": str(item.gpus)} if item.gpus else {})
    health = core.HTTPGetActionArgs(path="/health", port=PORTS["numbers"])
    return core.ContainerArgs(
        name="vllm",
        image=item.image,
        image_pull_policy="IfNotPresent",
        args=[
            "serve",
            f"--model={WEIGHTS}/{item.model.name}/{item.model.revision}",
            f"--manifest-sha256={item.model.sha256}",
            f"--weights-keys={SIGNERS_MOUNT}/{SIGNERS_FILE}",
            f"--served-model-name={item.name}",
            f"--max-model-len={item.max_model_len}",
            f"--max-num-seqs={item.concurrency}",
            f"--gpus={item.gpus}",
            # Said, not left to the server: the plan's arithmetic is of this one (docs/adr/0039).
            f"--gpu-memory-utilization={MEMORY_SHARE}",
            f"--confidential={str(confidential).lower()}",
            f"--stop-seconds={STREAM_SECONDS}",
            *(f"--tool-call-parser={parser}" for parser in (item.tool_call_parser,) if parser is not None),
            *(f"--reasoning-parser={parser}" for parser in (item.reasoning_parser,) if parser is not None),
        ],
        env=environment(OFFLINE),
        resources=core.ResourceRequirementsArgs(requests=dict(resources), limits=dict(resources)),
        security_context=container_security(),
        # A server that is told to stop drops what it is saying; so it is told when the last stream has ended.
        lifecycle=waits(STREAM_SECONDS),
        volume_mounts=[
            core.VolumeMountArgs(name="weights", mount_path=WEIGHTS, read_only=True),
            core.VolumeMountArgs(name="signers", mount_path=SIGNERS_MOUNT, read_only=True),
            core.VolumeMountArgs(name="socket", mount_path=SOCKET),
            core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 a volume of the pod's own
            core.VolumeMountArgs(name="shm", mount_path="/dev/shm"),  # noqa: S108 a volume of the pod's own
        ],
        # Through the proxy: the server itself has no port.
        startup_probe=core.ProbeArgs(http_get=health, period_seconds=10, failure_threshold=STARTUP_SECONDS // 10),
        readiness_probe=core.ProbeArgs(http_get=health, period_seconds=5, failure_threshold=2),
        liveness_probe=core.ProbeArgs(http_get=health, period_seconds=20, failure_threshold=3),
    )


def _proxy(item: UseCase) -> core.ContainerArgs:
    alive = core.HTTPGetActionArgs(path="/alive", port=PORTS["numbers"])
    return core.ContainerArgs(
        name="proxy",
        image=item.image,
        image_pull_policy="IfNotPresent",
        args=["proxy", f"--caller={CALLER}"],
        ports=[core.ContainerPortArgs(name=name, container_port=port, protocol="TCP") for name, port in PORTS.items()],
        resources=core.ResourceRequirementsArgs(requests=dict(PROXY), limits=dict(PROXY)),
        security_context=container_security(),
        lifecycle=waits(STREAM_SECONDS),
        volume_mounts=[
            mount(),
            core.VolumeMountArgs(name="socket", mount_path=SOCKET),
            core.VolumeMountArgs(name="proxy", mount_path="/tmp"),  # noqa: S108 a volume of the pod's own
        ],
        startup_probe=core.ProbeArgs(http_get=alive, period_seconds=2, failure_threshold=30),
        readiness_probe=core.ProbeArgs(http_get=alive, period_seconds=5, failure_threshold=2),
        liveness_probe=core.ProbeArgs(http_get=alive, period_seconds=10, failure_threshold=3),
    )
