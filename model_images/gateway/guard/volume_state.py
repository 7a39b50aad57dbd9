"""What the breaker knows, on disk: which stand open, and the hours it has learnt. It survives the gateway."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from model_images.gateway.guard.volume_window import Measure, Window

FORMAT = "bailiwick-volume/1"
FILE = "volume.json"
ANYBODY = "*"
"""In a caller's place: the tenant as a whole."""


class BadState(Exception):
    """What was kept can't be read: nobody knows which breakers stand open, so the gateway does not start."""


@dataclass(frozen=True)
class Opening:
    """A breaker that stands open: whose, since when, and what it saw."""

    id: str
    """Drawn anew each time: an order to close it can't be used again."""
    tenant: str
    caller: str
    at: float
    measure: Measure
    limit: str
    """`ceiling` or `baseline`."""
    seen: int
    allowed: int


@dataclass
class State:
    """All of it. Keys of the maps are `tenant/caller`."""

    format: str = FORMAT
    open: dict[str, Opening] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)


def key(tenant: str, caller: str) -> str:
    """In the maps."""
    return f"{tenant}/{caller}"


def read(folder: Path) -> State:
    """What was kept; nothing where there is no file yet. Raises BadState."""
    path = folder / FILE
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.MsgspecError, ValueError):
        raise BadState(f"{path} can't be read") from None
    if state.format != FORMAT:
        raise BadState(f"{path} is not of format {FORMAT}")
    return state


def encoded(state: State) -> bytes:
    """As `read` reads it."""
    return msgspec.json.encode(state)


def write(folder: Path, raw: bytes) -> None:
    """Put it into its place whole, and on disk. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / (FILE + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(folder / FILE)
    there = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(there)
    finally:
        os.close(there)
