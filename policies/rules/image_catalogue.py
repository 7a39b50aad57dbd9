"""Images that run are in the catalogue: somebody wrote down what each is, whose, and under which licence."""

from collections.abc import Iterable, Iterator

from models.images import Images, load
from plan.model import UNKNOWN, PlannedResource
from policies.require import items
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.workload import POD
from policies.serving import FLUX
from policies.types import JOB, PODS
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

CRON_JOB = "kubernetes:batch/v1:CronJob"
SPECS = {CRON_JOB: "spec.jobTemplate.spec.template.spec", JOB: "template"}
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
OF_SITE = {
    "model_server_digest": "edge/model-server",
    "weights_digest": "edge/weights",
    "gateway_digest": "edge/gateway",
    "forwarder_digest": "edge/forwarder",
    "prompts_digest": "edge/prompts",
}
"""What an edge site is told, and the repository whose image it is: edge/site."""


@stack_rule(
    "images.in-catalogue",
    title="Every image that runs is in the catalogue, by repository and digest",
    severity=Severity.HIGH,
    applies_to=(*PODS, CRON_JOB, JOB, FLUX),
    fix="write the image into models/images.yaml: repository, version, digest, source, licence, base and why",
    example="a container whose digest nobody wrote down",
)
def in_catalogue(stack: StackUnderReview) -> Iterable[Judged]:
    """A digest says that nothing changed since, not that anybody knew what it was."""
    known = load()
    for workload in stack.of_type(*PODS, CRON_JOB, JOB):
        found = list(_images(workload))
        yield workload, all_of(_known(known, image) for image in found)
    for site in stack.of_type(FLUX):
        yield site, all_of(_known_at(known, site))


def _images(workload: PlannedResource) -> Iterator[object]:
    spec = SPECS.get(workload.type, POD)
    for key in CONTAINERS:
        for container in items(workload.get(f"{spec}.{key}")):
            yield container.get("image")


def _known(known: Images, image: object) -> Verdict:
    if image is UNKNOWN:
        return not_evaluated("an image is known only after deployment")
    name, _, digest = str(image).partition("@")
    # The registry is the stack's own, whatever its name: workload.images-from-own-registry.
    return _held(known, name.partition("/")[2], digest)


def _held(known: Images, repository: str, digest: str) -> Verdict:
    if known.known(repository, digest) is not None:
        return PASSED
    there = known.images.get(repository)
    digests = ", ".join(item.digest[:19] for item in there.versions) if there is not None else "no such repository"
    return refused(f"runs {repository}@{digest[:19]}, which is not in models/images.yaml ({digests})")


def _known_at(known: Images, site: PlannedResource) -> Iterator[Verdict]:
    for _, told in site.each("kustomizations[*].postBuild.substitute"):
        if isinstance(told, dict):
            for key, repository in OF_SITE.items():
                if key in told:
                    yield _held(known, repository, str(told[key]))
