"""The restore drill: what a backup holds is restored, timed, and held against what was promised."""

STEPS = {
    "copies": "ask whether copies arrive in the second region",
    "replica": "ask how far behind the replica in the second region is",
    "documents": "restore a canary of `documents` from the backup vault",
    "database": "restore the database to a moment, and look at it",
    "volumes": "restore a volume of the cluster",
}
"""What `--only` can name, and what each does. Copies come first: a canary is watched from the moment it was put."""
