"""Safe fixes: inputs as they should be, where there is one right value and nobody can rely on another.

A fix is offered only where the rule refuses the resource, nobody is exempt from it, and the rule passes afterwards:
half a cure is none. What is unknown is left alone. Nothing here changes anything: CrossGuard does, where its
configuration says `remediate`, and a person does, with `bailiwick check --fix-suggestions`.
"""

from collections.abc import Mapping
from dataclasses import replace

from plan.file import MASKED
from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.require import same
from policies.review import StackUnderReview, settle
from policies.rule import Rule, applies
from policies.verdict import Outcome

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks a special value, such as a secret, in Pulumi's wire format: nothing is written inside one."""


def remedied(rule: Rule, resource: PlannedResource, stack: StackUnderReview) -> Mapping[str, Value] | None:
    """What to change of a resource so that a rule passes, by dotted path; None where there is no safe fix."""
    if rule.remediate is None or rule.resource_check is None or not applies(rule, resource.type):
        return None
    finding = settle(rule, resource, rule.resource_check(resource, stack), stack)
    if finding is None or finding.state != Outcome.REFUSED.value:
        return None
    wanted = rule.remediate(resource, stack)
    changes = {path: value for path, value in wanted.items() if not same(resource.get(path), value)}
    inputs = applied(resource.inputs, changes)
    if not changes or inputs is None or any(resource.get(path) == MASKED for path in changes):
        return None
    cured = rule.resource_check(replace(resource, inputs=inputs), stack)
    return changes if cured.outcome is Outcome.PASSED else None


def applied(inputs: Mapping[str, Value], changes: Mapping[str, Value]) -> dict[str, Value] | None:
    """A copy of inputs with other values; None where the way to one leads through what is unknown or secret."""
    copy = dict(inputs)
    for path, value in changes.items():
        if not _put(copy, path.split("."), value):
            return None
    return copy


def _put(inside: dict[str, Value], parts: list[str], value: Value) -> bool:
    if _SIGNATURE in inside:
        return False
    part, rest = parts[0], parts[1:]
    found = inside.get(part, MISSING)
    if not rest:
        inside[part] = value
        return found is not UNKNOWN and not (isinstance(found, Mapping) and _SIGNATURE in found)
    if found is MISSING or found is None:
        found = {}
    if not isinstance(found, Mapping):
        return False
    inside[part] = below = dict(found)
    return _put(below, rest, value)
