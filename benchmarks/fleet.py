"""`bailiwick preview --all`: the committed stacks against one of them, and a synthetic estate that grows.

Whole processes, as a user starts them. An estate is a copy of the project with eu-dev's stack file many times; a
stack's name says whose law applies (ADR 0011), so each has a jurisdiction of its own, a copy of `eu`. The default
sizes take some 10 minutes on two cores, of which 200 stacks take 7.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase

from plan import stacks

ROOT = Path(__file__).resolve().parent.parent
MODEL = "eu-dev"
ONE = "eu-prod"
SIZES = (10, 50, 200)
_UNNEEDED = (".*", "tests", "docs", "__pycache__")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one command took."""

    code: int
    seconds: float
    parent_mib: int
    child_mib: int
    """Of the largest child; what it shares with its parent is in both."""


def preview(folder: Path, bytecode: Path, *words: str) -> Run:
    """`bailiwick preview` in a folder, whose code it then is."""
    # As on a user's machine, where Python has compiled everything once.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    start = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 our own command
        [sys.executable, "-m", "cli.main", "preview", *words, "--quiet"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        parent = child = 0
        while process.poll() is None:
            parent = max(parent, _peak(process.pid))
            child = max([child, *(_peak(pid) for pid in _children(process.pid))])
            time.sleep(0.1)
    return Run(code=process.returncode, seconds=time.perf_counter() - start, parent_mib=parent, child_mib=child)


def _peak(pid: int) -> int:
    """MiB so far; 0 where the process has ended, and where there is no /proc."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def estate(folder: Path, size: int) -> None:
    """Put the project into `folder`, with so many stacks instead of its own."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_UNNEEDED))
    stack, law = (folder / f"Pulumi.{MODEL}.yaml").read_text(), (folder / "jurisdictions" / "eu.yaml").read_text()
    subscription = re.search(r"subscriptionId: (\S+)", stack)
    assert subscription is not None  # noqa: S101 the committed stack is well-formed
    for path in folder.glob("Pulumi.*.yaml"):
        path.unlink()
    for name in islice(_free_names(folder), size):
        (folder / "jurisdictions" / f"{name}.yaml").write_text(law.replace("\nid: eu\n", f"\nid: {name}\n", 1))
        own = stack.replace("jurisdiction: eu\n", f"jurisdiction: {name}\n").replace("eu-dev", f"{name}-dev")
        # A registry's name is unique in the world, a subscription belongs to one stack.
        own = own.replace("bweudev", f"bw{name}dev").replace(subscription[1], str(uuid.uuid5(uuid.NAMESPACE_DNS, name)))
        (folder / f"Pulumi.{name}-dev.yaml").write_text(own)


def _free_names(folder: Path) -> Iterator[str]:
    for letters in product(ascii_lowercase, repeat=2):
        if not (folder / "jurisdictions" / f"{''.join(letters)}.yaml").exists():
            yield "".join(letters)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="stacks of the estates, as 10,20")
    sizes = [int(word) for word in parser.parse_args().sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="bailiwick-fleet-") as place:
        bytecode = Path(place) / "bytecode"
        preview(ROOT, bytecode, ONE)  # compiles, and is not counted
        one, every = preview(ROOT, bytecode, ONE), preview(ROOT, bytecode, "--all")
        count = len(stacks.available(ROOT))
        print(f"{ONE} alone     {_line(one, 1)}")
        print(f"all {count:>3} stacks   {_line(every, count)}   {every.seconds / one.seconds:.1f} times as long")
        folder = Path(place) / "estate"
        estate(folder, 1)
        preview(folder, bytecode, "--all")  # as above
        for size in sizes:
            # In the same place: what is compiled stays so.
            shutil.rmtree(folder)
            estate(folder, size)
            print(f"estate of {size:>3}   {_line(preview(folder, bytecode, '--all'), size)}", flush=True)


def _line(run: Run, count: int) -> str:
    return (
        f"{run.seconds:7.1f} s   {run.seconds / count:5.2f} s each   exit {run.code}   "
        f"parent {run.parent_mib} MiB, largest child {run.child_mib} MiB"
    )


if __name__ == "__main__":
    main()
