"""Noise by the OpenDP library: discrete Laplace, whose privacy the library proves and we only ask for.

docs.opendp.org, Laplacian noise. It is the one place that imports it; where it is not installed nothing is released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


class NoNoise(Exception):
    """The library is not there, or its mechanism does not have the privacy that was asked for: nothing leaves."""


@dataclass(frozen=True)
class Noised:
    """Counts that may leave."""

    values: tuple[int, ...]
    scale: float
    """Of the noise: half of all values are nearer than 0.7 of it, and 95 of a hundred nearer than three times."""


def noised(values: Sequence[int], *, sensitivity: int, epsilon: Fraction) -> Noised:
    """Values with noise, so that one unit's part in them is hidden to `epsilon`. Raises NoNoise."""
    try:
        import opendp.prelude as dp
    except ImportError:
        raise NoNoise("the library opendp is not installed: uv sync --group gateway") from None
    dp.enable_features("contrib")  # as the library calls its vetted constructors
    scale = float(sensitivity / epsilon)
    # Rounded up where a float is a little less than the fraction: more noise, never less.
    while Fraction(scale) < sensitivity / epsilon:
        scale *= 1 + 2**-52
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    mechanism = dp.m.make_laplace(*space, scale=scale)
    # The library rounds its own answer up, by parts in 10^16.
    proved = mechanism.map(d_in=sensitivity)  # type: ignore[no-untyped-call]  # the library has no types here
    if not Fraction(proved) <= epsilon * (1 + Fraction(1, 10**9)):
        raise NoNoise("the mechanism has not the privacy that was asked for")
    return Noised(tuple(int(value) for value in mechanism(list(values))), scale)
