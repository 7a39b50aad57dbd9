"""The GPUs that Azure rents, by VM size, and what of their memory is there to be had: `gpus.yaml`."""

from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from models.checks import address, at_least, shaped, text
from models.reading import Fault, read, relied_on

FILE = Path(__file__).parent / "gpus.yaml"


@frozen(kw_only=True)
class Accelerator:
    """One kind of GPU."""

    name: str = field(metadata=text())
    compute_capability: str = field(metadata=shaped(r"\d+\.\d", "a version such as 9.0"))
    nominal_gb: int = field(metadata=at_least(1))
    """As it is sold."""
    usable_mib: int = field(metadata=at_least(1))
    """As PyTorch finds it."""
    batched_tokens: int = field(metadata=at_least(1))
    """Tokens of one step where the server is told none."""
    source: str = field(metadata=address())

    @property
    def usable(self) -> int:
        """Bytes that a process may have, all told."""
        return self.usable_mib * 2**20

    @property
    def capability(self) -> tuple[int, int]:
        """Compute capability, to be compared."""
        major, _, minor = self.compute_capability.partition(".")
        return int(major), int(minor)


@frozen(kw_only=True)
class Size:
    """One VM size."""

    accelerator: str
    count: int = field(metadata=at_least(1))


@frozen(kw_only=True)
class Gpus:
    """All that is known of GPUs."""

    accelerators: dict[str, Accelerator]
    sizes: dict[str, Size]

    def of_size(self, size: str) -> tuple[Accelerator, int] | None:
        """A VM size's kind of GPU, and how many; None for a size without, or one that nobody wrote down."""
        found = self.sizes.get(size)
        return (self.accelerators[found.accelerator], found.count) if found is not None else None


def across(gpus: Gpus) -> Iterator[tuple[str, str]]:
    """Sizes name accelerators that are there."""
    for name, size in gpus.sizes.items():
        if size.accelerator not in gpus.accelerators:
            yield (
                f"sizes.{name}.accelerator",
                f"no accelerator '{size.accelerator}'; there: {', '.join(gpus.accelerators)}",
            )


def parse(written: str) -> tuple[Gpus | None, tuple[Fault, ...]]:
    """What a text says and no fault, or none and every fault with its line."""
    return read("models/gpus.yaml", written, Gpus, across)


def gpus() -> Gpus:
    """What `gpus.yaml` says. Raises FaultyFile with every fault."""
    return relied_on(FILE, parse)
