"""Tokens in place of identifiers, and the way back: what is reversible stays pseudonymous, never anonymous."""
