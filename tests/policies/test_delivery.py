"""A candidate near patients: by a record that is sound, of these versions, approved by two; and in bounds."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from plan.model import Plan
from policies import changes
from policies.change_form import read
from policies.changes import DAYS, load
from policies.coverage import Experiment, ways_for
from policies.review import Report, review
from policies.rules import ALL
from tests.plans import changed, compliant, where, without
from tests.policies.mutations_of_trials import CONFIG, DEPLOYMENT, noted, routed, under
from tests.tried import record, tried, write

TODAY = date.today()


def _refused(plan: Plan, as_of: date | None = None) -> dict[str, str]:
    report: Report = review(plan, ALL, as_of=as_of)
    return {finding.rule.id: finding.message for finding in report.of_state("refused")}


class TestACandidateOnRecordIsCompliant:
    """Rules that refuse every canary would be lifted for every canary."""

    def test_every_rule_passes_on_eu_prod_with_one(self) -> None:
        assert review(tried(), ALL).verdict == "compliant"

    def test_a_stack_that_tries_nothing_needs_no_record(self) -> None:
        assert not [rule for rule in _refused(compliant()) if rule.startswith("delivery.")]


class TestWhatNobodyApprovedIsRefused:
    """Each is a version that would have met patients on nobody's word."""

    def test_without_a_record(self) -> None:
        told, rule = _refused(under(tried(), "no-such-change")), "delivery.canaries-name-a-sound-change"
        assert told[rule] == "names change 'no-such-change'; there is no changes/no-such-change.yaml"
        assert set(told) == {rule, "lifecycle.tried-versions-are-approved"}

    def test_on_the_day_after_its_last(self) -> None:
        assert "ended on" in _refused(tried(), TODAY + timedelta(days=31))["delivery.canaries-name-a-sound-change"]

    def test_on_the_day_before_its_first(self) -> None:
        assert "begins on" in _refused(tried(), TODAY - timedelta(days=1))["delivery.canaries-name-a-sound-change"]

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("spec.template.spec.containers.0.image", "acrbweuprod.azurecr.io/bailiwick/vllm@sha256:" + "0" * 64),
            ("spec.template.metadata.annotations.bailiwick/prompt-sha256", "0" * 64),
        ],
    )
    def test_with_another_content_than_the_records(self, path: str, value: str) -> None:
        told = _refused(changed(tried(), DEPLOYMENT, path, value, where(metadata__name="vllm-canary")))
        # An image of the server alone is not its proxy's, and one that nobody wrote down is in no catalogue either.
        too = {"images.in-catalogue", "workload.models-stand-behind-their-proxy"} if path.endswith("image") else set()
        assert set(told) == {"delivery.changes-name-these-versions"} | too

    def test_against_another_stable_than_the_records(self) -> None:
        path, image = (
            "spec.template.spec.containers.0.image",
            "acrbweuprod.azurecr.io/bailiwick/vllm@sha256:" + "0" * 64,
        )
        told = _refused(changed(tried(), DEPLOYMENT, path, image, where(metadata__name="vllm")))
        assert "stable image" in told["delivery.changes-name-these-versions"]

    def test_with_its_record_in_faults_each_fault_is_told_with_its_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        twice = [*record()["approvals"][:1], {**record()["approvals"][1], "who": "b. clinician"}]
        write(tmp_path, notes_2=record(approvals=twice, expires=TODAY + timedelta(days=200)))
        monkeypatch.setattr(changes, "FOLDER", tmp_path)
        told = _refused(tried())["delivery.canaries-name-a-sound-change"]
        assert "'b. clinician' stands there twice; two approvals are two people's" in told
        assert f"more than {DAYS} days" in told
        assert "changes/notes-2.yaml:" in told


class TestABoundIsABound:
    """What is moved without a review must not be able to pass what was reviewed."""

    @pytest.mark.parametrize(
        "change",
        [
            {"ceilingPercent": 50},
            {"ceilingPercent": True},
            {"url": "https://elsewhere.example:8000"},
            {"url": "https://vllm-canary.inference-other.svc.cluster.local:8000"},
            {"change": "notes-1"},
            {"staleMinutes": 0},
            {"pinned": "use-case:clinical-notes"},
            {"weightStore": "elsewhere.azconfig.io"},
        ],
    )
    def test_of_the_gateway(self, change: dict[str, Any]) -> None:
        assert set(_refused(routed(tried(), **change))) == {"delivery.gateway-bounds-the-weight"}

    @pytest.mark.parametrize(
        "change",
        [{"accuracyFloor": 0.5}, {"steps": [100]}, {"until": "2099-01-01"}, {"stepMinutes": 1}, {"useCase": "other"}],
    )
    def test_of_the_job(self, change: dict[str, Any]) -> None:
        data: Any = next(i for i in tried().of_type(CONFIG) if i.get("metadata.name") == "limits").get("data")
        held = json.dumps([json.loads(data["limits.json"])[0] | change])
        plan = changed(tried(), CONFIG, "data", {"limits.json": held}, where(metadata__name="limits"))
        assert set(_refused(plan)) == {"delivery.gateway-bounds-the-weight"}

    def test_of_the_last_day(self) -> None:
        told = _refused(noted(tried(), "canary-until", "2099-12-31"))
        assert "goes on until 2099-12-31" in told["delivery.canaries-name-a-sound-change"]

    @pytest.mark.parametrize("steps", ["", "100,5", "5,5,100", "60,100", "0,100", "5,200", "5,x"])
    def test_of_the_steps(self, steps: str) -> None:
        assert "delivery.candidates-widen-nothing" in _refused(noted(tried(), "canary-steps", steps))

    def test_a_second_server_without_any_note_is_a_candidate_too(self) -> None:
        plan = changed(
            tried(), DEPLOYMENT, "spec.template.metadata.annotations", None, where(metadata__name="vllm-canary")
        )
        assert "names no change" in _refused(plan)["delivery.canaries-name-a-sound-change"]


class TestWhatRunsByTheClockIsSeen:
    """A rule for pods finds none in a CronJob, unless somebody looks where it keeps them."""

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("spec.jobTemplate.spec.template.spec.hostNetwork", True),
            ("spec.jobTemplate.spec.template.spec.containers.0.securityContext.privileged", True),
            ("spec.jobTemplate.spec.template.spec.containers.0.image", "docker.io/library/busybox:latest"),
            ("spec.jobTemplate.spec.template.spec.containers.0.args", ["apply", "eu-prod"]),
            ("spec.jobTemplate.spec.template.spec.containers.0.command", ["sh"]),
            ("spec.jobTemplate.spec.template.spec.serviceAccountName", "default"),
            ("spec.jobTemplate.spec.template.spec.automountServiceAccountToken", True),
            ("spec.schedule", "0 0 * * *"),
            ("spec.suspend", True),
            ("metadata.namespace", "gateway"),
        ],
    )
    def test_whatever_is_changed_in_it(self, path: str, value: object) -> None:
        told = _refused(changed(tried(), "kubernetes:batch/v1:CronJob", path, value))
        assert "delivery.jobs-are-judged-as-pods" in told

    def test_whatever_the_reviewed_list_of_weakenings_tries_on_it_and_on_what_is_pinned(self) -> None:
        plan, kinds = tried(), ("kubernetes:batch/v1:CronJob", "azure-native:appconfiguration:KeyValue")
        experiment = Experiment(base=plan, rules=ALL, as_of=TODAY)
        trials = list(experiment.run([way for way in ways_for(plan) if way.type in kinds]))
        assert len(trials) > 50
        assert [(trial.resource, trial.what) for trial in trials if trial.outcome == "gap"] == []

    def test_without_the_candidates_the_gateway_has_one_that_nothing_serves(self) -> None:
        plan = without(tried(), DEPLOYMENT, only=where(metadata__name="vllm-canary"))
        assert "which nothing serves" in _refused(plan)["delivery.gateway-bounds-the-weight"]


class TestARecordIsReadStrictly:
    """A record that is half read is an approval of what nobody can say."""

    def _words(self, **changes: Any) -> list[str]:  # noqa: ANN401 a change record
        text = yaml.safe_dump({**record(), **changes}, sort_keys=False)
        found, faults = read("x", text)
        assert (found is None) == bool(faults)
        return [fault.words for fault in faults]

    def test_a_sound_one_has_no_fault(self) -> None:
        assert self._words() == []

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"approvals": []}, "nobody approved it"),
            ({"author": "c. engineer"}, "somebody else approves"),
            ({"stable": record()["candidate"]}, "is what is served already"),
            ({"expires": TODAY - timedelta(days=1)}, "is before it begins"),
            ({"not_before": TODAY - timedelta(days=2)}, "before 'C. Engineer' approved"),
            ({"evaluation": {**record()["evaluation"], "date": TODAY}}, "before the evaluation"),
            ({"evaluation": {**record()["evaluation"], "accuracy": 91}}, "must be from 0 to 1"),
            ({"evaluation": {**record()["evaluation"], "report_sha256": "x"}}, "64 hex digits"),
            ({"rollback": " "}, "is empty"),
            ({"approved": True}, "unknown: approved"),
            ({"use_case": "Clinical Notes"}, "lower-case letters"),
        ],
    )
    def test_each_fault_says_what_is_wrong(self, change: dict[str, Any], says: str) -> None:
        assert any(says in words for words in self._words(**change)), self._words(**change)

    def test_all_faults_are_told_at_once(self) -> None:
        assert len(self._words(approvals=[], rollback="", expires=TODAY + timedelta(days=400))) >= 1
        told = self._words(rollback="", author="", extra=1)
        assert len(told) == 3

    @pytest.mark.parametrize("text", ["[]", "", "a: [", "a: 1\na: 2", "not_before: 2026-02-31"])
    def test_what_is_no_record_is_a_fault(self, text: str) -> None:
        found, faults = read("x", text)
        assert found is None
        assert faults[0].words.startswith("changes/x.yaml:")

    def test_a_folder_that_is_not_there_has_no_record(self, tmp_path: Path) -> None:
        assert load(tmp_path / "none") == changes.NONE
