"""What changed in the verdict between two packs of one stack, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from evidence.pack.reading import Pack, ToldFinding
from evidence.pack.reasons import Differences, Reason

_ORDER = {"critical": 0, "high": 1, "medium": 2, "low": 3}


class Unlike(ValueError):
    """Two packs that are not of one stack; the message names both."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One finding that differs."""

    kind: str
    """`new`, `gone`, `state` (another state on the same resource) or `words` (the same state, told otherwise)."""
    was: ToldFinding | None
    now: ToldFinding | None
    reason: Reason
    also: tuple[Reason, ...]
    """What else differs that bears on it."""

    @property
    def finding(self) -> ToldFinding:
        """As it is now, or as it was where it is gone."""
        found = self.now or self.was
        if found is None:
            raise ValueError("a change of nothing")
        return found

    @property
    def worse(self) -> bool:
        """A refusal that was none."""
        before = self.was.state if self.was is not None else None
        return self.now is not None and self.now.state == "refused" and before != "refused"


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A requirement that stands otherwise."""

    regulation: str
    requirement: str
    was: str | None
    """None where the regulation was not in force, or did not have it."""
    now: str | None


@dataclass(frozen=True, kw_only=True)
class Ground:
    """An exemption or exception that began or ended between the days, or has another end."""

    what: str
    """`exemption` or `exception`."""
    name: str
    """Its ticket, with the rule and resource, or its id."""
    change: str
    """`begun`, `ended` or `moved`."""
    was_until: date | None
    until: date | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All of it; without any change where the packs say the same."""

    was: Pack
    now: Pack
    changes: tuple[Change, ...]
    """The worst first."""
    requirements: tuple[Moved, ...]
    grounds: tuple[Ground, ...]
    differences: Differences

    @property
    def same(self) -> bool:
        """Whether nothing changed that a reader of the verdict would see."""
        return self.was.told.verdict == self.now.told.verdict and not (
            self.changes or self.requirements or self.grounds
        )

    @property
    def worse(self) -> bool:
        """Whether there is a refusal now that there was not."""
        refused = self.now.told.verdict == "refused"
        return refused and (self.was.told.verdict != "refused" or any(each.worse for each in self.changes))

    @property
    def less_known(self) -> bool:
        """Whether what was compliant could not be judged this time."""
        return (self.was.told.verdict, self.now.told.verdict) == ("compliant", "not-evaluated")


def compare(was: Pack, now: Pack) -> Comparison:
    """From one pack to another of the same stack. Raises Unlike."""
    if was.told.stack != now.told.stack:
        raise Unlike(
            f"{was.folder} is of stack {was.told.stack}, {now.folder} of {now.told.stack}: nothing was compared\n"
            f"hint: name two folders of one stack; `bailiwick evidence {was.told.stack} --out DIR` writes one"
        )
    differences = Differences(was, now)
    changes = sorted(_changes(differences), key=_order)
    return Comparison(
        was=was,
        now=now,
        changes=tuple(changes),
        requirements=tuple(_moved(was, now)),
        grounds=tuple(_grounds(was, now)),
        differences=differences,
    )


def _changes(differences: Differences) -> Iterator[Change]:
    before, after = _by_place(differences.was), _by_place(differences.now)
    for place in dict.fromkeys((*before, *after)):
        for kind, was, now in _paired(before.get(place, []), after.get(place, [])):
            reason, *also = differences.reasons(was, now)
            yield Change(kind=kind, was=was, now=now, reason=reason, also=tuple(also))


Pair = tuple[str, ToldFinding | None, ToldFinding | None]


def _paired(before: Sequence[ToldFinding], after: Sequence[ToldFinding]) -> Iterator[Pair]:
    """Findings of one rule on one resource: what is told alike cancels out, the rest is paired."""
    left, right = list(before), list(after)
    for item in before:
        alike = next((each for each in right if _said(each) == _said(item)), None)
        if alike is not None:
            right.remove(alike)
            left.remove(item)
    for kind in ("words", "state"):
        for was in list(left):
            now = next((each for each in right if kind == "state" or each.state == was.state), None)
            if now is not None:
                left.remove(was)
                right.remove(now)
                yield kind, was, now
    yield from (("gone", was, None) for was in left)
    yield from (("new", None, now) for now in right)


def _said(finding: ToldFinding) -> tuple[str | None, ...]:
    """What a reader sees of it; an exemption's line in its file may move."""
    ticket = finding.exemption.get("ticket") if finding.exemption is not None else None
    return (finding.state, finding.severity, finding.message, finding.exception, ticket)


def _by_place(pack: Pack) -> dict[tuple[str, str], list[ToldFinding]]:
    found: dict[tuple[str, str], list[ToldFinding]] = {}
    for finding in pack.told.findings:
        found.setdefault((finding.rule, finding.urn or ""), []).append(finding)
    return found


def _order(change: Change) -> tuple[bool, bool, int, str, str]:
    one = change.finding
    return (not change.worse, change.now is None, _ORDER.get(one.severity, 0), one.rule, one.urn or "")


def _moved(was: Pack, now: Pack) -> Iterator[Moved]:
    before, after = was.told.requirements, now.told.requirements
    for regulation in dict.fromkeys((*before, *after)):
        old, new = before.get(regulation, {}), after.get(regulation, {})
        for item in dict.fromkeys((*old, *new)):
            if old.get(item) != new.get(item):
                yield Moved(regulation=regulation, requirement=item, was=old.get(item), now=new.get(item))


def _grounds(was: Pack, now: Pack) -> Iterator[Ground]:
    for what, before, after in (
        ("exemption", _exemptions(was), _exemptions(now)),
        ("exception", _exceptions(was), _exceptions(now)),
    ):
        for name in dict.fromkeys((*before, *after)):
            old, new = before.get(name), after.get(name)
            if old != new:
                change = "begun" if old is None else "ended" if new is None else "moved"
                yield Ground(what=what, name=name, change=change, was_until=old, until=new)


def _exemptions(pack: Pack) -> dict[str, date]:
    """Those in time on the day that was judged, by what they lift, to their last day."""
    day = pack.told.judged_as_of
    held = [each for each in pack.told.exemptions if each.approved <= day <= each.expires]
    return {f"{each.ticket}: {each.rule} on {each.resource}": each.expires for each in held}


def _exceptions(pack: Pack) -> dict[str, date]:
    return {each.id: each.expires for each in pack.told.exceptions if pack.told.judged_as_of <= each.expires}
