"""The forms in which one name is written: turned, with initials, without spaces, transliterated.

Forms are compact: bare small letters with nothing between. The walk over a text allows separators anywhere in them, so
`obrien` is O'Brien, O Brien and OBrien, and `smithj` is Smith, J. and Smith J.
"""

import re
from collections.abc import Iterator
from itertools import product

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.folding import small
from model_images.gateway.guard.detectors.name_words import words_in
from model_images.gateway.guard.detectors.record_form import Person

_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("œ", "oe"))
_LETTERS = re.compile(r"[^\W\d_]+")


def compact(written: str) -> set[str]:
    """The spellings of `written` with nothing between the letters: bare, and with the umlauts spelt out."""
    normal = normalise.text(written).normal
    spelt = normal.lower()
    for letter, double in _UMLAUTS:
        spelt = spelt.replace(letter, double)
    bare = {"".join(_words(normal)), "".join(_words(spelt))}
    # A record in capitals says MUELLER where a text says Müller.
    for form in tuple(bare):
        folded_back = form
        for _, double in _UMLAUTS[:4]:
            folded_back = folded_back.replace(double, double[:1])
        bare.add(folded_back)
    return bare - {""}


def single(person: Person) -> Iterator[str]:
    """Parts of a name that are found by themselves."""
    for name in (*person.given, *person.family, *person.others):
        for form in compact(name):
            yield form
            if name in person.family and not form.endswith("s"):
                yield form + "s"
        for word in _words(normalise.text(name).normal):
            if word not in words_in("particles") and len(word) > 1:
                yield from compact(word)


def joint(person: Person) -> Iterator[str]:
    """Given and family names together, in either order, in full and by their initials."""
    for family_name in person.family:
        given = [word for name in person.given for word in _words(normalise.text(name).normal)]
        if not given:
            continue
        initials = [word[0] for word in given]
        firsts = {
            "".join(given),
            given[0],
            initials[0],
            "".join(initials),
            given[0] + "".join(initials[1:]),
            *(spelling for name in person.given for spelling in compact(name)),
        }
        for first, last in product(firsts, compact(family_name)):
            yield first + last
            yield last + first


def initials(person: Person) -> Iterator[str]:
    """The first letters of all names, and of the first and the last."""
    given = [word[0] for name in person.given for word in _words(normalise.text(name).normal)]
    family = [word[0] for name in person.family[:1] for word in _words(normalise.text(name).normal)]
    if given and family:
        yield "".join(given) + family[-1]
        yield given[0] + family[-1]


def _words(written: str) -> list[str]:
    return _LETTERS.findall(small(written))
