"""No exception of this package but a refusal gets out: others repeat the data that they met."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from model_images.gateway.guard.refusal import GuardFailed, Refused

GUARD = "tokens"
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def fails_closed(work: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Whatever goes wrong is said in the guard's own words, with no trace of the cause."""

    @wraps(work)
    def closed(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return work(*args, **kwargs)
        except Refused:
            raise
        except Exception:  # noqa: BLE001, S110 said below, where there is no cause to carry along
            pass
        raise GuardFailed(GUARD)

    return closed
