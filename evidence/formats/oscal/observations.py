"""What each rule saw: an observation by rule, on the parts that it looked at and the resources it found at fault."""

from collections.abc import Mapping, Sequence
from typing import Final

from evidence.formats.oscal.forms import NS, Json, identity, instant, line, prop, role_of
from evidence.formats.oscal.system import System
from evidence.pack.subject import Subject
from policies.packs import pack_of
from policies.review import Finding
from policies.rule import Rule

FILES: Final[Mapping[str, str]] = {
    "plan.json": "what was judged",
    "results.sarif": "the findings, each at the line that mends it",
}
"""Files of the same pack that an observation rests on."""


def tool_id(subject: Subject) -> str:
    """UUID of the component that is the tool."""
    return identity("tool", subject.name)


def origin(subject: Subject) -> Json:
    """Who saw it: the tool."""
    return {"actors": [{"type": "tool", "actor-uuid": tool_id(subject)}]}


def observation_id(subject: Subject, rule: str) -> str:
    """UUID of a rule's observation."""
    return identity("observation", subject.name, rule)


def file_id(subject: Subject, name: str) -> str:
    """UUID of a file of the pack in the back matter."""
    return identity("file", subject.name, name)


def observed(subject: Subject) -> tuple[Rule, ...]:
    """The packs' rules, and those beside them that found something."""
    known = {rule.id: rule for rule in subject.report.rules}
    known |= {finding.rule.id: finding.rule for finding in subject.report.findings}
    return tuple(known[name] for name in sorted(known))


def observations(subject: Subject, system: System) -> list[Json]:
    """One for each rule, whether it found anything or not."""
    found: dict[str, list[Finding]] = {}
    for finding in subject.report.findings:
        found.setdefault(finding.rule.id, []).append(finding)
    return [_observation(subject, system, rule, found.get(rule.id, ())) for rule in observed(subject)]


def _observation(subject: Subject, system: System, rule: Rule, found: Sequence[Finding]) -> Json:
    state = subject.standing.of_rule(rule.id)
    subjects = [{"subject-uuid": part.uuid, "type": "component"} for part in system.looked_at(rule)]
    faulty = {finding.urn for finding in found if subject.resource(finding) is not None}
    subjects += [
        {"subject-uuid": system.resource_id(urn), "type": "inventory-item"} for urn in sorted(filter(None, faulty))
    ]
    return {
        "uuid": observation_id(subject, rule.id),
        "title": line(rule.title),
        "description": rule.rationale,
        "props": [
            prop("rule", rule.id, **{"class": pack_of(rule).id}),
            prop("severity", rule.severity.value),
            prop("owner", role_of(pack_of(rule))),
            prop("state", state.value if state is not None else "nothing to judge"),
            prop("evaluations", subject.report.evaluated.get(rule.id, 0)),
        ],
        "methods": ["TEST"],
        "types": ["finding" if any(each.state != "exempt" for each in found) else "control-objective"],
        "origins": [origin(subject)],
        # A plan without anything of the rule's types still is a stack that was looked at.
        "subjects": subjects or [{"subject-uuid": system.part_id(""), "type": "component"}],
        "relevant-evidence": [
            {"href": f"#{file_id(subject, name)}", "description": what} for name, what in FILES.items()
        ],
        "collected": instant(subject.judged),
    }


def tool(subject: Subject) -> Json:
    """The tool as a component, with the versions that judged."""
    versions = subject.provenance.tools
    return {
        "uuid": tool_id(subject),
        "type": "software",
        "title": "bailiwick",
        "description": "Judges a plan by the rules of three policy packs, before anything is deployed.",
        "props": [
            *({"name": "version", "value": line(version)} for name, version in versions.items() if name == "bailiwick"),
            *(prop("library", f"{name} {version}") for name, version in versions.items() if name != "bailiwick"),
            *(prop("pack", name, remarks=f"SHA-256 of its rules: {digest}") for name, digest in
              subject.provenance.packs.items()),
        ],
        "status": {"state": "operational"},
    }  # fmt: skip


def files(subject: Subject) -> list[Json]:
    """Back matter: the files that observations rest on, beside this one."""
    return [
        {
            "uuid": file_id(subject, name),
            "title": name,
            "description": f"{what}; its SHA-256 stands in manifest.json",
            "props": [{"name": "type", "value": "evidence", "ns": NS}],
            "rlinks": [{"href": name}],
        }
        for name, what in FILES.items()
    ]
