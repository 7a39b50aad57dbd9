"""Who may call the gateway, for what, and how each proves itself; and the checks of that against the rest of the file.

A caller has no secret here or anywhere: it shows a token of a place that it already runs in, and Entra gives it one for
the gateway in exchange (docs/adr/0027).
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from config.continuity import Continuity
from config.faults import Fault
from config.section import Guid, Label, Section, dial
from config.tenants import Tenant, TenantName
from config.use_case import DataClass, UseCase

Purpose = Literal["treatment", "payment", "operations"]
PURPOSES: Mapping[Purpose, str] = {
    "treatment": "care of one patient: notes, referrals, consultations, appointments and their reminders",
    "payment": "billing, claims, and whether a payer covers what was done",
    "operations": "quality of care, training of staff, audits, and running the provider",
}
"""The closed list. US law names these three, for which no authorisation is asked: 45 CFR § 164.501 (definitions) and
§ 164.506(c), law.cornell.edu/cfr/text/45/164.501. Union law has one ground that spans them: GDPR Art. 9(2)(h), health
care and the management of its systems, under Art. 9(3)'s professional secrecy; Art. 5(1)(b) asks that each is named.
Reminders of appointments are treatment: so HHS' FAQ, read as quoted by others. Marketing and research are left out:
both need a ground of their own (45 CFR §§ 164.508(a)(3), 164.512(i); GDPR Art. 9(2)(a), (j))."""


class Federated(Section):
    """A workload outside Azure, known by the tokens of its own issuer."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s*?]{1,592}$")] = dial(
        "Issuer of the caller's own tokens, exactly as in their claim `iss`; it publishes its keys under it.",
        "Entra can't tell whose tokens these are",
    )
    subject: Annotated[str, StringConstraints(pattern=r"^[^\s*?]{1,600}$")] = dial(
        "Subject of those tokens, exactly: one workload, never a pattern.",
        "any workload of the same issuer could call in this one's name",
    )


class Caller(Section):
    """One application that calls the gateway: a CRM's middleware, a storefront's, a telehealth portal."""

    name: Label = dial("Name of the caller; part of its application's.", "callers can't be told apart in the audit")
    purposes: tuple[Purpose, ...] = dial(
        "What for: treatment, payment or operations (45 CFR § 164.501; GDPR Art. 9(2)(h)).",
        "data taken for one purpose is used for another",
        min_length=1,
    )
    use_cases: tuple[Label, ...] = dial(
        "Use cases that it may ask.", "a caller reaches models that it has no business with", min_length=1
    )
    tenant: TenantName | None = dial(
        "Tenant that it speaks for, where the stack has tenants: one, never several.",
        "a request could be answered from another tenant's data",
        default=None,
    )
    data_classes: tuple[DataClass, ...] = dial(
        "Classes of data that its requests may hold; each of its use cases takes them.",
        "health data comes from where none belongs",
        min_length=1,
    )
    reidentifies: bool = dial(
        "Whether answers come back to it with the identifiers that it sent, in place of their tokens; else tokens stay "
        "tokens. For who writes into the record, and for nobody beside (GDPR Art. 25(1); 45 CFR § 164.502(b)).",
        "names and numbers of patients come back to where nobody needs them",
        default=False,
    )
    erases: bool = dial(
        "Whether it may have tokens erased, of a conversation of its use cases or of a patient in all of its tenant's: "
        "for what answers requests for erasure (GDPR Art. 17), which need not be what gets identifiers back.",
        "a caller takes conversations from under those who are in them",
        default=False,
    )
    federated: Federated | None = dial(
        "How a workload outside Azure proves itself.", "the caller can't prove itself without a secret", default=None
    )
    managed_identity: Guid | None = dial(
        "How a workload in Azure proves itself: object id of its user-assigned identity, in this tenant.",
        "the caller can't prove itself without a secret",
        default=None,
    )

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if self.name == "gateway":
            raise ValueError("'gateway' is the name of the gateway's own application; a caller has another")
        if (self.federated is None) == (self.managed_identity is None):
            raise ValueError(
                f"caller '{self.name}' proves itself by federated or by managedIdentity: one of the two, never a secret"
            )
        return self

    @property
    def proof(self) -> object:
        """What tells it from others."""
        return self.federated or self.managed_identity


def callers_are_told_apart(callers: tuple[Caller, ...], stack: str) -> Iterator[Fault]:
    """One name, one proof, one caller."""
    names = [caller.name for caller in callers]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            key="bailiwick:callers",
            value=f"'{name}' twice",
            problem="two callers of one name",
            allowed="one entry per caller",
            consequence="two applications claim one name, and the audit can't tell who asked",
            hint=f"give the second its own name in Pulumi.{stack}.yaml",
        )
    for index, caller in enumerate(callers):
        twin = next((other for other in callers[:index] if other.proof == caller.proof), None)
        if twin is not None:
            yield Fault(
                key=f"bailiwick:callers.{caller.name}",
                value=f"proves itself as '{twin.name}' does",
                problem="two callers with one proof",
                allowed="an issuer and subject, or an identity, of its own",
                consequence="one workload has the rights of both, whichever it names",
                hint=f"give '{caller.name}' a subject or an identity of its own in Pulumi.{stack}.yaml",
            )


def callers_ask_for_what_is_served(
    callers: tuple[Caller, ...], use_cases: tuple[UseCase, ...], stack: str
) -> Iterator[Fault]:
    """Every use case exists, and takes what the caller may send."""
    served = {item.name: item for item in use_cases}
    for caller in callers:
        for name in caller.use_cases:
            item = served.get(name)
            if item is None:
                near = get_close_matches(name, served, n=1)
                yield Fault(
                    key=f"bailiwick:callers.{caller.name}.useCases",
                    value=f"'{name}'",
                    problem="no such use case",
                    allowed=", ".join(served),
                    consequence="the caller would have a right to what nobody serves, until somebody does",
                    hint=f"did you mean {near[0]}?" if near else f"remove it from Pulumi.{stack}.yaml",
                )
                continue
            beyond = [found for found in caller.data_classes if found not in item.data_classes]
            if beyond:
                yield Fault(
                    key=f"bailiwick:callers.{caller.name}.dataClasses",
                    value=", ".join(beyond),
                    problem=f"use case '{name}' does not take it",
                    allowed=", ".join(item.data_classes),
                    consequence="the caller's token would permit what the use case was not assessed for",
                    hint=f"remove it, or make a caller of its own for the other use case, in Pulumi.{stack}.yaml",
                )


def who_reidentifies_sends_identifiers(callers: tuple[Caller, ...], stack: str) -> Iterator[Fault]:
    """Nothing is to come back to a caller that may send nothing of a person's."""
    for caller in callers:
        if caller.reidentifies and not {"personal", "phi"} & set(caller.data_classes):
            yield Fault(
                key=f"bailiwick:callers.{caller.name}.reidentifies",
                value="true",
                problem=f"it sends {', '.join(caller.data_classes)} alone",
                allowed="true only for callers whose dataClasses hold personal or phi",
                consequence="a right that is used for nothing, until somebody finds a use for it",
                hint=f"remove it from the caller in Pulumi.{stack}.yaml",
            )


def callers_speak_for_one_tenant(
    callers: tuple[Caller, ...], tenants: tuple[Tenant, ...], stack: str
) -> Iterator[Fault]:
    """Where there are tenants, each caller has one, and asks what that one is served."""
    of = {tenant.name: tenant for tenant in tenants}
    for caller in callers:
        tenant = of.get(caller.tenant or "")
        if (tenant is None) if tenants else (caller.tenant is not None):
            yield Fault(
                key=f"bailiwick:callers.{caller.name}.tenant",
                value=f"'{caller.tenant}'" if caller.tenant else "nothing",
                problem="no such tenant" if caller.tenant else "a caller that speaks for nobody",
                allowed=", ".join(of) or "nothing: the stack has no tenants",
                consequence="its requests would be answered from nobody's data, or from anybody's",
                hint=f"set it to one of these in Pulumi.{stack}.yaml, or name the tenant under bailiwick:tenants",
            )
        beyond = [name for name in caller.use_cases if tenant is not None and name not in tenant.use_cases]
        if tenant is not None and beyond:
            yield Fault(
                key=f"bailiwick:callers.{caller.name}.useCases",
                value=", ".join(beyond),
                problem=f"tenant '{tenant.name}' is not served it",
                allowed=", ".join(tenant.use_cases),
                consequence="the caller would reach another tenant's servers",
                hint=f"remove it from the caller, or add it to the tenant, in Pulumi.{stack}.yaml",
            )


def standby_has_the_firsts_callers(continuity: Continuity, callers: tuple[Caller, ...], stack: str) -> Iterator[Fault]:
    """Callers are registered once: what stands by takes the tokens that they already get."""
    if continuity.mode == "standby" and callers:
        yield Fault(
            key="bailiwick:callers",
            value=", ".join(caller.name for caller in callers),
            problem="a standby with callers of its own",
            allowed=f"none here: those of {continuity.of or 'the first stack'}",
            consequence="a caller would have two sets of rights, and ask for the wrong token on the day it matters",
            hint=f"remove bailiwick:callers from Pulumi.{stack}.yaml",
        )


def standby_takes_the_firsts_tokens(continuity: Continuity, stack: str) -> Iterator[Fault]:
    """Front Door turns without telling anybody: the callers' tokens are still for the first stack's gateway."""
    if continuity.mode == "standby" and continuity.token_audience is None:
        yield Fault(
            key="bailiwick:continuity.tokenAudience",
            value="nothing",
            problem="a standby that takes nobody's tokens",
            allowed=f"client id of the gateway's application of {continuity.of or 'the first stack'}",
            consequence="every caller is refused on the day that the region is lost",
            hint=f"set it in Pulumi.{stack}.yaml: `pulumi stack output tokenAudience -s {continuity.of or '<first>'}`",
        )
