"""The life of one version for one use case of one stack, from candidate to retired: each step dated and evidenced.

Of one stack, as a change is: a clinical-safety officer answers for the deployment in front of her (NHS DCB0160 asks
each deploying organisation for its own), and what was approved in one jurisdiction is not approved in another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from attrs import field, frozen

from jurisdictions.model import CHECK, Slug
from records.reading import Fault, crossed, parsed, taken
from records.states import EVIDENCE, STEPS, State, after
from records.versions import (
    TEXT,
    Approval,
    Evaluation,
    ModelVersion,
    PromptVersion,
    other_people,
    shaped,
    two_people,
)

Day = date
"""`Step` has a field of that name."""
DAYS = 365
"""After its evaluation; what is served for longer was measured on the patients of another year."""


def _filled(value: str | None) -> list[str]:
    return ["is empty; an auditor reads it"] if value is not None and not value.strip() else []


def _hash(value: str | None) -> list[str]:
    return [] if value is None else shaped("[0-9a-f]{64}", "64 hex digits")(value)


@frozen(kw_only=True)
class Step:
    """One step: where to, when, by whom, and on what."""

    to: State
    date: Day
    by: str = field(metadata=TEXT)
    why: str | None = field(default=None, metadata={CHECK: _filled})
    evaluation: Evaluation | None = None
    change: str | None = field(default=None, metadata={CHECK: _filled})
    """Id in the change management; of a canary, that of changes/<id>.yaml."""
    approvals: tuple[Approval, ...] = ()
    expires: Day | None = None
    """The last day on which it may be served."""
    record_sha256: str | None = field(default=None, metadata={CHECK: _hash})
    """Of the last line of the trial's record."""

    @property
    def brings(self) -> frozenset[str]:
        """Names of the evidence that it has."""
        return frozenset(name for name in (*sorted(EVIDENCE), "why") if getattr(self, name))


@frozen(kw_only=True)
class Life:
    """One record."""

    stack: str = field(metadata=TEXT)
    use_case: Slug
    """At an edge site, `edge-<site>`: what a box in a clinic is asked was assessed for that clinic."""
    model: ModelVersion
    prompt: PromptVersion
    history: tuple[Step, ...]

    @property
    def author(self) -> str:
        """Who brought it."""
        return self.history[0].by

    @property
    def standing(self) -> "Standing":
        """Where it stands after its last step."""
        evaluations = [step.evaluation for step in self.history if step.evaluation is not None]
        approved = [step for step in self.history if step.approvals]
        return Standing(
            state=self.history[-1].to,
            since=self.history[-1].date,
            evaluation=evaluations[-1] if evaluations else None,
            change=next((step.change for step in reversed(self.history) if step.change), None),
            approvals=approved[-1].approvals if approved else (),
            expires=approved[-1].expires if approved else None,
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What holds of a version now."""

    state: State
    since: date
    evaluation: Evaluation | None
    """The newest."""
    change: str | None
    """The newest: of a canary, its trial's."""
    approvals: tuple[Approval, ...]
    """The newest; older ones are history."""
    expires: date | None

    def in_time(self, day: date) -> bool:
        """Whether it may be served on that day, as far as its last day goes."""
        return self.expires is not None and day <= self.expires


def file_of(life: Life) -> str:
    """Its file, from the project's folder: the name says what it is of, and nothing has two."""
    return path_for(life.stack, life.use_case, life.model.name, life.model.revision, life.prompt.version)


def path_for(stack: str, use_case: str, model: str, revision: str, prompt_version: str) -> str:
    """The file that speaks of a version."""
    return f"lifecycle/{stack}/{use_case}/{model}-{revision[:12]}-{prompt_version}.yaml"


def read(path: str, text: str) -> tuple[Life | None, tuple[Fault, ...]]:
    """The record of a text and no fault, or none and every fault with its line. `path`: as `file_of` has it."""
    document, faults = parsed(path, text)
    if document is None:
        return None, faults
    life, faults = taken(Life, document)
    if life is not None:
        faults += crossed(document, across(life, path))
    return (None if faults else life), faults


def across(life: Life, path: str) -> Iterator[tuple[str, str]]:
    """What no field can know by itself."""
    if path != file_of(life):
        yield "model", f"is of {file_of(life)}, by what it says; a record lies where it is looked for"
    if not life.history:
        yield "history", "is empty: nobody brought it"
        return
    before: Step | None = None
    for index, step in enumerate(life.history):
        key = f"history.{index}"
        yield from ((key, words) for words in _made(before, step))
        before = step
    yield from _evaluated_in_time(life)


def _made(before: Step | None, step: Step) -> Iterator[str]:
    of = before.to if before is not None else None
    needed = STEPS.get((of, step.to))
    if needed is None:
        allowed = ", ".join(after(of)) or "nowhere"
        yield f"{of or 'nothing'} → {step.to} is no step; from {of or 'nothing'} it goes to {allowed}"
        return
    for name in sorted(needed - step.brings):
        yield f"{of or 'nothing'} → {step.to} needs {name}"
    for name in sorted(step.brings - needed - {"why"}):
        yield f"{name} stands at {of or 'nothing'} → {step.to}, which is not made on it"
    if before is not None and step.date < before.date:
        yield f"{step.date} is before the step that it follows ({before.date})"


def _evaluated_in_time(life: Life) -> Iterator[tuple[str, str]]:
    evaluation: Evaluation | None = None
    for index, step in enumerate(life.history):
        key = f"history.{index}"
        if step.evaluation is not None:
            evaluation = step.evaluation
            if evaluation.date > step.date:
                yield f"{key}.evaluation", f"of {evaluation.date}, after the step that is made on it ({step.date})"
        if step.approvals:
            yield from ((f"{key}.approvals", words) for words in other_people(step.approvals, life.author))
            if missing := two_people(step.approvals):
                yield f"{key}.approvals", missing
            for approval in step.approvals:
                if evaluation is not None and approval.date < evaluation.date:
                    yield f"{key}.approvals", f"'{approval.who}' approved on {approval.date}, before the evaluation"
                if approval.date > step.date:
                    yield f"{key}.approvals", f"'{approval.who}' approved on {approval.date}, after the step"
        if step.expires is not None and evaluation is not None:
            last = evaluation.date + timedelta(days=DAYS)
            if step.expires > last:
                yield f"{key}.expires", f"{step.expires} is more than {DAYS} days after the evaluation; {last} at most"
            if step.expires < step.date:
                yield f"{key}.expires", f"{step.expires} is before the step"
