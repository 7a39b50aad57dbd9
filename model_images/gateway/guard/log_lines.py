"""What the guard prints: one line of JSON for each message, and beside its words what rules of detection look for.

components/detection_rules.yaml reads these lines in the workspace. No line holds a text of a request or of an answer.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume_state import Opening

EVENT = "event"
REFUSED, BREAKER_OPENED = "refused", "breaker-opened"
LOG = logging.getLogger("bailiwick.gateway")


class Lines(logging.Formatter):
    """A message as JSON: `at`, `level`, `says`, and the fields of what happened."""

    def format(self, record: logging.LogRecord) -> str:
        """Without the trace of an exception, whose words may repeat a request."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "says": record.getMessage(),
            **getattr(record, EVENT, {}),
        }
        return json.dumps(told)


def refused(exchange: Exchange, refusal: Refused) -> None:
    """A guard refused: which, why, whom. Names of the settings and codes alone."""
    caller = exchange.caller
    told = {
        "event": REFUSED,
        "guard": refusal.guard,
        "code": refusal.code,
        "tenant": caller.tenant if caller else "",
        "caller": caller.application if caller else "",
        "useCase": caller.use_case if caller else "",
        "request": exchange.request_id,
    }
    LOG.warning("refused by %s: %s", refusal.guard, refusal.code, extra={EVENT: told})


def opened(opening: Opening) -> dict[str, dict[str, object]]:
    """What a line on a breaker has beside its words."""
    told: dict[str, object] = {
        "event": BREAKER_OPENED,
        "tenant": opening.tenant,
        "caller": opening.caller,
        "measure": opening.measure.value,
        "limit": opening.limit,
        "seen": opening.seen,
        "allowed": opening.allowed,
        "opening": opening.id,
    }
    return {EVENT: told}
