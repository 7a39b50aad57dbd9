"""Guard 8. Which server answers: by tenant and use case, by weight where a candidate is tried, and salted.

docs/adr/0031: the gateway takes the lesser of the store's weight and the reviewed ceiling, and none that it can't
read, that is old, or that is of another change. A conversation stays with the version that it began with: at its
replica whatever the weight does meanwhile, at another until the weight passes what was drawn for it.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import Canary, Settings

GUARD = "route"
CANDIDATE = "-candidate"
REMEMBERED = 100_000
"""Conversations whose version is kept in mind."""
Variant = Literal["stable", "candidate", "external"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where a request goes."""

    cluster: str
    """Envoy's name of it."""
    variant: Variant
    pin: str
    """Which pin it is held to."""
    model: str
    """What the server there calls its model."""
    key: str = ""
    """File with what the server asks for; empty where nobody but the gateway reaches it."""


def cluster(use_case: str, tenant: str = "", *, candidate: bool = False) -> str:
    """Envoy's name for the servers of a use case."""
    return f"model:{tenant}:{use_case}{CANDIDATE if candidate else ''}"


def outside(provider: str) -> str:
    """Envoy's name for an external provider."""
    return f"external:{provider}"


@dataclass(frozen=True)
class Weight:
    """What the store said, and when."""

    change: str
    percent: int
    at: datetime


def weight(raw: bytes) -> Weight | None:
    """Read the store's value (delivery/routing.py writes it); None for anything else."""
    try:
        told = json.loads(raw)
        change, percent, at = told["change"], told["weight"], datetime.fromisoformat(told["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    good = isinstance(change, str) and type(percent) is int and at.tzinfo is not None
    return Weight(change, percent, at) if good else None


class Routes:
    """Picks a server for each request."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings, self._clock = settings, clock
        self._weights: dict[str, Weight | None] = {}
        self._begun: OrderedDict[str, tuple[str, Variant]] = OrderedDict()

    def told(self, use_case: str, raw: bytes | None) -> None:
        """What the store of weights said last; None where it could not be read."""
        self._weights[use_case] = None if raw is None else weight(raw)

    def percent(self, use_case: str) -> int:
        """The share that the candidate gets now."""
        canary, told = self._settings.canaries.get(use_case), self._weights.get(use_case)
        if canary is None or told is None or told.change != canary.change or not 0 <= told.percent <= 100:
            return 0
        age = self._clock() - told.at
        if not timedelta(minutes=-1) <= age <= timedelta(minutes=canary.stale_minutes):
            return 0
        return min(told.percent, canary.ceiling_percent)

    def of(self, use_case: str, tenant: str, conversation: str | None) -> Route:
        """Where it goes. Raises Refused."""
        models = self._settings.tenants[tenant].models if tenant else self._settings.models
        if use_case not in models:
            raise Refused(GUARD, "no-route", "Nothing serves this use case here.", status=503)
        canary, percent = self._settings.canaries.get(use_case), self.percent(use_case)
        if canary is not None and percent and self._variant(canary, percent, f"{tenant}/{use_case}", conversation):
            candidate = use_case + CANDIDATE
            return Route(cluster=cluster(use_case, candidate=True), variant="candidate", pin=candidate, model=use_case)
        return Route(cluster=cluster(use_case, tenant), variant="stable", pin=use_case, model=use_case)

    def outside(self, use_case: str) -> Route:
        """To somebody else's model, for what `classify` has let go. Raises Refused."""
        for provider in self._settings.external_providers:
            if use_case in provider.models:
                name = outside(provider.name)
                model = provider.models[use_case]
                return Route(cluster=name, variant="external", pin=use_case, model=model, key=provider.key)
        raise Refused(GUARD, "no-provider", "Nobody outside is approved to answer this use case.", status=404)

    def _variant(self, canary: Canary, percent: int, place: str, conversation: str | None) -> bool:
        if conversation is None:
            return secrets.randbelow(100) < percent
        key = f"{place}/{conversation}"
        held = self._begun.get(key)
        if held is None or held[0] != canary.change:
            drawn: Variant = "candidate" if _drawn(f"{canary.change}/{key}") < percent else "stable"
            held = self._begun[key] = (canary.change, drawn)
            if len(self._begun) > REMEMBERED:
                self._begun.popitem(last=False)
        return held[1] == "candidate"


def _drawn(named: str) -> int:
    """From 0 to 99, the same at every replica: the next turn may come to another one, which remembers nothing."""
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8]) % 100


class Salts:
    """vLLM's `cache_salt`: only requests of one salt share what the server has kept of a prompt.

    One for each calling application: one that faces patients must not tell by the clock what another has asked.
    """

    def __init__(self, secrets_of: Mapping[str, bytes]) -> None:
        """`secrets_of`: by tenant, what its file holds; in a stack without tenants, one under the empty name."""
        self._secrets = dict(secrets_of)

    def told(self, secrets_of: Mapping[str, bytes]) -> None:
        """What is mounted now: caches under another salt are nobody's from then on."""
        self._secrets = dict(secrets_of)

    def of(self, tenant: str, use_case: str, application: str) -> str:
        """The salt. Raises Refused."""
        secret = self._secrets.get(tenant)
        if secret is None:
            raise Refused(GUARD, "no-salt", "The tenant's cache can't be told apart.", status=503)
        made = hmac.digest(secret, f"cache-salt/2\n{tenant}\n{use_case}\n{application}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).decode().rstrip("=")
