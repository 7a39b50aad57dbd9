"""The section `useCases`: what is served, by which weights and prompts, and which candidate is tried."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from config.faults import Fault, crossed_bounds
from config.gpu import Gpu
from config.quantity import Quantity
from config.section import Day, Label, Parser, PinnedImage, Section, Sha256, dial

DataClass = Literal["public", "internal", "confidential", "personal", "phi", "payment"]
"""Classes of data in requests. `payment` is card data, not the purpose of that name: the purpose is billing. It is no
class of a store: what the platform keeps of any request lies in places of class `phi`, the strictest there is."""
STAYS_INSIDE: frozenset[DataClass] = frozenset({"personal", "phi", "payment"})
"""Classes that no external model is shown. The rule's list is the same: tests/config/test_payment_data.py."""


class Model(Section):
    """Which weights: name, revision and checksum together say exactly what runs."""

    name: str = dial("Name under which the weights lie in the store.", "nobody can say which model answered")
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] = dial(
        "Commit of the model's repository, 40 hex digits.", "the model may change under a running system"
    )
    sha256: Sha256 = dial("SHA-256 of the weights' manifest.", "altered weights would be served")


class Prompt(Section):
    """Which prompt template: name, version and checksum say exactly what a model is told."""

    name: Label = dial("Name of the template.", "nobody can say what the model was told")
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = dial(
        "Version, as 1.4.0; it is a snapshot of the prompt store.", "a template may change under a running system"
    )
    sha256: Sha256 = dial("SHA-256 of the template's text.", "an altered template would be used")


class Canary(Section):
    """A candidate beside what a use case serves: a share of requests goes to it while it is watched.

    What it leaves out is as the use case has it. It has no classes of data of its own: it can't widen anything.
    """

    change: Label = dial(
        "Id of its change record, `changes/<id>.yaml`.", "nobody can say who let this version near a patient"
    )
    model: Model | None = dial("The candidate's model, where it is another.", "nothing to try", default=None)
    prompt: Prompt | None = dial(
        "The candidate's prompt template, where it is another.", "nothing to try", default=None
    )
    image: PinnedImage | None = dial(
        "The candidate's model server, by digest, where it is another.", "nothing to try", default=None
    )
    way_back: bool = dial(
        "It is the version that was active before: warm, approved, without requests until what is active fails.",
        "a version that fails is served until people have changed the stack",
        default=False,
    )
    steps: tuple[Annotated[int, Field(ge=1, le=100)], ...] = dial(
        "Percent of requests, step by step: each more than the one before, none but the last over 50.",
        "nobody knows how many patients a candidate may answer",
        min_length=1,
        max_length=10,
    )
    step_minutes: int = dial(
        "Least minutes of each step; a step that is not decided in four times that is rolled back.",
        "a candidate is promoted before anything is known of it",
        ge=15,
        le=10_080,
        default=60,
    )
    until: Day = dial(
        'Its last day, in quotes ("2026-12-31"); no later than its change record\'s.',
        "a trial that everybody forgot goes on",
    )
    replicas_min: int = dial("Fewest replicas of the candidate.", "a restart is an outage", ge=1, le=16)
    replicas_max: int = dial("Most replicas of the candidate.", "no ceiling on GPUs", ge=1, le=16)


class UseCase(Section):
    """One model served for one clinical use case."""

    name: Label = dial("Name of the use case; becomes a namespace.", "requests can't be told apart in the audit")
    model: Model = dial("The model.", "nothing to serve")
    prompt: Prompt = dial("The prompt template.", "what the model is told may change under a running system")
    data_classes: tuple[DataClass, ...] = dial(
        "Classes of data that requests may hold. With payment, which is card data, PCI DSS is in force for the stack.",
        "the gateway can't tell what to refuse",
        min_length=1,
    )
    external_allowed: bool = dial(
        "Whether requests without health, personal or card data may go to an approved external model.",
        "a request may leave the boundary",
        default=False,
    )
    first_token_ms: int = dial(
        "Objective: 95th percentile of the time to the first token, in milliseconds.",
        "nobody notices that clinicians wait",
        ge=50,
        le=60_000,
    )
    accuracy_floor: float = dial(
        "Least accuracy of the evaluation set, from 0 to 1; a model below it is not promoted.",
        "a worse model replaces a better one",
        ge=0,
        le=1,
    )
    image: PinnedImage = dial("Model server's image, by digest.", "the code that sees patient data may change unseen")
    replicas_min: int = dial("Fewest replicas.", "a restart is an outage", ge=1, le=64)
    replicas_max: int = dial("Most replicas.", "no ceiling on GPUs", ge=1, le=64)
    gpus: int = dial("GPUs of each replica; 0 serves on CPU.", "the model doesn't fit", ge=0, le=8)
    max_model_len: int = dial("Context, in tokens.", "the key-value cache outgrows the GPU", ge=256, le=1_048_576)
    concurrency: int = dial(
        "Requests that a replica answers at once; more wait. The plan holds that many of the longest context against "
        "the GPU's memory: `bailiwick models fit STACK`.",
        "requests push each other's key-value cache out, and every clinician waits",
        ge=1,
        le=1024,
        default=4,
    )
    tool_call_parser: Parser | None = dial(
        "vLLM's parser of this model's tool calls (docs.vllm.ai, Tool Calling). Without one the server answers no "
        "request with tools, unless it names the tool.",
        "tools are promised and every request with them fails",
        default=None,
    )
    reasoning_parser: Parser | None = dial(
        "vLLM's parser of this model's reasoning (docs.vllm.ai, Reasoning Outputs), where it writes any.",
        "what a model thinks aloud is shown as its answer",
        default=None,
    )
    cpu: Quantity = dial("CPU request and limit, as Kubernetes quantity.", "the pod starves or crowds out others")
    memory: Quantity = dial(
        "Memory request and limit, as Kubernetes quantity.", "the pod is killed while loading weights"
    )
    shared: bool = dial(
        "Tenants share its servers, and the salt of its prefix cache tells them apart; else each has its own.",
        "tenants that were promised servers of their own meet on one GPU",
        default=False,
    )
    canary: Canary | None = dial(
        "A candidate that is tried on a share of the requests.",
        "a new version meets every patient at once",
        default=None,
    )

    @property
    def candidate(self) -> "UseCase | None":
        """What the candidate serves, as a use case: all as it stands, but for what the canary changes."""
        if self.canary is None:
            return None
        canary = self.canary
        own = {
            "model": canary.model or self.model,
            "prompt": canary.prompt or self.prompt,
            "image": canary.image or self.image,
            "replicas_min": canary.replicas_min,
            "replicas_max": canary.replicas_max,
            "canary": None,
        }
        return self.model_copy(update=own)


def models_fit(use_cases: tuple[UseCase, ...], gpu: Gpu | None) -> Iterator[Fault]:
    """One model by use case, and GPUs where one asks for them."""
    names = [item.name for item in use_cases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            key="bailiwick:useCases",
            value=f"'{name}' twice",
            problem="a use case names two models",
            allowed="one entry per use case",
            consequence="two workloads claim one namespace",
            hint="give the second its own name",
        )
    for item in use_cases:
        if item.gpus and gpu is None:
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.gpus",
                value=str(item.gpus),
                problem="asks for GPUs in a stack without a GPU pool",
                allowed="0, or a bailiwick:gpu section",
                consequence="the pods wait for ever",
                hint="set gpus to 0 or add bailiwick:gpu",
            )
        if item.replicas_min > item.replicas_max:
            low, high = item.replicas_min, item.replicas_max
            yield crossed_bounds(f"bailiwick:useCases.{item.name}.replicasMin", "replicasMax", low, high)
