"""What alerts, dashboards and rules of detection look for is written somewhere: else they are silent for ever."""

import json
import logging
import re
from typing import Any

import promql_parser
import pytest

from components.detection_rules import DetectionRule, detection_rules
from components.metrics import MOST_LABELS, UNREAD
from delivery.prometheus import COUNTS, LATENCY, SHAPES
from model_images.gateway.envoy.connections import LOG as ENVOYS
from model_images.gateway.guard import log_lines
from model_images.gateway.guard.audit.record import Guard
from model_images.gateway.guard.endpoints import ENDPOINTS
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume_state import Opening
from model_images.gateway.guard.volume_window import Measure
from tests.components.series import asked, expressions, series
from tests.plans import CORE, compliant

SCRAPED = {"namespace", "pod", "instance", "job", "le"}
"""Labels that the scrape adds, and a histogram's edges."""
OURS = "bailiwick_gateway_"


def counted() -> dict[str, set[str]]:
    """Series that the gateway has, with their labels."""
    found: dict[str, set[str]] = {}
    for family in Metrics().__dict__.values():
        for metric in family.describe() if hasattr(family, "describe") else ():
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
            for suffix in suffixes:
                found[metric.name + suffix] = set(family._labelnames)
    return found


class TestEverySeriesThatIsAskedForIsCounted:
    """An alert on a series that nobody counts never fires, and looks the same as one that had no reason to."""

    @pytest.mark.parametrize("where", expressions())
    def test_by_that_name_and_those_labels(self, where: str) -> None:
        known = counted()
        for name, labels in asked(promql_parser.parse(expressions()[where])):
            if name.startswith("bailiwick_"):
                assert name in known
                assert labels <= known[name] | SCRAPED

    @pytest.mark.parametrize("text", [*COUNTS.values(), LATENCY, *(text for text, _ in SHAPES.values())])
    def test_and_so_is_what_the_lifecycle_decides_on(self, text: str) -> None:
        ((name, labels),) = asked(promql_parser.parse(text.replace("$", '"a"')))
        bins = {label for other, label in SHAPES.values() if other == text}
        assert labels | bins | {"variant"} <= counted()[name] | SCRAPED

    def test_most_of_what_is_asked_is_the_gateways_own(self) -> None:
        assert len({name for name in series() if name.startswith(OURS)}) >= 8


def line(event: dict[str, Any]) -> dict[str, Any]:
    """As the workspace gets it."""
    record = logging.makeLogRecord({"msg": 'it says "so"', "levelname": "WARNING", "event": event})
    found: dict[str, Any] = json.loads(log_lines.Lines().format(record))
    return found


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """One of each kind of the guard's own lines."""
    exchange = Exchange(
        request_id="1", endpoint=next(iter(ENDPOINTS.values())), listener="", origin="", claims={}, bytes_in=0
    )
    with caplog.at_level(logging.INFO):
        log_lines.refused(exchange, Refused("prompt-guard", "override", "Words."))
    refusal = line(vars(caplog.records[-1])["event"])
    opening = Opening("ab" * 16, "north", "an-app", 0.0, Measure.BYTES, "ceiling", 2, 1)
    return [refusal, line(log_lines.opened(opening)["event"])]


class TestNoScrapeIsLost:
    """One series with more labels than are allowed loses all that its pod tells: no alert on a model ever fires."""

    OWN = 12
    """Labels that the scrape adds, at most: job, instance, namespace, pod, container, cluster and the like."""

    def test_what_the_gateway_counts_has_few_labels(self) -> None:
        assert max(map(len, counted().values())) + self.OWN <= MOST_LABELS

    def test_what_would_break_the_limit_is_dropped_before_it_counts(self) -> None:
        monitors = compliant().of_type("kubernetes:azmonitoring.coreos.com/v1:PodMonitor")
        assert len(monitors) >= 4
        for monitor in monitors:
            ((_, told),) = monitor.each("spec.podMetricsEndpoints[*].metricRelabelings")
            assert told == [{"action": "drop", "sourceLabels": ["__name__"], "regex": "|".join(UNREAD)}]
        assert "vllm:cache_config_info" in UNREAD
        assert not set(UNREAD) & series()


class TestTheStacksOwnDeploymentsRaiseNothing:
    """An incident at every deployment is one that nobody reads on the day."""

    @pytest.mark.parametrize("stack", CORE)
    def test_by_the_place_of_what_they_make(self, stack: str) -> None:
        plan = compliant(stack)
        rules = plan.of_type("azure-native:securityinsights:ScheduledAlertRule")
        (rule,) = (rule for rule in rules if rule.name.endswith("resource-made-outside-region"))
        told = re.search(r"Place !in \(([^)]*)\)", str(rule.get("query")))
        assert told
        places = {str(item.get("location")).lower() for item in plan.resources if isinstance(item.get("location"), str)}
        assert places == set(re.findall(r'"([^"]+)"', told[1]))


READING = [rule for rule in detection_rules() if 'PodNamespace == "gateway"' in rule.query]


class TestRulesOfDetectionReadWhatTheGatewayWrites:
    """Two of them once looked for lines that no gateway had ever written."""

    def test_there_are_three(self) -> None:
        assert len(READING) >= 3

    @pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.id)
    def test_its_fields_stand_in_one_kind_of_line(self, rule: DetectionRule, caplog: pytest.LogCaptureFixture) -> None:
        fields = set(re.findall(r"\btold\.(\w+)", rule.query))
        assert fields
        assert any(fields <= set(kind) for kind in (ENVOYS, *lines(caplog)))

    @pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.id)
    def test_its_words_are_those_of_the_line(self, rule: DetectionRule, caplog: pytest.LogCaptureFixture) -> None:
        words = dict(re.findall(r'tostring\(told\.(\w+)\) == "([^"]*)"', rule.query))
        if "event" in words:
            assert words["event"] in {kind["event"] for kind in lines(caplog)}
        if "guard" in words:
            assert words["guard"] in {guard.value for guard in Guard}

    def test_a_line_with_quotes_in_its_words_is_still_json(self) -> None:
        assert line({})["says"] == 'it says "so"'

    def test_the_trace_of_an_exception_is_not_printed(self) -> None:
        error = ValueError("Anna Keller")
        record = logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, error, None)})
        assert "Keller" not in log_lines.Lines().format(record)
