"""What a recorded plan says in place of what only the cloud gives: no change, where it is held against what stands."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from plan.before import OUTPUTS, WITHIN
from plan.model import UNKNOWN, Plan, PlannedResource, Value

_SHORTEST = 6
"""A shorter text may stand in another by chance."""


def without_stand_ins(plan: Plan) -> Plan:
    """The plan with UNKNOWN wherever an input was computed from a principal's id, a random text, an address, ….

    Names and ARM ids are computed, and stay: they are what Azure will have.
    """
    made_up = frozenset(text for resource in plan.resources for text in _made_up(resource))
    if not made_up:
        return plan
    resources = tuple(replace(item, inputs=_veiled_inputs(item.inputs, made_up)) for item in plan.resources)
    return replace(plan, resources=resources)


def _made_up(resource: PlannedResource) -> Iterator[str]:
    own = frozenset(_texts(resource.inputs))
    told: list[Value] = [resource.outputs.get(key) for key in OUTPUTS.get(resource.type, ())]
    if resource.type in WITHIN:
        outer, inner = WITHIN[resource.type]
        found = resource.outputs.get(outer)
        told.append(found.get(inner) if isinstance(found, Mapping) else None)
    for text in _texts(told):
        if len(text) >= _SHORTEST and text not in own:
            yield text


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _veiled_inputs(inputs: Mapping[str, Value], made_up: frozenset[str]) -> dict[str, Value]:
    return {key: _veiled(value, made_up) for key, value in inputs.items()}


def _veiled(value: Value, made_up: frozenset[str]) -> Value:
    if isinstance(value, str):
        return UNKNOWN if any(text in value for text in made_up) else value
    if isinstance(value, Mapping):
        return {key: _veiled(inner, made_up) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_veiled(inner, made_up) for inner in value]
    return value
