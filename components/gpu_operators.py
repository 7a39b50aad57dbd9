"""What hands out GPUs and what measures them: NVIDIA's device plugin and DCGM exporter, on GPU nodes and nowhere else.

The images are NVIDIA's, by digest, from the stack's own registry; the objects are ours, and no chart is fetched. What
each needs is in NVIDIA/k8s-device-plugin, deployments/static/nvidia-device-plugin.yml, and NVIDIA/dcgm-exporter,
dcgm-exporter.yaml and docker/Dockerfile:

- *One folder of the node each.* The plugin makes its socket in the kubelet's folder of plugins, and the exporter asks
  the kubelet's other socket which pod has which GPU. Pod Security has no level between `baseline`, which has no folder
  of a node, and `privileged`: so the namespace's is the latter, and admission (`bailiwick-operators`) holds the rest.
- *Root, without a single capability.* Both folders and sockets are root's. NVIDIA_VISIBLE_DEVICES in their images gives
  them every GPU of the node.
- *No SYS_ADMIN.* The exporter asks for it for profiling alone (DCGM_FI_PROF_*): without it nobody sees how busy tensor
  cores, memory and links are, and faults, memory, heat and power are all there (gpu_counters.csv).

Nothing here installs a driver. AKS installs one, and the container toolkit, where `gpu.driver` is Install; confidential
GPUs take none of it, and need the signed driver of NVIDIA's GPU operator (learn.microsoft.com/azure/aks/
use-confidential-gpus), whose driver's pod loads kernel modules and is privileged: no rule here lets it in, and how the
nodes of a stack with `driver: None` come by one is not decided. Until it is there the plugin restarts, and says so.

Not run here: that both images start under a read-only root. Older start scripts of the exporter run ldconfig, which
writes to /etc: import one that doesn't.
"""

from dataclasses import dataclass
from importlib import resources as package_files

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.scheduling import v1 as scheduling

from components.fine_policies import COLLECTOR, NUMBERS, asked, fine_policy
from components.quota import Claim, bounded
from components.scope import Scope
from components.workload import Place, container_security, environment, labels, namespace, service_account
from config.gpu import Gpu

NAMESPACE = "gpu-operators"
DEVICE_PLUGIN, DCGM_EXPORTER = "nvidia-device-plugin", "dcgm-exporter"
FOLDERS = {DEVICE_PLUGIN: "/var/lib/kubelet/device-plugins", DCGM_EXPORTER: "/var/lib/kubelet/pod-resources"}
PORT = 9400
COUNTERS = "/etc/counters"
SIZE = {"cpu": "100m", "memory": "512Mi"}
"""Of either: the exporter has the engine that reads the GPUs inside. Small beside any node with a GPU."""
LEVELS = {"enforce": "privileged", "audit": "restricted"}
"""What `restricted` would refuse is written down at every start; a warning each time would be read by nobody."""
SURGE_NODES = 1
"""Nodes that an upgrade adds before it takes any away: components/cluster.py."""


@dataclass(frozen=True, kw_only=True)
class GpuOperatorsArgs:
    """What they need."""

    scope: Scope
    provider: Provider
    gpu: Gpu


class GpuOperators(ComponentResource):
    """A namespace with two pods for each GPU node, whom nobody reaches but the collector of numbers."""

    def __init__(self, name: str, args: GpuOperatorsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:cluster:GpuOperators", name, None, opts)
        self._name, self._args = name, args
        options = ResourceOptions(parent=self, provider=args.provider)
        place = namespace(
            NAMESPACE,
            scope=args.scope,
            component=NAMESPACE,
            classification="internal",
            options=options,
            levels=LEVELS,
        )
        nodes = args.gpu.max + SURGE_NODES
        # A pod of a node makes room before its successor comes: each node has one of each.
        bounded(place, Claim(replicas=len(FOLDERS) * nodes, surge=0, leaving=0, cpu=SIZE["cpu"], memory=SIZE["memory"]))
        # One for both: neither has a token, an identity or a right.
        service_account(place, NAMESPACE)
        scheduling.PriorityClass(
            f"{name}-priority",
            metadata=meta.ObjectMetaArgs(name=NAMESPACE),
            value=200_000,
            description="What hands out GPUs: without it a model has a node, and no GPU.",
            opts=options,
        )
        self._device_plugin(place)
        self._exporter(place)
        self.register_outputs({})

    def _device_plugin(self, place: Place) -> None:
        self._on_every_node(
            place,
            DEVICE_PLUGIN,
            core.ContainerArgs(
                name=DEVICE_PLUGIN,
                image=self._args.gpu.device_plugin,
                image_pull_policy="IfNotPresent",
                # It runs on GPU nodes alone: one without a GPU is a fault, and no reason to sit still.
                env=environment({"FAIL_ON_INIT_ERROR": "true"}),
                resources=core.ResourceRequirementsArgs(requests=SIZE, limits=SIZE),
                security_context=_security(),
                # Its socket is made there.
                volume_mounts=[core.VolumeMountArgs(name="kubelet", mount_path=FOLDERS[DEVICE_PLUGIN])],
            ),
            [],
        )

    def _exporter(self, place: Place) -> None:
        settings = core.ConfigMap(
            f"{self._name}-counters",
            metadata=meta.ObjectMetaArgs(name="counters", namespace=place.name),
            data={"counters.csv": (package_files.files("components") / "gpu_counters.csv").read_text("utf-8")},
            opts=place.options,
        )
        fine_policy(
            "requests",
            place,
            match={"app.kubernetes.io/name": DCGM_EXPORTER},
            ingress=[asked([COLLECTOR], PORT, NUMBERS)],
        )
        health = core.HTTPGetActionArgs(path="/health", port=PORT)
        node = core.EnvVarSourceArgs(field_ref=core.ObjectFieldSelectorArgs(field_path="spec.nodeName"))
        self._on_every_node(
            place,
            DCGM_EXPORTER,
            core.ContainerArgs(
                name=DCGM_EXPORTER,
                image=self._args.gpu.dcgm_exporter,
                image_pull_policy="IfNotPresent",
                args=[f"--collectors={COUNTERS}/counters.csv", f"--address=:{PORT}", "--kubernetes=true"],
                # NO_SETCAP: the start script would give the program a capability that its container hasn't.
                env=[*environment({"NO_SETCAP": "true"}), core.EnvVarArgs(name="NODE_NAME", value_from=node)],
                ports=[core.ContainerPortArgs(name="metrics", container_port=PORT, protocol="TCP")],
                resources=core.ResourceRequirementsArgs(requests=SIZE, limits=SIZE),
                security_context=_security(),
                volume_mounts=[
                    core.VolumeMountArgs(name="kubelet", mount_path=FOLDERS[DCGM_EXPORTER], read_only=True),
                    core.VolumeMountArgs(name="counters", mount_path=COUNTERS, read_only=True),
                    core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 the pod's own volume
                ],
                # The engine looks for its GPUs first.
                startup_probe=core.ProbeArgs(http_get=health, period_seconds=5, failure_threshold=24),
                readiness_probe=core.ProbeArgs(http_get=health, period_seconds=15, failure_threshold=2),
                liveness_probe=core.ProbeArgs(http_get=health, period_seconds=30, failure_threshold=3),
            ),
            [
                core.VolumeArgs(
                    name="counters", config_map=core.ConfigMapVolumeSourceArgs(name=settings.metadata.name)
                ),
                core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="64Mi")),
            ],
        )

    def _on_every_node(
        self, place: Place, name: str, container: core.ContainerArgs, volumes: list[core.VolumeArgs]
    ) -> None:
        known = labels(self._args.scope, name=name, component=NAMESPACE, classification="internal")
        folder = core.HostPathVolumeSourceArgs(path=FOLDERS[name], type="Directory")
        apps.DaemonSet(
            f"{self._name}-{name}",
            metadata=meta.ObjectMetaArgs(name=name, namespace=place.name, labels=known),
            spec=apps.DaemonSetSpecArgs(
                selector=meta.LabelSelectorArgs(match_labels={"app.kubernetes.io/name": name}),
                update_strategy=apps.DaemonSetUpdateStrategyArgs(
                    type="RollingUpdate", rolling_update=apps.RollingUpdateDaemonSetArgs(max_unavailable=1)
                ),
                template=core.PodTemplateSpecArgs(
                    metadata=meta.ObjectMetaArgs(labels=known),
                    spec=core.PodSpecArgs(
                        service_account_name=NAMESPACE,
                        automount_service_account_token=False,
                        enable_service_links=False,
                        priority_class_name=NAMESPACE,
                        security_context=core.PodSecurityContextArgs(
                            run_as_user=0,
                            run_as_group=0,
                            seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
                        ),
                        node_selector={"bailiwick/pool": "gpu"},
                        tolerations=[
                            core.TolerationArgs(key="sku", operator="Equal", value="gpu", effect="NoSchedule")
                        ],
                        volumes=[core.VolumeArgs(name="kubelet", host_path=folder), *volumes],
                        containers=[container],
                    ),
                ),
            ),
            opts=place.options,
        )


def _security() -> core.SecurityContextArgs:
    """As everywhere, but for the user, whom the kubelet's folders ask for."""
    security = container_security()
    security.run_as_non_root = None
    return security
