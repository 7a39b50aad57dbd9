"""What sections of a stack file are made of: their form, their dials, and the forms of what is written there.

A dial's description is printed in `docs/reference/config.md`; `consequence` is what a fault's message tells.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

IMAGE_BY_DIGEST = re.compile(r"^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$")


class Section(BaseModel):
    """Frozen, strict about keys, camelCase in the file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, coerce_numbers_to_str=True
    )


def dial(description: str, consequence: str, **constraints: Any) -> Any:  # noqa: ANN401 pydantic's Field is typed so
    """A field with the text that documentation and fault messages share."""
    return Field(description=description, json_schema_extra={"consequence": consequence}, **constraints)


def _pinned(image: str) -> str:
    if not IMAGE_BY_DIGEST.match(image):
        raise ValueError("an image is registry/repository@sha256:<64 hex digits>; a tag can be moved")
    return image


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("a day is written as 2026-12-31") from error


Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", to_lower=True)]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
Origin = Annotated[
    str,
    StringConstraints(
        pattern=r"^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9][0-9]{1,4})?$"
    ),
]
"""As a browser sends it: scheme, host, a port other than 443; no path (rfc-editor.org/rfc/rfc6454, section 6.2)."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
PinnedImage = Annotated[str, AfterValidator(_pinned)]
Parser = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
"""As model_images/vllm/settings.py reads it."""
Day = Annotated[str, AfterValidator(_day)]
VmSize = Annotated[str, StringConstraints(pattern=r"^Standard_[A-Za-z0-9_]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
StackName = Annotated[str, StringConstraints(pattern=r"^[a-z]+-(prod|dev)(-b)?$")]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$")]
