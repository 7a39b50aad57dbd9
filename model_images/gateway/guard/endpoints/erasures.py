"""Erasure on request (GDPR Art. 17): a patient's tokens, or a conversation's, leave the vault.

The answer tells how many went. To a caller that may erase this says little that it may not know: it is an application
of the provider whose patient it is. None is its only sign that it wrote the patient otherwise than the records do, and
an erasure that silently met nobody would be taken for done. Whose and what they were is not told, and who tries ids to
learn who was here destroys what it finds, counts for the breaker as for a reader of records, and is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_images.gateway.guard.endpoints.parts import COUNT, USE_CASE
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spec import Choice, Label, Object, Text, refuse

LONGEST = 400
"""Characters of a patient's id: as many as a string of a record has (detectors/record_form.py)."""


@dataclass(frozen=True)
class OneOf(Object):
    """An object that has one of these fields, and one only."""

    one_of: Sequence[str] = ()

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:  # noqa: ANN401 JSON of any shape
        """As of any object. Raises Refused where none is there, or several."""
        made = super().check(value, path, walk, holder, key)
        there = sum(name in made for name in self.one_of)
        if there == 0:
            raise refuse("missing-field", path, f"needs one of {', '.join(self.one_of)}")
        if there > 1:
            raise refuse("value", path, f"must have one of {', '.join(self.one_of)}, and one only")
        return made

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {**super().document(), "oneOf": [{"required": [name]} for name in self.one_of]}


REQUEST = OneOf(
    {
        "model": USE_CASE,
        "patient": Text(
            most=LONGEST,
            about="As the records that were sent name them: `id`, else the first of `identifier` or `ids`. What was "
            "minted for them goes in every use case of the tenant.",
        ),
        "conversation": Label(r"[A-Za-z0-9_-]{16,64}", "must be the id of a conversation, as it was sent"),
    },
    required=("model",),
    about="Either a patient or a conversation; a conversation is one of the use case that `model` names.",
    one_of=("patient", "conversation"),
)
ANSWER = Object({"object": Choice(("erasure",)), "erased": COUNT}, required=("object", "erased"))
