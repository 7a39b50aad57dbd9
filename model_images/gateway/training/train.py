"""Trains the tagger on generated text, and writes its weights.

    python -m model_images.gateway.training.train

The same sources give the same bytes: L-BFGS on one thread, samples by seed, weights rounded to hundredths.
"""

import argparse
import hashlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pycrfsuite  # type: ignore[import-untyped]  # it has no annotations

from model_images.gateway.guard.detectors import dictionary, weights
from model_images.gateway.training import corpus
from model_images.gateway.training.generator import generate

SEED = 20_261_121
SAMPLES = 16_000
TRAININGS = 4
"""Models, each of texts of its own, that are averaged: what one learnt by chance the others have not."""
LEAST = 0.02
"""Of an average: smaller weights are left out."""
PARAMETERS: Mapping[str, float | int | bool] = {
    "c1": 0.05, "c2": 0.2, "max_iterations": 120, "feature.minfreq": 4, "feature.possible_transitions": True,
}  # fmt: skip
LABELS = ("O", "N", "P")


def fitted(samples: int, seed: int) -> weights.Model:
    """The model, as python-crfsuite fits it."""
    known, rng = dictionary.load(), random.Random(seed)  # noqa: S311 what to hide, not keys
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=dict(PARAMETERS), verbose=False)
    for sample in generate(seed, samples):
        rows, labels = corpus.example(sample, known, rng)
        if rows:
            trainer.append(rows, labels)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        crf = pycrfsuite.Tagger()
        crf.open(path)
        info = crf.info()
        features: dict[str, list[float]] = {}
        for (feature, label), weight in info.state_features.items():
            if feature != "-" and label in LABELS:
                features.setdefault(feature, [0.0, 0.0, 0.0])[LABELS.index(label)] = weight
        transitions = [[info.transitions.get((a, b), 0.0) for b in LABELS] for a in LABELS]
    kept = {feature: (w[0], w[1], w[2]) for feature, w in features.items()}
    rows3 = [(row[0], row[1], row[2]) for row in transitions]
    return weights.Model(kept, (rows3[0], rows3[1], rows3[2]))


def averaged(models: Sequence[weights.Model]) -> weights.Model:
    """One model: each weight the mean of those of all, none counting as 0."""
    count = len(models)

    def mean(vectors: Sequence[weights.Vector]) -> weights.Vector:
        outside, name, place = (sum(column) / count for column in zip(*vectors, strict=True))
        return outside, name, place

    named = sorted({feature for model in models for feature in model.features})
    means = {feature: mean([model.features.get(feature, weights.ZERO) for model in models]) for feature in named}
    kept = {feature: vector for feature, vector in means.items() if max(map(abs, vector)) >= LEAST}
    first, second, third = (mean([model.transitions[row] for model in models]) for row in range(len(LABELS)))
    return weights.Model(kept, (first, second, third))


def main() -> int:
    """Train, write, and put the digest where the tagger reads it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--seed", type=int, default=SEED, help="of the first; the others have the next ones")
    parser.add_argument("--trainings", type=int, default=TRAININGS)
    arguments = parser.parse_args()
    start = time.perf_counter()
    model = averaged([fitted(arguments.samples, arguments.seed + i) for i in range(arguments.trainings)])
    data = weights.pack(model.features, model.transitions)
    weights.WEIGHTS.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    source = Path(weights.__file__)
    source.write_text(re.sub(r'SHA256 = "\w*"', f'SHA256 = "{digest}"', source.read_text("utf-8")), "utf-8")
    seconds = time.perf_counter() - start
    sys.stderr.write(f"{len(model.features)} features, {len(data)} bytes, {seconds:.0f} s, sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
