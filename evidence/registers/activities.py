"""What the platform does with personal data, as the plan pins it: use cases, purposes, classes, and who calls."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from plan.model import Plan, PlannedResource, Value
from policies.types import KEY_VALUE

_PINNED: Final = "use-case:"
_APPLICATION: Final = "azuread:index/application:Application"
_PRINCIPAL: Final = "azuread:index/servicePrincipal:ServicePrincipal"
_ASSIGNMENT: Final = "azuread:index/appRoleAssignment:AppRoleAssignment"
_ASK, _SEND, _RESTORE = "use-case.", "data-class.", "re-identify."


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An application that has roles of the gateway."""

    name: str
    roles: tuple[str, ...]

    def classes(self) -> tuple[str, ...]:
        """Classes of data that it may send."""
        return tuple(role.removeprefix(_SEND) for role in self.roles if role.startswith(_SEND))


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One use case."""

    name: str
    classes: tuple[str, ...]
    """Classes of data that it takes."""
    model: str
    """Name and revision."""
    prompt: str
    external: bool
    """Whether an external model may be asked, where law and class allow."""
    purposes: Mapping[str, str]
    """`treatment` to its words."""
    callers: tuple[str, ...]
    restored_for: tuple[str, ...]
    """Callers that get identifiers back."""


def callers(plan: Plan) -> tuple[Caller, ...]:
    """Applications with roles of the gateway, by name."""
    roles = {str(row.get("id")): str(row.get("value")) for _, row in _roles(plan)}
    held: dict[str, list[str]] = {}
    for item in plan.of_type(_ASSIGNMENT):
        application = _application(plan, item.get("principalObjectId"))
        role = roles.get(str(item.get("appRoleId")))
        if application is not None and role is not None:
            held.setdefault(str(application.get("displayName")), []).append(role)
    return tuple(Caller(name=name, roles=tuple(sorted(found))) for name, found in sorted(held.items()))


def activities(plan: Plan) -> tuple[Activity, ...]:
    """Every use case that is pinned, by name; one that can't be read is refused by a rule and is not here."""
    known = callers(plan)
    described = {str(row.get("value")): str(row.get("description")) for _, row in _roles(plan)}
    found = []
    for item in plan.of_type(KEY_VALUE):
        key = str(item.get("keyValueName"))
        told = _told(item.get("value"))
        if not key.startswith(_PINNED) or told is None:
            continue
        name = key.removeprefix(_PINNED).partition("$")[0]
        model, prompt = _mapping(told.get("model")), _mapping(told.get("prompt"))
        classes = told.get("dataClasses")
        found.append(
            Activity(
                name=name,
                classes=tuple(str(each) for each in classes) if isinstance(classes, list) else (),
                model=f"{model.get('name')} at {str(model.get('revision'))[:12]}",
                prompt=f"{prompt.get('name')} {prompt.get('version')}",
                external=told.get("externalAllowed") is True,
                purposes=dict(_purposes(name, described)),
                callers=_holding(known, f"{_ASK}{name}."),
                restored_for=_holding(known, f"{_RESTORE}{name}"),
            )
        )
    return tuple(sorted(found, key=lambda each: each.name))


def _purposes(use_case: str, described: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    start = f"{_ASK}{use_case}."
    for value, words in sorted(described.items()):
        if value.startswith(start):
            yield value.removeprefix(start), (words.partition(": ")[2] or words).rstrip(".")


def _holding(known: tuple[Caller, ...], start: str) -> tuple[str, ...]:
    return tuple(each.name for each in known if any(role.startswith(start) for role in each.roles))


def _roles(plan: Plan) -> Iterator[tuple[PlannedResource, Mapping[str, Value]]]:
    for application in plan.of_type(_APPLICATION):
        for _, row in application.each("appRoles[*]"):
            if isinstance(row, Mapping):
                yield application, row


def _application(plan: Plan, principal: Value) -> PlannedResource | None:
    """The application whose service principal has this object id."""
    owner = next((item for item in plan.of_type(_PRINCIPAL) if item.outputs.get("objectId") == principal), None)
    if owner is None:
        return None
    client = owner.get("clientId")
    return next((item for item in plan.of_type(_APPLICATION) if item.outputs.get("clientId") == client), None)


def _told(value: Value) -> Mapping[str, Value] | None:
    try:
        told = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}
