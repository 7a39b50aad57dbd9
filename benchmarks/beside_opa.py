"""Six rules over a plan of 10,000 resources: ours, and Open Policy Agent's where `opa` is on PATH.

Both must refuse the same resources, or the times mean nothing. Reading the plan is in both times; in OPA's the start of
its process is, too.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.growth import synthetic
from plan.file import read, to_json
from policies.review import review
from policies.rules import ALL

RULES = (
    "residency.region-inside-jurisdiction",
    "encryption.storage-in-transit",
    "storage.no-shared-keys",
    "storage.no-public-blobs",
    "network.public-access-disabled",
    "network.storage-denies-networks",
)
SIZE = 10_000
REGO = Path(__file__).with_name("opa") / "storage.rego"


def ours(file: Path) -> tuple[float, dict[str, int]]:
    """Seconds, and refusals by rule."""
    rules = [rule for rule in ALL if rule.id in RULES]
    start = time.perf_counter()
    report = review(read(file), rules)
    seconds = time.perf_counter() - start
    return seconds, dict(Counter(finding.rule.id for finding in report.of_state("refused") if finding.rule.id in RULES))


def theirs(opa: str, file: Path) -> tuple[float, dict[str, int]]:
    """The same of OPA."""
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 the tool that the benchmark is about
        [opa, "eval", "--format=json", "--data", str(REGO), "--input", str(file), "data.bailiwick.count_by_rule"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    return seconds, json.loads(done.stdout)["result"][0]["expressions"][0]["value"]


def main() -> int:
    """Print both times and their ratio."""
    opa = shutil.which("opa")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(to_json(synthetic(SIZE)), encoding="utf-8")
        seconds, refused = ours(file)
        print(f"{SIZE:,} resources, {len(RULES)} rules, {sum(refused.values()):,} refusals")
        print(f"  bailiwick   {seconds:6.2f} s")
        if opa is None:
            print("  opa is not on PATH: nothing to hold it against")
            return 0
        other, same = theirs(opa, file)
        print(f"  opa         {other:6.2f} s   {other / seconds:.1f} times ours")
        if same != refused:
            print(f"they disagree: {refused} and {same}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
