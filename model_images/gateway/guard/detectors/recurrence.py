"""What was surely a name or a place once is one wherever it is written in the same text."""

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.marks import CANDIDATES, LABELLED
from model_images.gateway.guard.detectors.words import Reading

SURE = 4.0
"""Margin in nats from which a finding is looked for in the rest of the text."""
ORDINARY = frozenset(
    (
        "TIME",
        "PARTICLE",
        "STREET",
        "FACILITY",
        "DEPARTMENT",
        "NEAR",
        "ROLE",
        "EPONYM",
        "EPONYMOUS",
        "DRUG",
        "MARKER",
        "OF_MEDICINE",
    )
)
"""Classes of words that are not looked for again: what one was once, it is not wherever it stands."""
USUAL = 0b101010  # a first name, surname or place of the second level or above


def recur(reading: Reading) -> None:
    """Labels every other occurrence; but a word that was oftener none, and is nobody's usual name, is left alone."""
    sure = _sure(reading)
    if not sure:
        return
    votes: dict[str, int] = {}
    others: list[tuple[int, str]] = []
    words, labels = reading.words, reading.labels
    for run in CANDIDATES.finditer(reading.marks):
        for i in range(*run.span()):
            bare = words[i].bare
            if bare in sure:
                votes[bare] = votes.get(bare, 0) + (1 if labels[i] else -1)
                if not labels[i]:
                    others.append((i, bare))
    for i, bare in others:
        if votes[bare] >= 0 or reading.words[i].facts & USUAL:
            reading.labels[i], reading.margins[i] = sure[bare], SURE


def _sure(reading: Reading) -> dict[str, int]:
    sure: dict[str, int] = {}
    for found in LABELLED.finditer(reading.labels):
        i = found.start()
        word = reading.words[i]
        if reading.margins[i] >= SURE and len(reading.pieces[i]) > 2 and word.bucket not in ORDINARY:
            common = dictionary.common(word.facts)
            if common == 0 or (common <= 2 and word.facts & USUAL):
                sure[word.bare] = reading.labels[i]
    return sure
