"""What the experiment found, as a reader meets it: type by facet, the rules that hold it, and the gaps last."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from evidence.screen import Screen
from policies.coverage import Trial

SHOWN = 4
"""Rules of one line; the rest is counted."""


def table(trials: Iterable[Trial]) -> dict[str, dict[str, list[Trial]]]:
    """Trials by type and facet, both in order."""
    ordered = sorted(trials, key=lambda trial: (trial.type, trial.facet))
    return {
        token: {facet: list(found) for facet, found in groupby(group, key=lambda trial: trial.facet)}
        for token, group in groupby(ordered, key=lambda trial: trial.type)
    }


def as_json(
    trials: Sequence[Trial], none: Mapping[str, str], unspoken: Sequence[str], stacks: Sequence[str]
) -> dict[str, object]:
    """The report as JSON."""
    return {
        "stacks": list(stacks),
        "tried": len(trials),
        "refused": _count(trials, "refused"),
        "harmless": _count(trials, "harmless"),
        "gaps": [_gap(trial) for trial in trials if trial.outcome == "gap"],
        "types_without_weakenings": list(unspoken),
        "types": {
            token: {
                **{facet: _facet(found) for facet, found in facets.items()},
                **({"none": none[token]} if token in none else {}),
            }
            for token, facets in table(trials).items()
        },
    }


def _facet(found: Sequence[Trial]) -> dict[str, object]:
    return {
        "tried": len(found),
        "rules": _rules(found),
        "harmless": _reasons(found),
        "gaps": _count(found, "gap"),
        "properties": {
            path or "the resource itself": {
                "rules": _rules(own),
                "gaps": [trial.what for trial in own if trial.outcome == "gap"],
            }
            for path, own in _by_path(found).items()
        },
    }


def _gap(trial: Trial) -> dict[str, object]:
    return {
        "stack": trial.stack,
        "type": trial.type,
        "facet": trial.facet,
        "property": trial.path,
        "weakened": trial.what,
        "urn": trial.urn,
        "resource": trial.resource,
    }


def print_coverage(
    trials: Sequence[Trial],
    none: Mapping[str, str],
    unspoken: Sequence[str],
    stacks: Sequence[str],
    *,
    in_full: bool = False,
) -> None:
    """Type by facet, one line each; every property where one type is asked for; gaps at the end."""
    screen = Screen()
    for token, facets in table(trials).items():
        screen.line(token, style="bold")
        for facet, found in facets.items():
            screen.line(f"  {facet:<20}  {_cell(found)}")
            if in_full:
                _print_properties(screen, found)
        if token in none:
            screen.line(f"  none needed: {none[token]}")
    gaps = [trial for trial in trials if trial.outcome == "gap"]
    screen.line()
    for trial in gaps:
        screen.line(f"GAP  {trial.type}  {trial.facet}  {trial.resource}: {trial.what}", style="red")
    for token in unspoken:
        screen.line(f"GAP  {token}: no file of policies/weakenings/ speaks of it", style="red")
    told = f"{len(trials)} weakenings of {len(table(trials))} types tried in {', '.join(stacks)}: "
    counts = f"{_count(trials, 'refused')} refused, {_count(trials, 'harmless')} harmless with a reason, "
    screen.line(f"{told}{counts}{len(gaps) + len(unspoken)} gaps")


def _print_properties(screen: Screen, found: Sequence[Trial]) -> None:
    for path, own in _by_path(found).items():
        screen.line(f"    {path or 'the resource itself'}")
        for what, same in groupby(sorted(own, key=lambda trial: trial.what), key=lambda trial: trial.what):
            tried = list(same)
            screen.line(f"      {what}  {_cell(tried)}")


def _by_path(found: Iterable[Trial]) -> dict[str, list[Trial]]:
    by_path: dict[str, list[Trial]] = {}
    for trial in found:
        by_path.setdefault(trial.path, []).append(trial)
    return by_path


def _cell(found: Sequence[Trial]) -> str:
    rules, reasons = _rules(found), _reasons(found)
    parts = (
        [", ".join(rules[:SHOWN]) + (f" and {len(rules) - SHOWN} more" if len(rules) > SHOWN else "")] if rules else []
    )
    parts += [f"none needed: {reason}" for reason in reasons] if not rules else []
    gaps = _count(found, "gap")
    return "; ".join([*parts, *([f"GAP ({gaps})"] if gaps else [])])


def _rules(found: Iterable[Trial]) -> list[str]:
    """By how many weakenings each refuses, the most first."""
    counted: dict[str, int] = {}
    for trial in found:
        for rule in trial.rules:
            counted[rule] = counted.get(rule, 0) + 1
    return sorted(counted, key=lambda rule: (-counted[rule], rule))


def _reasons(found: Iterable[Trial]) -> list[str]:
    return list(dict.fromkeys(trial.harmless for trial in found if trial.outcome == "harmless"))


def _count(found: Iterable[Trial], outcome: str) -> int:
    return sum(trial.outcome == outcome for trial in found)


def print_rates(trials: Sequence[Trial], stack: str) -> None:
    """The kill rate of one stack: by type where something survived, and every survivor without a reason."""
    screen = Screen()
    rows = []
    for token, facets in table(trials).items():
        found = [trial for own in facets.values() for trial in own]
        gaps = _count(found, "gap")
        if gaps:
            rows.append([token, len(found), _count(found, "refused"), _count(found, "harmless"), gaps, rate(found)])
    whole = [_count(trials, outcome) for outcome in ("refused", "harmless", "gap")]
    screen.line(
        f"{stack}: {rate(trials)} of {whole[0] + whole[2]} harmful weakenings refused; {whole[1]} harmless, "
        f"{whole[2]} survived",
        style="bold",
    )
    if rows:
        screen.table(["type", "tried", "refused", "harmless", "survived", "rate"], rows)
    for trial in trials:
        if trial.outcome == "gap":
            screen.line(f"  {trial.type}  {trial.facet}  {trial.resource}: {trial.what}", style="red")


def rate(trials: Sequence[Trial]) -> str:
    """Refused of those that no reason calls harmless."""
    killed, survived = _count(trials, "refused"), _count(trials, "gap")
    return f"{100 * killed / (killed + survived):.1f} %" if killed + survived else "none tried"
