"""A training's place in the ledger: asked before a model is loaded, written down before the first step."""

from pathlib import Path

from model_images.fine_tuning.budgeting import missing
from model_images.fine_tuning.data import Dataset
from model_images.fine_tuning.ledger import Ledger, Spent, TooMuch, append, read
from model_images.fine_tuning.privacy import Mechanism, allowed


class Spending:
    """Of one training."""

    def __init__(
        self, folder: Path, dataset: Dataset, planned: Mechanism, *, most: float, adapter: str, by: str
    ) -> None:
        """`most`: what it may cost by itself."""
        self._folder, self._dataset, self._planned = folder, dataset, planned
        self._most, self._adapter, self._by = most, adapter, by
        self.entry: Spent | None = None
        self.sha256 = ""

    def ask(self) -> None:
        """Whether it could begin now. Raises TooMuch, Damaged."""
        self._allowed(read(self._folder, self._dataset.population))

    def begin(self) -> float:
        """Write it down; gives the delta that it was counted at. Raises TooMuch, Damaged, OSError."""
        self.entry, self.sha256 = append(self._folder, self._dataset.population, self._decided)
        return self.entry.delta

    def _allowed(self, ledger: Ledger | None) -> tuple[Ledger, float, float]:
        if ledger is None:
            raise TooMuch(missing(self._folder, self._dataset.population))
        own, total = allowed(ledger, self._planned, most=self._most, records=len(self._dataset.texts))
        return ledger, own, total

    def _decided(self, found: Ledger | None, number: int, head: str, at: str) -> Spent:
        ledger, own, total = self._allowed(found)
        noise_multiplier, sample_rate, steps = self._planned
        return Spent(
            population=self._dataset.population,
            number=number,
            previous=head,
            at=at,
            by=self._by,
            adapter=self._adapter,
            dataset=self._dataset.name,
            dataset_sha256=self._dataset.sha256,
            records=len(self._dataset.texts),
            noise_multiplier=noise_multiplier,
            sample_rate=sample_rate,
            steps=steps,
            epsilon=own,
            total=total,
            budget=ledger.budget.epsilon,
            delta=ledger.budget.delta,
        )
