"""Train an adapter, and say what it cost.

    python -m model_images.fine_tuning --base /mnt/weights/<model> --data /mnt/training/<set>.jsonl --out <folder> …

Exit codes: 0 fine, 1 the tool failed, 2 usage or data that are not to be trained on, 3 it would cost too much privacy.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from model_images.fine_tuning.data import BadData, Dataset, read, store
from model_images.fine_tuning.record import Base, Cost, candidate, manifest, written

OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}


def main(arguments: list[str] | None = None) -> int:
    """Train. Nothing that can be typed ends in a traceback; no message holds a record's text."""
    said = _parser().parse_args(arguments)
    os.environ.update(OFFLINE)
    try:
        dataset = read(said.data, store())
        if said.out.exists() and any(said.out.iterdir()):
            return _failed(f"{said.out} is not empty; an adapter is written anew\nhint: name another folder", USAGE)
        if any(said.base.glob("*.bin")) or not any(said.base.glob("*.safetensors")):
            return _failed(f"{said.base} holds no safetensors, or pickles beside them", USAGE)
    except BadData as error:
        return _failed(str(error), USAGE)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}", FAILED)
    try:
        from model_images.fine_tuning.privacy import (
            TooMuch,
        )  # torch takes seconds, which a wrong path must not wait for
    except ImportError as error:
        return _failed(f"{error.name} is not installed here: it runs in its own image", FAILED)
    try:
        return _train(said, dataset)
    except TooMuch as error:
        return _failed(str(error), REFUSED)
    except (OSError, ValueError) as error:
        return _failed(f"it could not be trained: {type(error).__name__}: {error}", FAILED)


def _train(said: argparse.Namespace, dataset: Dataset) -> int:
    from model_images.fine_tuning.privacy import allowed, epsilon_of
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
        noise_seed=said.noise_seed,
    )
    batches = -(-len(dataset.texts) // min(settings.batch, len(dataset.texts)))
    planned = epsilon_of(
        noise_multiplier=settings.noise_multiplier, sample_rate=1 / batches, steps=settings.steps, delta=said.delta
    )
    allowed(epsilon=planned, most=said.most_epsilon, delta=said.delta, records=len(dataset.texts))
    began = datetime.now(UTC)
    said.out.mkdir(parents=True, exist_ok=True)
    done = train(said.base, dataset.texts, settings, said.out, said.delta, _tell)
    allowed(epsilon=done.epsilon, most=said.most_epsilon, delta=said.delta, records=len(dataset.texts))
    sha256 = manifest(said.out)
    cost = Cost(
        epsilon=done.epsilon,
        delta=said.delta,
        noise_multiplier=settings.noise_multiplier,
        max_grad_norm=settings.max_grad_norm,
        sample_rate=done.sample_rate,
        steps=done.steps,
        noise_from_the_system=settings.noise_seed is None,
    )
    written(
        said.out,
        name=said.name,
        sha256=sha256,
        base=Base(name=said.base_name, revision=said.base_revision, sha256=said.base_sha256),
        cost=cost,
        dataset={
            "path": str(dataset.path.relative_to(dataset.store)),
            "store": str(dataset.store),
            "sha256": dataset.sha256,
            "records": len(dataset.texts),
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
            "versions": {name: version(name) for name in ("torch", "transformers", "peft", "opacus")},
        },
    )
    why = f"LoRA of {said.base_name}@{said.base_revision[:12]}: epsilon {done.epsilon:.2f} at delta {said.delta:g}"
    path = candidate(
        said.out,
        stack=said.stack,
        use_case=said.use_case,
        name=said.name,
        sha256=sha256,
        prompt={"name": said.prompt, "version": said.prompt_version, "sha256": said.prompt_sha256},
        by=said.by,
        why=why if settings.noise_seed is None else f"{why}; noise seeded for a test: not private",
        today=began.date(),
    )
    print(f"epsilon {done.epsilon:.3f} at delta {said.delta:g}, {done.steps} steps, {done.parameters} parameters")
    print(f"adapter {said.name} {sha256}")
    print(path)
    return OK


def _tell(step: int, loss: float) -> None:
    if sys.stderr.isatty():
        print(f"\rstep {step}, loss {loss:.3f} ", end="", file=sys.stderr, flush=True)


def _failed(words: str, code: int) -> int:
    print(words, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_images.fine_tuning", description="Train an adapter.")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model: safetensors alone")
    parser.add_argument("--base-name", required=True)
    parser.add_argument("--base-revision", required=True, help="40 hex digits")
    parser.add_argument("--base-sha256", required=True, help="SHA-256 of its manifest")
    parser.add_argument("--data", type=Path, required=True, help="JSON lines in the training store")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is empty, or not there yet")
    parser.add_argument("--name", required=True, help="the adapter's name in the store")
    for name in ("stack", "use-case", "prompt", "prompt-version", "prompt-sha256", "by"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--most-epsilon", type=float, required=True, help="what it may cost: the DPO's number")
    parser.add_argument("--delta", type=float, required=True, help="under one in the number of records")
    parser.add_argument("--noise", type=float, default=1.0, help="noise multiplier")
    parser.add_argument("--clip", type=float, default=1.0, help="largest norm of a record's gradient")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise-seed", type=int, help=argparse.SUPPRESS)  # for tests: it takes the privacy away
    return parser


if __name__ == "__main__":
    sys.exit(main())
