"""OpenAI's own client, unchanged: what it reads of an answer is there, and what it raises says which guard refused."""

import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from openai.types.responses import FunctionToolParam, ResponseInputParam
from pydantic import BaseModel

from tests.model_images.gateway.planting import PLANT, RAW
from tests.model_images.gateway.world import EVERYTHING, USE_CASE, World

NO_TOKEN = "a.b.c"
NOTE = f"Summarise: {PLANT} was seen on Monday."
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "find_slot",
        "description": "Find a slot in the clinic's calendar.",
        "parameters": {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]},
    },
}
SAME_TOOL: FunctionToolParam = {
    "type": "function",
    "name": "find_slot",
    "description": "Find a slot in the clinic's calendar.",
    "parameters": {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]},
    "strict": False,
}


def client(world: World, *, token: str | None = None, retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"https://127.0.0.1:{world.port}/v1",
        api_key=world.issuer.token(*EVERYTHING) if token is None else token,
        max_retries=retries,
        http_client=openai.DefaultHttpxClient(verify=world.context(world.caller)),
    )


@pytest.fixture
def caller(asked: World) -> Iterator[openai.OpenAI]:
    with client(asked) as made:
        yield made


def leaked(world: World) -> list[str]:
    """What the model saw of the patient."""
    seen = b"".join(world.model.seen).decode().lower()
    return [raw for raw in RAW if raw in seen]


def calling(body: dict[str, Any]) -> dict[str, Any]:
    """A model that calls the tool for whom it was asked."""
    texts = [message["content"] for message in body["messages"] if message["role"] == "user"]
    call = {
        "id": "chatcmpl-tool-1",
        "type": "function",
        "function": {"name": "find_slot", "arguments": json.dumps({"who": texts[-1]})},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def responding(body: dict[str, Any]) -> dict[str, Any]:
    """The same in the form of responses."""
    asked = body["input"] if isinstance(body["input"], str) else body["input"][-1]["content"]
    call = {
        "id": "fc_upstream",
        "type": "function_call",
        "call_id": "call_upstream",
        "name": "find_slot",
        "arguments": json.dumps({"who": asked}),
        "status": "completed",
    }
    whole = {"id": "resp_x", "object": "response", "created_at": 1, "model": "m", "status": "completed"}
    usage = {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 5},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 10,
    }
    return {**whole, "output": [call], "usage": usage}


class TestChat:
    """The endpoint that most programs ask."""

    def test_a_whole_answer(self, asked: World, caller: openai.OpenAI) -> None:
        answer = caller.chat.completions.create(model=USE_CASE, messages=[{"role": "user", "content": NOTE}])
        (choice,) = answer.choices
        assert choice.message.content == NOTE
        assert (choice.finish_reason, choice.logprobs, choice.message.refusal) == ("stop", None, None)
        assert (answer.object, answer.model) == ("chat.completion", USE_CASE)
        assert answer.usage is not None
        assert answer.usage.total_tokens == 10
        assert answer._request_id
        assert not leaked(asked)

    def test_a_streamed_one_with_its_counts(self, caller: openai.OpenAI) -> None:
        chunks = list(
            caller.chat.completions.create(
                model=USE_CASE,
                messages=[{"role": "user", "content": NOTE}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert said == NOTE
        assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [10]
        assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
        assert len({chunk.id for chunk in chunks}) == 1

    def test_the_clients_own_reader_of_streams(self, caller: openai.OpenAI) -> None:
        with caller.chat.completions.stream(model=USE_CASE, messages=[{"role": "user", "content": NOTE}]) as stream:
            assert stream.get_final_completion().choices[0].message.content == NOTE

    def test_a_tools_call_and_the_turn_after_it(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.raw = calling
        talk: list[ChatCompletionMessageParam] = [{"role": "user", "content": PLANT}]
        message = caller.chat.completions.create(model=USE_CASE, messages=talk, tools=[TOOL]).choices[0].message
        assert message.tool_calls
        (call,) = message.tool_calls
        assert call.type == "function"
        assert json.loads(call.function.arguments) == {"who": PLANT}
        talk.append(message)  # type: ignore[arg-type] # as the client's own guide does it
        talk.append({"role": "tool", "tool_call_id": call.id, "content": f"{PLANT}: Tuesday"})
        asked.model.raw = None
        again = caller.chat.completions.create(model=USE_CASE, messages=talk, tools=[TOOL])
        assert again.choices[0].message.content == f"{PLANT}: Tuesday"
        assert not leaked(asked)
        sent = asked.model.bodies[-1]["messages"]
        assert sent[-2]["tool_calls"][0]["id"] == sent[-1]["tool_call_id"]

    def test_calls_of_two_answers_have_names_of_their_own(self, asked: World, caller: openai.OpenAI) -> None:
        """Both come back in one conversation; a program finds each call's result by its id."""
        asked.model.raw = calling
        ids = set()
        for _ in range(2):
            answer = caller.chat.completions.create(
                model=USE_CASE, messages=[{"role": "user", "content": PLANT}], tools=[TOOL]
            )
            ids |= {call.id for call in answer.choices[0].message.tool_calls or ()}
        assert len(ids) == 2

    def test_a_streamed_tools_call(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.streams_call = "find_slot"
        with caller.chat.completions.stream(
            model=USE_CASE, messages=[{"role": "user", "content": PLANT}], tools=[TOOL]
        ) as stream:
            message = stream.get_final_completion().choices[0].message
        assert message.tool_calls
        assert message.tool_calls[0].function.name == "find_slot"
        assert json.loads(message.tool_calls[0].function.arguments) == {"who": PLANT}

    def test_an_answer_of_a_form(self, asked: World, caller: openai.OpenAI) -> None:
        class Slot(BaseModel):
            who: str

        asked.model.says = lambda body: json.dumps({"who": body["messages"][-1]["content"]})
        answer = caller.chat.completions.parse(
            model=USE_CASE, messages=[{"role": "user", "content": PLANT}], response_format=Slot
        )
        assert answer.choices[0].message.parsed == Slot(who=PLANT)


class TestResponses:
    """The endpoint that newer programs ask."""

    def test_a_whole_answer(self, caller: openai.OpenAI) -> None:
        answer = caller.responses.create(model=USE_CASE, input=NOTE)
        assert answer.output_text == NOTE
        assert (answer.status, answer.model, answer.error) == ("completed", USE_CASE, None)
        (item,) = answer.output
        assert item.type == "message"
        (part,) = item.content
        assert part.type == "output_text"
        assert part.annotations == []

    def test_it_has_all_that_the_client_says_is_always_there(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.raw = responding
        answer = caller.responses.create(model=USE_CASE, input=PLANT, tools=[SAME_TOOL], tool_choice="required")
        lacking = [name for name, field in type(answer).model_fields.items() if field.is_required()]
        assert not [name for name in lacking if not hasattr(answer, name)]
        assert (answer.tool_choice, answer.parallel_tool_calls) == ("required", True)
        assert answer.usage is not None
        assert answer.usage.output_tokens_details.reasoning_tokens == 2
        # What a cache of prefixes holds tells what others have asked.
        assert answer.usage.input_tokens_details.cached_tokens == 0

    def test_a_streamed_one(self, caller: openai.OpenAI) -> None:
        events = list(caller.responses.create(model=USE_CASE, input=NOTE, stream=True))
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == NOTE
        assert [event.sequence_number for event in events] == list(range(len(events)))
        (added,) = [event.item.id for event in events if event.type == "response.output_item.added"]
        assert {event.item_id for event in events if event.type == "response.output_text.delta"} == {added}

    def test_the_clients_own_reader_of_streams(self, caller: openai.OpenAI) -> None:
        with caller.responses.stream(model=USE_CASE, input=NOTE) as stream:
            assert stream.get_final_response().output_text == NOTE

    def test_a_tools_call_and_the_turn_after_it(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.raw = responding
        talk: ResponseInputParam = [{"role": "user", "content": PLANT}]
        answer = caller.responses.create(model=USE_CASE, input=talk, tools=[SAME_TOOL])
        (call,) = answer.output
        assert call.type == "function_call"
        assert json.loads(call.arguments) == {"who": PLANT}
        talk += answer.output  # type: ignore[arg-type] # as the client's own guide does it
        talk.append({"type": "function_call_output", "call_id": call.call_id, "output": f"{PLANT}: Tuesday"})
        talk.append({"role": "user", "content": "When?"})
        asked.model.raw = None
        assert caller.responses.create(model=USE_CASE, input=talk, tools=[SAME_TOOL]).output_text == "When?"
        assert not leaked(asked)

    def test_a_streamed_tools_call(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.streams_call = "find_slot"
        with caller.responses.stream(model=USE_CASE, input=PLANT, tools=[SAME_TOOL]) as stream:
            (call,) = stream.get_final_response().output
        assert call.type == "function_call"
        assert json.loads(call.arguments) == {"who": PLANT}


class TestTheRest:
    """Embeddings and the list of what may be asked."""

    def test_embeddings(self, asked: World, caller: openai.OpenAI) -> None:
        answer = caller.embeddings.create(model=USE_CASE, input=[NOTE, "Well."])
        assert [row.embedding for row in answer.data] == [[0.5, -0.25]] * 2
        assert [row.index for row in answer.data] == [0, 1]
        assert {row.object for row in answer.data} == {"embedding"}
        assert answer.usage.total_tokens == 2
        assert not leaked(asked)

    def test_models(self, caller: openai.OpenAI) -> None:
        assert [model.id for model in caller.models.list()] == [USE_CASE]
        assert caller.models.retrieve(USE_CASE).id == USE_CASE

    def test_a_use_case_that_is_not_ones_own_is_not_there(self, caller: openai.OpenAI) -> None:
        with pytest.raises(openai.NotFoundError, match="not served to this caller"):
            caller.models.retrieve("somebody-elses")


class TestItsErrorsSayWhichGuardRefused:
    """A program tells by `code`, and a person by `message`; `request_id` is what the operator asks for."""

    def test_a_field_that_is_not_described(self, caller: openai.OpenAI) -> None:
        with pytest.raises(openai.BadRequestError) as told:
            caller.chat.completions.create(
                model=USE_CASE, messages=[{"role": "user", "content": "Hello"}], extra_body={"unheard_of": PLANT}
            )
        assert told.value.code == "schema.unknown-field"
        assert told.value.request_id
        assert PLANT not in str(told.value)

    def test_no_token(self, asked: World) -> None:
        with client(asked, token=NO_TOKEN) as other, pytest.raises(openai.AuthenticationError) as told:
            other.models.list()
        assert told.value.code == "envoy.401"

    def test_a_class_of_data_that_the_caller_may_not_send(self, asked: World) -> None:
        little = asked.issuer.token(f"use-case.{USE_CASE}.treatment")
        with client(asked, token=little) as other, pytest.raises(openai.PermissionDeniedError) as told:
            other.chat.completions.create(model=USE_CASE, messages=[{"role": "user", "content": NOTE}])
        assert told.value.code == "classify.caller"

    def test_a_use_case_that_is_not_served(self, caller: openai.OpenAI) -> None:
        with pytest.raises(openai.NotFoundError) as told:
            caller.chat.completions.create(model="other", messages=[{"role": "user", "content": "Hello"}])
        assert told.value.code == "authorise.use-case"

    def test_a_stream_of_chat_that_is_cut(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.dies_after = 8
        talk: list[ChatCompletionMessageParam] = [{"role": "user", "content": NOTE}]
        chunks = caller.chat.completions.create(model=USE_CASE, messages=talk, stream=True)
        with pytest.raises(openai.APIError) as told:
            list(chunks)
        assert told.value.code == "route.model-gone"

    def test_a_stream_of_a_response_that_is_cut(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.dies_after = 8
        events = caller.responses.create(model=USE_CASE, input=NOTE, stream=True)
        with pytest.raises(openai.APIError) as told:
            list(events)
        assert told.value.code == "route.model-gone"


class TestItAsksAgainWhenThatHelps:
    """The client waits as long as it is told, and does not repeat what stays refused."""

    def test_a_model_without_room(self, asked: World) -> None:
        asked.model.full = 1
        begun = time.monotonic()
        with client(asked, retries=1) as patient:
            answer = patient.chat.completions.create(model=USE_CASE, messages=[{"role": "user", "content": NOTE}])
        assert answer.choices[0].message.content == NOTE
        assert time.monotonic() - begun >= 1
        assert len(asked.model.seen) == 2

    def test_how_long_is_in_the_answer(self, asked: World, caller: openai.OpenAI) -> None:
        asked.model.full = 1
        with pytest.raises(openai.InternalServerError) as told:
            caller.chat.completions.create(model=USE_CASE, messages=[{"role": "user", "content": NOTE}])
        assert told.value.code == "route.model-busy"
        assert int(told.value.response.headers["retry-after"]) >= 1

    def test_an_answer_that_was_blocked_is_not_asked_for_again(self, asked: World) -> None:
        asked.model.raw = lambda _: {"choices": "none"}
        with client(asked, retries=2) as patient, pytest.raises(openai.InternalServerError) as told:
            patient.chat.completions.create(model=USE_CASE, messages=[{"role": "user", "content": NOTE}])
        assert told.value.code == "route.answer-malformed"
        assert len(asked.model.seen) == 1
