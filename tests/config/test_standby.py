"""A warm stack and its standby: each file is right by itself, and the two say the same of one another.

The program reads one stack's file alone, so what two files must agree on is held here.
"""

from itertools import combinations, product

import pytest

from cli.planning import ROOT
from config import Fault, StackConfig, parse
from config.region import SECOND
from plan import stacks


def _config(stack: str) -> StackConfig:
    config, faults = parse(stack, stacks.values(ROOT, stack))
    assert config is not None
    assert faults == ()
    return config


def _of_mode(mode: str) -> list[StackConfig]:
    found = [parse(stack, stacks.values(ROOT, stack))[0] for stack in stacks.available(ROOT)]
    return [config for config in found if config is not None and config.continuity.mode == mode]


PAIRS = [
    pytest.param(first, _config(str(first.continuity.standby)), id=first.stack) for first in _of_mode("warm")
]  # a missing file is a fault of the collection itself


def test_one_committed_stack_is_warm_and_every_standby_is_somebodys() -> None:
    assert PAIRS
    assert {config.stack for config in _of_mode("standby")} == {f"{first.stack}{SECOND}" for first in _of_mode("warm")}


@pytest.mark.parametrize(("first", "second"), PAIRS)
class TestAWarmStackAndItsStandbyAgree:
    """What the two files differ in where they must not is found out on the day when the region is lost."""

    def test_each_names_the_other_and_where_it_is(self, first: StackConfig, second: StackConfig) -> None:
        assert (second.continuity.mode, second.continuity.of) == ("standby", first.stack)
        assert second.subscription_id == (first.continuity.standby_subscription_id or first.subscription_id)
        assert (second.organisation, second.tenant_id) == (first.organisation, first.tenant_id)

    def test_the_standby_stands_in_the_pair_under_the_same_law(self, first: StackConfig, second: StackConfig) -> None:
        assert second.region == first.region_facts.pair
        assert (second.jurisdiction, second.environment) == (first.jurisdiction, first.environment)

    def test_it_answers_the_edge_where_the_first_has_one(self, first: StackConfig, second: StackConfig) -> None:
        assert second.continuity.front_door == (first.portal.mode == "front-door")

    def test_no_address_of_one_is_an_address_of_the_other(self, first: StackConfig, second: StackConfig) -> None:
        def ranges(config: StackConfig) -> tuple[object, ...]:
            return (config.network.address_space, config.network.pod_cidr, config.network.service_cidr)

        assert not any(one.overlaps(other) for one, other in product(ranges(first), ranges(second)))  # type: ignore[attr-defined]
        assert not any(one.overlaps(other) for one, other in combinations(ranges(second), 2))  # type: ignore[attr-defined]

    def test_callers_find_both_by_one_name(self, first: StackConfig, second: StackConfig) -> None:
        assert second.gateway.host == first.gateway.host
        assert second.portal.host == first.portal.host

    def test_no_image_is_another_than_the_firsts(self, first: StackConfig, second: StackConfig) -> None:
        def digests(config: StackConfig) -> set[str]:
            served = (config.gateway.image, config.retrieval.image, *(u.image for u in config.use_cases))
            return {image.partition("@")[2] for image in served}

        assert digests(second) == digests(first)

    def test_the_same_use_cases_are_served_to_the_same_promise(self, first: StackConfig, second: StackConfig) -> None:
        def promised(config: StackConfig) -> dict[str, object]:
            return {u.name: (u.prompt, u.data_classes, u.external_allowed, u.accuracy_floor) for u in config.use_cases}

        assert promised(second) == promised(first)

    def test_a_model_is_of_the_same_revision_or_has_another_name_for_want_of_a_gpu(
        self, first: StackConfig, second: StackConfig
    ) -> None:
        models = {item.name: item.model for item in first.use_cases}
        for item in second.use_cases:
            # Nobody may get other weights under a name that is known from the first stack.
            if item.model != models[item.name]:
                assert item.model.name not in {model.name for model in models.values()}
                assert item.gpus == 0
                assert not any((second.region_facts.gpu_sizes, second.region_facts.confidential_gpu_sizes))


def _faults(stack: str, continuity: object, **others: object) -> dict[str, Fault]:
    values = stacks.values(ROOT, stack)
    values["bailiwick:continuity"] = continuity
    for key, value in others.items():
        section = values[f"bailiwick:{key}"]
        values[f"bailiwick:{key}"] = {**section, **value} if isinstance(section, dict) else value  # type: ignore[dict-item]
    return {fault.key.removeprefix("bailiwick:"): fault for fault in parse(stack, values)[1]}


PHI = [{"dataClass": "phi", "rpoMinutes": 60, "rtoMinutes": 120}]


class TestEveryFaultOfASecondRegionIsFound:
    """Each would send traffic to nowhere, or let a stack say that it needs no second region."""

    @pytest.mark.parametrize(
        ("stack", "continuity", "key", "says"),
        [
            ("eu-prod", {"mode": "warm", "objectives": PHI}, "continuity.standby", "not the other"),
            ("eu-prod", {"mode": "warm", "objectives": PHI, "standby": "uk-prod-b"}, "continuity.standby", "not the"),
            ("eu-prod", {"mode": "warm", "objectives": PHI, "standby": "eu-dev-b"}, "continuity.standby", "not the"),
            ("eu-prod", {"mode": "warm", "standby": "eu-prod-b"}, "continuity.objectives", "nothing promised"),
            ("eu-prod", {"mode": "cold", "objectives": PHI, "standby": "eu-prod-b"}, "continuity.standby", "not read"),
            ("eu-prod", {"mode": "cold", "objectives": PHI, "of": "eu-prod"}, "continuity.of", "not read"),
            ("eu-prod", {"mode": "standby", "of": "eu-prod"}, "continuity.mode", "only the second"),
            ("eu-prod", {"mode": "standby", "of": "eu-prod"}, "portal.mode", "a portal of its own"),
            ("eu-prod-b", {"mode": "standby"}, "continuity.of", "not the other"),
            ("eu-prod-b", {"mode": "standby", "of": "eu-dev"}, "continuity.of", "not the other"),
            ("eu-prod-b", {"mode": "standby", "of": "eu-prod", "objectives": PHI}, "continuity.objectives", "not read"),
            ("eu-prod-b", {"mode": "none", "frontDoor": True}, "continuity.frontDoor", "not read"),
        ],
    )
    def test_with_its_key_and_every_part_of_its_message(
        self, stack: str, continuity: dict[str, object], key: str, says: str
    ) -> None:
        fault = _faults(stack, continuity)[key]
        assert says in fault.problem
        assert all((fault.value, fault.allowed, fault.consequence, fault.hint))
        assert f"Pulumi.{stack}.yaml" in fault.hint

    def test_all_at_once(self) -> None:
        faults = _faults("eu-prod", {"mode": "standby", "standby": "eu-prod-b", "objectives": PHI})
        assert {"continuity.mode", "continuity.standby", "continuity.objectives", "portal.mode"} <= set(faults)

    def test_a_standby_in_a_region_that_is_nobodys_pair_is_refused(self) -> None:
        faults = _faults("eu-prod-b", {"mode": "standby", "of": "eu-prod"}, region="italynorth")
        assert "no pair inside" in faults["continuity.mode"].problem

    def test_front_door_is_led_to_no_region_without_private_link(self) -> None:
        warm = {"mode": "warm", "objectives": PHI, "standby": "eu-prod-b"}
        assert (
            "no Private Link origin" in _faults("eu-prod", warm, region="germanywestcentral")["continuity.mode"].problem
        )
        standby = {"mode": "standby", "of": "eu-prod", "frontDoor": True}
        assert "continuity.frontDoor" in _faults("eu-prod-b", standby, region="germanynorth")

    def test_the_second_regions_name_says_the_same_law(self) -> None:
        values = stacks.values(ROOT, "eu-prod-b")
        assert [fault.key for fault in parse("uk-prod-b", values)[1]][:1] == ["bailiwick:jurisdiction"]
        assert not parse("eu-prod-b", values)[1]
