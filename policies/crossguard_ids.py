"""Ids and names that the engine does not tell a pack: before a deployment there are none, and rules follow them.

They are what ARM would make of a resource's own names, so that a reference that a plan knows finds its resource, and a
part finds its whole.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plan.arm_ids import arm_id
from plan.arm_types import UnknownType, arm_type
from plan.model import UNKNOWN, PlannedResource, Value

_SUBSCRIPTION = re.compile(r"^/subscriptions/([0-9a-f-]{36})(/|$)")


def with_ids(resources: tuple[PlannedResource, ...]) -> tuple[PlannedResource, ...]:
    """The same resources, with the ids that they will have, as far as their names are known."""
    subscription = _subscription(resources)
    by_urn = {resource.urn: resource for resource in resources}
    resources = tuple(_with_names(resource, by_urn) for resource in resources)
    if subscription is None:
        return resources
    return tuple(_with_id(resource, subscription) for resource in resources)


def _with_id(resource: PlannedResource, subscription: str) -> PlannedResource:
    if not resource.type.startswith("azure-native:") or isinstance(resource.outputs.get("id"), str):
        return resource
    try:
        identifier = arm_id(resource.type, _known(resource), subscription_id=subscription)
    except UnknownType:
        return resource
    return resource if identifier is None else replace(resource, outputs={**resource.outputs, "id": identifier})


def _known(resource: PlannedResource) -> Mapping[str, Value]:
    return {key: value for key, value in resource.inputs.items() if value is not UNKNOWN}


def _with_names(resource: PlannedResource, by_urn: Mapping[str, PlannedResource]) -> PlannedResource:
    """Names that come from another resource put in: `accountName` from the account's own."""
    if not resource.type.startswith("azure-native:"):
        return resource
    found: dict[str, Value] = {}
    for key, value in resource.inputs.items():
        origins = resource.property_dependencies.get(key, ())
        if value is UNKNOWN and key.endswith("Name") and len(origins) == 1:
            name = _own_name(by_urn.get(origins[0]))
            if name is not None:
                found[key] = name
    return replace(resource, inputs={**resource.inputs, **found}) if found else resource


def _own_name(resource: PlannedResource | None) -> str | None:
    if resource is None:
        return None
    try:
        name = resource.inputs.get(arm_type(resource.type).names[-1])
    except UnknownType:
        return None
    return name if isinstance(name, str) else None


def _subscription(resources: Iterable[PlannedResource]) -> str | None:
    """The one that most references of the stack name: a pack is not told the provider's settings."""
    named = Counter(
        match[1]
        for resource in resources
        for text in _texts(dict(resource.inputs))
        if (match := _SUBSCRIPTION.match(text.lower()))
    )
    return named.most_common(1)[0][0] if named else None


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
