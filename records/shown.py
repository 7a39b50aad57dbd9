"""What the cluster is told of a version's standing, for who looks there and not into git."""

from collections.abc import Mapping

from records.lifecycle import path_for
from records.lives import load

NAME, FILE = "lifecycle", "lifecycle.json"
"""Of the ConfigMap in a namespace of models, and of its file."""


def shown(stack: str, use_case: str, track: str, version: Mapping[str, str]) -> dict[str, object]:
    """One version. `track`: `stable` or `candidate`. `version`: `model`, `revision`, `modelSha256`, `prompt`,
    `promptVersion`, `promptSha256`. What no sound record speaks of is `unrecorded`.
    """
    life = load().find(stack, use_case, version)
    told: dict[str, object] = {"track": track, **version}
    if life is None or (life.model.sha256, life.prompt.sha256) != (version["modelSha256"], version["promptSha256"]):
        return {**told, "state": "unrecorded"}
    now = life.standing
    return {
        **told,
        "state": now.state,
        "since": now.since.isoformat(),
        "change": now.change,
        "approvals": len(now.approvals),
        "evaluated": now.evaluation.date.isoformat() if now.evaluation else None,
        "accuracy": now.evaluation.accuracy if now.evaluation else None,
        "expires": now.expires.isoformat() if now.expires else None,
        "record": path_for(stack, use_case, life.model.name, life.model.revision, life.prompt.version),
    }
