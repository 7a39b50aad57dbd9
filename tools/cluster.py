"""Obtain what the tests with a real API server need: `make cluster-tools`. The only step that downloads anything.

etcd comes from Debian's package, unpacked and not installed: nothing is started, and root is not needed. The API
server is built from tools/go.mod, and definitions of custom resources come from the modules of tools/crds/go.mod: the
ordinary clients fetch both, and go.sum pins every byte. What is there already is left alone.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

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


class CannotObtain(RuntimeError):
    """What is missing, and how to get it."""


def main() -> int:
    """Obtain all; 1 with a sentence where it can't be done."""
    try:
        BIN.mkdir(parents=True, exist_ok=True)
        _etcd()
        _definitions()
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
        if not _succeeds(["apt-get", "download", "--quiet", PACKAGE], folder):
            # A fresh image has no lists; only root may fetch them.
            if os.geteuid() != 0:
                raise CannotObtain(f"apt-get knows no {PACKAGE}; hint: sudo apt-get update, or put {ETCD} on PATH")
            _run(["apt-get", "update", "--quiet"], folder)
            _run(["apt-get", "download", "--quiet", PACKAGE], folder)
        (archive,) = Path(folder).glob("*.deb")
        _run(["dpkg-deb", "--extract", archive.name, "unpacked"], folder)
        shutil.copy2(Path(folder) / "unpacked" / "usr" / "bin" / ETCD, BIN / ETCD)
    _say(f"{ETCD}: from Debian's {PACKAGE}")


def _definitions() -> None:
    module = HERE / "crds"
    wanted = yaml.safe_load((module / "files.yaml").read_text(encoding="utf-8"))
    stamp, state = DEFINITIONS / ".from", _digest(module / "go.mod", module / "go.sum", module / "files.yaml")
    if _reads(stamp, state):
        return
    _need_go("definitions of custom resources")
    shutil.rmtree(DEFINITIONS, ignore_errors=True)
    DEFINITIONS.mkdir(parents=True)
    for name, files in wanted.items():
        folder = Path(json.loads(_run(["go", "mod", "download", "-json", name], module))["Dir"])
        for file in files:
            # Copied by content: files of the module cache are read-only.
            (DEFINITIONS / Path(file).name).write_bytes((folder / file).read_bytes())
    stamp.write_text(state, encoding="utf-8")
    _say(f"definitions of custom resources: {sum(map(len, wanted.values()))}")


def _api_server() -> None:
    if brought(API_SERVER):
        return
    version = kubernetes_version()
    stamp, state = BIN / f".{API_SERVER}.from", _digest(HERE / "go.mod", HERE / "go.sum", Path(__file__))
    if (BIN / API_SERVER).exists() and _reads(stamp, state):
        return
    _need_go(API_SERVER)
    _say(f"{API_SERVER} {version}: building, some six minutes on two cores")
    major, minor, _ = version.removeprefix("v").split(".")
    # Without these the server calls itself v0.0.0-master, and clients refuse it.
    said = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(["-s", "-w", *(f"-X {VERSION_VARIABLES}.{key}={value}" for key, value in said.items())])
    built = BIN / f".{API_SERVER}.new"
    _run(
        ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(built), "k8s.io/kubernetes/cmd/kube-apiserver"],
        HERE,
        CGO_ENABLED="0",
    )
    built.replace(BIN / API_SERVER)
    stamp.write_text(state, encoding="utf-8")
    _say(f"{API_SERVER}: built")


def _type_checker() -> None:
    """Cheap after the API server: it is made of the same packages."""
    state = _digest(HERE / "go.mod", HERE / "go.sum", HERE / TYPE_CHECKER / "main.go")
    stamp = BIN / f".{TYPE_CHECKER}.from"
    if (BIN / TYPE_CHECKER).exists() and _reads(stamp, state):
        return
    _need_go(TYPE_CHECKER)
    _run(["go", "build", "-trimpath", "-o", str(BIN / TYPE_CHECKER), f"./{TYPE_CHECKER}"], HERE, CGO_ENABLED="0")
    stamp.write_text(state, encoding="utf-8")
    _say(f"{TYPE_CHECKER}: built")


def _verifier() -> None:
    """Eight minutes on two cores the first time: it brings the clients of every cloud's keys."""
    module = HERE / "verifier"
    state = _digest(module / "go.mod", module / "go.sum")
    for name, command in ((POLICY_TESTER, "tester"), (VERIFIER, "webhook")):
        stamp = BIN / f".{name}.from"
        if brought(name) or ((BIN / name).exists() and _reads(stamp, state)):
            continue
        _need_go(name)
        package = f"github.com/sigstore/policy-controller/cmd/{command}"
        _run(["go", "build", "-trimpath", "-o", str(BIN / name), package], module, CGO_ENABLED="0")
        stamp.write_text(state, encoding="utf-8")
        _say(f"{name}: built")


def _need_go(what: str) -> None:
    if not shutil.which("go"):
        raise CannotObtain(f"{what}: no go on PATH; tools/go.mod says which version")


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _reads(stamp: Path, state: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == state


def _succeeds(words: Sequence[str], folder: str) -> bool:
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)  # noqa: S603 no shell, our own words
    return done.returncode == 0


def _run(words: Sequence[str], folder: Path | str, **surroundings: str) -> str:
    """A command's output. Its complaints pass through, so that a slow download or build can be watched."""
    try:
        done = subprocess.run(  # noqa: S603 no shell, our own words
            words, cwd=folder, env={**os.environ, **surroundings}, stdout=subprocess.PIPE, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotObtain(f"{' '.join(words[:4])} … failed: {error}") from error
    return done.stdout


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
