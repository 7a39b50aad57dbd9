"""The section `continuity`: a second region, the pair of stacks, and the region that both may stand in.

A stack reads its own file alone: what the other's says is held against it by tests/config/test_standby.py.
"""

from collections.abc import Iterator
from typing import Literal

from config.faults import Fault
from config.portal import Portal
from config.region import SECOND
from config.section import Guid, Section, StackName, dial
from jurisdictions import Jurisdiction


class Objective(Section):
    """What is promised for one class of data, should the region be lost."""

    data_class: Literal["confidential", "personal", "phi"] = dial("The class.", "nobody knows what the promise is for")
    rpo_minutes: int = dial("Most minutes of work that may be lost.", "nobody knows what is lost", ge=15, le=10_080)
    rto_minutes: int = dial("Most minutes until it works again.", "nobody knows how long", ge=30, le=20_160)


class Continuity(Section):
    """A second region inside the border."""

    mode: Literal["none", "cold", "warm", "standby"] = dial(
        "`cold`: keys, copies and a replica in the region's pair; compute is built there when it is needed. "
        "`warm`: the same, and a second stack stands there, to which Front Door turns by itself. "
        "`standby`: this is that stack.",
        "a lost region is the end of the service",
        default="none",
    )
    objectives: tuple[Objective, ...] = dial("Promises by class of data.", "nobody promised anything", default=())
    standby: StackName | None = dial(
        "With `warm`: the stack in the pair, `<this stack>-b`.", "nobody knows where traffic goes", default=None
    )
    standby_subscription_id: Guid | None = dial(
        "With `warm`: the standby's subscription; without it, this stack's own.",
        "the edge asks for a private link service that is not there",
        default=None,
    )
    of: StackName | None = dial(
        "With `standby`: the stack whose place this one takes.",
        "a stack without copies says it needs none",
        default=None,
    )
    front_door: bool = dial(
        "With `standby`: whether the first stack's portal is Front Door, which reaches the gateway's listener for "
        "portals by private link.",
        "the edge finds nobody to turn to",
        default=False,
    )
    token_audience: Guid | None = dial(
        "With `standby`: client id of the first stack's gateway application, its output `tokenAudience`.",
        "callers come with tokens that this gateway refuses",
        default=None,
    )

    @property
    def copies(self) -> bool:
        """Whether keys, stores, registry and database are copied to the pair."""
        return self.mode in ("cold", "warm")


_MODES = {
    "standby": ("warm",),
    "standby_subscription_id": ("warm",),
    "of": ("standby",),
    "front_door": ("standby",),
    "token_audience": ("standby",),
    "objectives": ("cold", "warm"),
}
"""In which modes each dial says something."""


def second_region_inside(
    continuity: Continuity, region: str, jurisdiction: Jurisdiction, stack: str
) -> Iterator[Fault]:
    """Copies have a place, and something is promised of them."""
    facts = jurisdiction.regions.get(region)
    if continuity.mode != "none" and facts is not None and facts.pair is None:
        yield Fault(
            key="bailiwick:continuity.mode",
            value=f"'{continuity.mode}'",
            problem=f"{region} has no pair inside jurisdiction {jurisdiction.id}",
            allowed="none here",
            consequence="copies would lie outside",
            hint=f"set bailiwick:continuity.mode to none in Pulumi.{stack}.yaml; record the exception single-region",
        )
    if continuity.copies and not any(item.data_class == "phi" for item in continuity.objectives):
        yield Fault(
            key="bailiwick:continuity.objectives",
            value="no objective for phi",
            problem="a second region, and nothing promised for health data",
            allowed="an objective for each class of data, phi among them",
            consequence="nobody can say whether the second region is enough",
            hint=f"add {{dataClass: phi, rpoMinutes: 60, rtoMinutes: 480}} in Pulumi.{stack}.yaml",
        )


def dials_of_their_mode(continuity: Continuity, stack: str) -> Iterator[Fault]:
    """A dial that its mode does not read is refused."""
    for name, modes in _MODES.items():
        if getattr(continuity, name) and continuity.mode not in modes:
            field = type(continuity).model_fields[name]
            yield Fault(
                key=f"bailiwick:continuity.{field.alias or name}",
                value=f"set with mode '{continuity.mode}'",
                problem="this mode does not read it",
                allowed=f"with mode {' or '.join(modes)}",
                consequence="whoever reads the file believes in a second region that is not there",
                hint=f"remove the line from Pulumi.{stack}.yaml, or set bailiwick:continuity.mode to {modes[-1]}",
            )


def pair_of_stacks(continuity: Continuity, stack: str) -> Iterator[Fault]:
    """A warm stack and its standby name each other."""
    if continuity.mode == "warm" and continuity.standby != stack + SECOND:
        yield _named("standby", continuity.standby, stack + SECOND, stack, "traffic goes where no standby is")
    if continuity.mode != "standby":
        return
    if not stack.endswith(SECOND):
        yield Fault(
            key="bailiwick:continuity.mode",
            value=f"'standby' in stack '{stack}'",
            problem="only the second of two stacks stands by",
            allowed=f"a stack named <first stack>{SECOND}",
            consequence="nothing is copied from here, and nothing else says so",
            hint=f"set bailiwick:continuity.mode to cold or warm in Pulumi.{stack}.yaml",
        )
    elif continuity.of != stack.removesuffix(SECOND):
        yield _named("of", continuity.of, stack.removesuffix(SECOND), stack, "nobody knows whose place it takes")


def standby_stands_by(
    continuity: Continuity, region: str, jurisdiction: Jurisdiction, stack: str, portal: Portal
) -> Iterator[Fault]:
    """A standby has no portal of its own: until it takes over, nobody from the internet comes to it but by the first's.

    That its region is the pair of one inside is `second_region_inside`: pairs are mutual.
    """
    if continuity.mode == "standby" and portal.mode != "none":
        yield Fault(
            key="bailiwick:portal.mode",
            value=f"'{portal.mode}'",
            problem="a standby with a portal of its own",
            allowed="none, while continuity.mode is standby",
            consequence="two entries to one service, and one that nobody watches",
            hint=f"set bailiwick:portal.mode to none in Pulumi.{stack}.yaml",
        )
    facts = jurisdiction.regions.get(region)
    if continuity.front_door and facts is not None and not facts.front_door_private_link:
        yield _unreached("frontDoor", region, f"remove bailiwick:continuity.frontDoor from Pulumi.{stack}.yaml")


def edge_reaches_the_pair(
    continuity: Continuity, region: str, jurisdiction: Jurisdiction, stack: str, portal: Portal
) -> Iterator[Fault]:
    """Front Door turns to the pair only where it has a private link there."""
    facts = jurisdiction.regions.get(region)
    pair = jurisdiction.regions.get(facts.pair) if facts is not None and facts.pair is not None else None
    warm = continuity.mode == "warm" and portal.mode == "front-door"
    if warm and facts is not None and pair is not None and not pair.front_door_private_link:
        yield _unreached("mode", str(facts.pair), f"set bailiwick:continuity.mode to cold in Pulumi.{stack}.yaml")


def _named(key: str, found: str | None, wanted: str, stack: str, consequence: str) -> Fault:
    return Fault(
        key=f"bailiwick:continuity.{key}",
        value=f"'{found}'" if found else "nothing",
        problem="not the other of the two stacks: same jurisdiction, same environment, the second ends in -b",
        allowed=wanted,
        consequence=consequence,
        hint=f"set bailiwick:continuity.{key} to {wanted} in Pulumi.{stack}.yaml",
    )


def _unreached(key: str, region: str, hint: str) -> Fault:
    return Fault(
        key=f"bailiwick:continuity.{key}",
        value=f"Front Door and {region}",
        problem="Front Door offers no Private Link origin in this region",
        allowed="a region whose record says front_door_private_link",
        consequence="the second origin would be public, or reached through a region outside",
        hint=hint,
    )
