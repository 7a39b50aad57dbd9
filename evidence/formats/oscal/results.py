"""`assessment-results.json`: what was assessed, what was seen, and how each requirement stands.

pages.nist.gov/OSCAL/reference/latest/assessment-results.
"""

from typing import Final

from evidence.formats.oscal.conclusions import findings, local_objectives
from evidence.formats.oscal.forms import (
    Json,
    control_id,
    document,
    identity,
    instant,
    line,
    metadata,
    objectives,
    prop,
    source_of,
    sources,
)
from evidence.formats.oscal.observations import files, observations, tool, tool_id
from evidence.formats.oscal.risks import risks
from evidence.formats.oscal.system import System
from evidence.pack.subject import Subject
from policies.catalogue import Regulation

_PLANNED: Final = "What the plan would make; that it stands as planned is not shown by this document."
_NO_PLAN: Final = (
    "There is no assessment plan in OSCAL. Every plan of this stack is assessed alike: all rules of the three policy "
    "packs, by the versions that this document names, on every resource of the plan; what no rule can show is listed "
    "for a person to attest."
)


def assessment_results(subject: Subject) -> bytes:
    """One result: this stack's plan, judged as of one day."""
    plan = identity("assessment-plan", subject.name)
    resources = [
        {"uuid": plan, "title": "No assessment plan", "description": _NO_PLAN},
        *files(subject),
        *sources(subject),
    ]
    return document(
        "assessment-results",
        {
            "metadata": metadata(subject, f"Assessment of {subject.name}"),
            "import-ap": {"href": f"#{plan}", "remarks": _NO_PLAN},
            "local-definitions": {"objectives-and-methods": list(local_objectives(subject))},
            "results": [_result(subject)],
            "back-matter": {"resources": resources},
        },
    )


def _result(subject: Subject) -> Json:
    system, report = System(subject), subject.report
    found = risks(subject)
    return {
        "uuid": identity("result", subject.name, subject.judged.isoformat(), subject.provenance.reference),
        "title": line(f"{subject.name} judged as of {subject.judged.isoformat()}: {report.verdict}"),
        "description": f"{len(report.rules)} rules, {report.evaluations} evaluations, {len(report.findings)} findings.",
        "start": instant(subject.judged),
        "end": instant(subject.judged),
        "props": [
            prop("verdict", report.verdict),
            prop("rules", len(report.rules)),
            prop("evaluations", report.evaluations),
            *(prop("framework-without-catalogue", name, remarks="All of it is for a person to attest.")
              for name in subject.unwritten),
        ],
        "local-definitions": _definitions(subject, system),
        "reviewed-controls": {
            "description": "Every requirement of the regulations in force.",
            "control-selections": [_controls(subject, regulation) for regulation in subject.regulations],
            "control-objective-selections": [_objectives(regulation) for regulation in subject.regulations],
        },
        "observations": observations(subject, system),
        **({"risks": found} if found else {}),
        "findings": findings(subject),
    }  # fmt: skip


def _definitions(subject: Subject, system: System) -> Json:
    return {
        "components": [
            {
                "uuid": part.uuid,
                "type": part.kind,
                "title": part.title,
                "description": part.described,
                "status": {"state": "other", "remarks": _PLANNED},
            }
            for part in system.parts
        ],
        "inventory-items": system.inventory(),
        "assessment-assets": {
            "components": [tool(subject)],
            "assessment-platforms": [
                {
                    "uuid": identity("platform", subject.name),
                    "title": "bailiwick evidence",
                    "uses-components": [{"component-uuid": tool_id(subject)}],
                }
            ],
        },
    }


def _controls(subject: Subject, regulation: Regulation) -> Json:
    return {
        "description": line(f"{regulation.title}, {regulation.version}"),
        "props": [prop("catalogue", regulation.id)],
        "links": [{"href": f"#{source_of(subject, regulation)}", "rel": "reference"}],
        "include-controls": [{"control-id": control_id(regulation, item)} for item in regulation.requirements],
    }


def _objectives(regulation: Regulation) -> Json:
    return {
        "description": line(regulation.title),
        "include-objectives": [
            {"objective-id": target} for item in regulation.requirements for target, _ in objectives(regulation, item)
        ],
    }
