"""What a training costs in privacy, by itself and with all before it on the same people, before it begins."""

from collections.abc import Sequence
from typing import Any

from opacus.accountants import RDPAccountant

from model_images.fine_tuning.ledger import Ledger, TooMuch

Mechanism = tuple[float, float, int]
"""Noise multiplier, sample rate, steps."""


def epsilon_of(history: Sequence[Mechanism], delta: float) -> float:
    """Epsilon of all of them together; 0 of none.

    Renyi divergences of one order add up over mechanisms (I. Mironov, "Renyi Differential Privacy", 2017, proposition
    1), which costs less than adding epsilons. Each is a subsampled Gaussian (I. Mironov, K. Talwar, L. Zhang, "Renyi
    Differential Privacy of the Sampled Gaussian Mechanism", 2019), as Opacus computes it.
    """
    if not history:
        return 0.0
    accountant: Any = RDPAccountant()
    accountant.history = list(history)
    return float(accountant.get_epsilon(delta=delta))


def allowed(ledger: Ledger, planned: Mechanism, *, most: float, records: int) -> tuple[float, float]:
    """Epsilon of a training by itself, and of all with it. Raises TooMuch.

    A delta of one in so many records would allow one record to be published whole.
    """
    budget = ledger.budget
    if budget.delta >= 1 / records:
        raise TooMuch(
            f"delta is {budget.delta:g}; under 1/{records} ({1 / records:.2g}) at least, or it protects nobody"
        )
    own, total = epsilon_of([planned], budget.delta), epsilon_of([*ledger.history, planned], budget.delta)
    if own > most:
        raise TooMuch(
            f"epsilon would be {own:.2f}, and {most:g} is allowed\n"
            "hint: raise --noise, lower --steps or --batch, or bring more records"
        )
    if total > budget.epsilon:
        before = epsilon_of(ledger.history, budget.delta)
        raise TooMuch(
            f"epsilon of all {len(ledger.spent) + 1} trainings on {ledger.population} would be {total:.2f}; "
            f"{before:.2f} of {budget.epsilon:g} is spent, as {budget.by} gave it on {budget.at[:10]}\n"
            "hint: raise --noise, lower --steps or --batch; what is spent does not come back"
        )
    return own, total
