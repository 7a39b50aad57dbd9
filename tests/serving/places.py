"""Where vLLM's environment is, and what stands in for a cluster's names on loopback."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("BAILIWICK_SERVING_PYTHON", ROOT / ".tools" / "serving" / "bin" / "python"))
REQUIRED = os.environ.get("BAILIWICK_REQUIRE_SERVING") == "1"


def needed(there: object, what: str) -> None:
    """Skip, saying what is missing; fail where `make test-serving` asked for all of it."""
    if not there:
        (pytest.fail if REQUIRED else pytest.skip)(f"{what}: `make test-serving`")


def gpus() -> int:
    """GPUs of this machine."""
    if shutil.which("nvidia-smi") is None:
        return 0
    told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout
    return sum(line.startswith("GPU ") for line in told.splitlines())


def named(hosts: dict[str, list[str]], directory: Path) -> list[str]:
    """A command before another: in a mount namespace of its own, where the cluster's names have these addresses."""
    file = directory / "hosts"
    lines = [f"{address} {name}" for name, addresses in hosts.items() for address in addresses]
    file.write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(file)]
