"""A canary in a stack file: a candidate, in steps, on GPUs that are there; every fault at once."""

from typing import Any

import pytest

from config import Fault, parse
from config.canary import CANDIDATE, MOST_BEFORE_THE_LAST
from config.use_case import Canary
from jurisdictions import available, load
from models.gpus import gpus
from policies import trials
from policies.rules import delivery
from tests.tried import CANARY, STACK, configured, values


def _faults(found: dict[str, Any]) -> dict[str, Fault]:
    return {fault.key.removeprefix("bailiwick:"): fault for fault in parse(STACK, found)[1]}


class TestACandidateIsTheUseCaseButForWhatIsTried:
    """Whatever else differed would be tried as well, and nobody would have approved it."""

    def test_it_takes_the_rest_from_what_is_served(self) -> None:
        served = configured(prompt=None).use_cases[0]
        candidate = served.candidate
        assert candidate is not None
        assert candidate.model.revision == "c" * 40
        assert candidate.prompt == served.prompt
        changed = {"model", "replicas_min", "replicas_max", "canary"}
        assert candidate.model_dump(exclude=changed) == served.model_dump(exclude=changed)

    def test_it_has_no_classes_of_data_of_its_own(self) -> None:
        assert not {"data_classes", "external_allowed", "accuracy_floor"} & set(Canary.model_fields)
        assert "unknown key" in _faults(values(dataClasses=["phi"]))["useCases.0.canary.dataClasses"].problem


class TestEveryFaultOfACanaryIsFound:
    """Each is a trial that would have shown nothing, or too much."""

    @pytest.mark.parametrize(
        ("changes", "key", "says"),
        [
            ({"model": None, "prompt": None}, "useCases.clinical-notes.canary", "served already"),
            ({"steps": []}, "useCases.0.canary.steps", "at least 1"),
            ({"steps": [20, 5]}, "useCases.clinical-notes.canary.steps", "does not rise"),
            ({"steps": [5, 60, 100]}, "useCases.clinical-notes.canary.steps", "passes the half"),
            ({"steps": [0, 5]}, "useCases.0.canary.steps.0", "greater than or equal to 1"),
            ({"steps": [5, 101]}, "useCases.0.canary.steps.1", "less than or equal to 100"),
            ({"stepMinutes": 5}, "useCases.0.canary.stepMinutes", "greater than or equal to 15"),
            ({"change": "Notes 2"}, "useCases.0.canary.change", "match pattern"),
            ({"change": None}, "useCases.0.canary.change", "missing"),
            ({"until": "soon"}, "useCases.0.canary.until", "a day is written as 2026-12-31"),
            ({"wayBack": True}, "useCases.clinical-notes.canary.steps", "a way back that takes a share"),
            ({"replicasMin": 3}, "useCases.clinical-notes.canary.replicasMin", "fewest exceeds most"),
            ({"replicasMax": 3}, "useCases", "the pool has 4 at its largest"),
            ({"image": "x"}, "useCases.0.canary.image", "sha256"),
            (
                {"image": "elsewhere.azurecr.io/vllm@sha256:" + "0" * 64},
                "useCases.clinical-notes.canary.image",
                "not from this stack's registry",
            ),
        ],
    )
    def test_with_its_key_and_every_part_of_its_message(self, changes: dict[str, Any], key: str, says: str) -> None:
        found = _faults(values(**changes))
        assert key in found, list(found)
        fault = found[key]
        assert says in fault.problem
        assert all((fault.value, fault.allowed, fault.consequence, fault.hint))

    def test_a_version_that_says_the_same_and_holds_another_content(self) -> None:
        served = values()["bailiwick:useCases"][0]
        moved = {"model": {**served["model"], "sha256": "0" * 64}, "prompt": {**served["prompt"], "sha256": "0" * 64}}
        keys = set(_faults(values(**moved)))
        assert {f"useCases.clinical-notes.canary.{part}.sha256" for part in ("model", "prompt")} == keys

    def test_two_canaries_under_one_change_and_a_name_that_is_the_stores(self) -> None:
        found = values()
        first = found["bailiwick:useCases"][0]
        found["bailiwick:useCases"].append({**first, "name": f"other{CANDIDATE}", "replicasMax": 1, "replicasMin": 1})
        keys = set(_faults(found))
        assert {f"useCases.other{CANDIDATE}.name", f"useCases.other{CANDIDATE}.canary.change", "useCases"} <= keys

    def test_all_are_told_at_once(self) -> None:
        found = _faults(values(steps=[60, 50, 100], replicasMin=3, replicasMax=1))
        assert {"useCases.clinical-notes.canary.steps", "useCases.clinical-notes.canary.replicasMin"} <= set(found)


class TestTheRulesSayTheSame:
    """The dials and the rules are two walls of one property: they may not drift apart."""

    def test_bounds_and_names(self) -> None:
        assert delivery.MOST_BEFORE_THE_LAST == MOST_BEFORE_THE_LAST
        assert trials.CANDIDATE == CANDIDATE
        assert CANARY["steps"][-2] == MOST_BEFORE_THE_LAST

    def test_every_size_that_some_region_offers_is_counted(self) -> None:
        facts = [region for name in available() for region in load(name).regions.values()]
        offered = {size for region in facts for size in (*region.gpu_sizes, *region.confidential_gpu_sizes)}
        assert offered <= set(gpus().sizes)
