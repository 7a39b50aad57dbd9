"""What was measured of one version in one stretch of time. Counts only: no content, nobody's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf, isfinite
from typing import Any

from delivery.intervals import Share

Buckets = tuple[tuple[float, int], ...]
"""Upper edge in seconds, and how many took that long or less; the last edge is infinite."""


class BadSample(ValueError):
    """Numbers that can't be: they count as none."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Counts of one version."""

    requests: int
    errors: int = 0
    refusals: int = 0
    """Requests that a guard refused, and answers that one blocked."""
    accepted: int = 0
    """Drafts that a clinician took as they were; with `corrected`, the proxy for accuracy."""
    corrected: int = 0
    first_token: Buckets = field(default=())

    def __post_init__(self) -> None:  # noqa: D105 a check, nothing to call
        counts = (self.requests, self.errors, self.refusals, self.accepted, self.corrected)
        if any(count < 0 for count in counts) or self.errors > self.requests or self.refusals > self.requests:
            raise BadSample(f"{self.errors} errors and {self.refusals} refusals of {self.requests} requests")
        edges, numbers = [edge for edge, _ in self.first_token], [number for _, number in self.first_token]
        if edges != sorted(set(edges)) or numbers != sorted(numbers) or (edges and edges[-1] != inf):
            raise BadSample("buckets of the first token's time do not rise, or have no last one")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Sample":
        """From JSON, as `decide --metrics` reads it. Raises BadSample."""
        try:
            buckets = tuple(sorted((float(edge), int(n)) for edge, n in dict(document.get("firstToken", {})).items()))
            names = ("requests", "errors", "refusals", "accepted", "corrected")
            return cls(**{name: int(document.get(name, 0)) for name in names}, first_token=buckets)
        except (TypeError, ValueError, AttributeError) as error:
            raise BadSample(str(error)) from error

    def as_json(self) -> dict[str, object]:
        """As `of` reads it."""
        return {
            "requests": self.requests,
            "errors": self.errors,
            "refusals": self.refusals,
            "accepted": self.accepted,
            "corrected": self.corrected,
            "firstToken": {"+Inf" if edge == inf else f"{edge:g}": number for edge, number in self.first_token},
        }

    @property
    def wrong(self) -> Share:
        """Errors among requests."""
        return Share(self.errors, self.requests)

    @property
    def refused(self) -> Share:
        """Refusals among requests."""
        return Share(self.refusals, self.requests)

    @property
    def accurate(self) -> Share:
        """Accepted drafts among those that somebody judged."""
        return Share(self.accepted, self.accepted + self.corrected)

    def slow(self, seconds: float) -> Share:
        """First tokens that took longer, by interpolation inside the bucket; rounded up."""
        total = self.first_token[-1][1] if self.first_token else 0
        return Share(min(total, max(0, ceil(total - _within(self.first_token, seconds) - 1e-9))), total)

    def quantile(self, share: float) -> float | None:
        """As Prometheus' histogram_quantile: linear inside a bucket; the last finite edge beyond it. None of none."""
        total = self.first_token[-1][1] if self.first_token else 0
        if not total:
            return None
        rank, before, low = share * total, 0, 0.0
        for edge, number in self.first_token:
            if number >= rank:
                if not isfinite(edge):
                    return low
                return low + (edge - low) * ((rank - before) / (number - before) if number > before else 1.0)
            before, low = number, edge
        return low


def _within(buckets: Buckets, seconds: float) -> float:
    before, low = 0, 0.0
    for edge, number in buckets:
        if seconds <= edge:
            # Of what lies beyond the last finite edge nobody knows how long it took: it counts as slow.
            part = 1.0 if seconds == edge else ((seconds - low) / (edge - low) if isfinite(edge) else 0.0)
            return before + (number - before) * part
        before, low = number, edge
    return before
