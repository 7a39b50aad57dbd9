"""An order to close a breaker: a note that a person signs, for one opening, once, until a time.

The gateway reads it beside its settings, where the plan puts it, and can't write there. So whoever gives an order needs
a key that the settings name, and somebody who deploys.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit_log.note import BadNote, Signer, Verifier, divided, opened, sign

FORMAT = "bailiwick-volume-close/2"
SUFFIX = ".order"
MOST_BYTES = 4096
NO_TICKET = "-"
TICKET = re.compile(r"[A-Z]{2,10}-[1-9][0-9]{0,6}")
OPENING = re.compile(r"[0-9a-f]{32}")
MOST_HOURS = 7 * 24
"""An order is for now: who finds it in the history of a stack's file in a year closes nothing with it."""
_UNTIL = "%Y-%m-%dT%H:%MZ"
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
    until: datetime
    """To the minute, UTC: afterwards it is no order."""
    ticket: str = NO_TICKET

    def text(self) -> str:
        """The note's text."""
        until = self.until.astimezone(UTC).strftime(_UNTIL)
        lines = (FORMAT, self.opening, self.tenant, self.caller, self.who, self.reason, until, self.ticket)
        return "\n".join(lines) + "\n"


def until(now: datetime, hours: int) -> datetime:
    """So many hours from now, to the minute, as an order says it."""
    return (now.astimezone(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)


def place(folder: Path, order: Order, note: str) -> Path:
    """Put it where a gateway looks. Raises OSError; FileExistsError where one lies there already."""
    path = folder / f"{order.opening}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def waiting(folder: Path) -> list[Path]:
    """Orders that lie there."""
    return sorted(folder.glob("*" + SUFFIX))


def signed(order: Order, signer: Signer) -> str:
    """The order as a note."""
    return sign(order.text(), signer)


def taken(path: Path) -> str:
    """What lies there; as much of it as an order can have. Raises BadOrder."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1).decode("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise BadOrder(f"{path.name}: {type(error).__name__}") from None


def read(name: str, note: str, operators: Sequence[Verifier]) -> Order:
    """An order that a known person signed, in that person's own name; `name` is where it lies. Raises BadOrder."""
    try:
        lines = opened(note, operators).split("\n")
        names = {signed_by for signed_by, _ in divided(note)[1]}
    except BadNote as error:
        raise BadOrder(f"{name}: {type(error).__name__}") from None
    if len(note) > MOST_BYTES or len(lines) != 9 or lines[0] != FORMAT:
        raise BadOrder(f"{name}: not of format {FORMAT}")
    try:
        ends = datetime.strptime(lines[6], _UNTIL).replace(tzinfo=UTC)
    except ValueError:
        raise BadOrder(f"{name}: does not say until when") from None
    order = Order(lines[1], lines[2], lines[3], lines[4], lines[5], ends, lines[7])
    if order.ticket != NO_TICKET and not TICKET.fullmatch(order.ticket):
        raise BadOrder(f"{name}: not a ticket")
    if names != {order.who} or order.reason not in REASONS or not OPENING.fullmatch(order.opening):
        raise BadOrder(f"{name}: who signed it is not who gives it, or it is not in its form")
    return order


def in_time(name: str, order: Order, now: datetime) -> None:
    """Raises BadOrder where it is too late, or would hold for too long."""
    if now >= order.until:
        raise BadOrder(f"{name}: its time has passed")
    if order.until - now > timedelta(hours=MOST_HOURS):
        raise BadOrder(f"{name}: holds longer than {MOST_HOURS} hours")
