"""What follows from pins and keys, and is made anew each time that they are read; and what has had its time."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from audit_log.note import Verifier
from model_images.gateway.guard.audit.log import AuditLog
from model_images.gateway.guard.audit.record import Names
from model_images.gateway.guard.authorise import PURPOSES
from model_images.gateway.guard.codes import CODES
from model_images.gateway.guard.pins import Pins
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.route import CANDIDATE, Salts
from model_images.gateway.guard.settings import EVERYBODY, BadSettings, Settings
from model_images.gateway.guard.tokens.keys import KeyMissing, Keys, Purpose

LOG = logging.getLogger("bailiwick.gateway")
PURGE_SECONDS = 60.0
"""A token past its time can't be read any more; it leaves the disk within this."""


class Purged(Protocol):
    """A store of tokens."""

    def purge(self) -> int:
        """Removes the rows that are past their time. Raises Refused."""


def pinned(settings: Settings) -> dict[str, str]:
    """Keys of the prompt store, by the name that a route has here."""
    names = set(settings.models) | {name for tenant in settings.tenants.values() for name in tenant.models}
    return {
        **{name: f"use-case:{name}" for name in sorted(names)},
        **{f"{name}{CANDIDATE}": canary.pinned for name, canary in settings.canaries.items()},
    }


def renewing(settings: Settings, pins: Pins, keys: Keys, log: AuditLog, held: Salts) -> Callable[[], None]:
    """What follows from pins and keys, each time that they were read: else a model of another name would be refused
    by the log, and a new salt would wait for the next pod."""

    def renewed() -> None:
        log.know(names(settings, log.names.instance, pins, log.names))
        try:
            held.told(salts(settings, keys))
        except BadSettings as error:
            LOG.error("salts of the tenants: %s", error)  # noqa: TRY400 says which file, and no more

    return renewed


async def purging(store: Purged, seconds: float = PURGE_SECONDS) -> None:
    """For ever: what was promised for a day is not kept for a pod's life."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(store.purge)
        except Refused as refusal:
            LOG.error("tokens past their time: %s", refusal.code)  # noqa: TRY400 says that it failed, and no more


def salts(settings: Settings, keys: Keys) -> dict[str, bytes]:
    """What keeps caches apart, by tenant. Raises BadSettings where it is not mounted, or too short."""
    found: dict[str, bytes] = {}
    if not settings.tenants:
        try:
            found[""] = keys.current(Purpose.SURROGATES, EVERYBODY).derived("cache-salt")
        except KeyMissing:
            raise BadSettings(
                f"{Purpose.SURROGATES}--{EVERYBODY}--1: not mounted, so that callers' caches can't be told apart"
            ) from None
    for name, tenant in settings.tenants.items():
        try:
            found[name] = Path(tenant.cache_salt).read_bytes().strip()
        except OSError as error:
            raise BadSettings(f"{tenant.cache_salt}: {error.strerror}: tenants' caches can't be told apart") from None
        if len(found[name]) < 32:
            raise BadSettings(f"{tenant.cache_salt}: at least 32 octets")
    return found


def names(settings: Settings, named: str, pins: Pins, before: Names | None = None) -> Names:
    """What records may name. `before`: what requests that are under way may still name."""
    held = [pins.of(name)[0] for name in pins.names]
    routes = frozenset(pinned(settings))
    return Names(
        instance=named,
        tenants=frozenset(settings.tenants) | {EVERYBODY},
        use_cases=routes,
        purposes=frozenset(PURPOSES),
        operators=frozenset(Verifier.of(key).name for key in settings.volume.operators),
        codes=frozenset(CODES),
        templates=frozenset(pin.prompt.name for pin in held) | (before.templates if before else frozenset()),
        models=frozenset(pin.model.name for pin in held) | (before.models if before else frozenset()),
        routes=routes,
    )
