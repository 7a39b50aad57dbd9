"""A document as blocks, and a writer of it per form."""
