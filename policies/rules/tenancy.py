"""Tenants: several controllers' patients on one platform, and nothing of one's within another's reach."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from plan.model import PlannedResource
from policies.config_maps import CONFIG, UNREADABLE
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.callers import APPLICATION, PRINCIPAL, ROLE, ROLE_ASSIGNMENT, held_roles
from policies.rules.workload_objects import PROVIDER
from policies.tenants import SHARED, Told, space_of, spaces, told
from policies.types import CONTAINER, NAMESPACE, STORAGE
from policies.verdict import PASSED, Verdict, refused, refused_for

SALT = "/run/certificates/salt-"
_USE_CASE = re.compile(r"^use-case\.([a-z0-9-]+)\.")
PATIENTS = frozenset({"prompts", "documents"})
"""Containers of what patients said, and of what is known of them."""


@stack_rule(
    "tenancy.routes-stay-with-their-tenant",
    title="The gateway sends a tenant to its own model servers, or to those that all share, and to no other tenant's",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, NAMESPACE),
    fix="name tenants and their use cases under bailiwick:tenants; components/tenancy.py makes the routes",
    example="a route of one tenant to inference-<another>-clinical-notes",
)
def routes_stay(stack: StackUnderReview) -> Iterable[Judged]:
    """What a model has read of one tenant's patients is in its memory; only a route keeps another from asking."""
    known = spaces(stack)
    for gateway in told(stack):
        yield gateway.config, _routes(gateway, known, partial=stack.partial)


def _routes(gateway: Told, known: Mapping[str, tuple[str, str]], *, partial: bool) -> Verdict:
    if not gateway.readable:
        return refused(UNREADABLE)
    said = []
    if gateway.tenants and gateway.everybody:
        said.append(f"routes who speaks for no tenant to {', '.join(sorted(gateway.everybody))}")
    for tenant in gateway.tenants:
        for use_case, url in gateway.routes(tenant).items():
            whose, what = known.get(space_of(url), ("nobody", "nothing"))
            if space_of(url) not in known and partial:
                continue
            if whose not in (tenant, SHARED) or what != use_case:
                said.append(f"sends {tenant}'s {use_case} to {space_of(url)}, which is {whose}'s {what}")
    for name, (whose, _) in known.items():
        if whose not in (SHARED, *gateway.tenants) and not partial:
            said.append(f"knows no tenant {whose}, whose namespace {name} is")
    return refused_for(said)


@stack_rule(
    "tenancy.caches-are-salted",
    title="Each tenant's share of a prefix cache is salted by a secret of its own, which comes from the vault",
    severity=Severity.CRITICAL,
    applies_to=(CONFIG, PROVIDER),
    fix="leave cacheSalt to components/tenancy.py, and put salt-<tenant> into the vault of certificates",
    example="two tenants with one cacheSalt",
)
def caches_salted(stack: StackUnderReview) -> Iterable[Judged]:
    """Without it, the time to the first token tells one tenant what another has asked of the same servers."""
    mounted = {name for provider in stack.of_type(PROVIDER) for name in _objects(provider)}
    for gateway in told(stack):
        said = []
        for tenant, settings in gateway.tenants.items():
            salt = settings.get("cacheSalt")
            if salt != f"{SALT}{tenant}":
                # A value in place of a file would be a secret in the plan: it is not repeated here.
                said.append(f"the salt of {tenant} is not the file {SALT}{tenant}")
            elif f"salt-{tenant}" not in mounted and not stack.partial:
                said.append(f"salt-{tenant} is not among what is mounted from the vault")
        yield gateway.config, refused_for(said)


def _objects(provider: PlannedResource) -> Iterator[str]:
    yield from re.findall(r'objectName\\*"\s*:\s*\\*"([a-z0-9-]+)', str(provider.get("spec.parameters.objects")))


@stack_rule(
    "tenancy.callers-speak-for-one",
    title="Where there are tenants, a caller speaks for one of them, and asks for what that one is served",
    severity=Severity.CRITICAL,
    applies_to=(ROLE_ASSIGNMENT, APPLICATION, ROLE, PRINCIPAL, CONFIG),
    fix="set tenant of the caller under bailiwick:callers: one, never several",
    example="a caller with the roles tenant.north and tenant.south",
)
def callers_for_one(stack: StackUnderReview) -> Iterable[Judged]:
    """The gateway takes the tenant from the token, and never from what the request says."""
    gateways = [gateway for gateway in told(stack) if gateway.readable]
    tenants = {name for gateway in gateways for name in gateway.tenants}
    for principal, held in held_roles(stack):
        asked = {found[1] for value in held if (found := _USE_CASE.match(value))}
        for_whom = {value.removeprefix("tenant.") for value in held if value.startswith("tenant.")}
        if not asked and not for_whom:
            continue
        yield principal, _speaks(asked, for_whom, tenants, gateways, partial=stack.partial)


def _speaks(asked: set[str], for_whom: set[str], tenants: set[str], gateways: list[Told], *, partial: bool) -> Verdict:
    if partial and not gateways:
        return PASSED if len(for_whom) <= 1 else refused(f"speaks for {', '.join(sorted(for_whom))}")
    if not tenants:
        return refused(f"speaks for {', '.join(sorted(for_whom))}, and the gateway knows none") if for_whom else PASSED
    if len(for_whom) != 1:
        return refused(f"speaks for {', '.join(sorted(for_whom)) or 'no tenant'}; the gateway knows tenants")
    tenant = next(iter(for_whom))
    served = {name for gateway in gateways for name in gateway.routes(tenant)}
    beyond = sorted(asked - served)
    return refused(f"asks for {', '.join(beyond)}, which {tenant} is not served") if beyond else PASSED


@stack_rule(
    "tenancy.stores-have-keys-of-their-own",
    title="Each tenant's patient data lies in a store of its own, under a key that opens no other tenant's",
    severity=Severity.CRITICAL,
    applies_to=(STORAGE, CONTAINER, CONFIG),
    fix="leave the stores of tenants to components/model_store.py",
    example="two tenants' accounts with one keyName",
)
def stores_apart(stack: StackUnderReview) -> Iterable[Judged]:
    """A tenant that leaves takes its key with it; and who breaks into one store reads one tenant's."""
    tenants = {name for gateway in told(stack) for name in gateway.tenants}
    held: dict[str, set[str]] = defaultdict(set)
    accounts = [(account, _tag(account)) for account in stack.of_type(STORAGE)]
    for account, tenant in accounts:
        held[_key(account)].add(tenant)
    for account, tenant in accounts:
        if tenant:
            others = sorted(other or "the stack" for other in held[_key(account)] - {tenant})
            told_apart = PASSED if not others else refused(f"its key also opens the store of {', '.join(others)}")
            known = tenant in tenants or stack.partial
            yield account, told_apart if known else refused(f"is of tenant {tenant}, whom the gateway does not know")
    containers = stack.parts(CONTAINER, "accountName", STORAGE, "accountName") if tenants else {}
    for account, tenant in accounts:
        for container in () if tenant else containers.get(account.urn, ()):
            if str(container.get("containerName")).removesuffix("-copy") in PATIENTS:
                yield container, refused("holds several tenants' patient data: its account is of no tenant")
    own = {tenant for _, tenant in accounts}
    for gateway in told(stack):
        without = sorted(set(gateway.tenants) - own)
        if without and not stack.partial:
            yield gateway.config, refused(f"no store is of {', '.join(without)}")


def _tag(account: PlannedResource) -> str:
    return str(account.get("tags.tenant")) if isinstance(account.get("tags.tenant"), str) else ""


def _key(account: PlannedResource) -> str:
    properties = "encryption.keyVaultProperties"
    return f"{account.get(f'{properties}.keyVaultUri')} {account.get(f'{properties}.keyName')}"
