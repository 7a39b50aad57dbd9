"""A rule that can't refuse is decoration: each is shown one breach in an otherwise compliant plan."""

import pytest

from policies.review import review
from policies.rules import ALL
from tests.plans import compliant
from tests.policies.mutations import MUTATIONS


class TestEveryRuleCanRefuse:
    """Of each rule one breach is known, and it is refused by that rule and by those that it also offends."""

    def test_there_is_a_breach_for_every_rule_and_none_for_a_rule_that_is_not_there(self) -> None:
        assert set(MUTATIONS) == {rule.id for rule in ALL}

    @pytest.mark.parametrize("rule_id", sorted(MUTATIONS))
    def test_the_breach_is_refused_by_exactly(self, rule_id: str) -> None:
        mutation = MUTATIONS[rule_id]
        report = review(mutation.breaks(compliant(mutation.stack)), ALL)
        found = {finding.rule.id for finding in report.findings if finding.state != "exempt"}
        expected = {rule_id} | mutation.also
        # Many a breach opens a path as well: which do, and which don't, is test_flows.py's to say.
        if not rule_id.startswith("flows."):
            found, expected = _without_paths(found), _without_paths(expected)
        assert found == expected
        assert rule_id in {finding.rule.id for finding in report.of_state("refused")}
        assert report.verdict == "refused"


def _without_paths(rules: set[str]) -> set[str]:
    return {rule for rule in rules if not rule.startswith("flows.")}
