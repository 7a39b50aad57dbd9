"""A model beside the gateway, by the whole gateway: when it is there, when it is not yet, and what it is shown."""

import http.client
from collections.abc import Iterator

import pytest

from tests.model_images.gateway.sidecar import DIGEST, Sidecar
from tests.model_images.gateway.world import World, gateway

NAME = "warm towel"
"""What the model beside the gateway takes for a name, and none of the gateway's own detectors does."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Sidecar]]:
    """A gateway that was started while nobody listened at the socket."""
    directory = tmp_path_factory.mktemp("beside")
    sidecar = Sidecar(directory / "detector.sock", knows=NAME)
    told = {"socket": str(sidecar.path), "model": DIGEST, "seconds": 10}
    with gateway(directory, plugin=told, detectorSeconds=11) as world:
        yield world, sidecar
    sidecar.stop()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway without one."""
    with gateway(tmp_path_factory.mktemp("alone")) as world:
        yield world


def probed(world: World) -> int:
    """What the kubelet is told of it."""
    connection = http.client.HTTPConnection("127.0.0.1", world.health, timeout=20)
    connection.request("GET", "/detector")
    status = connection.getresponse().status
    connection.close()
    return status


class TestTheGatewayWaitsForItAndNotTheOtherWayRound:
    """Containers of a pod start at once, and a model takes minutes: a gateway that needs it falls over and over."""

    def test_the_gateway_stands_before_it_and_refuses_until_it_is_there(self, both: tuple[World, Sidecar]) -> None:
        world, sidecar = both
        sidecar.set("down")
        assert world.healthy()
        assert probed(world) == 503
        answer = world.chat(f"Seen today: {NAME}.")
        assert (answer.status, answer.code.partition(".")[0]) == (503, "de-identify")
        sidecar.set("well")
        assert probed(world) == 200
        assert world.chat(f"Seen today: {NAME}.").status == 200
        assert NAME.encode() not in world.model.seen[-1]

    @pytest.mark.parametrize("how", ["throwing", "partial"])
    def test_the_probe_asks_for_a_right_answer_and_not_for_any(self, both: tuple[World, Sidecar], how: str) -> None:
        world, sidecar = both
        sidecar.set(how)  # type: ignore[arg-type] # one of its ways
        assert probed(world) == 503
        sidecar.set("well")
        assert probed(world) == 200

    def test_callers_can_not_ask_for_it(self, both: tuple[World, Sidecar]) -> None:
        world, _ = both
        assert world.ask(None, "/detector", method="GET").status == 404

    def test_without_one_nobody_is_asked_and_those_words_pass(self, alone: World) -> None:
        assert probed(alone) == 404
        assert alone.chat(f"Seen today: {NAME}.").status == 200
        assert NAME.encode() in alone.model.seen[-1]


class TestItIsShownWhatCallersSend:
    """What it is asked on the event loop holds up everybody, for as long as it likes."""

    def test_a_text_and_what_the_text_hides_and_no_answer(self, both: tuple[World, Sidecar]) -> None:
        world, sidecar = both
        sidecar.set("well")
        sidecar.asked.clear()
        assert world.chat("The ward is calm, 12 of 14 beds.").status == 200
        assert any("12 of 14" in text for text in sidecar.asked)
        assert len(sidecar.asked) == 1

    def test_what_is_written_in_code_is_shown_to_it_in_clear(self, both: tuple[World, Sidecar]) -> None:
        world, sidecar = both
        sidecar.set("well")
        sidecar.asked.clear()
        said = f"there is a {NAME} beside the bath and it is dry"
        answer = world.chat(f"Decode this: {said.encode().hex()}")  # the tagger takes parts of base64 for names
        assert answer.code == "prompt-guard.encoded-identifier"
        assert any("the bath" in text for text in sidecar.asked)
