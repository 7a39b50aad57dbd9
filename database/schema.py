"""A schema: where its migrations lie, and the question that tells what is open in it."""

from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection


@dataclass(frozen=True, kw_only=True)
class Schema:
    """One schema of one database."""

    name: str
    """Its history lies beside it, in `<name>_history`."""
    folder: Path
    """Of the migrations."""
    question: Path
    """SQL that asks the catalogue for every way in which the promise does not hold; a line each."""
    promise: str
    """What is held, in words: `tenants are kept apart`."""
    broken: str
    """The same where it isn't: `tenants would not be kept apart`."""

    def openings(self, connection: Connection) -> list[str]:
        """Every way in which the promise does not hold, as the catalogue has it now; none when it does."""
        return [str(opening) for (opening,) in connection.execute(self.question.read_bytes())]
