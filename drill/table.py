"""A drill's record as a table, in plain text: it is filed and printed as often as it is looked at."""

from collections.abc import Iterator, Sequence

from drill.record import Record


def lines(record: Record) -> Iterator[str]:
    """The table, line by line."""
    yield f"drill of {record.config.stack}, {record.began:%Y-%m-%d %H:%M} UTC, by {record.who}"
    yield ""
    yield from _table(
        ("step", "outcome", "time", "what"),
        [(done.name, done.result.outcome, _time(done.seconds), done.result.says) for done in record.ran.steps],
    )
    yield ""
    if record.comparisons:
        yield from _table(
            ("data", "promise", "promised", "measured", "verdict", "from"),
            [
                (
                    item.promise.data_class,
                    item.promise.kind.upper(),
                    f"{item.promise.minutes} min",
                    "–" if item.measured_minutes is None else f"{item.measured_minutes:.1f} min",
                    item.verdict,
                    item.why,
                )
                for item in record.comparisons
            ],
        )
        yield "RTO counts what was restored, not the compute around it: that is the yearly drill's."
    else:
        yield "objectives: no objective stated"
    for done in record.ran.steps:
        if done.result.line and done.result.outcome != "done":
            yield f"{done.name}: {done.result.line}"
    for line in record.ran.left_behind:
        yield f"left behind; remove it with: {line}"
    yield _MEANING[record.state]


_MEANING = {
    "kept": "every promise that was measured is kept",
    "failed": "a step failed",
    "not kept": "a promise is not kept",
    "unproved": "a step ran, and proved nothing",
}


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
