"""Images come from the stack's own registry."""

from collections.abc import Iterator, Mapping

from config.faults import Fault
from config.gateway import Gateway
from config.gpu import Gpu
from config.image_verification import ImageVerification
from config.retrieval import Retrieval
from config.use_case import UseCase
from jurisdictions import Jurisdiction


def images_from_our_registry(
    registry_name: str,
    use_cases: tuple[UseCase, ...],
    gateway: Gateway,
    retrieval: Retrieval,
    gpu: Gpu | None,
    jurisdiction: Jurisdiction,
) -> Iterator[Fault]:
    """Every image that a dial names."""
    host = f"{registry_name}.{jurisdiction.cloud.suffixes['registry']}"
    images = {f"useCases.{item.name}.image": item.image for item in use_cases} | {"gateway.image": gateway.image}
    images |= {f"useCases.{i.name}.canary.image": i.canary.image for i in use_cases if i.canary and i.canary.image}
    images["retrieval.image"] = retrieval.image
    if gateway.detector is not None:
        images["gateway.detector.image"] = gateway.detector.image
    if gpu is not None:
        images |= {"gpu.devicePlugin": gpu.device_plugin, "gpu.dcgmExporter": gpu.dcgm_exporter}
    yield from _foreign(images, host)


def verifier_from_our_registry(
    registry_name: str, verification: ImageVerification, jurisdiction: Jurisdiction
) -> Iterator[Fault]:
    """And what verifies them."""
    host = f"{registry_name}.{jurisdiction.cloud.suffixes['registry']}"
    yield from _foreign({"imageVerification.image": verification.image}, host)


def _foreign(images: Mapping[str, str], host: str) -> Iterator[Fault]:
    for key, image in images.items():
        if not image.startswith(host + "/"):
            yield Fault(
                key=f"bailiwick:{key}",
                value=f"'{image.split('@')[0]}'",
                problem="not from this stack's registry",
                allowed=f"{host}/<repository>@sha256:<digest>",
                consequence="the nodes can't reach a foreign registry, and code from one is code of a third party",
                hint="import the image into the registry first, and name it by its digest there",
                kind="unlawful",
                law=("GDPR Art. 28", "ISO 27001 A.5.21"),
            )
