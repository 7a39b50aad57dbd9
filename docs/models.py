"""The reference page of the catalogue: each model's facts, and what it needs of each kind of GPU."""

from collections.abc import Iterator

from models.catalogue import last_evaluated, load
from models.fit import Load, fit, on_size
from models.form import Model, Models
from models.gpus import Gpus, gpus
from models.images import load as images
from models.weights_size import weight_bytes

ASKED = Load(context=8192, concurrency=4)
"""What the table of memory is of; `bailiwick models explain` counts any other."""
GIB = 2**30


def models() -> Iterator[str]:
    """Models, their licences, what they need of each GPU, and images."""
    known, there = load(), gpus()
    yield "# Models and images\n"
    yield "What `models/models.yaml`, `models/gpus.yaml` and `models/images.yaml` say, and what is counted from them. A"
    yield "plan may serve what has a revision and is allowed for its use: rules `models.*` and `images.in-catalogue`.\n"
    yield "## Models\n"
    yield "| model | made of | parameters | weights | licence | may be used for | evaluated |\n" + "| --- " * 7 + "|"
    for name, model in known.models.items():
        yield _row(known, name, model)
    yield "\nRevisions that are marked as examples have no weights behind them: `bailiwick models verify`.\n"
    yield "## Licences\n"
    yield "| licence | clinical use | asks | read |\n" + "| --- " * 4 + "|"
    for licence in known.licences.values():
        conditions = " ".join(licence.conditions.split())
        read = licence.verified or "not read here"
        yield f"| [{licence.spdx}]({licence.source}) | {licence.clinical} | {conditions} | {read} |"
    yield "\n## Memory\n"
    yield f"GiB that {ASKED.concurrency} requests of {ASKED.context} tokens take of one GPU, all told; what"
    yield "does not fit or does not run there in brackets. `bailiwick models explain` shows the sums.\n"
    yield from _memory(known, there)
    yield "\n## Images\n"
    yield "| repository | what for | source | licence | base | versions |\n" + "| --- " * 6 + "|"
    for name, image in images().images.items():
        versions = ", ".join(
            f"{item.version} `{item.digest[:19]}`{' (example)' * item.example}" for item in image.versions
        )
        yield f"| `{name}` | {image.why} | {image.source} | {image.licence} | {image.base} | {versions} |"


def _row(known: Models, name: str, model: Model) -> str:
    architecture = known.architectures[model.architecture]
    size = weight_bytes(architecture, model.quantisation).total / GIB
    allowed = ", ".join((*model.allowed.use_cases, *model.allowed.environments)) if model.allowed else "to plan with"
    return (
        f"| `{name}` | {model.repository}, {model.quantisation.method} | {architecture.parameters / 1e9:.1f} billion | "
        f"{size:.1f} GiB | {known.licences[model.licence].spdx} | {allowed} | {last_evaluated(model) or 'never'} |"
    )


def _memory(known: Models, there: Gpus) -> Iterator[str]:
    kinds = {found.accelerator: size for size, found in reversed(there.sizes.items())}
    heads = [f"{there.accelerators[kind].name} ({there.accelerators[kind].usable / GIB:.0f})" for kind in kinds]
    yield f"| model | {' | '.join(heads)} |\n" + "| --- " * (len(kinds) + 1) + "|"
    for name, model in known.models.items():
        if model.server != "vllm":
            continue
        cells = []
        for size in kinds.values():
            found = fit(known, model, on_size(there, size, 1), ASKED)
            cells.append(f"{found.needed / GIB:.1f}" if found.fits else f"({found.needed / GIB:.1f})")
        yield f"| `{name}` | {' | '.join(cells)} |"
