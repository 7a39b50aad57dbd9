"""What no rule knows: a stack of which part was not judged is not compliant, however well the rest does.

`residency.types-are-known` refuses what is of Azure and unknown. Here is the rest: another cloud, another provider for
the same one, manifests that no rule reads, and what was under way when a state was exported.
"""

import re
from collections import Counter
from functools import lru_cache

from plan.file import under_way_in
from plan.model import Plan
from policies.rule import Rule, Severity, registered

EVERYTHING_JUDGED = Rule(
    id="residency.everything-is-judged",
    title="Nothing stands in the stack that no rule looks at",
    severity=Severity.HIGH,
    fix="judge what is named by other means, or move it to a stack of its own; what was under way: pulumi refresh",
    rationale="A bucket in another cloud passes every rule of this project, because none looks at it.",
    applies_to=("*",),
    example="an S3 bucket beside the platform",
)
"""Judged beside the packs' rules: it evidences no article, it says how far the evidence reaches."""

NEEDS_NO_RULE = {
    "random:": "numbers and names; what is secret among them is looked for in every registration",
    "kubernetes:core/v1:ServiceAccount": "a name; rights are bound to it elsewhere, and judged there",
    "kubernetes:core/v1:PersistentVolume": "points at a store, which is judged",
    "kubernetes:core/v1:PersistentVolumeClaim": "points at a volume",
    "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass": "names what is in a vault, which is judged",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": "a number of pods",
    "kubernetes:keda.sh/v1alpha1:ScaledObject": "a number of pods",
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": "an order among pods",
    "kubernetes:azmonitoring.coreos.com/v1:PodMonitor": "where numbers are read",
}
"""Types, or beginnings of them, that hold no data and open no way, and why."""
SHOWN = 8


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], tuple[str, ...]]:
    # A rule over everything, or over all of a provider (`kubernetes:*`), knows none of its types in particular.
    tokens = {token for rule in registered() for token in rule.applies_to if not re.fullmatch(r"\*|[\w-]+:\*", token)}
    exact = frozenset(token for token in tokens if not token.endswith("*"))
    return exact, ("azure-native:", *NEEDS_NO_RULE, *(token[:-1] for token in tokens - exact))


def unjudged(plan: Plan) -> list[str]:
    """What can't be judged of a plan, in words for people; nothing for one that the rules know wholly."""
    exact, beginnings = _known()
    strange = {token for token in plan.types if token not in exact and not token.startswith(beginnings)}
    counts = Counter(found.type for found in plan.resources if found.type in strange and not found.is_component)
    told: list[str] = []
    if counts:
        named = [f"{token} ({count})" for token, count in counts.most_common(SHOWN)]
        more = f" and {len(counts) - SHOWN} types more" if len(counts) > SHOWN else ""
        told.append(
            f"can't judge: {counts.total()} resource{'s' if counts.total() > 1 else ''} of {len(counts)} "
            f"type{'s' if len(counts) > 1 else ''} that no rule knows: {', '.join(named)}{more}"
        )
    begun = under_way_in(plan)
    if begun:
        told.append(
            f"can't judge: {len(begun)} operation{'s' if len(begun) > 1 else ''} had begun and not ended when it was "
            f"exported: {', '.join(begun[:SHOWN])}"
        )
    return told
