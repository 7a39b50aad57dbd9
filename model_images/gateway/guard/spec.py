"""A closed description of bodies: what it does not name does not pass. It checks, finds every text, and documents.

One description serves three ends, so that they can't disagree: the guard `schema` checks with it, the guards after it
get every place that carries text from the same pass, and the OpenAPI document is drawn from it.
"""

import copy
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from model_images.gateway.guard import grammar
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.slots import Form, Slot, Walk

GUARD = "schema"
MAX_TEXT = 400_000
"""Characters in one text; the body's bytes are bounded before that."""


def refuse(what: str, path: str, words: str) -> Refused:
    """A refusal that names the field's path and what is allowed; never what was sent."""
    return Refused(GUARD, what, f"{path or 'body'}: {words}", status=400)


class Node(Protocol):
    """One description. `check` returns what is passed on, and puts every text into the walk."""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """Raises Refused where the value is not as described."""

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""


@dataclass(frozen=True)
class Text:
    """A string that somebody wrote. JSON inside it is decoded, so that escapes hide nothing."""

    form: Form = Form.TEXT
    most: int = MAX_TEXT
    about: str = ""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """One slot, or those of the JSON in it."""
        if not isinstance(value, str):
            raise refuse("type", path, "must be a string")
        if len(value) > self.most:
            raise refuse("too-long", path, f"at most {self.most} characters")
        if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value) if not value.isascii() else False:
            raise refuse("unicode", path, "holds a surrogate, which is no character")
        try:
            if value.lstrip()[:1] in ("{", "[") and walk.encoded(value, path, holder, key):
                return value
        except ValueError:
            raise refuse("too-deep", path, "JSON inside the string is nested too deep") from None
        walk.slots.append(Slot(holder, key, path, self.form, value))
        return value

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "string", "maxLength": self.most, **({"description": self.about} if self.about else {})}


@dataclass(frozen=True)
class Fragment:
    """A piece of a text that comes in pieces: read as it is, for JSON in it may begin in one and end in another."""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """One slot."""
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise refuse("type", path, "must be a string")
        walk.slots.append(Slot(holder, key, path, Form.TEXT, value))
        return value

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "string"}


@dataclass(frozen=True)
class Label:
    """A string of a closed alphabet, in which nothing can be written; `pattern` is matched whole."""

    pattern: str
    words: str

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """The value as it is."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise refuse("value", path, self.words)
        return value

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True)
class Reference:
    """An id that refers to another part of the body: numbered anew, for one that is chosen could say anything."""

    prefix: str

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """The same new id for the same id, wherever it stands: its first place names its kind."""
        if not isinstance(value, str) or not 0 < len(value) <= 256:
            raise refuse("value", path, "must be a string of 1 to 256 characters")
        made = walk.references
        return made.setdefault(value, f"{self.prefix}{walk.owner}{len(made) + 1:04d}")

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "string", "maxLength": 256}


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    allowed: Sequence[str | int | bool | None]

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """The value as it is."""
        if not any(type(value) is type(one) and value == one for one in self.allowed):
            words = ", ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in self.allowed)
            raise refuse("value", path, f"must be one of: {words}")
        return value

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"enum": list(self.allowed)}


@dataclass(frozen=True)
class Number:
    """A number within bounds, so that none is long enough to be somebody's."""

    least: float
    most: float
    whole: bool = False

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """The value, rounded to four places."""
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not good or not self.least <= value <= self.most or (self.whole and value != int(value)):
            kind = "a whole number" if self.whole else "a number"
            raise refuse("value", path, f"must be {kind} from {self.least:g} to {self.most:g}")
        return int(value) if self.whole else round(value, 4)

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "integer" if self.whole else "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Array:
    """A list of one kind."""

    item: Node
    most: int
    least: int = 0

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """A new list."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise refuse("type", path, f"must be a list of {self.least} to {self.most}")
        made: list[Any] = list(value)
        for index, one in enumerate(value):
            made[index] = self.item.check(one, f"{path}[{index}]", walk, made, index)
        return made

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "array", "items": self.item.document(), "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True)
class Object:
    """Named fields and no other. Of an answer, what is not named is left out (`drop`)."""

    fields: Mapping[str, Node]
    required: Sequence[str] = ()
    drop: bool = False
    about: str = ""
    adds: Mapping[str, Any] = field(default_factory=dict)
    """Said in place of whatever the model's server says there: clients count on the field."""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """A new object with the fields that are known."""
        if not isinstance(value, dict):
            raise refuse("type", path, "must be an object")
        if not self.drop and any(name not in self.fields for name in value):
            raise refuse("unknown-field", path, f"has a field that is not taken; taken are {', '.join(self.fields)}")
        missing = [name for name in self.required if value.get(name) is None]
        if missing:
            raise refuse("missing-field", path, f"needs {', '.join(missing)}")
        made: dict[str, Any] = {}
        for name, node in self.fields.items():
            # Null is said for "not there" by clients; nothing reads it otherwise.
            if value.get(name) is None:
                continue
            made[name] = value[name]
            made[name] = node.check(value[name], f"{path}.{name}" if path else name, walk, made, name)
        for name in [name for name in made if isinstance(self.fields[name], Dropped)]:
            del made[name]
        # In place: slots refer to it.
        made.update(copy.deepcopy(dict(self.adds)))
        return made

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        told = {name: {"const": value} for name, value in self.adds.items()}
        return {
            "type": "object",
            "properties": {name: node.document() for name, node in self.fields.items()} | told,
            "additionalProperties": False,
            **({"required": list(self.required)} if self.required else {}),
            **({"description": self.about} if self.about else {}),
        }


@dataclass(frozen=True)
class Tagged:
    """An object whose field `tag` says which of several it is."""

    tag: str
    of: Mapping[str, Object]
    otherwise: str = ""
    """The kind of one without a tag."""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """As the object of its kind."""
        kind = value.get(self.tag, self.otherwise) if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in self.of:
            at = f"{path}.{self.tag}"
            raise refuse("unknown-kind", at, f"must be one of: {', '.join(self.of)}")
        return self.of[kind].check(value, path, walk, holder, key)

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"oneOf": [one.document() for one in self.of.values()]}


@dataclass(frozen=True)
class Either:
    """A string, or something else: told apart by JSON's own types."""

    text: Node
    other: Node

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """As the one that it is."""
        return (self.text if isinstance(value, str) else self.other).check(value, path, walk, holder, key)

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"oneOf": [self.text.document(), self.other.document()]}


@dataclass(frozen=True)
class Free:
    """JSON of any shape, as schemas of tools are: each key, string and number is a place that carries text."""

    most: int = 100_000
    """Characters of it, encoded."""

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """A new value of the same shape."""
        if not isinstance(value, dict):
            raise refuse("type", path, "must be an object")
        before = len(walk.slots)
        try:
            made = walk.free(value, path, holder, key)
        except ValueError:
            raise refuse("too-deep", path, "is nested too deep, or holds what is no number") from None
        if sum(len(slot.text) for slot in walk.slots[before:]) > self.most:
            raise refuse("too-long", path, f"at most {self.most} characters")
        try:
            walk.compiling += grammar.cost(value, walk.lengths)
        except grammar.TooCostly as costly:
            raise refuse("value", path, str(costly)) from None
        if walk.compiling > grammar.MOST:
            raise refuse("value", path, grammar.TOO_MUCH)
        return made

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"type": "object", "additionalProperties": True}


@dataclass(frozen=True)
class Dropped:
    """Taken from clients that send it, and never passed on."""

    about: str

    def check(self, value: Any, path: str, walk: Walk, holder: Any, key: str | int) -> Any:
        """Whatever it is: it goes no further."""
        return None

    def document(self) -> dict[str, Any]:
        """JSON Schema of it."""
        return {"description": self.about}
