"""Where a request or an answer carries text: each place once, to be read, and to be written back."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MAX_DEPTH = 32
"""Levels of nesting in JSON of free shape; a deeper one is a trick."""


class Form(Enum):
    """What may be done with a text that holds an identifier."""

    TEXT = "text"
    """It is replaced."""
    FIXED = "fixed"
    """It can't be replaced without breaking what refers to it (names of tools, keys): the request is refused."""


@dataclass(slots=True)
class Slot:
    """One place that carries text."""

    holder: Any
    key: str | int
    path: str
    """Names of fields and positions: nothing that the caller chose is in it."""
    form: Form
    text: str
    hint: str = ""
    """The key that stands before it in free JSON (`mrn`), read as context with it."""
    number: bool = False
    sent: str | None = None
    """As it came, once it was written; None where nothing was put in its place."""

    def write(self, text: str) -> None:
        """Put `text` in its place. A number that did not change stays one."""
        if text == self.text:
            return
        if self.sent is None:
            self.sent = self.text
        self.text = text
        if self.is_key:
            items = [(text if name == self.key else name, value) for name, value in self.holder.items()]
            self.holder.clear()
            self.holder.update(items)
        else:
            self.holder[self.key] = text

    @property
    def is_key(self) -> bool:
        """A key of an object: written after everything below it, which is found by the old one."""
        return self.path.endswith(".<key>")


@dataclass(slots=True)
class Walk:
    """What one pass over a body has met."""

    slots: list[Slot] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    """Ids of one side's, and those that stand for them."""
    owner: str = ""
    """Goes into these: ids of two answers that meet in one conversation differ by it."""
    compiling: float = 0.0
    """Milliseconds that its schemas take to compile: `grammar`."""
    lengths: set[tuple[int, int]] = field(default_factory=set)
    """Bounds of texts in them: `grammar`."""
    finishers: list[Callable[[], None]] = field(default_factory=list)
    """Run last to first once all slots are written: JSON inside a string is encoded again."""

    def finish(self) -> None:
        """Write back what was decoded."""
        for finisher in reversed(self.finishers):
            finisher()
        self.finishers.clear()

    def free(self, value: Any, path: str, holder: Any, key: str | int, hint: str = "", depth: int = 0) -> Any:
        """JSON of free shape: every key, string and number may carry an identifier. Raises ValueError if too deep."""
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        if isinstance(value, dict):
            made: dict[str, Any] = {}
            for name, item in value.items():
                self.slots.append(Slot(made, name, f"{path}.<key>", Form.FIXED, name))
                made[name] = item
                made[name] = self.free(item, f"{path}.*", made, name, name, depth + 1)
            return made
        if isinstance(value, list):
            row: list[Any] = list(value)
            for index, item in enumerate(value):
                row[index] = self.free(item, f"{path}[]", row, index, hint, depth + 1)
            return row
        if isinstance(value, str):
            self.slots.append(Slot(holder, key, path, Form.TEXT, value, hint))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError("not a number of JSON")
            self.slots.append(Slot(holder, key, path, Form.TEXT, repr(value), hint, number=True))
        return value

    def encoded(self, value: str, path: str, holder: Any, key: str | int, hint: str = "") -> bool:
        """JSON written as a string: decoded, so that no escape hides a letter. False where it isn't JSON."""
        box: dict[str, Any] = {}
        try:
            decoded = json.loads(value)
        except (ValueError, RecursionError):
            return False
        if not isinstance(decoded, (dict, list)):
            return False
        before = len(self.slots)
        box["root"] = self.free(decoded, path, box, "root", hint)
        texts = [slot.text for slot in self.slots[before:]]

        def encode() -> None:
            if [slot.text for slot in self.slots[before : before + len(texts)]] != texts:
                holder[key] = json.dumps(box["root"], ensure_ascii=False)

        self.finishers.append(encode)
        return True
