"""What a change makes to the verdict: which findings are new, and which are gone."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from plan.diff.compare import identity_of
from policies.review import Finding, Report

Key = tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class VerdictChange:
    """Two verdicts, each on its own plan."""

    before: Report
    after: Report

    @cached_property
    def new(self) -> tuple[Finding, ...]:
        """Findings on the later plan that the earlier one does not have, in their own order."""
        return _beyond(self.after, self.before)

    @cached_property
    def gone(self) -> tuple[Finding, ...]:
        """Findings on the earlier plan that the later one no longer has."""
        return _beyond(self.before, self.after)

    @property
    def says(self) -> str:
        """`compliant → refused`, or the one word where it stays."""
        words = [report.verdict.replace("-", " ") for report in (self.before, self.after)]
        return f"{words[1]}, as before" if words[0] == words[1] else f"{words[0]} → {words[1]}"


def _beyond(report: Report, other: Report) -> tuple[Finding, ...]:
    left = Counter(map(_key, other.findings))
    found = []
    for finding in report.findings:
        if left[_key(finding)] > 0:
            left[_key(finding)] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _key(finding: Finding) -> Key:
    """What makes two findings the same: a finding that became exempt, or whose reason changed, is a new one."""
    return finding.rule.id, finding.state, identity_of(finding.urn or ""), finding.message
