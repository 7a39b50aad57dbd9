"""What a population's data may cost, by whom it was given, and what of it is spent."""

import json
import math
from pathlib import Path

from model_images.fine_tuning.data import BadData
from model_images.fine_tuning.ledger import Budget, Ledger, TooMuch, append, read


def given(folder: Path, population: str, *, epsilon: float, delta: float, by: str, why: str) -> list[str]:
    """Write a budget, the first or another; what was spent stays spent. Raises BadData, Damaged, OSError."""
    wrong = []
    if not 0 < epsilon < math.inf:
        wrong.append(f"--epsilon {epsilon:g}: a number over 0")
    if not 0 < delta < 1:
        wrong.append(f"--delta {delta:g}: between 0 and 1")
    empty = [name for name, said in (("by", by), ("why", why)) if not said.strip()]
    wrong += [f"--{name}: is empty; an auditor reads it" for name in empty]
    if wrong:
        raise BadData("\n".join(wrong))

    def decide(_: Ledger | None, number: int, head: str, at: str) -> Budget:
        return Budget(
            population=population, number=number, previous=head, at=at, by=by, epsilon=epsilon, delta=delta, why=why
        )

    entry, sha256 = append(folder, population, decide)
    return [f"{population}: epsilon {epsilon:g} at delta {delta:g}, entry {entry.number} {sha256}"]


def told(folder: Path, population: str, *, as_json: bool) -> list[str]:
    """Every training, and what all of them come to. Raises TooMuch where nobody gave anything, Damaged, OSError."""
    from model_images.fine_tuning.privacy import epsilon_of

    ledger = read(folder, population)
    if ledger is None:
        raise TooMuch(missing(folder, population))
    budget = ledger.budget
    total = epsilon_of(ledger.history, budget.delta)
    if as_json:
        document = {
            "population": population,
            "epsilon": budget.epsilon,
            "delta": budget.delta,
            "spent": total,
            "head": ledger.head,
            "trainings": [
                {
                    "at": one.at,
                    "by": one.by,
                    "adapter": one.adapter,
                    "dataset": one.dataset,
                    "sha256": one.dataset_sha256,
                    "epsilon": one.epsilon,
                    "delta": one.delta,
                }
                for one in ledger.spent
            ],
        }
        return [json.dumps(document, indent=1)]
    lines = [
        f"{one.at}  {one.adapter}  {one.dataset}  epsilon {one.epsilon:.3f} at delta {one.delta:g}  {one.by}"
        for one in ledger.spent
    ]
    many = "1 training" if len(lines) == 1 else f"{len(lines)} trainings"
    return [*lines, f"{population}: {total:.3f} of {budget.epsilon:g} spent at delta {budget.delta:g} by {many}"]


def missing(folder: Path, population: str) -> str:
    """That nobody has given a budget, and how it is done."""
    return (
        f"{folder} has no budget for '{population}': nobody has said what its data may cost\n"
        f"hint: python -m model_images.fine_tuning budget --ledger {folder} --population {population} --epsilon <most> "
        "--delta <under one in its records> --by <who> --why <why>"
    )
