"""Trials in a plan: each candidate beside what it is tried against, with all that decides what either answers.

Model and prompt are read where the gateway reads them, in the prompt store's values; the image where it runs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plan.model import PlannedResource
from policies.require import items
from policies.review import StackUnderReview
from policies.types import DEPLOYMENT, KEY_VALUE

STABLE = "vllm"
"""Name of the Deployment that serves; whatever else serves a model beside it is a candidate."""
TRIED = "vllm-canary"
CANDIDATE = "-candidate"
CHANGE = "bailiwick/change"
STEPS = "bailiwick/canary-steps"
UNTIL = "bailiwick/canary-until"
WAY_BACK = "bailiwick/way-back"
COMPONENT = "app.kubernetes.io/component"
TEMPLATE = "spec.template.metadata"
Pinned = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One candidate."""

    deployment: PlannedResource
    use_case: str
    change: str
    """Id of its record; empty where it names none."""
    noted: Mapping[str, object]
    """The pods' annotations."""
    stable: Pinned = field(default_factory=dict)
    candidate: Pinned = field(default_factory=dict)
    stable_image: str = ""
    candidate_image: str = ""

    @property
    def way_back(self) -> bool:
        """Whether it is the version before, which waits for what is active to fail."""
        return self.noted.get(WAY_BACK) == "true"

    @property
    def steps(self) -> tuple[int, ...]:
        """Percent by percent; none where they can't be read."""
        parts = str(self.noted.get(STEPS, "")).split(",")
        return tuple(int(part) for part in parts if part.isdigit()) if all(p.isdigit() for p in parts) else ()


def trials(stack: StackUnderReview) -> Iterator[Trial]:
    """Every candidate of the stack."""
    store = dict(pinned(stack))
    servers = [
        item for item in stack.of_type(DEPLOYMENT) if _labels(item).get("app.kubernetes.io/component") == "inference"
    ]
    stable = {item.get("metadata.namespace"): item for item in servers if item.get("metadata.name") == STABLE}
    for server in servers:
        if server.get("metadata.name") == STABLE:
            continue
        noted = server.get(f"{TEMPLATE}.annotations")
        known = noted if isinstance(noted, dict) else {}
        use_case = str(_labels(server).get("bailiwick/use-case", ""))
        beside = stable.get(server.get("metadata.namespace"))
        yield Trial(
            deployment=server,
            use_case=use_case,
            change=str(known.get(CHANGE, "")),
            noted=known,
            stable=store.get(use_case, {}),
            candidate=store.get(use_case + CANDIDATE, {}),
            stable_image=_digest(beside) if beside is not None else "",
            candidate_image=_digest(server),
        )


def _labels(item: PlannedResource) -> Mapping[str, object]:
    found = item.get("metadata.labels")
    return found if isinstance(found, dict) else {}


def _digest(server: PlannedResource) -> str:
    images = {str(container.get("image")) for container in items(server.get("spec.template.spec.containers"))}
    return images.pop().partition("@")[2] if len(images) == 1 else ""


def pinned(stack: StackUnderReview) -> Iterator[tuple[str, Pinned]]:
    """What the prompt store holds each use case to, by name; a candidate under its own."""
    for value in stack.of_type(KEY_VALUE):
        key = str(value.get("keyValueName"))
        if key.startswith("use-case:"):
            try:
                found = json.loads(str(value.get("value")))
            except ValueError:
                continue  # refused by prompts.use-cases-are-pinned
            if isinstance(found, dict):
                yield key.removeprefix("use-case:").partition("$")[0], found
