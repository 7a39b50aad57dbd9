"""The isolation of tenants as the catalogue has it now: what is open, by name."""

from pathlib import Path

from psycopg import Connection

_QUESTION = Path(__file__).with_name("isolation.sql").read_bytes()


def openings(connection: Connection) -> list[str]:
    """Every way in which one tenant could reach another; none when the schema holds."""
    return [str(opening) for (opening,) in connection.execute(_QUESTION)]
