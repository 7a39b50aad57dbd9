"""What is asked of one plan many times, and is the same each time."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from plan.model import Plan

T = TypeVar("T")


def once(function: Callable[[Plan], T]) -> Callable[[Plan], T]:
    """Remember the answer for the plan that was asked of last; another plan is another object."""
    last: list[tuple[Plan, T]] = []

    @wraps(function)
    def remembered(plan: Plan) -> T:
        if not last or last[0][0] is not plan:
            last[:] = [(plan, function(plan))]
        return last[0][1]

    return remembered
