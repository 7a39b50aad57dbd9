"""OSCAL documents: valid by another project's reader, and every reference in them leads somewhere."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trestle.oscal import OSCAL_VERSION, assessment_results, component

from evidence.document.html import html
from evidence.formats.oscal import definition, results
from evidence.formats.oscal.conclusions import findings
from evidence.formats.oscal.forms import OSCAL, control_id, line, objectives
from evidence.pack.subject import Subject
from evidence.papers.report import report
from evidence.regulations import UNJUDGED, State
from policies.catalogue import Requirement, regulations
from tests.evidence.pack import subjects
from tests.plans import CORE

DEFINED = "uuid"
REFERENCES = ("subject-uuid", "component-uuid", "actor-uuid", "observation-uuid", "risk-uuid")
KINDS = ("compliant", "refused")


@lru_cache(maxsize=8)
def written(stack: str, kind: str) -> tuple[Subject, dict[str, Any], dict[str, Any]]:
    """A subject with its component definition and assessment results."""
    subject = subjects.of(stack, weak=kind == "refused")
    both = definition.component_definition(subject), results.assessment_results(subject)
    return subject, *(next(iter(json.loads(each).values())) for each in both)


SLOW = [pytest.param((stack, kind), marks=pytest.mark.slow) for stack in CORE for kind in KINDS if stack != "eu-prod"]


@pytest.fixture(params=[*(("eu-prod", kind) for kind in KINDS), *SLOW], ids="-".join)
def document(request: pytest.FixtureRequest) -> tuple[Subject, dict[str, Any], dict[str, Any]]:
    """Of each kind of stack, as it is and with one thing broken."""
    stack, kind = request.param
    return written(stack, kind)


Written = tuple[Subject, dict[str, Any], dict[str, Any]]


class TestAnotherReaderTakesIt:
    """An auditor's tool is not ours: compliance-trestle forbids every key that the model does not have."""

    def test_both_are_valid(self, document: Written) -> None:
        _, made, assessed = document
        component.Model.model_validate({"component-definition": made})
        assessment_results.Model.model_validate({"assessment-results": assessed})

    def test_the_version_is_the_newest_that_it_reads(self) -> None:
        assert OSCAL == OSCAL_VERSION

    def test_it_would_refuse_a_key_that_is_none(self) -> None:
        _, made, _ = written("eu-prod", "compliant")
        with pytest.raises(ValueError, match="verdict"):
            component.Model.model_validate({"component-definition": {**made, "verdict": "compliant"}})


class TestEveryReferenceLeadsSomewhere:
    """A reader that follows a dangling reference shows nothing, and nobody sees that."""

    def test_no_uuid_stands_for_two_things(self, document: Written) -> None:
        for whole in document[1:]:
            found = Counter(value for key, value in _walk(whole) if key == DEFINED)
            assert len(found) > 100
            assert [uuid for uuid, count in found.items() if count > 1] == []

    def test_references_and_fragments_resolve(self, document: Written) -> None:
        for whole in document[1:]:
            known = {value for key, value in _walk(whole) if key == DEFINED}
            asked = {value for key, value in _walk(whole) if key in REFERENCES}
            asked |= {value[1:] for key, value in _walk(whole) if key in ("href", "source") and value.startswith("#")}
            assert asked
            assert asked - known == set()

    def test_roles_objectives_and_controls_are_defined(self, document: Written) -> None:
        _, made, assessed = document
        roles = {role["id"] for role in made["metadata"]["roles"]}
        assert {value for key, value in _walk(made) if key == "role-id"} <= roles
        parts = {
            part["id"] for item in assessed["local-definitions"]["objectives-and-methods"] for part in item["parts"]
        }
        assert {value for key, value in _walk(assessed) if key in ("target-id", "objective-id")} == parts
        controls = {value for key, value in _walk(assessed) if key == "control-id"}
        assert {value for key, value in _walk(made) if key == "control-id"} == controls

    def test_files_that_are_named_are_files_of_the_pack(self, document: Written) -> None:
        from evidence.pack.files import WRITERS

        named = {link["href"] for item in document[2]["back-matter"]["resources"] for link in item.get("rlinks", ())}
        assert {href for href in named if "://" not in href} == {"plan.json", "results.sarif"} <= set(WRITERS)

    def test_a_component_is_the_same_in_both(self, document: Written) -> None:
        _, made, assessed = document
        here = [(item["uuid"], item["title"]) for item in assessed["results"][0]["local-definitions"]["components"]]
        assert here == [(item["uuid"], item["title"]) for item in made["components"]]


class TestNothingLooksBetterThanItIs:
    """`satisfied` in such a document is what an authorising official signs for."""

    def test_satisfied_is_what_passed_and_nothing_else(self, document: Written) -> None:
        subject, _, assessed = document
        passed = {
            f"{control_id(regulation, item)}_obj.rules"
            for regulation in subject.regulations
            for item in regulation.requirements
            if subject.standing.of(item) is State.PASS
        }
        found = {
            item["target"]["target-id"]
            for item in assessed["results"][0]["findings"]
            if item["target"]["status"]["state"] == "satisfied"
        }
        assert found == passed

    def test_what_had_nothing_to_judge_is_not_satisfied_and_says_so_in_the_report_too(self) -> None:
        alone = Requirement(id="x", title="x", says="x.", rules=("portal.gateway-tls-is-modern",))
        catalogue = replace(subjects.sound().regulations[0], requirements=(alone,))
        subject = replace(subjects.sound())
        vars(subject)["regulations"] = (catalogue,)
        assert subject.standing.of(alone) is State.NOTHING
        (found,) = findings(subject)
        assert found["target"]["status"]["state"] == "not-satisfied"
        assert found["target"]["status"]["remarks"] == f"NOTHING TO JUDGE: {UNJUDGED}"
        assert UNJUDGED in html(report(subject)).decode()
        assert subject.states(catalogue)[State.PASS] == 0

    def test_what_only_a_person_can_attest_is_not_satisfied(self, document: Written) -> None:
        subject, _, assessed = document
        manual = [
            item for item in assessed["results"][0]["findings"] if item["target"]["target-id"].endswith("_obj.person")
        ]
        assert len(manual) == sum(bool(item.manual) for each in subject.regulations for item in each.requirements)
        assert {item["target"]["status"]["state"] for item in manual} == {"not-satisfied"}

    def test_every_finding_is_a_risk_with_its_status(self, document: Written) -> None:
        subject, _, assessed = document
        told = Counter(item["status"] for item in assessed["results"][0].get("risks", ()))
        states = {"refused": "open", "not-evaluated": "investigating", "exempt": "deviation-approved"}
        assert told == Counter(states[finding.state] for finding in subject.report.findings)

    def test_a_refusal_is_open_and_fails_its_requirements(self) -> None:
        subject, _, assessed = written("eu-prod", "refused")
        (refused,) = subject.report.of_state("refused")
        (risk,) = [item for item in assessed["results"][0]["risks"] if item["status"] == "open"]
        failed = [item for item in assessed["results"][0]["findings"] if _status(item) == "fail"]
        assert risk["props"][1]["value"] == refused.urn
        assert failed
        assert all({"risk-uuid": risk["uuid"]} in item["related-risks"] for item in failed)

    def test_a_deviation_ends_with_its_last_day(self) -> None:
        _, _, assessed = written("eu-prod", "compliant")
        (risk,) = assessed["results"][0]["risks"]
        assert (risk["status"], risk["deadline"]) == ("deviation-approved", "2027-11-30T23:59:59Z")
        assert risk["mitigating-factors"][0]["description"]


class TestIdsAreTokens:
    """`§ 164.312(a)(2)(iv)` is no OSCAL token, and two requirements must not become one."""

    def test_no_two_requirements_share_one(self) -> None:
        made = Counter(
            target
            for regulation in regulations().values()
            for item in regulation.requirements
            for target, _ in objectives(regulation, item)
        )
        assert [name for name, count in made.items() if count > 1] == []

    def test_fedramp_has_the_ids_of_nists_catalogue(self) -> None:
        baseline = regulations()["fedramp-high"]
        made = {item.id: control_id(baseline, item) for item in baseline.requirements}
        assert made["AC-2(4)"] == "ac-2.4"
        assert made["AC-1"] == "ac-1"

    @given(st.text())
    @settings(max_examples=50, deadline=None)
    def test_any_text_becomes_one_line(self, text: str) -> None:
        told = line(text)
        assert told == told.strip() != ""
        assert len(told.splitlines()) == 1


def _status(item: dict[str, Any]) -> str:
    return str(item["target"]["status"]["reason"])


def _walk(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield key, inner
            else:
                yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
