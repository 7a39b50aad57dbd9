"""One training: what it may cost is asked and written down before its first step, and what it was is told after."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

from model_images.fine_tuning.data import BadData, Dataset, read, store
from model_images.fine_tuning.record import Base, Cost, candidate, manifest, written

VERSIONS = ("torch", "transformers", "peft", "opacus")


def run(said: argparse.Namespace, tell: Callable[[int, float], None]) -> list[str]:
    """Train, and say what was made. Raises BadData, TooMuch, Damaged, ValueError, OSError, ImportError."""
    over = [name for name in ("noise", "clip", "steps", "batch", "rank", "tokens") if not getattr(said, name) > 0]
    if over:
        raise BadData("\n".join(f"--{name} {getattr(said, name):g}: a number over 0" for name in over))
    dataset = read(said.data, store())
    if said.out.exists() and any(said.out.iterdir()):
        raise BadData(f"{said.out} is not empty; an adapter is written anew\nhint: name another folder")
    if any(said.base.glob("*.bin")) or not any(said.base.glob("*.safetensors")):
        raise BadData(f"{said.base} holds no safetensors, or pickles beside them")
    return _trained(said, dataset, tell)


def _trained(said: argparse.Namespace, dataset: Dataset, tell: Callable[[int, float], None]) -> list[str]:
    # What torch takes to load is not waited for before a wrong path is told.
    from model_images.fine_tuning.spending import Spending
    from model_images.fine_tuning.train import Settings, train

    settings = Settings(
        rank=said.rank,
        learning_rate=said.learning_rate,
        batch=said.batch,
        steps=said.steps,
        noise_multiplier=said.noise,
        max_grad_norm=said.clip,
        tokens=said.tokens,
        seed=said.seed,
    )
    records = len(dataset.texts)
    rate = 1 / -(-records // min(settings.batch, records))
    spending = Spending(
        said.ledger,
        dataset,
        (settings.noise_multiplier, rate, settings.steps),
        most=said.most_epsilon,
        adapter=said.name,
        by=said.by,
    )
    # Before a model is loaded, so that a refusal is quick; what counts is what stands there when it begins.
    spending.ask()
    began = datetime.now(UTC)
    said.out.mkdir(parents=True, exist_ok=True)
    done = train(said.base, dataset.texts, settings, said.out, begin=spending.begin, tell=tell)
    entry = spending.entry
    if entry is None or (done.steps, done.sample_rate) != (entry.steps, entry.sample_rate):
        raise ValueError(f"{done.steps} steps at a rate of {done.sample_rate:g} were made: not what was written down")
    sha256 = manifest(said.out)
    cost = Cost(
        epsilon=done.epsilon,
        delta=entry.delta,
        noise_multiplier=settings.noise_multiplier,
        max_grad_norm=settings.max_grad_norm,
        sample_rate=done.sample_rate,
        steps=done.steps,
        total=entry.total,
        budget=entry.budget,
        ledger_entry=entry.number,
        ledger_sha256=spending.sha256,
    )
    written(
        said.out,
        name=said.name,
        sha256=sha256,
        base=Base(name=said.base_name, revision=said.base_revision, sha256=said.base_sha256),
        cost=cost,
        dataset={
            "path": dataset.name,
            "store": str(dataset.store),
            "population": dataset.population,
            "sha256": dataset.sha256,
            "records": records,
        },
        training={
            "rank": settings.rank,
            "learningRate": settings.learning_rate,
            "batch": settings.batch,
            "seed": settings.seed,
            "parameters": done.parameters,
            "largestSum": done.largest_sum,
            "losses": [None if loss != loss else round(loss, 4) for loss in done.losses],
            "began": began.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {name: version(name) for name in VERSIONS},
        },
    )
    path = candidate(
        said.out,
        stack=said.stack,
        use_case=said.use_case,
        name=said.name,
        sha256=sha256,
        prompt={"name": said.prompt, "version": said.prompt_version, "sha256": said.prompt_sha256},
        by=said.by,
        why=f"LoRA of {said.base_name}@{said.base_revision[:12]}: epsilon {done.epsilon:.2f} at delta {entry.delta:g}; "
        f"{entry.total:.2f} of {entry.budget:g} spent on {dataset.population}",
        today=began.date(),
    )
    return [
        f"epsilon {done.epsilon:.3f} at delta {entry.delta:g}, {done.steps} steps, {done.parameters} parameters",
        f"{entry.total:.3f} of {entry.budget:g} spent on {dataset.population}, entry {entry.number} {spending.sha256}",
        f"adapter {said.name} {sha256}",
        str(path),
    ]
