"""The JSON of `pulumi stack export`: any stack's state, also one that was not made by this project.

What is left out is said, and what was under way when it was written is not taken for settled.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from jurisdictions import available
from plan.file import PlanFileError, resource_of, text_of
from plan.model import OWN_PREFIX, PROVIDER_PREFIX, STACK_TYPE, Plan, PlannedResource, Value

VERSIONS = (1, 2, 3, 4)
"""Versions of a deployment that are read: sdk/go/common/apitype/core.go in pulumi/pulumi."""
ENVIRONMENTS = ("prod", "dev")


@dataclass(frozen=True, kw_only=True)
class ExportedPlan(Plan):
    """What stands, as far as its export tells."""

    judged_as: str
    """The environment: what the stack's name says, or what was asked for."""
    left_out: tuple[str, ...] = ()
    """What is in the export and is not judged, with its count."""
    under_way: tuple[str, ...] = ()
    """Operations that had begun and not ended, in words."""

    @property
    def environment(self) -> str:
        """As which environment it is judged; a foreign stack's name does not tell."""
        return self.judged_as

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader is told beside the verdict."""
        told = tuple(f"not judged: {what}" for what in self.left_out)
        if self.stack.startswith(f"{self.jurisdiction}-{self.judged_as}"):
            return told
        return (
            *told,
            f"judged as {self.jurisdiction}-{self.judged_as}, as was asked for: '{self.stack}' does not say it",
        )


def from_export(
    document: Mapping[str, object], where: str, jurisdiction: str | None = None, environment: str | None = None
) -> ExportedPlan:
    """The plan that an export comes to; raises PlanFileError."""
    version = document.get("version", VERSIONS[-1])
    if version not in VERSIONS or isinstance(version, bool):
        raise PlanFileError(
            f"{where}: version {version!r} of an export; this reads {', '.join(map(str, VERSIONS))}\n"
            "hint: write it with a pulumi that this project knows, or update bailiwick"
        )
    deployment = document["deployment"]
    items = deployment.get("resources") if isinstance(deployment, dict) else None
    if not isinstance(items, list) or not items:
        raise PlanFileError(f"{where}: an export without resources; nothing can be said of nothing")
    left_out: Counter[str] = Counter()
    resources: list[PlannedResource] = []
    for index, item in enumerate(items):
        here = f"{where}: deployment.resources[{index}]"
        if not isinstance(item, dict):
            raise PlanFileError(f"{here} must be an object")
        why = _left_out(item)
        if why:
            left_out[why] += 1
            continue
        resources.append(_resource(item, index, here, where))
        if resources[-1].type.startswith(PROVIDER_PREFIX):
            left_out["providers, but for secrets in them"] += 1
    if not any(not resource.is_component for resource in resources):
        said = "; ".join(f"{what}: {count}" for what, count in left_out.items())
        raise PlanFileError(f"{where}: the export holds nothing to judge ({said}); nothing can be said of nothing")
    project, stack = _whose(resources, where)
    law, judged_as = _judged_as(stack, where, jurisdiction, environment)
    return ExportedPlan(
        project=project,
        stack=stack,
        jurisdiction=law,
        resources=tuple(resources),
        outputs=next((found.outputs for found in resources if found.type == STACK_TYPE), {}),
        judged_as=judged_as,
        left_out=tuple(f"{what}: {count}" for what, count in left_out.items()),
        under_way=tuple(_under_way(deployment)) if isinstance(deployment, dict) else (),
    )


def _left_out(item: Mapping[str, object]) -> str:
    """Why a resource of the state is not judged; empty where it is."""
    if item.get("delete") is True:
        return "on their way out (`delete: true`)"
    if item.get("pendingReplacement") is True:
        return "gone and waiting to be made again (`pendingReplacement: true`)"
    if item.get("external") is True:
        return "only read by this stack, and managed elsewhere (`external: true`)"
    if item.get("custom") is False and not str(item.get("type")).startswith((STACK_TYPE, OWN_PREFIX, PROVIDER_PREFIX)):
        return "components of other projects, whose children are judged"
    return ""


def _resource(item: Mapping[str, object], index: int, here: str, where: str) -> PlannedResource:
    urn = text_of(item, "urn", here)
    if len(urn.split("::")) < 4 or not urn.startswith("urn:pulumi:"):
        raise PlanFileError(f"{here}: '{urn}' is no URN (urn:pulumi:<stack>::<project>::<type>::<name>)")
    inputs: object = item.get("inputs")
    defaults = item.get("defaults")
    if isinstance(defaults, dict) and isinstance(inputs, dict):
        inputs = {**defaults, **inputs}  # version 1 kept them apart
    resource = resource_of({**item, "inputs": inputs, "name": urn.split("::", 3)[3]}, index, where)
    identifier = item.get("id")
    return (
        replace(resource, outputs={**resource.outputs, "id": identifier}) if isinstance(identifier, str) else resource
    )


def _whose(resources: Sequence[PlannedResource], where: str) -> tuple[str, str]:
    owners = {(found.urn.split("::")[1], found.urn.split("::")[0].rpartition(":")[2]) for found in resources}
    if len(owners) > 1:
        names = ", ".join(sorted(f"{project}/{stack}" for project, stack in owners))
        raise PlanFileError(f"{where}: resources of several stacks ({names}); an export is of one")
    return next(iter(owners))


def _judged_as(stack: str, where: str, jurisdiction: str | None, environment: str | None) -> tuple[str, str]:
    """Law and environment: of the stack's name where it tells them, else of whoever asked."""
    law, dash, rest = stack.partition("-")
    named_law = law if law in available() else None
    named_environment = rest.partition("-")[0] if dash and named_law else None
    if named_environment not in ENVIRONMENTS:
        named_environment = None
    for what, named, asked in (
        ("jurisdiction", named_law if named_environment else None, jurisdiction),
        ("environment", named_environment, environment),
    ):
        if named and asked and named != asked:
            raise PlanFileError(
                f"{where}: stack '{stack}' says {what} '{named}', --{what} says '{asked}'; a stack's name decides\n"
                f"hint: leave --{what} out"
            )
    if jurisdiction is not None and jurisdiction not in available():
        near = get_close_matches(jurisdiction, available(), n=1, cutoff=0.5)
        meant = f"\nhint: did you mean {near[0]}?" if near else ""
        known = ", ".join(available())
        raise PlanFileError(f"{where}: --jurisdiction '{jurisdiction}' is not known; known: {known}{meant}")
    chosen, as_what = jurisdiction or (named_law if named_environment else None), environment or named_environment
    if chosen is None or as_what is None:
        lacks = " and no ".join(
            what for what, found in (("jurisdiction", chosen), ("environment", as_what)) if found is None
        )
        raise PlanFileError(
            f"{where}: stack '{stack}' names no {lacks}: this project's are named <jurisdiction>-<environment>, "
            f"and whose law applies is not guessed\n"
            f"allowed: --jurisdiction {'|'.join(available())}, --environment {'|'.join(ENVIRONMENTS)}\n"
            f"hint: bailiwick check {where} --jurisdiction {named_law or 'eu'} --environment prod"
        )
    return chosen, as_what


def _under_way(deployment: Mapping[str, Value]) -> list[str]:
    found = deployment.get("pending_operations") or []
    operations = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    words = []
    for item in operations:
        resource = item.get("resource")
        urn = resource.get("urn") if isinstance(resource, dict) else None
        words.append(
            f"{item.get('type') or 'an operation'} {str(urn or 'of a resource not named').rpartition('::')[2]}"
        )
    return words
