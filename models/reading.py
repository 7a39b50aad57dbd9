"""How a data file of this package is read: strictly, every fault at once, each with its line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from jurisdictions.lines import NotRead, lined
from jurisdictions.structure import structured

_T = TypeVar("_T")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file, and the line that says it."""

    file: str
    line: int
    what: str

    @property
    def words(self) -> str:
        """`models/models.yaml:12: models.x.licence: …`."""
        return f"{self.file}:{self.line}: {self.what}"


class FaultyFile(ValueError):
    """A data file that can't be relied on; says every fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("\n".join(fault.words for fault in faults))


def read(
    file: str, text: str, form: type[_T], across: Callable[[_T], Iterable[tuple[str, str]]] | None = None
) -> tuple[_T | None, tuple[Fault, ...]]:
    """The value of a text and no fault, or none and every fault with its line.

    `across` tells what no field can know by itself, as pairs of path and fault.
    """
    try:
        document = lined(text)
    except NotRead as error:
        return None, (Fault(file, error.line, error.brief),)
    lines = {"": document.first, **document.lines}
    faults = [Fault(file, line, f"{path}: stands twice") for path, line in document.twice]
    value, words = structured(form, document.values)
    told = [tuple(word.partition(": ")[::2]) for word in words]
    if value is not None and across is not None:
        told += list(across(value))
    faults += [Fault(file, _line(lines, path, what), f"{path}: {what}") for path, what in told]
    faults.sort(key=lambda fault: fault.line)
    return (None if faults else value), tuple(faults)


def relied_on(path: Path, parse: Callable[[str], tuple[_T | None, tuple[Fault, ...]]]) -> _T:
    """The value of a file, read once.

    Raises FaultyFile with every fault, OSError where it can't be read.
    """
    found: _T = _kept(path, parse)
    return found


@lru_cache(maxsize=16)
def _kept(path: Path, parse: Callable[[str], tuple[Any, tuple[Fault, ...]]]) -> Any:  # noqa: ANN401 lru_cache keeps no type
    value, faults = parse(path.read_text(encoding="utf-8"))
    if value is None:
        raise FaultyFile(faults)
    return value


def _line(lines: dict[str, int], path: str, what: str) -> int:
    """Of the path, of the first unknown key that a fault names, or of the nearest that stands there."""
    unknown = what.removeprefix("unknown: ").split(", ")[0] if what.startswith("unknown: ") else ""
    at = f"{path}.{unknown}" if unknown and path != "the file" else unknown or path
    while at not in lines and "." in at:
        at = at.rpartition(".")[0]
    return lines.get(at, 1)
