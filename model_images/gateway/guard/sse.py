"""Server-sent events, read as they come: html.spec.whatwg.org, "Server-sent events", the part that models use."""

from collections.abc import Iterator

MOST = 1_000_000
"""Bytes of one event; more is no event of a model's."""


class BadStream(ValueError):
    """What came is no stream of events."""


class Events:
    """Bytes in, data of whole events out. A piece may end anywhere, inside a character too."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[str]:
        """The events that are now whole. Raises BadStream."""
        self._rest += piece
        if b"\r" in self._rest:
            self._rest = self._rest.replace(b"\r\n", b"\n")  # of both: a piece may end between the two
        while (end := self._rest.find(b"\n\n")) >= 0:
            block, self._rest = self._rest[:end], self._rest[end + 2 :]
            lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
            if lines:
                try:
                    yield b"\n".join(lines).decode()
                except UnicodeDecodeError:
                    raise BadStream from None
        if len(self._rest) > MOST:
            raise BadStream

    @property
    def whole(self) -> bool:
        """Whether nothing is left over."""
        return not self._rest.strip()


def event(data: str, name: str = "") -> bytes:
    """One event; `data` has no line break, as JSON has none."""
    return (f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n").encode()
