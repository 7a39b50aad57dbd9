"""A regulation as an auditor reads it: each requirement, the rules that evidence it, and what a person attests."""

import textwrap
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from evidence.screen import Screen
from policies.catalogue import Regulation, Requirement, in_force, regulations, without_catalogue
from policies.review import Finding, Report


class State(StrEnum):
    """How a requirement stands with a stack, the worst first."""

    REFUSED = "REFUSED"
    NOT_EVALUATED = "NOT EVALUATED"
    """A rule could not judge, for want of a value that is known later, or was not asked: it does not pass."""
    EXEMPT = "EXEMPT"
    """It holds but for an exception that the jurisdiction has on record."""
    NOTHING = "NOTHING TO JUDGE"
    """All of its rules were asked, and the plan holds nothing of what they judge: nothing is shown either way."""
    PASS = "PASS"
    MANUAL = "MANUAL"
    """No rule can show it."""


_STYLE: Final[Mapping[State, tuple[str, str]]] = {
    State.REFUSED: ("✗", "bold red"),
    State.NOT_EVALUATED: ("?", "bold yellow"),
    State.EXEMPT: ("~", "bold cyan"),
    State.NOTHING: ("–", "bold"),
    State.PASS: ("✓", "bold green"),
    State.MANUAL: ("·", "bold"),
}
_OF_FINDING: Final = {"refused": State.REFUSED, "not-evaluated": State.NOT_EVALUATED, "exempt": State.EXEMPT}
UNJUDGED: Final = (
    "The plan holds nothing of what its rules judge, and none of them met a value that it could not see. That shows "
    "neither that the requirement is met nor that it is not: whether it applies here is for a person to say."
)
"""What NOTHING TO JUDGE says, in words to sign."""
_WIDTH: Final = 110
_NO_CATALOGUE: Final = "no catalogue: all of it is for a person to attest"


class Standing:
    """What a report says of each rule, and so of each requirement."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._asked = {rule.id for rule in report.rules}
        self._found: dict[str, list[Finding]] = {}
        for finding in report.findings:
            self._found.setdefault(finding.rule.id, []).append(finding)

    def found_by(self, rule_id: str) -> Sequence[Finding]:
        """A rule's findings, in the report's order."""
        return self._found.get(rule_id, ())

    def of_rule(self, rule_id: str) -> State | None:
        """The worst that the rule found; None where it judged nothing."""
        found = {_OF_FINDING[finding.state] for finding in self.found_by(rule_id)}
        if found:
            return next(state for state in State if state in found)
        return State.PASS if self.report.evaluated.get(rule_id) else None

    def of(self, item: Requirement) -> State:
        """The worst of its rules; those that judged nothing count only where all of them did."""
        if not item.rules:
            return State.MANUAL
        found = {self.of_rule(rule_id) for rule_id in item.rules} - {None}
        asked = self._asked.issuperset(item.rules)
        return next((state for state in State if state in found), State.NOTHING if asked else State.NOT_EVALUATED)

    @property
    def beside(self) -> Sequence[Finding]:
        """Refusals by what is judged beside the packs' rules and evidences no article: a faulty list of exemptions."""
        own = {rule.id for rule in self.report.rules}
        return [item for item in self.report.findings if item.rule.id not in own and item.state == "refused"]

    def could_not_judge(self, item: Requirement) -> bool:
        """Whether a rule wanted to judge and could not, which is more than nothing to judge."""
        return any(finding.state == "not-evaluated" for rule_id in item.rules for finding in self.found_by(rule_id))


def chosen(regulation: Regulation | None, report: Report | None) -> list[Regulation]:
    """One regulation, or those in force for the stack, or all."""
    if regulation is not None:
        return [regulation]
    known = regulations()
    return list(known.values()) if report is None else [known[name] for name in in_force(_frameworks(report))]


def as_json(regulation: Regulation, report: Report | None) -> dict[str, object]:
    """A regulation in full; with a report, the state of each requirement and of each of its rules."""
    standing = Standing(report) if report is not None else None
    return {
        **{key: getattr(regulation, key) for key in ("id", "short", "title", "version", "source", "scope", "verified")},
        **({"stack": report.stack.plan.stack, "inForce": _holds(regulation, report)} if report is not None else {}),
        **_why(regulation, report),
        **_counts(regulation, standing),
        "items": [_item(item, standing) for item in regulation.requirements],
    }


def listed(found: Sequence[Regulation], report: Report | None) -> list[dict[str, object]]:
    """Each catalogue's line; with a report, frameworks without a catalogue too."""
    standing = Standing(report) if report is not None else None
    rows: list[dict[str, object]] = [
        {"id": item.id, "title": item.title, "version": item.version, **_counts(item, standing), **_why(item, report)}
        for item in found
    ]
    missing = without_catalogue(_frameworks(report)) if report is not None else ()
    return rows + [{"id": name, "title": None, "version": None, "state": _NO_CATALOGUE} for name in missing]


def print_list(found: Sequence[Regulation], report: Report | None) -> None:
    """The table of catalogues."""
    screen, standing = Screen(), Standing(report) if report is not None else None
    states = [] if standing is None else list(State)[:-1]
    headings = ["id", "requirements", "by rules", "by a person", *(state.value.lower() for state in states)]
    rows: list[list[object]] = []
    for item in found:
        counts = _counts(item, standing)
        numbers = [counts[key] for key in ("requirements", "evidenced", "manual")]
        held = counts.get("states")
        rows.append([item.id, *numbers, *(held[state.value] for state in states if isinstance(held, dict))])
        rows[-1] += [f"{item.title}, {item.version}"]
    screen.table([*headings, "title, version"], rows)
    for item in found:
        for why in _why(item, report).values():
            screen.line(f"! {item.id}   in force: {why}", style="yellow")
    for name in without_catalogue(_frameworks(report)) if report is not None else ():
        screen.line(f"? {name}   {_NO_CATALOGUE}", style="yellow")
    screen.line("`bailiwick regulations ID` reads one; by rules may leave a rest for a person to attest", style="dim")


def print_regulation(regulation: Regulation, report: Report | None) -> None:
    """Every requirement; with a report, its state first and the rules that don't pass by name."""
    screen, standing = Screen(), Standing(report) if report is not None else None
    screen.line(f"{regulation.short}: {regulation.title}, {regulation.version}", style="bold")
    screen.line(regulation.source, style="dim")
    for text in (regulation.scope, regulation.verified):
        _wrapped(screen, "  ", text, style="dim")
    if report is not None and not _holds(regulation, report):
        screen.line(
            f"! not in force in {report.stack.jurisdiction.id}, by its frameworks or the stack's data", style="yellow"
        )
    for why in _why(regulation, report).values():
        screen.line(f"in force: {why}", style="yellow")
    screen.line()
    for item in regulation.requirements:
        _print_item(screen, item, standing)
    counts = _counts(regulation, standing)
    text = f"{counts['requirements']} requirements, {counts['evidenced']} by rules, {counts['manual']} by a person"
    held = counts.get("states")
    if report is not None and isinstance(held, dict):
        named = ", ".join(f"{number} {state.lower()}" for state, number in held.items())
        text = f"{regulation.short} and {report.stack.plan.stack}: {named}"
    screen.line(text, style="bold")


def print_beside(report: Report) -> None:
    """What fails every verdict, whatever the regulation."""
    screen = Screen()
    for finding in Standing(report).beside:
        screen.line(f"✗ {finding.rule.id}: {finding.message}", style="bold red")


def _print_item(screen: Screen, item: Requirement, standing: Standing | None) -> None:
    level = f"   {item.level}" if item.level else ""
    state = standing.of(item) if standing is not None else None
    mark, style = _STYLE[state] if state is not None else ("", "bold")
    screen.line(
        (f"{mark} {state}   " if state is not None else "", style), (f"{item.id}   {item.title}", "bold"), level
    )
    _wrapped(screen, "  ", item.says)
    if standing is None:
        _wrapped(screen, "  rules   ", ", ".join(item.rules))
    else:
        _print_rules(screen, item, standing)
    _wrapped(screen, "  attest  ", item.manual, style="cyan")
    if state is State.NOTHING:
        _wrapped(screen, "  ", UNJUDGED, style="dim")
    if item.unverified:
        screen.line("  ! number or content is not verified", style="yellow")
    screen.line()


def _print_rules(screen: Screen, item: Requirement, standing: Standing) -> None:
    states = {rule_id: standing.of_rule(rule_id) for rule_id in item.rules}
    _wrapped(screen, "  pass    ", ", ".join(rule_id for rule_id, state in states.items() if state is State.PASS))
    for state in (State.REFUSED, State.NOT_EVALUATED, State.EXEMPT):
        for rule_id in (name for name, found in states.items() if found is state):
            screen.line(f"  {_STYLE[state][0]} {rule_id}: {state.lower()}", style=_STYLE[state][1])
    unjudged = [rule_id for rule_id, state in states.items() if state is None]
    _wrapped(screen, "  nothing to judge: ", ", ".join(unjudged), style="dim")


def _wrapped(screen: Screen, first: str, text: str, style: str = "") -> None:
    if text:
        rest = " " * len(first)
        for line in textwrap.wrap(
            text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
        ):
            screen.line(line, style=style)


def _item(item: Requirement, standing: Standing | None) -> dict[str, object]:
    return {
        "id": item.id,
        "title": item.title,
        "says": item.says,
        **({"level": item.level} if item.level else {}),
        **({"state": standing.of(item).value} if standing is not None else {}),
        "rules": list(item.rules) if standing is None else [_rule(rule_id, standing) for rule_id in item.rules],
        "manual": item.manual,
        **({"unverified": True} if item.unverified else {}),
    }


def _rule(rule_id: str, standing: Standing) -> dict[str, object]:
    state = standing.of_rule(rule_id)
    return {"id": rule_id, "state": state.value if state is not None else None}


def _counts(regulation: Regulation, standing: Standing | None) -> dict[str, object]:
    items = regulation.requirements
    evidenced = sum(bool(item.rules) for item in items)
    counts: dict[str, object] = {
        "requirements": len(items),
        "evidenced": evidenced,
        "manual": len(items) - evidenced,
    }
    if standing is not None:
        found = [standing.of(item) for item in items]
        counts["states"] = {state.value: found.count(state) for state in State}
    return counts


def _frameworks(report: Report) -> Sequence[str]:
    return report.stack.frameworks


def _why(regulation: Regulation, report: Report | None) -> dict[str, str]:
    """Where the stack's own data brings it: the reason, as a key of its JSON."""
    why = report.stack.by_data.get(regulation.id) if report is not None else None
    return {"inForceBy": why} if why is not None else {}


def _holds(regulation: Regulation, report: Report) -> bool:
    return regulation.id in in_force(_frameworks(report))
