"""What admission takes: the stack's own, and what comes near a breach and is none."""

from collections.abc import Iterator
from functools import partial

from tests.cluster.admission.case import Case, Made
from tests.cluster.admission.daemons import EXPORTER, PLUGIN, operator
from tests.cluster.admission.objects import TCP, cilium, network, node, ports, service, settings, space, weights
from tests.cluster.admission.planned import DIGEST, MODELS, REGISTRY, changed, planned
from tests.cluster.admission.pods import GPU, affinity, container, foreign, token, variable

OF_POLICY = {
    **dict.fromkeys(
        (
            "images",
            "node",
            "privileges",
            "gpus",
            "places",
            "labels",
            "secrets",
            "environment",
            "volumes",
            "programs",
            "models",
        ),
        ("Deployment", "vllm"),
    ),
    "operators": ("DaemonSet", PLUGIN),
    "namespaces": ("Namespace", MODELS),
    "services": ("Service", "partners"),
    "networks": ("NetworkPolicy", "gateway"),
    "fine-networks": ("CiliumNetworkPolicy", "requests"),
    "weights": ("PersistentVolume", f"{MODELS}-weights"),
    "settings": ("ConfigMap", "gateway"),
    "vaults": ("SecretProviderClass", "certificates"),
}
"""The object of the stack that each policy looks at."""


def taken() -> Iterator[Case]:
    """The stack's own objects, and what comes near a breach and is none."""
    for policy, (kind, name) in OF_POLICY.items():
        yield Case(policy=policy, what=f"the stack's own {kind}", make=partial(planned, kind, name))
    near: dict[str, dict[str, Made]] = {
        "nodes": {"one of the region": node("westeurope"), "one that does not say yet": node(None)},
        "places": {"a zone of the stack's": affinity("westeurope-1", "westeurope-2")},
        "gpus": {"a model's": container("vllm", resources=GPU)},
        "node": {"what hands out GPUs": operator(), "what measures them": operator(name=EXPORTER)},
        "operators": {"what measures them": operator(name=EXPORTER)},
        "volumes": {"what the webhook of identities adds": token("api://AzureADTokenExchange")},
        "programs": {"a hook that waits": container("vllm", lifecycle={"preStop": {"sleep": {"seconds": 5}}})},
        "secrets": {"the name of a file": variable("gateway", name="AZURE_FEDERATED_TOKEN_FILE", value="/var/run/x")},
        "services": {"the portal, seen by all": service("portal", note="pls-visibility", value="*")},
        "weights": {
            "what an add-on of Azure's made": weights(
                csi=None,
                mountOptions=None,
                hostPath={"path": "/x"},
                claimRef={"namespace": "kube-system", "name": "x"},
            )
        },
        "images": {"a first container's": foreign(f"{REGISTRY}/x{DIGEST}")},
        "namespaces": {
            "one more": space(),
            "Kubernetes' own": lambda: {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "default", "labels": {"x": "y"}},
            },
        },
        "networks": {"a range of the stack's": network({"to": [{"ipBlock": {"cidr": "10.40.4.0/24"}}], "ports": TCP})},
        "fine-networks": {"a host by name": cilium(egress=[{"toFQDNs": [{"matchName": "x.example"}], **ports(443)}])},
        "settings": {
            "pages": settings(lambda told: told.update(origins=["https://page.example", "https://two.example:8443"])),
            "pages of tenants": settings(
                lambda told: told.update(
                    tenants={
                        name: {"cacheSalt": f"/run/certificates/salt-{name}", "origins": ["https://page.example"]}
                        for name in ("northern", "southern")
                    }
                )
            ),
            "another map": changed(
                "ConfigMap",
                "gateway",
                lambda made: (
                    made["metadata"].update(name="other"),
                    made.update(data={"x": "https://elsewhere.example"}),
                ),
            ),
        },
    }
    for policy, cases in near.items():
        for what, made in cases.items():
            yield Case(policy=policy, what=what, make=made)
