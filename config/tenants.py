"""Whose patients the stack serves: tenants, each a controller of its own data, and what keeps them apart.

A stack without this section has one controller. With it, every tenant has its own model servers in namespaces of its
own, its own store under its own key, and callers that speak for it alone; only a use case that says `shared` lets
tenants meet on a model's servers, told apart by the salt of its prefix cache (docs/adr/0033).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from config.canary import gpus_of
from config.faults import Fault
from config.gpu import Gpu
from config.section import Label, Origin, Section, dial
from config.use_case import UseCase

TenantName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,11}$")]
"""Part of namespaces and of a storage account's name, which takes 24 characters and no dash."""
SHARED = "shared"
"""What serves everybody says that it is this tenant's; so no tenant may be called so."""
LONGEST_SPACE = 63
"""Characters of a namespace: kubernetes.io/docs/concepts/overview/working-with-objects/names (RFC 1123 label)."""


class Tenant(Section):
    """One controller whose patients' data the stack holds: a hospital of the group, a trust, a practice."""

    name: TenantName = dial(
        "Two to twelve lower-case letters and digits; part of namespaces, keys and stores.",
        "one tenant's requests can't be told from another's",
    )
    controller: str = dial(
        "The legal entity that decides over the data (GDPR Art. 4(7); HIPAA 45 CFR § 160.103, covered entity).",
        "nobody can say whose data lies where, or who must be told of a breach",
        min_length=3,
        max_length=120,
    )
    use_cases: tuple[Label, ...] = dial("Use cases that it is served.", "nothing to ask", min_length=1)
    requests_per_minute: int = dial(
        "Most requests of all its callers together, in a minute.",
        "one tenant's burst is every other's outage",
        ge=1,
        le=100_000,
    )
    origins: tuple[Origin, ...] = dial(
        "Its pages that may call from a browser, by the portal's listener, each by its origin.",
        "another tenant's page, or anybody's, could ask with this one's token",
        default=(),
    )


@dataclass(frozen=True, kw_only=True)
class Served:
    """A use case as it stands in the cluster: for one tenant, or for everybody."""

    item: UseCase
    tenant: str
    """Its tenant, or `SHARED`."""

    @property
    def space(self) -> str:
        """Its namespace."""
        parts = ("inference", *(() if self.tenant == SHARED else (self.tenant,)), self.item.name)
        return "-".join(parts)


def served(use_cases: Sequence[UseCase], tenants: Sequence[Tenant]) -> tuple[Served, ...]:
    """Every set of model servers: one for each tenant of a use case, or one where all share it or nobody is told
    apart.
    """
    return tuple(
        one
        for item in use_cases
        for one in (
            [Served(item=item, tenant=SHARED)]
            if item.shared or not tenants
            else [Served(item=item, tenant=tenant.name) for tenant in tenants if item.name in tenant.use_cases]
        )
    )


def patient_stores(tenants: Sequence[Tenant]) -> Mapping[str, tuple[str, str]]:
    """Stores of patients' data, by role: the role is also the key's purpose. Each has the part of the account's name
    that says whose it is, and the tenant.
    """
    if not tenants:
        return {"patient": ("patient", SHARED)}
    return {f"patient-{tenant.name}": (f"{tenant.name}patient", tenant.name) for tenant in tenants}


def tenants_are_told_apart(use_cases: tuple[UseCase, ...], tenants: tuple[Tenant, ...], stack: str) -> Iterator[Fault]:
    """One name each; every use case serves somebody, and nobody is promised what is not served."""
    known: Mapping[str, UseCase] = {item.name: item for item in use_cases}
    names = [tenant.name for tenant in tenants]
    for index, tenant in enumerate(tenants):
        if tenant.name == SHARED or tenant.name in names[:index]:
            yield Fault(
                key="bailiwick:tenants",
                value=f"'{tenant.name}'" + ("" if tenant.name == SHARED else " twice"),
                problem="a name that is taken",
                allowed=f"a name of its own; '{SHARED}' is what serves everybody",
                consequence="two controllers' data would lie under one name",
                hint=f"rename it in Pulumi.{stack}.yaml",
            )
        missing = [name for name in tenant.use_cases if name not in known]
        if missing:
            yield Fault(
                key=f"bailiwick:tenants.{tenant.name}.useCases",
                value=", ".join(missing),
                problem="no such use case",
                allowed=", ".join(known),
                consequence="the tenant would have a right to what nobody serves, until somebody does",
                hint=f"remove it, or add it under bailiwick:useCases, in Pulumi.{stack}.yaml",
            )
    asked = {name for tenant in tenants for name in tenant.use_cases}
    for item in use_cases:
        if tenants and item.name not in asked:
            yield Fault(
                key=f"bailiwick:useCases.{item.name}",
                value="no tenant",
                problem="a use case that no tenant is served",
                allowed=f"named under useCases of one of {', '.join(names)}",
                consequence="nobody could ask it, or somebody whom nobody wrote down",
                hint=f"name it under a tenant in Pulumi.{stack}.yaml, or remove it",
            )
        if item.shared and not tenants:
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.shared",
                value="true",
                problem="shared among no tenants",
                allowed="true only where bailiwick:tenants names some",
                consequence="the file says that tenants are told apart, and none is",
                hint=f"remove it from Pulumi.{stack}.yaml",
            )
    yield from _spaces(use_cases, tenants)


def _spaces(use_cases: tuple[UseCase, ...], tenants: tuple[Tenant, ...]) -> Iterator[Fault]:
    seen: dict[str, Served] = {}
    for one in served(use_cases, tenants):
        twin = seen.setdefault(one.space, one)
        if (twin is not one and twin != one) or len(one.space) > LONGEST_SPACE:
            long = len(one.space) > LONGEST_SPACE
            yield Fault(
                key=f"bailiwick:useCases.{one.item.name}",
                value=f"namespace {one.space}",
                problem=f"{len(one.space)} characters" if long else f"also that of {twin.tenant}'s {twin.item.name}",
                allowed=f"a namespace of its own, of at most {LONGEST_SPACE} characters",
                consequence="the API server refuses it" if long else "two tenants' models would stand in one namespace",
                hint="rename the use case or the tenant",
            )


def tenants_fit_the_gpus(
    use_cases: tuple[UseCase, ...], tenants: tuple[Tenant, ...], gpu: Gpu | None, stack: str
) -> Iterator[Fault]:
    """Every tenant's servers at their largest have GPUs: no tenant waits for another's."""
    if gpu is None or not tenants:
        return
    there = gpu.max * gpus_of(gpu.size)
    asked = {
        f"{one.item.name} of {one.tenant}": one.item.replicas_max * one.item.gpus for one in served(use_cases, tenants)
    }
    if sum(asked.values()) > there:
        yield Fault(
            key="bailiwick:tenants",
            value=f"{sum(asked.values())} GPUs: " + ", ".join(f"{name} {count}" for name, count in asked.items()),
            problem=f"the pool has {there} at its largest",
            allowed=f"servers that need {there} GPUs or fewer together",
            consequence="one tenant's burst takes the GPUs that another's clinicians wait for",
            hint=f"lower replicasMax, share a use case, or raise bailiwick:gpu.max in Pulumi.{stack}.yaml",
        )


def tried_for_all(use_cases: tuple[UseCase, ...], tenants: tuple[Tenant, ...], stack: str) -> Iterator[Fault]:
    """A candidate is tried where all share the servers: its weight and its numbers are of one set of them."""
    for item in use_cases:
        if tenants and item.canary is not None and not item.shared:
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.canary",
                value=item.canary.change,
                problem="a candidate beside servers that each tenant has of its own",
                allowed="a canary of a shared use case, or in a stack without tenants",
                consequence="one weight would move several tenants at once, each on numbers of the other",
                hint=f"remove the canary, or try it in another stack, in Pulumi.{stack}.yaml",
            )
