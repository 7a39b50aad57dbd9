"""Where the programs and the definitions lie that the tests with a real API server need."""

import os
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".tools" / "cluster"
"""Git-ignored; made by `make cluster-tools`."""
BIN = FOLDER / "bin"
DEFINITIONS = FOLDER / "definitions"
"""Definitions of custom resources, as their projects publish them."""

SWAGGER = FOLDER / "openapi" / "swagger.json"
"""The API's description, of the release that the server is built from."""
SCANNERS = HERE.parent / ".tools" / "scan"
"""Git-ignored; the environment of the dependency group `scan`, and beside its programs those of `make scan-tools`."""

ETCD, API_SERVER = "etcd", "kube-apiserver"
POLICY_TESTER, VERIFIER = "policy-tester", "policy-controller"
"""Of sigstore's policy-controller, which verifies images: tools/verifier."""
TYPE_CHECKER = "typecheck"
"""Ours, of the API server's own code: tools/typecheck."""


def program(name: str) -> Path | None:
    """A program's path: from KUBEBUILDER_ASSETS, from `make cluster-tools`, or on PATH, in this order."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    for folder in (Path(given) if given else None, BIN):
        if folder is not None and os.access(folder / name, os.X_OK):
            return folder / name
    found = shutil.which(name)
    return Path(found) if found else None


def brought(name: str) -> Path | None:
    """The same, without what `make cluster-tools` made: whoever brings a program of their own keeps it."""
    found = program(name)
    return None if found is not None and found.parent == BIN else found


def kubernetes_version() -> str:
    """`v1.34.4`: what tools/go.mod builds."""
    for line in (HERE / "go.mod").read_text(encoding="utf-8").splitlines():
        words = line.removeprefix("require ").split()
        if len(words) == 2 and words[0] == "k8s.io/kubernetes":
            return words[1]
    raise ValueError("tools/go.mod requires no k8s.io/kubernetes")
