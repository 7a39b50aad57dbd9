"""The exported plan against the resource manager's own types, as Microsoft publishes them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from plan.arm_export import UNKNOWN_MARK, to_arm
from plan.arm_types import arm_types
from tests.plans import CORE, compliant

SHAPES: Mapping[str, object] = json.loads(Path(__file__).with_name("arm_shapes.json").read_text(encoding="utf-8"))
OUTSIDE = ("id", "type", "apiVersion", "dependsOn")
"""Keys of the export that are no part of a body."""


def _faults(shape: object, value: object, path: str) -> Iterator[str]:
    if shape == "*" or value == UNKNOWN_MARK:
        return
    if isinstance(shape, dict):
        yield from _faults_of_object(shape, value, path)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} is {type(value).__name__}, not a list"
            return
        for index, item in enumerate(value):
            yield from _faults(shape[0], item, f"{path}[{index}]")
    elif not _fits(str(shape), value):
        yield f"{path} is {value!r}, not {_WORDS.get(str(shape), f'one of {str(shape)[1:]}')}"


_WORDS = {"i": "a whole number", "b": "a truth value", "s": "text"}


def _fits(kind: str, value: object) -> bool:
    if kind in ("i", "b"):
        return type(value) is (int if kind == "i" else bool)
    closed = kind[1:].casefold().split("|") if kind.startswith("=") else None
    return isinstance(value, str) and (closed is None or value.casefold() in closed)


def _faults_of_object(shape: Mapping[str, object], value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is {type(value).__name__}, not an object"
        return
    (first, variants), *_ = [*shape.items(), ("", {})]
    if first.startswith("?"):
        assert isinstance(variants, dict)
        chosen = variants.get(value.get(first[1:]))
        if chosen is None:
            yield f"{path}.{first[1:]} is {value.get(first[1:])!r}, not one of {', '.join(variants)}"
        else:
            yield from _faults(chosen, value, path)
        return
    names = {name.rstrip("!"): name for name in shape}
    for name, inner in value.items():
        if name in names or "*" in shape:
            yield from _faults(shape[names.get(name, "*")], inner, f"{path}.{name}")
        else:
            yield f"{path}.{name} is no property that can be written"
    yield from (f"{path}.{name[:-1]} is missing" for name in shape if name[-1] == "!" and name[:-1] not in value)


def _of_stack(stack: str) -> list[str]:
    found: list[str] = []
    resources = to_arm(compliant(stack).resources, subscription_id="s")["resources"]
    assert isinstance(resources, list)
    for resource in resources:
        found += _of_resource(resource)
        for inner in _nested(resource):
            # A template may also make what no published type describes: a rule holds which types.
            if f"{inner['type']}@{inner['apiVersion']}" in SHAPES:
                found += _of_resource(inner)
    return found


def _of_resource(resource: Mapping[str, Any]) -> Iterator[str]:
    shape = SHAPES[f"{resource['type']}@{resource['apiVersion']}"]
    body = {key: value for key, value in resource.items() if key not in OUTSIDE}
    # Microsoft's types know a part of something by its own name alone.
    body["name"] = body["name"].rpartition("/")[2]
    yield from _faults(shape, body, resource["type"])


def _nested(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a deployment's own template makes."""
    if resource["type"] != "Microsoft.Resources/deployments":
        return []
    return list(resource["properties"]["template"]["resources"])


class TestTheExportIsWhatTheResourceManagerTakes:
    """A scanner that meets a body in another shape finds nothing in it, and calls it clean."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_body_of_every_stack_has_the_published_shape(self, stack: str) -> None:
        assert _of_stack(stack) == []

    def test_a_nested_template_is_exported_whole_and_its_snapshot_has_the_published_shape(self) -> None:
        exported = to_arm(compliant("eu-prod").resources, subscription_id="s")["resources"]
        assert isinstance(exported, list)
        nested = [inner for resource in exported for inner in _nested(resource)]
        (snapshot,) = [inner for inner in nested if f"{inner['type']}@{inner['apiVersion']}" in SHAPES]
        assert list(_of_resource(snapshot)) == []
        wrong = {**snapshot, "properties": {**snapshot["properties"], "retentionPeriod": "90 days", "filters": {}}}
        assert len(list(_of_resource(wrong))) == 2

    def test_every_listed_type_has_its_shape(self) -> None:
        missing = {f"{entry.type}@{entry.api}" for entry in arm_types().values()} - set(SHAPES)
        assert missing == set(), "run tests/plan/distil_arm_shapes.py"

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"location": 1}, "location is 1, not text"),
            ({"propertise": {}}, "propertise is no property"),
            ({"properties": {"retentionInDays": "90"}}, "'90', not a whole number"),
            ({"properties": []}, "not an object"),
            ({}, "location is missing"),
        ],
    )
    def test_a_body_in_another_shape_is_found_out(self, body: dict[str, object], fault: str) -> None:
        (shape,) = [
            held for name, held in SHAPES.items() if name.startswith("Microsoft.OperationalInsights/workspaces@")
        ]
        assert any(fault in found for found in _faults(shape, {"location": "x", **body} if body else body, "workspace"))
