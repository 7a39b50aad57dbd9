"""What became of an answer: whether a person took the draft or corrected it. docs/runbooks/canary.md weighs it."""

from model_images.gateway.guard.endpoints.parts import USE_CASE
from model_images.gateway.guard.spec import Choice, Label, Object

ANSWER_ID = r"(?:chatcmpl-|resp_)[0-9a-f]{40,96}-(?:stable|candidate|external)"
REQUEST = Object(
    {
        "model": USE_CASE,
        "id": Label(ANSWER_ID, "must be the id of an answer of this gateway"),
        "verdict": Choice(("accepted", "corrected")),
    },
    required=("model", "id", "verdict"),
)
ANSWER = Object({"object": Choice(("feedback",))}, required=("object",))
