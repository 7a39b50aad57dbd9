"""What counts as inside: a rule that takes 172.217.0.0/16 for a private range lets a pod reach the internet."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jurisdictions import load
from plan.model import MISSING, Plan
from policies.addresses import PRIVATE, is_private
from policies.review import StackUnderReview, judge
from policies.rules import ALL
from policies.verdict import Outcome
from tests.plans import changed, compliant

INSIDE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "172.31.255.255",
    "192.168.7.0/24",
    "100.64.0.1",
    "10.0.0.1-10.0.0.9",
    "fd12::/16",
)
OUTSIDE = (
    "172.217.0.0/16",
    "172.0.0.0/8",
    "100.20.0.0/16",
    "10.0.0.0/7",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.7",
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.1-11.0.0.1",
    "10.0.0.1-::1",
    "0.0.0.0/0",
    "::/0",
    "*",
    "Internet",
    "",
)


def refused(rule_id: str, plan: Plan) -> list[str]:
    (rule,) = (rule for rule in ALL if rule.id == rule_id)
    stack = StackUnderReview(plan=plan, jurisdiction=load(plan.jurisdiction))
    return [verdict.message for _, verdict in judge(rule, stack) if verdict.outcome is Outcome.REFUSED]


class TestOnlyWhatIsOfNoPublicNetworkIsPrivate:
    """An address that can't be read is not inside."""

    @pytest.mark.parametrize("text", INSIDE)
    def test_inside(self, text: str) -> None:
        assert is_private(text)

    @pytest.mark.parametrize("text", OUTSIDE)
    def test_outside(self, text: str) -> None:
        assert not is_private(text)

    @given(st.ip_addresses(v=4), st.integers(0, 32))
    def test_a_range_is_private_where_both_its_ends_are_in_one_private_range(
        self, address: object, length: int
    ) -> None:
        network = ip_network(f"{address}/{length}", strict=False)
        ends = [own for own in PRIVATE if own.version == 4 and network[0] in own and network[-1] in own]
        assert is_private(str(network)) is bool(ends)


class TestRulesTakeNoPublicRangeForAPrivateOne:
    """Each of these let a public range pass that begins as a private one does."""

    CASES = (
        (
            "workload.policies-name-peers-and-ports",
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            "spec.egress.0.to.0.ipBlock.cidr",
            "172.217.0.0/16",
        ),
        (
            "edge.delivery-is-of-one-release",
            "kubernetesconfiguration:FluxConfiguration",
            "kustomizations.bootstrap.postBuild.substitute.proxy",
            "172.217.16.4",
        ),
        (
            "egress.rules-name-sources",
            "network:FirewallPolicyRuleCollectionGroup",
            "ruleCollections.0.rules.0.sourceAddresses.0",
            "10.0.0.1-203.0.113.9",
        ),
        ("network.is-made-as-reviewed", "network:VirtualNetwork", "addressSpace.addressPrefixes.0", "192.0.2.0/24"),
    )

    @pytest.mark.parametrize(("rule_id", "kind", "path", "value"), CASES, ids=[case[0] for case in CASES])
    def test_it_is_refused(self, rule_id: str, kind: str, path: str, value: str) -> None:
        plan = changed(compliant(), kind, path, value, lambda resource: resource.get(path) is not MISSING)
        assert any(value in message or "every source" in message for message in refused(rule_id, plan))
        assert not refused(rule_id, compliant())
