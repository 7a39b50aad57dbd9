"""The model for names that an operator brings: a container beside the gateway's, and a socket between the two.

It sees names before they are taken out, so it holds nothing by which it could be anybody: no certificate, no settings,
no log, no token of the pod's identity, and a user of its own, so that it can't listen on a port of the gateway's
(socket(7): SO_REUSEPORT wants one effective user). Its network is the pod's: docs/concepts/de-identification.md.
"""

import math
from collections.abc import Mapping

from pulumi_kubernetes.core import v1 as core

from components.gateway_entries import HEALTH_PORT
from components.workload import USER, container_security, environment, waits
from config.gateway import Detector

NAME = "detector"
FOLDER = "/run/detector"
"""In both containers; the gateway's can't write there."""
SOCKET = f"{FOLDER}/detector.sock"
PATH = "/detector"
"""On the gateway's health port: whether the model answers. It has no port of its own to be asked at."""
OWN_USER = USER + 1
DISK = "512Mi"
"""Of the node's, for its /tmp and what it prints."""
SKIPPED: Mapping[str, str] = {"azure.workload.identity/skip-containers": NAME}
"""Annotation of the pod: the webhook mounts the identity's token into every other container
(azure.github.io/azure-workload-identity, service account labels and annotations)."""
OFFLINE: Mapping[str, str] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "HOME": "/tmp",  # noqa: S108 the only place that the container may write to, beside its socket's
}
"""Libraries that models for names come with fetch and report nothing."""
STARTUP_SECONDS = 300
"""Until it has loaded its weights."""
OF_ALL_SECONDS = 1.0
"""What the gateway gives all its detectors beyond the seconds of this one."""


def told(detector: Detector) -> dict[str, object]:
    """What the gateway is told of it: model_images/gateway/guard/settings.py, `Plugin`."""
    return {
        "plugin": {"socket": SOCKET, "model": digest(detector), "seconds": detector.seconds},
        "detectorSeconds": detector.seconds + OF_ALL_SECONDS,
    }


def digest(detector: Detector) -> str:
    """Which image, whatever its name: what its answers must say."""
    return detector.image.partition("@")[2]


def volumes() -> list[core.VolumeArgs]:
    """The socket's folder, which both see, and the one that it writes to."""
    return [
        core.VolumeArgs(name=NAME, empty_dir=core.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="1Mi")),
        core.VolumeArgs(name=f"{NAME}-tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="256Mi")),
    ]


def seen() -> core.VolumeMountArgs:
    """The folder, as the gateway sees it: it may ask at the socket, and put nothing beside it."""
    return core.VolumeMountArgs(name=NAME, mount_path=FOLDER, read_only=True)


def container(detector: Detector, *, leaving_seconds: int) -> core.ContainerArgs:
    """It, told where to listen and what it is called; what else it does, its image says."""
    resources = {"cpu": detector.cpu, "memory": detector.memory, "ephemeral-storage": DISK}
    health = core.HTTPGetActionArgs(path=PATH, port=HEALTH_PORT)
    late = math.ceil(detector.seconds) + 1
    security = container_security()
    security.run_as_user = OWN_USER
    return core.ContainerArgs(
        name=NAME,
        image=detector.image,
        image_pull_policy="IfNotPresent",
        env=environment({**OFFLINE, "DETECTOR_SOCKET": SOCKET, "DETECTOR_MODEL": digest(detector)}),
        resources=core.ResourceRequirementsArgs(requests=dict(resources), limits=dict(resources)),
        security_context=security,
        # Until the gateway has answered the last: without it that would end in a refusal.
        lifecycle=waits(leaving_seconds),
        volume_mounts=[
            core.VolumeMountArgs(name=NAME, mount_path=FOLDER),
            core.VolumeMountArgs(name=f"{NAME}-tmp", mount_path="/tmp"),  # noqa: S108 the pod's own volume
        ],
        # Through the gateway, which asks it a text of nobody's.
        startup_probe=core.ProbeArgs(
            http_get=health, period_seconds=10, timeout_seconds=late, failure_threshold=STARTUP_SECONDS // 10
        ),
        readiness_probe=core.ProbeArgs(http_get=health, period_seconds=15, timeout_seconds=late, failure_threshold=2),
        liveness_probe=core.ProbeArgs(http_get=health, period_seconds=30, timeout_seconds=late, failure_threshold=4),
    )
