"""What a use case serves, and what it tries beside it: two versions by the same code, which differ in no setting.

Each is a Deployment of its own with its own Service, budget and scaler. How much of the traffic the candidate gets is
not here: the gateway holds the ceiling, and the job of components/delivery.py moves the weight under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.configuration_store import store_host
from components.scope import Scope
from config.canary import CANDIDATE
from config.use_case import UseCase

STABLE, TRIED = "vllm", "vllm-canary"


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a use case's model server."""

    item: UseCase
    """As it is served: of a candidate, with what the canary changes."""
    server: str
    """Name of its Deployment, Service, budget and scaler."""
    name: str
    """Its pods' name; the two must not find each other's."""
    noted: Mapping[str, str]
    """Annotations of its pods: which version they are."""

    @property
    def match(self) -> dict[str, str]:
        """Labels that find its pods."""
        return {"app.kubernetes.io/name": self.name}


def versions(use_case: UseCase) -> Sequence[Version]:
    """What is served, and what is tried where something is."""
    stable = Version(item=use_case, server=STABLE, name=use_case.name, noted=_model(use_case))
    canary, candidate = use_case.canary, use_case.candidate
    if canary is None or candidate is None:
        return (stable,)
    noted = {
        **_model(candidate),
        "bailiwick/prompt-name": candidate.prompt.name,
        "bailiwick/prompt-version": candidate.prompt.version,
        "bailiwick/prompt-sha256": candidate.prompt.sha256,
        "bailiwick/change": canary.change,
        "bailiwick/canary-steps": ",".join(map(str, canary.steps)),
        "bailiwick/canary-until": canary.until,
        **({"bailiwick/way-back": "true"} if canary.way_back else {}),
    }
    return (stable, Version(item=candidate, server=TRIED, name=use_case.name + CANDIDATE, noted=noted))


def _model(item: UseCase) -> dict[str, str]:
    return {
        "bailiwick/model-name": item.model.name,
        "bailiwick/model-revision": item.model.revision,
        "bailiwick/model-sha256": item.model.sha256,
    }


def routed(use_cases: Sequence[UseCase], port: int, store: str) -> dict[str, dict[str, object]]:
    """What the gateway's settings say of candidates, by use case: where each is, and the most that it may get.

    The weight in force is the value `weightKey` of the store, which the gateway reads every `refreshSeconds`. It takes
    the lesser of it and the ceiling, and 0 where there is none, where it can't be read, names another change, or was
    written more than `staleMinutes` ago. So whoever can write the weight can't raise it over what was reviewed, and a
    job that stopped is a rollback. A conversation stays with the version that it began with.
    """
    return {
        item.name: {
            "change": item.canary.change,
            "url": f"https://{TRIED}.inference-{item.name}.svc.cluster.local:{port}",
            "pinned": f"use-case:{item.name}{CANDIDATE}",
            "ceilingPercent": max(item.canary.steps),
            "weightStore": store,
            "weightKey": f"routing:{item.name}",
            "refreshSeconds": REFRESH_SECONDS,
            "staleMinutes": STALE_MINUTES,
        }
        for item in use_cases
        if item.canary is not None
    }


def limits(use_cases: Sequence[UseCase]) -> list[dict[str, object]]:
    """What the job holds candidates to: from the plan, and not from the tree in its image, which is of another day."""
    return [
        {
            "useCase": item.name,
            "change": item.canary.change,
            "versions": {**_sums("stable", item), **_sums("candidate", candidate)},
            "steps": list(item.canary.steps),
            "stepMinutes": item.canary.step_minutes,
            "accuracyFloor": item.accuracy_floor,
            "firstTokenMilliseconds": item.first_token_ms,
            "until": item.canary.until,
            "wayBack": item.canary.way_back,
        }
        for item in use_cases
        if item.canary is not None and (candidate := item.candidate) is not None
    ]


def _sums(side: str, item: UseCase) -> dict[str, str]:
    return {
        f"{side}Model": item.model.sha256,
        f"{side}Prompt": item.prompt.sha256,
        f"{side}Image": item.image.partition("@")[2],
    }


REFRESH_SECONDS = 30
STALE_MINUTES = 15
"""As in delivery/routing.py, which components may not import: tests/components/test_canary.py."""


def weight_store(scope: Scope) -> str:
    """Name of the store of weights: known before it exists, as the gateway's settings name it."""
    return scope.names.of("appcs", "routing", limit=50)


def weight_host(scope: Scope) -> str:
    """Its host, which leads to its private endpoint."""
    return store_host(scope, weight_store(scope))
