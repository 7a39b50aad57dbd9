"""Who may open a confidential machine's disk: this jurisdiction's authorities alone, on the host's own report."""

import json
from typing import Any

import pytest
from attrs import evolve

from cli.planning import ROOT
from components.key_release import NoAuthority, authorities, key_release_policy
from components.naming import Names
from components.scope import Scope
from config import parse
from plan import stacks


def _scope(stack: str = "eu-prod", **region: Any) -> Scope:  # noqa: ANN401 fields of several types
    """The committed stack's scope, its own region's facts changed."""
    config, _ = parse(stack, stacks.values(ROOT, stack))
    assert config is not None
    law = config.jurisdiction
    regions = {**law.regions, config.region: evolve(law.regions[config.region], **region)}
    config = config.model_copy(update={"jurisdiction": evolve(law, regions=regions)})
    return Scope(config=config, jurisdiction=config.jurisdiction, names=Names("bw", stack))


class TestAuthorities:
    """The public sample trusts 25 of them worldwide: another country's word would open a patient's record."""

    @pytest.mark.parametrize("stack", ["eu-prod", "uk-prod"])
    def test_only_the_region_and_its_pair_inside_the_jurisdiction_are_believed(self, stack: str) -> None:
        scope = _scope(stack)
        places = [scope.region, scope.region_facts.pair]
        known = [scope.jurisdiction.regions[place].attestation_authority for place in places if place]
        assert authorities(scope) == tuple(url for url in known if url)

    def test_a_region_without_pair_trusts_itself_alone(self) -> None:
        scope = _scope(pair=None)
        assert authorities(scope) == (scope.region_facts.attestation_authority,)

    def test_none_on_record_is_refused_while_planning_and_not_when_the_machine_starts(self) -> None:
        with pytest.raises(NoAuthority, match="attestation_authority"):
            authorities(_scope(attestation_authority=None, pair=None))


class TestPolicy:
    """A policy on claims that the host's report does not make releases nothing: no machine would ever start."""

    def test_claims_are_those_of_the_report_that_is_made_before_the_machine_boots(self) -> None:
        clause = json.loads(key_release_policy(("https://a.example",)))["anyOf"][0]
        assert {(each["claim"], each["equals"]) for each in clause["allOf"]} == {
            ("x-ms-attestation-type", "sevsnpvm"),
            ("x-ms-compliance-status", "azure-compliant-cvm"),
        }
