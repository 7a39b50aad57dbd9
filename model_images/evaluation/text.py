"""Answers in one form: what differs in case, width, marks or blanks alone is the same answer."""

import re
import unicodedata

_MARKS = re.compile(r"[^\w%°/.,+-]+")
_ENDS = re.compile(r"(?<!\d)[.,]|[.,](?!\d)")
_BULLET = re.compile(r"^\s*(?:[-*•·–]|\d{1,3}[.)])\s+")
_NUMBER = re.compile(r"(?<![\w.,])[-+−]?\d{1,3}(?:([.,' ])\d{3})*(?:[.,]\d+)?(?!\d)|(?<![\w.,])[-+−]?\d+(?:[.,]\d+)?")


def normalised(text: str) -> str:
    """Case folded, compatibility forms as one, marks and blanks as one blank; points inside numbers stay."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_ENDS.sub(" ", _MARKS.sub(" ", folded)).split())


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands there as words of its own, both normalised."""
    wanted = normalised(phrase)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", normalised(text)) is not None


def entries(text: str) -> list[str]:
    """The entries of a list: lines, or what commas and semicolons divide where there is one line. Normalised."""
    lines = [_BULLET.sub("", line) for line in text.strip().splitlines() if line.strip()]
    parts = [part for line in lines for part in re.split(r"[;,](?!\d)", line)] if len(lines) == 1 else lines
    return [entry for part in parts if (entry := normalised(part))]


def numbers(text: str, unit: str = "", *, comma: bool = False) -> list[float]:
    """Numbers of a text; with a unit, those that it follows. `comma`: whether the comma is the decimal mark."""
    found = []
    text, unit = (unicodedata.normalize("NFKC", one) for one in (text, unit))
    for match in _NUMBER.finditer(text):
        # `mg` is not the unit of 5 mg/dL.
        if unit and not re.match(rf"\s*{re.escape(unit)}(?![\w/])", text[match.end() :], re.IGNORECASE):
            continue
        if (value := _value(match[0], comma=comma)) is not None:
            found.append(value)
    return found


def _value(written: str, *, comma: bool) -> float | None:
    text = written.replace("−", "-").replace(" ", "").replace("'", "")
    thousands, mark = (".", ",") if comma else (",", ".")
    if mark not in text and thousands in text:
        head, _, tail = text.rpartition(thousands)
        # `1,5` in an English answer is nobody's thousands: three digits follow those.
        text = f"{head.replace(thousands, '')}{tail}" if len(tail) == 3 else f"{head}.{tail}"
    else:
        text = text.replace(thousands, "").replace(mark, ".")
    try:
        return float(text)
    except ValueError:
        return None
