"""ConfigMaps in a plan, and the files that they hold."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plan.model import PlannedResource
from policies.review import StackUnderReview
from policies.rule import Judged
from policies.verdict import Verdict, refused

CONFIG = "kubernetes:core/v1:ConfigMap"
GATEWAY_FILE = "gateway.json"
"""The gateway's settings."""
UNREADABLE = "gateway.json is not of the form that the gateway reads"


def file_of(config: PlannedResource, name: str) -> str | None:
    """The text of one file; None where it has no such, or nobody can read it yet."""
    data = config.get("data")
    text = data.get(name) if isinstance(data, dict) else None
    return text if isinstance(text, str) else None


def gateways(
    stack: StackUnderReview, space: str | None = None
) -> Iterator[tuple[PlannedResource, Mapping[str, Any] | None]]:
    """The settings of every gateway, or of those in a namespace; None where they are no mapping: to be refused."""
    for config in stack.of_type(CONFIG):
        text = file_of(config, GATEWAY_FILE)
        if text is not None and space in (None, config.get("metadata.namespace")):
            yield config, _mapping(text)


def each_gateway(
    stack: StackUnderReview, judge: Callable[[Mapping[str, Any]], Verdict], space: str | None = None
) -> Iterator[Judged]:
    """The same, with the verdict on the settings; those that are no mapping are refused."""
    for config, settings in gateways(stack, space):
        yield config, refused(UNREADABLE) if settings is None else judge(settings)


def _mapping(text: str) -> Mapping[str, Any] | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
