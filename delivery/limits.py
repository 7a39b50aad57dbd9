"""What a candidate is held to, and how often chance may decide.

Nothing here looks without end: every test is done at the end of a window, the number of windows is known before the
first request, and the error that is allowed is shared out among them (Bonferroni). So a change is rolled back by
chance alone in at most `BY_CHANCE` of all changes while it climbs, and `BY_CHANCE_AFTER` while it waits to be made
what is served; and a step is passed by a candidate that is worse than a margin in at most `PASSED_BY_CHANCE`.
"""

import json
from dataclasses import dataclass
from datetime import date
from math import ceil

from config.use_case import UseCase
from policies.changes import DAYS

WINDOW_MINUTES = 5
"""Windows don't overlap: no answer is counted twice."""
PATIENCE = 4
"""Times a step's minutes; who can't show by then that the candidate is as good takes it back."""
SILENT_MINUTES = 15
"""Without numbers it is held so long, and then rolled back."""
STALE_MINUTES = 5
"""Numbers older than that are none: Prometheus' own lookback."""
BREACHES, OF_WINDOWS = 3, 5
"""A soft limit is broken when it was in so many of the last windows."""

BY_CHANCE = 0.01
BY_CHANCE_AFTER = 0.002
PASSED_BY_CHANCE = 0.05
TESTS = 7
"""Three against hard limits, four against soft ones; each look does all."""

LEAST_REQUESTS = 200
"""Of each version in a step, before it can be passed."""
LEAST_JUDGED = 100
"""Drafts of the candidate that somebody took or corrected."""
ERRORS_MORE = 0.01
ERRORS_MORE_HARD = 0.05
REFUSALS_MORE = 0.02
ACCURACY_LESS = 0.03
"""Margins: how much worse than what is served is still the same."""
SLOW_SHARE = 0.05
"""The objective is a 95th percentile: so many may be slower."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """One change, as its stack has it; that its record allows this is for the plan's rules."""

    use_case: str
    change: str
    versions: dict[str, str]
    steps: tuple[int, ...]
    step_minutes: int
    accuracy_floor: float
    first_token_ms: int
    until: date
    """The last day."""
    way_back: bool = False
    """Whether it is the version before, which waits for what is active to fail."""

    @classmethod
    def of(cls, use_case: UseCase) -> "Limits":
        """Raises ValueError for a use case without a canary."""
        canary, candidate = use_case.canary, use_case.candidate
        if canary is None or candidate is None:
            raise ValueError(f"{use_case.name} has no canary")
        return cls(
            use_case=use_case.name,
            change=canary.change,
            versions={
                "stableModel": use_case.model.sha256,
                "stablePrompt": use_case.prompt.sha256,
                "stableImage": use_case.image.partition("@")[2],
                "candidateModel": candidate.model.sha256,
                "candidatePrompt": candidate.prompt.sha256,
                "candidateImage": candidate.image.partition("@")[2],
            },
            steps=canary.steps,
            step_minutes=canary.step_minutes,
            accuracy_floor=use_case.accuracy_floor,
            first_token_ms=use_case.first_token_ms,
            until=date.fromisoformat(canary.until),
            way_back=canary.way_back,
        )

    @classmethod
    def read(cls, text: str) -> tuple["Limits", ...]:
        """Those of a job, as components/canary.py writes them. Raises ValueError."""
        try:
            found = tuple(
                cls(
                    use_case=str(item["useCase"]),
                    change=str(item["change"]),
                    versions={str(key): str(value) for key, value in item["versions"].items()},
                    steps=tuple(int(step) for step in item["steps"]),
                    step_minutes=int(item["stepMinutes"]),
                    accuracy_floor=float(item["accuracyFloor"]),
                    first_token_ms=int(item["firstTokenMilliseconds"]),
                    until=date.fromisoformat(item["until"]),
                    way_back=item.get("wayBack", False) is True,
                )
                for item in json.loads(text)
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no limits of a job: {type(error).__name__}: {error}") from error
        if not found:
            raise ValueError("no limits of a job: the list is empty, and a job that moves nothing is not made")
        return found

    @property
    def looks(self) -> int:
        """Most windows while it climbs."""
        return len(self.steps) * (ceil(PATIENCE * self.step_minutes / WINDOW_MINUTES) + 1)

    @property
    def looks_after(self) -> int:
        """Most windows after the last step: until no change can hold any more."""
        return DAYS * 24 * 60 // WINDOW_MINUTES

    @property
    def rollback_error(self) -> float:
        """Of one test of one look while it climbs."""
        return BY_CHANCE / (self.looks * TESTS)

    @property
    def rollback_error_after(self) -> float:
        """Of one test of one look afterwards."""
        return BY_CHANCE_AFTER / (self.looks_after * TESTS)

    @property
    def promotion_error(self) -> float:
        """Of one test of one look of a step. All tests must pass, so that a fault in one alone never suffices."""
        return PASSED_BY_CHANCE / (ceil((PATIENCE - 1) * self.step_minutes / WINDOW_MINUTES) + 1)
