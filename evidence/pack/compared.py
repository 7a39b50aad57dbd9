"""A comparison in words and as JSON."""

from typing import Any

from evidence.pack.comparing import Change, Comparison, Ground
from evidence.pack.reading import Pack, ToldFinding
from evidence.pack.reasons import Reason
from evidence.screen import Screen

NAMES = 50
"""Names that a reason is told with."""
_MARKS = {
    "new": ("+", "yellow"),
    "gone": ("-", "green"),
    "state": ("~", "yellow"),
    "words": ("·", ""),
}


def as_json(found: Comparison) -> dict[str, Any]:
    """For `--json`: both sides, every change with its reason, requirements and grounds."""
    return {
        "stack": found.now.told.stack,
        "was": _side(found.was),
        "now": _side(found.now),
        "same": found.same,
        "worse": found.worse,
        "findings": [_change(each) for each in found.changes],
        "requirements": [
            {"regulation": each.regulation, "requirement": each.requirement, "was": each.was, "now": each.now}
            for each in found.requirements
        ],
        "grounds": [
            {
                "what": each.what,
                "name": each.name,
                "change": each.change,
                "wasUntil": each.was_until.isoformat() if each.was_until is not None else None,
                "until": each.until.isoformat() if each.until is not None else None,
            }
            for each in found.grounds
        ],
        "inputs": list(found.differences.entries("inputs")),
        "packs": list(found.differences.entries("packs")),
        "tools": list(found.differences.entries("tools")),
        "resources": {urn: {"change": why.value, "inputs": list(names)} for urn, (why, names) in
                      found.differences.resources.items()},
    }  # fmt: skip


def print_comparison(found: Comparison) -> None:
    """The verdict first, then what is worse, the rest, requirements by regulation, and on whose word things hold."""
    screen = Screen()
    for name, pack in (("was", found.was), ("now", found.now)):
        screen.line(f"{name}  {_words(pack)}", style="dim")
    before, after = found.was.told.verdict, found.now.told.verdict
    style = "bold red" if found.worse else "bold yellow" if found.less_known else "bold green"
    screen.line(
        f"{found.now.told.stack}: {after}" if before == after else f"{found.now.told.stack}: {before} → {after}",
        style=style,
    )
    for each in found.changes:
        _print_change(screen, each)
    if found.requirements:
        screen.line()
        rows = [[each.regulation, each.requirement, each.was or "-", each.now or "-"] for each in found.requirements]
        screen.table(["regulation", "requirement", "was", "now"], rows)
    for ground in found.grounds:
        screen.line(_told(ground), style="cyan")
    if found.was.plan is None or found.now.plan is None:
        screen.line("! a pack holds no plan.json: what changed in the plan is not told", style="yellow")
    if found.same:
        screen.line("nothing changed in the verdict", style="dim")


def _print_change(screen: Screen, change: Change) -> None:
    one, (mark, style) = change.finding, _MARKS[change.kind]
    style = "bold red" if change.worse else style
    states = {"new": one.state, "gone": f"{one.state}, gone", "words": f"{one.state}, told otherwise"}
    moved = f"{change.was.state} → {change.now.state}" if change.was is not None and change.now is not None else ""
    screen.line((f"{mark} {one.rule}", style), f"   {one.severity}   {states.get(change.kind, moved)}")
    screen.line(f"  {one.resource}: {one.message}")
    also = f" (also: {', '.join(each.why.value for each in change.also)})" if change.also else ""
    screen.line(f"  why: {change.reason.words}{also}", style="cyan")


def _told(ground: Ground) -> str:
    if ground.change == "moved":
        return f"{ground.what} {ground.name}: until {ground.until}, was until {ground.was_until}"
    return f"{ground.what} {ground.name}: {ground.change} (until {ground.until or ground.was_until})"


def _words(pack: Pack) -> str:
    counts = {state: sum(each.state == state for each in pack.told.findings) for state in ("refused", "exempt")}
    said = "signed by a key that you named" if pack.signed else "NOT SIGNED, or not asked"
    return (
        f"{pack.folder}: {pack.told.verdict}, {counts['refused']} refused, {counts['exempt']} exempt, "
        f"judged as of {pack.told.judged_as_of.isoformat()}, commit {_commit(pack)}; {said}"
    )


def _commit(pack: Pack) -> str:
    commit = pack.predicate.get("commit")
    if not isinstance(commit, dict):
        return "none"
    return str(commit.get("id"))[:12] + ("+" if commit.get("dirty") else "")


def _side(pack: Pack) -> dict[str, Any]:
    return {
        "folder": pack.folder,
        "signed": pack.signed,
        "verdict": pack.told.verdict,
        "judgedAsOf": pack.told.judged_as_of.isoformat(),
        "commit": _commit(pack),
        "plan": pack.plan is not None,
    }


def _change(change: Change) -> dict[str, Any]:
    one = change.finding
    return {
        "change": change.kind,
        "worse": change.worse,
        "rule": one.rule,
        "severity": one.severity,
        "urn": one.urn,
        "resource": one.resource,
        "was": _state(change.was),
        "now": _state(change.now),
        "reason": _reason(change.reason),
        "also": [_reason(each) for each in change.also],
    }


def _state(finding: ToldFinding | None) -> dict[str, str] | None:
    return {"state": finding.state, "message": finding.message} if finding is not None else None


def _reason(reason: Reason) -> dict[str, Any]:
    # A reason of many names is told for each finding; `resources` of the document has all of them once.
    return {
        "kind": reason.why.value,
        "words": reason.words,
        "names": list(reason.names[:NAMES]),
        "count": len(reason.names),
    }
