"""What a stack's file says of where it stands: read by itself, because a stack with faults may be breached too."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jurisdictions import Jurisdiction, JurisdictionError, load
from plan.model import jurisdiction_of
from policies.in_scope import BY_CLASS


class NoGround(ValueError):
    """The stack's jurisdiction or its time zone can't be told; the message says what would tell it."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Whose law, in whose time, and what the stack's own data brings beside it."""

    jurisdiction: Jurisdiction
    zone: ZoneInfo
    beside: Mapping[str, str]
    """Frameworks that a class of data brings into force, with the reason."""


def ground(stack: str, values: Mapping[str, object], zone: str | None = None) -> Ground:
    """Of a stack's name and the `config:` of its file, of which nothing but region and classes of data is read.

    Raises NoGround.
    """
    try:
        jurisdiction = load(jurisdiction_of(stack))
    except JurisdictionError as error:
        raise NoGround(f"whose law applies to {stack} is not known: {error}") from error
    return Ground(
        jurisdiction=jurisdiction,
        zone=zone_of(zone or _zone(jurisdiction, values.get("bailiwick:region"))),
        beside={
            framework: f"{name} data is in scope" for name, framework in BY_CLASS.items() if name in _classes(values)
        },
    )


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises NoGround."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoGround(f"no time zone '{name}' is known here; one is written as Europe/Dublin") from error


def _zone(jurisdiction: Jurisdiction, region: object) -> str:
    facts = jurisdiction.regions.get(str(region))
    if facts is None:
        raise NoGround(
            f"region '{region}' is none of {jurisdiction.id}, so that its time zone is not known\n"
            "hint: name the zone of whom you notify, --zone Europe/Dublin"
        )
    return facts.time_zone


def _classes(values: Mapping[str, object]) -> set[str]:
    cases = values.get("bailiwick:useCases")
    found: set[str] = set()
    for case in cases if isinstance(cases, list) else []:
        classes = case.get("dataClasses") if isinstance(case, dict) else None
        found |= {str(name) for name in classes} if isinstance(classes, list) else set()
    return found
