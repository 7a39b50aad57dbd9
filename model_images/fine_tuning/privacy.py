"""What a training will cost in privacy, before it begins: by the accountant that counts while it runs."""

from typing import Any

from opacus.accountants import RDPAccountant


class TooMuch(ValueError):
    """It would cost more than is allowed, or delta says nothing."""


def epsilon_of(*, noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Epsilon of so many steps. I. Mironov, K. Talwar, L. Zhang, "Rényi Differential Privacy of the Sampled Gaussian
    Mechanism", 2019, as Opacus computes it.
    """
    accountant: Any = RDPAccountant()
    accountant.history = [(noise_multiplier, sample_rate, steps)]
    return float(accountant.get_epsilon(delta=delta))


def allowed(*, epsilon: float, most: float, delta: float, records: int) -> None:
    """Raises TooMuch. A delta of one in so many records would allow one record to be published whole."""
    if delta >= 1 / records:
        raise TooMuch(f"delta is {delta:g}; under 1/{records} ({1 / records:.2g}) at least, or it protects nobody")
    if epsilon > most:
        raise TooMuch(
            f"epsilon would be {epsilon:.2f}, and {most:g} is allowed\n"
            "hint: raise --noise, lower --steps or --batch, or bring more records"
        )
