"""Retrieval's schema, and the command that brings a database to it: `python -m retrieval.migrate`."""

from pathlib import Path

from database.migrate import command
from database.schema import Schema

SCHEMA = Schema(
    name="retrieval",
    folder=Path(__file__).with_name("migrations"),
    question=Path(__file__).with_name("isolation.sql"),
    promise="tenants are kept apart",
    broken="tenants would not be kept apart",
)
main = command(SCHEMA)

if __name__ == "__main__":
    main()
