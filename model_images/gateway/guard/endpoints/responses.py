"""Responses: platform.openai.com/docs/api-reference/responses, as vLLM serves them, without state in the server."""

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

USAGE = Object({"input_tokens": COUNT, "output_tokens": COUNT, "total_tokens": COUNT}, drop=True)
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
                            "output_text": Object({"type": Choice(("output_text",)), "text": Text()}, drop=True),
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
