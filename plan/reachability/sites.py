"""The places of a plan by what refers to them, and outside places for what is not in it."""

from collections.abc import Mapping

from plan.model import Plan, PlannedResource, Value
from plan.reachability.model import Edge, EdgeKind, Hop, Place
from plan.reachability.outside import UNKNOWN_TENANT, tenant
from plan.reachability.reading import chain, name_of, origins, place_id


class Sites:
    """Look-ups over the places of a plan, made once."""

    def __init__(self, plan: Plan, places: Mapping[str, Place]) -> None:
        self.plan = plan
        self.places = places
        self._ids = {identifier.lower(): identifier for identifier in places}

    def at(self, identifier: str) -> str | None:
        """The place with this id, or the one that it is a part of."""
        if not identifier.startswith("/") and "/" in identifier:
            identifier = f"/{identifier}"
        whole = identifier.lower()
        # A subscription may be a place as well: what stands in it is not a part of it.
        return next(
            (self._ids[above] for above in chain(whole) if above in self._ids and (above == whole or _is_one(above))),
            None,
        )

    def exactly(self, resource: PlannedResource) -> str | None:
        """The place that a resource itself is."""
        return self._ids.get(place_id(resource).lower())

    def of(self, resource: PlannedResource) -> str | None:
        """The place that a resource is, or that it is a part of."""
        mine = place_id(resource)
        return self._ids.get(mine.lower()) or self.at(mine)

    def known(self, source: PlannedResource, path: str) -> tuple[str, ...]:
        """Places of the plan that the values at `path` mean."""
        return tuple(item for item in self.meant(source, path) if item in self.places)

    def meant(self, source: PlannedResource, path: str) -> tuple[str, ...]:
        """Places that the values at `path` mean: planned, or of whoever holds the subscription.

        What is known only after deployment and comes from nothing planned could be anybody's.
        """
        found: dict[str, None] = {}
        for _, value in source.each(path):
            if isinstance(value, str) and value:
                found[self.at(value) or tenant(value)] = None
            elif not isinstance(value, str) and value:
                made_from = [self.of(item) for item in origins(self.plan, source, path)]
                found |= dict.fromkeys([item for item in made_from if item] or [UNKNOWN_TENANT])
        return tuple(found)

    def named(self, token: str, name: Value) -> str | None:
        """The place of one type with this name in the cloud."""
        if not isinstance(name, str):
            return None
        found = (item for item in self.plan.of_type(token) if name_of(item).lower() == name.lower())
        return next((self.of(item) for item in found), None)

    def one_origin(self, source: PlannedResource, path: str, token: str) -> str | None:
        """The place of the one resource of a type that an input is computed from, while its name is to be drawn."""
        found = [item for item in origins(self.plan, source, path) if item.type == token]
        return self.of(found[0]) if len(found) == 1 else None


def _is_one(identifier: str) -> bool:
    return "/providers/" in identifier


def edge(source: str, target: str, kind: EdgeKind, why: str, holder: PlannedResource | None, what: str = "") -> Edge:
    """An edge of one step."""
    return Edge(
        source=source,
        target=target,
        kind=kind,
        how=(Hop(what=why, urn=holder.urn if holder is not None else None),),
        what=what,
    )
