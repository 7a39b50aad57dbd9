"""What a caller may ask: platform.openai.com/docs/api-reference/models/list. A model is a use case."""

from model_images.gateway.guard.endpoints.parts import USE_CASE
from model_images.gateway.guard.spec import Array, Choice, Number, Object

ONE = Object(
    {
        "id": USE_CASE,
        "object": Choice(("model",)),
        "created": Number(0, 0, whole=True),
        "owned_by": Choice(("bailiwick",)),
    },
    required=("id", "object"),
)
ANSWER = Object(
    {"object": Choice(("list",)), "data": Array(ONE, most=1_000)},
    required=("object", "data"),
)
