"""`make mutate`: every property of every resource of every stack weakened, one at a time; each must be refused.

Prints the kill rate of each stack and every survivor without a written reason, and exits 1 where there is one. Stacks
may be named; `--json` prints all trials that were not refused.
"""

import gc
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.processes import cpus, in_order
from evidence.coverage import print_rates, rate
from evidence.screen import Screen
from plan.file import read, to_json
from policies.coverage import Experiment, Trial, unspoken, ways_for
from policies.rules import ALL
from tests.plans import STACKS

Tried = tuple[str, list[Trial], tuple[str, ...]]


def tried(stack: str) -> Tried:
    """Every trial of one stack, and the types of which no file speaks."""
    from cli.planning import plan_stack

    made, faults = plan_stack(stack)
    if faults:
        raise SystemExit(f"{stack} has unlawful dials: {faults[0]}")
    with TemporaryDirectory() as folder:
        # Read back, so that nothing of the SDK that made it is left in it.
        path = Path(folder) / "plan.json"
        path.write_text(to_json(made), encoding="utf-8")
        plan = read(path)
    gc.freeze()
    experiment = Experiment(base=plan, rules=ALL, as_of=datetime.now(UTC).date())
    return stack, list(experiment.run(ways_for(plan))), unspoken(plan)


def _lost(stack: str, code: int | None) -> Tried:
    raise SystemExit(f"weakening {stack} ended with {code}, and no result")


def main(arguments: Sequence[str]) -> int:
    """Weaken the named stacks, or all."""
    screen, wanted = Screen(), [name for name in arguments if not name.startswith("-")] or list(STACKS)
    every: list[Trial] = []
    silent: set[str] = set()
    for stack, trials, missing in in_order(tried, _lost, wanted, min(cpus(), len(wanted))):
        every += trials
        silent |= set(missing)
        if "--json" not in arguments:
            print_rates(trials, stack)
    if "--json" in arguments:
        json.dump([vars(trial) for trial in every if not trial.rules], sys.stdout, indent=1, default=str)
    needless = _never_needed(every)
    for line in needless:
        screen.line(f"a reason that no stack needs: {line}", style="yellow")
    for token in sorted(silent):
        screen.line(f"no file of policies/weakenings/ speaks of {token}", style="red")
    screen.line(f"{len(wanted)} stacks, {len(every)} weakenings: {rate(every)} refused", style="bold")
    return 1 if silent or any(trial.outcome == "gap" for trial in every) else 0


def _never_needed(trials: Sequence[Trial]) -> list[str]:
    """Reasons for what is refused wherever it is tried: they would hide the day when it no longer is."""
    needed = {(t.type, t.path, t.harmless) for t in trials if t.outcome == "harmless"}
    said = {(t.type, t.path, t.harmless) for t in trials if t.harmless}
    return sorted(f"{token}  {path or 'removed'}: {reason}" for token, path, reason in said - needed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
