"""How long a segment may still take records: what a checkpoint commits to must not be lost with a node."""

import time


class SegmentAge:
    """Of the segment that is written. For one thread."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: after its first record, it ends. A log begins with one."""
        self._seconds = seconds
        self._since: float | None = time.monotonic()

    def written(self) -> None:
        """Something was put into it."""
        if self._since is None:
            self._since = time.monotonic()

    def over(self) -> None:
        """The next one begins, with nothing in it."""
        self._since = None

    @property
    def left(self) -> float | None:
        """Seconds until it ends; None where nothing is in it."""
        return None if self._since is None else max(0.0, self._since + self._seconds - time.monotonic())

    @property
    def old(self) -> bool:
        """Whether it ends now."""
        return self.left == 0.0
