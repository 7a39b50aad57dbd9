"""What outcomes come to: shares by suite and task with their bounds, and the statement that is signed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from model_images.evaluation.intervals import CONFIDENCE, wilson
from model_images.evaluation.journal import Outcome
from model_images.evaluation.statement import PREDICATE, STATEMENT
from model_images.evaluation.suite import Suite


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What was measured, by its bytes, and where."""

    model: str
    revision: str
    model_sha256: str
    prompt: str
    prompt_version: str
    prompt_sha256: str
    endpoint: str
    certificate_sha256: str | None = None
    served: tuple[str, ...] = ()
    """Names that the endpoint said it serves."""


def share(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many passed of how many, and Wilson's bounds."""
    hits = sum(one.passed for one in outcomes)
    low, high = wilson(hits, len(outcomes))
    rate = hits / len(outcomes) if outcomes else 0.0
    return {"passed": hits, "of": len(outcomes), "rate": round(rate, 6), "low": round(low, 6), "high": round(high, 6)}


def statement(
    subject: Subject,
    suites: Sequence[Suite],
    outcomes: Sequence[Outcome],
    *,
    seed: int,
    began: datetime,
    finished: datetime,
) -> dict[str, Any]:
    """The in-toto statement. An item without an answer makes the whole incomplete, and counts as wrong."""
    by_suite = {suite.name: [one for one in outcomes if one.suite == suite.name] for suite in suites}
    measured = [suite for suite in suites if suite.purpose == "accuracy"]
    accurate = [one for suite in measured for one in by_suite[suite.name]]
    unanswered = sum(bool(one.error) for one in outcomes)
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": "model", "digest": {"sha256": subject.model_sha256}},
            {"name": "prompt", "digest": {"sha256": subject.prompt_sha256}},
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "model": {"name": subject.model, "revision": subject.revision},
            "prompt": {"name": subject.prompt, "version": subject.prompt_version},
            "endpoint": {
                "url": subject.endpoint,
                "certificateSha256": subject.certificate_sha256,
                "models": list(subject.served),
            },
            "settings": {"temperature": 0, "seed": seed},
            "suite": "+".join(f"{suite.name}/{suite.version}" for suite in measured) or "none",
            "suites": [_suite(suite, by_suite[suite.name]) for suite in suites],
            "began": began.isoformat(timespec="seconds"),
            "finished": finished.isoformat(timespec="seconds"),
            "complete": unanswered == 0 and bool(accurate),
            "unanswered": unanswered,
            "confidence": CONFIDENCE,
            "accuracy": share(accurate)["rate"],
            "accuracyLow": share(accurate)["low"],
            "scores": _scores(suites, by_suite),
            "items": [asdict(one) for one in outcomes],
        },
    }


def _suite(suite: Suite, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    tasks = sorted({one.task for one in outcomes})
    found = share(outcomes)
    return {
        "name": suite.name,
        "version": suite.version,
        "purpose": suite.purpose,
        "sha256": suite.digest,
        **found,
        **({"least": suite.least, "met": found["rate"] >= suite.least} if suite.least is not None else {}),
        "tasks": {task: share([one for one in outcomes if one.task == task]) for task in tasks},
    }


def _scores(suites: Sequence[Suite], by_suite: Mapping[str, Sequence[Outcome]]) -> dict[str, float]:
    """Rates by suite and task, as a version's record repeats them."""
    found: dict[str, float] = {}
    for suite in suites:
        outcomes = by_suite[suite.name]
        for task in sorted({one.task for one in outcomes}):
            found[f"{suite.name}.{task}"] = share([one for one in outcomes if one.task == task])["rate"]
    return found


def missed(statement: Mapping[str, Any]) -> list[str]:
    """Safety suites that were not met, in words."""
    return [
        f"{suite['name']}: {suite['passed']} of {suite['of']}, and {suite['least']:g} must pass"
        for suite in statement["predicate"]["suites"]
        if suite.get("met") is False
    ]
