"""Guard 2. Tenant, use case and purpose, from the token alone: who is not known to may, may not.

Envoy has verified signature, issuer, audience and end of the token (envoy/, docs/adr/0027); here its age and its
roles are held against what this gateway serves.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from model_images.gateway.guard.exchange import Caller, Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import ORDER, Callers, Settings

GUARD = "authorise"
PURPOSES = ("treatment", "payment", "operations")
SKEW_SECONDS = 60
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_APPLICATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Authorise:
    """Roles are those that components/callers.py registers: `use-case.<name>.<purpose>`, `data-class.<class>`,
    `tenant.<name>`, `re-identify.<name>`, `erase.<name>`."""

    def __init__(self, settings: Settings, callers: Callers, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._callers, self._clock = settings, callers, clock

    def check(self, exchange: Exchange) -> None:
        """Write who asks into the exchange. Raises Refused."""
        claims = exchange.claims
        self._token(claims)
        roles = _roles(claims)
        use_case = str(exchange.body["model"])
        tenant = self._tenant(roles)
        served = self._settings.tenants[tenant].models if tenant else self._settings.models
        if use_case not in served:
            raise unknown()
        purposes = [purpose for purpose in PURPOSES if f"use-case.{use_case}.{purpose}" in roles]
        exchange.caller = Caller(
            application=_plain(claims, _APPLICATION, "azp", "appid"),
            token=_plain(claims, _ID, "uti", "jti"),
            tenant=tenant,
            use_case=use_case,
            purpose=_purpose(purposes, exchange.extension.purpose),
            data_classes=frozenset(name for name in ORDER if f"data-class.{name}" in roles),
            reidentifies=f"re-identify.{use_case}" in roles,
        )
        self._origin(exchange)

    def served(self, exchange: Exchange) -> list[str]:
        """Names of the use cases that this token may ask; who asks is written into the exchange. Raises Refused."""
        claims = exchange.claims
        self._token(claims)
        roles = _roles(claims)
        tenant = self._tenant(roles)
        exchange.caller = Caller(
            application=_plain(claims, _APPLICATION, "azp", "appid"),
            token=_plain(claims, _ID, "uti", "jti"),
            tenant=tenant,
            use_case="",
            purpose="",
            data_classes=frozenset(),
            reidentifies=False,
        )
        self._origin(exchange)
        models = self._settings.tenants[tenant].models if tenant else self._settings.models
        return sorted(name for name in models if any(f"use-case.{name}.{purpose}" in roles for purpose in PURPOSES))

    def erases(self, exchange: Exchange) -> None:
        """Whether this token may have a use case's tokens erased: a right of its own, and for none of the purposes.

        Raises Refused.
        """
        use_case = str(exchange.body["model"])
        if use_case not in self.served(exchange):
            raise unknown()
        exchange.caller = replace(exchange.asked, use_case=use_case)
        if f"erase.{use_case}" not in _roles(exchange.claims):
            raise _no("erase", "The token does not hold the right to erase.")

    def _token(self, claims: Mapping[str, Any]) -> None:
        begins, ends, now = claims.get("iat"), claims.get("exp"), self._clock()
        if isinstance(begins, bool) or isinstance(ends, bool):
            raise _no("token", "The token has no times.", 401)
        if not isinstance(begins, (int, float)) or not isinstance(ends, (int, float)):
            raise _no("token", "The token has no times.", 401)
        if ends - begins > self._callers.max_age_seconds:
            raise _no("token-too-long", f"The token lives over {self._callers.max_age_seconds} seconds.", 401)
        if not begins - SKEW_SECONDS <= now <= ends + SKEW_SECONDS:
            raise _no("token-expired", "The token is not of now.", 401)
        if claims.get("iss") != self._callers.issuer or claims.get("aud") != self._callers.audience:
            raise _no("token", "The token is not for this gateway.", 401)
        if claims.get("idtyp") != "app":
            raise _no("person", "The token is a person's; workloads ask here.")

    def _tenant(self, roles: frozenset[str]) -> str:
        named = [role.removeprefix("tenant.") for role in roles if role.startswith("tenant.")]
        if not self._settings.tenants:
            if named:
                raise _no("tenant", "The token speaks for a tenant, and this gateway has none.")
            return ""
        if len(named) != 1 or named[0] not in self._settings.tenants:
            raise _no("tenant", "The token must speak for one tenant of this gateway.")
        return named[0]

    def _origin(self, exchange: Exchange) -> None:
        """A browser's page is a tenant's own, or it gets no answer: the preflight could not know whose token comes."""
        if not exchange.origin:
            return
        tenant = exchange.asked.tenant
        allowed = self._settings.tenants[tenant].origins if tenant else self._settings.origins
        if exchange.origin not in allowed:
            raise _no("origin", "The page's origin is not one of this tenant's.")


def unknown() -> Refused:
    """The use case is not this caller's to ask; whether there is one of that name is not said."""
    return _no("use-case", "The use case is not served to this caller; GET /v1/models lists what is.", 404)


def _no(what: str, words: str, status: int = 403) -> Refused:
    return Refused(GUARD, what, words, status=status)


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _no("roles", "The token has no roles.")
    return frozenset(roles)


def _plain(claims: Mapping[str, Any], form: re.Pattern[str], *names: str) -> str:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and form.fullmatch(value):
            return value
    raise _no("token", f"The token has no {names[0]}.", 401)


def _purpose(held: list[str], asked: str | None) -> str:
    if not held:
        raise unknown()
    if asked is None:
        if len(held) > 1:
            raise _no("purpose", f"bailiwick.purpose must say which: {', '.join(held)}.")
        return held[0]
    if asked not in held:
        raise _no("purpose", f"The token does not hold that purpose; it holds {', '.join(held)}.")
    return asked
