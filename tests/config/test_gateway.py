"""How much a caller may ask of the gateway, where its breaker opens at the latest, and what stands beside it."""

from typing import Any

import msgspec
import pytest

from cli.planning import stack_config
from config.gateway import _CPUS, CallerCeilings, Ceilings, Gateway, TenantCeilings
from config.section import Section
from model_images.gateway.envoy.filters import EVERYBODY_PER_SECOND
from model_images.gateway.guard import settings
from policies.rules.gateway_limits import CEILINGS, PER_MINUTE
from tests.detecting import DETECTOR, parsed, values, with_gateway
from tests.plans import STACKS

WHOSE: dict[str, type[Section]] = {"caller": CallerCeilings, "tenant": TenantCeilings}


def _most(section: type[Section], key: str) -> int:
    (found,) = [one.le for one in section.model_fields[key].metadata if hasattr(one, "le")]
    return int(found)


class TestWhatIsLeftOutIsTheGatewaysOwn:
    """A dial whose default is another than the gateway's changes what holds as soon as anybody writes the section."""

    @pytest.mark.parametrize("whose", WHOSE)
    def test_every_ceiling(self, whose: str) -> None:
        told = getattr(Ceilings(), whose).model_dump()
        own = getattr(settings.Volume(), whose)
        assert told == {key: getattr(own, key) for key in own.__struct_fields__}

    def test_the_requests_of_one_caller(self) -> None:
        own = {field.name: field.default for field in msgspec.structs.fields(settings.Settings)}
        assert stack_config("eu-prod").gateway.caller_per_minute == own["caller_per_minute"]

    def test_a_section_with_one_number_keeps_the_others(self) -> None:
        config, faults = parsed(with_gateway(ceilings={"caller": {"patients": 50}}))
        assert faults == {}
        assert config is not None
        caller, tenant = config.gateway.ceilings.caller, config.gateway.ceilings.tenant
        assert (caller.patients, caller.bytes, tenant) == (50, CallerCeilings().bytes, TenantCeilings())


class TestNoDialOpensTheBreakerForGood:
    """A ceiling that nobody reaches is none, and a rate above the whole replica's bounds nobody."""

    @pytest.mark.parametrize("whose", WHOSE)
    def test_a_ceiling_ends_at_ten_times_the_gateways_own_and_the_rule_ends_there_too(self, whose: str) -> None:
        for key, own in getattr(Ceilings(), whose).model_dump().items():
            assert _most(WHOSE[whose], key) == 10 * own == CEILINGS[whose][key]

    def test_a_caller_may_what_a_replica_takes_of_all_and_no_more(self) -> None:
        assert _most(Gateway, "caller_per_minute") == PER_MINUTE == EVERYBODY_PER_SECOND * 60

    @pytest.mark.parametrize(
        ("dials", "keys"),
        [
            ({"callerPerMinute": 30_001}, ["callerPerMinute"]),
            ({"callerPerMinute": 59}, ["callerPerMinute"]),
            ({"ceilings": {"caller": {"patients": 0}}}, ["ceilings.caller.patients"]),
            ({"ceilings": {"caller": {"bytes": (10 << 30) + 1}}}, ["ceilings.caller.bytes"]),
            ({"ceilings": {"tenant": {"reidentified": 4_000_001}}}, ["ceilings.tenant.reidentified"]),
            ({"ceilings": {"caller": {"patient": 5}}}, ["ceilings.caller.patient"]),
            (
                {"callerPerMinute": 0, "ceilings": {"caller": {"patients": 20_001, "bytes": 1}}},
                ["callerPerMinute", "ceilings.caller.bytes", "ceilings.caller.patients"],
            ),
        ],
    )
    def test_beyond_that_every_fault_is_named_at_once(self, dials: dict[str, Any], keys: list[str]) -> None:
        config, faults = parsed(with_gateway(**dials))
        assert config is None
        assert sorted(faults) == keys
        assert all(fault.consequence for fault in faults.values())

    def test_a_tenant_may_at_least_what_one_of_its_applications_may(self) -> None:
        told = {"caller": {"patients": 9_000, "bytes": 5 << 30}, "tenant": {"reidentified": 99_999}}
        _, faults = parsed(with_gateway(ceilings=told))
        assert sorted(faults) == [f"ceilings.tenant.{key}" for key in ("bytes", "patients", "reidentified")]
        _, faults = parsed(with_gateway(ceilings={"caller": {"patients": 8_000}}))
        assert faults == {}


class TestAModelBesideTheGatewayIsNamedToTheByte:
    """It reads every name before it is taken out: whose code it is can't be left to a tag."""

    def test_none_is_the_default(self) -> None:
        assert all(stack_config(stack).gateway.detector is None for stack in STACKS)

    def test_by_digest_in_the_stacks_own_registry(self) -> None:
        config, faults = parsed(values())
        assert faults == {}
        assert config is not None
        assert config.gateway.detector is not None
        assert config.gateway.detector.image == DETECTOR["image"]

    def test_not_by_a_tag(self) -> None:
        _, faults = parsed(values(image="acrbweuprod.azurecr.io/hospital/names:latest"))
        assert "a tag can be moved" in faults["detector.image"].problem

    def test_not_from_another_registry(self) -> None:
        _, faults = parsed(values(image=f"docker.io/hospital/names@{DETECTOR['image'].partition('@')[2]}"))
        assert faults["detector.image"].kind == "unlawful"
        assert "not from this stack's registry" in faults["detector.image"].problem

    @pytest.mark.parametrize("seconds", [0, 0.05, 10.5, "soon"])
    def test_within_a_time_that_a_caller_waits(self, seconds: object) -> None:
        _, faults = parsed(values(seconds=seconds))
        assert list(faults) == ["detector.seconds"]


class TestAModelBesideTheGatewayFitsItsNode:
    """A pod that no node has room for waits for ever, and says so nowhere that anybody looks."""

    @pytest.mark.parametrize(
        ("cpu", "right"), [("5", True), ("5001m", False), ("100m", True), ("99m", False), ("0", False)]
    )
    def test_beside_the_gateways_own_cpus_and_what_the_node_keeps(self, cpu: str, right: bool) -> None:  # noqa: FBT001 data
        _, faults = parsed(values(cpu=cpu))
        assert list(faults) == ([] if right else ["detector.cpu"])

    def test_with_memory_enough_to_load_anything(self) -> None:
        _, faults = parsed(values(memory="63Mi"))
        assert list(faults) == ["detector.memory"]

    def test_all_of_it_at_once(self) -> None:
        _, faults = parsed(values(cpu="64", memory="1Mi", image=f"docker.io/x/y@sha256:{'0' * 64}"))
        assert sorted(faults) == ["detector.cpu", "detector.image", "detector.memory"]

    @pytest.mark.parametrize("stack", STACKS)
    def test_every_stacks_size_says_how_many_cpus_it_has(self, stack: str) -> None:
        assert _CPUS.match(stack_config(stack).cluster.workload_pool.size)

    @pytest.mark.parametrize(
        ("size", "cpus"),
        [("Standard_DC8as_v5", "8"), ("Standard_E16ds_v5", "16"), ("Standard_E8-4ds_v5", "4"), ("Standard_B2ms", "2")],
    )
    def test_a_size_is_read_as_azure_writes_it(self, size: str, cpus: str) -> None:
        found = _CPUS.match(size)
        assert found is not None
        assert (found[2] or found[1]) == cpus
