"""The form of a change record, and what no field of it can know by itself."""

from collections.abc import Iterator
from datetime import date, timedelta

from attrs import field, frozen

from jurisdictions.model import CHECK, Slug
from policies.changes import DAYS
from records.reading import Fault, crossed, parsed, taken
from records.versions import (
    TEXT,
    Approval,
    Evaluation,
    ModelVersion,
    PromptVersion,
    other_people,
    shaped,
)


@frozen(kw_only=True)
class Versions:
    """All that decides what a patient is answered."""

    model: ModelVersion
    prompt: PromptVersion
    image: str = field(metadata={CHECK: shaped("sha256:[0-9a-f]{64}", "a digest, sha256:<64 hex digits>")})
    """The model server's digest: the registry is the stack's own, whatever its name."""


@frozen(kw_only=True)
class Change:
    """One record."""

    stack: str = field(metadata=TEXT)
    use_case: Slug
    why: str = field(metadata=TEXT)
    author: str = field(metadata=TEXT)
    stable: Versions
    """What is served, and comes back."""
    candidate: Versions
    evaluation: Evaluation
    approvals: tuple[Approval, ...]
    not_before: date
    expires: date
    """The last day on which it holds."""
    rollback: str = field(metadata=TEXT)
    """What a person does where the job can't."""


def read(change: str, text: str) -> tuple[Change | None, tuple[Fault, ...]]:
    """The record of a text and no fault, or none and every fault with its line."""
    document, faults = parsed(path_of(change), text)
    if document is None:
        return None, faults
    record, faults = taken(Change, document)
    if record is not None:
        faults += crossed(document, across(record))
    return (None if faults else record), faults


def path_of(change: str) -> str:
    """The record's file, as faults name it."""
    return f"changes/{change}.yaml"


def across(change: Change) -> Iterator[tuple[str, str]]:
    """What no field can know by itself."""
    if change.stable == change.candidate:
        yield "candidate", "is what is served already: there is nothing to approve"
    last = change.not_before + timedelta(days=DAYS)
    if change.expires > last:
        yield "expires", f"{change.expires} is more than {DAYS} days after it begins; {last} is the last day allowed"
    if change.expires < change.not_before:
        yield "expires", f"{change.expires} is before it begins ({change.not_before})"
    yield from (("approvals", words) for words in other_people(change.approvals, change.author))
    for approval in change.approvals:
        if approval.date < change.evaluation.date:
            yield "approvals", f"'{approval.who}' approved on {approval.date}, before the evaluation"
        if approval.date > change.not_before:
            yield "not_before", f"{change.not_before} is before '{approval.who}' approved ({approval.date})"
