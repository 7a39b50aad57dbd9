"""`bailiwick evidence --against BASE`: what the change makes of the stack, for the comment on a pull request."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evidence.pack.subject import Subject


def compared(subject: "Subject", base: str) -> "Subject":
    """The subject beside an earlier state: a git revision, a plan's file, or an export.

    Raises click.UsageError where `base` is none of them; a state that can't be planned is told in the evidence.
    """
    from cli.sources import named, plans_of
    from evidence.diff_verdict import VerdictChange
    from evidence.pack.against import Against
    from plan.diff.compare import difference
    from policies.review import review

    source, _ = named(base, None, subject.name)
    words = f"{base} ({source.value[:12]})" if source.kind == "revision" else base
    try:
        (earlier,) = plans_of([source], None, None)
    except click.UsageError:
        raise
    except click.ClickException as error:
        return replace(subject, against=Against(base=words, why_not=error.format_message().splitlines()[0]))
    found = difference(earlier.plan, subject.plan)
    before = review(found.before, subject.report.rules, as_of=subject.judged)
    change = VerdictChange(before=before, after=subject.report)
    return replace(subject, against=Against(base=words, difference=found, verdict=change))
