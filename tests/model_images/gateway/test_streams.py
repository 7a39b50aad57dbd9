"""Streams that end before their end: by the model, by the caller, by the cluster that takes the pod away."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.model_images.gateway.planting import PLANT
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World, gateway

WAITED_SECONDS = 10
LONG = "word " * 60


def until(true: Callable[[], object]) -> None:
    """Wait for it, not for ever."""
    deadline = time.monotonic() + WAITED_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def begun(world: World, path: str = "/v1/chat/completions") -> HTTPResponse:
    """A stream whose first bytes have come."""
    body = {"model": USE_CASE, "stream": True}
    body |= {"input": LONG} if path.endswith("responses") else {"messages": [{"role": "user", "content": LONG}]}
    headers = {"content-type": "application/json", "authorization": f"Bearer {world.issuer.token(*EVERYTHING)}"}
    connection = world.connect()
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.read1(64)
    return answer


def records(world: World, code: str = "") -> list[dict[str, object]]:
    """What the audit log holds of requests; with `code`, of those that ended so."""
    found = []
    for path in sorted((world.state / "audit").rglob("*.jsonl")):
        for line in path.read_text().splitlines():
            told = json.loads(line)
            told = told.get("record", told)
            if told.get("kind") == "request" and (not code or told.get("finish") == code):
                found.append(told)
    return found


class TestAModelThatDiesIsNoEnd:
    """A half answer must not read like a whole one."""

    @pytest.mark.parametrize("pieces", [0, 1, 5])
    def test_chat_says_so_and_never_done(self, asked: World, pieces: int) -> None:
        asked.model.dies_after = pieces
        answered = asked.chat(LONG, stream=True)
        if answered.status == 200:
            assert "[DONE]" not in answered.events
            assert json.loads(answered.events[-1])["error"]["code"] == "route.model-gone"
        else:
            assert (answered.status, answered.code) == (502, "route.model-gone")

    def test_responses_say_so_and_never_completed(self, asked: World) -> None:
        asked.model.dies_after = 6
        answered = asked.ask({"model": USE_CASE, "input": LONG, "stream": True}, "/v1/responses")
        told = [json.loads(data) for data in answered.events]
        assert told[-1]["error"]["code"] == "route.model-gone"
        assert not any(one.get("type") == "response.completed" for one in told)

    def test_what_was_held_back_does_not_go_out(self, asked: World) -> None:
        asked.model.says = lambda body: str(body["messages"][-1]["content"])
        asked.model.piece, asked.model.dies_after = 4, 4
        answered = asked.chat(PLANT, stream=True)
        assert "[[" not in answered.body.decode()
        assert PLANT not in answered.body.decode()

    def test_one_without_room_is_busy(self, asked: World) -> None:
        asked.model.status = 503
        answered = asked.chat("Hello")
        assert (answered.status, answered.code) == (503, "route.model-busy")


class TestACallerThatLeavesEndsTheModelsWork:
    """GPUs don't write for nobody."""

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
    def test_in_the_midst_of_a_stream(self, asked: World, path: str) -> None:
        asked.model.pause = 0.05
        answer = begun(asked, path)
        assert asked.model.cancelled == 0
        answer.close()
        until(lambda: asked.model.cancelled == 1)

    def test_and_the_record_says_so(self, asked: World) -> None:
        asked.model.pause = 0.05
        before = len(records(asked, "caller_left"))
        begun(asked).close()
        until(lambda: len(records(asked, "caller_left")) == before + 1)

    def test_nothing_is_left_in_flight(self, asked: World) -> None:
        asked.model.pause = 0.05
        for _ in range(5):
            begun(asked).close()
        until(lambda: "bailiwick_gateway_in_flight 0.0" in asked.numbers())


class TestAPieceIsPassedOnWhenItComes:
    """A stream that is collected first is none."""

    def test_the_first_before_the_last_is_written(self, asked: World) -> None:
        asked.model.pause = 0.05
        started = time.monotonic()
        answer = begun(asked)
        first = time.monotonic() - started
        answer.read()
        assert time.monotonic() - started > first + 1


class TestAGatewayThatIsToldToGoLetsStreamsEnd:
    """SIGTERM: the cluster moves a pod, and nobody's answer is cut for that."""

    def test_the_stream_ends_whole_and_nobody_new_comes_in(self, tmp_path: Path) -> None:
        with gateway(tmp_path) as world:
            world.model.pause = 0.05
            answer = begun(world)
            world.process.send_signal(signal.SIGTERM)
            until(lambda: not world.healthy())
            rest = answer.read().decode()
            assert rest.rstrip().endswith("[DONE]")
            assert world.process.wait(20) == 0
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", world.port), timeout=2).close()
            assert records(world, "stop")

    def test_if_the_guard_dies_the_whole_pod_does(self, tmp_path: Path) -> None:
        with gateway(tmp_path) as world:
            child = subprocess.run(
                ["pgrep", "-f", f"model_images.gateway.guard.*{tmp_path}"], capture_output=True, text=True, check=True
            )
            os.kill(int(child.stdout.split()[0]), signal.SIGKILL)
            assert world.process.wait(20) != 0


class TestWhatComesBackIsCounted:
    """The breaker and the record hold how many identifiers were restored: a stream is no way round."""

    @pytest.mark.parametrize("stream", [False, True])
    def test_whole_or_in_pieces(self, asked: World, *, stream: bool) -> None:
        before = len(records(asked, "stop"))
        assert PLANT in (asked.chat(PLANT, stream=True).said if stream else asked.chat(PLANT).body.decode())
        until(lambda: len(records(asked, "stop")) > before)
        assert records(asked, "stop")[-1]["reidentified"] == 2


class TestManyAtOnceGetEachTheirOwn:
    """Streams side by side, whose pieces come mixed."""

    def test_no_piece_in_anothers_stream(self, asked: World) -> None:
        asked.model.pause = 0.001
        said: dict[int, str] = {}

        def one(number: int) -> None:
            said[number] = asked.chat(f"number {number} " * 12, stream=True).said

        threads = [threading.Thread(target=one, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == {number: f"number {number} " * 12 for number in range(24)}
