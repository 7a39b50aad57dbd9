"""Card data in a stack file: a class like the others, which no external model is shown."""

import copy
import re
from typing import Any, get_args

import pytest

from cli.planning import ROOT
from config import Fault, parse
from config.use_case import STAYS_INSIDE, DataClass
from plan import stacks
from policies.in_scope import BY_CLASS
from policies.rules import callers, prompts


def _faults(classes: list[str], **changes: object) -> dict[str, Fault]:
    values: dict[str, Any] = copy.deepcopy(dict(stacks.values(ROOT, "us-prod")))
    values["bailiwick:useCases"][0].update({"dataClasses": classes, **changes})
    _, faults = parse("us-prod", values)
    return {fault.key.removeprefix("bailiwick:"): fault for fault in faults}


class TestClassesAreTheRules:
    """The rules can't ask the dials: where the two lists differ, a role is made that the packs refuse."""

    def test_every_class_of_a_use_case_is_a_role_that_the_rule_knows(self) -> None:
        assert all(callers._DATA_CLASS.match(f"data-class.{name}") for name in get_args(DataClass))
        alternatives = re.search(r"\((.+)\)", callers._DATA_CLASS.pattern)
        assert alternatives is not None
        assert set(alternatives[1].split("|")) == set(get_args(DataClass))

    def test_what_stays_inside_is_the_same_on_both_sides(self) -> None:
        assert STAYS_INSIDE == prompts.STAYS_INSIDE

    def test_a_class_that_brings_a_regulation_is_one_that_a_stack_can_name(self) -> None:
        assert set(BY_CLASS) <= set(get_args(DataClass))


class TestAStackMayTakeCardData:
    """A storefront's payments go through the same gateway as everything else."""

    def test_a_use_case_that_names_it_is_right(self) -> None:
        assert _faults(["personal", "payment"]) == {}

    @pytest.mark.parametrize("data_class", sorted(STAYS_INSIDE))
    def test_none_of_what_stays_inside_goes_to_an_external_model(self, data_class: str) -> None:
        """This stack's file names no `egress`: what a file leaves out is checked as it will hold."""
        fault = _faults([data_class], externalAllowed=True)["useCases.clinical-notes.externalAllowed"]
        assert fault.kind == "unlawful"
        assert "cards" in fault.problem
