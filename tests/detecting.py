"""eu-prod with a model for names beside its gateway: no committed stack has one."""

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cli.planning import ROOT
from config import Fault, StackConfig, parse
from plan import stacks
from plan.model import Plan
from tests.plans import recorded_with

STACK = "eu-prod"
REPOSITORY, DIGEST = "hospital/names", f"sha256:{'5' * 64}"
DETECTOR: Mapping[str, Any] = {
    "image": f"acrbweuprod.azurecr.io/{REPOSITORY}@{DIGEST}",
    "seconds": 1.5,
    "cpu": "4",
    "memory": "6Gi",
}


def values(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 a section of a stack file
    """The stack file's, with a detector that has these changes."""
    return with_gateway(detector={**DETECTOR, **changes})


def with_gateway(**dials: Any) -> dict[str, Any]:  # noqa: ANN401 as above
    """The stack file's, with these dials of the gateway's."""
    found: dict[str, Any] = copy.deepcopy(dict(stacks.values(ROOT, STACK)))
    found["bailiwick:gateway"] |= dials
    return found


def parsed(told: Mapping[str, object]) -> tuple[StackConfig | None, dict[str, Fault]]:
    """Read, with its faults by key."""
    config, faults = parse(STACK, told)
    return config, {fault.key.removeprefix("bailiwick:gateway."): fault for fault in faults}


@lru_cache(maxsize=1)
def detecting() -> Plan:
    """Its plan, recorded once per test run."""
    return recorded_with("detecting", STACK, values())
