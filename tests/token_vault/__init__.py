"""The token vault in a real PostgreSQL."""
