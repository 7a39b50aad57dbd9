"""Chat completions: platform.openai.com/docs/api-reference/chat, as vLLM serves them."""

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
    Number,
    Object,
    Reference,
    Tagged,
    Text,
)

# Pictures, sound and files are refused: nothing here tells whose face or voice is in them (164.514(b)(2)(i)(P), (Q)).
PARTS = Array(
    Tagged(
        "type",
        {
            "text": Object({"type": Choice(("text",)), "text": Text()}, required=("type", "text")),
            "refusal": Object({"type": Choice(("refusal",)), "refusal": Text()}, required=("type", "refusal")),
        },
    ),
    most=256,
    least=1,
)
CONTENT = Either(Text(), PARTS)
CALL = Object(
    {
        "id": Reference("call_"),
        "type": Choice(("function",)),
        "function": Object({"name": FUNCTION, "arguments": Text()}, required=("name", "arguments")),
        "index": Number(0, 256, whole=True),
    },
    required=("id", "function"),
)
NAME = Text(most=256)
MESSAGE = Tagged(
    "role",
    {
        "user": Object({"role": Choice(("user",)), "content": CONTENT, "name": NAME}, required=("role", "content")),
        "assistant": Object(
            {
                "role": Choice(("assistant",)),
                "content": CONTENT,
                "name": NAME,
                "refusal": Text(),
                "reasoning": Text(),
                "reasoning_content": Text(),
                "tool_calls": Array(CALL, most=128),
                "annotations": Dropped("Taken and dropped: positions in a text that has changed."),
                "audio": Dropped("Taken and dropped."),
                "function_call": Dropped("Taken and dropped: superseded by tool_calls."),
            },
            required=("role",),
        ),
        "tool": Object(
            {"role": Choice(("tool",)), "content": CONTENT, "tool_call_id": Reference("call_"), "name": NAME},
            required=("role", "content", "tool_call_id"),
        ),
        # Taken apart by the guard `template`: the approved template is the only one that instructs.
        "system": Object({"role": Choice(("system",)), "content": CONTENT, "name": NAME}, required=("role", "content")),
        "developer": Object(
            {"role": Choice(("developer",)), "content": CONTENT, "name": NAME}, required=("role", "content")
        ),
    },
)
TOOL = Object(
    {
        "type": Choice(("function",)),
        "function": Object(
            {"name": FUNCTION, "description": Text(most=8_000), "parameters": Free(), "strict": FLAG},
            required=("name",),
        ),
    },
    required=("type", "function"),
)
REQUEST = Object(
    {
        "model": USE_CASE,
        "messages": Array(MESSAGE, most=2_048, least=1),
        **SAMPLING,
        "max_tokens": MAX_TOKENS,
        "max_completion_tokens": MAX_TOKENS,
        "n": Number(1, 4, whole=True),
        "seed": Number(0, 65_535, whole=True),
        "presence_penalty": Number(-2, 2),
        "frequency_penalty": Number(-2, 2),
        "stop": Either(Text(most=256), Array(Text(most=256), most=4)),
        "stream_options": Object({"include_usage": FLAG, "include_obfuscation": Dropped("Taken and dropped.")}),
        "reasoning_effort": REASONING,
        "response_format": Tagged(
            "type",
            {
                "text": Object({"type": Choice(("text",))}),
                "json_object": Object({"type": Choice(("json_object",))}),
                "json_schema": Object(
                    {"type": Choice(("json_schema",)), "json_schema": SCHEMA}, required=("type", "json_schema")
                ),
            },
        ),
        "tools": Array(TOOL, most=128),
        "tool_choice": Either(
            Choice(("none", "auto", "required")),
            Object(
                {"type": Choice(("function",)), "function": Object({"name": FUNCTION}, required=("name",))},
                required=("type", "function"),
            ),
        ),
        # Pieces of tokens with their likelihoods: what the model nearly wrote can't be restored nor checked.
        "logprobs": Choice((False,)),
        "top_logprobs": Choice((0,)),
        **IGNORED,
    },
    required=("model", "messages"),
)

USAGE = Object({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT}, drop=True)
FINISH = Choice(("stop", "length", "tool_calls", "content_filter", "function_call", "abort"))
ANSWER_CALL = Object(
    {
        "id": Reference("call_"),
        "type": Choice(("function",)),
        "function": Object({"name": FUNCTION, "arguments": Text()}, drop=True),
    },
    drop=True,
)
ANSWER = Object(
    {
        "created": Number(0, 1e11, whole=True),
        "choices": Array(
            Object(
                {
                    "index": Number(0, 16, whole=True),
                    "message": Object(
                        {
                            "role": Choice(("assistant",)),
                            "content": Text(),
                            "refusal": Text(),
                            "reasoning": Text(),
                            "reasoning_content": Text(),
                            "tool_calls": Array(ANSWER_CALL, most=128),
                        },
                        drop=True,
                    ),
                    "finish_reason": FINISH,
                },
                required=("index", "message"),
                drop=True,
            ),
            most=16,
            least=1,
        ),
        "usage": USAGE,
    },
    required=("choices",),
    drop=True,
)

DELTA_CALL = Object(
    {
        "index": Number(0, 256, whole=True),
        "id": Reference("call_"),
        "type": Choice(("function",)),
        "function": Object({"name": FUNCTION, "arguments": Fragment()}, drop=True),
    },
    required=("index",),
    drop=True,
)
TEXTS = ("content", "refusal", "reasoning", "reasoning_content")
"""Fields of a delta that come in pieces."""
CHUNK = Object(
    {
        "created": Number(0, 1e11, whole=True),
        "choices": Array(
            Object(
                {
                    "index": Number(0, 16, whole=True),
                    "delta": Object(
                        {
                            "role": Choice(("assistant",)),
                            **{name: Fragment() for name in TEXTS},
                            "tool_calls": Array(DELTA_CALL, most=128),
                        },
                        drop=True,
                    ),
                    "finish_reason": FINISH,
                },
                required=("index",),
                drop=True,
            ),
            most=16,
        ),
        "usage": USAGE,
    },
    required=("choices",),
    drop=True,
)
"""One event of a streamed answer."""
