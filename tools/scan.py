"""Obtain what `make scan` needs and no Python package carries: `make scan-tools`.

actionlint and kubeconform are built from tools/linters/go.mod; the API's description comes from the module that the
tests' API server is built from, and definitions of custom resources are those of `make cluster-tools`. go.sum pins all.
"""

import json
import sys
from pathlib import Path

from tools.cluster import definitions
from tools.obtaining import CannotObtain, digest, need_go, reads, run, say
from tools.places import HERE, SCANNERS, SWAGGER

PROGRAMS = {"actionlint": "github.com/rhysd/actionlint", "kubeconform": "github.com/yannh/kubeconform"}
"""Program to its module; the command is `cmd/<program>` of it."""


def main() -> int:
    """Obtain all; 1 with a sentence where it can't be done."""
    try:
        _programs()
        _description()
        definitions()
    except CannotObtain as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _programs() -> None:
    module, folder = HERE / "linters", SCANNERS / "bin"
    state = digest(module / "go.mod", module / "go.sum")
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in PROGRAMS.items():
        stamp = folder / f".{name}.from"
        if (folder / name).exists() and reads(stamp, state):
            continue
        need_go(name)
        run(["go", "build", "-trimpath", "-o", str(folder / name), f"{path}/cmd/{name}"], module, CGO_ENABLED="0")
        stamp.write_text(state, encoding="utf-8")
        say(f"{name}: built")


def _description() -> None:
    stamp, state = SWAGGER.parent / ".from", digest(HERE / "go.mod", HERE / "go.sum")
    if SWAGGER.exists() and reads(stamp, state):
        return
    need_go("the API's description")
    folder = Path(json.loads(run(["go", "mod", "download", "-json", "k8s.io/kubernetes"], HERE))["Dir"])
    SWAGGER.parent.mkdir(parents=True, exist_ok=True)
    # Copied by content: files of the module cache are read-only.
    SWAGGER.write_bytes((folder / "api" / "openapi-spec" / "swagger.json").read_bytes())
    stamp.write_text(state, encoding="utf-8")
    say("the API's description: obtained")


if __name__ == "__main__":
    sys.exit(main())
