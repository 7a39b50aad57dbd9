"""What a container may hold and run."""

from collections.abc import Iterator

from tests.cluster.admission.case import Case, bad
from tests.cluster.admission.daemons import EXPORTER, OPERATORS, exporter_writes, operator, stranger
from tests.cluster.admission.planned import GATEWAY, changed
from tests.cluster.admission.pods import (
    arguments,
    container,
    mounted,
    switched,
    token,
    variable,
    volume,
    weights_of_pod,
    without_offline,
)


def refused() -> Iterator[Case]:
    """Each in the words of its policy."""
    yield from bad(
        "secrets",
        "no secret stands in an environment variable in clear: gateway sets ",
        {
            "a password": variable("gateway", name="DB_PASSWORD", value="x"),
            "a key": variable("gateway", name="api_key", value="x"),
        },
    )
    yield from bad(
        "secrets",
        "no value of an environment variable is a secret: gateway",
        {
            "a connection": variable("gateway", name="STORE", value="AccountName=x;AccountKey=eA=="),
            "a signed link": variable("gateway", name="FROM", value="https://x.blob.core.windows.net/y?sv=1&sig=x"),
            "an address with a password": variable("gateway", name="DB", value="postgres://me:me@x/y"),
        },
    )
    yield from bad(
        "environment",
        "no variable turns a process",
        {
            "a library": variable("vllm", name="LD_PRELOAD", value="/x.so"),
            "a proxy": variable("vllm", name="https_proxy", value="x"),
            "a switch": switched("HF_DATASETS_OFFLINE"),
        },
    )
    yield from bad(
        "environment",
        "no variable comes from a Secret",
        {
            "a Secret's": variable("vllm", name="X", valueFrom={"secretKeyRef": {"name": "x", "key": "y"}}),
            "a whole map": container("vllm", envFrom=[{"configMapRef": {"name": "x"}}]),
        },
    )
    yield from bad(
        "volumes",
        "a volume is memory, settings, certificates or weights: more",
        {
            "a share elsewhere": volume("vllm", nfs={"server": "203.0.113.7", "path": "/"}),
            "a Secret": volume("vllm", secret={"secretName": "x"}),
        },
    )
    yield from bad(
        "volumes",
        "a volume of a driver's holds certificates",
        {
            "a file share": volume("vllm", csi={"driver": "file.csi.azure.com", "readOnly": True}),
        },
    )
    yield from bad("volumes", "a token that is mounted is for Entra alone", {"a token": token("elsewhere")})
    yield from bad(
        "volumes",
        "weights of a model are mounted read-only: weights",
        {
            "weights that are written": weights_of_pod(read_only=False),
        },
    )
    yield from bad(
        "volumes",
        "nothing is mounted for writing but memory: vllm",
        {
            "a mount that is written": mounted("weights", read_only=False),
        },
    )
    yield from bad(
        "programs",
        "a container runs what its image says: vllm",
        {
            "a shell": container("vllm", command=["sh", "-c", "curl elsewhere.example"]),
            "a terminal": container("vllm", stdin=True, tty=True),
        },
    )
    yield from bad(
        "programs",
        "a hook may wait, and do nothing else: vllm",
        {
            "a hook": container("vllm", lifecycle={"postStart": {"exec": {"command": ["sh"]}}}),
            "a last word": container("vllm", lifecycle={"preStop": {"exec": {"command": ["sh"]}}}),
        },
    )
    yield from bad(
        "models",
        "a model runs no code of its weights",
        {
            "code": arguments("--trust-remote-code"),
            "a log of requests": arguments("--enable-log-requests"),
        },
    )
    yield from bad(
        "models",
        "a model is loaded from the approved weights",
        {
            "somebody's model": arguments("--model=somebody/elses", drop="--model="),
            "two models": arguments("--model=/models/x"),
            "weights without a checksum": arguments(drop="--manifest-sha256="),
            "weights that nobody signed": arguments(drop="--weights-keys="),
        },
    )
    yield from bad("models", "a model loads nothing from a hub", {"a hub": without_offline()})
    yield from bad(
        "operators",
        "the device plugin and the exporter, and nothing else: ",
        {
            "a third": stranger(),
            "a deployment among them": changed(
                "Deployment", GATEWAY, lambda made: made["metadata"].update(namespace=OPERATORS)
            ),
        },
    )
    yield from bad(
        "operators",
        "each mounts the one folder that it needs",
        {
            "the exporter's folder in the plugin": operator("/var/lib/kubelet/pod-resources"),
            "the plugin's folder in the exporter": operator("/var/lib/kubelet/device-plugins", EXPORTER),
            "an exporter that writes": exporter_writes(),
        },
    )
    yield from bad(
        "operators",
        "system calls are filtered and nothing is unmasked",
        {
            "no filter": operator(securityContext={"runAsUser": 0}),
            "a group of the node's": operator(
                securityContext={
                    "runAsUser": 0,
                    "seccompProfile": {"type": "RuntimeDefault"},
                    "supplementalGroups": [0],
                }
            ),
        },
    )
