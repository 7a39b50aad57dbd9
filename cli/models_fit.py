"""What a stack's dials ask of the models' memory, before there is a plan: the sums of the rule models.fits-its-gpu."""

from collections.abc import Iterator

from config import StackConfig
from config.quantity import amount
from config.use_case import UseCase
from models.fit import Fit, Load, Place, fit, on_size, without_gpu
from models.form import Models
from models.gpus import gpus


def fits_of(config: StackConfig, known: Models) -> Iterator[tuple[str, Fit | str]]:
    """Each thing that is served or tried, with its fit, or why there is none."""
    for served in config.use_cases:
        for label, item in ((served.name, served), (f"{served.name}, tried", served.candidate)):
            if item is not None:
                yield f"{label}: {item.model.name}", _fit(config, known, item)
    for site in config.edge_sites:
        model = known.models.get(site.model.name)
        memory = int(amount(site.memory) or 0)
        yield (
            f"edge site {site.name}: {site.model.name}",
            _unknown(site.model.name)
            if model is None
            else fit(known, model, without_gpu(memory), Load(context=site.context, concurrency=1)),
        )


def _fit(config: StackConfig, known: Models, item: UseCase) -> Fit | str:
    model = known.models.get(item.model.name)
    if model is None:
        return _unknown(item.model.name)
    try:
        place = _place(config, item)
    except ValueError as error:
        return str(error)
    return fit(known, model, place, Load(context=item.max_model_len, concurrency=item.concurrency))


def _place(config: StackConfig, item: UseCase) -> Place:
    if not item.gpus:
        return without_gpu(int(amount(item.memory) or 0))
    if config.gpu is None:
        raise ValueError(f"asks for {item.gpus} GPUs, and the stack has no bailiwick:gpu")
    return on_size(gpus(), config.gpu.size, item.gpus)


def _unknown(name: str) -> str:
    return f"model '{name}' is not in models/models.yaml; `bailiwick models list` names those that are"
