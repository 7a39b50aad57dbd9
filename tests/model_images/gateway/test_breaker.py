"""The breaker of a whole gateway: what opened outlives the pod, and an order beside the settings closes it."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model_images.gateway.guard import volume_order
from model_images.gateway.guard.settings import EVERYBODY
from model_images.gateway.guard.volume_order import Order
from tests.model_images.gateway.audit_world import signer
from tests.model_images.gateway.credentials import CALLER
from tests.model_images.gateway.world import World, gateway

OPERATOR = signer("operator")
FEW = {"bytes": 2_000, "patients": 100, "reidentified": 100}
MANY = {"bytes": 1 << 30, "patients": 10_000, "reidentified": 10_000}
VOLUME = {"caller": FEW, "tenant": MANY, "operators": [OPERATOR.verifier.vkey()]}


def opened(world: World) -> str:
    """The opening's id, from the store that outlives the pod."""
    (found,) = (world.state / "anchored" / "eu-prod" / "volume.breakers" / "opened").glob("*.json")
    return found.stem


def lines(world: World, event: str) -> list[dict[str, Any]]:
    """What the gateway's containers printed of one kind of event."""
    printed = (world.directory / "log").read_text().splitlines()
    told = [json.loads(line) for line in printed if line.startswith("{")]
    return [line for line in told if line.get("event") == event]


def breakers(pod: Path) -> Path:
    """What that pod's write-once store holds of breakers: its log has its own name, and the next pod another."""
    made = pod / "breakers"
    shutil.copytree(pod / "state" / "anchored" / "eu-prod" / "volume.breakers", made / "eu-prod" / "volume.breakers")
    return made


def until(world: World, code: str, seconds: float = 30) -> None:
    """Ask until it is answered so."""
    end = time.monotonic() + seconds
    while (found := world.chat("Hello.").code) != code:
        assert time.monotonic() < end, found


class TestABreakerOfTheWholeGateway:
    """Nobody reaches a pod, and a pod lives for days: neither may decide what stands open."""

    def test_it_opens_outlives_the_pod_and_is_closed_by_an_order_that_the_plan_brings(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        first.mkdir()
        second.mkdir()
        with gateway(first, volume=VOLUME) as world:
            assert world.chat("x" * 3_000).code == "volume.open"
            until(world, "volume.open")
            opening = opened(world)
            (told,) = lines(world, "breaker-opened")
            assert (told["opening"], told["caller"], told["measure"]) == (opening, CALLER, "bytes")
            assert {line["code"] for line in lines(world, "refused")} == {"volume.open"}
        # Another pod: of the first one's disk nothing is left but what lies in the write-once store.
        with gateway(second, volume=VOLUME, anchored=breakers(first)) as world:
            assert world.chat("Hello.").code == "volume.open"
            until_then = volume_order.until(datetime.now(UTC), 1)
            order = Order(opening, EVERYBODY, CALLER, "operator", "expected-load", until_then, "OPS-12")
            # As the ConfigMap has it: beside gateway.json.
            volume_order.place(second, order, volume_order.signed(order, OPERATOR))
            until(world, "")
            assert "breaker-closed" in "".join(path.read_text() for path in second.glob("state/audit/*.jsonl"))
        # A third learns that it was closed, without the order.
        third = tmp_path / "third"
        third.mkdir()
        with gateway(third, volume=VOLUME, anchored=breakers(second)) as world:
            assert world.chat("Hello.").code == ""

    def test_a_gateway_that_cannot_read_what_stands_open_does_not_start(self, tmp_path: Path) -> None:
        bad = tmp_path / "anchored" / "eu-prod" / "volume.breakers" / "opened"
        bad.mkdir(parents=True)
        (bad / f"{'ab' * 16}.json").write_text("{}")
        with (
            pytest.raises(AssertionError, match="which breakers stand open can't be read"),
            gateway(tmp_path, volume=VOLUME, anchored=tmp_path / "anchored"),
        ):
            pytest.fail("it started")
