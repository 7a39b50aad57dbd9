"""The verifier itself, as the cluster runs it: with its own account's rights, and asked by a real API server."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.image_verifier import ACCOUNT, NAMESPACE, PORT
from tests.cluster.client import Client, Object

SLICE = "discovery.k8s.io/v1"
KINDS = ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding")


def own_address() -> str:
    """An address of this machine that is not loopback: a service may not lead to that. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        return str(asking.getsockname()[0])


def needed(manifests: tuple[Object, ...]) -> list[Object]:
    """What the verifier needs of a stack before it starts: namespace and all in it, rights, definitions."""
    return [
        manifest
        for manifest in manifests
        if manifest["kind"] in KINDS
        or (manifest["kind"] == "Namespace" and manifest["metadata"]["name"] == NAMESPACE)
        or (manifest["metadata"].get("namespace") == NAMESPACE and manifest["apiVersion"] in ("v1", RBAC))
    ]


RBAC = "rbac.authorization.k8s.io/v1"


def leads_to(address: str) -> list[Object]:
    """What controllers would make of the service's selector."""
    meta = {"namespace": NAMESPACE}
    return [
        {
            "apiVersion": SLICE,
            "kind": "EndpointSlice",
            "metadata": {**meta, "name": "webhook-0", "labels": {"kubernetes.io/service-name": "webhook"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
            "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
        },
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {**meta, "name": "webhook"},
            "subsets": [{"addresses": [{"ip": address}], "ports": [{"name": "https", "port": PORT}]}],
        },
    ]


@contextmanager
def verifying(program: Path, client: Client, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program with the account's own token: what its role does not give it, it is refused here too."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token"
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = client.post(path, asked).body["status"]["token"]
    server = {"server": f"https://127.0.0.1:{client.port}", "certificate-authority": str(client.authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "x", "cluster": server}],
        "users": [{"name": "x", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    file = folder / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps(config), encoding="utf-8")
    surroundings = {
        "KUBECONFIG": str(file),
        "SYSTEM_NAMESPACE": NAMESPACE,
        "POD_NAME": f"{ACCOUNT}-0",
        "METRICS_DOMAIN": "sigstore.dev/policy",
        "METRICS_PROMETHEUS_PORT": "19090",
        "WEBHOOK_NAME": "webhook",
        "HOME": str(folder),
    }
    with (folder / "verifier.log").open("wb") as log:
        process = subprocess.Popen([str(program), "-disable-tuf"], env=surroundings, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
