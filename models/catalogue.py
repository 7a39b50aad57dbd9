"""The catalogue of models: `models.yaml`, read strictly. A faulty file knows no model, and says why."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from models.form import Model, Models, Quantisation
from models.reading import Fault, read, relied_on

FILE = Path(__file__).parent / "models.yaml"
NAME = "models/models.yaml"
OF_PATIENTS = frozenset({"personal", "phi"})
"""Classes of data whose use is clinical."""
_BITS = {
    "none": (16, 32),
    "fp8": (8,),
    "int8": (8,),
    "int4": (4,),
    "awq": (4,),
    "gptq": (2, 3, 4, 8),
    "gguf": range(2, 33),
}


def across(models: Models) -> Iterator[tuple[str, str]]:
    """What no field can know by itself."""
    for name, architecture in models.architectures.items():
        path = f"architectures.{name}"
        if architecture.heads % architecture.kv_heads:
            yield f"{path}.kv_heads", f"{architecture.heads} heads can't share {architecture.kv_heads}"
        if architecture.sliding is not None and architecture.sliding.layers > architecture.layers:
            yield (
                f"{path}.sliding.layers",
                f"of {architecture.layers} layers no {architecture.sliding.layers} can slide",
            )
        if architecture.embeddings + architecture.beside >= architecture.parameters:
            yield f"{path}.parameters", "the vocabulary's matrices and what stands beside leave no parameter to a layer"
        if architecture.experts is not None and architecture.experts.per_token > architecture.experts.count:
            yield f"{path}.experts.per_token", f"only {architecture.experts.count} experts are there"
    for name, model in models.models.items():
        yield from _model(models, f"models.{name}", model)


def _model(models: Models, path: str, model: Model) -> Iterator[tuple[str, str]]:
    for key, known in (("architecture", models.architectures), ("licence", models.licences)):
        if getattr(model, key) not in known:
            yield f"{path}.{key}", f"no {key} '{getattr(model, key)}'; there: {', '.join(known)}"
    yield from _quantisation(f"{path}.quantisation", model.quantisation)
    if (model.quantisation.method == "gguf") != (model.server == "llama.cpp"):
        yield f"{path}.server", "llama.cpp serves gguf, and vLLM everything else"
    commits = [revision.commit for revision in model.revisions]
    for commit in sorted({commit for commit in commits if commits.count(commit) > 1}):
        yield f"{path}.revisions", f"{commit} stands twice; one revision has one content"
    if model.revisions and model.allowed is None:
        yield path, "has revisions, and says for nothing that it is allowed"
    licence = models.licences.get(model.licence)
    if licence is None or model.allowed is None or not OF_PATIENTS & set(model.allowed.data_classes):
        return
    if licence.clinical == "prohibited":
        yield f"{path}.allowed.data_classes", f"licence {model.licence} shuts clinical use out"
    if licence.clinical == "on-conditions" and model.accepted is None:
        yield (
            f"{path}.licence",
            f"lets clinical use in on conditions ({licence.conditions}); `accepted` says who met them",
        )


def _quantisation(path: str, found: Quantisation) -> Iterator[tuple[str, str]]:
    if found.bits not in _BITS[found.method]:
        yield f"{path}.bits", f"{found.method} has no {found.bits} bits"
    if found.method in {"awq", "gptq", "int4"} and not found.group:
        yield f"{path}.group", f"{found.method} has a scale for each group; say of how many weights"


def parse(text: str, file: str = NAME) -> tuple[Models | None, tuple[Fault, ...]]:
    """The catalogue of a text and no fault, or none and every fault with its line."""
    return read(file, text, Models, across)


def load() -> Models:
    """The project's catalogue.

    Raises FaultyFile with every fault, OSError where it can't be read.
    """
    return relied_on(FILE, parse)


def last_evaluated(model: Model) -> date | None:
    """The day of its last evaluation; None where nobody made one."""
    return max((item.date for item in model.evaluations), default=None)
