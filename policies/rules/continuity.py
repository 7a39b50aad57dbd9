"""Going on when a region is lost: a second one inside the border, and promises that what stands there can keep."""

from collections.abc import Iterable

from plan.model import MISSING, PlannedResource
from policies.require import given, require, same, show, when
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, stack_rule
from policies.types import (
    APPLICATION_GATEWAY,
    CONTAINER,
    DATABASE_SERVER,
    DEPLOYMENT,
    GROUP,
    PROFILE,
    REPLICATION,
    STORAGE,
)
from policies.verdict import PASSED, Verdict, all_of, refused

COPYING = "azure-native:storage:ObjectReplicationPolicy"
ORIGIN = "azure-native:cdn:AFDOrigin"
ORIGIN_GROUP = "azure-native:cdn:AFDOriginGroup"
LINK = "sharedPrivateLinkResource"
GATEWAY = "gateway"
"""Namespace of the gateway's pods."""
SECOND = "-b"
"""Ends the name of a stack that stands in the second region of another."""
RECORD = "single-region"
"""The jurisdiction's exception that says why a stack stands in one region alone."""
REPLICATED_MINUTES, WARM_MINUTES, COLD_MINUTES = 15, 30, 240
"""What copying keeps behind at most; what it takes, as the runbook has it, to go over to a gateway that stands, and to
build compute first. Promises held against these were not measured: the drill measures."""


@stack_rule(
    "continuity.second-region-stands",
    title="In prod a second region inside the border has keys, copies and a replica",
    severity=Severity.HIGH,
    applies_to=(GROUP, COPYING, REPLICATION, DATABASE_SERVER, PROFILE, APPLICATION_GATEWAY),
    fix="set continuity.mode to cold or warm; for a region without a pair inside, record the exception single-region",
    example="a prod stack in a region with a pair, and nothing in the pair",
)
def second_region(stack: StackUnderReview) -> Iterable[Judged]:
    """A region is lost rarely, and then for days."""
    if not stack.is_prod:
        return
    groups = [group for group in stack.of_type(GROUP) if _has_objectives(group)]
    if not groups and (claims := _tagged(stack, "standby")):
        yield claims[0], _stands_by(stack, claims)
        return
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
    applies_to=(COPYING, STORAGE, CONTAINER),
    fix="let components/continuity.py make source, destination and policy",
    example="an object replication policy whose destination is another subscription's account",
)
def copies_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """Copying runs by itself, for years, and nobody looks."""
    containers = stack.parts(CONTAINER, "accountName", STORAGE, "accountName")
    for policy in stack.of_type(COPYING):
        places = []
        for target in stack.targets(policy, "destinationAccount"):
            inside = str(target.get("location")) in stack.jurisdiction.regions
            places.append(PASSED if inside else refused(f"goes to {target.get('location')}"))
            there = {item.get("containerName") for item in containers.get(target.urn, ())}
            wanted = {str(name) for _, name in policy.each("rules[*].destinationContainer") if isinstance(name, str)}
            lacking = sorted(wanted - there)
            places.append(refused(f"has no container {', '.join(lacking)} to go to") if lacking else PASSED)
        yield policy, all_of([stack.require_target(policy, "destinationAccount", STORAGE), *places])


@stack_rule(
    "continuity.objectives-can-be-kept",
    title="What is promised can be kept by what stands",
    severity=Severity.MEDIUM,
    applies_to=(GROUP, ORIGIN),
    fix="state objectives that copying (15 minutes behind) and building (four hours; warm, half an hour) can keep",
    example="a recovery time of ten minutes, with no compute in the second region",
)
def objectives_kept(stack: StackUnderReview) -> Iterable[Judged]:
    """A promise that can't be kept is found out on the worst day."""
    groups = [group for group in stack.of_type(GROUP) if _has_objectives(group)]
    # Promises are the first stack's: a standby makes none. Whether it is one judges second-region-stands.
    excused = any(i.id == RECORD for i in stack.jurisdiction.residency_exceptions) or _tagged(stack, "standby")
    if not groups and stack.is_prod and not excused:
        yield from absent(stack, "no objectives of recovery are stated")
    for group in groups:
        tags = group.get("tags")
        assert isinstance(tags, dict)  # noqa: S101 it has objectives, which are tags
        # A tag alone promises nothing: the plan has to show where traffic goes.
        warm = same(tags.get("continuity"), "warm") and len(_private_origins(stack)) > 1
        rebuilt = WARM_MINUTES if warm else COLD_MINUTES
        verdicts: list[Verdict] = [require(group, "tags.rpo-minutes-phi", present=True)]
        for key, value in tags.items():
            least = REPLICATED_MINUTES if key.startswith("rpo-") else rebuilt if key.startswith("rto-") else None
            if least is not None and (not str(value).isdigit() or int(str(value)) < least):
                verdicts.append(refused(f"{key} is {value}; {least} at least can be kept"))
        yield group, all_of(verdicts)


@stack_rule(
    "continuity.front-door-fails-over",
    title="The Front Door of a warm stack turns to a second private origin when probes of the first fail",
    severity=Severity.HIGH,
    applies_to=(GROUP, PROFILE, ORIGIN_GROUP, ORIGIN, DEPLOYMENT),
    fix="set continuity.standby to <stack>-b, and let components/portal_front_door.py make origins and probe",
    example="two origins of the same priority, which share the traffic while both stand",
)
def fails_over(stack: StackUnderReview) -> Iterable[Judged]:
    """A second region that nobody is led to is found out on the day when the first is lost."""
    if not _tagged(stack, "warm") or not stack.of_type(PROFILE):
        return
    groups = stack.of_type(ORIGIN_GROUP)
    if not groups:
        yield from absent(stack, "Front Door has no origin group, so nothing to turn to")
    members = stack.parts(ORIGIN, "originGroupName", ORIGIN_GROUP, "originGroupName")
    for group in groups:
        found = [origin for origin in members.get(group.urn, []) if _enabled(origin)]
        priorities = {str(origin.get("priority")) for origin in found}
        hosts = {str(origin.get("hostName")).casefold() for origin in found}
        yield (
            group,
            all_of(
                (
                    _probed(group, stack),
                    PASSED if len(found) > 1 else refused(f"has {len(found)} enabled origin"),
                    when(len(priorities) < len(found), refused("two of its origins have one priority")),
                    # Azure takes a host name once: AFDOrigin.hostName, "unique across all origins in an endpoint".
                    when(len(hosts) < len(found), refused("two of its origins have one host name")),
                    *(require(origin, "priority", present=True) for origin in found),
                    *(given(origin, f"{LINK}.privateLink.id") for origin in found),
                )
            ),
        )


@stack_rule(
    "continuity.standby-is-inside",
    title="Every origin of the portal lies inside the border, and a warm stack's second one in its pair",
    severity=Severity.CRITICAL,
    applies_to=(ORIGIN, GROUP),
    fix="let components/portal.py name the origins: their regions are the stack's own and its pair",
    example="a standby whose privateLinkLocation is 'eastus'",
)
def standby_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """Front Door moves traffic by itself, at night: wherever it may turn to has to be lawful beforehand."""
    origins = stack.of_type(ORIGIN)
    place = f"{LINK}.privateLinkLocation"
    yield from judged(origins, lambda origin: require(origin, place, one_of=tuple(stack.jurisdiction.regions)))
    for group in _tagged(stack, "warm") if origins else ():
        there = any(same(origin.get(place), group.get("location")) for origin in origins)
        yield (
            group,
            PASSED if there else refused(f"no origin lies in {show(group.get('location'))}, where the copies are"),
        )


def _has_objectives(group: PlannedResource) -> bool:
    tags = group.get("tags")
    return isinstance(tags, dict) and any(str(key).startswith("rpo-minutes-") for key in tags)


def _tagged(stack: StackUnderReview, mode: str) -> list[PlannedResource]:
    return [group for group in stack.of_type(GROUP) if same(group.get("tags.continuity"), mode)]


def _stands_by(stack: StackUnderReview, claims: list[PlannedResource]) -> Verdict:
    """The claim to be the second region of another stack: by name, place, and having no entry of its own."""
    first = stack.plan.stack.removesuffix(SECOND)
    paired = {region.pair for region in stack.jurisdiction.regions.values()}
    portals = stack.of_type(PROFILE, APPLICATION_GATEWAY)
    return all_of(
        (
            when(first == stack.plan.stack, refused(f"claims to stand by, and is not named <first stack>{SECOND}")),
            when(bool(portals), refused("claims to stand by, and runs a portal")),
            *(require(claim, "tags.continuity-of", equals=first) for claim in claims),
            *(require(claim, "location", one_of=tuple(sorted(pair for pair in paired if pair))) for claim in claims),
        )
    )


def _enabled(origin: PlannedResource) -> bool:
    # What is left out counts as enabled, as in Azure's own examples (not verified).
    return not same(origin.get("enabledState"), "Disabled")


def _private_origins(stack: StackUnderReview) -> list[PlannedResource]:
    return [o for o in stack.of_type(ORIGIN) if _enabled(o) and given(o, f"{LINK}.privateLink.id") == PASSED]


def _probed(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Probes ask for what the gateway answers: the path by which the cluster itself asks for its health."""
    path = "spec.template.spec.containers[*].readinessProbe.httpGet.path"
    pods = [pod for pod in stack.of_type(DEPLOYMENT) if pod.get("metadata.namespace") == GATEWAY]
    answered = [value for pod in pods for _, value in pod.each(path) if value is not MISSING]
    return all_of(
        (
            require(group, "healthProbeSettings.probePath", one_of=tuple(dict.fromkeys(answered))),
            require(group, "healthProbeSettings.probeProtocol", equals="Https"),
            require(group, "healthProbeSettings.probeIntervalInSeconds", at_least=1),
            require(group, "loadBalancingSettings.successfulSamplesRequired", at_least=1),
        )
    )
