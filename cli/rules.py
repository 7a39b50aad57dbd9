"""`bailiwick rules`: every rule, or one explained."""

import json
import sys

import click


@click.command("rules")
@click.argument("rule_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--pack", help="Only the rules of one pack.")
def command(rule_id: str | None, pack: str | None, *, as_json: bool) -> int:
    """List the rules, or explain RULE_ID: the law behind it, its fix, an example."""
    from cli.guess import meant
    from evidence.rulebook import explained, listed, print_explained, print_rules
    from policies.packs import PACKS, pack_of
    from policies.rules import ALL

    if pack is not None and pack not in PACKS:
        raise click.UsageError(f"no pack '{pack}'.{meant(pack, list(PACKS))} The packs: {', '.join(PACKS)}.")
    if rule_id is None:
        chosen = [rule for rule in ALL if pack is None or pack_of(rule).id == pack]
        if as_json:
            json.dump([listed(rule) for rule in chosen], sys.stdout, indent=1, ensure_ascii=False)
            sys.stdout.write("\n")
        else:
            print_rules(chosen)
        return 0
    found = next((rule for rule in ALL if rule.id == rule_id), None)
    if found is None:
        guess = meant(rule_id, [rule.id for rule in ALL])
        raise click.UsageError(f"no rule '{rule_id}'.{guess} `bailiwick rules` lists all {len(ALL)}.")
    if as_json:
        json.dump(explained(found), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        print_explained(found)
    return 0
