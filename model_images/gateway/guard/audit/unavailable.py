"""That nothing can be written down, and so nothing may pass."""

from model_images.gateway.guard.refusal import Refused

WORDS = {
    "unavailable": "can't be written",
    "timeout": "was not written in time",
    "full": "has too many records waiting",
    "unanchored": "has not reached its write-once store for too long",
    "record": "was given a record that is not in its form",
    "closed": "is closed",
}


class AuditUnavailable(Refused):
    """The audit log can't take a record: the request is refused. Made from a word of the list alone."""

    def __init__(self, what: str = "unavailable") -> None:
        super().__init__("audit", what, f"The audit log {WORDS[what]}; nothing was passed on.", status=503)
