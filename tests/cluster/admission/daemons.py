"""What hands out GPUs and what measures them, with one thing changed."""

from tests.cluster.admission.case import Made, later
from tests.cluster.admission.planned import changed
from tests.cluster.client import Object

OPERATORS = "gpu-operators"
PLUGIN, EXPORTER = "nvidia-device-plugin", "dcgm-exporter"


@later
def operator(path: str = "", name: str = PLUGIN, **changes: object) -> Made:
    """What hands out GPUs, with another folder of the node, or its pod otherwise changed."""

    def change(made: Object) -> None:
        spec = made["spec"]["template"]["spec"]
        if path:
            spec["volumes"][0]["hostPath"]["path"] = path
        spec.update(changes)

    return changed("DaemonSet", name, change)


@later
def stranger(name: str = "helper") -> Made:
    """One more beside them."""

    def change(made: Object) -> None:
        made["metadata"]["name"] = name
        made["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] = name
        made["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = name

    return changed("DaemonSet", PLUGIN, change)


@later
def exporter_writes() -> Made:
    """The exporter, which may write where it should only ask."""

    def change(made: Object) -> None:
        for mount in made["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]:
            mount.pop("readOnly", None) if mount["name"] == "kubelet" else None

    return changed("DaemonSet", EXPORTER, change)
