"""An order to close a breaker: a note that a person signs, for one opening, once.

The gateway takes it from a folder, so whoever gives it needs the folder and a key that the gateway's settings name.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit_log.note import BadNote, Signer, Verifier, divided, opened, sign

FORMAT = "bailiwick-volume-close/1"
FOLDER = "orders"
SUFFIX = ".order"
MOST_BYTES = 4096
NO_TICKET = "-"
TICKET = re.compile(r"[A-Z]{2,10}-[1-9][0-9]{0,6}")
REASONS = ("expected-load", "false-alarm", "caller-fixed", "incident-closed")


class BadOrder(ValueError):
    """Not an order, or nobody of the settings signed it."""


@dataclass(frozen=True)
class Order:
    """Which opening is to be closed, by whom and why."""

    opening: str
    tenant: str
    caller: str
    who: str
    reason: str
    ticket: str = NO_TICKET

    def text(self) -> str:
        """The note's text."""
        lines = (FORMAT, self.opening, self.tenant, self.caller, self.who, self.reason, self.ticket)
        return "\n".join(lines) + "\n"


def place(folder: Path, order: Order, signer: Signer) -> Path:
    """Sign it, and put it where the gateway looks. Raises OSError; FileExistsError where one lies there already."""
    note = sign(order.text(), signer).encode()
    path = folder / FOLDER / f"{order.opening}{SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def waiting(folder: Path) -> list[Path]:
    """Orders that lie there."""
    return sorted((folder / FOLDER).glob("*" + SUFFIX))


def read(path: Path, operators: Sequence[Verifier]) -> Order:
    """An order that a known person signed, in that person's own name. Raises BadOrder."""
    try:
        with path.open("rb") as file:
            note = file.read(MOST_BYTES + 1).decode("utf-8")
        lines = opened(note, operators).split("\n")
        names = {name for name, _ in divided(note)[1]}
    except (BadNote, UnicodeDecodeError, OSError) as error:
        raise BadOrder(f"{path.name}: {type(error).__name__}") from None
    if len(lines) != 8 or lines[0] != FORMAT:
        raise BadOrder(f"{path.name}: not of format {FORMAT}")
    order = Order(*lines[1:7])
    if order.ticket != NO_TICKET and not TICKET.fullmatch(order.ticket):
        raise BadOrder(f"{path.name}: not a ticket")
    if names != {order.who} or order.reason not in REASONS or path.name != order.opening + SUFFIX:
        raise BadOrder(f"{path.name}: who signed it is not who gives it, or it is not in its form")
    return order
