"""No secret in the plan: what a program passes on lies in the state, in etcd and in every saved plan."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from plan.file import MASKED
from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from plan.secret_walk import Search
from policies.require import show
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import KEY
from policies.verdict import PASSED, Verdict, not_evaluated, refused

VAULT_SECRET = "azure-native:keyvault:Secret"
KUBERNETES_SECRET = ("kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch")
SECRET_BY_PLACE = {
    VAULT_SECRET: "properties.value",
    "random:index/randomPassword:RandomPassword": "result",
    "azuread:index/applicationPassword:ApplicationPassword": "value",
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword": "value",
}
"""Where a type keeps a secret, whatever it looks like."""
LONGEST_KEY_DAYS = 366
LONGEST_SECRET_DAYS = 90
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:\d+[HMS])+)?")
_MOST_TOLD = 5


@stack_rule(
    "secrets.none-in-the-plan",
    title="No secret stands in the plan in clear",
    severity=Severity.CRITICAL,
    applies_to="*",
    fix="revoke it; use a managed identity, or let the secrets provider read it from Key Vault",
    example="an input or output that holds a private key, an account key, a signed address or a token",
)
def none_in_plan(stack: StackUnderReview) -> Iterable[Judged]:
    """Plan and state are read by everybody who may preview, and kept: a secret in them is known to all, for good."""
    search = Search()
    for resource in stack.plan.resources:
        told = _told(search, {"inputs": resource.inputs, "outputs": resource.outputs})
        if not told and _in_its_place(resource):
            told = [f"{SECRET_BY_PLACE[resource.type]}: a secret by its place"]
        yield resource, _verdict(told)
    yield None, _verdict(_told(search, {"outputs": stack.plan.outputs}))


def _told(search: Search, value: Mapping[str, Value]) -> list[str]:
    found = ((path.removeprefix("."), hit) for path, hit in search.each(value))
    return list(dict.fromkeys(f"{path}: {hit.what} ({hit.preview})" for path, hit in found))


def _in_its_place(resource: PlannedResource) -> bool:
    path = SECRET_BY_PLACE.get(resource.type)
    values: list[Value] = []
    if path is not None:
        seen = PlannedResource(urn="", type=resource.type, name="", inputs=resource.outputs)
        values = [resource.get(path), seen.get(path)]
    return any(isinstance(value, str) and value not in ("", MASKED) for value in values)


def _verdict(told: list[str]) -> Verdict:
    if not told:
        return PASSED
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return refused("; ".join(told[:_MOST_TOLD]) + more)


@rule(
    "secrets.no-kubernetes-secrets",
    title="The plan makes no Kubernetes Secret",
    severity=Severity.CRITICAL,
    applies_to=KUBERNETES_SECRET,
    fix="name the object in a SecretProviderClass: the driver mounts it from Key Vault, and follows its rotation",
    example="a Secret with stringData",
)
def no_kubernetes_secrets(secret: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A Secret's content lies in the state and in etcd, base64 hides nothing, and nobody rotates it."""
    held = [key for key in ("data", "stringData") if secret.get(key) not in (MISSING, {}, "")]
    if held:
        return refused(f"holds {' and '.join(held)}")
    kind = secret.get("type")
    if kind is UNKNOWN:
        return not_evaluated("type is known only after deployment")
    if kind == "kubernetes.io/service-account-token":
        return refused("asks for a token that never ends")
    return PASSED


@rule(
    "secrets.rotate",
    title="Keys change at least once a year, and secrets end within 90 days",
    severity=Severity.HIGH,
    applies_to=(KEY, VAULT_SECRET),
    fix="give the key a rotationPolicy of a year or less, and the secret properties.attributes.expires within 90 days",
    example="a key that rotates after three years, or a secret without an end",
)
def rotate(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What leaks unseen is worth something until it changes."""
    return _key_rotates(item) if item.type == KEY else _secret_ends(item, stack.as_of)


def _key_rotates(key: PlannedResource) -> Verdict:
    policy = key.get("properties.rotationPolicy")
    if policy is UNKNOWN:
        return not_evaluated("properties.rotationPolicy is known only after deployment")
    life = days(key.get("properties.rotationPolicy.attributes.expiryTime"))
    after: list[float] = []
    for path, kind in key.each("properties.rotationPolicy.lifetimeActions[*].action.type"):
        if UNKNOWN in (kind, key.get("properties.rotationPolicy.lifetimeActions")):
            return not_evaluated(f"{path} is known only after deployment")
        if str(kind).casefold() != "rotate":
            continue
        trigger = path.removesuffix(".action.type") + ".trigger"
        created, before = (days(key.get(f"{trigger}.{name}")) for name in ("timeAfterCreate", "timeBeforeExpiry"))
        if created is not None:
            after.append(created)
        elif before is not None and life is not None:
            after.append(life - before)
    if not after:
        return refused("properties.rotationPolicy names no time after which the key rotates")
    soonest = min(after)
    return PASSED if 0 < soonest <= LONGEST_KEY_DAYS else refused(f"rotates after {soonest:g} days, not within a year")


def _secret_ends(secret: PlannedResource, today: date) -> Verdict:
    path = "properties.attributes.expires"
    ends = secret.get(path)
    if ends is UNKNOWN:
        return not_evaluated(f"{path} is known only after deployment")
    if not isinstance(ends, int | float) or isinstance(ends, bool):
        return refused(f"{path} is {show('not set' if ends is MISSING else ends)}; it must be a time within 90 days")
    # A deployed secret's life is counted from its making, a planned one's from today.
    made = PlannedResource(urn="", type="", name="", inputs=secret.outputs).get("properties.attributes.created")
    begun = _day(made) if isinstance(made, int | float) else today
    left, life = (_day(ends) - today).days, (_day(ends) - min(begun, today)).days
    if left < 0:
        return refused(f"ended {-left} days ago, and nobody replaced it")
    return PASSED if life <= LONGEST_SECRET_DAYS else refused(f"lives {life} days; allowed: {LONGEST_SECRET_DAYS}")


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, tz=UTC).date()


def days(duration: Value) -> float | None:
    """An ISO 8601 duration in days, a month as a twelfth of a year; None where it is none."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if match is None or duration in ("P", "PT"):
        return None
    years, months, weeks, single = (int(part or 0) for part in match.groups())
    return years * 365 + months * 365 / 12 + weeks * 7 + single
