"""Compliant plans of the committed stacks, and the means to break exactly one thing in a copy."""

import copy
import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from cli.planning import ROOT, plan_stack
from config import parse
from pipeline.changed import NOT_PLANNED
from plan import stacks
from plan.file import read, to_json
from plan.model import Plan, PlannedResource
from policies.crossguard_ids import with_ids

SHARED = "BAILIWICK_TEST_PLANS"
"""Environment variable with the folder of plans that the workers of one run share."""
REFUSED = frozenset(NOT_PLANNED)
"""Stacks that can't be planned for want of a fact."""
STACKS = tuple(stack for stack in stacks.available(ROOT) if stack not in REFUSED)


CORE = ("eu-dev", "eu-prod", "uk-prod", "usgov-prod")
"""One of each kind: dev, Front Door, regional portal, another cloud. What holds for these is not tried on the rest."""


@lru_cache(maxsize=32)
def compliant(stack: str = "eu-prod") -> Plan:
    """The committed stack's plan, recorded once per test run: workers share it by its file."""
    return _recorded(stack, before=False)


@lru_cache(maxsize=8)
def first_preview(stack: str = "eu-prod") -> Plan:
    """The committed stack as the engine records it before anything exists."""
    return _recorded(stack, before=True)


@lru_cache(maxsize=8)
def before_deployment(stack: str = "eu-prod") -> Plan:
    """The committed stack as the engine's first preview tells it to a pack: no ids, and inputs as outputs."""
    plan = first_preview(stack)
    told = tuple(replace(r, provider=None, outputs={**r.inputs, **r.outputs}) for r in plan.resources)
    return replace(plan, resources=with_ids(told))


def _recorded(stack: str, *, before: bool) -> Plan:
    def record() -> Plan:
        plan, faults = plan_stack(stack, before=before)
        assert not faults
        return plan

    return _once(f"{stack}-before" if before else stack, record)


def recorded_with(name: str, stack: str, values: Mapping[str, object]) -> Plan:
    """The plan of a stack whose file has these values, recorded once per test run under a name of its own."""

    def record() -> Plan:
        from plan.recorder import record_program

        config, faults = parse(stack, values)
        assert config is not None
        assert faults == ()
        return record_program(
            ROOT / "__main__.py",
            stack,
            stacks.as_pulumi_hands_them(dict(values)),
            subscription_id=config.subscription_id,
            tenant_id=config.tenant_id,
        )

    return _once(f"{stack}-{name}", record)


def _once(name: str, record: Callable[[], Plan]) -> Plan:
    folder = Path(os.environ[SHARED])
    path = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_text(to_json(record()), encoding="utf-8")
    return read(path)


def token(short: str) -> str:
    """`storage:StorageAccount` for `azure-native:storage:StorageAccount`."""
    return (
        short if short.startswith(("azure-native:", "kubernetes:", "random:", "azuread:")) else f"azure-native:{short}"
    )


Matches = Callable[[PlannedResource], bool]


def where(**wanted: object) -> Matches:
    """Resources whose inputs have these values; `__` stands for a dot."""
    return lambda resource: all(resource.get(key.replace("__", ".")) == value for key, value in wanted.items())


def changed(plan: Plan, short: str, path: str, value: object, only: Matches | None = None) -> Plan:
    """A copy in which the first matching resource has another value at a path; None removes it."""
    target = next(r for r in plan.of_type(token(short)) if only is None or only(r))
    inputs = copy.deepcopy(dict(target.inputs))
    _put(inputs, path.split("."), value)
    # A value that is changed by hand comes from nowhere: what it was computed from no longer speaks for it.
    dependencies = {k: v for k, v in target.property_dependencies.items() if k != path.split(".")[0]}
    return swapped(plan, target, replace(target, inputs=inputs, property_dependencies=dependencies))


def swapped(plan: Plan, old: PlannedResource, new: PlannedResource) -> Plan:
    """A copy with one resource in place of another."""
    return replace(plan, resources=tuple(new if r.urn == old.urn else r for r in plan.resources))


def without(plan: Plan, *shorts: str, only: Matches | None = None) -> Plan:
    """A copy without the resources of some types."""
    tokens = {token(short) for short in shorts}
    return replace(
        plan, resources=tuple(r for r in plan.resources if r.type not in tokens or (only is not None and not only(r)))
    )


def added(plan: Plan, short: str, inputs: Mapping[str, Any], identifier: str = "/made/by/hand") -> Plan:
    """A copy with one more resource."""
    kind = token(short)
    extra = PlannedResource(
        urn=f"urn:pulumi:{plan.stack}::{plan.project}::{kind}::by-hand",
        type=kind,
        name="by-hand",
        inputs=inputs,
        outputs={"id": identifier},
    )
    return replace(plan, resources=(*plan.resources, extra))


def _put(value: Any, parts: list[str], wanted: object) -> None:  # noqa: ANN401 JSON of any shape
    part, rest = (int(parts[0]) if isinstance(value, list) else parts[0]), parts[1:]
    if rest:
        if isinstance(value, dict):
            value.setdefault(part, {})
        _put(value[part], rest, wanted)
    elif wanted is None and isinstance(value, dict):
        value.pop(part, None)
    else:
        value[part] = wanted
