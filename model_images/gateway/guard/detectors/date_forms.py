"""The forms in which one date is written, as the words and numbers that stand in a row."""

from collections.abc import Iterator

from model_images.gateway.guard.detectors.folding import small

_MONTHS = tuple(
    frozenset(small(line).split())
    for line in (
        "january jan januar jänner janvier janv enero ene gennaio gen januari",
        "february feb februar feber février févr fév febrero febbraio febb februari",
        "march mar märz mrz maerz mars marzo maart mrt",
        "april apr avril avr abril abr aprile",
        "may mai mayo maggio mag mei",
        "june jun juni juin junio giugno giu",
        "july jul juli juillet juil julio luglio lug",
        "august aug août aout agosto ago augustus",
        "september sept sep septembre septiembre settembre sett set",
        "october oct oktober okt octobre octubre ottobre ott",
        "november nov novembre noviembre",
        "december dec dezember dez décembre diciembre dic dicembre",
    )
)
FILLERS = frozenset({"st", "nd", "rd", "th", "er", "of", "the", "de", "del", "di", "den", "le", "el", "il"})
"""Words between the parts of a date that the walk steps over."""


def date_forms(year: int, month: int, day: int) -> Iterator[tuple[str, ...]]:
    """Rows of words and numbers; the separators between them are not said."""
    days, years = {str(day), f"{day:02}"}, (f"{year:04}", f"{year % 100:02}")
    numbers, names = {str(month), f"{month:02}"}, _MONTHS[month - 1]
    for d in days:
        for m in numbers | names:
            for y in years:
                yield d, m, y
                yield m, d, y
                yield y, m, d
        for m in names:
            yield d, m
            yield m, d
    yield f"{day:02}", f"{month:02}"
    yield (f"{year:04}{month:02}{day:02}",)
    yield (f"{day:02}{month:02}{year:04}",)
    yield (f"{month:02}{day:02}{year:04}",)
    yield (f"{day:02}{month:02}{year % 100:02}",)
