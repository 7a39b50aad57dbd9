"""Responses: platform.openai.com/docs/api-reference/responses, as vLLM serves them, without state in the server."""

from collections.abc import Mapping
from typing import Any

from model_images.gateway.guard.endpoints.parts import (
    COUNT,
    FLAG,
    FUNCTION,
    IGNORED,
    MAX_TOKENS,
    REASONING,
    SAMPLING,
    SCHEMA,
    USE_CASE,
)
from model_images.gateway.guard.spec import (
    Array,
    Choice,
    Dropped,
    Either,
    Fragment,
    Free,
    Node,
    Number,
    Object,
    Reference,
    Tagged,
    Text,
)

STATUS = Choice(("in_progress", "completed", "incomplete", "failed"))
ID = Dropped("Taken and dropped: nothing is kept under it.")


def _part(kind: str, field: str = "text") -> Object:
    fields: dict[str, Node] = {"type": Choice((kind,)), field: Text()}
    if kind == "output_text":
        fields |= {"annotations": Dropped("Taken and dropped."), "logprobs": Dropped("Taken and dropped.")}
    return Object(fields, required=("type", field))


CONTENT = Either(
    Text(),
    Array(
        Tagged(
            "type",
            {
                "input_text": _part("input_text"),
                "output_text": _part("output_text"),
                "refusal": _part("refusal", "refusal"),
            },
        ),
        most=256,
        least=1,
    ),
)
MESSAGE = Object(
    {
        "type": Choice(("message",)),
        "role": Choice(("user", "assistant", "system", "developer")),
        "content": CONTENT,
        "id": ID,
        "status": STATUS,
    },
    required=("role", "content"),
)
ITEM = Tagged(
    "type",
    {
        "message": MESSAGE,
        "function_call": Object(
            {
                "type": Choice(("function_call",)),
                "call_id": Reference("call_"),
                "name": FUNCTION,
                "arguments": Text(),
                "id": ID,
                "status": STATUS,
            },
            required=("call_id", "name", "arguments"),
        ),
        "function_call_output": Object(
            {
                "type": Choice(("function_call_output",)),
                "call_id": Reference("call_"),
                "output": Either(Text(), Array(Tagged("type", {"input_text": _part("input_text")}), most=64)),
                "id": ID,
                "status": STATUS,
            },
            required=("call_id", "output"),
        ),
        "reasoning": Object(
            {
                "type": Choice(("reasoning",)),
                "summary": Array(Tagged("type", {"summary_text": _part("summary_text")}), most=64),
                "content": Array(Tagged("type", {"reasoning_text": _part("reasoning_text")}), most=64),
                "encrypted_content": Dropped("Taken and dropped: it can't be read."),
                "id": ID,
                "status": STATUS,
            },
            required=("summary",),
        ),
    },
    otherwise="message",
)
TOOL = Object(
    {
        "type": Choice(("function",)),
        "name": FUNCTION,
        "description": Text(most=8_000),
        "parameters": Free(),
        "strict": FLAG,
    },
    required=("type", "name"),
)
REQUEST = Object(
    {
        "model": USE_CASE,
        "input": Either(Text(), Array(ITEM, most=2_048, least=1)),
        # Taken apart by the guard `template`.
        "instructions": Text(),
        **SAMPLING,
        "max_output_tokens": MAX_TOKENS,
        "reasoning": Object({"effort": REASONING, "summary": Choice(("auto", "concise", "detailed"))}),
        "text": Object(
            {
                "format": Tagged(
                    "type",
                    {
                        "text": Object({"type": Choice(("text",))}),
                        "json_object": Object({"type": Choice(("json_object",))}),
                        "json_schema": Object(
                            {"type": Choice(("json_schema",)), **SCHEMA.fields}, required=("type", "name", "schema")
                        ),
                    },
                ),
                "verbosity": Choice(("low", "medium", "high")),
            }
        ),
        "tools": Array(TOOL, most=128),
        "tool_choice": Either(
            Choice(("none", "auto", "required")),
            Object({"type": Choice(("function",)), "name": FUNCTION}, required=("type", "name")),
        ),
        "truncation": Choice(("disabled",)),
        "top_logprobs": Choice((0,)),
        "background": Choice((False,)),
        **IGNORED,
    },
    required=("model", "input"),
)

# Clients read both details without a look. What a cache of prefixes holds tells what others have asked: nought.
USAGE = Object(
    {
        "input_tokens": COUNT,
        "output_tokens": COUNT,
        "output_tokens_details": Object({"reasoning_tokens": COUNT}, drop=True),
        "total_tokens": COUNT,
    },
    drop=True,
    adds={"input_tokens_details": {"cached_tokens": 0}},
)
# Positions in a text that has changed, and likelihoods of what was nearly said, are left out: clients count on a list.
OUTPUT_TEXT = Object(
    {"type": Choice(("output_text",)), "text": Text()}, drop=True, adds={"annotations": [], "logprobs": []}
)
OUTPUT = Tagged(
    "type",
    {
        "message": Object(
            {
                "type": Choice(("message",)),
                "id": Reference("msg_"),
                "role": Choice(("assistant",)),
                "status": STATUS,
                "content": Array(
                    Tagged(
                        "type",
                        {
                            "output_text": OUTPUT_TEXT,
                            "refusal": Object({"type": Choice(("refusal",)), "refusal": Text()}, drop=True),
                        },
                    ),
                    most=256,
                ),
            },
            drop=True,
        ),
        "function_call": Object(
            {
                "type": Choice(("function_call",)),
                "id": Reference("fc_"),
                "call_id": Reference("call_"),
                "name": FUNCTION,
                "arguments": Text(),
                "status": STATUS,
            },
            drop=True,
        ),
        "reasoning": Object(
            {
                "type": Choice(("reasoning",)),
                "id": Reference("rs_"),
                "status": STATUS,
                "summary": Array(Object({"type": Choice(("summary_text",)), "text": Text()}, drop=True), most=64),
                "content": Array(Object({"type": Choice(("reasoning_text",)), "text": Text()}, drop=True), most=64),
            },
            drop=True,
        ),
    },
)
ANSWER = Object(
    {
        "created_at": Number(0, 1e11),
        "status": STATUS,
        "incomplete_details": Object({"reason": Choice(("max_output_tokens", "content_filter"))}, drop=True),
        "output": Array(OUTPUT, most=256),
        "usage": USAGE,
    },
    required=("output",),
    drop=True,
)

PART = Tagged(
    "type",
    {
        "output_text": OUTPUT_TEXT,
        "refusal": Object({"type": Choice(("refusal",)), "refusal": Text()}, drop=True),
        "reasoning_text": Object({"type": Choice(("reasoning_text",)), "text": Text()}, drop=True),
        "summary_text": Object({"type": Choice(("summary_text",)), "text": Text()}, drop=True),
    },
)
INDEX = Number(0, 4_096, whole=True)
_PLACE: dict[str, Node] = {
    "item_id": Reference("item_"),
    "output_index": INDEX,
    "content_index": INDEX,
    "summary_index": INDEX,
}


def _event(kind: str, **fields: Node) -> Object:
    return Object({"type": Choice((kind,)), **fields}, required=("type", *fields), drop=True)


def _piece(kind: str, **fields: Node) -> Object:
    adds: dict[str, Any] = {"logprobs": []} if kind.startswith("response.output_text.") else {}
    return Object({"type": Choice((kind,)), **_PLACE, **fields}, required=("type", *fields), drop=True, adds=adds)


STREAMED = {
    # By the event that brings a piece: the event that ends it, and the field in which that one has the whole.
    "response.output_text.delta": ("response.output_text.done", "text"),
    "response.refusal.delta": ("response.refusal.done", "refusal"),
    "response.function_call_arguments.delta": ("response.function_call_arguments.done", "arguments"),
    "response.reasoning_text.delta": ("response.reasoning_text.done", "text"),
    "response.reasoning_summary_text.delta": ("response.reasoning_summary_text.done", "text"),
}
PARTS_BEGIN_AND_END = ("content_part", "reasoning_part", "reasoning_summary_part")
EVENTS = {
    **{
        f"response.{name}": _event(f"response.{name}", response=ANSWER)
        for name in ("created", "in_progress", "completed", "incomplete")
    },
    **{
        f"response.output_item.{name}": _event(f"response.output_item.{name}", output_index=INDEX, item=OUTPUT)
        for name in ("added", "done")
    },
    **{
        f"response.{part}.{name}": _piece(f"response.{part}.{name}", part=PART)
        for part in PARTS_BEGIN_AND_END
        for name in ("added", "done")
    },
    **{name: _piece(name, delta=Fragment()) for name in STREAMED},
    **{done: _piece(done, **{field: Text()}) for done, field in STREAMED.values()},
}
"""Events of a streamed answer, by type; one that is not here is not passed on."""


def head(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a response says of its request, as clients expect it. Tools are not sent back: who asked has them."""
    choice = body.get("tool_choice", "auto")
    return {
        "object": "response",
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "tool_choice": choice if isinstance(choice, str) else {"type": "function", "name": choice.get("name", "")},
        "tools": [],
    }
