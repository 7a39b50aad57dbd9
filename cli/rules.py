"""`bailiwick rules`: every rule, or one explained; and which rule holds which property of what the stacks plan."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from cli import completing
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from policies.coverage import Trial

COVERING: Mapping[str, tuple[str, ...]] = {
    "eu-prod": (),
    "uk-prod": ("azure-native:network:ApplicationGateway", "azure-native:network:WebApplicationFirewallPolicy"),
    "us-prod": ("azure-native:authorization:PolicyDefinitionAtManagementGroup",),
}
"""Stacks that together plan every type that any stack plans, and what each after the first adds; a test holds it."""


@click.command("rules")
@click.argument("rule_id", required=False, shell_complete=completing.rules)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--pack", shell_complete=completing.packs, help="Only the rules of one pack.")
@click.option(
    "--coverage",
    is_flag=True,
    help="Weaken eu-prod, and of uk-prod and us-prod the types it lacks: one resource of each type, one property at a "
    "time. Show which rules refuse, by type and facet, and what none does. `make mutate` weakens every resource of "
    "every stack.",
)
@click.option("--type", "token", help="With --coverage: one type token, property by property.")
def command(rule_id: str | None, pack: str | None, token: str | None, *, as_json: bool, coverage: bool) -> int:
    """List the rules, or explain RULE_ID: the law behind it, its fix, an example."""
    from policies.packs import PACKS

    if token is not None and not coverage:
        raise click.UsageError("--type goes with --coverage")
    if coverage:
        if rule_id is not None or pack is not None:
            raise click.UsageError("--coverage is over all rules; it takes no RULE_ID and no --pack")
        return _coverage(token, as_json=as_json)
    from cli.guess import meant

    if pack is not None and pack not in PACKS:
        raise click.UsageError(f"no pack '{pack}'.{meant(pack, list(PACKS))} The packs: {', '.join(PACKS)}.")
    return _listed(pack, as_json=as_json) if rule_id is None else _explained(rule_id, as_json=as_json)


def _listed(pack: str | None, *, as_json: bool) -> int:
    from evidence.rulebook import listed, print_rules
    from policies.packs import pack_of
    from policies.rules import ALL

    chosen = [rule for rule in ALL if pack is None or pack_of(rule).id == pack]
    if as_json:
        _dump([listed(rule) for rule in chosen])
    else:
        print_rules(chosen)
    return 0


def _explained(rule_id: str, *, as_json: bool) -> int:
    from cli.guess import meant
    from evidence.rulebook import explained, print_explained
    from policies.rules import ALL

    found = next((rule for rule in ALL if rule.id == rule_id), None)
    if found is None:
        guess = meant(rule_id, [rule.id for rule in ALL])
        raise click.UsageError(f"no rule '{rule_id}'.{guess} `bailiwick rules` lists all {len(ALL)}.")
    if as_json:
        _dump(explained(found))
    else:
        print_explained(found)
    return 0


def _coverage(token: str | None, *, as_json: bool) -> int:
    """Exit 1 where there is a gap: then the tool has found itself wanting."""
    from cli.guess import meant
    from cli.processes import cpus, in_order
    from evidence.coverage import as_json as in_json
    from evidence.coverage import print_coverage
    from policies.weakening import families

    tokens = [family.type for family in families()]
    if token is not None and token not in tokens:
        raise click.UsageError(f"no type '{token}'.{meant(token, tokens)}")
    added = [stack for stack, adds in COVERING.items() if token in adds]
    stacks = list(COVERING) if token is None else added or list(COVERING)[:1]
    found = list(in_order(partial(_weakened, token), _lost, stacks, min(cpus(), len(stacks))))
    trials = [trial for own, _ in found for trial in own]
    silent = sorted({one for _, own in found for one in own}) if token is None else []
    none = {family.type: family.none for family in families() if family.none}
    if as_json:
        _dump(in_json(trials, none, silent, stacks))
    else:
        print_coverage(trials, none, silent, stacks, in_full=token is not None)
    return 1 if silent or any(trial.outcome == "gap" for trial in trials) else 0


def _weakened(token: str | None, stack: str) -> "tuple[list[Trial], tuple[str, ...]]":
    """One resource of each type of a stack, or of those that it adds, weakened; and the types without a weakening."""
    import gc
    from datetime import UTC, datetime

    from cli.planning import plan_stack
    from policies.coverage import Experiment, unspoken, ways_for
    from policies.rules import ALL

    plan, _ = plan_stack(stack)
    # The SDK that planned it stays in memory: garbage of thousands of trials need not be looked for in it.
    gc.freeze()
    adds = COVERING[stack]
    # What would come beside a plan is tried once, on the first.
    ways = [way for way in ways_for(plan) if way.change != "appear" or not adds]
    experiment = Experiment(base=plan, rules=ALL, as_of=datetime.now(UTC).date())
    wanted = adds if adds else (token,) if token else None
    tried = experiment.run(ways, most=1, only=lambda one: wanted is None or one in wanted)
    return list(tried), unspoken(plan)


def _lost(stack: str, code: int | None) -> "tuple[list[Trial], tuple[str, ...]]":
    raise ToolFailed(f"weakening {stack} ended with {code}, and no result")


def _dump(value: object) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
