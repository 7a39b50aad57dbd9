"""How an import ends that does not end well."""

from collections.abc import Sequence


class Refused(ValueError):
    """What came may not come in; with every fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class Interrupted(OSError):
    """A source, a store or a tool failed; the same command goes on where this stopped."""
