"""A record's YAML: nothing unknown is let in, and every fault is told with the line that it stands on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from jurisdictions.lines import NotRead, lined
from jurisdictions.structure import structured

_T = TypeVar("_T")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a record, and the line that says it."""

    path: str
    """The file's, from the project's folder."""
    line: int
    what: str

    @property
    def words(self) -> str:
        """`changes/notes-2.yaml:12: expires: …`."""
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that was parsed: its values, and where each stands."""

    path: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    """By dotted key: `history.2.evaluation`."""
    faults: tuple[Fault, ...]
    """Keys that stand twice."""

    def fault(self, key: str, what: str) -> Fault:
        """With the line of the key, or of the nearest that holds it."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return Fault(self.path, self.lines.get(key, 1), what)


def parsed(path: str, text: str) -> tuple[Document | None, tuple[Fault, ...]]:
    """The document and no fault, or none and why it is none."""
    try:
        found = lined(text)
    except NotRead as error:
        return None, (Fault(path, error.line, error.what),)
    values = {str(key): value for key, value in found.values.items()}
    twice = tuple(Fault(path, line, f"{key}: stands twice") for key, line in found.twice)
    return Document(path=path, values=values, lines=found.lines, faults=twice), ()


def taken(model: type[_T], document: Document) -> tuple[_T | None, tuple[Fault, ...]]:
    """The record of a document; with faults, each by its line, where it is none of this kind."""
    record, words = structured(model, document.values)
    told = [document.fault(word.partition(":")[0], word.removeprefix("the file: ")) for word in words]
    return record, (*document.faults, *told)


def crossed(document: Document, found: Iterable[tuple[str, str]]) -> tuple[Fault, ...]:
    """Faults that no field can know by itself: keys, and what is wrong with each."""
    return tuple(document.fault(key, f"{key}: {what}") for key, what in found)
