"""What endpoints share: names, tools, sampling, counts."""

from collections.abc import Mapping

from model_images.gateway.guard.slots import Form
from model_images.gateway.guard.spec import Choice, Dropped, Free, Label, Node, Number, Object, Text

USE_CASE = Label(r"[a-z][a-z0-9-]{0,40}", "must be the name of a use case, as GET /v1/models lists them")
FUNCTION = Text(form=Form.FIXED, most=64, about="A name the caller chose; an identifier in it is refused.")
ROLE = Label(r"[a-z]{1,16}", "must be a role")
MAX_TOKENS = Number(1, 131_072, whole=True)
FLAG = Choice((True, False))
IGNORED: Mapping[str, Node] = {
    # Fields that clients send of themselves, and that name people or sessions to a provider.
    "user": Dropped("Taken and dropped: who asks is in the token."),
    "safety_identifier": Dropped("Taken and dropped: who asks is in the token."),
    "metadata": Dropped("Taken and dropped: nothing of it reaches a model."),
    "cache_salt": Dropped("Taken and dropped: the gateway sets it, by tenant."),
    "prompt_cache_key": Dropped("Taken and dropped: the gateway salts caches, by tenant."),
    "service_tier": Dropped("Taken and dropped."),
}
SAMPLING: Mapping[str, Node] = {
    "temperature": Number(0, 2),
    "top_p": Number(0, 1),
    "parallel_tool_calls": FLAG,
    "stream": FLAG,
    # Nothing is kept for the caller in the model's server.
    "store": Choice((False,)),
}
REASONING = Choice(("none", "minimal", "low", "medium", "high"))
SCHEMA = Object(
    {
        "name": FUNCTION,
        "description": Text(most=4_000),
        "schema": Free(),
        "strict": FLAG,
    },
    required=("name", "schema"),
)
COUNT = Number(0, 1e9, whole=True)
