"""The data that the page's script reads: what stacks share stands there once."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from evidence.dashboard.data import Fleet, Judged, RuleFacts
from evidence.papers.articles import anchor
from evidence.regulations import State
from policies.catalogue import Regulation

STATES: Final = tuple(state.value for state in State)
"""The worst first; a state stands in the data as its place here."""


def payload(fleet: Fleet, rules: Sequence[RuleFacts], regulations: Mapping[str, Regulation]) -> str:
    """JSON that may stand in a script element: no `<` in it, whatever a resource is called."""
    facts = {rule.id: rule for stack in fleet.stacks for rule in stack.beside} | {rule.id: rule for rule in rules}
    told = [facts[name] for name in sorted(facts)]
    places = {rule.id: number for number, rule in enumerate(told)}
    types = sorted({each[0] for stack in fleet.stacks for each in stack.resources} | {t for r in told for t in r.types})
    type_places = {token: number for number, token in enumerate(types)}
    shown = [item for item in regulations.values() if any(item.id in stack.states for stack in fleet.stacks)]
    document = {
        "states": STATES,
        "types": types,
        "rules": [
            {
                "id": rule.id,
                "title": rule.title,
                "severity": rule.severity,
                "owner": rule.owner,
                "fix": rule.fix,
                "why": rule.why,
                "types": [type_places[token] for token in rule.types],
                "each": rule.each,
            }
            for rule in told
        ],
        "regulations": [_regulation(item, places) for item in shown],
        "stacks": [_stack(stack, told, places, type_places, shown) for stack in fleet.stacks],
    }
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _regulation(item: Regulation, places: Mapping[str, int]) -> Mapping[str, object]:
    return {
        "id": item.id,
        "short": item.short,
        "items": [
            {
                "id": each.id,
                "title": each.title,
                "says": each.says,
                "manual": each.manual,
                "unverified": each.unverified,
                "anchor": anchor(item.id, each.id),
                "rules": [places[rule] for rule in each.rules if rule in places],
            }
            for each in item.requirements
        ],
    }


def _stack(
    stack: Judged,
    told: Sequence[RuleFacts],
    places: Mapping[str, int],
    types: Mapping[str, int],
    shown: Sequence[Regulation],
) -> Mapping[str, object]:
    stands = [stack.rules.get(rule.id) for rule in told]
    return {
        "name": stack.stack,
        "jurisdiction": stack.jurisdiction,
        # No number: the rule was not asked of this stack.
        "rules": [None if each is None else code(each[0]) for each in stands],
        "applied": [0 if each is None else each[1] for each in stands],
        "states": [
            [code(each) for each in stack.states[item.id]] if item.id in stack.states else None for item in shown
        ],
        "resources": [[types[token], name, *([own] if own != name else [])] for token, name, own in stack.resources],
        "findings": [
            {
                "rule": places[found.rule],
                "state": code(found.state),
                "resource": found.resource,
                "at": found.index,
                "message": found.message,
                "where": f"{found.file}:{found.line}",
                "ground": found.ground,
            }
            for found in stack.findings
        ],
    }


def code(state: State | None) -> int:
    """A state's place in `STATES`."""
    return STATES.index((State.NOTHING if state is None else state).value)
