"""What the audit log is told of breakers."""

from datetime import UTC, datetime

from model_images.gateway.guard.audit.record import Happened, Reason
from model_images.gateway.guard.volume_order import NO_TICKET, Order
from model_images.gateway.guard.volume_state import ANYBODY, Opening


def opened(opening: Opening, instance: str) -> Happened:
    """That one opened."""
    return Happened(
        at=datetime.fromtimestamp(opening.at, UTC),
        instance=instance,
        what="breaker-opened",
        tenant=opening.tenant,
        caller=None if opening.caller == ANYBODY else opening.caller,
        measure=opening.measure.value,
        # The form refuses any other word.
        limit=opening.limit,  # type: ignore[arg-type]
    )


def closed(order: Order, instance: str, at: datetime) -> Happened:
    """That a person closed one: to be written before it is closed."""
    return Happened(
        at=at,
        instance=instance,
        what="breaker-closed",
        tenant=order.tenant,
        caller=None if order.caller == ANYBODY else order.caller,
        operator=order.who,
        reason=Reason(order.reason),
        ticket=None if order.ticket == NO_TICKET else order.ticket,
    )
