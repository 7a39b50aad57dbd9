"""What a law asks to be told when data got out: to whom, by when, with what in it. One file a law, in `notification/`.

Read beside a jurisdiction, and by what the jurisdiction names: a new one needs no edit here. Text that binds is at each
source.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources as package_files
from typing import Literal

import yaml
from attrs import field, frozen

from jurisdictions.loader import JurisdictionError
from jurisdictions.model import CHECK, Framework, Jurisdiction, Slug
from jurisdictions.structure import structured

Role = Literal["controller", "processor"]
"""Who decides on the data (controller, covered entity, custodian, essential entity), or who acts for one."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SILENT = "without"
"""The file of laws that set no clock."""


def _positive(number: int | None) -> list[str]:
    return ["must be more than 0"] if number is not None and number <= 0 else []


def _some(names: tuple[str, ...]) -> list[str]:
    return [] if names else ["names nothing"]


@frozen(kw_only=True)
class Clock:
    """How long there is. With no number the law asks for it at once."""

    words: str
    """As the law says it."""
    hours: int | None = field(default=None, metadata={CHECK: _positive})
    days: int | None = field(default=None, metadata={CHECK: _positive})
    """Calendar days."""
    months: int | None = field(default=None, metadata={CHECK: _positive})
    days_after_year: int | None = field(default=None, metadata={CHECK: _positive})
    """Calendar days after the end of the year in which it became known."""
    runs_from: Slug | None = None
    """The notice of the same file whose sending starts this clock; else it starts when the breach becomes known."""


def _one_number(clock: Clock) -> list[str]:
    numbers = [clock.hours, clock.days, clock.months, clock.days_after_year]
    return [] if sum(number is not None for number in numbers) <= 1 else ["has more than one number"]


@frozen(kw_only=True)
class Notice:
    """One thing to be told to somebody."""

    id: Slug
    article: str
    title: str
    role: Role
    owed_by: str
    """In the law's own word: `covered entity`, `operator of an essential service`."""
    to: str
    to_in: Mapping[str, str] = field(factory=dict)
    """Who that is, by jurisdiction, where one is known."""
    when: str
    """On what condition; a person decides."""
    persons_min: int | None = field(default=None, metadata={CHECK: _positive})
    persons_max: int | None = field(default=None, metadata={CHECK: _positive})
    contents: tuple[str, ...] = field(metadata={CHECK: _some})
    clock: Clock = field(metadata={CHECK: _one_number})
    verified: bool
    checked: str
    """What it was held against, or that it was not."""


@frozen(kw_only=True)
class InForceBy:
    """What a jurisdiction has to name for these notices to be owed there."""

    frameworks: tuple[Framework, ...]
    laws: tuple[Slug, ...]


def _known_starts(notices: tuple[Notice, ...]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for notice in notices:
        if notice.clock.runs_from is not None and notice.clock.runs_from not in seen:
            faults.append(f"{notice.id} runs from '{notice.clock.runs_from}', which does not stand before it")
        if notice.id in seen:
            faults.append(f"{notice.id} stands twice")
        seen.add(notice.id)
    return faults


@frozen(kw_only=True)
class NotificationLaw:
    """One law's notices, in its own order."""

    id: Slug
    short: str
    source: str
    in_force_by: InForceBy
    notices: tuple[Notice, ...] = field(metadata={CHECK: lambda found: [*_some(found), *_known_starts(found)]})


@lru_cache(maxsize=1)
def laws() -> Mapping[str, NotificationLaw]:
    """Every law that is written down, by id. Raises JurisdictionError with all faults of a file."""
    folder = package_files.files("jurisdictions").joinpath("notification")
    names = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {
        name: parse(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name)
        for name in names
        if name != _SILENT
    }


def parse(text: str, law_id: str) -> NotificationLaw:
    """A law's notices from its YAML. Raises JurisdictionError with all faults."""
    where = f"jurisdictions/notification/{law_id}.yaml"
    document = _document(text, where)
    law, faults = structured(NotificationLaw, document)
    if law is None:
        raise JurisdictionError(f"{where} has {len(faults)} faults:\n  " + "\n  ".join(faults))
    if law.id != law_id:
        raise JurisdictionError(f"{where}: id is '{law.id}'; it must be the file's name")
    return law


@lru_cache(maxsize=1)
def silent() -> Mapping[str, str]:
    """Laws and frameworks that set no clock of their own, each with the reason. Raises JurisdictionError."""
    where = f"jurisdictions/notification/{_SILENT}.yaml"
    folder = package_files.files("jurisdictions").joinpath("notification")
    document = _document(folder.joinpath(f"{_SILENT}.yaml").read_text(encoding="utf-8"), where)
    wrong = [str(name) for name, why in document.items() if not isinstance(why, str) or not why]
    if wrong:
        raise JurisdictionError(f"{where}: no reason is given for {', '.join(wrong)}")
    return {str(name): str(why) for name, why in document.items()}


def in_force(jurisdiction: Jurisdiction, beside: Iterable[str] = ()) -> tuple[NotificationLaw, ...]:
    """Laws whose notices a jurisdiction brings, by its laws and frameworks, and by frameworks `beside` these."""
    frameworks, named = {*jurisdiction.frameworks, *beside}, {law.id for law in jurisdiction.law}
    return tuple(
        law
        for law in laws().values()
        if frameworks & set(law.in_force_by.frameworks) or named & set(law.in_force_by.laws)
    )


def unwritten(jurisdiction: Jurisdiction, beside: Iterable[str] = ()) -> tuple[str, ...]:
    """What a jurisdiction names and nobody wrote down, neither with clocks nor as silent: a person has to look."""
    known = {*silent()}
    for law in laws().values():
        known |= {*law.in_force_by.frameworks, *law.in_force_by.laws}
    named = (*jurisdiction.frameworks, *beside, *(law.id for law in jurisdiction.law))
    return tuple(dict.fromkeys(name for name in named if name not in known))


def _document(text: str, where: str) -> dict[str, object]:
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader
    except yaml.YAMLError as error:
        raise JurisdictionError(f"{where}: not YAML: {error}") from error
    if not isinstance(document, dict):
        raise JurisdictionError(f"{where}: must be a mapping")
    return document
