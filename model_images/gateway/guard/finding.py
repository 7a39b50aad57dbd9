"""All detectors as one function: the record's, the patterns', the tagger's, and an operator's own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from model_images.gateway.guard import normalise
from model_images.gateway.guard.deidentify import Find
from model_images.gateway.guard.detectors import tenant_patterns
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.plugin import Plugin, PluginFailed
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.detectors.tagger import Tagger
from model_images.gateway.guard.settings import BadSettings, Settings
from model_images.gateway.guard.spans import Context, Detector

LOG = logging.getLogger("bailiwick.gateway")
NOBODYS = "The ward is open from 8 to 20."
"""What a probe sends."""


@dataclass(frozen=True, kw_only=True)
class Finders:
    """What looks for identifiers."""

    every: Find
    """All detectors. Where an operator's model is among them it is waited for: not on the event loop."""
    own: Find
    """The gateway's own, which wait for nobody."""


def finders(settings: Settings) -> Finders:
    """The detectors of one gateway, loaded. Raises BadSettings where a tenant's pattern can't be used."""
    for name, tenant in settings.tenants.items():
        try:
            tenant_patterns.check(tenant.patterns)
        except tenant_patterns.PatternRefused as error:
            raise BadSettings(f"tenants.{name}.patterns: {error}") from None
    detectors: list[Detector] = [Record(), Patterns(), Tagger()]
    own = Deidentifier(detectors).find
    # What is compiled on first use is compiled before anybody waits for it. A model beside it may still be loading.
    own("Jane Doe, born 12 March 1957", Context(record={"names": ["Jane Doe"]}, locale=settings.jurisdiction))
    beside = _beside(settings)
    return Finders(every=Deidentifier([*detectors, beside]).find if beside is not None else own, own=own)


def answering(settings: Settings) -> Callable[[], Awaitable[bool]] | None:
    """Whether the model beside the gateway answers a text of nobody's as it must, and in time; None where none is."""
    beside = _beside(settings)
    if beside is None:
        return None

    async def asked() -> bool:
        try:
            await asyncio.to_thread(beside.find, normalise.text(NOBODYS), Context(locale=settings.jurisdiction))
        except PluginFailed as failed:
            LOG.warning("%s", failed)
            return False
        return True

    return asked


def _beside(settings: Settings) -> Plugin | None:
    told = settings.plugin
    if told is None:
        return None
    try:
        return Plugin(name="plug-in", socket_path=Path(told.socket), digest=told.model, deadline=told.seconds)
    except ValueError as error:
        raise BadSettings(f"plugin: {error}") from None
