"""Every notice that may be owed, with the moment until which, earliest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from breach.clocks import runs_out
from jurisdictions.notices import Notice, NotificationLaw, Role


class UnknownNotice(ValueError):
    """Sent, it is said, and no such notice is owed here; the message lists what is."""


class SentTooEarly(ValueError):
    """A notice can't have been sent before the breach became known."""


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """One notice, and until when."""

    law: NotificationLaw
    notice: Notice
    due: datetime
    """UTC."""
    to: str
    sent: datetime | None
    """UTC; None while nobody has said that it was."""
    provisional: bool
    """Whether it is counted from the last moment of a notice still to be sent: sent earlier, this is due earlier."""

    @property
    def name(self) -> str:
        """`nis2/final-report`."""
        return f"{self.law.id}/{self.notice.id}"

    @property
    def at_once(self) -> bool:
        """Whether the law has no number: the moment is that at which it became known."""
        clock = self.notice.clock
        return clock.hours is clock.days is clock.months is clock.days_after_year is None

    def kept(self, now: datetime) -> bool | None:
        """Whether it was sent in time; None while there is time left, or none was set."""
        if self.at_once:
            return True if self.sent else None
        if self.sent is not None:
            return self.sent <= self.due
        return None if now <= self.due else False


def deadlines(
    laws: Iterable[NotificationLaw],
    *,
    known_at: datetime,
    zone: ZoneInfo,
    jurisdiction: str,
    persons: int | None = None,
    role: Role | None = None,
    sent: Mapping[str, datetime] | None = None,
) -> Sequence[Deadline]:
    """What may be owed, earliest first.

    `persons` leaves out what is for more, or fewer, people; `role` what the other role owes; without them all is there.
    `sent` has the moments at which notices went out, by name: clocks that follow them start there.
    Raises UnknownNotice, SentTooEarly, OutOfCalendar, and ValueError for a moment without an offset.
    """
    begun = _with_offset(known_at)
    told = {name: _with_offset(moment) for name, moment in (sent or {}).items()}
    every = [found for law in laws for found in _of(law, begun, zone, jurisdiction, told)]
    known = [found.name for found in every]
    for name, moment in told.items():
        if name not in known:
            raise UnknownNotice(f"no notice '{name}' is owed here. There are: {', '.join(known)}")
        if moment < begun:
            raise SentTooEarly(f"{name} was sent at {moment:%Y-%m-%dT%H:%MZ}, before the breach became known")
    owed = [found for found in every if _applies(found.notice, persons, role)]
    return sorted(owed, key=lambda found: (found.due, found.law.id, found.notice.id))


def _of(
    law: NotificationLaw, begun: datetime, zone: ZoneInfo, jurisdiction: str, told: Mapping[str, datetime]
) -> Iterable[Deadline]:
    of_law: dict[str, Deadline] = {}
    for notice in law.notices:
        # A file that is read has the notice from which another runs before it.
        before = of_law[notice.clock.runs_from] if notice.clock.runs_from else None
        start = (before.sent or before.due) if before else begun
        of_law[notice.id] = Deadline(
            law=law,
            notice=notice,
            due=runs_out(notice.clock, start, zone),
            to=notice.to_in.get(jurisdiction, notice.to),
            sent=told.get(f"{law.id}/{notice.id}"),
            provisional=before is not None and before.sent is None,
        )
    return of_law.values()


def _applies(notice: Notice, persons: int | None, role: Role | None) -> bool:
    if role is not None and notice.role != role:
        return False
    if persons is None:
        return True
    return (notice.persons_min or 0) <= persons and (notice.persons_max is None or persons <= notice.persons_max)


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset could be any of a day's")
    return moment.astimezone(UTC)
