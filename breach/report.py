"""The deadlines on a screen, in a pipe, and as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from breach.deadlines import Deadline
from breach.ground import Ground
from evidence.screen import Screen
from jurisdictions.notices import silent, unwritten

FORMAT = "bailiwick-breach/1"
_STRICT = "Counted strictly: hours from the moment, days to the same time of day, no holiday moves anything."


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is owed after one breach."""

    stack: str
    ground: Ground
    known_at: datetime
    """UTC."""
    persons: int | None
    found: Sequence[Deadline]

    @property
    def unwritten(self) -> Sequence[str]:
        """Laws in force whose clocks nobody wrote down."""
        return unwritten(self.ground.jurisdiction, self.ground.beside)

    @property
    def silent(self) -> Mapping[str, str]:
        """Laws in force that set no clock, with the reason."""
        jurisdiction = self.ground.jurisdiction
        named = (*jurisdiction.frameworks, *(law.id for law in jurisdiction.law))
        return {name: silent()[name] for name in named if name in silent()}


def as_json(report: Report) -> dict[str, object]:
    """The report as data, the same for the same input: it knows no clock of its own."""
    return {
        "format": FORMAT,
        "stack": report.stack,
        "jurisdiction": report.ground.jurisdiction.id,
        "knownAt": _moment(report.known_at),
        "timeZone": report.ground.zone.key,
        "persons": report.persons,
        "deadlines": [_entry(found, report.ground) for found in report.found],
        "broughtByData": dict(report.ground.beside),
        "setNoClock": dict(report.silent),
        "notWrittenDown": list(report.unwritten),
    }


def _entry(found: Deadline, ground: Ground) -> dict[str, object]:
    notice = found.notice
    return {
        "id": found.name,
        "law": found.law.short,
        "article": notice.article,
        "title": notice.title,
        "due": _moment(found.due),
        "dueThere": found.due.astimezone(ground.zone).isoformat(timespec="minutes"),
        "atOnce": found.at_once,
        "provisional": found.provisional,
        "sent": None if found.sent is None else _moment(found.sent),
        "role": notice.role,
        "owedBy": notice.owed_by,
        "to": found.to,
        "when": notice.when,
        "contents": list(notice.contents),
        "clock": notice.clock.words,
        "source": found.law.source,
        "verified": notice.verified,
        "checked": notice.checked,
    }


def show(report: Report, *, now: datetime, briefly: bool) -> None:
    """Print the table, earliest first, and unless `briefly` what each notice must hold; nothing where none is owed."""
    screen = Screen()
    place = f"{report.ground.jurisdiction.name}, days counted in {report.ground.zone.key}"
    screen.line(f"{report.stack}: known since {report.known_at:%Y-%m-%d %H:%M} UTC; {place}", style="bold")
    screen.line()
    screen.table(
        ("until (UTC)", "there", "left", "law", "what", "id"),
        [
            (
                "at once" if found.at_once else f"{'≤ ' if found.provisional else ''}{found.due:%Y-%m-%d %H:%M}",
                "" if found.at_once else f"{found.due.astimezone(report.ground.zone):%a %d %b %H:%M %z}",
                _left(found, now),
                f"{found.law.short} {found.notice.article}{'' if found.notice.verified else ' (unverified)'}",
                found.notice.title,
                found.name,
            )
            for found in report.found
        ],
    )
    if not briefly:
        for line in _details(report.found):
            screen.line(line)
    screen.line(_STRICT)


def _details(found: Sequence[Deadline]) -> Iterator[str]:
    for item in found:
        notice = item.notice
        yield f"{item.law.short} {notice.article}: {notice.title}"
        yield f"  to      {item.to}"
        yield f"  owed by {notice.owed_by}; {notice.when}"
        yield f"  clock   {notice.clock.words}"
        for words, text in zip(["holds   ", *["        "] * len(notice.contents)], notice.contents, strict=False):
            yield f"  {words}- {text}"
        yield f"  source  {item.law.source} ({'verified' if notice.verified else 'UNVERIFIED'}: {notice.checked})"
        yield ""


def _left(found: Deadline, now: datetime) -> str:
    if found.sent is not None:
        return "sent" if found.kept(now) else "sent late"
    if found.at_once:
        return "now"
    return "OVERDUE" if now > found.due else _span(found.due - now)


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours // 24} d {hours % 24} h" if hours >= 72 else f"{hours} h {minutes:02} min"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
