"""When a clock runs out. Always the earliest reading: who keeps this moment keeps every later one.

Hours are counted from the moment itself, though Regulation (EEC, Euratom) 1182/71, Art. 3(1), leaves out the hour in
which it falls. Days and months end at the same time of day, though most laws give the whole last day; no holiday moves
them. A month ends on its last day where the day does not exist, as Art. 3(2)(c) has it.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jurisdictions.notices import Clock

LAST_MINUTE = time(23, 59)


class OutOfCalendar(ValueError):
    """The clock runs out after the last year that can be written."""


def runs_out(clock: Clock, start: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a clock that starts at `start` runs out; `start` itself where it has no number.

    Never before `start`, which must have an offset. Raises OutOfCalendar.
    """
    begun = start.astimezone(UTC)
    try:
        return max(begun, _end(clock, begun, zone))
    except (OverflowError, ValueError) as error:
        raise OutOfCalendar(f"{clock.words}: nobody can write the day that follows {begun:%Y-%m-%d}") from error


def _end(clock: Clock, begun: datetime, zone: ZoneInfo) -> datetime:
    local = begun.astimezone(zone)
    if clock.hours is not None:
        return begun + timedelta(hours=clock.hours)
    if clock.days is not None:
        return _at(local.date() + timedelta(days=clock.days), local.time(), zone)
    if clock.months is not None:
        return _at(_months_later(local.date(), clock.months), local.time(), zone)
    if clock.days_after_year is not None:
        last = date(local.year, 12, 31) + timedelta(days=clock.days_after_year)
        return _at(last, LAST_MINUTE, zone)
    return begun


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _at(day: date, of_day: time, zone: ZoneInfo) -> datetime:
    # A time of day that the change of clocks leaves out, or has twice, has two readings: the earlier one.
    return min(datetime.combine(day, of_day, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
