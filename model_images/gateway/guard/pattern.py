"""What a regular expression holds that a grammar's compiler pays for: repeats, and what may be there or not.

It is read far enough to tell groups, classes and counts apart, and no further: whether it is one at all is the server's
to say. A count on a group counts for all that is in the group.
"""

import re
from dataclasses import dataclass

CAP = 15
"""Of one count, how many of its repeats are kept apart as being there or not: `a{1,500}` is one rule to a compiler."""
MOST = 10_000
"""A number past all use."""
_COUNT = re.compile(r"\{\s*(\d+)\s*(,)?\s*(\d*)\s*\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]?", re.DOTALL)


@dataclass(frozen=True)
class Counted:
    """Of a pattern, or a part of it."""

    repeats: int = 0
    """To which its counts add up, multiplied where they stand within one another."""
    maybe: int = 0
    """How many of its parts may be there or not."""

    def __add__(self, other: "Counted") -> "Counted":
        """One after the other."""
        return Counted(min(self.repeats + other.repeats, MOST), min(self.maybe + other.maybe, MOST))

    def times(self, least: int, most: int | None) -> "Counted":
        """From `least` to `most` times over; None is for ever."""
        many = min(most if most is not None else least, MOST)
        skipped = 1 if most is None else min(max(most - least, 0), CAP)
        repeats = max(self.repeats, 1) * many if many > 1 else self.repeats
        return Counted(repeats, self.maybe * max(many, 1) + skipped) + Counted()


_ONE, _EMPTY = Counted(), Counted(maybe=1)


def counted(pattern: str) -> Counted:
    """Of the whole."""
    groups: list[list[Counted]] = [[]]
    at, begins = 0, True
    """Whether an alternative begins here: one that ends at once is empty, and may be there or not."""
    while at < len(pattern):
        letter, parts = pattern[at], groups[-1]
        step = 1
        match letter:
            case "\\":
                step = 2
                parts.append(_ONE)
            case "[":
                found = _CLASS.match(pattern, at)
                step = len(found[0]) if found else 1
                parts.append(_ONE)
            case "(":
                groups.append([])
                step = 3 if pattern.startswith("(?:", at) else 1
            case ")":
                inside = sum(parts, _EMPTY if begins else _ONE)
                if len(groups) > 1:
                    groups.pop()
                groups[-1].append(inside)
            case "|":
                parts.append(_EMPTY if begins else _ONE)
            case "?" | "*" | "+":
                _last(parts, 0 if letter == "?" else 1, 1 if letter == "?" else None)
            case "{" if found := _COUNT.match(pattern, at):
                step = len(found[0])
                least = int(found[1])
                _last(parts, least, least if not found[2] else int(found[3]) if found[3] else None)
            case _:
                parts.append(_ONE)
        begins = letter in "(|"
        at += step
    whole = _EMPTY if begins and pattern else _ONE
    for parts in groups:
        whole = sum(parts, whole)
    return whole


def _last(parts: list[Counted], least: int, most: int | None) -> None:
    """The part before is repeated."""
    parts.append((parts.pop() if parts else _ONE).times(least, most))
