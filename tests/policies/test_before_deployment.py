"""The first preview of a stack, when nothing has an id: the packs must pass it, or nothing is ever deployed.

What the engine tells a pack then was looked at with the real engine (tests/engine); here it is recorded in process.
"""

from collections import Counter

import pytest

from plan.model import UNKNOWN
from policies.review import review
from policies.rules import ALL
from tests.plans import CORE, before_deployment, compliant


class TestAFirstPreviewIsJudgedWhole:
    """A rule that waits for an id refuses every first deployment; one that passes an unknown by itself guards none."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_rule_passes_a_stack_that_is_yet_to_be_made(self, stack: str) -> None:
        report = review(before_deployment(stack), ALL)
        found = [(f.rule.id, f.state, f"{f.resource}: {f.message}") for f in report.findings if f.state != "exempt"]
        assert found == []

    @pytest.mark.parametrize("stack", CORE)
    def test_as_many_things_are_judged_as_afterwards(self, stack: str) -> None:
        before, after = review(before_deployment(stack), ALL).evaluated, review(compliant(stack), ALL).evaluated
        # Secrets are looked for in providers' own settings too, which a pack is not told.
        fewer = {rule: (before.get(rule, 0), count) for rule, count in after.items() if before.get(rule, 0) < count}
        assert {rule for rule in fewer if not rule.startswith("secrets.")} == set()


class TestWhatIsRecordedIsWhatIsKnown:
    """The recording stands in for the engine: it must know no more."""

    def test_the_same_resources_are_registered(self) -> None:
        assert Counter(r.urn for r in before_deployment().resources) == Counter(r.urn for r in compliant().resources)

    @pytest.mark.parametrize("key", ["principalId", "clientId"])
    def test_no_identity_has_an_id_yet(self, key: str) -> None:
        identities = before_deployment().of_type("azure-native:managedidentity:UserAssignedIdentity")
        assert {identity.outputs.get(key, UNKNOWN) for identity in identities} == {UNKNOWN}

    def test_the_firewalls_address_is_not_known(self) -> None:
        hops = {route.get("nextHopIpAddress") for route in before_deployment().of_type("azure-native:network:Route")}
        assert UNKNOWN in hops
