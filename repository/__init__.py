"""The git repository that the project lies in: what is committed, and what differs from it."""
