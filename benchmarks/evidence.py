"""`bailiwick evidence`: one stack beyond its preview, an estate of twenty, and how large each file is.

Whole processes, as a user starts them, and their processor time, which other work on the machine changes least. Goals:
under 5 s beyond the preview, and twenty stacks in under a minute on two cores.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fleet import estate

ROOT = Path(__file__).resolve().parent.parent
ONE = "eu-prod"
MANY = 20


def timed(folder: Path, bytecode: Path, *words: str) -> tuple[float, float]:
    """Seconds on the clock, and of processors, of one command in a folder, whose code it then is."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    code = subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "cli.main", *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False
    ).returncode
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert code == 0, f"{' '.join(words)} exited {code}"  # noqa: S101 a failed command has no time
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one(scratch: Path) -> None:
    """Evidence of one stack beside its preview; the largest files."""
    out = scratch / "one"
    timed(ROOT, scratch / "bytecode", "preview", ONE, "--quiet")  # compiles
    preview = timed(ROOT, scratch / "bytecode", "preview", ONE, "--quiet")
    evidence = timed(ROOT, scratch / "bytecode", "evidence", ONE, "--out", str(out))
    for name, (clock, processor) in (("preview", preview), ("evidence", evidence)):
        print(f"bailiwick {name} {ONE}: {clock:.1f} s, {processor:.1f} s of a processor")
    print(f"beyond the preview: {evidence[0] - preview[0]:.1f} s, {evidence[1] - preview[1]:.1f} s of a processor")
    files = sorted(((path.stat().st_size, path.name) for path in out.iterdir()), reverse=True)
    print(f"{len(files)} files, {sum(size for size, _ in files) / 1e6:.1f} MB:")
    for size, name in files:
        print(f"  {size / 1e3:8.0f} kB  {name}")


def many(scratch: Path, count: int) -> None:
    """An estate, each stack's evidence and the page over all."""
    folder = scratch / "estate"
    estate(folder, count)
    clock, processor = timed(folder, scratch / "estate-bytecode", "evidence", "--all", "--out", str(scratch / "all"))
    print(f"bailiwick evidence --all, {count} stacks: {clock:.0f} s, {processor:.0f} s of processors, "
          f"{processor / count:.1f} s each")  # fmt: skip
    print(f"  index.html: {(scratch / 'all' / 'index.html').stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stacks", type=int, default=MANY, help="How large the estate is; 0 leaves it out.")
    count = parser.parse_args().stacks
    with tempfile.TemporaryDirectory(prefix="bailiwick-evidence-") as name:
        one(Path(name))
        if count:
            many(Path(name), count)


if __name__ == "__main__":
    main()
