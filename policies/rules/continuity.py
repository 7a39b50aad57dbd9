"""Going on when a region is lost: a second one inside the border, and promises that what stands there can keep."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, stack_rule
from policies.types import DATABASE_SERVER, GROUP, REPLICATION, STORAGE
from policies.verdict import PASSED, Verdict, all_of, refused

COPYING = "azure-native:storage:ObjectReplicationPolicy"
RECORD = "single-region"
"""The jurisdiction's exception that says why a stack stands in one region alone."""
REPLICATED_MINUTES, COLD_MINUTES = 15, 240
"""What copying keeps behind at most, and what building compute in the second region takes, as the runbook has it."""


@stack_rule(
    "continuity.second-region-stands",
    title="In prod a second region inside the border has keys, copies and a replica",
    severity=Severity.HIGH,
    applies_to=(GROUP, COPYING, REPLICATION, DATABASE_SERVER),
    fix="set continuity.mode to cold; for a region without a pair inside, record the exception single-region",
    example="a prod stack in a region with a pair, and nothing in the pair",
)
def second_region(stack: StackUnderReview) -> Iterable[Judged]:
    """A region is lost rarely, and then for days."""
    if not stack.is_prod:
        return
    groups = [group for group in stack.of_type(GROUP) if _has_objectives(group)]
    if not groups:
        on_record = any(item.id == RECORD for item in stack.jurisdiction.residency_exceptions)
        yield None, PASSED if on_record else refused("nothing stands in a second region, and no exception says why")
        return
    for group in groups:
        pair = group.get("location")
        replica = any(
            server.get("location") == pair and server.get("createMode") == "Replica"
            for server in stack.of_type(DATABASE_SERVER)
        )
        registry = any(item.get("location") == pair for item in stack.of_type(REPLICATION))
        verdicts = [
            PASSED if replica else refused("no replica of the database stands there"),
            PASSED if registry else refused("the registry isn't replicated there"),
            PASSED if stack.of_type(COPYING) else refused("no store is copied there"),
        ]
        yield group, all_of(verdicts)


@stack_rule(
    "continuity.copies-are-planned-and-inside",
    title="What is copied goes to an account of this stack, inside the border",
    severity=Severity.CRITICAL,
    applies_to=(COPYING, STORAGE),
    fix="let components/continuity.py make source, destination and policy",
    example="an object replication policy whose destination is another subscription's account",
)
def copies_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """Copying runs by itself, for years, and nobody looks."""
    for policy in stack.of_type(COPYING):
        places = []
        for target in stack.targets(policy, "destinationAccount"):
            inside = str(target.get("location")) in stack.jurisdiction.regions
            places.append(PASSED if inside else refused(f"goes to {target.get('location')}"))
        yield policy, all_of([stack.require_target(policy, "destinationAccount", STORAGE), *places])


@stack_rule(
    "continuity.objectives-can-be-kept",
    title="What is promised can be kept by what stands",
    severity=Severity.MEDIUM,
    applies_to=GROUP,
    fix="state objectives that copying (15 minutes behind) and building (four hours) can keep",
    example="a recovery time of ten minutes, with no compute in the second region",
)
def objectives_kept(stack: StackUnderReview) -> Iterable[Judged]:
    """A promise that can't be kept is found out on the worst day."""
    groups = [group for group in stack.of_type(GROUP) if _has_objectives(group)]
    if not groups and stack.is_prod and not any(i.id == RECORD for i in stack.jurisdiction.residency_exceptions):
        yield from absent(stack, "no objectives of recovery are stated")
    for group in groups:
        tags = group.get("tags")
        assert isinstance(tags, dict)  # noqa: S101 it has objectives, which are tags
        verdicts: list[Verdict] = [require(group, "tags.rpo-minutes-phi", present=True)]
        for key, value in tags.items():
            least = REPLICATED_MINUTES if key.startswith("rpo-") else COLD_MINUTES if key.startswith("rto-") else None
            if least is not None and (not str(value).isdigit() or int(str(value)) < least):
                verdicts.append(refused(f"{key} is {value}; {least} at least can be kept"))
        yield group, all_of(verdicts)


def _has_objectives(group: PlannedResource) -> bool:
    tags = group.get("tags")
    return isinstance(tags, dict) and any(str(key).startswith("rpo-minutes-") for key in tags)
