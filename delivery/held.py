"""What is wrong with a candidate, and what it still has to show: each answer with its numbers, in words."""

from collections.abc import Iterator

from delivery.intervals import Share, bounds, difference
from delivery.limits import (
    ACCURACY_LESS,
    ERRORS_MORE,
    ERRORS_MORE_HARD,
    LEAST_JUDGED,
    LEAST_REQUESTS,
    REFUSALS_MORE,
    SLOW_SHARE,
    Limits,
)
from delivery.samples import Sample


def hard(limits: Limits, recent: Sample, served: Sample, step: Sample, error: float) -> Iterator[str]:
    """Limits that end it at once: certain, within the error, that it is below the floor, or breaks far more often."""
    floor = limits.accuracy_floor
    # Of the whole step, as few drafts are judged; of the last window, as an hour of good ones hides a bad minute.
    for when, share in (("in this step", step.accurate), ("in the last window", recent.accurate)):
        _, high = bounds(share, error)
        if share.of and high < floor:
            yield f"accuracy is {_share(share)} {when}, under the floor of {floor:g} (at most {high:.3f})"
    low, _ = difference(recent.wrong, served.wrong, error)
    if low > ERRORS_MORE_HARD:
        yield f"errors are {_share(recent.wrong)} against {_share(served.wrong)}: at least {low:.3f} more"


def soft(
    limits: Limits, recent: Sample, served: Sample, steps: tuple[Sample, Sample], error: float
) -> Iterator[tuple[str, str]]:
    """Limits that end it where several windows break them: name and words. `steps`: both since the step began."""
    low, _ = difference(recent.wrong, served.wrong, error)
    if low > ERRORS_MORE:
        yield "errors", f"errors are {_share(recent.wrong)} against {_share(served.wrong)}: at least {low:.3f} more"
    low, _ = difference(recent.refused, served.refused, error)
    if low > REFUSALS_MORE:
        yield (
            "refusals",
            f"refusals are {_share(recent.refused)} against {_share(served.refused)}: at least {low:.3f} more",
        )
    slow = recent.slow(limits.first_token_ms / 1000)
    low, _ = bounds(slow, error)
    if low > SLOW_SHARE:
        yield "first token", f"{_share(slow)} first tokens took over {limits.first_token_ms} ms ({_p95(recent)})"
    low, _ = difference(steps[1].accurate, steps[0].accurate, error)
    if low > ACCURACY_LESS:
        yield (
            "accuracy",
            f"accuracy is {_share(steps[0].accurate)} against {_share(steps[1].accurate)}: at least {low:.3f} less",
        )


def unproved(limits: Limits, step: Sample, served: Sample, error: float) -> Iterator[str]:
    """What the candidate has still to show before it may go on: nothing, and it may."""
    for what, number, least in (
        ("requests of the candidate", step.requests, LEAST_REQUESTS),
        ("requests of what is served", served.requests, LEAST_REQUESTS),
        ("judged drafts", step.accurate.of, LEAST_JUDGED),
        ("first tokens", step.slow(1).of, LEAST_REQUESTS),
    ):
        if number < least:
            yield f"{number} {what} of the {least} that are needed"
    low, _ = bounds(step.accurate, error)
    if low < limits.accuracy_floor:
        yield f"accuracy is {_share(step.accurate)}: at least {low:.3f}, the floor is {limits.accuracy_floor:g}"
    for name, own, other, margin in (
        ("errors", step.wrong, served.wrong, ERRORS_MORE),
        ("refusals", step.refused, served.refused, REFUSALS_MORE),
    ):
        _, high = difference(own, other, error)
        if high > margin:
            yield f"{name} may be {high:.3f} more than served; {margin:g} is the margin"
    _, high = difference(served.accurate, step.accurate, error)
    if served.accurate.of >= LEAST_JUDGED and high > ACCURACY_LESS:
        yield f"accuracy may be {high:.3f} less than served; {ACCURACY_LESS:g} is the margin"
    slow = step.slow(limits.first_token_ms / 1000)
    if slow.of and slow.rate > SLOW_SHARE:
        yield f"{_share(slow)} first tokens took over {limits.first_token_ms} ms ({_p95(step)})"


def _share(share: Share) -> str:
    return f"{share.hits}/{share.of}"


def _p95(sample: Sample) -> str:
    found = sample.quantile(0.95)
    return "no 95th percentile" if found is None else f"95th percentile {found * 1000:.0f} ms"
