"""The `bailiwick` command: one file per verb."""
