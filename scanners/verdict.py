"""What was found against what is accepted: new findings, acceptances that ended, and those that nothing needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scanners.accepted import NAME, Accepted
from scanners.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a scan ended."""

    new: tuple[Finding, ...]
    """Nobody accepted these."""
    accepted: tuple[tuple[Finding, Accepted], ...]
    expired: tuple[str, ...]
    """Acceptances whose last day is over, or whose first is to come; what they speak of is among `new`."""
    stale: tuple[str, ...]
    """Acceptances, or names in them, that match nothing."""
    failed: tuple[str, ...]
    """Scanners that did not do their work, each with why."""
    unasked: tuple[str, ...]
    """What could not be asked, and does not fail the scan."""

    @property
    def is_clean(self) -> bool:
        """Nothing new, nothing over, nothing needless, and everybody did their work."""
        return not (self.new or self.expired or self.stale or self.failed)


def verdict(
    findings: Iterable[Finding],
    accepted: Sequence[Accepted],
    *,
    today: date,
    ran: Sequence[str],
    failed: Sequence[str] = (),
    unasked: Sequence[str] = (),
) -> Verdict:
    """Compare. Only acceptances of scanners that `ran` can be stale: the others had no chance to match."""
    in_force = [entry for entry in accepted if entry.approved <= today <= entry.expires]
    found = sorted(set(findings))
    taken = [(finding, entry) for finding in found if (entry := _by(finding, in_force)) is not None]
    known = {finding for finding, _ in taken}
    return Verdict(
        new=tuple(finding for finding in found if finding not in known),
        accepted=tuple(taken),
        expired=tuple(
            f"{NAME}:{entry.line}: {entry.scanner} {entry.check}: its last day was {entry.expires}\n"
            "  hint: mend it, or let somebody approve it again"
            for entry in accepted
            if today > entry.expires
        )
        + tuple(
            f"{NAME}:{entry.line}: {entry.scanner} {entry.check}: is approved from {entry.approved}, not yet\n"
            "  hint: mend it, or write the day on which somebody approved it"
            for entry in accepted
            if today < entry.approved
        ),
        stale=tuple(
            f"{NAME}:{entry.line}: {entry.scanner} {entry.check}: '{pattern}' matches nothing\n  hint: remove it"
            for entry in accepted
            if entry.scanner in ran
            for pattern in entry.resources
            if not any(entry.speaks_of(finding, pattern) for finding in found)
        ),
        failed=tuple(failed),
        unasked=tuple(unasked),
    )


def _by(finding: Finding, entries: Iterable[Accepted]) -> Accepted | None:
    return next(
        (entry for entry in entries if any(entry.speaks_of(finding, pattern) for pattern in entry.resources)), None
    )
