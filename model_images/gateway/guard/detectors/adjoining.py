"""A name goes on over the words that only a name would have beside it: `Michelle van der Ploeg`, `Hayden Panettiere`.

The tagger judges words; what it left beside a name is a remnant by which the rest is found again.
"""

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.dictionary import FIRST_NAME, SURNAME_SHIFT
from model_images.gateway.guard.detectors.lexicon import CLASS_OF, PARTICLES
from model_images.gateway.guard.detectors.marks import ANNOUNCING, COLONS, MODALS, SALUTATIONS
from model_images.gateway.guard.detectors.name_words import words_in
from model_images.gateway.guard.detectors.recurrence import SURE
from model_images.gateway.guard.detectors.words import Reading

NAME = 1
CAPITALISED = "XMA"
"""Shapes of a word by which a capital says something. In German every noun has one (`G`), in headings all (`U`)."""
LED = frozenset(("zu", "zum", "zur", "la", "le", "a", "al", "st", "del", "du", "des", "do"))
"""Particles that lead to ordinary nouns as often as to surnames: `Anna zur Kontrolle`."""
CLASSES = frozenset(CLASS_OF.values()) | {"STREETY"}
"""A word of a class is no name by standing beside one."""
MOST = 3  # particles in a row: `de la`, `van den`
WORD_OF_SPEECH = 4  # so common that beside a name it is rather the word: `Will Smith agree?`
GENERATIONS = frozenset(("II", "III", "IV", "VI", "VII", "VIII", "XI", "XII", "XIV", "XV", "XVI", "Jr", "Sr"))
"""Which of that name, behind it. `I`, `V` and `X` are grades and letters as often."""
VERBS = words_in("after_a_modal")
AFTER_A_BEGIN = (".", "\n", ":", "!", "?", "-", "•", "*", "#", "|")


def go_on(reading: Reading) -> None:
    """Labels what belongs to the name before it, or behind."""
    labels, count, i = reading.labels, len(reading.labels), -1
    while (i := labels.find(NAME, i + 1)) >= 0:
        if i + 1 < count and reading.pieces[i + 1] in GENERATIONS:
            labels[i + 1], reading.margins[i + 1] = NAME, reading.margins[i]
        if _is_turned(reading, i):
            labels[i + 2], reading.margins[i + 2] = NAME, reading.margins[i]
        at = _after_particles(reading, i + 1)
        if at >= count or (at == i + 1 and (labels[at] or reading.starts[at] == reading.end(i))):
            continue
        if reading.words[i].shape in ("I", "X", "M", "G") and (labels[at] or _may_follow(reading, i, at)):
            labels[i + 1 : at + 1] = [NAME] * (at - i)
            reading.margins[i + 1 : at + 1] = [reading.margins[i]] * (at - i)
    i = count
    while (i := labels.rfind(NAME, 1, i)) >= 0:
        if reading.words[i].shape not in CAPITALISED:
            continue
        at = _before_particles(reading, i - 1)
        if at >= 0 and not labels[at] and (_unknown(reading, at) or _is_first_name(reading, at)):
            labels[at:i] = [NAME] * (i - at)
            reading.margins[at:i] = [reading.margins[i]] * (i - at)


def leave_openings(reading: Reading) -> None:
    """Takes `Dear` from before a name or place again, and `Will` from before a verb.

    Behind a key and its colon the first looks like one of two names.
    """
    labels, pieces = reading.labels, reading.pieces
    for found in ANNOUNCING.finditer(reading.marks, 0, len(labels) - 1):
        i = found.start()
        if not labels[i] or (i and labels[i - 1]):
            continue
        lower, next_ = pieces[i].lower(), pieces[i + 1].lower()
        if (lower in SALUTATIONS and labels[i + 1] == labels[i]) or (lower in MODALS and next_ in VERBS):
            labels[i] = 0


def name_speakers(reading: Reading) -> None:
    """Labels who speaks: a word before a colon at the beginning of several lines, that may be a name."""
    turns: dict[str, list[int]] = {}
    for found in COLONS.finditer(reading.marks):
        i = found.start()
        if i and (i == 1 or reading.pieces[i - 2] == "\n") and reading.words[i - 1].shape not in ("", "I"):
            turns.setdefault(reading.pieces[i - 1].lower(), []).append(i - 1)
    for places in turns.values():
        word = reading.words[places[0]]
        unknown = not word.facts and word.shape in "Xx"
        if len(places) > 1 and word.bucket not in CLASSES and (unknown or word.facts & FIRST_NAME):
            for i in places:
                reading.labels[i], reading.margins[i] = NAME, max(reading.margins[i], SURE)


def _is_turned(reading: Reading, i: int) -> bool:
    """`WHITLOCK, JEBEDIAH`: behind a surname's comma a first name, or a word that nobody knows, written alike."""
    if i + 2 >= len(reading.pieces) or reading.pieces[i + 1] != "," or reading.labels[i + 2]:
        return False
    word = reading.words[i + 2]
    if word.shape != reading.words[i].shape or word.shape not in ("A", "U", "X") or word.bucket in CLASSES:
        return False
    first, common = word.facts & FIRST_NAME, dictionary.common(word.facts)
    return common == 0 and (bool(first) or (not word.facts and word.shape != "X"))


def _after_particles(reading: Reading, at: int) -> int:
    start = at
    while at < len(reading.pieces) and at - start < MOST and reading.pieces[at] in PARTICLES:
        at += 1
    return at


def _before_particles(reading: Reading, at: int) -> int:
    start = at
    while at >= 0 and start - at < MOST and reading.pieces[at] in PARTICLES:
        at -= 1
    return at


def _may_follow(reading: Reading, i: int, at: int) -> bool:
    word = reading.words[at]
    if word.shape not in CAPITALISED or word.bucket in CLASSES:
        return False
    if at > i + 1:
        led = reading.pieces[at - 1] in LED and at == i + 2
        return not led and dictionary.common(word.facts) <= 1
    surname = bool((word.facts >> SURNAME_SHIFT) & 3) and not dictionary.common(word.facts)
    return _unknown(reading, at) or (surname and reading.words[i].facts & FIRST_NAME > 1)


def _unknown(reading: Reading, at: int) -> bool:
    """A word of one capital that no list has and that is of no class, not as its sentence's first."""
    word = reading.words[at]
    if word.shape != "X" or word.facts or word.bucket in CLASSES or len(reading.pieces[at]) < len("Kim"):
        return False
    return at > 0 and reading.pieces[at - 1] not in AFTER_A_BEGIN


def _is_first_name(reading: Reading, at: int) -> bool:
    """A usual first name; beside a surname, whatever else it means."""
    word = reading.words[at]
    if word.shape not in ("X", "G") or word.bucket in CLASSES:
        return False
    first, common = word.facts & FIRST_NAME, dictionary.common(word.facts)
    return (first > 1 and common < WORD_OF_SPEECH) or (first == 1 and not common)
