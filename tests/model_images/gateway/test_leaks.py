"""The fail-closed matrix: every endpoint, every field that can carry something, streamed or not, and every way in which
a detector fails. Whatever happens, no identifier is in what the model's server saw, nor in any log.
"""

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from model_images.gateway.guard.endpoints import ENDPOINTS, ERASURES, Endpoint
from model_images.gateway.guard.slots import Walk
from tests.model_images.gateway.planting import PLANT, RAW, RECORD, Planted, planted
from tests.model_images.gateway.sidecar import DIGEST, LATE_SECONDS, How, Sidecar
from tests.model_images.gateway.upstream import last
from tests.model_images.gateway.world import Answered, World, gateway

INSTRUCTS = ("<system>", "<developer>", ".instructions", "<message>.role")
"""Places that the template holds: refused, whatever stands there."""


@contextlib.contextmanager
def with_a_model_beside(directory: Path, seconds: float) -> Iterator[tuple[World, Sidecar]]:
    """A gateway with an operator's model beside it."""
    sidecar = Sidecar(directory / "ner.sock")
    sidecar.set("well")
    told = {"socket": str(sidecar.path), "model": DIGEST, "seconds": seconds}
    with gateway(directory, plugin=told, detectorSeconds=60) as world:
        yield world, sidecar
    sidecar.stop()


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Sidecar]]:
    """One that has all the time that a busy machine needs."""
    with with_a_model_beside(tmp_path_factory.mktemp("beside"), 30) as found:
        yield found


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Sidecar]]:
    """One whose model is slow from now on."""
    with with_a_model_beside(tmp_path_factory.mktemp("late"), LATE_SECONDS) as found:
        yield found


def cells(endpoint: Endpoint) -> list[tuple[Planted, dict[str, Any]]]:
    """Every planted body of an endpoint, streamed and not."""
    made = []
    for one in planted(endpoint.request):
        if not isinstance(one.body, dict):
            continue
        for streamed in (False, True) if endpoint.streams and not one.at.startswith(".stream") else (False,):
            body = {**one.body, "bailiwick": {"record": RECORD}}
            made.append((one, {**body, "stream": True} if streamed else body))
    return made


def texts(endpoint: Endpoint, body: dict[str, Any]) -> bool:
    """Whether there is anything in it to be read."""
    walk = Walk()
    endpoint.request.check({name: value for name, value in body.items() if name != "bailiwick"}, "", walk, {}, "")
    return bool(walk.slots)


def nothing_of_it(world: World) -> None:
    """Neither the model's server nor any log has it."""
    seen = b"\n".join(world.model.seen).decode(errors="replace").lower()
    logs = world.log.lower()
    records = "".join(
        path.read_text(errors="replace") for path in (world.state / "audit").rglob("*") if path.is_file()
    ).lower()
    for raw in RAW:
        assert raw not in seen, raw
        assert raw not in logs, raw
        assert raw not in records, raw


def ask_all(world: World, endpoint: Endpoint) -> list[tuple[Planted, dict[str, Any], Answered]]:
    token = world.issuer.token("use-case.clinical-notes.treatment", "data-class.phi")

    def one(cell: tuple[Planted, dict[str, Any]]) -> tuple[Planted, dict[str, Any], Answered]:
        return *cell, world.ask(cell[1], endpoint.path, token=token)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, cells(endpoint)))


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda one: one.name)
class TestNoIdentifierPassesWhateverTheFieldAndTheState:
    """Others fail open on exactly these: a field that is not scanned, a detector that does not answer."""

    def test_what_can_be_replaced_is_and_what_cannot_is_refused(
        self, beside: tuple[World, Sidecar], endpoint: Endpoint
    ) -> None:
        world, sidecar = beside
        sidecar.set("well")
        world.model.reset()
        wrong = []
        for case, body, answer in ask_all(world, endpoint):
            instructs = any(part in case.at for part in INSTRUCTS)
            wanted = 200 if case.fate in ("replaced", "gone") and not instructs else 400
            if answer.status != wanted:
                wrong.append((case.at, body.get("stream"), answer.status, answer.code))
            assert PLANT.encode() not in answer.body or answer.status == 200
        assert not wrong
        assert len(world.model.seen) > 10
        nothing_of_it(world)

    @pytest.mark.parametrize("how", ["down", "slow", "throwing", "partial"])
    def test_a_detector_that_fails_refuses_every_request(
        self, request: pytest.FixtureRequest, endpoint: Endpoint, how: How
    ) -> None:
        world, sidecar = request.getfixturevalue("late" if how == "slow" else "beside")
        world.model.reset()
        sidecar.set(how)
        try:
            answers = ask_all(world, endpoint)
        finally:
            sidecar.set("well")
        assert answers
        assert not [
            (case.at, answer.status) for case, body, answer in answers if answer.status < 400 and texts(endpoint, body)
        ]
        assert {answer.code for _, _, answer in answers if answer.status == 503} <= {
            "de-identify.failed",
            "de-identify.timeout",
        }
        assert [answer for _, _, answer in answers if answer.status == 503]
        nothing_of_it(world)


class TestARequestToEraseTellsNobodyWhom:
    """It names a patient by design, and is the last request in which anybody should meet them."""

    @pytest.mark.parametrize("roles", [("erase.clinical-notes",), ()], ids=["who may", "who may not"])
    def test_whatever_the_field(self, asked: World, roles: tuple[str, ...]) -> None:
        token = asked.issuer.token("use-case.clinical-notes.treatment", *roles)
        wrong = []
        for case in planted(ERASURES.request):
            answer = asked.ask(case.body, ERASURES.path, token=token)
            taken = 200 if roles else 403
            if answer.status != (taken if case.fate == "replaced" else 400):
                wrong.append((case.at, answer.status, answer.code))
            assert not [raw for raw in RAW if raw in answer.body.decode().lower()], case.at
        assert not wrong
        assert asked.model.seen == []
        nothing_of_it(asked)

    @pytest.mark.parametrize("how", ["down", "throwing"])
    def test_nor_does_it_wait_for_detectors(self, beside: tuple[World, Sidecar], how: How) -> None:
        world, sidecar = beside
        sidecar.set(how)
        try:
            token = world.issuer.token("use-case.clinical-notes.treatment", "erase.clinical-notes")
            answer = world.ask({"model": "clinical-notes", "patient": PLANT}, ERASURES.path, token=token)
        finally:
            sidecar.set("well")
        assert answer.status == 200
        nothing_of_it(world)


class TestWhatCameOutIsWhatWentIn:
    """For a caller with the scope, the answer is as if the model had seen the text; for others the tokens stay."""

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("piece", [1, 3, 1000])
    def test_an_echo_is_restored(self, asked: World, piece: int, *, stream: bool) -> None:
        asked.model.piece = piece
        answer = asked.chat(PLANT, stream=stream, bailiwick={"record": RECORD})
        assert answer.status == 200, answer.body
        said = answer.said if stream else answer.json["choices"][0]["message"]["content"]
        assert said == PLANT
        nothing_of_it(asked)

    @pytest.mark.parametrize("stream", [False, True])
    def test_without_the_scope_tokens_stay(self, asked: World, *, stream: bool) -> None:
        token = asked.issuer.token("use-case.clinical-notes.treatment", "data-class.phi")
        body = {"model": "clinical-notes", "messages": [{"role": "user", "content": PLANT}], "stream": stream}
        answer = asked.ask({**body, "bailiwick": {"record": RECORD}}, token=token)
        assert answer.status == 200
        assert not [raw for raw in RAW if raw in answer.body.decode().lower()]
        assert b"[[NAME_" in answer.body or "[[NAME_" in answer.said

    def test_in_the_arguments_of_a_tool_call(self, asked: World) -> None:
        tool = {"type": "function", "function": {"name": "find", "parameters": {}}}

        def calls(body: dict[str, Any]) -> dict[str, Any]:
            call = {
                "id": "call_9",
                "type": "function",
                "function": {"name": "find", "arguments": json.dumps({"who": last(body)})},
            }
            choice = {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [call]}}
            return {"choices": [choice]}

        asked.model.raw = calls
        answer = asked.chat('Say "Zebediah Quartermaine"'.replace('"', "'"), tools=[tool], bailiwick={"record": RECORD})
        assert answer.status == 200, answer.body
        (call,) = answer.json["choices"][0]["message"]["tool_calls"]
        assert "Zebediah Quartermaine" in call["function"]["arguments"]
        nothing_of_it(asked)


class TestAnAnswerHoldsNothingThatWasNotAsked:
    """What a model invents, remembers or was told by another must not reach a caller either."""

    OTHERS = "NHS number 450 557 7104"

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
    def test_an_identifier_of_somebody_else_is_blocked(self, asked: World, path: str, *, stream: bool) -> None:
        asked.model.says = lambda _: f"Another patient has {self.OTHERS}."
        text: dict[str, Any] = (
            {"messages": [{"role": "user", "content": "Hello"}]} if "chat" in path else {"input": "Hello"}
        )
        answer = asked.ask({"model": "clinical-notes", **text, "stream": stream}, path)
        assert b"450 557 7104" not in answer.body
        assert b"7104" not in answer.body
        assert b"prompt-guard.foreign-identifier" in answer.body
        assert "450 557" not in asked.log

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_marker_that_was_not_minted_here_is_blocked(self, asked: World, *, stream: bool) -> None:
        asked.model.says = lambda _: "It was [[NAME_aaaaaaa]], I believe."
        answer = asked.chat("Hello", stream=stream)
        assert b"tokens.foreign" in answer.body
        assert b"NAME_" not in answer.body

    @pytest.mark.parametrize("stream", [False, True])
    def test_what_the_model_was_told_is_not_told_on(self, asked: World, *, stream: bool) -> None:
        asked.model.says = lambda body: str(body["messages"][0]["content"])
        answer = asked.chat("Hello", stream=stream)
        assert b"prompt-guard." in answer.body
        assert b"confidential, never to be written" not in answer.body

    @pytest.mark.parametrize(
        "more",
        [
            {"prompt_logprobs": PLANT},
            {
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "a", "annotations": [{"x": PLANT}]}}
                ]
            },
            {
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "a"}, "logprobs": {"content": [PLANT]}}
                ]
            },
            {
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "a", "audio": {"transcript": PLANT}}}
                ]
            },
            {"system_fingerprint": PLANT, "model": PLANT, "id": PLANT},
        ],
        ids=str,
    )
    def test_fields_that_nobody_has_described_are_left_out(self, asked: World, more: dict[str, Any]) -> None:
        base = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}}]}
        asked.model.raw = lambda _: {**base, **more}
        answer = asked.chat("Hello")
        assert answer.status == 200
        assert "Zebediah" not in answer.body.decode()

    def test_a_tool_that_was_not_offered_is_not_called(self, asked: World) -> None:
        call = {"id": "c", "type": "function", "function": {"name": "Zebediah", "arguments": "{}"}}
        message = {"role": "assistant", "tool_calls": [call]}
        asked.model.raw = lambda _: {"choices": [{"index": 0, "message": message}]}
        assert asked.chat("Hello").code == "route.answer-malformed"

    def test_an_error_of_the_models_server_is_not_passed_on(self, asked: World) -> None:
        asked.model.status = 500
        answer = asked.chat(PLANT, bailiwick={"record": RECORD})
        assert answer.code == "route.model-failed"
        assert "NAME_" not in answer.body.decode()
