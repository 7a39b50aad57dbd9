"""The field `bailiwick` of a request: what a caller may say beside OpenAI's own fields. Unknown keys are refused."""

from typing import Annotated, Any, Literal

import msgspec

from model_images.gateway.guard.settings import DataClass

Purpose = Literal["treatment", "payment", "operations"]
"""45 CFR 164.501; as in config/callers.py."""


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that the caller has looked up: data, and never an instruction."""

    text: Annotated[str, msgspec.Meta(max_length=100_000)]
    source: Annotated[str, msgspec.Meta(max_length=256)] = ""


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it may be left out."""

    data_class: DataClass | None = None
    """What the caller says that the request holds; detection may raise it, and never lowers it."""
    purpose: Purpose | None = None
    """Which of the purposes in the token this is for; needed where the token has several."""
    conversation: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}$")] | None = None
    """The caller's own random id of a conversation: tokens stay the same within it."""
    record: dict[str, Any] = {}
    """The structured record of whom the text is about: every form of it is stripped. It is passed to nobody."""
    passages: Annotated[tuple[Passage, ...], msgspec.Meta(max_length=64)] = ()
    route: Literal["internal", "external"] = "internal"
