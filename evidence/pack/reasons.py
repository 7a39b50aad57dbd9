"""Why a finding is new or gone: what differs between two packs, held against the rule and the resource of the finding.

Evidence does not keep the code that judged it, so nothing is judged again: the nearest difference that is on record is
the reason, and what else differs that bears on the rule is named beside it. Nearest first: somebody's word for it, the
rule itself, the resource, the check's source, other resources that the rule looks at, the law, what the rules of the
pack share, other inputs, the tools, the day, the rest of the plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from evidence.pack.reading import Pack, ToldFinding, ToldRule
from plan.model import PlannedResource


class Why(StrEnum):
    """What a finding's change comes from."""

    GRANTED = "granted"
    """An exemption or exception began."""
    ENDED = "ended"
    """An exemption or exception ended or was taken away."""
    RULE_NEW = "rule-new"
    RULE_GONE = "rule-gone"
    RESOURCE_NEW = "resource-new"
    RESOURCE_GONE = "resource-gone"
    RESOURCE_CHANGED = "resource-changed"
    RULE_CHANGED = "rule-changed"
    RELATED_CHANGED = "related-changed"
    """Other resources of the types that the rule looks at."""
    LAW_CHANGED = "law-changed"
    PACK_CHANGED = "pack-changed"
    """What the rules of the pack share."""
    INPUTS_CHANGED = "inputs-changed"
    TOOLS_CHANGED = "tools-changed"
    DAY = "day"
    """Something is out of time, or in time now."""
    PLAN_CHANGED = "plan-changed"
    """Resources that the rule does not say it looks at."""
    UNEXPLAINED = "unexplained"
    """Nothing that evidence records differs."""


@dataclass(frozen=True)
class Reason:
    """One of them, in words, with names that a machine may want."""

    why: Why
    words: str
    names: tuple[str, ...] = ()


_SHOWN = 6


@dataclass(frozen=True)
class Differences:
    """Between two packs of one stack."""

    was: Pack
    now: Pack

    @cached_property
    def resources(self) -> Mapping[str, tuple[Why, tuple[str, ...]]]:
        """URN to how it differs and, where it was changed, in which top-level inputs; empty without both plans."""
        if self.was.plan is None or self.now.plan is None:
            return {}
        before = {item.urn: item for item in self.was.plan.resources}
        after = {item.urn: item for item in self.now.plan.resources}
        found: dict[str, tuple[Why, tuple[str, ...]]] = {}
        for urn in sorted({*before, *after}):
            if urn not in before:
                found[urn] = (Why.RESOURCE_NEW, ())
            elif urn not in after:
                found[urn] = (Why.RESOURCE_GONE, ())
            elif names := tuple(properties(before[urn], after[urn])):
                found[urn] = (Why.RESOURCE_CHANGED, names)
        return found

    @cached_property
    def types(self) -> Mapping[str, str]:
        """URN to type, of both plans."""
        plans = [pack.plan for pack in (self.was, self.now) if pack.plan is not None]
        return {item.urn: item.type for plan in plans for item in plan.resources}

    def entries(self, section: str) -> tuple[str, ...]:
        """Names in a section of the manifests' predicates (`inputs`, `packs`, `tools`) that differ."""
        before, after = _section(self.was, section), _section(self.now, section)
        return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))

    @cached_property
    def law(self) -> tuple[str, ...]:
        """Files of jurisdictions that differ."""
        return tuple(name for name in self.entries("inputs") if name.startswith("jurisdictions/"))

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Other inputs that differ; the stack's own file is left out, as the plan shows what it comes to."""
        own = f"Pulumi.{self.now.told.stack}.yaml"
        return tuple(name for name in self.entries("inputs") if name not in self.law and name != own)

    def rule(self, name: str) -> ToldRule | None:
        """As it is now, or as it was where it is gone."""
        return self.now.told.by_rule.get(name) or self.was.told.by_rule.get(name)

    def reasons(self, was: ToldFinding | None, now: ToldFinding | None) -> tuple[Reason, ...]:
        """All that bear on a finding, the nearest first; never none."""
        one = now or was
        if one is None:
            return ()
        found = [*_granted(self, was, now), *_of_rule(self, one), *_of_resource(self, one), *_source(self, one)]
        found += [*_related(self, one), *_around(self, one)]
        return tuple(found) or (Reason(Why.UNEXPLAINED, "nothing that the evidence records differs"),)


def _section(pack: Pack, name: str) -> Mapping[str, object]:
    found = pack.predicate.get(name)
    return found if isinstance(found, dict) else {}


def properties(before: PlannedResource, after: PlannedResource) -> Iterator[str]:
    """Top-level inputs that differ, by name."""
    for name in sorted({*before.inputs, *after.inputs}):
        if name not in before.inputs or name not in after.inputs or before.inputs[name] != after.inputs[name]:
            yield name


def _granted(found: Differences, was: ToldFinding | None, now: ToldFinding | None) -> Iterator[Reason]:
    """Only where a refusal becomes exempt or the reverse: what is exempt from its first day arose elsewhere."""
    if was is None or now is None or (was.state == "exempt") == (now.state == "exempt"):
        return
    exempt, why = (now, Why.GRANTED) if now.state == "exempt" else (was, Why.ENDED)
    if exempt.exemption is not None:
        name = exempt.exemption.get("ticket", "?")
        days = f"approved {exempt.exemption.get('approved')}, until {exempt.exemption.get('expires')}"
        what = f"exemption {name} ({days})"
    else:
        name = exempt.exception or "?"
        packs = {Why.GRANTED: found.now, Why.ENDED: found.was}
        until = next((each.expires for each in packs[why].told.exceptions if each.id == name), None)
        what = f"exception '{name}' (until {until})"
    yield Reason(why, f"{what} {'holds now' if why is Why.GRANTED else 'holds no more'}", (name,))


def _of_rule(found: Differences, one: ToldFinding) -> Iterator[Reason]:
    if one.rule not in found.was.told.by_rule:
        yield Reason(Why.RULE_NEW, "the rule is new", (one.rule,))
    elif one.rule not in found.now.told.by_rule:
        yield Reason(Why.RULE_GONE, "the rule is gone", (one.rule,))


def _of_resource(found: Differences, one: ToldFinding) -> Iterator[Reason]:
    why, names = found.resources.get(one.urn or "", (None, ()))
    if why is Why.RESOURCE_CHANGED:
        yield Reason(why, f"the resource changed: {_listed(names)}", names)
    elif why is not None:
        yield Reason(why, "the resource is new" if why is Why.RESOURCE_NEW else "the resource is gone")


def _source(found: Differences, one: ToldFinding) -> Iterator[Reason]:
    before, after = found.was.told.by_rule.get(one.rule), found.now.told.by_rule.get(one.rule)
    if before is not None and after is not None and before.sha256 != after.sha256:
        yield Reason(Why.RULE_CHANGED, "the rule's check changed", (one.rule,))


def _related(found: Differences, one: ToldFinding) -> Iterator[Reason]:
    names = tuple(urn for urn in found.resources if urn != one.urn and _looks_at(found, one, urn))
    if names:
        short = [urn.rpartition("::")[2] for urn in names]
        yield Reason(Why.RELATED_CHANGED, f"others that the rule looks at changed: {_listed(short)}", names)


def _around(found: Differences, one: ToldFinding) -> Iterator[Reason]:
    rule = found.rule(one.rule)
    if found.law:
        yield Reason(Why.LAW_CHANGED, f"the law's file changed: {_listed(found.law)}", found.law)
    if rule is not None and rule.pack in found.entries("packs"):
        yield Reason(Why.PACK_CHANGED, f"what pack {rule.pack} is made of changed", (rule.pack,))
    if found.others:
        yield Reason(Why.INPUTS_CHANGED, f"other inputs changed: {_listed(found.others)}", found.others)
    if tools := found.entries("tools"):
        yield Reason(Why.TOOLS_CHANGED, f"versions changed: {_listed(tools)}", tools)
    if found.was.told.judged_as_of != found.now.told.judged_as_of:
        days = (found.was.told.judged_as_of.isoformat(), found.now.told.judged_as_of.isoformat())
        yield Reason(Why.DAY, f"the day: {days[0]}, then {days[1]}", days)
    names = tuple(urn for urn in found.resources if urn != one.urn and not _looks_at(found, one, urn))
    if names:
        yield Reason(Why.PLAN_CHANGED, f"{len(names)} other resources of the plan differ", names)


def _looks_at(found: Differences, one: ToldFinding, urn: str) -> bool:
    """Whether a resource's type is one that the finding's rule judges; `azure-native:*` takes a prefix."""
    rule, token = found.rule(one.rule), found.types[urn]
    tokens = rule.applies_to if rule is not None else ()
    return any(token == known or (known.endswith("*") and token.startswith(known[:-1])) for known in tokens)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
