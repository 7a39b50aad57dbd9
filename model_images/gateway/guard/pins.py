"""What a use case is pinned to: model, template, classes of data. Read from the prompt store, as the plan wrote it.

The form is that of `components/prompt_store.py`. A text that hasn't its pinned SHA-256 is used by nobody.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import DataClass

GUARD = "template"


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """One section: its keys and no other."""


class Model(_Section, frozen=True):
    """The model, to the byte."""

    name: str
    revision: str
    sha256: str


class Prompt(_Section, frozen=True):
    """The template, to the byte; `path` is where its text lies."""

    name: str
    version: str
    sha256: str
    path: str


class Pin(_Section, frozen=True):
    """What requests of one use case are held to."""

    model: Model
    prompt: Prompt
    data_classes: tuple[DataClass, ...]
    external_allowed: bool
    first_token_milliseconds: int
    accuracy_floor: float


class Unavailable(Exception):
    """The store can't be read; the message holds names of keys and hosts alone."""


class Store(Protocol):
    """Where pins and texts come from."""

    async def pin(self, key: str) -> bytes:
        """The value under `use-case:<name>`. Raises Unavailable."""

    async def text(self, path: str) -> bytes:
        """The template's text. Raises Unavailable."""


class Weights(Protocol):
    """Where the weights of candidates come from."""

    async def value(self, store: str, key: str) -> bytes:
        """The value under a key of a store. Raises Unavailable."""


class Mounted:
    """A directory: `<use case>.json` beside the texts, as an edge site has it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def pin(self, key: str) -> bytes:
        """The file of that use case."""
        return self._read(f"{key.removeprefix('use-case:')}.json")

    async def text(self, path: str) -> bytes:
        """The file at that path."""
        return self._read(path)

    async def value(self, _store: str, key: str) -> bytes:
        """A candidate's weight: `routing:<use case>` is the file `routing-<use case>.json`."""
        return self._read(f"{key.replace(':', '-')}.json")

    def _read(self, name: str) -> bytes:
        found = (self._directory / name).resolve()
        try:
            if not found.is_relative_to(self._directory.resolve()):
                raise Unavailable(f"{name}: outside the prompt store")
            return found.read_bytes()
        except OSError as error:
            raise Unavailable(f"{name}: {error.strerror}") from None


class Pins:
    """The pins and texts in force. What can't be read, or isn't what was pinned, is in force for nobody."""

    def __init__(self, store: Store, keys: Mapping[str, str]) -> None:
        """`keys`: by the name that a route has here, the store's own key."""
        self._store, self._keys = store, dict(keys)
        self._held: dict[str, tuple[Pin, str]] = {}

    async def refresh(self) -> dict[str, str]:
        """Read all of them anew; what went wrong, by name."""
        wrong: dict[str, str] = {}
        read: dict[str, tuple[Pin, str]] = {}
        for name, key in self._keys.items():
            try:
                pin = msgspec.json.decode(await self._store.pin(key), type=Pin)
                held = self._held.get(name)
                same = held is not None and held[0].prompt == pin.prompt
                text = held[1] if held is not None and same else await self._text(pin.prompt)
            except (Unavailable, msgspec.MsgspecError, UnicodeDecodeError) as error:
                wrong[name] = str(error)
            else:
                read[name] = (pin, text)
        # All at once: who names what is in force must not meet half of it.
        self._held = read
        return wrong

    async def _text(self, prompt: Prompt) -> str:
        raw = await self._store.text(prompt.path)
        if hashlib.sha256(raw).hexdigest() != prompt.sha256:
            raise Unavailable(f"{prompt.path}: has not the SHA-256 that is pinned")
        return raw.decode()

    def of(self, name: str) -> tuple[Pin, str]:
        """Pin and template. Raises Refused."""
        held = self._held.get(name)
        if held is None:
            raise Refused(
                GUARD, "not-pinned", "The prompt store holds no approved template for this use case.", status=503
            )
        return held

    @property
    def names(self) -> list[str]:
        """Names that something is in force for."""
        return sorted(self._held)

    @property
    def missing(self) -> list[str]:
        """Names that nothing is in force for."""
        return sorted(set(self._keys) - set(self._held))
