"""Embeddings: platform.openai.com/docs/api-reference/embeddings. Text alone: numbered tokens can't be read."""

from model_images.gateway.guard.endpoints.chat import USAGE
from model_images.gateway.guard.endpoints.parts import IGNORED, USE_CASE
from model_images.gateway.guard.spec import Array, Choice, Either, Label, Number, Object, Text

REQUEST = Object(
    {
        "model": USE_CASE,
        "input": Either(Text(), Array(Text(), most=2_048, least=1)),
        "encoding_format": Choice(("float", "base64")),
        "dimensions": Number(1, 16_384, whole=True),
        **IGNORED,
    },
    required=("model", "input"),
)
VECTOR = Either(
    Label(r"[A-Za-z0-9+/]{4,87384}={0,2}", "must be numbers in base64"), Array(Number(-1e6, 1e6), most=16_384)
)
ANSWER = Object(
    {
        "data": Array(
            Object(
                {"object": Choice(("embedding",)), "index": Number(0, 2_048, whole=True), "embedding": VECTOR},
                required=("index", "embedding"),
                drop=True,
            ),
            most=2_048,
            least=1,
        ),
        "usage": USAGE,
    },
    required=("data",),
    drop=True,
)
