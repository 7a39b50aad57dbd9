"""All detectors as one function: the record's, the patterns', the tagger's, and an operator's own."""

from pathlib import Path

from model_images.gateway.guard.deidentify import Find
from model_images.gateway.guard.detectors import tenant_patterns
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.plugin import Plugin
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.detectors.tagger import Tagger
from model_images.gateway.guard.settings import BadSettings, Settings
from model_images.gateway.guard.spans import Context, Detector


def finder(settings: Settings) -> Find:
    """The detectors of one gateway, loaded. Raises BadSettings where a tenant's pattern can't be used."""
    for name, tenant in settings.tenants.items():
        try:
            tenant_patterns.check(tenant.patterns)
        except tenant_patterns.PatternRefused as error:
            raise BadSettings(f"tenants.{name}.patterns: {error}") from None
    detectors: list[Detector] = [Record(), Patterns(), Tagger()]
    told = settings.plugin
    if told is not None:
        detectors.append(
            Plugin(name="plug-in", socket_path=Path(told.socket), digest=told.model, deadline=told.seconds)
        )
    find = Deidentifier(detectors).find
    # What is compiled on first use is compiled before anybody waits for it.
    find("Jane Doe, born 12 March 1957", Context(record={"names": ["Jane Doe"]}, locale=settings.jurisdiction))
    return find
