"""`bailiwick preview eu-prod`, as a whole process and split into import, program and rules."""

import resource
import subprocess
import sys
import time
from pathlib import Path

from config import parse, reviewing
from plan import stacks

ROOT = Path(__file__).resolve().parent.parent
STACK = "eu-prod"


def whole() -> tuple[float, float]:
    """Seconds and peak MiB of the command as a user starts it."""
    start = time.perf_counter()
    code = subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "cli.main", "preview", STACK, "--quiet"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    ).returncode
    seconds = time.perf_counter() - start
    assert code == 0, f"preview exited {code}"  # noqa: S101 a failed preview has no time
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Print the split, and each part's share."""
    seconds, memory = whole()
    start = time.perf_counter()
    import components.platform  # noqa: F401 the import is what is measured
    from plan.recorder import record_program
    from policies.review import review
    from policies.rules import ALL

    imported = time.perf_counter()
    values = stacks.values(ROOT, STACK)
    config, _ = parse(STACK, values)
    assert config is not None  # noqa: S101 the committed stack is well-formed
    with reviewing():
        plan = record_program(
            ROOT / "__main__.py",
            STACK,
            stacks.as_pulumi_hands_them(values),
            subscription_id=config.subscription_id,
            tenant_id=config.tenant_id,
        )
    planned = time.perf_counter()
    report = review(plan, ALL)
    judged = time.perf_counter()
    parts = {"import": imported - start, "program": planned - imported, "rules": judged - planned}
    print(f"bailiwick preview {STACK}: {seconds:.1f} s, {memory:.0f} MiB, {len(plan.resources)} registrations")
    for name, spent in parts.items():
        print(f"  {name:<8} {spent:6.2f} s   {spent / sum(parts.values()):5.0%}")
    print(f"  {report.evaluations} evaluations, {report.evaluations / parts['rules']:,.0f} per second")


if __name__ == "__main__":
    main()
