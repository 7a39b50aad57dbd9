"""The section `egress`: what leaves."""

from collections.abc import Iterator

from config.faults import Fault
from config.region import TRANSFER_LAW
from config.section import Host, Section, dial
from config.use_case import STAYS_INSIDE, UseCase
from jurisdictions import Jurisdiction


class ExternalModel(Section):
    """A model of somebody else's that may be asked about what is neither health nor personal data."""

    host: Host = dial("Its host, exactly.", "the firewall can't tell it from others")
    why: str = dial("Who approved it, and for what.", "nobody knows why data leaves", min_length=10)


class Egress(Section):
    """What leaves, and how it is looked at."""

    tls_inspection: bool = dial(
        "Open TLS at the firewall on the paths that leave by rule, with an intermediate authority from the stack's own "
        "vault (secret `inspection-ca`). Azure's own hosts are never opened: they pin their certificates.",
        "what leaves is seen by name alone",
        default=False,
    )
    external_models: tuple[ExternalModel, ...] = dial(
        "Approved external models for data without a person in it; only where the jurisdiction allows any.",
        "requests leave the boundary",
        default=(),
    )


def nothing_goes_outside_unasked(
    egress: Egress, use_cases: tuple[UseCase, ...], jurisdiction: Jurisdiction, stack: str
) -> Iterator[Fault]:
    """External models where law allows any, looked at, and never asked about persons or cards."""
    if egress.external_models and not jurisdiction.external_models:
        yield Fault(
            key="bailiwick:egress.externalModels",
            value=", ".join(model.host for model in egress.external_models),
            problem=f"jurisdiction {jurisdiction.id} allows no external model",
            allowed="none",
            consequence="requests would leave the boundary",
            hint=f"remove bailiwick:egress.externalModels from Pulumi.{stack}.yaml",
            kind="unlawful",
            law=TRANSFER_LAW,
        )
    if egress.external_models and not egress.tls_inspection:
        yield Fault(
            key="bailiwick:egress.tlsInspection",
            value="false",
            problem="an external model is allowed, and nobody looks at what is sent to it",
            allowed="true where there is an external model",
            consequence="health data could leave inside an encrypted request",
            hint=f"set bailiwick:egress.tlsInspection to true in Pulumi.{stack}.yaml",
        )
    for item in use_cases:
        if item.external_allowed and (not egress.external_models or STAYS_INSIDE & set(item.data_classes)):
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.externalAllowed",
                value="true",
                problem="no external model is approved, or the use case has data of persons or cards",
                allowed="true only for data without a person or a card, where egress.externalModels names a model",
                consequence="the gateway would be told to send what must stay",
                hint=f"set bailiwick:useCases.{item.name}.externalAllowed to false in Pulumi.{stack}.yaml",
                kind="unlawful",
                law=TRANSFER_LAW,
            )
