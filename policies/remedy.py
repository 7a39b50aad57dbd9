"""Safe fixes: inputs as they should be, where there is one right value and nobody can rely on another.

A fix is offered only where the rule refuses the resource, nobody is exempt from it, and the rule passes afterwards:
half a cure is none. What is unknown is left alone. Nothing here changes anything: CrossGuard does, where its
configuration says `remediate`, and a person does, with `bailiwick check --fix-suggestions`.

Left to a person, though a check may ask for one value:

- what Azure sets only when a thing is made, so that another value makes it anew, without what it held: a store's second
  encryption, keys of databases, zones and disks, the cluster's network, addresses of its nodes, a default scope;
- what can't be turned back: locked immutability, soft delete that is always on, a module's purge protection, the
  cluster's issuer of tokens;
- who has a right, and how a person signs in: groups, roles, identities, reviews, conditional access;
- what somebody wrote down or made for somebody: addresses, exclusions, scripts, routes, volumes, whatever a rule wants
  gone;
- what judges content, or acts by itself, and has been off: web firewall, intrusion prevention, policy in the
  subscription, a playbook. Somebody looks first at what it would have stopped;
- what deletes: retention, lifecycles, untagged images; a key that was switched off;
- what costs, or has several right values: tiers, sizes, copies, days, regions, names.

What a pod may do is written though it may lean on it: a pod that can't do without fails as it starts, in a rollout that
keeps the old one until then. Purge protection of a vault or a prompt store can't be turned back either, and is written:
it takes nothing away but the way to destroy at once.
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
    try:
        return _remedied(rule, resource, stack)
    except Exception:  # noqa: BLE001 the rule itself reports what it can't judge
        return None


def _remedied(rule: Rule, resource: PlannedResource, stack: StackUnderReview) -> Mapping[str, Value] | None:
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
    """A copy of inputs with other values; None where the way to one leads through what is unknown or secret.

    A number in a path is an element of a list; elements are never added.
    """
    copy = dict(inputs)
    for path, value in changes.items():
        if not _put(copy, path.split("."), value):
            return None
    return copy


def _put(inside: dict[str, Value] | list[Value], parts: list[str], value: Value) -> bool:
    part, rest = parts[0], parts[1:]
    if isinstance(inside, list):
        if not part.isdigit() or int(part) >= len(inside):
            return False
        found = inside[int(part)]
    else:
        if _SIGNATURE in inside or part.isdigit():
            return False
        found = inside.get(part, MISSING)
    if not rest:
        below = value
        fine = found is not UNKNOWN and not (isinstance(found, Mapping) and _SIGNATURE in found)
    else:
        copy = _copied(found)
        below, fine = copy, copy is not None and _put(copy, rest, value)
    if fine and isinstance(inside, list):
        inside[int(part)] = below
    elif fine and isinstance(inside, dict):
        inside[part] = below
    return fine


def _copied(found: Value) -> dict[str, Value] | list[Value] | None:
    """What can be written into, as a copy; None for what holds no parts, as far as anybody knows."""
    if found is MISSING or found is None:
        return {}
    if isinstance(found, Mapping):
        return dict(found)
    return list(found) if isinstance(found, list | tuple) else None
