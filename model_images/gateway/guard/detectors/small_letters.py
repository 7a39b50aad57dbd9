"""Names in small letters, as hurried people type them: behind titles and labels, beside names, with their initials.

In small letters a word that is also something else is not judged by the tagger; what stands before it may tell.
"""

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.adjoining import CLASSES, NAME
from model_images.gateway.guard.detectors.dictionary import FIRST_NAME, SURNAME_SHIFT
from model_images.gateway.guard.detectors.lexicon import PARTICLES
from model_images.gateway.guard.detectors.marks import ANNOUNCING, COLONS, TITLES
from model_images.gateway.guard.detectors.recurrence import SURE
from model_images.gateway.guard.detectors.words import Reading

SMALL = ("x", "y")
LONGEST = 5  # words of a name
MOST = 3  # particles in a row, or letters beside a name
BEHIND_A_LABEL = ("LABEL", "TITLE")
BEHIND_A_ROLE = ("ROLE", "KIN")
BY = frozenset(("by", "por", "par", "door"))
OF_NOBODY = frozenset(
    form for title in ("dr", "prof", "frau", "sr", "hr") for form in (title, title.capitalize(), title.upper())
)
"""Titles that stand without a name as well: `dr to review`, `eine frau will`."""
QUOTES = ('"', "'", "“", "«")
ANY, USUAL, RARE = 4, 3, 1
"""How common a word may be, of 0 to 4, that is a name where one is announced; the commonest only of those ever used."""
FIRST_USUAL = 2
WORDS = frozenset("aàdeéèiklnmouxysct")
"""Letters that by themselves, without a full stop, are words, or measured."""
BEGINNINGS = ("TITLE", "KIN", "LABEL", "ROLE", "¶", ":", ",", '"', "(", "|", ";", "=")


def name_small(reading: Reading) -> None:
    """Labels names in small letters: those that are announced, and what belongs to them and to others."""
    _titled(reading)
    _labelled(reading)
    labels, words, i = reading.labels, reading.words, -1
    while (i := labels.find(NAME, i + 1)) >= 0:
        if words[i].shape in SMALL:
            _letters_before(reading, i)
            _particles_before(reading, i)
            _surname_behind(reading, i)
            _letter_behind(reading, i)


def _titled(reading: Reading) -> None:
    pieces, count = reading.pieces, len(reading.pieces)
    for found in ANNOUNCING.finditer(reading.marks):
        i = at = found.start()
        if pieces[i] not in TITLES:
            continue
        while at < count and at - i < 2 * MOST and (pieces[at] in TITLES or pieces[at] == "."):
            at += 1
        if at >= count or (reading.labels[at] == NAME and len(pieces[at]) > 1):
            continue
        if _is_rare(reading, at):
            _name(reading, at)
        _chain(reading, at, USUAL if pieces[i] in OF_NOBODY else ANY)


def _is_rare(reading: Reading, at: int) -> bool:
    """A word in small letters that few texts have, whether a list has it as a name or not."""
    word, size = reading.words[at], len(reading.pieces[at])
    return (
        word.shape in SMALL
        and word.bucket not in CLASSES
        and size >= len("kim")
        and dictionary.common(word.facts) <= RARE
    )


def _labelled(reading: Reading) -> None:
    pieces = reading.pieces
    for found in COLONS.finditer(reading.marks):
        at = found.start()
        bucket = reading.words[at - 1].bucket if at else ""
        if bucket in BEHIND_A_LABEL:
            most = USUAL
        elif bucket in BEHIND_A_ROLE or (at and pieces[at - 1].lower() in BY):
            most = RARE
        else:
            continue
        at += 1
        while at < len(pieces) and pieces[at] in QUOTES:
            at += 1
        _chain(reading, at, most)


def _chain(reading: Reading, at: int, most: int) -> None:
    """Labels the words of a name from there on, the first of which may be as common as that."""
    pieces, labels, count, start = reading.pieces, reading.labels, len(reading.pieces), at
    while at < count and at - start < LONGEST:
        last = at
        while last + 1 < count and last - at < MOST and pieces[last] in PARTICLES:
            last += 1
        if not (labels[last] == NAME or _is_initial(reading, last) or _may_be(reading, last, most)):
            break
        for k in range(at, last + 1):
            _name(reading, k)
        at = last + 1
        if at < count and pieces[at] == "." and len(pieces[last]) == 1:
            at += 1
        most = min(most, FIRST_USUAL)


def _may_be(reading: Reading, at: int, most: int) -> bool:
    word = reading.words[at]
    if word.shape not in SMALL or reading.labels[at] or word.bucket in CLASSES or len(reading.pieces[at]) < len("kim"):
        return False
    common = dictionary.common(word.facts)
    namely = max(word.facts & FIRST_NAME, (word.facts >> SURNAME_SHIFT) & 3)
    return not word.facts or common < namely or (common <= most and namely > (1 if common > USUAL else 0))


def _is_initial(reading: Reading, at: int) -> bool:
    """`j.`: a small letter and a full stop."""
    pieces = reading.pieces
    alone = len(pieces[at]) == 1 and reading.words[at].shape in SMALL
    return alone and at + 1 < len(pieces) and pieces[at + 1] == "." and reading.starts[at + 1] == reading.end(at)


def _surname_behind(reading: Reading, i: int) -> None:
    """`judy garland`: a surname, and rather that than a word."""
    at, count = i + 1, len(reading.labels)
    while at < count and at - i <= MOST and reading.pieces[at] in PARTICLES:
        at += 1
    if at >= count or any(reading.labels[i + 1 : at + 1]):
        return
    word = reading.words[at]
    if word.shape not in SMALL or word.bucket in CLASSES:
        return
    common, last = dictionary.common(word.facts), (word.facts >> SURNAME_SHIFT) & 3
    after_a_first_name = reading.words[i].facts & FIRST_NAME >= FIRST_USUAL and last >= FIRST_USUAL
    if (last and (common < last if at == i + 1 else not common)) or (
        after_a_first_name and common <= USUAL and at == i + 1
    ):
        for k in range(i + 1, at + 1):
            _name(reading, k)


def _letters_before(reading: Reading, i: int) -> None:
    """`dr r-l. boulevant`, `h. g. wells`."""
    pieces, words, at = reading.pieces, reading.words, i - 1
    while at >= 0 and i - at <= 2 * MOST:
        stop = pieces[at] == "."
        k = at - stop
        if k < 0 or reading.labels[k] or len(pieces[k]) != 1 or words[k].shape not in SMALL:
            return
        if not stop and pieces[k] in WORDS and not (k and words[k - 1].bucket == "TITLE"):
            return
        _name(reading, k)
        at = k - 1


def _letter_behind(reading: Reading, i: int) -> None:
    """`juan a.`, `juan b`; but not `juan k 4.2`."""
    pieces, at = reading.pieces, i + 1
    if at >= len(pieces) or reading.labels[at] or len(pieces[at]) != 1 or reading.words[at].shape not in SMALL:
        return
    measured = at + 1 < len(pieces) and pieces[at + 1][0].isdigit()
    if _is_initial(reading, at) or (pieces[at] not in WORDS and not measured):
        _name(reading, at)


def _particles_before(reading: Reading, i: int) -> None:
    """`van der leemans`; `de vries` only where a name begins."""
    pieces, k = reading.pieces, i
    while k and i - k < MOST and pieces[k - 1] in PARTICLES and not reading.labels[k - 1]:
        k -= 1
    if k < i and (i - k > 1 or k == 0 or reading.words[k - 1].bucket in BEGINNINGS):
        for each in range(k, i):
            _name(reading, each)


def _name(reading: Reading, at: int) -> None:
    if not reading.labels[at] and reading.pieces[at][0].isalpha():
        reading.labels[at], reading.margins[at] = NAME, SURE / 2
