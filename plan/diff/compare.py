"""Two plans, resource by resource, matched by URN: the recorder knows no aliases, so a new name is a new resource."""

from collections.abc import Iterator, Mapping

from plan.diff.holders import held_by
from plan.diff.model import PROTECT, Difference, Forcing, Kind, PropertyChange, ResourceChange
from plan.diff.properties import Comparison
from plan.diff.stand_ins import without_stand_ins
from plan.diff.veil import Veil
from plan.export_file import ExportedPlan
from plan.file import notes_on, under_way_in
from plan.model import Plan, PlannedResource, Value
from plan.secret_walk import Search

_ORDER = (Kind.DELETED, Kind.REPLACED, Kind.CREATED, Kind.CHANGED)
_ADDED_BY_PROVIDER = (
    ("labels", "app.kubernetes.io/managed-by", "pulumi"),
    ("annotations", "pulumi.com/autonamed", "true"),
)
"""What the Kubernetes provider writes into the inputs of a state: provider/pkg/metadata in pulumi/pulumi-kubernetes."""


def difference(before: Plan, after: Plan) -> Difference:
    """What `after` has that `before` has not, and the other way round. Components and providers are left out."""
    deployed = isinstance(before, ExportedPlan) is not isinstance(after, ExportedPlan)
    old, new = (_by_identity(_settled(plan, deployed=deployed)) for plan in (before, after))
    search = Search()
    changes = list(_gone_and_new(old, new))
    unchanged = secrets = unknown = 0
    for identity in old.keys() & new.keys():
        was, will = old[identity], new[identity]
        comparison = Comparison(token=will.type, old=Veil(was, search), new=Veil(will, search), deployed=deployed)
        found = comparison.run(_inputs(was), _inputs(will))
        secrets, unknown = secrets + comparison.secrets, unknown + comparison.unknown
        if was.protect is not will.protect:
            found.append(
                PropertyChange(steps=(PROTECT,), before=was.protect, after=will.protect, forcing=Forcing.IN_PLACE)
            )
        if not found:
            unchanged += 1
            continue
        replaced = any(item.forcing is Forcing.REPLACES for item in found)
        changes.append(
            ResourceChange(
                kind=Kind.REPLACED if replaced else Kind.CHANGED,
                before=was,
                after=will,
                properties=tuple(found),
                holds=held_by(was) if replaced else "",
            )
        )
    changes.sort(key=_place)
    return Difference(
        before=before,
        after=after,
        changes=tuple(changes),
        unchanged=unchanged,
        secrets=secrets,
        unknown=unknown,
        notes=tuple(_notes(before, after, deployed=deployed)),
    )


def identity_of(urn: str) -> str:
    """A URN without the stack's name: two stacks are held against each other resource by resource."""
    return urn.split("::", 2)[-1]


def _settled(plan: Plan, *, deployed: bool) -> Plan:
    return without_stand_ins(plan) if deployed and not isinstance(plan, ExportedPlan) else plan


def _by_identity(plan: Plan) -> dict[str, PlannedResource]:
    return {identity_of(found.urn): found for found in plan.resources if not found.is_component}


def _gone_and_new(old: Mapping[str, PlannedResource], new: Mapping[str, PlannedResource]) -> Iterator[ResourceChange]:
    gone = [found for identity, found in old.items() if identity not in new]
    made = [found for identity, found in new.items() if identity not in old]
    for found in gone:
        yield ResourceChange(kind=Kind.DELETED, before=found, after=None, holds=held_by(found), twin=_twin(found, made))
    for found in made:
        yield ResourceChange(kind=Kind.CREATED, before=None, after=found, twin=_twin(found, gone))


def _twin(resource: PlannedResource, others: list[PlannedResource]) -> str:
    for other in others:
        same_id = isinstance(resource.id, str) and isinstance(other.id, str) and resource.id.lower() == other.id.lower()
        if other.type == resource.type and (same_id or other.display_name == resource.display_name):
            return other.urn
    return ""


def _inputs(resource: PlannedResource) -> Mapping[str, Value]:
    """Inputs as the provider compares them."""
    inputs = dict(resource.inputs)
    location = inputs.get("location")
    if resource.type.startswith("azure-native:") and isinstance(location, str):
        # The provider takes `West Europe` and `westeurope` for one place, too.
        inputs["location"] = location.replace(" ", "").lower()
    metadata = inputs.get("metadata")
    if resource.type.startswith("kubernetes:") and isinstance(metadata, Mapping):
        inputs["metadata"] = _own(metadata)
    return inputs


def _own(metadata: Mapping[str, Value]) -> Mapping[str, Value]:
    own = dict(metadata)
    for section, key, value in _ADDED_BY_PROVIDER:
        found = own.get(section)
        if isinstance(found, Mapping) and found.get(key) == value:
            own[section] = {name: inner for name, inner in found.items() if name != key}
            if not own[section]:
                del own[section]
    return own


def _place(change: ResourceChange) -> tuple[bool, int, str, str]:
    return not change.loses_data, _ORDER.index(change.kind), change.resource.type, change.resource.urn


def _notes(before: Plan, after: Plan, *, deployed: bool) -> Iterator[str]:
    if before.stack != after.stack:
        yield f"two stacks: {before.stack} and {after.stack}; resources are matched without the stack's name"
    if deployed:
        yield (
            "held against what stands: what Azure alone gives is not compared, and what somebody changed by hand shows "
            "only after `pulumi refresh`"
        )
    for plan in (before, after):
        yield from notes_on(plan)
        if under_way_in(plan):
            yield f"{plan.stack}: under way when it was exported: {', '.join(under_way_in(plan))}"
