"""Words, labels and features of a generated text, as python-crfsuite wants them."""

import random
from collections.abc import Sequence

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.marks import CANDIDATE, mark_of
from model_images.gateway.guard.detectors.tagger import place_phrases
from model_images.gateway.guard.detectors.words import (
    EDGE,
    Reading,
    Word,
    bare,
    capitals_of,
    read_mark,
    read_word,
    split,
)
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.training.generator import Sample

LABELS = {Kind.NAME: "N", Kind.PLACE: "P"}
HIDDEN = 0.3
"""Of names and places: what the dictionaries say of them is hidden, all of it, so that context learns to find those
that no list has. Were they left common words, common words would be learnt to be names."""
FORGOTTEN = {"x": 0.06, "y": 0.06}
USUALLY_FORGOTTEN = 0.04
"""Of other words, by how they are written: so that an unknown word is not a name for being unknown."""


def reading_of(text: str, known: dictionary.Dictionary) -> tuple[Reading, list[Word], list[str]]:
    """The text in pieces, its words, and what capitals mean at each; the slow way, without the tagger's memory."""
    modes, line = capitals_of(text), 0
    spaced, starts = split(text)
    pieces = bare(spaced)
    words: list[Word] = []
    capitals: list[str] = []
    for piece in pieces:
        words.append(read_word(piece, modes[line], known) if piece[0].isalpha() else read_mark(piece))
        capitals.append(modes[line])
        line += piece == "\n"
    marks = bytes(mark_of(piece, word) for piece, word in zip(pieces, words, strict=True))
    reading = Reading(text, pieces, starts, words, bytearray(len(pieces)), [0.0] * len(pieces), marks)
    return reading, words, capitals


def labels(sample: Sample, reading: Reading) -> list[str]:
    """O, N or P for each piece. Punctuation and numbers are never judged."""
    spans = sorted((s for s in sample.spans if s.kind in LABELS), key=lambda s: s.start)
    found, index = [], 0
    for i, mark in enumerate(reading.marks):
        while index < len(spans) and spans[index].end <= reading.starts[i]:
            index += 1
        inside = index < len(spans) and spans[index].start < reading.end(i)
        found.append(LABELS[spans[index].kind] if inside and mark & CANDIDATE else "O")
    return found


def example(sample: Sample, known: dictionary.Dictionary, rng: random.Random) -> tuple[list[list[str]], list[str]]:
    """Features and labels of one text."""
    reading, read_words, capitals = reading_of(sample.text, known)
    wanted = labels(sample, reading)
    lower = [piece.lower() for piece in reading.pieces]
    hidden = {word: rng.random() < HIDDEN for word, label in zip(lower, wanted, strict=True) if label != "O"}
    words: list[Word] = []
    for i, (word, label) in enumerate(zip(read_words, wanted, strict=True)):
        read = word
        if (label != "O" and hidden[lower[i]]) or (
            word.shape and label == "O" and rng.random() < FORGOTTEN.get(word.shape, USUALLY_FORGOTTEN)
        ):
            read = read_word(reading.pieces[i], capitals[i], known, 0)
        words.append(read if read.candidate else word)
    phrases = place_phrases(reading, known)
    padded = [EDGE, EDGE, *words, EDGE, EDGE]
    rows = []
    for i, word in enumerate(words):
        phrase = "" if hidden.get(lower[i]) else phrases.get(i, "")
        rows.append(row(padded, i + 2, phrase) if word.candidate else ["-"])
    return rows, wanted


def row(words: Sequence[Word], i: int, phrase: str) -> list[str]:
    """All features of the word at `i`; `Tagger` sums the same."""
    word = words[i]
    row = ["0" + feature for feature in word.own]
    for offset, mark in ((-2, "<"), (-1, "-"), (1, "+"), (2, ">")):
        row += [mark + feature for feature in words[i + offset].lent]
    before, after = words[i - 1].bucket, words[i + 1].bucket
    row.append(f"B{before}|{word.bucket}")
    row.append(f"A{word.bucket}|{after}")
    row.append(f"T{words[i - 2].bucket}|{before}|{word.shape}")
    row.append(f"S{before}|{after}|{word.shape}")
    if phrase:
        row.append(phrase)
    return row
