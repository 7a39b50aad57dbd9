"""Who may read or write a store by what it is allowed: role assignments, workload identities, mounted volumes.

An edge of kind `reads` goes the way that data goes: from the store to whoever reads it, and to the store from whoever
writes it.
"""

from collections.abc import Iterable, Iterator

from plan.model import MISSING, UNKNOWN, PlannedResource
from plan.reachability.built_in_roles import ANYTHING, BUILT_IN, OPERATIONS, RoleActions
from plan.reachability.identities import Identities
from plan.reachability.model import Edge, Hop, Place
from plan.reachability.mounts import mount_edges
from plan.reachability.reading import rows, targets, text, texts
from plan.reachability.sites import Sites, edge
from plan.role_actions import covers

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DEFINITION = "azure-native:authorization:RoleDefinition"


def right_edges(sites: Sites) -> Iterator[Edge]:
    """By roles, and by what pods mount."""
    identities = Identities(sites)
    for assignment in sites.plan.of_type(ASSIGNMENT):
        holders = identities.of_principal(assignment)
        role = role_of(sites, assignment) if holders else None
        if role is None:
            continue
        why = f"role '{role.name}' of {assignment.label}"
        for store, effects in reached(sites, assignment, role):
            for who in holders:
                if store.id != who and effects & {"read", "both"}:
                    yield edge(store.id, who, "reads", why, assignment, "reads")
                if store.id != who and effects & {"write", "both"}:
                    yield edge(who, store.id, "reads", why, assignment, "writes")
    yield from mount_edges(sites)


def strangers(sites: Sites) -> Iterator[Hop]:
    """Rights over data for somebody who is neither planned nor a group of people."""
    identities = Identities(sites)
    for assignment in sites.plan.of_type(ASSIGNMENT):
        if identities.is_known(assignment):
            continue
        role = role_of(sites, assignment)
        if role is not None and any(reached(sites, assignment, role)):
            what = f"unjudged: role '{role.name}' is given to a principal that is not in this plan"
            yield Hop(what=what, urn=assignment.urn)


def role_of(sites: Sites, assignment: PlannedResource) -> RoleActions | None:
    """The role that is given; None for a built-in one that reaches no data."""
    identifier = assignment.get("roleDefinitionId")
    own = targets(sites.plan, assignment, "roleDefinitionId", DEFINITION)
    if own:
        return _own_role(own[0])
    if not isinstance(identifier, str):
        return ANYTHING
    last = identifier.rpartition("/")[2].lower()
    named = (item for item in sites.plan.of_type(DEFINITION) if str(item.id).lower().endswith(f"/{last}"))
    found = next(named, None)
    return _own_role(found) if found is not None else BUILT_IN.get(last)


def _own_role(definition: PlannedResource) -> RoleActions:
    """A role of the plan's own; what is not known yet allows everything, and takes nothing away."""
    name = text(definition.get("roleName")) or definition.name
    permissions = definition.get("permissions")
    listed = rows(permissions)
    if permissions is UNKNOWN or any(UNKNOWN in (row.get("actions"), row.get("dataActions")) for row in listed):
        return RoleActions(name, ("*",), ("*",))

    def patterns(key: str) -> tuple[str, ...]:
        return tuple(item.lower() for row in listed for item in texts(row.get(key)))

    # Of several permissions each takes away from itself alone: with more than one, nothing is taken away.
    single = len(listed) == 1
    return RoleActions(
        name,
        patterns("actions"),
        patterns("dataActions"),
        patterns("notActions") if single else (),
        patterns("notDataActions") if single else (),
    )


def reached(sites: Sites, assignment: PlannedResource, role: RoleActions) -> Iterator[tuple[Place, set[str]]]:
    """Stores in the scope of an assignment, and what the role lets do with their data."""
    allowed = [
        item
        for item in OPERATIONS
        if _any(item.name, role.data_actions if item.data else role.actions)
        and not _any(item.name, role.not_data_actions if item.data else role.not_actions)
    ]
    for store, resource in _in_scope(sites, assignment) if allowed else ():
        token = resource.type.removeprefix("azure-native:")
        effects: set[str] = {
            item.effect for item in allowed if item.token == token and (not item.by_key or _takes_keys(resource))
        }
        if effects:
            yield store, effects


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(covers(pattern, name) for pattern in patterns)


def _takes_keys(store: PlannedResource) -> bool:
    """Whether a key opens it: so it is for each of these unless switched off, a registry's unless switched on."""
    if store.type == "azure-native:containerregistry:Registry":
        return store.get("adminUserEnabled") not in (False, MISSING)
    off = [store.get("disableLocalAuth"), store.get("features.disableLocalAuth")]
    return store.get("allowSharedKeyAccess") is not False and True not in off


def _in_scope(sites: Sites, assignment: PlannedResource) -> Iterator[tuple[Place, PlannedResource]]:
    """Stores at or under the scope, or around it where the role is given on a part of one."""
    scope = assignment.get("scope")
    root = f"{scope.lower().strip('/')}/" if isinstance(scope, str) else None
    around = {sites.at(scope)} if isinstance(scope, str) else set(sites.meant(assignment, "scope"))
    for place in sites.places.values():
        resource = sites.plan.by_urn(place.urn or "") if place.kind in ("store", "service") else None
        if resource is None:
            continue
        inside = root is not None and f"{place.id.lower().strip('/')}/".startswith(root)
        if inside or place.id in around or scope is MISSING:
            yield place, resource
