"""Parts of components that are plain functions: the address plan, geo batches, key release, names, node sizes."""

import json
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.address_plan import SUBNETS, AddressSpaceTooSmall, address_plan, first_usable
from components.detection_rules import detection_rules
from components.key_release import CLAIMS, key_release_policy
from components.naming import NameNotAllowed, Names, NameTooLong
from components.node_pools import has_local_disk
from components.security_groups import flows
from components.waf import MOST_CODES, UNKNOWN_COUNTRY, batches


class TestAddressPlan:
    """Overlapping subnets are found by Azure, half an hour into a deployment."""

    @given(st.integers(min_value=8, max_value=20), st.integers(min_value=0, max_value=2**12 - 1))
    def test_subnets_lie_inside_and_apart_whatever_the_space(self, prefix: int, index: int) -> None:
        space = IPv4Network((int(IPv4Network("10.0.0.0/8").network_address), prefix))
        plan = address_plan(space)
        assert set(plan) == set(SUBNETS)
        subnets = list(plan.values())
        assert all(subnet.subnet_of(space) for subnet in subnets)
        assert not any(a.overlaps(b) for i, a in enumerate(subnets) for b in subnets[i + 1 :])

    def test_a_smaller_space_is_refused(self) -> None:
        with pytest.raises(AddressSpaceTooSmall):
            address_plan(IPv4Network("10.0.0.0/21"))

    def test_the_firewall_gets_the_first_address_that_azure_gives_out(self) -> None:
        assert str(first_usable(IPv4Network("10.40.4.0/26"))) == "10.40.4.4"


class TestGeoBatches:
    """Two rules of ten countries each would block everybody; one rule with conditions of ten blocks the others."""

    @given(st.lists(st.from_regex(r"[A-Z]{2}", fullmatch=True), min_size=1, max_size=60), st.booleans())
    def test_every_country_is_in_exactly_one_batch_of_ten_at_most(self, codes: list[str], unknown: bool) -> None:  # noqa: FBT001 drawn
        found = batches(codes, admit_unknown=unknown)
        flat = [code for batch in found for code in batch]
        assert sorted(flat) == sorted({*codes, *([UNKNOWN_COUNTRY] if unknown else [])})
        assert all(0 < len(batch) <= MOST_CODES for batch in found)


class TestKeyRelease:
    """The public sample trusts 25 authorities worldwide."""

    def test_only_the_given_authorities_are_believed_and_only_with_proof(self) -> None:
        document = json.loads(key_release_policy(("https://a", "https://b")))
        assert [clause["authority"] for clause in document["anyOf"]] == ["https://a", "https://b"]
        for clause in document["anyOf"]:
            assert {claim["claim"]: claim["equals"] for claim in clause["allOf"]} == CLAIMS


class TestNames:
    """A name over Azure's limit must fail while planning."""

    @given(st.from_regex(r"[a-z][a-z0-9]{1,4}", fullmatch=True), st.sampled_from(["eu-prod", "uk-dev"]))
    def test_names_carry_kind_organisation_stack_and_role(self, organisation: str, stack: str) -> None:
        assert Names(organisation, stack).of("nsg", "system") == f"nsg-{organisation}-{stack}-system"

    def test_too_long_or_foreign_characters_are_refused(self) -> None:
        with pytest.raises(NameTooLong, match="Shorten"):
            Names("bw", "eu-prod").of("kv", "x" * 30, limit=24)
        with pytest.raises(NameNotAllowed):
            Names("bw", "eu-prod").of("kv", "Ärzte")


class TestNodeSizes:
    """An ephemeral disk on a size without one fails when the pool is made."""

    @pytest.mark.parametrize(
        ("size", "local"),
        [
            ("Standard_D8ds_v5", True),
            ("Standard_NC40ads_H100_v5", True),
            ("Standard_D4s_v5", False),
            ("Standard_DC8as_v5", False),
            ("Standard_DC4ads_v5", True),
        ],
    )
    def test_the_letter_d_after_the_cores_says_local_disk(self, size: str, local: bool) -> None:  # noqa: FBT001 data
        assert has_local_disk(size) is local


class TestFlows:
    """What may talk to what."""

    def test_nobody_is_admitted_from_the_internet_without_a_portal(self) -> None:
        table = flows(
            address_plan(IPv4Network("10.0.0.0/20")),
            pods=IPv4Network("10.128.0.0/14"),
            region_tag="WestEurope",
            portal=False,
        )
        inbound = [flow for allowed in table.values() for flow in allowed if flow.direction == "Inbound"]
        assert not any("Internet" in flow.peers for flow in inbound)

    def test_private_endpoints_the_vault_and_gpus_have_their_place(self) -> None:
        table = flows(
            address_plan(IPv4Network("10.0.0.0/20")),
            pods=IPv4Network("10.128.0.0/14"),
            region_tag="WestEurope",
            portal=True,
        )
        for quiet in ("endpoints", "confidential", "gateway", "portal"):
            outbound = [flow for flow in table[quiet] if flow.direction == "Outbound"]
            assert not any("Internet" in flow.peers for flow in outbound), quiet

    def test_priorities_are_unique_within_a_direction(self) -> None:
        table = flows(
            address_plan(IPv4Network("10.0.0.0/20")),
            pods=IPv4Network("10.128.0.0/14"),
            region_tag="WestEurope",
            portal=True,
        )
        for role, allowed in table.items():
            taken = [(flow.direction, flow.priority) for flow in allowed]
            assert len(taken) == len(set(taken)), role


class TestDetectionRules:
    """Public templates onboard Sentinel and raise no alert at all."""

    def test_there_are_eight_or_more_each_with_tactics_entities_and_a_query_on_a_table(self) -> None:
        rules = detection_rules()
        assert len(rules) >= 8
        assert len({rule.id for rule in rules}) == len(rules)
        for rule in rules:
            assert rule.tactics
            assert rule.techniques
            for fields in rule.entities.values():
                for column in fields.values():
                    assert column in rule.query, f"{rule.id}: {column} is not a column of the query"
