"""What alerts, levels and dashboards ask Prometheus for: expressions, and the series in them."""

from collections.abc import Iterator
from typing import Any

import promql_parser

from components.service_levels import PLAIN
from components.tables import table

PARTS = ("expr", "lhs", "rhs", "vector_selector")


def expressions() -> dict[str, str]:
    """All that anybody asks Prometheus for, by where it stands."""
    found = {f"alert {name}": expression for name, (expression, *_) in PLAIN.items()}
    for level in table("service_levels.yaml"):
        found |= {f"level {level['name']}, {part}": level[part].replace("$window", "5m") for part in ("bad", "all")}
    for board in table("dashboards.yaml"):
        for panel in board["panels"]:
            for number, text in enumerate(panel["expressions"]):
                found[f"panel {panel['title']} {number}"] = text
    return found


def asked(node: Any, labels: frozenset[str] = frozenset()) -> Iterator[tuple[str, frozenset[str]]]:  # noqa: ANN401 no types
    """Series and the labels by which they are chosen or summed."""
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        labels |= frozenset(node.modifier.labels)
    if isinstance(node, promql_parser.VectorSelector):
        yield str(node.name), labels | {matcher.name for matcher in node.matchers.matchers}
    for part in PARTS:
        if hasattr(node, part):
            yield from asked(getattr(node, part), labels)
    for argument in getattr(node, "args", ()):
        yield from asked(argument, labels)


def series() -> set[str]:
    """The names of all."""
    return {name for text in expressions().values() for name, _ in asked(promql_parser.parse(text))}
