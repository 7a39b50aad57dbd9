"""A name goes on over the words that only a name would have beside it: `Michelle van der Ploeg`, `Hayden Panettiere`.

The tagger judges words; what it left beside a sure name is a remnant by which the rest is found again.
"""

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.lexicon import CLASS_OF, PARTICLES
from model_images.gateway.guard.detectors.words import Reading

NAME = 1
CAPITALISED = "XMA"
"""Shapes of a word by which a capital says something. In German every noun has one (`G`), in headings all (`U`)."""
LED = frozenset(("zu", "zum", "zur", "la", "le", "a", "al", "st", "del", "du", "des", "do"))
"""Particles that lead to ordinary nouns as often as to surnames: `Anna zur Kontrolle`."""
CLASSES = frozenset(CLASS_OF.values()) | {"STREETY"}
"""A word of a class is no name by standing beside one."""
MOST = 3  # particles in a row: `de la`, `van den`


def go_on(reading: Reading) -> None:
    """Labels what belongs to the name before it, or behind."""
    labels, count = reading.labels, len(reading.labels)
    for i in range(count):
        if labels[i] != NAME or reading.words[i].shape not in ("I", "X", "M", "G"):
            continue
        at = _after_particles(reading, i + 1)
        if at < count and not labels[at] and (at > i + 1 or _separate(reading, i, at)) and _may_follow(reading, i, at):
            labels[at], reading.margins[at] = NAME, reading.margins[i]
    for i in range(count - 1, 0, -1):
        if labels[i] == NAME and not labels[i - 1] and _unknown(reading, i - 1) and reading.words[i].shape == "X":
            labels[i - 1], reading.margins[i - 1] = NAME, reading.margins[i]


def _after_particles(reading: Reading, at: int) -> int:
    start = at
    while at < len(reading.pieces) and at - start < MOST and reading.pieces[at] in PARTICLES:
        at += 1
    return at


def _separate(reading: Reading, i: int, at: int) -> bool:
    return reading.starts[at] > reading.end(i)


def _may_follow(reading: Reading, i: int, at: int) -> bool:
    if at == i + 1:
        return _unknown(reading, at)
    word = reading.words[at]
    led = reading.pieces[at - 1] in LED and at == i + 2
    if word.shape not in CAPITALISED or word.bucket in CLASSES:
        return False
    return not led and dictionary.common(word.facts) <= 1


def _unknown(reading: Reading, at: int) -> bool:
    """A word of one capital that no list has and that is of no class, not as its sentence's first."""
    word = reading.words[at]
    if word.shape != "X" or word.facts or word.bucket in CLASSES or len(reading.pieces[at]) < len("Kim"):
        return False
    return at > 0 and reading.pieces[at - 1] not in (".", "\n", ":", "!", "?", "-", "•", "*", "#", "|")
