"""What hands out GPUs: two workloads of one namespace have what no other pod has, each one folder, and root for it.

NVIDIA/k8s-device-plugin, deployments/static/nvidia-device-plugin.yml; NVIDIA/dcgm-exporter, dcgm-exporter.yaml
"""

from collections.abc import Mapping

from plan.model import PlannedResource

DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
SPACE = "gpu-operators"
LEVEL = "privileged"
"""Of its namespace: Pod Security's `baseline` has no folder of a node."""
PLUGIN, EXPORTER = "nvidia-device-plugin", "dcgm-exporter"
FOLDERS: Mapping[str, str] = {
    PLUGIN: "/var/lib/kubelet/device-plugins",
    EXPORTER: "/var/lib/kubelet/pod-resources",
}


def is_operator(workload: PlannedResource) -> bool:
    """Whether it is one of the two."""
    return (
        workload.type == DAEMON_SET
        and workload.get("metadata.namespace") == SPACE
        and workload.get("metadata.name") in FOLDERS
    )


def is_own_folder(workload: PlannedResource, volume: Mapping[str, object]) -> bool:
    """Whether a volume is the one folder of the node that this workload may have."""
    folder = volume.get("hostPath")
    return (
        is_operator(workload)
        and set(volume) == {"name", "hostPath"}
        and isinstance(folder, dict)
        and folder.get("path") == FOLDERS[str(workload.get("metadata.name"))]
    )


def writes_folder(workload: PlannedResource) -> bool:
    """The plugin makes its socket there; the exporter asks another's."""
    return is_operator(workload) and workload.get("metadata.name") == PLUGIN
