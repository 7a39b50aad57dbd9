"""A candidate meets patients by a change that is on record: named, evaluated, approved by two, and in time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from policies.change_form import Change, Versions
from policies.changes import load
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.trials import UNTIL, Pinned, Trial, trials
from policies.types import DEPLOYMENT, KEY_VALUE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for
from records.versions import two_people

SEEN = (DEPLOYMENT, KEY_VALUE)
MOST_BEFORE_THE_LAST = 50
"""Percent; the dials say the same: tests/config/test_canary.py."""


def _on_record(stack: StackUnderReview) -> Iterator[tuple[Trial, Change]]:
    """Trials with a sound record; what has none is refused by the first rule."""
    records = load().records
    yield from ((trial, records[trial.change]) for trial in trials(stack) if trial.change in records)


def _each(stack: StackUnderReview, check: Callable[[Trial, Change], Verdict]) -> Iterator[Judged]:
    yield from ((trial.deployment, check(trial, record)) for trial, record in _on_record(stack))


@stack_rule(
    "delivery.canaries-name-a-sound-change",
    title="Every candidate names a change record that is sound, of this stack and use case, and in time",
    severity=Severity.HIGH,
    applies_to=SEEN,
    fix="write changes/<id>.yaml (docs/runbooks/canary.md), and name the id under canary.change in the stack file",
    example="a canary whose change ended last month",
)
def sound_change(stack: StackUnderReview) -> Iterable[Judged]:
    """A version that nobody asked for and nobody approved would answer patients."""
    known = load()
    for trial in trials(stack):
        faults = [fault.words for fault in known.faults.get(trial.change, ())]
        yield trial.deployment, _sound(trial, stack, known.records.get(trial.change), faults)


def _sound(trial: Trial, stack: StackUnderReview, record: Change | None, faults: list[str]) -> Verdict:
    if not trial.change:
        return refused("is a second model server of its use case, and names no change")
    if faults:
        return refused("; ".join(faults))
    if record is None:
        return refused(f"names change '{trial.change}'; there is no changes/{trial.change}.yaml")
    told = []
    if (record.stack, record.use_case) != (stack.plan.stack, trial.use_case):
        told.append(f"change '{trial.change}' is for {record.use_case} of {record.stack}")
    if stack.as_of < record.not_before:
        told.append(f"change '{trial.change}' begins on {record.not_before}")
    if stack.as_of > record.expires:
        told.append(f"change '{trial.change}' ended on {record.expires}")
    until = str(trial.noted.get(UNTIL, "nothing"))
    if not until <= record.expires.isoformat():
        told.append(f"goes on until {until}; change '{trial.change}' ends on {record.expires}")
    return refused_for(told)


@stack_rule(
    "delivery.changes-name-these-versions",
    title="A candidate and what it is tried against are those of the change record, by revision, version and checksum",
    severity=Severity.HIGH,
    applies_to=SEEN,
    fix="approve what is deployed, or deploy what was approved",
    example="a canary with the approved model, and a prompt that nobody evaluated",
)
def these_versions(stack: StackUnderReview) -> Iterable[Judged]:
    """An approval is of a content: the same name with another checksum is something else."""
    yield from _each(
        stack,
        lambda trial, record: all_of(
            (
                _same("stable", record.stable, trial.stable, trial.stable_image),
                _same("candidate", record.candidate, trial.candidate, trial.candidate_image),
                _noted(trial),
            )
        ),
    )


def _same(side: str, wanted: Versions, pinned: Pinned, image: str) -> Verdict:
    if not pinned:
        return refused(f"the {side} is not pinned in the prompt store")
    found = {**_flat("model", pinned), **_flat("prompt", pinned), "image": image}
    told = [
        f"{side} {key} is '{str(found.get(key))[:24]}', approved is '{value[:24]}'"
        for key, value in _wanted(wanted).items()
        if found.get(key) != value
    ]
    return refused_for(told)


def _flat(part: str, pinned: Pinned) -> dict[str, str]:
    found = pinned.get(part)
    return {f"{part}.{key}": str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _wanted(versions: Versions) -> dict[str, str]:
    model, prompt = versions.model, versions.prompt
    return {
        "model.name": model.name,
        "model.revision": model.revision,
        "model.sha256": model.sha256,
        "prompt.name": prompt.name,
        "prompt.version": prompt.version,
        "prompt.sha256": prompt.sha256,
        "image": versions.image,
    }


def _noted(trial: Trial) -> Verdict:
    """The pods say what the store says: whoever looks at a pod must not be told another version."""
    wanted = {**_flat("model", trial.candidate), **_flat("prompt", trial.candidate)}
    keys = ("model.name", "model.revision", "model.sha256", "prompt.name", "prompt.version", "prompt.sha256")
    wrong = [key for key in keys if trial.noted.get(f"bailiwick/{key.replace('.', '-')}") != wanted.get(key)]
    return refused(f"its pods' annotations differ from the prompt store in {', '.join(wrong)}") if wrong else PASSED


@stack_rule(
    "delivery.changes-are-approved-by-two",
    title="In production two people in two roles approved a change, one of them for clinical safety",
    severity=Severity.HIGH,
    applies_to=SEEN,
    fix="have the change approved, and write down who did",
    example="a change that one engineer approved",
)
def approved_by_two(stack: StackUnderReview) -> Iterable[Judged]:
    """Who built a thing is the last to see what is wrong with it."""
    if stack.is_prod:
        yield from _each(stack, lambda _, record: refused(told) if (told := two_people(record.approvals)) else PASSED)


@stack_rule(
    "delivery.evaluations-meet-the-floor",
    title="A candidate was evaluated, and was at least as accurate as its use case asks",
    severity=Severity.HIGH,
    applies_to=SEEN,
    fix="try a better candidate; the floor is the use case's accuracyFloor",
    example="a canary whose evaluation is at 0.80, where the floor is 0.85",
)
def meet_the_floor(stack: StackUnderReview) -> Iterable[Judged]:
    """What fails on known cases is not tried on patients."""
    yield from _each(stack, lambda trial, record: _floor(trial, record))


def _floor(trial: Trial, record: Change) -> Verdict:
    floor = trial.stable.get("accuracyFloor")
    if not isinstance(floor, int | float) or isinstance(floor, bool):
        return not_evaluated("the use case's accuracyFloor is not known")
    if record.evaluation.accuracy < floor:
        return refused(f"was evaluated at {record.evaluation.accuracy:g}; the floor is {floor:g}")
    return PASSED


@stack_rule(
    "delivery.candidates-widen-nothing",
    title="A candidate takes the data and keeps the floors of what it is tried against, in steps that rise",
    severity=Severity.HIGH,
    applies_to=SEEN,
    fix="leave what a candidate is held to, and its steps, to the canary of its use case",
    example="a canary whose floor is lower than its use case's, or that begins with every request",
)
def widen_nothing(stack: StackUnderReview) -> Iterable[Judged]:
    """Else a trial would be the way around what the use case was assessed for."""
    for trial in trials(stack):
        yield trial.deployment, _narrow(trial)


def _narrow(trial: Trial) -> Verdict:
    keys = ("dataClasses", "externalAllowed", "accuracyFloor", "firstTokenMilliseconds")
    told = [
        f"{key} is {trial.candidate.get(key)!r}, not {trial.stable.get(key)!r}"
        for key in keys
        if trial.candidate.get(key) != trial.stable.get(key) or key not in trial.stable
    ]
    steps = trial.steps
    rising = all(one < other for one, other in pairwise(steps))
    if not steps or not rising or not all(1 <= step <= 100 for step in steps):
        told.append(f"its steps are '{', '.join(map(str, steps))}'; they rise from 1 to 100 percent at most")
    if any(step > MOST_BEFORE_THE_LAST for step in steps[:-1]):
        told.append(f"passes {MOST_BEFORE_THE_LAST} percent before its last step")
    return refused_for(told)
