"""The numbers, from Prometheus' HTTP API: prometheus.io/docs/prometheus/latest/querying/api, instant queries.

The gateway counts both versions alike, from its start and from nought, under the label `variant` (docs/runbooks/
canary.md has the list): what each model server says of itself would leave out what the gateway refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, isfinite
from typing import Any
from urllib.parse import urlencode

from delivery.decide import Look, Pair
from delivery.limits import WINDOW_MINUTES
from delivery.samples import BadSample, Buckets, Sample
from delivery.watch import LONG_HOURS, Watched
from delivery.watch import WINDOW_MINUTES as WATCHED_MINUTES
from delivery.web import Unreachable, ask

VARIANTS = ("stable", "candidate")
COUNTS = {
    "requests": "bailiwick_gateway_requests_total{use_case=$}",
    "errors": 'bailiwick_gateway_requests_total{use_case=$,code=~"5.."}',
    "refusals": "bailiwick_gateway_refusals_total{use_case=$}",
    "accepted": 'bailiwick_gateway_drafts_total{use_case=$,verdict="accepted"}',
    "corrected": 'bailiwick_gateway_drafts_total{use_case=$,verdict="corrected"}',
}
"""`$` is the use case, quoted."""
LATENCY = "bailiwick_gateway_first_token_seconds_bucket{use_case=$}"
ACTIVE = "stable"
"""What is served, as the gateway's label has it."""
SHAPES = {
    "prompt length": ("bailiwick_gateway_prompt_characters_bucket{use_case=$}", "le"),
    "identifiers": ("bailiwick_gateway_request_identifiers_bucket{use_case=$}", "le"),
    "language": ("bailiwick_gateway_prompt_languages_total{use_case=$}", "language"),
    "record": ("bailiwick_gateway_prompt_records_total{use_case=$}", "record"),
    "hour": ("bailiwick_gateway_prompt_hours_total{use_case=$}", "hour"),
    "answer length": ("bailiwick_gateway_answer_tokens_bucket{use_case=$}", "le"),
    "finish": ("bailiwick_gateway_answer_finishes_total{use_case=$}", "reason"),
}
"""By feature, the series and the label that its bins stand under: model_images/gateway/guard/metrics.py."""
Vector = list[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, kw_only=True)
class Prometheus:
    """Where the numbers are."""

    url: str
    token: str | None = None

    def look(self, use_case: str, at: datetime, began: datetime | None) -> Look:
        """Both stretches of time. Numbers that can't be are None. Raises Unreachable where nobody answers."""
        window = timedelta(minutes=WINDOW_MINUTES)
        since = max(window, at - began) if began is not None else window
        try:
            recent, step = self._pair(use_case, at, window), self._pair(use_case, at, since)
        except BadSample:
            return Look(at=at)
        return Look(at=at, newest=self._newest(use_case, at), recent=recent, step=step)

    def watched(self, use_case: str, at: datetime) -> Watched:
        """What is active, in the last window and the last day. Raises Unreachable where nobody answers."""
        day = timedelta(hours=LONG_HOURS)
        try:
            recent = self._sample(use_case, at, timedelta(minutes=WATCHED_MINUTES))
            long = self._sample(use_case, at, day)
            shapes = {name: self._mix(text, label, use_case, at, day) for name, (text, label) in SHAPES.items()}
        except BadSample:
            return Watched(at=at)
        times = self._times(use_case, at)
        newest = times.get(ACTIVE)
        return Watched(
            at=at,
            newest=datetime.fromtimestamp(newest, UTC) if newest is not None and isfinite(newest) else None,
            recent=recent,
            long=long,
            shapes={name: mix for name, mix in shapes.items() if mix},
        )

    def _sample(self, use_case: str, at: datetime, over: timedelta) -> Sample | None:
        counts = {name: self._by_variant(text, use_case, at, over) for name, text in COUNTS.items()}
        if ACTIVE not in counts["requests"]:
            return None
        return _sample_of(counts, ACTIVE, self._buckets(use_case, at, over).get(ACTIVE, ()))

    def _mix(self, text: str, label: str, use_case: str, at: datetime, over: timedelta) -> dict[str, int]:
        """Counts by bin. A histogram's are cumulative: each bin is what the one before has not."""
        named = _named(text, use_case).replace("}", f',variant="{ACTIVE}"}}')
        asked = f"sum by ({label}) (increase({named}[{_seconds(over)}s]))"
        found = {str(labels.get(label)): _count(value) for labels, value in self._vector(asked, at)}
        if label != "le":
            return found
        edges = sorted(found, key=lambda edge: inf if edge == "+Inf" else _number(edge))
        before, mix = 0, {}
        for edge in edges:
            # `increase` guesses between scrapes, and may put an edge under the one before it.
            mix[edge], before = max(0, found[edge] - before), max(before, found[edge])
        return mix

    def _pair(self, use_case: str, at: datetime, over: timedelta) -> Pair | None:
        counts = {name: self._by_variant(text, use_case, at, over) for name, text in COUNTS.items()}
        buckets = self._buckets(use_case, at, over)
        if any(variant not in counts["requests"] for variant in VARIANTS):
            return None
        made = {}
        for variant in VARIANTS:
            made[variant] = _sample_of(counts, variant, buckets.get(variant, ()))
        return Pair(stable=made["stable"], candidate=made["candidate"])

    def _by_variant(self, text: str, use_case: str, at: datetime, over: timedelta) -> dict[str, int]:
        asked = f"sum by (variant) (increase({_named(text, use_case)}[{_seconds(over)}s]))"
        return {str(labels.get("variant")): _count(value) for labels, value in self._vector(asked, at)}

    def _buckets(self, use_case: str, at: datetime, over: timedelta) -> dict[str, tuple[tuple[float, int], ...]]:
        asked = f"sum by (variant, le) (increase({_named(LATENCY, use_case)}[{_seconds(over)}s]))"
        found: dict[str, dict[float, int]] = {}
        for labels, value in self._vector(asked, at):
            edge = inf if labels.get("le") == "+Inf" else _number(labels.get("le"))
            found.setdefault(str(labels.get("variant")), {})[edge] = _count(value)
        return {variant: tuple(sorted(edges.items())) for variant, edges in found.items()}

    def _newest(self, use_case: str, at: datetime) -> datetime | None:
        """Of the version that was heard of last: one that fell silent must not hide behind the other."""
        times = self._times(use_case, at)
        heard = [times[variant] for variant in VARIANTS if variant in times and isfinite(times[variant])]
        return datetime.fromtimestamp(min(heard), UTC) if len(heard) == len(VARIANTS) else None

    def _times(self, use_case: str, at: datetime) -> dict[str, float]:
        """When each version was last heard of."""
        text = _named(COUNTS["requests"], use_case)
        asked = f"max by (variant) (timestamp({text}))"
        return {str(labels.get("variant")): value for labels, value in self._vector(asked, at)}

    def _vector(self, query: str, at: datetime) -> Vector:
        form = urlencode({"query": query, "time": f"{at.timestamp():.3f}"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self.url.rstrip('/')}/api/v1/query"
        answer = ask("POST", url, body=form, headers=headers, token=self.token)
        try:
            if answer["status"] != "success" or answer["data"]["resultType"] != "vector":
                raise Unreachable(f"{self.url} did not answer with a vector")
            return [(dict(item["metric"]), _number(item["value"][1])) for item in answer["data"]["result"]]
        except (KeyError, TypeError, IndexError) as error:
            raise Unreachable(f"{self.url} did not answer as Prometheus does: {type(error).__name__}") from error


def _sample_of(counts: Mapping[str, Mapping[str, int]], variant: str, first_token: Buckets) -> Sample:
    found = {name: of.get(variant, 0) for name, of in counts.items()}
    # `increase` guesses what lies between two scrapes, and rounding may put a part above its whole.
    for part in ("errors", "refusals"):
        found[part] = min(found[part], found["requests"])
    return Sample(**found, first_token=first_token)


def _named(text: str, use_case: str) -> str:
    # Labels are lower-case letters, digits and hyphens (config.section.Label): nothing to escape.
    return text.replace("$", f'"{use_case}"')


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def _number(value: Any) -> float:  # noqa: ANN401 JSON of Prometheus'
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise BadSample(f"'{value}' is no number") from error


def _count(value: float) -> int:
    if not isfinite(value) or value < 0:
        raise BadSample(f"'{value}' is no count")
    return round(value)
