"""The plan as a tree, by component."""

from itertools import groupby

from evidence.screen import Screen
from plan.model import STACK_TYPE, Plan, PlannedResource


def print_tree(plan: Plan) -> None:
    """Every resource under its component, and counts by provider."""
    screen = Screen()
    own = [resource for resource in plan.resources if not resource.is_component]
    screen.line(f"{plan.stack}: {len(own)} resources would be created", style="bold")
    children: dict[str | None, list[PlannedResource]] = {}
    for resource in plan.resources:
        if not resource.type.startswith("pulumi:providers:"):
            children.setdefault(resource.parent, []).append(resource)
    root = next((resource for resource in plan.resources if resource.type == STACK_TYPE), None)
    screen.line(plan.stack)
    _grow(screen, children, root.urn if root else None, "")
    packages = sorted(resource.type.partition(":")[0] for resource in own)
    counts = ", ".join(f"{name} {len(list(found))}" for name, found in groupby(packages))
    screen.line(counts, style="dim")
    screen.line()


def _grow(screen: Screen, children: dict[str | None, list[PlannedResource]], urn: str | None, indent: str) -> None:
    under = children.get(urn, [])
    for resource in under:
        last = resource is under[-1]
        guide = (indent + ("└── " if last else "├── "), "dim")
        if resource.is_component:
            screen.line(guide, (resource.name, "bold"))
        else:
            protected = ("  protected" if resource.protect else "", "cyan")
            screen.line(guide, resource.display_name, "  ", (resource.type, "dim"), protected)
        _grow(screen, children, resource.urn, indent + ("    " if last else "│   "))
