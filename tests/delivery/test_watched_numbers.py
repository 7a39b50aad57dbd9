"""The numbers of what is active: by the queries that the gateway's own series answer, and none where they can't be."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from delivery.prometheus import SHAPES, Prometheus
from delivery.watch import LONG_HOURS, WINDOW_MINUTES
from model_images.gateway.guard.metrics import Metrics
from tests.delivery.test_in_cluster import served
from tests.delivery.world import LIMITS, NOON


def _answering(values: Callable[[str], list[tuple[dict[str, str], float]]]) -> tuple[Any, list[str]]:
    asked: list[str] = []

    def answer(_: str, __: str, ___: dict[str, str], body: bytes) -> tuple[int, object]:
        query = parse_qs(body.decode())["query"][0]
        asked.append(query)
        result = [{"metric": labels, "value": [0, str(value)]} for labels, value in values(query)]
        return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}

    return answer, asked


def _plain(query: str) -> list[tuple[dict[str, str], float]]:
    if "timestamp" in query:
        return [({"variant": "stable"}, NOON.timestamp())]
    if "_bucket" in query and "first_token" in query:
        return [({"variant": "stable", "le": "+Inf"}, 100.0)]
    if "_bucket" in query:
        return [({"le": edge}, number) for edge, number in (("250", 40.4), ("500", 39.6), ("+Inf", 100.0))]
    if "language" in query:
        return [({"language": "en"}, 90.0), ({"language": "de"}, 10.0)]
    if "variant)" in query and "requests_total" in query:
        return [({"variant": "stable"}, 5.0 if "5.." in query else 100.0)]
    return [({"variant": "stable"}, 4.0)] if "variant)" in query else []


class TestWhatIsAskedIsWhatTheGatewayCounts:
    """A series that nobody exports is a watch that never sees anything."""

    def test_every_series_is_one_of_the_gateways_with_that_label(self) -> None:
        metrics = Metrics()
        for family in vars(metrics).values():
            labels = getattr(family, "_labelnames", None)
            if labels is not None:
                family.labels(*["x"] * len(labels)) if labels else None
        text = metrics.text().decode()
        for series, label in SHAPES.values():
            name = series.partition("{")[0]
            lines = [line for line in text.splitlines() if line.startswith(name + "{")]
            assert lines, name
            assert all(f'{label}="' in line and 'variant="' in line and 'use_case="' in line for line in lines)

    def test_the_window_and_the_day_of_what_is_active_alone(self) -> None:
        answer, asked = _answering(_plain)
        with served(answer) as url:
            Prometheus(url=url).watched(LIMITS.use_case, NOON)
        spans = {int(timedelta(hours=LONG_HOURS).total_seconds()), WINDOW_MINUTES * 60}
        increases = [query for query in asked if "increase" in query]
        assert {int(query.rpartition("[")[2].partition("s]")[0]) for query in increases} == spans
        shapes = [query for query in increases if query.startswith(("sum by (le)", "sum by (language)"))]
        assert shapes
        assert all('variant="stable"' in query and 'use_case="clinical-notes"' in query for query in shapes)

    def test_buckets_become_bins_that_are_never_less_than_nothing(self) -> None:
        answer, _ = _answering(_plain)
        with served(answer) as url:
            found = Prometheus(url=url).watched(LIMITS.use_case, NOON)
        assert found.shapes["prompt length"] == {"250": 40, "500": 0, "+Inf": 60}
        assert found.shapes["language"] == {"en": 90, "de": 10}
        assert found.recent is not None
        assert (found.recent.requests, found.recent.errors, found.newest) == (100, 5, NOON)

    @pytest.mark.parametrize("value", ["NaN", "-1"])
    def test_numbers_that_cannot_be_are_none(self, value: str) -> None:
        def broken(query: str) -> list[tuple[dict[str, str], float]]:
            return [({"variant": "stable"}, float(value))] if "drafts" in query else _plain(query)

        answer, _ = _answering(broken)
        with served(answer) as url:
            found = Prometheus(url=url).watched(LIMITS.use_case, NOON)
        assert (found.recent, found.long, found.newest) == (None, None, None)

    def test_a_gateway_that_served_nothing_has_no_numbers(self) -> None:
        answer, _ = _answering(lambda _: [])
        with served(answer) as url:
            found = Prometheus(url=url).watched(LIMITS.use_case, NOON)
        assert json.dumps(dict(found.shapes)) == "{}"
        assert (found.recent, found.newest) == (None, None)
