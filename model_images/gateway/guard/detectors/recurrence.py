"""What was surely a name or a place once is one wherever it is written in the same text."""

from model_images.gateway.guard.detectors import dictionary
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
    for i, (piece, word) in enumerate(zip(reading.pieces, reading.words, strict=True)):
        bare = bare_of(piece) if word.candidate else ""
        if bare in sure:
            votes[bare] = votes.get(bare, 0) + (1 if reading.labels[i] else -1)
            if not reading.labels[i]:
                others.append((i, bare))
    for i, bare in others:
        if votes[bare] >= 0 or reading.words[i].facts & USUAL:
            reading.labels[i], reading.margins[i] = sure[bare], SURE


def _sure(reading: Reading) -> dict[str, int]:
    sure: dict[str, int] = {}
    for i, label in enumerate(reading.labels):
        piece, word = reading.pieces[i], reading.words[i]
        if label and reading.margins[i] >= SURE and len(piece) > 2 and word.bucket not in ORDINARY:
            common = dictionary.common(word.facts)
            if common == 0 or (common <= 2 and word.facts & USUAL):
                sure[bare_of(piece)] = label
    return sure


def bare_of(piece: str) -> str:
    """Without capitals and the possessive."""
    return piece.lower().removesuffix("'s").removesuffix("’s")
