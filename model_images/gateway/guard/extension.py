"""The field `bailiwick` of a request: what a caller may say beside OpenAI's own fields. Unknown keys are refused."""

from typing import Annotated, Any, Literal

import msgspec

from model_images.gateway.guard.settings import DataClass

Purpose = Literal["treatment", "payment", "operations"]
"""45 CFR 164.501; as in config/callers.py."""


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that the caller has looked up: data, and never an instruction."""

    text: Annotated[str, msgspec.Meta(max_length=100_000, description="It is read as data, whatever it says.")]
    source: Annotated[str, msgspec.Meta(max_length=256, description="Where it comes from; shown to the model.")] = ""


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it may be left out."""

    data_class: Annotated[
        DataClass | None,
        msgspec.Meta(description="What the request holds; detection may raise it, and never lowers it."),
    ] = None
    purpose: Annotated[
        Purpose | None,
        msgspec.Meta(description="Which of the token's purposes this is for; needed where it has several."),
    ] = None
    conversation: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}$")] | None,
        msgspec.Meta(description="A random id of the caller's own: stand-ins stay the same within it."),
    ] = None
    record: Annotated[
        dict[str, Any],
        msgspec.Meta(description="Whom the text is about: every form of it is stripped. It is passed to nobody."),
    ] = {}
    passages: Annotated[
        tuple[Passage, ...],
        msgspec.Meta(max_length=64, description="Texts that the caller has looked up for the model to read."),
    ] = ()
    route: Annotated[
        Literal["internal", "external"],
        msgspec.Meta(description="Outside is for what is nobody's data, and where law and use case allow it."),
    ] = "internal"
