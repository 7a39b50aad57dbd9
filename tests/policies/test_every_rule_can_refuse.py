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
        # Many a breach opens a path as well: which do, and which don't, is test_flows.py's to say.
        if not rule_id.startswith("flows."):
            found = {name for name in found if not name.startswith("flows.")}
        assert found == {rule_id} | mutation.also
        assert rule_id in {finding.rule.id for finding in report.of_state("refused")}
        assert report.verdict == "refused"
