"""Guard 3. The class of the data decides where it may go. A caller's word raises it; only detection raises it further.

Nothing lowers it: not a prompt, not a field, not the absence of a word. PHI never leaves the boundary.
"""

from collections.abc import Iterable

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.pins import Pin
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import ORDER, DataClass

GUARD = "classify"
HEALTH = frozenset({Kind.RECORD, Kind.PLAN, Kind.BIOMETRIC, Kind.PHOTO})
"""Whoever has such a number is somebody's patient."""
OUTSIDE: tuple[DataClass, ...] = ("public", "confidential")
"""What may go to another's model, where law and use case allow one. Personal data may not, whosever it is."""


def classes(exchange: Exchange, pin: Pin) -> set[DataClass]:
    """Every class that the request holds: declared, structured, detected."""
    caller, found = exchange.asked, exchange.found
    # Unsaid is the most that this caller may send: the strict reading.
    most = [name for name in ORDER if name in caller.data_classes] or ["phi"]
    declared: DataClass = exchange.extension.data_class or most[-1]
    held: set[DataClass] = {declared}
    exchange.declared = declared
    if exchange.extension.record:
        held.add("phi")
    if found:
        held.add("personal")
        # Data about a person in a use case for health data is data concerning health: GDPR Art. 4(15).
        if "phi" in pin.data_classes or HEALTH & found.keys():
            held.add("phi")
    if Kind.CARD in found:
        held.add("payment")
    return held


def check(exchange: Exchange, pin: Pin) -> None:
    """Write the class into the exchange. Raises Refused where caller or use case may not have it, or it can't leave."""
    held = classes(exchange, pin)
    decided = max(held, key=ORDER.index)
    exchange.data_class = decided
    for name in sorted((held & {"payment", "phi"}) or {decided}):
        if not _permits(exchange.asked.data_classes, name):
            raise Refused(GUARD, "caller", f"The request holds {name} data, which this caller's token does not permit.")
        if not _permits(pin.data_classes, name):
            raise Refused(GUARD, "use-case", f"The request holds {name} data, which this use case does not take.")
    if exchange.extension.route == "external":
        if decided not in OUTSIDE or found_any(exchange):
            raise Refused(GUARD, "stays-inside", f"The request holds {decided} data, which never leaves the boundary.")
        if not pin.external_allowed:
            raise Refused(GUARD, "stays-inside", "This use case is answered inside the boundary.")


def _permits(held: Iterable[str], asked: DataClass) -> bool:
    """Who may have health data may have a person's other data, and what is nobody's; cards are a right of their own."""
    return any(name == asked or (asked != "payment" and ORDER.index(name) > ORDER.index(asked)) for name in held)


def found_any(exchange: Exchange) -> bool:
    """Whether anything at all was detected."""
    return any(exchange.found.values())
