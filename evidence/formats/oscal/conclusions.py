"""How each requirement stands: a finding for what rules show of it, and one for what only a person can attest.

OSCAL knows `satisfied` and `not-satisfied`. Whatever is not shown is not satisfied: what was not evaluated, what had
nothing to judge, what holds only by exception, and what nobody has attested.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from evidence.formats.oscal.forms import Json, control_id, identity, line, objectives, prop
from evidence.formats.oscal.observations import observation_id, origin
from evidence.formats.oscal.risks import risk_ids
from evidence.pack.subject import Subject
from evidence.regulations import UNJUDGED, State
from policies.catalogue import Regulation, Requirement

STATUS: Final[Mapping[State, tuple[str, str, str]]] = {
    State.PASS: ("satisfied", "pass", "Every rule that judged something passed."),
    State.REFUSED: ("not-satisfied", "fail", "A rule refuses the plan."),
    State.EXEMPT: ("not-satisfied", "other", "EXEMPT: it holds but for deviations that somebody answers for."),
    State.NOT_EVALUATED: (
        "not-satisfied",
        "other",
        "NOT EVALUATED: a rule could not judge, for want of a value that is known later.",
    ),
    State.NOTHING: ("not-satisfied", "other", f"NOTHING TO JUDGE: {UNJUDGED}"),
}
ATTEST: Final = ("not-satisfied", "other", "MANUAL: no rule can show it; nobody has attested it in this document.")


def findings(subject: Subject) -> list[Json]:
    """In the catalogues' order."""
    risks = risk_ids(subject)
    return [
        _finding(subject, regulation, item, target, what, risks)
        for regulation in subject.regulations
        for item in regulation.requirements
        for target, what in objectives(regulation, item)
    ]


def _finding(
    subject: Subject,
    regulation: Regulation,
    item: Requirement,
    target: str,
    what: str,
    risks: Mapping[str, Sequence[str]],
) -> Json:
    state = subject.standing.of(item) if what == "rules" else State.MANUAL
    status, reason, remarks = STATUS[state] if what == "rules" else ATTEST
    known = {rule.id for rule in subject.report.rules}
    rules = [name for name in item.rules if name in known] if what == "rules" else []
    related = [uuid for name in rules for uuid in risks.get(name, ())]
    return {
        "uuid": identity("finding", subject.name, target),
        "title": line(f"{regulation.short} {item.id}: {item.title}"),
        "description": item.says if what == "rules" else item.manual,
        "props": [prop("label", item.id), prop("state", state.value)],
        "origins": [origin(subject)],
        "target": {
            "type": "objective-id",
            "target-id": target,
            "status": {"state": status, "reason": reason, "remarks": remarks},
        },
        **({"related-observations": [{"observation-uuid": observation_id(subject, name)} for name in rules]}
           if rules else {}),
        **({"related-risks": [{"risk-uuid": uuid} for uuid in related]} if related else {}),
    }  # fmt: skip


def local_objectives(subject: Subject) -> Iterator[Json]:
    """What is assessed, as no OSCAL catalogue of these laws defines it."""
    for regulation in subject.regulations:
        for item in regulation.requirements:
            prose = {"rules": item.says, "person": item.manual}
            yield {
                "control-id": control_id(regulation, item),
                "props": [prop("catalogue", regulation.id), prop("label", item.id)],
                "parts": [
                    {"id": target, "name": "assessment-objective", "prose": prose[what],
                     "props": [{"name": "method", "value": "TEST" if what == "rules" else "EXAMINE"}]}
                    for target, what in objectives(regulation, item)
                ],
            }  # fmt: skip
