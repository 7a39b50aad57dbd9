"""Obtain what the tests with a real API server need: `make cluster-tools`. The only step that downloads anything.

etcd comes from Debian's package, unpacked and not installed: nothing is started, and root is not needed. The API
server is built from tools/go.mod, and definitions of custom resources come from the modules of tools/crds/go.mod: the
ordinary clients fetch both, and go.sum pins every byte. What is there already is left alone.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from tools.obtaining import CannotObtain, digest, need_go, reads, run, say, succeeds
from tools.places import (
    API_SERVER,
    BIN,
    DEFINITIONS,
    ETCD,
    HERE,
    POLICY_TESTER,
    TYPE_CHECKER,
    VERIFIER,
    brought,
    kubernetes_version,
)

PACKAGE = "etcd-server"
VERSION_VARIABLES = "k8s.io/component-base/version"


def main() -> int:
    """Obtain all; 1 with a sentence where it can't be done."""
    try:
        BIN.mkdir(parents=True, exist_ok=True)
        _etcd()
        definitions()
        _api_server()
        _type_checker()
        _verifier()
    except CannotObtain as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _etcd() -> None:
    if (BIN / ETCD).exists() or brought(ETCD):
        return
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise CannotObtain(f"no {ETCD} on PATH nor in KUBEBUILDER_ASSETS, and no Debian here to take {PACKAGE} from")
    with tempfile.TemporaryDirectory() as folder:
        if not succeeds(["apt-get", "download", "--quiet", PACKAGE], folder):
            # A fresh image has no lists; only root may fetch them.
            if os.geteuid() != 0:
                raise CannotObtain(f"apt-get knows no {PACKAGE}; hint: sudo apt-get update, or put {ETCD} on PATH")
            run(["apt-get", "update", "--quiet"], folder)
            run(["apt-get", "download", "--quiet", PACKAGE], folder)
        (archive,) = Path(folder).glob("*.deb")
        run(["dpkg-deb", "--extract", archive.name, "unpacked"], folder)
        shutil.copy2(Path(folder) / "unpacked" / "usr" / "bin" / ETCD, BIN / ETCD)
    say(f"{ETCD}: from Debian's {PACKAGE}")


def definitions() -> None:
    """What the add-ons' projects publish, as their modules hold it. Raises CannotObtain."""
    module = HERE / "crds"
    wanted = yaml.safe_load((module / "files.yaml").read_text(encoding="utf-8"))
    stamp, state = DEFINITIONS / ".from", digest(module / "go.mod", module / "go.sum", module / "files.yaml")
    if reads(stamp, state):
        return
    need_go("definitions of custom resources")
    shutil.rmtree(DEFINITIONS, ignore_errors=True)
    DEFINITIONS.mkdir(parents=True)
    for name, files in wanted.items():
        folder = Path(json.loads(run(["go", "mod", "download", "-json", name], module))["Dir"])
        for file in files:
            # Copied by content: files of the module cache are read-only.
            (DEFINITIONS / Path(file).name).write_bytes((folder / file).read_bytes())
    stamp.write_text(state, encoding="utf-8")
    say(f"definitions of custom resources: {sum(map(len, wanted.values()))}")


def _api_server() -> None:
    if brought(API_SERVER):
        return
    version = kubernetes_version()
    stamp, state = BIN / f".{API_SERVER}.from", digest(HERE / "go.mod", HERE / "go.sum", Path(__file__))
    if (BIN / API_SERVER).exists() and reads(stamp, state):
        return
    need_go(API_SERVER)
    say(f"{API_SERVER} {version}: building, some six minutes on two cores")
    major, minor, _ = version.removeprefix("v").split(".")
    # Without these the server calls itself v0.0.0-master, and clients refuse it.
    said = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(["-s", "-w", *(f"-X {VERSION_VARIABLES}.{key}={value}" for key, value in said.items())])
    built = BIN / f".{API_SERVER}.new"
    run(
        ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(built), "k8s.io/kubernetes/cmd/kube-apiserver"],
        HERE,
        CGO_ENABLED="0",
    )
    built.replace(BIN / API_SERVER)
    stamp.write_text(state, encoding="utf-8")
    say(f"{API_SERVER}: built")


def _type_checker() -> None:
    """Cheap after the API server: it is made of the same packages."""
    state = digest(HERE / "go.mod", HERE / "go.sum", HERE / TYPE_CHECKER / "main.go")
    stamp = BIN / f".{TYPE_CHECKER}.from"
    if (BIN / TYPE_CHECKER).exists() and reads(stamp, state):
        return
    need_go(TYPE_CHECKER)
    run(["go", "build", "-trimpath", "-o", str(BIN / TYPE_CHECKER), f"./{TYPE_CHECKER}"], HERE, CGO_ENABLED="0")
    stamp.write_text(state, encoding="utf-8")
    say(f"{TYPE_CHECKER}: built")


def _verifier() -> None:
    """Eight minutes on two cores the first time: it brings the clients of every cloud's keys."""
    module = HERE / "verifier"
    state = digest(module / "go.mod", module / "go.sum")
    for name, command in ((POLICY_TESTER, "tester"), (VERIFIER, "webhook")):
        stamp = BIN / f".{name}.from"
        if brought(name) or ((BIN / name).exists() and reads(stamp, state)):
            continue
        need_go(name)
        package = f"github.com/sigstore/policy-controller/cmd/{command}"
        run(["go", "build", "-trimpath", "-o", str(BIN / name), package], module, CGO_ENABLED="0")
        stamp.write_text(state, encoding="utf-8")
        say(f"{name}: built")


if __name__ == "__main__":
    sys.exit(main())
