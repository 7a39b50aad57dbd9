"""Words, labels and features of a generated text, as python-crfsuite wants them."""

import random
from collections.abc import Sequence

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.tagger import Token, marks_of_place, tokens_of
from model_images.gateway.guard.detectors.words import EDGE, Word, read_word
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.training.generator import Sample

LABELS = {Kind.NAME: "N", Kind.PLACE: "P"}
HIDDEN = 0.3  # of names and places: what the dictionaries say of them is hidden, so that context learns to find them
FORGOTTEN = 0.04  # of other words: so that an unknown word is not a name for being unknown


def labels(sample: Sample, tokens: Sequence[Token]) -> list[str]:
    """O, N or P for each token. Punctuation and numbers are never judged."""
    spans = sorted((s for s in sample.spans if s.kind in LABELS), key=lambda s: s.start)
    found, index = [], 0
    for token in tokens:
        while index < len(spans) and spans[index].end <= token.start:
            index += 1
        inside = index < len(spans) and spans[index].start < token.end
        found.append(LABELS[spans[index].kind] if inside and token.word.own else "O")
    return found


def example(
    sample: Sample, known: dictionary.Dictionary, rng: random.Random
) -> tuple[list[list[str]], list[str]]:
    """Features and labels of one text."""
    tokens = tokens_of(sample.text, known)
    wanted = labels(sample, tokens)
    named = {t.text.lower(): rng.random() < HIDDEN for t, label in zip(tokens, wanted, strict=True) if label != "O"}
    words: list[Word] = []
    for token, label in zip(tokens, wanted, strict=True):
        word = token.word
        names_facts = 0b111111 if label == "N" else 0b111111 if label == "P" else 0
        if names_facts and named[token.text.lower()]:
            word = read_word(token.text, token.capitals, known, word.facts & ~names_facts)
        elif word.own and label == "O" and rng.random() < FORGOTTEN:
            word = read_word(token.text, token.capitals, known, 0)
        words.append(word)
    phrases = marks_of_place(tokens, known)
    padded = [EDGE, EDGE, *words, EDGE, EDGE]
    rows = []
    for i, word in enumerate(words):
        rows.append(row(padded, i + 2, phrases[i] if not named.get(tokens[i].text.lower()) else "") if word.own else ["-"])
    return rows, wanted


def row(words: Sequence[Word], i: int, phrase: str) -> list[str]:
    """All features of the word at `i`; `tagger.emission` sums the same."""
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
