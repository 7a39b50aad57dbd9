"""Callers in a stack file: who, what for, and by which proof; every fault of theirs at once."""

import copy
from typing import Any, get_args

import pytest

from cli.planning import ROOT
from config import Fault, StackConfig, parse
from config.callers import PURPOSES, Purpose
from plan import stacks
from policies.rules import callers as rules

PROOF = {"issuer": "https://issuer.hospital.example", "subject": "system:serviceaccount:crm:bridge"}
IDENTITY = "11111111-2222-3333-4444-555555555555"


def _caller(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 a section of a stack file
    caller = {
        "name": "crm",
        "purposes": ["treatment"],
        "useCases": ["clinical-notes"],
        "dataClasses": ["phi"],
        "federated": PROOF,
    }
    return {key: value for key, value in {**caller, **changes}.items() if value is not None}


def _parsed(*callers: dict[str, Any], stack: str = "eu-prod") -> tuple[StackConfig | None, dict[str, Fault]]:
    values = copy.deepcopy(stacks.values(ROOT, stack))
    values["bailiwick:callers"] = list(callers)
    config, faults = parse(stack, values)
    return config, {fault.key.removeprefix("bailiwick:"): fault for fault in faults}


class TestACallerSaysWhoItIsAndWhatFor:
    """A caller without a purpose is one that nobody assessed."""

    def test_a_workload_outside_and_one_in_azure_are_callers(self) -> None:
        inside = _caller(name="portal", federated=None, managedIdentity=IDENTITY)
        config, faults = _parsed(_caller(), inside)
        assert faults == {}
        assert config is not None
        assert [caller.name for caller in config.callers] == ["crm", "portal"]

    def test_a_stack_without_callers_is_served_to_nobody_and_is_right(self) -> None:
        config, faults = parse("ca-prod", stacks.values(ROOT, "ca-prod"))
        assert config is not None
        assert (config.callers, faults) == ((), ())

    def test_identifiers_come_back_to_nobody_who_is_not_said_to_get_them(self) -> None:
        config, faults = _parsed(
            _caller(), _caller(name="epr", federated=None, managedIdentity=IDENTITY, reidentifies=True)
        )
        assert config is not None
        assert (faults, [caller.reidentifies for caller in config.callers]) == ({}, [False, True])

    def test_nobody_erases_who_is_not_said_to(self) -> None:
        config, faults = _parsed(_caller(), _caller(name="epr", federated=None, managedIdentity=IDENTITY, erases=True))
        assert config is not None
        assert (faults, [caller.erases for caller in config.callers]) == ({}, [False, True])

    def test_purposes_are_those_of_the_rule_and_each_is_explained(self) -> None:
        assert get_args(Purpose) == tuple(PURPOSES) == rules.PURPOSES
        assert all(PURPOSES.values())


class TestEveryFaultOfACallerIsFound:
    """Each would be a right that nobody meant to give."""

    @pytest.mark.parametrize(
        ("changes", "key", "says"),
        [
            ({"purposes": ["marketing"]}, "callers.0.purposes.0", "'treatment', 'payment' or 'operations'"),
            ({"purposes": []}, "callers.0.purposes", "at least 1"),
            ({"useCases": ["clinical-note"]}, "callers.crm.useCases", "no such use case"),
            ({"dataClasses": ["phi", "internal"]}, "callers.crm.dataClasses", "does not take it"),
            ({"name": "gateway"}, "callers.0", "a caller has another"),
            ({"federated": None}, "callers.0", "one of the two, never a secret"),
            ({"managedIdentity": IDENTITY}, "callers.0", "one of the two, never a secret"),
            ({"federated": {**PROOF, "issuer": "http://x.example"}}, "callers.0.federated.issuer", "match pattern"),
            ({"federated": {**PROOF, "issuer": "https://*.example"}}, "callers.0.federated.issuer", "match pattern"),
            ({"federated": {**PROOF, "subject": "repo:crm/*"}}, "callers.0.federated.subject", "match pattern"),
            ({"managedIdentity": "the-portal"}, "callers.0.managedIdentity", "match pattern"),
            ({"reidentifies": True, "dataClasses": ["confidential"]}, "callers.crm.reidentifies", "sends confidential"),
            ({"clientSecret": "x"}, "callers.0.clientSecret", "unknown key"),
        ],
    )
    def test_with_its_key_and_every_part_of_its_message(self, changes: dict[str, Any], key: str, says: str) -> None:
        _, faults = _parsed(_caller(**changes))
        assert key in faults, list(faults)
        assert says in faults[key].problem
        assert all((faults[key].value, faults[key].allowed, faults[key].consequence, faults[key].hint))

    def test_a_near_miss_is_guessed_at(self) -> None:
        _, faults = _parsed(_caller(useCases=["clinical-note"]))
        assert faults["callers.crm.useCases"].hint == "did you mean clinical-notes?"

    def test_two_callers_share_neither_name_nor_proof(self) -> None:
        _, faults = _parsed(_caller(), _caller())
        assert "two callers of one name" in faults["callers"].problem
        assert "two callers with one proof" in faults["callers.crm"].problem

    def test_all_at_once(self) -> None:
        _, faults = _parsed(
            _caller(useCases=["x"]), _caller(dataClasses=["public"], federated={**PROOF, "subject": "other"})
        )
        assert {"callers", "callers.crm.useCases", "callers.crm.dataClasses"} <= set(faults)


class TestAStandbyTakesTheFirstsTokens:
    """Front Door turns without telling the callers: their tokens name the first stack's gateway."""

    def test_it_says_whose(self) -> None:
        values = copy.deepcopy(stacks.values(ROOT, "eu-prod-b"))
        values["bailiwick:continuity"] = {"mode": "standby", "of": "eu-prod", "frontDoor": True}
        found = [fault for fault in parse("eu-prod-b", values)[1] if fault.key == "bailiwick:continuity.tokenAudience"]
        assert len(found) == 1
        assert "pulumi stack output tokenAudience" in found[0].hint

    def test_it_has_no_callers_of_its_own(self) -> None:
        _, faults = _parsed(_caller(), stack="eu-prod-b")
        assert "a standby with callers of its own" in faults["callers"].problem

    def test_another_stack_takes_nobody_elses(self) -> None:
        values = copy.deepcopy(stacks.values(ROOT, "eu-dev"))
        values["bailiwick:continuity"] = {"mode": "none", "tokenAudience": IDENTITY}
        assert "bailiwick:continuity.tokenAudience" in {fault.key for fault in parse("eu-dev", values)[1]}
