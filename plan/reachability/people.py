"""People who may read or write data by a role: groups and users, who are no places of the plan."""

from collections.abc import Iterator
from dataclasses import dataclass

from plan.model import Plan, PlannedResource
from plan.reachability.identities import Identities
from plan.reachability.places import places
from plan.reachability.reading import targets, text
from plan.reachability.rights import ASSIGNMENT, reached, role_of
from plan.reachability.sites import Sites

GROUP = "azuread:index/group:Group"


@dataclass(frozen=True, kw_only=True)
class Right:
    """What a role lets somebody do with the data of one store."""

    store: str
    """The place's id."""
    who: str
    """Name of the group or user, or its object id where it is not in the plan."""
    role: str
    reads: bool
    writes: bool


def people_of(plan: Plan) -> Iterator[Right]:
    """Every right over a store that an assignment gives to a principal who is no place of the plan."""
    sites = Sites(plan, places(plan))
    identities = Identities(sites)
    groups = {str(group.id): group for group in plan.of_type(GROUP)}
    for assignment in plan.of_type(ASSIGNMENT):
        role = None if identities.of_principal(assignment) else role_of(sites, assignment)
        if role is None:
            continue
        who = _name(plan, assignment, groups)
        if who is None:
            continue
        for store, effects in reached(sites, assignment, role):
            yield Right(
                store=store.id,
                who=who,
                role=role.name,
                reads=bool(effects & {"read", "both"}),
                writes=bool(effects & {"write", "both"}),
            )


def _name(plan: Plan, assignment: PlannedResource, groups: dict[str, PlannedResource]) -> str | None:
    """Of a planned group; of others the object id. None for an identity that nothing bears: it is nobody yet."""
    value = assignment.get("principalId")
    found = targets(plan, assignment, "principalId", GROUP)
    group = groups.get(str(value)) or (found[0] if found else None)
    if group is not None:
        return text(group.get("displayName")) or group.name
    if assignment.get("principalType") == "ServicePrincipal":
        return None
    return f"{text(assignment.get('principalType')) or 'principal'} {value if isinstance(value, str) else 'unknown'}"
