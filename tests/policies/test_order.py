"""A state lists resources as the engine happened to register them: the verdict may not depend on that."""

import random
from dataclasses import replace

import pytest

from plan.model import Plan
from policies.review import review
from policies.rules import ALL
from tests.plans import CORE, changed, compliant


def _shuffled(plan: Plan, seed: int) -> Plan:
    resources = list(plan.resources)
    random.Random(seed).shuffle(resources)  # noqa: S311 an order, no secret
    return replace(plan, resources=tuple(resources))


class TestTheOrderOfResourcesSaysNothing:
    """Or a deployed stack would be refused for what its plan was called compliant with."""

    @pytest.mark.parametrize("stack", CORE)
    @pytest.mark.parametrize("order", ["reversed", "shuffled"])
    def test_a_compliant_stack_is_compliant_in_any(self, stack: str, order: str) -> None:
        plan = compliant(stack)
        other = replace(plan, resources=plan.resources[::-1]) if order == "reversed" else _shuffled(plan, 7)
        report = review(other, ALL)
        assert [finding.message for finding in report.of_state("refused")] == []
        assert report.verdict == "compliant"

    def test_a_refusal_is_the_same_in_any(self) -> None:
        broken = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0")
        told = {(finding.rule.id, finding.urn, finding.message) for finding in review(broken, ALL).findings}
        for seed in (1, 2):
            findings = review(_shuffled(broken, seed), ALL).findings
            assert {(finding.rule.id, finding.urn, finding.message) for finding in findings} == told
