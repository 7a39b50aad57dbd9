"""The walls behind the plan: which Azure Policy and which admission hold what a rule holds, or why none does.

Only what is really assigned is named here; a test holds the names against the plan and the site's manifests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files

import yaml

WHERE = "policies/walls.yaml"
KINDS = ("policy", "pod-security", "admission")
"""What a cluster's wall is: Azure Policy for Kubernetes, Pod Security, or Kubernetes' own admission policies."""
NOT_YET = "not assigned yet"
"""How a reason begins where a definition could stand and none does: a gap, told as one."""


class WallsError(ValueError):
    """A file that can't be used; the message says which rule, and why."""


@dataclass(frozen=True, kw_only=True)
class Walls:
    """What stands behind one rule."""

    subscription: tuple[str, ...] = ()
    """Keys of policies in the subscription."""
    cluster: tuple[str, ...] = ()
    """`policy/<key>`, `pod-security/restricted` or `admission/<name>` of a ValidatingAdmissionPolicy."""
    but: str = ""
    """The part of the property that they do not hold."""
    only_plan: str = ""
    """Why the plan stands alone."""

    @property
    def others(self) -> tuple[str, ...]:
        """Every wall but the plan."""
        return (*self.subscription, *self.cluster)


@lru_cache(maxsize=1)
def walls() -> Mapping[str, Walls]:
    """By rule id; raises WallsError."""
    return parse((package_files.files("policies") / "walls.yaml").read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, Walls]:
    """The walls of a text; raises WallsError at what contradicts itself."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader
    if not isinstance(document, dict):
        raise WallsError(f"{WHERE}: must be a mapping of rules")
    return {rule_id: _walls(rule_id, found) for rule_id, found in document.items()}


def _walls(rule_id: str, found: object) -> Walls:
    here = f"{WHERE}: {rule_id}"
    if not isinstance(found, dict):
        raise WallsError(f"{here}: must be a mapping")
    unknown = set(found) - {"subscription", "cluster", "but", "only_plan"}
    if unknown:
        raise WallsError(
            f"{here}: unknown: {', '.join(sorted(unknown))}; allowed: subscription, cluster, but, only_plan"
        )
    for key in ("subscription", "cluster"):
        if not all(isinstance(item, str) for item in found.get(key, ())) or isinstance(found.get(key), str):
            raise WallsError(f"{here}: {key} must be a list of names")
    made = Walls(
        subscription=tuple(found.get("subscription", ())),
        cluster=tuple(found.get("cluster", ())),
        but=str(found.get("but", "")).strip(),
        only_plan=str(found.get("only_plan", "")).strip(),
    )
    if bool(made.others) == bool(made.only_plan):
        raise WallsError(f"{here}: name another wall, or say under only_plan why there is none; not both, not neither")
    if made.but and not made.others:
        raise WallsError(f"{here}: `but` speaks of a wall; there is none")
    odd = [name for name in made.cluster if name.partition("/")[0] not in KINDS or not name.partition("/")[2]]
    if odd:
        raise WallsError(
            f"{here}: {', '.join(odd)}: a cluster's wall is {' or '.join(f'{kind}/<name>' for kind in KINDS)}"
        )
    return made
