"""What answers patients is on record: each state, step, checksum and day that is wrong is refused by its own words."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.planning import ROOT
from plan.model import Plan
from policies.coverage import Experiment, ways_for
from policies.review import review
from policies.rules import ALL
from records import lives
from records.lifecycle import file_of
from records.lives import load
from tests.plans import changed, compliant, where, without
from tests.policies.mutations_of_trials import CONFIG, KEY_VALUE, held, noted, pinned
from tests.tried import STACK, USE_CASE, life, tried, write_lives

RULES = [rule for rule in ALL if rule.concern == "lifecycle"]
SERVED, TRIED, FLOOR, SAYS = (
    f"lifecycle.{name}"
    for name in (
        "served-versions-are-active",
        "tried-versions-are-approved",
        "evaluations-meet-the-floor",
        "namespaces-say-what-they-serve",
    )
)
TODAY = date.today()
CANDIDATE = f"lifecycle/{STACK}/{USE_CASE}/clinical-notes-27b-fp8-cccccccccccc-1.1.0.yaml"
OWN = f"lifecycle/{STACK}/{USE_CASE}/clinical-notes-27b-fp8-2b214ddf3326-1.0.0.yaml"


def _refused(plan: Plan, as_of: date | None = None) -> dict[str, str]:
    return {found.rule.id: found.message for found in review(plan, RULES, as_of=as_of).of_state("refused")}


@contextmanager
def _recorded(folder: Path, path: str, document: Mapping[str, Any] | None) -> Iterator[None]:
    """With one record as it is given, or gone."""
    made = folder / "lifecycle"
    write_lives(made)
    if document is None:
        (folder / path).unlink()
    else:
        (folder / path).write_text(yaml.safe_dump(dict(document), sort_keys=False))
    own, lives.FOLDER = lives.FOLDER, made
    try:
        yield
    finally:
        lives.FOLDER = own


def _own() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / OWN).read_text())
    return found


class TestWhatIsCommittedIsSound:
    """A faulty record speaks for nothing, and its stack is refused."""

    def test_every_record_lies_where_it_says_and_has_no_fault(self) -> None:
        known = load(ROOT / "lifecycle")
        assert [fault.words for faults in known.faults.values() for fault in faults] == []
        assert [path for path, life in known.records.items() if path != file_of(life)] == []

    def test_a_stack_with_a_candidate_is_compliant_too(self) -> None:
        assert _refused(tried()) == {}

    def test_dev_needs_no_record(self, tmp_path: Path) -> None:
        (tmp_path / "none").mkdir()
        own, lives.FOLDER = lives.FOLDER, tmp_path / "none"
        try:
            assert set(_refused(compliant("eu-dev"))) <= {SAYS}
            assert SERVED in _refused(compliant())
        finally:
            lives.FOLDER = own


class TestWhatIsServedIsActive:
    """Each of these answered patients somewhere."""

    def test_without_a_record(self, tmp_path: Path) -> None:
        with _recorded(tmp_path, OWN, None):
            assert f"there is no {OWN}" in _refused(compliant())[SERVED]

    @pytest.mark.parametrize(("steps", "state"), [(1, "candidate"), (2, "evaluated"), (3, "approved")])
    def test_before_it_is_active(self, tmp_path: Path, steps: int, state: str) -> None:
        document = _own()
        document["history"] = document["history"][:steps]
        with _recorded(tmp_path, OWN, document):
            assert f"is {state} for {USE_CASE}" in _refused(compliant())[SERVED]

    def test_after_it_was_retired(self, tmp_path: Path) -> None:
        document = _own()
        document["history"].append({"to": "retired", "date": TODAY, "by": "D. Manager", "why": "unsafe"})
        with _recorded(tmp_path, OWN, document):
            assert "is retired" in _refused(compliant())[SERVED]

    def test_on_the_day_after_its_last(self) -> None:
        last = date(2027, 10, 11)
        assert SERVED not in _refused(compliant(), last)
        assert "may be served until 2027-10-11" in _refused(compliant(), last + timedelta(days=1))[SERVED]

    @pytest.mark.parametrize("part", ["model", "prompt"])
    def test_with_another_checksum(self, part: str) -> None:
        told = _refused(pinned(compliant(), USE_CASE, **{part: {"sha256": "1" * 64}}))[SERVED]
        assert f"the {part}'s checksum" in told

    def test_a_template_that_nobody_approved_is_refused_as_a_model_is(self) -> None:
        told = _refused(pinned(compliant(), USE_CASE, prompt={"version": "1.1.0"}))[SERVED]
        assert "with prompt clinical-notes 1.1.0 has no record" in told

    def test_for_another_use_case_or_stack_is_for_none(self, tmp_path: Path) -> None:
        for key, value in (("use_case", "clinic-letters"), ("stack", "uk-prod")):
            with _recorded(tmp_path / key, OWN, {**_own(), key: value}):
                assert "a record lies where it is looked for" in _refused(compliant())[SERVED]

    def test_a_sites_own_model_too(self, tmp_path: Path) -> None:
        site = f"lifecycle/{STACK}/edge-north-clinic/clinical-notes-4b-q4-d1e75aca7581-1.0.0.yaml"
        with _recorded(tmp_path, site, None):
            assert f"there is no {site}" in _refused(compliant())[SERVED]

    def test_two_that_are_both_active_are_neither(self, tmp_path: Path) -> None:
        document = copy.deepcopy(_own())
        document["prompt"]["version"] = "1.0.1"
        with _recorded(tmp_path, OWN.replace("-1.0.0.yaml", "-1.0.1.yaml"), document):
            assert "2 versions of clinical-notes are active in eu-prod" in _refused(compliant())[SERVED]

    def test_one_active_model_and_the_floor_above_it(self) -> None:
        assert (
            "was measured at 0.91; the floor is 0.92"
            in _refused(pinned(compliant(), USE_CASE, accuracyFloor=0.92))[FLOOR]
        )


class TestWhatIsTriedIsApproved:
    """A trial is not where one finds out whether it may be tried."""

    @pytest.mark.parametrize("steps", [1, 2, 3])
    def test_before_it_is_a_canary(self, tmp_path: Path, steps: int) -> None:
        document = life()
        document["history"] = document["history"][:steps]
        with _recorded(tmp_path, CANDIDATE, document):
            assert "what is tried is canary" in _refused(tried())[TRIED]

    def test_by_another_change(self, tmp_path: Path) -> None:
        document = life()
        document["history"][-1] = {**document["history"][-1], "change": "notes-1"}
        with _recorded(tmp_path, CANDIDATE, document):
            assert "is tried by change 'notes-2'; its record names 'notes-1'" in _refused(tried())[TRIED]


class TestTheWayBackIsWhatWasActive:
    """What takes all requests within a minute was approved before, and not for the occasion."""

    def _plan(self) -> Plan:
        return held(noted(tried(), "way-back", "true"), wayBack=True)

    def _document(self, *steps: str) -> dict[str, Any]:
        document = life()
        history = document["history"][:3]
        history += [{"to": to, "date": TODAY, "by": "D. Manager", "why": "as it went"} for to in steps]
        return {**document, "history": history}

    def test_it_passes_when_it_was_active_and_is_approved(self, tmp_path: Path) -> None:
        with _recorded(tmp_path, CANDIDATE, self._document("active", "approved")):
            assert TRIED not in _refused(self._plan())

    @pytest.mark.parametrize("steps", [(), ("active", "retired")])
    def test_else_it_is_refused(self, tmp_path: Path, steps: tuple[str, ...]) -> None:
        with _recorded(tmp_path, CANDIDATE, self._document(*steps)):
            assert "a way back is approved, and was active" in _refused(self._plan())[TRIED]

    def test_a_trial_is_none(self) -> None:
        assert "a way back is approved, and was active" in _refused(self._plan())[TRIED]

    def test_job_and_pods_agree_which_it_is(self) -> None:
        rules = [rule for rule in ALL if rule.id == "delivery.gateway-bounds-the-weight"]
        for plan in (held(tried(), wayBack=True), noted(tried(), "way-back", "true")):
            (found,) = review(plan, rules).of_state("refused")
            assert "its pods say otherwise" in found.message
        assert review(self._plan(), rules).of_state("refused") == ()


class TestTheClusterSaysWhatTheRecordSays:
    """After an incident somebody looks there first."""

    def test_in_every_namespace_of_models(self) -> None:
        told = _refused(without(compliant(), CONFIG, only=where(metadata__name="lifecycle")))
        assert set(told) == {SAYS}

    def test_no_namespace_speaks_of_what_it_does_not_serve(self) -> None:
        plan = changed(compliant(), CONFIG, "metadata.namespace", "gateway", where(metadata__name="lifecycle"))
        assert set(_refused(plan)) == {SAYS}

    def test_whatever_the_list_of_weakenings_tries_on_it(self) -> None:
        experiment = Experiment(base=tried(), rules=ALL, as_of=TODAY)
        ways = [way for way in ways_for(tried()) if way.type == CONFIG and "lifecycle" in f"{way.path}{way}"]
        trials = list(experiment.run(ways))
        assert trials
        assert [(trial.resource, trial.what) for trial in trials if trial.outcome == "gap"] == []

    def test_a_pin_that_nobody_can_read_is_not_passed(self) -> None:
        assert SERVED in _refused(changed(compliant(), KEY_VALUE, "value", "{}"))
