"""What is wrong with a configuration, said so that a person can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["malformed", "unlawful"]
"""`malformed`: no plan can be made of it. `unlawful`: a plan can be made, and is refused."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of one key."""

    key: str
    """As written in the stack file, for example `bailiwick:network.addressSpace`."""
    value: str
    """The offending value; a secret is never repeated here."""
    problem: str
    allowed: str
    consequence: str
    hint: str
    kind: Kind = "malformed"
    law: tuple[str, ...] = ()


class ConfigError(ValueError):
    """A stack's configuration has faults; `faults` holds all of them."""

    def __init__(self, stack: str, faults: Sequence[Fault]) -> None:
        self.stack = stack
        self.faults = tuple(faults)
        super().__init__("\n".join(lines(stack, self.faults)))


def crossed_bounds(fewest: str, most: str, low: int, high: int) -> Fault:
    """The fault of two dials, named by their keys, of which the lower stands above the upper."""
    return Fault(
        key=fewest,
        value=f"{low} with {most} {high}",
        problem="fewest exceeds most",
        allowed=f"at most {high}",
        consequence="the autoscaler can't be set",
        hint=f"raise {most} or lower {fewest.rpartition('.')[2]}",
    )


def lines(stack: str, faults: Sequence[Fault]) -> list[str]:
    """Plain text of the faults, one block each."""
    count = len(faults)
    text = [f"Pulumi.{stack}.yaml has {count} fault{'' if count == 1 else 's'}; nothing was planned."]
    for fault in faults:
        law = f"   {' · '.join(fault.law)}" if fault.law else ""
        text += [
            f"✗ {fault.key}{law}",
            f"  {fault.problem}: {fault.value}",
            f"  allowed: {fault.allowed}",
            f"  consequence: {fault.consequence}",
            f"  hint: {fault.hint}",
        ]
    return text
