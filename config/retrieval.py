"""The service that answers the gateway's questions with passages, and the check of its bounds."""

from collections.abc import Iterator

from config.faults import Fault, crossed_bounds
from config.section import PinnedImage, Section, dial


class Retrieval(Section):
    """The only reader of the retrieval database."""

    image: PinnedImage = dial("Its image, by digest.", "the code that reads every tenant's passages may change unseen")
    replicas_min: int = dial("Fewest replicas.", "a restart leaves models to answer from memory", ge=1, le=64)
    replicas_max: int = dial(
        "Most replicas.", "no ceiling, neither on pods nor on the database's connections", ge=1, le=64
    )


def replicas_have_bounds(retrieval: Retrieval) -> Iterator[Fault]:
    """Fewest is not more than most."""
    low, high = retrieval.replicas_min, retrieval.replicas_max
    if low > high:
        yield crossed_bounds("bailiwick:retrieval.replicasMin", "replicasMax", low, high)
