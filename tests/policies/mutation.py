"""One breach of one rule, in a plan that is compliant otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field

from plan.model import Plan

Break = Callable[[Plan], Plan]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One rule's breach."""

    breaks: Break
    stack: str = "eu-prod"
    also: frozenset[str] = field(default_factory=frozenset)
    """Rules that the same breach also offends, each for a reason of its own."""
