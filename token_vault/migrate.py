"""The vault's schema, and the command that brings a database to it: `python -m token_vault.migrate`."""

from pathlib import Path

from database.migrate import command
from database.schema import Schema

SCHEMA = Schema(
    name="token_vault",
    folder=Path(__file__).with_name("migrations"),
    question=Path(__file__).with_name("openings.sql"),
    promise="the vault is asked by its functions alone",
    broken="the vault could be asked otherwise than by its functions",
)
main = command(SCHEMA)

if __name__ == "__main__":
    main()
