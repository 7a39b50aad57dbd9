"""A run: every item of every suite, so many at a time, each kept as soon as it is answered."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model_images.evaluation.endpoint import Answer, Endpoint, Unanswered
from model_images.evaluation.journal import Journal, Outcome
from model_images.evaluation.scoring import LONGEST, Refusal
from model_images.evaluation.suite import Item, Suite


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One item of a suite."""

    suite: str
    item: Item


async def run(
    suites: Sequence[Suite],
    endpoint: Endpoint,
    journal: Journal,
    *,
    concurrency: int,
    tell: Callable[[int, int], None],
) -> list[Outcome]:
    """Outcomes in the suites' order. `tell` takes how many are done, and of how many."""
    asked = [Asked(suite=suite.name, item=item) for suite in suites for item in suite.items]
    waiting = iter([one for one in asked if (one.suite, one.item.id) not in journal.known])
    failed: dict[tuple[str, str], Outcome] = {}

    async def worker() -> None:
        for one in waiting:
            outcome = await _answered(one, endpoint)
            journal.add(outcome)
            if outcome.error:
                failed[outcome.suite, outcome.id] = outcome
            tell(len(journal.known) + len(failed), len(asked))

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, concurrency)):
            group.create_task(worker())
    kept = {**journal.known, **failed}
    return [kept[one.suite, one.item.id] for one in asked]


async def _answered(one: Asked, endpoint: Endpoint) -> Outcome:
    item = one.item
    try:
        answer = await endpoint.ask(item.prompt)
    except Unanswered as error:
        return _outcome(one, Answer(text="", first_token_ms=None, total_ms=0.0, finish=""), 0.0, str(error))
    if answer.refused_by:
        # A guard let nothing through: for who asks harm that is a refusal, for everybody else no answer.
        refused = isinstance(item.score, Refusal) and item.score.expected == "refuse"
        return _outcome(one, answer, float(refused))
    return _outcome(one, answer, item.score.share(answer.text[:LONGEST], item.lang))


def _outcome(one: Asked, answer: Answer, share: float, error: str = "") -> Outcome:
    item = one.item
    return Outcome(
        suite=one.suite,
        id=item.id,
        item_sha256=item.digest,
        task=item.task,
        lang=item.lang,
        passed=not error and share >= item.score.at_least - 1e-9,
        share=round(share, 6),
        answer_sha256=hashlib.sha256(answer.text.encode()).hexdigest(),
        first_token_ms=None if answer.first_token_ms is None else round(answer.first_token_ms, 1),
        total_ms=round(answer.total_ms, 1),
        finish=answer.finish,
        refused_by=answer.refused_by,
        attempts=answer.attempts,
        error=error,
    )
