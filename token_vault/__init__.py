"""The token vault's schema: rows that the database can't read, and the four things that a gateway may ask of them."""
