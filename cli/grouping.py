"""The verbs by task, as `--help` and the reference list them."""

from collections.abc import Iterator, Mapping
from typing import Final

TASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "Plan and judge": ("preview", "check", "diff", "flows", "export", "manifests"),
    "Law and evidence": ("rules", "regulations", "evidence"),
    "Deploy and operate": ("bootstrap", "budget", "drill", "breach"),
    "Models": ("models", "canary", "lifecycle"),
    "Audit": ("audit",),
    "This machine and tree": ("doctor", "completion", "secrets"),
}
"""A verb that is in none of them is listed last, under `More`."""


def by_task(verbs: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each task with its verbs and their lines, in the order above."""
    for task, names in TASKS.items():
        found = [(name, verbs[name]) for name in names if name in verbs]
        if found:
            yield task, found
    grouped = {name for names in TASKS.values() for name in names}
    more = [(name, line) for name, line in verbs.items() if name not in grouped]
    if more:
        yield "More", more
