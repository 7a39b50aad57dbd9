"""Plans made up by hypothesis, and a difference applied to one."""

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from plan.diff.model import ORDER, PROTECT, Difference, Element, Kind, PropertyChange
from plan.model import MISSING, Plan, PlannedResource, Value

TYPES = (
    "azure-native:storage:StorageAccount",
    "azure-native:keyvault:Key",
    "azure-native:network:Subnet",
    "kubernetes:apps/v1:Deployment",
    "acme:shop:Shop",
)
WORDS = st.text(alphabet="abcxyz.[]- é", max_size=6)
KEYS = st.sampled_from(("isHnsEnabled", "spec", "tags", "a.b", "items", "x", "id", "name"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd"), "x": inner}), max_size=3)
    ),
    max_leaves=8,
)


def resource(token: str, name: str, inputs: Mapping[str, Value], *, protect: bool = False) -> PlannedResource:
    """One, of stack eu-prod."""
    urn = f"urn:pulumi:eu-prod::bailiwick::{token}::{name}"
    return PlannedResource(urn=urn, type=token, name=name, inputs=inputs, protect=protect)


def plan(*resources: PlannedResource, stack: str = "eu-prod") -> Plan:
    """A plan of these."""
    return Plan(project="bailiwick", stack=stack, jurisdiction="eu", resources=tuple(resources))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A few resources of a few types, whose names two plans are likely to share."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from("abc")), unique=True, max_size=6))
    inputs = st.dictionaries(KEYS, VALUES, max_size=4)
    return plan(*(resource(token, name, draw(inputs), protect=draw(st.booleans())) for token, name in pairs))


def applied(found: Difference) -> dict[str, Mapping[str, Value]]:
    """Inputs by URN that come of the earlier plan when the difference is applied to it."""
    result: dict[str, Any] = {item.urn: copy.deepcopy(dict(item.inputs)) for item in found.before.resources}
    for change in found.changes:
        if change.kind is Kind.DELETED:
            del result[change.resource.urn]
        elif change.after is not None and change.before is None:
            result[change.resource.urn] = copy.deepcopy(dict(change.after.inputs))
        else:
            # The order of a list comes last: it is of the elements that are there then.
            for item in sorted((one for one in change.properties if one.steps != (PROTECT,)), key=_is_order):
                result[change.resource.urn] = _put(result[change.resource.urn], list(item.steps), item)
            result[change.resource.urn] = _without_holes(result[change.resource.urn])
    return result


def _is_order(item: PropertyChange) -> bool:
    return item.steps[-1] == ORDER


def _put(value: Any, steps: list[Any], item: PropertyChange) -> Any:  # noqa: ANN401 JSON of any shape
    if not steps:
        return item.after
    step, rest = steps[0], steps[1:]
    if step == ORDER and isinstance(item.after, list):
        names = list(item.after)
        return sorted((one for one in value if one is not MISSING), key=lambda one: names.index(_name(one, names)))
    if isinstance(step, Element):
        at = next((i for i, one in enumerate(value) if one is not MISSING and one[step.key] == step.name), len(value))
        step = at
    if isinstance(step, int):
        grown = [*value, *[MISSING] * (step + 1 - len(value))]
        grown[step] = _put(grown[step], rest, item)
        return grown
    if isinstance(value, dict):
        return {**value, step: _put(value.get(step, MISSING), rest, item)}
    return value


def _name(one: Mapping[str, str], names: list[str]) -> str:
    return next(value for key in ("name", "key", "id", "ruleName") if (value := one.get(key, "")) in names)


def _without_holes(value: Any) -> Any:  # noqa: ANN401 JSON of any shape
    if isinstance(value, dict):
        return {key: _without_holes(inner) for key, inner in value.items() if inner is not MISSING}
    if isinstance(value, list):
        return [_without_holes(inner) for inner in value if inner is not MISSING]
    return value
